/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/print: the results of the benchmark as tables for people and, each run, as a line of JSON
 * for programs; the same bytes under every locale. It judges nothing: bench/check.h does. */
#ifndef HOST_STUB_BENCH_PRINT_H
#define HOST_STUB_BENCH_PRINT_H

#include <stdio.h>

#include "host_stub/bench/result.h"

/* Scenarios down, policies across: mean 1 h error @ moves, then each policy's worst seed. */
void hs_bench_print(FILE *to, const hs_bench_table *table);

/* For random fleets: one line per policy with its worst fleets. */
void hs_bench_print_fleets(FILE *to, const hs_bench_table *table);

/* The members of `simulate --json` and the bench's own behind them: one line without its newline,
 * to be freed. NULL when out of memory. */
char *hs_bench_json(const hs_bench_run *run, const hs_sim_result *result);

#endif
