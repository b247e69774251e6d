/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Effective targets of random farms: against another way to compute them, and what must always
 * hold. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plugin/control/targets.h"
#include "tests/unit/test_draw.h"

enum { MOST = 64 };

static hm_target_result results[MOST];

/* One random case, and the other way's working values, in hashrate. */
typedef struct world {
    uint32_t n;
    double hashrate;
    hm_target_row rows[MOST];
    uint32_t order[MOST];
    double given[MOST]; /* by the other way */
    double low[MOST];
    double high[MOST];
    double left;
} world;

static void draw_world(world *w, uint64_t *seed)
{
    w->n = 1u + draw_below(seed, draw_below(seed, 4) == 0 ? MOST : 6);
    w->hashrate = draw_between(seed, 1.0, 1000.0);
    for (uint32_t i = 0; i < w->n; i++) {
        hm_target_row *const row = &w->rows[i];
        *row = (hm_target_row){.most = INFINITY, .usable = draw_below(seed, 5) != 0};
        const double part = w->hashrate / w->n;
        if (draw_below(seed, 3) == 0) {
            row->absolute = part * draw_between(seed, 0.1, 2.0);
        } else if (draw_below(seed, 6) != 0) {
            row->weight = draw_between(seed, 0.01, 100.0);
        }
        row->most = draw_below(seed, 3) == 0 ? part * draw_between(seed, 0.2, 3.0) : INFINITY;
        row->least = draw_below(seed, 4) == 0 ? part * draw_between(seed, 0.1, 2.0) : 0.0;
        row->pinned = draw_below(seed, 5) == 0 ? part * draw_between(seed, 0.0, 1.0) : 0.0;
        w->order[i] = i;
    }
    for (uint32_t i = w->n; i > 1; i--) {
        const uint32_t k = draw_below(seed, i);
        const uint32_t other = w->order[k];
        w->order[k] = w->order[i - 1u];
        w->order[i - 1u] = other;
    }
}

static double inside(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static void lift(world *w, uint32_t i, double to)
{
    const double more = fmin(fmin(to, w->high[i]) - w->given[i], w->left);
    if (more > 0.0) {
        w->given[i] += more;
        w->left -= more;
    }
}

static double held_at(const world *w, const double *weight, double level)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < w->n; i++) {
        sum += weight[i] > 0.0 ? inside(level * weight[i], w->given[i], w->high[i]) : 0.0;
    }
    return sum;
}

/* Water-filling by its kinks: the sum is piecewise linear in the level. */
static void fill(world *w, const double *weight)
{
    double below = 0.0;
    double above = INFINITY;
    const double total = held_at(w, weight, 0.0) + w->left;
    if (held_at(w, weight, 1e12) <= 0.0) {
        return;
    }
    for (uint32_t i = 0; i < 2u * w->n; i++) {
        if (!(weight[i / 2u] > 0.0)) {
            continue;
        }
        const double kink = (i % 2u == 0 ? w->given[i / 2u] : w->high[i / 2u]) / weight[i / 2u];
        if (held_at(w, weight, kink) <= total) {
            below = fmax(below, kink);
        } else {
            above = fmin(above, kink);
        }
    }
    double level = below;
    if (!isinf(above)) {
        const double from = held_at(w, weight, below);
        level += (above - below) * (total - from) / (held_at(w, weight, above) - from);
    }
    for (uint32_t i = 0; i < w->n; i++) {
        if (weight[i] > 0.0) {
            w->given[i] = inside(level * weight[i], w->given[i], w->high[i]);
        }
    }
    w->left = total - held_at(w, weight, level);
}

static int solve(world *w)
{
    double by_percent[MOST] = {0};
    double by_hashrate[MOST] = {0};
    uint32_t usable = 0;
    w->left = w->hashrate;
    for (uint32_t i = 0; i < w->n; i++) {
        const hm_target_row *const row = &w->rows[i];
        w->given[i] = w->low[i] = row->usable ? fmin(row->pinned, w->left) : 0.0;
        w->high[i] = row->usable ? fmin(fmax(row->most, w->low[i]), w->hashrate) : 0.0;
        w->left -= w->low[i];
        by_percent[i] = row->usable ? row->weight : 0.0;
        by_hashrate[i] = row->usable ? row->absolute : 0.0;
        usable += row->usable;
    }
    for (uint32_t k = 0; k < w->n; k++) {
        lift(w, w->order[k], w->rows[w->order[k]].absolute);
    }
    for (uint32_t k = 0; k < w->n; k++) {
        const hm_target_row *const row = &w->rows[w->order[k]];
        lift(w, w->order[k], row->absolute > 0.0 ? 0.0 : row->least);
    }
    fill(w, by_percent);
    fill(w, by_hashrate);
    for (uint32_t k = 0; k < w->n; k++) {
        lift(w, w->order[k], w->high[w->order[k]]);
    }
    for (uint32_t i = 0; i < w->n && w->left < w->hashrate; i++) {
        w->given[i] *= w->hashrate / (w->hashrate - w->left);
    }
    return usable > 0;
}

Test(targets_random, thousands_of_random_ones_against_another_way)
{
    uint64_t seed = 41;
    static world w;
    for (int round = 0; round < 20000; round++) {
        draw_world(&w, &seed);
        const int any = solve(&w);
        cr_assert_eq(hm_targets_effective(w.rows, w.n, w.order, w.n, w.hashrate, results) == 0,
                     any);
        for (uint32_t i = 0; i < w.n && any; i++) {
            cr_assert_float_eq(results[i].effective, w.given[i] / w.hashrate, 1e-9,
                               "round %d, row %u: %.12g, not %.12g", round, i, results[i].effective,
                               w.given[i] / w.hashrate);
        }
    }
}

/* What must hold whatever the way: conditions of optimality and the order of precedence. */
static void check_world(const world *w, int round)
{
    double sum = 0.0;
    double lows = 0.0;
    double highs = 0.0;
    int everybody_full = 1;
    double cap[MOST];
    for (uint32_t i = 0; i < w->n; i++) {
        const hm_target_row *const row = &w->rows[i];
        const hm_target_result *const r = &results[i];
        cr_assert(row->usable || (r->effective == 0.0 && r->high == 0.0), "round %d", round);
        cr_assert(r->low >= 0.0 && r->low <= r->effective && r->effective <= r->high, "round %d",
                  round);
        cap[i] = fmax(row->most / w->hashrate, r->low);
        everybody_full = everybody_full && (!row->usable || r->effective >= cap[i] - 1e-9);
        sum += r->effective;
        lows += r->low;
        highs += r->high;
    }
    cr_assert_float_eq(sum, 1.0, 1e-11, "round %d: %.17g", round, sum);
    cr_assert(lows <= 1.0 + 1e-11 && highs >= 1.0 - 1e-11, "round %d: %g, %g", round, lows, highs);
    for (uint32_t i = 0; i < w->n; i++) {
        cr_assert(everybody_full || results[i].effective <= cap[i] + 1e-9,
                  "round %d: %u is above its cap and somebody has room", round, i);
        cr_assert(!(results[i].missing > 1e-6 * w->hashrate) || everybody_full ||
                      results[i].effective >= cap[i] - 1e-9 || w->rows[i].absolute == 0.0 ||
                      results[i].effective * w->hashrate <= w->rows[i].absolute + 1e-6,
                  "round %d: %u misses something", round, i);
    }
    for (uint32_t i = 0; i < w->n && !everybody_full; i++) {
        for (uint32_t k = 0; k < w->n; k++) {
            /* Of two percentages the one that is above its floor has no more per percent than one
             * that is below its cap. */
            const double floor =
                fmax(results[i].low, fmin(w->rows[i].least / w->hashrate, results[i].high));
            if (w->rows[i].weight > 0.0 && w->rows[k].weight > 0.0 && w->rows[i].usable &&
                w->rows[k].usable && results[i].effective > floor + 1e-9 &&
                results[k].effective < cap[k] - 1e-9) {
                cr_assert_leq(results[i].effective / w->rows[i].weight,
                              results[k].effective / w->rows[k].weight * (1.0 + 1e-6) + 1e-9,
                              "round %d: %u has more than %u", round, i, k);
            }
        }
    }
}

Test(targets_random, conditions_of_optimality_in_thousands_of_random_ones)
{
    uint64_t seed = 42;
    static world w;
    for (int round = 0; round < 20000; round++) {
        draw_world(&w, &seed);
        if (hm_targets_effective(w.rows, w.n, w.order, w.n, w.hashrate, results) == 0) {
            check_world(&w, round);
        }
    }
}

Test(targets_random, all_hashrates_times_a_power_of_two_are_the_same_bits)
{
    uint64_t seed = 43;
    static world w;
    static hm_target_result doubled[MOST];
    for (int round = 0; round < 2000; round++) {
        draw_world(&w, &seed);
        const int any = hm_targets_effective(w.rows, w.n, w.order, w.n, w.hashrate, results) == 0;
        for (uint32_t i = 0; i < w.n; i++) {
            w.rows[i].absolute *= 1024;
            w.rows[i].least *= 1024;
            w.rows[i].most *= 1024;
            w.rows[i].pinned *= 1024;
        }
        cr_assert_eq(
            hm_targets_effective(w.rows, w.n, w.order, w.n, w.hashrate * 1024, doubled) == 0, any);
        for (uint32_t i = 0; i < w.n && any; i++) {
            cr_assert_eq(results[i].effective, doubled[i].effective, "round %d", round);
            cr_assert_eq(results[i].missing * 1024, doubled[i].missing, "round %d", round);
        }
    }
}
