/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * time_slicing = off: no miner alternates, and the farm is as near to its targets as whole miners
 * can be placed. */
#include <math.h>

#include "host_stub/bench/floors.h"
#include "tests/host/sim/test_run.h"

#define FARM(miners) "[scenario]\nhours = 12\n[farm]\n" miners "\n"
#define MIX          "mix = 95:25 140:15 200:25 270:10 114:10 170:10 473:5"
#define ABC          "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 30\n[pool.c]\ntarget = 10\n"

static const char *const FLEETS[] = {
    FARM("count = 40\n" MIX) ABC,
    FARM("count = 16\nnominal_error_pct = 30\n" MIX) ABC,
    FARM("list = 9x104") "[pool.a]\ntarget = 95\n[pool.b]\ntarget = 5\n",
    FARM("list = 5x100 3x60 2x300") ABC,
    FARM("count = 18\n" MIX) "[pool.a]\ntarget = 34\n[pool.b]\ntarget = 26\n"
                             "[pool.c]\ntarget = 23\n[pool.d]\ntarget = 12\n[pool.e]\ntarget = 5\n",
    FARM("list = 100 70 40") "[pool.a]\ntarget = 50\n[pool.b]\ntarget = 50\n",
};

/* The smallest error of any placement of the miners with which the run begins. */
static double best_placement(const hs_sim_result *r, const char *fleet, uint64_t seed)
{
    static hs_scenario scenario;
    char why[512];
    double ths[64];
    double points = 0.0;
    cr_assert_eq(hs_scenario_parse(&scenario, "text.ini", fleet, why, sizeof why), 0, "%s", why);
    hs_sim_hashrates(&scenario, seed, ths);
    cr_assert_eq(hs_granularity_floor(ths, scenario.farm.miners,
                                      hs_account_epoch(&r->account, 0)->target, r->pool_count,
                                      &points, NULL),
                 0);
    hs_scenario_free(&scenario);
    return points;
}

/* Six tenths of a point are for luck, and for hashrates that drift by two per cent. */
static void check(const char *fleet, const char *model, double most_moves)
{
    const char *const sets[] = {"controller.time_slicing=off", model};
    hs_sim_options options = {.seed = 3, .sets = sets, .set_count = 2};
    hs_sim_result r;
    run_with(fleet, HASHMUX, &options, &r);
    const double best = best_placement(&r, fleet, options.seed);
    fprintf(stderr, "%s: 6 h %.3f, best placement %.3f; moves %.2f\n", model, r.errors[2].mean,
            best, r.moves_per_channel_day);
    cr_assert_leq(r.errors[2].mean, 1.05 * best + 0.6, "%s", fleet);
    cr_assert_lt(r.moves_per_channel_day, most_moves, "%s", fleet);
    hs_sim_result_free(&r);
}

Test(slicing_off, a_farm_is_as_near_as_its_miners_can_be_placed)
{
    for (size_t i = 0; i < sizeof FLEETS / sizeof *FLEETS; i++) {
        check(FLEETS[i], "controller.tuning_model=balanced", 4.0);
        check(FLEETS[i], "controller.tuning_model=proportional_only", 4.0);
    }
}
