/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/measure: one run of the benchmark: simulates it and fills everything that hs_bench_run has,
 * from the simulator's own account. Which runs there are, and where they run, is not its
 * business. */
#ifndef HOST_STUB_BENCH_MEASURE_H
#define HOST_STUB_BENCH_MEASURE_H

#include "host_stub/bench/result.h"
#include "host_stub/scenario/scenario.h"

typedef struct hs_bench_job {
    const hs_scenario *scenario;
    const hs_bench_policy *policy;
    const char *const *sets; /* section.key=value, for every run */
    size_t set_count;
    uint64_t seed;
    uint64_t seconds; /* 0 = the scenario's */
    int want_series;
} hs_bench_job;

/* Fills *run, which may then be a failed one, and gives in *json the line of `simulate --json` with
 * the bench's members (to be freed; NULL when the run failed). The run's two places in the table
 * are left alone. */
void hs_bench_measure(const hs_bench_job *job, hs_bench_run *run, char **json);

#endif
