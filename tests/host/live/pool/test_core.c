/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/core: setup, channels, jobs, targets, and what a client may not do. Shares are in
 * test_shares.c, faults in test_faults.c. */
#include <stdlib.h>

#include "tests/host/live/pool/client.h"

#define WALL_MS UINT64_C(1700000000000)

static hs_pool_options options;
static hs_pool *pool;
static client us;

static void begin(void)
{
    pool = hs_pool_new(&options, &CLIENT_OUT, NULL, WALL_MS);
    cr_assert_not_null(pool);
    client_join(&us, pool);
}

static void start(void)
{
    hs_options_defaults(&HS_POOL_COMMAND, &options);
    options.hashes_per_share = 256.0;
    options.tip_ms = 30000;
    options.refresh_ms = 7000;
    begin();
}

static void finish(void)
{
    json_t *const counts = hs_pool_json(pool, 1);
    client_must_hold(json_integer_value(json_object_get(counts, "own_faults")) == 0,
                     "the pool broke a rule");
    json_decref(counts);
    hs_pool_free(pool);
    client_free(&us);
}

/* Another pool than the default one. */
static void restart(void)
{
    finish();
    begin();
}

TestSuite(pool_core, .init = start, .fini = finish);

static void expect_code(hs_sv2_bytes code, const char *text)
{
    cr_assert_eq(code.len, strlen(text), "%.*s", (int)code.len, (const char *)code.data);
    cr_assert_arr_eq(code.data, text, strlen(text));
}

Test(pool_core, setup_is_answered_and_refused_with_its_reasons)
{
    client_setup_with(&us, 0);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_SETUP_CONNECTION_SUCCESS);
    cr_assert_eq(client_last(&us, 0)->as.setup_connection_success.used_version, 2);
    cr_assert_eq(client_last(&us, 0)->as.setup_connection_success.flags, 0);
    restart();
    client_setup_with(&us, HS_SV2_REQUIRES_WORK_SELECTION | HS_SV2_REQUIRES_VERSION_ROLLING);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_SETUP_CONNECTION_ERROR);
    cr_assert_eq(client_last(&us, 0)->as.setup_connection_error.flags,
                 HS_SV2_REQUIRES_WORK_SELECTION);
    expect_code(client_last(&us, 0)->as.setup_connection_error.error_code,
                "unsupported-feature-flags");
    cr_assert(us.ended && us.ended_softly);
    restart();
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = 3;
    m.as.setup_connection.max_version = 4;
    client_say(&us, &m);
    expect_code(client_last(&us, 0)->as.setup_connection_error.error_code,
                "protocol-version-mismatch");
    restart();
    m.as.setup_connection.min_version = 2;
    m.as.setup_connection.protocol = 1;
    client_say(&us, &m);
    expect_code(client_last(&us, 0)->as.setup_connection_error.error_code, "unsupported-protocol");
}

/* A frame that the strict encoder would not make. */
static void say_setup_bytes(uint8_t protocol, uint8_t least, uint8_t most, uint32_t flags)
{
    uint8_t frame[HS_SV2_HEADER_SIZE + 16] = {0, 0, 0, 16, 0, 0, protocol, least, 0, most, 0};
    for (int i = 0; i < 4; i++) {
        frame[11 + i] = (uint8_t)(flags >> (8 * i));
    }
    hs_sv2_message m;
    hs_sv2_error why;
    hs_session_step step;
    cr_assert(hs_sv2_decode(frame, sizeof frame, 0, &m, &why) == 0, "%s", why.text);
    (void)hs_session_apply(us.view, &m, &step);
    hs_pool_frame(us.peer, frame, sizeof frame);
}

static void expect_setup_error(const char *code, uint32_t flags)
{
    const hs_sv2_message *const m = client_last(&us, 0);
    cr_assert_not_null(m);
    cr_assert_eq(m->id, HS_SV2_SETUP_CONNECTION_ERROR);
    expect_code(m->as.setup_connection_error.error_code, code);
    cr_assert_eq(m->as.setup_connection_error.flags, flags);
    cr_assert(us.ended && us.ended_softly);
    restart();
}

Test(pool_core, what_cannot_be_set_up_is_answered_before_the_end)
{
    say_setup_bytes(7, 2, 2, 0);
    expect_setup_error("unsupported-protocol", 0);
    say_setup_bytes(0, 3, 1, 0);
    expect_setup_error("protocol-version-mismatch", 0);
    say_setup_bytes(0, 2, 2, 0xffffffff);
    expect_setup_error("unsupported-feature-flags", 0xfffffffa);
    say_setup_bytes(0, 2, 2, 8);
    expect_setup_error("unsupported-feature-flags", 8);
}

Test(pool_core, hashrates_that_are_none_are_refused)
{
    static const uint8_t NAN_BITS[] = {0, 0, 0xc0, 0x7f};
    static const uint8_t MINUS_ONE[] = {0, 0, 0x80, 0xbf};
    uint8_t frame[256];
    hs_sv2_error why;
    size_t len = 0;
    client_setup_with(&us, 0);
    hs_sv2_message m = client_open_message(1, 88, 1.0F);
    cr_assert(hs_sv2_encode(&m, frame, sizeof frame, &len, &why) == 0);
    memcpy(frame + HS_SV2_HEADER_SIZE + 4 + 1 + m.as.open.user_identity.len, NAN_BITS, 4);
    hs_session_step step;
    (void)hs_session_apply(us.view, &m, &step); /* the observer would not decode it */
    hs_pool_frame(us.peer, frame, len);
    expect_code(client_last(&us, 0)->as.open_error.error_code, "invalid-nominal-hashrate");
    const uint32_t id = client_open(&us, 1);
    m = (hs_sv2_message){.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = id;
    memset(m.as.update_channel.maximum_target.byte, 0xff, 32);
    cr_assert(hs_sv2_encode(&m, frame, sizeof frame, &len, &why) == 0);
    memcpy(frame + HS_SV2_HEADER_SIZE + 4, MINUS_ONE, 4);
    (void)hs_session_apply(us.view, &m, &step);
    hs_pool_frame(us.peer, frame, len);
    expect_code(client_last(&us, 0)->as.update_channel_error.error_code,
                "invalid-nominal-hashrate");
    cr_assert_not(us.ended);
}

Test(pool_core, what_stands_behind_a_message_is_overlooked)
{
    uint8_t frame[256];
    hs_sv2_error why;
    hs_session_step step;
    size_t len = 0;
    client_setup_with(&us, 0);
    hs_sv2_message m = client_open_message(1, 88, 1.0F);
    cr_assert(hs_sv2_encode(&m, frame, sizeof frame - 3, &len, &why) == 0);
    memset(frame + len, 0x55, 3);
    frame[3] = (uint8_t)(frame[3] + 3);
    (void)hs_session_apply(us.view, &m, &step);
    hs_pool_frame(us.peer, frame, len + 3);
    cr_assert_eq(client_count(&us, HS_SV2_OPEN_EXTENDED_SUCCESS), 1);
    cr_assert_not(us.ended);
}

Test(pool_core, a_pool_with_fixed_versions_says_so)
{
    options.fixed_version = 1;
    restart();
    client_setup_with(&us, 0);
    cr_assert_eq(client_last(&us, 0)->as.setup_connection_success.flags,
                 HS_SV2_REQUIRES_FIXED_VERSION);
    (void)client_open(&us, 1);
    cr_assert_eq(client_last(&us, 1)->as.new_extended_job.version_rolling_allowed, 0);
    restart();
    client_setup_with(&us, HS_SV2_REQUIRES_VERSION_ROLLING);
    cr_assert_eq(client_last(&us, 0)->as.setup_connection_error.flags,
                 HS_SV2_REQUIRES_VERSION_ROLLING);
    cr_assert(us.ended);
}

Test(pool_core, an_extended_channel_is_opened_with_its_first_job_in_one_burst)
{
    options.prefix = (hs_sv2_b032){3, {0xab, 0xcd, 0xef}};
    options.extranonce_size = 11;
    restart();
    client_setup_with(&us, 0);
    const uint32_t id = client_open(&us, 1);
    const hs_sv2_open_success *const told = &client_last(&us, 2)->as.open_success;
    cr_assert_eq(told->channel_id, id);
    cr_assert_eq(told->extranonce_size, 11);
    cr_assert_eq(told->extranonce_prefix.len, 5);
    cr_assert_arr_eq(told->extranonce_prefix.byte, "\xab\xcd\xef\x00\x01", 5);
    cr_assert_eq(client_last(&us, 1)->id, HS_SV2_NEW_EXTENDED_JOB);
    cr_assert_eq(client_last(&us, 1)->as.new_extended_job.min_ntime.present, 0);
    cr_assert_eq(client_last(&us, 1)->as.new_extended_job.version_rolling_allowed, 1);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_SET_NEW_PREV_HASH);
    cr_assert_eq(us.log[us.count - 1].burst, us.log[us.count - 3].burst);
    cr_assert_eq(client_job(&us, id)->state, HS_JOB_ACTIVE);
    const uint32_t other = client_open(&us, 1);
    cr_assert_neq(other, id);
    cr_assert_eq(client_channel(&us, other)->prefix.byte[4], 2, "a space of its own");
    cr_assert_eq(client_channel(&us, other)->group_id, client_channel(&us, id)->group_id);
}

Test(pool_core, a_standard_channel_has_the_whole_extranonce_as_prefix)
{
    client_setup_with(&us, HS_SV2_REQUIRES_STANDARD_JOBS);
    const uint32_t id = client_open(&us, 0);
    cr_assert_eq(client_channel(&us, id)->prefix.len, 19);
    cr_assert_eq(client_last(&us, 1)->id, HS_SV2_NEW_MINING_JOB);
    hs_sv2_message m = client_open_message(1, 77, 1.0F);
    client_say(&us, &m);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_OPEN_ERROR);
    cr_assert_eq(client_last(&us, 0)->as.open_error.request_id, 77);
    expect_code(client_last(&us, 0)->as.open_error.error_code,
                "extended-channels-not-supported-for-standard-jobs");
}

Test(pool_core, openings_are_refused_with_their_reasons)
{
    client_setup_with(&us, 0);
    hs_sv2_message m = client_open_message(1, 1, 1.0F);
    m.as.open.min_extranonce_size = 16;
    client_say(&us, &m);
    cr_assert_eq(client_count(&us, HS_SV2_OPEN_EXTENDED_SUCCESS), 1);
    m.as.open.request_id = 2;
    m.as.open.min_extranonce_size = 17;
    client_say(&us, &m);
    expect_code(client_last(&us, 0)->as.open_error.error_code, "min-extranonce-size-too-large");
    m = client_open_message(0, 3, 1.0F);
    memset(m.as.open.max_target.byte, 0, 32);
    client_say(&us, &m);
    expect_code(client_last(&us, 0)->as.open_error.error_code, "max-target-out-of-range");
    m = client_open_message(0, 4, 1.0F);
    cr_assert_eq(hs_pool_command(pool, "refuse", pool_notes, sizeof pool_notes), 0);
    client_say(&us, &m);
    expect_code(client_last(&us, 0)->as.open_error.error_code, "unknown-user");
    cr_assert_eq(hs_pool_command(pool, "refuse off", pool_notes, sizeof pool_notes), 0);
    m.as.open.request_id = 5;
    client_say(&us, &m);
    cr_assert_eq(client_count(&us, HS_SV2_OPEN_STANDARD_SUCCESS), 1);
    cr_assert_not(us.ended);
}

Test(pool_core, targets_follow_the_stated_rate_within_max_target)
{
    options.hashes_per_share = 0.0;
    options.shares_per_minute = 30.0;
    options.least_rate_hs = 100.0;
    restart();
    client_setup_with(&us, 0);
    hs_sv2_message m = client_open_message(1, 1, 32768.0F); /* 2^15 * 2 = 2^16 hashes per share */
    client_say(&us, &m);
    hs_sv2_u256 expected;
    memset(expected.byte, 0xff, 32);
    memset(expected.byte + 30, 0, 2);
    const uint32_t id = client_last(&us, 2)->as.open_success.channel_id;
    cr_assert_eq(hs_sv2_compare(&client_channel(&us, id)->target, &expected), 0);
    m = (hs_sv2_message){.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = id;
    m.as.update_channel.nominal_hash_rate = 128.0F;
    memset(m.as.update_channel.maximum_target.byte, 0xff, 32);
    client_say(&us, &m);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_SET_TARGET);
    cr_assert_eq(client_last(&us, 0)->as.set_target.maximum_target.byte[31], 0);
    cr_assert_eq(client_last(&us, 0)->as.set_target.maximum_target.byte[30], 0xff);
    const size_t before = us.count;
    client_say(&us, &m);
    cr_assert_eq(us.count, before, "nothing has changed: nothing is said");
    m.as.update_channel.maximum_target.byte[31] = 0;
    m.as.update_channel.maximum_target.byte[30] = 0x7f;
    client_say(&us, &m);
    cr_assert_eq(client_last(&us, 0)->as.set_target.maximum_target.byte[30], 0x7f,
                 "the client's limit holds");
    m.as.update_channel.nominal_hash_rate = 0.0F;
    memset(m.as.update_channel.maximum_target.byte, 0xff, 32);
    client_say(&us, &m); /* 100 H/s at least: 200 hashes per share */
    cr_assert_eq(client_last(&us, 0)->as.set_target.maximum_target.byte[31], 1);
    m.as.update_channel.channel_id = 999;
    client_say(&us, &m);
    expect_code(client_last(&us, 0)->as.update_channel_error.error_code, "invalid-channel-id");
    m.as.update_channel.channel_id = id;
    memset(m.as.update_channel.maximum_target.byte, 0, 32);
    client_say(&us, &m);
    expect_code(client_last(&us, 0)->as.update_channel_error.error_code, "max-target-out-of-range");
}

Test(pool_core, jobs_are_refreshed_and_tips_change_by_the_clock)
{
    client_setup_with(&us, 0);
    const uint32_t a = client_open(&us, 1);
    const uint32_t b = client_open(&us, 1);
    const uint32_t s = client_open(&us, 0);
    const hs_sv2_u256 first_tip = client_job(&us, a)->tip.prev_hash;
    size_t before = us.count;
    uint64_t now = hs_pool_next_ms(pool);
    cr_assert_eq(now, 7000);
    hs_pool_advance(pool, now - 1);
    cr_assert_eq(us.count, before);
    hs_pool_advance(pool, now);
    cr_assert_eq(us.count, before + 2, "one to the group, one to the standard channel");
    cr_assert_eq(us.log[before].m.id, HS_SV2_NEW_EXTENDED_JOB);
    cr_assert_eq(us.log[before].m.as.new_extended_job.min_ntime.value, WALL_MS / 1000 + 7);
    cr_assert_eq(client_job(&us, a)->job_id, client_job(&us, b)->job_id);
    cr_assert_eq(us.log[before + 1].m.id, HS_SV2_NEW_MINING_JOB);
    cr_assert_eq(us.log[before + 1].m.as.new_mining_job.channel_id, s);
    cr_assert_eq(hs_sv2_compare(&client_job(&us, a)->tip.prev_hash, &first_tip), 0);
    unsigned tips = 0;
    for (int i = 0; i < 40 && now < 95000; i++) {
        before = us.count;
        now = hs_pool_next_ms(pool);
        hs_pool_advance(pool, now);
        if (us.log[us.count - 1].m.id == HS_SV2_SET_NEW_PREV_HASH) {
            tips++;
            cr_assert_eq(us.count, before + 4);
            cr_assert_eq(us.log[before].m.as.new_extended_job.min_ntime.present, 0);
            cr_assert_eq(us.log[before].burst, us.log[us.count - 1].burst);
        }
    }
    cr_assert_geq(tips, 3);
    cr_assert_leq(tips, 4);
    cr_assert_neq(hs_sv2_compare(&client_job(&us, a)->tip.prev_hash, &first_tip), 0);
    cr_assert_eq(
        hs_sv2_compare(&client_job(&us, a)->tip.prev_hash, &client_job(&us, s)->tip.prev_hash), 0);
}

static hs_pool *pool_named(const char *name, int one_tip, uint64_t seed, uint64_t wall_ms)
{
    hs_pool_options o;
    hs_options_defaults(&HS_POOL_COMMAND, &o);
    (void)snprintf(o.name, sizeof o.name, "%s", name);
    o.one_tip = one_tip;
    o.one_tip_seed = 5;
    o.seed = seed;
    o.extranonce_size = 4 + (uint32_t)seed % 8;
    hs_pool *const made = hs_pool_new(&o, &CLIENT_OUT, NULL, wall_ms);
    cr_assert_not_null(made);
    return made;
}

Test(pool_core, pools_of_one_tip_seed_share_their_tips_whenever_they_start)
{
    hs_pool *const a = pool_named("a", 1, 1, WALL_MS);
    hs_pool *const b = pool_named("b", 1, 2, WALL_MS + 12345);
    hs_pool *const c = pool_named("c", 0, 1, WALL_MS);
    hs_pool *const d = pool_named("d", 0, 1, WALL_MS);
    cr_assert_neq(hs_sv2_compare(&c->stream.tip.prev_hash, &d->stream.tip.prev_hash), 0);
    for (uint64_t ms = 20000; ms < 200000; ms += 250) {
        hs_pool_advance(a, ms);
        hs_pool_advance(b, ms - 12345);
        cr_assert_eq(hs_sv2_compare(&a->stream.tip.prev_hash, &b->stream.tip.prev_hash), 0);
        cr_assert_eq(a->stream.tip.nbits, b->stream.tip.nbits);
    }
    cr_assert_geq(a->tips, 6);
    cr_assert_eq(a->tip_grid, b->tip_grid);
    cr_assert(a->stream.suffix_len != b->stream.suffix_len ||
                  memcmp(a->stream.suffix, b->stream.suffix, a->stream.suffix_len) != 0,
              "the jobs on it are their own");
    hs_pool_free(a);
    hs_pool_free(b);
    hs_pool_free(c);
    hs_pool_free(d);
}

Test(pool_core, a_client_that_breaks_the_protocol_is_dropped)
{
    const uint8_t short_setup[] = {0, 0, 0, 3, 0, 0, 0, 2, 0};
    hs_pool_frame(us.peer, short_setup, sizeof short_setup);
    cr_assert(us.ended);
    cr_assert_str_eq(us.reason, "malformed frame: SetupConnection: max_version at byte 9 needs 2 "
                                "bytes and the payload has 0 left");
    restart();
    hs_sv2_message m = client_open_message(1, 1, 1.0F);
    client_say(&us, &m);
    cr_assert(us.ended, "before the setup");
    restart();
    client_setup_with(&us, 0);
    m = (hs_sv2_message){.id = HS_SV2_SET_TARGET};
    client_say(&us, &m);
    cr_assert_str_eq(us.reason, "a server's message from the client: SetTarget");
    restart();
    client_setup_with(&us, 0);
    client_setup_with(&us, 0);
    cr_assert(us.ended, "twice");
}

Test(pool_core, what_is_only_unknown_is_ignored)
{
    const uint8_t reserved[] = {0, 0x80, 0x1e, 0, 0, 0};
    const uint8_t extension[] = {0x34, 0x12, 0x00, 2, 0, 0, 1, 2};
    client_setup_with(&us, 0);
    hs_pool_frame(us.peer, reserved, sizeof reserved);
    hs_pool_frame(us.peer, extension, sizeof extension);
    cr_assert_not(us.ended);
    uint8_t wanted[] = {2, 0};
    hs_sv2_message m = {.id = HS_SV2_REQUEST_EXTENSIONS};
    m.as.extensions.request_id = 9;
    m.as.extensions.extensions = (hs_sv2_seq){wanted, 1};
    client_say(&us, &m);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_REQUEST_EXTENSIONS_ERROR);
    cr_assert_eq(client_last(&us, 0)->as.extensions.extensions.count, 1);
    m = (hs_sv2_message){.id = HS_SV2_SET_CUSTOM_JOB};
    m.as.set_custom_job.channel_id = client_open(&us, 1);
    client_say(&us, &m);
    cr_assert_eq(client_last(&us, 0)->id, HS_SV2_SET_CUSTOM_JOB_ERROR);
    cr_assert_not(us.ended);
    json_t *const counts = hs_pool_json(pool, 0);
    cr_assert_eq(json_integer_value(json_object_get(counts, "protocol_errors")), 2);
    json_decref(counts);
}

Test(pool_core, connections_do_not_know_of_each_other)
{
    client other;
    client_join(&other, pool);
    client_setup_with(&us, 0);
    client_setup_with(&other, 0);
    const uint32_t ours = client_open(&us, 1);
    const uint32_t theirs = client_open(&other, 1);
    cr_assert_neq(ours, theirs);
    cr_assert_neq(client_channel(&us, ours)->prefix.byte[2],
                  client_channel(&other, theirs)->prefix.byte[2]);
    hs_sv2_message stray = client_share(&other, theirs);
    client_expect_error(&us, &stray, "invalid-channel-id");
    hs_pool_leave(us.peer);
    const size_t before = other.count;
    hs_pool_advance(pool, 7000);
    cr_assert_eq(other.count, before + 1);
    client_free(&other);
}
