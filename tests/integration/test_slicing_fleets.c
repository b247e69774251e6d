/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A single miner for several pools with small targets: every model has to serve them all within
 * the day, and none may run to and fro. Two of the random fleets of `bench control --random`. */
#include "host_stub/bench/fleet.h"
#include "tests/host/sim/test_run.h"

enum { THREE_POOLS = 27, FIVE_POOLS = 30 }; /* 6, 85 and 8 %; 34, 38, 4, 18 and 6 % */

static void expect_served(uint64_t fleet, const char *model, double most_moves)
{
    char text[HS_FLEET_TEXT_SIZE];
    char set[64];
    const char *sets[] = {set};
    hs_sim_options options = {.seed = fleet, .sets = sets, .set_count = 1};
    hs_sim_result r;
    hs_fleet_text(fleet, text, sizeof text);
    snprintf(set, sizeof set, "controller.tuning_model=%s", model);
    run_with(text, HASHMUX, &options, &r);
    cr_expect_lt(r.errors[3].mean, 1.0, "%s: 24 h error %f", model, r.errors[3].mean);
    cr_expect_lt(r.moves_per_channel_day, most_moves, "%s: %f moves a day", model,
                 r.moves_per_channel_day);
    hs_sim_result_free(&r);
}

/* The most moves are those of a miner between two pools, of the study. */
static void expect_all_models(uint64_t fleet)
{
    expect_served(fleet, "aggressive", 550.0);
    expect_served(fleet, "balanced", 310.0);
    expect_served(fleet, "conservative", 170.0);
    expect_served(fleet, "proportional_only", 467.0);
}

Test(slicing_fleets, three_pools)
{
    expect_all_models(THREE_POOLS);
}

Test(slicing_fleets, five_pools)
{
    expect_all_models(FIVE_POOLS);
}
