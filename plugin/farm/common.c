/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/common.h"

#include <math.h>

static const double SHIFT = 0.07; /* the difference that the tests are best at */
static const double CERTAIN = 10.0;
static const double FACTOR_LEAST = 0.6;
static const double FACTOR_MOST = 1.6;

/* Adds the logarithm of the likelihood ratio of `shift` against no shift. Returns 1 when it is
 * certain. */
static int add(hm_common_test *t, double shift, double work, double expected, double variance)
{
    const double moved = shift * expected;
    t->suspicion += (moved * (work - expected) - 0.5 * moved * moved) / variance;
    t->work += work;
    t->expected += expected;
    if (!(t->suspicion > 0.0)) {
        *t = (hm_common_test){0};
    }
    return t->suspicion > CERTAIN;
}

double hm_common_update(hm_common *c, double work, double expected, double variance)
{
    if (!(variance > 0.0) || !(expected > 0.0) || !isfinite(work) || !isfinite(expected)) {
        return 1.0;
    }
    const int drops = add(&c->drop, -SHIFT, work, expected, variance);
    const int rises = add(&c->rise, SHIFT, work, expected, variance);
    if (!drops && !rises) {
        return 1.0;
    }
    const hm_common_test *const seen = drops ? &c->drop : &c->rise;
    const double factor = seen->work / seen->expected;
    *c = (hm_common){0};
    return factor > FACTOR_LEAST && factor < FACTOR_MOST ? factor : 1.0;
}
