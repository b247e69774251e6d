/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/jobs: makes runs in parallel, each in a process of its own, whose result comes back through
 * a pipe: a plugin that crashes loses one run and not the benchmark. The order in which they finish
 * makes no difference to any result. */
#ifndef HOST_STUB_BENCH_JOBS_H
#define HOST_STUB_BENCH_JOBS_H

#include "host_stub/bench/measure.h"

typedef struct hs_bench_progress {
    void (*done)(void *ctx, uint32_t finished, uint32_t count); /* after each run; may be NULL */
    void *ctx;
} hs_bench_progress;

enum { HS_BENCH_WORKERS_MAX = 256 };

/* Fills runs[i] and lines[i] (JSON, to be freed, NULL of a failed run) from jobs[i], with at most
 * `workers` processes at a time, the costly ones first. 0, or -1 with the sentence in `why` when no
 * process could be started or memory ran out; then what was not made is a failed run. */
int hs_bench_run_jobs(const hs_bench_job *jobs, hs_bench_run *runs, char **lines, uint32_t count,
                      uint32_t workers, const hs_bench_progress *progress, char *why,
                      size_t capacity);

/* Processors that are online, 1 or more. */
uint32_t hs_bench_processors(void);

#endif
