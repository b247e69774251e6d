/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * test_slow.h: tests/run sets HMX_SLOW=1 where every simulated hour takes five to fifteen times as
 * long as usual: with sanitizers, and where lines are counted. What is statistics then takes fewer
 * seeds or hours, with the same limits: what these builds look for shows in the first. */
#ifndef TESTS_UNIT_TEST_SLOW_H
#define TESTS_UNIT_TEST_SLOW_H

#include <stdint.h>
#include <stdlib.h>

static inline uint32_t usual_or_slow(uint32_t usual, uint32_t slow)
{
    return getenv("HMX_SLOW") != NULL ? slow : usual;
}

#endif
