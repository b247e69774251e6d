/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Bursts, judged by an observer of the connection (session.h) that shares no code with jobs/move
 * and jobs/table: it captures prefixes and targets itself. And the rules about what may be sent. */
#include "host_stub/jobs/move.h"

#include "host_stub/jobs/template.h"
#include "host_stub/sv2/work.h"
#include "tests/host/session/messages.h"

#define NTIME 1735689600u

enum { POOLS = 3, STANDARD = 0, EXTENDED = 1 };

static hs_job_stream streams[POOLS];
static hs_sv2_new_extended_job jobs[POOLS];
static hs_move_channel channel;
static hs_move_frames frames;

/* Pools 0 and 1 share their tips; pool 2 has others, a longer prefix and less to roll. */
static hs_move_pool pool(uint32_t index)
{
    hs_move_pool p = {.upstream = index + 1,
                      .is_open = 1,
                      .prefix = bytes(index == 2 ? 7 : 4, (uint8_t)(0xa0 + index)),
                      .extranonce_size = index == 2 ? 10 : 12,
                      .has_tip = 1,
                      .tip = streams[index].tip,
                      .job = &jobs[index]};
    jobs[index] = hs_job_stream_job(&streams[index]);
    p.target = hs_move_target_of(1000.0 * (index + 1));
    return p;
}

static void begin(void)
{
    start();
    for (uint32_t i = 0; i < POOLS; i++) {
        hs_job_stream_options o = {.seed = 1,
                                   .pool = i + 1,
                                   .chain = i / 2,
                                   .full_extranonce_len = i == 2 ? 17 : 16,
                                   .version_rolling = 1};
        cr_assert(hs_job_stream_init(&streams[i], &o, 0, NTIME) == 0);
    }
}

static void end(void)
{
    hs_job_table_free(&channel.jobs);
    memset(&channel, 0, sizeof channel);
    finish();
}

/* A prefix of the right length for the channel: the pool's, `index`, zeros. */
static hs_sv2_b032 prefix_on(const hs_move_pool *p, int extended, uint8_t index)
{
    hs_sv2_b032 prefix = p->prefix;
    const int len = hs_move_prefix_len(p, extended ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD, 8);
    cr_assert_geq(len, 0);
    prefix.byte[prefix.len] = index;
    prefix.len = (uint32_t)len;
    return prefix;
}

static void all_legal(void)
{
    for (uint32_t i = 0; i < frames.count; i++) {
        legal(&frames.messages[i]);
    }
}

/* The observer's channel is as ours, and so is each of its valid jobs. */
static void observer_agrees(void)
{
    size_t count = 0;
    const hs_session_channel *const seen = hs_session_channels(session, &count);
    cr_assert_eq(count, 1);
    cr_assert(hs_prefix_equal(&seen->prefix, &channel.prefix));
    cr_assert_eq(hs_sv2_compare(&seen->target, &channel.target), 0);
    cr_assert_eq(hs_sv2_compare(&seen->tip.prev_hash, &channel.tip.prev_hash), 0);
    size_t valid = 0;
    for (size_t i = 0; i < seen->job_count; i++) {
        const hs_job_entry *const ours = hs_job_table_find(&channel.jobs, seen->jobs[i].job_id);
        cr_assert_not_null(ours);
        cr_assert_eq(ours->state, seen->jobs[i].state);
        cr_assert(hs_prefix_equal(&ours->prefix, &seen->jobs[i].prefix));
        cr_assert_eq(hs_sv2_compare(&ours->target, &seen->jobs[i].target), 0);
        cr_assert_eq(ours->version_rolling, seen->jobs[i].version_rolling);
        cr_assert_eq(ours->min_ntime, seen->jobs[i].min_ntime);
        valid++;
    }
    cr_assert_eq(valid, channel.jobs.count);
    cr_assert_eq(hs_session_channel_active_job(seen)->job_id,
                 hs_job_table_active(&channel.jobs)->job_id);
}

/* Opens the channel on pool 0 and gives it its first job. */
static void open_on_first(int extended)
{
    const hs_move_pool p = pool(0);
    hs_sv2_message m = open_message(extended, 1);
    connect(0, 0);
    legal(&m);
    channel.channel_id = 2;
    channel.kind = extended ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
    channel.extranonce_size = extended ? 8 : 0;
    channel.told_version_may_roll = 1;
    channel.max_target = ones();
    channel.prefix = prefix_on(&p, extended, 1);
    channel.target = p.target;
    m = opened_message(extended, 1, 2, 1);
    m.as.open_success.extranonce_prefix = channel.prefix;
    m.as.open_success.target = channel.target;
    legal(&m);
    cr_assert_eq(hs_move_check(&channel, &p, &channel.prefix), HS_MOVE_LEGAL);
    cr_assert(hs_move_burst(&channel, &p, &channel.prefix, &p.target, 1, &frames) == 0);
    cr_assert_not(frames.is_soft, "the first job is a future one");
    cr_assert_eq(frames.count, 2, "neither target nor prefix has changed since the opening");
    all_legal();
    observer_agrees();
}

static void go(uint32_t to, int extended, uint8_t index, int soft)
{
    const hs_move_pool p = pool(to);
    const hs_sv2_b032 prefix = prefix_on(&p, extended, index);
    const hs_sv2_u256 target = hs_move_target(&p.target, &channel.max_target);
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_LEGAL);
    cr_assert(hs_move_burst(&channel, &p, &prefix, &target, soft, &frames) == 0);
    all_legal();
    observer_agrees();
}

static void expect_order(const uint32_t *ids, uint32_t count)
{
    cr_assert_eq(frames.count, count);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(frames.messages[i].id, ids[i], "message %u", i);
    }
}

TestSuite(job_move, .init = begin, .fini = end);

Test(job_move, a_soft_move_of_an_extended_channel)
{
    static const uint32_t ORDER[] = {HS_SV2_SET_TARGET, HS_SV2_SET_EXTRANONCE_PREFIX,
                                     HS_SV2_NEW_EXTENDED_JOB};
    open_on_first(EXTENDED);
    const hs_sv2_b032 old = channel.prefix;
    go(1, EXTENDED, 7, 1);
    cr_assert(frames.is_soft);
    expect_order(ORDER, 3);
    cr_assert(frames.messages[2].as.new_extended_job.min_ntime.present);
    cr_assert_eq(channel.upstream, 2);
    cr_assert(hs_job_table_uses_prefix(&channel.jobs, 1, &old), "the past job drains");
    cr_assert_eq(hs_job_table_find(&channel.jobs, 1)->upstream, 1);
    cr_assert_eq(hs_job_table_find(&channel.jobs, 2)->upstream, 2);
}

Test(job_move, a_hard_move_of_an_extended_channel)
{
    static const uint32_t ORDER[] = {HS_SV2_SET_TARGET, HS_SV2_SET_EXTRANONCE_PREFIX,
                                     HS_SV2_NEW_EXTENDED_JOB, HS_SV2_SET_NEW_PREV_HASH};
    open_on_first(EXTENDED);
    const hs_sv2_b032 old = channel.prefix;
    go(2, EXTENDED, 7, 1); /* soft is asked for, and the tips differ */
    cr_assert_not(frames.is_soft);
    expect_order(ORDER, 4);
    cr_assert_not(frames.messages[2].as.new_extended_job.min_ntime.present);
    cr_assert_eq(frames.messages[3].as.set_new_prev_hash.job_id, frames.job_id);
    cr_assert_eq(channel.prefix.len, 9, "7 + 10 - 8");
    cr_assert_not(hs_job_table_uses_prefix(&channel.jobs, 1, &old));
}

Test(job_move, a_standard_channel_gets_the_merkle_root_of_its_prefix)
{
    open_on_first(STANDARD);
    go(1, STANDARD, 9, 1);
    cr_assert(frames.is_soft);
    const hs_sv2_new_mining_job *const told = &frames.messages[2].as.new_mining_job;
    cr_assert_eq(frames.messages[2].id, HS_SV2_NEW_MINING_JOB);
    const hs_sv2_coinbase coinbase = {jobs[1].coinbase_tx_prefix,
                                      {channel.prefix.byte, channel.prefix.len},
                                      jobs[1].coinbase_tx_suffix};
    cr_assert_null(hs_sv2_coinbase_fault(&coinbase));
    const hs_sv2_u256 root = hs_sv2_merkle_root(&coinbase, &jobs[1].merkle_path);
    cr_assert_eq(hs_sv2_compare(&told->merkle_root, &root), 0);
    go(2, STANDARD, 3, 1);
    cr_assert_not(frames.is_soft);
    cr_assert_eq(channel.prefix.len, 17, "a standard channel's prefix fills all of it");
}

/* The root is made with the new prefix, and nobody is told of it. */
Test(job_move, who_takes_merkle_roots_only_is_told_no_prefix)
{
    static const uint32_t ORDER[] = {HS_SV2_SET_TARGET, HS_SV2_NEW_MINING_JOB,
                                     HS_SV2_SET_NEW_PREV_HASH};
    open_on_first(STANDARD);
    channel.header_only = 1;
    const hs_move_pool p = pool(1);
    const hs_sv2_b032 prefix = prefix_on(&p, STANDARD, 9);
    const hs_sv2_u256 target = hs_move_target(&p.target, &channel.max_target);
    cr_assert(hs_move_burst(&channel, &p, &prefix, &target, 0, &frames) == 0);
    expect_order(ORDER, 3);
    const hs_sv2_coinbase coinbase = {
        jobs[1].coinbase_tx_prefix, {prefix.byte, prefix.len}, jobs[1].coinbase_tx_suffix};
    const hs_sv2_u256 root = hs_sv2_merkle_root(&coinbase, &jobs[1].merkle_path);
    cr_assert_eq(hs_sv2_compare(&frames.messages[1].as.new_mining_job.merkle_root, &root), 0);
    cr_assert(hs_prefix_equal(&hs_job_table_active(&channel.jobs)->prefix, &prefix),
              "so that its shares find their way");
}

Test(job_move, a_hard_move_is_sent_where_a_soft_one_would_do_but_is_not_wanted)
{
    open_on_first(EXTENDED);
    go(1, EXTENDED, 2, 0);
    cr_assert_not(frames.is_soft);
    cr_assert_eq(frames.messages[frames.count - 1].id, HS_SV2_SET_NEW_PREV_HASH);
}

Test(job_move, refreshed_jobs_and_new_tips_are_bursts_without_what_is_known)
{
    open_on_first(EXTENDED);
    hs_job_stream_refresh(&streams[0], NTIME + 30);
    hs_move_pool p = pool(0);
    cr_assert(hs_move_burst(&channel, &p, &channel.prefix, &channel.target, 1, &frames) == 0);
    cr_assert(frames.is_soft);
    cr_assert_eq(frames.count, 1);
    cr_assert_eq(frames.messages[0].as.new_extended_job.min_ntime.value, NTIME + 30);
    all_legal();
    hs_job_stream_new_tip(&streams[0], 1, NTIME + 60);
    p = pool(0);
    cr_assert(hs_move_burst(&channel, &p, &channel.prefix, &channel.target, 1, &frames) == 0);
    cr_assert_not(frames.is_soft);
    cr_assert_eq(frames.count, 2);
    all_legal();
    observer_agrees();
}

Test(job_move, a_hundred_moves_and_tips_in_any_order_stay_legal)
{
    uint32_t noise = 1;
    uint32_t soft = 0;
    uint32_t hard = 0;
    open_on_first(EXTENDED);
    for (uint32_t i = 1; i <= 100; i++) {
        noise = noise * 1664525u + 1013904223u;
        const uint32_t to = (noise >> 24) % POOLS;
        if ((noise >> 12) % 4 == 0) {
            hs_job_stream_new_tip(&streams[to], i, NTIME + i);
        } else {
            hs_job_stream_refresh(&streams[to], NTIME + i);
        }
        go(to, EXTENDED, (uint8_t)i, noise >> 20 & 1);
        *(frames.is_soft ? &soft : &hard) += 1;
    }
    cr_assert_gt(soft, 5);
    cr_assert_gt(hard, 5);
}

Test(job_move, the_floor_of_ntime_is_the_larger_one)
{
    open_on_first(EXTENDED);
    hs_job_stream_new_tip(&streams[0], 5, NTIME + 100);
    hs_move_pool p = pool(0);
    cr_assert(hs_move_burst(&channel, &p, &channel.prefix, &channel.target, 1, &frames) == 0);
    all_legal();
    hs_job_stream_new_tip(&streams[1], 5, NTIME + 90); /* heard of the block earlier */
    go(1, EXTENDED, 2, 1);
    cr_assert(frames.is_soft);
    cr_assert_eq(frames.messages[2].as.new_extended_job.min_ntime.value, NTIME + 100);
    hs_job_stream_refresh(&streams[2], NTIME + 200);
    go(2, EXTENDED, 2, 1);
    cr_assert_eq(frames.messages[3].as.set_new_prev_hash.min_ntime, NTIME + 200,
                 "a job that was refreshed has its own floor, also as a future one");
}

/* ---- what is broken on purpose is noticed ---- */

Test(job_move, a_prefix_of_another_length_gives_a_coinbase_that_the_observer_refuses)
{
    open_on_first(EXTENDED);
    const hs_move_pool p = pool(1);
    hs_sv2_b032 prefix = prefix_on(&p, EXTENDED, 5);
    prefix.len--;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_PREFIX_LENGTH);
    cr_assert(hs_move_burst(&channel, &p, &prefix, &p.target, 1, &frames) == 0);
    legal(&frames.messages[0]);
    legal(&frames.messages[1]);
    at_fault(&frames.messages[2], HS_RULE_COINBASE);
}

Test(job_move, a_soft_job_on_another_tip_is_not_what_the_burst_gives)
{
    open_on_first(EXTENDED);
    hs_move_pool p = pool(1);
    p.tip.nbits++; /* the same prev_hash is not enough */
    cr_assert_not(hs_move_can_be_soft(&channel, &p));
    p = pool(1);
    cr_assert(hs_move_can_be_soft(&channel, &p));
    p.has_tip = 0;
    cr_assert_not(hs_move_can_be_soft(&channel, &p));
    p = pool(1);
    channel.has_tip = 0;
    cr_assert_not(hs_move_can_be_soft(&channel, &p));
}

Test(job_move, without_a_job_or_a_tip_nothing_changes)
{
    open_on_first(EXTENDED);
    const hs_move_channel before = channel;
    hs_move_pool p = pool(1);
    const hs_sv2_b032 prefix = prefix_on(&p, EXTENDED, 5);
    p.job = NULL;
    cr_assert(hs_move_burst(&channel, &p, &prefix, &p.target, 1, &frames) != 0);
    p = pool(1);
    p.has_tip = 0;
    cr_assert(hs_move_burst(&channel, &p, &prefix, &p.target, 1, &frames) != 0);
    cr_assert_eq(memcmp(&before, &channel, sizeof before), 0);
}

/* ---- lengths, targets, legality ---- */

Test(job_move, prefix_lengths_fill_what_the_pool_granted)
{
    hs_move_pool p = {.prefix = {.len = 4}, .extranonce_size = 12};
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_EXTENDED, 8), 8);
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_EXTENDED, 12), 4);
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_EXTENDED, 13), -1);
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_STANDARD, 0), 16);
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_STANDARD, 8), 16);
    p.extranonce_size = 29;
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_EXTENDED, 8), -1);
    p = (hs_move_pool){.is_standard = 1, .prefix = {.len = 10}};
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_STANDARD, 0), 10);
    cr_assert_eq(hs_move_prefix_len(&p, HS_CHANNEL_EXTENDED, 8), -1);
}

Test(job_move, the_target_is_the_harder_of_the_two)
{
    const hs_sv2_u256 none = {{0}};
    const hs_sv2_u256 easy = hs_move_target_of(10.0);
    const hs_sv2_u256 hard = hs_move_target_of(1000.0);
    const hs_sv2_u256 a = hs_move_target(&easy, &hard);
    const hs_sv2_u256 b = hs_move_target(&hard, &easy);
    const hs_sv2_u256 c = hs_move_target(&none, &easy);
    cr_assert_eq(hs_sv2_compare(&a, &hard), 0);
    cr_assert_eq(hs_sv2_compare(&b, &hard), 0);
    cr_assert_eq(hs_sv2_compare(&c, &easy), 0);
}

Test(job_move, targets_of_difficulties)
{
    for (double difficulty = 1e-9; difficulty < 1e49; difficulty *= 7.3) {
        const hs_sv2_u256 target = hs_move_target_of(difficulty);
        const double back = hs_sv2_difficulty(&target);
        cr_assert(back > difficulty * (1 - 1e-12) && back < difficulty * (1 + 1e-12), "%g is %g",
                  difficulty, back);
    }
    hs_sv2_u256 one = {{0}};
    one.byte[26] = one.byte[27] = 0xff; /* 0xffff * 2^208: difficulty 1 */
    const hs_sv2_u256 made = hs_move_target_of(1.0);
    cr_assert_eq(hs_sv2_compare(&one, &made), 0);
    const hs_sv2_u256 easiest = ones();
    const double none[] = {0.0, -1.0, 1e-12, 1e-300};
    for (size_t i = 0; i < 4; i++) {
        const hs_sv2_u256 target = hs_move_target_of(none[i]);
        cr_assert_eq(hs_sv2_compare(&easiest, &target), 0, "%g", none[i]);
    }
    const hs_sv2_u256 hardest = hs_move_target_of(1e300);
    cr_assert_eq(hardest.byte[0], 1);
    cr_assert_not(hs_sv2_is_zero(&hardest), "nothing meets the target 0");
}

Test(job_move, each_reason_to_refuse)
{
    open_on_first(EXTENDED);
    hs_move_pool p = pool(1);
    hs_sv2_b032 prefix = prefix_on(&p, EXTENDED, 5);
    p.is_open = 0;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_POOL_NOT_OPEN);
    p = pool(1);
    p.job = NULL;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_NO_JOB);
    p = pool(1);
    p.has_tip = 0;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_NO_JOB);
    p = pool(1);
    p.extranonce_size = 7;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_EXTRANONCE_SHORT);
    p = pool(1);
    p.extranonce_size = 29;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_EXTRANONCE_LONG);
    p = pool(1);
    p.extranonce_size = 13; /* the pool granted what its own coinbase has no room for */
    prefix.len++;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_EXTRANONCE_LONG);
    p = pool(1);
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_PREFIX_LENGTH);
    prefix.len--;
    prefix.byte[1] ^= 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_PREFIX_SPACE);
    prefix.byte[1] ^= 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_LEGAL);
}

Test(job_move, reasons_that_lie_with_the_peer)
{
    open_on_first(EXTENDED);
    hs_move_pool p = pool(1);
    const hs_sv2_b032 prefix = prefix_on(&p, EXTENDED, 5);
    channel.has_custom_jobs = 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_CUSTOM_JOBS);
    channel.has_custom_jobs = 0;
    channel.ignores_prefix = 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_PREFIX_IGNORED);
    const hs_move_pool own = pool(0);
    cr_assert_eq(hs_move_check(&channel, &own, &channel.prefix), HS_MOVE_LEGAL,
                 "its own prefix goes on");
    channel.ignores_prefix = 0;
    channel.shares_group = 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_LEGAL, "the length is the same");
    hs_move_pool longer = pool(2);
    const hs_sv2_b032 other = prefix_on(&longer, EXTENDED, 5);
    cr_assert_eq(hs_move_check(&channel, &longer, &other), HS_MOVE_GROUP);
    channel.shares_group = 0;
    channel.needs_version_rolling = 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_LEGAL);
    p.fixed_version = 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_VERSION_ROLLING);
    p.fixed_version = 0;
    jobs[1].version_rolling_allowed = 0;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_VERSION_ROLLING);
    channel.needs_version_rolling = 0;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_LEGAL, "the job says so itself");
}

Test(job_move, a_standard_channel_cannot_be_told_that_its_version_is_fixed)
{
    open_on_first(STANDARD);
    hs_move_pool p = pool(1);
    const hs_sv2_b032 prefix = prefix_on(&p, STANDARD, 5);
    channel.ignores_prefix = 1; /* the merkle root carries it: it may be moved all the same */
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_LEGAL);
    p.fixed_version = 1;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_VERSION_ROLLING);
    channel.told_version_may_roll = 0;
    cr_assert_eq(hs_move_check(&channel, &p, &prefix), HS_MOVE_LEGAL);
}

Test(job_move, every_refusal_has_a_sentence_of_its_own_and_no_reason_of_the_plugins_number)
{
    for (int i = HS_MOVE_POOL_NOT_OPEN; i <= HS_MOVE_NOT_GRANTED; i++) {
        const char *const text = hs_move_refusal_text((enum hs_move_refusal)i);
        cr_assert_gt(strlen(text), 10);
        for (int k = HS_MOVE_POOL_NOT_OPEN; k < i; k++) {
            cr_assert_str_neq(text, hs_move_refusal_text((enum hs_move_refusal)k));
        }
    }
    cr_assert_str_eq(hs_move_refusal_text((enum hs_move_refusal)99), "unknown");
}
