/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check_changes_shares: changes to targets, updates, shares and their answers, groups, custom jobs,
 * bytes, comments and times. Each is a function, called as what it does; the table at the end says
 * which rule it breaks. */
#ifndef TESTS_HOST_CHECK_CHANGES_SHARES_H
#define TESTS_HOST_CHECK_CHANGES_SHARES_H

#include "tests/host/check/changes.h"

static void target_is_easier_than_max(void)
{
    EDIT(w.miner, HS_SV2_SET_TARGET, 0, m.as.set_target.maximum_target = target_at(26));
}

static void target_is_easier_than_the_update_allows(void)
{
    EDIT(w.miner, HS_SV2_SET_TARGET, 1, m.as.set_target.maximum_target = target_at(26));
}

static void target_of_an_unknown_channel(void)
{
    EDIT(w.miner, HS_SV2_SET_TARGET, 0, m.as.set_target.channel_id = 5);
}

static void target_does_not_follow_the_update(void)
{
    drop(&w.miner, find(&w.miner, HS_SV2_SET_TARGET, 1));
}

static void target_after_the_update_is_not_hard_enough(void)
{
    EDIT(w.miner, HS_SV2_SET_TARGET, 1, m.as.set_target.maximum_target = target_at(24));
}

static void target_does_not_follow_and_there_are_no_times(void)
{
    drop(&w.miner, find(&w.miner, HS_SV2_SET_TARGET, 1));
    for (size_t i = 0; i < w.miner.count; i++) {
        w.miner.frames[i].has_time = 0;
    }
}

static void target_is_still_owed_at_the_end_and_there_are_no_times(void)
{
    say_update(&w.rack, 17000, 2, target_at(24));
    say_prefix(&w.rack, 17000, 2, on_a(8, 0x11));
    for (size_t i = 0; i < w.rack.count; i++) {
        w.rack.frames[i].has_time = 0;
    }
}

static void update_of_a_channel_that_is_closed(void)
{
    say_update(&w.miner, 63500, STANDARD, target_at(25));
}

static void update_comes_too_soon_after_the_last(void)
{
    w.a.frames[find(&w.a, HS_SV2_UPDATE_CHANNEL, 1)].t_ms = 20999;
}

static void update_error_without_update(void)
{
    drop(&w.miner, find(&w.miner, HS_SV2_UPDATE_CHANNEL, 1));
}

static void update_error_of_another_channel(void)
{
    EDIT(w.miner, HS_SV2_UPDATE_CHANNEL_ERROR, 0, m.as.update_channel_error.channel_id = 3);
}

static void close_of_a_channel_that_is_closed(void)
{
    repeat(&w.miner, find(&w.miner, HS_SV2_CLOSE_CHANNEL, 0));
}

static void close_comes_before_the_answer_to_update(void)
{
    const size_t at = find(&w.miner, HS_SV2_CLOSE_CHANNEL, 0);
    move(&w.miner, at, find(&w.miner, HS_SV2_NEW_MINING_JOB, 1));
}

static void share_of_a_job_that_never_was(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_EXTENDED, 0, m.as.submit.job_id = 12);
}

static void share_has_an_extranonce_of_another_size(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_EXTENDED, 0, m.as.submit.extranonce.len = 9);
}

static void share_is_older_than_its_job(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_EXTENDED, 0, m.as.submit.ntime = T0 + 11);
}

static void share_is_ahead_of_the_clock(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_EXTENDED, 0, m.as.submit.ntime += 2);
}

static void share_rolls_a_bit_that_is_not_to_be_rolled(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_STANDARD, 0, m.as.submit.version ^= 1);
}

static void share_is_sent_twice(void)
{
    repeat(&w.miner, find(&w.miner, HS_SV2_SUBMIT_STANDARD, 0));
}

static void share_of_a_standard_kind_on_an_extended_channel(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_STANDARD, 0, m.as.submit.channel_id = EXTENDED);
}

static void share_number_goes_back(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_EXTENDED, 2, m.as.submit.sequence_number = 1);
}

static void share_number_goes_back_upstream(void)
{
    EDIT(w.a, HS_SV2_SUBMIT_EXTENDED, 1, m.as.submit.sequence_number = 1);
}

static void success_of_a_share_that_was_never_sent(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_SUCCESS, 0, m.as.submit_success.last_sequence_number = 8);
}

static void success_counts_one_too_many(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_SUCCESS, 0, m.as.submit_success.new_submits_accepted_count++);
}

static void success_counts_none(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_SUCCESS, 0, m.as.submit_success.new_submits_accepted_count = 0);
}

static void success_adds_one_too_many(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_SUCCESS, 0, m.as.submit_success.new_shares_sum++);
}

static void success_adds_with_the_channels_present_target(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_SUCCESS, 0, m.as.submit_success.new_shares_sum = 3 * 65536);
}

static void success_comes_before_the_share(void)
{
    const size_t at = find(&w.miner, HS_SV2_SUBMIT_STANDARD, 0);
    move(&w.miner, at + 1, at);
}

static void error_contradicts_a_valid_share(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_ERROR, 0, m.as.submit_error.sequence_number = 1;
         m.as.submit_error.error_code = text_of("invalid-job-id"));
    drop(&w.miner, find(&w.miner, HS_SV2_SUBMIT_SUCCESS, 1));
}

static void error_of_a_share_that_was_answered(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_ERROR, 0, m.as.submit_error.sequence_number = 1);
}

static void success_accepts_a_bad_share(void)
{
    EDIT(w.miner, HS_SV2_SUBMIT_EXTENDED, 3, m.as.submit.extranonce.len = 7);
}

static void group_of_channels_that_do_not_exist(void)
{
    static const uint8_t list[4] = {99, 0, 0, 0};
    EDIT(w.rack, HS_SV2_SET_GROUP_CHANNEL, 0,
         m.as.set_group_channel.channel_ids = ((hs_sv2_seq){list, 1}));
}

static void group_takes_a_channels_id(void)
{
    EDIT(w.rack, HS_SV2_SET_GROUP_CHANNEL, 0, m.as.set_group_channel.group_channel_id = 2);
}

static void group_on_a_connection_for_standard_jobs(void)
{
    EDIT(w.rack, HS_SV2_SETUP_CONNECTION, 0,
         m.as.setup_connection.flags |= HS_SV2_REQUIRES_STANDARD_JOBS);
    move(&w.rack, find(&w.rack, HS_SV2_SET_GROUP_CHANNEL, 0),
         find(&w.rack, HS_SV2_NEW_EXTENDED_JOB, 0));
}

static void custom_job_without_work_selection(void)
{
    EDIT(w.rack, HS_SV2_SETUP_CONNECTION, 0, m.as.setup_connection.flags = 0);
}

static void custom_job_is_no_transaction(void)
{
    EDIT(w.rack, HS_SV2_SET_CUSTOM_JOB, 0, m.as.set_custom_job.coinbase_tx_outputs.len--);
}

static void custom_job_success_answers_nothing(void)
{
    EDIT(w.rack, HS_SV2_SET_CUSTOM_JOB_SUCCESS, 0, m.as.set_custom_job_success.request_id = 3);
}

static void custom_job_success_takes_a_number_in_use(void)
{
    EDIT(w.rack, HS_SV2_SET_CUSTOM_JOB_SUCCESS, 0, m.as.set_custom_job_success.job_id = 1);
}

static void custom_job_error_answers_nothing(void)
{
    EDIT(w.rack, HS_SV2_SET_CUSTOM_JOB_ERROR, 0, m.as.set_custom_job_error.request_id = 1);
}

static void two_channels_of_a_connection_have_one_prefix(void)
{
    EDIT(w.rack, HS_SV2_OPEN_EXTENDED_SUCCESS, 1,
         m.as.open_success.extranonce_prefix = on_a(8, 0x11));
}

static void two_connections_have_one_prefix(void)
{
    EDIT(w.rack, HS_SV2_OPEN_EXTENDED_SUCCESS, 0, m.as.open_success.extranonce_prefix = on_a(8, 1));
}

static void a_frame_is_of_a_reserved_type(void)
{
    w.miner.frames[find(&w.miner, HS_SV2_SUBMIT_EXTENDED, 0)].bytes[2] = 0x1e;
}

static void a_frame_is_cut(void)
{
    frame *const f = &w.miner.frames[find(&w.miner, HS_SV2_SUBMIT_EXTENDED, 0)];
    f->bytes[3]--;
    f->len--;
}

static void a_frame_has_the_wrong_channel_bit(void)
{
    w.miner.frames[find(&w.miner, HS_SV2_SET_TARGET, 0)].bytes[1] ^= 0x80;
}

static void a_comment_names_another_message(void)
{
    frame *const f = &w.miner.frames[find(&w.miner, HS_SV2_SET_TARGET, 0)];
    snprintf(f->name, sizeof f->name, "SetExtranoncePrefix");
}

static void a_time_goes_back(void)
{
    w.miner.frames[find(&w.miner, HS_SV2_SET_TARGET, 0)].t_ms = 12999;
}

static const change changes_shares[] = {
    {target_is_easier_than_max, "target_is_easier_than_max", HS_RULE_TARGET, HS_SV2_SET_TARGET},
    {target_is_easier_than_the_update_allows, "target_is_easier_than_the_update_allows",
     HS_RULE_TARGET, HS_SV2_SET_TARGET},
    {target_of_an_unknown_channel, "target_of_an_unknown_channel", HS_RULE_CHANNEL_UNKNOWN,
     HS_SV2_SET_TARGET},
    {target_does_not_follow_the_update, "target_does_not_follow_the_update", HS_CHECK_TARGET_OWED,
     HS_SV2_SET_TARGET},
    {target_after_the_update_is_not_hard_enough, "target_after_the_update_is_not_hard_enough",
     HS_CHECK_TARGET_OWED, HS_SV2_SET_TARGET},
    {target_does_not_follow_and_there_are_no_times, "target_does_not_follow_and_there_are_no_times",
     HS_CHECK_TARGET_OWED, HS_SV2_SET_TARGET},
    {target_is_still_owed_at_the_end_and_there_are_no_times,
     "target_is_still_owed_at_the_end_and_there_are_no_times", HS_CHECK_TARGET_OWED,
     HS_SV2_UPDATE_CHANNEL},
    {update_of_a_channel_that_is_closed, "update_of_a_channel_that_is_closed",
     HS_RULE_CHANNEL_UNKNOWN, HS_SV2_UPDATE_CHANNEL},
    {update_comes_too_soon_after_the_last, "update_comes_too_soon_after_the_last",
     HS_CHECK_UPDATE_DEBOUNCE, HS_SV2_UPDATE_CHANNEL},
    {update_error_without_update, "update_error_without_update", HS_RULE_ANSWER_UNKNOWN,
     HS_SV2_UPDATE_CHANNEL},
    {update_error_of_another_channel, "update_error_of_another_channel", HS_RULE_ANSWER_UNKNOWN,
     HS_SV2_UPDATE_CHANNEL_ERROR},
    {close_of_a_channel_that_is_closed, "close_of_a_channel_that_is_closed",
     HS_RULE_CHANNEL_UNKNOWN, HS_SV2_CLOSE_CHANNEL},
    {close_comes_before_the_answer_to_update, "close_comes_before_the_answer_to_update",
     HS_RULE_CHANNEL_UNKNOWN, HS_SV2_CLOSE_CHANNEL},
    {share_of_a_job_that_never_was, "share_of_a_job_that_never_was", HS_RULE_SHARE_REFUSED,
     HS_SV2_SUBMIT_EXTENDED},
    {share_has_an_extranonce_of_another_size, "share_has_an_extranonce_of_another_size",
     HS_RULE_SHARE_REFUSED, HS_SV2_SUBMIT_EXTENDED},
    {share_is_older_than_its_job, "share_is_older_than_its_job", HS_RULE_SHARE_REFUSED,
     HS_SV2_SUBMIT_EXTENDED},
    {share_is_ahead_of_the_clock, "share_is_ahead_of_the_clock", HS_CHECK_SHARE_NTIME,
     HS_SV2_SUBMIT_EXTENDED},
    {share_rolls_a_bit_that_is_not_to_be_rolled, "share_rolls_a_bit_that_is_not_to_be_rolled",
     HS_RULE_SHARE_REFUSED, HS_SV2_SUBMIT_STANDARD},
    {share_is_sent_twice, "share_is_sent_twice", HS_RULE_SHARE_REFUSED, HS_SV2_SUBMIT_STANDARD},
    {share_of_a_standard_kind_on_an_extended_channel,
     "share_of_a_standard_kind_on_an_extended_channel", HS_RULE_CHANNEL_KIND,
     HS_SV2_SUBMIT_STANDARD},
    {share_number_goes_back, "share_number_goes_back", HS_CHECK_SEQUENCE_NUMBER,
     HS_SV2_SUBMIT_EXTENDED},
    {share_number_goes_back_upstream, "share_number_goes_back_upstream", HS_CHECK_SEQUENCE_NUMBER,
     HS_SV2_SUBMIT_EXTENDED},
    {success_of_a_share_that_was_never_sent, "success_of_a_share_that_was_never_sent",
     HS_RULE_ANSWER_UNKNOWN, HS_SV2_SUBMIT_SUCCESS},
    {success_counts_one_too_many, "success_counts_one_too_many", HS_RULE_ANSWER_UNKNOWN,
     HS_SV2_SUBMIT_SUCCESS},
    {success_counts_none, "success_counts_none", HS_RULE_ANSWER_UNKNOWN, HS_SV2_SUBMIT_SUCCESS},
    {success_adds_one_too_many, "success_adds_one_too_many", HS_CHECK_SHARES_SUM,
     HS_SV2_SUBMIT_SUCCESS},
    {success_adds_with_the_channels_present_target, "success_adds_with_the_channels_present_target",
     HS_CHECK_SHARES_SUM, HS_SV2_SUBMIT_SUCCESS},
    {success_comes_before_the_share, "success_comes_before_the_share", HS_RULE_ANSWER_UNKNOWN,
     HS_SV2_SUBMIT_STANDARD},
    {error_contradicts_a_valid_share, "error_contradicts_a_valid_share", HS_RULE_ANSWER_WRONG,
     HS_SV2_SUBMIT_ERROR},
    {error_of_a_share_that_was_answered, "error_of_a_share_that_was_answered",
     HS_RULE_ANSWER_UNKNOWN, HS_SV2_SUBMIT_ERROR},
    {success_accepts_a_bad_share, "success_accepts_a_bad_share", HS_RULE_SHARE_REFUSED,
     HS_SV2_SUBMIT_EXTENDED},
    {group_of_channels_that_do_not_exist, "group_of_channels_that_do_not_exist",
     HS_RULE_CHANNEL_UNKNOWN, HS_SV2_SET_GROUP_CHANNEL},
    {group_takes_a_channels_id, "group_takes_a_channels_id", HS_RULE_CHANNEL_ID,
     HS_SV2_SET_GROUP_CHANNEL},
    {group_on_a_connection_for_standard_jobs, "group_on_a_connection_for_standard_jobs",
     HS_RULE_STANDARD_JOBS, HS_SV2_SETUP_CONNECTION},
    {custom_job_without_work_selection, "custom_job_without_work_selection", HS_RULE_WORK_SELECTION,
     HS_SV2_SETUP_CONNECTION},
    {custom_job_is_no_transaction, "custom_job_is_no_transaction", HS_RULE_COINBASE,
     HS_SV2_SET_CUSTOM_JOB},
    {custom_job_success_answers_nothing, "custom_job_success_answers_nothing", HS_RULE_REQUEST_ID,
     HS_SV2_SET_CUSTOM_JOB_SUCCESS},
    {custom_job_success_takes_a_number_in_use, "custom_job_success_takes_a_number_in_use",
     HS_RULE_JOB_ID_IN_USE, HS_SV2_SET_CUSTOM_JOB_SUCCESS},
    {custom_job_error_answers_nothing, "custom_job_error_answers_nothing", HS_RULE_REQUEST_ID,
     HS_SV2_SET_CUSTOM_JOB_ERROR},
    {two_channels_of_a_connection_have_one_prefix, "two_channels_of_a_connection_have_one_prefix",
     HS_CHECK_OVERLAP, HS_SV2_OPEN_EXTENDED_SUCCESS},
    {two_connections_have_one_prefix, "two_connections_have_one_prefix", HS_CHECK_OVERLAP,
     HS_SV2_OPEN_EXTENDED_SUCCESS},
    {a_frame_is_of_a_reserved_type, "a_frame_is_of_a_reserved_type", HS_CHECK_MALFORMED,
     HS_SV2_SUBMIT_EXTENDED},
    {a_frame_is_cut, "a_frame_is_cut", HS_CHECK_MALFORMED, HS_SV2_SUBMIT_EXTENDED},
    {a_frame_has_the_wrong_channel_bit, "a_frame_has_the_wrong_channel_bit", HS_CHECK_ENCODING,
     HS_SV2_SET_TARGET},
    {a_comment_names_another_message, "a_comment_names_another_message", HS_CHECK_COMMENT,
     HS_SV2_SET_TARGET},
    {a_time_goes_back, "a_time_goes_back", HS_CHECK_TIME_ORDER, HS_SV2_SET_TARGET},
};

#endif
