/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check_changes_jobs: changes to setup, openings, jobs, prefixes and tips.
 * Each is a function, called as what it does; the table at the end says which rule it breaks. */
#ifndef TESTS_HOST_CHECK_CHANGES_JOBS_H
#define TESTS_HOST_CHECK_CHANGES_JOBS_H

#include "tests/host/check/changes.h"

static void setup_speaks_another_protocol(void)
{
    EDIT(w.miner, HS_SV2_SETUP_CONNECTION, 0, m.as.setup_connection.protocol = 1);
}

static void setup_comes_twice(void)
{
    repeat(&w.miner, find(&w.miner, HS_SV2_SETUP_CONNECTION, 0));
}

static void setup_success_has_a_version_nobody_asked_for(void)
{
    EDIT(w.a, HS_SV2_SETUP_CONNECTION_SUCCESS, 0, m.as.setup_connection_success.used_version = 1);
}

static void setup_fixes_the_version_of_a_roller(void)
{
    EDIT(w.miner, HS_SV2_SETUP_CONNECTION, 0,
         m.as.setup_connection.flags = HS_SV2_REQUIRES_VERSION_ROLLING);
    EDIT(w.miner, HS_SV2_SETUP_CONNECTION_SUCCESS, 0,
         m.as.setup_connection_success.flags = HS_SV2_REQUIRES_FIXED_VERSION);
}

static void setup_is_refused_and_goes_on(void)
{
    EDIT(w.miner, HS_SV2_SETUP_CONNECTION_SUCCESS, 0, m.id = HS_SV2_SETUP_CONNECTION_ERROR;
         m.as.setup_connection_error.flags = 0; m.as.setup_connection_error.error_code.len = 0);
    snprintf(w.miner.frames[1].name, sizeof w.miner.frames[1].name, "SetupConnection.Error");
}

static void setup_error_refuses_a_flag_that_was_not_set(void)
{
    EDIT(w.miner, HS_SV2_SETUP_CONNECTION_SUCCESS, 0, m.id = HS_SV2_SETUP_CONNECTION_ERROR;
         m.as.setup_connection_error.flags = 2; m.as.setup_connection_error.error_code.len = 0);
    snprintf(w.miner.frames[1].name, sizeof w.miner.frames[1].name, "SetupConnection.Error");
}

static void reconnect_comes_before_setup(void)
{
    move(&w.miner, find(&w.miner, HS_SV2_RECONNECT, 0), 0);
}

static void reconnect_comes_from_the_client(void)
{
    w.miner.frames[find(&w.miner, HS_SV2_RECONNECT, 0)].sender = HS_SV2_CLIENT;
}

static void endpoint_changed_of_no_channel(void)
{
    EDIT(w.miner, HS_SV2_CHANNEL_ENDPOINT_CHANGED, 0,
         m.as.channel_endpoint_changed.channel_id = 77);
}

static void endpoint_changed_is_left_out(void)
{
    drop(&w.miner, find(&w.miner, HS_SV2_CHANNEL_ENDPOINT_CHANGED, 0));
}

static void extensions_are_answered_twice(void)
{
    repeat(&w.miner, find(&w.miner, HS_SV2_REQUEST_EXTENSIONS_SUCCESS, 0));
}

static void extensions_are_asked_twice(void)
{
    repeat(&w.miner, find(&w.miner, HS_SV2_REQUEST_EXTENSIONS, 0));
}

static void extensions_error_answers_nothing(void)
{
    EDIT(w.miner, HS_SV2_REQUEST_EXTENSIONS_ERROR, 0, m.as.extensions.request_id = 99);
}

static void standard_channel_where_none_are(void)
{
    EDIT(w.miner, HS_SV2_SETUP_CONNECTION_SUCCESS, 0,
         m.as.setup_connection_success.flags = HS_SV2_REQUIRES_EXTENDED_CHANNELS);
}

static void open_reuses_a_request(void)
{
    repeat(&w.miner, find(&w.miner, HS_SV2_OPEN_STANDARD, 0));
}

static void open_standard_is_easier_than_max(void)
{
    EDIT(w.miner, HS_SV2_OPEN_STANDARD_SUCCESS, 0, m.as.open_success.target = target_at(26));
}

static void open_extended_has_the_target_zero(void)
{
    EDIT(w.miner, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, m.as.open_success.target = every(0));
}

static void open_extended_grants_too_little(void)
{
    EDIT(w.miner, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, m.as.open_success.extranonce_size = 7);
}

static void open_extended_asks_for_more(void)
{
    EDIT(w.a, HS_SV2_OPEN_EXTENDED, 0, m.as.open.min_extranonce_size = 13);
}

static void open_answers_the_other_kind(void)
{
    EDIT(w.miner, HS_SV2_OPEN_STANDARD_SUCCESS, 0, m.as.open_success.request_id = 1;
         m.as.open_success.channel_id = 44);
    move(&w.miner, find(&w.miner, HS_SV2_OPEN_STANDARD_SUCCESS, 0),
         find(&w.miner, HS_SV2_OPEN_EXTENDED_SUCCESS, 0));
}

static void open_takes_an_id_in_use(void)
{
    EDIT(w.rack, HS_SV2_OPEN_EXTENDED_SUCCESS, 1, m.as.open_success.channel_id = 2);
}

static void open_makes_a_channel_of_a_group(void)
{
    EDIT(w.rack, HS_SV2_OPEN_EXTENDED_SUCCESS, 1, m.as.open_success.channel_id = 1);
}

static void open_breaks_the_group(void)
{
    EDIT(w.rack, HS_SV2_OPEN_EXTENDED_SUCCESS, 1, m.as.open_success.extranonce_prefix.len = 7);
}

static void open_error_answers_nothing(void)
{
    EDIT(w.miner, HS_SV2_OPEN_ERROR, 0, m.as.open_error.request_id = 10);
}

static void standard_job_goes_to_an_extended_channel(void)
{
    EDIT(w.miner, HS_SV2_NEW_MINING_JOB, 0, m.as.new_mining_job.channel_id = EXTENDED;
         m.as.new_mining_job.job_id = 50);
}

static void standard_job_goes_to_a_group(void)
{
    EDIT(w.miner, HS_SV2_NEW_MINING_JOB, 0, m.as.new_mining_job.channel_id = 3);
}

static void standard_job_reuses_a_number(void)
{
    EDIT(w.miner, HS_SV2_NEW_MINING_JOB, 1, m.as.new_mining_job.job_id = 1);
}

static void standard_job_has_a_broken_root(void)
{
    EDIT(w.miner, HS_SV2_NEW_MINING_JOB, 0, m.as.new_mining_job.merkle_root.byte[0] ^= 1);
}

static void standard_job_has_another_version(void)
{
    EDIT(w.miner, HS_SV2_NEW_MINING_JOB, 0, m.as.new_mining_job.version = 0x20000020);
}

static void standard_prefix_is_one_byte_short(void)
{
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 1,
         m.as.set_extranonce_prefix.extranonce_prefix.len = 11);
}

static void standard_prefix_is_of_no_pool(void)
{
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 1,
         m.as.set_extranonce_prefix.extranonce_prefix.byte[0] = 0xcc);
}

static void standard_prefix_is_another_than_the_root_has(void)
{
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 1,
         m.as.set_extranonce_prefix.extranonce_prefix.byte[11] ^= 1);
}

static void standard_prefix_is_forgotten(void)
{
    drop(&w.miner, find(&w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 1));
}

static void first_job_is_no_future_one(void)
{
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 0, m.as.new_extended_job.min_ntime.present = 1;
         m.as.new_extended_job.min_ntime.value = T0);
}

static void extended_job_goes_to_a_standard_channel(void)
{
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 2, m.as.new_extended_job.channel_id = STANDARD);
}

static void extended_job_where_only_standard_ones_go(void)
{
    EDIT(w.miner, HS_SV2_SETUP_CONNECTION, 0,
         m.as.setup_connection.flags = HS_SV2_REQUIRES_STANDARD_JOBS);
}

static void extended_job_reuses_a_number(void)
{
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 2, m.as.new_extended_job.job_id = 2);
}

static void extended_job_has_bytes_left_over(void)
{
    static uint8_t tail[19] = {0xff, 0xff, 0xff, 0xff, 1};
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 0,
         m.as.new_extended_job.coinbase_tx_suffix = ((hs_sv2_bytes){tail, sizeof tail}));
}

static void extended_job_is_of_no_pool(void)
{
    static uint8_t path[32] = {42};
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 1,
         m.as.new_extended_job.merkle_path = ((hs_sv2_seq){path, 1}));
}

static void extended_job_has_another_version(void)
{
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 1, m.as.new_extended_job.version = 0x30000000);
}

static void extended_job_comes_before_its_pool_sent_it(void)
{
    frame *const f = &w.a.frames[find(&w.a, HS_SV2_NEW_EXTENDED_JOB, 1)];
    f->t_ms = 12500;
}

static void extended_job_lets_roll_what_the_pool_does_not(void)
{
    EDIT(w.a, HS_SV2_NEW_EXTENDED_JOB, 1, m.as.new_extended_job.version_rolling_allowed = 0);
}

static void extended_job_forbids_rolling_to_a_roller(void)
{
    EDIT(w.rack, HS_SV2_SETUP_CONNECTION, 0,
         m.as.setup_connection.flags |= HS_SV2_REQUIRES_VERSION_ROLLING);
    EDIT(w.rack, HS_SV2_NEW_EXTENDED_JOB, 1, m.as.new_extended_job.version_rolling_allowed = 0);
}

static void move_forgets_the_prefix(void)
{
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 0,
         m.as.set_extranonce_prefix.extranonce_prefix.byte[0] = 0xaa);
}

static void move_has_a_prefix_of_the_wrong_length(void)
{
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 0,
         m.as.set_extranonce_prefix.extranonce_prefix.len = 5);
}

static void pool_grants_one_byte_more_than_its_coinbase_has(void)
{
    EDIT(w.b, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, m.as.open_success.extranonce_size = 11);
}

static void pool_grants_another_space(void)
{
    EDIT(w.b, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, m.as.open_success.extranonce_prefix.byte[0] = 0xbc);
}

static void pool_grants_a_longer_prefix_and_less_to_roll(void)
{
    EDIT(w.b, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, m.as.open_success.extranonce_prefix.len = 3;
         m.as.open_success.extranonce_prefix.byte[2] = 9; m.as.open_success.extranonce_size = 9);
    EDIT(w.b, HS_SV2_SUBMIT_EXTENDED, 0, m.as.submit.extranonce.len = 9);
    EDIT(w.b, HS_SV2_SUBMIT_EXTENDED, 1, m.as.submit.extranonce.len = 9);
}

static void prefix_and_rollable_part_are_too_long(void)
{
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 0,
         m.as.set_extranonce_prefix.extranonce_prefix.len = 25);
}

static void prefix_of_one_member_breaks_the_group(void)
{
    say_prefix(&w.rack, 3500, 2, on_a(7, 0x11));
    move(&w.rack, w.rack.count - 1, find(&w.rack, HS_SV2_SET_GROUP_CHANNEL, 0));
}

static void prefix_comes_after_the_future_job(void)
{
    const size_t at = find(&w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 2);
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 2,
         m.as.set_extranonce_prefix.extranonce_prefix = on_b(4, 1));
    repeat(&w.miner, at);
    EDIT(w.miner, HS_SV2_SET_EXTRANONCE_PREFIX, 3,
         m.as.set_extranonce_prefix.extranonce_prefix = on_b(4, 2));
    move(&w.miner, at + 1, at + 2);
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 3, const parts b3 = parts_of('b', 3);
         m = extended_job(EXTENDED, 4, &b3, 0));
}

static void tip_names_no_job(void)
{
    EDIT(w.miner, HS_SV2_SET_NEW_PREV_HASH, 2, m.as.set_new_prev_hash.job_id = 9);
}

static void tip_names_the_active_job(void)
{
    EDIT(w.miner, HS_SV2_SET_NEW_PREV_HASH, 2, m.as.set_new_prev_hash.job_id = 1);
}

static void tip_is_not_the_pools(void)
{
    EDIT(w.miner, HS_SV2_SET_NEW_PREV_HASH, 2, m.as.set_new_prev_hash.prev_hash = every(2));
}

static void tip_has_other_nbits(void)
{
    EDIT(w.miner, HS_SV2_SET_NEW_PREV_HASH, 0, m.as.set_new_prev_hash.nbits++);
}

static void tip_allows_an_earlier_ntime(void)
{
    EDIT(w.miner, HS_SV2_SET_NEW_PREV_HASH, 0, m.as.set_new_prev_hash.min_ntime = T0 - 1);
}

static void refreshed_job_allows_an_earlier_ntime_than_the_pools(void)
{
    EDIT(w.miner, HS_SV2_NEW_EXTENDED_JOB, 1, m.as.new_extended_job.min_ntime.value = T0 + 9);
}

static void soft_move_on_another_tip(void)
{
    EDIT(w.b, HS_SV2_SET_NEW_PREV_HASH, 0, m.as.set_new_prev_hash.prev_hash = every(7));
}

static const change changes_jobs[] = {
    {setup_speaks_another_protocol, "setup_speaks_another_protocol", HS_RULE_SETUP_ORDER,
     HS_SV2_SETUP_CONNECTION},
    {setup_comes_twice, "setup_comes_twice", HS_RULE_SETUP_ORDER, HS_SV2_SETUP_CONNECTION},
    {setup_success_has_a_version_nobody_asked_for, "setup_success_has_a_version_nobody_asked_for",
     HS_RULE_SETUP_VERSION, HS_SV2_SETUP_CONNECTION_SUCCESS},
    {setup_fixes_the_version_of_a_roller, "setup_fixes_the_version_of_a_roller",
     HS_RULE_SETUP_FLAGS, HS_SV2_SETUP_CONNECTION},
    {setup_is_refused_and_goes_on, "setup_is_refused_and_goes_on", HS_RULE_SETUP_ORDER,
     HS_SV2_SETUP_CONNECTION_ERROR},
    {setup_error_refuses_a_flag_that_was_not_set, "setup_error_refuses_a_flag_that_was_not_set",
     HS_RULE_SETUP_FLAGS, HS_SV2_SETUP_CONNECTION_ERROR},
    {reconnect_comes_before_setup, "reconnect_comes_before_setup", HS_RULE_SETUP_ORDER,
     HS_SV2_RECONNECT},
    {reconnect_comes_from_the_client, "reconnect_comes_from_the_client", HS_CHECK_DIRECTION,
     HS_SV2_RECONNECT},
    {endpoint_changed_of_no_channel, "endpoint_changed_of_no_channel", HS_RULE_CHANNEL_UNKNOWN,
     HS_SV2_CHANNEL_ENDPOINT_CHANGED},
    {endpoint_changed_is_left_out, "endpoint_changed_is_left_out", HS_CHECK_ENDPOINT_OWED,
     HS_SV2_CHANNEL_ENDPOINT_CHANGED},
    {extensions_are_answered_twice, "extensions_are_answered_twice", HS_RULE_REQUEST_ID,
     HS_SV2_REQUEST_EXTENSIONS_SUCCESS},
    {extensions_are_asked_twice, "extensions_are_asked_twice", HS_RULE_REQUEST_ID,
     HS_SV2_REQUEST_EXTENSIONS},
    {extensions_error_answers_nothing, "extensions_error_answers_nothing", HS_RULE_REQUEST_ID,
     HS_SV2_REQUEST_EXTENSIONS_ERROR},
    {standard_channel_where_none_are, "standard_channel_where_none_are", HS_RULE_CHANNEL_KIND,
     HS_SV2_SETUP_CONNECTION_SUCCESS},
    {open_reuses_a_request, "open_reuses_a_request", HS_RULE_REQUEST_ID, HS_SV2_OPEN_STANDARD},
    {open_standard_is_easier_than_max, "open_standard_is_easier_than_max", HS_RULE_TARGET,
     HS_SV2_OPEN_STANDARD_SUCCESS},
    {open_extended_has_the_target_zero, "open_extended_has_the_target_zero", HS_RULE_TARGET,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {open_extended_grants_too_little, "open_extended_grants_too_little", HS_RULE_EXTRANONCE_SIZE,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {open_extended_asks_for_more, "open_extended_asks_for_more", HS_RULE_EXTRANONCE_SIZE,
     HS_SV2_OPEN_EXTENDED},
    {open_answers_the_other_kind, "open_answers_the_other_kind", HS_RULE_CHANNEL_KIND,
     HS_SV2_OPEN_STANDARD_SUCCESS},
    {open_takes_an_id_in_use, "open_takes_an_id_in_use", HS_RULE_CHANNEL_ID,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {open_makes_a_channel_of_a_group, "open_makes_a_channel_of_a_group", HS_RULE_CHANNEL_ID,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {open_breaks_the_group, "open_breaks_the_group", HS_RULE_GROUP_SIZE,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {open_error_answers_nothing, "open_error_answers_nothing", HS_RULE_REQUEST_ID,
     HS_SV2_OPEN_ERROR},
    {standard_job_goes_to_an_extended_channel, "standard_job_goes_to_an_extended_channel",
     HS_RULE_CHANNEL_KIND, HS_SV2_NEW_MINING_JOB},
    {standard_job_goes_to_a_group, "standard_job_goes_to_a_group", HS_RULE_NOT_FOR_GROUPS,
     HS_SV2_NEW_MINING_JOB},
    {standard_job_reuses_a_number, "standard_job_reuses_a_number", HS_RULE_JOB_ID_IN_USE,
     HS_SV2_NEW_MINING_JOB},
    {standard_job_has_a_broken_root, "standard_job_has_a_broken_root", HS_CHECK_MERKLE_ROOT,
     HS_SV2_NEW_MINING_JOB},
    {standard_job_has_another_version, "standard_job_has_another_version", HS_CHECK_MERKLE_ROOT,
     HS_SV2_NEW_MINING_JOB},
    {standard_prefix_is_one_byte_short, "standard_prefix_is_one_byte_short", HS_CHECK_PREFIX_LENGTH,
     HS_SV2_SET_EXTRANONCE_PREFIX},
    {standard_prefix_is_of_no_pool, "standard_prefix_is_of_no_pool", HS_CHECK_PREFIX_SPACE,
     HS_SV2_SET_EXTRANONCE_PREFIX},
    {standard_prefix_is_another_than_the_root_has, "standard_prefix_is_another_than_the_root_has",
     HS_CHECK_MERKLE_ROOT, HS_SV2_SET_EXTRANONCE_PREFIX},
    {standard_prefix_is_forgotten, "standard_prefix_is_forgotten", HS_CHECK_MERKLE_ROOT,
     HS_SV2_SET_EXTRANONCE_PREFIX},
    {first_job_is_no_future_one, "first_job_is_no_future_one", HS_RULE_FIRST_JOB,
     HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_goes_to_a_standard_channel, "extended_job_goes_to_a_standard_channel",
     HS_RULE_CHANNEL_KIND, HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_where_only_standard_ones_go, "extended_job_where_only_standard_ones_go",
     HS_RULE_STANDARD_JOBS, HS_SV2_SETUP_CONNECTION},
    {extended_job_reuses_a_number, "extended_job_reuses_a_number", HS_RULE_JOB_ID_IN_USE,
     HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_has_bytes_left_over, "extended_job_has_bytes_left_over", HS_RULE_COINBASE,
     HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_is_of_no_pool, "extended_job_is_of_no_pool", HS_CHECK_POOL_JOB,
     HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_has_another_version, "extended_job_has_another_version", HS_CHECK_POOL_JOB,
     HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_comes_before_its_pool_sent_it, "extended_job_comes_before_its_pool_sent_it",
     HS_CHECK_POOL_JOB, HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_lets_roll_what_the_pool_does_not, "extended_job_lets_roll_what_the_pool_does_not",
     HS_RULE_VERSION_ROLLING, HS_SV2_NEW_EXTENDED_JOB},
    {extended_job_forbids_rolling_to_a_roller, "extended_job_forbids_rolling_to_a_roller",
     HS_RULE_VERSION_ROLLING, HS_SV2_SETUP_CONNECTION},
    {move_forgets_the_prefix, "move_forgets_the_prefix", HS_CHECK_PREFIX_SPACE,
     HS_SV2_SET_EXTRANONCE_PREFIX},
    {move_has_a_prefix_of_the_wrong_length, "move_has_a_prefix_of_the_wrong_length",
     HS_RULE_COINBASE, HS_SV2_SET_EXTRANONCE_PREFIX},
    {pool_grants_one_byte_more_than_its_coinbase_has,
     "pool_grants_one_byte_more_than_its_coinbase_has", HS_RULE_COINBASE,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {pool_grants_another_space, "pool_grants_another_space", HS_CHECK_PREFIX_SPACE,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {pool_grants_a_longer_prefix_and_less_to_roll, "pool_grants_a_longer_prefix_and_less_to_roll",
     HS_CHECK_PREFIX_SPACE, HS_SV2_OPEN_EXTENDED_SUCCESS},
    {prefix_and_rollable_part_are_too_long, "prefix_and_rollable_part_are_too_long",
     HS_RULE_EXTRANONCE_SIZE, HS_SV2_SET_EXTRANONCE_PREFIX},
    {prefix_of_one_member_breaks_the_group, "prefix_of_one_member_breaks_the_group",
     HS_RULE_GROUP_SIZE, HS_SV2_SET_GROUP_CHANNEL},
    {prefix_comes_after_the_future_job, "prefix_comes_after_the_future_job", HS_CHECK_PREFIX_ORDER,
     HS_SV2_SET_EXTRANONCE_PREFIX},
    {tip_names_no_job, "tip_names_no_job", HS_RULE_PREV_HASH_JOB, HS_SV2_SET_NEW_PREV_HASH},
    {tip_names_the_active_job, "tip_names_the_active_job", HS_RULE_PREV_HASH_JOB,
     HS_SV2_SET_NEW_PREV_HASH},
    {tip_is_not_the_pools, "tip_is_not_the_pools", HS_CHECK_POOL_TIP, HS_SV2_SET_NEW_PREV_HASH},
    {tip_has_other_nbits, "tip_has_other_nbits", HS_CHECK_POOL_TIP, HS_SV2_SET_NEW_PREV_HASH},
    {tip_allows_an_earlier_ntime, "tip_allows_an_earlier_ntime", HS_CHECK_POOL_TIP,
     HS_SV2_SET_NEW_PREV_HASH},
    {refreshed_job_allows_an_earlier_ntime_than_the_pools,
     "refreshed_job_allows_an_earlier_ntime_than_the_pools", HS_CHECK_POOL_TIP,
     HS_SV2_NEW_EXTENDED_JOB},
    {soft_move_on_another_tip, "soft_move_on_another_tip", HS_CHECK_POOL_TIP,
     HS_SV2_SET_NEW_PREV_HASH},
};

#endif
