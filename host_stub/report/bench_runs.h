/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/bench_runs: each scenario of a benchmark: the split over time by policy, and
 * convergence. */
#ifndef HOST_STUB_REPORT_BENCH_RUNS_H
#define HOST_STUB_REPORT_BENCH_RUNS_H

#include "host_stub/bench/result.h"
#include "host_stub/report/html.h"

void hs_bench_details(hs_html *out, const hs_bench_table *table);

#endif
