/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/setup, and what an observer can set on a session: flags, clock, marks; the answers to
 * updates; sums of acknowledged shares. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/host/session/messages.h"

TestSuite(session_setup, .init = start, .fini = finish);

static hs_sv2_message setup_success(uint32_t flags)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    m.as.setup_connection_success.flags = flags;
    return m;
}

Test(session_setup, flags_must_agree)
{
    hs_sv2_message m = setup_message(HS_SV2_REQUIRES_VERSION_ROLLING);
    legal(&m);
    m = setup_success(HS_SV2_REQUIRES_FIXED_VERSION);
    at_fault(&m, HS_RULE_SETUP_FLAGS);
    m = (hs_sv2_message){.id = HS_SV2_SETUP_CONNECTION_ERROR};
    m.as.setup_connection_error.flags = HS_SV2_REQUIRES_STANDARD_JOBS;
    at_fault(&m, HS_RULE_SETUP_FLAGS); /* it was not set */
    m = setup_success(HS_SV2_REQUIRES_EXTENDED_CHANNELS);
    legal(&m);
    m = open_message(0, 1);
    at_fault(&m, HS_RULE_CHANNEL_KIND);
    m = open_message(1, 1);
    legal(&m);
}

static hs_sv2_message extensions(unsigned id, uint32_t request)
{
    hs_sv2_message m = {.id = id};
    m.as.extensions.request_id = request;
    return m;
}

Test(session_setup, extensions_are_answered_once_each)
{
    connect(0, 0);
    hs_sv2_message m = extensions(HS_SV2_REQUEST_EXTENSIONS_SUCCESS, 0);
    at_fault(&m, HS_RULE_REQUEST_ID);
    for (uint32_t i = 0; i < HS_SESSION_EXTENSIONS_MAX; i++) {
        m = extensions(HS_SV2_REQUEST_EXTENSIONS, i);
        legal(&m);
    }
    at_fault(&m, HS_RULE_REQUEST_ID);
    m = extensions(HS_SV2_REQUEST_EXTENSIONS, 99);
    at_fault(&m, HS_RULE_LIMIT);
    m = extensions(HS_SV2_REQUEST_EXTENSIONS_ERROR, 3);
    legal(&m);
    at_fault(&m, HS_RULE_REQUEST_ID);
    m = extensions(HS_SV2_REQUEST_EXTENSIONS, 99);
    legal(&m);
    m = extensions(HS_SV2_REQUEST_EXTENSIONS_SUCCESS, 15);
    legal(&m);
}

static hs_sv2_message update(uint32_t channel, hs_sv2_u256 max_target)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    m.as.update_channel.channel_id = channel;
    m.as.update_channel.maximum_target = max_target;
    return m;
}

static hs_sv2_message update_error(uint32_t channel)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL_ERROR};
    m.as.update_channel_error.channel_id = channel;
    return m;
}

Test(session_setup, a_refused_update_leaves_the_limit_as_it_was)
{
    connect(0, 0);
    const hs_session_channel *const channel = open_channel(1, 2, 1);
    hs_sv2_message m = update_error(2);
    at_fault(&m, HS_RULE_ANSWER_UNKNOWN);
    m = update(2, small(100));
    legal(&m);
    m = update_error(2);
    legal(&m);
    cr_assert_eq(channel->max_target.byte[31], 0xff);
    at_fault(&m, HS_RULE_ANSWER_UNKNOWN);
    m = set_target(2, small(101));
    legal(&m);
    m = update(77, small(1)); /* of a channel that never was: the server may say so */
    at_fault(&m, HS_RULE_CHANNEL_UNKNOWN);
    m = update_error(77);
    legal(&m);
    at_fault(&m, HS_RULE_ANSWER_UNKNOWN);
}

Test(session_setup, a_simulated_share_is_judged_by_all_but_its_hash)
{
    hs_session_set_flags(session, HS_SESSION_SIMULATED);
    connect(0, 0);
    open_channel(1, 2, 1);
    hs_sv2_message m = set_target(2, small(1));
    legal(&m);
    start_job(2, 1);
    m = share(2, 1, 1);
    expect(&m, HS_JUDGED_VALID);
    cr_assert_null(strstr(step.text, "hash"));
    m.as.submit.sequence_number = 2;
    expect(&m, HS_JUDGED_DUPLICATE);
    m.as.submit.extranonce.byte[7] ^= 1;
    expect(&m, HS_JUDGED_VALID);
    m.as.submit.extranonce.len = 7;
    expect(&m, HS_JUDGED_EXTRANONCE_SIZE);
    m = share(2, 3, 9);
    expect(&m, HS_JUDGED_UNKNOWN_JOB);
    m = refused(2, 1, "difficulty-too-low"); /* who can say */
    legal(&m);
    m = share(2, 4, 1);
    expect(&m, HS_JUDGED_VALID);
    m = refused(2, 4, "duplicate-share");
    at_fault(&m, HS_RULE_ANSWER_WRONG);
}

Test(session_setup, terse_steps_have_a_text_for_faults_only)
{
    hs_session_set_flags(session, HS_SESSION_TERSE);
    connect(0, 0);
    cr_assert_eq(step.text[0], '\0');
    hs_sv2_message m = set_target(7, small(1));
    at_fault(&m, HS_RULE_CHANNEL_UNKNOWN);
}

Test(session_setup, clock_and_marks_are_the_observers)
{
    static int mark;
    hs_session_set_time(session, 1000);
    connect(0, 0);
    const hs_session_channel *const channel = open_channel(1, 2, 1);
    hs_sv2_message m = extended_job(2, 1, 1);
    legal(&m);
    cr_assert_not_null(hs_session_channel_job(channel, 1));
    cr_assert_null(hs_session_channel_job(channel, 1)->mark);
    hs_session_mark_job(session, 2, 1, &mark);
    hs_session_mark_job(session, 2, 8, &mark); /* there is none: nothing happens */
    hs_session_mark_job(session, 9, 1, &mark);
    hs_session_set_time(session, 3000);
    m = prev_hash(2, 1);
    legal(&m);
    cr_assert_eq(hs_session_channel_job(channel, 1)->mark, &mark);
    cr_assert_eq(hs_session_channel_job(channel, 1)->since_ms, 3000);
    cr_assert_eq(channel->tip_since_ms, 3000);
    hs_session_set_time(session, 4000);
    m = extended_job(2, 2, 0);
    legal(&m);
    cr_assert_eq(hs_session_channel_job(channel, 2)->since_ms, 4000);
    cr_assert_eq(channel->tip_since_ms, 3000);
    size_t at = 0;
    cr_assert_eq(hs_session_addressed(session, 1, &at), channel); /* by its group */
    cr_assert_null(hs_session_addressed(session, 1, &at));
    at = 0;
    cr_assert_null(hs_session_addressed(session, 5, &at));
    const hs_job_parts parts = hs_job_body_parts(hs_session_channel_job(channel, 2));
    cr_assert_eq(parts.prefix.len, sizeof coinbase_head);
    cr_assert_eq(parts.suffix.len, sizeof coinbase_tail);
    cr_assert_eq(parts.path.count, 0);
}

Test(session_setup, sums_are_truncated_and_small_shares_may_count_one)
{
    hs_session_share shares[3] = {{.difficulty = 0.4}, {.difficulty = 0.4}, {.difficulty = 0.4}};
    double sum = 0.0;
    cr_assert(hs_shares_sum_fits(shares, 3, 1, &sum)); /* 1.2 */
    cr_assert(hs_shares_sum_fits(shares, 3, 3, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 3, 2, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 3, 0, &sum));
    shares[0].difficulty = shares[1].difficulty = shares[2].difficulty = 1000.9;
    cr_assert(hs_shares_sum_fits(shares, 3, 3002, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 3, 3003, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 3, 3000, &sum)); /* each one truncated */
    shares[0].difficulty = 3.0 - 4e-16;                       /* the double below 3 */
    cr_assert(hs_shares_sum_fits(shares, 1, 3, &sum));        /* added in another order */
    cr_assert(hs_shares_sum_fits(shares, 1, 2, &sum));
    shares[0].difficulty = shares[1].difficulty = 256.0;
    cr_assert(hs_shares_sum_fits(shares, 2, 512, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 2, 511, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 2, 513, &sum));
    cr_assert(hs_shares_sum_fits(shares, 0, 0, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 0, 1, &sum));
    cr_assert_not(hs_shares_sum_fits(shares, 3, UINT64_MAX, &sum));
}
