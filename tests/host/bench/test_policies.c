/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * tests/fixtures/policy/static_hashrate.c and count_pid.c, the policies that hashmux is compared
 * with: they have to be what they say, or the comparison is worth nothing. */
#include <math.h>

#include "tests/host/sim/test_run.h"

#define STATIC_HASHRATE HMX_LIB_DIR "/static_hashrate.so"
#define COUNT_PID       HMX_LIB_DIR "/count_pid.so"

static const char LIST[] = "[farm]\nlist = 300 100 200 400 50 50\nmove_cost = 0s\n"
                           "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n";

/* target * (H + h) - A: 300 to a (180 > 120); 100: a 240-300 < b 160; 200: a 360-300 = 60 < b
 * 240-100 = 140; 400: a 600-300 > b 400-300; 50: a 630-700 < b 420-300; 50: a -40 < b 90. */
Test(policies, static_hashrate_places_by_what_is_lacking)
{
    hs_sim_result r;
    hs_sim_options o = {.seed = 1, .seconds = 600, .record = 1};
    run_with(LIST, STATIC_HASHRATE, &o, &r);
    cr_expect_eq(channels_at(&r, 60, 0), 2);
    cr_expect_eq(channels_at(&r, 60, 1), 4);
    cr_expect_float_eq(placed_pct(&r, 60, 0), 100.0 * 700 / 1100, 3.0);
    cr_expect_eq(r.moves, 0);
    hs_sim_result_free(&r);
}

/* The newcomer counts: of 200, a wants 120 and has 61, b wants 80 and has 39. */
Test(policies, static_hashrate_counts_the_newcomer)
{
    static const char THIRD[] = "[farm]\nlist = 61 39 100\n"
                                "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n";
    hs_sim_result r;
    hs_sim_options o = {.seed = 1, .seconds = 600, .record = 1};
    run_with(THIRD, STATIC_HASHRATE, &o, &r);
    cr_expect_eq(channels_at(&r, 60, 0), 2);
    cr_expect_eq(channels_at(&r, 60, 1), 1);
    hs_sim_result_free(&r);
}

Test(policies, static_hashrate_is_better_than_the_priority_rule_and_never_moves)
{
    hs_sim_result better;
    hs_sim_result worse;
    hs_sim_options o = {.seed = 1, .seconds = 8 * H};
    run_with("outage", STATIC_HASHRATE, &o, &better);
    run_with("outage", STATIC, &o, &worse);
    cr_expect_eq(better.moves, 0);
    cr_expect_eq(better.forced, 0);
    cr_expect_lt(better.errors[1].mean, worse.errors[1].mean);
    cr_expect_lt(better.errors[1].mean, 0.5);
    hs_sim_result_free(&better);
    hs_sim_result_free(&worse);
}

/* It counts shares: two pools of equal counts satisfy it, whatever they weigh. */
Test(policies, count_pid_looks_at_counts_and_not_at_work)
{
    static const char UNEQUAL[] = "[farm]\nlist = 400 100\n[pool.a]\ntarget = 50\n"
                                  "[pool.b]\ntarget = 50\n";
    hs_sim_result r;
    hs_sim_options o = {.seed = 1, .seconds = 6 * H};
    run_with(UNEQUAL, COUNT_PID, &o, &r);
    cr_expect_eq(r.moves, 0);
    cr_expect_gt(r.errors[1].mean, 25.0);
    hs_sim_result_free(&r);
}

/* The all-time share of counts does come to the targets; that of an hour does not stay there. */
Test(policies, count_pid_reaches_the_counts_and_oscillates)
{
    hs_sim_result r;
    hs_sim_options o = {.seed = 2, .seconds = 12 * H};
    run_with("homo100", COUNT_PID, &o, &r);
    for (uint32_t i = 0; i < r.pool_count; i++) {
        const double pct = 100.0 * (double)r.pools[i].accepted / (double)r.accepted;
        cr_expect_float_eq(pct, r.pools[i].target_pct, 1.5, "%s: %f", r.pools[i].id, pct);
    }
    cr_expect_gt(r.errors[1].mean, 2.0);
    cr_expect_gt(r.moves, 500);
    hs_sim_result_free(&r);
}

Test(policies, count_pid_reads_the_gains_and_the_deadband)
{
    hs_sim_result r;
    const char *const calm[] = {"controller.deadband_points=50"};
    hs_sim_options o = {.seed = 2, .seconds = 4 * H, .sets = calm, .set_count = 1};
    run_with("homo100", COUNT_PID, &o, &r);
    cr_expect_eq(r.moves, 0);
    hs_sim_result_free(&r);
    const char *const none[] = {"controller.kp=0", "controller.ki=0", "controller.kd=0"};
    o.sets = none;
    o.set_count = 3;
    run_with("homo100", COUNT_PID, &o, &r);
    cr_expect_eq(r.moves, 0);
    hs_sim_result_free(&r);
    /* A cooldown as long as the run: nobody is moved twice. */
    const char *const once[] = {"controller.min_reassignment_interval_secs=604800"};
    o.sets = once;
    o.set_count = 1;
    run_with("homo100", COUNT_PID, &o, &r);
    cr_expect(r.moves > 0 && r.moves <= 100, "%d moves", (int)r.moves);
    hs_sim_result_free(&r);
}

Test(policies, count_pid_leaves_pools_that_are_down_or_drained)
{
    hs_sim_result r;
    hs_sim_options o = {.seed = 3, .seconds = 8 * H, .record = 1};
    run_with("outage", COUNT_PID, &o, &r);
    cr_expect_eq(channels_at(&r, 6 * H + 60, 0), 0);
    cr_expect_eq(all_channels_at(&r, 6 * H + 60), 200);
    cr_expect_gt(channels_at(&r, 8 * H - 60, 0), 0);
    hs_sim_result_free(&r);
    run_with("drain", COUNT_PID, &o, &r);
    cr_expect_gt(channels_at(&r, 300, 2), 0);
    for (uint64_t s = 6 * H + 60; s < 8 * H; s += 60) {
        cr_expect_eq(channels_at(&r, s, 2), 0);
    }
    cr_expect_eq(r.note_count, 0, "%s", r.notes[0]);
    hs_sim_result_free(&r);
}
