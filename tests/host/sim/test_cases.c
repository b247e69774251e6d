/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What brought the first version to its knees (tests/sim/cases), each with what must hold. Beside
 * each what that version made of it: points over a day @ moves per miner and day. */
#include "tests/host/sim/test_run.h"

typedef struct sim_case {
    const char *name;
    const char *set; /* one more key, NULL = none */
    uint32_t hours;
    double points; /* the error of the longest windows that are judged: 24 h, else 6 h, at most */
    double moves;
    double lost; /* per cent of the work */
} sim_case;

#define ANY 100.0

static const sim_case CASES[] = {
    /* Pools that acknowledge late: 24 @ 40. */
    {"ackb60", NULL, 10, 0.05, 0.7, 0.01},
    {"ackb120", NULL, 10, 0.05, 0.7, 0.01},
    {"ackb125", NULL, 26, 0.05, 0.7, 0.01},
    {"ack300b", NULL, 10, 0.05, 0.7, 0.01},
    {"ackstall", "controller.measurement_window_secs=3600", 26, 2.0, 1.0, 0.01},
    /* Pools that reject a quarter: 27 @ 41, 51 @ 102; and above the border they are left. */
    {"acc72", NULL, 26, 0.1, 0.8, 11.0},
    {"accept75", NULL, 26, 0.1, 0.8, 15.0},
    {"accept75", "failover.grey_reject_pct=20", 26, 0.1, 3.0, 3.0},
    /* One or two machines, and a pool that rejects everything for 20 hours: 75 and 38 % lost. */
    {"solo_grey", NULL, 26, ANY, 40.0, 1.1},
    {"two_grey", NULL, 26, ANY, 20.0, 1.6},
    /* A pool that bans for five minutes each hour: an hour's error of 2.3 @ 7; and three that take
     * turns, 2.0 @ 41: so many moves are what leaving and coming back takes. */
    {"ban5", NULL, 26, 1.5, 10.0, 0.6},
    {"ban5_all", NULL, 26, 1.5, 48.0, 1.8},
    /* A share in 50 minutes each, of 20 miners: 39.5 moves after luck. */
    {"spm002_20", NULL, 26, 2.0, 10.0, 0.1},
    /* A pool that is gone for a second every 50 minutes: 9.8 @ 23. */
    {"glitch50", NULL, 26, 1.0, 6.0, 0.2},
    /* All pools are gone at once, and one with ten minutes of shares: it is still owed them. */
    {"alldown_batch", NULL, 26, 0.05, 0.8, 1.0},
    /* A search space that leaves the devices too few bytes: 60 @ 0. */
    {"grant9", NULL, 10, 0.1, 1.0, 0.01},
    {"grant10", NULL, 10, 0.1, 1.0, 0.01},
    /* A target of one per cent and one miner: nothing for 18 hours. */
    {"solo99", NULL, 26, 0.1, 20.0, 0.1},
    /* Fifty pools: 1 h 2.0 @ 229 with 20 miners, 8.2 @ 279 with one. */
    {"pools50", NULL, 26, 0.05, 12.0, 0.02},
    {"pools50_20", NULL, 26, 0.5, 458.0, 1.0},
    {"pools50_1", NULL, 26, 0.5, 558.0, 1.0},
    /* What held. */
    {"giant", NULL, 26, 0.05, 6.0, 0.01},
    {"giant40", NULL, 26, 0.05, 6.0, 0.01},
    {"nom90", NULL, 26, 0.05, 1.0, 0.01},
    {"nom90_9", NULL, 26, 0.1, 10.0, 0.02},
    {"spm01", NULL, 26, 0.4, 3.0, 0.02},
};

static double longest(const hs_sim_result *r, uint32_t hours)
{
    return r->errors[hours >= 26 ? 3 : 2].mean;
}

Test(cases, what_was_reported_holds, .timeout = 300)
{
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
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
        cr_expect_leq(longest(&r, c->hours), c->points, "%s %s: %.3f points", c->name,
                      c->set != NULL ? c->set : "", longest(&r, c->hours));
        cr_expect_leq(r.moves_per_channel_day, c->moves, "%s: %.2f moves", c->name,
                      r.moves_per_channel_day);
        cr_expect_leq(r.lost_work_pct, c->lost, "%s: %.3f %% lost", c->name, r.lost_work_pct);
        hs_sim_result_free(&r);
    }
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
