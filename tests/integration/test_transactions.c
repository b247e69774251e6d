/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A move is a transaction: decided, pending, and then applied, refused, failed, expired, or void
 * because the host or the peer did something else. */
#include "tests/integration/harness_farm.h"

static it_host H;

/* A hundred equal channels, twenty too many on B and missing on A: the next evaluation decides. */
static void open_uneven(const it_options *options)
{
    it_open_with(&H, IT_ABC, options);
    it_all_up(&H, 3);
    it_channels(&H, 100, 1000);
    it_place(&H, 40, 50, 10);
    it_advance(&H, 121); /* the host's moves are moves: those channels rest for the dwell */
}

static void setup(void)
{
    open_uneven(NULL);
    cr_assert_eq(it_tick(&H), 20);
}

static uint32_t index_of(const hmx_decision *d)
{
    return (uint32_t)(it_channel_named(&H, d->channel) - H.channels);
}

Test(transactions, a_decision_is_pending_and_counts_at_its_destination, .init = setup)
{
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.pending, 20);
    cr_assert_eq(v.s.decisions, 20);
    cr_assert_eq(v.rows[IT_A - 1].pending_in, 20);
    cr_assert_eq(v.rows[IT_B - 1].pending_out, 20);
    cr_assert_eq(v.rows[IT_A - 1].channels, 40, "nobody has moved yet");
    cr_assert_eq(v.rows[IT_B - 1].channels, 50);
    cr_assert_float_eq(v.rows[IT_A - 1].allocated_pct, 60, 1e-6);
    cr_assert_float_eq(v.rows[IT_A - 1].hashrate / v.s.hashrate, 0.4, 1e-9);
    const hmx_channel_metrics row = it_channel_row(&H, index_of(&H.decisions[0]));
    cr_assert_eq(row.upstream, IT_B);
    cr_assert_eq(row.pending_to, IT_A);
    cr_assert_eq(row.pending_decision, H.decisions[0].decision);
    it_close(&H);
}

Test(transactions, applied_is_the_only_way_to_become_a_fact, .init = setup)
{
    const uint32_t index = index_of(&H.decisions[0]);
    cr_assert_eq(it_answer(&H, &H.decisions[0], HMX_RESULT_APPLIED), HMX_OK);
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.pending, 19);
    cr_assert_eq(v.s.moves_applied, 1);
    cr_assert_eq(v.rows[IT_A - 1].channels, 41);
    cr_assert_eq(v.rows[IT_B - 1].channels, 49);
    cr_assert_eq(v.rows[IT_A - 1].pending_in, 19);
    const hmx_channel_metrics row = it_channel_row(&H, index);
    cr_assert_eq(row.upstream, IT_A);
    cr_assert_eq(row.pending_to, HMX_NONE);
    cr_assert_eq(row.pending_decision, 0);
    cr_assert_eq(row.moves, 1);
    cr_assert_eq(row.last_move_ns, H.now_ns);
    it_close(&H);
}

Test(transactions, refused_leaves_no_trace_and_is_tried_again, .init = setup)
{
    it_answer_all(&H, HMX_RESULT_REFUSED);
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.pending, 0);
    cr_assert_eq(v.s.moves_refused, 20);
    cr_assert_eq(v.s.moves_applied, 0);
    cr_assert_eq(v.rows[IT_B - 1].channels, 50);
    cr_assert_float_eq(v.rows[IT_B - 1].allocated_pct, 50, 1e-6);
    const hmx_channel_metrics row = it_channel_row(&H, index_of(&H.decisions[0]));
    cr_assert(row.moves == 0 && row.last_move_ns == 0 && row.pending_to == HMX_NONE);
    it_advance(&H, 30);
    cr_assert_eq(it_tick(&H), 20);
    it_close(&H);
}

Test(transactions, failed_says_where_the_channel_is_now, .init = setup)
{
    hmx_reassign stayed = it_outcome(&H, &H.decisions[0], HMX_RESULT_FAILED);
    cr_assert_eq(hs_guard_on_reassign(H.guard, &stayed), HMX_OK);
    cr_assert_eq(it_channel_row(&H, index_of(&H.decisions[0])).upstream, IT_B);
    hmx_reassign elsewhere = it_outcome(&H, &H.decisions[1], HMX_RESULT_FAILED);
    elsewhere.to = IT_C;
    cr_assert_eq(hs_guard_on_reassign(H.guard, &elsewhere), HMX_OK);
    cr_assert_eq(it_channel_row(&H, index_of(&H.decisions[1])).upstream, IT_C);
    hmx_reassign parked = it_outcome(&H, &H.decisions[2], HMX_RESULT_FAILED);
    parked.to = HMX_NONE;
    cr_assert_eq(hs_guard_on_reassign(H.guard, &parked), HMX_OK);
    cr_assert_eq(it_channel_row(&H, index_of(&H.decisions[2])).upstream, HMX_NONE);
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.moves_failed, 3);
    cr_assert_eq(v.s.pending, 17);
    cr_assert_eq(v.rows[IT_B - 1].channels, 48);
    cr_assert_eq(v.rows[IT_C - 1].channels, 11);
    cr_assert_eq(v.rows[IT_A - 1].channels, 40);
    it_close(&H);
}

Test(transactions, a_decision_that_nobody_answers_expires, .init = setup)
{
    const hmx_decision first = H.decisions[0];
    H.now_ns = first.valid_until_ns;
    it_tick(&H);
    cr_assert_eq(it_snapshot(&H).s.pending, 20, "the last moment at which an answer counts");
    H.now_ns = first.valid_until_ns + 1;
    it_tick(&H);
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.pending, 0);
    cr_assert_eq(v.s.moves_expired, 20);
    cr_assert_float_eq(v.rows[IT_B - 1].allocated_pct, 50, 1e-6, "back where it came from");
    it_advance(&H, 0.001);
    cr_assert_eq(it_answer(&H, &first, HMX_RESULT_REFUSED), HMX_E_STATE);
    cr_assert_eq(it_answer(&H, &first, HMX_RESULT_APPLIED), HMX_OK, "a late move is a fact");
    cr_assert_eq(it_channel_row(&H, index_of(&first)).upstream, first.to);
    cr_assert_eq(it_answer(&H, &first, HMX_RESULT_APPLIED), HMX_E_STATE, "once");
    H.host_faults_expected = 1;
    it_close(&H);
}

Test(transactions, a_late_answer_is_late_without_a_tick_in_between, .init = setup)
{
    H.now_ns = H.decisions[0].valid_until_ns + 1;
    cr_assert_eq(it_answer(&H, &H.decisions[1], HMX_RESULT_REFUSED), HMX_E_STATE);
    cr_assert_eq(it_snapshot(&H).s.moves_refused, 0);
    cr_assert_eq(it_answer(&H, &H.decisions[0], HMX_RESULT_APPLIED), HMX_OK, "it is a fact");
    cr_assert_eq(it_snapshot(&H).s.moves_applied, 1);
    it_close(&H);
}

Test(transactions, a_second_answer_changes_nothing, .init = setup)
{
    const uint32_t second[] = {HMX_RESULT_APPLIED, HMX_RESULT_REFUSED, HMX_RESULT_FAILED};
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(it_answer(&H, &H.decisions[i], HMX_RESULT_APPLIED), HMX_OK);
        const it_view before = it_snapshot(&H);
        cr_assert_eq(it_answer(&H, &H.decisions[i], second[i]), HMX_E_STATE);
        const it_view after = it_snapshot(&H);
        cr_assert(it_same_view(&before, &after), "the answer %u", second[i]);
    }
    H.host_faults_expected = 3;
    it_close(&H);
}

Test(transactions, an_answer_for_another_decision_or_place_is_refused, .init = setup)
{
    const it_view before = it_snapshot(&H);
    hmx_reassign e = it_outcome(&H, &H.decisions[0], HMX_RESULT_APPLIED);
    e.decision = H.decisions[1].decision; /* pending, but for another channel */
    cr_assert_eq(hs_guard_on_reassign(H.guard, &e), HMX_E_STATE);
    e = it_outcome(&H, &H.decisions[0], HMX_RESULT_APPLIED);
    e.decision = 0;
    cr_assert_eq(hs_guard_on_reassign(H.guard, &e), HMX_E_STATE);
    e = it_outcome(&H, &H.decisions[0], HMX_RESULT_APPLIED);
    e.decision = UINT64_MAX;
    cr_assert_eq(hs_guard_on_reassign(H.guard, &e), HMX_E_STATE);
    e = it_outcome(&H, &H.decisions[0], HMX_RESULT_APPLIED);
    e.to = IT_C; /* somewhere else than decided is FORCED */
    cr_assert_eq(hs_guard_on_reassign(H.guard, &e), HMX_E_INVALID);
    it_view after = it_snapshot(&H);
    after.s.now_ns = before.s.now_ns;
    cr_assert(it_same_view(&before, &after));
    H.host_faults_expected = 4;
    it_close(&H);
}

Test(transactions, forced_is_a_fact_and_voids_what_is_pending, .init = setup)
{
    const hmx_decision d = H.decisions[0];
    const uint64_t forced = it_snapshot(&H).s.moves_forced;
    cr_assert_eq(it_force(&H, index_of(&d), IT_C), HMX_OK);
    it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.pending, 19);
    cr_assert_eq(v.s.moves_forced, forced + 1, "%llu", (unsigned long long)v.s.moves_forced);
    cr_assert_eq(v.rows[IT_C - 1].channels, 11);
    cr_assert_eq(it_channel_row(&H, index_of(&d)).upstream, IT_C);
    cr_assert_eq(it_answer(&H, &d, HMX_RESULT_APPLIED), HMX_E_STATE);
    v = it_snapshot(&H);
    cr_assert_eq(v.rows[IT_C - 1].channels, 11);
    H.host_faults_expected = 1;
    it_close(&H);
}

Test(transactions, closing_voids_what_is_pending, .init = setup)
{
    const hmx_decision d = H.decisions[0];
    it_close_channel(&H, index_of(&d));
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.pending, 19);
    cr_assert_eq(v.s.channels, 99);
    cr_assert_eq(v.rows[IT_A - 1].pending_in, 19);
    cr_assert_eq(v.rows[IT_B - 1].pending_out, 19);
    cr_assert_eq(it_answer(&H, &d, HMX_RESULT_APPLIED), HMX_E_STATE);
    H.host_faults_expected = 1;
    it_close(&H);
}

Test(transactions, a_channel_has_at_most_one_pending_decision, .init = setup)
{
    for (int i = 0; i < 14; i++) { /* evaluated every second, and answered never */
        it_advance(&H, 1);
        cr_assert_eq(H.tuning->rebalance_now(H.self, H.now_ns, NULL), HMX_OK);
        cr_assert_eq(it_tick(&H), 0, "all that is wanted is under way");
    }
    cr_assert_eq(it_snapshot(&H).s.pending, 20);
    it_close(&H);
}

Test(transactions, decisions_are_numbered_and_limited_in_time, .init = setup)
{
    for (uint32_t i = 0; i < H.decision_count; i++) {
        const hmx_decision *const d = &H.decisions[i];
        cr_assert_eq(d->decision, i + 1);
        cr_assert_gt(d->valid_until_ns, H.now_ns);
        cr_assert_eq(d->cookie, it_channel_named(&H, d->channel)->cookie);
        cr_assert_eq(d->style, HMX_STYLE_HARD, "no tip is known");
    }
    it_close(&H);
}

Test(transactions, a_buffer_without_rows_makes_nothing_pending)
{
    open_uneven(NULL);
    hmx_decision_buf none = {.size = sizeof none};
    const hmx_tick e = {.event = it_event(&H, sizeof e)};
    cr_assert_eq(hs_guard_on_tick(H.guard, &e, &none), HMX_OK);
    cr_assert_eq(none.count, 0);
    cr_assert_eq(none.more, 1);
    cr_assert_eq(it_snapshot(&H).s.pending, 0);
    cr_assert_eq(it_tick(&H), 20);
    it_close(&H);
}

/* Moves per direction that one evaluation decides, with rows for `capacity` decisions at a time. */
static void count_moves(uint32_t capacity, uint32_t moves[4][4], uint32_t *calls)
{
    const it_options o = {.capacity = capacity};
    open_uneven(&o);
    memset(moves, 0, 16 * sizeof moves[0][0]);
    it_tick(&H);
    *calls = H.tick_calls;
    for (uint32_t i = 0; i < H.decision_count; i++) {
        moves[H.decisions[i].from][H.decisions[i].to]++;
    }
    it_close(&H);
}

Test(transactions, a_small_buffer_gets_the_same_in_more_calls)
{
    uint32_t large[4][4];
    uint32_t small[4][4];
    uint32_t calls = 0;
    count_moves(64, large, &calls);
    cr_assert_eq(calls, 1);
    const uint32_t capacities[] = {1, 2, 3, 7, 19, 20};
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        count_moves(capacities[i], small, &calls);
        cr_assert_eq(memcmp(large, small, sizeof large), 0, "with %u rows", capacities[i]);
        cr_assert_eq(calls, (20 + capacities[i] - 1) / capacities[i], "%u calls with %u rows",
                     calls, capacities[i]);
    }
}

/* A farm in which only an exchange of two channels fits: 30 units against 20 where 10 are
 * wanted. */
static uint32_t exchange(uint32_t capacity, double *left_points)
{
    const it_options o = {.capacity = capacity};
    it_open_with(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"), &o);
    it_all_up(&H, 2);
    for (int i = 0; i < 20; i++) {
        it_channel_of(&H, i % 2 == 0 ? 3000 : 2000);
    }
    for (uint32_t i = 0; i < 20; i++) {
        const uint32_t to = i < 12 ? (i % 2 == 0 ? IT_A : IT_B) : (i % 2 == 0 ? IT_B : IT_A);
        it_force(&H, i, i == 19 ? IT_B : to);
    }
    it_advance(&H, 121);
    it_tick(&H);
    const double off = it_row(&H, IT_A).allocated_pct - it_row(&H, IT_A).command_pct;
    *left_points = off < 0 ? -off : off;
    const uint32_t decisions = H.decision_count;
    it_close(&H);
    return decisions;
}

Test(transactions, an_exchange_does_not_hang_on_a_buffer_of_one_row)
{
    double with_room = 0;
    double without = 0;
    const uint32_t large = exchange(64, &with_room);
    const uint32_t small = exchange(1, &without);
    cr_assert_gt(large, 0);
    cr_assert_leq(with_room, 1);
    cr_assert(small <= large || without <= with_room + 1, "%u moves, %f points left", small,
              without);
}

Test(transactions, a_host_that_echoes_no_cookie_gets_the_same)
{
    uint32_t with[4][4];
    uint32_t calls = 0;
    count_moves(64, with, &calls);
    const it_options o = {.echo_zero_cookie = 1};
    open_uneven(&o);
    cr_assert_eq(it_tick(&H), 20);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(it_count_on(&H, IT_A), 60);
    cr_assert_eq(it_row(&H, IT_A).channels, 60);
    it_run(&H, 600, 1, IT_APPLY);
    for (uint32_t i = 0; i < 50; i++) {
        it_close_channel(&H, i);
    }
    cr_assert_eq(it_snapshot(&H).s.channels, 50);
    it_close(&H);
}

Test(transactions, a_wrong_cookie_is_noticed_and_the_number_counts)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 10, 1000);
    const uint64_t wrong[] = {H.channels[3].cookie, UINT64_MAX, 1, 1ull << 40};
    for (size_t i = 0; i < 4; i++) {
        hmx_share e = it_share_event(&H, 0, IT_A, HMX_SHARE_SUBMITTED, 1, 1000);
        e.cookie = wrong[i];
        cr_assert_eq(H.plugin.ops.on_share(H.self, &e), HMX_OK);
        hmx_channel_metrics row = {.size = sizeof row};
        cr_assert_eq(H.metrics->channel(H.self, 1, wrong[i], &row), HMX_OK);
        cr_assert_eq(row.channel, 1);
    }
    cr_assert_eq(it_row(&H, IT_A).submitted.count, 4);
    it_close(&H);
}

Test(transactions, a_newer_host_s_longer_events_are_understood)
{
    const it_options o = {.extra_tail_bytes = 24};
    open_uneven(&o);
    cr_assert_eq(it_tick(&H), 20);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(it_row(&H, IT_A).channels, 60);
    it_close_channel(&H, 0);
    it_close(&H);
}

/* Both pools on one tip: a soft move is allowed, if the host can do one. */
Test(transactions, soft_moves_where_the_tips_are_equal)
{
    for (int can = 0; can < 2; can++) {
        const it_options o = {.caps = can ? HMX_CAP_KNOWN : HMX_CAP_KNOWN & ~HMX_CAP_SOFT_MOVE};
        it_open_with(&H, IT_ABC, &o);
        for (uint32_t u = IT_A; u <= IT_C; u++) {
            hmx_upstream_event e = it_upstream(&H, u, HMX_UPSTREAM_UP);
            e.tip_nbits = 0x1d00ffff;
            memset(e.tip_prev_hash, u == IT_C ? 9 : 7, sizeof e.tip_prev_hash);
            cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
        }
        it_channels(&H, 100, 1000);
        it_place(&H, 30, 50, 20);
        it_advance(&H, 121);
        cr_assert_gt(it_tick(&H), 0);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            const hmx_decision *const d = &H.decisions[i];
            const int same = d->from != IT_C && d->to != IT_C;
            cr_assert_eq(d->style, can && same ? HMX_STYLE_SOFT_ALLOWED : HMX_STYLE_HARD);
        }
        it_close(&H);
    }
}
