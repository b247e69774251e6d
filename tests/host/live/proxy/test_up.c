/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: what pools do: targets, spaces, closing, nonsense; UpdateChannel to them; and miners that
 * do not behave. Everything is played (rig.h). */
#include <criterion/criterion.h>

#include "host_stub/live/proxy/options.h"
#include "host_stub/sv2/work.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;

static void start(void)
{
    rig_start();
}

TestSuite(proxy_up, .init = start, .fini = rig_finish);

static void farm(void)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
}

static size_t updates(uint32_t upstream)
{
    return rig_count(&rig.pools[upstream].log, HS_SV2_UPDATE_CHANNEL);
}

static double rate_told(uint32_t upstream)
{
    const hs_sv2_message *const m = rig_last(&rig.pools[upstream].log, HS_SV2_UPDATE_CHANNEL);
    cr_assert_not_null(m);
    return (double)m->as.update_channel.nominal_hash_rate;
}

Test(proxy_up, all_pools_are_dialled_and_asked_for_an_extended_channel)
{
    for (uint32_t i = 1; i <= RIG_POOLS; i++) {
        cr_assert_eq(rig.pools[i].dialled, 1);
    }
    rig_pool_up(1, 1);
    const hs_sv2_message *const m = rig_last(&rig.pools[1].log, HS_SV2_OPEN_EXTENDED);
    cr_assert_eq(m->as.open.min_extranonce_size, 10);
    cr_assert_float_eq(m->as.open.nominal_hash_rate, 1.0f, 0.0f, "nobody has come yet");
    cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_UP);
    cr_assert_eq(rig.ups[rig.up_count - 1].has_job, HMX_YES);
    cr_assert_eq(rig.ups[rig.up_count - 1].extranonce_size, RIG_EXTRANONCE);
}

static int has_account(uint32_t upstream, const char *account)
{
    const hs_sv2_message *const m = rig_last(&rig.pools[upstream].log, HS_SV2_OPEN_EXTENDED);
    return m->as.open.user_identity.len == strlen(account) &&
           memcmp(m->as.open.user_identity.data, account, strlen(account)) == 0;
}

Test(proxy_up, channels_are_opened_with_the_account_of_the_table)
{
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
    cr_assert(has_account(1, "hashmux"), "none is given: the host's own");
    cr_assert(has_account(2, "farm.b"));
}

Test(proxy_up, openings_wait_for_a_pool)
{
    rig_connect(&miner, 0);
    rig_open(&miner, 1);
    cr_assert_eq(miner.log.count, 1, "only SetupConnection.Success");
    cr_assert_eq(rig.opened, 0);
    rig_pool_up(1, 1);
    rig_run(100 * RIG_MS);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS), 1);
}

Test(proxy_up, rates_are_told_once_a_second_at_the_most)
{
    farm();
    cr_assert_eq(updates(1), 0, "the channel was opened with it");
    for (int i = 0; i < 20; i++) { /* another opens and closes in 2 s, ten times */
        rig_miner *const other = malloc(sizeof *other);
        rig_connect(other, 0);
        rig_open(other, 1);
        rig_run(100 * RIG_MS);
        hs_proxy_leave(other->peer);
        free(other);
    }
    cr_assert_leq(updates(1), 3);
    rig_run(2 * RIG_SEC);
    cr_assert_float_eq(rate_told(1), 1000.0, 0.001);
}

Test(proxy_up, a_pool_is_told_who_is_moved_there)
{
    static rig_miner other;
    farm();
    rig_connect(&other, 0);
    rig_open(&other, 1);
    rig_run(1500 * RIG_MS);
    cr_assert_float_eq(rate_told(1), 2000.0, 0.001);
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    (void)rig_decide(2, 1, 2, HMX_STYLE_HARD);
    rig_run(1500 * RIG_MS);
    cr_assert_eq(updates(2), 1);
    cr_assert_float_eq(rate_told(2), 2000.0, 0.001);
}

Test(proxy_up, a_target_holds_for_jobs_to_come_and_is_never_easier_than_allowed)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    farm();
    m.as.update_channel.channel_id = rig_channel_id(&miner);
    m.as.update_channel.nominal_hash_rate = 500.0f;
    m.as.update_channel.maximum_target = rig_target(0x08);
    rig_say(&miner, &m);
    const hs_sv2_message *told = rig_last(&miner.log, HS_SV2_SET_TARGET);
    cr_assert_not_null(told, "it asked for a harder one");
    cr_assert_eq(told->as.set_target.maximum_target.byte[31], 0x08);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_SET_TARGET;
    m.as.set_target.channel_id = RIG_CHANNEL;
    m.as.set_target.maximum_target = rig_target(0x40); /* easier than the miner takes */
    rig_up_say(1, &m);
    rig_job(1, 0);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SET_TARGET), 1, "it keeps its own bound");
    m.as.set_target.maximum_target = rig_target(0x02);
    rig_up_say(1, &m);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SET_TARGET), 1, "the active job keeps its own");
    rig_job(1, 0);
    told = rig_last(&miner.log, HS_SV2_SET_TARGET);
    cr_assert_eq(told->as.set_target.maximum_target.byte[31], 0x02);
    cr_assert_eq(told[1].id, HS_SV2_NEW_EXTENDED_JOB, "before the job that is to have it");
}

Test(proxy_up, a_pool_with_another_space_gives_its_miners_another_prefix)
{
    hs_sv2_message m = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
    farm();
    m.as.set_extranonce_prefix.channel_id = RIG_CHANNEL;
    m.as.set_extranonce_prefix.extranonce_prefix = (hs_sv2_b032){1, {0xd1}};
    rig_up_say(1, &m);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED), 1, "its job is still good");
    rig_job(1, 0);
    rig_run(100 * RIG_MS);
    const hs_sv2_message *const told = rig_last(&miner.log, HS_SV2_SET_EXTRANONCE_PREFIX);
    cr_assert_not_null(told);
    cr_assert_eq(told->as.set_extranonce_prefix.extranonce_prefix.byte[0], 0xd1);
    cr_assert_eq(rig.ups[rig.up_count - 1].extranonce_prefix[0], 0xd1);
    rig_submit(&miner, 1, 2, rig_job_of(&miner));
    cr_assert_eq(rig_last(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED)->as.submit.job_id,
                 rig.pools[1].job_id);
}

Test(proxy_up, a_channel_that_the_pool_closes_is_opened_anew)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    farm();
    const size_t opened = rig_count(&rig.pools[1].log, HS_SV2_OPEN_EXTENDED);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    m.as.close_channel.channel_id = RIG_CHANNEL;
    rig_up_say(1, &m);
    cr_assert_eq(rig_shares(1, HMX_SHARE_LOST), 1);
    cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_DOWN);
    cr_assert_eq(rig.pools[1].ended, 0);
    rig_run(500 * RIG_MS);
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_OPEN_EXTENDED), opened + 1);
    cr_assert_eq(miner.ended, 0);
}

Test(proxy_up, nonsense_ends_that_pools_connection_only)
{
    static const uint8_t SHORT_TARGET[] = {0x00, 0x80, 0x21, 0x05, 0x00, 0x00, 1, 2, 3, 4, 5};
    static const uint8_t UNKNOWN[] = {0x34, 0x12, 0x01, 0x00, 0x00, 0x00};
    farm();
    hs_proxy_up_frame(rig.proxy, 2, UNKNOWN, sizeof UNKNOWN);
    cr_assert_eq(rig.pools[2].ended, 0, "what is unknown is ignored");
    hs_proxy_up_frame(rig.proxy, 2, SHORT_TARGET, sizeof SHORT_TARGET);
    cr_assert_eq(rig.pools[2].ended, 1);
    rig_pool_lost(2);
    cr_assert_eq(rig.ups[rig.up_count - 1].state, HMX_UPSTREAM_DOWN);
    cr_assert_eq(rig.pools[1].ended, 0);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    cr_assert_eq(rig_count(&rig.pools[1].log, HS_SV2_SUBMIT_EXTENDED), 1);
    rig_run(500 * RIG_MS);
    cr_assert_eq(rig.pools[2].dialled, 2);
}

/* Spec 3.4.3. */
Test(proxy_up, what_a_pool_puts_behind_a_message_is_overlooked)
{
    uint8_t frame[HS_SV2_HEADER_SIZE + 36 + 3] = {0x00, 0x80, 0x21, 39, 0, 0, RIG_CHANNEL};
    farm();
    memset(frame + HS_SV2_HEADER_SIZE + 4, 0x02, 32);
    hs_proxy_up_frame(rig.proxy, 1, frame, sizeof frame);
    cr_assert_eq(rig.pools[1].ended, 0);
    rig_job(1, 0);
    const hs_sv2_message *const told = rig_last(&miner.log, HS_SV2_SET_TARGET);
    cr_assert_not_null(told);
    cr_assert_eq(told->as.set_target.maximum_target.byte[31], 0x02);
}

Test(proxy_up, a_pool_that_stays_away_is_dialled_with_growing_pauses)
{
    for (int i = 0; i < 400; i++) { /* 40 s of refusals */
        rig_run(100 * RIG_MS);
        rig_pool_lost(3);
    }
    cr_assert_geq(rig.pools[3].dialled, 8);
    cr_assert_leq(rig.pools[3].dialled, 16);
}

Test(proxy_up, a_miner_that_floods_is_not_read_for_a_while)
{
    enum { BEFORE = HS_PROXY_UNANSWERED_MAX - 100 }; /* shares that are answered together */
    farm();
    miner.peer->unanswered = BEFORE;
    for (uint32_t i = 1; i <= 100; i++) {
        cr_assert_eq(miner.paused, 0);
        rig_submit(&miner, 1, i, rig_job_of(&miner));
    }
    cr_assert_eq(miner.paused, 1);
    miner.peer->unanswered -= BEFORE;
    rig_success(1, 100, 100);
    cr_assert_eq(miner.paused, 0);
    cr_assert_eq(miner.ended, 0);
}

Test(proxy_up, a_miner_that_talks_nonsense_is_ended_and_nobody_else)
{
    static rig_miner other;
    static const uint8_t GARBAGE[] = {0x00, 0x00, 0x10, 0x01, 0x00, 0x00, 9};
    farm();
    rig_connect(&other, 0);
    hs_proxy_down_frame(other.peer, GARBAGE, sizeof GARBAGE);
    cr_assert_eq(other.ended, 1);
    cr_assert_eq(miner.ended, 0);
    hs_proxy_leave(other.peer);
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    rig_success(1, 1, 1);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SUBMIT_SUCCESS), 1);
}

Test(proxy_up, who_never_says_who_it_is_is_ended)
{
    memset(&miner, 0, sizeof miner);
    miner.peer = hs_proxy_join(rig.proxy, &miner);
    rig_run(9 * RIG_SEC);
    cr_assert_eq(miner.ended, 0);
    rig_run(2 * RIG_SEC);
    cr_assert_eq(miner.ended, 1);
}

Test(proxy_up, verdicts_for_a_miner_that_has_left_count_for_the_pool)
{
    farm();
    rig_submit(&miner, 1, 1, rig_job_of(&miner));
    hs_proxy_leave(miner.peer);
    rig_success(1, 1, 1);
    cr_assert_eq(rig_shares(1, HMX_SHARE_ACCEPTED), 1);
}

Test(proxy_options, the_command_line)
{
    hs_proxy_options o;
    char why[256];
    char *good[] = {
        "proxy",    "--config",      "x.ini",  "--pool", "a=127.0.0.1:5", "--pool", "b=[::1]:6",
        "--listen", "127.0.0.1:700", "--seed", "7",      "--drain-secs",  "0.5",    "--plain",
        "a",        "--plain",       "b"};
    cr_assert_eq(hs_options_read(&HS_PROXY_COMMAND, &o, 17, good, why, sizeof why), 0, "%s", why);
    cr_assert_eq(o.settings.place_count, 2);
    cr_assert_str_eq(o.settings.places[1].host, "::1");
    cr_assert_eq(o.settings.places[1].port, 6);
    cr_assert_eq(hs_net_address_port(&o.listen), 700);
    cr_assert_eq(o.settings.drain_ns, 500000000u);
    cr_assert_eq(o.settings.plain.count, 2);
    cr_assert_str_eq(o.settings.plain.at[1], "b");
    char *none[] = {"proxy"};
    cr_assert_neq(hs_options_read(&HS_PROXY_COMMAND, &o, 1, none, why, sizeof why), 0);
    char *const bad[][2] = {{"--pool", "a"},           {"--pool", "=1.2.3.4:5"},
                            {"--pool", "a=1.2.3.4:0"}, {"--listen", "0.0.0.0:5"},
                            {"--seed", "x"},           {"--frobnicate", "1"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *words[] = {"proxy", "--config", "x", bad[i][0], bad[i][1]};
        why[0] = '\0';
        cr_assert_neq(hs_options_read(&HS_PROXY_COMMAND, &o, 5, words, why, sizeof why), 0, "%s",
                      bad[i][1]);
        cr_assert_not_null(strstr(why, bad[i][0]), "%s", why);
    }
}
