/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Work is booked when it is submitted, and taken back: innocent until rejected. */
#include <criterion/criterion.h>

#include "plugin/control/ledger.h"

static const double WINDOW_S = 600.0;
static const double DT_S = 30.0;
static const uint8_t ALL[HMX_UPSTREAMS_MAX] = {1};

static hm_ledger ledger;

static void settle(uint32_t n, const double *effective)
{
    hm_ledger_settle(&ledger, effective, ALL, n, DT_S, WINDOW_S, 1e300);
}

static void submit(uint32_t upstream, double credit, uint32_t count, double work)
{
    hm_ledger_submitted(&ledger, upstream, credit, count);
    hm_ledger_credit(&ledger, upstream, work, work * work / (double)count);
}

Test(ledger, work_counts_when_it_is_submitted)
{
    submit(1, 40.0, 4, 40.0);
    cr_assert_eq(ledger.accounts[0].credited, 40.0);
    hm_ledger_verdict(&ledger, 1, 30.0, HM_ANSWER_ACCEPTED, 1);
    cr_assert_eq(ledger.accounts[0].credited, 40.0, "accepted changes nothing");
}

Test(ledger, what_is_rejected_or_lost_is_taken_back)
{
    submit(1, 40.0, 4, 40.0);
    hm_ledger_verdict(&ledger, 1, 10.0, HM_ANSWER_REJECTED, 1);
    cr_assert_eq(ledger.accounts[0].credited, 30.0);
    hm_ledger_verdict(&ledger, 1, 10.0, HM_ANSWER_EXCUSED, 1);
    cr_assert_eq(ledger.accounts[0].credited, 20.0);
    hm_ledger_verdict(&ledger, 1, 10.0, HM_ANSWER_REJECTED, 0);
    cr_assert_eq(ledger.accounts[0].credited, 20.0, "what is measured is what was submitted");
    hm_ledger_verdict(&ledger, 1, 99.0, HM_ANSWER_REJECTED, 1);
    cr_assert_eq(ledger.accounts[0].credited, 10.0, "no more than was booked");
}

Test(ledger, what_is_excused_is_not_held_against_the_pool)
{
    submit(1, 1000.0, 1000, 1000.0);
    hm_ledger_verdict(&ledger, 1, 500.0, HM_ANSWER_EXCUSED, 1);
    cr_assert_eq(hm_ledger_acceptance(&ledger, 1), 1.0);
    hm_ledger_verdict(&ledger, 1, 100.0, HM_ANSWER_REJECTED, 1);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 450.0 / 550.0, 1e-12);
}

Test(ledger, what_gets_no_verdict_is_rejected_until_one_comes)
{
    submit(1, 500.0, 500, 500.0);
    hm_ledger_withdraw(&ledger, 1, 1);
    cr_assert_eq(ledger.accounts[0].credited, 0.0);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 50.0 / 550.0, 1e-12);
    hm_ledger_verdict(&ledger, 1, 300.0, HM_ANSWER_ACCEPTED, 1);
    cr_assert_float_eq(ledger.accounts[0].credited, 300.0, 1e-9);
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 350.0 / 550.0, 1e-12);
    hm_ledger_verdict(&ledger, 1, 200.0, HM_ANSWER_REJECTED, 1);
    cr_assert_float_eq(ledger.accounts[0].credited, 300.0, 1e-9, "taken back already");
    cr_assert_float_eq(hm_ledger_acceptance(&ledger, 1), 350.0 / 550.0, 1e-12);
}

Test(ledger, what_waits_for_hours_is_taken_back)
{
    submit(1, 500.0, 500, 500.0);
    hm_ledger_expire(&ledger, 1, 0, 1);
    hm_ledger_expire(&ledger, 1, (uint64_t)(HM_PROVISIONAL_S * 1e9) - 1000, 1);
    cr_assert_eq(ledger.accounts[0].credited, 500.0);
    hm_ledger_expire(&ledger, 1, (uint64_t)(HM_PROVISIONAL_S * 1e9), 1);
    cr_assert_eq(ledger.accounts[0].credited, 0.0);
    submit(1, 500.0, 500, 500.0);
    hm_ledger_expire(&ledger, 1, (uint64_t)(3 * HM_PROVISIONAL_S * 1e9), 0);
    cr_assert_eq(ledger.accounts[0].credited, 500.0, "what is measured is what was submitted");
}

/* One share in a hundred is forwarded, at a hundred times the difficulty; this hour it was two. */
Test(ledger, a_rejected_share_of_an_aggregating_host_costs_its_part_of_all_work)
{
    for (int i = 0; i < 100; i++) {
        hm_ledger_credit(&ledger, 1, 9900.0, 9900.0);
        submit(1, 20000.0, 200, 100.0);
    }
    const double prior = 50.0 * 100.0;
    const double worth = (1e6 + prior) / (2e6 + prior);
    hm_ledger_verdict(&ledger, 1, 2e5, HM_ANSWER_REJECTED, 1);
    cr_assert_float_eq(ledger.accounts[0].credited, 1e6 - 2e5 * worth, 1e-3);
}

Test(ledger, more_taken_back_than_was_delivered_shows_as_nothing)
{
    submit(1, 50.0, 5, 50.0);
    settle(1, (const double[]){1.0});
    for (int i = 0; i < 100; i++) {
        settle(1, (const double[]){1.0});
    }
    hm_ledger_verdict(&ledger, 1, 50.0, HM_ANSWER_REJECTED, 1);
    settle(1, (const double[]){1.0});
    cr_assert_eq(ledger.accounts[0].delivered, 0.0);
    cr_assert_eq(ledger.accounts[0].total, 0.0);
}

Test(ledger, a_farm_that_proves_nothing_is_silent_whatever_is_taken_back)
{
    submit(1, 50.0, 5, 50.0);
    settle(1, (const double[]){1.0});
    cr_assert_eq(ledger.silent_s, 0.0);
    hm_ledger_verdict(&ledger, 1, 50.0, HM_ANSWER_REJECTED, 1);
    settle(1, (const double[]){1.0});
    cr_assert_eq(ledger.silent_s, DT_S);
}
