/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the snapshot tells: why a pool gets no work and until when, what it is owed, what of its
 * work is confirmed, and which channels are a case of their own. */
#include "tests/integration/harness_field.h"

static it_host H;
static const uint64_t HOUR_NS = 3600ull * 1000000000ull;

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

static void open_farm(const char *config)
{
    it_open(&H, config);
    it_all_up(&H, 2);
    it_channels(&H, 20, 1000);
}

/* Half a minute in which all mine, and a rejects so many of ten shares; 11 = it answers nothing. */
static void mine(uint32_t rejects)
{
    it_advance(&H, 30);
    for (uint32_t i = 0; i < H.channel_count; i++) {
        const uint32_t at = H.channels[i].upstream;
        it_share(&H, i, at, HMX_SHARE_SUBMITTED, 10, 30000);
        if (at == IT_A && rejects > 0) {
            const uint32_t bad = rejects > 10 ? 0 : rejects;
            if (bad > 0) {
                it_share(&H, i, at, HMX_SHARE_REJECTED_OTHER, bad, 3000.0 * bad);
            }
            if (bad > 0 && bad < 10) {
                it_share(&H, i, at, HMX_SHARE_ACCEPTED, 10 - bad, 3000.0 * (10 - bad));
            }
        } else {
            it_share(&H, i, at, HMX_SHARE_ACCEPTED, 10, 30000);
        }
    }
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
}

static void mine_for(uint32_t seconds, uint32_t rejects)
{
    for (uint32_t s = 0; s < seconds; s += 30) {
        mine(rejects);
    }
}

static uint32_t out_of_a(void)
{
    return it_row(&H, IT_A).out_reason;
}

Test(contract_out, a_pool_that_works_is_not_out)
{
    open_farm(AB);
    mine_for(600, 0);
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert(row.out_reason == HMX_OUT_NONE && row.out_until_ns == 0 && row.trial_pct == 0.0);
    it_close(&H);
}

Test(contract_out, what_the_host_and_the_owner_say)
{
    open_farm("[failover]\nauto_restore = false\n" AB);
    hmx_upstream_event e = it_upstream(&H, IT_A, HMX_UPSTREAM_UP);
    e.has_job = HMX_NO;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
    cr_assert_eq(out_of_a(), HMX_OUT_NO_JOB);
    it_up(&H, IT_A);
    cr_assert_eq(out_of_a(), HMX_OUT_NONE);
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_NO, NULL), HMX_OK);
    cr_assert_eq(out_of_a(), HMX_OUT_DISABLED);
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_YES, NULL), HMX_OK);
    it_down(&H, IT_A);
    mine_for(60, 0);
    it_up(&H, IT_A);
    cr_assert_eq(out_of_a(), HMX_OUT_LATCHED);
    it_close(&H);
}

Test(contract_out, a_pool_that_failed_twice_is_held_until_a_moment_that_is_told)
{
    open_farm(AB);
    for (int i = 0; i < 2; i++) {
        it_down(&H, IT_A);
        cr_assert_eq(out_of_a(), HMX_OUT_DOWN);
        it_advance(&H, 5);
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
        it_up(&H, IT_A);
    }
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert_eq(row.out_reason, HMX_OUT_HELD);
    cr_assert_gt(row.out_until_ns, H.now_ns);
    mine_for((uint32_t)((row.out_until_ns - H.now_ns) / 1000000000u) + 60, 0);
    cr_assert_eq(out_of_a(), HMX_OUT_NONE);
    it_close(&H);
}

/* It rejects everything for an hour, is tried, and comes back. */
Test(contract_out, a_pool_that_rejects_is_out_then_on_trial)
{
    open_farm(AB);
    mine_for(600, 0);
    mine_for(300, 10);
    cr_assert_eq(out_of_a(), HMX_OUT_REJECTS);
    int trial = 0;
    for (int i = 0; i < 400 && out_of_a() != HMX_OUT_NONE; i++) {
        mine(0);
        const hmx_upstream_metrics row = it_row(&H, IT_A);
        cr_assert_eq(row.trial_pct > 0.0, row.out_reason == HMX_OUT_TRIAL);
        cr_assert_lt(row.trial_pct, 100.0);
        trial |= row.out_reason == HMX_OUT_TRIAL;
    }
    cr_assert(trial);
    cr_assert_eq(out_of_a(), HMX_OUT_NONE);
    it_close(&H);
}

/* Mines until a is out for its rejects, and until it is not. Returns until when it was to be. */
static uint64_t relapse(void)
{
    while (out_of_a() != HMX_OUT_REJECTS) {
        mine(10);
    }
    const uint64_t until_ns = it_row(&H, IT_A).out_until_ns;
    cr_assert(until_ns == 0 || (until_ns > H.now_ns && until_ns <= H.now_ns + HOUR_NS), "%g",
              ((double)until_ns - (double)H.now_ns) / 1e9);
    while (out_of_a() == HMX_OUT_REJECTS) {
        const uint64_t said_ns = it_row(&H, IT_A).out_until_ns;
        cr_assert_eq(said_ns, until_ns > H.now_ns ? until_ns : 0);
        mine(0);
    }
    return until_ns;
}

/* One that fails again and again has to wait, and it is told until when. */
Test(contract_out, a_pool_that_relapses_is_out_until_a_moment_that_is_told)
{
    open_farm(AB);
    cr_assert_eq(relapse(), 0);
    uint64_t until_ns = 0;
    for (int i = 0; i < 3; i++) {
        until_ns = relapse();
    }
    cr_assert_gt(until_ns, 0);
    it_close(&H);
}

Test(contract_out, a_pool_that_answers_nothing_is_silent)
{
    open_farm(AB);
    mine_for(1200, 0);
    mine_for(600, 11);
    cr_assert_eq(out_of_a(), HMX_OUT_SILENT);
    cr_assert_lt(it_row(&H, IT_A).provisional_work, 600000.0, "what waited is taken back");
    it_close(&H);
}

Test(contract_out, work_is_provisional_until_it_is_confirmed)
{
    open_farm(AB);
    mine_for(60, 0);
    cr_assert_eq(it_row(&H, IT_B).provisional_work, 0.0);
    const double before = it_row(&H, IT_A).confirmed_work;
    mine(11);
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert_float_eq(row.provisional_work, 30000.0 * it_count_on(&H, IT_A), 1e-6);
    cr_assert_float_eq(row.confirmed_work, before, 1e-6);
    it_close(&H);
}

Test(contract_out, what_rejects_cost_is_told)
{
    open_farm(AB);
    mine_for(1800, 2);
    const hmx_upstream_metrics row = it_row(&H, IT_A);
    cr_assert_eq(row.out_reason, HMX_OUT_NONE);
    cr_assert_float_eq(row.wasted_hashrate, 0.2 * row.hashrate, 0.02 * row.hashrate);
    cr_assert_eq(it_row(&H, IT_B).wasted_hashrate, 0.0);
    it_close(&H);
}

Test(contract_out, owed_is_what_a_pool_was_short_changed_by)
{
    open_farm(IT_POOL("a", "63", "1") IT_POOL("b", "37", "2"));
    mine_for(120, 0);
    const it_view v = it_snapshot(&H);
    cr_assert_float_eq(v.rows[0].owed_work + v.rows[1].owed_work, 0.0, 1e-3);
    cr_assert(v.rows[0].owed_work > 1000.0 || v.rows[0].owed_work < -1000.0);
    it_close(&H);
}

Test(contract_out, bad_and_deaf_channels_say_so)
{
    open_farm(AB);
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.extranonce_size = 8;
    e.honours_prefix = HMX_NO;
    const uint32_t deaf = it_channel_with(&H, &e);
    cr_assert_eq(it_channel_row(&H, deaf).flags, HMX_CHANNEL_DEAF);
    for (uint32_t s = 0; s < 600; s += 30) {
        it_advance(&H, 30);
        for (uint32_t i = 0; i < H.channel_count; i++) {
            const uint32_t at = H.channels[i].upstream;
            it_share(&H, i, at, HMX_SHARE_SUBMITTED, 10, 30000);
            it_share(&H, i, at, i == 3 ? HMX_SHARE_REJECTED_OTHER : HMX_SHARE_ACCEPTED, 10, 30000);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    cr_assert_eq(it_channel_row(&H, 3).flags, HMX_CHANNEL_BAD);
    cr_assert_eq(it_channel_row(&H, 4).flags, 0);
    cr_assert_eq(it_snapshot(&H).s.bad, 1);
    it_close(&H);
}

Test(contract_out, gains_that_the_interval_does_not_bear_are_said_to_be_limited)
{
    open_farm("[controller]\nevaluation_interval_secs = 3600\n" AB);
    mine_for(3630, 0);
    cr_assert_neq(it_snapshot(&H).s.flags & HMX_SNAPSHOT_GAINS_LIMITED, 0);
    it_close(&H);
    open_farm(AB);
    mine_for(60, 0);
    cr_assert_eq(it_snapshot(&H).s.flags & HMX_SNAPSHOT_GAINS_LIMITED, 0);
    it_close(&H);
}
