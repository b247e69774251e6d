/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/control/planner_fixture.h"

static const double SPLIT[] = {60.0, 30.0, 10.0};
static const double HALVES[] = {50.0, 50.0};
static farm f;
static record r;

static const double NO_CANARY[HM_PLACES];

static hm_plan_result evacuate(farm *fleet, const uint8_t *leave, uint32_t rooms, record *all)
{
    const hm_plan_request request = request_for(fleet, 0.5);
    hm_outbox out = outbox_of(all, rooms);
    const hm_plan_result result =
        hm_evacuate(&fleet->buckets, &fleet->assignment, &request, leave, NO_CANARY, &out);
    all->count += out.count;
    return result;
}

/* Pool 1 dies. */
static void kill_first(farm *fleet)
{
    fleet->usable[0] = 0;
    fleet->upstreams.rows[0].facts.state = HMX_UPSTREAM_DOWN;
    const double rest = 1.0 - fleet->command[0];
    for (uint32_t i = 1; i < fleet->n; i++) {
        fleet->command[i] /= rest;
    }
    fleet->command[0] = 0.0;
}

static const uint8_t LEAVE_FIRST[HM_PLACES] = {1, 1};

Test(planner_evacuate, evacuation_takes_everybody_largest_first_whatever_rests)
{
    uint64_t seed = 94;
    farm_open(&f, 3, SPLIT, 1000);
    for (int i = 0; i < 100; i++) {
        const uint32_t slot = farm_place(&f, draw_between(&seed, 1.0, 20.0), 1);
        farm_hot(&f, slot)->moved_ns = 999 * SECOND_NS;
    }
    place_many(&f, 2, 30, 10.0);
    place_many(&f, 3, 10, 10.0);
    kill_first(&f);
    const hm_plan_result result = evacuate(&f, LEAVE_FIRST, MANY, &r);
    cr_assert(result.moves == 100 && result.more == 0 && r.count == 100);
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert(r.list[i].from == 1 && r.list[i].to != 1);
        cr_assert_eq(r.list[i].reason, HMX_REASON_EVACUATION);
        cr_assert(i == 0 ||
                  r.list[i].expected_hashrate <= r.list[i - 1u].expected_hashrate * 1.016);
    }
    cr_assert_lt(deviation_points(&f), 0.5, "%f", deviation_points(&f));
    farm_check_sums(&f, 1e-9);
    farm_close(&f);
}

Test(planner_evacuate, evacuation_also_takes_the_silent_and_the_parked)
{
    farm_open(&f, 2, HALVES, 100);
    const uint32_t silent = farm_place(&f, 0.0, 1);
    const uint32_t parked = farm_place(&f, 2.0, HMX_NONE);
    (void)farm_place(&f, 1.0, 2);
    kill_first(&f);
    cr_assert_eq(evacuate(&f, LEAVE_FIRST, MANY, &r).moves, 2);
    cr_assert_eq(r.list[0].channel, farm_hot(&f, parked)->channel);
    cr_assert(r.list[0].reason == HMX_REASON_ARRIVAL && r.list[0].from == HMX_NONE);
    cr_assert_eq(r.list[1].channel, farm_hot(&f, silent)->channel);
    cr_assert_eq(r.list[1].reason, HMX_REASON_EVACUATION);
    farm_close(&f);
}

Test(planner_evacuate, evacuation_leaves_those_who_cannot_go_anywhere)
{
    farm_open(&f, 2, HALVES, 100);
    farm_cold(&f, farm_place(&f, 1.0, 1))->upstreams_allowed = 0x1;
    farm_cold(&f, farm_place(&f, 1.0, 1))->flags = HMX_CHANNEL_FLAG_CUSTOM_JOBS;
    const uint32_t slot = farm_place(&f, 1.0, 1);
    kill_first(&f);
    const hm_plan_result result = evacuate(&f, LEAVE_FIRST, MANY, &r);
    cr_assert(result.moves == 1 && result.more == 0);
    cr_assert_eq(r.list[0].channel, farm_hot(&f, slot)->channel);
    cr_assert_eq(evacuate(&f, LEAVE_FIRST, MANY, &r).moves, 0, "it is under way");
    farm_close(&f);
}

Test(planner_evacuate, evacuation_in_portions_reaches_everybody)
{
    static const uint32_t rooms[] = {1, 2, 7, 40};
    for (int i = 0; i < 4; i++) {
        hm_plan_result result = {.more = 1};
        uint32_t calls = 0;
        farm_open(&f, 3, SPLIT, 100);
        for (int k = 0; k < 40; k++) {
            (void)farm_place(&f, 1.0 + k, 1);
        }
        kill_first(&f);
        r.count = 0;
        while (result.more) {
            result = evacuate(&f, LEAVE_FIRST, rooms[i], &r);
            cr_assert_leq(result.moves, rooms[i]);
            calls++;
            cr_assert_leq(calls, 41);
        }
        cr_assert_eq(r.count, 40);
        cr_assert_eq(f.assignment.pending_out[1], 40);
        cr_assert_float_eq(f.assignment.allocated[2] / 820.0, 0.75, 0.02);
        farm_close(&f);
    }
}

/* A pool whose target was set to 0 is still usable: its hashrate must not count twice. */
Test(planner_evacuate, evacuation_of_a_usable_pool_ends_at_the_command)
{
    static const uint8_t leave_third[HM_PLACES] = {1, 0, 0, 1};
    farm_open(&f, 3, (const double[]){80.0, 20.0, 0.0}, 1000);
    place_many(&f, 1, 400, 1.0);
    place_many(&f, 2, 100, 1.0);
    place_many(&f, 3, 500, 1.0);
    cr_assert_eq(evacuate(&f, leave_third, MANY, &r).moves, 500);
    cr_assert_float_eq(f.assignment.allocated[1], 800.0, 1.01, "%f", f.assignment.allocated[1]);
    cr_assert_float_eq(f.assignment.allocated[2], 200.0, 1.01);
    cr_assert_eq(f.assignment.allocated[3], 0.0);
    const hm_plan_request request = request_for(&f, 0.5);
    cr_assert_eq(plan_with(&f, &request, MANY, &r).moves, 0, "nothing is left to correct");
    farm_close(&f);
}

/* 3 is preferred to 2, and both lack the same. */
Test(planner_evacuate, of_equal_needs_the_most_preferred_pool_is_served)
{
    farm_open(&f, 3, (const double[]){40.0, 30.0, 30.0}, 10);
    f.upstreams.order[1] = 2;
    f.upstreams.order[2] = 1;
    (void)farm_place(&f, 1.0, 1);
    kill_first(&f);
    cr_assert_eq(evacuate(&f, LEAVE_FIRST, MANY, &r).moves, 1);
    cr_assert_eq(r.list[0].to, 3);
    farm_close(&f);
}
