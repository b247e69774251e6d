/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * fmath: the one transcendental function that the decision path needs, with the same bits
 * everywhere.
 *
 * libm's exp, log and pow may differ in their last bit from one CPU to the next; additions,
 * multiplications, divisions and square roots may not (IEEE 754). So the exponential decay is made
 * of those alone.
 */
#ifndef PLUGIN_BASE_FMATH_H
#define PLUGIN_BASE_FMATH_H

/* exp(-elapsed / time_constant), in [0, 1], relative error below 1e-15. elapsed >= 0, time_constant
 * > 0. */
double hm_decay(double elapsed, double time_constant);

/* x limited to [low, high]; low when x is NaN. */
double hm_clamp(double x, double low, double high);

static inline double hm_not_negative(double x)
{
    return x > 0.0 ? x : 0.0;
}

#endif
