/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * hashmux on the simulated farms, judged by the simulator's own account. */
#include "tests/host/sim/test_run.h"
#include "tests/unit/test_slow.h"

enum { A, B, C };

static double error_at(const hs_sim_result *r, uint64_t end, uint64_t window)
{
    double error = -1.0;
    cr_assert_eq(hs_account_error(&r->account, end, window, &error), 0);
    return error;
}

Test(sim_hashmux, hetero200_keeps_the_split_with_few_moves)
{
    hs_sim_options options = {.seed = 11};
    hs_sim_result r;
    run_with("hetero200", HASHMUX, &options, &r);
    cr_assert_lt(r.errors[1].mean, 0.30);
    cr_assert_leq(r.moves_per_channel_day, 3.0);
    cr_assert_eq(r.note_count, 0);
    cr_assert_float_eq(r.channels, 200.0, 0.1);
    hs_sim_result_free(&r);
}

Test(sim_hashmux, wrong_nominals_cost_a_static_placement_more_than_hashmux)
{
    const uint32_t seeds = usual_or_slow(4, 1);
    double sums[2] = {0};
    static const char *const PLUGINS[] = {HASHMUX, STATIC};
    for (uint64_t seed = 11; seed < 11 + seeds; seed++) {
        for (int i = 0; i < 2; i++) {
            hs_sim_options options = {.seed = seed, .seconds = 12 * H};
            hs_sim_result r;
            run_with("wrongnominal", PLUGINS[i], &options, &r);
            sums[i] += r.errors[1].mean / (double)seeds;
            hs_sim_result_free(&r);
        }
    }
    cr_assert_lt(sums[0], 0.35);
    cr_assert_lt(sums[0], 0.5 * sums[1]);
}

Test(sim_hashmux, targetchange_is_followed_within_fifteen_minutes)
{
    hs_sim_options options = {.seed = 11};
    hs_sim_result r;
    run_with("targetchange", HASHMUX, &options, &r);
    for (uint64_t end = 6 * H + 900; end <= 26 * H; end += HS_BUCKET_SECS) {
        cr_assert_lt(error_at(&r, end, 600), 2.5, "10 minutes until second %llu",
                     (unsigned long long)end);
    }
    cr_assert_lt(r.errors[3].mean, 1.0);
    cr_assert_eq(r.pools[B].target_pct, 50.0);
    cr_assert_eq(r.note_count, 0, "%s", r.notes[0]);
    hs_sim_result_free(&r);
}

Test(sim_hashmux, outage_evacuates_after_a_moment_and_restores_within_five_minutes)
{
    const uint64_t down = 6 * H;
    const uint64_t up = 6 * H + 1200;
    hs_sim_options options = {.seed = 11, .record = 1};
    hs_sim_result r;
    run_with("outage", HASHMUX, &options, &r);
    cr_assert_gt(channels_at(&r, down - 1, A), 100);
    for (uint64_t s = down + 4; s < up; s++) {
        cr_assert_eq(channels_at(&r, s, A), 0, "second %llu", (unsigned long long)s);
        cr_assert_eq(all_channels_at(&r, s), 200, "nobody is left out");
    }
    cr_assert_float_eq(placed_pct(&r, down + 600, B), 75.0, 3.0);
    cr_assert_float_eq(placed_pct(&r, up + 300, A), 60.0, 3.0);
    cr_assert_float_eq(placed_pct(&r, up + 300, B), 30.0, 3.0);
    cr_assert_lt(error_at(&r, up + 900, 600), 2.5);
    cr_assert_lt(r.errors[1].mean, 0.40);
    cr_assert_float_eq((double)r.tips, 26.0 * 6.0, 5.0 * 12.5, "a block every ten minutes");
    cr_assert_leq(r.drained, r.moves);
    cr_assert_geq(r.drained + 20, r.moves, "each move frees a prefix, two minutes later at most");
    cr_assert_lt(r.pools[A].lost, 200, "what waited for a verdict, no more");
    hs_sim_result_free(&r);
}

Test(sim_hashmux, alldown_moves_nobody)
{
    hs_sim_options options = {.seed = 11, .record = 1};
    hs_sim_result r;
    run_with("alldown", HASHMUX, &options, &r);
    for (uint32_t pool = 0; pool < 3; pool++) {
        const uint32_t before = channels_at(&r, 6 * H - 1, pool);
        for (uint64_t s = 6 * H; s < 6 * H + 600; s++) {
            cr_assert_eq(channels_at(&r, s, pool), before);
        }
    }
    cr_assert_lt(r.errors[1].mean, 0.40);
    hs_sim_result_free(&r);
}

Test(sim_hashmux, drain_empties_the_pool)
{
    hs_sim_options options = {.seed = 11, .record = 1};
    hs_sim_result r;
    run_with("drain", HASHMUX, &options, &r);
    cr_assert_gt(channels_at(&r, 6 * H - 1, C), 5);
    for (uint64_t s = 6 * H + 60; s < 26 * H; s += 30) {
        cr_assert_eq(channels_at(&r, s, C), 0, "second %llu", (unsigned long long)s);
    }
    cr_assert_lt(r.errors[1].mean, 0.30);
    hs_sim_result_free(&r);
}

Test(sim_hashmux, homo100_and_churn674)
{
    hs_sim_options options = {.seed = 11};
    hs_sim_result r;
    run_with("homo100", HASHMUX, &options, &r);
    cr_assert_lt(r.errors[1].mean, 0.40);
    cr_assert_leq(r.moves_per_channel_day, 3.0);
    hs_sim_result_free(&r);
    options.seconds = 8 * H;
    run_with("churn674", HASHMUX, &options, &r);
    cr_assert_lt(r.errors[1].mean, 0.30);
    cr_assert_float_eq(r.channels, 674.0, 120.0);
    hs_sim_result_free(&r);
}

Test(sim_hashmux, a_new_configuration_in_the_middle_of_a_run)
{
    static const char base[] = "[scenario]\nhours = 3\n[farm]\nlist = 40x200\n[pool.a]\n"
                               "target = 50\n[pool.b]\ntarget = 50\n[event.e]\nat = 1h\n"
                               "kind = reconfigure\n";
    char text[512];
    hs_sim_options options = {.seed = 1};
    hs_sim_result r;
    snprintf(text, sizeof text, "%scontroller.tuning_model = aggressive\n", base);
    run_with(text, HASHMUX, &options, &r);
    cr_assert_eq(r.note_count, 0, "%s", r.notes[0]);
    hs_sim_result_free(&r);
    snprintf(text, sizeof text, "%scontroller.tuning_model = furious\n", base);
    run_with(text, HASHMUX, &options, &r);
    cr_assert_eq(r.note_count, 1);
    cr_assert_not_null(strstr(r.notes[0], "a new configuration was refused"), "%s", r.notes[0]);
    hs_sim_result_free(&r);
}

/* A loop that is closed once an hour bears no more than it can see. */
Test(sim_hashmux, seldom_evaluations_do_not_swing)
{
    static const char *const SETS[] = {"controller.evaluation_interval_secs=3600"};
    hs_sim_options options = {.seed = 1, .sets = SETS, .set_count = 1};
    hs_sim_result r;
    run_with("homo100", HASHMUX, &options, &r);
    cr_assert_lt(r.errors[1].mean, 1.0);
    cr_assert_lt(r.errors[3].mean, 0.1);
    cr_assert_lt(r.moves_per_channel_day, 1.0);
    hs_sim_result_free(&r);
}

Test(sim_hashmux, settings_reach_the_plugin)
{
    const char *const eager[] = {"controller.tuning_model=aggressive"};
    const char *const calm[] = {"controller.tuning_model=conservative"};
    hs_sim_options options = {.seed = 11, .sets = eager, .set_count = 1};
    hs_sim_result r;
    run_with("hetero200", HASHMUX, &options, &r);
    const uint64_t eager_moves = r.moves;
    hs_sim_result_free(&r);
    options.sets = calm;
    run_with("hetero200", HASHMUX, &options, &r);
    cr_assert_gt(eager_moves, 2 * r.moves);
    hs_sim_result_free(&r);
}
