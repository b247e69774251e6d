/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which rests a decision that did not become fact begins, and when. */
#include "tests/unit/farm/farm_fixture.h"

static const double HALVES[] = {50.0, 50.0};
static const uint64_t S = HM_NS_PER_S;
static farm f;

static hm_decision propose(uint32_t slot, uint32_t to, uint64_t now_ns)
{
    hm_decision d;
    cr_assert_eq(hm_assignment_propose(&f.assignment, slot, to,
                                       to == farm_hot(&f, slot)->upstream ? HMX_DECISION_PREFIX
                                                                          : HMX_DECISION_MOVE,
                                       HMX_REASON_BALANCE, now_ns, &d),
                 0);
    return d;
}

/* Refused: it failed when that was said. */
Test(assignment_rest, a_refusal_lets_channel_and_pool_rest)
{
    farm_open(&f, 2, HALVES, 10);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)propose(slot, 2, 100 * S);
    hm_assignment_fail(&f.assignment, slot, 101 * S, 0);
    cr_assert_eq(farm_hot(&f, slot)->pending_to, HMX_NONE);
    cr_assert_eq(farm_cold(&f, slot)->rest.until_ns, 102 * S);
    cr_assert_eq(f.assignment.rests[2].until_ns, 102 * S);
    cr_assert_eq(f.assignment.rests[1].until_ns, 0);
    cr_assert_eq(f.assignment.failing, 1ull << 1);
    cr_assert_eq(f.assignment.retry_ns, 102 * S);
    farm_close(&f);
}

/* Run out: it failed at its end, however late somebody looks. */
Test(assignment_rest, what_ran_out_failed_at_its_end)
{
    farm_open(&f, 2, HALVES, 10);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    const hm_decision d = propose(slot, 2, 100 * S);
    hm_assignment_expire(&f.assignment, d.valid_until_ns + 50 * S);
    cr_assert_eq(farm_hot(&f, slot)->pending_to, HMX_NONE);
    cr_assert_eq(farm_cold(&f, slot)->rest.until_ns, d.valid_until_ns + S);
    cr_assert_eq(f.assignment.rests[2].until_ns, d.valid_until_ns + S);
    farm_close(&f);
}

/* A new prefix on its own pool that fails is no failure of a move to that. */
Test(assignment_rest, a_renewal_that_fails_lets_the_channel_rest_alone)
{
    farm_open(&f, 2, HALVES, 10);
    farm_grant(&f, 1, 8, 10);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)propose(slot, 1, 100 * S);
    hm_assignment_fail(&f.assignment, slot, 101 * S, 0);
    cr_assert_eq(farm_cold(&f, slot)->rest.until_ns, 102 * S);
    cr_assert_eq(f.assignment.rests[1].until_ns, 0);
    cr_assert_eq(f.assignment.failing, 0);
    farm_close(&f);
}

/* The first that ends is waited for, and asked for once. */
Test(assignment_rest, the_earliest_end_is_waited_for_once)
{
    farm_open(&f, 2, HALVES, 10);
    hm_assignment *const a = &f.assignment;
    cr_assert_eq(hm_assignment_retry_due(a), 0);
    hm_assignment_retry_at(a, 20);
    hm_assignment_retry_at(a, 30);
    cr_assert_eq(a->retry_ns, 20);
    hm_assignment_retry_at(a, 10);
    cr_assert_eq(a->retry_ns, 10);
    a->now_ns = 9;
    cr_assert_eq(hm_assignment_retry_due(a), 0);
    a->now_ns = 10;
    cr_assert_eq(hm_assignment_retry_due(a), 1);
    cr_assert_eq(hm_assignment_retry_due(a), 0);
    farm_close(&f);
}

/* A move that succeeds ends the rest of its pool, not of another. */
Test(assignment_rest, each_pool_rests_for_itself)
{
    static const double THIRDS[] = {40.0, 30.0, 30.0};
    farm_open(&f, 3, THIRDS, 10);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    const uint32_t other = farm_place(&f, 1.0, 1);
    (void)propose(slot, 2, 100 * S);
    (void)propose(other, 3, 100 * S);
    hm_assignment_fail(&f.assignment, slot, 101 * S, 0);
    hm_assignment_fail(&f.assignment, other, 101 * S, 0);
    cr_assert_eq(f.assignment.failing, 3ull << 1);
    hm_assignment_end_rest(&f.assignment, 3);
    cr_assert_eq(f.assignment.failing, 1ull << 1);
    hm_assignment_end_rest(&f.assignment, 1);
    cr_assert_eq(f.assignment.failing, 1ull << 1);
    farm_close(&f);
}
