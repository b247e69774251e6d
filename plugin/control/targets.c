/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/targets.h"

#include <math.h>

#include "abi/hmx_abi.h"
#include "plugin/base/fmath.h"

/* One distribution under way; fractions of the farm, indexed as the rows. */
typedef struct filling {
    const hm_target_row *rows;
    hm_target_result *results;
    uint32_t n;
    double hashrate;
    double left; /* not given out yet */
} filling;

/* Sum of scale x weight inside [given, high] over the members. */
static double poured(const filling *f, const double *weight, double scale)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < f->n; i++) {
        if (weight[i] > 0.0) {
            sum += hm_clamp(scale * weight[i], f->results[i].effective, f->results[i].high);
        }
    }
    return sum;
}

/* The scale at which the members hold `total`; at `most` every one is at its cap or above all there
 * is. */
static double scale_of(const filling *f, const double *weight, double total, double most)
{
    double least = 0.0;
    for (int i = 0; i < 200; i++) {
        const double scale = least + 0.5 * (most - least);
        if (poured(f, weight, scale) < total) {
            least = scale;
        } else {
            most = scale;
        }
    }
    return most;
}

/* Water-filling: raises the members (weight > 0) to scale x weight, never below what they have nor
 * above their cap, until what is left is given out or all caps are reached. */
static void pour(filling *f, const double *weight)
{
    double total = f->left;
    double weights = 0.0;
    double lightest = INFINITY;
    int bounded = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        if (weight[i] > 0.0) {
            total += f->results[i].effective;
            weights += weight[i];
            lightest = weight[i] < lightest ? weight[i] : lightest;
        }
    }
    for (uint32_t i = 0; i < f->n; i++) {
        const double level = weight[i] * total / weights;
        bounded = bounded || (weight[i] > 0.0 &&
                              (level < f->results[i].effective || level > f->results[i].high));
    }
    if (!(weights > 0.0) || !(f->left > 0.0)) {
        return;
    }
    const double scale = bounded ? scale_of(f, weight, total, total / lightest + 1.0) : 0.0;
    for (uint32_t i = 0; i < f->n; i++) {
        if (weight[i] > 0.0) {
            hm_target_result *const r = &f->results[i];
            /* Without a bound in the way the quotient is exact where bisection is only near. */
            const double level = bounded ? hm_clamp(scale * weight[i], r->effective, r->high)
                                         : weight[i] * total / weights;
            f->left -= level - r->effective;
            r->effective = level;
        }
    }
}

/* Gives `more` (at most its room) to one; the sum may round to beyond the cap. */
static void lift(filling *f, hm_target_result *r, double more)
{
    r->effective = r->effective + more < r->high ? r->effective + more : r->high;
    f->left -= more;
}

/* Raises one upstream to `hashrate` if there is enough left and its cap allows. */
static void give(filling *f, uint32_t i, double hashrate)
{
    hm_target_result *const r = &f->results[i];
    const double wanted = hashrate / f->hashrate;
    double more = (wanted < r->high ? wanted : r->high) - r->effective;
    more = more < f->left ? more : f->left;
    if (more > 0.0) {
        lift(f, r, more);
    }
    const double missing = hashrate - r->effective * f->hashrate;
    r->missing = missing > 1e-9 * f->hashrate ? missing : 0.0;
}

/* Pins and caps of the usable ones, as fractions. Returns how many there are. */
static uint32_t set_bounds(filling *f)
{
    uint32_t usable = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        const hm_target_row *const row = &f->rows[i];
        hm_target_result *const r = &f->results[i];
        *r = (hm_target_result){.most = row->most};
        if (!row->usable) {
            continue;
        }
        usable++;
        r->low = hm_clamp(row->pinned / f->hashrate, 0.0, f->left);
        r->high = hm_clamp(row->most / f->hashrate, r->low, 1.0);
        r->effective = r->low;
        f->left -= r->low;
    }
    return usable;
}

/* What nobody asked for: to those without a target, the most preferred first, as far as their caps
 * allow; what no cap has room for in proportion to the targets. */
static void give_rest(filling *f, const uint32_t *order, uint32_t order_count)
{
    for (uint32_t i = 0; i < order_count; i++) {
        hm_target_result *const r = &f->results[order[i]];
        const double room = r->high - r->effective; /* none where the row is not usable */
        lift(f, r, room < f->left ? room : f->left);
    }
    double given = 0.0; /* not 1 - left: of caps that are next to nothing that is all rounding */
    for (uint32_t i = 0; i < order_count; i++) {
        given += f->rows[order[i]].usable ? f->results[order[i]].effective : 0.0;
    }
    for (uint32_t i = 0; i < order_count && f->left > 1e-12; i++) {
        hm_target_result *const r = &f->results[order[i]];
        if (!f->rows[order[i]].usable) {
            continue;
        }
        /* Caps of nothing at all: then it is the most preferred one's. */
        r->effective = given > 0.0 ? r->effective / given : 1.0;
        r->high = r->high > r->effective ? r->high : r->effective;
        r->most = INFINITY;
        if (!(given > 0.0)) {
            break;
        }
    }
    f->left = 0.0;
}

/* Without a target there is nothing to correct towards: the command stays at what pins ask for. */
static void close_bounds(filling *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (!(f->results[i].effective > 0.0)) {
            f->results[i].high = 0.0;
        }
    }
}

int hm_targets_effective(const hm_target_row *rows, uint32_t n, const uint32_t *order,
                         uint32_t order_count, double hashrate, hm_target_result *results)
{
    double percent[HMX_UPSTREAMS_MAX] = {0};
    double absolute[HMX_UPSTREAMS_MAX] = {0};
    double wanted = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        percent[i] = rows[i].usable ? rows[i].weight : 0.0;
        absolute[i] = rows[i].usable ? rows[i].absolute : 0.0;
        wanted += absolute[i];
    }
    filling f = {rows, results, n, hashrate > 0.0 ? hashrate : wanted, 1.0};
    f.hashrate = f.hashrate > 0.0 ? f.hashrate : 1.0;
    if (set_bounds(&f) == 0) {
        return -1;
    }
    for (uint32_t i = 0; i < order_count; i++) {
        if (absolute[order[i]] > 0.0) {
            give(&f, order[i], absolute[order[i]]);
        }
    }
    for (uint32_t i = 0; i < order_count; i++) {
        if (rows[order[i]].usable && rows[order[i]].least > 0.0 && !(absolute[order[i]] > 0.0)) {
            give(&f, order[i], rows[order[i]].least);
        }
    }
    pour(&f, percent);
    if (f.left > 1e-12) {
        pour(&f, absolute); /* nobody has a percentage, or all of them are at their caps */
    }
    if (f.left > 1e-12) {
        give_rest(&f, order, order_count);
    }
    close_bounds(&f);
    return 0;
}

/* Sum of the wanted values shifted by `shift` and kept inside their bounds. */
static double sum_at(const double *wanted, const double *low, const double *high, uint32_t n,
                     double shift)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        sum += hm_clamp(wanted[i] + shift, low[i], high[i]);
    }
    return sum;
}

void hm_targets_project(const double *wanted, const double *low, const double *high, uint32_t n,
                        double *command)
{
    /* The sum grows with the shift from sum(low) at `least` to sum(high) at `most`: bisection. */
    double least = 0.0;
    double most = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        least = low[i] - wanted[i] < least ? low[i] - wanted[i] : least;
        most = high[i] - wanted[i] > most ? high[i] - wanted[i] : most;
    }
    double shift = 0.0; /* what is a distribution already stays as it is, to the last bit */
    const double before = sum_at(wanted, low, high, n, 0.0);
    if (before > 1.0 + 1e-12 || before < 1.0 - 1e-12) {
        for (int i = 0; i < 100; i++) {
            shift = least + 0.5 * (most - least);
            if (sum_at(wanted, low, high, n, shift) < 1.0) {
                least = shift;
            } else {
                most = shift;
            }
        }
    }
    double rest = 1.0;
    for (uint32_t i = 0; i < n; i++) {
        command[i] = hm_clamp(wanted[i] + shift, low[i], high[i]);
        rest -= command[i];
    }
    /* Of wishes that are a million times all that there is the shift is not exact enough. */
    for (uint32_t i = 0; i < n && fabs(rest) > 1e-9; i++) {
        const double next = hm_clamp(command[i] + rest, low[i], high[i]);
        rest -= next - command[i];
        command[i] = next;
    }
}
