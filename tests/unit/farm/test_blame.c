/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "plugin/farm/blame.h"

static hm_blame blame;

static uint64_t at(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

/* A share of 10 every ten seconds is rejected. */
static void reject_for(double from_s, double to_s)
{
    for (double s = from_s; s <= to_s; s += 10.0) {
        hm_blame_note(&blame, 1, 10.0, 1, at(s));
    }
}

/* Of a channel of rate 1 among others that did 600, of which `others` was rejected. */
static int is_bad(double others, double now_s)
{
    const double own = hm_blame_rejected(&blame, at(now_s));
    const double done = hm_blame_done(&blame, 1.0, at(now_s));
    return hm_blame_is_bad(&blame, 1.0, 600.0 + fmax(own, done), others + own, at(now_s));
}

Test(blame, what_was_rejected_fades_over_twenty_minutes)
{
    hm_blame_note(&blame, 1, 10.0, 1, at(0));
    cr_assert_eq(hm_blame_rejected(&blame, at(0)), 10.0);
    cr_assert_float_eq(hm_blame_rejected(&blame, at(1200)), 10.0 * exp(-1.0), 1e-9);
    hm_blame_note(&blame, 1, 10.0, 1, at(600));
    cr_assert_float_eq(hm_blame_rejected(&blame, at(600)), 10.0 * exp(-0.5) + 10.0, 1e-9);
    cr_assert_float_eq(hm_blame_done(&blame, 2.0, at(600)), 2400.0 * (1.0 - exp(-0.5)), 1e-9);
}

Test(blame, a_channel_whose_shares_are_all_rejected_is_bad)
{
    reject_for(0, 170);
    cr_assert_not(is_bad(0, 170), "three minutes, or it may be a new tip");
    reject_for(180, 180);
    cr_assert(is_bad(0, 180));
}

Test(blame, a_few_shares_prove_nothing)
{
    for (int i = 0; i < 9; i++) {
        hm_blame_note(&blame, 1, 30.0, 1, at(30.0 * i));
    }
    cr_assert_not(is_bad(0, 240));
    hm_blame_note(&blame, 1, 30.0, 1, at(270));
    cr_assert(is_bad(0, 270));
}

Test(blame, less_than_half_is_not_bad)
{
    for (double s = 0; s <= 1800; s += 10.0) {
        hm_blame_note(&blame, 1, 4.9, 1, at(s));
    }
    cr_assert_not(is_bad(0, 1800));
    for (double s = 1810; s <= 3600; s += 10.0) {
        hm_blame_note(&blame, 1, 5.5, 1, at(s));
    }
    cr_assert(is_bad(0, 3600));
}

Test(blame, a_pool_that_rejects_the_others_too_is_to_blame)
{
    reject_for(0, 300);
    cr_assert_not(is_bad(600, 300), "everything");
    cr_assert_not(is_bad(301, 300), "half of it");
    cr_assert(is_bad(290, 300), "less than half of it");
}

Test(blame, without_others_nothing_is_certain)
{
    reject_for(0, 300);
    const double own = hm_blame_rejected(&blame, at(300));
    cr_assert_not(hm_blame_is_bad(&blame, 1.0, own, own, at(300)));
    cr_assert_not(hm_blame_is_bad(&blame, 1.0, 1.2 * own, own, at(300)), "next to none");
    cr_assert(hm_blame_is_bad(&blame, 1.0, 1.3 * own, own, at(300)));
}

Test(blame, another_pool_starts_over)
{
    reject_for(0, 300);
    hm_blame_note(&blame, 2, 10.0, 1, at(310));
    cr_assert_eq(hm_blame_rejected(&blame, at(310)), 10.0);
    cr_assert(blame.upstream == 2 && blame.shares == 1 && blame.since_ns == at(310));
}

Test(blame, a_bad_one_is_well_again_when_a_fifth_is_left)
{
    reject_for(0, 1800);
    cr_assert(hm_blame_is_still_bad(&blame, 1.0, at(1800)));
    cr_assert(hm_blame_is_still_bad(&blame, 1.0, at(3000)));
    cr_assert_not(hm_blame_is_still_bad(&blame, 1.0, at(4000)));
    hm_blame_note(&blame, 1, 10.0, 1, at(9000));
    cr_assert_eq(blame.since_ns, at(9000), "what is long ago is forgotten");
}

Test(blame, the_number_of_shares_has_an_end)
{
    hm_blame_note(&blame, 1, 1.0, UINT32_MAX, at(0));
    hm_blame_note(&blame, 1, 1.0, UINT32_MAX, at(1));
    cr_assert_eq(blame.shares, UINT32_MAX);
}
