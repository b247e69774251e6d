/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Where the judgement of a pool turns: the tenth share, the thirtieth second, the fourth hour. */
#include <criterion/criterion.h>

#include "tests/unit/control/health_fixture.h"

/* So many shares wait for two minutes and a bit. */
static hm_health_change after_waiting(pool p, uint32_t shares)
{
    hm_health_forwarded(&p.h, (double)shares, (double)shares, shares, p.lived_ns);
    p.lived_ns += 130 * SECOND;
    return judged(&p, &USUAL);
}

Test(health, ten_shares_are_a_silence_and_nine_are_none)
{
    pool p = new_pool(1.0);
    cr_assert_eq(run(&p, 0.0, 600, &change), 0);
    cr_assert_eq(after_waiting(p, 9), HM_HEALTH_SAME);
    cr_assert_eq(after_waiting(p, 10), HM_HEALTH_SILENT);
}

Test(health, many_answers_within_a_second_are_no_rhythm)
{
    pool p = new_pool(1.0);
    for (int i = 0; i < 100; i++) {
        p.lived_ns += SECOND / 200;
        hm_health_forwarded(&p.h, 1.0, 1.0, 1, p.lived_ns);
        verdicts(&p, 1, 1);
    }
    cr_assert_eq(after_waiting(p, 400), HM_HEALTH_SAME);
}

/* Twenty minutes after its first answer what it has done is its rhythm. */
Test(health, a_rhythm_is_known_after_twenty_minutes)
{
    for (uint64_t early = 0; early < 2; early++) {
        pool p = new_pool(1.0);
        hm_health_forwarded(&p.h, 1.0, 1.0, 1, p.lived_ns);
        p.lived_ns += SECOND;
        verdicts(&p, 1, 1);
        const uint64_t first_ns = p.lived_ns;
        cr_assert_eq(judged(&p, &USUAL), HM_HEALTH_SAME);
        p.lived_ns = first_ns + 15 * MINUTE;
        hm_health_forwarded(&p.h, 400.0, 400.0, 400, p.lived_ns);
        p.lived_ns = first_ns + 20 * MINUTE - early;
        cr_assert_eq(judged(&p, &USUAL), early ? HM_HEALTH_SAME : HM_HEALTH_SILENT);
    }
}

/* One that is on trial is watched more closely: half a minute without an answer is enough. */
Test(health, on_trial_half_a_minute_is_a_silence)
{
    pool p = new_pool(3.0);
    cr_assert_eq(run(&p, 0.0, 3600, &change), 0);
    cr_assert_gt(run(&p, 1.0, 3600, &change), 0);
    cr_assert_eq(change, HM_HEALTH_REJECTS);
    while (change != HM_HEALTH_TRIED) {
        cr_assert_gt(run(&p, 0.0, 7200, &change), 0);
    }
    const uint32_t after = until_silent(&p, 3600);
    cr_assert(after >= 30 && after <= 33, "%u s", after);
}

Test(health, without_detection_nothing_is_held_against_it)
{
    hm_health_params off = USUAL;
    pool p = new_pool(3.0);
    cr_assert_eq(run(&p, 0.0, 600, &change), 0);
    cr_assert_gt(until_silent(&p, 7200), 0);
    cr_assert(p.h.grey && p.h.silent);
    off.detect = 0;
    cr_assert_eq(judged(&p, &off), HM_HEALTH_WELL);
    cr_assert(p.h.grey == 0 && p.h.silent == 0 && p.h.share == 0.0);
    cr_assert_eq(judged(&p, &off), HM_HEALTH_SAME);
}

Test(health, no_wait_is_longer_than_four_hours)
{
    pool p = new_pool(1.0);
    p.has_canary = 0;
    uint64_t longest_ns = 0;
    for (int i = 0; i < 40; i++) {
        while (run(&p, 1.0, 3600, &change) == 0 || change != HM_HEALTH_REJECTS) {
        }
        const uint64_t wait_ns = p.h.blind_ns - p.lived_ns;
        longest_ns = wait_ns > longest_ns ? wait_ns : longest_ns;
    }
    cr_assert_eq(longest_ns, 4 * HOUR);
}
