/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/targets.h"

#include "plugin/fmath.h"

int hm_targets_effective(const double *weight, const uint8_t *usable, const uint32_t *order,
                         uint32_t n, double *effective)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        sum += usable[order[i]] ? weight[order[i]] : 0.0;
        effective[order[i]] = 0.0;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!usable[order[i]]) {
            continue;
        }
        if (!(sum > 0.0)) {
            effective[order[i]] = 1.0;
            return 1;
        }
        effective[order[i]] = weight[order[i]] / sum;
    }
    return sum > 0.0;
}

/* Sum of the wanted values shifted by `shift` and kept inside their bounds. */
static double sum_at(const double *wanted, const double *low, const double *high, uint32_t n,
                     double shift)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        sum += hm_clamp(wanted[i] + shift, low[i], high[i]);
    }
    return sum;
}

void hm_targets_project(const double *wanted, const double *low, const double *high, uint32_t n,
                        double *command)
{
    /* The sum grows with the shift from sum(low) at `least` to sum(high) at `most`: bisection. */
    double least = 0.0;
    double most = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        least = low[i] - wanted[i] < least ? low[i] - wanted[i] : least;
        most = high[i] - wanted[i] > most ? high[i] - wanted[i] : most;
    }
    double shift = 0.0; /* what is a distribution already stays as it is, to the last bit */
    const double before = sum_at(wanted, low, high, n, 0.0);
    if (before > 1.0 + 1e-12 || before < 1.0 - 1e-12) {
        for (int i = 0; i < 100; i++) {
            shift = least + 0.5 * (most - least);
            if (sum_at(wanted, low, high, n, shift) < 1.0) {
                least = shift;
            } else {
                most = shift;
            }
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        command[i] = hm_clamp(wanted[i] + shift, low[i], high[i]);
    }
}
