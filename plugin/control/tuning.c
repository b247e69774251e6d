/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/tuning.h"

#include "abi/hmx_tuning.h"
#include "plugin/base/fmath.h"

/* Of a change of the allocation, what the derivative may ask to take back at the next evaluation.
 * With all of it, it would be undone and done again, for ever; with half of it luck is answered. */
static const double DAMPING_MOST = 0.1;

/* What is off for less than this is luck: to take it back sooner would cost moves and gain nothing,
 * however often it is looked at. */
static const double SOONEST_S = 300.0;

static const hm_tuning PRESETS[] = {
    /* aggressive */
    {{1.0, 0.1, 0.05}, 1.0, 30.0, 0.30, 60.0, {1800.0, 170.0}, 120.0},
    /* balanced */
    {{0.5, 0.05, 0.02}, 1.0, 60.0, 0.30, 120.0, {3600.0, 220.0}, 120.0},
    /* conservative */
    {{0.2, 0.01, 0.005}, 0.7, 120.0, 0.15, 480.0, {4800.0, 440.0}, 300.0},
    /* proportional only */
    {{0.3, 0.0, 0.0}, 0.7, 120.0, 0.30, 120.0, {3600.0, 220.0}, 120.0},
};

const hm_tuning *hm_tuning_preset(uint32_t model)
{
    return &PRESETS[model - HMX_TUNING_AGGRESSIVE];
}

hm_tuning hm_tuning_custom(const hm_gains *gains)
{
    /* The borders are the geometric means of neighbouring 1/Ki: sqrt(10 * 20) and sqrt(20 * 100)
     * minutes. */
    uint32_t model = HMX_TUNING_PROPORTIONAL_ONLY;
    if (gains->ki > 1.0 / 14.142135623730951) {
        model = HMX_TUNING_AGGRESSIVE;
    } else if (gains->ki > 1.0 / 44.721359549995796) {
        model = HMX_TUNING_BALANCED;
    } else if (gains->ki > 0.0) {
        model = HMX_TUNING_CONSERVATIVE;
    }
    hm_tuning tuning = *hm_tuning_preset(model);
    tuning.gains = *gains;
    return tuning;
}

hm_gains hm_gains_limited(const hm_gains *set, double interval_s, double window_s)
{
    const double least_s = interval_s > SOONEST_S ? interval_s : SOONEST_S;
    const double ki = 60.0 / least_s;
    const double kp = window_s / least_s;
    const double seen = 1.0 - hm_decay(interval_s, window_s); /* of a change, one interval later */
    const double kd = DAMPING_MOST * interval_s / 60.0 / seen;
    return (hm_gains){
        .kp = set->kp < kp ? set->kp : kp,
        .ki = set->ki < ki ? set->ki : ki,
        .kd = set->kd < kd ? set->kd : kd,
    };
}

static double slew(double from, double to, double decay)
{
    const double next = to + (from - to) * decay;
    const double rest = next > to ? next - to : to - next;
    return rest <= 1e-9 * (to + 1.0) ? to : next; /* arrive, instead of creeping for ever */
}

void hm_gains_slew(hm_gains *effective, const hm_gains *set, double decay)
{
    effective->kp = slew(effective->kp, set->kp, decay);
    effective->ki = slew(effective->ki, set->ki, decay);
    effective->kd = slew(effective->kd, set->kd, decay);
}
