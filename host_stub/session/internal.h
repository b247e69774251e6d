/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/internal: what the files of the session share. Private: everybody else uses session.h. */
#ifndef HOST_STUB_SESSION_INTERNAL_H
#define HOST_STUB_SESSION_INTERNAL_H

#include "host_stub/session/session.h"
#include "host_stub/sv2/codec.h"

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
    uint32_t flags;  /* hs_session_flag */
    uint64_t now_ms; /* the observer's clock */
    hs_channel *channels;
    size_t channel_count;
    size_t channel_capacity;
    hs_table channel_of;    /* channel_id + 1 to index + 1 */
    hs_table groups;        /* ids ever seen, + 1 */
    uint32_t stray_updates; /* UpdateChannel at fault, which the server may refuse */
    uint16_t extension_requests[HS_SESSION_EXTENSIONS_MAX]; /* that wait for their answer */
    size_t extension_request_count;
    hs_open_request *opens;
    size_t open_count;
    size_t open_capacity;
    hs_custom_request *customs;
    size_t custom_count;
    size_t custom_capacity;
    hs_share share;     /* the one of the last step */
    hs_share *answered; /* those of the last step */
    size_t answered_capacity;
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

/* session/channels.c: openings, groups, targets, prefixes, ends. Each returns 1 or 0 as
 * hs_session_apply. */
int hs_session_open(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_open_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_open_error(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_update(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_update_error(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_close(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_set_prefix(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_set_target(hs_session *s, const hs_sv2_message *m, hs_step *step);

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

/* session/groups.c */
int hs_session_set_group(hs_session *s, const hs_sv2_message *m, hs_step *step);
/* Would `channel` fit into its group with a full extranonce of `size` bytes? 0 with the rule set
 * if not. */
int hs_session_check_group_size(hs_session *s, const hs_channel *channel, uint32_t size,
                                hs_step *step);
/* Remembers a group's id; ids of groups and channels share one namespace. 0 with the rule set when
 * it is a channel's. */
int hs_session_add_group(hs_session *s, uint32_t id, hs_step *step);
/* Extranonce bytes of a whole coinbase: what the members of a group must have in common. */
uint32_t hs_channel_full_size(const hs_channel *channel);

/* session/setup.c: the connection before and beside its channels. */
int hs_session_setup(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_setup_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_setup_error(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_extensions(hs_session *s, const hs_sv2_message *m, hs_step *step);
/* May this message come in the state of the setup? */
int hs_session_check_setup(const hs_session *s, const hs_sv2_message *m, hs_step *step);

/* session/jobs.c */
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
void hs_channel_add_job(hs_channel *channel, const hs_job *job, uint64_t now_ms);
/* The tip has changed: valid jobs but `chosen` (may be NULL) become stale or are dropped. */
void hs_channel_retire_jobs(hs_channel *channel, uint32_t chosen_job_id, int has_chosen);
void hs_channel_drop_jobs(hs_channel *channel);
/* The whole coinbase of `job` on this channel: prefix, extranonce, suffix; for a fault. */
const char *hs_channel_coinbase_fault(const hs_channel *channel, const hs_template *body);

/* session/template.c: reference-counted coinbase parts and path. */
hs_template *hs_template_new(hs_sv2_bytes prefix, hs_sv2_bytes suffix, hs_sv2_seq path);
hs_template *hs_template_share(hs_template *body);
void hs_template_release(hs_template *body); /* NULL is fine */
hs_sv2_bytes hs_template_prefix(const hs_template *body);
hs_sv2_bytes hs_template_suffix(const hs_template *body);
hs_sv2_seq hs_template_path(const hs_template *body);

/* session/custom.c */
int hs_session_custom(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_custom_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_custom_error(hs_session *s, const hs_sv2_message *m, hs_step *step);
void hs_session_drop_customs(hs_session *s);

/* session/shares.c */
int hs_session_submit(hs_session *s, const hs_sv2_message *m, hs_step *step);

/* session/answers.c */
int hs_session_submit_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_submit_error(hs_session *s, const hs_sv2_message *m, hs_step *step);

#endif
