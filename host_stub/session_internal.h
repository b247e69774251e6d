/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session_internal: what the files of the session share. Private: everybody else uses session.h.
 */
#ifndef HOST_STUB_SESSION_INTERNAL_H
#define HOST_STUB_SESSION_INTERNAL_H

#include "host_stub/session.h"
#include "host_stub/sv2_codec.h"

enum hs_setup_state { HS_SETUP_NONE = 0, HS_SETUP_ASKED, HS_SETUP_DONE, HS_SETUP_REFUSED };

typedef struct hs_open_request {
    uint32_t request_id;
    enum hs_channel_kind kind;
    uint32_t min_extranonce_size;
    hs_sv2_u256 max_target;
} hs_open_request;

/* A SetCustomMiningJob that waits for its answer. */
typedef struct hs_custom_request {
    uint32_t channel_id;
    uint32_t request_id;
    hs_job job; /* without job_id, prefix and target */
} hs_custom_request;

struct hs_session {
    enum hs_setup_state setup;
    uint32_t protocol;
    uint32_t min_version;
    uint32_t max_version;
    uint32_t client_flags;
    uint32_t server_flags;
    hs_channel *channels; /* HS_SESSION_CHANNELS_MAX of them */
    size_t channel_count;
    uint32_t *groups; /* ids ever seen, HS_SESSION_CHANNELS_MAX of them */
    size_t group_count;
    hs_open_request *opens; /* HS_SESSION_PENDING_MAX of them */
    size_t open_count;
    hs_custom_request *customs; /* HS_SESSION_CHANNELS_MAX of them */
    size_t custom_count;
    hs_share share;     /* the one of the last step */
    hs_share *answered; /* HS_SESSION_PENDING_MAX of them */
};

/* Fill step->text; hs_fault also sets the rule and always returns 0, hs_say returns 1. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int hs_fault(hs_step *step, enum hs_rule rule, const char *format, ...);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int hs_say(hs_step *step, const char *format, ...);

/* session_channels.c: openings, groups, targets, prefixes, ends. Each returns 1 or 0 as
 * hs_session_apply. */
int hs_session_open(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_open_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_open_error(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_update(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_close(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_set_prefix(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_set_target(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_set_group(hs_session *s, const hs_sv2_message *m, hs_step *step);

/* The channel, open or closed, or NULL. */
hs_channel *hs_session_find(hs_session *s, uint32_t channel_id);
int hs_session_is_group(const hs_session *s, uint32_t id);
/* The open channel of that id; NULL with step->rule set when there is none. */
hs_channel *hs_session_need(hs_session *s, uint32_t channel_id, hs_step *step);
/* Walks the open channels that `id`, a channel's or a group's, addresses: *at starts at 0. NULL at
 * the end. */
hs_channel *hs_session_next(hs_session *s, uint32_t id, size_t *at);
/* Does `id` address anything? 0 with step->rule set if not; sets step->channel if it is one. */
int hs_session_need_any(hs_session *s, uint32_t id, hs_step *step);

/* session_jobs.c */
int hs_session_new_job(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_new_extended_job(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_prev_hash(hs_session *s, const hs_sv2_message *m, hs_step *step);

/* The job of that id that is still valid (future, active, past), or NULL. */
hs_job *hs_channel_valid_job(const hs_channel *channel, uint32_t job_id);
hs_job *hs_channel_stale_job(const hs_channel *channel, uint32_t job_id);
/* Room for one more job: 1, or 0 when out of memory. */
int hs_channel_reserve_job(hs_channel *channel);
/* Adds a copy with the channel's prefix and target and takes a reference to its body; there must be
 * room. A job that is not future becomes the active one. */
void hs_channel_add_job(hs_channel *channel, const hs_job *job);
/* The tip has changed: valid jobs but `chosen` (may be NULL) become stale or are dropped. */
void hs_channel_retire_jobs(hs_channel *channel, uint32_t chosen_job_id, int has_chosen);
void hs_channel_drop_jobs(hs_channel *channel);
/* The whole coinbase of `job` on this channel: prefix, extranonce, suffix; for a fault. */
const char *hs_channel_coinbase_fault(const hs_channel *channel, const hs_template *body);

/* session_template.c: reference-counted coinbase parts and path. */
hs_template *hs_template_new(hs_sv2_bytes prefix, hs_sv2_bytes suffix, hs_sv2_seq path);
hs_template *hs_template_share(hs_template *body);
void hs_template_release(hs_template *body); /* NULL is fine */
hs_sv2_bytes hs_template_prefix(const hs_template *body);
hs_sv2_bytes hs_template_suffix(const hs_template *body);
hs_sv2_seq hs_template_path(const hs_template *body);

/* session_custom.c */
int hs_session_custom(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_custom_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_custom_error(hs_session *s, const hs_sv2_message *m, hs_step *step);
void hs_session_drop_customs(hs_session *s);

/* session_shares.c */
int hs_session_submit(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_submit_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_submit_error(hs_session *s, const hs_sv2_message *m, hs_step *step);

#endif
