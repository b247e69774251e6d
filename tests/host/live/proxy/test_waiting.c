/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: what waits: openings while no pool is there, acknowledgements as late as pools like, and
 * pools that say nothing at all; and what pools are asked for when they are connected to.
 * Everything is played (rig.h). */
#include <criterion/criterion.h>

#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;
static rig_miner other;

static void start(void)
{
    rig_start();
}

TestSuite(proxy_waiting, .init = start, .fini = rig_finish);

static void farm(void)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
}

/* ---- openings ---- */

Test(proxy_waiting, openings_wait_as_long_as_the_outage_lasts)
{
    rig_connect(&miner, 0);
    for (int i = 0; i < 100; i++) {
        rig_open(&miner, i % 2);
    }
    rig_run(120 * RIG_SEC);
    cr_assert_eq(miner.log.count, 1, "only SetupConnection.Success");
    cr_assert_eq(rig.opened, 0);
    rig_pool_up(1, 1);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS), 50);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_STANDARD_SUCCESS), 50);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_ERROR), 0);
    cr_assert_eq(miner.log.messages[1].id, HS_SV2_OPEN_STANDARD_SUCCESS, "the first is the first");
}

Test(proxy_waiting, an_opening_goes_with_its_connection)
{
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    rig_open(&miner, 1);
    rig_run(1 * RIG_SEC);
    hs_proxy_leave(miner.peer);
    rig_run(100 * RIG_MS);
    rig_pool_open(1);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig.opened, 0);
    const hs_sv2_message *const m = rig_last(&rig.pools[1].log, HS_SV2_OPEN_EXTENDED);
    cr_assert_float_eq(m->as.open.nominal_hash_rate, 1000.0f, 0.1f, "one like it may come");
}

Test(proxy_waiting, what_a_connection_lets_wait_is_bounded)
{
    rig_connect(&miner, 0);
    for (int i = 0; i < 20000 && rig_count(&miner.log, HS_SV2_OPEN_ERROR) == 0; i++) {
        rig_open(&miner, 1);
    }
    cr_assert(hs_sv2_bytes_are(rig_last(&miner.log, HS_SV2_OPEN_ERROR)->as.open_error.error_code,
                               "channel-capacity-exhausted"));
    cr_assert_eq(miner.ended, 0);
    rig_connect(&other, 0);
    rig_open(&other, 1);
    cr_assert_eq(rig_count(&other.log, HS_SV2_OPEN_ERROR), 0);
}

Test(proxy_waiting, a_connection_may_have_more_than_256_channels)
{
    farm();
    for (int i = 0; i < 600; i++) {
        rig_open(&miner, 1);
        rig_run(i % 50 == 0 ? 2 * RIG_SEC : 0);
    }
    rig_run(15 * RIG_SEC);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS), 601);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_ERROR), 0);
    hs_proxy_leave(miner.peer);
    cr_assert_eq(rig.closed, 601);
}

/* ---- acknowledgements ---- */

Test(proxy_waiting, a_pool_may_acknowledge_as_late_as_it_likes)
{
    farm();
    for (uint32_t i = 1; i <= 5; i++) {
        rig_submit(&miner, 1, i, rig_job_of(&miner));
        rig_run(100 * RIG_SEC);
        rig_job(1, 0);
    }
    cr_assert_eq(rig.pools[1].ended, 0);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 0);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 0, "only the pool credits");
    rig_success(1, 5, 5);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 5);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), 0);
}

/* The miner's answers are in its own order: one that waits for a pool that it has left holds up
 * all after it, but not for ever. */
Test(proxy_waiting, a_batch_that_never_fills_does_not_hold_up_the_miner)
{
    farm();
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_submit(&miner, 1, 2, rig_job_of(&miner));
    rig_success(2, 1, 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_SUCCESS), 0, "it may still be refused");
    rig_run(61 * RIG_SEC);
    const hs_sv2_message *const m = rig_last(&miner.log, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_not_null(m);
    cr_assert_eq(m->as.submit_success.new_submits_accepted_count, 2);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 0);
    cr_assert_eq(rig.proxy->ups[1].counts.vouched, 1, "the account tells it from what is credited");
    rig_error(1, 1, "invalid-share");
    cr_assert_eq(rig_shares(1, HMX_SHARE_REJECTED_OTHER), 1, "the plugin hears the truth");
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_ERROR), 0, "it has had its answer");
}

Test(proxy_waiting, what_waits_at_the_end_is_not_called_lost)
{
    farm();
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    hs_proxy_begin_end(rig.proxy);
    hs_proxy_settle(rig.proxy);
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_t *const pool = json_array_get(json_object_get(account, "pools"), 0);
    cr_assert_eq(json_integer_value(json_object_get(pool, "lost")), 0);
    cr_assert_eq(json_integer_value(json_object_get(pool, "unanswered")), 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 0);
    json_decref(account);
}

/* ---- silence ---- */

/* A job every five seconds, for a while, and a share to answer. */
static void rhythm(void)
{
    farm();
    for (int i = 0; i < 6; i++) {
        rig_run(5 * RIG_SEC);
        rig_job(1, 0);
    }
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
}

static const hs_sv2_update_channel *asked_for_life(void)
{
    const hs_sv2_message *const m = rig_last(&rig.pools[1].log, HS_SV2_UPDATE_CHANNEL);
    const hs_sv2_u256 target = rig_target(0x10);
    return m != NULL && hs_sv2_compare(&m->as.update_channel.maximum_target, &target) < 0
               ? &m->as.update_channel
               : NULL;
}

Test(proxy_waiting, a_pool_that_answers_nothing_at_all_is_given_up)
{
    rhythm();
    rig_run(59 * RIG_SEC);
    cr_assert_null(asked_for_life());
    rig_run(2 * RIG_SEC);
    cr_assert_not_null(asked_for_life(), "it has to say SetTarget now");
    cr_assert_eq(rig.pools[1].ended, 0);
    rig_run(10 * RIG_SEC);
    cr_assert_eq(rig.pools[1].ended, 1);
}

Test(proxy_waiting, a_pool_that_answers_what_it_has_to_is_kept)
{
    rhythm();
    rig_run(61 * RIG_SEC);
    const hs_sv2_update_channel *const asked = asked_for_life();
    cr_assert_not_null(asked);
    hs_sv2_message m = {.id = HS_SV2_SET_TARGET};
    m.as.set_target.channel_id = RIG_CHANNEL;
    m.as.set_target.maximum_target = asked->maximum_target;
    rig_up_say(1, &m);
    rig_run(3 * RIG_SEC);
    const hs_sv2_message *const after = rig_last(&rig.pools[1].log, HS_SV2_UPDATE_CHANNEL);
    cr_assert_eq(after->as.update_channel.maximum_target.byte[31], 0xff, "any will do again");
    rig_run(120 * RIG_SEC);
    cr_assert_eq(rig.pools[1].ended, 0);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 0);
}

Test(proxy_waiting, a_pool_that_is_always_slow_is_measured_by_that)
{
    farm();
    for (int i = 0; i < 5; i++) {
        rig_run(100 * RIG_SEC);
        rig_job(1, 0);
    }
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_run(290 * RIG_SEC);
    cr_assert_null(asked_for_life());
    rig_run(20 * RIG_SEC);
    cr_assert_not_null(asked_for_life());
}

Test(proxy_waiting, a_pool_that_nothing_is_known_of_is_not_given_up)
{
    farm();
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_run(600 * RIG_SEC);
    cr_assert_eq(rig.pools[1].ended, 0);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 0);
}

/* ---- connecting ---- */

static uint32_t asked_flags(uint32_t upstream)
{
    const hs_sv2_message *const m = rig_last(&rig.pools[upstream].log, HS_SV2_SETUP_CONNECTION);
    cr_assert_not_null(m);
    return m->as.setup_connection.flags;
}

Test(proxy_waiting, version_rolling_is_asked_for_where_a_miner_needs_it)
{
    hs_proxy_up_opened(rig.proxy, 1);
    cr_assert_eq(asked_flags(1), 0);
    rig_connect(&miner, HS_SV2_REQUIRES_VERSION_ROLLING);
    hs_proxy_up_opened(rig.proxy, 2);
    cr_assert_eq(asked_flags(2), HS_SV2_REQUIRES_VERSION_ROLLING);
}

/* Others can work there. */
Test(proxy_waiting, a_pool_without_version_rolling_is_asked_without)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_ERROR};
    rig_connect(&miner, HS_SV2_REQUIRES_VERSION_ROLLING);
    hs_proxy_up_opened(rig.proxy, 1);
    m.as.setup_connection_error.flags = HS_SV2_REQUIRES_VERSION_ROLLING;
    m.as.setup_connection_error.error_code = hs_sv2_bytes_of("unsupported-feature-flags");
    rig_up_say(1, &m);
    cr_assert_eq(rig.pools[1].ended, 1);
    rig_pool_lost(1);
    rig_run(1 * RIG_SEC);
    cr_assert_eq(rig.pools[1].dialled, 2);
    hs_proxy_up_opened(rig.proxy, 1);
    cr_assert_eq(asked_flags(1), 0);
}

/* Of before 2026: without group_channel_id. */
Test(proxy_waiting, an_old_form_of_the_opening_is_understood)
{
    uint8_t frame[128];
    size_t len = 0;
    hs_sv2_error why;
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    hs_proxy_up_opened(rig.proxy, 1);
    rig_up_say(1, &m);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_OPEN_EXTENDED_SUCCESS;
    m.as.open_success.request_id = rig.pools[1].request_id;
    m.as.open_success.channel_id = RIG_GROUP; /* jobs of the rig are for that */
    m.as.open_success.extranonce_size = RIG_EXTRANONCE;
    m.as.open_success.extranonce_prefix = (hs_sv2_b032){1, {0xa1}};
    m.as.open_success.target = rig_target(0x10);
    cr_assert_eq(hs_sv2_encode(&m, frame, sizeof frame, &len, &why), 0);
    frame[3] = (uint8_t)(frame[3] - 4);
    hs_proxy_up_frame(rig.proxy, 1, frame, len - 4);
    cr_assert_eq(rig.pools[1].ended, 0);
    const hs_job_stream_options options = {
        .seed = 1, .pool = 1, .full_extranonce_len = RIG_EXTRANONCE + 1};
    (void)hs_job_stream_init(&rig.pools[1].stream, &options, 1, 1000);
    rig_job(1, 1);
    cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_UP);
}

Test(proxy_waiting, three_bytes_short_is_no_form_at_all)
{
    uint8_t frame[128];
    size_t len = 0;
    hs_sv2_error why;
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    hs_proxy_up_opened(rig.proxy, 1);
    rig_up_say(1, &m);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_OPEN_EXTENDED_SUCCESS;
    m.as.open_success.request_id = rig.pools[1].request_id;
    m.as.open_success.extranonce_size = RIG_EXTRANONCE;
    m.as.open_success.target = rig_target(0x10);
    cr_assert_eq(hs_sv2_encode(&m, frame, sizeof frame, &len, &why), 0);
    frame[3] = (uint8_t)(frame[3] - 3);
    hs_proxy_up_frame(rig.proxy, 1, frame, len - 3);
    cr_assert_eq(rig.pools[1].ended, 1);
}

/* When pool 3, which refuses every time, is dialled. */
static void dial_times(uint8_t seed, uint64_t *at, size_t count)
{
    (void)rig_end();
    rig_start_with(seed);
    for (size_t i = 0; i < count;) {
        const int before = rig.pools[3].dialled;
        rig_pool_lost(3);
        for (int k = 0; k < 400 && rig.pools[3].dialled == before; k++) {
            rig_run(25 * RIG_MS);
        }
        at[i++] = rig.pools[3].dialled_ns - 1000 * RIG_SEC;
    }
}

Test(proxy_waiting, pauses_grow_with_jitter_from_the_seed)
{
    enum { TIMES = 8 };
    uint64_t a[TIMES];
    uint64_t again[TIMES];
    uint64_t b[TIMES];
    dial_times(1, a, TIMES);
    dial_times(1, again, TIMES);
    dial_times(2, b, TIMES);
    cr_assert_arr_eq(a, again, sizeof a);
    cr_assert_arr_neq(a, b, sizeof a);
    for (size_t i = 5; i < TIMES; i++) {
        cr_assert(a[i] - a[i - 1] >= 2900 * RIG_MS && a[i] - a[i - 1] <= 5200 * RIG_MS, "%llu",
                  (unsigned long long)(a[i] - a[i - 1]));
    }
}
