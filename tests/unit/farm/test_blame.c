/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "plugin/farm/blame.h"

static hm_blame blame;
static hm_blame_pool pool;

static uint64_t at(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

/* A channel of rate 1 and others of rate 2: ten seconds' shares of all, of which so much is
 * rejected. */
static void pass(double second, double own, double others)
{
    pool.submitted += 30.0;
    pool.rejected += own + others;
    if (own > 0.0) {
        hm_blame_note(&blame, 1, own, 1, &pool, at(second));
    }
}

static void pass_all(double from_s, double to_s, double own, double others)
{
    for (double s = from_s; s <= to_s; s += 10.0) {
        pass(s, own, others);
    }
}

static int is_bad(double now_s)
{
    return hm_blame_is_bad(&blame, 1.0, &pool, at(now_s));
}

Test(blame, a_channel_whose_shares_are_all_rejected_is_bad)
{
    pass_all(0, 170, 10, 0);
    cr_assert_not(is_bad(170), "three minutes, or it may be a new tip");
    pass(180, 10, 0);
    cr_assert(is_bad(180));
}

Test(blame, a_few_shares_prove_nothing)
{
    for (int i = 0; i < 9; i++) {
        pool.submitted += 60.0;
        pass(30.0 * i, 30, 0);
    }
    cr_assert_not(is_bad(240));
    pass(270, 30, 0);
    cr_assert(is_bad(270));
}

Test(blame, less_than_half_is_not_bad)
{
    pass_all(0, 590, 4.9, 0);
    cr_assert_not(is_bad(590));
    blame = (hm_blame){0};
    pass_all(1000, 1590, 5.1, 0);
    cr_assert(is_bad(1590));
}

Test(blame, a_pool_that_rejects_the_others_too_is_to_blame)
{
    pass_all(0, 300, 10, 20);
    cr_assert_not(is_bad(300), "everything");
    blame = (hm_blame){0};
    pass_all(1000, 1300, 10, 10.1);
    cr_assert_not(is_bad(1300), "half of it");
    blame = (hm_blame){0};
    pass_all(2000, 2590, 10, 7);
    cr_assert(is_bad(2590), "a third of it");
}

/* A pool that rejects a quarter: of so few shares more than half may be so by luck. */
Test(blame, luck_is_nobodys_fault)
{
    pass_all(0, 590, 5.5, 5);
    cr_assert_not(is_bad(590));
    blame = (hm_blame){0};
    pass_all(1000, 1590, 7, 5);
    cr_assert(is_bad(1590));
}

/* What was before the window is no excuse for a pool that begins to reject. */
Test(blame, a_pool_that_was_well_until_now_is_to_blame)
{
    pass_all(0, 3000, 0, 0);
    pass_all(3010, 3300, 10, 20);
    cr_assert_not(is_bad(3300));
}

Test(blame, without_others_nothing_is_certain)
{
    for (int i = 0; i <= 30; i++) {
        pool.submitted += 10.0;
        pool.rejected += 10.0;
        hm_blame_note(&blame, 1, 10.0, 1, &pool, at(10.0 * i));
    }
    cr_assert_not(is_bad(300));
    pool.submitted += 70.0;
    cr_assert_not(is_bad(300), "next to none");
    pool.submitted += 30.0;
    cr_assert(is_bad(300));
}

Test(blame, another_pool_and_another_window_start_over)
{
    pass_all(0, 300, 10, 0);
    hm_blame_note(&blame, 2, 7.0, 3, &pool, at(310));
    cr_assert(blame.upstream == 2 && blame.shares == 3 && blame.since_ns == at(310));
    cr_assert_eq(blame.rejected, 7.0);
    hm_blame_note(&blame, 2, 5.0, 1, &pool, at(910));
    cr_assert_eq(blame.rejected, 12.0);
    hm_blame_note(&blame, 2, 5.0, 1, &pool, at(910.1));
    cr_assert(blame.rejected == 5.0 && blame.shares == 1 && blame.since_ns == at(910.1));
    cr_assert_eq(blame.before.rejected, pool.rejected - 5.0, "without the first of it");
}

Test(blame, a_bad_one_is_well_again_after_a_window_with_a_fifth)
{
    pass_all(0, 590, 10, 0);
    cr_assert(hm_blame_review(&blame, 1.0, at(590)));
    cr_assert(hm_blame_review(&blame, 1.0, at(600)), "that was all of it");
    for (int i = 1; i < 60; i++) {
        pass(600.0 + 10.0 * i, 2.05, 0);
    }
    cr_assert(hm_blame_review(&blame, 1.0, at(1199)), "the window is not over");
    cr_assert(hm_blame_review(&blame, 1.0, at(1200)), "a bit more than a fifth");
    for (int i = 1; i < 60; i++) {
        pass(1200.0 + 10.0 * i, 2.0, 0);
    }
    cr_assert_not(hm_blame_review(&blame, 1.0, at(1800)));
}

Test(blame, the_number_of_shares_has_an_end)
{
    hm_blame_note(&blame, 1, 1.0, UINT32_MAX, &pool, at(0));
    hm_blame_note(&blame, 1, 1.0, UINT32_MAX, &pool, at(1));
    cr_assert_eq(blame.shares, UINT32_MAX);
}
