/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/control/slices_fixture.h"

Test(slices, one_miner_changes_over_once_a_half_and_each_period_is_right)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    (void)farm_place(&f, 1.0, 1);
    life l = begin(360.0);
    live(&l, 3600);
    const uint64_t before = l.moves;
    for (int i = 0; i < 20; i++) {
        const double debt = l.debts[0];
        live(&l, 720);
        cr_assert_float_eq(l.debts[0], debt, 3.0, "%f s", l.debts[0] - debt);
    }
    cr_assert_eq(l.moves - before, 40);
    farm_close(&f);
}

Test(slices, several_pools_are_visited_to_and_fro)
{
    farm_open(&f, 4, (const double[]){40, 30, 20, 10}, 10);
    (void)farm_place(&f, 1.0, 1);
    life l = begin(1800.0);
    live(&l, 7200);
    const uint64_t before = l.moves;
    live(&l, 10 * 3600);
    cr_assert_eq(l.moves - before, 60, "three changes a half: %llu",
                 (unsigned long long)(l.moves - before));
    farm_close(&f);
}

Test(slices, a_small_target_is_served_by_whole_slices)
{
    farm_open(&f, 2, (const double[]){99, 1}, 10);
    (void)farm_place(&f, 1.0, 1);
    life l = begin(1800.0);
    live(&l, 4 * 3600);
    cr_assert_geq(l.moves, 2, "within four hours");
    live(&l, 44 * 3600);
    cr_assert_float_eq(l.debts[1] / 1728.0, 0.0, 0.1, "%f of what two days owe",
                       l.debts[1] / 1728.0);
    farm_close(&f);
}

Test(slices, off_by_whole_channels_is_put_right_at_once)
{
    farm_open(&f, 2, (const double[]){30, 70}, 100);
    place_many(&f, 1, 9, 1.0);
    life l = begin(1800.0);
    live(&l, 5);
    cr_assert(f.assignment.counts[1] <= 3, "%u", f.assignment.counts[1]);
    farm_close(&f);
}

Test(slices, a_channel_that_may_not_move_is_left_alone)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    farm_cold(&f, farm_place(&f, 1.0, 1))->upstreams_allowed = 1;
    life l = begin(360.0);
    live(&l, 3600);
    cr_assert_eq(l.moves, 0);
    farm_close(&f);
}

Test(slices, no_pool_is_lifted_above_its_cap)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    (void)farm_place(&f, 1.0, 1);
    f.most[1] = 0.9;
    life l = begin(360.0);
    live(&l, 3600);
    cr_assert_eq(l.moves, 0);
    farm_close(&f);
}

/* Two of three are on the first pool, which is to have one: one is to go, if the cap has room. */
static uint64_t moves_below_cap(double cap, uint32_t resting)
{
    farm_open(&f, 2, (const double[]){33, 67}, 10);
    (void)farm_place(&f, 1.0, 1);
    (void)farm_place(&f, 1.0, 1);
    (void)farm_place(&f, 1.0, 2);
    f.most[1] = cap;
    f.assignment.failing = (uint64_t)resting;
    f.assignment.rests[1].until_ns = f.assignment.rests[2].until_ns = UINT64_MAX;
    life l = begin(360.0);
    live(&l, 1440);
    farm_close(&f);
    return l.moves;
}

Test(slices, who_is_there_already_counts_for_the_cap)
{
    cr_assert_eq(moves_below_cap(1.5, 0), 0);
    cr_assert_gt(moves_below_cap(2.5, 0), 0);
}

Test(slices, nobody_goes_to_a_pool_that_rests)
{
    cr_assert_gt(moves_below_cap(9.0, 1), 0, "the first pool rests");
    cr_assert_eq(moves_below_cap(9.0, 2), 0, "the second does");
}

Test(slices, waits_for_room_in_the_outbox)
{
    farm_open(&f, 2, (const double[]){0, 100}, 10);
    place_many(&f, 1, 3, 1.0);
    const hm_slice_request request = {
        .command = f.command,
        .effective = f.command,
        .most = f.most,
        .usable = f.usable,
        .n = 2,
        .most_moves = 3,
        .half = {1800.0, 0},
        .half_s = 1800.0,
        .least_s = 60.0,
        .now_ns = 1000 * SECOND_NS,
    };
    hm_outbox out = outbox_of(&r, 2);
    const hm_slice_result result = hm_slices_plan(&f.assignment, &request, &out);
    cr_assert(result.moves == 2 && result.more && out.count == 2);
    farm_close(&f);
}
