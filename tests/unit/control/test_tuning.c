/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "abi/hmx_tuning.h"
#include "plugin/base/fmath.h"
#include "plugin/control/tuning.h"

Test(tuning, presets_have_the_published_gains)
{
    static const struct {
        uint32_t model;
        double kp;
        double ki;
        double kd;
    } rows[] = {
        {HMX_TUNING_AGGRESSIVE, 1.0, 0.1, 0.05},
        {HMX_TUNING_BALANCED, 0.5, 0.05, 0.02},
        {HMX_TUNING_CONSERVATIVE, 0.2, 0.01, 0.005},
        {HMX_TUNING_PROPORTIONAL_ONLY, 0.3, 0.0, 0.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const hm_tuning *const t = hm_tuning_preset(rows[i].model);
        cr_assert_eq(t->gains.kp, rows[i].kp);
        cr_assert_eq(t->gains.ki, rows[i].ki);
        cr_assert_eq(t->gains.kd, rows[i].kd);
    }
}

Test(tuning, presets_have_the_constants_of_the_control_study)
{
    static const struct {
        uint32_t model;
        double noise_factor;
        double hold_s;
        double min_improvement;
        double ripple_point_min;
        double dwell_s;
    } rows[] = {
        {HMX_TUNING_AGGRESSIVE, 1.0, 30, 0.30, 60, 120},
        {HMX_TUNING_BALANCED, 1.0, 60, 0.30, 120, 120},
        {HMX_TUNING_CONSERVATIVE, 0.7, 120, 0.15, 480, 300},
        {HMX_TUNING_PROPORTIONAL_ONLY, 0.7, 120, 0.30, 120, 120},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const hm_tuning *const t = hm_tuning_preset(rows[i].model);
        cr_assert_eq(t->noise_factor, rows[i].noise_factor);
        cr_assert_eq(t->hold_s, rows[i].hold_s);
        cr_assert_eq(t->min_improvement, rows[i].min_improvement);
        cr_assert_eq(t->ripple_point_min, rows[i].ripple_point_min);
        cr_assert_eq(t->dwell_s, rows[i].dwell_s);
    }
}

/* Which preset custom gains inherit from, told by what only that preset has. */
static uint32_t family_of(double ki)
{
    const hm_gains gains = {0.77, ki, 0.11};
    const hm_tuning t = hm_tuning_custom(&gains);
    cr_assert_eq(t.gains.kp, 0.77);
    cr_assert_eq(t.gains.ki, ki);
    cr_assert_eq(t.gains.kd, 0.11);
    for (uint32_t model = HMX_TUNING_AGGRESSIVE; model <= HMX_TUNING_PROPORTIONAL_ONLY; model++) {
        const hm_tuning *const p = hm_tuning_preset(model);
        if (p->noise_factor == t.noise_factor && p->hold_s == t.hold_s &&
            p->min_improvement == t.min_improvement && p->ripple_point_min == t.ripple_point_min &&
            p->dwell_s == t.dwell_s) {
            return model;
        }
    }
    return 0;
}

Test(tuning, custom_gains_inherit_from_the_preset_with_the_nearest_integral_time)
{
    cr_assert_eq(family_of(0.0), HMX_TUNING_PROPORTIONAL_ONLY);
    cr_assert_eq(family_of(1e-6), HMX_TUNING_CONSERVATIVE);
    cr_assert_eq(family_of(0.01), HMX_TUNING_CONSERVATIVE);
    cr_assert_eq(family_of(1.0 / 44.8), HMX_TUNING_CONSERVATIVE);
    cr_assert_eq(family_of(1.0 / 44.6), HMX_TUNING_BALANCED);
    cr_assert_eq(family_of(0.05), HMX_TUNING_BALANCED);
    cr_assert_eq(family_of(1.0 / 14.2), HMX_TUNING_BALANCED);
    cr_assert_eq(family_of(1.0 / 14.1), HMX_TUNING_AGGRESSIVE);
    cr_assert_eq(family_of(0.1), HMX_TUNING_AGGRESSIVE);
    cr_assert_eq(family_of(1000.0), HMX_TUNING_AGGRESSIVE);
}

Test(tuning, slewing_goes_the_right_part_of_the_way)
{
    const hm_gains set = {1.0, 0.1, 0.0};
    hm_gains now = {0.5, 0.3, 0.4};
    hm_gains_slew(&now, &set, hm_decay(600.0, 600.0));
    cr_assert_float_eq(now.kp, 1.0 - 0.5 * exp(-1.0), 1e-12);
    cr_assert_float_eq(now.ki, 0.1 + 0.2 * exp(-1.0), 1e-12);
    cr_assert_float_eq(now.kd, 0.4 * exp(-1.0), 1e-12);
}

Test(tuning, slewing_is_steady_never_overshoots_and_arrives_exactly)
{
    const hm_gains set = {0.2, 0.0, 1000.0};
    hm_gains now = {1.0, 0.1, 0.0};
    int steps = 0;
    while (now.kp != set.kp || now.ki != set.ki || now.kd != set.kd) {
        const hm_gains before = now;
        hm_gains_slew(&now, &set, hm_decay(30.0, 600.0));
        cr_assert(now.kp <= before.kp && now.kp >= set.kp);
        cr_assert(now.ki <= before.ki && now.ki >= set.ki);
        cr_assert(now.kd >= before.kd && now.kd <= set.kd);
        cr_assert_lt(before.kp - now.kp, 0.05, "no jump");
        steps++;
        cr_assert_lt(steps, 1000, "it creeps for ever");
    }
    cr_assert_gt(steps, 300, "a time constant is 20 steps: 1e-9 of the way takes 20");
}

Test(tuning, slewing_to_where_it_is_changes_nothing)
{
    const hm_gains set = {0.5, 0.05, 0.02};
    hm_gains now = set;
    hm_gains_slew(&now, &set, 0.95);
    cr_assert(now.kp == set.kp && now.ki == set.ki && now.kd == set.kd);
    now.kp = 3.0;
    hm_gains_slew(&now, &set, 1.0);
    cr_assert_eq(now.kp, 3.0, "no time has passed");
}

/* Of the debt an evaluation takes back no more than there is, and of the window no more than an
 * interval holds; a gain that is less than that stays as it is. */
Test(tuning, gains_are_limited_by_the_interval)
{
    const hm_gains set = {0.5, 0.05, 0.02};
    const hm_gains usual = hm_gains_limited(&set, 60.0, 600.0);
    cr_assert(usual.kp == 0.5 && usual.ki == 0.05 && usual.kd == 0.02);
    const hm_gains seldom = hm_gains_limited(&set, 3600.0, 600.0);
    cr_assert_float_eq(seldom.ki, 1.0 / 60.0, 1e-15);
    cr_assert_float_eq(seldom.kp, 600.0 / 3600.0, 1e-15);
    cr_assert(seldom.kd == 0.02);
    const hm_gains border = hm_gains_limited(&set, 1200.0, 600.0);
    cr_assert(border.kp == 0.5 && border.ki == 0.05, "just as much as it can bear");
}

/* One interval after a change of the allocation the window has seen 1 - e^(-interval/window) of it.
 * The derivative asks for Kd / interval of that to be taken back: a tenth of the change at most. */
Test(tuning, the_derivative_is_limited_by_the_window)
{
    static const double windows[] = {10.0, 600.0, 86400.0};
    static const double intervals[] = {1.0, 30.0, 600.0, 86400.0};
    const hm_gains set = {0.5, 0.05, 1e9};
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
            const double kd = hm_gains_limited(&set, intervals[i], windows[w]).kd;
            const double seen = 1.0 - exp(-intervals[i] / windows[w]);
            const double taken_back = kd * seen / (intervals[i] / 60.0);
            cr_assert_float_eq(taken_back, 0.1, 1e-9, "%g s in %g s", intervals[i], windows[w]);
        }
    }
    cr_assert_eq(hm_gains_limited(&(hm_gains){1.0, 0.1, 0.05}, 30.0, 60.0).kd, 0.05);
}

Test(tuning, an_interval_below_five_minutes_allows_no_more_than_one_of_five)
{
    const hm_gains set = {1000.0, 1000.0, 0.0};
    const hm_gains border = hm_gains_limited(&set, 300.0, 600.0);
    const hm_gains often = hm_gains_limited(&set, 1.0, 600.0);
    cr_assert(border.ki == 0.2 && border.kp == 2.0);
    cr_assert(often.ki == border.ki && often.kp == border.kp);
}
