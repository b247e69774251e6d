/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/session/internal.h"

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

static void put_text(hs_step *step, const char *format, va_list list)
{
    (void)vsnprintf(step->text, sizeof step->text, format, list);
}

int hs_fault(hs_step *step, enum hs_rule rule, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_text(step, format, list);
    va_end(list);
    step->rule = rule;
    return 0;
}

int hs_say(hs_step *step, const char *format, ...)
{
    va_list list;
    if (step->terse) {
        return 1;
    }
    va_start(list, format);
    put_text(step, format, list);
    va_end(list);
    return 1;
}

hs_session *hs_session_new(void)
{
    return calloc(1, sizeof(hs_session));
}

void hs_session_free(hs_session *session)
{
    if (session == NULL) {
        return;
    }
    for (size_t i = 0; i < session->channel_count; i++) {
        hs_channel *const channel = &session->channels[i];
        hs_channel_drop_jobs(channel);
        free(channel->pending);
        hs_table_free(&channel->seen);
    }
    hs_session_drop_customs(session);
    free(session->channels);
    hs_table_free(&session->channel_of);
    hs_table_free(&session->groups);
    free(session->customs);
    free(session->opens);
    free(session->answered);
    free(session);
}

void hs_session_set_flags(hs_session *session, uint32_t flags)
{
    session->flags = flags;
}

void hs_session_set_time(hs_session *session, uint64_t now_ms)
{
    session->now_ms = now_ms;
}

const hs_channel *hs_session_channels(const hs_session *session, size_t *count)
{
    *count = session->channel_count;
    return session->channels;
}

uint32_t hs_session_client_flags(const hs_session *session)
{
    return session->client_flags;
}

uint32_t hs_session_server_flags(const hs_session *session)
{
    return session->server_flags;
}

int hs_prefix_equal(const hs_sv2_b032 *a, const hs_sv2_b032 *b)
{
    return a->len == b->len && memcmp(a->byte, b->byte, a->len) == 0;
}

static int endpoint_changed(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    if (!hs_session_need_any(s, m->as.channel_endpoint_changed.channel_id, step)) {
        return 0;
    }
    return hs_say(step, "the state of extensions on channel %u starts anew",
                  (unsigned)m->as.channel_endpoint_changed.channel_id);
}

static int dispatch(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    switch ((enum hs_sv2_id)m->id) {
    case HS_SV2_SETUP_CONNECTION:
        return hs_session_setup(s, m, step);
    case HS_SV2_SETUP_CONNECTION_SUCCESS:
        return hs_session_setup_success(s, m, step);
    case HS_SV2_SETUP_CONNECTION_ERROR:
        return hs_session_setup_error(s, m, step);
    case HS_SV2_CHANNEL_ENDPOINT_CHANGED:
        return endpoint_changed(s, m, step);
    case HS_SV2_RECONNECT:
        return hs_say(step, "the client is asked to connect elsewhere");
    case HS_SV2_OPEN_STANDARD:
    case HS_SV2_OPEN_EXTENDED:
        return hs_session_open(s, m, step);
    case HS_SV2_OPEN_STANDARD_SUCCESS:
    case HS_SV2_OPEN_EXTENDED_SUCCESS:
        return hs_session_open_success(s, m, step);
    case HS_SV2_OPEN_ERROR:
        return hs_session_open_error(s, m, step);
    case HS_SV2_NEW_MINING_JOB:
        return hs_session_new_job(s, m, step);
    case HS_SV2_UPDATE_CHANNEL:
        return hs_session_update(s, m, step);
    case HS_SV2_UPDATE_CHANNEL_ERROR:
        return hs_session_update_error(s, m, step);
    case HS_SV2_CLOSE_CHANNEL:
        return hs_session_close(s, m, step);
    case HS_SV2_SET_EXTRANONCE_PREFIX:
        return hs_session_set_prefix(s, m, step);
    case HS_SV2_SUBMIT_STANDARD:
    case HS_SV2_SUBMIT_EXTENDED:
        return hs_session_submit(s, m, step);
    case HS_SV2_SUBMIT_SUCCESS:
        return hs_session_submit_success(s, m, step);
    case HS_SV2_SUBMIT_ERROR:
        return hs_session_submit_error(s, m, step);
    case HS_SV2_NEW_EXTENDED_JOB:
        return hs_session_new_extended_job(s, m, step);
    case HS_SV2_SET_NEW_PREV_HASH:
        return hs_session_prev_hash(s, m, step);
    case HS_SV2_SET_TARGET:
        return hs_session_set_target(s, m, step);
    case HS_SV2_SET_CUSTOM_JOB:
        return hs_session_custom(s, m, step);
    case HS_SV2_SET_CUSTOM_JOB_SUCCESS:
        return hs_session_custom_success(s, m, step);
    case HS_SV2_SET_CUSTOM_JOB_ERROR:
        return hs_session_custom_error(s, m, step);
    case HS_SV2_SET_GROUP_CHANNEL:
        return hs_session_set_group(s, m, step);
    case HS_SV2_REQUEST_EXTENSIONS:
    case HS_SV2_REQUEST_EXTENSIONS_SUCCESS:
    case HS_SV2_REQUEST_EXTENSIONS_ERROR:
        return hs_session_extensions(s, m, step);
    }
    return hs_fault(step, HS_RULE_SETUP_ORDER, "the message 0x%x is unknown", (unsigned)m->id);
}

int hs_session_apply(hs_session *session, const hs_sv2_message *message, hs_step *step)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    memset(step, 0, offsetof(hs_step, text));
    step->text[0] = '\0';
    step->terse = (session->flags & HS_SESSION_TERSE) != 0;
    step->sender = spec != NULL ? spec->sender : HS_SV2_CLIENT;
    if (step->sender == HS_SV2_EITHER) {
        const int group = hs_session_is_group(session, message->as.close_channel.channel_id);
        step->sender = group ? HS_SV2_SERVER : HS_SV2_CLIENT;
    }
    return hs_session_check_setup(session, message, step) && dispatch(session, message, step);
}
