/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/check: compares what was measured with bench/limits. Only what was measured is judged: a
 * scenario, preset or policy that is not in the table is not missed. */
#ifndef HOST_STUB_BENCH_CHECK_H
#define HOST_STUB_BENCH_CHECK_H

#include <stdio.h>

#include "host_stub/bench/result.h"

typedef struct hs_bench_verdict {
    uint32_t compared;
    uint32_t exceeded;
} hs_bench_verdict;

/* One line to `to` for each limit that is exceeded: scenario, policy, what, value, limit. */
hs_bench_verdict hs_bench_check(const hs_bench_table *table, FILE *to);

/* The same for random fleets: nobody stalls, nobody is unstable, balanced is close. */
hs_bench_verdict hs_bench_check_fleets(const hs_bench_table *table, FILE *to);

/* The same scenarios and policies in another world and in the kind one, means over the seeds: of
 * each that has presets the 1 h error and the moves. */
hs_bench_verdict hs_bench_check_world(const hs_bench_table *world, const hs_bench_table *kind,
                                      FILE *to);

#endif
