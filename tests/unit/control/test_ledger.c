/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "plugin/control/ledger.h"
#include "plugin/control/pid.h"
#include "tests/unit/test_draw.h"

static const double WINDOW_S = 600.0;
static const double DT_S = 30.0;
static const double NO_LIMIT = 1e300;
static const uint8_t ALL[HMX_UPSTREAMS_MAX] = {1, 1, 1, 1};
static const double SPLIT[] = {0.6, 0.3, 0.1};

static hm_ledger ledger; /* 4 KB; each test runs in a process of its own */

static void credit(const double *work, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (work[i] > 0.0) {
            hm_ledger_credit(&ledger, i + 1u, work[i], work[i] * work[i]);
        }
    }
}

/* `count` shares of together `credit`, and the pool's verdict on them at once. */
static void judge(uint32_t upstream, double credit, uint32_t count, int accepted)
{
    hm_ledger_submitted(&ledger, upstream, credit, count);
    hm_ledger_verdict(&ledger, upstream, credit, accepted ? HM_ANSWER_ACCEPTED : HM_ANSWER_REJECTED,
                      0);
}

static void settle(uint32_t n, const double *effective)
{
    hm_ledger_settle(&ledger, effective, ALL, n, DT_S, WINDOW_S, NO_LIMIT);
}

/* What a controller that is new makes of it. */
static hm_pid_terms terms_of(const hm_gains *gains, const hm_ledger_input *in)
{
    hm_pid pid = {0};
    const hm_pid_sample sample = {.measurement_pct = -in->error_points,
                                  .dt_min = DT_S / 60.0,
                                  .integral = &in->integral_point_min};
    return hm_pid_update(&pid, gains, &sample);
}

Test(ledger, window_and_debt_have_the_values_computed_by_hand)
{
    const double work[] = {500.0, 400.0, 100.0};
    const double f = exp(-0.05);
    credit(work, 3);
    settle(3, SPLIT);
    /* errors +100, -100, 0; the window takes them times (600/30) * (1 - f) */
    cr_assert_float_eq(ledger.accounts[0].window, 100.0 * 20.0 * (1.0 - f), 1e-9);
    cr_assert_float_eq(ledger.accounts[1].window, -100.0 * 20.0 * (1.0 - f), 1e-9);
    cr_assert_float_eq(ledger.accounts[2].window, 0.0, 1e-9);
    cr_assert_float_eq(ledger.accounts[0].debt, 100.0, 1e-9);
    cr_assert_float_eq(ledger.accounts[1].debt, -100.0, 1e-9);
    credit(work, 3);
    settle(3, SPLIT);
    cr_assert_float_eq(ledger.accounts[0].window, 100.0 * 20.0 * (1.0 - f) * (1.0 + f), 1e-9);
    cr_assert_float_eq(ledger.accounts[0].debt, 200.0, 1e-9);
    const hm_ledger_input in = hm_ledger_inputs(&ledger, 1, 25.0, WINDOW_S);
    const double window = 2000.0 * (1.0 - f) * (1.0 + f);
    cr_assert_float_eq(in.error_points, 100.0 * window / (25.0 * 600.0), 1e-9);
    cr_assert_float_eq(in.integral_point_min, 100.0 * (200.0 - window) / (25.0 * 60.0), 1e-9);
}

/* All that a settlement keeps, and nothing of what is not among the first n. */
Test(ledger, a_settlement_has_all_values_computed_by_hand)
{
    const double work[] = {0.5, 0.25, 0.0, 4000.0};
    const double f = exp(-0.05);
    const double g = exp(-DT_S / 1200.0);
    judge(2, 0.75, 3, 1);
    judge(2, 0.25, 1, 0);
    judge(4, 1.0, 1, 1);
    credit(work, 4);
    const hm_account fourth = ledger.accounts[3];
    settle(3, SPLIT);
    cr_assert_eq(memcmp(&ledger.accounts[3], &fourth, sizeof fourth), 0);
    cr_assert_float_eq(ledger.accounts[0].debt, 0.6 * 0.75 - 0.5, 1e-12);
    credit(work, 2);
    settle(3, SPLIT);
    cr_assert_float_eq(ledger.accounts[0].delivered, 0.5 * (1.0 + f), 1e-12);
    cr_assert_float_eq(ledger.accounts[1].delivered, 0.25 * (1.0 + f), 1e-12);
    cr_assert_eq(ledger.accounts[2].delivered, 0.0);
    cr_assert_eq(ledger.accounts[0].total, 1.0);
    cr_assert_float_eq(ledger.accounts[1].asked, 1.0 * g * g, 1e-12);
    cr_assert_float_eq(ledger.accounts[1].rejected, 0.25 * g * g, 1e-12);
    cr_assert_float_eq(ledger.accounts[1].proven, 0.25 * (1.0 + g) * g, 1e-12);
    cr_assert_float_eq(ledger.accounts[1].asked_shares, 4.0 * g * g, 1e-12);
    cr_assert_eq(memcmp(&ledger.accounts[3], &fourth, sizeof fourth), 0);
}

/* Work of any pool ends it, also of the first alone or of one that takes no part. */
Test(ledger, silence_is_the_time_without_any_work)
{
    for (uint32_t i = 0; i < 3; i++) {
        const uint8_t nobody[] = {0, 0, 0};
        double work[] = {0.0, 0.0, 0.0};
        memset(&ledger, 0, sizeof ledger);
        work[i] = 0.125;
        settle(3, SPLIT);
        settle(3, SPLIT);
        cr_assert_eq(ledger.silent_s, 2 * DT_S);
        credit(work, 3);
        hm_ledger_settle(&ledger, SPLIT, nobody, 3, DT_S, WINDOW_S, NO_LIMIT);
        cr_assert_eq(ledger.silent_s, 0.0, "pool %u", i + 1);
        settle(3, SPLIT);
        cr_assert_eq(ledger.silent_s, DT_S);
    }
}

Test(ledger, lasting_error_fills_the_window_to_the_error_itself)
{
    const double work[] = {58.0 * DT_S, 32.0 * DT_S, 10.0 * DT_S};
    for (int i = 0; i < 400; i++) {
        credit(work, 3);
        settle(3, SPLIT);
    }
    cr_assert_float_eq(hm_ledger_inputs(&ledger, 1, 100, WINDOW_S).error_points, 2, 1e-6);
    cr_assert_float_eq(hm_ledger_inputs(&ledger, 2, 100, WINDOW_S).error_points, -2, 1e-6);
    cr_assert_float_eq(hm_ledger_inputs(&ledger, 3, 100, WINDOW_S).error_points, 0, 1e-6);
}

/* The worked example of the specification: 100 equal miners, the window full of 58/32/10. */
Test(ledger, worked_example_asks_for_two_miners_more_and_two_less)
{
    static const double expected[] = {2.0, -2.0, 0.0};
    const hm_gains proportional = {1.0, 0.0, 0.0};
    const double work[] = {58.0 * DT_S, 32.0 * DT_S, 10.0 * DT_S};
    for (int i = 0; i < 3600 / 30; i++) {
        credit(work, 3);
        settle(3, SPLIT);
    }
    for (uint32_t i = 0; i < 3; i++) {
        const hm_ledger_input in = hm_ledger_inputs(&ledger, i + 1u, 100.0, WINDOW_S);
        const hm_pid_terms t = terms_of(&proportional, &in);
        cr_assert_float_eq(t.output_points * 100.0 / 100.0, expected[i], 0.1, "upstream %u: %f",
                           i + 1u, t.output_points);
    }
}

Test(ledger, integral_input_is_the_integral_of_the_error_input)
{
    uint64_t seed = 31;
    const double hashrate = 100.0;
    double integral = 0.0;
    for (int i = 0; i < 20000; i++) {
        const double work[] = {draw_between(&seed, 0, 100), draw_between(&seed, 0, 100)};
        const double half[] = {0.5, 0.5};
        credit(work, 2);
        hm_ledger_settle(&ledger, half, ALL, 2, 0.1, WINDOW_S, NO_LIMIT);
        integral += hm_ledger_inputs(&ledger, 1, hashrate, WINDOW_S).error_points * 0.1 / 60.0;
    }
    const double input = hm_ledger_inputs(&ledger, 1, hashrate, WINDOW_S).integral_point_min;
    cr_assert_gt(fabs(input), 0.1, "the draw must not be boring");
    cr_assert_float_eq(input, integral, 0.002 * fabs(input));
}

/* With Kp = Ki * window the zero of the controller cancels the pole of the window exactly. */
Test(ledger, proportional_and_integral_collapse_to_feedback_of_the_debt)
{
    static const hm_gains presets[] = {{1.0, 0.1, 0.0}, {0.5, 0.05, 0.0}};
    const double hashrate = 77.0;
    uint64_t seed = 32;
    for (int i = 0; i < 5000; i++) {
        const double work[] = {draw_between(&seed, 0, 3000), draw_between(&seed, 0, 3000),
                               draw_between(&seed, 0, 500)};
        credit(work, 3);
        settle(3, SPLIT);
        for (uint32_t u = 1; u <= 3; u++) {
            const hm_ledger_input in = hm_ledger_inputs(&ledger, u, hashrate, WINDOW_S);
            const double debt_points_min = 100.0 * ledger.accounts[u - 1u].debt / (hashrate * 60.0);
            for (int p = 0; p < 2; p++) {
                const double output = terms_of(&presets[p], &in).output_points;
                const double expected = presets[p].ki * debt_points_min;
                cr_assert_float_eq(output, expected, 1e-9 * (1.0 + fabs(expected)));
            }
        }
    }
}

/* The targets of the interval count: a change of targets is neither a kick nor paid back. */
Test(ledger, error_of_an_interval_uses_the_targets_of_that_interval)
{
    const double before[] = {0.6, 0.4};
    const double after[] = {0.2, 0.8};
    const double at_before[] = {60.0, 40.0};
    const double at_after[] = {20.0, 80.0};
    for (int i = 0; i < 50; i++) {
        credit(i < 25 ? at_before : at_after, 2);
        settle(2, i < 25 ? before : after);
        const hm_ledger_input in = hm_ledger_inputs(&ledger, 1, 1.0, WINDOW_S);
        cr_assert_float_eq(in.error_points, 0.0, 1e-12);
        cr_assert_float_eq(in.integral_point_min, 0.0, 1e-12);
    }
}

Test(ledger, no_shares_mean_no_error_at_all)
{
    for (int i = 0; i < 1000; i++) {
        settle(3, SPLIT);
        for (uint32_t u = 1; u <= 3; u++) {
            const hm_ledger_input in = hm_ledger_inputs(&ledger, u, 100.0, WINDOW_S);
            cr_assert_eq(in.error_points, 0.0);
            cr_assert_eq(in.integral_point_min, 0.0);
        }
    }
    cr_assert_eq(ledger.accounts[0].debt, 0.0);
    cr_assert_eq(hm_ledger_sigma_points(&ledger, SPLIT, 3, 100.0), 0.0);
}

Test(ledger, debts_of_all_upstreams_sum_to_zero)
{
    uint64_t seed = 33;
    for (int i = 0; i < 2000; i++) {
        const double work[] = {draw_between(&seed, 0, 900), draw_between(&seed, 0, 900),
                               draw_between(&seed, 0, 900)};
        credit(work, 3);
        settle(3, SPLIT);
        const hm_account *const a = ledger.accounts;
        cr_assert_float_eq(a[0].debt + a[1].debt + a[2].debt, 0.0, 1e-6);
        cr_assert_float_eq(a[0].window + a[1].window + a[2].window, 0.0, 1e-6);
    }
}

Test(ledger, those_that_take_no_part_are_counted_but_neither_owe_nor_are_owed)
{
    const uint8_t part[] = {1, 0, 1};
    const double effective[] = {0.75, 0.0, 0.25};
    const double work[] = {75.0, 1000.0, 25.0};
    credit(work, 3);
    hm_ledger_settle(&ledger, effective, part, 3, DT_S, WINDOW_S, NO_LIMIT);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(ledger.accounts[i].debt, 0.0, "upstream %d", i + 1);
        cr_assert_eq(ledger.accounts[i].window, 0.0);
        cr_assert_eq(ledger.accounts[i].total, work[i]);
        cr_assert_eq(ledger.accounts[i].credited, 0.0);
    }
}

/* The limit is of what the integral sees, debt - window. Of the debt alone it would make that
 * smaller while the window still grows, and in the end correct the wrong way. */
Test(ledger, the_integral_stays_at_its_limit_while_the_error_grows_and_turns_back_at_once)
{
    static const double windows[] = {10.0, 600.0, 3600.0, 86400.0};
    const double half[] = {0.5, 0.5};
    const double all_there[] = {0.0, 100.0};
    const double all_here[] = {200.0, 0.0};
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        const hm_account *const a = ledger.accounts;
        double before = 0.0;
        memset(&ledger, 0, sizeof ledger);
        for (int i = 0; i < 1000; i++) {
            credit(all_there, 2);
            hm_ledger_settle(&ledger, half, ALL, 2, DT_S, windows[w], 70.0);
            const double integral = a[0].debt - a[0].window;
            cr_assert(integral >= before - 1e-6, "window %g: %g after %g", windows[w], integral,
                      before);
            cr_assert_float_eq(a[0].debt + a[1].debt, 0.0, 1e-6);
            before = integral;
        }
        cr_assert_float_eq(before, 70.0, 1e-6);
        const double debt = a[0].debt;
        credit(all_here, 2);
        hm_ledger_settle(&ledger, half, ALL, 2, DT_S, windows[w], 70.0);
        cr_assert_leq(a[0].debt, debt - 100.0 + 1e-6, "window %g", windows[w]);
    }
}

Test(ledger, closing_forgets_one_upstream_and_keeps_its_history)
{
    const double work[] = {0.0, 50.0};
    const double half[] = {0.5, 0.5};
    credit(work, 2);
    judge(1, 700.0, 100, 0);
    judge(2, 700.0, 100, 0);
    settle(2, half);
    const double acceptance = hm_ledger_acceptance(&ledger, 2);
    hm_ledger_close(&ledger, 1, half, 2, 1.0);
    const hm_ledger_input in = hm_ledger_inputs(&ledger, 1, 1.0, WINDOW_S);
    cr_assert(in.error_points == 0.0 && in.integral_point_min == 0.0);
    cr_assert_eq(hm_ledger_acceptance(&ledger, 1), 1.0);
    cr_assert_eq(hm_ledger_acceptance(&ledger, 2), acceptance);
    cr_assert_eq(ledger.accounts[1].total, 50.0, "what was delivered was delivered");
    cr_assert_eq(ledger.accounts[1].debt, 0.0, "with nobody left to owe it");
}

/* Pool 1 owes 40, pool 2 is owed 30 and pool 3 is owed 10. */
static void owe_forty(void)
{
    ledger.accounts[0].debt = ledger.accounts[0].window = -40.0;
    ledger.accounts[1].debt = ledger.accounts[1].window = 30.0;
    ledger.accounts[2].debt = ledger.accounts[2].window = 10.0;
}

Test(ledger, closing_shares_the_debt_so_that_all_owe_nothing_in_sum)
{
    const double effective[] = {0.2, 0.6, 0.2};
    owe_forty();
    hm_ledger_close(&ledger, 1, effective, 3, 1.0);
    cr_assert_float_eq(ledger.accounts[1].debt, 30.0 - 40.0 * 0.75, 1e-12);
    cr_assert_float_eq(ledger.accounts[2].debt, 10.0 - 40.0 * 0.25, 1e-12);
    cr_assert_float_eq(ledger.accounts[1].window, 0.0, 1e-12);
    owe_forty();
    ledger.accounts[2].debt = 18.0;
    hm_ledger_close(&ledger, 1, effective, 3, 0.5);
    cr_assert_float_eq(ledger.accounts[2].debt, 0.5 * (18.0 - 10.0), 1e-12);
    owe_forty();
    hm_ledger_close(&ledger, 1, effective, 3, 0.0);
    cr_assert(ledger.accounts[1].debt == 0.0 && ledger.accounts[2].window == 0.0);
}

Test(ledger, closing_looks_at_as_many_as_there_are)
{
    const double effective[] = {0.2, 0.6, 0.2, 0.5};
    owe_forty();
    ledger.accounts[3].debt = ledger.accounts[3].window = 7.0;
    hm_ledger_close(&ledger, 1, effective, 3, 0.5);
    cr_assert_float_eq(ledger.accounts[2].debt, 0.5 * (10.0 - 10.0), 1e-12);
    cr_assert_float_eq(ledger.accounts[1].window, 0.5 * (30.0 - 30.0), 1e-12);
    cr_assert(ledger.accounts[3].debt == 7.0 && ledger.accounts[3].window == 7.0);
}

Test(ledger, closing_what_is_not_a_number_leaves_the_others_sound)
{
    const double effective[] = {0.2, 0.6, 0.2};
    owe_forty();
    ledger.accounts[0].debt = (double)NAN;
    hm_ledger_close(&ledger, 1, effective, 3, 1.0);
    cr_assert_eq(ledger.accounts[0].debt, 0.0);
    cr_assert(ledger.accounts[1].debt == 30.0 && ledger.accounts[2].debt == 10.0);
}

Test(ledger, rescaling_keeps_the_error_in_points)
{
    const double work[] = {0.0, 50.0};
    const double half[] = {0.5, 0.5};
    credit(work, 2);
    settle(2, half);
    const double before = hm_ledger_inputs(&ledger, 1, 10.0, 600.0).error_points;
    const double debt = ledger.accounts[0].debt;
    hm_ledger_rescale(&ledger, 600.0, 1800.0);
    cr_assert_float_eq(hm_ledger_inputs(&ledger, 1, 10.0, 1800.0).error_points, before, 1e-12);
    cr_assert_eq(ledger.accounts[0].debt, debt);
}

Test(ledger, acceptance_has_fifty_accepted_shares_as_prior)
{
    cr_assert_eq(hm_ledger_acceptance(&ledger, 1), 1.0);
    judge(1, 70.0, 10, 0);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 50.0 / 60.0, 1e-12);
    judge(1, 280.0, 40, 1);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 90.0 / 100.0, 1e-12);
    cr_assert_eq(hm_ledger_acceptance(&ledger, 2), 1.0, "of its own upstream only");
    double accepted = 0.0;
    double rejected = 0.0;
    judge(3, 0.25, 4, 0); /* of next to no difficulty */
    judge(3, 0.75, 12, 1);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 3), 62.0 / 66.0, 1e-12);
    hm_account_verdicts(&ledger.accounts[2], &accepted, &rejected);
    cr_assert(accepted == 12.0 && rejected == 4.0, "%f and %f", accepted, rejected);
    hm_account_restore_verdicts(&ledger.accounts[3], 0.3, 0.2); /* nearly forgotten */
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 4), 50.3 / 50.5, 1e-12);
    judge(1, 700000.0, 100000, 0);
    cr_assert_eq(hm_ledger_acceptance(&ledger, 1), HM_ACCEPTANCE_LEAST, "never below");
}

/* Nine of ten shares are accepted, and the tenth is worth as much as ninety-one of them. */
Test(ledger, acceptance_is_a_ratio_of_credit_to_credit)
{
    judge(1, 900.0, 900, 1);
    judge(1, 9100.0, 100, 0);
    const double prior = 50.0 * 10000.0 / 1000.0;
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), (900.0 + prior) / (10000.0 + prior),
                       1e-12);
    judge(2, 9100.0, 100, 1);
    judge(2, 900.0, 900, 0);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 2), (9100.0 + prior) / (10000.0 + prior),
                       1e-12);
}

Test(ledger, without_verdicts_there_are_none_to_save)
{
    double accepted = 1.0;
    double rejected = 1.0;
    hm_account_verdicts(&ledger.accounts[0], &accepted, &rejected);
    cr_assert(accepted == 0.0 && rejected == 0.0);
}

Test(ledger, verdicts_of_a_saved_state_count_as_shares_of_the_next_credit)
{
    double accepted = 0.0;
    double rejected = 0.0;
    hm_account_restore_verdicts(&ledger.accounts[0], 30.0, 20.0);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 80.0 / 100.0, 1e-12);
    hm_account_verdicts(&ledger.accounts[0], &accepted, &rejected);
    cr_assert(accepted == 30.0 && rejected == 20.0, "to the last bit");
    judge(1, 7e6, 50, 1);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 130.0 / 150.0, 1e-12);
    hm_account_verdicts(&ledger.accounts[0], &accepted, &rejected);
    cr_assert_float_eq(accepted, 80.0, 1e-9);
    cr_assert_float_eq(rejected, 20.0, 1e-9);
}

/* Ten days without a verdict: the numbers end where doubles end. */
Test(ledger, verdicts_that_are_forgotten_altogether_are_none)
{
    double accepted = 1.0;
    double rejected = 1.0;
    judge(1, 1e20, 1, 0);
    for (int i = 0; i < 40000; i++) {
        settle(1, (const double[]){1.0});
        const double acceptance = hm_ledger_acceptance(&ledger, 1);
        cr_assert(acceptance >= HM_ACCEPTANCE_LEAST && acceptance <= 1.0);
    }
    cr_assert_eq(hm_ledger_acceptance(&ledger, 1), 1.0);
    hm_account_verdicts(&ledger.accounts[0], &accepted, &rejected);
    cr_assert(accepted == 0.0 && rejected < 1e-300);
}

Test(ledger, verdicts_are_forgotten_over_twenty_minutes)
{
    judge(1, 350.0, 50, 0);
    for (int i = 0; i < 1200 / 30; i++) {
        settle(1, (const double[]){1.0});
    }
    const double left = 50.0 * exp(-1.0);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 50.0 / (50.0 + left), 1e-9);
}

/* 12 shares of difficulty 100 in 30 s: q = 12 * 100^2 / 30. */
Test(ledger, sigma_is_the_luck_of_ten_minutes)
{
    hm_ledger_credit(&ledger, 1, 800.0, 80000.0);
    hm_ledger_credit(&ledger, 2, 400.0, 40000.0);
    settle(2, (const double[]){0.5, 0.5});
    const double hashrate = 1200.0 / 30.0;
    const double q = 12.0 * 100.0 * 100.0 / 30.0;
    const double quarter = 100.0 * sqrt(0.25 * q / 600.0) / hashrate;
    cr_assert_float_eq(hm_ledger_sigma_points(&ledger, (const double[]){0.5, 0.5}, 2, hashrate),
                       quarter, 1e-9);
    const double widest = 100.0 * sqrt(0.3 * 0.7 * q / 600.0) / hashrate;
    cr_assert_float_eq(
        hm_ledger_sigma_points(&ledger, (const double[]){0.1, 0.3, 0.05}, 3, hashrate), widest,
        1e-9);
    cr_assert_float_eq(
        hm_ledger_sigma_points(&ledger, (const double[]){0.3, 0.1, 0.05, 0.5}, 3, hashrate), widest,
        1e-9, "the first is the widest, and the fourth is not asked for");
    cr_assert_eq(hm_ledger_sigma_points(&ledger, (const double[]){1.0}, 1, hashrate), 0.0,
                 "one pool cannot be unlucky against itself");
}

/* However small the shares; before there is any, nothing is known. */
Test(ledger, the_first_luck_is_taken_as_it_is)
{
    const double q = 3.0 * 0.01 * 0.01 / DT_S;
    settle(1, (const double[]){1.0});
    settle(1, (const double[]){1.0});
    hm_ledger_credit(&ledger, 1, 0.03, 0.03 * 0.01);
    settle(1, (const double[]){1.0});
    cr_assert_float_eq(ledger.luck / q, 1.0, 1e-12);
    settle(1, (const double[]){1.0});
    cr_assert_float_eq(ledger.luck / q, exp(-DT_S / 1800.0), 1e-9);
}

Test(ledger, luck_is_averaged_over_half_an_hour)
{
    hm_ledger_credit(&ledger, 1, 300.0, 30000.0);
    settle(1, (const double[]){1.0});
    const double q = ledger.luck;
    cr_assert_float_eq(q, 3.0 * 100.0 * 100.0 / 30.0, 1e-9);
    for (int i = 0; i < 60; i++) {
        settle(1, (const double[]){1.0});
    }
    cr_assert_float_eq(ledger.luck, q * exp(-1.0), 1e-9 * q);
}

Test(ledger, measured_sigma_is_the_spread_that_poisson_shares_have)
{
    const double half[] = {0.5, 0.5};
    uint64_t seed = 34;
    double squares = 0.0;
    double before = 0.0;
    const int windows = 2000;
    for (int w = 0; w < windows; w++) {
        for (int i = 0; i < 20; i++) {
            for (uint32_t u = 1; u <= 2; u++) {
                const uint32_t count = draw_poisson(&seed, 5.0);
                if (count > 0) {
                    hm_ledger_credit(&ledger, u, 7.0 * count, 49.0 * count);
                }
            }
            settle(2, half);
        }
        const double off = ledger.accounts[0].debt - before;
        before = ledger.accounts[0].debt;
        squares += off * off;
    }
    const double hashrate = 2.0 * 5.0 * 7.0 / DT_S;
    const double spread_points = 100.0 * sqrt(squares / windows) / (hashrate * 600.0);
    const double sigma = hm_ledger_sigma_points(&ledger, half, 2, hashrate);
    cr_assert_float_eq(sigma / spread_points, 1.0, 0.15, "%f against %f", sigma, spread_points);
}

Test(ledger, huge_work_never_makes_sigma_infinite)
{
    hm_ledger_credit(&ledger, 1, 1e300, INFINITY);
    hm_ledger_credit(&ledger, 2, 1e300, INFINITY);
    settle(2, (const double[]){0.5, 0.5});
    cr_assert(isfinite(hm_ledger_sigma_points(&ledger, (const double[]){0.5, 0.5}, 2, 1.0)));
    cr_assert_eq(hm_ledger_sigma_points(&ledger, (const double[]){0.5, 0.5}, 2, 0.0), 0.0);
}

/* No work has a rate then. */
Test(ledger, without_time_nothing_is_settled, .signal = SIGABRT)
{
    hm_ledger_settle(&ledger, SPLIT, ALL, 3, 1e-3, WINDOW_S, NO_LIMIT);
    hm_ledger_settle(&ledger, SPLIT, ALL, 3, 0.0, WINDOW_S, NO_LIMIT);
}

Test(ledger, as_many_pools_as_there_may_be)
{
    double effective[HMX_UPSTREAMS_MAX];
    uint8_t part[HMX_UPSTREAMS_MAX];
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        effective[i] = 1.0 / HMX_UPSTREAMS_MAX;
        part[i] = 1;
    }
    hm_ledger_credit(&ledger, HMX_UPSTREAMS_MAX, 64.0, 64.0);
    hm_ledger_settle(&ledger, effective, part, HMX_UPSTREAMS_MAX, DT_S, WINDOW_S, NO_LIMIT);
    cr_assert_float_eq(ledger.accounts[HMX_UPSTREAMS_MAX - 1].debt, -63.0, 1e-9);
    cr_assert_float_eq(ledger.accounts[0].debt, 1.0, 1e-9);
}

Test(ledger, one_absurd_share_is_no_luck_of_days)
{
    static const double HALVES[] = {0.5, 0.5};
    for (int i = 0; i < 100; i++) {
        hm_ledger_credit(&ledger, 1, 30.0, 30.0);
        settle(2, HALVES);
    }
    const double usual = hm_ledger_sigma_points(&ledger, HALVES, 2, 1.0);
    hm_ledger_credit(&ledger, 1, 1e30, 1e60);
    settle(2, HALVES);
    cr_assert_leq(hm_ledger_sigma_points(&ledger, HALVES, 2, 1.0), 2.0 * usual);
}
