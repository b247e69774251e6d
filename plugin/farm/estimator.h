/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * estimator: the hashrate of one channel, from the difficulty of its shares.
 *
 * A discounted Gamma-Poisson estimate: `a` work in `b` seconds, both forgotten with a time constant
 * of hours, started from the declared hashrate as if it had been seen for 11 shares. What is
 * declared later changes nothing once a share was found: measurement outranks it. Two CUSUM tests
 * (Page 1954) for a drop to 0.6 and a rise to 1.6 times the estimate cut the memory short when the
 * miner really changed, and a channel that stays silent for 14 expected shares counts as zero until
 * it speaks again. Rates are in difficulty 1 units per second; conversion to hashes per
 * second is the caller's.
 */
#ifndef PLUGIN_FARM_ESTIMATOR_H
#define PLUGIN_FARM_ESTIMATOR_H

#include <stdint.h>

typedef struct hm_estimate {
    double a;         /* discounted work */
    double b;         /* discounted time, s */
    double reference; /* the last estimate while it was not silent */
    double nominal;   /* as declared, 0 = unknown */
    float difficulty; /* mean of its last shares, 0 = none seen */
    float drop;       /* CUSUM statistics and the time [s] and work since each was last 0 */
    float drop_s;
    float drop_work;
    float rise;
    float rise_s;
    float rise_work;
    float silent; /* shares expected since the last one */
} hm_estimate;

typedef struct hm_estimator_params {
    double window_s;     /* time constant of forgetting, 4 h */
    double prior_shares; /* weight of the declared hashrate, 11 */
    double change_limit; /* CUSUM threshold, 10 */
    double silent_limit; /* expected shares without one, 14 */
} hm_estimator_params;

extern const hm_estimator_params HM_ESTIMATOR_DEFAULTS;

/* A new channel. nominal [difficulty 1 per second] finite, >= 0; `guess` (> 0) stands in for an
 * unknown one. Returns the estimate. */
double hm_estimate_init(hm_estimate *e, const hm_estimator_params *p, double nominal, double guess);

/* One evaluation: `work` in `count` shares arrived in the last dt_s seconds (0 < dt_s), decay =
 * exp(-dt/window). Returns the estimate; 0 = silent. Always finite and >= 0. */
double hm_estimate_update(hm_estimate *e, const hm_estimator_params *p, double work, uint32_t count,
                          double dt_s, double decay);

/* All miners changed by this factor (> 0), as the farm as a whole tells. */
void hm_estimate_scale(hm_estimate *e, double factor);

/* Has it found a share? Until then the estimate is what the peer says. */
static inline int hm_estimate_is_proven(const hm_estimate *e)
{
    return e->difficulty > 0.0f;
}

/* The peer declared another hashrate. What has been measured is kept: the estimate once there was a
 * share, before that how long there was none. Returns the estimate. */
double hm_estimate_declare(hm_estimate *e, const hm_estimator_params *p, double nominal,
                           double guess);

#endif
