/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pools that die, come back, drain, lose their job or their target. */
#include <math.h>

#include "tests/integration/harness_farm.h"

static it_host H;

static void open_farm(const char *head, uint32_t channels)
{
    char config[2048];
    snprintf(config, sizeof config, "%s%s", head, IT_ABC);
    it_open(&H, config);
    it_all_up(&H, 3);
    it_channels(&H, channels, 1000);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
}

static uint32_t lines_with(const char *text)
{
    uint32_t count = 0;
    for (const char *at = strstr(H.log, text); at != NULL; at = strstr(at + 1, text)) {
        count++;
    }
    return count;
}

/* Down between two evaluations: the very next tick lists every channel of the pool. */
Test(failover, everybody_leaves_a_dead_pool_at_the_next_tick)
{
    open_farm("", 1000);
    const uint64_t evaluations = it_snapshot(&H).s.evaluations;
    const uint32_t requested = H.ticks_requested;
    it_advance(&H, 1);
    it_down(&H, IT_A);
    cr_assert_gt(H.ticks_requested, requested, "it asks for a tick");
    it_advance(&H, 0.01);
    cr_assert_eq(it_tick(&H), 600);
    cr_assert_eq(it_snapshot(&H).s.evaluations, evaluations, "without waiting for the interval");
    uint32_t to[4] = {0};
    for (uint32_t i = 0; i < 600; i++) {
        cr_assert_eq(H.decisions[i].from, IT_A);
        cr_assert_eq(H.decisions[i].reason, HMX_REASON_EVACUATION);
        to[H.decisions[i].to]++;
    }
    cr_assert_eq(to[IT_B], 450, "30 : 10 is 75 : 25");
    cr_assert_eq(to[IT_C], 150);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_float_eq(it_row(&H, IT_B).effective_pct, 75, 1e-6);
    cr_assert_float_eq(it_row(&H, IT_C).effective_pct, 25, 1e-6);
    cr_assert_eq(it_row(&H, IT_A).effective_pct, 0.0);
    cr_assert_eq(it_row(&H, IT_A).target_pct, 60.0);
    it_close(&H);
}

/* Even who moved a second ago, and who has a decision under way to or from the pool. */
Test(failover, no_cooldown_holds_anybody_on_a_dead_pool)
{
    open_farm("[controller]\nmin_reassignment_interval_secs = 604800\n", 100);
    it_place(&H, 70, 25, 5);
    it_advance(&H, 1);
    it_down(&H, IT_A);
    cr_assert_eq(it_tick(&H), 70);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_down(&H, IT_B);
    cr_assert_eq(it_tick(&H), it_count_on(&H, IT_B));
    it_close(&H);
}

Test(failover, moves_under_way_to_a_pool_that_dies_are_made_good)
{
    open_farm("", 100);
    it_down(&H, IT_B);
    cr_assert_eq(it_tick(&H), 30); /* under way to A and C */
    hmx_decision first[IT_CAPACITY];
    memcpy(first, H.decisions, sizeof first);
    it_advance(&H, 1);
    it_down(&H, IT_C);
    it_tick(&H);
    for (uint32_t i = 0; i < H.decision_count; i++) {
        cr_assert_eq(H.decisions[i].to, IT_A);
    }
    it_answer_all(&H, HMX_RESULT_APPLIED);
    for (uint32_t i = 0; i < 30; i++) { /* those to C cannot be done any more */
        (void)it_answer(&H, &first[i],
                        first[i].to == IT_C ? HMX_RESULT_REFUSED : HMX_RESULT_APPLIED);
    }
    it_run(&H, 31, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 100);
    it_close(&H);
}

Test(failover, a_refused_evacuation_is_tried_again)
{
    open_farm("", 20);
    it_down(&H, IT_A);
    cr_assert_eq(it_tick(&H), 12);
    it_answer_all(&H, HMX_RESULT_REFUSED);
    it_run(&H, 31, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    it_close(&H);
}

/* Twenty minutes of outage; then the pool gets its share, and not more to make up for them. */
Test(failover, a_pool_that_returns_is_restored_without_catching_up)
{
    open_farm("", 100);
    it_down(&H, IT_B);
    it_run(&H, 1200, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_B), 0);
    cr_assert_eq(it_row(&H, IT_B).command_pct, 0.0);
    it_up(&H, IT_B);
    cr_assert_eq(it_row(&H, IT_B).output_points, 0.0);
    for (int second = 1; second <= 3600; second++) {
        it_run(&H, 1, 1, IT_APPLY);
        const hmx_upstream_metrics b = it_row(&H, IT_B);
        cr_assert(b.command_pct > 29 && b.command_pct < 31, "%f after %d s", b.command_pct, second);
        cr_assert(b.allocated_pct < 32, "%f after %d s", b.allocated_pct, second);
        cr_assert(second < 300 || b.allocated_pct > 28, "%f after %d s", b.allocated_pct, second);
    }
    cr_assert_float_eq(it_row(&H, IT_A).allocated_pct, 60, 2);
    it_close(&H);
}

Test(failover, all_down_moves_nobody_and_is_said_once)
{
    const char *const said = "no upstream can be used";
    open_farm("", 20);
    for (uint32_t outage = 1; outage <= 3; outage++) {
        const uint64_t decisions = it_snapshot(&H).s.decisions;
        for (uint32_t u = IT_A; u <= IT_C; u++) {
            it_down(&H, u);
        }
        for (int i = 0; i < 700; i++) { /* no shares, only time */
            it_advance(&H, 1);
            cr_assert_eq(it_tick(&H), 0);
        }
        cr_assert_eq(it_snapshot(&H).s.decisions, decisions);
        cr_assert(it_snapshot(&H).s.flags & HMX_SNAPSHOT_ALL_DOWN);
        cr_assert_eq(it_row(&H, IT_A).command_pct, 0.0);
        cr_assert_eq(lines_with(said), outage, "%u times", lines_with(said));
        it_all_up(&H, 3);
        it_run(&H, 120, 1, IT_APPLY);
        cr_assert_not(it_snapshot(&H).s.flags & HMX_SNAPSHOT_ALL_DOWN);
        cr_assert_eq(it_count_on(&H, IT_A), 12, "everybody where they were: nobody left");
    }
    it_close(&H);
}

Test(failover, the_last_pool_gets_everybody_and_nobody_catches_up_after_all_were_down)
{
    open_farm("", 100);
    it_down(&H, IT_A);
    it_run(&H, 60, 1, IT_APPLY);
    it_down(&H, IT_B);
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_C), 100);
    it_down(&H, IT_C);
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_C), 100);
    it_all_up(&H, 3);
    /* C keeps everybody for the two minutes of their dwell; that much is owed, and no outage. */
    for (int minute = 1; minute <= 180; minute++) {
        it_run(&H, 60, 1, IT_APPLY);
        const double limit = minute < 3 ? 100 : minute < 120 ? 8 : 2;
        cr_assert_float_eq(it_row(&H, IT_A).allocated_pct, 60, limit, "minute %d: %f", minute,
                           it_row(&H, IT_A).allocated_pct);
        cr_assert_float_eq(it_row(&H, IT_C).allocated_pct, 10, limit, "minute %d: %f", minute,
                           it_row(&H, IT_C).allocated_pct);
    }
    it_close(&H);
}

static void lose_job(uint32_t upstream)
{
    hmx_upstream_event e = it_upstream(&H, upstream, HMX_UPSTREAM_UP);
    e.has_job = HMX_NO;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

Test(failover, a_pool_without_a_job_is_never_a_destination)
{
    open_farm("", 100);
    lose_job(IT_A);
    it_down(&H, IT_B);
    it_tick(&H);
    cr_assert_gt(H.decision_count, 0);
    for (uint32_t i = 0; i < H.decision_count; i++) {
        cr_assert_eq(H.decisions[i].to, IT_C);
    }
    it_close(&H);
}

/* Between two jobs of a pool may lie a moment; a pool that is up and has nothing to mine for half a
 * minute is as good as down. */
Test(failover, a_pool_that_stays_without_a_job_is_left_and_a_moment_moves_nobody)
{
    open_farm("", 100);
    for (int flip = 0; flip < 60; flip++) {
        lose_job(IT_A);
        it_run(&H, 5, 1, IT_APPLY);
        it_up(&H, IT_A);
        it_run(&H, 5, 1, IT_APPLY);
    }
    cr_assert_eq(H.moves, 0, "%u moves for moments without a job", (unsigned)H.moves);
    cr_assert_eq(lines_with("without a job"), 0);
    lose_job(IT_A);
    it_run(&H, 29, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 60, "too early");
    lose_job(IT_A); /* told once more: it is the same moment */
    it_run(&H, 31, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 0, "they mine nothing there");
    cr_assert_eq(lines_with("upstream a is up without a job for 30 s: its channels leave\n"), 1);
    it_up(&H, IT_A);
    it_run(&H, 600, 1, IT_APPLY);
    cr_assert_eq(lines_with("upstream a has a job again\n"), 1);
    cr_assert_float_eq(it_row(&H, IT_A).allocated_pct, 60, 3);
    it_close(&H);
}

Test(failover, where_nobody_has_a_job_everybody_stays)
{
    open_farm("", 20);
    for (uint32_t i = IT_A; i <= IT_C; i++) {
        lose_job(i);
    }
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
    it_close(&H);
}

Test(failover, without_auto_redistribute_the_miners_of_a_dead_pool_stay)
{
    open_farm("[failover]\nauto_redistribute = false\n", 20);
    it_down(&H, IT_A);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 12);
    cr_assert_eq(H.moves, 0);
    it_up(&H, IT_A);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 12);
    it_close(&H);
}

Test(failover, without_auto_restore_a_pool_that_failed_waits_for_the_operator)
{
    open_farm("[failover]\nauto_restore = false\n", 20);
    it_down(&H, IT_A);
    it_run(&H, 60, 1, IT_APPLY);
    it_up(&H, IT_A);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    cr_assert_not(it_row(&H, IT_A).flags & HMX_ROW_USABLE);
    cr_assert_eq(H.tuning->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 0.7, NULL), HMX_OK);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 0, "another knob is not a word about this pool");
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_B, HMX_YES, NULL), HMX_OK);
    cr_assert_not(it_row(&H, IT_A).flags & HMX_ROW_USABLE, "nor is another pool");
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_YES, NULL), HMX_OK);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 12);
    it_close(&H);
}

Test(failover, without_auto_restore_a_new_file_is_the_operator_s_word)
{
    const char *const config = "[failover]\nauto_restore = false\n" IT_ABC;
    open_farm("[failover]\nauto_restore = false\n", 20);
    it_down(&H, IT_A);
    it_run(&H, 60, 1, IT_APPLY);
    it_up(&H, IT_A);
    const hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {config, strlen(config)}, .now_ns = H.now_ns};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 12);
    it_close(&H);
}

/* 17: the reference never drains a disabled pool. */
Test(failover, reference_defect_17_a_pool_disabled_at_run_time_is_drained)
{
    open_farm("", 100);
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_NO, NULL), HMX_OK);
    cr_assert_eq(it_tick(&H), 60);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(it_count_on(&H, IT_B), 75);
    cr_assert_eq(it_count_on(&H, IT_C), 25);
    cr_assert_not(it_row(&H, IT_A).flags & (HMX_ROW_ENABLED | HMX_ROW_USABLE));
    it_channels(&H, 10, 1000);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_YES, NULL), HMX_OK);
    it_run(&H, 600, 1, IT_APPLY);
    cr_assert_float_eq(it_row(&H, IT_A).allocated_pct, 60, 2);
    it_close(&H);
}

Test(failover, a_draining_pool_is_left)
{
    open_farm("[failover]\nauto_redistribute = false\n", 20);
    it_state(&H, IT_A, HMX_UPSTREAM_DRAINING);
    cr_assert_eq(it_tick(&H), 12, "the host will close it, whatever failover says");
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    it_close(&H);
}

Test(failover, a_target_of_zero_empties_the_pool)
{
    open_farm("", 20);
    hmx_target rows[] = {
        {sizeof rows[0], IT_A, 0}, {sizeof rows[0], IT_B, 75}, {sizeof rows[0], IT_C, 25}};
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = 3, .rows = rows};
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &targets, NULL), HMX_OK);
    cr_assert_eq(it_tick(&H), 12);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    it_channels(&H, 10, 1000);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    it_close(&H);
}

Test(failover, a_pool_of_zero_per_cent_is_better_than_none)
{
    it_open(&H, IT_POOL("a", "100", "1") IT_POOL("b", "0", "2"));
    it_all_up(&H, 2);
    it_channels(&H, 10, 1000);
    cr_assert_eq(it_count_on(&H, IT_A), 10);
    it_down(&H, IT_A);
    cr_assert_eq(it_tick(&H), 10);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(it_count_on(&H, IT_B), 10);
    it_up(&H, IT_A);
    it_run(&H, 2, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 10);
    it_close(&H);
}

/* Taken over from a host that ran before, on a pool that is being drained. */
Test(failover, one_that_comes_on_a_pool_it_has_to_leave_leaves_at_the_next_tick)
{
    open_farm("", 20);
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_A, HMX_NO, NULL), HMX_OK);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    const uint64_t evaluations = it_snapshot(&H).s.evaluations;
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.current_upstream = IT_A;
    cr_assert_eq(H.channels[it_channel_with(&H, &e)].upstream, IT_A);
    it_advance(&H, 1);
    cr_assert_eq(it_tick(&H), 1);
    cr_assert_eq(H.decisions[0].channel, e.channel);
    cr_assert_eq(H.decisions[0].reason, HMX_REASON_EVACUATION);
    cr_assert_eq(it_snapshot(&H).s.evaluations, evaluations, "without waiting for the interval");
    it_close(&H);
}

/* Each pool in turn gets nothing for twenty minutes: what it is owed then ends with its drain. */
Test(failover, a_pool_that_was_drained_does_not_catch_up)
{
    open_farm("[controller]\ndeadband_points = 100\n", 20);
    for (uint32_t upstream = IT_A; upstream <= IT_C; upstream++) {
        for (uint32_t second = 0; second < 1200; second++) {
            it_advance(&H, 1);
            for (uint32_t i = 0; i < 20; i++) {
                const uint32_t paid = upstream == IT_A ? IT_B : IT_A;
                it_share(&H, i, paid, HMX_SHARE_SUBMITTED, 1, 1000);
                it_share(&H, i, paid, HMX_SHARE_ACCEPTED, 1, 1000);
            }
            it_tick(&H);
            it_answer_all(&H, HMX_RESULT_REFUSED);
        }
        cr_assert_gt(it_row(&H, upstream).output_points, 1.0);
        for (uint32_t enabled = HMX_NO; enabled >= HMX_YES; enabled--) {
            cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, upstream, enabled, NULL),
                         HMX_OK);
        }
        cr_assert_eq(it_row(&H, upstream).output_points, 0.0, "upstream %u", upstream);
    }
    it_close(&H);
}

static void report(uint32_t state, uint32_t reason)
{
    hmx_upstream_event e = it_upstream(&H, IT_A, state);
    e.reason = reason;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

Test(failover, why_a_pool_went_is_said_and_no_reason_when_it_comes)
{
    it_open(&H, IT_ABC);
    for (uint32_t reason = 0; reason <= 5; reason++) {
        report(HMX_UPSTREAM_UP, reason);
        cr_assert_eq(lines_with("upstream a is up\n"), reason + 1, "%s", H.log);
        report(HMX_UPSTREAM_DOWN, reason);
    }
    cr_assert_eq(lines_with("upstream a is not up any more: the connection broke\n"), 1);
    cr_assert_eq(lines_with("upstream a is not up any more\n"), 2, "0, and one that is not known");
    it_close(&H);
}
