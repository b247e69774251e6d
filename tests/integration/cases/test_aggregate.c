/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported case: a host that aggregates all miners of a pool into one upstream channel, and fills
 * `credit` as the header says; beside it what the first version did. */
#include "tests/integration/cases/harness_cases.h"

static it_host H;

enum { HOUR_S = 3600, MINERS = 100 };

/* ---- h8_aggregate: six shares a minute for all miners of a pool together ---- */

/* The pool's vardiff. */
static void adjust(uint32_t upstream)
{
    double rate = 0.0;
    for (uint32_t i = 0; i < MINERS; i++) {
        rate += H.channels[i].upstream == upstream ? case_it.devices[i].rate : 0.0;
    }
    double *const difficulty = &case_it.pools[upstream].difficulty;
    *difficulty += rate > 0.0 ? 0.3 * (rate * 60 / 6 - *difficulty) : 0.0;
}

static void run_aggregated(uint32_t seconds)
{
    for (uint32_t s = 0; s < seconds; s++) {
        if (s % 60 == 0) {
            for (uint32_t u = IT_A; u <= IT_C; u++) {
                adjust(u);
            }
        }
        case_second(&H);
    }
}

static void aggregate_for_a_day(const char *config)
{
    const double farm = MINERS * 200e12;
    case_open(&H, config, 3);
    case_add_many(&H, MINERS, 200);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        case_it.pools[u].difficulty = MINERS * case_it.devices[0].rate * CASE_TARGETS[u] / 10;
    }
    run_aggregated(24 * HOUR_S);
    case_expect_split("h8_aggregate", 1);
    cr_assert_float_eq(it_snapshot(&H).s.hashrate, farm, 0.03 * farm, "%.2f TH/s",
                       it_snapshot(&H).s.hashrate / 1e12);
    it_close(&H);
}

/* 66/28/6, and with the pool's target for the work 59/31/10 and a farm of 30.5 instead of 20. */
Test(abi_h8_aggregate, accepted_work_is_measured)
{
    aggregate_for_a_day("[controller]\nmeasure_on_accepted = true\n" IT_ABC);
}

Test(abi_h8_aggregate, submitted_work_is_measured)
{
    aggregate_for_a_day("[controller]\nmeasure_on_accepted = false\n" IT_ABC);
}
