/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/session/channels.h"
#include "host_stub/session/jobs.h"
#include "host_stub/session/shares.h"

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
        hs_session_channel *const channel = &session->channels[i];
        hs_session_channel_drop_jobs(channel);
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

static int set_up(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_setup_connection *const asked = &m->as.setup_connection;
    if (s->setup != HS_SETUP_NONE) {
        return hs_session_fault(step, HS_RULE_SETUP_ORDER, "the connection was already set up");
    }
    if (asked->min_version > asked->max_version) {
        return hs_session_fault(step, HS_RULE_SETUP_VERSION,
                                "min_version %u is above max_version %u",
                                (unsigned)asked->min_version, (unsigned)asked->max_version);
    }
    s->setup = HS_SETUP_ASKED;
    s->protocol = asked->protocol;
    s->min_version = asked->min_version;
    s->max_version = asked->max_version;
    s->client_flags = asked->flags;
    return hs_session_say(
        step, "the client asks for protocol %u, version %u to %u%s%s%s", (unsigned)asked->protocol,
        (unsigned)asked->min_version, (unsigned)asked->max_version,
        asked->flags & HS_SV2_REQUIRES_STANDARD_JOBS ? ", standard jobs only" : "",
        asked->flags & HS_SV2_REQUIRES_WORK_SELECTION ? ", work selection" : "",
        asked->flags & HS_SV2_REQUIRES_VERSION_ROLLING ? ", version rolling" : "");
}

static int setup_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_setup_connection_success *const answer = &m->as.setup_connection_success;
    if (s->setup != HS_SETUP_ASKED) {
        return hs_session_fault(step, HS_RULE_SETUP_ORDER, "it answers no SetupConnection");
    }
    if (answer->used_version < s->min_version || answer->used_version > s->max_version) {
        return hs_session_fault(
            step, HS_RULE_SETUP_VERSION,
            "used_version %u is not between the %u and %u that the client asked for",
            (unsigned)answer->used_version, (unsigned)s->min_version, (unsigned)s->max_version);
    }
    if ((s->client_flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0 &&
        (answer->flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0) {
        return hs_session_fault(
            step, HS_RULE_SETUP_FLAGS,
            "it fixes the version and the client set REQUIRES_VERSION_ROLLING: that "
            "calls for SetupConnection.Error");
    }
    s->setup = HS_SETUP_DONE;
    s->server_flags = answer->flags;
    return hs_session_say(
        step, "connected, version %u%s%s", (unsigned)answer->used_version,
        answer->flags & HS_SV2_REQUIRES_FIXED_VERSION ? ", version fixed" : "",
        answer->flags & HS_SV2_REQUIRES_EXTENDED_CHANNELS ? ", extended channels only" : "");
}

static int setup_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    if (s->setup != HS_SETUP_ASKED) {
        return hs_session_fault(step, HS_RULE_SETUP_ORDER, "it answers no SetupConnection");
    }
    if ((m->as.setup_connection_error.flags & ~s->client_flags) != 0) {
        return hs_session_fault(
            step, HS_RULE_SETUP_FLAGS, "it refuses the flags 0x%x, and the client set only 0x%x",
            (unsigned)m->as.setup_connection_error.flags, (unsigned)s->client_flags);
    }
    s->setup = HS_SETUP_REFUSED;
    return hs_session_say(step, "the connection is refused");
}

/* May this message come in the state of the setup? */
static int check_setup(const hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    if (m->id <= HS_SV2_SETUP_CONNECTION_ERROR) {
        return 0; /* these check for themselves */
    }
    switch (s->setup) {
    case HS_SETUP_NONE:
        return hs_session_fault(step, HS_RULE_SETUP_ORDER, "it comes before SetupConnection");
    case HS_SETUP_ASKED:
        return hs_session_fault(step, HS_RULE_SETUP_ORDER,
                                "it comes before SetupConnection was answered");
    case HS_SETUP_REFUSED:
        return hs_session_fault(step, HS_RULE_SETUP_ORDER, "it comes after SetupConnection.Error");
    case HS_SETUP_DONE:
        break;
    }
    if (s->protocol != 0 && m->id >= HS_SV2_OPEN_STANDARD && m->id <= HS_SV2_SET_GROUP_CHANNEL) {
        return hs_session_fault(
            step, HS_RULE_SETUP_ORDER,
            "it belongs to the mining protocol (0) and the connection speaks %u",
            (unsigned)s->protocol);
    }
    return 0;
}

static int extensions(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const uint16_t id = (uint16_t)m->as.extensions.request_id;
    size_t index = 0;
    while (index < s->extension_request_count && s->extension_requests[index] != id) {
        index++;
    }
    const int waits = index < s->extension_request_count;
    if (m->id != HS_SV2_REQUEST_EXTENSIONS) {
        if (!waits) {
            return hs_session_fault(step, HS_RULE_REQUEST_ID, "no RequestExtensions %u is waiting",
                                    (unsigned)id);
        }
        s->extension_requests[index] = s->extension_requests[--s->extension_request_count];
        return hs_session_say(step, "the extensions are answered");
    }
    if (waits) {
        return hs_session_fault(step, HS_RULE_REQUEST_ID, "RequestExtensions %u is still waiting",
                                (unsigned)id);
    }
    if (index == HS_SESSION_EXTENSIONS_MAX) {
        return hs_session_fault(step, HS_RULE_LIMIT,
                                "more than %d RequestExtensions without an answer",
                                HS_SESSION_EXTENSIONS_MAX);
    }
    s->extension_requests[s->extension_request_count++] = id;
    return hs_session_say(step, "the client asks for extensions");
}

static int endpoint_changed(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    if (hs_session_need_any(s, m->as.channel_endpoint_changed.channel_id, step) != 0) {
        return -1;
    }
    return hs_session_say(step, "the state of extensions on channel %u starts anew",
                          (unsigned)m->as.channel_endpoint_changed.channel_id);
}

static int dispatch(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    switch ((enum hs_sv2_id)m->id) {
    case HS_SV2_SETUP_CONNECTION:
        return set_up(s, m, step);
    case HS_SV2_SETUP_CONNECTION_SUCCESS:
        return setup_success(s, m, step);
    case HS_SV2_SETUP_CONNECTION_ERROR:
        return setup_error(s, m, step);
    case HS_SV2_CHANNEL_ENDPOINT_CHANGED:
        return endpoint_changed(s, m, step);
    case HS_SV2_RECONNECT:
        return hs_session_say(step, "the client is asked to connect elsewhere");
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
        return extensions(s, m, step);
    }
    return hs_session_fault(step, HS_RULE_SETUP_ORDER, "the message 0x%x is unknown",
                            (unsigned)m->id);
}

int hs_session_apply(hs_session *session, const hs_sv2_message *message, hs_session_step *step)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    memset(step, 0, offsetof(hs_session_step, text));
    step->text[0] = '\0';
    step->terse = (session->flags & HS_SESSION_TERSE) != 0;
    step->sender = spec != NULL ? spec->sender : HS_SV2_CLIENT;
    if (step->sender == HS_SV2_EITHER) {
        const int group = hs_session_is_group(session, message->as.close_channel.channel_id);
        step->sender = group ? HS_SV2_SERVER : HS_SV2_CLIENT;
    }
    return check_setup(session, message, step) == 0 && dispatch(session, message, step) == 0 ? 0
                                                                                             : -1;
}
