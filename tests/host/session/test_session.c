/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session and session/channels: the recorded sessions as a whole, then setup, channels and
 * groups. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/replay/input.h"
#include "tests/host/session/messages.h"

/* ---- recorded sessions ---- */

typedef struct outcome {
    int faults;
    int first_frame; /* from 1 */
    enum hs_rule first_rule;
    int valid_shares;
    int late_shares;
    int answered;
} outcome;

static outcome replay(const char *name)
{
    char path[512];
    char why[256];
    hs_replay_recording r;
    outcome o = {0};
    size_t at = 0;
    int frame = 0;
    snprintf(path, sizeof path, "%s/data/sv2/sessions/%s.hex", HMX_TEST_DATA, name);
    cr_assert(hs_replay_recording_read(path, &r, why, sizeof why) == 0, "%s", why);
    cr_assert(r.was_hex);
    hs_session *const s = hs_session_new();
    while (at < r.len) {
        hs_sv2_message m;
        hs_sv2_error error;
        size_t size = 0;
        cr_assert(hs_sv2_frame_size(r.data + at, r.len - at, &size, &error) == 0, "%s", error.text);
        cr_assert(hs_sv2_decode(r.data + at, size, HS_SV2_STRICT, &m, &error) == 0, "%s",
                  error.text);
        frame++;
        if (hs_session_apply(s, &m, &step) != 0 && o.faults++ == 0) {
            o.first_frame = frame;
            o.first_rule = step.rule;
        }
        cr_assert_neq(step.text[0], '\0');
        o.valid_shares += step.share != NULL && step.share->judgement == HS_JUDGED_VALID;
        o.late_shares += step.share != NULL && step.share->judgement == HS_JUDGED_STALE;
        o.answered += (int)step.answered_count;
        at += size;
    }
    hs_session_free(s);
    hs_replay_recording_free(&r);
    return o;
}

Test(session_recorded, legal_ones_have_no_fault_and_their_shares_hash)
{
    const struct {
        const char *name;
        int valid;
        int late;
    } rows[] = {{"ext_hard_move", 2, 1},
                {"ext_soft_move", 2, 0},
                {"group_move_setgroupchannel", 2, 0},
                {"std_hard_move", 2, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const outcome o = replay(rows[i].name);
        cr_assert_eq(o.faults, 0, "%s", rows[i].name);
        cr_assert_eq(o.valid_shares, rows[i].valid, "%s", rows[i].name);
        cr_assert_eq(o.late_shares, rows[i].late, "%s", rows[i].name);
        cr_assert_eq(o.answered, rows[i].valid + rows[i].late, "%s", rows[i].name);
    }
}

Test(session_recorded, bad_ones_are_found_at_their_first_frame_at_fault)
{
    outcome o = replay("bad_job_id_collision");
    cr_assert_eq(o.first_frame, 8);
    cr_assert_eq(o.first_rule, HS_RULE_JOB_ID_IN_USE);
    o = replay("bad_prevhash_nonfuture");
    cr_assert_eq(o.first_frame, 9);
    cr_assert_eq(o.first_rule, HS_RULE_PREV_HASH_JOB);
    cr_assert_eq(o.faults, 1);
    o = replay("bad_order_prefix_after_job");
    cr_assert_eq(o.first_frame, 10);
    cr_assert_eq(o.first_rule, HS_RULE_SHARE_REFUSED);
    cr_assert_eq(o.faults, 1);
}

/* ---- a connection put together by hand ---- */

TestSuite(session, .init = start, .fini = finish);

Test(session, setup_comes_first_and_once)
{
    hs_sv2_message open = open_message(1, 1);
    at_fault(&open, HS_RULE_SETUP_ORDER);
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    at_fault(&m, HS_RULE_SETUP_ORDER);
    m = setup_message(0);
    legal(&m);
    at_fault(&m, HS_RULE_SETUP_ORDER);
    at_fault(&open, HS_RULE_SETUP_ORDER);
    m = (hs_sv2_message){.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 3;
    at_fault(&m, HS_RULE_SETUP_VERSION);
    m = (hs_sv2_message){.id = HS_SV2_SETUP_CONNECTION_ERROR};
    legal(&m);
    at_fault(&open, HS_RULE_SETUP_ORDER);
}

Test(session, a_mining_message_needs_a_mining_connection)
{
    hs_sv2_message m = setup_message(0);
    m.as.setup_connection.protocol = 2;
    legal(&m);
    m = (hs_sv2_message){.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    legal(&m);
    m = open_message(1, 1);
    at_fault(&m, HS_RULE_SETUP_ORDER);
}

Test(session, openings_are_answered_once_and_as_asked)
{
    connect(0, 0);
    hs_sv2_message m = opened_message(1, 1, 2, 1);
    at_fault(&m, HS_RULE_REQUEST_ID);
    hs_sv2_message open = open_message(1, 1);
    open.as.open.max_target = small(200);
    legal(&open);
    at_fault(&open, HS_RULE_REQUEST_ID);
    m = opened_message(0, 1, 2, 1);
    at_fault(&m, HS_RULE_CHANNEL_KIND);
    m = opened_message(1, 1, 2, 1);
    at_fault(&m, HS_RULE_TARGET);
    m.as.open_success.target = small(0);
    at_fault(&m, HS_RULE_TARGET);
    m.as.open_success.target = small(200);
    m.as.open_success.extranonce_size = 7;
    at_fault(&m, HS_RULE_EXTRANONCE_SIZE);
    m.as.open_success.extranonce_size = 29;
    at_fault(&m, HS_RULE_EXTRANONCE_SIZE);
    m.as.open_success.extranonce_size = 8;
    m.as.open_success.group_channel_id = 2;
    at_fault(&m, HS_RULE_CHANNEL_ID);
    m.as.open_success.group_channel_id = 1;
    legal(&m);
    at_fault(&m, HS_RULE_REQUEST_ID);
    open = open_message(0, 9);
    legal(&open);
    m = (hs_sv2_message){.id = HS_SV2_OPEN_ERROR};
    m.as.open_error.request_id = 9;
    legal(&m);
    cr_assert_eq(step.request_id, 9);
    at_fault(&m, HS_RULE_REQUEST_ID);
}

Test(session, an_id_never_comes_back)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    hs_sv2_message m = close_channel(2);
    legal(&m);
    cr_assert_eq(step.sender, HS_SV2_CLIENT);
    at_fault(&m, HS_RULE_CHANNEL_UNKNOWN);
    m = open_message(1, 5);
    legal(&m);
    m = opened_message(1, 5, 2, 1);
    at_fault(&m, HS_RULE_CHANNEL_ID);
    m = opened_message(1, 5, 1, 0); /* a group's */
    at_fault(&m, HS_RULE_CHANNEL_ID);
    m = opened_message(1, 5, 3, 2); /* a channel's as a group's */
    at_fault(&m, HS_RULE_CHANNEL_ID);
    const uint8_t none[4] = {0};
    m = set_group(2, none, 0);
    at_fault(&m, HS_RULE_CHANNEL_ID);
}

Test(session, a_connection_of_standard_jobs_gets_nothing_else)
{
    connect(HS_SV2_REQUIRES_STANDARD_JOBS, 0);
    open_channel(0, 2, 1);
    hs_sv2_message m = extended_job(1, 1, 1);
    at_fault(&m, HS_RULE_STANDARD_JOBS);
    const uint8_t ids[] = {2, 0, 0, 0};
    m = set_group(5, ids, 1);
    at_fault(&m, HS_RULE_STANDARD_JOBS);
    m = standard_job(2, 1, 1);
    legal(&m);
    m = prev_hash(2, 1);
    legal(&m);
    m = share(2, 1, 1);
    m.id = HS_SV2_SUBMIT_STANDARD;
    m.as.submit.extranonce.len = 0;
    expect(&m, HS_JUDGED_VALID);
}

Test(session, members_of_a_group_have_one_extranonce_size)
{
    const uint8_t both[] = {2, 0, 0, 0, 3, 0, 0, 0};
    connect(0, 0);
    open_channel(1, 2, 1);
    hs_sv2_message m = open_message(1, 3);
    legal(&m);
    m = opened_message(1, 3, 3, 1);
    m.as.open_success.extranonce_prefix = bytes(5, 1);
    at_fault(&m, HS_RULE_GROUP_SIZE);
    m.as.open_success.extranonce_prefix = bytes(4, 1);
    legal(&m);
    m = set_prefix(2, bytes(6, 2));
    at_fault(&m, HS_RULE_GROUP_SIZE);
    m = set_group(100, both, 1);
    legal(&m);
    m = set_prefix(2, bytes(6, 2));
    legal(&m);
    m = set_group(100, both, 2);
    at_fault(&m, HS_RULE_GROUP_SIZE);
    m = set_prefix(2, bytes(4, 2));
    legal(&m);
    m = set_group(100, both, 2);
    legal(&m);
    /* Group 1 has lost its members: what is sent to it reaches nobody. */
    m = extended_job(1, 1, 1);
    legal(&m);
    size_t count = 0;
    cr_assert_eq(hs_session_channels(session, &count)[0].job_count, 0);
    m = extended_job(100, 1, 1);
    legal(&m);
    cr_assert_eq(hs_session_channels(session, &count)[1].job_count, 1);
    m = set_group(100, both + 4, 1); /* the list is the whole membership: 2 leaves */
    legal(&m);
    m = extended_job(100, 2, 1);
    legal(&m);
    cr_assert_eq(hs_session_channels(session, &count)[0].job_count, 1);
    cr_assert_eq(hs_session_channels(session, &count)[1].job_count, 2);
    m = close_channel(100);
    legal(&m);
    cr_assert_eq(step.sender, HS_SV2_SERVER);
    m = close_channel(2);
    legal(&m);
    m = close_channel(3);
    at_fault(&m, HS_RULE_CHANNEL_UNKNOWN);
}

Test(session, targets_obey_the_client)
{
    connect(0, 0);
    const hs_session_channel *const channel = open_channel(1, 2, 1);
    hs_sv2_message update = {.id = HS_SV2_UPDATE_CHANNEL};
    update.as.update_channel.channel_id = 2;
    update.as.update_channel.maximum_target = small(100);
    legal(&update);
    hs_sv2_message m = set_target(2, small(200)); /* was on its way */
    legal(&m);
    m = set_target(2, small(0));
    at_fault(&m, HS_RULE_TARGET);
    m = set_target(1, small(100));
    legal(&m);
    cr_assert_eq(channel->target.byte[0], 100);
    m = set_target(2, small(101)); /* the server has followed: no grace any more */
    at_fault(&m, HS_RULE_TARGET);
    cr_assert_eq(channel->target.byte[0], 100);
}

Test(session, channels_are_bounded)
{
    connect(0, 0);
    for (uint32_t i = 1; i <= HS_SESSION_CHANNELS_MAX; i++) {
        open_channel(1, i, 0);
    }
    hs_sv2_message m = open_message(1, 5000);
    legal(&m);
    m = opened_message(1, 5000, 5000, 0);
    at_fault(&m, HS_RULE_LIMIT);
}

Test(session, every_rule_has_a_name_of_its_own)
{
    for (int i = 0; i < HS_RULE_COUNT; i++) {
        for (int k = 0; k < i; k++) {
            cr_assert_str_neq(hs_rule_name((enum hs_rule)i), hs_rule_name((enum hs_rule)k));
        }
    }
    cr_assert_str_eq(hs_rule_name(HS_RULE_COUNT), "unknown");
}
