/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/common.h"

#include <math.h>

static const double SHIFT = 0.07; /* the difference that the tests are best at */
static const double CERTAIN = 10.0;
static const double FACTOR_LEAST = 0.6;
static const double FACTOR_MOST = 1.6;
static const double OFTEN = 5.0; /* doublings: minutes become hours */

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

/* The estimates are scaled by what was seen since the change: from now on they expect that. */
static double scaled(hm_common *c)
{
    const double factor = c->work / c->expected;
    c->expected = c->work;
    c->next = 2.0 * c->work;
    return factor;
}

/* A change is certain. If it is so large that it is the channels' own to notice, nothing is scaled,
 * and later neither: they notice it one after the other, and their sum lags until the last has. */
static double begin(hm_common *c, const hm_common_test *seen)
{
    const double factor = seen->work / seen->expected;
    if (factor > FACTOR_LEAST && factor < FACTOR_MOST) {
        *c = (hm_common){.work = seen->work, .expected = seen->expected, .often = OFTEN};
        return scaled(c);
    }
    *c = (hm_common){.drop = {0}, .rise = {0}};
    return 1.0;
}

/* What was seen since the last change tells more and more exactly how large it was. */
static double refine(hm_common *c, double work, double expected)
{
    c->work += work;
    c->expected += expected;
    if (!(c->often > 0.0) || c->expected < c->next || !(c->work > 0.0)) {
        return 1.0;
    }
    c->often -= 1.0;
    return scaled(c);
}

double hm_common_update(hm_common *c, double work, double expected, double variance)
{
    if (!(variance > 0.0) || !(expected > 0.0) || !isfinite(work) || !isfinite(expected)) {
        return 1.0;
    }
    const int drops = add(&c->drop, -SHIFT, work, expected, variance);
    const int rises = add(&c->rise, SHIFT, work, expected, variance);
    if (drops || rises) {
        const hm_common_test seen = drops ? c->drop : c->rise;
        return begin(c, &seen);
    }
    return refine(c, work, expected);
}
