/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "host_stub/base/options.h"

static char why[200];

Test(option_value, whole_numbers_have_a_range)
{
    uint64_t n = 7;
    cr_assert_eq(hs_option_whole("--port", "65535", 0, 65535, &n, why, sizeof why), 0);
    cr_assert_eq(n, 65535);
    cr_assert_eq(hs_option_whole("--port", "65536", 0, 65535, &n, why, sizeof why), -1);
    cr_assert_str_eq(why, "--port takes a whole number from 0 to 65535, not '65536'");
    cr_assert_eq(hs_option_whole("--port", "1x", 0, 65535, &n, why, sizeof why), -1);
}

Test(option_value, what_is_refused_leaves_the_setting)
{
    uint32_t n = 7;
    cr_assert_eq(hs_option_u32("--count", "0", 1, 200, &n, why, sizeof why), -1);
    cr_assert_eq(n, 7);
    cr_assert_eq(hs_option_u32("--count", "200", 1, 200, &n, why, sizeof why), 0);
    cr_assert_eq(n, 200);
}

Test(option_value, decimals_and_seconds)
{
    double x = 0.0;
    uint64_t ms = 9;
    cr_assert_eq(hs_option_number("--rate", "0.5", 0.25, 10, &x, why, sizeof why), 0);
    cr_assert_eq(x, 0.5);
    cr_assert_eq(hs_option_number("--rate", "11", 0.25, 10, &x, why, sizeof why), -1);
    cr_assert_str_eq(why, "--rate takes a number from 0.250 to 10, not '11'");
    cr_assert_eq(hs_option_secs("--tip-secs", "0.0004", 0.1, 60, &ms, why, sizeof why), -1);
    cr_assert_eq(ms, 9);
    cr_assert_eq(hs_option_secs("--tip-secs", "1.2345", 0.1, 60, &ms, why, sizeof why), 0);
    cr_assert_eq(ms, 1235);
}
