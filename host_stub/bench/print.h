/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/print: the results of the benchmark as tables for people, the same bytes under every
 * locale. It judges nothing: bench/check.h does. */
#ifndef HOST_STUB_BENCH_PRINT_H
#define HOST_STUB_BENCH_PRINT_H

#include <stdio.h>

#include "host_stub/bench/result.h"

/* Scenarios down, policies across: mean 1 h error @ moves, then each policy's worst seed. */
void hs_bench_print(FILE *to, const hs_bench_table *table);

/* For random fleets: one line per policy with its worst fleets. */
void hs_bench_print_fleets(FILE *to, const hs_bench_table *table);

#endif
