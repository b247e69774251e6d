/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/session/channels.h"
#include "host_stub/session/custom.h"
#include "host_stub/session/jobs.h"
#include "host_stub/session/setup.h"
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

static int endpoint_changed(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    if (hs_session_need_any(s, m->as.channel_endpoint_changed.channel_id, step) != 0) {
        return -1;
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
    return hs_session_check_setup(session, message, step) == 0 &&
                   dispatch(session, message, step) == 0
               ? 0
               : -1;
}
