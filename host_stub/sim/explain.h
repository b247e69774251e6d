/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/explain: what hashmux wants, owes and avoids, in lines that a person can read, from its own
 * snapshot. A line is made only when something has changed: a move was decided, a pool went or
 * came, or a pool wants a miner more or less than in the line before. */
#ifndef HOST_STUB_SIM_EXPLAIN_H
#define HOST_STUB_SIM_EXPLAIN_H

#include "abi/hmx_metrics.h"
#include "host_stub/guard/guard.h"

enum { HS_EXPLAIN_SIZE = 4096 };

typedef struct hs_explain {
    hmx_snapshot snapshot;
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    char out[HS_EXPLAIN_SIZE];        /* the pools that are out, as in the last line */
    double wanted[HMX_UPSTREAMS_MAX]; /* average miners, as there */
    uint64_t decisions;               /* as there */
    uint64_t evaluations;             /* as last looked at */
    int has_line;
} hs_explain;

/* Asks the plugin. 1 when it has evaluated and has something new to say: `line` is filled. 0 else;
 * -1 when it has no metrics. */
int hs_explain_look(hs_explain *explain, hs_guard *guard, uint64_t second, char *line,
                    size_t capacity);

/* The same for explain->snapshot with its rows. */
int hs_explain_line(hs_explain *explain, uint64_t second, char *line, size_t capacity);

#endif
