/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/control/metrics.h"
#include "tests/unit/test_draw.h"

/* Shares with one verdict whose credit is their work. */
static void add(hm_share_counts *c, uint32_t verdict, uint32_t count, double work)
{
    hm_metrics_add(c, verdict, count, work);
    if (verdict == HMX_SHARE_ACCEPTED ||
        (verdict >= HMX_SHARE_REJECTED_STALE && verdict <= HMX_SHARE_REJECTED_OTHER)) {
        hm_metrics_verdict(c, work, verdict == HMX_SHARE_ACCEPTED);
    }
}

Test(metrics, two_accepted_and_one_rejected_are_two_thirds)
{
    hm_share_counts c = {0};
    add(&c, HMX_SHARE_SUBMITTED, 3, 3.0);
    add(&c, HMX_SHARE_ACCEPTED, 2, 2.0);
    add(&c, HMX_SHARE_REJECTED_STALE, 1, 1.0);
    cr_assert_float_eq(hm_metrics_acceptance_pct(&c), 66.67, 0.01);
}

Test(metrics, no_verdict_yet_is_exactly_100)
{
    hm_share_counts c = {0};
    cr_assert_eq(hm_metrics_acceptance_pct(&c), 100.0);
    add(&c, HMX_SHARE_SUBMITTED, 1000, 1.0);
    cr_assert_eq(hm_metrics_acceptance_pct(&c), 100.0, "under way is not rejected");
}

/* In the reference 2 accepted of 1 submitted gave 200 %. */
Test(metrics, submissions_are_not_the_denominator)
{
    hm_share_counts c = {0};
    add(&c, HMX_SHARE_SUBMITTED, 1, 1.0);
    add(&c, HMX_SHARE_ACCEPTED, 2, 2.0);
    cr_assert_eq(hm_metrics_acceptance_pct(&c), 100.0);
}

Test(metrics, lost_not_forwarded_and_local_are_no_verdicts_of_the_pool)
{
    hm_share_counts c = {0};
    add(&c, HMX_SHARE_ACCEPTED, 1, 1.0);
    add(&c, HMX_SHARE_NOT_FORWARDED, 50, 1.0);
    add(&c, HMX_SHARE_LOST, 50, 1.0);
    add(&c, HM_TALLY_LOCAL, 50, 1.0);
    cr_assert_eq(hm_metrics_acceptance_pct(&c), 100.0);
}

Test(metrics, every_reason_of_rejection_counts_once)
{
    for (uint32_t verdict = HMX_SHARE_REJECTED_STALE; verdict <= HMX_SHARE_REJECTED_OTHER;
         verdict++) {
        hm_share_counts c = {0};
        add(&c, verdict, 3, 9.0);
        cr_assert_eq(hm_metrics_acceptance_pct(&c), 0.0);
        add(&c, HMX_SHARE_ACCEPTED, 1, 3.0);
        cr_assert_eq(hm_metrics_acceptance_pct(&c), 25.0);
    }
}

/* A pool that accepts nine easy shares and rejects the hard one took nothing of worth. */
Test(metrics, acceptance_is_a_ratio_of_credit_to_credit)
{
    hm_share_counts c = {0};
    add(&c, HMX_SHARE_ACCEPTED, 9, 9.0);
    add(&c, HMX_SHARE_REJECTED_OTHER, 1, 91.0);
    cr_assert_float_eq(hm_metrics_acceptance_pct(&c), 9.0, 1e-12);
}

Test(metrics, acceptance_never_leaves_0_to_100_whatever_the_credits)
{
    uint64_t seed = 5;
    for (int i = 0; i < 200000; i++) {
        hm_share_counts c = {0};
        c.accepted_credit = (double)(test_random(&seed) >> (1u + draw_below(&seed, 60)));
        c.rejected_credit =
            i % 2 ? 0.0 : (double)(test_random(&seed) >> (1u + draw_below(&seed, 60)));
        const double pct = hm_metrics_acceptance_pct(&c);
        cr_assert(pct >= 0.0 && pct <= 100.0, "%.17g", pct);
    }
}

Test(metrics, batches_add_count_and_work_and_counts_pass_32_bits)
{
    hm_share_counts c = {0};
    for (int i = 0; i < 3; i++) {
        add(&c, HMX_SHARE_ACCEPTED, UINT32_MAX, 0.5);
    }
    cr_assert_eq(c.tallies[HMX_SHARE_ACCEPTED].count, 3ull * UINT32_MAX);
    cr_assert_eq(c.tallies[HMX_SHARE_ACCEPTED].work, 1.5);
}

static void check_tally(const hmx_tally *t, uint64_t number)
{
    cr_assert_eq(t->count, number);
    cr_assert_eq(t->work, 10.0 * (double)number);
}

Test(metrics, fill_puts_each_tally_into_its_own_field)
{
    hm_share_counts c = {0};
    hmx_upstream_metrics row;
    memset(&row, 0, sizeof row);
    row.size = sizeof row;
    row.upstream = 7;
    row.target_pct = 12.5;
    for (uint32_t verdict = 1; verdict < HM_TALLIES; verdict++) {
        add(&c, verdict, verdict, 10.0 * verdict);
    }
    hm_metrics_fill(&c, &row);
    check_tally(&row.submitted, HMX_SHARE_SUBMITTED);
    check_tally(&row.accepted, HMX_SHARE_ACCEPTED);
    check_tally(&row.not_forwarded, HMX_SHARE_NOT_FORWARDED);
    check_tally(&row.lost, HMX_SHARE_LOST);
    check_tally(&row.rejected_stale, HMX_SHARE_REJECTED_STALE);
    check_tally(&row.rejected_low_difficulty, HMX_SHARE_REJECTED_LOW_DIFFICULTY);
    check_tally(&row.rejected_duplicate, HMX_SHARE_REJECTED_DUPLICATE);
    check_tally(&row.rejected_invalid_job, HMX_SHARE_REJECTED_INVALID_JOB);
    check_tally(&row.rejected_other, HMX_SHARE_REJECTED_OTHER);
    check_tally(&row.rejected_local, HM_TALLY_LOCAL);
    cr_assert_float_eq(row.acceptance_pct, 100.0 * 2.0 / (2.0 + 5 + 6 + 7 + 8 + 9), 1e-12);
    cr_assert_eq(row.size, sizeof row);
    cr_assert_eq(row.upstream, 7);
    cr_assert_eq(row.target_pct, 12.5);
}
