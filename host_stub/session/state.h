/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/state: what a session holds, and what every part of it needs: its channels by their ids,
 * the sentences of a step. It knows no message: those are for the parts above. */
#ifndef HOST_STUB_SESSION_STATE_H
#define HOST_STUB_SESSION_STATE_H

#include "host_stub/session/session.h"

enum hs_setup_state { HS_SETUP_NONE = 0, HS_SETUP_ASKED, HS_SETUP_DONE, HS_SETUP_REFUSED };

typedef struct hs_session_open_request {
    uint32_t request_id;
    enum hs_channel_kind kind;
    uint32_t min_extranonce_size;
    hs_sv2_u256 max_target;
} hs_session_open_request;

/* A SetCustomMiningJob that waits for its answer. */
typedef struct hs_session_custom_request {
    uint32_t channel_id;
    uint32_t request_id;
    hs_session_job job; /* without job_id, prefix and target */
} hs_session_custom_request;

struct hs_session {
    enum hs_setup_state setup;
    uint32_t protocol;
    uint32_t min_version;
    uint32_t max_version;
    uint32_t client_flags;
    uint32_t server_flags;
    uint32_t flags;  /* hs_session_flag */
    uint64_t now_ms; /* the observer's clock */
    hs_session_channel *channels;
    size_t channel_count;
    size_t channel_capacity;
    hs_table channel_of;    /* channel_id + 1 to index + 1 */
    hs_table groups;        /* ids ever seen, + 1 */
    uint32_t stray_updates; /* UpdateChannel at fault, which the server may refuse */
    uint16_t extension_requests[HS_SESSION_EXTENSIONS_MAX]; /* that wait for their answer */
    size_t extension_request_count;
    hs_session_open_request *opens;
    size_t open_count;
    size_t open_capacity;
    hs_session_custom_request *customs;
    size_t custom_count;
    size_t custom_capacity;
    hs_session_share share;     /* the one of the last step */
    hs_session_share *answered; /* those of the last step */
    size_t answered_capacity;
};

/* Fill step->text; hs_session_fault also sets the rule and always returns -1, hs_session_say
 * returns 0. */
int hs_session_fault(hs_session_step *step, enum hs_rule rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int hs_session_say(hs_session_step *step, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The channel, open or closed, or NULL. */
hs_session_channel *hs_session_find(hs_session *s, uint32_t channel_id);
int hs_session_is_group(const hs_session *s, uint32_t id);
/* The open channel of that id; NULL with step->rule set when there is none. */
hs_session_channel *hs_session_need(hs_session *s, uint32_t channel_id, hs_session_step *step);
/* Walks the open channels that `id`, a channel's or a group's, addresses: *at starts at 0. NULL at
 * the end. */
hs_session_channel *hs_session_next(hs_session *s, uint32_t id, size_t *at);
/* Does `id` address anything? 0 with step->rule set if not; sets step->channel if it is one. */
int hs_session_need_any(hs_session *s, uint32_t id, hs_session_step *step);

#endif
