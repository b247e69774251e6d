/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/bench_plane: the plane of error and moves: each policy as a point, over all scenarios,
 * with its scenarios as small ones. */
#ifndef HOST_STUB_REPORT_BENCH_PLANE_H
#define HOST_STUB_REPORT_BENCH_PLANE_H

#include "host_stub/bench/result.h"
#include "host_stub/report/html.h"

enum { HS_BENCH_PLANE_WINDOW = 1 }; /* 1 h: what the policies are compared by */

/* A policy over all scenarios; NAN where there is none. */
typedef struct hs_bench_overall {
    double error;   /* median over the scenarios of the 1 h error, points */
    double on_luck; /* median of 1 h error / 1 h luck floor */
    double moves;   /* median of moves per channel and day */
    double lost;    /* largest mean lost work, per cent */
    uint32_t scenarios;
    uint32_t failed; /* runs */
    uint64_t violations;
} hs_bench_overall;

void hs_bench_plane(hs_html *out, const hs_bench_table *table, const hs_bench_overall *overall);

#endif
