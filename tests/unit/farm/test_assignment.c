/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <signal.h>

#include "tests/unit/farm/farm_fixture.h"

static const uint64_t SECOND_NS = 1000000000ull;

/* Arrivals of equal miners as letters; returns the sequence in a static buffer. */
static const char *arrivals(uint32_t n, const double *percent, int miners)
{
    static char letters[2048];
    farm f;
    farm_open(&f, n, percent, 4096);
    for (int i = 0; i < miners; i++) {
        letters[i] = (char)('A' + farm_hot(&f, farm_arrive(&f, 0.1))->upstream - 1u);
    }
    letters[miners] = '\0';
    farm_check_sums(&f, 1e-9 * miners);
    farm_close(&f);
    return letters;
}

static const double SPLIT[] = {60.0, 30.0, 10.0};
static const double HALVES[] = {50.0, 50.0};

Test(assignment, equal_miners_arrive_in_the_order_of_the_reference)
{
    cr_assert_str_eq(arrivals(3, SPLIT, 30), "ABACABAABAABACABAABAABACABAABA");
    cr_assert_str_eq(arrivals(2, HALVES, 10), "ABABABABAB");
    cr_assert_str_eq(arrivals(4, (const double[]){70, 20, 9, 1}, 10), "ABAACAABAA");
    cr_assert_str_eq(arrivals(4, (const double[]){1, 9, 20, 70}, 10), "ABCDDDCDDD");
}

Test(assignment, small_target_gets_the_second_and_the_twenty_second)
{
    const char *const got = arrivals(2, (const double[]){95, 5}, 30);
    for (int i = 0; i < 30; i++) {
        cr_assert_eq(got[i], i + 1 == 2 || i + 1 == 22 ? 'B' : 'A', "miner %d", i + 1);
    }
}

Test(assignment, counts_of_equal_miners_are_exact)
{
    static const int sizes[] = {10, 100, 1000, 2000};
    for (int s = 0; s < 4; s++) {
        const char *const got = arrivals(3, SPLIT, sizes[s]);
        int counts[3] = {0};
        for (int i = 0; i < sizes[s]; i++) {
            counts[got[i] - 'A']++;
        }
        cr_assert_eq(counts[0], sizes[s] * 6 / 10);
        cr_assert_eq(counts[1], sizes[s] * 3 / 10);
        cr_assert_eq(counts[2], sizes[s] / 10);
    }
}

/* The worst deviation that the reference was measured to have, for any number of miners. */
Test(assignment, counts_stay_near_the_ideal)
{
    const char *const got = arrivals(3, SPLIT, 2000);
    int counts[3] = {0};
    for (int i = 0; i < 2000; i++) {
        counts[got[i] - 'A']++;
        for (int u = 0; u < 3; u++) {
            cr_assert_float_eq(counts[u], SPLIT[u] / 100.0 * (i + 1), 0.61, "miner %d", i + 1);
        }
    }
}

/* 100 miners on 60/30/10, 30 of A leave: the next 30 all go to A, but for the order in which the
 * shares pass their targets on the way. */
Test(assignment, arrivals_fill_the_gap_that_leavers_left)
{
    farm f;
    uint32_t slots[100];
    uint32_t left = 0;
    farm_open(&f, 3, SPLIT, 1000);
    for (int i = 0; i < 100; i++) {
        slots[i] = farm_arrive(&f, 1.0);
    }
    for (int i = 0; i < 100 && left < 30; i++) {
        if (farm_hot(&f, slots[i])->upstream == 1) {
            hm_assignment_close(&f.assignment, slots[i], 1);
            left++;
        }
    }
    for (int i = 0; i < 30; i++) {
        cr_assert_eq(farm_hot(&f, farm_arrive(&f, 1.0))->upstream, 1, "arrival %d", i);
    }
    farm_check_sums(&f, 1e-9);
    farm_close(&f);
}

Test(assignment, arrivals_count_hashrate_not_miners)
{
    farm f;
    farm_open(&f, 2, HALVES, 100);
    cr_assert_eq(farm_hot(&f, farm_arrive(&f, 100.0))->upstream, 1);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(farm_hot(&f, farm_arrive(&f, 10.0))->upstream, 2, "ten small make one large");
    }
    cr_assert_eq(farm_hot(&f, farm_arrive(&f, 1.0))->upstream, 1);
    farm_close(&f);
}

Test(assignment, pending_moves_count_at_their_destination)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    const uint32_t first = farm_place(&f, 1.0, 1);
    (void)farm_place(&f, 1.0, 2);
    cr_assert_eq(hm_assignment_propose(&f.assignment, first, 2, HMX_DECISION_MOVE,
                                       HMX_REASON_BALANCE, 1, &d),
                 0);
    cr_assert_eq(farm_hot(&f, farm_arrive(&f, 1.0))->upstream, 1);
    cr_assert_eq(farm_hot(&f, farm_arrive(&f, 1.0))->upstream, 1);
    farm_check_sums(&f, 1e-12);
    farm_close(&f);
}

Test(assignment, an_illegal_pool_is_passed_over)
{
    farm f;
    farm_open(&f, 3, SPLIT, 100);
    f.upstreams.rows[0].facts.state = HMX_UPSTREAM_DOWN;
    cr_assert_eq(farm_hot(&f, farm_arrive(&f, 1.0))->upstream, 2);
    const uint32_t slot = farm_channel(&f, 1.0);
    farm_cold(&f, slot)->upstreams_allowed = 0x4;
    cr_assert_eq(hm_assignment_arrival(&f.assignment, slot, f.command, f.most), 3);
    farm_cold(&f, slot)->upstreams_allowed = 0x1;
    cr_assert_eq(hm_assignment_arrival(&f.assignment, slot, f.command, f.most), HMX_NONE);
    farm_close(&f);
}

/* A pool whose target is 0 is being left: nobody is sent there while another one has a target. */
Test(assignment, a_pool_without_a_target_receives_nobody_while_another_has_one)
{
    farm f;
    farm_open(&f, 2, (const double[]){0.0, 100.0}, 100);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(farm_hot(&f, farm_arrive(&f, 1.0))->upstream, 2, "arrival %d", i);
    }
    const uint32_t slot = farm_channel(&f, 1.0);
    farm_cold(&f, slot)->upstreams_allowed = 0x1;
    cr_assert_eq(hm_assignment_arrival(&f.assignment, slot, f.command, f.most), 1,
                 "unless it must");
    farm_close(&f);
}

Test(assignment, where_nobody_has_room_the_first_pool_with_a_target_receives)
{
    farm f;
    farm_open(&f, 3, (const double[]){0.0, 60.0, 40.0}, 100);
    for (uint32_t i = 0; i < 3; i++) {
        f.most[i] = 0.0;
    }
    const uint32_t slot = farm_channel(&f, 1.0);
    cr_assert_eq(hm_assignment_arrival(&f.assignment, slot, f.command, f.most), 2);
    farm_close(&f);
}

Test(assignment, silent_channels_go_to_the_first_pool_with_a_target)
{
    farm f;
    farm_open(&f, 3, (const double[]){0.0, 60.0, 40.0}, 100);
    cr_assert_eq(farm_hot(&f, farm_arrive(&f, 0.0))->upstream, 2);
    cr_assert_eq(farm_hot(&f, farm_arrive(&f, 0.0))->upstream, 2);
    farm_close(&f);
}

Test(assignment, a_decision_describes_itself)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 2.5, 1);
    cr_assert_eq(hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE,
                                       HMX_REASON_EVACUATION, 7 * SECOND_NS, &d),
                 0);
    cr_assert(d.kind == HMX_DECISION_MOVE && d.reason == HMX_REASON_EVACUATION);
    cr_assert(d.from == 1 && d.to == 2 && d.decision == 1 && d.hashrate == 2.5);
    cr_assert_eq(d.channel, f.last_channel);
    cr_assert_eq(hm_channels_find(&f.assignment.channels, 0, 0), HM_SLOT_NONE);
    cr_assert_eq(hm_channels_find(&f.assignment.channels, d.channel, d.cookie), slot);
    cr_assert_eq(d.valid_until_ns, 7 * SECOND_NS + HM_DECISION_VALID_NS);
    cr_assert_eq(d.prefix_len, 9);
    cr_assert_eq(d.prefix[0], 0xa2);
    cr_assert_eq(f.assignment.moves.decisions, 1);
    farm_close(&f);
}

Test(assignment, a_decision_is_no_fact_until_it_is_applied)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    cr_assert(farm_hot(&f, slot)->upstream == 1 && f.assignment.counts[1] == 1);
    cr_assert(f.assignment.working[1] == 1.0 && f.assignment.allocated[2] == 1.0);
    hm_assignment_apply(&f.assignment, slot, 6, NULL, 0);
    cr_assert(farm_hot(&f, slot)->upstream == 2 && farm_hot(&f, slot)->pending_to == HMX_NONE);
    cr_assert_eq(farm_hot(&f, slot)->moved_ns, 6);
    cr_assert_eq(farm_cold(&f, slot)->moves, 1);
    cr_assert_neq(farm_hot(&f, slot)->marks & HM_MARK_UNCONFIRMED, 0);
    cr_assert_eq(f.assignment.moves.applied, 1);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

Test(assignment, a_move_applied_at_time_zero_is_still_a_move)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 0,
                                &d);
    hm_assignment_apply(&f.assignment, slot, 0, NULL, 0);
    cr_assert_neq(farm_hot(&f, slot)->moved_ns, 0, "0 means never");
    farm_close(&f);
}

Test(assignment, a_cancelled_decision_leaves_the_channel_where_it_was)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    for (int hold = 0; hold < 2; hold++) {
        (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE,
                                    5, &d);
        cr_assert_eq(hm_space(&f.assignment.prefixes, 2)->in_use, 1);
        hm_assignment_cancel(&f.assignment, slot, 6, hold);
        cr_assert(farm_hot(&f, slot)->upstream == 1 && farm_hot(&f, slot)->pending_to == HMX_NONE);
        cr_assert_eq(farm_hot(&f, slot)->moved_ns, 0, "it has not moved");
        cr_assert_eq(hm_space(&f.assignment.prefixes, 2)->in_use, (uint32_t)hold,
                     "a miner may have seen the new prefix");
        farm_check_sums(&f, 0.0);
    }
    farm_close(&f);
}

Test(assignment, unanswered_decisions_expire_on_time_oldest_first)
{
    farm f;
    hm_decision d;
    uint32_t slots[10];
    farm_open(&f, 2, HALVES, 100);
    for (uint32_t i = 0; i < 10; i++) {
        slots[i] = farm_place(&f, 1.0, 1);
        (void)hm_assignment_propose(&f.assignment, slots[i], 2, HMX_DECISION_MOVE,
                                    HMX_REASON_BALANCE, i * SECOND_NS, &d);
    }
    hm_assignment_cancel(&f.assignment, slots[3], 10 * SECOND_NS, 0);
    hm_assignment_expire(&f.assignment, HM_DECISION_VALID_NS);
    cr_assert_eq(f.assignment.moves.expired, 0, "an answer at the last moment counts");
    hm_assignment_expire(&f.assignment, HM_DECISION_VALID_NS + 1);
    cr_assert_eq(f.assignment.moves.expired, 1);
    cr_assert_eq(farm_hot(&f, slots[0])->pending_to, HMX_NONE);
    cr_assert_eq(farm_hot(&f, slots[1])->pending_to, 2);
    hm_assignment_expire(&f.assignment, 4 * SECOND_NS + HM_DECISION_VALID_NS + 1);
    cr_assert_eq(f.assignment.pending_count, 5);
    cr_assert_eq(f.assignment.moves.expired, 4);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

Test(assignment, a_forced_move_is_a_fact_and_voids_the_decision)
{
    farm f;
    hm_decision d;
    farm_open(&f, 3, SPLIT, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_force(&f.assignment, slot, 3, 6, NULL, 0);
    cr_assert(farm_hot(&f, slot)->upstream == 3 && farm_hot(&f, slot)->pending_to == HMX_NONE);
    cr_assert_eq(farm_hot(&f, slot)->moved_ns, 6);
    cr_assert_eq(f.assignment.moves.forced, 1);
    farm_check_sums(&f, 0.0);
    hm_assignment_force(&f.assignment, slot, HMX_NONE, 7, NULL, 0);
    cr_assert_eq(farm_hot(&f, slot)->upstream, HMX_NONE, "parked");
    cr_assert_eq(f.assignment.counts[0], 1);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

Test(assignment, being_forced_to_where_it_is_changes_nothing)
{
    farm f;
    farm_open(&f, 3, SPLIT, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    hm_assignment_force(&f.assignment, slot, 1, 6, NULL, 0);
    cr_assert_eq(farm_hot(&f, slot)->moved_ns, 0);
    cr_assert_eq(farm_hot(&f, slot)->marks & HM_MARK_UNCONFIRMED, 0);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

Test(assignment, closing_forgets_everything_even_with_a_decision_pending)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    farm_grant(&f, 1, 8, 100);
    farm_grant(&f, 2, 8, 100);
    const uint32_t slot = farm_place(&f, 0.1, 1);
    const uint32_t other = farm_place(&f, 0.3, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_close(&f.assignment, slot, 6);
    farm_check_sums(&f, 1e-12);
    cr_assert_eq(hm_space(&f.assignment.prefixes, 1)->in_use, 2, "its prefix is held");
    cr_assert_eq(hm_space(&f.assignment.prefixes, 2)->in_use, 1, "and the one that was offered");
    hm_assignment_close(&f.assignment, other, 7);
    cr_assert_eq(f.assignment.allocated[1], 0.0, "no rounding stays behind");
    cr_assert_eq(f.assignment.working[1], 0.0);
    hm_prefixes_expire(&f.assignment.prefixes, 7 + HM_PREFIX_HOLD_NS, &f.assignment.channels);
    cr_assert_eq(hm_space(&f.assignment.prefixes, 1)->in_use, 0);
    cr_assert_eq(hm_space(&f.assignment.prefixes, 2)->in_use, 0);
    farm_close(&f);
}

Test(assignment, thirty_thousand_openings_and_closings_leave_no_memory_behind)
{
    farm f;
    farm_open(&f, 3, SPLIT, 1000);
    const uint64_t bytes = f.counted.live_bytes;
    for (int i = 0; i < 30000; i++) {
        hm_assignment_close(&f.assignment, farm_arrive(&f, 0.1 * (i % 7)), (uint64_t)i);
    }
    cr_assert_eq(f.counted.live_bytes, bytes);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

Test(assignment, a_changed_estimate_changes_the_sums_where_they_count)
{
    farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    hm_assignment_set_hashrate(&f.assignment, slot, 4.0);
    cr_assert(f.assignment.working[1] == 4.0 && f.assignment.allocated[2] == 4.0);
    farm_check_sums(&f, 0.0);
    hm_recount recount;
    hm_assignment_recount_begin(&f.assignment, &recount);
    hm_recount_add(&recount, farm_hot(&f, slot));
    hm_assignment_count(&f.assignment, farm_hot(&f, slot));
    hm_assignment_recount_end(&f.assignment, &recount);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

/* Counts the sums afresh over one channel that is under way from pool 1 to pool 2, when `spoil` has
 * been at them. */
static void recount_after(void (*spoil)(hm_assignment *a))
{
    static farm f;
    hm_decision d;
    hm_recount recount;
    farm_open(&f, 2, HALVES, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    spoil(&f.assignment);
    hm_assignment_recount_begin(&f.assignment, &recount);
    hm_recount_add(&recount, farm_hot(&f, slot));
    hm_assignment_recount_end(&f.assignment, &recount);
}

/* What a giant leaves behind by rounding, when it goes, is no fault. */
Test(assignment, a_giant_that_leaves_is_no_fault_of_the_sums)
{
    static farm f;
    hm_recount recount;
    farm_open(&f, 2, HALVES, 100);
    const uint32_t small = farm_place(&f, 1.0 / 3.0, 1);
    const uint32_t giant = farm_place(&f, 1e28, 1);
    hm_assignment_recount_begin(&f.assignment, &recount);
    const uint32_t both[] = {small, giant};
    for (int i = 0; i < 2; i++) {
        hm_recount_add(&recount, farm_hot(&f, both[i]));
        hm_assignment_count(&f.assignment, farm_hot(&f, both[i]));
    }
    hm_assignment_recount_end(&f.assignment, &recount);
    hm_assignment_close(&f.assignment, giant, 5);
    cr_assert_neq(f.assignment.working[1], 1.0 / 3.0, "the test is about something");
    hm_assignment_recount_begin(&f.assignment, &recount);
    hm_recount_add(&recount, farm_hot(&f, small));
    hm_assignment_recount_end(&f.assignment, &recount);
}

static void spoil_allocated(hm_assignment *a)
{
    a->allocated[2] += 1e-3;
}

static void spoil_working(hm_assignment *a)
{
    a->working[1] = 0.0;
}

static void spoil_counts(hm_assignment *a)
{
    a->counts[1]++;
}

static void spoil_pending(hm_assignment *a)
{
    a->pending_in[1]++;
}

static void spoil_pending_count(hm_assignment *a)
{
    a->pending_count = 0;
}

Test(assignment, hashrate_allocated_out_of_nothing_is_noticed, .signal = SIGABRT)
{
    recount_after(spoil_allocated);
}

Test(assignment, hashrate_that_works_nowhere_is_noticed, .signal = SIGABRT)
{
    recount_after(spoil_working);
}

Test(assignment, a_channel_counted_twice_is_noticed, .signal = SIGABRT)
{
    recount_after(spoil_counts);
}

Test(assignment, a_decision_under_way_to_nobody_is_noticed, .signal = SIGABRT)
{
    recount_after(spoil_pending);
}

Test(assignment, a_decision_that_is_not_in_the_list_is_noticed, .signal = SIGABRT)
{
    recount_after(spoil_pending_count);
}

Test(assignment, a_second_decision_about_one_channel_is_noticed, .signal = SIGABRT)
{
    static farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    const uint32_t slot = farm_place(&f, 1.0, 1);
    for (int i = 0; i < 2; i++) {
        (void)hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE,
                                    5, &d);
    }
}

Test(assignment, a_slot_that_nobody_has_is_noticed, .signal = SIGABRT)
{
    static farm f;
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 1.0, 1);
    (void)hm_assignment_propose(&f.assignment, 7, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5, &d);
}

Test(assignment, a_place_without_a_free_prefix_is_refused)
{
    farm f;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t len = 99;
    hm_decision d;
    farm_open(&f, 2, HALVES, 1000);
    farm_grant(&f, 2, 8, 100);
    for (int i = 0; i < 256; i++) {
        (void)farm_place(&f, 1.0, 2);
    }
    const uint32_t slot = farm_channel(&f, 1.0);
    cr_assert_eq(hm_assignment_place(&f.assignment, slot, 2, 0, prefix, &len), -1);
    cr_assert_eq(len, 0);
    cr_assert_eq(hm_assignment_place(&f.assignment, slot, 1, 0, prefix, &len), 0);
    cr_assert_eq(
        hm_assignment_propose(&f.assignment, slot, 2, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5, &d),
        -1);
    farm_check_sums(&f, 0.0);
    farm_close(&f);
}

/* Sums of many hashrates are not exact: what rounding lacks is no room for anybody. */
Test(assignment, a_pool_that_lacks_only_what_rounding_lost_is_full)
{
    farm f;
    farm_open(&f, 2, (const double[]){50.0, 50.0}, 100);
    (void)farm_place(&f, 1e6 - 1e-5, 1);
    (void)farm_place(&f, 1e6 + 1e-5, 2);
    f.command[1] = 0.51; /* more is missing there */
    const uint32_t slot = farm_arrive(&f, 10.0);
    cr_assert_eq(farm_hot(&f, slot)->upstream, 2);
    farm_close(&f);
}
