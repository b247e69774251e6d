/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "host_stub/bench/fleet.h"

Test(fleet, five_hundred_fleets_are_as_they_should_be)
{
    char why[512];
    uint32_t pools_seen[7] = {0};
    int small = 0;
    int large = 0;
    for (uint64_t n = 1; n <= 500; n++) {
        hs_scenario s;
        double sum = 0.0;
        cr_assert_eq(hs_fleet_scenario(n, &s, why, sizeof why), 0, "%s", why);
        cr_assert(s.pool_count >= 2 && s.pool_count <= 6);
        cr_assert(s.farm.miners >= 1 && s.farm.miners <= 400);
        cr_expect_eq(s.seconds, 26 * 3600);
        cr_expect_eq(s.farm.nominal_error_pct, 30.0);
        cr_expect_eq(s.farm.mix_count, 7);
        cr_expect_eq(s.event_count, 0);
        for (uint32_t i = 0; i < s.pool_count; i++) {
            sum += s.pools[i].target_pct;
        }
        cr_expect_float_eq(sum, 100.0, 1e-9, "fleet %d: %f", (int)n, sum);
        pools_seen[s.pool_count]++;
        small += s.farm.miners < 20; /* half of a log-uniform 1..400 */
        large += s.farm.miners > 200;
        hs_scenario_free(&s);
    }
    for (int i = 2; i <= 6; i++) {
        cr_expect(pools_seen[i] > 60, "%d pools: %u of 500", i, pools_seen[i]);
    }
    cr_expect(small > 200 && small < 300, "%d of 500 below 20 miners", small);
    cr_expect(large > 30 && large < 90, "%d of 500 above 200 miners", large);
}

Test(fleet, a_number_is_always_the_same_fleet)
{
    char first[HS_FLEET_TEXT_SIZE];
    char again[HS_FLEET_TEXT_SIZE];
    char other[HS_FLEET_TEXT_SIZE];
    hs_fleet_text(17, first, sizeof first);
    hs_fleet_text(17, again, sizeof again);
    hs_fleet_text(18, other, sizeof other);
    cr_expect_str_eq(first, again);
    cr_expect_str_neq(first, other);
}
