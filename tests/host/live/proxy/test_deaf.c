/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: devices that do not obey SetExtranoncePrefix are known again, and those that leave before
 * it is known are counted. Pools, miners and the plugin are played (rig.h). */
#include <criterion/criterion.h>

#include "host_stub/live/proxy/deaf.h"
#include "tests/host/live/proxy/rig_share.h"

static rig_miner miner;
static rig_miner again;

static void start(void)
{
    rig_start();
    rig_pool_up(1, 1);
    rig_pool_up(2, 2);
}

TestSuite(proxy_deaf, .init = start, .fini = rig_finish);

static void connect_as(rig_miner *m, const char *vendor, const char *firmware, const char *identity)
{
    hs_sv2_message say = {.id = HS_SV2_SETUP_CONNECTION};
    memset(m, 0, sizeof *m);
    m->peer = hs_proxy_join(rig.proxy, m);
    say.as.setup_connection.min_version = 2;
    say.as.setup_connection.max_version = 2;
    say.as.setup_connection.vendor = hs_sv2_bytes_of(vendor);
    say.as.setup_connection.firmware = hs_sv2_bytes_of(firmware);
    rig_say(m, &say);
    memset(&say, 0, sizeof say);
    say.id = HS_SV2_OPEN_EXTENDED;
    say.as.open.request_id = 1;
    say.as.open.user_identity = hs_sv2_bytes_of(identity);
    say.as.open.nominal_hash_rate = 1000.0F;
    memset(&say.as.open.max_target, 0xff, sizeof say.as.open.max_target);
    say.as.open.min_extranonce_size = RIG_R;
    rig_say(m, &say);
    rig_run(300 * RIG_MS);
}

/* It has gone on with its first prefix after a move. */
static void show_deafness(rig_miner *m, uint64_t channel)
{
    const hs_sv2_b032 first =
        rig_last(&m->log, HS_SV2_OPEN_EXTENDED_SUCCESS)->as.open_success.extranonce_prefix;
    (void)rig_decide(channel, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_submit_deaf(m, 1, rig_job_of(m), &first);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_FAILED);
}

static json_int_t moves(const char *name)
{
    json_t *const account = hs_proxy_json(rig.proxy);
    const json_int_t count =
        json_integer_value(json_object_get(json_object_get(account, "moves"), name));
    json_decref(account);
    return count;
}

Test(proxy_deaf, it_is_known_again_by_vendor_firmware_and_identity)
{
    const struct {
        const char *vendor;
        const char *firmware;
        const char *identity;
        uint32_t honours;
    } rows[] = {{"bitaxe", "2.9", "farm.a", HMX_NO},
                {"bitaxe", "2.9", "farm.b", HMX_UNKNOWN},
                {"bitaxe", "3.0", "farm.a", HMX_UNKNOWN},
                {"nerd", "2.9", "farm.a", HMX_UNKNOWN},
                {"bitaxe2", ".9", "farm.a", HMX_UNKNOWN}};
    connect_as(&miner, "bitaxe", "2.9", "farm.a");
    cr_assert_eq(rig.honours_prefix, HMX_UNKNOWN);
    show_deafness(&miner, 1);
    hs_proxy_leave(miner.peer);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        connect_as(&again, rows[i].vendor, rows[i].firmware, rows[i].identity);
        cr_assert_eq(rig.honours_prefix, rows[i].honours, "row %zu", i);
        hs_proxy_leave(again.peer);
    }
}

Test(proxy_deaf, others_on_its_connection_are_not_taken_for_it)
{
    connect_as(&miner, "translator", "0.6", "farm.a");
    show_deafness(&miner, 1);
    hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED};
    m.as.open.request_id = 2;
    m.as.open.user_identity = hs_sv2_bytes_of("farm.b");
    m.as.open.nominal_hash_rate = 1000.0F;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    m.as.open.min_extranonce_size = RIG_R;
    rig_say(&miner, &m);
    cr_assert_eq(rig.opened, 2);
    cr_assert_eq(rig.honours_prefix, HMX_UNKNOWN);
}

Test(proxy_deaf, who_is_known_as_deaf_is_not_moved)
{
    connect_as(&miner, "bitaxe", "2.9", "farm.a");
    show_deafness(&miner, 1);
    hs_proxy_leave(miner.peer);
    connect_as(&again, "bitaxe", "2.9", "farm.a");
    rig.quiet = 1;
    (void)rig_decide(2, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_outcome()->result, HMX_RESULT_REFUSED);
    cr_assert_eq(rig_outcome()->cause, HS_MOVE_PREFIX_IGNORED);
    cr_expect_eq(rig.violations, 0, "by the host: %s", rig.violation);
    (void)rig_end();
    rig_start();
}

Test(proxy_deaf, the_list_is_bounded_and_forgets_the_oldest)
{
    connect_as(&miner, "bitaxe", "2.9", "farm.a");
    for (uint64_t device = 1; device <= HS_PROXY_DEAF_MAX; device++) {
        hs_proxy_note_deaf(rig.proxy, device);
        hs_proxy_note_deaf(rig.proxy, device); /* once is enough */
    }
    cr_assert(hs_proxy_is_deaf(rig.proxy, 1));
    hs_proxy_note_deaf(rig.proxy, HS_PROXY_DEAF_MAX + 1);
    cr_assert_not(hs_proxy_is_deaf(rig.proxy, 1));
    cr_assert(hs_proxy_is_deaf(rig.proxy, 2));
    cr_assert(hs_proxy_is_deaf(rig.proxy, HS_PROXY_DEAF_MAX + 1));
    cr_assert_eq(rig.proxy->deaf.count, HS_PROXY_DEAF_MAX);
    /* One that heard meanwhile and was found deaf again has a new place, and keeps it. */
    hs_proxy_note_hearing(rig.proxy, 2);
    cr_assert_not(hs_proxy_is_deaf(rig.proxy, 2));
    rig.proxy->deaf_next = 5;
    hs_proxy_note_deaf(rig.proxy, 2);
    rig.proxy->deaf_next = 1;
    hs_proxy_note_deaf(rig.proxy, 99999);
    cr_assert(hs_proxy_is_deaf(rig.proxy, 2));
    cr_assert(hs_proxy_is_deaf(rig.proxy, 99999));
}

Test(proxy_deaf, who_leaves_before_it_is_known_is_counted)
{
    connect_as(&miner, "translator", "0.6", "farm.a");
    (void)rig_decide(1, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    m.as.close_channel.channel_id = rig_channel_id(&miner);
    rig_say(&miner, &m);
    cr_assert_eq(moves("closed_unproven"), 1);
    connect_as(&again, "bitaxe", "2.9", "farm.c");
    (void)rig_decide(2, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    hs_proxy_leave(again.peer);
    cr_assert_eq(moves("closed_unproven"), 2);
    /* Not who has shown it, nor who was not moved. */
    connect_as(&again, "bitaxe", "2.9", "farm.d");
    (void)rig_decide(3, 1, 2, HMX_STYLE_HARD);
    rig_run(300 * RIG_MS);
    rig_submit(&again, 1, 1, rig_job_of(&again));
    hs_proxy_leave(again.peer);
    connect_as(&again, "bitaxe", "2.9", "farm.e");
    hs_proxy_leave(again.peer);
    cr_assert_eq(moves("closed_unproven"), 2);
}
