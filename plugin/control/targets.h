/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * targets: from what the operator asked for to what each upstream should get now.
 *
 * All results are fractions of the farm's work. In order of precedence: an upstream that cannot be
 * used gets nothing; channels pinned to an upstream stay there, whatever its cap; no upstream gets
 * more than its max; absolute targets are filled first, in order of priority; then every min; what
 * is left is split by percentage, inside the bounds (water-filling). When nobody has a percentage a
 * surplus is split in proportion to the absolute targets. What caps cut off goes to upstreams
 * without a target before any cap is exceeded, the most preferred first. When all caps together are
 * less than the farm, the rest exceeds them in proportion, and they hold nobody back: a miner
 * without work is the worst outcome. The command is the effective target plus the controllers'
 * corrections, brought back to a distribution.
 */
#ifndef PLUGIN_CONTROL_TARGETS_H
#define PLUGIN_CONTROL_TARGETS_H

#include <stdint.h>

/* What is asked for one upstream; hashrates in one linear unit. */
typedef struct hm_target_row {
    double weight;   /* percentage, 0 = none */
    double absolute; /* hashrate wanted, 0 = none */
    double least;    /* hashrate that it gets at least, 0 = none */
    double most;     /* cap, INFINITY = none */
    double pinned;   /* hashrate of the channels that cannot be anywhere else */
    uint8_t usable;
} hm_target_row;

typedef struct hm_target_result {
    double effective; /* fraction */
    double low;       /* bounds of the command: pins and cap */
    double high;
    double missing; /* hashrate that an absolute target or a min lacks */
    double most;    /* hashrate above which nobody is sent there: the cap, INFINITY = none */
} hm_target_result;

/* rows and results: n each, indexed alike; order: order_count indexes of those that exist, most
 * preferred first. hashrate: of the farm; when it is 0 (nobody is connected) the sum of the
 * absolute targets stands in. Returns 0, or -1 when nobody is usable: then all results
 * are 0. */
int hm_targets_effective(const hm_target_row *rows, uint32_t n, const uint32_t *order,
                         uint32_t order_count, double hashrate, hm_target_result *results);

/* The point of {sum = 1, low <= c <= high} next to `wanted` by one additive shift of those that are
 * not at a bound (the Euclidean projection). Needs sum(low) <= 1 <= sum(high). */
void hm_targets_project(const double *wanted, const double *low, const double *high, uint32_t n,
                        double *command);

#endif
