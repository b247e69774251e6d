/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What brought the first version to its knees (tests/sim/cases), each with what must hold. Beside
 * each what that version made of it: points over a day @ moves per miner and day. */
#include "tests/host/sim/test_run.h"

typedef struct sim_case {
    const char *name;
    const char *set; /* one more key, NULL = none */
    uint32_t hours;
    double points; /* the mean error at most, of the windows of: */
    uint32_t window;
    double moves;
    double lost; /* per cent of the work */
} sim_case;

enum { HOUR = 1, SIX_HOURS = 2, DAY = 3 }; /* of HS_WINDOW_SECS */

#define ANY 100.0

static const sim_case CASES[] = {
    /* Pools that acknowledge late: 24 @ 40. */
    {"ackb60", NULL, 10, 0.05, SIX_HOURS, 0.7, 0.01},
    {"ackb120", NULL, 10, 0.05, SIX_HOURS, 0.7, 0.01},
    {"ackb125", NULL, 26, 0.05, DAY, 0.7, 0.01},
    {"ack300b", NULL, 10, 0.05, SIX_HOURS, 0.7, 0.01},
    {"ackstall", "controller.measurement_window_secs=3600", 26, 2.0, DAY, 1.0, 0.01},
    /* Pools that reject a quarter: 27 @ 41, 51 @ 102; and above the border they are left. */
    {"acc72", NULL, 26, 0.1, DAY, 0.8, 11.0},
    {"accept75", NULL, 26, 0.1, DAY, 0.8, 15.0},
    {"accept75", "failover.grey_reject_pct=20", 26, 0.12, DAY, 3.0, 3.0},
    /* One or two machines, and a pool that rejects everything for 20 hours: 75 and 38 % lost. */
    {"solo_grey", NULL, 26, ANY, DAY, 40.0, 1.1},
    {"two_grey", NULL, 26, ANY, DAY, 20.0, 1.6},
    /* A pool that bans for five minutes each hour: an hour's error of 2.3 @ 7; and three that take
     * turns, 2.0 @ 41: so many moves are what leaving and coming back takes. */
    {"ban5", NULL, 26, 1.5, HOUR, 10.0, 0.6},
    {"ban5_all", NULL, 26, 1.5, HOUR, 48.0, 1.8},
    /* A share in 50 minutes each, of 20 miners: 39.5 moves after luck. */
    {"spm002_20", NULL, 26, 2.0, DAY, 10.0, 0.1},
    /* A pool that is gone for a second every 50 minutes: 9.8 @ 23. */
    {"glitch50", NULL, 26, 1.0, DAY, 6.0, 0.2},
    /* One that is gone for ten seconds every 20 minutes: 12.8 @ 85. */
    {"gone10", NULL, 26, 0.5, DAY, 24.0, 0.61},
    /* All pools are gone at once, and one with ten minutes of shares: it is still owed them. */
    {"alldown_batch", NULL, 26, 0.05, DAY, 0.8, 1.0},
    /* A search space that leaves one byte beside those of the devices: enough for an index that
     * takes no more. Where it leaves none: integration/miners/test_grants. 60 @ 0. */
    {"grant9", NULL, 10, 0.1, SIX_HOURS, 1.0, 0.01},
    {"grant10", NULL, 10, 0.1, SIX_HOURS, 1.0, 0.01},
    /* A target of one per cent and one miner: nothing for 18 hours (and see below). */
    {"solo99", NULL, 26, 0.1, DAY, 20.0, 0.1},
    /* Fifty pools: 1 h 2.0 @ 229 with 20 miners, 8.2 @ 279 with one. */
    {"pools50", NULL, 26, 0.05, DAY, 12.0, 0.02},
    {"pools50_20", NULL, 26, 0.5, DAY, 458.0, 1.0},
    {"pools50_1", NULL, 26, 0.5, DAY, 558.0, 1.0},
    /* What held. */
    {"giant", NULL, 26, 0.05, DAY, 6.0, 0.01},
    {"giant40", NULL, 26, 0.05, DAY, 6.0, 0.01},
    {"nom90", NULL, 26, 0.05, DAY, 1.0, 0.01},
    {"nom90_9", NULL, 26, 0.1, DAY, 10.0, 0.02},
    {"spm01", NULL, 26, 0.4, DAY, 3.0, 0.02},
};

/* Every second case: two processes share them. */
static void expect_to_hold(size_t first)
{
    for (size_t i = first; i < sizeof CASES / sizeof CASES[0]; i += 2) {
        const sim_case *const c = &CASES[i];
        const char *const sets[] = {c->set};
        hs_sim_options options = {.seed = 1,
                                  .seconds = (uint64_t)c->hours * H,
                                  .sets = sets,
                                  .set_count = c->set != NULL};
        char path[64];
        hs_sim_result r;
        snprintf(path, sizeof path, "cases/%s", c->name);
        run_with(path, HASHMUX, &options, &r);
        const double points = r.errors[c->window].mean;
        cr_expect_leq(points, c->points, "%s %s: %.3f points", c->name,
                      c->set != NULL ? c->set : "", points);
        cr_expect_leq(r.moves_per_channel_day, c->moves, "%s: %.2f moves", c->name,
                      r.moves_per_channel_day);
        cr_expect_leq(r.lost_work_pct, c->lost, "%s: %.3f %% lost", c->name, r.lost_work_pct);
        hs_sim_result_free(&r);
    }
}

Test(cases, what_was_reported_holds, .timeout = 560)
{
    expect_to_hold(0);
}

Test(cases, what_was_reported_holds_too, .timeout = 560)
{
    expect_to_hold(1);
}

/* Caps that are together less than the farm: a third for each of three equal ones, not 80/10/10. */
Test(cases, caps_share_what_is_over)
{
    hs_sim_options options = {.seed = 1, .seconds = 4 * H, .record = 1};
    hs_sim_result r;
    run_with("cases/caps30", HASHMUX, &options, &r);
    for (uint32_t pool = 0; pool < 3; pool++) {
        cr_assert_float_eq(placed_pct(&r, 4 * H - 1, pool), 100.0 / 3, 0.5, "pool %u: %.2f", pool,
                           placed_pct(&r, 4 * H - 1, pool));
    }
    hs_sim_result_free(&r);
}

/* A target of one per cent and one miner: served within four hours, and right over two days. */
Test(cases, one_per_cent_of_one_miner)
{
    hs_sim_options options = {.seed = 1, .seconds = 48 * H, .record = 1};
    hs_sim_result r;
    run_with("cases/solo99", HASHMUX, &options, &r);
    uint64_t first = 0;
    while (first < 48 * H && channels_at(&r, first, 1) == 0) {
        first++;
    }
    cr_assert_leq(first, 4 * H, "b is served after %.1f h", (double)first / H);
    cr_assert_float_eq(r.pools[1].delivered_pct, 1.0, 0.1, "%.3f %%", r.pools[1].delivered_pct);
    hs_sim_result_free(&r);
}

/* All moves are refused for an hour while the targets change, with a long window: six hours after
 * that each hour is right. It was wrong by 47 points for 20 hours. */
Test(cases, a_debt_that_could_not_be_paid_is_forgotten)
{
    static const double TARGETS[] = {40, 45, 15};
    const char *const sets[] = {"controller.measurement_window_secs=3600"};
    hs_sim_options options = {
        .seed = 1, .seconds = 26 * H, .record = 1, .sets = sets, .set_count = 1};
    hs_sim_result r;
    run_with("cases/ackstall", HASHMUX, &options, &r);
    for (uint64_t hour = 13; hour < 26; hour++) {
        for (uint32_t pool = 0; pool < 3; pool++) {
            double placed = 0.0;
            for (uint64_t s = hour * H; s < (hour + 1) * H; s++) {
                placed += placed_pct(&r, s, pool) / H;
            }
            cr_expect_float_eq(placed, TARGETS[pool], 2, "hour %u, pool %u: %.2f", (unsigned)hour,
                               pool, placed);
        }
    }
    hs_sim_result_free(&r);
}
