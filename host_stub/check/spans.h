/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/spans: who searched which space when. A span is the time in which a channel held valid jobs
 * of one pool with one extranonce prefix, draining ones included. Two spans overlap when they
 * belong to two channels, concern one pool, have a time in common, and one's prefix is a prefix of
 * the other's (or the same): then two miners can do the same work twice. Where no prefix is told, a
 * merkle root says the same.
 *
 * Times are compared within one timeline only: a file without times is one of its own. */
#ifndef HOST_STUB_CHECK_SPANS_H
#define HOST_STUB_CHECK_SPANS_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/sv2/types.h"

typedef struct hs_check_span {
    uint32_t timeline;
    uint32_t pool;      /* HS_CHECK_POOL_NONE when unknown: then the prefix alone tells; or _ROOT */
    hs_sv2_b032 prefix; /* with HS_CHECK_POOL_ROOT a merkle root */
    uint64_t from;      /* ms, or number of the frame: within, from inclusive, to exclusive */
    uint64_t to;
    uint32_t file; /* its number */
    uint32_t channel_id;
    size_t line; /* of the job that began it */
    size_t frame;
    size_t offset;
} hs_check_span;

/* All zero is an empty one. */
typedef struct hs_check_spans {
    hs_check_span *spans;
    size_t count;
    size_t capacity;
} hs_check_spans;

/* Returns 0, or -1 when out of memory. */
int hs_check_spans_add(hs_check_spans *spans, const hs_check_span *span);
void hs_check_spans_free(hs_check_spans *spans);

/* Reports each span that overlaps with another, once, together with one of those: `later` began
 * when `earlier` was there, or has the longer prefix. Sorts the spans; n log n. Returns 0, or -1
 * when out of memory. */
int hs_check_spans_overlaps(hs_check_spans *spans,
                            void (*report)(void *ctx, const hs_check_span *later,
                                           const hs_check_span *earlier),
                            void *ctx);

#endif
