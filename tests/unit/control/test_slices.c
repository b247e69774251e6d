/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/slices.h"

#include "plugin/control/tuning.h"
#include "tests/unit/control/planner_fixture.h"

/* ---- the grain ---- */

static hm_grain grain_of(const double *percent, uint32_t n, const double *hashrates, uint32_t count)
{
    double effective[HMX_UPSTREAMS_MAX];
    uint32_t place[HM_SLICES_CHANNELS] = {0};
    hm_grain grain;
    for (uint32_t i = 0; i < n; i++) {
        effective[i] = percent[i] / 100.0;
    }
    hm_grain_measure(effective, n, hashrates, place, count, &grain);
    return grain;
}

Test(slices, nine_miners_and_five_per_cent_leave_one_to_be_sliced)
{
    const hm_grain grain =
        grain_of((const double[]){95, 5}, 2, (const double[]){1, 1, 1, 1, 1, 1, 1, 1, 1}, 9);
    cr_assert(grain.moves == 1 && grain.sliced == 1);
    cr_assert_float_eq(grain.off_points, 5.0, 1e-9);
    cr_assert_float_eq(grain.ripple_points, 2 * 100.0 / 9.0 * 0.45 * 0.55, 1e-9);
}

Test(slices, what_whole_channels_express_leaves_nothing)
{
    const hm_grain grain =
        grain_of((const double[]){50, 30, 20}, 3, (const double[]){5, 3, 1, 1}, 4);
    cr_assert(grain.moves == 0 && grain.sliced == 0 && grain.starving == 0);
    cr_assert_float_eq(grain.off_points, 0.0, 1e-9);
}

Test(slices, one_miner_leaves_every_other_pool_without_any)
{
    const hm_grain grain = grain_of((const double[]){99, 1, 0}, 3, (const double[]){7}, 1);
    cr_assert(grain.starving == 1 && grain.moves == 1);
    cr_assert_float_eq(grain.off_points, 1.0, 1e-9);
}

Test(slices, many_pools_are_short_and_one_miner_is_sliced)
{
    const hm_grain grain =
        grain_of((const double[]){40, 20, 20, 10, 10}, 5, (const double[]){7}, 1);
    cr_assert(grain.starving == 4 && grain.moves == 4 && grain.sliced == 1);
}

Test(slices, who_is_pinned_is_not_placed_elsewhere)
{
    hm_grain grain;
    hm_grain_measure((const double[]){0.5, 0.5}, 2, (const double[]){1, 1},
                     (const uint32_t[]){2, 2}, 2, &grain);
    cr_assert_float_eq(grain.off_points, 50.0, 1e-9);
}

/* ---- the clock ---- */

static double period_min(const double *percent, uint32_t n, const double *hashrates, uint32_t count,
                         uint32_t model)
{
    const hm_tuning *const tuning = hm_tuning_preset(model);
    const hm_grain grain = grain_of(percent, n, hashrates, count);
    return 2.0 * hm_slices_half_s(&grain, &tuning->pace, tuning->ripple_point_min, 0.0) / 60.0;
}

Test(slices, the_period_is_as_long_as_the_preset_allows_and_divides_the_hour)
{
    static const double solo[] = {60, 40};
    static const double one[] = {1};
    cr_assert_eq(period_min(solo, 2, one, 1, HMX_TUNING_AGGRESSIVE), 6);
    cr_assert_eq(period_min(solo, 2, one, 1, HMX_TUNING_BALANCED), 12);
    cr_assert_eq(period_min(solo, 2, one, 1, HMX_TUNING_CONSERVATIVE), 30);
    static const double most[] = {95, 5};
    static const double nine[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    cr_assert_eq(period_min(most, 2, nine, 9, HMX_TUNING_AGGRESSIVE), 30);
    cr_assert_eq(period_min(most, 2, nine, 9, HMX_TUNING_BALANCED), 60);
    cr_assert_eq(period_min(most, 2, nine, 9, HMX_TUNING_CONSERVATIVE), 80);
}

Test(slices, many_pools_on_one_miner_need_hours)
{
    double percent[50];
    for (int i = 0; i < 50; i++) {
        percent[i] = 2.0;
    }
    cr_assert_eq(period_min(percent, 50, (const double[]){1}, 1, HMX_TUNING_BALANCED), 360);
}

Test(slices, a_period_that_trembling_estimates_would_change_stays)
{
    const hm_slice_pace pace = {.longest_s = 3600.0, .least_s = 60.0};
    hm_grain grain = {.ripple_points = 61.2 / 1.05, .moves = 1, .sliced = 1}; /* 10.5 minutes */
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 0.0), 300, "10 minutes");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 360.0), 360, "12 are nearly allowed");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 600.0), 300, "20 are not");
}

Test(slices, so_does_one_that_is_nearly_too_short)
{
    const hm_slice_pace pace = {.longest_s = 3600.0, .least_s = 310.0}; /* at least 620 s */
    const hm_grain grain = {.ripple_points = 200.0, .moves = 1, .sliced = 1};
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 0.0), 360, "12 minutes");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 300.0), 300, "10 are nearly enough");
    cr_assert_eq(hm_slices_half_s(&grain, &pace, 120.0, 180.0), 360, "6 are not");
}

Test(slices, the_clock_is_that_of_the_host)
{
    const hm_slice_half early = hm_slices_half_at(0, 360.0);
    cr_assert(early.left_s == 180.0 && !early.second);
    const hm_slice_half late = hm_slices_half_at(181 * SECOND_NS, 360.0);
    cr_assert(late.left_s == 359.0 && late.second);
    const hm_slice_half next = hm_slices_half_at((720 + 181) * SECOND_NS, 360.0);
    cr_assert(next.left_s == 359.0 && next.second, "a period later it is the same");
}

/* ---- the wish ---- */

Test(slices, a_pool_owed_less_than_a_slice_waits_for_its_half)
{
    static const double zero[] = {0, 0};
    static const double one[] = {1, 1};
    static const double effective[] = {0.99, 0.01};
    static const double allocated[] = {1, 0};
    double command[2];
    hm_slice_wish wish = {effective, zero, one, allocated, zero, 2, 0, 1800.0, 60.0};
    hm_slices_want(&wish, command);
    cr_assert(command[1] == 0.0 && command[0] == 1.0);
    wish.debts = (const double[]){-54, 54};
    hm_slices_want(&wish, command);
    cr_assert_float_eq(command[1], 0.04, 1e-12);
}
