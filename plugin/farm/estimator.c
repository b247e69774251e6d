/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/estimator.h"

#include <math.h>

#include "plugin/base/fmath.h"

const hm_estimator_params HM_ESTIMATOR_DEFAULTS = {
    .window_s = 4.0 * 3600.0,
    .prior_shares = 11.0,
    .change_limit = 10.0,
    .silent_limit = 14.0,
};

static const float LN_0_6 = -0.5108256237659907f;
static const float LN_1_6 = 0.4700036292457356f;
/* Before the first share the difficulty is unknown: assume one share a minute, the slowest usual
 * vardiff. */
static const double UNKNOWN_SHARE_S = 60.0;
static const double RATE_MIN = 1e-30;
static const double RATE_MAX = 1e30;

/* Restarts the memory at `rate` with the weight of `shares` shares. */
static void restart(hm_estimate *e, double rate, double shares)
{
    const double seconds =
        e->difficulty > 0.0f ? (double)e->difficulty / rate : UNKNOWN_SHARE_S / 6.0;
    e->b = shares * seconds;
    e->a = rate * e->b;
    e->reference = rate;
    e->drop = e->drop_s = e->drop_work = 0.0f;
    e->rise = e->rise_s = e->rise_work = 0.0f;
}

double hm_estimate_init(hm_estimate *e, const hm_estimator_params *p, double nominal, double guess)
{
    *e = (hm_estimate){.nominal = nominal};
    restart(e, nominal > 0.0 ? nominal : guess, p->prior_shares);
    return e->reference;
}

static int is_silent(const hm_estimate *e, const hm_estimator_params *p)
{
    return (double)e->silent > p->silent_limit;
}

double hm_estimate_declare(hm_estimate *e, const hm_estimator_params *p, double nominal,
                           double guess)
{
    e->nominal = nominal;
    if (!hm_estimate_is_proven(e)) {
        e->reference = nominal > 0.0 ? nominal : guess;
        e->a = e->reference * p->prior_shares * UNKNOWN_SHARE_S / 6.0;
    }
    return is_silent(e, p) ? 0.0 : e->a / e->b;
}

/* Advances both change tests by what was seen against what was expected. Returns 1 if one fired:
 * then *work and *seconds are what was seen since the change began. */
static int changed(hm_estimate *e, double limit, float expected, double work, uint32_t count,
                   double dt_s, double *seen_work, double *seen_s)
{
    const float shares = (float)count;
    e->drop += shares * LN_0_6 + 0.4f * expected;
    e->drop_s += (float)dt_s;
    e->drop_work += (float)work;
    if (!(e->drop > 0.0f)) {
        e->drop = e->drop_s = e->drop_work = 0.0f;
    }
    e->rise += shares * LN_1_6 - 0.6f * expected;
    e->rise_s += (float)dt_s;
    e->rise_work += (float)work;
    if (!(e->rise > 0.0f)) {
        e->rise = e->rise_s = e->rise_work = 0.0f;
    }
    if ((double)e->drop > limit) {
        *seen_work = (double)e->drop_work;
        *seen_s = (double)e->drop_s;
        return 1;
    }
    if ((double)e->rise > limit) {
        *seen_work = (double)e->rise_work;
        *seen_s = (double)e->rise_s;
        return 1;
    }
    return 0;
}

/* The first shares tell the difficulty: the declared hashrate then weighs `prior_shares` of
 * them. */
static void learn_difficulty(hm_estimate *e, const hm_estimator_params *p, double work,
                             uint32_t count)
{
    const int first = !(e->difficulty > 0.0f);
    e->difficulty = (float)(count == 1 ? work : work / (double)count);
    if (first) {
        if (!(e->nominal > 0.0)) {
            e->reference = (double)e->difficulty * 6.0 / 60.0;
        }
        restart(e, e->reference, p->prior_shares);
    }
}

/* A channel without a share in this interval. Returns its estimate. */
static double stay_silent(hm_estimate *e, const hm_estimator_params *p, double rate, double dt_s,
                          double per_share)
{
    e->silent += (float)(e->reference * dt_s / per_share);
    return is_silent(e, p) ? 0.0 : rate;
}

double hm_estimate_update(hm_estimate *e, const hm_estimator_params *p, double work, uint32_t count,
                          double dt_s, double decay)
{
    if (count > 0) {
        learn_difficulty(e, p, work, count);
        if (is_silent(e, p)) {
            restart(e, e->reference, 4.0);
        }
        e->silent = 0.0f;
    }
    const double per_share =
        e->difficulty > 0.0f ? (double)e->difficulty : e->reference * UNKNOWN_SHARE_S;
    const double before = e->a / e->b;
    double seen_work = 0.0;
    double seen_s = 0.0;
    e->a = e->a * decay + work;
    e->b = e->b * decay + dt_s;
    if (changed(e, p->change_limit, (float)(before * dt_s / per_share), work, count, dt_s,
                &seen_work, &seen_s)) {
        /* Never below a quarter at once, and never zero: the next test needs a rate to compare
         * with. */
        const double seen = hm_clamp(seen_work / seen_s, before / 4.0 + RATE_MIN, RATE_MAX);
        e->a = seen_work + 0.5 * per_share;
        e->b = seen_s + 0.5 * per_share / seen;
        e->drop = e->drop_s = e->drop_work = 0.0f;
        e->rise = e->rise_s = e->rise_work = 0.0f;
    }
    double rate = e->a / e->b;
    if (!isfinite(rate) || rate > RATE_MAX) {
        restart(e, e->nominal > 0.0 ? e->nominal : 1.0, p->prior_shares);
        rate = e->reference;
    }
    if (count == 0) {
        return stay_silent(e, p, rate, dt_s, per_share);
    }
    e->reference = rate;
    return rate;
}

void hm_estimate_scale(hm_estimate *e, double factor)
{
    const double reference = e->reference * factor;
    if (reference > RATE_MIN && reference < RATE_MAX) {
        e->a *= factor;
        e->reference = reference;
    }
}
