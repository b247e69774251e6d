/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A host's own answers to shares that several pools judge: in order, complete, and with sums that
 * an observer of the connection agrees with. */
#include "host_stub/jobs/acks.h"

#include "tests/host/session/messages.h"

static hs_acks acks;
static uint32_t last_sequence;

static void submit(uint32_t upstream, double difficulty)
{
    last_sequence++;
    const hs_ack_share one = {.sequence_number = last_sequence,
                              .upstream = upstream,
                              .tag = last_sequence + 100,
                              .difficulty = difficulty};
    cr_assert(hs_acks_add(&acks, &one) == 0);
}

static int settle(uint32_t upstream, uint32_t sequence, const char *code)
{
    return hs_acks_settle(&acks, upstream, sequence + 100, code) == 0;
}

static void expect_nothing(void)
{
    hs_sv2_message m;
    cr_assert_not(hs_acks_next(&acks, 2, &m));
}

static void expect_success(uint32_t last, uint32_t count, uint64_t sum)
{
    hs_sv2_message m;
    cr_assert(hs_acks_next(&acks, 2, &m));
    cr_assert_eq(m.id, HS_SV2_SUBMIT_SUCCESS);
    cr_assert_eq(m.as.submit_success.channel_id, 2);
    cr_assert_eq(m.as.submit_success.last_sequence_number, last);
    cr_assert_eq(m.as.submit_success.new_submits_accepted_count, count);
    cr_assert_eq(m.as.submit_success.new_shares_sum, sum);
}

static void expect_error(uint32_t sequence, const char *code)
{
    hs_sv2_message m;
    cr_assert(hs_acks_next(&acks, 2, &m));
    cr_assert_eq(m.id, HS_SV2_SUBMIT_ERROR);
    cr_assert_eq(m.as.submit_error.sequence_number, sequence);
    cr_assert_eq(m.as.submit_error.error_code.len, strlen(code));
    cr_assert_eq(memcmp(m.as.submit_error.error_code.data, code, strlen(code)), 0);
}

static void end(void)
{
    hs_acks_free(&acks);
}

TestSuite(job_acks, .fini = end);

Test(job_acks, a_batch_is_counted_and_its_difficulties_are_summed)
{
    submit(1, 1000.75);
    submit(1, 1000.75);
    expect_nothing();
    cr_assert(settle(1, 1, NULL));
    cr_assert(settle(1, 2, NULL));
    expect_success(2, 2, 2001); /* truncated as a sum, not share by share */
    expect_nothing();
}

Test(job_acks, the_next_batch_starts_anew)
{
    submit(1, 10.0);
    cr_assert(settle(1, 1, NULL));
    expect_success(1, 1, 10);
    submit(1, 20.0);
    cr_assert(settle(1, 2, NULL));
    expect_success(2, 1, 20);
}

Test(job_acks, a_later_verdict_of_another_pool_waits_for_the_earlier_share)
{
    submit(1, 10.0);
    submit(2, 20.0);
    submit(2, 20.0);
    cr_assert(settle(2, 2, NULL));
    cr_assert(settle(2, 3, NULL));
    expect_nothing();
    cr_assert(settle(1, 1, NULL));
    expect_success(3, 3, 50);
    expect_nothing();
}

Test(job_acks, refused_shares_come_before_the_batch_that_surrounds_them)
{
    submit(1, 10.0);
    submit(1, 10.0);
    submit(1, 10.0);
    submit(1, 10.0);
    cr_assert(settle(1, 1, NULL));
    cr_assert(settle(1, 2, "stale-share"));
    cr_assert(settle(1, 3, NULL));
    expect_error(2, "stale-share");
    expect_success(3, 2, 20);
    expect_nothing();
    cr_assert(settle(1, 4, "duplicate-share"));
    expect_error(4, "duplicate-share");
    expect_nothing();
    cr_assert_eq(acks.count, 0);
}

Test(job_acks, a_verdict_settles_one_share_once)
{
    submit(1, 10.0);
    cr_assert_not(settle(2, 1, NULL), "another pool has no say");
    cr_assert_not(settle(1, 2, NULL), "no such share");
    cr_assert(settle(1, 1, NULL));
    cr_assert_not(settle(1, 1, "stale-share"), "it is settled");
    expect_success(1, 1, 10);
}

/* Any mixture of pools and verdicts: an observer finds every answer right, and none is missing. */
Test(job_acks, an_observer_agrees_with_every_answer, .init = start, .fini = finish)
{
    uint32_t noise = 12345;
    hs_sv2_message m;
    hs_session_set_flags(session, HS_SESSION_SIMULATED);
    connect(0, 0);
    open_channel(1, 2, 1);
    start_job(2, 1);
    for (uint32_t round = 0; round < 2000; round++) {
        noise = noise * 1664525u + 1013904223u;
        if (last_sequence < 1500) {
            submit(1 + (noise >> 30), 1e-9);
            m = share(2, last_sequence, 1);
            legal(&m);
        }
        /* Settles something at random among those that wait. */
        const size_t pick = acks.count > 0 ? (noise >> 8) % acks.count : 0;
        if (acks.count > 0 && acks.shares[pick].state == HS_ACK_WAITS) {
            const hs_ack_share chosen = acks.shares[pick];
            cr_assert(hs_acks_settle(&acks, chosen.upstream, chosen.tag,
                                     noise >> 16 & 1 ? "invalid-share" : NULL) == 0);
        }
        while (hs_acks_next(&acks, 2, &m)) {
            legal(&m);
        }
    }
    for (size_t i = 0; i < acks.count; i++) {
        const hs_ack_share left = acks.shares[i];
        if (left.state == HS_ACK_WAITS) {
            cr_assert_eq(hs_acks_settle(&acks, left.upstream, left.tag, "lost"), 0);
        }
    }
    while (hs_acks_next(&acks, 2, &m)) {
        legal(&m);
    }
    size_t count = 0;
    const hs_session_channel *const channel = hs_session_channels(session, &count);
    cr_assert_eq(channel->pending_count, 0);
    cr_assert_eq(last_sequence, 1500);
    end();
}
