/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Schedules in the simulated farm: the simulator and the plugin read the same text, each by itself,
 * and agree about what holds: 20:80 swapped every two hours. */
#include "tests/host/sim/test_run.h"

enum { A };

Test(sim_schedule, targets_swap_without_a_restart)
{
    hs_sim_result r;
    hs_sim_options options = {.seed = 4, .record = 1, .seconds = 5 * H};
    run_with("swap", HASHMUX, &options, &r);
    cr_assert_eq(r.note_count, 0, "%s", r.notes[0]);
    cr_assert_float_eq(placed_pct(&r, 2 * H - 1, A), 20.0, 3.0);
    cr_assert_float_eq(placed_pct(&r, 2 * H + 600, A), 80.0, 3.0);
    cr_assert_float_eq(placed_pct(&r, 4 * H - 1, A), 80.0, 3.0);
    cr_assert_float_eq(placed_pct(&r, 4 * H + 600, A), 20.0, 3.0);
    cr_assert_float_eq(r.pools[A].target_pct, 20.0, 1e-9);
    const double wanted = (20.0 * 3 + 80.0 * 2) / 5;
    cr_assert_float_eq(r.pools[A].effective_pct, wanted, 0.5);
    cr_assert_float_eq(r.pools[A].delivered_pct, wanted, 1.5);
    hs_sim_result_free(&r);
}
