/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const RULE_NAMES[] = {
    [HS_RULE_OK] = "ok",
    [HS_RULE_SETUP_ORDER] = "setup-order",
    [HS_RULE_SETUP_VERSION] = "setup-version",
    [HS_RULE_SETUP_FLAGS] = "setup-flags",
    [HS_RULE_REQUEST_ID] = "request-id",
    [HS_RULE_CHANNEL_UNKNOWN] = "channel-unknown",
    [HS_RULE_CHANNEL_ID] = "channel-id-reused",
    [HS_RULE_CHANNEL_KIND] = "channel-kind",
    [HS_RULE_NOT_FOR_GROUPS] = "not-for-groups",
    [HS_RULE_STANDARD_JOBS] = "standard-jobs-only",
    [HS_RULE_GROUP_SIZE] = "group-extranonce-size",
    [HS_RULE_EXTRANONCE_SIZE] = "extranonce-size",
    [HS_RULE_TARGET] = "target-above-max",
    [HS_RULE_JOB_ID_IN_USE] = "job-id-in-use",
    [HS_RULE_FIRST_JOB] = "first-job-must-be-future",
    [HS_RULE_COINBASE] = "coinbase",
    [HS_RULE_VERSION_ROLLING] = "version-rolling",
    [HS_RULE_PREV_HASH_JOB] = "prev-hash-needs-future-job",
    [HS_RULE_WORK_SELECTION] = "work-selection",
    [HS_RULE_SHARE_REFUSED] = "share-refused",
    [HS_RULE_ANSWER_UNKNOWN] = "answer-to-nothing",
    [HS_RULE_ANSWER_WRONG] = "answer-contradicts-share",
    [HS_RULE_LIMIT] = "limit",
    [HS_RULE_MEMORY] = "out-of-memory",
};

const char *hs_rule_name(enum hs_rule rule)
{
    return (unsigned)rule < HS_RULE_COUNT ? RULE_NAMES[rule] : "unknown";
}

static void put_text(hs_session_step *step, const char *format, va_list list)
{
    (void)vsnprintf(step->text, sizeof step->text, format, list);
}

int hs_session_fault(hs_session_step *step, enum hs_rule rule, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_text(step, format, list);
    va_end(list);
    step->rule = rule;
    return -1;
}

int hs_session_say(hs_session_step *step, const char *format, ...)
{
    va_list list;
    if (step->terse) {
        return 0;
    }
    va_start(list, format);
    put_text(step, format, list);
    va_end(list);
    return 0;
}

hs_session_channel *hs_session_find(hs_session *s, uint32_t channel_id)
{
    const uintptr_t number = (uintptr_t)hs_table_find(&s->channel_of, (uint64_t)channel_id + 1);
    return number != 0 ? &s->channels[number - 1] : NULL;
}

int hs_session_is_group(const hs_session *s, uint32_t id)
{
    return hs_table_find(&s->groups, (uint64_t)id + 1) != NULL;
}

hs_session_channel *hs_session_need(hs_session *s, uint32_t channel_id, hs_session_step *step)
{
    hs_session_channel *const channel = hs_session_find(s, channel_id);
    if (channel != NULL && channel->open) {
        step->channel = channel;
        return channel;
    }
    if (hs_session_is_group(s, channel_id)) {
        (void)hs_session_fault(step, HS_RULE_NOT_FOR_GROUPS,
                               "%u is a group, and this message may only address a channel",
                               (unsigned)channel_id);
    } else {
        (void)hs_session_fault(step, HS_RULE_CHANNEL_UNKNOWN, "channel %u %s", (unsigned)channel_id,
                               channel == NULL ? "was never opened" : "is closed");
    }
    return NULL;
}

const hs_session_channel *hs_session_addressed(const hs_session *s, uint32_t id, size_t *at)
{
    const uintptr_t number = (uintptr_t)hs_table_find(&s->channel_of, (uint64_t)id + 1);
    if (number != 0) { /* a channel: then it is no group */
        const hs_session_channel *const channel = &s->channels[number - 1];
        return (*at)++ == 0 && channel->open ? channel : NULL;
    }
    while (id != 0 && *at < s->channel_count) {
        const hs_session_channel *const channel = &s->channels[(*at)++];
        if (channel->open && channel->group_id == id) {
            return channel;
        }
    }
    return NULL;
}

hs_session_channel *hs_session_next(hs_session *s, uint32_t id, size_t *at)
{
    const hs_session_channel *const channel = hs_session_addressed(s, id, at);
    return channel != NULL ? &s->channels[channel - s->channels] : NULL;
}

int hs_session_need_any(hs_session *s, uint32_t id, hs_session_step *step)
{
    return hs_session_is_group(s, id) || hs_session_need(s, id, step) != NULL ? 0 : -1;
}

void hs_session_set_flags(hs_session *session, uint32_t flags)
{
    session->flags = flags;
}

void hs_session_set_time(hs_session *session, uint64_t now_ms)
{
    session->now_ms = now_ms;
}

const hs_session_channel *hs_session_channels(const hs_session *session, size_t *count)
{
    *count = session->channel_count;
    return session->channels;
}

uint32_t hs_session_client_flags(const hs_session *session)
{
    return session->client_flags;
}

int hs_prefix_equal(const hs_sv2_b032 *a, const hs_sv2_b032 *b)
{
    return a->len == b->len && memcmp(a->byte, b->byte, a->len) == 0;
}
