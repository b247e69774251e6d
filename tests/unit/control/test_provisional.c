/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "plugin/base/units.h"
#include "plugin/control/provisional.h"

static hm_provisional p;

static uint64_t at(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

static double answer(double credit)
{
    double late = 0.0;
    (void)hm_provisional_answer(&p, credit, &late);
    return late;
}

Test(provisional, what_was_submitted_waits_until_it_is_answered)
{
    p.submitted = 42.0;
    cr_assert_eq(hm_provisional_waiting(&p), 42.0);
    double late = 7.0;
    cr_assert_eq(hm_provisional_answer(&p, 40.0, &late), 40.0);
    cr_assert_eq(late, 0.0);
    cr_assert_eq(hm_provisional_waiting(&p), 2.0);
    cr_assert_eq(hm_provisional_answer(&p, 5.0, &late), 2.0, "no more than waits");
    cr_assert_eq(late, 0.0, "the rest was never given up");
    cr_assert_eq(hm_provisional_waiting(&p), 0.0);
}

Test(provisional, all_is_given_up_and_may_come_late)
{
    p.submitted = 8.0;
    cr_assert_eq(hm_provisional_withdraw(&p), 8.0);
    cr_assert_eq(hm_provisional_withdraw(&p), 0.0, "once");
    p.submitted += 3.0;
    cr_assert_eq(hm_provisional_waiting(&p), 3.0, "the younger ones wait on");
    cr_assert_eq(answer(3.0), 0.0, "what comes now answers those that wait");
    cr_assert_eq(answer(5.0), 5.0, "and then those given up");
    cr_assert_eq(answer(5.0), 3.0, "of which three are left");
}

Test(provisional, what_waits_for_hours_is_given_up)
{
    p.submitted = 8.0;
    for (int i = 0; i < 480; i++) {
        p.submitted += i == 100 ? 3.0 : 0.0;
        cr_assert_eq(hm_provisional_expire(&p, at(30.0 * i)), 0.0, "after %d s", 30 * i);
    }
    cr_assert_eq(hm_provisional_expire(&p, at(HM_PROVISIONAL_S)), 8.0);
    cr_assert_eq(hm_provisional_expire(&p, at(HM_PROVISIONAL_S + 1)), 0.0, "once");
    cr_assert_eq(hm_provisional_waiting(&p), 3.0, "the younger ones wait on");
    cr_assert_eq(hm_provisional_expire(&p, at(HM_PROVISIONAL_S + 3600)), 3.0);
}

/* One of two shares is never answered, and the other at once. */
Test(provisional, a_pool_that_swallows_half_is_behind_by_half)
{
    double given_up = 0.0;
    for (int i = 0; i < 24 * 3600; i++) {
        p.submitted += 2.0;
        answer(1.0);
        given_up += i % 30 == 0 ? hm_provisional_expire(&p, at(i)) : 0.0;
    }
    /* Of two shares a second those of the last four to four and a half hours may still come. */
    const double waiting_s = 24 * 3600 - given_up;
    cr_assert(waiting_s > 2 * 4 * 3600 && waiting_s <= 2 * 4.51 * 3600, "%g", waiting_s);
}

Test(provisional, sparse_calls_give_up_later_and_never_earlier)
{
    p.submitted = 8.0;
    cr_assert_eq(hm_provisional_expire(&p, at(50000)), 0.0, "nothing is known of that time");
    p.submitted += 1.0;
    cr_assert_eq(hm_provisional_expire(&p, at(100000)), 8.0);
    cr_assert_eq(hm_provisional_expire(&p, at(150000)), 1.0);
}
