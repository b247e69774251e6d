/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "plugin/control/health.h"
#include "tests/unit/test_draw.h"

#define SECOND 1000000000ull
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const hm_health_params USUAL = {
    .hold_down_ns = 30 * SECOND,
    .hold_down_max_ns = 600 * SECOND,
    .min_shares = 50,
    .detect = 1,
};

/* Judges; does the pool begin or cease to be out? */
static int judge_turns(hm_health *h, const hm_health_params *p, uint64_t now_ns, int has_canary)
{
    const int was_out = h->grey || h->held_until_ns != 0;
    hm_health_judge(h, p, now_ns, has_canary);
    return was_out != (h->grey || h->held_until_ns != 0);
}

/* `shares` verdicts, one by one, accepted by luck. Returns after how many it was judged grey, 0 for
 * never. */
static uint32_t verdicts_until_grey(hm_health *h, uint64_t *seed, double acceptance,
                                    uint32_t shares)
{
    for (uint32_t i = 1; i <= shares; i++) {
        hm_health_verdict(h, 1, draw_unit(seed) < acceptance);
        hm_health_judge(h, &USUAL, SECOND + i, 1);
        if (h->grey) {
            return i;
        }
    }
    return 0;
}

Test(health, a_pool_that_rejects_nearly_everything_is_grey_after_the_least_number_of_verdicts)
{
    uint64_t seed = 1;
    for (int round = 0; round < 200; round++) {
        hm_health h = {0};
        const uint32_t after = verdicts_until_grey(&h, &seed, 0.1, 1000);
        cr_assert(after >= 50 && after <= 70, "round %d: %u", round, after);
        cr_assert(hm_health_is_out(&h, SECOND));
    }
}

Test(health, before_the_least_number_of_verdicts_nobody_is_grey)
{
    hm_health h = {0};
    hm_health_verdict(&h, 49, 0);
    cr_assert_eq(judge_turns(&h, &USUAL, SECOND, 1), 0);
    cr_assert_not(h.grey);
    hm_health_verdict(&h, 1, 0);
    cr_assert_eq(judge_turns(&h, &USUAL, SECOND, 1), 1);
    cr_assert(h.grey);
}

/* 15 % is the acceptance correction's work. */
Test(health, milder_rejection_is_not_grey)
{
    uint64_t seed = 2;
    hm_health h = {0};
    cr_assert_eq(verdicts_until_grey(&h, &seed, 0.95, 2000000), 0);
    cr_assert_eq(verdicts_until_grey(&h, &seed, 0.85, 2000000), 0);
}

Test(health, many_accepted_shares_buy_no_credit)
{
    uint64_t seed = 3;
    hm_health h = {0};
    hm_health_verdict(&h, 1000000, 1);
    hm_health_judge(&h, &USUAL, SECOND, 1);
    const uint32_t after = verdicts_until_grey(&h, &seed, 0.1, 1000);
    cr_assert(after >= 50 && after <= 70, "%u", after);
}

Test(health, not_when_detection_is_off_and_at_once_well_when_it_is_switched_off)
{
    hm_health_params off = USUAL;
    off.detect = 0;
    hm_health h = {0};
    hm_health_verdict(&h, 1000, 0);
    hm_health_forwarded(&h, 1000, SECOND);
    cr_assert_eq(judge_turns(&h, &off, HOUR, 1), 0);
    cr_assert_not(hm_health_is_out(&h, HOUR));
    cr_assert_eq(judge_turns(&h, &USUAL, HOUR, 1), 1);
    cr_assert(h.grey);
    cr_assert_eq(judge_turns(&h, &off, HOUR + SECOND, 1), 1);
    cr_assert_not(hm_health_is_out(&h, HOUR + SECOND));
}

Test(health, a_pool_that_swallows_shares_is_grey_after_two_minutes_without_a_verdict)
{
    hm_health h = {0};
    for (uint64_t t = 1; t <= 119; t++) {
        hm_health_forwarded(&h, 10, t * SECOND);
        cr_assert_eq(judge_turns(&h, &USUAL, t * SECOND, 1), 0);
    }
    cr_assert_eq(judge_turns(&h, &USUAL, 121 * SECOND, 1), 1);
    cr_assert(h.grey);
}

Test(health, a_verdict_now_and_then_shows_that_the_pool_listens)
{
    hm_health h = {0};
    for (uint64_t t = 1; t <= 3600; t++) {
        hm_health_forwarded(&h, 10, t * SECOND);
        if (t % 100 == 0) {
            hm_health_verdict(&h, 1, 1);
        }
        hm_health_judge(&h, &USUAL, t * SECOND, 1);
        cr_assert_not(h.grey, "second %llu", (unsigned long long)t);
    }
}

/* Three shares in ten minutes that nobody answered are not proof of anything. */
Test(health, few_shares_without_a_verdict_are_not_enough)
{
    hm_health h = {0};
    hm_health_forwarded(&h, 49, SECOND);
    cr_assert_eq(judge_turns(&h, &USUAL, HOUR, 1), 0);
    hm_health_forwarded(&h, 1, HOUR);
    cr_assert_eq(judge_turns(&h, &USUAL, HOUR, 1), 1);
}

static void make_grey(hm_health *h, uint64_t now_ns)
{
    hm_health_verdict(h, 100, 0);
    cr_assert_eq(judge_turns(h, &USUAL, now_ns, 1), 1);
    cr_assert(h->grey);
}

Test(health, eight_accepted_shares_of_the_canary_bring_it_back)
{
    hm_health h = {0};
    make_grey(&h, SECOND);
    hm_health_verdict(&h, 7, 1);
    cr_assert_eq(judge_turns(&h, &USUAL, 2 * SECOND, 1), 0);
    hm_health_verdict(&h, 1, 1);
    cr_assert_eq(judge_turns(&h, &USUAL, 3 * SECOND, 1), 1);
    cr_assert_not(hm_health_is_out(&h, 3 * SECOND));
    hm_health_verdict(&h, 49, 0);
    cr_assert_eq(judge_turns(&h, &USUAL, 4 * SECOND, 1), 0, "what was before is forgotten");
}

Test(health, a_canary_that_is_mostly_rejected_does_not_bring_it_back)
{
    uint64_t seed = 4;
    hm_health h = {0};
    make_grey(&h, SECOND);
    for (uint32_t i = 0; i < 10000; i++) {
        hm_health_verdict(&h, 1, draw_unit(&seed) < 0.1);
        hm_health_judge(&h, &USUAL, 2 * SECOND + i, 1);
        cr_assert(h.grey, "share %u", i);
    }
}

Test(health, without_a_canary_it_gets_another_chance_after_the_longest_hold_down)
{
    hm_health h = {0};
    make_grey(&h, SECOND);
    cr_assert_eq(judge_turns(&h, &USUAL, 600 * SECOND, 0), 0);
    cr_assert_eq(judge_turns(&h, &USUAL, 601 * SECOND, 1), 0, "a canary watches");
    cr_assert_eq(judge_turns(&h, &USUAL, 601 * SECOND, 0), 1);
    cr_assert_not(hm_health_is_out(&h, 601 * SECOND));
}

/* Fails, and says for how many seconds the pool is held down then. */
static uint64_t held_secs(hm_health *h, const hm_health_params *p, uint64_t now_ns)
{
    hm_health_failed(h, p, now_ns);
    uint64_t secs = 0;
    while (hm_health_is_out(h, now_ns + secs * SECOND)) {
        secs++;
    }
    return secs;
}

Test(health, the_hold_down_doubles_with_each_failure_within_an_hour)
{
    static const uint64_t EXPECTED[] = {0, 60, 120, 240, 480, 600, 600, 600};
    hm_health h = {0};
    for (uint32_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        const uint64_t held = held_secs(&h, &USUAL, (1000 + 700 * i) * SECOND);
        cr_assert_eq(held, EXPECTED[i], "failure %u: %llu s", i + 1, (unsigned long long)held);
    }
}

Test(health, after_a_quiet_hour_a_failure_is_the_first_again)
{
    hm_health h = {0};
    cr_assert_eq(held_secs(&h, &USUAL, SECOND), 0);
    cr_assert_eq(held_secs(&h, &USUAL, HOUR), 60);
    cr_assert_eq(held_secs(&h, &USUAL, 2 * HOUR + SECOND), 0);
    cr_assert_eq(held_secs(&h, &USUAL, 3 * HOUR + SECOND), 60, "an hour to the nanosecond");
    cr_assert_eq(held_secs(&h, &USUAL, 4 * HOUR + SECOND + 1), 0);
}

Test(health, a_failure_at_the_zero_of_the_clock_counts)
{
    hm_health h = {0};
    cr_assert_eq(held_secs(&h, &USUAL, 0), 0);
    cr_assert_eq(held_secs(&h, &USUAL, SECOND), 60);
}

Test(health, no_hold_down_when_it_is_zero_and_no_overflow_at_the_limits)
{
    hm_health_params p = USUAL;
    hm_health h = {0};
    p.hold_down_ns = 0;
    for (uint64_t i = 1; i < 10; i++) {
        cr_assert_eq(held_secs(&h, &p, i * SECOND), 0);
    }
    p.hold_down_ns = 86400 * SECOND;
    p.hold_down_max_ns = 604800 * SECOND;
    h = (hm_health){.failures = UINT32_MAX - 2u, .failed_ns = SECOND};
    hm_health_failed(&h, &p, 2 * SECOND);
    cr_assert_eq(h.held_until_ns, 604802 * SECOND);
}

Test(health, the_end_of_a_hold_down_is_told_once)
{
    hm_health h = {0};
    hm_health_failed(&h, &USUAL, SECOND);
    hm_health_failed(&h, &USUAL, 2 * SECOND);
    cr_assert_eq(judge_turns(&h, &USUAL, 61 * SECOND, 0), 0);
    cr_assert_eq(judge_turns(&h, &USUAL, 62 * SECOND, 0), 1);
    cr_assert_eq(judge_turns(&h, &USUAL, 63 * SECOND, 0), 0);
}

/* Grey again within the hour: the canary's word counts only after the hold-down. */
Test(health, a_pool_that_turns_grey_again_is_held_down_longer)
{
    hm_health h = {0};
    make_grey(&h, SECOND);
    hm_health_verdict(&h, 20, 1);
    hm_health_judge(&h, &USUAL, 100 * SECOND, 1);
    cr_assert_not(hm_health_is_out(&h, 100 * SECOND));
    make_grey(&h, 200 * SECOND);
    hm_health_verdict(&h, 20, 1);
    cr_assert_eq(judge_turns(&h, &USUAL, 230 * SECOND, 1), 0, "out as before, for two reasons");
    cr_assert_not(h.grey);
    cr_assert(hm_health_is_out(&h, 230 * SECOND));
    cr_assert_eq(judge_turns(&h, &USUAL, 260 * SECOND, 1), 1);
    cr_assert_not(hm_health_is_out(&h, 260 * SECOND));
}

Test(health, a_new_connection_starts_unsuspected_and_its_failures_stay_counted)
{
    hm_health h = {0};
    hm_health_failed(&h, &USUAL, SECOND);
    make_grey(&h, 2 * SECOND);
    hm_health_restart(&h);
    cr_assert_not(h.grey);
    cr_assert(hm_health_is_out(&h, 3 * SECOND), "held down: the second failure");
    cr_assert_eq(h.failures, 2);
}
