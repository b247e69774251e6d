/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What each part of the control law is for: without it a scenario gets measurably worse. The
 * plugins without one part are built from the same sources (tests/ablation/law.c); means over three
 * seeds, judged by the simulator's own account. */
#include <math.h>

#include "tests/host/sim/test_run.h"
#include "tests/unit/test_slow.h"

#define WITHOUT(part) HMX_LIB_DIR "/ablation_" part ".so"

/* Means over the seeds. */
typedef struct measured {
    double error_1h;
    double error_24h;
    double moves; /* per miner and day */
    double peak;  /* largest deviation of the allocation between the two times, points */
} measured;

typedef struct setup {
    const char *scenario;
    const char *set[2]; /* section.key=value, or NULL */
    uint64_t seconds;   /* 0 = the scenario's */
    uint64_t from;      /* of the peak, seconds; 0 = not measured */
    uint64_t to;
} setup;

static double peak_of(const hs_sim_result *r, uint64_t from, uint64_t to)
{
    double peak = 0.0;
    for (uint64_t s = from; s < to; s += 10) {
        const hs_epoch *const epoch = hs_account_epoch(&r->account, s);
        for (uint32_t i = 0; i < r->pool_count; i++) {
            peak = fmax(peak, fabs(placed_pct(r, s, i) - 100.0 * epoch->target[i]));
        }
    }
    return peak;
}

static measured measure(const setup *what, const char *plugin)
{
    measured sum = {0};
    const uint32_t seeds = usual_or_slow(3, 1);
    size_t sets = 0;
    while (sets < 2 && what->set[sets] != NULL) {
        sets++;
    }
    for (uint64_t seed = 21; seed < 21 + seeds; seed++) {
        hs_sim_options options = {.seed = seed,
                                  .seconds = what->seconds,
                                  .sets = what->set,
                                  .set_count = sets,
                                  .record = what->from > 0};
        hs_sim_result r;
        run_with(what->scenario, plugin, &options, &r);
        sum.error_1h += r.errors[1].mean / seeds;
        sum.error_24h += r.errors[3].mean / seeds;
        sum.moves += r.moves_per_channel_day / seeds;
        sum.peak += what->from > 0 ? peak_of(&r, what->from, what->to) / seeds : 0.0;
        hs_sim_result_free(&r);
    }
    return sum;
}

static void compare(const setup *what, const char *without, measured *with, measured *ablated)
{
    *with = measure(what, HASHMUX);
    *ablated = measure(what, without);
    fprintf(stderr,
            "%s: 1 h %.3f, without %.3f; 24 h %.4f, %.4f; moves %.3f, %.3f; peak %.2f, %.2f\n",
            what->scenario, with->error_1h, ablated->error_1h, with->error_24h, ablated->error_24h,
            with->moves, ablated->moves, with->peak, ablated->peak);
}

/* Without the part it is so many times worse: in the mean of three seeds. The one that a build with
 * sanitizers has time for is luck. */
static void expect_worse(double with, double times, double without)
{
    if (usual_or_slow(1, 0) != 0) {
        cr_assert_lt(times * with, without);
    }
}

/* Three hours in which the host refuses what nobody was told; then it is possible. */
Test(ablation, without_back_calculation_what_was_refused_is_paid_back)
{
    const setup what = {"hiddencap", {NULL}, 12 * H, 9 * H + 600, 11 * H};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("back_calculation"), &with, &ablated);
    expect_worse(with.peak, 1.5, ablated.peak);
}

/* Twenty miners of five sizes, and nobody may alternate: only an exchange is fine enough. */
Test(ablation, without_swaps_a_farm_of_few_sizes_is_split_coarsely)
{
    const setup what = {"small20", {"controller.time_slicing=off"}, 0, 0, 0};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("swaps"), &with, &ablated);
    expect_worse(with.error_1h, 1.5, ablated.error_1h);
    expect_worse(with.error_24h, 5.0, ablated.error_24h);
}

/* Left to its debts a miner alternates with a period of its own, of which no window holds a whole
 * number. */
Test(ablation, without_the_clock_hours_and_days_hold_parts_of_periods)
{
    const setup what = {"nine", {NULL}, 0, 0, 0};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("slicing_by_the_clock"), &with, &ablated);
    expect_worse(with.error_1h, 3.0, ablated.error_1h);
    expect_worse(with.error_24h, 2.0, ablated.error_24h);
    expect_worse(with.moves, 1.0, ablated.moves);
}

Test(ablation, without_the_hold_time_churn_costs_moves)
{
    const setup what = {"churn674", {NULL}, 8 * H, 0, 0};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("hold_time"), &with, &ablated);
    expect_worse(with.moves, 1.5, ablated.moves);
}

Test(ablation, without_patience_for_arrivals_churn_costs_moves)
{
    const setup what = {"churn674", {NULL}, 8 * H, 0, 0};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("arrival_patience"), &with, &ablated);
    expect_worse(with.moves, 3.0, ablated.moves);
}

/* An absolute target is a share of what the machines do now, not of what they did in four hours.
 * What all do at once is found without it (farm/common.h): it makes the rest of the difference. */
Test(ablation, without_change_detection_a_throttled_farm_is_overrated)
{
    const setup what = {"l4", {NULL}, 0, 0, 0};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("change_detection"), &with, &ablated);
    expect_worse(with.error_24h, 1.2, ablated.error_24h);
}

/* 15 % of what pool a gets is rejected. */
Test(ablation, without_the_acceptance_correction_a_rejecting_pool_is_short)
{
    const setup what = {"reject15", {NULL}, 0, 0, 0};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("acceptance_correction"), &with, &ablated);
    expect_worse(with.error_24h, 3.0, ablated.error_24h);
}

/* Without a witness a grey pool is tried again and again, and nobody sees that it is well. */
Test(ablation, without_a_canary_a_pool_that_is_well_again_is_not_known_to_be)
{
    const setup what = {"e1", {NULL}, 14 * H, 0, 0};
    measured with;
    measured ablated;
    compare(&what, WITHOUT("canary"), &with, &ablated);
    expect_worse(with.error_1h, 1.15, ablated.error_1h);
}
