/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/state: what the checker holds of the connections that it has seen and of the one that it
 * looks at, and how a violation is told. The checks themselves are for the parts above. */
#ifndef HOST_STUB_CHECK_STATE_H
#define HOST_STUB_CHECK_STATE_H

#include "host_stub/check/check.h"
#include "host_stub/check/pools.h"
#include "host_stub/check/spans.h"

/* What the checker knows of a channel beyond the session; same index as there. */
typedef struct hs_check_channel {
    int has_sequence;
    uint32_t last_sequence;
    int has_update;
    uint64_t updated_ms;
    int carries_extensions; /* frames of unknown extensions, since ChannelEndpointChanged */
    uint32_t pool;          /* of its last job that was traced; HS_CHECK_POOL_NONE before */
    int has_job;
    int is_silent;       /* its prefix has changed without a word, as it may: nothing tells of it */
    hs_check_span *open; /* spans that last; `to` is not set */
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
    uint32_t pool; /* of an upstream one, else HS_CHECK_POOL_NONE */
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
    hs_check_pools pools;
    hs_check_spans spans;
    char **files;
    size_t file_count;
    size_t file_capacity;
    uint8_t *buffer; /* for encoding */
    size_t buffer_size;
    hs_check_connection now;
};

enum { HS_REPORT_SIZE = 640 }; /* of a violation's text */

/* Counts a violation and hands it on; hs_check_report says that it is of the present message. */
void hs_check_tell(hs_check *c, const hs_check_violation *v);
void hs_check_report(hs_check *c, unsigned rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same when `broken` holds; what else stands there is evaluated only then. */
#define HS_CHECK_REPORT_IF(c, broken, ...)                                                         \
    do {                                                                                           \
        if (broken) {                                                                              \
            hs_check_report(c, __VA_ARGS__);                                                       \
        }                                                                                          \
    } while (0)
/* The checker's part of a channel of the session; NULL when out of memory. */
hs_check_channel *hs_check_channel_of(hs_check *c, const hs_session_channel *channel);
/* Is it one that is told merkle roots only, and need not be told of its prefix? */
int hs_check_is_header_only(const hs_check *c, const hs_session_channel *channel);
/* Milliseconds, or HS_TIME_NONE. */
uint64_t hs_check_now(const hs_check *c);

#endif
