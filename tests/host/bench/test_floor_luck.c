/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "host_stub/bench/floors.h"

enum { HOURS = 6 };

static const double ALL[4] = {1, 1, 1, 1};

/* An account of two pools, 60 to 40, that credits nothing itself. */
static void start(hs_account *truth, hs_luck *luck)
{
    const double weights[2] = {60, 40};
    cr_assert_eq(hs_account_init(truth, 2, HOURS * 3600), 0);
    cr_assert_eq(hs_account_targets(truth, 0, weights, 3, ALL), 0);
    hs_luck_init(luck, truth, 7);
}

static void finish(hs_account *truth, hs_luck *luck)
{
    hs_luck_free(luck);
    hs_account_free(truth);
}

Test(floor_luck, it_is_as_large_as_binomial_luck)
{
    hs_account truth;
    hs_luck luck;
    start(&truth, &luck);
    for (uint64_t s = 0; s < HOURS * 3600; s++) {
        hs_luck_share(&luck, s, 1, 5.0);
    }
    cr_assert_eq(hs_luck_close(&luck), 0);
    /* 600 shares in 10 min: sqrt(0.24 / 600) = 2.0 points; the mean of |normal| is 0.798 sigma. */
    const hs_error_summary ten = hs_luck_summary(&luck, 600, 0);
    cr_expect_float_eq(hs_luck_sigma(&luck, 3600, 600), 2.0, 1e-9);
    cr_expect(ten.ticks > 0 && ten.mean > 1.3 && ten.mean < 1.9, "%f", ten.mean);
    const hs_error_summary hour = hs_luck_summary(&luck, 3600, 0);
    cr_expect(hour.mean > 0.35 && hour.mean < 1.0, "%f", hour.mean);
    finish(&truth, &luck);
}

Test(floor_luck, sigma_follows_the_shares_that_were_found)
{
    hs_account truth;
    hs_luck luck;
    start(&truth, &luck);
    for (uint64_t s = 0; s < HOURS * 3600; s++) {
        hs_luck_share(&luck, s, s < 3600 ? 1 : 4, 5.0);
    }
    cr_assert_eq(hs_luck_close(&luck), 0);
    cr_expect_float_eq(hs_luck_sigma(&luck, 3600, 600), 2.0, 1e-9);
    cr_expect_float_eq(hs_luck_sigma(&luck, 7200, 600), 1.0, 1e-9);
    cr_expect_float_eq(hs_luck_sigma(&luck, 3900, 600), 100.0 * sqrt(0.24 / 1500.0), 1e-9);
    finish(&truth, &luck);
}

Test(floor_luck, shares_of_unequal_work_have_more_luck)
{
    hs_account truth;
    hs_luck luck;
    start(&truth, &luck);
    for (uint64_t s = 0; s < HOURS * 3600; s++) {
        hs_luck_share(&luck, s, 1, s % 2 == 0 ? 1.0 : 9.0);
    }
    cr_assert_eq(hs_luck_close(&luck), 0);
    /* 300 of work 1 and 300 of work 9: squares 24600, work 3000. */
    cr_expect_float_eq(hs_luck_sigma(&luck, 3600, 600), 100.0 * sqrt(0.24 * 24600.0) / 3000.0,
                       1e-9);
    finish(&truth, &luck);
}

Test(floor_luck, it_follows_the_targets)
{
    hs_account truth;
    hs_luck luck;
    start(&truth, &luck);
    const double weights[2] = {60, 40};
    for (uint64_t s = 0; s < HOURS * 3600; s++) {
        if (s == 3600) { /* the first pool is down */
            cr_assert_eq(hs_account_targets(&truth, s, weights, 2, ALL), 0);
        }
        if (s == 7200) { /* both are down: what is found then is nobody's */
            cr_assert_eq(hs_account_targets(&truth, s, weights, 0, ALL), 0);
        }
        hs_luck_share(&luck, s, 2, 1.0);
    }
    cr_assert_eq(hs_luck_close(&luck), 0);
    double delivered[2];
    double effective[2];
    cr_assert_eq(hs_account_shares(&luck.account, 3600, 3600, delivered, effective), 0);
    cr_expect_float_eq(delivered[0], 60.0, 3.0);
    cr_assert_eq(hs_account_shares(&luck.account, 7200, 3600, delivered, effective), 0);
    cr_expect_eq(delivered[0], 0.0);
    cr_expect_neq(hs_account_shares(&luck.account, 10800, 3600, delivered, effective), 0);
    finish(&truth, &luck);
}

Test(floor_luck, a_run_without_shares_has_no_floor)
{
    hs_account truth;
    hs_luck luck;
    start(&truth, &luck);
    cr_expect_eq(hs_luck_close(&luck), 0);
    cr_expect_eq(hs_luck_summary(&luck, 600, 0).ticks, 0);
    cr_expect_eq(hs_luck_sigma(&luck, 600, 600), 0.0);
    finish(&truth, &luck);
}
