/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * targets: from configured percentages to what each upstream should get now.
 *
 * The effective target is the configured one scaled over the upstreams that can be used. The
 * command is the effective target plus the controllers' corrections, brought back to a
 * distribution: it sums to 1, and a correction that would leave [low, high] is shared among the
 * others. All are fractions of the farm's work.
 */
#ifndef PLUGIN_TARGETS_H
#define PLUGIN_TARGETS_H

#include <stdint.h>

/* effective[i] = weight[i] / sum over usable, 0 for the unusable, for the n indexes i in `order`
 * (most preferred first; there may be gaps between them). When all usable weights are 0, the first
 * usable one gets everything. Returns 0 when none is usable. */
int hm_targets_effective(const double *weight, const uint8_t *usable, const uint32_t *order,
                         uint32_t n, double *effective);

/* The point of {sum = 1, low <= c <= high} next to `wanted` by one additive shift of those that are
 * not at a bound (the Euclidean projection). Needs sum(low) <= 1 <= sum(high). */
void hm_targets_project(const double *wanted, const double *low, const double *high, uint32_t n,
                        double *command);

#endif
