/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/converge: how soon after an event the split is right again, and how far the allocation was
 * off. It reads the account of a finished run and its luck; it knows nothing of plugins. Windows
 * are judged every 30 s. Minutes count from the event; NAN: never, or not to be told. */
#ifndef HOST_STUB_BENCH_CONVERGE_H
#define HOST_STUB_BENCH_CONVERGE_H

#include "host_stub/bench/floors.h"
#include "host_stub/sim/run.h"

/* A window is within when its error is at most the larger of `points` and `sigmas` times its
 * luck. */
typedef struct hs_within {
    uint64_t window_secs;
    double points;
    double sigmas;
} hs_within;

/* 10 minutes within max(1 pp, 3 sigma): the definition of convergence. */
extern const hs_within HS_WITHIN_10M;
/* An hour within max(0.75 pp, 2 sigma): of few miners luck alone is more. */
extern const hs_within HS_WITHIN_1H;

/* Minutes until the first instant from which the next window is within. */
double hs_converge_next(const hs_account *account, const hs_luck *luck, const hs_within *within,
                        uint64_t event_secs);

/* Minutes until the last window is within, measured against the target that is then in effect
 * (what an operator sees who looks at the last ten minutes). */
double hs_converge_last(const hs_account *account, const hs_luck *luck, const hs_within *within,
                        uint64_t event_secs);

/* Largest |share of the true hashrate allocated to a pool - effective target|, points, over the
 * pools and the seconds from..until-1 of a recorded run. NAN when there is no such second. */
double hs_alloc_dev_max(const hs_sim_result *result, uint64_t from, uint64_t until);

#endif
