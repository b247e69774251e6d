/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the snapshot says about shares: counts, work, acceptance, and which of them steer the
 * split. */
#include <math.h>

#include "tests/integration/harness_farm.h"

static it_host H;

/* 60/30/10 with three channels, one on each pool. */
static void open_three(const char *controller)
{
    char config[2048];
    snprintf(config, sizeof config, "%s%s", controller, IT_ABC);
    it_open(&H, config);
    it_all_up(&H, 3);
    it_channels(&H, 3, 1000);
    it_place(&H, 1, 1, 1);
}

static void reject(uint32_t index, uint32_t upstream, uint32_t verdict, uint32_t count, int local)
{
    hmx_share e = it_share_event(&H, index, upstream, verdict, count, 100.0 * count);
    e.event.flags = local ? HMX_SHARE_FLAG_LOCAL : 0;
    cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
}

/* Every number of a snapshot that is a double is finite. */
static void expect_no_nan(void)
{
    const it_view v = it_snapshot(&H);
    const double *const first = &v.s.kp_set;
    for (const double *x = first; x <= &v.s.deviation_points; x++) {
        cr_assert(isfinite(*x), "snapshot double %d", (int)(x - first));
    }
    cr_assert(isfinite(v.s.hashrate));
    for (uint32_t i = 0; i < v.s.count; i++) {
        const hmx_upstream_metrics *const r = &v.rows[i];
        const double all[] = {r->target_pct,         r->effective_pct,  r->command_pct,
                              r->allocated_pct,      r->actual_pct,     r->delivered_pct,
                              r->hashrate,           r->acceptance_pct, r->error_points,
                              r->integral_point_min, r->p_points,       r->i_points,
                              r->d_points,           r->output_points};
        for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
            cr_assert(isfinite(all[k]), "row %u double %zu", i, k);
        }
    }
}

Test(counting, two_accepted_and_one_rejected_are_66_67_percent)
{
    open_three("");
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 3, 300);
    it_share(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 2, 200);
    reject(0, IT_A, HMX_SHARE_REJECTED_STALE, 1, 0);
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert_float_eq(row.acceptance_pct, 66.6667, 0.001);
    cr_assert_eq(row.submitted.count, 3);
    cr_assert_eq(row.accepted.count, 2);
    cr_assert_eq(row.rejected_stale.count, 1);
    cr_assert_float_eq(row.submitted.work, 300, 1e-9);
    cr_assert_float_eq(row.accepted.work, 200, 1e-9);
    cr_assert_float_eq(row.rejected_stale.work, 100, 1e-9);
    it_close(&H);
}

Test(counting, no_verdict_yet_is_100_percent)
{
    open_three("");
    cr_assert_eq(it_row(&H, IT_A).acceptance_pct, 100.0);
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 5, 500);
    cr_assert_eq(it_row(&H, IT_A).acceptance_pct, 100.0, "shares under way are not against it");
    cr_assert_eq(it_row(&H, IT_A).submitted.count, 5);
    it_close(&H);
}

Test(counting, each_reason_has_its_own_count)
{
    open_three("");
    it_share(&H, 1, IT_B, HMX_SHARE_SUBMITTED, 15, 1500);
    for (uint32_t verdict = HMX_SHARE_REJECTED_STALE; verdict <= HMX_SHARE_REJECTED_OTHER;
         verdict++) {
        reject(1, IT_B, verdict, verdict - HMX_SHARE_REJECTED_STALE + 1, 0);
    }
    const hmx_upstream_metrics row = it_row(&H, IT_B);
    cr_assert_eq(row.rejected_stale.count, 1);
    cr_assert_eq(row.rejected_low_difficulty.count, 2);
    cr_assert_eq(row.rejected_duplicate.count, 3);
    cr_assert_eq(row.rejected_invalid_job.count, 4);
    cr_assert_eq(row.rejected_other.count, 5);
    cr_assert_float_eq(row.rejected_other.work, 500, 1e-9);
    cr_assert_eq(row.acceptance_pct, 0.0);
    cr_assert_eq(it_row(&H, IT_A).rejected_stale.count, 0);
    it_close(&H);
}

Test(counting, the_host_s_own_rejections_are_not_held_against_the_pool)
{
    open_three("");
    it_paid(&H, 0, 10, 1000);
    for (uint32_t verdict = HMX_SHARE_REJECTED_STALE; verdict <= HMX_SHARE_REJECTED_OTHER;
         verdict++) {
        reject(0, IT_A, verdict, 2, 1);
    }
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert_eq(row.acceptance_pct, 100.0);
    cr_assert_eq(row.rejected_local.count, 10);
    cr_assert_float_eq(row.rejected_local.work, 1000, 1e-9);
    cr_assert_eq(row.rejected_stale.count + row.rejected_low_difficulty.count +
                     row.rejected_duplicate.count + row.rejected_invalid_job.count +
                     row.rejected_other.count,
                 0);
    cr_assert_eq(row.submitted.count, 10);
    it_close(&H);
}

Test(counting, batches_and_lost_shares)
{
    open_three("");
    it_share(&H, 2, IT_C, HMX_SHARE_SUBMITTED, 4000000000u, 4e12);
    it_share(&H, 2, IT_C, HMX_SHARE_SUBMITTED, 4000000000u, 4e12);
    it_share(&H, 2, IT_C, HMX_SHARE_ACCEPTED, 4000000000u, 4e12);
    it_share(&H, 2, IT_C, HMX_SHARE_LOST, 100, 1e5);
    const hmx_upstream_metrics row = it_row(&H, IT_C);
    cr_assert_eq(row.submitted.count, 8000000000ull);
    cr_assert_eq(row.accepted.count, 4000000000ull);
    cr_assert_eq(row.lost.count, 100);
    cr_assert_float_eq(row.lost.work, 1e5, 1e-6);
    cr_assert_eq(row.acceptance_pct, 100.0, "a lost share has no verdict");
    it_close(&H);
}

Test(counting, a_late_verdict_of_a_closed_channel_counts_for_its_pool)
{
    open_three("");
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 2, 2000);
    it_close_channel(&H, 0);
    it_share(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 2, 2000);
    cr_assert_eq(it_row(&H, IT_A).accepted.count, 2);
    cr_assert_eq(it_row(&H, IT_A).channels, 0);
    cr_assert_float_eq(it_row(&H, IT_A).delivered_pct, 100, 1e-9);
    it_close(&H);
}

Test(counting, a_verdict_belongs_to_the_pool_of_the_job_and_not_of_the_channel)
{
    open_three("");
    it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, 1000);
    cr_assert_eq(it_force(&H, 0, IT_B), HMX_OK);
    it_share(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 1, 1000);
    cr_assert_eq(it_row(&H, IT_A).accepted.count, 1);
    cr_assert_eq(it_row(&H, IT_B).accepted.count, 0);
    it_close(&H);
}

Test(counting, actual_and_delivered_are_by_work)
{
    open_three("");
    it_paid(&H, 0, 1, 600);
    it_paid(&H, 1, 300, 300); /* many small shares are not more than one large one */
    it_paid(&H, 2, 1, 100);
    cr_assert_float_eq(it_row(&H, IT_A).actual_pct, 60, 1e-9);
    cr_assert_float_eq(it_row(&H, IT_B).actual_pct, 30, 1e-9);
    cr_assert_float_eq(it_row(&H, IT_C).actual_pct, 10, 1e-9);
    cr_assert_float_eq(it_row(&H, IT_A).delivered_pct, 60, 1e-9);
    cr_assert_eq(it_row(&H, IT_A).has_actual, HMX_YES);
    it_close(&H);
}

Test(counting, without_shares_there_is_no_distribution_and_nothing_winds_up)
{
    it_open(&H, "[controller]\ntuning_model = aggressive\n" IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 100, 1000);
    for (int minute = 0; minute < 60; minute++) { /* nothing but ticks, for an hour */
        it_advance(&H, 60);
        cr_assert_eq(it_tick(&H), 0);
        for (uint32_t u = IT_A; u <= IT_C; u++) {
            const hmx_upstream_metrics row = it_row(&H, u);
            cr_assert_eq(row.has_actual, HMX_NO);
            cr_assert_eq(row.actual_pct, 0.0);
            cr_assert_eq(row.delivered_pct, 0.0);
            cr_assert_eq(row.error_points, 0.0);
            cr_assert_eq(row.integral_point_min, 0.0);
            cr_assert_eq(row.output_points, 0.0);
            cr_assert_eq(it_adjustment(&H, u).channels, 0.0);
        }
        expect_no_nan();
    }
    it_close(&H);
}

Test(counting, an_empty_farm_has_no_nan_either)
{
    it_open(&H, IT_ABC);
    expect_no_nan();
    it_advance(&H, 31);
    it_tick(&H);
    expect_no_nan();
    it_all_up(&H, 3);
    it_advance(&H, 31);
    it_tick(&H);
    expect_no_nan();
    cr_assert_eq(it_snapshot(&H).s.hashrate, 0.0);
    it_close(&H);
}

/* A runs entirely on shares that are not forwarded: they prove work that is done for it. */
Test(counting, not_forwarded_feeds_the_estimate_and_the_split)
{
    open_three("");
    const double declared = it_channel_row(&H, 0).hashrate;
    for (int i = 0; i < 3600; i++) { /* twice what it declared */
        it_advance(&H, 1);
        it_share(&H, 0, IT_A, HMX_SHARE_NOT_FORWARDED, 1, 2000);
        (void)it_tick(&H);
        it_answer_all(&H, HMX_RESULT_REFUSED);
    }
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert_eq(row.not_forwarded.count, 3600);
    cr_assert_eq(row.has_actual, HMX_YES);
    cr_assert_float_eq(row.actual_pct, 100.0, 1e-9);
    cr_assert_eq(row.acceptance_pct, 100.0);
    cr_assert_gt(it_channel_row(&H, 0).hashrate, 1.9 * declared);
    cr_assert_lt(it_channel_row(&H, 0).hashrate, 2.1 * declared);
    it_close(&H);
}

/* Pool A takes everything and acknowledges nothing. */
static void take(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds; i++) {
        it_advance(&H, 1);
        it_share(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, 1000);
        it_paid(&H, 1, 1, 1000);
        if (it_tick(&H) > 0) {
            it_answer_all(&H, HMX_RESULT_REFUSED);
        }
    }
}

static void measure_unanswered(const char *controller, uint32_t measure, uint32_t seconds,
                               double expected_pct)
{
    open_three(controller);
    take(seconds);
    cr_assert_eq(it_snapshot(&H).s.measure_on_accepted, measure);
    cr_assert_float_eq(it_row(&H, IT_A).delivered_pct, expected_pct, 3);
    it_close(&H);
}

/* Innocent until rejected; what has waited for four hours is as good as rejected. */
Test(counting, measured_on_accepted_counts_what_may_still_be_credited)
{
#define ON_ACCEPTED "[controller]\nmeasure_on_accepted = true\n"
    measure_unanswered(ON_ACCEPTED, HMX_YES, 600, 50);
    measure_unanswered(ON_ACCEPTED, HMX_YES, 8 * 3600, 100.0 / 3);
}

Test(counting, measured_on_submitted_counts_what_was_sent)
{
    measure_unanswered("[controller]\nmeasure_on_accepted = false\n", HMX_NO, 8 * 3600, 50);
}

Test(counting, the_channel_s_row_says_what_the_host_knows)
{
    open_three("");
    const hmx_channel_metrics row = it_channel_row(&H, 1);
    cr_assert_eq(row.channel, H.channels[1].channel);
    cr_assert_eq(row.cookie, H.channels[1].cookie);
    cr_assert_eq(row.upstream, IT_B);
    cr_assert_eq(row.pending_to, HMX_NONE);
    cr_assert_float_eq(row.nominal_hashrate, it_hashrate(1000), 1e3);
    hmx_channel_metrics other = {.size = sizeof other};
    cr_assert_eq(H.metrics->channel(H.self, 999, 0, &other), HMX_E_STATE);
    cr_assert_eq(H.metrics->channel(H.self, 0, 0, &other), HMX_E_STATE);
    cr_assert_eq(H.metrics->channel(NULL, 1, 0, &other), HMX_E_INVALID);
    cr_assert_eq(H.metrics->channel(H.self, 1, 0, NULL), HMX_E_INVALID);
    it_close(&H);
}

Test(counting, what_this_version_does_not_have_is_null_and_not_a_pretence)
{
    it_open(&H, IT_ABC);
    cr_assert_null(hs_guard_extension(H.guard, "hashmux.metrics/2"));
    it_close(&H);
}

Test(counting, a_bad_row_spoils_the_snapshot_as_a_whole)
{
    hmx_upstream_metrics rows[3];
    hmx_upstream_metrics before[3];
    hmx_snapshot s = {.size = sizeof s, .stride = sizeof rows[0], .capacity = 3, .rows = rows};
    it_open(&H, IT_ABC);
    memset(rows, 0, sizeof rows);
    rows[0].size = rows[2].size = sizeof rows[0];
    rows[1].size = 8; /* older than the first version */
    memcpy(before, rows, sizeof rows);
    const hmx_snapshot untouched = s;
    cr_assert_eq(H.metrics->snapshot(H.self, &s), HMX_E_INVALID);
    cr_assert_eq(memcmp(rows, before, sizeof rows), 0, "a refusal wrote rows");
    cr_assert_eq(memcmp(&s, &untouched, sizeof s), 0, "a refusal wrote the snapshot");

    hmx_adjustment adjust[3] = {
        {.size = sizeof adjust[0]}, {.size = 4}, {.size = sizeof adjust[0]}};
    hmx_adjustment same[3];
    hmx_adjustments out = {
        .size = sizeof out, .stride = sizeof adjust[0], .capacity = 3, .rows = adjust};
    memcpy(same, adjust, sizeof adjust);
    cr_assert_eq(H.metrics->adjustments(H.self, &out), HMX_E_INVALID);
    cr_assert_eq(memcmp(adjust, same, sizeof adjust), 0);
    cr_assert_eq(out.count, 0);
    it_close(&H);
}

Test(counting, rows_that_do_not_fit_are_counted_and_not_written)
{
    hmx_upstream_metrics rows[2] = {{.size = sizeof rows[0]}, {.size = sizeof rows[0]}};
    hmx_snapshot s = {.size = sizeof s, .stride = sizeof rows[0], .capacity = 1, .rows = rows};
    it_open(&H, IT_ABC);
    cr_assert_eq(H.metrics->snapshot(H.self, &s), HMX_OK);
    cr_assert_eq(s.count, 3);
    cr_assert_eq(rows[0].upstream, IT_A);
    cr_assert_eq(rows[1].upstream, 0);
    s.capacity = 0;
    s.rows = NULL;
    cr_assert_eq(H.metrics->snapshot(H.self, &s), HMX_OK);
    cr_assert_eq(s.count, 3);
    it_close(&H);
}

static void stand_still(uint32_t seconds)
{
    for (uint32_t s = 0; s < seconds; s += 30) {
        it_advance(&H, 30);
        it_tick(&H);
    }
}

/* A farm whose devices have all stopped, and stay connected. */
Test(counting, what_lies_in_no_window_any_more_is_not_shown)
{
    open_three("[controller]\nmeasurement_window_secs = 600\n");
    reject(1, IT_A, HMX_SHARE_SUBMITTED, 1, 0);
    reject(1, IT_A, HMX_SHARE_ACCEPTED, 1, 0);
    stand_still(600);
    cr_assert_eq(it_row(&H, IT_A).has_actual, HMX_YES);
    cr_assert_float_eq(it_row(&H, IT_A).actual_pct, 100, 1e-9);
    stand_still(120);
    for (uint32_t i = IT_A; i <= IT_C; i++) {
        cr_assert_eq(it_row(&H, i).has_actual, HMX_NO);
        cr_assert_eq(it_row(&H, i).actual_pct, 0);
    }
    cr_assert_float_eq(it_row(&H, IT_A).delivered_pct, 100, 1e-9, "since create it is so");
    reject(1, IT_A, HMX_SHARE_SUBMITTED, 1, 0);
    reject(1, IT_A, HMX_SHARE_ACCEPTED, 1, 0);
    cr_assert_eq(it_row(&H, IT_A).has_actual, HMX_YES, "at once");
    it_close(&H);
}
