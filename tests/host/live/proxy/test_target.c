/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: targets of the miners' own, and the shares that it keeps. Pools, miners and the plugin are
 * played (rig.h). */
#include <criterion/criterion.h>

#include "host_stub/live/proxy/target.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;

static void start(void)
{
    rig_start();
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
}

TestSuite(proxy_target, .init = start, .fini = rig_finish);

/* A miner of 1000 H/s, for which so many shares a minute are wanted. */
static void farm(double shares_per_minute)
{
    rig.proxy->settings.miner_shares_per_minute = shares_per_minute;
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
}

static hs_sv2_u256 opened_with(void)
{
    return rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS)->as.open_success.target;
}

/* A share that meets its own target, and the pool's or not. */
static hs_sv2_message share(uint32_t sequence_number, int meets_pools)
{
    const uint32_t job_id = rig_job_of(&miner);
    const hs_job_entry *const job = rig_entry(&miner, job_id);
    const hs_share_terms terms = hs_job_entry_terms(job, RIG_R);
    const hs_sv2_u256 pools = rig_target(RIG_TARGET);
    for (int i = 0; i < 1000; i++) {
        const hs_sv2_message m = rig_share(&miner, 1, sequence_number, job_id, 1, NULL);
        const hs_sv2_u256 hash = hs_judge_hash(&terms, &job->prefix, &m.as.submit);
        if ((hs_sv2_compare(&hash, &pools) <= 0) == meets_pools) {
            return m;
        }
    }
    cr_assert_fail("no such share");
    return (hs_sv2_message){.id = 0};
}

static json_int_t account_of(const char *name)
{
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_t *const pool = json_array_get(json_object_get(account, "pools"), 0);
    const json_int_t count = json_integer_value(json_object_get(pool, name));
    json_decref(account);
    return count;
}

/* The pool tells of a new job: the target of the miner with it. */
static hs_sv2_u256 target_of_next_job(void)
{
    rig_job(1, 0);
    return rig_entry(&miner, rig_job_of(&miner))->target;
}

static void is_for_hashes(const hs_sv2_u256 *target, double hashes)
{
    const double got = hs_sv2_hashes_of(hs_sv2_difficulty(target));
    cr_assert(got > 0.9 * hashes && got < 1.1 * hashes, "%g hashes, not %g", got, hashes);
}

Test(proxy_target, by_itself_it_is_the_pools)
{
    farm(0.0);
    const hs_sv2_u256 target = opened_with();
    const hs_sv2_u256 pools = rig_target(RIG_TARGET);
    cr_assert_eq(hs_sv2_compare(&target, &pools), 0);
}

Test(proxy_target, what_the_pool_would_not_count_is_kept)
{
    farm(12000.0); /* 5 hashes a share; the pool wants 15 */
    const hs_sv2_u256 own = opened_with();
    const hs_sv2_u256 pools = rig_target(RIG_TARGET);
    is_for_hashes(&own, 5.0);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SET_TARGET), 0, "the opening has said it");
    hs_sv2_message m = share(1, 0);
    rig_say(&miner, &m);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED), 0);
    cr_assert_eq(rig_shares(1, HMX_SHARE_NOT_FORWARDED), 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_SUCCESS), 1, "it is good for the miner");
    const hmx_share *const kept = &rig.shares[rig.share_count - 1];
    cr_assert_float_eq(kept->work, hs_sv2_difficulty(&own), 1e-15);
    cr_assert_float_eq(kept->credit, 0.0, 0.0);
    cr_assert_eq(kept->event.flags, 0);
    m.as.submit.sequence_number = 2;
    rig_say(&miner, &m);
    cr_assert_eq(rig_shares(1, HMX_SHARE_REJECTED_DUPLICATE), 1, "once only");
    m = share(3, 1);
    rig_say(&miner, &m);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED), 1);
    const hmx_share *const sent = &rig.shares[rig.share_count - 1];
    cr_assert_eq(sent->verdict, HMX_SHARE_SUBMITTED);
    cr_assert_float_eq(sent->work, hs_sv2_difficulty(&own), 1e-15);
    cr_assert_float_eq(sent->credit, hs_sv2_difficulty(&pools), 1e-15);
    cr_assert_eq(account_of("not_forwarded"), 1);
    cr_assert_eq(account_of("submitted"), 1);
}

Test(proxy_target, it_is_never_harder_than_the_pools_nor_easier_than_the_miner_takes)
{
    farm(1.0); /* 60 000 hashes a share */
    hs_sv2_u256 target = opened_with();
    const hs_sv2_u256 pools = rig_target(RIG_TARGET);
    cr_assert_eq(hs_sv2_compare(&target, &pools), 0);
    rig.proxy->settings.miner_shares_per_minute = 12000.0;
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = rig_channel_id(&miner);
    m.as.update_channel.nominal_hash_rate = 1000.0F;
    m.as.update_channel.maximum_target = rig_target(0x20);
    rig_say(&miner, &m);
    target = target_of_next_job();
    cr_assert_eq(hs_sv2_compare(&target, &m.as.update_channel.maximum_target), 0);
}

Test(proxy_target, it_follows_what_the_shares_show)
{
    farm(6000.0); /* 10 hashes a share */
    hs_proxy_channel *const channel = rig.proxy->channels[0];
    hs_sv2_u256 target = opened_with();
    is_for_hashes(&target, 10.0);
    rig_run(61 * RIG_SEC);
    target = target_of_next_job(); /* nothing has come: half of it */
    is_for_hashes(&target, 5.0);
    hs_proxy_target_share(channel, 61.0 * 620.0 / hs_sv2_hashes_of(1.0));
    rig_run(30 * RIG_SEC);
    target = target_of_next_job();
    is_for_hashes(&target, 5.0); /* too early to tell */
    rig_run(31 * RIG_SEC);
    target = target_of_next_job();
    is_for_hashes(&target, 5.0); /* 560 H/s: a small change is luck */
    hs_proxy_target_share(channel, 61.0 * 1500.0 / hs_sv2_hashes_of(1.0));
    rig_run(61 * RIG_SEC);
    target = target_of_next_job();
    is_for_hashes(&target, 10.0);
    for (int i = 0; i < 10; i++) {
        rig_run(61 * RIG_SEC);
        (void)target_of_next_job();
    }
    cr_assert_float_eq(channel->own_hs, 1000.0 / 16.0, 1e-9, "it stands still, and is no tiny one");
}

Test(proxy_target, another_declaration_begins_anew_and_the_same_does_not)
{
    farm(6000.0);
    hs_proxy_channel *const channel = rig.proxy->channels[0];
    rig_run(61 * RIG_SEC);
    (void)target_of_next_job();
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = rig_channel_id(&miner);
    m.as.update_channel.nominal_hash_rate = 1100.0F;
    memset(&m.as.update_channel.maximum_target, 0xff, 32);
    rig_say(&miner, &m);
    cr_assert_float_eq(channel->own_hs, 500.0, 1e-9, "what was seen outranks it");
    m.as.update_channel.nominal_hash_rate = 800.0F;
    rig_say(&miner, &m);
    cr_assert_float_eq(channel->own_hs, 500.0, 1e-9);
    m.as.update_channel.nominal_hash_rate = 700.0F;
    rig_say(&miner, &m);
    cr_assert_float_eq(channel->own_hs, 700.0, 1e-9);
}
