/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/json: a run of the benchmark as one line of JSON: the members of `simulate --json` and the
 * bench's own behind them. */
#ifndef HOST_STUB_BENCH_JSON_H
#define HOST_STUB_BENCH_JSON_H

#include "host_stub/bench/result.h"

/* One line without its newline; the caller frees it. NULL when out of memory. */
char *hs_bench_json(const hs_bench_run *run, const hs_sim_result *result);

#endif
