/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Gains that are allowed and more than a farm can bear: in effect is what it can, from the first
 * evaluation on, and luck is not followed. */
#include "tests/host/sim/test_run.h"

#define TWENTY                                                                                     \
    "[scenario]\nhours = 8\n[farm]\nlist = 20x200\n"                                               \
    "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 30\n[pool.c]\ntarget = 10\n"

static void check(const char *const *sets, size_t count)
{
    hs_sim_options options = {.seed = 1, .sets = sets, .set_count = count};
    hs_sim_result r;
    run_with(TWENTY, HASHMUX, &options, &r);
    cr_assert_lt(r.moves_per_channel_day, 12.0, "%s: %f moves", sets[count - 1],
                 r.moves_per_channel_day);
    cr_assert_lt(r.errors[2].mean, 0.5, "%s: %f points", sets[count - 1], r.errors[2].mean);
    hs_sim_result_free(&r);
}

Test(gains, the_greatest_are_limited_to_what_is_bearable)
{
    static const char *const gains[][3] = {
        {"controller.ki=0.05", "controller.kd=0.02", "controller.kp=1000"},
        {"controller.kp=0.5", "controller.kd=0.02", "controller.ki=1000"},
        {"controller.kp=0.5", "controller.ki=0.05", "controller.kd=1000"},
        {"controller.kp=1000", "controller.ki=1000", "controller.kd=1000"},
        {"controller.kp=1000", "controller.ki=0", "controller.kd=0"},
    };
    for (size_t i = 0; i < sizeof gains / sizeof *gains; i++) {
        check(gains[i], 3);
    }
}

Test(gains, values_that_follow_luck_are_not_taken)
{
    static const char *const noise[] = {"controller.noise_factor=0"};
    static const char *const estimator[] = {"controller.estimator_window_secs=60"};
    static const char *const window[] = {"controller.measurement_window_secs=10"};
    check(noise, 1);
    check(estimator, 1);
    check(window, 1);
}

/* Nine machines and five per cent: somebody has to change over at some time. */
Test(gains, the_greatest_improvement_asked_for_is_one_that_can_be_had)
{
    static const char *const most[] = {"controller.min_improvement=0.5"};
    hs_sim_options options = {.seed = 1, .sets = most, .set_count = 1, .seconds = 14 * H};
    hs_sim_result r;
    run_with("nine", HASHMUX, &options, &r);
    cr_assert_gt(r.moves, 5);
    cr_assert_lt(r.errors[2].mean, 1.0, "%f points", r.errors[2].mean);
    hs_sim_result_free(&r);
}
