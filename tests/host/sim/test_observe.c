/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The simulated farm while the plugin only watches: the host places and fails over by priority, no
 * move is the plugin's, and a change to live brings the targets without paying anything back. */
#include "tests/host/sim/test_run.h"

enum { A, B };

#define FARM                                                                                       \
    "[farm]\nlist = 50x100\ndrift_pct = 0\n[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"         \
    "[controller]\nmode = observe\n"
#define OUT  "[event.out]\nat = 30min\nkind = down\npools = a\nfor = 10min\n"
#define LIVE "[event.live]\nat = 1h\nkind = reconfigure\ncontroller.mode = live\n"

Test(sim_observe, no_move_is_the_plugins)
{
    hs_sim_result r;
    hs_sim_options options = {.seed = 3, .record = 1};
    run_with("[scenario]\nhours = 1\nwarmup = 10min\n" FARM OUT, HASHMUX, &options, &r);
    cr_assert_eq(r.moves, 0);
    cr_assert_eq(r.moves_refused + r.moves_failed, 0);
    cr_assert_eq(r.forced, 100, "%u: placed, and one outage", (unsigned)r.forced);
    cr_assert_eq(channels_at(&r, 1700, A), 50, "all on the first");
    cr_assert_eq(channels_at(&r, 1801, B), 50, "at once on the next");
    cr_assert_eq(channels_at(&r, 3599, B), 50, "nobody is moved for the first to be back");
    hs_sim_result_free(&r);
}

Test(sim_observe, live_from_there_on_has_no_jump)
{
    hs_sim_result r;
    hs_sim_options options = {.seed = 3, .record = 1};
    run_with("[scenario]\nhours = 2\nwarmup = 80min\n" FARM OUT LIVE, HASHMUX, &options, &r);
    for (uint64_t second = 3600; second < 7200; second++) {
        cr_assert_leq(placed_pct(&r, second, A), 62.0, "second %u", (unsigned)second);
    }
    cr_assert_float_eq(placed_pct(&r, 4500, A), 60.0, 2.0);
    cr_assert_float_eq(placed_pct(&r, 7199, A), 60.0, 2.0);
    cr_assert_lt(r.moves, 36);
    hs_sim_result_free(&r);
}
