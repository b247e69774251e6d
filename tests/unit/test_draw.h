/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * test_draw.h: draws on top of test_random.h: numbers in a range, Poisson counts. */
#ifndef TESTS_UNIT_TEST_DRAW_H
#define TESTS_UNIT_TEST_DRAW_H

#include <math.h>

#include "tests/unit/test_random.h"

/* In [0, 1), 53 bits. */
static inline double draw_unit(uint64_t *state)
{
    return (double)(test_random(state) >> 11) * 0x1p-53;
}

static inline double draw_between(uint64_t *state, double low, double high)
{
    return low + (high - low) * draw_unit(state);
}

/* In 0..count-1, count > 0. */
static inline uint32_t draw_below(uint64_t *state, uint32_t count)
{
    return (uint32_t)(test_random(state) % count);
}

/* A Poisson count of the given mean (small: Knuth's product of uniforms). */
static inline uint32_t draw_poisson(uint64_t *state, double mean)
{
    const double limit = exp(-mean);
    double product = draw_unit(state);
    uint32_t count = 0;
    while (product > limit && count < 10000u) {
        product *= draw_unit(state);
        count++;
    }
    return count;
}

#endif /* TESTS_UNIT_TEST_DRAW_H */
