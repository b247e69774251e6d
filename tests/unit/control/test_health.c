/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "tests/unit/control/health_fixture.h"

/* ---- what is rejected ---- */

Test(health, a_pool_that_rejects_nearly_everything_is_grey_within_a_minute_or_two)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        pool p = new_pool(5.0);
        p.seed = seed;
        const uint32_t after = run(&p, 0.9, 1000, &change);
        cr_assert(change == HM_HEALTH_REJECTS && after <= 120, "seed %d: %u s", (int)seed, after);
        cr_assert(p.h.grey && hm_health_is_out(&p.h, SECOND));
        cr_assert_gt(p.h.figure, 75.0);
    }
    pool p = new_pool(5.0);
    cr_assert_leq(run(&p, 1.0, 1000, &change), 60);
}

Test(health, before_the_least_number_of_verdicts_nobody_is_grey)
{
    pool p = new_pool(0.1);
    const uint32_t after = run(&p, 1.0, 1000, &change);
    cr_assert(after >= 490 && after <= 540, "%u s", after);
}

/* Each steady rate, of a pool with as many shares as that of a farm of 50 miners, for a day. */
Test(health, above_the_border_a_pool_is_left_and_below_it_is_kept)
{
    for (int pct = 0; pct <= 100; pct += 2) {
        pool p = new_pool(2.0);
        const uint32_t after = run(&p, pct / 100.0, 86400, &change);
        if (pct <= 30) {
            cr_assert_eq(after, 0, "%d %%: grey after %u s", pct, after);
        } else {
            cr_assert_eq(change, HM_HEALTH_REJECTS, "%d %%", pct);
            cr_assert(pct < 60 || after <= 1200, "%d %%: %u s", pct, after);
        }
    }
}

Test(health, the_border_is_the_owners)
{
    hm_health_params strict = USUAL;
    strict.border = 0.05;
    hm_health_params lenient = USUAL;
    lenient.border = 0.95;
    pool a = new_pool(5.0);
    pool b = new_pool(5.0);
    hm_health_change first = HM_HEALTH_SAME;
    for (uint32_t s = 1; s <= 7200; s++) {
        second(&a, 0.1);
        second(&b, 0.9);
        first = first == HM_HEALTH_SAME && s % 30 == 0 ? judged(&a, &strict) : first;
        cr_assert(s % 30 != 0 || judged(&b, &lenient) == HM_HEALTH_SAME, "second %u", s);
    }
    cr_assert_eq(first, HM_HEALTH_REJECTS);
}

Test(health, many_accepted_shares_buy_no_credit)
{
    pool p = new_pool(5.0);
    cr_assert_eq(run(&p, 0.0, 86400, &change), 0);
    cr_assert_leq(run(&p, 1.0, 1000, &change), 60);
}

/* Rejects at once, acknowledgements late: what has no verdict is not rejected. */
Test(health, acknowledgements_in_batches_condemn_nobody)
{
    static const uint32_t RHYTHMS[] = {1, 5, 29, 60, 125, 300, 600, 900};
    for (uint32_t i = 0; i < sizeof RHYTHMS / sizeof *RHYTHMS; i++) {
        for (int at_once = 0; at_once <= 1; at_once++) {
            pool p = new_pool(3.0);
            p.ack_secs = RHYTHMS[i];
            p.at_once = at_once;
            const uint32_t after = run(&p, 0.25, 40000, &change);
            cr_assert_eq(after, 0, "each %u s, at once %d: %u s", RHYTHMS[i], at_once, after);
            const uint32_t found = run(&p, 1.0, 4000, &change);
            const uint32_t most = at_once ? 240 + RHYTHMS[i] : 60 + 2 * RHYTHMS[i];
            cr_assert(found > 0 && found <= most, "each %u s, at once %d: found after %u s",
                      RHYTHMS[i], at_once, found);
        }
    }
}

/* A farm of five thousand: each tip makes all shares of ten seconds stale. */
Test(health, the_stale_shares_of_tips_condemn_nobody)
{
    pool p = new_pool(100.0);
    uint64_t seed = 7;
    uint32_t stale = 0;
    for (uint32_t s = 0; s < 86400; s++) {
        stale = draw_unit(&seed) < 1.0 / 600.0 ? 10 : stale;
        second(&p, stale > 0 ? 1.0 : 0.01);
        stale -= stale > 0 ? 1u : 0u;
        cr_assert(s % 30 != 0 || judged(&p, &USUAL) == HM_HEALTH_SAME, "second %u", s);
    }
}

Test(health, a_flood_of_tiny_rejects_condemns_nobody)
{
    pool p = new_pool(2.0);
    for (uint32_t s = 0; s < 20000; s++) {
        second(&p, 0.02);
        hm_health_forwarded(&p.h, 3e-6, 3e-13, 30, p.lived_ns);
        hm_health_verdict(&p.h, 3e-6, 30, HM_HEALTH_REJECTED, p.lived_ns);
        cr_assert(s % 30 != 0 || judged(&p, &USUAL) == HM_HEALTH_SAME, "second %u", s);
    }
}

Test(health, not_when_detection_is_off_and_at_once_well_when_it_is_switched_off)
{
    hm_health_params off = USUAL;
    off.detect = 0;
    pool p = new_pool(5.0);
    for (uint32_t s = 0; s < 3600; s++) {
        second(&p, 1.0);
        cr_assert_eq(judged(&p, &off), HM_HEALTH_SAME);
    }
    cr_assert_eq(run(&p, 1.0, 60, &change) > 0, 1);
    cr_assert(p.h.grey);
    cr_assert_eq(judged(&p, &off), HM_HEALTH_WELL);
    cr_assert_not(hm_health_is_out(&p.h, HOUR));
}

/* ---- silence ---- */

Test(health, a_pool_that_swallows_shares_is_grey_after_two_minutes_without_a_verdict)
{
    pool p = new_pool(3.0);
    p.ack_secs = 5;
    cr_assert_eq(run(&p, 0.0, 3600, &change), 0);
    const uint32_t after = until_silent(&p, 3600);
    cr_assert(after >= 120 && after <= 126, "%u s", after);
    cr_assert(p.h.grey && p.h.figure >= 120.0);
}

Test(health, silence_is_measured_against_the_pools_own_rhythm)
{
    pool p = new_pool(3.0);
    p.ack_secs = 300;
    cr_assert_eq(run(&p, 0.0, 7200, &change), 0);
    const uint32_t after = until_silent(&p, 7200);
    cr_assert(after >= 599 && after <= 905, "%u s since some time after the last one", after);
}

Test(health, one_that_never_answered_has_sixteen_minutes)
{
    pool p = new_pool(3.0);
    const uint32_t after = until_silent(&p, 7200);
    cr_assert(after >= 960 && after <= 965, "%u s", after);
}

/* It acknowledges every fifteen minutes, and the first time a moment after the beginning. */
Test(health, an_early_first_answer_is_no_rhythm)
{
    for (uint32_t ack_secs = 60; ack_secs <= 900; ack_secs += 60) {
        pool p = new_pool(3.0);
        p.ack_secs = ack_secs;
        p.lived_ns = (3600 - 5) * SECOND;
        cr_assert_eq(run(&p, 0.0, 4 * 3600, &change), 0, "every %u s", ack_secs);
    }
}

Test(health, half_a_minute_of_answers_makes_a_rhythm)
{
    pool p = new_pool(3.0);
    cr_assert_eq(run(&p, 0.0, 29, &change), 0);
    pool other = p;
    const uint32_t unknown = until_silent(&other, 7200);
    cr_assert_eq(run(&p, 0.0, 10, &change), 0);
    const uint32_t known = until_silent(&p, 7200);
    cr_assert(unknown >= 950 && known <= 130, "%u and %u s", unknown, known);
}

/* Each hour five minutes of nothing but rejects: it comes back as soon as after the first time. */
Test(health, one_that_was_well_for_long_is_tried_again_at_once)
{
    pool p = new_pool(3.0);
    uint32_t back[6];
    for (int i = 0; i < 6; i++) {
        cr_assert_gt(run(&p, 1.0, 300, &change), 0);
        cr_assert_eq(change, HM_HEALTH_REJECTS);
        cr_assert_eq(run(&p, 1.0, 200, &change), 0);
        back[i] = 0;
        while (change != HM_HEALTH_WELL && back[i] < 7200) {
            back[i] += run(&p, 0.0, 600, &change);
        }
        cr_assert_eq(run(&p, 0.0, 2700, &change), 0, "well for three quarters of an hour");
    }
    cr_assert(back[5] < 2 * back[0], "%u s, at first %u", back[5], back[0]);
}

Test(health, few_shares_without_a_verdict_are_not_enough)
{
    pool p = new_pool(0.01);
    cr_assert_eq(run(&p, 0.0, 3600, &change), 0);
    const uint32_t after = until_silent(&p, 3600);
    cr_assert(after >= 950, "%u s: not before ten shares", after);
}

Test(health, what_is_excused_or_lost_does_not_wait)
{
    pool p = new_pool(3.0);
    p.ack_secs = 1000000;
    for (uint32_t s = 0; s < 7200; s++) {
        second(&p, 0.0);
        hm_health_excused(&p.h, 3.0, 3);
        cr_assert_eq(judged(&p, &USUAL), HM_HEALTH_SAME, "second %u", s);
    }
}

Test(health, a_silent_pool_stays_out_until_it_answers)
{
    pool p = new_pool(3.0);
    p.ack_secs = 5;
    cr_assert_eq(run(&p, 0.0, 600, &change), 0);
    cr_assert_gt(until_silent(&p, 3600), 0);
    for (uint32_t s = 0; s < 7200; s++) {
        second(&p, 0.0);
        cr_assert_eq(judged(&p, &USUAL), HM_HEALTH_SAME, "second %u", s);
    }
    verdicts(&p, 1, 1);
    cr_assert_eq(judged(&p, &USUAL), HM_HEALTH_TRIED);
}

/* ---- the return ---- */

static void make_grey(pool *p)
{
    cr_assert_gt(run(p, 1.0, 600, &change), 0);
    cr_assert_eq(change, HM_HEALTH_REJECTS);
}

Test(health, accepted_shares_of_the_canary_bring_it_back_on_trial_and_the_share_doubles)
{
    pool p = new_pool(1.0);
    make_grey(&p);
    const uint32_t tried = run(&p, 0.0, 600, &change);
    cr_assert(change == HM_HEALTH_TRIED && tried <= 60, "%u s", tried);
    cr_assert_not(hm_health_is_out(&p.h, HOUR));
    double before = p.h.share;
    cr_assert_leq(before, 0.02);
    while (run(&p, 0.0, 600, &change) > 0 && change == HM_HEALTH_WIDER) {
        cr_assert_float_eq(p.h.share, 2 * before, 1e-12);
        before = p.h.share;
    }
    cr_assert_eq(change, HM_HEALTH_WELL);
    cr_assert_eq(p.h.share, 0.0);
}

Test(health, a_canary_that_is_mostly_rejected_does_not_bring_it_back)
{
    pool p = new_pool(1.0);
    make_grey(&p);
    cr_assert_eq(run(&p, 0.9, 86400, &change), 0);
}

Test(health, without_a_canary_it_is_tried_after_the_longest_hold_down)
{
    pool p = new_pool(1.0);
    make_grey(&p);
    p.has_canary = 0;
    const uint64_t grey_ns = p.lived_ns;
    while (judged(&p, &USUAL) == HM_HEALTH_SAME) {
        p.lived_ns += SECOND;
    }
    cr_assert_eq(p.lived_ns - grey_ns, 600 * SECOND);
    cr_assert_gt(p.h.share, 0.0);
}

/* A return that fails costs at most a hundredth of the farm's hour, whatever the pool's part. */
Test(health, a_failed_return_is_cheap)
{
    static const double PARTS[] = {1.0, 2.0, 3.0, 10.0};
    for (uint32_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        for (int pct = 60; pct <= 100; pct += 10) {
            pool p = new_pool(1.0);
            p.parts = PARTS[i];
            make_grey(&p);
            p.has_canary = 0;
            while (judged(&p, &USUAL) == HM_HEALTH_SAME) {
                p.lived_ns += SECOND;
            }
            const uint32_t lasted = run(&p, pct / 100.0, 7200, &change);
            const double lost = pct / 100.0 * lasted * p.per_second;
            cr_assert(change == HM_HEALTH_REJECTS || change == HM_HEALTH_WIDER);
            const double cost_s = lost / (p.per_second * p.parts);
            const double pause_s = p.h.grey ? (double)(p.h.blind_ns - p.lived_ns) / 1e9 : 3600.0;
            cr_assert_geq(pause_s, 60.0 * cost_s, "watching costs about a hundredth");
            cr_assert_leq(lost, 0.0101 * 3600 * p.parts, "part 1/%g, %d %%: %g s", p.parts, pct,
                          lost);
        }
    }
}

Test(health, each_relapse_doubles_the_wait_up_to_hours_and_good_hours_forget_it)
{
    pool p = new_pool(1.0);
    uint64_t waited = 0;
    make_grey(&p);
    p.has_canary = 0;
    for (uint32_t i = 0; i < 8; i++) {
        const uint64_t before = p.lived_ns;
        while (judged(&p, &USUAL) == HM_HEALTH_SAME) {
            p.lived_ns += SECOND;
        }
        cr_assert(p.lived_ns - before >= 2 * waited || p.lived_ns - before == 4 * HOUR);
        cr_assert_leq(p.lived_ns - before, 4 * HOUR);
        waited = p.lived_ns - before;
        p.h.recovery = 0.0;
        cr_assert_gt(run(&p, 1.0, 600, &change), 0);
        cr_assert(p.h.grey);
    }
    cr_assert_eq(waited, 4 * HOUR);
    p.has_canary = 1;
    while (run(&p, 0.0, 5 * 3600, &change) > 0 && change != HM_HEALTH_WELL) {
    }
    cr_assert_eq(run(&p, 0.0, 20 * 3600, &change), 0);
    make_grey(&p);
    cr_assert_eq(p.h.relapses, 1);
}

/* Just above the border luck lets it return now and then: ever more rarely. */
Test(health, a_pool_just_above_the_border_is_not_left_again_and_again)
{
    pool p = new_pool(2.0);
    uint32_t left = 0;
    for (uint32_t s = 0; s < 2 * 86400; s++) {
        second(&p, 0.36);
        const int is_due = s % 30 == 0 || p.h.share > 0.0;
        if (is_due && judged(&p, &USUAL) == HM_HEALTH_REJECTS) {
            left++;
        }
    }
    cr_assert(left >= 1 && left <= 20, "%u times in two days", left);
}

/* ---- connections ---- */

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
        const uint64_t held = held_secs(&h, &USUAL, (1000 + 400 * i) * SECOND);
        cr_assert_eq(held, EXPECTED[i], "failure %u: %llu s", i + 1, (unsigned long long)held);
        cr_assert_eq(hm_health_failures(&h, (1000 + 400 * i) * SECOND), i + 1);
    }
}

/* The hour slides: one failure every 50 minutes for days is never more than two of them. */
Test(health, failures_are_counted_within_a_sliding_hour)
{
    hm_health h = {0};
    for (uint64_t i = 0; i < 100; i++) {
        cr_assert_eq(held_secs(&h, &USUAL, (1 + 3000 * i) * SECOND), i == 0 ? 0 : 60);
    }
    h = (hm_health){0};
    cr_assert_eq(held_secs(&h, &USUAL, SECOND), 0);
    cr_assert_eq(held_secs(&h, &USUAL, SECOND + HOUR), 60, "an hour to the nanosecond");
    cr_assert_eq(held_secs(&h, &USUAL, 2 * HOUR + 2 * SECOND), 0);
}

Test(health, more_failures_than_it_remembers_are_many)
{
    hm_health h = {0};
    for (uint64_t i = 0; i < 100; i++) {
        hm_health_failed(&h, &USUAL, (1000 + i) * SECOND);
    }
    cr_assert_eq(hm_health_failures(&h, 1100 * SECOND), HM_FAILURES);
    cr_assert_eq(hm_health_last_failure(&h), 1099 * SECOND);
    cr_assert_eq(h.held_until_ns, 1699 * SECOND);
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
    h = (hm_health){0};
    for (uint64_t i = 1; i < 40; i++) {
        hm_health_failed(&h, &p, i * SECOND);
    }
    cr_assert_eq(h.held_until_ns, 39 * SECOND + 604800 * SECOND);
}

Test(health, a_hold_down_ends_when_it_is_over)
{
    hm_health h = {0};
    hm_health_failed(&h, &USUAL, SECOND);
    hm_health_failed(&h, &USUAL, 2 * SECOND);
    hm_health_release(&h, 61 * SECOND);
    cr_assert_neq(h.held_until_ns, 0);
    hm_health_release(&h, 62 * SECOND);
    cr_assert_eq(h.held_until_ns, 0);
}

Test(health, a_new_connection_of_a_grey_pool_is_on_trial_and_its_failures_stay_counted)
{
    pool p = new_pool(1.0);
    hm_health_failed(&p.h, &USUAL, SECOND);
    make_grey(&p);
    hm_health_failed(&p.h, &USUAL, 2 * SECOND);
    hm_health_restart(&p.h);
    cr_assert_not(p.h.grey);
    cr_assert_gt(p.h.share, 0.0);
    cr_assert(hm_health_is_out(&p.h, 3 * SECOND), "held down: the second failure");
    pool well = new_pool(1.0);
    hm_health_restart(&well.h);
    cr_assert_eq(well.h.share, 0.0);
}
