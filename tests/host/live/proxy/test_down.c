/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy: what miners ask for and say that cannot be, and what they are answered. Pools, miners and
 * the plugin are played (rig.h). */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/host/live/proxy/rig.h"

static rig_miner miner;

static void start(void)
{
    rig_start();
    rig_pool_up(1, 1);
    memset(&miner, 0, sizeof miner);
    miner.peer = hs_proxy_join(rig.proxy, &miner);
    rig_run(100 * RIG_MS);
}

TestSuite(proxy_down, .init = start, .fini = rig_finish);

/* Strict encoding takes the message; the test puts in what it does not. */
static size_t encode(const hs_sv2_message *m, uint8_t *frame, size_t capacity)
{
    hs_sv2_error why;
    size_t len = 0;
    cr_assert(hs_sv2_encode(m, frame, capacity, &len, &why) == 0, "%s", why.text);
    return len;
}

static void say_setup(uint8_t protocol, uint16_t least, uint16_t most, uint32_t flags)
{
    uint8_t frame[256];
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = least;
    m.as.setup_connection.max_version = most;
    m.as.setup_connection.flags = flags;
    const size_t len = encode(&m, frame, sizeof frame);
    frame[HS_SV2_HEADER_SIZE] = protocol;
    hs_proxy_down_frame(miner.peer, frame, len);
}

static void expect_setup_error(const char *code, uint32_t flags)
{
    const hs_sv2_message *const m = rig_last(&miner.log, HS_SV2_SETUP_CONNECTION_ERROR);
    cr_assert_not_null(m);
    cr_assert_eq(miner.log.count, 1);
    cr_assert(hs_sv2_bytes_are(m->as.setup_connection_error.error_code, code));
    cr_assert_eq(m->as.setup_connection_error.flags, flags, "0x%x",
                 (unsigned)m->as.setup_connection_error.flags);
    cr_assert_eq(miner.ended, 1, "and then it is closed");
    hs_proxy_leave(miner.peer);
    memset(&miner, 0, sizeof miner);
    miner.peer = hs_proxy_join(rig.proxy, &miner);
}

Test(proxy_down, a_protocol_that_does_not_exist_is_answered)
{
    say_setup(7, 2, 2, 0);
    expect_setup_error("unsupported-protocol", 0);
    say_setup(2, 2, 2, 0);
    expect_setup_error("unsupported-protocol", 0);
}

Test(proxy_down, versions_that_do_not_meet_ours_are_answered)
{
    say_setup(0, 3, 1, 0); /* upside down */
    expect_setup_error("protocol-version-mismatch", 0);
    say_setup(0, 3, 9, 0);
    expect_setup_error("protocol-version-mismatch", 0);
}

Test(proxy_down, all_flags_that_are_not_supported_are_named)
{
    say_setup(0, 2, 2, 0xffffffff);
    expect_setup_error(
        "unsupported-feature-flags",
        0xffffffff & ~(uint32_t)(HS_SV2_REQUIRES_STANDARD_JOBS | HS_SV2_REQUIRES_VERSION_ROLLING));
    say_setup(0, 2, 2, 0x8);
    expect_setup_error("unsupported-feature-flags", 0x8);
    say_setup(0, 2, 2, HS_SV2_REQUIRES_STANDARD_JOBS | HS_SV2_REQUIRES_VERSION_ROLLING);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_SETUP_CONNECTION_SUCCESS), 1);
}

/* Puts a float where the encoder takes none. */
static void put_rate(uint8_t *at, float rate)
{
    uint32_t bits = 0;
    memcpy(&bits, &rate, sizeof bits);
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(bits >> (8 * i));
    }
}

static const float NO_RATES[] = {NAN, INFINITY, -INFINITY, -1.0F};

Test(proxy_down, hashrates_that_are_none_are_refused_and_the_connection_lives)
{
    uint8_t frame[256];
    say_setup(0, 2, 2, 0);
    for (uint32_t i = 0; i < 8; i++) {
        hs_sv2_message m = {.id = i % 2 == 0 ? HS_SV2_OPEN_STANDARD : HS_SV2_OPEN_EXTENDED};
        m.as.open.request_id = i + 1;
        memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
        const size_t len = encode(&m, frame, sizeof frame);
        put_rate(frame + HS_SV2_HEADER_SIZE + 4 + 1, NO_RATES[i / 2]);
        hs_proxy_down_frame(miner.peer, frame, len);
        const hs_sv2_message *const no = rig_last(&miner.log, HS_SV2_OPEN_ERROR);
        cr_assert_not_null(no);
        cr_assert_eq(no->as.open_error.request_id, i + 1);
        cr_assert(hs_sv2_bytes_are(no->as.open_error.error_code, "invalid-nominal-hashrate"));
    }
    cr_assert_eq(miner.ended, 0);
    cr_assert_eq(rig.opened, 0, "the plugin hears nothing of them");
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS), 1);
}

Test(proxy_down, an_update_to_a_hashrate_that_is_none_is_refused)
{
    uint8_t frame[256];
    say_setup(0, 2, 2, 0);
    rig_open(&miner, 1);
    rig_run(300 * RIG_MS);
    const size_t updates = rig.update_count;
    for (size_t i = 0; i < 4; i++) {
        hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
        m.as.update_channel.channel_id = rig_channel_id(&miner);
        memset(&m.as.update_channel.maximum_target, 0xff, 32);
        const size_t len = encode(&m, frame, sizeof frame);
        put_rate(frame + HS_SV2_HEADER_SIZE + 4, NO_RATES[i]);
        hs_proxy_down_frame(miner.peer, frame, len);
        cr_assert_eq(rig_count(&miner.log, HS_SV2_UPDATE_CHANNEL_ERROR), i + 1);
    }
    const hs_sv2_message *const no = rig_last(&miner.log, HS_SV2_UPDATE_CHANNEL_ERROR);
    cr_assert(hs_sv2_bytes_are(no->as.update_channel_error.error_code, "invalid-nominal-hashrate"));
    cr_assert(rig.update_count == updates && miner.ended == 0);
}

/* Spec 3.4.3: who does not know an extension overlooks what it puts behind a message. */
Test(proxy_down, what_stands_behind_a_message_is_overlooked)
{
    static const uint8_t BEHIND[] = {0x00, 0x02, 0x01, 0x00, 0x06, 'w', 'o', 'r', 'k', 'e', 'r'};
    uint8_t frame[256];
    say_setup(0, 2, 2, 0);
    for (size_t behind = 1; behind <= sizeof BEHIND; behind += sizeof BEHIND - 1) {
        hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED};
        m.as.open.nominal_hash_rate = 1000.0F;
        m.as.open.request_id = 77;
        m.as.open.min_extranonce_size = RIG_R;
        memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
        const size_t len = encode(&m, frame, sizeof frame);
        memcpy(frame + len, BEHIND, behind);
        frame[3] = (uint8_t)(len + behind - HS_SV2_HEADER_SIZE);
        hs_proxy_down_frame(miner.peer, frame, len + behind);
    }
    rig_run(300 * RIG_MS);
    cr_assert_eq(rig_count(&miner.log, HS_SV2_OPEN_EXTENDED_SUCCESS), 2);
    cr_assert_eq(miner.ended, 0);
}
