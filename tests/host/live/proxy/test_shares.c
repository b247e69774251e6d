/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: its own verdicts on shares, and shares that a move has overtaken. Pools, miners and the
 * plugin are played (rig.h); shares are really sought. */
#include <criterion/criterion.h>

#include "host_stub/session/judge.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;

static void start(void)
{
    rig_start();
}

TestSuite(proxy_shares, .init = start, .fini = rig_finish);

static void farm(int extended)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig_connect(&miner, 0);
    rig_open(&miner, extended);
    rig_run(300 * RIG_MS);
}

static size_t sent(uint32_t upstream)
{
    return rig_count(&rig.pools[upstream].log, HS_SV2_SUBMIT_EXTENDED);
}

static json_int_t account_of(uint32_t upstream, const char *name)
{
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_t *const pool = json_array_get(json_object_get(account, "pools"), upstream - 1);
    const json_int_t count = json_integer_value(json_object_get(pool, name));
    json_decref(account);
    return count;
}

static json_int_t refused_here(uint32_t upstream, const char *code)
{
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_t *const pool = json_array_get(json_object_get(account, "pools"), upstream - 1);
    const json_int_t count =
        json_integer_value(json_object_get(json_object_get(pool, "rejected_local"), code));
    json_decref(account);
    return count;
}

/* It is refused on the spot, with this code, and the plugin is told so as the host's verdict. */
static void refused(const hs_sv2_message *m, const char *code, uint32_t verdict)
{
    const size_t pools = sent(1);
    const size_t told = rig.share_count;
    const size_t errors = rig_count(&miner.log, HS_SV2_SUBMIT_ERROR);
    rig_say(&miner, m);
    cr_assert_eq(sent(1), pools, "%s: a pool was burdened", code);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), errors + 1, "%s", code);
    const hs_sv2_submit_error *const no =
        &rig_last(&miner.log, HS_SV2_SUBMIT_ERROR)->as.submit_error;
    cr_assert(hs_sv2_bytes_are(no->error_code, code), "%s: %.*s", code, (int)no->error_code.len,
              (const char *)no->error_code.data);
    cr_assert_eq(no->sequence_number, m->as.submit.sequence_number);
    cr_assert_eq(rig.share_count, told + 1);
    cr_assert_eq(rig.shares[told].verdict, verdict);
    cr_assert_eq(rig.shares[told].event.flags, HMX_SHARE_FLAG_LOCAL);
    cr_assert_eq(rig.shares[told].upstream, 1);
}

static void every_fault_is_refused(int extended)
{
    farm(extended);
    const uint32_t job = rig_job_of(&miner);
    const hs_sv2_message good = rig_share(&miner, extended, 1, job, 1, NULL);
    hs_sv2_message m = good;
    m.as.submit.job_id = 77;
    refused(&m, "invalid-job-id", HMX_SHARE_REJECTED_INVALID_JOB);
    if (extended) {
        m = good;
        m.as.submit.extranonce.len = RIG_R - 1;
        refused(&m, "bad-extranonce-size", HMX_SHARE_REJECTED_OTHER);
    }
    m = good;
    m.as.submit.ntime = 999;
    refused(&m, "invalid-share", HMX_SHARE_REJECTED_OTHER);
    m.as.submit.ntime = 1000 + HS_NTIME_AHEAD_MAX + 1;
    refused(&m, "invalid-share", HMX_SHARE_REJECTED_OTHER);
    m = good;
    m.as.submit.version ^= 1;
    refused(&m, "invalid-non-rollable-version-bit", HMX_SHARE_REJECTED_OTHER);
    m = rig_share(&miner, extended, 6, job, 0, NULL);
    refused(&m, "difficulty-too-low", HMX_SHARE_REJECTED_LOW_DIFFICULTY);
    rig_say(&miner, &good);
    cr_assert_eq(sent(1), 1);
    rig_success(1, 1, 1);
    m = good;
    m.as.submit.sequence_number = 7;
    refused(&m, "duplicate-share", HMX_SHARE_REJECTED_DUPLICATE);
}

/* The first good one waits for its pool, and what comes behind it waits with it: so there is one
 * answer each only as long as nothing waits. */
Test(proxy_shares, what_is_wrong_is_refused_on_the_spot)
{
    farm(1);
    const uint32_t job = rig_job_of(&miner);
    const hs_sv2_message good = rig_share(&miner, 1, 1, job, 1, NULL);
    rig_say(&miner, &good);
    hs_sv2_message m = good;
    m.as.submit.sequence_number = 2;
    rig_say(&miner, &m);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), 0, "the first one waits");
    cr_assert_eq(rig_shares(1, HMX_SHARE_REJECTED_DUPLICATE), 1, "the plugin knows at once");
    rig_success(1, 1, 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_SUCCESS), 1);
    cr_assert_eq(refused_here(1, "duplicate-share"), 1);
    cr_assert_eq(account_of(1, "duplicates"), 0, "the pool never saw it");
}

Test(proxy_shares, every_fault_of_an_extended_share)
{
    every_fault_is_refused(1);
}

Test(proxy_shares, every_fault_of_a_standard_share)
{
    every_fault_is_refused(0);
}

Test(proxy_shares, a_pool_that_fixes_the_version_gets_none_that_was_rolled)
{
    farm(1);
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    m.as.new_extended_job = hs_job_stream_job(&rig.pools[1].stream);
    m.as.new_extended_job.channel_id = RIG_GROUP;
    m.as.new_extended_job.job_id = ++rig.pools[1].job_id;
    m.as.new_extended_job.min_ntime = (hs_sv2_option_u32){1, 1000};
    m.as.new_extended_job.version_rolling_allowed = 0;
    rig_up_say(1, &m);
    m = rig_share(&miner, 1, 1, rig_job_of(&miner), 1, NULL);
    m.as.submit.version ^= 0x20;
    refused(&m, "version-rolling-not-allowed", HMX_SHARE_REJECTED_OTHER);
}

Test(proxy_shares, what_two_miners_find_is_not_the_same)
{
    static rig_miner other;
    farm(1);
    rig_connect(&other, 0);
    rig_open(&other, 1);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_submit(&other, 1, 1, rig_job_of(&other));
    cr_assert_eq(sent(1), 2);
}

/* From a to b and back to the same job of a: what it found there before is no news. */
Test(proxy_shares, a_share_is_new_once_over_moves)
{
    farm(1);
    const hs_sv2_b032 prefix =
        rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS)->as.open_success.extranonce_prefix;
    hs_sv2_message m = rig_share(&miner, 1, 1, rig_job_of(&miner), 1, NULL);
    rig_say(&miner, &m);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_submit(&miner, 1, 2, rig_job_of(&miner));
    (void)rig_decide(1, 2, 1, HMX_STYLE_HARD);
    rig.queue[0].extranonce_prefix_len = prefix.len;
    memcpy(rig.queue[0].extranonce_prefix, prefix.byte, prefix.len);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
    cr_assert_eq(sent(1), 1);
    m.as.submit.sequence_number = 3;
    m.as.submit.job_id = rig_job_of(&miner);
    rig_say(&miner, &m);
    cr_assert_eq(sent(1), 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_REJECTED_DUPLICATE), 1);
}

/* ---- targets ---- */

static void take_no_easier_than(uint8_t top)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = rig_channel_id(&miner);
    m.as.update_channel.nominal_hash_rate = 500.0f;
    m.as.update_channel.maximum_target = rig_target(top);
    rig_say(&miner, &m);
}

Test(proxy_shares, a_harder_job_of_the_miners_own_is_worth_what_the_pool_counts)
{
    farm(1);
    take_no_easier_than(0x02);
    rig_job(1, 0);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_success(1, 1, 1);
    const hs_sv2_u256 own = rig_target(0x02);
    const hs_sv2_u256 pools = rig_target(RIG_TARGET);
    for (size_t i = 0; i < 2; i++) {
        const hmx_share *const share = &rig.shares[rig.share_count - 1 - i];
        cr_assert_float_eq(share->work, hs_sv2_difficulty(&own), 1e-18);
        cr_assert_float_eq(share->credit, hs_sv2_difficulty(&pools), 1e-18);
    }
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_t *const pool = json_array_get(json_object_get(account, "pools"), 0);
    cr_assert_float_eq(json_real_value(json_object_get(pool, "work_accepted")),
                       hs_sv2_difficulty(&pools), 1e-18);
    json_decref(account);
}

/* A device that takes merkle roots only, which is told no prefix. */
Test(proxy_shares, a_header_only_device_works_for_each_pool_without_a_prefix)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig_connect(&miner, HS_SV2_REQUIRES_STANDARD_JOBS);
    rig_open(&miner, 0);
    rig_run(300 * RIG_MS);
    for (uint32_t i = 1; i <= 2; i++) {
        rig_submit(&miner, 0, i, rig_job_of(&miner));
        cr_assert_eq(sent(i), 1);
        rig_success(i, 1, 1);
        (void)rig_decide(1, i, 3 - i, HMX_STYLE_HARD);
        rig_run(300 * RIG_MS);
        cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
    }
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SET_EXTRANONCE_PREFIX), 0);
    const hs_sv2_submit *const there =
        &rig_last(&rig.pools[2].log, HS_SV2_SUBMIT_EXTENDED)->as.submit;
    cr_assert_eq(there->extranonce.len, RIG_EXTRANONCE);
}

/* ---- shares that a move has overtaken ---- */

Test(proxy_shares, what_was_under_way_at_a_hard_move_goes_to_the_old_pool)
{
    farm(1);
    const uint32_t old_job = rig_job_of(&miner);
    const hs_sv2_message under_way = rig_share(&miner, 1, 1, old_job, 1, NULL);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_say(&miner, &under_way);
    cr_assert_eq(sent(1), 1);
    cr_assert_eq(rig_last(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED)->as.submit.job_id,
                 rig.pools[1].job_id);
    cr_assert_eq(rig_shares(1, HMX_SHARE_SUBMITTED), 1);
    cr_assert_eq(rig.outcome_count, 0, "and shows nothing of the new prefix");
    rig_submit(&miner, 1, 2, rig_job_of(&miner));
    rig_success(2, 1, 1);
    rig_success(1, 1, 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
    const hs_sv2_message *const ok = rig_last(&miner.log, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_eq(ok->as.submit_success.new_submits_accepted_count, 2);
    cr_assert_eq(account_of(1, "accepted"), 1);
    cr_assert_eq(account_of(1, "stale"), 0);
}

Test(proxy_shares, when_the_old_pool_has_a_new_tip_it_is_too_late)
{
    farm(1);
    const hs_sv2_message late = rig_share(&miner, 1, 1, rig_job_of(&miner), 1, NULL);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_pool_tip(1, 2);
    refused(&late, "stale-share", HMX_SHARE_REJECTED_STALE);
    cr_assert_eq(account_of(1, "stale"), 1);
    cr_assert_eq(account_of(1, "stale_local"), 1);
    cr_assert_eq(account_of(1, "stale_after_move"), 1);
}

Test(proxy_shares, a_refreshed_job_of_the_old_pool_changes_nothing)
{
    farm(1);
    const hs_sv2_message late = rig_share(&miner, 1, 1, rig_job_of(&miner), 1, NULL);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_job(1, 0);
    rig_say(&miner, &late);
    cr_assert_eq(sent(1), 1);
}

Test(proxy_shares, when_the_old_pool_is_lost_and_back_its_old_jobs_are_not)
{
    farm(1);
    const hs_sv2_message late = rig_share(&miner, 1, 1, rig_job_of(&miner), 1, NULL);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_pool_lost(1);
    rig_run(500 * RIG_MS);
    rig_pool_open(1); /* its channel is another, and there is no job yet */
    refused(&late, "stale-share", HMX_SHARE_REJECTED_STALE);
}

/* The past job of a soft move: the miner may still work on it, and its pool takes it no more. */
Test(proxy_shares, a_past_job_is_stale_with_its_pools_new_tip)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 1);
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
    const hs_sv2_message late = rig_share(&miner, 1, 1, rig_job_of(&miner), 1, NULL);
    (void)rig_decide(1, 1, 2, HMX_STYLE_SOFT_ALLOWED);
    rig_run(300 * RIG_MS);
    rig_pool_tip(1, 2);
    refused(&late, "stale-share", HMX_SHARE_REJECTED_STALE);
}

Test(proxy_shares, the_prefix_rests_until_nothing_more_can_come_for_it)
{
    farm(1);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    const size_t before = rig.outcome_count;
    rig_run(5 * RIG_SEC);
    cr_assert_eq(rig.outcome_count, before, "its job is still good at a");
    rig_pool_tip(1, 2);
    rig_run(4 * RIG_SEC);
    cr_assert_eq(rig.outcome_count, before + 1);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_DRAINED);
    cr_assert_eq(rig_outcome()->from, 1);
}
