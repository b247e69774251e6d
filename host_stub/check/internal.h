/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/internal: what the files of the checker share. Private: everybody else uses check.h. */
#ifndef HOST_STUB_CHECK_INTERNAL_H
#define HOST_STUB_CHECK_INTERNAL_H

#include "host_stub/check/check.h"
#include "host_stub/check/pools.h"
#include "host_stub/check/spans.h"
#include "host_stub/sv2/codec.h"

/* What the checker knows of a channel beyond the session; same index as there. */
typedef struct hs_check_channel {
    int has_sequence;
    uint32_t last_sequence;
    int has_update;
    uint64_t updated_ms;
    int carries_extensions; /* frames of unknown extensions, since ChannelEndpointChanged */
    uint32_t pool;          /* of its last job that was traced; HS_POOL_NONE before */
    hs_span *open;          /* spans that last; `to` is not set */
    size_t open_count;
    size_t open_capacity;
} hs_check_channel;

/* An UpdateChannel that SetTarget must follow. */
typedef struct hs_check_debt {
    uint32_t channel_id;
    size_t frame; /* of the UpdateChannel */
    uint64_t t_ms;
    int ignored; /* the server has sent something else to the channel since */
} hs_check_debt;

/* The connection that is being looked at. */
typedef struct hs_check_connection {
    enum hs_check_role role;
    uint32_t pool; /* of an upstream one, else HS_POOL_NONE */
    uint32_t file; /* its number */
    uint32_t timeline;
    hs_session *session;
    size_t frame;
    size_t line;
    size_t offset;
    size_t next_offset;
    const char *message; /* name of the present one */
    int is_timed;
    uint64_t now_ms;
    hs_check_channel *channels;
    size_t channel_count;
    size_t channel_capacity;
    hs_check_debt *debts;
    size_t debt_count;
    size_t debt_capacity;
} hs_check_connection;

struct hs_check {
    hs_check_options options;
    hs_check_totals totals;
    hs_pools pools;
    hs_spans spans;
    char **files;
    size_t file_count;
    size_t file_capacity;
    uint8_t *buffer; /* for encoding */
    size_t buffer_size;
    hs_check_connection now;
};

/* check.c */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void hs_check_report(hs_check *c, unsigned rule, const char *format, ...);
/* The checker's part of a channel of the session; NULL when out of memory. */
hs_check_channel *hs_check_channel_of(hs_check *c, const hs_channel *channel);
/* Milliseconds, or HS_TIME_NONE. */
uint64_t hs_check_now(const hs_check *c);

/* check/channels.c: what concerns channels but not jobs and shares. Each after the session has
 * found the message legal. */
void hs_check_update(hs_check *c, const hs_sv2_message *m, const hs_step *step);
void hs_check_update_error(hs_check *c, const hs_sv2_message *m);
void hs_check_target_set(hs_check *c, const hs_sv2_message *m);
void hs_check_endpoint_changed(hs_check *c, const hs_sv2_message *m);
void hs_check_extension(hs_check *c, const uint8_t *frame, size_t len);
/* Time has passed, or the connection has ended. */
void hs_check_debts(hs_check *c, int ended);
/* The server has sent something to that channel or group; a job, if `is_job`. */
void hs_check_served(hs_check *c, uint32_t id, int is_job);
void hs_check_forget_debts(hs_check *c, uint32_t channel_id);

/* check/jobs.c */
void hs_check_job(hs_check *c, uint32_t id, uint32_t job_id, int is_custom);
void hs_check_tip(hs_check *c, const hs_sv2_message *m);
/* Ends the spans of which the channel has no valid job any more. */
void hs_check_retire(hs_check *c, const hs_channel *channel);
/* CloseChannel, of a channel or a group. */
void hs_check_closed(hs_check *c, const hs_step *step);
/* Nothing is known of its channels any more. */
void hs_check_connection_ended(hs_check *c);

/* check/shares.c */
void hs_check_share_sent(hs_check *c, const hs_sv2_message *m, const hs_step *step);
void hs_check_acknowledged(hs_check *c, const hs_sv2_message *m, const hs_step *step);

#endif
