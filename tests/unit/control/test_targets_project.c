/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The projection of a command back to a distribution inside its bounds. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plugin/control/targets.h"
#include "tests/unit/test_draw.h"

enum { MOST = 64 };

/* A projection to find: the numbers of one random case. */
typedef struct problem {
    uint32_t n;
    double wanted[MOST];
    double low[MOST];
    double high[MOST];
    double command[MOST];
} problem;

/* Bounds that a distribution fits into, and wishes around it, some of them far out. */
static void draw_problem(problem *p, uint64_t *seed)
{
    double inside[MOST];
    double sum = 0.0;
    p->n = 1u + draw_below(seed, MOST);
    const double spread = draw_below(seed, 4) == 0 ? 8.0 : 0.3;
    for (uint32_t i = 0; i < p->n; i++) {
        inside[i] = draw_unit(seed) + 1e-3;
        sum += inside[i];
    }
    for (uint32_t i = 0; i < p->n; i++) {
        inside[i] /= sum;
        p->low[i] = draw_below(seed, 3) == 0 ? inside[i] * draw_unit(seed) : 0.0;
        p->high[i] = draw_below(seed, 3) == 0 ? inside[i] + 0.2 * draw_unit(seed) : 1.0;
        p->wanted[i] = inside[i] + draw_between(seed, -spread, spread);
    }
}

static double clamped(const problem *p, uint32_t i, double shift)
{
    const double c = p->wanted[i] + shift;
    return c < p->low[i] ? p->low[i] : c > p->high[i] ? p->high[i] : c;
}

static double sum_with(const problem *p, double shift)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < p->n; i++) {
        sum += clamped(p, i, shift);
    }
    return sum;
}

/* The shift by another method: the sum is piecewise linear, so find the two kinks around 1 and
 * interpolate. */
static double shift_by_kinks(const problem *p)
{
    double below = -INFINITY;
    double above = INFINITY;
    for (uint32_t i = 0; i < 2u * p->n; i++) {
        const uint32_t of = i / 2u;
        const double kink = (i % 2u == 0 ? p->low[of] : p->high[of]) - p->wanted[of];
        if (sum_with(p, kink) <= 1.0) {
            below = kink > below ? kink : below;
        } else {
            above = kink < above ? kink : above;
        }
    }
    if (isinf(above) || sum_with(p, above) == sum_with(p, below)) {
        return below;
    }
    return below +
           (above - below) * (1.0 - sum_with(p, below)) / (sum_with(p, above) - sum_with(p, below));
}

Test(targets_project, projection_is_a_distribution_inside_the_bounds_and_the_nearest_one)
{
    uint64_t seed = 21;
    problem p;
    for (int round = 0; round < 20000; round++) {
        draw_problem(&p, &seed);
        hm_targets_project(p.wanted, p.low, p.high, p.n, p.command);
        const double shift = shift_by_kinks(&p);
        double sum = 0.0;
        for (uint32_t i = 0; i < p.n; i++) {
            cr_assert(p.command[i] >= p.low[i] && p.command[i] <= p.high[i], "round %d", round);
            cr_assert_float_eq(p.command[i], clamped(&p, i, shift), 1e-11, "round %d", round);
            sum += p.command[i];
        }
        cr_assert_float_eq(sum, 1.0, 1e-12, "round %d: %.17g", round, sum);
    }
}

/* The conditions of optimality, without any knowledge of the shift: every pair of entries that are
 * free to exchange has been moved by the same amount. */
Test(targets_project, projection_moves_all_entries_between_their_bounds_by_the_same_shift)
{
    uint64_t seed = 22;
    problem p;
    for (int round = 0; round < 20000; round++) {
        draw_problem(&p, &seed);
        hm_targets_project(p.wanted, p.low, p.high, p.n, p.command);
        double most_down = -INFINITY; /* of those that could still give something away */
        double least_up = INFINITY;   /* of those that could still take it */
        for (uint32_t i = 0; i < p.n; i++) {
            const double moved = p.command[i] - p.wanted[i];
            if (p.command[i] > p.low[i] && moved > most_down) {
                most_down = moved;
            }
            if (p.command[i] < p.high[i] && moved < least_up) {
                least_up = moved;
            }
        }
        cr_assert(most_down <= least_up + 1e-11, "round %d: %g, %g", round, most_down, least_up);
    }
}

Test(targets_project, projection_leaves_a_distribution_alone_to_the_last_bit)
{
    uint64_t seed = 23;
    problem p;
    for (int round = 0; round < 20000; round++) {
        double sum = 0.0;
        p.n = 1u + draw_below(&seed, MOST);
        for (uint32_t i = 0; i < p.n; i++) {
            p.wanted[i] = draw_unit(&seed) + 1e-9;
            sum += p.wanted[i];
            p.low[i] = 0.0;
            p.high[i] = 1.0;
        }
        for (uint32_t i = 0; i < p.n; i++) {
            p.wanted[i] /= sum;
        }
        hm_targets_project(p.wanted, p.low, p.high, p.n, p.command);
        cr_assert_eq(memcmp(p.wanted, p.command, p.n * sizeof(double)), 0, "round %d", round);
    }
}

/* Gains of a thousand on an error of a whole farm, and more: the sum is that of a distribution all
 * the same. */
Test(targets_project, projection_of_wishes_beyond_all_measure_is_a_distribution)
{
    static const double scales[] = {1e3, 1e9, 1e15, 1e20, 1e100, 1e300};
    const double low[] = {-1.0, -1.0, -1.0};
    const double high[] = {2.0, 2.0, 2.0};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        const double wanted[] = {scales[i], -0.3 * scales[i], -0.7 * scales[i]};
        double c[3];
        hm_targets_project(wanted, low, high, 3, c);
        cr_assert_float_eq(c[0] + c[1] + c[2], 1.0, 1e-9, "%g", scales[i]);
        for (int k = 0; k < 3; k++) {
            cr_assert(c[k] >= low[k] && c[k] <= high[k]);
        }
    }
}

Test(targets_project, projection_of_known_cases)
{
    const double low[] = {0.0, 0.0, 0.0};
    const double high[] = {1.0, 1.0, 1.0};
    const double capped[] = {0.5, 1.0, 1.0};
    const double closed[] = {1.0, 1.0, 0.0};
    double c[3];
    const double too_much[] = {0.7, 0.4, 0.2};
    hm_targets_project(too_much, low, high, 3, c);
    cr_assert_float_eq(c[0], 0.6, 1e-12);
    cr_assert_float_eq(c[1], 0.3, 1e-12);
    cr_assert_float_eq(c[2], 0.1, 1e-12);
    const double below_zero[] = {0.9, 0.4, -0.3};
    hm_targets_project(below_zero, low, high, 3, c);
    cr_assert_float_eq(c[0], 0.75, 1e-12);
    cr_assert_float_eq(c[1], 0.25, 1e-12);
    cr_assert_eq(c[2], 0.0);
    const double over_cap[] = {0.8, 0.1, 0.1};
    hm_targets_project(over_cap, low, capped, 3, c);
    cr_assert_eq(c[0], 0.5);
    cr_assert_float_eq(c[1], 0.25, 1e-12);
    cr_assert_float_eq(c[2], 0.25, 1e-12);
    hm_targets_project(over_cap, low, closed, 3, c);
    cr_assert_eq(c[2], 0.0, "a closed upstream stays closed");
    cr_assert_float_eq(c[0], 0.85, 1e-12);
}

/* Caps below all that there is: each gets what it may, and who is not asked is not touched. */
Test(targets_project, caps_that_leave_a_rest_concern_nobody_else)
{
    const double wanted[] = {0.5, 0.5, 0.5};
    const double low[] = {0.0, 0.0, 0.0};
    const double high[] = {0.25, 0.5, 1.0};
    double command[] = {7.0, 7.0, 7.0};
    hm_targets_project(wanted, low, high, 2, command);
    cr_assert_float_eq(command[0], 0.25, 1e-12);
    cr_assert_float_eq(command[1], 0.5, 1e-12);
    cr_assert_eq(command[2], 7.0);
}
