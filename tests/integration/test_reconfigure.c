/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A new configuration file at run time: pools come, go and change their targets, and what is kept
 * keeps its accounts. */
#include "tests/integration/harness_farm.h"

static it_host H;

#define AB_D IT_POOL("a", "60", "1") IT_POOL("b", "30", "2") IT_POOL("d", "10", "3")

/* The row of an id in the upstream table; upstream 0 when there is none. */
static hmx_upstream_info info_of(const char *id)
{
    static hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    const uint32_t count = it_table(&H, rows);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(rows[i].id, id) == 0) {
            return rows[i];
        }
    }
    return (hmx_upstream_info){0};
}

static void open_farm(const it_options *options)
{
    it_open_with(&H, IT_ABC, options);
    it_all_up(&H, 3);
    it_channels(&H, 100, 1000);
    it_run(&H, 60, 1, IT_APPLY); /* ends with an evaluation: everything is booked */
}

static void setup(void)
{
    open_farm(NULL);
}

Test(reconfigure, the_table_is_what_the_host_connects_from)
{
    it_open(&H, "[failover]\nhealth_check_interval_secs = 45\n"
                "[upstream.first]\naddress = 10.0.0.1\nport = 34254\npercentage = 100\n"
                "priority = 7\nauthority_pubkey = "
                "9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72\n" IT_POOL(
                    "z", "0", "3") "enabled = false\n");
    const hmx_upstream_info first = info_of("first");
    cr_assert_eq(first.upstream, 1);
    cr_assert_str_eq(first.address, "10.0.0.1");
    cr_assert_eq(first.port, 34254);
    cr_assert_eq(first.priority, 7);
    cr_assert_eq(first.percentage, 100.0);
    cr_assert_eq(first.flags, HMX_UPSTREAM_FLAG_ENABLED | HMX_UPSTREAM_FLAG_HAS_KEY);
    cr_assert_eq(first.health_check_interval_secs, 45);
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof first.authority_key; i++) {
        sum += first.authority_key[i];
    }
    cr_assert_gt(sum, 0);
    cr_assert_eq(info_of("z").flags, 0);
    it_close(&H);
}

Test(reconfigure, the_same_file_changes_nothing, .init = setup)
{
    const it_view before = it_snapshot(&H);
    cr_assert_eq(it_reconfigure(&H, IT_ABC), HMX_OK);
    it_view after = it_snapshot(&H);
    for (uint32_t i = 0; i < 3; i++) { /* computed afresh: equal but for the last bit */
        cr_assert_float_eq(after.rows[i].command_pct, before.rows[i].command_pct, 1e-9);
        after.rows[i].command_pct = before.rows[i].command_pct;
    }
    cr_assert(it_same_view(&before, &after));
    it_run(&H, 120, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
    it_close(&H);
}

Test(reconfigure, a_new_pool_gets_a_number_and_then_channels, .init = setup)
{
    const uint32_t requested = H.ticks_requested;
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "50", "1") IT_POOL("b", "30", "2")
                                        IT_POOL("c", "10", "3") IT_POOL("d", "10", "4")),
                 HMX_OK);
    cr_assert_gt(H.ticks_requested, requested);
    cr_assert_eq(info_of("d").upstream, IT_D);
    cr_assert_eq(info_of("a").upstream, IT_A);
    cr_assert_float_eq(it_row(&H, IT_A).effective_pct, 100.0 * 50 / 90, 1e-6, "d is not up yet");
    it_up(&H, IT_D);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_D), 10);
    cr_assert_eq(it_count_on(&H, IT_A), 50);
    it_close(&H);
}

Test(reconfigure, a_removed_pool_is_left_and_then_forgotten, .init = setup)
{
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")), HMX_OK);
    cr_assert_eq(info_of("c").flags, HMX_UPSTREAM_FLAG_REMOVED);
    cr_assert_eq(info_of("c").upstream, IT_C);
    cr_assert_str_eq(info_of("c").address, "c.example", "the connection is still needed");
    cr_assert(it_row(&H, IT_C).flags & HMX_ROW_REMOVED);
    cr_assert_eq(it_row(&H, IT_C).effective_pct, 0.0);
    cr_assert_eq(it_tick(&H), 10, "at the next tick");
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert(H.decisions[i].from == IT_C && H.decisions[i].reason == HMX_REASON_EVACUATION);
    }
    cr_assert_eq(info_of("c").flags, HMX_UPSTREAM_FLAG_REMOVED, "they have not left yet");
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(info_of("c").upstream, 0);
    cr_assert_eq(it_snapshot(&H).s.count, 2);
    it_close(&H);
}

Test(reconfigure, a_number_is_not_reused_before_the_last_channel_has_left, .init = setup)
{
    cr_assert_eq(it_reconfigure(&H, AB_D), HMX_OK);
    cr_assert_eq(info_of("d").upstream, IT_D, "c still has its channels");
    cr_assert_eq(info_of("c").flags, HMX_UPSTREAM_FLAG_REMOVED);
    it_up(&H, IT_D);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_C), 0);
    cr_assert_eq(info_of("c").upstream, 0);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("b", "30", "2")
                                        IT_POOL("d", "5", "3") IT_POOL("e", "5", "4")),
                 HMX_OK);
    cr_assert_eq(info_of("e").upstream, 5, "what is still said of c is not said of e");
    cr_assert_eq(info_of("d").upstream, IT_D);
    it_close(&H);
}

/* What is said late of a pool is not booked to the one that took its place. */
Test(reconfigure, a_number_rests_when_its_pool_is_gone)
{
    it_open(&H, IT_POOL("a", "60", "1") IT_POOL("b", "40", "2"));
    it_all_up(&H, 2);
    it_channels(&H, 1, 1000);
    it_paid(&H, 0, 1, 1000);
    it_close_channel(&H, 0);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("d", "60", "1") IT_POOL("b", "40", "2")), HMX_OK);
    const uint32_t d = info_of("d").upstream;
    cr_assert_eq(d, 3);
    it_up(&H, d);
    it_share(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 1, 1000);
    it_down(&H, IT_A);
    H.host_faults_expected = H.host_faults;
    cr_assert_eq(it_row(&H, d).accepted.count, 0);
    cr_assert(it_row(&H, d).flags & HMX_ROW_UP);
    it_close(&H);
}

/* The new owner of a number has nothing of the old one's: no shares, no debt, no connection, and
 * not its extranonce space. */
Test(reconfigure, a_reused_number_starts_from_nothing)
{
    it_open_with(&H, IT_ABC, &(it_options){.upstreams_max = 3});
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&H, u, (uint8_t)(16 * u), 4, 8);
    }
    it_channels(&H, 100, 1000);
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_gt(it_row(&H, IT_C).accepted.count, 0);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")), HMX_OK);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(info_of("c").upstream, 0);
    cr_assert_eq(it_reconfigure(&H, AB_D), HMX_OK);
    cr_assert_eq(info_of("d").upstream, IT_C);
    hmx_upstream_metrics row = it_row(&H, IT_C);
    cr_assert_eq(row.submitted.count + row.accepted.count, 0);
    cr_assert(row.delivered_pct == 0.0 && row.actual_pct == 0.0 && row.output_points == 0.0);
    cr_assert(row.error_points == 0.0 && row.integral_point_min == 0.0);
    cr_assert_not(row.flags & HMX_ROW_UP);
    it_up(&H, IT_C); /* the host chooses its prefixes */
    it_run(&H, 300, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_C), 10);
    row = it_row(&H, IT_C);
    cr_assert_lt(row.allocated_pct, 11, "nobody is owed for the time before");
    it_close(&H);
}

/* What a channel has left at another pool is still waited for. */
Test(reconfigure, a_pool_that_goes_takes_no_prefixes_of_others_along)
{
    it_open_with(&H, IT_ABC, &(it_options){.upstreams_max = 3});
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&H, u, (uint8_t)(16 * u), 4, 8);
    }
    it_channels(&H, 100, 1000);
    it_run(&H, 61, 1, IT_APPLY);
    uint32_t leaver = 0;
    while (H.channels[leaver].upstream != IT_C) {
        leaver++;
    }
    const it_channel left = H.channels[leaver];
    it_close_channel(&H, leaver);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("c", "40", "3")), HMX_OK);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(info_of("b").upstream, 0);
    cr_assert_eq(it_drained(&H, leaver, IT_C, left.prefix, left.prefix_len), HMX_OK);
    it_close(&H);
}

/* The old owner failed within the hour; the first failure of the new one is a first failure. */
Test(reconfigure, a_reused_number_starts_in_health)
{
    it_open_with(&H, IT_ABC, &(it_options){.upstreams_max = 3});
    it_all_up(&H, 3);
    it_channels(&H, 100, 1000);
    it_down(&H, IT_C);
    it_up(&H, IT_C);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")), HMX_OK);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(it_reconfigure(&H, AB_D), HMX_OK);
    cr_assert_eq(info_of("d").upstream, IT_C);
    it_up(&H, IT_C);
    it_down(&H, IT_C);
    it_up(&H, IT_C);
    cr_assert_not(it_row(&H, IT_C).flags & HMX_ROW_HELD_DOWN);
    it_down(&H, IT_C);
    it_up(&H, IT_C);
    cr_assert(it_row(&H, IT_C).flags & HMX_ROW_HELD_DOWN, "the second one is its own");
    it_close(&H);
}

Test(reconfigure, a_pool_that_is_wanted_back_before_it_was_left_stays, .init = setup)
{
    const uint64_t accepted = it_row(&H, IT_C).accepted.count;
    cr_assert_eq(it_reconfigure(&H, AB_D), HMX_OK);
    cr_assert_eq(it_reconfigure(&H, IT_ABC), HMX_OK);
    cr_assert_eq(info_of("c").upstream, IT_C);
    cr_assert_eq(info_of("c").flags, HMX_UPSTREAM_FLAG_ENABLED);
    cr_assert_eq(info_of("d").upstream, 0);
    cr_assert_eq(it_row(&H, IT_C).accepted.count, accepted);
    it_run(&H, 120, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
    it_close(&H);
}

Test(reconfigure, accounts_of_kept_pools_survive, .init = setup)
{
    const it_view before = it_snapshot(&H);
    cr_assert_eq(it_reconfigure(&H,
                                "[controller]\ntuning_model = aggressive\n" IT_POOL("c", "20", "9")
                                    IT_POOL("a", "50", "1") IT_POOL("b", "30", "2")),
                 HMX_OK);
    const it_view after = it_snapshot(&H);
    for (uint32_t i = 0; i < 3; i++) {
        const hmx_upstream_metrics *const x = &before.rows[i];
        const hmx_upstream_metrics *const y = &after.rows[i];
        cr_assert_str_eq(x->id, y->id);
        cr_assert_eq(memcmp(&x->submitted, &y->submitted, sizeof x->submitted), 0);
        cr_assert_eq(memcmp(&x->accepted, &y->accepted, sizeof x->accepted), 0);
        cr_assert_eq(x->channels, y->channels);
        cr_assert_eq(x->actual_pct, y->actual_pct);
        cr_assert_eq(x->delivered_pct, y->delivered_pct);
    }
    cr_assert_eq(after.rows[0].effective_pct, 50.0);
    cr_assert_eq(after.s.kp_set, 1.0);
    it_run(&H, 400, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_C), 20);
    it_close(&H);
}

Test(reconfigure, a_refused_file_changes_nothing, .init = setup)
{
    const char *const wrong[] = {
        "\n",
        "nonsense",
        IT_POOL("a", "60", "1") IT_POOL("b", "30", "2"),
        IT_POOL("a", "60", "1") IT_POOL("b", "40", "1"),
        "[controller]\ndeadband_points = nan\n" IT_ABC,
        "[controller]\nkp = 1\n" IT_ABC,
        IT_ABC "[upstream.e]\naddress = e.example\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const it_view before = it_snapshot(&H);
        it_advance(&H, 1);
        cr_assert_eq(it_reconfigure(&H, wrong[i]), HMX_E_CONFIG, "file %zu", i);
        cr_assert_gt(strlen(H.why), 20, "file %zu: '%s'", i, H.why);
        const it_view after = it_snapshot(&H);
        cr_assert(it_same_view(&before, &after), "file %zu changed something", i);
    }
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
    it_close(&H);
}

Test(reconfigure, calls_that_break_a_rule, .init = setup)
{
    const hmx_ops *const ops = &H.plugin.ops;
    struct {
        hmx_reconfigure_args args;
        uint64_t newer;
    } larger;
    hmx_text why = it_text(&H);
    const hmx_reconfigure_args good = {.size = sizeof good,
                                       .config_text = {IT_ABC, strlen(IT_ABC)},
                                       .now_ns = H.now_ns,
                                       .why = &why};
    const it_view before = it_snapshot(&H);
    hmx_reconfigure_args args = good;
    args.size = sizeof args - 1;
    cr_assert_eq(ops->reconfigure(H.self, &args), HMX_E_INVALID);
    args = good;
    args.now_ns = H.now_ns - 1;
    cr_assert_eq(ops->reconfigure(H.self, &args), HMX_E_INVALID);
    args = good;
    args.flags = 1;
    cr_assert_eq(ops->reconfigure(H.self, &args), HMX_E_UNSUPPORTED);
    args = good;
    args.config_path = (hmx_view){"x", 1};
    cr_assert_eq(ops->reconfigure(H.self, &args), HMX_E_INVALID);
    args = good;
    args.config_text = (hmx_view){0};
    cr_assert_eq(ops->reconfigure(H.self, &args), HMX_E_INVALID);
    memset(&larger, 0, sizeof larger);
    larger.args = good;
    larger.args.size = sizeof larger;
    larger.newer = 1;
    cr_assert_eq(ops->reconfigure(H.self, &larger.args), HMX_E_UNSUPPORTED);
    const it_view after = it_snapshot(&H);
    cr_assert(it_same_view(&before, &after));
    it_close(&H);
}

/* Removed pools count until they are left: the host handles only so many. */
Test(reconfigure, the_host_s_limit_of_upstreams_holds_for_removed_ones_too)
{
    const it_options o = {.upstreams_max = 3};
    open_farm(&o);
    const it_view before = it_snapshot(&H);
    cr_assert_eq(it_reconfigure(&H, AB_D), HMX_E_LIMIT);
    cr_assert_gt(strlen(H.why), 20, "'%s'", H.why);
    it_view after = it_snapshot(&H);
    after.s.now_ns = before.s.now_ns;
    cr_assert(it_same_view(&before, &after));
    cr_assert_eq(info_of("d").upstream, 0);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")), HMX_OK);
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(it_reconfigure(&H, AB_D), HMX_OK, "%s", H.why);
    cr_assert_eq(info_of("d").upstream, IT_C);
    it_close(&H);
}

/* The verdicts on the last shares come when the last channel is already gone; and then the
 * connection closes. */
Test(reconfigure, late_news_of_a_removed_pool_do_no_harm, .init = setup)
{
    const uint32_t last = (uint32_t)(H.channel_count - 1);
    uint32_t index = 0;
    while (H.channels[index].upstream != IT_C && index < last) {
        index++;
    }
    it_share(&H, index, IT_C, HMX_SHARE_SUBMITTED, 5, 5000);
    cr_assert_eq(it_reconfigure(&H, IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")), HMX_OK);
    (void)info_of("c");
    it_run(&H, 61, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_C), 0);
    const it_view before = it_snapshot(&H);
    it_share(&H, index, IT_C, HMX_SHARE_ACCEPTED, 3, 3000);
    it_share(&H, index, IT_C, HMX_SHARE_LOST, 2, 2000);
    it_down(&H, IT_C);
    const it_view after = it_snapshot(&H);
    cr_assert(it_same_view(&before, &after));
    const hmx_share unknown = it_share_event(&H, index, 9, HMX_SHARE_SUBMITTED, 1, 1);
    cr_assert_eq(H.plugin.ops.on_share(H.self, &unknown), HMX_E_INVALID, "nine never was");
    it_close(&H);
}

/* The measurement window may change with the file: S is scaled, so that the error stays what it
 * was. */
Test(reconfigure, another_window_keeps_the_error)
{
    open_farm(NULL);
    for (int second = 0; second < 300; second++) {
        it_advance(&H, 1);
        for (uint32_t i = 0; i < 100; i++) {
            const uint32_t paid = i % 10 == 0 ? IT_B : H.channels[i].upstream;
            it_share(&H, i, paid, HMX_SHARE_SUBMITTED, 1, 1000);
            it_share(&H, i, paid, HMX_SHARE_ACCEPTED, 1, 1000);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_REFUSED);
    }
    const double error = it_row(&H, IT_B).error_points;
    cr_assert_lt(error, -1);
    cr_assert_eq(it_reconfigure(&H, "[controller]\nmeasurement_window_secs = 1200\n" IT_ABC),
                 HMX_OK);
    cr_assert_eq(H.tuning->rebalance_now(H.self, H.now_ns, NULL), HMX_OK);
    it_tick(&H);
    cr_assert_float_eq(it_row(&H, IT_B).error_points, error, 0.02);
    it_close(&H);
}

/* Twenty minutes at one rate, ten at four fifths of it: a window of a minute has forgotten the
 * twenty, one of four hours has not. */
static double estimate_after(const char *config)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 1, 1000);
    it_run(&H, 1200, 1, IT_APPLY);
    cr_assert_eq(it_reconfigure(&H, config), HMX_OK);
    H.channels[0].difficulty = 800;
    it_run(&H, 600, 1, IT_APPLY);
    const double rate = it_channel_row(&H, 0).hashrate / it_hashrate(1);
    it_close(&H);
    return rate;
}

Test(reconfigure, another_window_of_the_estimator_holds_at_once)
{
    const double hours = estimate_after(IT_ABC);
    const double least = estimate_after("[controller]\nestimator_window_secs = 600\n" IT_ABC);
    const double less = estimate_after("[controller]\nestimator_window_secs = 60\n" IT_ABC);
    cr_assert_float_eq(hours, 933, 5, "%f", hours);
    cr_assert_float_eq(least, 905, 5, "%f", least);
    cr_assert_eq(less, least, "of a minute luck would be all that is seen");
}
