/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "plugin/base/units.h"
#include "plugin/control/provisional.h"

static hm_provisional p;

static uint64_t at(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

static double answer(double credit, double seconds)
{
    double late = 0.0;
    (void)hm_provisional_answer(&p, credit, at(seconds), &late);
    return late;
}

Test(provisional, what_was_submitted_waits_until_it_is_answered)
{
    hm_provisional_submit(&p, 30.0, at(1));
    hm_provisional_submit(&p, 12.0, at(2));
    cr_assert_eq(hm_provisional_waiting(&p), 42.0);
    double late = 7.0;
    cr_assert_eq(hm_provisional_answer(&p, 40.0, at(3), &late), 40.0);
    cr_assert_eq(late, 0.0);
    cr_assert_eq(hm_provisional_waiting(&p), 2.0);
    cr_assert_eq(hm_provisional_answer(&p, 5.0, at(3), &late), 2.0, "no more than waits");
    cr_assert_eq(late, 0.0, "the rest was never given up");
    cr_assert_eq(hm_provisional_waiting(&p), 0.0);
}

Test(provisional, patience_is_three_of_the_longest_gaps)
{
    cr_assert_eq(hm_provisional_patience_s(&p), 900.0, "unknown");
    hm_provisional_submit(&p, 1.0, at(0));
    answer(1.0, 5);
    cr_assert_eq(hm_provisional_patience_s(&p), 120.0, "at least");
    hm_provisional_submit(&p, 1.0, at(1000));
    answer(1.0, 1300);
    cr_assert_eq(hm_provisional_patience_s(&p), 900.0, "three times five minutes");
    hm_provisional_submit(&p, 1.0, at(9000));
    cr_assert_eq(hm_provisional_patience_s(&p), 900.0, "nothing waited in between");
}

Test(provisional, a_long_gap_is_forgotten_over_hours)
{
    hm_provisional_submit(&p, 1.0, at(0));
    answer(1.0, 600);
    for (int i = 1; i <= 36; i++) { /* six hours */
        hm_provisional_submit(&p, 1.0, at(600.0 * i));
        answer(0.5, 600.0 * i + 300.0);
        answer(0.5, 600.0 * i + 600.0);
    }
    const double patience_s = hm_provisional_patience_s(&p);
    cr_assert(patience_s > 900.0 && patience_s < 1300.0, "%g", patience_s);
}

Test(provisional, what_waits_for_too_long_is_given_up)
{
    hm_provisional_submit(&p, 8.0, at(0));
    for (int i = 0; i < 30; i++) {
        cr_assert_eq(hm_provisional_expire(&p, at(30.0 * i)), 0.0, "after %d s", 30 * i);
    }
    hm_provisional_submit(&p, 3.0, at(880));
    cr_assert_eq(hm_provisional_expire(&p, at(900)), 8.0);
    cr_assert_eq(hm_provisional_expire(&p, at(901)), 0.0, "once");
    cr_assert_eq(hm_provisional_waiting(&p), 3.0, "the younger ones wait on");
    cr_assert_eq(answer(3.0, 902), 0.0, "what comes now answers those that wait");
    cr_assert_eq(answer(5.0, 903), 5.0, "and then those given up");
    cr_assert_eq(answer(5.0, 904), 3.0, "of which three are left");
}

/* One of two shares is never answered, and the other at once. */
Test(provisional, a_pool_that_swallows_half_is_behind_by_half)
{
    double given_up = 0.0;
    for (int i = 0; i < 3600; i++) {
        hm_provisional_submit(&p, 2.0, at(i));
        answer(1.0, i + 0.5);
        given_up += i % 30 == 0 ? hm_provisional_expire(&p, at(i + 0.6)) : 0.0;
    }
    /* Of an hour all but what was submitted in the last two to two and a half minutes. */
    cr_assert(given_up > 3600.0 - 310.0 && given_up < 3600.0 - 230.0, "%g", given_up);
}

Test(provisional, sparse_calls_give_up_later_and_never_earlier)
{
    hm_provisional_submit(&p, 8.0, at(10));
    cr_assert_eq(hm_provisional_expire(&p, at(3600)), 0.0, "nothing is known of that time");
    hm_provisional_submit(&p, 1.0, at(3601));
    cr_assert_eq(hm_provisional_expire(&p, at(7200)), 8.0);
    cr_assert_eq(hm_provisional_expire(&p, at(10800)), 1.0);
}
