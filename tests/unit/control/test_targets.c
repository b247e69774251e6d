/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plugin/control/targets.h"
#include "tests/unit/test_draw.h"

enum { MOST = 64 };

static const uint32_t IN_ORDER[MOST] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

static hm_target_row percent(double weight)
{
    return (hm_target_row){.weight = weight, .most = INFINITY, .usable = 1};
}

static hm_target_row absolute(double hashrate)
{
    return (hm_target_row){.absolute = hashrate, .most = INFINITY, .usable = 1};
}

/* What comes of three rows in the order of their indexes. */
static hm_target_result results[MOST];

static void distribute(const hm_target_row *rows, uint32_t n, double hashrate)
{
    memset(results, 0x55, sizeof results);
    cr_assert_eq(hm_targets_effective(rows, n, IN_ORDER, n, hashrate, results), 0);
}

static void expect(double a, double b, double c)
{
    const double wanted[] = {a, b, c};
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_float_eq(results[i].effective, wanted[i], 1e-12, "%u: %.15g, not %.15g", i,
                           results[i].effective, wanted[i]);
    }
}

Test(targets, effective_target_is_the_configured_one_when_all_are_usable)
{
    const hm_target_row rows[] = {percent(60), percent(30), percent(10)};
    distribute(rows, 3, 1234.5);
    cr_assert_eq(results[0].effective, 0.6, "to the last bit");
    cr_assert_eq(results[1].effective, 0.3);
    cr_assert_eq(results[2].effective, 0.1);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert(results[i].low == 0.0 && results[i].high == 1.0 && results[i].missing == 0.0);
    }
}

/* Whatever percentages stand in a file that says 100 in all come out as they are. */
Test(targets, percentages_without_bounds_are_exact)
{
    uint64_t seed = 31;
    for (int round = 0; round < 5000; round++) {
        hm_target_row rows[MOST];
        const uint32_t n = 1u + draw_below(&seed, 10);
        uint32_t left = 10000;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t part = i + 1u == n ? left : draw_below(&seed, left + 1u);
            left -= part;
            rows[i] = percent((double)part / 100.0);
        }
        distribute(rows, n, draw_between(&seed, 0.0, 1e9));
        for (uint32_t i = 0; i < n; i++) {
            cr_assert_float_eq(results[i].effective, rows[i].weight / 100.0, 1e-15, "round %d",
                               round);
        }
    }
}

Test(targets, unusable_upstream_is_spread_over_the_others_in_proportion)
{
    hm_target_row rows[] = {percent(60), percent(30), percent(10)};
    rows[0].usable = 0;
    distribute(rows, 3, 100);
    expect(0.0, 0.75, 0.25);
    cr_assert_eq(results[0].high, 0.0);
}

Test(targets, without_any_target_the_most_preferred_usable_one_gets_everything)
{
    hm_target_row rows[] = {percent(100), percent(0), percent(0), percent(0)};
    const uint32_t order[] = {0, 2, 3, 1};
    rows[0].usable = 0;
    cr_assert_eq(hm_targets_effective(rows, 4, order, 4, 100, results), 0);
    cr_assert_eq(results[2].effective, 1.0, "first of those usable in order of preference");
    cr_assert_eq(results[0].effective + results[1].effective + results[3].effective, 0.0);
}

/* Also the first row: its command stays at nothing, however much the other lacks. */
Test(targets, a_pool_without_a_target_has_no_room_above_it)
{
    const hm_target_row rows[] = {percent(0), percent(100), percent(0)};
    distribute(rows, 3, 100);
    expect(0.0, 1.0, 0.0);
    cr_assert_eq(results[0].high, 0.0);
    cr_assert_eq(results[1].high, 1.0);
    cr_assert_eq(results[2].high, 0.0);
}

Test(targets, without_any_usable_one_there_is_no_target)
{
    hm_target_row rows[] = {percent(60), absolute(40)};
    rows[0].usable = rows[1].usable = 0;
    results[0].effective = results[1].effective = 9;
    cr_assert_eq(hm_targets_effective(rows, 2, IN_ORDER, 2, 100, results), -1);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(results[i].effective, 0.0);
        cr_assert_eq(results[i].high, 0.0);
    }
}

/* Numbers belong to ids for good: after upstream 2 of 3 was removed, 1 and 3 are left. */
Test(targets, numbers_may_have_gaps)
{
    hm_target_row rows[] = {percent(60), {.most = INFINITY}, percent(40)};
    const uint32_t order[] = {0, 2};
    cr_assert_eq(hm_targets_effective(rows, 3, order, 2, 100, results), 0);
    cr_assert_eq(results[0].effective, 0.6);
    cr_assert_eq(results[2].effective, 0.4);
    rows[0].usable = 0;
    cr_assert_eq(hm_targets_effective(rows, 3, order, 2, 100, results), 0);
    cr_assert_eq(results[0].effective, 0.0);
    cr_assert_eq(results[2].effective, 1.0);
}

/* ---- absolute targets: "two targets of 100 TH/s, the total drifts to 195" ---- */
Test(targets, absolute_targets_are_filled_in_order_of_priority)
{
    const hm_target_row rows[] = {absolute(100), absolute(100)};
    distribute(rows, 2, 195);
    cr_assert_float_eq(results[0].effective * 195, 100, 1e-9);
    cr_assert_float_eq(results[1].effective * 195, 95, 1e-9);
    cr_assert_eq(results[0].missing, 0.0);
    cr_assert_float_eq(results[1].missing, 5, 1e-9);
    const uint32_t reversed[] = {1, 0};
    cr_assert_eq(hm_targets_effective(rows, 2, reversed, 2, 195, results), 0);
    cr_assert_float_eq(results[0].effective * 195, 95, 1e-9);
}

Test(targets, a_surplus_goes_in_proportion_to_the_absolute_targets)
{
    const hm_target_row rows[] = {absolute(100), absolute(50)};
    distribute(rows, 2, 210);
    cr_assert_float_eq(results[0].effective * 210, 140, 1e-9);
    cr_assert_float_eq(results[1].effective * 210, 70, 1e-9);
    cr_assert(results[0].missing == 0.0 && results[1].missing == 0.0);
}

Test(targets, percentages_split_what_absolute_targets_leave)
{
    const hm_target_row rows[] = {absolute(40), percent(75), percent(25)};
    distribute(rows, 3, 200);
    expect(0.2, 0.6, 0.2);
    distribute(rows, 3, 40);
    expect(1.0, 0.0, 0.0);
    distribute(rows, 3, 30);
    expect(1.0, 0.0, 0.0);
    cr_assert_float_eq(results[0].missing, 10, 1e-9);
}

Test(targets, more_is_missing_than_there_is)
{
    const hm_target_row rows[] = {absolute(100), percent(100)};
    distribute(rows, 2, 60);
    cr_assert_float_eq(results[0].effective, 1.0, 1e-12);
    cr_assert_float_eq(results[0].missing, 40, 1e-9);
}

Test(targets, before_anybody_is_connected_the_absolute_targets_are_the_farm)
{
    const hm_target_row rows[] = {absolute(100), absolute(50), percent(100)};
    distribute(rows, 3, 0);
    expect(2.0 / 3.0, 1.0 / 3.0, 0.0);
}

/* ---- bounds ---- */
Test(targets, min_lifts_a_percentage_and_the_others_keep_their_proportion)
{
    hm_target_row rows[] = {percent(60), percent(30), percent(10)};
    rows[2].least = 40;
    distribute(rows, 3, 100);
    expect(0.4, 0.2, 0.4);
    distribute(rows, 3, 1000);
    expect(0.6, 0.3, 0.1);
    distribute(rows, 3, 30);
    expect(0.0, 0.0, 1.0);
    cr_assert_float_eq(results[2].missing, 10, 1e-9);
}

Test(targets, what_a_cap_cuts_off_goes_to_the_others_in_proportion)
{
    hm_target_row rows[] = {percent(60), percent(30), percent(10)};
    rows[0].most = 45;
    distribute(rows, 3, 100);
    expect(0.45, 0.55 * 0.75, 0.55 * 0.25);
    cr_assert_float_eq(results[0].high, 0.45, 1e-12, "the command never wants more");
}

Test(targets, a_cascade_of_caps)
{
    hm_target_row rows[] = {percent(60), percent(30), percent(10)};
    rows[0].most = 45;
    rows[1].most = 32;
    distribute(rows, 3, 100);
    expect(0.45, 0.32, 0.23);
}

Test(targets, caps_that_are_too_small_in_all_are_exceeded_in_proportion)
{
    hm_target_row rows[] = {percent(60), percent(30), percent(10)};
    rows[0].most = 30;
    rows[1].most = 20;
    rows[2].most = 10;
    distribute(rows, 3, 100);
    expect(0.5, 1.0 / 3.0, 1.0 / 6.0);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_geq(results[i].high, results[i].effective);
    }
}

/* A pool with 0 percent works only when others cannot; then it does, before a cap is broken. */
Test(targets, a_pool_without_a_target_takes_what_the_caps_of_the_others_leave)
{
    hm_target_row rows[] = {percent(100), percent(0), percent(0)};
    rows[0].most = 50;
    distribute(rows, 3, 100);
    expect(0.5, 0.5, 0.0);
    rows[1].most = 20;
    distribute(rows, 3, 100);
    expect(0.5, 0.2, 0.3);
    rows[2].most = 10;
    distribute(rows, 3, 100);
    expect(0.5 / 0.8, 0.2 / 0.8, 0.1 / 0.8);
    rows[1].usable = 0;
    distribute(rows, 3, 100);
    expect(0.5 / 0.6, 0.0, 0.1 / 0.6);
}

Test(targets, a_cap_wins_over_an_absolute_target_and_a_min)
{
    hm_target_row rows[] = {absolute(80), percent(50), percent(50)};
    rows[0].most = 30; /* the file refuses this; the sums of a run may still come to it */
    rows[1].least = 50;
    rows[1].most = 20;
    distribute(rows, 3, 100);
    expect(0.3, 0.2, 0.5);
    cr_assert_float_eq(results[0].missing, 50, 1e-9);
    cr_assert_float_eq(results[1].missing, 30, 1e-9);
}

Test(targets, an_absolute_target_wins_over_a_min)
{
    hm_target_row rows[] = {percent(100), absolute(80)};
    rows[0].least = 50;
    distribute(rows, 2, 100);
    cr_assert_float_eq(results[1].effective, 0.8, 1e-12);
    cr_assert_float_eq(results[0].missing, 30, 1e-9);
}

Test(targets, a_pin_wins_over_a_cap_and_everything_else)
{
    hm_target_row rows[] = {percent(10), absolute(90), percent(90)};
    rows[0].pinned = 40;
    rows[0].most = 20;
    distribute(rows, 3, 100);
    expect(0.4, 0.6, 0.0);
    cr_assert_float_eq(results[0].low, 0.4, 1e-12);
    cr_assert_float_eq(results[0].high, 0.4, 1e-12, "pinned beyond its cap, and not more");
    cr_assert_float_eq(results[1].missing, 30, 1e-9);
}

Test(targets, pinned_work_counts_for_the_target_of_its_pool)
{
    hm_target_row rows[] = {percent(60), percent(30), percent(10)};
    rows[1].pinned = 25;
    distribute(rows, 3, 100);
    expect(0.6, 0.3, 0.1);
    rows[1].pinned = 65;
    distribute(rows, 3, 100);
    expect(0.35 * 6 / 7, 0.65, 0.35 / 7);
    rows[1].usable = 0;
    distribute(rows, 3, 100);
    expect(6.0 / 7, 0.0, 1.0 / 7);
}

Test(targets, a_pool_of_zero_percent_keeps_what_is_pinned_to_it)
{
    hm_target_row rows[] = {percent(100), percent(0)};
    rows[1].pinned = 20;
    distribute(rows, 2, 100);
    cr_assert_float_eq(results[0].effective, 0.8, 1e-12);
    cr_assert_float_eq(results[1].effective, 0.2, 1e-12);
}

/* 1 - 1.05e-16 has no more digits than 1 - 1.11e-16: what was given is summed up. */
Test(targets, caps_of_next_to_nothing_still_make_a_whole)
{
    for (double cap = 1e-20; cap < 1e-10; cap *= 1.37) {
        hm_target_row rows[2] = {percent(60), percent(40)};
        rows[0].most = cap;
        rows[1].most = 2.0 * cap;
        distribute(rows, 2, 1.0);
        cr_assert_float_eq(results[0].effective + results[1].effective, 1.0, 1e-12, "%g: %.15g",
                           cap, results[0].effective + results[1].effective);
        cr_assert_float_eq(results[0].effective, 1.0 / 3.0, 1e-9, "%g", cap);
    }
}
