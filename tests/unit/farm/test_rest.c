/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "plugin/farm/rest.h"

static const uint64_t S = HM_NS_PER_S;

Test(rest, doubles_up_to_the_longest)
{
    static const uint64_t LONG[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    hm_rest r = {0};
    uint64_t now = 1000 * S;
    cr_assert(!hm_rest_lasts(&r, now));
    for (uint32_t i = 0; i < sizeof LONG / sizeof LONG[0]; i++) {
        cr_assert(hm_rest_failed(&r, now, 60 * S));
        cr_assert_eq(r.until_ns - now, LONG[i] * S, "%u", i);
        cr_assert_eq(r.failures, i + 1);
        cr_assert(hm_rest_lasts(&r, r.until_ns - 1) && !hm_rest_lasts(&r, r.until_ns));
        now = r.until_ns;
    }
}

Test(rest, what_was_under_way_when_it_began_is_no_news)
{
    hm_rest r = {0};
    cr_assert(hm_rest_failed(&r, 5 * S, 60 * S));
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert(!hm_rest_failed(&r, 5 * S + i, 60 * S));
    }
    cr_assert_eq(r.failures, 1);
    cr_assert_eq(r.until_ns, 6 * S);
}
