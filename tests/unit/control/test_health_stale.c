/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Stale shares come with each tip; and who was well just before is soon back. */
#include <criterion/criterion.h>

#include "tests/unit/control/health_fixture.h"

/* A second in which all shares are rejected as stale, then the judgement. */
static hm_health_change stale_second(pool *p)
{
    const uint32_t found = (uint32_t)p->per_second;
    p->lived_ns += SECOND;
    hm_health_forwarded(&p->h, (double)found, (double)found, found, p->lived_ns);
    hm_health_verdict(&p->h, (double)found, found, HM_HEALTH_STALE, p->lived_ns);
    return judged(p, &USUAL);
}

Test(health, a_minute_of_stale_shares_after_each_tip_condemns_nobody)
{
    pool p = new_pool(5.0);
    for (int tip = 0; tip < 30; tip++) {
        cr_assert_eq(run(&p, 0.0, 540, &change), 0, "before tip %d", tip);
        for (int s = 0; s < 60; s++) {
            cr_assert_eq(stale_second(&p), HM_HEALTH_SAME, "tip %d, %d s", tip, s);
        }
    }
}

Test(health, a_pool_for_which_all_is_stale_is_left_within_ten_minutes)
{
    pool p = new_pool(5.0);
    int s = 0;
    cr_assert_eq(run(&p, 0.0, 3600, &change), 0);
    while (s < 1200 && stale_second(&p) != HM_HEALTH_REJECTS) {
        s++;
    }
    cr_assert(s > 240 && s < 600, "%d s", s);
    cr_assert_float_eq(p.h.figure, 100.0, 0.1);
}

/* A ban that ends: how long until it has its whole share again? The canary finds a share in ten
 * seconds, half as difficult as is usual there; on trial it has its part of three a second. */
static uint32_t back_after(uint32_t well_s)
{
    pool p = new_pool(3.0);
    cr_assert_eq(run(&p, 0.0, well_s, &change), 0);
    while (!p.h.grey) {
        (void)run(&p, 1.0, 60, &change);
    }
    p.per_second = 0.1;
    for (uint32_t s = 1; s < 3600; s++) {
        second(&p, 0.0);
        change = judged(&p, &USUAL);
        cr_assert(change != HM_HEALTH_TRIED || p.h.lost == 0.0, "a trial begins with nothing lost");
        if (change == HM_HEALTH_WELL) {
            return s;
        }
        p.per_second = p.h.share > 0.0 ? 9.0 * p.h.share : 0.1;
    }
    return 0;
}

Test(health, who_was_well_just_before_is_back_soon)
{
    const uint32_t sudden = back_after(3600);
    const uint32_t new = back_after(600);
    cr_assert(sudden >= 40 && sudden <= 120, "%u s", sudden);
    cr_assert_gt(new, sudden + 60, "%u s", new);
}

/* What was under way when it was left says nothing of what its canary is worth. */
Test(health, verdicts_of_before_are_no_recovery)
{
    pool p = new_pool(3.0);
    cr_assert_eq(run(&p, 0.0, 3600, &change), 0);
    while (!p.h.grey) {
        (void)run(&p, 1.0, 60, &change);
    }
    p.lived_ns += SECOND;
    hm_health_verdict(&p.h, 1000.0, 1000, HM_HEALTH_ACCEPTED, p.lived_ns);
    cr_assert_eq(judged(&p, &USUAL), HM_HEALTH_SAME);
    cr_assert_eq(p.h.recovery, 0.0);
    hm_health_forwarded(&p.h, 1.0, 1.0, 1, p.lived_ns);
    hm_health_verdict(&p.h, 1.0, 1, HM_HEALTH_ACCEPTED, p.lived_ns);
    cr_assert_eq(judged(&p, &USUAL), HM_HEALTH_SAME);
    cr_assert_float_eq(p.h.recovery, 1.0, 1e-9);
}
