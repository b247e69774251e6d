/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: moves and shares. Pools, miners and the plugin are played (rig.h). */
#include <criterion/criterion.h>

#include "host_stub/jobs/move.h"
#include "host_stub/sv2/work.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;

static void start(void)
{
    rig_start();
}

/* The plugin has broken the contract, as the test wanted; the host has not. */
static void end_despite_the_plugin(void)
{
    cr_expect_eq(rig.violations, 0, "by the host: %s", rig.violation);
    (void)rig_end();
    rig_start();
}

TestSuite(proxy, .init = start, .fini = rig_finish);

/* a and b are up, on one tip or not, and an extended miner works for a that is known to obey. */
static void farm(int one_tip, int extended)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, one_tip ? 1 : 2);
    rig_connect(&miner, 0);
    rig_open(&miner, extended);
    rig_run(300 * RIG_MS);
}

static const hs_sv2_message *at_burst(size_t index)
{
    cr_assert_lt(miner.burst_first + index, miner.log.count);
    return &miner.log.messages[miner.burst_first + index];
}

static const hs_sv2_submit *sent_to(uint32_t upstream)
{
    const hs_sv2_message *const m = rig_last(&rig.pools[upstream].log, HS_SV2_SUBMIT_EXTENDED);
    cr_assert_not_null(m, "nothing was submitted to pool %u", (unsigned)upstream);
    return &m->as.submit;
}

/* It obeys: one share with a new prefix is accepted. Now at pool 2, and a knows it. */
static void move_and_prove(uint32_t sequence_number)
{
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_submit(&miner, 1, sequence_number, rig_job_of(&miner));
    rig_success(2, sent_to(2)->sequence_number, 1);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
}

Test(proxy, opening_is_answered_with_prefix_and_first_job_in_one_burst)
{
    farm(0, 1);
    cr_assert_eq(miner.log.count, 4);
    cr_assert_eq(miner.log.bursts, 2);
    const hs_sv2_message *const m = at_burst(0);
    cr_assert_eq(m->id, HS_SV2_OPEN_EXTENDED_SUCCESS);
    cr_assert_eq(m->as.open_success.extranonce_size, RIG_R);
    cr_assert_eq(m->as.open_success.extranonce_prefix.len, 1 + RIG_EXTRANONCE - RIG_R);
    cr_assert_eq(m->as.open_success.extranonce_prefix.byte[0], 0xa1);
    cr_assert_eq(at_burst(1)->id, HS_SV2_NEW_EXTENDED_JOB);
    cr_assert_eq(at_burst(1)->as.new_extended_job.min_ntime.present, 0);
    cr_assert_eq(at_burst(2)->id, HS_SV2_SET_NEW_PREV_HASH);
    cr_assert_eq(rig.opened, 1);
}

Test(proxy, a_standard_channel_has_the_whole_extranonce_as_prefix)
{
    farm(0, 0);
    const hs_sv2_message *const m = rig_last(&miner.log, HS_SV2_OPEN_STANDARD_SUCCESS);
    cr_assert_eq(m->as.open_success.extranonce_prefix.len, 1 + RIG_EXTRANONCE);
    rig_submit(&miner, 0, 1, rig_job_of(&miner));
    cr_assert_eq(sent_to(1)->extranonce.len, RIG_EXTRANONCE);
    cr_assert_arr_eq(sent_to(1)->extranonce.byte, m->as.open_success.extranonce_prefix.byte + 1,
                     RIG_EXTRANONCE);
}

Test(proxy, a_hard_move_is_one_burst_in_order)
{
    farm(0, 1);
    const uint64_t decision = rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(miner.log.count - miner.burst_first, 3, "the target is the same, the rest is not");
    cr_assert_eq(at_burst(0)->id, HS_SV2_SET_EXTRANONCE_PREFIX);
    cr_assert_eq(at_burst(0)->as.set_extranonce_prefix.extranonce_prefix.byte[0], 0xa2);
    cr_assert_eq(at_burst(1)->id, HS_SV2_NEW_EXTENDED_JOB);
    cr_assert_eq(at_burst(1)->as.new_extended_job.min_ntime.present, 0);
    cr_assert_eq(at_burst(1)->as.new_extended_job.job_id, 2, "never the pool's own number");
    cr_assert_eq(at_burst(2)->id, HS_SV2_SET_NEW_PREV_HASH);
    cr_assert_eq(at_burst(2)->as.set_new_prev_hash.job_id, 2);
    cr_assert_eq(rig.outcome_count, 0, "whether it obeys is not known yet");
    rig_submit(&miner, 1, 1, 2);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED, "one valid share shows it");
    cr_assert_eq(rig_outcome()->decision, decision);
    cr_assert_eq(rig_outcome()->to, 2);
}

Test(proxy, a_soft_move_leaves_the_old_jobs_and_their_shares_go_to_the_old_pool)
{
    farm(1, 1);
    const uint32_t old_job = rig_job_of(&miner);
    (void)rig_decide(1, 1, 2, HMX_STYLE_SOFT_ALLOWED);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SET_NEW_PREV_HASH), 1, "only the first");
    const uint32_t new_job = rig_job_of(&miner);
    cr_assert_neq(old_job, new_job);
    rig_submit(&miner, 1, 11, old_job);
    rig_submit(&miner, 1, 12, new_job);
    rig_submit(&miner, 1, 13, old_job);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED), 2);
    cr_assert_eq(rig_count(&rig.pools[2].log, HS_SV2_SUBMIT_EXTENDED), 1);
    cr_assert_eq(sent_to(1)->job_id, rig.pools[1].job_id);
    cr_assert_eq(sent_to(1)->channel_id, RIG_CHANNEL);
    cr_assert_eq(sent_to(1)->sequence_number, 2, "each pool has its own sequence");
    cr_assert_eq(sent_to(2)->sequence_number, 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_SUBMITTED), 2);
    cr_assert_eq(rig_shares(2, HMX_SHARE_SUBMITTED), 1);
    /* Behind the pool's own byte: what tells the miners apart, and what the miner rolled. */
    const hs_sv2_b032 *const e = &sent_to(2)->extranonce;
    const hs_sv2_message *const p = rig_last(&miner.log, HS_SV2_SET_EXTRANONCE_PREFIX);
    cr_assert_eq(e->len, RIG_EXTRANONCE);
    cr_assert_arr_eq(e->byte, p->as.set_extranonce_prefix.extranonce_prefix.byte + 1,
                     RIG_EXTRANONCE - RIG_R);
    cr_assert_eq(e->byte[RIG_EXTRANONCE - 1], 0xee);
}

Test(proxy, answers_of_two_pools_reach_the_miner_in_its_own_order_and_numbers)
{
    farm(1, 1);
    const uint32_t old_job = rig_job_of(&miner);
    (void)rig_decide(1, 1, 2, HMX_STYLE_SOFT_ALLOWED);
    rig_run(300 * RIG_MS);
    rig_submit(&miner, 1, 21, old_job);
    rig_submit(&miner, 1, 22, rig_job_of(&miner));
    rig_submit(&miner, 1, 23, old_job);
    rig_success(2, 1, 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_SUCCESS), 0, "21 still waits");
    rig_error(1, 2, "stale-share");
    rig_success(1, 1, 1);
    const hs_sv2_message *const ok = rig_last(&miner.log, HS_SV2_SUBMIT_SUCCESS);
    const hs_sv2_message *const bad = rig_last(&miner.log, HS_SV2_SUBMIT_ERROR);
    cr_assert_eq(ok->as.submit_success.new_submits_accepted_count, 2);
    cr_assert_eq(ok->as.submit_success.last_sequence_number, 22);
    cr_assert_eq(bad->as.submit_error.sequence_number, 23);
    cr_assert_eq(rig_shares(1, HMX_SHARE_REJECTED_STALE), 1);
    cr_assert_eq(hs_proxy_unanswered(rig.proxy), 0);
}

Test(proxy, one_success_answers_the_shares_of_several_miners)
{
    static rig_miner other;
    farm(0, 1);
    rig_connect(&other, 0);
    rig_open(&other, 1);
    rig_submit(&miner, 1, 7, rig_job_of(&miner));
    rig_submit(&other, 1, 900, rig_job_of(&other));
    rig_submit(&miner, 1, 8, rig_job_of(&miner));
    rig_success(1, 3, 3);
    const hs_sv2_message *const mine = rig_last(&miner.log, HS_SV2_SUBMIT_SUCCESS);
    const hs_sv2_message *const theirs = rig_last(&other.log, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_eq(mine->as.submit_success.last_sequence_number, 8);
    cr_assert_eq(mine->as.submit_success.new_submits_accepted_count, 2);
    cr_assert_eq(theirs->as.submit_success.last_sequence_number, 900);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 3);
    /* Two prefixes, and neither begins with the other. */
    const hs_sv2_message *const a = rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS);
    const hs_sv2_message *const b = rig_last(&other.log, HS_SV2_OPEN_EXTENDED_SUCCESS);
    cr_assert_arr_neq(a->as.open_success.extranonce_prefix.byte,
                      b->as.open_success.extranonce_prefix.byte,
                      a->as.open_success.extranonce_prefix.len);
}

Test(proxy, what_is_not_answered_when_a_pool_is_lost_is_lost_once)
{
    farm(0, 1);
    rig_submit(&miner, 1, 5, rig_job_of(&miner));
    rig_submit(&miner, 1, 6, rig_job_of(&miner));
    rig_success(1, 1, 1);
    rig_pool_lost(1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), 1);
    cr_assert_eq(rig_last(&miner.log, HS_SV2_SUBMIT_ERROR)->as.submit_error.sequence_number, 6);
    rig_submit(&miner, 1, 7, rig_job_of(&miner)); /* a job that nobody takes any more */
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), 2);
    rig_run(500 * RIG_MS);
    rig_pool_up(1, 1);
    rig_success(1, 2, 1); /* too late: there is no such share on this connection */
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_SUCCESS), 1);
}

Test(proxy, a_second_answer_credits_nothing)
{
    farm(0, 1);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_success(1, 1, 1);
    rig_success(1, 1, 1);
    rig_success(1, 99, 50);
    rig_error(1, 1, "stale-share");
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_REJECTED_STALE), 0);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_SUCCESS), 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), 0);
}

Test(proxy, only_what_came_before_the_last_number_is_acknowledged)
{
    farm(0, 1);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_submit(&miner, 1, 2, rig_job_of(&miner));
    rig_success(1, 1, 2);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
    cr_assert_eq(hs_proxy_unanswered(rig.proxy), 1);
}

Test(proxy, sequence_numbers_go_on_over_connections)
{
    farm(0, 1);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_pool_lost(1);
    rig_run(500 * RIG_MS);
    rig_pool_up(1, 1);
    rig_run(300 * RIG_MS);
    rig_submit(&miner, 1, 2, rig_job_of(&miner));
    cr_assert_eq(sent_to(1)->sequence_number, 2);
}

/* The bits of a refusal. */
static void refused(uint64_t decision, enum hs_move_refusal cause, size_t bursts)
{
    rig_run(300 * RIG_MS);
    cr_assert_not_null(rig_outcome());
    cr_assert_eq(rig_outcome()->decision, decision);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_REFUSED);
    cr_assert_eq(rig_outcome()->cause, cause, "cause %u", (unsigned)rig_outcome()->cause);
    cr_assert_eq(miner.log.bursts, bursts, "something was sent");
}

Test(proxy, a_pool_without_a_job_is_no_destination)
{
    rig.quiet = 1; /* the plugin knows better, and does it all the same */
    farm(0, 1);
    const size_t bursts = miner.log.bursts;
    refused(rig_decide(1, 1, 3, HMX_STYLE_HARD), HS_MOVE_POOL_NOT_OPEN, bursts);
    rig_pool_open(3);
    refused(rig_decide(1, 1, 3, HMX_STYLE_HARD), HS_MOVE_NO_JOB, bursts);
    end_despite_the_plugin();
}

Test(proxy, a_decision_that_does_not_fit_the_facts_is_refused)
{
    rig.quiet = 1;
    farm(0, 1);
    const size_t bursts = miner.log.bursts;
    refused(rig_decide(1, 3, 2, HMX_STYLE_HARD), HS_MOVE_FROM_WRONG, bursts);
    refused(rig_decide(1, 1, 1, HMX_STYLE_HARD), HS_MOVE_SAME_POOL, bursts);
    end_despite_the_plugin();
}

Test(proxy, a_prefix_of_the_wrong_length_or_space_is_refused)
{
    rig.quiet = 1;
    farm(0, 1);
    const size_t bursts = miner.log.bursts;
    uint64_t decision = rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig.queue[0].extranonce_prefix_len = 3;
    memcpy(rig.queue[0].extranonce_prefix, "\xa2\x01\x02", 3);
    refused(decision, HS_MOVE_PREFIX_LENGTH, bursts);
    decision = rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig.queue[0].extranonce_prefix_len = 7;
    memcpy(rig.queue[0].extranonce_prefix, "\xb2\x01\x02\0\0\0\0", 7);
    refused(decision, HS_MOVE_PREFIX_SPACE, bursts);
    end_despite_the_plugin();
}

Test(proxy, a_pool_that_fixes_the_version_gets_nobody_who_may_roll)
{
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig_connect(&miner, HS_SV2_REQUIRES_VERSION_ROLLING);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
    m.as.new_extended_job = hs_job_stream_job(&rig.pools[2].stream);
    m.as.new_extended_job.channel_id = RIG_GROUP;
    m.as.new_extended_job.job_id = 50;
    m.as.new_extended_job.min_ntime = (hs_sv2_option_u32){1, 1000};
    m.as.new_extended_job.version_rolling_allowed = 0;
    rig_up_say(2, &m);
    rig.quiet = 1;
    refused(rig_decide(1, 1, 2, HMX_STYLE_HARD), HS_MOVE_VERSION_ROLLING, miner.log.bursts);
    end_despite_the_plugin();
}

Test(proxy, a_decision_about_a_channel_that_closed_is_void)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    farm(0, 1);
    m.as.close_channel.channel_id = rig_channel_id(&miner);
    rig_say(&miner, &m);
    cr_assert_eq(rig.closed, 1);
    rig.quiet = 1;
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig.outcome_count, 0);
    end_despite_the_plugin();
}

Test(proxy, who_does_not_obey_goes_back_to_its_prefix_and_the_plugin_is_told)
{
    farm(0, 1);
    const hs_sv2_b032 first =
        rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS)->as.open_success.extranonce_prefix;
    const uint64_t decision = rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig.outcome_count, 0);
    rig_submit_deaf(&miner, 1, rig_job_of(&miner), &first);
    cr_assert_eq(rig_count(&rig.pools[2].log, HS_SV2_SUBMIT_EXTENDED), 0, "no pool is burdened");
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FAILED);
    cr_assert_eq(rig_outcome()->decision, decision);
    cr_assert_eq(rig_outcome()->to, 1);
    cr_assert_eq(rig.updates[rig.update_count - 1].honours_prefix, HMX_NO);
    cr_assert(hs_prefix_equal(&rig_last(&miner.log, HS_SV2_SET_EXTRANONCE_PREFIX)
                                   ->as.set_extranonce_prefix.extranonce_prefix,
                              &first));
    rig_submit(&miner, 1, 9, rig_job_of(&miner));
    cr_assert_eq(sent_to(1)->job_id, rig.pools[1].job_id);
    const size_t bursts = miner.log.bursts;
    rig.quiet = 1;
    refused(rig_decide(1, 1, 2, HMX_STYLE_HARD), HS_MOVE_PREFIX_IGNORED, bursts);
    end_despite_the_plugin();
}

Test(proxy, a_few_shares_that_miss_show_deafness_too)
{
    farm(0, 1);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    for (uint32_t i = 1; i <= 3; i++) {
        cr_assert_eq(rig.outcome_count, 0);
        const hs_sv2_message m = rig_share(&miner, 1, i, rig_job_of(&miner), 0, NULL);
        rig_say(&miner, &m);
    }
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FAILED);
    cr_assert_eq(rig_outcome()->to, 1);
}

/* A pool that refuses what is right says nothing about the miner. */
Test(proxy, a_pools_verdict_is_no_sign_of_deafness)
{
    farm(0, 1);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    for (uint32_t i = 1; i <= 3; i++) {
        rig_submit(&miner, 1, i, rig_job_of(&miner));
        rig_error(2, i, "difficulty-too-low");
    }
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
    cr_assert_eq(rig.updates[rig.update_count - 1].honours_prefix, HMX_YES);
    cr_assert_eq(rig_shares(2, HMX_SHARE_REJECTED_LOW_DIFFICULTY), 3);
}

Test(proxy, who_has_shown_to_obey_is_moved_at_once)
{
    farm(0, 1);
    move_and_prove(1);
    cr_assert_eq(rig.updates[rig.update_count - 1].honours_prefix, HMX_YES);
    const uint64_t decision = rig_decide(1, 2, 1, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_outcome()->decision, decision);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
}

Test(proxy, an_unproven_move_is_answered_before_it_is_void)
{
    farm(0, 1);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(50 * RIG_SEC);
    cr_assert_eq(rig.outcome_count, 0);
    rig_run(10 * RIG_SEC);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
    /* It is proven wrong later: the host takes it back by itself. */
    const hs_sv2_b032 first =
        rig_last(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS)->as.open_success.extranonce_prefix;
    rig_submit_deaf(&miner, 1, rig_job_of(&miner), &first);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FORCED);
    cr_assert_eq(rig_outcome()->from, 2);
    cr_assert_eq(rig_outcome()->to, 1);
}

Test(proxy, a_prefix_is_drained_when_no_job_has_it_and_a_while_later)
{
    farm(1, 1);
    (void)rig_decide(1, 1, 2, HMX_STYLE_SOFT_ALLOWED);
    rig_run(300 * RIG_MS);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_success(2, 1, 1);
    const size_t before = rig.outcome_count;
    rig_run(5 * RIG_SEC);
    cr_assert_eq(rig.outcome_count, before, "the past job of a is still valid");
    rig_pool_tip(2, 2);
    rig_run(5 * RIG_SEC);
    cr_assert_eq(rig.outcome_count, before, "a takes late shares of it: it has no new tip");
    rig_pool_tip(1, 2);
    rig_run(2500 * RIG_MS);
    cr_assert_eq(rig.outcome_count, before, "it rests for 3 s");
    rig_run(1000 * RIG_MS);
    cr_assert_eq(rig.outcome_count, before + 1);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_DRAINED);
    cr_assert_eq(rig_outcome()->from, 1);
    cr_assert_eq(rig_outcome()->extranonce_prefix[0], 0xa1);
}

Test(proxy, pools_of_one_tip_that_tell_it_apart_are_waited_for)
{
    farm(1, 1);
    move_and_prove(1);
    rig_pool_tip(2, 2); /* a has not heard of it yet */
    (void)rig_decide(1, 2, 1, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    const size_t outcomes = rig.outcome_count;
    const uint32_t job = rig_job_of(&miner);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig.outcome_count, outcomes, "it waits");
    rig_pool_tip(1, 2);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_REFUSED, "decided on what is no longer true");
    cr_assert_eq(rig_job_of(&miner), job);
}
