/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: moves by reopening. Pools, miners and the plugin are played (rig.h). */
#include <criterion/criterion.h>

#include "host_stub/jobs/move.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;

static void start(void)
{
    rig_start();
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
}

TestSuite(proxy_reopen, .init = start, .fini = rig_finish);

/* The plugin has broken the contract, as the test wanted; the host has not. */
static void end_despite_the_plugin(void)
{
    cr_expect_eq(rig.violations, 0, "by the host: %s", rig.violation);
    (void)rig_end();
    rig_start();
}

/* A move by a new prefix shows that the miner does not obey it: it is back on a. */
static void show_deafness(void)
{
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    const hs_sv2_b032 first =
        rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS)->as.open_success.extranonce_prefix;
    rig_submit_deaf(&miner, 1, rig_job_of(&miner), &first);
    cr_assert_eq(rig.updates[rig.update_count - 1].honours_prefix, HMX_NO);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FAILED);
    cr_assert_eq(rig_outcome()->to, 1);
    rig_pool_tip(2, 2);
    rig_run(5 * RIG_SEC); /* until the prefix on b is drained */
}

static json_int_t moves(const char *name)
{
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_int_t count =
        json_integer_value(json_object_get(json_object_get(account, "moves"), name));
    json_decref(account);
    return count;
}

Test(proxy_reopen, who_is_deaf_is_closed_and_opens_again_where_the_plugin_says)
{
    show_deafness();
    const size_t outcomes = rig.outcome_count;
    const uint32_t id = rig_channel_id(&miner);
    const hs_sv2_b032 prefix =
        rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS)->as.open_success.extranonce_prefix;
    (void)rig_decide(1, 1, 2, HMX_STYLE_REOPEN);
    rig_run(300 * RIG_MS);
    const hs_sv2_message *const m = &miner.log.messages[miner.log.count - 1];
    cr_assert_eq(m->id, HS_SV2_CLOSE_CHANNEL, "nothing else is sent");
    cr_assert_eq(m->as.close_channel.channel_id, id);
    cr_assert(rig.closed == 1 && rig.close_reason == HMX_CLOSE_REOPEN);
    cr_assert_eq(miner.ended, 0, "the connection stays");
    rig_run(5 * RIG_SEC);
    cr_assert_eq(rig.outcome_count, outcomes + 1, "the close is the answer");
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_DRAINED);
    cr_assert_eq(rig_outcome()->from, 1);
    cr_assert_arr_eq(rig_outcome()->extranonce_prefix, prefix.byte, prefix.len);
    rig.assign = 2;
    rig_open(&miner, 1);
    cr_assert_eq(rig.opened, 2);
    cr_assert_eq(rig.honours_prefix, HMX_NO, "it is known");
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    const hs_sv2_message *const share = rig_last(&rig.pools[2].log, HS_SV2_SUBMIT_EXTENDED);
    cr_assert_eq(share->as.submit.job_id, rig.pools[2].job_id);
    rig_success(2, share->as.submit.sequence_number, 1);
    cr_assert_eq(rig_shares(2, HMX_SHARE_ACCEPTED), 1);
    cr_assert(moves("reopened") == 1 && moves("applied") == 0 && moves("refused") == 0);
}

Test(proxy_reopen, its_pool_has_ended)
{
    show_deafness();
    rig_pool_lost(1);
    (void)rig_decide(1, 1, 2, HMX_STYLE_REOPEN);
    rig_run(200 * RIG_MS);
    cr_assert_eq(rig.close_reason, HMX_CLOSE_REOPEN);
    rig.assign = 2;
    rig_open(&miner, 1);
    cr_assert_eq(rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS)
                     ->as.open_success.extranonce_prefix.byte[0],
                 0xa2);
}

/* It is for who comes back on another connection, too: its device is known. */
Test(proxy_reopen, it_may_come_back_on_another_connection)
{
    static rig_miner again;
    show_deafness();
    (void)rig_decide(1, 1, 2, HMX_STYLE_REOPEN);
    rig_run(300 * RIG_MS);
    hs_proxy_leave(miner.peer);
    rig.assign = 2;
    rig_connect(&again, 0);
    rig_open(&again, 1);
    cr_assert_eq(rig.honours_prefix, HMX_NO);
    cr_assert_eq(rig_last(&again.log, HS_SV2_OPEN_EXTENDED_SUCCESS)
                     ->as.open_success.extranonce_prefix.byte[0],
                 0xa2);
}

/* Shares that a pool has are credited there, whatever became of their channel; the miner hears no
 * more of them. */
Test(proxy_reopen, shares_under_way_are_told_and_late_ones_refused)
{
    show_deafness();
    rig_submit(&miner, 1, 9, rig_job_of(&miner));
    (void)rig_decide(1, 1, 2, HMX_STYLE_REOPEN);
    rig_run(300 * RIG_MS);
    const size_t count = miner.log.count;
    rig_success(1, rig_last(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED)->as.submit.sequence_number,
                1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
    cr_assert_eq(miner.log.count, count);
    rig_submit(&miner, 1, 10, rig_job_of(&miner));
    const hs_sv2_message *const no = rig_last(&miner.log, HS_SV2_SUBMIT_ERROR);
    cr_assert_eq(no->as.submit_error.sequence_number, 10);
    cr_assert(hs_sv2_bytes_are(no->as.submit_error.error_code, "invalid-channel-id"));
}

/* ---- what is refused ---- */

static void refused(uint64_t decision, enum hs_move_refusal cause)
{
    const size_t closed = rig.closed;
    const size_t bursts = miner.log.bursts;
    rig_run(300 * RIG_MS);
    cr_assert_not_null(rig_outcome());
    cr_assert_eq(rig_outcome()->decision, decision);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_REFUSED);
    cr_assert_eq(rig_outcome()->cause, cause, "cause %u", (unsigned)rig_outcome()->cause);
    cr_assert(rig.closed == closed && miner.log.bursts == bursts, "something was done");
}

Test(proxy_reopen, who_can_be_moved_is_not_closed)
{
    rig.quiet = 1; /* a plugin that asks for it breaks the contract */
    refused(rig_decide(1, 1, 2, HMX_STYLE_REOPEN), HS_MOVE_POLICY);
    show_deafness();
    const uint64_t decision = rig_decide(1, 1, 1, HMX_STYLE_REOPEN);
    rig.queue[0].kind = HMX_DECISION_PREFIX;
    refused(decision, HS_MOVE_POLICY);
    end_despite_the_plugin();
}

Test(proxy_reopen, a_standard_channel_is_not_closed)
{
    rig.quiet = 1;
    show_deafness();
    hs_sv2_message m = {.id = HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = 2;
    m.as.open.user_identity = hs_sv2_bytes_of("m");
    m.as.open.nominal_hash_rate = 1000.0f;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    rig_say(&miner, &m); /* of the deaf one */
    cr_assert_eq(rig.honours_prefix, HMX_NO);
    refused(rig_decide(2, 1, 2, HMX_STYLE_REOPEN), HS_MOVE_POLICY);
    end_despite_the_plugin();
}

Test(proxy_reopen, nobody_is_closed_who_would_not_be_taken_there)
{
    rig.quiet = 1;
    show_deafness();
    refused(rig_decide(1, 1, 3, HMX_STYLE_REOPEN), HS_MOVE_POOL_NOT_OPEN);
    rig_pool_open(3);
    refused(rig_decide(1, 1, 3, HMX_STYLE_REOPEN), HS_MOVE_NO_JOB);
    refused(rig_decide(1, 2, 1, HMX_STYLE_REOPEN), HS_MOVE_FROM_WRONG);
    refused(rig_decide(1, 1, 1, HMX_STYLE_REOPEN), HS_MOVE_SAME_POOL);
    rig.proxy->ups[2].whole.extranonce_size = RIG_R - 1;
    refused(rig_decide(1, 1, 2, HMX_STYLE_REOPEN), HS_MOVE_EXTRANONCE_SHORT);
    cr_assert(moves("reopened") == 0 && moves("refused") == 5);
    end_despite_the_plugin();
}

static hmx_status look_at_device(hmx_instance *self, const hmx_channel_open *event,
                                 hmx_channel_decision *out)
{
    cr_assert(event->hardware.len == 7 && memcmp(event->hardware.data, "model 7", 7) == 0);
    cr_assert(event->firmware.len == 3 && memcmp(event->firmware.data, "1.2", 3) == 0);
    return rig_on_open(self, event, out);
}

Test(proxy_reopen, the_device_is_told_as_it_told_itself)
{
    rig.plugin.ops.on_channel_open = look_at_device;
    rig_open(&miner, 1);
    cr_assert_eq(rig.opened, 2);
}
