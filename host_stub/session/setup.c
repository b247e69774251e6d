/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/setup.h"

int hs_session_setup(hs_session *s, const hs_sv2_message *m, hs_step *step)
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

int hs_session_setup_success(hs_session *s, const hs_sv2_message *m, hs_step *step)
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
    if ((s->client_flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0 &&
        (answer->flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0) {
        return hs_fault(step, HS_RULE_SETUP_FLAGS,
                        "it fixes the version and the client set REQUIRES_VERSION_ROLLING: that "
                        "calls for SetupConnection.Error");
    }
    s->setup = HS_SETUP_DONE;
    s->server_flags = answer->flags;
    return hs_say(step, "connected, version %u%s%s", (unsigned)answer->used_version,
                  answer->flags & HS_SV2_REQUIRES_FIXED_VERSION ? ", version fixed" : "",
                  answer->flags & HS_SV2_REQUIRES_EXTENDED_CHANNELS ? ", extended channels only"
                                                                    : "");
}

int hs_session_setup_error(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    if (s->setup != HS_SETUP_ASKED) {
        return hs_fault(step, HS_RULE_SETUP_ORDER, "it answers no SetupConnection");
    }
    if ((m->as.setup_connection_error.flags & ~s->client_flags) != 0) {
        return hs_fault(step, HS_RULE_SETUP_FLAGS,
                        "it refuses the flags 0x%x, and the client set only 0x%x",
                        (unsigned)m->as.setup_connection_error.flags, (unsigned)s->client_flags);
    }
    s->setup = HS_SETUP_REFUSED;
    return hs_say(step, "the connection is refused");
}

int hs_session_check_setup(const hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    if (m->id <= HS_SV2_SETUP_CONNECTION_ERROR) {
        return 0; /* these check for themselves */
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
    return 0;
}

int hs_session_extensions(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    const uint16_t id = (uint16_t)m->as.extensions.request_id;
    size_t index = 0;
    while (index < s->extension_request_count && s->extension_requests[index] != id) {
        index++;
    }
    const int waits = index < s->extension_request_count;
    if (m->id != HS_SV2_REQUEST_EXTENSIONS) {
        if (!waits) {
            return hs_fault(step, HS_RULE_REQUEST_ID, "no RequestExtensions %u is waiting",
                            (unsigned)id);
        }
        s->extension_requests[index] = s->extension_requests[--s->extension_request_count];
        return hs_say(step, "the extensions are answered");
    }
    if (waits) {
        return hs_fault(step, HS_RULE_REQUEST_ID, "RequestExtensions %u is still waiting",
                        (unsigned)id);
    }
    if (index == HS_SESSION_EXTENSIONS_MAX) {
        return hs_fault(step, HS_RULE_LIMIT, "more than %d RequestExtensions without an answer",
                        HS_SESSION_EXTENSIONS_MAX);
    }
    s->extension_requests[s->extension_request_count++] = id;
    return hs_say(step, "the client asks for extensions");
}
