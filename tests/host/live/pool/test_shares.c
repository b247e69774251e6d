/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/shares: really mined shares are accepted and credited at their own job's difficulty,
 * and all others refused for the right reason. */
#include <stdlib.h>

#include "host_stub/sv2/work.h"
#include "tests/host/live/pool/client.h"

#define WALL_MS UINT64_C(1700000000000)

static hs_pool_options options;
static hs_pool *pool;
static client us;
static uint32_t ext;
static uint32_t std_channel;

static void begin(void)
{
    pool = hs_pool_new(&options, &CLIENT_OUT, NULL, WALL_MS);
    cr_assert_not_null(pool);
    client_join(&us, pool);
    client_setup_with(&us, 0);
    ext = client_open(&us, 1);
    std_channel = client_open(&us, 0);
}

static void start(void)
{
    hs_options_defaults(&HS_POOL_COMMAND, &options);
    options.hashes_per_share = 1024.0;
    options.tip_ms = 60000;
    options.refresh_ms = 20000;
    options.batch = 4;
    options.batch_ms = 300;
    begin();
}

static void finish(void)
{
    client_must_hold(pool->own_faults == 0, "the pool broke a rule");
    hs_pool_free(pool);
    client_free(&us);
}

TestSuite(pool_shares, .init = start, .fini = finish);

static void submit_valid(uint32_t channel_id)
{
    const hs_sv2_message m = client_share(&us, channel_id);
    client_say(&us, &m);
}

static void expect_success(uint32_t channel_id, uint32_t count)
{
    const hs_sv2_message *const answer = client_last(&us, 0);
    cr_assert_eq(answer->id, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_eq(answer->as.submit_success.channel_id, channel_id);
    cr_assert_eq(answer->as.submit_success.new_submits_accepted_count, count);
}

Test(pool_shares, shares_that_were_mined_are_accepted_in_batches)
{
    const double difficulty = hs_sv2_difficulty(&client_job(&us, ext)->target);
    const size_t before = us.count;
    for (int i = 0; i < 3; i++) {
        submit_valid(ext);
    }
    cr_assert_eq(us.count, before, "the batch is not full");
    submit_valid(ext);
    expect_success(ext, 4);
    cr_assert_eq(client_last(&us, 0)->as.submit_success.new_shares_sum, 0, "truncated");
    submit_valid(ext);
    submit_valid(std_channel);
    cr_assert_eq(us.count, before + 1);
    cr_assert_eq(hs_pool_next_ms(pool), 300);
    hs_pool_advance(pool, 300);
    cr_assert_eq(us.count, before + 3, "no share waits longer");
    const hs_pool_counts counts = pool->counts;
    cr_assert_eq(counts.accepted, 6);
    cr_assert_float_eq(counts.work, 6 * difficulty, 1e-15);
    cr_assert_float_eq(hs_sv2_hashes_of(counts.work), 6 * 1024.0, 1e-6);
}

Test(pool_shares, the_sum_of_a_batch_is_truncated_and_starts_anew)
{
    hs_pool_channel *const channel = hs_pool_find(us.peer, ext);
    submit_valid(ext);
    channel->batch_sum = 41.99; /* as if they had been that hard */
    hs_pool_settle(pool);
    expect_success(ext, 1);
    cr_assert_eq(client_last(&us, 0)->as.submit_success.new_shares_sum, 41);
    submit_valid(ext);
    hs_pool_settle(pool);
    cr_assert_eq(client_last(&us, 0)->as.submit_success.new_shares_sum, 0);
}

Test(pool_shares, every_reason_to_refuse_one)
{
    const hs_session_channel *const channel = client_channel(&us, ext);
    const hs_session_job *const job = client_job(&us, ext);
    const hs_sv2_message good = client_share(&us, ext);
    hs_sv2_message m = good;
    m.as.submit.channel_id = 4711;
    client_expect_error(&us, &m, "invalid-channel-id");
    m = good;
    m.as.submit.job_id = 4711;
    client_expect_error(&us, &m, "invalid-job-id");
    m = good;
    m.as.submit.extranonce.len = 15;
    client_expect_error(&us, &m, "bad-extranonce-size");
    m = good;
    m.as.submit.ntime = job->min_ntime - 1;
    client_expect_error(&us, &m, "invalid-share");
    m.as.submit.ntime = job->min_ntime + 7201; /* spec 5.3.11 */
    client_expect_error(&us, &m, "invalid-share");
    m = good;
    m.as.submit.version ^= 1;
    client_expect_error(&us, &m, "invalid-non-rollable-version-bit");
    m = client_mine(channel, job, &job->prefix, 0);
    client_expect_error(&us, &m, "difficulty-too-low");
    client_say(&us, &good);
    client_expect_error(&us, &good, "duplicate-share");
    m = client_share(&us, std_channel);
    m.id = HS_SV2_SUBMIT_EXTENDED;
    client_expect_error(&us, &m, "invalid-share");
    const hs_pool_counts counts = pool->counts;
    cr_assert_eq(counts.accepted, 1);
    cr_assert_eq(counts.duplicates, 1);
    cr_assert_eq(counts.rejected[HS_JUDGED_CHANNEL_CLOSED], 1);
    cr_assert_eq(counts.rejected[HS_JUDGED_UNKNOWN_JOB], 1);
    cr_assert_eq(counts.rejected[HS_JUDGED_EXTRANONCE_SIZE], 1);
    cr_assert_eq(counts.rejected[HS_JUDGED_NTIME], 3);
    cr_assert_eq(counts.rejected[HS_JUDGED_VERSION_BIT], 1);
    cr_assert_eq(counts.rejected[HS_JUDGED_LOW_DIFFICULTY], 1);
    cr_assert_eq(counts.rejected[HS_JUDGED_DUPLICATE], 0, "told apart");
    cr_assert_eq(counts.received, 10);
    cr_assert_eq(hs_pool_find(us.peer, ext)->counts.accepted, 1);
    cr_assert_eq(hs_pool_find(us.peer, std_channel)->counts.rejected[HS_JUDGED_NTIME], 1);
}

Test(pool_shares, a_fixed_version_is_not_rolled)
{
    finish();
    options.fixed_version = 1;
    begin();
    hs_sv2_message m = client_share(&us, ext);
    m.as.submit.version ^= 0x20;
    client_expect_error(&us, &m, "version-rolling-not-allowed");
    m = client_share(&us, std_channel);
    m.as.submit.version ^= 0x20;
    client_expect_error(&us, &m, "version-rolling-not-allowed");
}

Test(pool_shares, a_rolled_version_is_part_of_the_hash)
{
    const hs_session_channel *const channel = client_channel(&us, ext);
    hs_session_job job = *client_job(&us, ext);
    job.version ^= 0x1fffffe0;
    hs_sv2_message m = client_mine(channel, &job, &job.prefix, 1);
    client_say(&us, &m);
    cr_assert_eq(pool->counts.accepted, 1);
    m.as.submit.version ^= 0x20;
    client_expect_error(&us, &m, "difficulty-too-low");
}

Test(pool_shares, the_past_jobs_of_a_tip_are_good_and_those_of_the_last_tip_stale)
{
    const hs_sv2_message early = client_share(&us, ext);
    const hs_sv2_message late = client_share(&us, ext);
    const hs_sv2_message later = client_share(&us, ext);
    hs_pool_advance(pool, 1000);
    cr_assert_eq(hs_pool_command(pool, "refresh", pool_notes, sizeof pool_notes), 0);
    cr_assert_neq(client_job(&us, ext)->job_id, early.as.submit.job_id);
    client_say(&us, &early);
    cr_assert_eq(pool->counts.accepted, 1);
    hs_pool_advance(pool, 2000);
    cr_assert_eq(hs_pool_command(pool, "tip", pool_notes, sizeof pool_notes), 0);
    hs_pool_advance(pool, 2250);
    client_expect_error(&us, &late, "stale-share");
    cr_assert_eq(pool->counts.stale, 1);
    cr_assert_eq(pool->counts.stale_ms_most, 250);
    cr_assert_eq(hs_pool_command(pool, "tip", pool_notes, sizeof pool_notes), 0);
    client_expect_error(&us, &later, "stale-share");
    cr_assert_eq(pool->counts.stale, 2);
    cr_assert_eq(pool->counts.stale_known, 0, "on its way, however long");
    submit_valid(ext);
    cr_assert_eq(pool->counts.accepted, 2);
    cr_assert_eq(pool->counts.received, 4);
}

Test(pool_shares, a_stale_share_after_one_on_a_newer_tip_was_not_on_its_way)
{
    const hs_sv2_message first = client_share(&us, ext);
    const hs_sv2_message other = client_share(&us, std_channel);
    cr_assert_eq(hs_pool_command(pool, "tip", pool_notes, sizeof pool_notes), 0);
    const hs_sv2_message second = client_share(&us, ext);
    cr_assert_eq(hs_pool_command(pool, "refresh", pool_notes, sizeof pool_notes), 0);
    submit_valid(ext);
    client_expect_error(&us, &other, "stale-share");
    cr_assert_eq(pool->counts.stale_known, 0, "another channel's");
    client_say(&us, &second);
    cr_assert_eq(pool->counts.accepted, 2, "a past job of the newer tip");
    submit_valid(ext);
    client_expect_error(&us, &first, "stale-share");
    cr_assert_eq(pool->counts.stale_known, 1);
    cr_assert_eq(hs_pool_command(pool, "tip", pool_notes, sizeof pool_notes), 0);
    client_expect_error(&us, &second, "stale-share");
    cr_assert_eq(pool->counts.stale_known, 1, "of this tip it has shown nothing");
    client_expect_error(&us, &first, "stale-share");
    cr_assert_eq(pool->counts.stale_known, 2, "and of the one before it has");
    cr_assert_eq(hs_pool_find(us.peer, ext)->counts.stale_known, 2);
}

Test(pool_shares, a_job_is_stale_and_not_unknown_however_old_it_is)
{
    hs_sv2_message old = client_share(&us, std_channel);
    hs_pool_channel *const channel = hs_pool_find(us.peer, std_channel);
    cr_assert_eq(hs_pool_command(pool, "tip", pool_notes, sizeof pool_notes), 0);
    cr_assert_eq(hs_pool_command(pool, "tip", pool_notes, sizeof pool_notes), 0);
    for (uint32_t i = 0; i < 2 * HS_POOL_GIVEN_MAX; i++) {
        channel->given[channel->given_count++ % HS_POOL_GIVEN_MAX] = 1000 + i;
    }
    client_expect_error(&us, &old, "stale-share");
    old.as.submit.job_id--;
    client_expect_error(&us, &old, "invalid-job-id");
    old.as.submit.job_id = 4711;
    client_expect_error(&us, &old, "invalid-job-id");
}

/* Mined before the pool closes the channel, and sent after. */
Test(pool_shares, what_was_on_its_way_when_the_channel_was_closed_is_counted_by_itself)
{
    const uint32_t next = client_open(&us, 1);
    const hs_sv2_message late = client_share(&us, ext);
    const hs_sv2_message later = client_share(&us, ext);
    const hs_sv2_message before = client_share(&us, next);
    cr_assert_eq(hs_pool_command(pool, "close", pool_notes, sizeof pool_notes), 0);
    client_say(&us, &before);
    client_expect_error(&us, &late, "invalid-channel-id");
    cr_assert_eq(pool->counts.cut_off, 1, "a job of before the end shows nothing");
    cr_assert_eq(pool->counts.rejected[HS_JUDGED_CHANNEL_CLOSED], 0);
    cr_assert_eq(hs_pool_command(pool, "refresh", pool_notes, sizeof pool_notes), 0);
    submit_valid(next);
    client_expect_error(&us, &later, "invalid-channel-id");
    cr_assert_eq(pool->counts.cut_off, 1);
    cr_assert_eq(pool->counts.rejected[HS_JUDGED_CHANNEL_CLOSED], 1, "it knew by then");
    cr_assert_eq(pool->counts.received, 4);
}

Test(pool_shares, credit_is_the_jobs_own_difficulty)
{
    const hs_sv2_message old = client_share(&us, ext);
    const double old_difficulty = hs_sv2_difficulty(&client_job(&us, ext)->target);
    cr_assert_eq(hs_pool_command(pool, "easier-target 4", pool_notes, sizeof pool_notes), 0);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_SET_TARGET);
    client_say(&us, &old);
    cr_assert_float_eq(pool->counts.work, old_difficulty, 1e-18);
    cr_assert_eq(hs_pool_command(pool, "refresh", pool_notes, sizeof pool_notes), 0);
    submit_valid(ext);
    const hs_pool_counts counts = pool->counts;
    cr_assert_eq(counts.accepted, 2);
    cr_assert_float_eq(hs_sv2_hashes_of(counts.work), 1024.0 + 256.0, 1e-6);
    cr_assert_eq(hs_pool_command(pool, "easier-target off", pool_notes, sizeof pool_notes), 0);
    cr_assert_float_eq(hs_sv2_difficulty(&client_channel(&us, ext)->target), old_difficulty, 1e-18);
}

Test(pool_shares, a_job_keeps_the_prefix_that_it_came_with)
{
    const hs_sv2_b032 old = client_channel(&us, ext)->prefix;
    const hs_sv2_message before = client_share(&us, ext);
    cr_assert_eq(hs_pool_command(pool, "prefix-change", pool_notes, sizeof pool_notes), 0);
    cr_assert_eq(client_count(&us, HS_SV2_SET_EXTRANONCE_PREFIX), 2);
    const hs_sv2_b032 now = client_channel(&us, ext)->prefix;
    cr_assert_eq(now.len, old.len);
    cr_assert_not(hs_prefix_equal(&now, &old));
    client_say(&us, &before);
    submit_valid(ext);
    submit_valid(std_channel);
    cr_assert_eq(pool->counts.accepted, 3);
    /* A client that did not listen. */
    hs_sv2_message m = client_mine(client_channel(&us, ext), client_job(&us, ext), &old, 1);
    client_expect_error(&us, &m, "difficulty-too-low");
}

Test(pool_shares, a_device_of_standard_jobs_is_told_no_other_prefix)
{
    client other;
    client_join(&other, pool);
    client_setup_with(&other, HS_SV2_REQUIRES_STANDARD_JOBS);
    const uint32_t id = client_open(&other, 0);
    const hs_sv2_message before = client_share(&other, id);
    cr_assert_eq(hs_pool_command(pool, "prefix-change", pool_notes, sizeof pool_notes), 0);
    cr_assert_eq(client_count(&other, HS_SV2_SET_EXTRANONCE_PREFIX), 0);
    cr_assert_eq(client_count(&us, HS_SV2_SET_EXTRANONCE_PREFIX), 2);
    client_say(&other, &before);
    cr_assert_eq(pool->counts.accepted, 1);
    hs_pool_leave(other.peer);
    client_free(&other);
}

Test(pool_shares, what_waits_for_an_answer_is_bounded)
{
    cr_assert_eq(hs_pool_command(pool, "slow 600", pool_notes, sizeof pool_notes), 0);
    hs_sv2_message m = client_share(&us, ext);
    client_say(&us, &m);
    for (uint32_t i = 0; us.peer->waiting_count < HS_POOL_WAITING_MAX; i++) {
        cr_assert_leq(i, (uint32_t)HS_POOL_WAITING_MAX);
        m.as.submit.channel_id = 99;
        client_say(&us, &m);
    }
    /* The log of this test is small: everything goes out now, so the connection is let go first. */
    us.peer->mute = 1;
    client_say(&us, &m);
    cr_assert_eq(us.peer->waiting_count, 1);
    cr_assert_eq(pool->counts.accepted, 1);
}
