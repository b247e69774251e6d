/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/control/planner_fixture.h"

static const double SPLIT[] = {60.0, 30.0, 10.0};
static const double HALVES[] = {50.0, 50.0};
static farm f;
static record r;

/* The worked example of the specification. */
Test(planner, makes_exactly_two_moves_from_b_to_a_for_62_28_10)
{
    farm_open(&f, 3, SPLIT, 1000);
    place_many(&f, 1, 60, 1.0);
    place_many(&f, 2, 30, 1.0);
    place_many(&f, 3, 10, 1.0);
    command(&f, (const double[]){62.0, 28.0, 10.0});
    const hm_plan_request request = request_for(&f, 0.5);
    const hm_plan_result result = plan_with(&f, &request, MANY, &r);
    cr_assert(result.moves == 2 && result.more == 0 && r.count == 2);
    for (int i = 0; i < 2; i++) {
        cr_assert(r.list[i].from == 2 && r.list[i].to == 1);
        cr_assert(r.list[i].kind == HMX_DECISION_MOVE && r.list[i].reason == HMX_REASON_BALANCE);
    }
    cr_assert_neq(r.list[0].channel, r.list[1].channel);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 0, "pending moves count already");
    farm_close(&f);
}

Test(planner, one_donor_serves_two_receivers)
{
    farm_open(&f, 3, SPLIT, 1000);
    place_many(&f, 1, 100, 1.0);
    command(&f, SPLIT);
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 40);
    cr_assert_float_eq(f.assignment.allocated[1], 60.0, 1e-9);
    cr_assert_float_eq(f.assignment.allocated[2], 30.0, 1e-9);
    cr_assert_float_eq(f.assignment.allocated[3], 10.0, 1e-9);
    farm_close(&f);
}

Test(planner, leaves_alone_what_is_near_enough)
{
    farm_open(&f, 2, HALVES, 1000);
    for (int i = 0; i < 100; i++) {
        (void)farm_place(&f, 0.01, 1u + (uint32_t)(i % 2));
    }
    command(&f, (const double[]){50.17, 49.83});
    const hm_plan_request wide = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &wide, MANY, &r).moves, 0, "0.17 is within 0.35 * 0.5");
    farm_close(&f);
}

Test(planner, takes_the_channel_that_fits_best)
{
    static const double hashrates[] = {9.0, 4.2, 1.0, 4.0, 30.0, 4.5, 2.0};
    farm_open(&f, 2, HALVES, 1000);
    for (int i = 0; i < 7; i++) {
        (void)farm_place(&f, hashrates[i], 1);
    }
    (void)farm_place(&f, 54.7 - 8.2, 2);
    const double total = 54.7 * 2.0 - 8.2;
    command(&f,
            (const double[]){100.0 * (54.7 - 4.1) / total, 100.0 - 100.0 * (54.7 - 4.1) / total});
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 1);
    const double moved = r.list[0].expected_hashrate / HM_HASHES_PER_WORK;
    cr_assert_float_eq(moved, 4.1, 0.1 + 1e-9, "4.0 or 4.2: %f", moved);
    farm_close(&f);
}

Test(planner, of_equal_channels_the_one_that_rested_longest_goes)
{
    farm_open(&f, 2, HALVES, 1000);
    for (uint64_t i = 0; i < 6; i++) {
        const uint32_t slot = farm_place(&f, 1.0, 1);
        farm_hot(&f, slot)->moved_ns = (i == 3 ? 100 : 500 + i) * SECOND_NS;
    }
    place_many(&f, 2, 4, 1.0);
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 1);
    cr_assert_eq(r.list[0].channel, 4);
    farm_close(&f);
}

Test(planner, does_nothing_that_gains_too_little)
{
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 10.0, 2);
    /* ideal amount 6 of a channel of 10: gains 6 - 4 - 2 * min(3, ripple) */
    command(&f, (const double[]){20.0, 80.0});
    hm_plan_request request = request_for(&f, 0.5);
    request.ripple = 3.0;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 0);
    request.ripple = 0.5;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 1, "the smaller margin counts");
    farm_close(&f);
}

Test(planner, swaps_when_no_single_channel_fits)
{
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 9.0, 2);
    command(&f, (const double[]){100.0 * 9.0 / 19.0, 100.0 * 10.0 / 19.0});
    hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 2);
    cr_assert(r.list[0].from == 1 && r.list[0].to == 2 &&
              r.list[0].expected_hashrate == 10.0 * HM_HASHES_PER_WORK);
    cr_assert(r.list[1].from == 2 && r.list[1].to == 1 &&
              r.list[1].expected_hashrate == 9.0 * HM_HASHES_PER_WORK);
    apply_all(&f, request.now_ns);
    command(&f, (const double[]){100.0 * 10.0 / 19.0, 100.0 * 9.0 / 19.0});
    request.now_ns += 1000 * SECOND_NS;
    request.swap_cost = 0.41;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 0, "1 - 0.6 - 0.41 is no gain");
    request.swap_cost = 0.39;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 2);
    farm_close(&f);
}

/* What a correction leaves alone, a new split does: its parts count together. */
Test(planner, a_new_split_is_exact)
{
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 9.9, 2);
    command(&f, (const double[]){100.0 * 9.9 / 19.9, 100.0 * 10.0 / 19.9});
    hm_plan_request request = request_for(&f, 0.5);
    request.swap_cost = 1.0;
    request.min_improvement = 0.3;
    request.band = 0.2;
    request.moves_before = 9;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 0);
    request.moves_before = 10;
    request.split_moves = UINT32_MAX;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 0, "not when the host refuses");
    request.split_moves = 10;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 2);
    farm_check_sums(&f, 1e-12);
    farm_close(&f);
}

Test(planner, a_swap_needs_two_of_the_burst)
{
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 9.0, 2);
    command(&f, (const double[]){100.0 * 9.0 / 19.0, 100.0 * 10.0 / 19.0});
    hm_plan_request request = request_for(&f, 0.5);
    request.most_moves = 1;
    hm_plan_result result = plan_with(&f, &request, MANY, &r);
    cr_assert(result.moves == 0 && result.more == 0);
    result = plan_with(&f, &request, 2, &r);
    cr_assert(result.moves == 0 && result.more == 0, "two rows would have been enough");
    farm_check_sums(&f, 1e-12);
    farm_close(&f);
}

Test(planner, channels_that_moved_lately_rest)
{
    farm_open(&f, 2, HALVES, 100);
    hm_plan_request request = request_for(&f, 0.5);
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t slot = farm_place(&f, 1.0, 1);
        farm_hot(&f, slot)->moved_ns = request.now_ns - request.dwell_ns + (i < 3 ? 1 : 0);
    }
    request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 1, "dwell reached exactly: it may");
    cr_assert_eq(r.list[0].channel, 4);
    request.now_ns += 1;
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 1, "and now another");
    farm_close(&f);
}

Test(planner, the_burst_limit_holds)
{
    farm_open(&f, 3, SPLIT, 1000);
    place_many(&f, 1, 100, 1.0);
    hm_plan_request request = request_for(&f, 0.5);
    request.most_moves = 7;
    const hm_plan_result result = plan_with(&f, &request, MANY, &r);
    cr_assert(result.moves == 7 && result.more == 0 && r.count == 7);
    farm_close(&f);
}

Test(planner, silent_bound_and_pending_channels_stay)
{
    hm_decision d;
    farm_open(&f, 2, HALVES, 100);
    (void)farm_place(&f, 0.0, 1);
    farm_cold(&f, farm_place(&f, 1.0, 1))->flags = HMX_CHANNEL_FLAG_CUSTOM_JOBS;
    const uint32_t deaf = farm_place(&f, 1.0, 1);
    farm_cold(&f, deaf)->kind = HMX_CHANNEL_EXTENDED;
    farm_cold(&f, deaf)->honours_prefix = HMX_NO;
    const uint32_t pending = farm_place(&f, 1.0, 2);
    (void)hm_assignment_propose(&f.assignment, pending, 1, HMX_DECISION_MOVE, HMX_REASON_BALANCE, 5,
                                &d);
    const uint32_t free_one = farm_place(&f, 1.0, 1);
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 1);
    cr_assert_eq(r.list[0].channel, farm_hot(&f, free_one)->channel);
    farm_close(&f);
}

Test(planner, largest_gap_is_served_first)
{
    farm_open(&f, 4, (const double[]){25, 25, 25, 25}, 1000);
    place_many(&f, 1, 40, 1.0);
    place_many(&f, 2, 30, 1.0);
    place_many(&f, 3, 10, 1.0);
    place_many(&f, 4, 20, 1.0);
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 20);
    cr_assert(r.list[0].from == 1 && r.list[0].to == 3);
    farm_close(&f);
}

Test(planner, unusable_and_unwanted_pools_take_no_part)
{
    farm_open(&f, 4, (const double[]){50, 50, 0, 0}, 1000);
    f.usable[3] = 0;
    f.upstreams.rows[3].facts.state = HMX_UPSTREAM_DOWN;
    place_many(&f, 1, 30, 1.0);
    place_many(&f, 2, 10, 1.0);
    place_many(&f, 4, 50, 1.0);
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 10, "20 each; those of pool 4 apart");
    for (uint32_t i = 0; i < r.count; i++) {
        cr_assert(r.list[i].from == 1 && r.list[i].to == 2);
    }
    farm_close(&f);
}

/* The cap leaves too little room for the channel that fits; an exchange stays below it. */
Test(planner, what_a_cap_forbids_to_one_channel_an_exchange_may_do)
{
    farm_open(&f, 2, (const double[]){48, 52}, 10);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 12.0, 1);
    (void)farm_place(&f, 3.0, 2);
    f.most[1] = 12.5;
    const hm_plan_request request = request_for(&f, 1.0);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 2);
    cr_assert_float_eq(f.assignment.allocated[2], 12.0, 1e-9);
    farm_close(&f);
}

/* Two pools are tried again, with little each: half of what the third has too much is more than
 * either may have. Who fits under the cap goes, and not nobody. */
Test(planner, two_pools_with_caps_get_what_fits_under_them)
{
    farm_open(&f, 3, (const double[]){5, 2, 93}, 30);
    place_many(&f, 3, 16, 5.75);
    (void)farm_place(&f, 4.0, 3);
    place_many(&f, 3, 2, 1.5);
    (void)farm_place(&f, 1.0, 3);
    f.most[0] = 5.0;
    f.most[1] = 2.0;
    const hm_plan_request request = request_for(&f, 0.4);
    cr_assert_gt(plan_with(&f, &request, MANY, &r).moves, 0);
    const double *const allocated = f.assignment.allocated;
    cr_assert(allocated[1] >= 4.0 && allocated[1] <= 5.0, "%g", allocated[1]);
    cr_assert(allocated[2] >= 1.5 && allocated[2] <= 2.0, "%g", allocated[2]);
    farm_close(&f);
}

/* In return for the channel of 12 one of 2 would be ideal. The silent one is nearer to that than
 * the one of 5, but it brings nothing back, and 12 more are beyond the cap. */
Test(planner, a_silent_channel_is_none_to_exchange_for)
{
    farm_open(&f, 2, (const double[]){12.0 / 0.27, 15.0 / 0.27}, 10);
    (void)farm_place(&f, 10.0, 1);
    (void)farm_place(&f, 12.0, 1);
    (void)farm_place(&f, 5.0, 2);
    (void)farm_place(&f, 0.0, 2);
    f.most[1] = 12.5;
    const hm_plan_request request = request_for(&f, 1.0);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 2);
    cr_assert_float_eq(f.assignment.allocated[2], 12.0, 1e-9);
    farm_close(&f);
}

/* Nobody may go to 2, where most is missing; 3 and 4 lack the same. Also in the smallest farms. */
Test(planner, of_equal_gaps_after_the_largest_the_first_is_served)
{
    const double hashrates[] = {10.0, 1e-3};
    for (uint32_t k = 0; k < 2; k++) {
        r.count = 0;
        farm_open(&f, 4, (const double[]){50, 20, 15, 15}, 10);
        for (uint32_t i = 0; i < 4; i++) {
            farm_cold(&f, farm_place(&f, hashrates[k], 1))->upstreams_allowed = 0xd;
        }
        const hm_plan_request request = request_for(&f, 1.0);
        (void)plan_with(&f, &request, MANY, &r);
        cr_assert_gt(r.count, 0);
        cr_assert_eq(r.list[0].to, 3);
        farm_close(&f);
    }
}

static uint64_t mover_of_four(const uint64_t *moved_s)
{
    record moved = {.count = 0};
    farm_open(&f, 2, (const double[]){75, 25}, 10);
    for (uint32_t i = 0; i < 4; i++) {
        farm_hot(&f, farm_place(&f, 10.0, 1))->moved_ns = moved_s[i] * SECOND_NS;
    }
    const hm_plan_request request = request_for(&f, 1.0);
    cr_assert_eq(plan_with(&f, &request, MANY, &moved).moves, 1);
    farm_close(&f);
    return moved.list[0].channel;
}

Test(planner, of_equal_channels_the_one_that_rested_longest_moves_then_the_first)
{
    const uint64_t first = mover_of_four((const uint64_t[]){800, 800, 800, 800});
    cr_assert_eq(mover_of_four((const uint64_t[]){700, 800, 750, 800}), first);
    cr_assert_eq(mover_of_four((const uint64_t[]){800, 750, 700, 800}), first + 2);
    cr_assert_eq(mover_of_four((const uint64_t[]){800, 800, 750, 700}), first + 3);
}
