/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/shares: our own verdicts, and what the recorded answers may say. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/host/session/messages.h"

TestSuite(session_shares, .init = start, .fini = finish);

Test(session_shares, shares_are_checked_field_by_field)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    start_job(2, 1);
    hs_sv2_message m = share(2, 1, 1);
    m.as.submit.extranonce.len = 7;
    expect(&m, HS_JUDGED_EXTRANONCE_SIZE);
    m = share(2, 2, 1);
    m.as.submit.ntime = 999;
    expect(&m, HS_JUDGED_NTIME);
    m.as.submit.ntime = 1000;
    expect(&m, HS_JUDGED_VALID);
    expect(&m, HS_JUDGED_DUPLICATE);
    m.as.submit.ntime = 1000 + 7200; /* as far as a block may be ahead of the network's time */
    expect(&m, HS_JUDGED_VALID);
    m.as.submit.ntime++;
    expect(&m, HS_JUDGED_NTIME);
    m = share(2, 3, 1);
    m.as.submit.version ^= 0x1fffffe0;
    expect(&m, HS_JUDGED_VALID);
    m = share(2, 4, 1);
    m.as.submit.version ^= 0x10;
    expect(&m, HS_JUDGED_VERSION_BIT);
    m = share(2, 5, 9);
    expect(&m, HS_JUDGED_UNKNOWN_JOB);
    m = share(9, 5, 1);
    at_fault(&m, HS_RULE_CHANNEL_UNKNOWN);
    m = extended_job(2, 2, 0); /* its own min_ntime of 1500 is above the tip's 1000 */
    m.as.new_extended_job.version_rolling_allowed = 0;
    legal(&m);
    m = share(2, 6, 2);
    m.as.submit.ntime = 1499;
    expect(&m, HS_JUDGED_NTIME);
    m = share(2, 7, 2);
    m.as.submit.version ^= 0x20;
    expect(&m, HS_JUDGED_VERSION_ROLLING);
    size_t count = 0;
    cr_assert_gt(hs_session_channels(session, &count)[0].seen.count, 0);
    start_job(2, 3); /* duplicates are per tip */
    cr_assert_eq(hs_session_channels(session, &count)[0].seen.count, 0);
    m = share(2, 8, 3);
    expect(&m, HS_JUDGED_VALID);
    m = close_channel(2);
    legal(&m);
    m = share(2, 9, 3);
    expect(&m, HS_JUDGED_CHANNEL_CLOSED);
}

Test(session_shares, a_fixed_version_holds_for_standard_jobs_too)
{
    connect(0, HS_SV2_REQUIRES_FIXED_VERSION);
    open_channel(0, 2, 1);
    hs_sv2_message m = standard_job(2, 1, 1);
    legal(&m);
    m = prev_hash(2, 1);
    legal(&m);
    m = share(2, 1, 1);
    m.id = HS_SV2_SUBMIT_STANDARD;
    m.as.submit.extranonce.len = 0;
    m.as.submit.version ^= 0x20;
    expect(&m, HS_JUDGED_VERSION_ROLLING);
}

Test(session_shares, batches_are_acknowledged_share_by_share)
{
    connect(0, 0);
    const hs_session_channel *const channel = open_channel(1, 2, 1);
    start_job(2, 1);
    for (uint32_t i = 1; i <= 5; i++) {
        hs_sv2_message m = share(2, i, 1);
        expect(&m, HS_JUDGED_VALID);
    }
    hs_sv2_message m = accepted(2, 9, 1);
    at_fault(&m, HS_RULE_ANSWER_UNKNOWN);
    m = accepted(2, 3, 4);
    at_fault(&m, HS_RULE_ANSWER_UNKNOWN); /* only three were there up to 3 */
    m = accepted(2, 3, 0);
    at_fault(&m, HS_RULE_ANSWER_UNKNOWN);
    cr_assert_eq(channel->pending_count, 5);
    m = accepted(2, 3, 2); /* 3 and the oldest other; 2 is still to be judged */
    legal(&m);
    cr_assert_eq(step.answered_count, 2);
    cr_assert_eq(step.answered[0].sequence_number, 1);
    cr_assert_eq(step.answered[1].sequence_number, 3);
    m = refused(2, 2, "stale-share"); /* the server may know better */
    legal(&m);
    cr_assert_eq(step.answered[0].sequence_number, 2);
    m = refused(2, 2, "stale-share");
    at_fault(&m, HS_RULE_ANSWER_UNKNOWN);
    m = refused(2, 4, "difficulty-too-low");
    at_fault(&m, HS_RULE_ANSWER_WRONG);
    m = close_channel(2);
    legal(&m);
    m = accepted(2, 5, 1); /* answers may come after the end */
    legal(&m);
    cr_assert_eq(channel->pending_count, 0);
    m = accepted(7, 5, 1);
    at_fault(&m, HS_RULE_CHANNEL_UNKNOWN);
}

Test(session_shares, late_shares_may_be_accepted_and_bad_ones_not)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    start_job(2, 1);
    hs_sv2_message m = share(2, 1, 9);
    expect(&m, HS_JUDGED_UNKNOWN_JOB);
    m = accepted(2, 1, 1);
    at_fault(&m, HS_RULE_ANSWER_WRONG);
    m = refused(2, 1, "invalid-job-id");
    legal(&m);
    start_job(2, 2);
    m = share(2, 2, 1);
    expect(&m, HS_JUDGED_STALE);
    m = share(2, 3, 2);
    expect(&m, HS_JUDGED_VALID);
    m = accepted(2, 3, 2); /* the late one was passed on and pleased its pool */
    legal(&m);
    cr_assert_eq(step.answered_count, 2);
}

Test(session_shares, pending_shares_are_bounded)
{
    connect(0, 0);
    open_channel(1, 2, 1);
    start_job(2, 1);
    for (uint32_t i = 1; i <= HS_SESSION_PENDING_MAX; i++) {
        hs_sv2_message m = share(2, i, 1);
        legal(&m);
    }
    hs_sv2_message m = share(2, 0, 1);
    at_fault(&m, HS_RULE_LIMIT);
    m = accepted(2, HS_SESSION_PENDING_MAX, HS_SESSION_PENDING_MAX);
    legal(&m);
    cr_assert_eq(step.answered_count, HS_SESSION_PENDING_MAX);
}
