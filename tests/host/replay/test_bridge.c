/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/bridge: what the plugin is told of a recorded session, read back from the plugin's own
 * metrics: its account and the replay's must be the same. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "abi/hmx_metrics.h"
#include "host_stub/replay/bridge.h"
#include "host_stub/replay/input.h"
#include "host_stub/replay/moves.h"
#include "host_stub/sv2/codec.h"

enum { ROWS = 8 };

static hs_replay bridge;
static hs_session *session;
static char notes[8192];

static void note(void *ctx, const char *text)
{
    (void)ctx;
    strncat(notes, text, sizeof notes - strlen(notes) - 1);
    strncat(notes, "\n", sizeof notes - strlen(notes) - 1);
}

static void start_with(const char *plugin)
{
    char why[1024];
    const hs_replay_options options = {
        .plugin_path = plugin, .config_path = HMX_SOURCE_DIR "/plugin.ini.example", .note = note};
    cr_assert(hs_replay_start(&bridge, &options, why, sizeof why) == 0, "%s", why);
    session = hs_session_new();
    cr_assert_not_null(session);
}

static void start(void)
{
    start_with(HMX_HASHMUX_SO);
}

static void finish(void)
{
    hs_replay_stop(&bridge);
    hs_session_free(session);
}

TestSuite(replay_bridge, .init = start, .fini = finish);

/* Plays the first `frames` messages of a recorded session; the last remark stays in `remark`. */
static char remark[512];

static void play(const char *name, int frames)
{
    char path[512];
    char why[256];
    hs_replay_recording r;
    size_t at = 0;
    snprintf(path, sizeof path, "%s/data/sv2/sessions/%s.hex", HMX_TEST_DATA, name);
    cr_assert(hs_replay_recording_read(path, &r, why, sizeof why) == 0, "%s", why);
    for (int i = 0; i < frames && at < r.len; i++) {
        hs_sv2_message m;
        hs_sv2_error error;
        hs_session_step step;
        size_t size = 0;
        cr_assert(hs_sv2_frame_size(r.data + at, r.len - at, &size, &error) == 0);
        cr_assert(hs_sv2_decode(r.data + at, size, 0, &m, &error) == 0, "%s", error.text);
        const int legal = hs_session_apply(session, &m, &step) == 0;
        hs_replay_message(&bridge, session, &m, &step, legal, remark, sizeof remark);
        at += size;
    }
    hs_replay_recording_free(&r);
}

/* The plugin's row of the n-th pool, and its totals. */
static hmx_upstream_metrics metrics(uint32_t n, hmx_snapshot *all)
{
    static hmx_upstream_metrics rows[ROWS];
    memset(rows, 0, sizeof rows);
    for (int i = 0; i < ROWS; i++) {
        rows[i].size = sizeof rows[i];
    }
    *all = (hmx_snapshot){
        .size = sizeof *all, .stride = sizeof rows[0], .capacity = ROWS, .rows = rows};
    const hmx_metrics_v1 *const table = hs_guard_extension(bridge.link.guard, HMX_METRICS_ID);
    cr_assert_not_null(table);
    cr_assert_eq(table->snapshot(hs_guard_instance(bridge.link.guard), all), HMX_OK);
    cr_assert_gt(all->count, n);
    return rows[n];
}

static void no_violations(void)
{
    cr_assert_eq(bridge.violations[HS_SIDE_HOST], 0, "%s", notes);
    cr_assert_eq(bridge.violations[HS_SIDE_PLUGIN], 0, "%s", notes);
}

Test(replay_bridge, the_plugin_counts_what_the_replay_counts)
{
    hmx_snapshot all;
    play("ext_hard_move", 1000);
    const hmx_upstream_metrics a = metrics(0, &all);
    const hmx_upstream_metrics b = metrics(1, &all);
    cr_assert_str_eq(a.id, bridge.pools[0].id);
    cr_assert_eq(a.submitted.count, 1);
    cr_assert_eq(a.accepted.count, 1);
    cr_assert_eq(a.rejected_stale.count, 0); /* the late one never went to the pool ... */
    cr_assert_eq(a.rejected_local.count, 1); /* ... the recorded proxy refused it itself */
    cr_assert_eq(b.submitted.count, 1);
    cr_assert_eq(b.accepted.count, 1);
    /* Targets 2^248-ish and 2^247-ish: the second share is worth twice the first. */
    cr_assert_lt(fabs(b.accepted.work / a.accepted.work - 2.0), 1e-9);
    cr_assert_lt(fabs(a.accepted.work * 256.0 * 65536.0 - 1.0), 1e-4);
    cr_assert_eq(all.moves_forced, 1);
    cr_assert_eq(all.channels, 1);
    cr_assert_eq(a.channels, 0);
    cr_assert_eq(b.channels, 1);
    cr_assert_eq(bridge.pools[0].accepted, 1);
    cr_assert_eq(bridge.rows[0].hard_moves, 1);
    cr_assert_eq(bridge.rows[0].verdicts[HMX_SHARE_REJECTED_STALE], 1);
    hs_replay_end(&bridge, session);
    no_violations();
}

Test(replay_bridge, a_soft_move_is_told_with_the_job_that_carries_it)
{
    hmx_snapshot all;
    play("ext_soft_move", 8);
    cr_assert_not_null(strstr(remark, "move: prefix aa000001 -> bb000007"));
    metrics(0, &all);
    cr_assert_eq(all.moves_forced, 0); /* the prefix alone is no move yet */
    finish();
    memset(notes, 0, sizeof notes);
    start();
    play("ext_soft_move", 9);
    metrics(0, &all);
    cr_assert_eq(all.moves_forced, 1);
    cr_assert_eq(bridge.rows[0].soft_moves, 1);
    cr_assert_eq(bridge.rows[0].drain_count, 1); /* job 1 still holds the old prefix */
}

Test(replay_bridge, a_prefix_that_no_job_holds_is_drained)
{
    play("ext_hard_move", 10);
    cr_assert_eq(bridge.rows[0].drain_count, 0);
    cr_assert_eq(bridge.rows[0].hard_moves, 0);
    finish();
    start();
    play("ext_hard_move", 11);
    cr_assert_eq(bridge.rows[0].hard_moves, 1);
    cr_assert_eq(bridge.rows[0].drain_count, 0); /* reported with the move: all is stale */
}

Test(replay_bridge, a_prefix_after_its_job_moves_nobody)
{
    hmx_snapshot all;
    play("bad_order_prefix_after_job", 1000);
    const hmx_upstream_metrics a = metrics(0, &all);
    cr_assert_eq(all.moves_forced, 0);
    cr_assert_eq(a.channels, 1);
    cr_assert_eq(a.submitted.count, 0);
    cr_assert_eq(a.rejected_local.count, 1);
    cr_assert_eq(bridge.rows[0].hard_moves, 0);
    cr_assert_eq(bridge.rows[0].verdicts[HMX_SHARE_REJECTED_LOW_DIFFICULTY], 1);
}

Test(replay_bridge, shares_without_an_answer_are_lost_at_the_end)
{
    play("std_hard_move", 12); /* both shares, not their answer */
    hs_replay_end(&bridge, session);
    cr_assert_eq(bridge.rows[0].submitted, 2);
    cr_assert_eq(bridge.rows[0].verdicts[HMX_SHARE_LOST], 2);
    cr_assert_eq(bridge.rows[0].verdicts[HMX_SHARE_ACCEPTED], 0);
    no_violations();
}

Test(replay_bridge, the_clock_follows_the_recording_and_only_so_far)
{
    const uint64_t before_ns = bridge.link.now_ns;
    play("ext_hard_move", 10);
    cr_assert_eq(bridge.link.now_ns - before_ns, 10ull * 1000000000u);
    finish();
    start();
    play("ext_hard_move", 11); /* a tip 600 s later than the first, which was message 6 */
    cr_assert_eq(bridge.link.now_ns - before_ns, 600ull * 1000000000u);
    hs_sv2_message m = {.id = HS_SV2_SET_NEW_PREV_HASH};
    hs_session_step step = {.rule = HS_RULE_OK};
    m.as.set_new_prev_hash.min_ntime = UINT32_MAX;
    for (int i = 0; i < 30; i++) {
        hs_replay_message(&bridge, session, &m, &step, 1, remark, sizeof remark);
    }
    cr_assert_leq(bridge.link.now_ns - before_ns, (86400ull + 100u) * 1000000000u);
    hs_replay_end(&bridge, session);
    no_violations();
}

static void tell(const hs_sv2_message *m)
{
    hs_session_step step;
    const int legal = hs_session_apply(session, m, &step) == 0;
    cr_assert(legal, "%s", step.text);
    hs_replay_message(&bridge, session, m, &step, legal, remark, sizeof remark);
}

static void open_with_prefix(uint32_t channel)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED};
    m.as.open.request_id = channel;
    m.as.open.nominal_hash_rate = 1e14F;
    memset(m.as.open.max_target.byte, 0xff, 32);
    tell(&m);
    m = (hs_sv2_message){.id = HS_SV2_OPEN_EXTENDED_SUCCESS};
    m.as.open_success.request_id = channel;
    m.as.open_success.channel_id = channel;
    m.as.open_success.target.byte[31] = 1;
    m.as.open_success.extranonce_size = 8;
    m.as.open_success.extranonce_prefix = (hs_sv2_b032){4, {0xaa, 0, 0, 9}};
    tell(&m);
}

Test(replay_bridge, a_closed_channels_prefix_is_free_again)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    play("ext_hard_move", 4); /* connected; channel 2 on pool_a */
    open_with_prefix(50);     /* decided elsewhere: the plugin is told of the prefix */
    m.as.close_channel.channel_id = 50;
    tell(&m);
    cr_assert_not(bridge.rows[1].open);
    open_with_prefix(51);
    hs_replay_end(&bridge, session);
    no_violations();
}

Test(replay_bridge, two_open_channels_with_one_prefix_are_seen)
{
    play("ext_hard_move", 4);
    open_with_prefix(50);
    open_with_prefix(51);
    open_with_prefix(52);
    hs_replay_end(&bridge, session);
    cr_assert_gt(bridge.violations[HS_SIDE_HOST], 0);
    cr_assert_not_null(strstr(notes, "host-prefix-collision"), "%s", notes);
}

Test(replay_bridge, a_late_share_that_is_accepted_was_passed_on)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_SUCCESS};
    play("ext_hard_move", 13); /* share 2, for a stale job, waits for its answer */
    m.as.submit_success.channel_id = 2;
    m.as.submit_success.last_sequence_number = 2;
    m.as.submit_success.new_submits_accepted_count = 1;
    tell(&m);
    hs_replay_end(&bridge, session);
    cr_assert_eq(bridge.pools[0].submitted, 2);
    cr_assert_eq(bridge.pools[0].accepted, 2);
    no_violations();
}

Test(replay_bridge, a_message_at_fault_does_not_move_the_clock)
{
    const uint64_t before_ns = bridge.link.now_ns;
    play("bad_prevhash_nonfuture", 9); /* its last min_ntime is 600 s ahead */
    cr_assert_eq(bridge.link.now_ns - before_ns, 9ull * 1000000000u);
}

Test(replay_bridge, a_recorded_move_that_was_decided_counts_as_applied)
{
    finish();
    start_with(HMX_LIB_DIR "/good_mover.so"); /* wants its channel on the other of a and b */
    play("ext_hard_move", 11);
    cr_assert_not_null(strstr(remark, "hard move of channel 2 done: a -> b, as decided"), "%s",
                       remark);
    cr_assert_eq(bridge.rows[0].told, 2);
    hs_replay_end(&bridge, session);
    cr_assert_gt(bridge.decisions, 1);
    no_violations();
}

/* A recorded move by a new prefix is not how a channel is reopened. */
Test(replay_bridge, a_reopening_is_never_applied)
{
    finish();
    start_with(HMX_LIB_DIR "/good_mover.so");
    play("ext_hard_move", 10);
    cr_assert_neq(bridge.rows[0].pending.decision, 0);
    bridge.rows[0].pending.style = HMX_STYLE_REOPEN;
    cr_assert_eq(hs_replay_moved(&bridge, &bridge.rows[0], bridge.rows[0].pending.to,
                                 &(hs_sv2_b032){.len = 4, .byte = {0xbb, 0, 0, 7}}),
                 0, "it was refused, and the move is the host's own");
    hs_replay_end(&bridge, session);
    no_violations();
}

Test(replay_bridge, another_move_than_decided_is_a_refusal_and_a_forced_one)
{
    hs_sv2_message m = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
    finish();
    start_with(HMX_LIB_DIR "/good_mover.so");
    play("std_hard_move", 6);
    cr_assert_neq(bridge.rows[0].pending.decision, 0);
    m.as.set_extranonce_prefix.channel_id = 2;
    m.as.set_extranonce_prefix.extranonce_prefix = (hs_sv2_b032){12, {0xaa, 7}};
    tell(&m);
    cr_assert_not_null(strstr(remark, " on a"), "%s", remark);
    m = (hs_sv2_message){.id = HS_SV2_NEW_MINING_JOB};
    m.as.new_mining_job.channel_id = 2;
    m.as.new_mining_job.job_id = 9;
    m.as.new_mining_job.min_ntime.present = 1;
    tell(&m);
    cr_assert_eq(bridge.rows[0].pending.decision, 0); /* it was about b */
    cr_assert_eq(bridge.rows[0].told, 1);
    cr_assert_eq(bridge.rows[0].soft_moves, 0); /* a new prefix on the same pool is no move */
    cr_assert_eq(bridge.rows[0].drain_count, 1);
    hs_replay_end(&bridge, session);
    no_violations();
}

Test(replay_bridge, a_decision_that_nobody_answers_expires)
{
    const hs_sv2_message m = {.id = HS_SV2_RECONNECT};
    play("ext_hard_move", 6);
    bridge.rows[0].pending.decision = 77;
    bridge.rows[0].pending.valid_until_ns = bridge.link.now_ns + 1500000000u;
    tell(&m);
    cr_assert_eq(bridge.rows[0].pending.decision, 77);
    tell(&m);
    cr_assert_eq(bridge.rows[0].pending.decision, 0);
}

Test(replay_bridge, a_prefix_that_a_job_holds_is_not_drained)
{
    hs_sv2_message prefix = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
    hs_sv2_message job = {.id = HS_SV2_NEW_MINING_JOB};
    hs_sv2_message tip = {.id = HS_SV2_SET_NEW_PREV_HASH};
    play("std_hard_move", 6); /* on aa.., job 1 */
    prefix.as.set_extranonce_prefix.channel_id = 2;
    job.as.new_mining_job.channel_id = 2;
    tip.as.set_new_prev_hash.channel_id = 2;
    job.as.new_mining_job.job_id = 20; /* future, with aa.. */
    tell(&job);
    prefix.as.set_extranonce_prefix.extranonce_prefix = (hs_sv2_b032){12, {0xbb}};
    tell(&prefix);
    job.as.new_mining_job.job_id = 21; /* a soft move to bb.. */
    job.as.new_mining_job.min_ntime.present = 1;
    tell(&job);
    cr_assert_eq(bridge.rows[0].drain_count, 1);
    tip.as.set_new_prev_hash.job_id = 20; /* back to aa.., whose drain is still open */
    tell(&tip);
    cr_assert_eq(bridge.rows[0].upstream, bridge.pools[0].upstream);
    cr_assert_eq(bridge.rows[0].drain_count, 1); /* bb.., which is for the next job */
    cr_assert_eq(bridge.rows[0].drains[0].prefix.byte[0], 0xbb);
    job.as.new_mining_job.min_ntime.present = 0;
    job.as.new_mining_job.job_id = 22; /* with bb.. */
    tell(&job);
    tip.as.set_new_prev_hash.job_id = 22;
    tell(&tip);
    cr_assert_eq(bridge.rows[0].drain_count, 0); /* bb.. is in force, nobody holds aa.. */
    hs_replay_end(&bridge, session);
    no_violations();
}

Test(replay_bridge, numbers_for_people)
{
    char text[64];
    char hex[2 * HS_SV2_EXTRANONCE_MAX + 8];
    cr_assert_str_eq(hs_replay_hashrate(1e14, text, sizeof text), "100 TH/s");
    cr_assert_str_eq(hs_replay_hashrate(1234567.0, text, sizeof text), "1.23 MH/s");
    cr_assert_str_eq(hs_replay_hashrate(0.0, text, sizeof text), "0 H/s");
    cr_assert_str_eq(hs_replay_prefix(&(hs_sv2_b032){2, {0xab, 0x01}}, hex), "ab01");
    cr_assert_str_eq(hs_replay_prefix(&(hs_sv2_b032){0, {0}}, hex), "(none)");
    cr_assert_str_eq(hs_replay_pool_name(&bridge, HMX_NONE), "-");
}

Test(replay_bridge, what_cannot_start_says_why)
{
    static hs_replay other;
    char why[1024] = "";
    hs_replay_options options = {.plugin_path = "/nonexistent.so",
                                 .config_path = HMX_SOURCE_DIR "/plugin.ini.example",
                                 .note = note};
    cr_assert(hs_replay_start(&other, &options, why, sizeof why) != 0);
    cr_assert_neq(why[0], '\0');
    hs_replay_stop(&other);
    options.plugin_path = HMX_HASHMUX_SO;
    options.config_path = "/nonexistent.ini";
    cr_assert(hs_replay_start(&other, &options, why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "hashmux does not start"), "%s", why);
    hs_replay_stop(&other);
    options.plugin_path = HMX_LIB_DIR "/good_needs_reopen.so";
    cr_assert(hs_replay_start(&other, &options, why, sizeof why) != 0);
    cr_assert_not_null(strstr(why, "needs"), "a recording closes no channel: %s", why);
    hs_replay_stop(&other);
}
