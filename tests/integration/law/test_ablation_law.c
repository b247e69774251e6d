/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the limits of the law are for: without one of them a setting that is allowed makes a farm
 * measurably worse. As tests/integration/test_ablation.c, with one run of each. */
#include "tests/host/sim/test_run.h"

#define WITHOUT(part) HMX_LIB_DIR "/ablation_" part ".so"

typedef struct measured {
    double error_6h;
    double moves; /* per miner and day */
} measured;

static measured measure(const char *scenario, uint64_t hours, const char *set, const char *plugin)
{
    const char *const sets[] = {"controller.kp=0.5", "controller.ki=0.05", "controller.kd=0.02",
                                set};
    hs_sim_options options = {.seed = 3, .seconds = hours * H, .sets = sets, .set_count = 4};
    hs_sim_result r;
    run_with(scenario, plugin, &options, &r);
    const measured m = {r.errors[2].mean, r.moves_per_channel_day};
    fprintf(stderr, "%s: 6 h %.3f, moves %.2f\n", set, m.error_6h, m.moves);
    hs_sim_result_free(&r);
    return m;
}

Test(ablation_law, with_a_limit_on_the_debt_a_long_window_latches)
{
    static const char window[] = "controller.measurement_window_secs=21600";
    const measured with = measure("homo20", 20, window, HASHMUX);
    const measured without = measure("homo20", 20, window, WITHOUT("integral_limit"));
    cr_assert_lt(3 * with.error_6h, without.error_6h);
}

Test(ablation_law, gains_that_nothing_limits_follow_luck)
{
    static const char gain[] = "controller.ki=1000";
    const measured with = measure("homo20", 9, gain, HASHMUX);
    const measured without = measure("homo20", 9, gain, WITHOUT("bearable_gains"));
    cr_assert_lt(3 * with.moves, without.moves);
}

/* Who does not want miners to alternate does not want them moved for every bit of luck either. */
Test(ablation_law, without_slicing_large_corrections_cost_moves)
{
    static const char off[] = "controller.time_slicing=off";
    const measured with = measure("hetero200", 10, off, HASHMUX);
    const measured without = measure("hetero200", 10, off, WITHOUT("still_command"));
    cr_assert_lt(2 * with.moves, without.moves);
}

static double error_6h(const char *scenario, const char *plugin)
{
    hs_sim_options options = {.seed = 3};
    hs_sim_result r;
    run_with(scenario, plugin, &options, &r);
    const double points = r.errors[2].mean;
    fprintf(stderr, "6 h %.3f\n", points);
    hs_sim_result_free(&r);
    return points;
}

/* Two of ten miners have nothing but rejects: their pools are not to blame. */
Test(ablation_law, without_blame_bad_miners_condemn_a_pool)
{
    static const char farm[] = "[scenario]\nhours = 9\n[farm]\ncount = 10\nbad_pct = 20\n"
                               "mix = 100:100\n[pool.a]\ntarget = 60\n[pool.b]\ntarget = 30\n"
                               "[pool.c]\ntarget = 10\n";
    cr_assert_lt(3 * error_6h(farm, HASHMUX), error_6h(farm, WITHOUT("blame")));
}

/* The whole farm is throttled to 85 per cent, and of two absolute targets one comes first. */
Test(ablation_law, without_the_common_change_absolute_targets_are_off_for_hours)
{
    static const char farm[] = "[scenario]\nhours = 9\n[farm]\nlist = 42x5\n"
                               "[pool.a]\nhashrate_ths = 100\n[pool.b]\nhashrate_ths = 100\n"
                               "[event.drop]\nkind = derate\nat = 3h\nminers_pct = 100\npct = 85\n";
    cr_assert_lt(3 * error_6h(farm, HASHMUX), error_6h(farm, WITHOUT("common_change")));
}
