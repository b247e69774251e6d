/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/floor_grain: the granularity floor: the smallest error that a fixed assignment of whole
 * miners can have. Exact by branch and bound over groups of equal miners when that ends within a
 * bounded number of steps, else the best of a local search (moves and swaps, with restarts), which
 * can only be too high. It knows nothing of time, luck or plugins. */
#ifndef HOST_STUB_BENCH_FLOOR_GRAIN_H
#define HOST_STUB_BENCH_FLOOR_GRAIN_H

#include <stddef.h>
#include <stdint.h>

/* `targets` are fractions that sum to 1 over `pools` (1..64) pools; `hashrates` count > 0 miners,
 * any unit. *points: max over pools of |share - target| in points; *exact (may be NULL): 1 when it
 * is proved. 0, or -1 out of memory. The same arguments give the same answer. */
int hs_granularity_floor(const double *hashrates, uint32_t count, const double *targets,
                         uint32_t pools, double *points, int *exact);

#endif
