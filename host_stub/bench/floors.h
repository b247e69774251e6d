/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/floors: the luck floor of a run: what its error would have been had every share that
 * its miners found gone to a pool drawn at random by the effective targets. It listens to a run
 * (the `share` callback of sim/run.h), books the same shares into an account of its own, and knows
 * how large the luck of any window was. It changes nothing in the run. */
#ifndef HOST_STUB_BENCH_FLOORS_H
#define HOST_STUB_BENCH_FLOORS_H

#include "host_stub/base/rng.h"
#include "host_stub/sim/account.h"

typedef struct hs_luck {
    const hs_account *truth; /* of the run under way: it has the effective targets */
    hs_account account;
    hs_rng rng;
    double *work;    /* per bucket of 30 s, after close the sum of those before: difficulty found */
    double *squares; /* the same of difficulty squared */
    size_t epochs_taken;
    int ready;
    int no_memory;
} hs_luck;

/* `truth` may be empty until the first share comes; it must outlive the run. */
void hs_luck_init(hs_luck *luck, const hs_account *truth, uint64_t seed);
void hs_luck_free(hs_luck *luck);

/* `count` shares of `difficulty` each were found in `second`. */
void hs_luck_share(hs_luck *luck, uint64_t second, uint32_t count, double difficulty);

/* Ends the booking. 0, or -1 when memory had run out. */
int hs_luck_close(hs_luck *luck);

/* Mean error over the windows, as hs_account_summary. ticks 0 when no share was found. */
hs_error_summary hs_luck_summary(const hs_luck *luck, uint64_t window_secs, uint64_t warmup_secs);

/* Standard deviation in points that luck alone gives the share of the pool whose share varies most,
 * in the window that ends at `end_secs` (multiples of 30, inside the run). 0 without shares. */
double hs_luck_sigma(const hs_luck *luck, uint64_t end_secs, uint64_t window_secs);

/* The granularity floor: the smallest error that a fixed assignment of whole miners can have. Exact
 * by branch and bound over groups of equal miners when that ends within a bounded number of steps,
 * else the best of a local search (moves and swaps, with restarts), which can only be too high. It
 * knows nothing of time, luck or plugins. */

/* `targets` are fractions that sum to 1 over `pools` (1..64) pools; `hashrates` count > 0 miners,
 * any unit. *points: max over pools of |share - target| in points; *exact (may be NULL): 1 when it
 * is proved. 0, or -1 out of memory. The same arguments give the same answer. */
int hs_granularity_floor(const double *hashrates, uint32_t count, const double *targets,
                         uint32_t pools, double *points, int *exact);

#endif
