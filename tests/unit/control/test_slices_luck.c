/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/unit/control/slices_fixture.h"

/* Moves of an hour in which a debt has to be made up for, in a farm with this unit of hashrate. */
static uint64_t moves_in_debt(double unit, double halves)
{
    farm_open(&f, 2, (const double[]){60, 40}, 10);
    (void)farm_place(&f, unit, 1);
    life l = begin(360.0);
    live(&l, 1440);
    const uint64_t before = l.moves;
    l.debts[0] += halves * 360.0 * unit;
    l.debts[1] -= halves * 360.0 * unit;
    live(&l, 1440);
    farm_close(&f);
    return l.moves - before;
}

Test(slices, the_unit_of_hashrate_changes_nothing)
{
    static const double HALVES[] = {-1.0, 1.0};
    for (size_t i = 0; i < sizeof HALVES / sizeof HALVES[0]; i++) {
        const uint64_t moves = moves_in_debt(1.0, HALVES[i]);
        cr_assert_eq(moves_in_debt(1024.0, HALVES[i]), moves, "%f", HALVES[i]);
        cr_assert_eq(moves_in_debt(1.0 / 1024.0, HALVES[i]), moves, "%f", HALVES[i]);
    }
}

/* Two fifths of what a pool gets in a half are no luck, however much that is. */
Test(slices, luck_is_no_excuse_for_a_small_target)
{
    farm_open(&f, 2, (const double[]){90, 10}, 10);
    (void)farm_place(&f, 1.0, 1);
    life l = begin(1800.0);
    l.band = 0.5;
    live(&l, 4 * 3600);
    cr_assert_geq(l.moves, 6, "%llu", (unsigned long long)l.moves);
    farm_close(&f);
}
