/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: a channel of its own for each miner at each pool: asked for when the miner is to work
 * there for the first time, kept open, and closed with the miner. Everything is played (rig.h). */
#include <criterion/criterion.h>

#include "tests/host/live/proxy/rig_share.h"

static rig_miner one;
static rig_miner two;

/* A pool is connected and set up; it grants a channel when the test says. */
static void connect_pool(uint32_t upstream, uint32_t chain)
{
    const hs_job_stream_options options = {.seed = 1,
                                           .pool = upstream,
                                           .chain = chain,
                                           .full_extranonce_len = RIG_EXTRANONCE + 2,
                                           .version_rolling = 1};
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    (void)hs_job_stream_init(&rig.pools[upstream].stream, &options, 1, 1000);
    m.as.setup_connection_success.used_version = 2;
    if (rig.pools[upstream].channel_id < 100) { /* none is given twice */
        rig.pools[upstream].channel_id = 100 * upstream;
    }
    hs_proxy_up_opened(rig.proxy, upstream);
    rig_up_say(upstream, &m);
}

static void start(void)
{
    rig_start_as(0, 1);
    for (uint32_t i = 1; i <= RIG_POOLS; i++) {
        connect_pool(i, i);
    }
    rig_run(100 * RIG_MS);
}

TestSuite(proxy_own, .init = start, .fini = rig_finish);

/* Of the last request: the n-th channel of the pool has the prefix a0 + upstream, n. Returns its
 * number. */
static uint32_t grant_without_job(uint32_t upstream)
{
    rig_pool *const pool = &rig.pools[upstream];
    const uint32_t channel_id = ++pool->channel_id;
    hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED_SUCCESS};
    cr_assert(pool->is_asked, "pool %u is asked for a channel", (unsigned)upstream);
    pool->is_asked = 0;
    m.as.open_success.request_id = pool->request_id;
    m.as.open_success.channel_id = channel_id;
    m.as.open_success.group_channel_id = RIG_GROUP;
    m.as.open_success.extranonce_size = RIG_EXTRANONCE;
    m.as.open_success.extranonce_prefix =
        (hs_sv2_b032){2, {(uint8_t)(0xa0 + upstream), (uint8_t)channel_id}};
    m.as.open_success.target = rig_target(RIG_TARGET);
    rig_up_say(upstream, &m);
    return channel_id;
}

static uint32_t grant(uint32_t upstream)
{
    const uint32_t channel_id = grant_without_job(upstream);
    rig_job_to(upstream, channel_id, 1);
    rig_run(100 * RIG_MS);
    return channel_id;
}

static void refuse(uint32_t upstream, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_ERROR};
    cr_assert(rig.pools[upstream].is_asked, "pool %u is asked for a channel", (unsigned)upstream);
    rig.pools[upstream].is_asked = 0;
    m.as.open_error.request_id = rig.pools[upstream].request_id;
    m.as.open_error.error_code = hs_sv2_bytes_of(code);
    rig_up_say(upstream, &m);
    rig_run(100 * RIG_MS);
}

/* A miner that works at pool 1 in the channel of that number. */
static uint32_t begin(rig_miner *miner, const char *name)
{
    rig_connect(miner, 0);
    rig_open_as(miner, 1, 1000.0f, name);
    return grant(1);
}

static const hs_sv2_b032 *prefix_told(const rig_miner *miner)
{
    const hs_sv2_message *const m = rig_last(&miner->log, HS_SV2_SET_EXTRANONCE_PREFIX);
    cr_assert_not_null(m);
    return &m->as.set_extranonce_prefix.extranonce_prefix;
}

static size_t asked(uint32_t upstream)
{
    return rig_count(&rig.pools[upstream].log, HS_SV2_OPEN_EXTENDED);
}

/* The share shows that it obeys. */
static void prove(rig_miner *miner, uint32_t sequence_number)
{
    rig_submit(miner, 1, sequence_number, rig_job_of(miner));
    rig_run(50 * RIG_MS);
}

/* The miner is at pool 2, and has been at 1. */
static void move_to_b(rig_miner *miner, uint64_t channel)
{
    (void)rig_decide(channel, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    (void)grant(2);
    prove(miner, 1);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
}

Test(proxy_own, nobody_is_asked_for_a_channel_before_a_miner_comes)
{
    for (uint32_t i = 1; i <= RIG_POOLS; i++) {
        cr_assert_eq(asked(i), 0);
        cr_assert_eq(rig.ups[i - 1].state, HMX_UPSTREAM_UP);
        cr_assert_eq(rig.ups[i - 1].has_job, HMX_UNKNOWN);
        cr_assert_eq(rig.ups[i - 1].extranonce_size, 0, "the pool chooses every prefix");
    }
}

Test(proxy_own, is_asked_for_at_the_pool_of_the_plugins_choice_before_the_miner_has_its_answer)
{
    rig.assign = 2;
    memcpy(rig.proxy->ups[2].row.user_identity, "acc.%w", sizeof "acc.%w");
    rig_connect(&one, 0);
    rig_open_as(&one, 1, 1000.0f, "farm.rig7");
    const hs_sv2_message *const m = rig_last(&rig.pools[2].log, HS_SV2_OPEN_EXTENDED);
    cr_assert_not_null(m);
    cr_assert_str_eq(rig.pools[2].user, "acc.rig7");
    cr_assert_float_eq(m->as.open.nominal_hash_rate, 1000.0f, 0.0f);
    cr_assert_eq(m->as.open.min_extranonce_size, RIG_R);
    cr_assert_eq(rig_channel_id(&one), 0, "there is no answer yet");
    (void)grant_without_job(2);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_channel_id(&one), 0, "nor without a job");
    rig_job_to(2, rig.pools[2].channel_id, 1);
    rig_run(100 * RIG_MS);
    const hs_sv2_message *const told = rig_last(&one.log, HS_SV2_OPEN_EXTENDED_SUCCESS);
    cr_assert_not_null(told);
    const hs_sv2_b032 *const prefix = &told->as.open_success.extranonce_prefix;
    cr_assert_eq(prefix->len, 2 + RIG_EXTRANONCE - RIG_R);
    cr_assert_eq(prefix->byte[0], 0xa2);
    cr_assert_eq(prefix->byte[1], 201);
    cr_assert_eq(prefix->byte[2], 0, "nobody else is in that space");
    cr_assert_eq(rig_job_of(&one), 1);
    cr_assert_eq(asked(1) + asked(3), 0);
}

Test(proxy_own, without_an_account_the_miners_own_name_is_told)
{
    (void)begin(&one, "farm.rig7");
    cr_assert_str_eq(rig.pools[1].user, "farm.rig7");
}

Test(proxy_own, the_plugin_hears_of_a_job_and_of_no_space_to_divide)
{
    (void)begin(&one, "m");
    const hmx_upstream_event *const told = &rig.ups[rig.up_count - 1];
    cr_assert_eq(told->upstream, 1);
    cr_assert_eq(told->has_job, HMX_YES);
    cr_assert_eq(told->extranonce_size, 0);
    cr_assert_eq(told->extranonce_prefix_len, 0);
    const size_t count = rig.up_count;
    (void)begin(&two, "n");
    cr_assert_eq(rig.up_count, count, "nothing new in the same job for another");
    rig_pool_tip(1, 2);
    cr_assert_eq(rig.up_count, count + 1, "and a new tip is told once");
}

Test(proxy_own, a_first_move_asks_for_a_channel_and_a_move_back_does_not)
{
    (void)begin(&one, "m");
    const uint32_t before = rig_job_of(&one);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(asked(2), 1);
    cr_assert_eq(rig_job_of(&one), before, "it works where it is until the pool has answered");
    (void)grant(2);
    cr_assert_eq(prefix_told(&one)->byte[0], 0xa2);
    cr_assert_eq(prefix_told(&one)->byte[1], 201);
    prove(&one, 1);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_APPLIED);
    cr_assert_eq(rig_outcome()->to, 2);
    rig_run(5 * RIG_SEC);
    (void)rig_decide(1, 2, 1, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_outcome()->to, 1, "at once");
    cr_assert_eq(prefix_told(&one)->byte[0], 0xa1);
    cr_assert_eq(prefix_told(&one)->byte[1], 101, "its own channel is still there");
    cr_assert_eq(asked(1), 1);
}

Test(proxy_own, a_channel_where_nobody_works_has_the_pools_latest_job)
{
    (void)begin(&one, "m");
    move_to_b(&one, 1);
    const uint32_t before = rig_job_of(&one);
    rig_pool_tip(1, 2); /* for all channels of the group */
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_job_of(&one), before, "it works elsewhere");
    (void)rig_decide(1, 2, 1, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_entry(&one, rig_job_of(&one))->upstream_job_id, rig.pools[1].job_id);
}

Test(proxy_own, jobs_of_a_group_go_to_all_who_work_there_and_others_to_one)
{
    const uint32_t first = begin(&one, "a");
    (void)begin(&two, "b");
    const uint32_t job_one = rig_job_of(&one);
    const uint32_t job_two = rig_job_of(&two);
    rig_job(1, 0);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_job_of(&one), job_one + 1);
    cr_assert_eq(rig_job_of(&two), job_two + 1);
    rig_job_to(1, first, 0);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_job_of(&one), job_one + 2);
    cr_assert_eq(rig_job_of(&two), job_two + 1);
}

Test(proxy_own, acknowledgements_are_of_one_miner)
{
    const uint32_t first = begin(&one, "a");
    const uint32_t second = begin(&two, "b");
    rig_submit(&one, 1, 11, rig_job_of(&one));
    rig_submit(&two, 1, 21, rig_job_of(&two));
    rig_submit(&one, 1, 12, rig_job_of(&one));
    const hs_sv2_message *const m = rig_last(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED);
    cr_assert_eq(m->as.submit.channel_id, first);
    cr_assert_eq(m->as.submit.sequence_number, 2, "each channel counts for itself");
    cr_assert_eq(m->as.submit.extranonce.len, RIG_EXTRANONCE);
    rig_success_on(1, first, 2, 2);
    const hs_sv2_message *const told = rig_last(&one.log, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_eq(told->as.submit_success.new_submits_accepted_count, 2);
    cr_assert_eq(told->as.submit_success.last_sequence_number, 12);
    cr_assert_null(rig_last(&two.log, HS_SV2_SUBMIT_SUCCESS), "nobody has said anything of it");
    rig_success_on(1, second, 1, 1);
    cr_assert_eq(rig_last(&two.log, HS_SV2_SUBMIT_SUCCESS)->as.submit_success.last_sequence_number,
                 21);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 3);
}

Test(proxy_own, a_target_goes_through_at_once_and_is_never_easier_than_the_miner_takes)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    const uint32_t channel_id = begin(&one, "m");
    (void)begin(&two, "n");
    move_to_b(&two, 2);
    m.as.update_channel.channel_id = rig_channel_id(&one);
    m.as.update_channel.nominal_hash_rate = 500.0f;
    m.as.update_channel.maximum_target = rig_target(0x08);
    rig_say(&one, &m);
    rig_run(1500 * RIG_MS);
    const hs_sv2_message *const told = rig_last(&rig.pools[1].log, HS_SV2_UPDATE_CHANNEL);
    cr_assert_not_null(told);
    cr_assert_eq(told->as.update_channel.channel_id, channel_id);
    cr_assert_float_eq(told->as.update_channel.nominal_hash_rate, 500.0f, 0.0f);
    cr_assert_eq(told->as.update_channel.maximum_target.byte[31], 0x08);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_SET_TARGET;
    m.as.set_target.channel_id = channel_id;
    m.as.set_target.maximum_target = rig_target(0x02);
    const size_t of_two = rig_count(&two.log, HS_SV2_SET_TARGET);
    rig_up_say(1, &m);
    const hs_sv2_message *const down = rig_last(&one.log, HS_SV2_SET_TARGET);
    cr_assert_eq(down->as.set_target.maximum_target.byte[31], 0x02);
    m.as.set_target.maximum_target = rig_target(0x40);
    rig_up_say(1, &m);
    cr_assert_eq(rig_last(&one.log, HS_SV2_SET_TARGET)->as.set_target.maximum_target.byte[31],
                 0x08);
    m.as.set_target.channel_id = channel_id + 1; /* of the other, who works elsewhere */
    rig_up_say(1, &m);
    cr_assert_eq(rig_count(&two.log, HS_SV2_SET_TARGET), of_two);
}

Test(proxy_own, a_rate_is_told_to_every_pool_where_the_miner_has_a_channel)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    (void)begin(&one, "m");
    move_to_b(&one, 1);
    rig_run(3 * RIG_SEC);
    m.as.update_channel.channel_id = rig_channel_id(&one);
    m.as.update_channel.nominal_hash_rate = 700.0f;
    m.as.update_channel.maximum_target = rig_target(0x20);
    rig_say(&one, &m);
    rig_run(2500 * RIG_MS);
    m.as.update_channel.maximum_target = rig_target(0x18);
    rig_say(&one, &m);
    rig_run(2500 * RIG_MS);
    for (uint32_t i = 1; i <= 2; i++) {
        const hs_sv2_message *const told = rig_last(&rig.pools[i].log, HS_SV2_UPDATE_CHANNEL);
        cr_assert_not_null(told);
        cr_assert_float_eq(told->as.update_channel.nominal_hash_rate, 700.0f, 0.0f);
        cr_assert_eq(told->as.update_channel.maximum_target.byte[31], 0x18, "that alone is told");
        cr_assert_eq(rig_count(&rig.pools[i].log, HS_SV2_UPDATE_CHANNEL), 2);
    }
    cr_assert_eq(rig_count(&rig.pools[3].log, HS_SV2_UPDATE_CHANNEL), 0);
}

Test(proxy_own, close_with_the_miner)
{
    (void)begin(&one, "m");
    move_to_b(&one, 1);
    rig_success_on(2, 201, 1, 1);
    hs_proxy_leave(one.peer);
    for (uint32_t i = 1; i <= 2; i++) {
        const hs_sv2_message *const m = rig_last(&rig.pools[i].log, HS_SV2_CLOSE_CHANNEL);
        cr_assert_not_null(m);
        cr_assert_eq(m->as.close_channel.channel_id, 100 * i + 1);
    }
    rig_job(1, 0); /* for a channel of which the pool has not heard that it is closed */
    rig_run(4 * RIG_SEC);
    cr_assert_eq(rig.proxy->protocol_errors, 0);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_DRAINED);
}

Test(proxy_own, wait_for_what_the_pool_has_not_answered_when_the_miner_goes)
{
    const uint32_t channel_id = begin(&one, "m");
    rig_submit(&one, 1, 1, rig_job_of(&one));
    hs_proxy_leave(one.peer);
    rig_run(RIG_SEC);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_CLOSE_CHANNEL), 0);
    rig_success_on(1, channel_id, 1, 1);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_CLOSE_CHANNEL), 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
    (void)begin(&two, "n");
    rig_submit(&two, 1, 1, rig_job_of(&two));
    hs_proxy_leave(two.peer);
    rig_run(11 * RIG_SEC);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_CLOSE_CHANNEL), 2, "but not for ever");
    cr_assert_eq(rig.proxy->ups[1].counts.unanswered, 1);
    cr_assert_eq(rig.proxy->ups[1].leg_count, 0);
}

Test(proxy_own, a_miner_that_goes_before_the_pool_has_answered_leaves_no_channel_there)
{
    rig_connect(&one, 0);
    rig_open_as(&one, 1, 1000.0f, "m");
    hs_proxy_leave(one.peer);
    rig_run(100 * RIG_MS);
    const uint32_t channel_id = grant_without_job(1);
    rig_run(100 * RIG_MS);
    const hs_sv2_message *const m = rig_last(&rig.pools[1].log, HS_SV2_CLOSE_CHANNEL);
    cr_assert_not_null(m);
    cr_assert_eq(m->as.close_channel.channel_id, channel_id);
    cr_assert_eq(rig.proxy->ups[1].leg_count, 0);
}

Test(proxy_own, a_pool_that_refuses_the_miner_is_passed_over)
{
    rig_connect(&one, 0);
    rig_open_as(&one, 1, 1000.0f, "m");
    refuse(1, "unknown-user");
    cr_assert_eq(asked(2), 1, "the next by priority");
    (void)grant(2);
    cr_assert_neq(rig_channel_id(&one), 0);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FORCED);
    cr_assert_eq(rig_outcome()->to, 2);
    const hmx_channel_update *const told = &rig.updates[rig.update_count - 1];
    cr_assert_eq(told->changed, HMX_FACT_UPSTREAMS_ALLOWED);
    cr_assert_eq(told->upstreams_allowed & 7, 6, "not at 1");
    rig_run(20 * RIG_SEC);
    cr_assert_eq(asked(1), 1, "nobody is to work there");
    cr_assert_eq(rig.updates[rig.update_count - 1].upstreams_allowed & 7, 7, "but later it may be");
}

Test(proxy_own, a_miner_that_every_pool_refuses_is_told_so)
{
    rig_connect(&one, 0);
    rig_open_as(&one, 1, 1000.0f, "m");
    refuse(1, "unknown-user");
    refuse(2, "unknown-user");
    refuse(3, "no-room");
    cr_assert_not_null(rig_last(&one.log, HS_SV2_OPEN_ERROR));
    cr_assert_eq(rig.closed, 1);
    cr_assert_eq(one.ended, 0);
}

Test(proxy_own, a_pool_that_takes_nobody_is_left_alone_for_a_while)
{
    static rig_miner many[8];
    for (int i = 0; i < 8; i++) {
        cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_UP);
        rig_connect(&many[i], 0);
        rig_open_as(&many[i], 1, 1000.0f, "m");
        refuse(1, "unknown-user");
    }
    cr_assert_eq(rig.ups[rig.up_count - 1].upstream, 1);
    cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_DOWN);
    cr_assert_eq(rig.ups[rig.up_count - 1].reason, HMX_UPSTREAM_REASON_REFUSED);
    rig_run(20 * RIG_SEC);
    cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_UP);
}

Test(proxy_own, a_move_to_a_pool_that_refuses_the_miner_is_refused)
{
    (void)begin(&one, "m");
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    refuse(2, "unknown-user");
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_REFUSED);
    cr_assert_eq(rig_outcome()->cause, HS_MOVE_NOT_GRANTED);
    cr_assert_eq(rig.updates[rig.update_count - 1].upstreams_allowed & 7, 5);
}

Test(proxy_own, a_pool_that_does_not_answer_is_as_one_that_refuses)
{
    (void)begin(&one, "m");
    rig_connect(&two, 0);
    rig_open_as(&two, 1, 1000.0f, "n");
    for (int i = 0; i < 11; i++) {
        rig_run(RIG_SEC);
        rig_job(1, 0); /* it says other things */
    }
    cr_assert_eq(rig.pools[1].ended, 0);
    cr_assert_eq(asked(2), 1, "the miner does not wait longer");
    (void)grant(2);
    cr_assert_neq(rig_channel_id(&two), 0);
    const uint32_t late = grant_without_job(1);
    const hs_sv2_message *const m = rig_last(&rig.pools[1].log, HS_SV2_CLOSE_CHANNEL);
    cr_assert_not_null(m);
    cr_assert_eq(m->as.close_channel.channel_id, late);
}

Test(proxy_own, a_pool_that_says_nothing_at_all_loses_its_connection)
{
    rig_connect(&one, 0);
    rig_open_as(&one, 1, 1000.0f, "m");
    rig_run(11 * RIG_SEC);
    cr_assert_eq(rig.pools[1].ended, 1);
}

Test(proxy_own, are_asked_for_again_when_the_pool_is_back)
{
    (void)begin(&one, "m");
    (void)begin(&two, "n");
    move_to_b(&two, 2);
    rig_submit(&one, 1, 1, rig_job_of(&one));
    hs_proxy_up_closed(rig.proxy, 1, "the peer closed it");
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 1);
    rig_run(5 * RIG_SEC);
    connect_pool(1, 1);
    rig_run(100 * RIG_MS);
    cr_assert_eq(asked(1), 3, "for the one that works there, and not for the other");
    cr_assert_str_eq(rig.pools[1].user, "m");
    (void)grant(1);
    cr_assert_eq(prefix_told(&one)->byte[0], 0xa1);
    const uint32_t job_id = rig_job_of(&one);
    rig_submit(&one, 1, 2, job_id);
    cr_assert_eq(rig_shares(1, HMX_SHARE_SUBMITTED), 2);
    (void)rig_decide(2, 2, 1, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(asked(1), 4, "now it is to come there");
}

Test(proxy_own, one_that_the_pool_closes_is_asked_for_again_and_no_other_suffers)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    const uint32_t first = begin(&one, "m");
    (void)begin(&two, "n");
    m.as.close_channel.channel_id = first;
    rig_up_say(1, &m);
    rig_run(RIG_SEC);
    cr_assert_eq(asked(1), 3);
    cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_UP);
    (void)grant(1);
    const size_t sent = rig_count(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED);
    rig_submit(&one, 1, 1, rig_job_of(&one));
    rig_submit(&two, 1, 1, rig_job_of(&two));
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED), sent + 2);
}

Test(proxy_own, a_job_that_is_too_easy_for_who_is_to_come_is_renewed)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    (void)begin(&one, "m");
    move_to_b(&one, 1);
    m.as.update_channel.channel_id = rig_channel_id(&one);
    m.as.update_channel.nominal_hash_rate = 100000.0f;
    memset(&m.as.update_channel.maximum_target, 0xff, sizeof m.as.update_channel.maximum_target);
    rig_say(&one, &m);
    (void)rig_decide(1, 2, 1, HMX_STYLE_HARD);
    rig_run(RIG_SEC);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_CLOSE_CHANNEL), 1);
    cr_assert_eq(asked(1), 2);
    (void)grant(1);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_outcome()->to, 1);
    cr_assert_eq(prefix_told(&one)->byte[1], 102);
}
