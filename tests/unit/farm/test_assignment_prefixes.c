/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What becomes of extranonce prefixes when the host does things its own way. */
#include "tests/unit/farm/farm_fixture.h"

static const double HALVES[] = {50.0, 50.0};

Test(assignment_prefixes, a_host_that_takes_another_prefix_is_believed)
{
    static const uint8_t CHOSEN[] = {0xa2, 0, 0, 0, 0, 0, 0, 0, 0};
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t first = farm_place(&f, 1.0, 2);
    hm_assignment_close(&f.assignment, first, 1);
    hm_prefixes_expire(&f.assignment.prefixes, 1 + HM_PREFIX_HOLD_NS, &f.assignment.channels);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    cr_assert_eq(d.prefix[1], 1, "index 0 rests");
    hm_assignment_apply(&f.assignment, slot, 6, CHOSEN, sizeof CHOSEN);
    cr_assert_eq(farm_cold(&f, slot)->place.count, 0, "ours it is not");
    cr_assert_eq(memcmp(farm_cold(&f, slot)->prefix, CHOSEN, sizeof CHOSEN), 0);
    const hm_extranonce_space *const space = hm_space(&f.assignment.prefixes, 2);
    cr_assert(space->in_use == 1 && (space->blocked[0] & 1u) != 0, "what was offered is free");
    farm_close(&f);
}

Test(assignment_prefixes, what_a_cancelled_move_offered_is_free_again)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    cr_assert_eq(
        hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5, &d),
        0);
    cr_assert_eq(hm_space(&f.assignment.prefixes, 2)->in_use, 1);
    hm_assignment_cancel(&f.assignment, slot, 6, 0);
    cr_assert_eq(hm_space(&f.assignment.prefixes, 2)->in_use, 0);
    farm_close(&f);
}

/* No miner ever worked on it, so there is no share to wait for: also not while the channel has
 * still to show one under the prefix of the move before. */
Test(assignment_prefixes, what_was_offered_and_is_drained_waits_for_no_share)
{
    static const double thirds[] = {40.0, 30.0, 30.0};
    farm f;
    hm_decision d;
    farm_open(&f, 3, thirds, 100);
    farm_grant(&f, 3, 8, 100);
    hm_prefixes *const p = &f.assignment.prefixes;
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_apply(&f.assignment, slot, 6, NULL, 0);
    cr_assert_neq(farm_hot(&f, slot)->marks & HM_MARK_UNCONFIRMED, 0);
    cr_assert_eq(
        hm_assignment_propose(&f.assignment, slot, 3, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 7, &d),
        0);
    hm_assignment_cancel(&f.assignment, slot, 8, 1);
    hm_prefixes_expire(p, 9, &f.assignment.channels);
    cr_assert_eq(hm_space(p, 3)->in_use, 1, "held until the host says that it is drained");
    cr_assert_eq(hm_prefixes_drained(p, 3, d.prefix, d.prefix_len), 0);
    hm_prefixes_expire(p, 10, &f.assignment.channels);
    cr_assert_eq(hm_space(p, 3)->in_use, 0);
    farm_close(&f);
}

/* Is the prefix in force of this channel safe, when an hour has passed and the host has said of
 * everything that it is drained? */
static void check_stays_reserved(farm *f, uint32_t slot, const uint8_t *prefix, uint32_t len)
{
    hm_prefixes *const p = &f->assignment.prefixes;
    const uint32_t upstream = farm_hot(f, slot)->upstream;
    (void)hm_prefixes_drained(p, upstream, prefix, len);
    hm_prefixes_expire(p, 3 * HM_PREFIX_HOLD_NS, &f->assignment.channels);
    for (int i = 0; i < 256; i++) {
        uint8_t other[HMX_EXTRANONCE_MAX];
        hm_prefix_place place;
        if (hm_extranonce_take(hm_space(p, upstream), HMX_CHANNEL_STANDARD, 0, &place) != 0) {
            break;
        }
        (void)hm_extranonce_write(hm_space(p, upstream), HMX_CHANNEL_STANDARD, 0, place, other);
        cr_assert_neq(memcmp(prefix, other, len), 0, "two miners in one search space");
    }
}

/* A miner that ignored the change is taken back to its old pool and prefix: what was held for just
 * that must stay its own. */
Test(assignment_prefixes, a_miner_that_is_taken_back_keeps_its_old_prefix)
{
    farm f;
    hm_decision d;
    uint8_t old_prefix[HMX_EXTRANONCE_MAX];
    uint32_t len = 0;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 1, 8, 100);
    const uint32_t slot = farm_channel(&f, 1.0);
    cr_assert_eq(hm_assignment_place(&f.assignment, slot, 1, 0, old_prefix, &len), 0);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_apply(&f.assignment, slot, 6, NULL, 0);
    hm_assignment_force(&f.assignment, slot, 1, 7, old_prefix, len);
    cr_assert_eq(farm_cold(&f, slot)->place.count, 1, "the place is the channel's again");
    check_stays_reserved(&f, slot, old_prefix, len);
    farm_close(&f);
}

/* An answer that came too late: the decision was void, so the host reports the move as its own. */
Test(assignment_prefixes, a_late_answer_keeps_the_prefix_that_was_offered)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_expire(&f.assignment, d.valid_until_ns + 1);
    cr_assert_eq(f.assignment.moves.expired, 1);
    hm_assignment_force(&f.assignment, slot, 2, d.valid_until_ns + 1, d.prefix, d.prefix_len);
    check_stays_reserved(&f, slot, d.prefix, d.prefix_len);
    farm_close(&f);
}

Test(assignment_prefixes, the_host_may_force_what_is_still_pending_with_its_prefix)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_force(&f.assignment, slot, 2, 6, d.prefix, d.prefix_len);
    check_stays_reserved(&f, slot, d.prefix, d.prefix_len);
    farm_close(&f);
}

Test(assignment_prefixes, an_adopted_channel_has_the_prefix_that_a_closed_one_left)
{
    farm f;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t len = 0;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 1, 8, 100);
    (void)farm_place(&f, 1.0, 1);
    const uint32_t gone = farm_channel(&f, 1.0);
    cr_assert_eq(hm_assignment_place(&f.assignment, gone, 1, 0, prefix, &len), 0);
    hm_assignment_close(&f.assignment, gone, 5);
    const uint32_t slot = farm_channel(&f, 1.0);
    hm_assignment_adopt(&f.assignment, slot, 1, prefix, len);
    farm_check_sums(&f, 0.0);
    check_stays_reserved(&f, slot, prefix, len);
    farm_close(&f);
}

/* A channel that rolls more bytes leaves fewer for the index: what was offered on that pool means
 * nothing any more, what was offered elsewhere does. */
Test(assignment_prefixes, what_was_offered_before_a_space_became_narrower_is_given_back_nowhere)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 1000);
    farm_grant(&f, 1, 8, 1000);
    farm_grant(&f, 2, 8, 1000);
    const uint32_t to_b = farm_place(&f, 1.0, 1);
    const uint32_t to_a = farm_place(&f, 1.0, 2);
    hm_prefixes *const p = &f.assignment.prefixes;
    cr_assert_eq(
        hm_assignment_propose(&f.assignment, to_b, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5, &d),
        0);
    cr_assert_eq(
        hm_assignment_propose(&f.assignment, to_a, 1, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5, &d),
        0);
    const uint32_t rolling = farm_channel(&f, 1.0);
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t len = 0;
    farm_cold(&f, rolling)->kind = HMX_CHANNEL_EXTENDED;
    farm_cold(&f, rolling)->extranonce_size = 7;
    cr_assert_eq(hm_assignment_place(&f.assignment, rolling, 2, 5, prefix, &len), 0);
    const uint32_t in_use = hm_space(p, 2)->in_use;
    hm_assignment_cancel(&f.assignment, to_b, 6, 0);
    cr_assert_eq(hm_space(p, 2)->in_use, in_use);
    cr_assert_eq(hm_space(p, 1)->in_use, 2, "one works there and one is offered");
    hm_assignment_cancel(&f.assignment, to_a, 6, 0);
    cr_assert_eq(hm_space(p, 1)->in_use, 1);
    farm_close(&f);
}

/* A host that names no prefix put the one in force that was offered. */
Test(assignment_prefixes, what_was_offered_is_in_force_when_the_host_names_none)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    cr_assert_gt(d.prefix_len, 0);
    hm_assignment_apply(&f.assignment, slot, 6, NULL, 0);
    cr_assert_eq(farm_cold(&f, slot)->prefix_len, d.prefix_len);
    cr_assert_eq(memcmp(farm_cold(&f, slot)->prefix, d.prefix, d.prefix_len), 0);
    cr_assert_eq(farm_cold(&f, slot)->place.count, 1);
    cr_assert_eq(hm_space(&f.assignment.prefixes, 2)->in_use, 1);
    cr_assert_eq(farm_hot(&f, slot)->moved_ns, 6);
    farm_close(&f);
}

/* A host that answers late and names no prefix: whatever it is, it blocks nothing of the pool's. */
Test(assignment_prefixes, a_late_answer_without_a_prefix_takes_none)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_expire(&f.assignment, d.valid_until_ns + 1);
    hm_extranonce_space *const space = hm_space(&f.assignment.prefixes, 2);
    const uint64_t blocked = space->blocked[0];
    const uint32_t in_use = space->in_use;
    cr_assert_eq(
        hm_assignment_apply_late(&f.assignment, slot, d.decision, 2, d.valid_until_ns + 2, NULL, 0),
        0);
    cr_assert_eq(farm_hot(&f, slot)->upstream, 2);
    cr_assert_eq(farm_cold(&f, slot)->prefix_len, 0);
    cr_assert(space->blocked[0] == blocked && space->in_use == in_use);
    cr_assert_eq(
        hm_assignment_apply_late(&f.assignment, slot, d.decision, 2, d.valid_until_ns + 3, NULL, 0),
        -1, "an answer comes once");
    farm_close(&f);
}

/* Outside the pool's space, and of one byte only: the host chose it. */
Test(assignment_prefixes, a_forced_prefix_of_one_byte_collides_too)
{
    farm f;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t len = 99;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_channel(&f, 1.0);
    cr_assert_eq(hm_assignment_place(&f.assignment, slot, 1, 0, prefix, &len), 0);
    cr_assert_eq(len, 0, "that pool gives none");
    hm_assignment_force(&f.assignment, slot, 2, 7, (const uint8_t *)"\xee", 1);
    cr_assert_eq(hm_assignment_collision(&f.assignment, 2, (const uint8_t *)"\xee\1", 2), slot);
    cr_assert_eq(hm_assignment_collision(&f.assignment, 2, (const uint8_t *)"\xef\1", 2),
                 HM_SLOT_NONE);
    farm_close(&f);
}

/* The first channel of all as any other: with its own prefix, what begins with it, and what it
 * begins with. */
Test(assignment_prefixes, a_prefix_collides_with_what_it_begins_and_what_begins_it)
{
    farm f;
    uint8_t prefix[HMX_EXTRANONCE_MAX + 1] = {0};
    uint32_t len = 0;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 1, 8, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_channel(&f, 1.0);
    cr_assert_eq(farm_hot(&f, slot)->channel, 1);
    cr_assert_eq(hm_assignment_place(&f.assignment, slot, 1, 0, prefix, &len), 0);
    for (uint32_t n = 1; n <= len + 1; n++) {
        cr_assert_eq(hm_assignment_collision(&f.assignment, 1, prefix, n), slot, "%u bytes", n);
        cr_assert_eq(hm_assignment_collision(&f.assignment, 2, prefix, n), HM_SLOT_NONE);
    }
    cr_assert_eq(hm_assignment_collision(&f.assignment, 1, prefix, 0), HM_SLOT_NONE);
    prefix[len - 1] ^= 1;
    cr_assert_eq(hm_assignment_collision(&f.assignment, 1, prefix, len), HM_SLOT_NONE);
    cr_assert_eq(hm_assignment_collision(&f.assignment, 1, prefix, len - 1), slot);
    prefix[0] ^= 1;
    cr_assert_eq(hm_assignment_collision(&f.assignment, 1, prefix, 1), HM_SLOT_NONE);
    hm_assignment_close(&f.assignment, slot, 1);
    prefix[0] ^= 1;
    cr_assert_eq(hm_assignment_collision(&f.assignment, 1, prefix, 1), HM_SLOT_NONE);
    farm_close(&f);
}
