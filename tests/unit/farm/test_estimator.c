/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A usual machine here: difficulty 100, six shares a minute, evaluated every 30 s. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "plugin/base/fmath.h"
#include "plugin/farm/estimator.h"
#include "tests/unit/test_draw.h"

static const double DIFFICULTY = 100.0;
static const double DT_S = 30.0;
static const double USUAL = 100.0 * 6.0 / 60.0; /* work per second */

static const hm_estimator_params *params(void)
{
    return &HM_ESTIMATOR_DEFAULTS;
}

static double update(hm_estimate *e, uint32_t count)
{
    return hm_estimate_update(e, params(), DIFFICULTY * count, count, DT_S,
                              hm_decay(DT_S, params()->window_s));
}

/* One evaluation of a machine of true rate `rate`. */
static double update_poisson(hm_estimate *e, uint64_t *seed, double rate)
{
    return update(e, draw_poisson(seed, rate * DT_S / DIFFICULTY));
}

Test(estimator, starts_from_what_is_declared_or_from_the_guess)
{
    hm_estimate e;
    cr_assert_eq(hm_estimate_init(&e, params(), 123.0, 456.0), 123.0);
    cr_assert_eq(hm_estimate_init(&e, params(), 0.0, 456.0), 456.0);
}

/* In a record that was used before it is the same as if nothing had been. */
Test(estimator, a_start_leaves_nothing_of_what_was)
{
    hm_estimate fresh;
    hm_estimate again;
    (void)hm_estimate_init(&fresh, params(), USUAL, 1.0);
    const float tests[] = {fresh.drop, fresh.drop_s, fresh.drop_work,
                           fresh.rise, fresh.rise_s, fresh.rise_work};
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(tests[i], 0.0f, "%d", i);
    }
    cr_assert_eq(fresh.silent, 0.0f);
    cr_assert_float_eq(fresh.b, 11.0 * 10.0, 1e-9, "shares of ten seconds until one was seen");
    (void)update(&fresh, 3);
    (void)hm_estimate_init(&again, params(), 2.0 * USUAL, 1.0);
    for (int i = 0; i < 10; i++) {
        (void)update(&again, i % 2 == 0 ? 3 : 0);
    }
    (void)hm_estimate_init(&again, params(), USUAL, 1.0);
    (void)update(&again, 3);
    cr_assert_float_eq(again.a, fresh.a, 1e-9);
    cr_assert_float_eq(again.b, fresh.b, 1e-9);
    cr_assert(again.drop == fresh.drop && again.rise == fresh.rise);
}

/* What is left of the memory when a change was found: what was seen since it began, and half a
 * share at that rate. */
static void check_cut(uint32_t before, uint32_t after, double most)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    for (int i = 0; i < 480; i++) {
        (void)update(&e, before);
    }
    for (int i = 1; i <= 60; i++) {
        const double was = e.a / e.b;
        const double seconds = e.b;
        const double rate = update(&e, after);
        if (e.b < seconds) {
            const double seen = after > 0 ? DIFFICULTY * after / DT_S : was / 4.0;
            const double half_s = 0.5 * DIFFICULTY / seen;
            cr_assert_leq(i, most);
            cr_assert_float_eq(e.b, i * DT_S + half_s, 1e-6, "%f after %d", e.b, i);
            cr_assert_float_eq(e.a, DIFFICULTY * after * i + 0.5 * DIFFICULTY, 1e-6, "%f", e.a);
            cr_assert(after == 0 || fabs(rate - seen) < 1e-9 * seen);
            cr_assert(e.drop == 0.0f && e.rise == 0.0f && e.drop_s == 0.0f && e.rise_s == 0.0f);
            cr_assert(e.drop_work == 0.0f && e.rise_work == 0.0f);
            return;
        }
    }
    cr_assert_fail("from %u to %u: never found", before, after);
}

Test(estimator, a_change_leaves_what_was_seen_since_and_half_a_share)
{
    check_cut(6, 12, 9);
    check_cut(6, 2, 10);
    check_cut(3, 0, 9);
    check_cut(3, 30, 2);
    check_cut(6, 9, 25);
    check_cut(6, 4, 60);
}

/* Nothing in it depends on the unit of work: a farm of a smaller difficulty is the same farm. */
Test(estimator, a_scale_of_difficulty_changes_nothing_but_the_scale)
{
    static const double scales[] = {0x1p-20, 0x1p-10, 0x1p30};
    static const uint32_t shares[] = {0, 1, 3, 3, 12, 12, 12, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2};
    enum { SHARES = sizeof shares / sizeof shares[0] };
    const double decay = hm_decay(DT_S, params()->window_s);
    for (int s = 0; s < 6; s++) {
        const double scale = scales[s / 2];
        const double nominal = s % 2 == 0 ? 3.0 * USUAL : 0.0;
        hm_estimate a;
        hm_estimate b;
        double rate = hm_estimate_init(&a, params(), nominal, USUAL);
        double scaled = hm_estimate_init(&b, params(), scale * nominal, scale * USUAL);
        for (int i = 0; i < 20 * SHARES; i++) {
            const uint32_t count = shares[i % SHARES];
            cr_assert_eq(scaled, scale * rate, "scale %g, update %d", scale, i);
            rate = hm_estimate_update(&a, params(), DIFFICULTY * count, count, DT_S, decay);
            scaled =
                hm_estimate_update(&b, params(), scale * DIFFICULTY * count, count, DT_S, decay);
        }
    }
}

/* The declared hashrate weighs 11 shares: a first interval with twice as many shares as declared
 * moves the estimate by the weight of those. */
Test(estimator, declared_hashrate_weighs_eleven_shares)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    const double rate = update(&e, 6);
    const double f = exp(-DT_S / 14400.0);
    const double seconds = 11.0 * DIFFICULTY / USUAL;
    const double expected = (USUAL * seconds * f + 600.0) / (seconds * f + DT_S);
    cr_assert_float_eq(rate, expected, 1e-9);
    cr_assert_float_eq(rate, USUAL * (11.0 + 6.0) / (11.0 + 3.0), 0.01);
    /* Also one that declares thrice what it does. */
    (void)hm_estimate_init(&e, params(), 3.0 * USUAL, 1.0);
    cr_assert_float_eq(update(&e, 3), (1100.0 * f + 300.0) / (1100.0 / (3.0 * USUAL) * f + DT_S),
                       1e-9);
}

Test(estimator, unknown_hashrate_starts_at_six_shares_a_minute_of_the_first_difficulty)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), 0.0, 1e9);
    const double rate = update(&e, 3);
    cr_assert_float_eq(rate, DIFFICULTY * 6.0 / 60.0, 1e-6, "%f", rate);
}

Test(estimator, converges_to_the_true_rate_whatever_was_declared)
{
    static const double declared[] = {1.0 / 20, 1.0 / 3, 0.7, 1.0, 1.3, 3.0, 20.0, 0.0};
    uint64_t seed = 41;
    for (int d = 0; d < 8; d++) {
        double sum = 0.0;
        for (int channel = 0; channel < 50; channel++) {
            hm_estimate e;
            double rate = hm_estimate_init(&e, params(), declared[d] * USUAL, 5.0 * USUAL);
            for (int i = 0; i < 8 * 120; i++) {
                rate = update_poisson(&e, &seed, USUAL);
            }
            cr_assert(rate > 0.8 * USUAL && rate < 1.25 * USUAL, "declared %g: %g", declared[d],
                      rate);
            sum += rate / 50.0;
        }
        cr_assert_float_eq(sum / USUAL, 1.0, 0.02, "declared %g: mean %g", declared[d], sum);
    }
}

Test(estimator, forgets_with_a_time_constant_of_four_hours)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    for (int i = 0; i < 10000; i++) {
        (void)update(&e, 3);
    }
    /* the sum of a geometric series: dt / (1 - f) */
    cr_assert_float_eq(e.b, DT_S / (1.0 - exp(-DT_S / 14400.0)), 1.0);
}

/* Minutes until the memory was cut short by a change test, after the rate went from USUAL to
 * `factor` times that; up to 600. */
static double minutes_to_detect(uint64_t *seed, double factor)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    for (int i = 0; i < 480; i++) {
        (void)update_poisson(&e, seed, USUAL);
    }
    for (int i = 1; i <= 1200; i++) {
        const double before = e.b;
        (void)update_poisson(&e, seed, factor * USUAL);
        if (e.b < before) {
            return 0.5 * i;
        }
    }
    return 600.0;
}

/* Halved at 6 a minute the test for a drop gains 3 * ln 0.6 + 0.4 * 6 = 0.87 a minute and fires at
 * 10: 11.5 min. Doubled, that for a rise gains 12 * ln 1.6 - 0.6 * 6 = 2.04 a minute: 4.9 min. */
Test(estimator, notices_half_and_double_within_the_computed_times)
{
    uint64_t seed = 42;
    double half = 0.0;
    double twice = 0.0;
    for (int channel = 0; channel < 300; channel++) {
        half += minutes_to_detect(&seed, 0.5) / 300.0;
        twice += minutes_to_detect(&seed, 2.0) / 300.0;
    }
    cr_assert(half > 9.0 && half < 14.0, "half after %.1f min", half);
    cr_assert(twice > 3.5 && twice < 6.5, "twice after %.1f min", twice);
}

static void check_settles_at(double factor, uint32_t shares_a, uint32_t shares_b)
{
    hm_estimate e;
    double rate = hm_estimate_init(&e, params(), USUAL, 1.0);
    for (int i = 0; i < 480; i++) {
        rate = update(&e, 3);
    }
    cr_assert_float_eq(rate, USUAL, 1e-6 * USUAL);
    for (int i = 0; i < 40; i++) {
        rate = update(&e, i % 2 ? shares_a : shares_b);
    }
    cr_assert_float_eq(rate / USUAL, factor, 0.1 * factor, "20 min later: %g", rate / USUAL);
}

Test(estimator, is_right_again_soon_after_the_change)
{
    check_settles_at(0.5, 1, 2);
    check_settles_at(2.0, 6, 6);
    check_settles_at(4.0, 12, 12);
}

/* The study measured 1 false alarm per 15 channel-days at threshold 10. */
Test(estimator, steady_machine_seldom_gives_a_false_alarm)
{
    uint64_t seed = 43;
    int alarms = 0;
    for (int day = 0; day < 150; day++) {
        hm_estimate e;
        (void)hm_estimate_init(&e, params(), USUAL, 1.0);
        for (int i = 0; i < 2880; i++) {
            const double before = e.b;
            (void)update_poisson(&e, &seed, USUAL);
            alarms += e.b < before && i > 0 && before < 14400.0 + 30.0;
        }
    }
    cr_assert_leq(alarms, 25, "%d in 150 channel-days", alarms);
    cr_assert_geq(alarms, 1, "a test that never fires is no test");
}

Test(estimator, fourteen_expected_shares_of_silence_count_as_zero)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    for (int i = 0; i < 480; i++) {
        (void)update(&e, 3);
    }
    for (int i = 1; i <= 4; i++) {
        cr_assert_gt(update(&e, 0), 0.0, "%d expected shares are luck", 3 * i);
    }
    cr_assert_eq(update(&e, 0), 0.0, "15 are not");
    for (int i = 0; i < 5000; i++) {
        cr_assert_eq(update(&e, 0), 0.0, "it stays silent");
    }
}

Test(estimator, comes_back_at_its_old_rate_with_the_weight_of_four_shares)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    for (int i = 0; i < 480; i++) {
        (void)update(&e, 3);
    }
    for (int i = 0; i < 100; i++) {
        (void)update(&e, 0);
    }
    const double rate = update(&e, 6);
    const double f = exp(-DT_S / 14400.0);
    const double seconds = 4.0 * DIFFICULTY / USUAL;
    cr_assert_float_eq(rate, (USUAL * seconds * f + 600.0) / (seconds * f + DT_S), 1e-6);
    cr_assert_gt(update(&e, 0), 0.0, "and the count of silence starts anew");
}

Test(estimator, one_share_ends_a_silence)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    (void)update(&e, 3);
    for (int i = 0; i < 100; i++) {
        (void)update(&e, 0);
    }
    cr_assert_gt(update(&e, 1), 0.0);
    cr_assert_gt(update(&e, 0), 0.0, "the count of silence starts anew");
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    (void)update(&e, 1);
    cr_assert_eq(e.difficulty, (float)DIFFICULTY, "one share tells the difficulty");
}

Test(estimator, a_share_outranks_what_is_declared_later)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    double rate = 0.0;
    for (int i = 0; i < 480; i++) {
        rate = update(&e, 3);
    }
    cr_assert_eq(hm_estimate_declare(&e, params(), 5.0 * USUAL, 1.0), rate);
    cr_assert_eq(hm_estimate_declare(&e, params(), 0.0, 1.0), rate);
    cr_assert_float_eq(update(&e, 3), rate, 1e-3 * USUAL);
}

Test(estimator, without_a_share_the_last_word_counts_and_its_silence_goes_on)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    (void)update(&e, 0);
    const double once = hm_estimate_declare(&e, params(), 5.0 * USUAL, 1.0);
    cr_assert(once > 3.0 * USUAL && once < 5.0 * USUAL, "half a minute without a share: %f", once);
    cr_assert_lt(hm_estimate_declare(&e, params(), 0.0, 7.0 * USUAL), 7.0 * USUAL);
    double rate = once;
    for (int i = 0; i < 40; i++) {
        (void)hm_estimate_declare(&e, params(), USUAL * (1.0 + i % 3), 1.0);
        rate = update(&e, 0);
    }
    cr_assert_eq(rate, 0.0);
    cr_assert_eq(hm_estimate_declare(&e, params(), 1e30, 1.0), 0.0, "and it stays silent");
}

Test(estimator, silent_machine_that_declares_again_stays_silent)
{
    hm_estimate e;
    (void)hm_estimate_init(&e, params(), USUAL, 1.0);
    (void)update(&e, 3);
    for (int i = 0; i < 100; i++) {
        (void)update(&e, 0);
    }
    cr_assert_eq(hm_estimate_declare(&e, params(), USUAL, 1.0), 0.0);
    cr_assert_gt(update(&e, 1), 0.0, "until it speaks");
}

Test(estimator, anything_in_leaves_the_estimate_finite)
{
    static const double odd[] = {DBL_TRUE_MIN, DBL_MIN, 1e-45, 1e-38, 1e-30,
                                 1.0,          1e10,    1e30,  1e39,  DBL_MAX};
    static const uint32_t counts[] = {0, 0, 1, 2, 1000, UINT32_MAX};
    static const double seconds[] = {1.0, 30.0, 150.0};
    uint64_t seed = 44;
    for (int channel = 0; channel < 5000; channel++) {
        hm_estimate e;
        const double nominal = draw_below(&seed, 2) ? 0.0 : odd[draw_below(&seed, 10)];
        double rate = hm_estimate_init(&e, params(), nominal, odd[draw_below(&seed, 10)]);
        cr_assert(isfinite(rate) && rate >= 0.0);
        for (int i = 0; i < 60; i++) {
            const uint32_t count = counts[draw_below(&seed, 6)];
            const double work = count > 0 ? odd[draw_below(&seed, 10)] : 0.0;
            const double dt = seconds[draw_below(&seed, 3)];
            rate =
                hm_estimate_update(&e, params(), work, count, dt, hm_decay(dt, params()->window_s));
            cr_assert(isfinite(rate) && rate >= 0.0, "channel %d, update %d: %g", channel, i, rate);
        }
    }
}

/* However odd its past, a machine that works normally again is soon estimated no worse than the
 * change tests can see: a first share of absurd difficulty only makes the memory of what was
 * declared absurdly long. */
Test(estimator, recovers_from_anything)
{
    static const double odd[] = {DBL_TRUE_MIN, 1e-45, 1e-30, 1e30, 1e39, DBL_MAX};
    for (int o = 0; o < 6; o++) {
        hm_estimate e;
        (void)hm_estimate_init(&e, params(), USUAL, 1.0);
        (void)hm_estimate_update(&e, params(), odd[o], 1, DT_S, hm_decay(DT_S, 14400.0));
        double rate = 0.0;
        for (int i = 0; i < 48 * 120; i++) {
            rate = update(&e, 3);
        }
        cr_assert(rate > 0.6 * USUAL && rate < 1.6 * USUAL, "after work %g: %g", odd[o], rate);
    }
}
