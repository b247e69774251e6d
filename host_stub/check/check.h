/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/check: does a host keep the rules of Stratum V2? It looks at whole connections, frame by
 * frame in the order in which the host sent and got them, and reports each violation with its rule
 * and place. What one message means in its connection is the session's business (session.h); on top
 * of that the checker knows bytes, comments and times, follows every downstream job back to the
 * pool's job that it was made from, and compares the search spaces of all channels with each other.
 *
 * Order: the upstream connections first, each from begin to end, then the downstream ones, then
 * finish. It reads no files (check/file.h does) and prints nothing. After a violation the message
 * counts as not sent, as in a session, and the checker goes on. */
#ifndef HOST_STUB_CHECK_CHECK_H
#define HOST_STUB_CHECK_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/check/rules.h"

/* Which connection it is: the host is the server towards miners and the client towards pools. */
enum hs_check_role { HS_CHECK_DOWNSTREAM = 1, HS_CHECK_UPSTREAM = 2 };

typedef struct hs_check_violation {
    const char *file;
    size_t line;         /* in the file, from 1; 0 when it has none */
    size_t frame;        /* from 1 */
    size_t offset;       /* of the frame's first byte among the bytes of all frames of the file */
    const char *message; /* the frame's name, "frame" when it has none */
    unsigned rule;       /* enum hs_rule or enum hs_check_rule */
    const char *text;    /* one sentence without a final full stop */
} hs_check_violation;

typedef struct hs_check_options {
    int verify; /* hash the shares and judge them against their jobs' targets */
    void (*report)(void *ctx,
                   const hs_check_violation *violation); /* its strings live that long only */
    void *ctx;
} hs_check_options;

typedef struct hs_check_frame {
    const uint8_t *data;
    size_t len;
    size_t line;     /* 0 = none */
    unsigned sender; /* enum hs_sv2_sender as the recording says; 0 = it does not */
    int has_time;
    uint64_t t_ms;    /* of the host's clock */
    const char *name; /* of the message as the recording says, not NUL-terminated; NULL = none */
    size_t name_len;
} hs_check_frame;

typedef struct hs_check_totals {
    uint64_t files;
    uint64_t frames;
    uint64_t shares;
    uint64_t violations;
    uint64_t untimed; /* downstream files without times */
    uint64_t traced;  /* downstream jobs that were found among the pools' */
    uint64_t by_rule[HS_CHECK_RULE_COUNT];
} hs_check_totals;

typedef struct hs_check hs_check;

/* NULL when out of memory. *options is copied. */
hs_check *hs_check_new(const hs_check_options *options);
void hs_check_free(hs_check *check);

/* A connection begins. `pool` names the pool of an upstream one, else NULL; both names are copied.
 * Returns 0, or -1 when out of memory: then the connection cannot be checked. */
int hs_check_begin(hs_check *check, const char *file, enum hs_check_role role, const char *pool);

/* The connection's next frame. Times are used when the first frame has one; a later frame without
 * has that of the one before. */
void hs_check_frame_in(hs_check *check, const hs_check_frame *frame);

/* The connection ends here, or what is known of it does. */
void hs_check_end(hs_check *check);

/* All connections were seen: what only their comparison shows. */
void hs_check_finish(hs_check *check);

const hs_check_totals *hs_check_totals_of(const hs_check *check);

#endif
