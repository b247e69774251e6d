/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: what pools are told will work there, and that nobody is put on a job that is not made for
 * it. Everything is played (rig.h): a target's last byte says how hard it is, 0x10 is that of the
 * opening. */
#include <criterion/criterion.h>

#include "host_stub/jobs/move.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;
static rig_miner others[8];

static void start(void)
{
    rig_start();
}

TestSuite(proxy_rate, .init = start, .fini = rig_finish);

static void join(rig_miner *who, float rate_hs)
{
    rig_connect(who, 0);
    rig_open_at(who, 1, rate_hs);
}

static float opened_with(uint32_t upstream)
{
    const hs_sv2_message *const m = rig_last(&rig.pools[upstream].log, HS_SV2_OPEN_EXTENDED);
    cr_assert_not_null(m);
    return m->as.open.nominal_hash_rate;
}

static size_t count(uint32_t upstream, uint32_t id)
{
    return rig_count(&rig.pools[upstream].log, id);
}

static float told(uint32_t upstream)
{
    const hs_sv2_message *const m = rig_last(&rig.pools[upstream].log, HS_SV2_UPDATE_CHANNEL);
    cr_assert_not_null(m, "pool %u was told nothing", (unsigned)upstream);
    return m->as.update_channel.nominal_hash_rate;
}

static int is_open(const rig_miner *who)
{
    return rig_channel_id(who) != 0;
}

/* By the prefix that it was given last: that of the pool is one byte. */
static uint32_t works_at(const rig_miner *who)
{
    const hs_sv2_message *m = rig_last(&who->log, HS_SV2_SET_EXTRANONCE_PREFIX);
    if (m != NULL) {
        return m->as.set_extranonce_prefix.extranonce_prefix.byte[0] - 0xa0u;
    }
    m = rig_last(&who->log, HS_SV2_OPEN_EXTENDED_SUCCESS);
    return m != NULL ? m->as.open_success.extranonce_prefix.byte[0] - 0xa0u : 0;
}

static void say_target(uint32_t upstream, uint8_t top)
{
    hs_sv2_message m = {.id = HS_SV2_SET_TARGET};
    m.as.set_target.channel_id = rig.pools[upstream].channel_id;
    m.as.set_target.maximum_target = rig_target(top);
    rig_up_say(upstream, &m);
}

static void declare(rig_miner *who, float rate_hs)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = rig_channel_id(who);
    m.as.update_channel.nominal_hash_rate = rate_hs;
    memset(&m.as.update_channel.maximum_target, 0xff, sizeof m.as.update_channel.maximum_target);
    rig_say(who, &m);
}

static uint64_t decide(uint64_t channel, uint32_t from, uint32_t to, uint64_t valid_ns)
{
    const uint64_t decision = rig_decide(channel, from, to, HMX_STYLE_HARD);
    rig.queue[rig.queue_count - 1].valid_until_ns = rig.now_ns + valid_ns;
    return decision;
}

/* A miner of 1000 H/s works at a; b is idle. */
static void farm(void)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    join(&miner, 1000.0f);
    rig_run(300 * RIG_MS);
    cr_assert_eq(works_at(&miner), 1);
}

/* Now it is one of 16 000 H/s, and b is still made for 1000. */
static void farm_that_grew(void)
{
    farm();
    declare(&miner, 16000.0f);
}

/* ---- opening ---- */

Test(proxy_rate, no_channel_is_opened_with_a_rate_of_nothing)
{
    rig_pool_open(1);
    cr_assert_gt(opened_with(1), 0.0f);
}

Test(proxy_rate, a_channel_is_opened_with_the_part_that_will_work_there)
{
    for (int i = 0; i < 5; i++) {
        join(&others[i], 1000.0f);
    }
    rig_pool_open(1);
    rig_pool_open(2);
    rig_pool_open(3);
    cr_assert_float_eq(opened_with(1), 3000.0f, 0.1f);
    cr_assert_float_eq(opened_with(2), 1500.0f, 0.1f);
    cr_assert_float_eq(opened_with(3), 1000.0f, 0.1f, "not less than one of them");
}

Test(proxy_rate, a_pool_that_comes_back_is_told_who_works_there)
{
    farm();
    rig_pool_lost(1);
    rig_run(500 * RIG_MS);
    rig_pool_open(1);
    cr_assert_float_eq(opened_with(1), 1000.0f, 0.1f);
    rig_pool_open(3);
    cr_assert_float_eq(opened_with(3), 1000.0f, 0.1f, "one that may come");
}

Test(proxy_rate, the_first_miner_gets_no_job_that_was_made_for_nobody)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    cr_assert_eq(rig.ups[rig.up_count - 1].has_job, HMX_YES, "the plugin knows that it is up");
    const size_t ups = rig.up_count;
    rig.pools[1].holds = 1;
    rig.pools[2].holds = 1;
    join(&miner, 1000.0f);
    rig_run(300 * RIG_MS);
    cr_assert_not(is_open(&miner));
    cr_assert_eq(count(1, HS_SV2_CLOSE_CHANNEL), 1);
    cr_assert_float_eq(opened_with(1), 1000.0f, 0.1f);
    cr_assert_eq(rig.up_count, ups, "the plugin is not told of the time between");
    rig.pools[1].holds = 0;
    rig_run(300 * RIG_MS);
    cr_assert_not(is_open(&miner), "b may be the one that the plugin wants");
    rig.pools[2].holds = 0;
    rig_run(100 * RIG_MS);
    cr_assert_eq(works_at(&miner), 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 0);
}

Test(proxy_rate, a_pool_that_does_not_answer_the_second_opening_does_not_hold_up_the_others)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig.pools[1].holds = 1;
    join(&miner, 1000.0f);
    rig_run(11 * RIG_SEC);
    cr_assert_eq(rig.pools[1].ended, 1);
    rig_pool_lost(1);
    rig.assign = 2;
    rig_run(200 * RIG_MS);
    cr_assert_eq(works_at(&miner), 2);
}

Test(proxy_rate, many_that_come_at_once_are_one_opening)
{
    rig_pool_up(1, 1);
    for (int i = 0; i < 8; i++) {
        join(&others[i], 1000.0f);
    }
    rig_run(400 * RIG_MS);
    cr_assert_eq(count(1, HS_SV2_OPEN_EXTENDED), 2);
    cr_assert_float_eq(opened_with(1), 4800.0f, 0.1f);
    for (int i = 0; i < 8; i++) {
        cr_assert(is_open(&others[i]));
    }
}

Test(proxy_rate, one_that_declares_nothing_is_as_the_others)
{
    rig_pool_up(1, 1);
    join(&miner, 0.0f);
    rig_run(300 * RIG_MS);
    cr_assert_float_eq(opened_with(1), 1e12f, 1e6f, "and alone it may be a large one");
    hs_proxy_leave(miner.peer);
    join(&others[0], 1000.0f);
    rig_run(200 * RIG_MS);
    join(&miner, 0.0f);
    rig_run(3 * RIG_SEC);
    cr_assert(is_open(&miner));
    cr_assert_float_eq(told(1), 2000.0f, 0.1f);
}

/* ---- moves ---- */

Test(proxy_rate, where_nobody_works_is_told_what_may_come_not_nothing)
{
    farm();
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(3 * RIG_SEC);
    cr_assert_eq(works_at(&miner), 2);
    cr_assert_eq(count(1, HS_SV2_UPDATE_CHANNEL), 0);
    (void)rig_success; /* it has proved nothing yet: the plugin moves it all the same */
    declare(&miner, 5000.0f);
    rig_run(12 * RIG_SEC);
    cr_assert_float_eq(told(1), 5000.0f, 0.1f);
    cr_assert_float_eq(told(2), 5000.0f, 0.1f);
}

Test(proxy_rate, a_move_waits_for_a_job_that_is_made_for_it)
{
    farm_that_grew();
    const uint64_t decision = decide(1, 1, 2, 15 * RIG_SEC);
    rig_run(1500 * RIG_MS);
    cr_assert_float_eq(told(2), 16000.0f, 0.1f);
    say_target(2, 0x01);
    rig_run(3 * RIG_SEC);
    cr_assert_eq(works_at(&miner), 1, "its job keeps its target");
    cr_assert_eq(rig.outcome_count, 0);
    rig_job(2, 0);
    rig_run(100 * RIG_MS);
    cr_assert_eq(works_at(&miner), 2);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_success(2, 1, 1);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
    cr_assert_eq(rig_outcome()->decision, decision);
    cr_assert_eq(count(2, HS_SV2_CLOSE_CHANNEL), 1, "that of the beginning");
}

Test(proxy_rate, when_no_harder_job_comes_the_channel_is_opened_again)
{
    farm_that_grew();
    declare(&miner, 256000.0f);
    (void)decide(1, 1, 2, 15 * RIG_SEC);
    rig_run(1500 * RIG_MS);
    say_target(2, 0x01);
    const size_t opened = count(2, HS_SV2_OPEN_EXTENDED);
    rig_run(8 * RIG_SEC);
    cr_assert_eq(count(2, HS_SV2_OPEN_EXTENDED), opened);
    rig_run(2 * RIG_SEC);
    cr_assert_eq(count(2, HS_SV2_OPEN_EXTENDED), opened + 1);
    cr_assert_eq(count(2, HS_SV2_CLOSE_CHANNEL), opened);
    cr_assert_float_eq(opened_with(2), 256000.0f, 0.1f);
    rig_run(200 * RIG_MS);
    cr_assert_eq(works_at(&miner), 2);
    cr_assert_eq(rig.pools[2].ended, 0);
}

Test(proxy_rate, a_move_that_cannot_be_in_time_is_refused_in_time)
{
    farm_that_grew();
    const uint64_t decision = decide(1, 1, 2, 5 * RIG_SEC);
    rig_run(1500 * RIG_MS);
    say_target(2, 0x01);
    rig_run(1500 * RIG_MS);
    cr_assert_eq(rig.outcome_count, 0);
    rig_run(1 * RIG_SEC);
    cr_assert_eq(rig_outcome()->decision, decision);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_REFUSED);
    cr_assert_eq(rig_outcome()->cause, HS_MOVE_JOB_TOO_EASY);
    cr_assert_eq(works_at(&miner), 1);
}

Test(proxy_rate, a_pool_that_goes_while_a_move_waits_refuses_it)
{
    farm_that_grew();
    (void)decide(1, 1, 2, 15 * RIG_SEC);
    rig_run(1 * RIG_SEC);
    rig_pool_lost(2);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_REFUSED);
    cr_assert_eq(rig_outcome()->cause, HS_MOVE_POOL_NOT_OPEN);
}

/* Its targets do not follow rates: what it has is what it wants. */
Test(proxy_rate, a_pool_with_one_target_for_all_is_taken_as_it_is)
{
    farm_that_grew();
    (void)decide(1, 1, 2, 15 * RIG_SEC);
    rig_run(4 * RIG_SEC);
    cr_assert_eq(works_at(&miner), 2);
    cr_assert_eq(count(2, HS_SV2_CLOSE_CHANNEL), 1, "that of the beginning");
}

Test(proxy_rate, a_target_that_got_easier_while_nobody_worked_is_put_right)
{
    farm();
    rig_run(12 * RIG_SEC);
    const size_t updates = count(2, HS_SV2_UPDATE_CHANNEL);
    say_target(2, 0xa0); /* ten times as easy, as a pool does that hears of no share */
    rig_job(2, 0);
    rig_run(1200 * RIG_MS);
    cr_assert_eq(count(2, HS_SV2_UPDATE_CHANNEL), updates + 1);
    cr_assert_float_eq(told(2), 1000.0f, 0.1f);
    say_target(2, 0x10);
    (void)decide(1, 1, 2, 15 * RIG_SEC);
    rig_run(1 * RIG_SEC);
    cr_assert_eq(works_at(&miner), 1, "the job of before is still the easy one");
    rig_job(2, 0);
    rig_run(100 * RIG_MS);
    cr_assert_eq(works_at(&miner), 2);
}

/* It has seen what works there: what was declared was too much. */
Test(proxy_rate, a_target_that_got_easier_while_they_worked_is_the_pools_own_choice)
{
    farm();
    rig_run(12 * RIG_SEC);
    const size_t updates = count(1, HS_SV2_UPDATE_CHANNEL);
    say_target(1, 0xa0);
    rig_job(1, 0);
    rig_run(30 * RIG_SEC);
    cr_assert_eq(count(1, HS_SV2_UPDATE_CHANNEL), updates);
    cr_assert_eq(count(1, HS_SV2_CLOSE_CHANNEL), 1, "that of the beginning");
    join(&others[0], 1000.0f);
    rig_run(100 * RIG_MS);
    cr_assert_eq(works_at(&others[0]), 1);
}

/* A large one for a pool where a small one works: that has its share under way, which the pool
 * acknowledges for the channel that it was sent on. */
Test(proxy_rate, what_is_under_way_when_a_channel_is_opened_again_is_not_lost)
{
    farm();
    rig_run(31 * RIG_SEC);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_submit(&miner, 1, 2, rig_job_of(&miner));
    join(&others[0], 100000.0f);
    rig_run(1 * RIG_SEC);
    say_target(1, 0x01);
    rig.pools[1].channel_id = RIG_CHANNEL + 20; /* of the next one */
    rig_run(4 * RIG_SEC);
    cr_assert_not(is_open(&others[0]));
    rig_run(7 * RIG_SEC);
    cr_assert_eq(works_at(&others[0]), 1);
    cr_assert_float_eq(opened_with(1), 101000.0f, 1.0f);
    cr_assert_eq(works_at(&miner), 1);
    rig_submit(&miner, 1, 3, rig_job_of(&miner));
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_SUCCESS};
    m.as.submit_success.channel_id = RIG_CHANNEL + 20;
    m.as.submit_success.last_sequence_number = 3;
    m.as.submit_success.new_submits_accepted_count = 1;
    rig_up_say(1, &m);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
    cr_assert_eq(hs_proxy_unanswered(rig.proxy), 2);
    rig_success(1, 2, 2);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 3);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 0);
    cr_assert_eq(rig.pools[1].ended, 0);
    const hs_sv2_message *const answer = rig_last(&miner.log, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_eq(answer->as.submit_success.new_submits_accepted_count, 3);
}

/* ---- sums ---- */

Test(proxy_rate, what_is_small_is_not_lost_beside_what_is_absurd)
{
    farm();
    join(&others[0], 1e30f);
    rig_run(15 * RIG_SEC);
    cr_assert(is_open(&others[0]));
    hs_proxy_leave(others[0].peer);
    rig_run(3 * RIG_SEC);
    cr_assert_float_eq(told(1), 1000.0f, 0.1f);
}
