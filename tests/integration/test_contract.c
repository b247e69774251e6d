/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the header says of the contract's edges, sentence by sentence, through the shared object. */
#include <math.h>

#include "tests/integration/harness_field.h"

static it_host H;

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

static uint32_t open_extended(uint32_t size, uint32_t honours, const char *identity)
{
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = size;
    e.honours_prefix = honours;
    e.user_identity = (hmx_view){identity, strlen(identity)};
    e.vendor = (hmx_view){"maker", 5};
    e.hardware = (hmx_view){"model 1", 7};
    return it_channel_with(&H, &e);
}

/* ---- rule 8: what is refused used up nothing ---- */
Test(contract, a_refused_event_gives_its_number_back)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 1, 1000);
    const hmx_ops *const ops = &H.plugin.ops;
    hmx_channel_close close = {.event = it_event(&H, sizeof close), .channel = 99};
    close.event.now_ns += 5000;
    cr_assert_eq(ops->on_channel_close(H.self, &close), HMX_E_STATE);
    hmx_share share = it_share_event(&H, 0, H.channels[0].upstream, HMX_SHARE_SUBMITTED, 1, 10);
    share.event.seq = close.event.seq;
    share.event.now_ns = H.now_ns;
    cr_assert_eq(ops->on_share(H.self, &share), HMX_OK, "neither its number nor its time is gone");
    cr_assert_eq(ops->on_share(H.self, &share), HMX_E_INVALID, "now it is");
    it_close(&H);
}

Test(contract, an_opening_that_failed_may_be_tried_again)
{
    const it_options o = {.channels_max = 1};
    it_open_with(&H, AB, &o);
    it_all_up(&H, 2);
    it_channels(&H, 1, 1000);
    hmx_channel_open e = it_channel_event(&H, 1000);
    hmx_channel_decision d = {.size = sizeof d};
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_E_LIMIT);
    it_close_channel(&H, 0);
    e.event = it_event(&H, sizeof e);
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK, "the same channel");
    cr_assert_eq(d.action, HMX_ACTION_ASSIGN);
    it_close(&H);
}

/* ---- rule 3: a view of length 0 is not given ---- */
Test(contract, an_empty_view_is_not_given)
{
    hmx_create_args args = it_args(AB, &(it_options){0});
    it_open(&H, AB);
    hmx_reconfigure_args again = {.size = sizeof again, .now_ns = H.now_ns};
    again.config_text = args.config_text;
    again.config_path = (hmx_view){"/nowhere.ini", 0};
    cr_assert_eq(H.plugin.ops.reconfigure(H.self, &again), HMX_OK);
    again.config_text.len = 0;
    hmx_text text = it_text(&H);
    again.why = &text;
    cr_assert_eq(H.plugin.ops.reconfigure(H.self, &again), HMX_E_INVALID);
    cr_assert_str_eq(H.why, "give either config_path or config_text, not both and not neither");
    it_close(&H);
}

Test(contract, out_of_memory_is_a_sentence_too)
{
    for (uint64_t k = 1; k < 6; k++) {
        const it_options o = {.fail_alloc = k};
        it_try(&H, AB, &o);
        cr_assert_eq(H.created, HMX_E_NOMEM);
        cr_assert_not_null(strstr(H.why, "memory"), "allocation %d: '%s'", (int)k, H.why);
        it_close(&H);
    }
}

/* ---- openings ---- */
static hmx_channel_decision ask(const hmx_channel_open *e)
{
    hmx_channel_decision d = {.size = sizeof d};
    cr_assert_eq(hs_guard_on_channel_open(H.guard, e, &d), HMX_OK);
    H.channels[H.channel_count] =
        (it_channel){.channel = e->channel, .cookie = d.cookie, .open = 1, .upstream = d.upstream};
    H.channel_count++;
    return d;
}

Test(contract, a_pass_has_a_reason)
{
    it_open(&H, AB);
    hmx_channel_open e = it_channel_event(&H, 1000);
    hmx_channel_decision d = ask(&e);
    cr_assert(d.action == HMX_ACTION_PASS && d.reason == HMX_REASON_NO_POOL, "none is up yet");
    e = it_channel_event(&H, 1000);
    e.upstreams_allowed = 1ull << 40;
    d = ask(&e);
    cr_assert(d.action == HMX_ACTION_PASS && d.reason == HMX_REASON_CANNOT, "no such pool");
    it_up_space(&H, IT_A, 1, 2, 8);
    it_up_space(&H, IT_B, 2, 2, 9);
    e = it_channel_event(&H, 1000);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 9;
    d = ask(&e);
    cr_assert(d.action == HMX_ACTION_PASS && d.reason == HMX_REASON_CANNOT, "9 + 1 bytes");
    e = it_channel_event(&H, 1000);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 8;
    d = ask(&e);
    cr_assert(d.action == HMX_ACTION_ASSIGN && d.upstream == IT_B, "8 + 1 bytes fit there only");
    cr_assert_eq(d.extranonce_prefix_len, 2 + 9 - 8);
    it_down(&H, IT_B);
    e = it_channel_event(&H, 1000);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 8;
    d = ask(&e);
    cr_assert(d.action == HMX_ACTION_PASS && d.reason == HMX_REASON_NO_POOL, "b may come back");
    it_close(&H);
}

Test(contract, a_host_that_uses_no_prefixes_gets_none)
{
    const it_options o = {.caps = HMX_CAP_KNOWN & ~(uint64_t)HMX_CAP_EXTRANONCE};
    it_open_with(&H, AB, &o);
    it_up_space(&H, IT_A, 1, 2, 8);
    it_up_space(&H, IT_B, 2, 2, 8);
    it_channels(&H, 10, 1000);
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert(H.channels[i].upstream != HMX_NONE && H.channels[i].prefix_len == 0);
    }
    it_close(&H);
}

/* ---- answers ---- */
static hmx_decision decision_about(uint64_t channel)
{
    for (uint32_t i = 0; i < H.decision_count; i++) {
        if (H.decisions[i].channel == channel) {
            return H.decisions[i];
        }
    }
    return (hmx_decision){.size = 0};
}

Test(contract, a_late_move_is_a_fact_and_voids_what_is_pending)
{
    it_open(&H, "[controller]\nhold_secs = 0\n[failover]\nhold_down_secs = 0\n" IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 1, 1000);
    const uint32_t home = H.channels[0].upstream;
    it_down(&H, home);
    it_advance(&H, 1);
    it_tick(&H);
    const hmx_decision first = decision_about(1);
    cr_assert_neq(first.decision, 0);
    it_down(&H, first.to);
    H.now_ns = first.valid_until_ns + 1;
    it_advance(&H, 30);
    it_tick(&H);
    const hmx_decision second = decision_about(1);
    cr_assert(second.decision != 0 && second.to != first.to);
    it_advance(&H, 0.001);
    cr_assert_eq(it_answer(&H, &first, HMX_RESULT_APPLIED), HMX_OK, "late, and a fact");
    cr_assert_eq(it_channel_row(&H, 0).upstream, first.to);
    cr_assert_eq(it_channel_row(&H, 0).pending_to, HMX_NONE);
    cr_assert_eq(it_answer(&H, &second, HMX_RESULT_APPLIED), HMX_E_STATE, "it is void");
    cr_assert_eq(it_channel_row(&H, 0).upstream, first.to);
    H.host_faults_expected = H.host_faults;
    it_advance(&H, 1);
    it_tick(&H);
    cr_assert_neq(decision_about(1).decision, 0, "that pool is dead: away from there at once");
    it_close(&H);
}

Test(contract, an_answer_at_the_last_moment_counts)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 2, 1000);
    it_down(&H, H.channels[0].upstream);
    it_tick(&H);
    cr_assert_gt(H.decision_count, 0);
    const hmx_decision d = H.decisions[0];
    H.now_ns = d.valid_until_ns;
    it_tick(&H);
    cr_assert_eq(it_snapshot(&H).s.moves_expired, 0);
    cr_assert_eq(it_answer(&H, &d, HMX_RESULT_REFUSED), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.moves_refused, 1);
    it_close(&H);
}

Test(contract, drained_means_this_prefix_byte_for_byte)
{
    it_open(&H, AB);
    it_up_space(&H, IT_A, 1, 2, 8);
    it_channels(&H, 1, 1000);
    const it_channel c = H.channels[0];
    it_close_channel(&H, 0);
    uint8_t other[32];
    memcpy(other, c.prefix, sizeof other);
    other[c.prefix_len - 1] ^= 1;
    cr_assert_eq(it_drained(&H, 0, IT_A, other, c.prefix_len), HMX_E_STATE);
    cr_assert_eq(it_drained(&H, 0, IT_A, c.prefix, c.prefix_len - 1), HMX_E_STATE);
    cr_assert_eq(it_drained(&H, 0, IT_A, c.prefix, c.prefix_len), HMX_OK);
    it_close(&H);
}

Test(contract, drained_of_a_pool_that_is_forgotten_is_no_mistake)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    it_open(&H, AB);
    it_up_space(&H, IT_A, 1, 2, 8);
    it_up(&H, IT_B);
    it_channels(&H, 1, 1000);
    const it_channel c = H.channels[0];
    it_close_channel(&H, 0);
    hmx_reconfigure_args args = {.size = sizeof args, .now_ns = H.now_ns};
    static const char only_b[] = IT_POOL("b", "100", "2");
    args.config_text = (hmx_view){only_b, sizeof only_b - 1};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    it_table(&H, rows);
    cr_assert_eq(it_drained(&H, 0, IT_A, c.prefix, c.prefix_len), HMX_OK);
    it_close(&H);
}

/* ---- where a channel may be ---- */
Test(contract, a_channel_that_is_no_longer_allowed_there_leaves)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channels(&H, 10, 1000);
    uint32_t on_a = 0;
    while (H.channels[on_a].upstream != IT_A) {
        on_a++;
    }
    hmx_channel_update e = {.event = it_event(&H, sizeof e),
                            .channel = H.channels[on_a].channel,
                            .cookie = H.channels[on_a].cookie,
                            .changed = HMX_FACT_UPSTREAMS_ALLOWED,
                            .upstreams_allowed = 1ull << (IT_B - 1)};
    cr_assert_eq(hs_guard_on_channel_update(H.guard, &e), HMX_OK);
    it_advance(&H, 1);
    it_tick(&H);
    const hmx_decision d = decision_about(e.channel);
    cr_assert(d.to == IT_B && d.reason == HMX_REASON_EVACUATION);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_close(&H);
}

static uint32_t lines_with(const char *what)
{
    uint32_t count = 0;
    for (const char *at = strstr(H.log, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

Test(contract, a_channel_with_a_dead_pool_that_may_not_move_is_stranded)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    const uint32_t deaf = open_extended(4, HMX_NO, "deaf");
    const uint32_t home = H.channels[deaf].upstream;
    it_down(&H, home);
    for (int i = 0; i < 5; i++) {
        it_advance(&H, 30);
        it_tick(&H);
        cr_assert_eq(H.decision_count, 0, "it may not be moved");
    }
    cr_assert_eq(it_channel_row(&H, deaf).flags, HMX_CHANNEL_STRANDED | HMX_CHANNEL_DEAF);
    cr_assert_eq(it_snapshot(&H).s.stranded, 1);
    cr_assert_eq(lines_with("may not be moved"), 1, "one line: %s", H.log);
    cr_assert_not_null(strstr(H.log, "is not up any more"), "%s", H.log);
    it_up(&H, home);
    it_advance(&H, 700);
    it_tick(&H);
    cr_assert_eq(it_channel_row(&H, deaf).flags, HMX_CHANNEL_DEAF);
    cr_assert_eq(it_snapshot(&H).s.stranded, 0);
    it_close(&H);
}

/* ---- moves by reopening ---- */
#define DEAF "[controller]\nreopen = deaf\n[failover]\nhold_down_secs = 0\n" AB

static void close_for(const hmx_decision *d)
{
    const hmx_channel_close e = {.event = it_event(&H, sizeof e),
                                 .channel = d->channel,
                                 .cookie = d->cookie,
                                 .reason = HMX_CLOSE_REOPEN};
    cr_assert_eq(hs_guard_on_channel_close(H.guard, &e), HMX_OK);
}

Test(contract, a_deaf_peer_is_moved_by_reopening_it)
{
    it_open(&H, DEAF);
    it_all_up(&H, 2);
    const uint32_t deaf = open_extended(4, HMX_NO, "deaf");
    it_down(&H, H.channels[deaf].upstream);
    it_tick(&H);
    cr_assert_eq(H.decision_count, 1);
    const hmx_decision d = H.decisions[0];
    cr_assert(d.style == HMX_STYLE_REOPEN && d.kind == HMX_DECISION_MOVE);
    cr_assert_eq(d.extranonce_prefix_len, 0);
    close_for(&d);
    it_advance(&H, 5);
    it_tick(&H);
    const uint32_t stranger = open_extended(4, HMX_NO, "somebody else");
    const uint32_t back = open_extended(4, HMX_NO, "deaf");
    (void)stranger;
    cr_assert_eq(H.channels[back].upstream, d.to, "where the decision said");
    cr_assert_eq(it_snapshot(&H).s.moves_applied, 1);
    it_close(&H);
}

Test(contract, only_where_the_operator_and_the_host_allow_it)
{
    for (int i = 0; i < 2; i++) {
        const it_options o = {.caps = i == 0 ? HMX_CAP_KNOWN
                                             : HMX_CAP_KNOWN & ~(uint64_t)HMX_CAP_REOPEN};
        it_open_with(&H, i == 0 ? AB : DEAF, &o);
        it_all_up(&H, 2);
        const uint32_t deaf = open_extended(4, HMX_NO, "deaf");
        it_down(&H, H.channels[deaf].upstream);
        it_tick(&H);
        cr_assert_eq(H.decision_count, 0);
        it_close(&H);
    }
}

Test(contract, who_does_not_come_back_twice_is_left_alone)
{
    it_open(&H, DEAF);
    for (uint32_t round = 0; round < 3; round++) {
        it_all_up(&H, 2);
        const uint32_t deaf = open_extended(4, HMX_NO, "deaf");
        it_down(&H, H.channels[deaf].upstream);
        it_tick(&H);
        cr_assert_eq(H.decision_count, round < 2 ? 1u : 0u, "round %u", round);
        if (round == 2) {
            break;
        }
        close_for(&H.decisions[0]);
        it_advance(&H, 7200);
        it_tick(&H);
        cr_assert_eq(it_snapshot(&H).s.moves_failed, round + 1);
    }
    cr_assert_eq(lines_with("is not closed again"), 1);
    it_close(&H);
}

/* ---- accounts, credit, metrics ---- */
Test(contract, two_accounts_at_one_pool)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    it_open(&H, "[upstream.a]\naddress = p.example\nport = 1\nuser_identity = me.x\n"
                "percentage = 60\npriority = 1\n[upstream.b]\naddress = p.example\nport = 1\n"
                "user_identity = you\npercentage = 40\npriority = 2\n");
    cr_assert_eq(it_table(&H, rows), 2);
    cr_assert_str_eq(rows[0].user_identity, "me.x");
    cr_assert_str_eq(rows[1].user_identity, "you");
    it_close(&H);
}

/* Two hundred of work for each pool, a tenth of it forwarded as two shares of a hundred of credit.
 * One rejects one of them: that is half of what it was given. */
Test(contract, what_a_pool_rejects_is_taken_back_by_credit)
{
    for (int on_accepted = 0; on_accepted < 2; on_accepted++) {
        it_open(&H, on_accepted ? AB : "[controller]\nmeasure_on_accepted = false\n" AB);
        it_all_up(&H, 2);
        it_channels(&H, 2, 1000);
        for (uint32_t i = 0; i < 2; i++) {
            hmx_share e = it_share_event(&H, i, i + 1, HMX_SHARE_NOT_FORWARDED, 18, 180);
            cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
            e = it_share_event(&H, i, i + 1, HMX_SHARE_SUBMITTED, 2, 20);
            e.credit = 200;
            cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
        }
        hmx_share e = it_share_event(&H, 0, IT_A, HMX_SHARE_REJECTED_OTHER, 1, 10);
        e.credit = 100;
        cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
        it_advance(&H, 30);
        it_tick(&H);
        cr_assert_float_eq(it_row(&H, IT_A).actual_pct, on_accepted ? 100.0 / 3 : 50, 1e-9);
        it_close(&H);
    }
}

Test(contract, each_column_sums_to_a_hundred)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 7, 1000);
    cr_assert_eq(it_force(&H, 0, HMX_NONE), HMX_OK, "parked: it counts for nobody");
    for (uint32_t step = 0; step < 40; step++) {
        it_advance(&H, 30);
        for (uint32_t i = 1; i < 7; i++) {
            it_paid(&H, i, 1, 1000);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
        const it_view v = it_snapshot(&H);
        double sums[5] = {0};
        for (uint32_t i = 0; i < 3; i++) {
            const hmx_upstream_metrics *const r = &v.rows[i];
            const double columns[] = {r->effective_pct, r->allocated_pct, r->actual_pct,
                                      r->delivered_pct, r->command_pct};
            for (uint32_t k = 0; k < 5; k++) {
                cr_assert(isfinite(columns[k]) &&
                          (k == 4 || (columns[k] >= 0 && columns[k] <= 100)));
                sums[k] += columns[k];
            }
        }
        for (uint32_t k = 0; k < 5; k++) {
            cr_assert_float_eq(sums[k], 100, 1e-6, "column %u", k);
        }
    }
    it_close(&H);
}

Test(contract, the_rate_that_is_wanted_there_is_told_before_a_job_comes)
{
    it_open(&H, AB);
    it_up(&H, IT_A);
    it_channels(&H, 10, 1000);
    hmx_upstream_event e = it_upstream(&H, IT_B, HMX_UPSTREAM_UP);
    e.has_job = HMX_NO;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.rows[IT_B - 1].effective_pct, 0);
    cr_assert_float_eq(v.rows[IT_B - 1].wanted_hashrate, 0.4 * 10 * it_hashrate(1000), 1e3);
    it_close(&H);
}

/* ---- settings ---- */
Test(contract, the_deadband_can_be_left_to_the_luck)
{
    it_open(&H, AB);
    cr_assert_eq(it_snapshot(&H).s.deadband, HMX_DEADBAND_AUTO);
    cr_assert_eq(H.tuning->set_deadband(H.self, H.now_ns, HMX_DEADBAND_POINTS, 1.5, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.deadband, HMX_DEADBAND_POINTS);
    cr_assert_eq(it_snapshot(&H).s.deadband_points, 1.5);
    cr_assert_eq(H.tuning->set_deadband(H.self, H.now_ns, HMX_DEADBAND_AUTO, -7, NULL), HMX_OK);
    cr_assert_eq(it_snapshot(&H).s.deadband, HMX_DEADBAND_AUTO);
    cr_assert_eq(it_snapshot(&H).s.deadband_points, 0);
    hmx_text why = it_text(&H);
    cr_assert_eq(H.tuning->set_deadband(H.self, H.now_ns, 3, 1, &why), HMX_E_CONFIG);
    cr_assert_not_null(strstr(H.why, "HMX_DEADBAND_AUTO"));
    it_close(&H);
}

Test(contract, a_pattern_with_a_nul_byte_is_refused)
{
    it_open(&H, AB);
    hmx_text why = it_text(&H);
    cr_assert_eq(H.tuning->pin(H.self, H.now_ns, (hmx_view){"ab\0cd", 5}, IT_B, &why),
                 HMX_E_CONFIG);
    cr_assert_not_null(strstr(H.why, "NUL"), "%s", H.why);
    cr_assert_eq(H.tuning->unpin(H.self, H.now_ns, (hmx_view){"ab", 2}, NULL), HMX_E_CONFIG,
                 "nothing of it was kept");
    it_close(&H);
}

Test(contract, a_row_of_targets_that_asks_for_more_is_refused)
{
    struct {
        hmx_target t;
        uint64_t tail;
    } rows[2] = {{{sizeof rows[0], IT_A, 30}, 0}, {{sizeof rows[0], IT_B, 70}, 1}};
    hmx_targets targets = {sizeof targets, sizeof rows[0], 2, 0, &rows[0].t};
    it_open(&H, AB);
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &targets, NULL), HMX_E_UNSUPPORTED);
    cr_assert_eq(it_row(&H, IT_A).target_pct, 60);
    rows[1].tail = 0;
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &targets, NULL), HMX_OK);
    cr_assert_eq(it_row(&H, IT_A).target_pct, 30);
    rows[0].t.size = 4096;
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &targets, NULL), HMX_E_CONFIG,
                 "larger than the stride");
    it_close(&H);
}
