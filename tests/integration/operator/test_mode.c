/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The modes: observe decides and hands nothing out, paused moves nobody towards the targets, and
 * a change to live pays nothing back. */
#include "tests/integration/harness_farm.h"

#define OBSERVE "[controller]\nmode = observe\n"
#define PAUSED  "[controller]\nmode = paused\n"
#define EVEN    IT_POOL("a", "50", "1") IT_POOL("b", "50", "2")

static it_host H;

static void set_mode(uint32_t mode)
{
    hmx_text why = it_text(&H);
    cr_assert_eq(H.tuning->set_mode(H.self, H.now_ns, mode, &why), HMX_OK, "%s", H.why);
}

/* A host that places by its own rule: the first pool that is up. */
static void host_takes(uint32_t count, uint32_t upstream)
{
    for (uint32_t i = 0; i < count; i++) {
        const hmx_channel_open e = it_channel_event(&H, 1000);
        hmx_channel_decision d = {.size = sizeof d};
        cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
        cr_assert_eq(d.action, HMX_ACTION_PASS);
        cr_assert_eq(d.reason, HMX_REASON_OBSERVE);
        H.channels[H.channel_count] =
            (it_channel){.channel = e.channel, .cookie = d.cookie, .open = 1, .difficulty = 1000};
        cr_assert_eq(it_force(&H, H.channel_count++, upstream), HMX_OK);
    }
}

/* A host that obeys runs so long; returns how many decisions it was given. */
static uint64_t decisions_in(uint32_t seconds)
{
    const uint64_t before = H.moves;
    it_run(&H, seconds / 5, 5, IT_APPLY);
    return H.moves - before;
}

Test(mode, is_a_key_and_a_setter)
{
    it_open(&H, OBSERVE IT_ABC);
    cr_assert_eq(it_snapshot(&H).s.mode, HMX_MODE_OBSERVE);
    set_mode(HMX_MODE_PAUSED);
    cr_assert_eq(it_snapshot(&H).s.mode, HMX_MODE_PAUSED);
    cr_assert_eq(it_reconfigure(&H, IT_ABC), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.mode, HMX_MODE_LIVE);
    hmx_text why = it_text(&H);
    for (uint32_t mode = 0; mode <= 4; mode += 4) {
        cr_assert_eq(H.tuning->set_mode(H.self, H.now_ns, mode, &why), HMX_E_CONFIG);
        cr_assert_str_eq(H.why, "mode must be 1 (live), 2 (observe) or 3 (paused)");
    }
    cr_assert_eq(H.tuning->set_mode(H.self, H.now_ns - 1, 2, NULL), HMX_E_INVALID);
    cr_assert_eq(it_snapshot(&H).s.mode, HMX_MODE_LIVE);
    it_close(&H);
}

Test(mode, observe_decides_once_and_hands_nothing_out)
{
    it_open(&H, OBSERVE EVEN);
    it_all_up(&H, 2);
    host_takes(100, IT_A);
    cr_assert_eq(decisions_in(1800), 0);
    it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.withheld, 50, "%llu", (unsigned long long)v.s.withheld);
    cr_assert_eq(v.s.pending, 50);
    cr_assert(v.rows[0].channels == 100 && v.rows[1].channels == 0, "where they work");
    cr_assert_float_eq(v.rows[1].allocated_pct, 50.0, 1.0, "where they would");
    cr_assert_float_eq(v.rows[0].actual_pct, 100.0, 1e-9);
    cr_assert_float_eq(v.rows[1].owed_work, 0.0, 1e-9, "nothing is owed");
    cr_assert_eq(v.s.moves_applied + v.s.moves_expired, 0);
    /* After an hour in which nobody did it, it is said again. */
    cr_assert_eq(decisions_in(3600), 0);
    v = it_snapshot(&H);
    cr_assert_eq(v.s.withheld, 100, "%llu", (unsigned long long)v.s.withheld);
    cr_assert_eq(v.s.pending, 50);
    it_close(&H);
}

Test(mode, observe_leaves_failover_to_the_host)
{
    it_open(&H, OBSERVE EVEN);
    it_all_up(&H, 2);
    host_takes(40, IT_A);
    it_down(&H, IT_A);
    cr_assert_eq(decisions_in(60), 0);
    cr_assert_eq(it_snapshot(&H).s.withheld, 40, "all of them would have left");
    for (uint32_t i = 0; i < 40; i++) {
        cr_assert_eq(it_force(&H, i, IT_B), HMX_OK);
    }
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.pending, 0, "what the host does itself is not decided any more");
    cr_assert_eq(v.rows[IT_B - 1].channels, 40);
    cr_assert_eq(decisions_in(600), 0);
    it_close(&H);
}

/* A pool that is to get channels goes: they are decided about anew. */
Test(mode, what_is_withheld_ends_with_its_pool)
{
    it_open(&H, OBSERVE IT_ABC);
    it_all_up(&H, 3);
    host_takes(50, IT_A);
    cr_assert_eq(decisions_in(600), 0);
    cr_assert_eq(it_row(&H, IT_B).pending_in, 15);
    it_down(&H, IT_B);
    it_tick(&H);
    cr_assert_eq(it_row(&H, IT_B).pending_in, 0);
    it_close(&H);
}

/* From a farm of which one pool had nothing for hours, to the targets and not beyond. */
Test(mode, a_change_to_live_is_bumpless)
{
    it_open(&H, OBSERVE EVEN);
    it_all_up(&H, 2);
    host_takes(100, IT_A);
    cr_assert_eq(decisions_in(5400), 0);
    set_mode(HMX_MODE_LIVE);
    cr_assert_eq(it_snapshot(&H).s.pending, 0);
    uint64_t moves = 0;
    for (uint32_t minute = 0; minute < 60; minute++) {
        moves += decisions_in(60);
        const it_view v = it_snapshot(&H);
        cr_assert_leq(v.rows[1].allocated_pct, 51.0, "minute %u", minute);
    }
    cr_assert_float_eq(it_row(&H, IT_B).allocated_pct, 50.0, 1.0);
    cr_assert(moves >= 49 && moves <= 52, "%llu moves", (unsigned long long)moves);
    it_close(&H);
}

Test(mode, paused_moves_only_who_has_no_pool)
{
    it_open(&H, PAUSED EVEN);
    it_all_up(&H, 2);
    it_channels(&H, 40, 1000);
    cr_assert_eq(it_count_on(&H, IT_B), 20, "newcomers go where they should");
    for (uint32_t i = 0; i < 40; i++) {
        cr_assert_eq(it_force(&H, i, IT_A), HMX_OK);
    }
    cr_assert_eq(decisions_in(1200), 0);
    it_down(&H, IT_A);
    cr_assert_eq(decisions_in(60), 40);
    cr_assert_eq(it_count_on(&H, IT_B), 40);
    it_up(&H, IT_A);
    cr_assert_eq(decisions_in(3600), 0, "nobody is brought back");
    cr_assert_float_eq(it_row(&H, IT_A).owed_work, 0.0, 1e-9);
    set_mode(HMX_MODE_LIVE);
    cr_assert_gt(decisions_in(600), 10);
    it_close(&H);
}

Test(mode, paused_renews_prefixes_and_leaves_pins_alone)
{
    it_open(&H, PAUSED EVEN);
    it_up_space(&H, IT_A, 1, 4, 12);
    it_up_space(&H, IT_B, 8, 4, 12);
    it_channels(&H, 10, 1000);
    const uint32_t on_b = it_count_on(&H, IT_B);
    it_up_space(&H, IT_B, 16, 4, 12);
    it_tick(&H);
    cr_assert_eq(H.decision_count, on_b);
    for (uint32_t i = 0; i < H.decision_count; i++) {
        cr_assert_eq(H.decisions[i].kind, HMX_DECISION_PREFIX);
    }
    it_answer_all(&H, HMX_RESULT_APPLIED);
    const hmx_view all = {"*", 1};
    cr_assert_eq(H.tuning->pin(H.self, H.now_ns, all, IT_B, NULL), HMX_OK);
    cr_assert_eq(decisions_in(600), 0);
    it_close(&H);
}

/* What is under way when the mode changes ends as it would have. */
Test(mode, a_decision_under_way_is_answered)
{
    it_open(&H, EVEN);
    it_all_up(&H, 2);
    it_channels(&H, 20, 1000);
    for (uint32_t i = 0; i < 20; i++) {
        cr_assert_eq(it_force(&H, i, IT_A), HMX_OK);
    }
    for (uint32_t i = 0; i < 60 && it_tick(&H) == 0; i++) {
        it_advance(&H, 5);
        it_mine(&H, 5);
    }
    const uint32_t asked = H.decision_count;
    cr_assert_gt(asked, 1);
    set_mode(HMX_MODE_OBSERVE);
    cr_assert_eq(it_answer(&H, &H.decisions[0], HMX_RESULT_APPLIED), HMX_OK);
    it_advance(&H, 20);
    cr_assert_eq(it_tick(&H), 0);
    cr_assert_eq(it_snapshot(&H).s.moves_applied, 1);
    cr_assert_eq(it_snapshot(&H).s.moves_expired, asked - 1);
    it_close(&H);
}
