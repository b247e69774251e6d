/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/session_internal.h"

static const char *const RULE_NAMES[] = {
    [HS_RULE_OK] = "ok",
    [HS_RULE_SETUP_ORDER] = "setup-order",
    [HS_RULE_SETUP_VERSION] = "setup-version",
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
    va_start(list, format);
    put_text(step, format, list);
    va_end(list);
    return 1;
}

hs_session *hs_session_new(void)
{
    hs_session *const s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->channels = calloc(HS_SESSION_CHANNELS_MAX, sizeof *s->channels);
    s->groups = calloc(HS_SESSION_CHANNELS_MAX, sizeof *s->groups);
    s->customs = calloc(HS_SESSION_CHANNELS_MAX, sizeof *s->customs);
    s->opens = calloc(HS_SESSION_PENDING_MAX, sizeof *s->opens);
    s->answered = calloc(HS_SESSION_PENDING_MAX, sizeof *s->answered);
    if (s->channels == NULL || s->groups == NULL || s->customs == NULL || s->opens == NULL ||
        s->answered == NULL) {
        hs_session_free(s);
        return NULL;
    }
    return s;
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
    free(session->groups);
    free(session->customs);
    free(session->opens);
    free(session->answered);
    free(session);
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

static int setup(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    const hs_sv2_setup_connection *const asked = &m->as.setup_connection;
    if (s->setup != HS_SETUP_NONE) {
        return hs_fault(step, HS_RULE_SETUP_ORDER, "the connection was already set up");
    }
    if (asked->min_version > asked->max_version) {
        return hs_fault(step, HS_RULE_SETUP_VERSION, "min_version %u is above max_version %u",
                        (unsigned)asked->min_version, (unsigned)asked->max_version);
    }
    s->setup = HS_SETUP_ASKED;
    s->protocol = asked->protocol;
    s->min_version = asked->min_version;
    s->max_version = asked->max_version;
    s->client_flags = asked->flags;
    return hs_say(step, "the client asks for protocol %u, version %u to %u%s%s%s",
                  (unsigned)asked->protocol, (unsigned)asked->min_version,
                  (unsigned)asked->max_version,
                  asked->flags & HS_SV2_REQUIRES_STANDARD_JOBS ? ", standard jobs only" : "",
                  asked->flags & HS_SV2_REQUIRES_WORK_SELECTION ? ", work selection" : "",
                  asked->flags & HS_SV2_REQUIRES_VERSION_ROLLING ? ", version rolling" : "");
}

static int setup_success(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    const hs_sv2_setup_connection_success *const answer = &m->as.setup_connection_success;
    if (s->setup != HS_SETUP_ASKED) {
        return hs_fault(step, HS_RULE_SETUP_ORDER, "it answers no SetupConnection");
    }
    if (answer->used_version < s->min_version || answer->used_version > s->max_version) {
        return hs_fault(step, HS_RULE_SETUP_VERSION,
                        "used_version %u is not between the %u and %u that the client asked for",
                        (unsigned)answer->used_version, (unsigned)s->min_version,
                        (unsigned)s->max_version);
    }
    s->setup = HS_SETUP_DONE;
    s->server_flags = answer->flags;
    return hs_say(step, "connected, version %u%s%s", (unsigned)answer->used_version,
                  answer->flags & HS_SV2_REQUIRES_FIXED_VERSION ? ", version fixed" : "",
                  answer->flags & HS_SV2_REQUIRES_EXTENDED_CHANNELS ? ", extended channels only"
                                                                    : "");
}

static int setup_error(hs_session *s, hs_step *step)
{
    if (s->setup != HS_SETUP_ASKED) {
        return hs_fault(step, HS_RULE_SETUP_ORDER, "it answers no SetupConnection");
    }
    s->setup = HS_SETUP_REFUSED;
    return hs_say(step, "the connection is refused");
}

/* May this message come in the state of the setup? */
static int check_setup(const hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    if (m->id <= HS_SV2_SETUP_CONNECTION_ERROR) {
        return 1; /* these check for themselves */
    }
    switch (s->setup) {
    case HS_SETUP_NONE:
        return hs_fault(step, HS_RULE_SETUP_ORDER, "it comes before SetupConnection");
    case HS_SETUP_ASKED:
        return hs_fault(step, HS_RULE_SETUP_ORDER, "it comes before SetupConnection was answered");
    case HS_SETUP_REFUSED:
        return hs_fault(step, HS_RULE_SETUP_ORDER, "it comes after SetupConnection.Error");
    case HS_SETUP_DONE:
        break;
    }
    if (s->protocol != 0 && m->id >= HS_SV2_OPEN_STANDARD && m->id <= HS_SV2_SET_GROUP_CHANNEL) {
        return hs_fault(step, HS_RULE_SETUP_ORDER,
                        "it belongs to the mining protocol (0) and the connection speaks %u",
                        (unsigned)s->protocol);
    }
    return 1;
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
        return setup(s, m, step);
    case HS_SV2_SETUP_CONNECTION_SUCCESS:
        return setup_success(s, m, step);
    case HS_SV2_SETUP_CONNECTION_ERROR:
        return setup_error(s, step);
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
        return hs_say(step, "the update is refused");
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
        return hs_say(step, "extensions are negotiated");
    }
    return hs_fault(step, HS_RULE_SETUP_ORDER, "the message 0x%x is unknown", (unsigned)m->id);
}

int hs_session_apply(hs_session *session, const hs_sv2_message *message, hs_step *step)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    memset(step, 0, sizeof *step);
    step->sender = spec != NULL ? spec->sender : HS_SV2_CLIENT;
    if (step->sender == HS_SV2_EITHER) {
        const int group = hs_session_is_group(session, message->as.close_channel.channel_id);
        step->sender = group ? HS_SV2_SERVER : HS_SV2_CLIENT;
    }
    return check_setup(session, message, step) && dispatch(session, message, step);
}
