/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What could not be done for an hour is not held against anybody for the rest of the day, whatever
 * the time over which the split is measured. */
#include <math.h>

#include "tests/host/sim/test_run.h"

/* The targets change, and for an hour the host refuses every move to the pools that get more. */
#define REFUSED                                                                                    \
    "[scenario]\nhours = 15\n[farm]\ncount = 40\nmix = 95:25 140:15 200:25 270:10 114:10\n"        \
    "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 30\n[pool.c]\ntarget = 10\n"                        \
    "[event.t]\nat = 3h\nkind = targets\ntargets = a:40 b:45 c:15\n"                               \
    "[event.r]\nat = 3h\nkind = refuse\npools = b c\npct = 1\nfor = 1h\n"

#define NINE                                                                                       \
    "[scenario]\nhours = 20\n[farm]\nlist = 9x104\n[pool.a]\ntarget = 95\n[pool.b]\ntarget = 5\n"

/* Largest error of the last hours, in points. */
static double last_hours(const char *scenario, const char *window, uint64_t hours)
{
    const char *sets[] = {window};
    hs_sim_options options = {.seed = 1, .sets = sets, .set_count = 1};
    hs_sim_result r;
    double delivered[HS_SIM_POOLS_MAX];
    double wanted[HS_SIM_POOLS_MAX];
    double worst = 0.0;
    run_with(scenario, HASHMUX, &options, &r);
    cr_assert_eq(hs_account_shares(&r.account, r.seconds, hours * H, delivered, wanted), 0);
    for (uint32_t i = 0; i < r.pool_count; i++) {
        worst = fmax(worst, fabs(delivered[i] - wanted[i]));
    }
    hs_sim_result_free(&r);
    return worst;
}

/* From the default to the largest; what is measured over a day swings for a day. */
static const struct {
    const char *set;
    double points;
} WINDOWS[] = {{"controller.measurement_window_secs=600", 1.0},
               {"controller.measurement_window_secs=3600", 2.0},
               {"controller.measurement_window_secs=21600", 5.0},
               {"controller.measurement_window_secs=86400", 10.0}};

static void check(const char *scenario, uint64_t hours)
{
    for (size_t i = 0; i < sizeof WINDOWS / sizeof *WINDOWS; i++) {
        const double error = last_hours(scenario, WINDOWS[i].set, hours);
        cr_assert_lt(error, WINDOWS[i].points, "%s: %f points", WINDOWS[i].set, error);
    }
}

Test(windup, what_was_refused_for_an_hour_is_forgotten)
{
    check(REFUSED, 5);
}

Test(windup, nine_machines_and_a_target_of_five_per_cent_do_not_latch)
{
    check(NINE, 10);
}
