/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/jobs: the life of jobs. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/host/session/messages.h"

TestSuite(session_jobs, .init = start, .fini = finish);

Test(session_jobs, a_job_keeps_the_prefix_and_the_target_of_its_arrival)
{
    connect(0, 0);
    const hs_session_channel *const channel = open_channel(1, 2, 1);
    start_job(2, 1);
    hs_sv2_message m = extended_job(2, 2, 1);
    legal(&m);
    m = set_target(2, small(1));
    legal(&m);
    m = set_prefix(2, bytes(4, 0xbb));
    legal(&m);
    const hs_sv2_b032 old = bytes(4, 0xaa);
    const hs_sv2_b032 new = bytes(4, 0xbb);
    cr_assert(hs_session_channel_uses_prefix(channel, &old));
    cr_assert_not(hs_session_channel_uses_prefix(channel, &new));
    /* The active job keeps the easy target; the queued future job has the new one. */
    m = share(2, 1, 1);
    expect(&m, HS_JUDGED_VALID);
    m = prev_hash(2, 2);
    legal(&m);
    cr_assert(hs_prefix_equal(&hs_session_channel_active_job(channel)->prefix, &old));
    m = share(2, 2, 2);
    expect(&m, HS_JUDGED_LOW_DIFFICULTY);
    m = extended_job(2, 3, 0);
    legal(&m);
    cr_assert(hs_prefix_equal(&hs_session_channel_active_job(channel)->prefix, &new));
    cr_assert(hs_session_channel_uses_prefix(channel, &old));
}

Test(session_jobs, jobs_go_from_future_over_active_and_past_to_stale_and_are_forgotten)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    hs_sv2_message m = extended_job(2, 1, 0);
    at_fault(&m, HS_RULE_FIRST_JOB);
    m = extended_job(2, 1, 1);
    legal(&m);
    m = share(2, 1, 1);
    expect(&m, HS_JUDGED_UNKNOWN_JOB); /* still future */
    m = prev_hash(2, 7);
    at_fault(&m, HS_RULE_PREV_HASH_JOB);
    m = prev_hash(2, 1);
    legal(&m);
    at_fault(&m, HS_RULE_PREV_HASH_JOB); /* active now */
    m = extended_job(2, 2, 0);
    legal(&m);
    m = extended_job(2, 1, 0);
    at_fault(&m, HS_RULE_JOB_ID_IN_USE); /* past and still valid */
    m = share(2, 2, 1);
    expect(&m, HS_JUDGED_VALID);
    m = extended_job(2, 3, 1);
    legal(&m);
    m = extended_job(2, 4, 1);
    legal(&m);
    m = prev_hash(2, 4);
    legal(&m);
    m = share(2, 3, 1);
    expect(&m, HS_JUDGED_STALE);
    m = share(2, 4, 2);
    expect(&m, HS_JUDGED_STALE);
    m = share(2, 5, 3);
    expect(&m, HS_JUDGED_UNKNOWN_JOB); /* another future job: dropped */
    m = extended_job(2, 2, 1);
    legal(&m); /* a stale job's number is free */
    m = prev_hash(2, 2);
    legal(&m);
    m = share(2, 6, 1);
    expect(&m, HS_JUDGED_STALE); /* two tips back: very late, and nobody's fault */
    m = share(2, 7, 4);
    expect(&m, HS_JUDGED_STALE);
    m = share(2, 8, 2);
    expect(&m, HS_JUDGED_VALID);
}

Test(session_jobs, how_many_forgotten_jobs_are_known_is_bounded)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    for (uint32_t job = 1; job <= HS_CHANNEL_GONE_MAX + 3; job++) {
        start_job(2, job);
    }
    hs_sv2_message m = share(2, 1, 1);
    expect(&m, HS_JUDGED_UNKNOWN_JOB);
    m = share(2, 2, 2);
    expect(&m, HS_JUDGED_STALE);
    m = share(2, 3, 999);
    expect(&m, HS_JUDGED_UNKNOWN_JOB); /* that it never was given */
}

Test(session_jobs, only_so_many_jobs_are_kept)
{
    connect(0, 0);
    const hs_session_channel *const channel = open_channel(1, 2, 1);
    for (uint32_t i = 1; i <= HS_CHANNEL_FUTURE_MAX + 1; i++) {
        hs_sv2_message m = extended_job(2, i, 1);
        legal(&m);
    }
    cr_assert_eq(channel->job_count, HS_CHANNEL_FUTURE_MAX);
    hs_sv2_message m = prev_hash(2, 1); /* the oldest was forgotten */
    at_fault(&m, HS_RULE_PREV_HASH_JOB);
    m = prev_hash(2, 2);
    legal(&m);
    for (uint32_t i = 0; i < 3 * HS_CHANNEL_PAST_MAX; i++) {
        m = extended_job(2, 100 + i, 0);
        legal(&m);
    }
    cr_assert_eq(channel->job_count, HS_CHANNEL_PAST_MAX + 1);
    start_job(2, 1);
    cr_assert_eq(channel->job_count, HS_CHANNEL_PAST_MAX + 2);
    start_job(2, 2);
    cr_assert_eq(channel->job_count, 2);
}

Test(session_jobs, jobs_must_fit_the_channel)
{
    connect(HS_SV2_REQUIRES_VERSION_ROLLING, 0);
    open_channel(1, 2, 1);
    open_channel(0, 3, 1);
    hs_sv2_message m = standard_job(2, 1, 1);
    at_fault(&m, HS_RULE_CHANNEL_KIND);
    m = extended_job(3, 1, 1);
    at_fault(&m, HS_RULE_CHANNEL_KIND);
    m = standard_job(1, 1, 1);
    at_fault(&m, HS_RULE_NOT_FOR_GROUPS);
    m = set_prefix(1, bytes(4, 1));
    at_fault(&m, HS_RULE_NOT_FOR_GROUPS);
    m = extended_job(9, 1, 1);
    at_fault(&m, HS_RULE_CHANNEL_UNKNOWN);
    m = extended_job(2, 1, 1);
    m.as.new_extended_job.version_rolling_allowed = 0;
    at_fault(&m, HS_RULE_VERSION_ROLLING);
    m = extended_job(2, 1, 1);
    m.as.new_extended_job.coinbase_tx_suffix.len--;
    at_fault(&m, HS_RULE_COINBASE);
    m = extended_job(1, 1, 1); /* reaches both */
    legal(&m);
    m = prev_hash(1, 1);
    legal(&m);
    m = share(3, 1, 1);
    at_fault(&m, HS_RULE_CHANNEL_KIND);
    m.id = HS_SV2_SUBMIT_STANDARD;
    m.as.submit.extranonce.len = 0;
    expect(&m, HS_JUDGED_VALID);
    m = share(2, 1, 1);
    expect(&m, HS_JUDGED_VALID);
}

Test(session_jobs, a_prefix_of_another_length_needs_another_coinbase)
{
    connect(0, 0);
    open_channel(1, 2, 0);
    start_job(2, 1);
    hs_sv2_message m = set_prefix(2, bytes(5, 0xbb));
    legal(&m);
    m = extended_job(2, 2, 1);
    at_fault(&m, HS_RULE_COINBASE);
    m = set_prefix(2, bytes(25, 0xbb));
    at_fault(&m, HS_RULE_EXTRANONCE_SIZE);
    m = set_prefix(2, bytes(4, 0xbb));
    legal(&m);
    m = extended_job(2, 2, 1);
    legal(&m);
}

Test(session_jobs, prev_hash_for_a_group_needs_the_job_on_every_member)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    hs_sv2_message m = extended_job(1, 1, 1);
    legal(&m);
    const hs_session_channel *const late = open_channel(1, 3, 1);
    m = prev_hash(1, 1);
    at_fault(&m, HS_RULE_PREV_HASH_JOB);
    cr_assert_not(late->has_tip);
    size_t count = 0;
    cr_assert_not(hs_session_channels(session, &count)[0].has_tip); /* nothing half-applied */
}

static hs_sv2_message custom_job(uint32_t request)
{
    static const uint8_t script[] = {1, 7};
    static const uint8_t outputs[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    hs_sv2_message m = {.id = HS_SV2_SET_CUSTOM_JOB};
    m.as.set_custom_job.channel_id = 2;
    m.as.set_custom_job.request_id = request;
    m.as.set_custom_job.version = 0x20000000;
    m.as.set_custom_job.prev_hash = small((uint8_t)request);
    m.as.set_custom_job.min_ntime = 1000;
    m.as.set_custom_job.coinbase_prefix = (hs_sv2_bytes){script, sizeof script};
    m.as.set_custom_job.coinbase_tx_outputs = (hs_sv2_bytes){outputs, sizeof outputs};
    return m;
}

static hs_sv2_message custom_answer(uint32_t request, uint32_t job)
{
    hs_sv2_message m = {.id = HS_SV2_SET_CUSTOM_JOB_SUCCESS};
    m.as.set_custom_job_success.channel_id = 2;
    m.as.set_custom_job_success.request_id = request;
    m.as.set_custom_job_success.job_id = job;
    return m;
}

Test(session_jobs, custom_jobs_become_jobs_when_they_are_accepted)
{
    connect(HS_SV2_REQUIRES_WORK_SELECTION, 0);
    open_channel(1, 2, 1);
    hs_sv2_message m = custom_answer(1, 1);
    at_fault(&m, HS_RULE_REQUEST_ID);
    m = custom_job(1);
    legal(&m);
    at_fault(&m, HS_RULE_REQUEST_ID);
    m = custom_answer(1, 1);
    legal(&m);
    m = share(2, 1, 1);
    expect(&m, HS_JUDGED_VALID);
    m = custom_job(2); /* on another tip */
    legal(&m);
    m = custom_answer(2, 1);
    at_fault(&m, HS_RULE_JOB_ID_IN_USE);
    m = custom_answer(2, 2);
    legal(&m);
    m = share(2, 2, 1);
    expect(&m, HS_JUDGED_STALE);
    m = share(2, 3, 2);
    expect(&m, HS_JUDGED_VALID);
    m = custom_job(3);
    legal(&m);
    m = (hs_sv2_message){.id = HS_SV2_SET_CUSTOM_JOB_ERROR};
    m.as.set_custom_job_error.channel_id = 2;
    m.as.set_custom_job_error.request_id = 3;
    legal(&m);
    m = custom_job(4);
    m.as.set_custom_job.coinbase_tx_outputs.len--;
    at_fault(&m, HS_RULE_COINBASE);
    m = custom_job(5);
    legal(&m); /* left open: freed with the session */
}

Test(session_jobs, a_custom_job_is_the_extended_job_of_the_same_coinbase)
{
    /* So the same share of both hashes alike, and the second is a duplicate of the first. */
    connect(HS_SV2_REQUIRES_WORK_SELECTION, 0);
    open_channel(1, 2, 1);
    start_job(2, 1);
    hs_sv2_message m = share(2, 1, 1);
    expect(&m, HS_JUDGED_VALID);
    m = custom_job(1); /* on the tip of job 1 */
    m.as.set_custom_job.coinbase_tx_version = 1;
    m.as.set_custom_job.coinbase_tx_input_nSequence = 0xffffffff;
    legal(&m);
    m = custom_answer(1, 2);
    legal(&m);
    m = share(2, 1, 2);
    expect(&m, HS_JUDGED_DUPLICATE);
    m = share(2, 2, 1); /* on one tip both stay valid */
    expect(&m, HS_JUDGED_VALID);
}

Test(session_jobs, custom_jobs_need_work_selection)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    hs_sv2_message m = custom_job(1);
    at_fault(&m, HS_RULE_WORK_SELECTION);
}
