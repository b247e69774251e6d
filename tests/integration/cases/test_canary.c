/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported case: the only machine, and a small pool that is no good; beside it what the first
 * version did. */
#include "tests/integration/cases/harness_cases.h"

static it_host H;

enum { HOUR_S = 3600 };

/* ---- h10_canary_small: the only machine, and a small pool that is no good ---- */

static void bad_for_a_day(int rejects)
{
    case_open(&H, IT_POOL("a", "95", "1") IT_POOL("b", "5", "2"), 2);
    case_add(&H, "s19", 100);
    case_run(&H, 4 * HOUR_S);
    case_mark();
    case_it.pools[IT_B].answers_every_s = rejects ? 5 : 0;
    case_it.pools[IT_B].acceptance = rejects ? 0 : 1;
    case_run(&H, 24 * HOUR_S);
    cr_assert_geq(case_pct(IT_A), 94, "rejects %d: %.2f", rejects, case_pct(IT_A));
    it_close(&H);
}

/* 0 % for a: the machine was b's canary for a day. */
Test(abi_h10_canary_small, one_machine_and_a_pool_of_five_per_cent)
{
    bad_for_a_day(0);
    bad_for_a_day(1);
}
