/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the header says of outcomes that come late, and of channels that are stranded. */
#include "tests/integration/harness_field.h"

static it_host H;

#define AB  IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")
#define NOW "[controller]\nhold_secs = 0\n[failover]\nhold_down_secs = 0\n"

static uint32_t lines_with(const char *what)
{
    uint32_t count = 0;
    for (const char *at = strstr(H.log, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

static hmx_decision decide(void)
{
    it_tick(&H);
    cr_assert_eq(H.decision_count, 1);
    return H.decisions[0];
}

/* ---- late ---- */

/* Nine decisions in a row, and nobody answers. */
static void never_answer(hmx_decision decisions[9])
{
    it_open(&H, NOW IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 1, 1000);
    for (int i = 0; i < 9; i++) {
        it_state(&H, IT_A, HMX_UPSTREAM_DOWN); /* where it works */
        it_state(&H, IT_B, i % 2 ? HMX_UPSTREAM_DOWN : HMX_UPSTREAM_UP);
        it_state(&H, IT_C, i % 2 ? HMX_UPSTREAM_UP : HMX_UPSTREAM_DOWN);
        decisions[i] = decide();
        cr_assert_eq(decisions[i].to, i % 2 ? IT_C : IT_B);
        H.now_ns = decisions[i].valid_until_ns + (31 + (1u << i)) * IT_SECOND; /* it rests */
    }
}

Test(contract_moves, a_move_is_a_fact_however_late_it_comes)
{
    hmx_decision d[9];
    for (int k = 0; k < 9; k++) {
        never_answer(d);
        cr_assert_eq(it_answer(&H, &d[k], HMX_RESULT_APPLIED), k == 0 ? HMX_E_STATE : HMX_OK, "%d",
                     k);
        cr_assert_eq(it_channel_row(&H, 0).upstream, k == 0 ? (uint32_t)IT_A : d[k].to);
        H.host_faults_expected = k == 0; /* the ninth last: nobody has to remember it */
        it_close(&H);
    }
}

Test(contract_moves, each_late_move_is_one_in_the_order_in_which_they_come)
{
    hmx_decision d[9];
    never_answer(d);
    static const int ORDER[] = {5, 2, 8, 1, 7};
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
        cr_assert_eq(it_answer(&H, &d[ORDER[i]], HMX_RESULT_APPLIED), HMX_OK);
        cr_assert_eq(it_channel_row(&H, 0).upstream, d[ORDER[i]].to);
    }
    cr_assert_eq(it_answer(&H, &d[5], HMX_RESULT_APPLIED), HMX_E_STATE, "once");
    cr_assert_eq(it_snapshot(&H).s.moves_applied, 5);
    H.host_faults_expected = 1;
    it_close(&H);
}

Test(contract_moves, other_late_answers_change_nothing)
{
    hmx_decision d[9];
    never_answer(d);
    const it_view before = it_snapshot(&H);
    cr_assert_eq(it_answer(&H, &d[3], HMX_RESULT_REFUSED), HMX_E_STATE);
    cr_assert_eq(it_answer(&H, &d[4], HMX_RESULT_FAILED), HMX_E_STATE);
    it_view after = it_snapshot(&H);
    after.s.now_ns = before.s.now_ns;
    after.s.moves_expired = before.s.moves_expired; /* the last one ran out meanwhile */
    after.s.pending = before.s.pending;
    memcpy(after.rows, before.rows, sizeof after.rows);
    cr_assert(it_same_view(&before, &after));
    cr_assert_eq(it_channel_row(&H, 0).upstream, IT_A);
    it_close(&H);
}

/* The operator took the pool out of the file while the frames were written. */
Test(contract_moves, a_move_to_a_pool_that_is_forgotten_by_now_parks_the_channel)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    static const char without_b[] = IT_POOL("a", "60", "1") IT_POOL("c", "40", "3");
    it_open(&H, NOW IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 1, 1000);
    it_down(&H, IT_A);
    it_down(&H, IT_C);
    const hmx_decision d = decide();
    cr_assert_eq(d.to, IT_B);
    H.now_ns = d.valid_until_ns + 1;
    it_down(&H, IT_B);
    it_tick(&H);
    hmx_reconfigure_args args = {.size = sizeof args, .now_ns = H.now_ns};
    args.config_text = (hmx_view){without_b, sizeof without_b - 1};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    cr_assert_eq(it_table(&H, rows), 2);
    cr_assert_eq(it_answer(&H, &d, HMX_RESULT_APPLIED), HMX_OK, "it is a fact");
    cr_assert_eq(it_channel_row(&H, 0).upstream, HMX_NONE);
    H.channels[0].upstream = HMX_NONE;
    it_up(&H, IT_C);
    it_advance(&H, 31);
    const hmx_decision next = decide();
    cr_assert(next.from == HMX_NONE && next.to == IT_C, "it is offered work");
    it_close(&H);
}

/* ---- stranded ---- */
static uint32_t open_as(hmx_channel_open e)
{
    const uint32_t at = it_channel_with(&H, &e);
    cr_assert_eq(H.channels[at].upstream, IT_A);
    return at;
}

static hmx_channel_open kind_of(int why)
{
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 4;
    if (why == 0) {
        e.flags = HMX_CHANNEL_FLAG_CUSTOM_JOBS;
    } else if (why == 1) {
        e.honours_prefix = HMX_NO;
    } else if (why == 2) {
        e.upstreams_allowed = 1u << (IT_A - 1);
    } else {
        e.min_extranonce_size = e.extranonce_size = 9; /* b grants eight */
    }
    return e;
}

/* Custom jobs, a peer that does not obey, a host that allows no other pool, too few bytes there. */
Test(contract_moves, whoever_may_not_move_is_stranded_with_its_pool)
{
    for (int why = 0; why < 4; why++) {
        for (int end = 0; end < 2; end++) {
            it_open(&H, AB);
            it_up_space(&H, IT_A, 0x10, 2, 16);
            it_up_space(&H, IT_B, 0x20, 2, 8);
            const uint32_t at = open_as(kind_of(why));
            it_advance(&H, 30);
            it_tick(&H);
            cr_assert_eq(it_channel_row(&H, at).flags & HMX_CHANNEL_STRANDED, 0);
            it_down(&H, IT_A);
            it_tick(&H);
            cr_assert_eq(H.decision_count, 0);
            cr_assert_neq(it_channel_row(&H, at).flags & HMX_CHANNEL_STRANDED, 0, "kind %d", why);
            cr_assert_eq(it_snapshot(&H).s.stranded, 1);
            for (int i = 0; i < 5; i++) {
                it_advance(&H, 30);
                it_tick(&H);
            }
            cr_assert_eq(lines_with("upstream a is gone and 1 of its channels may not be moved"), 1,
                         "%s", H.log);
            if (end == 0) { /* as the line says */
                it_close_channel(&H, at);
            } else {
                it_up_space(&H, IT_A, 0x10, 2, 16);
            }
            it_advance(&H, 31);
            it_tick(&H);
            cr_assert_eq(it_snapshot(&H).s.stranded, 0);
            it_close(&H);
        }
    }
}

Test(contract_moves, who_may_move_is_not_stranded_nor_is_anybody_while_all_are_down)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 4, 1000);
    it_down(&H, IT_A);
    it_tick(&H);
    cr_assert_gt(H.decision_count, 0);
    it_answer_all(&H, HMX_RESULT_REFUSED);
    cr_assert_eq(it_snapshot(&H).s.stranded, 0, "refused, and asked for again");
    it_down(&H, IT_B);
    it_advance(&H, 31);
    it_tick(&H);
    cr_assert_eq(it_snapshot(&H).s.stranded, 0, "there is nowhere to go");
    cr_assert_eq(lines_with("may not be moved"), 0);
    it_close(&H);
}
