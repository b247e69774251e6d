/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "plugin/farm/common.h"

static hm_common common;

/* Shares of difficulty 1, `expected` an interval, of which the farm finds `part`. Returns how many
 * intervals pass until it is certain, and the factor; `most` when it never is. */
static int until_certain(double expected, double part, int most, double *factor)
{
    for (int i = 0; i < most; i++) {
        *factor = hm_common_update(&common, expected * part, expected, expected);
        if (*factor < 1.0 || *factor > 1.0) {
            return i + 1;
        }
    }
    return most;
}

Test(common, a_tenth_less_is_certain_after_ten_over_what_an_interval_tells)
{
    double factor = 1.0;
    /* 0.07 x 0.1 - 0.07^2 / 2 a share, 300 shares an interval: 1.365. */
    cr_assert_eq(until_certain(300.0, 0.9, 1000, &factor), 8);
    cr_assert_float_eq(factor, 0.9, 1e-12);
    cr_assert_eq(until_certain(300.0, 1.1, 1000, &factor), 8, "and it starts over");
    cr_assert_float_eq(factor, 1.1, 1e-12);
}

Test(common, less_than_a_half_of_the_shift_is_never_certain)
{
    double factor = 1.0;
    cr_assert_eq(until_certain(1e6, 0.9651, 1000, &factor), 1000);
    cr_assert_eq(until_certain(1e6, 1.0349, 1000, &factor), 1000);
    cr_assert_lt(until_certain(1e6, 0.9649, 1000, &factor), 1000);
    cr_assert_lt(until_certain(1e6, 1.0351, 1000, &factor), 1000);
}

Test(common, what_came_before_the_change_does_not_count)
{
    double factor = 1.0;
    cr_assert_eq(until_certain(300.0, 1.0, 1000, &factor), 1000);
    cr_assert_lt(until_certain(300.0, 0.8, 1000, &factor), 10);
    cr_assert_float_eq(factor, 0.8, 1e-12);
}

Test(common, what_is_far_off_is_somebody_elses)
{
    double factor = 7.0;
    cr_assert_eq(until_certain(300.0, 0.59, 100, &factor), 100);
    cr_assert_eq(until_certain(300.0, 1.61, 100, &factor), 100);
    cr_assert_eq(until_certain(300.0, 0.0, 100, &factor), 100);
    cr_assert_lt(until_certain(300.0, 0.61, 100, &factor), 100);
    cr_assert_lt(until_certain(300.0, 1.59, 100, &factor), 100);
}

Test(common, nothing_to_compare_says_nothing)
{
    cr_assert_eq(hm_common_update(&common, 5.0, 0.0, 1.0), 1.0);
    cr_assert_eq(hm_common_update(&common, 5.0, 5.0, 0.0), 1.0);
    cr_assert_eq(hm_common_update(&common, (double)INFINITY, 5.0, 1.0), 1.0);
    cr_assert_eq(hm_common_update(&common, 5.0, (double)NAN, 1.0), 1.0);
    cr_assert(common.drop.suspicion == 0.0 && common.rise.suspicion == 0.0);
}

/* Certain after eight intervals that found 0.88 of what they should have; it is 0.9. */
/* In whatever unit work is counted. */
Test(common, the_size_of_a_share_is_all_one)
{
    hm_common other = {0};
    for (int i = 0; i < 200; i++) {
        const double part = i % 2 == 0 ? 0.85 : 0.89;
        const double factor = hm_common_update(&common, 300.0 * part, 300.0, 300.0);
        const double small = hm_common_update(&other, 0.003 * part, 0.003, 0.00001 * 0.003);
        cr_expect_float_eq(small, factor, 1e-12, "%d", i);
    }
}

Test(common, what_is_seen_later_makes_it_exact)
{
    double factor = 1.0;
    double estimate = 300.0;
    cr_assert_eq(until_certain(estimate, 0.88, 1000, &factor), 6);
    estimate *= factor;
    cr_assert_float_eq(estimate, 264.0, 1e-9);
    int changes = 0;
    for (int i = 0; i < 1000; i++) {
        factor = hm_common_update(&common, 270.0, estimate, estimate);
        changes += factor > 1.0;
        estimate *= factor;
    }
    cr_assert_eq(changes, 5);
    cr_assert_float_eq(estimate, 270.0, 0.3);
}
