/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/bench/converge.h"

enum { SECS = 4 * 3600, EVENT = 3600 };

static const double NO_CAP[2] = {1, 1};
static const hs_within PLAIN = {600, 1.0, 0.0};

/* Two pools; 60 to 40 until EVENT, then 20 to 80. The farm follows `late` seconds after it, and
 * hits the targets exactly in each second. */
static void farm(hs_account *a, uint64_t late)
{
    cr_assert_eq(hs_account_init(a, 2, SECS), 0);
    cr_assert_eq(hs_account_targets(a, 0, (double[]){60, 40}, 3, NO_CAP), 0);
    for (uint64_t s = 0; s < SECS; s++) {
        if (s == EVENT) {
            cr_assert_eq(hs_account_targets(a, s, (double[]){20, 80}, 3, NO_CAP), 0);
        }
        const double share = s < EVENT + late ? 0.6 : 0.2;
        hs_account_credit(a, 0, s, share);
        hs_account_credit(a, 1, s, 1.0 - share);
    }
    hs_account_close(a);
}

Test(converge, the_next_window_is_within_as_soon_as_the_farm_is_right)
{
    hs_account a;
    hs_luck none = {0};
    farm(&a, 0);
    cr_expect_eq(hs_converge_next(&a, &none, &PLAIN, EVENT), 0.0);
    cr_expect_eq(hs_converge_next(&a, &none, &PLAIN, 0), 0.0);
    hs_account_free(&a);
    /* 40 points wrong for 300 s: the next 10 minutes are within 1 point from 285 s on. */
    farm(&a, 300);
    cr_expect_eq(hs_converge_next(&a, &none, &PLAIN, EVENT), 5.0);
    cr_expect_eq(hs_converge_next(&a, &none, &PLAIN, EVENT + 10), 290.0 / 60.0);
    const hs_within loose = {600, 4.1, 0.0};
    cr_expect_eq(hs_converge_next(&a, &none, &loose, EVENT), 4.0);
    hs_account_free(&a);
}

Test(converge, never_is_not_a_number)
{
    hs_account a;
    hs_luck none = {0};
    farm(&a, SECS);
    cr_expect(isnan(hs_converge_next(&a, &none, &PLAIN, EVENT)));
    cr_expect(isnan(hs_converge_last(&a, &none, &PLAIN, EVENT)));
    cr_expect(isnan(hs_converge_next(&a, &none, &PLAIN, SECS - 300)), "no room for a window");
    hs_account_free(&a);
}

Test(converge, the_last_window_needs_its_ten_minutes)
{
    hs_account a;
    hs_luck none = {0};
    farm(&a, 0);
    cr_expect_eq(hs_converge_last(&a, &none, &PLAIN, EVENT), 10.0); /* 40 x 30 / 600 is 2 points */
    const hs_within two = {600, 2.01, 0.0};
    cr_expect_eq(hs_converge_last(&a, &none, &two, EVENT), 9.5);
    hs_account_free(&a);
    farm(&a, 60);
    cr_expect_eq(hs_converge_last(&a, &none, &PLAIN, EVENT), 11.0);
    hs_account_free(&a);
}

/* A share every two minutes: three sigma of five of them are 54 points; the farm is 40 off. */
Test(converge, luck_is_allowed_for)
{
    hs_account a;
    hs_luck luck;
    farm(&a, SECS);
    hs_luck_init(&luck, &a, 1);
    for (uint64_t s = 0; s < SECS; s += 120) {
        hs_luck_share(&luck, s, 1, 1.0);
    }
    cr_assert_eq(hs_luck_close(&luck), 0);
    cr_expect(isnan(hs_converge_next(&a, &luck, &PLAIN, EVENT)));
    cr_expect_eq(hs_converge_next(&a, &luck, &HS_WITHIN_10M, EVENT), 0.0);
    hs_luck_free(&luck);
    hs_account_free(&a);
}

Test(converge, the_allocation_is_compared_with_the_target_of_its_second)
{
    hs_sim_result r;
    memset(&r, 0, sizeof r);
    farm(&r.account, 0);
    r.pool_count = 2;
    r.seconds = SECS;
    r.hashrate_at = calloc(SECS * 2, sizeof *r.hashrate_at);
    cr_assert_not_null(r.hashrate_at);
    for (size_t s = 0; s < SECS; s++) {
        r.hashrate_at[2 * s] = s < EVENT ? 60 : s < EVENT + 400 ? 23 : 20.5;
        r.hashrate_at[2 * s + 1] = 100 - r.hashrate_at[2 * s];
    }
    cr_expect_float_eq(hs_alloc_dev_max(&r, 0, EVENT), 0.0, 1e-9);
    cr_expect_float_eq(hs_alloc_dev_max(&r, EVENT + 300, SECS), 3.0, 1e-9);
    cr_expect_float_eq(hs_alloc_dev_max(&r, EVENT + 400, SECS + 9), 0.5, 1e-9);
    cr_expect(isnan(hs_alloc_dev_max(&r, EVENT, EVENT)), "no second");
    hs_sim_result_free(&r);
}
