/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_run: what the tables of `host_stub bench control` have in common: the policies that a
 * command line names, and runs with their progress on a terminal. */
#ifndef HOST_STUB_CMD_BENCH_RUN_H
#define HOST_STUB_CMD_BENCH_RUN_H

#include "host_stub/bench/measure.h"
#include "host_stub/cmd/bench_options.h"

/* Fills the policy's path and name; *has_presets: it is hashmux. 1; 0 when the plugin was not built
 * and `may_lack` (told on standard error); -1 with `why`. */
int hs_bench_find_policy(const char *name, int may_lack, hs_bench_policy *policy, int *has_presets,
                         char *why, size_t capacity);

/* The same plugin with a tuning model, "" = none. */
void hs_bench_name_policy(hs_bench_policy *policy, const char *preset);

/* Makes the runs (bench/jobs.h) and shows how far they are, unless --quiet. *secs: how long it
 * took. 0, or -1 with `why`. */
int hs_bench_run_shown(const hs_bench_options *options, const hs_bench_job *jobs,
                       hs_bench_run *runs, char **lines, uint32_t count, double *secs, char *why,
                       size_t capacity);

/* Writes the lines of JSON to options->json. 0, or -1 with `why`. */
int hs_bench_save_lines(const hs_bench_options *options, char *const *lines, uint32_t count,
                        char *why, size_t capacity);

/* Runs that failed, and broken contracts, on standard error. Returns how many. */
uint32_t hs_bench_tell_failures(const hs_bench_run *runs, uint32_t count);

/* `bench control --reality`. */
int hs_cmd_bench_reality(const hs_bench_options *options, char *why, size_t capacity);

/* `bench control --keys`. */
int hs_cmd_bench_keys(const hs_bench_options *options, char *why, size_t capacity);

#endif
