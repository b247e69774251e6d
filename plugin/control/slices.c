/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/slices.h"

#include <math.h>

#include "plugin/base/fmath.h"
#include "plugin/base/units.h"
#include "plugin/control/targets.h"

/* Periods [s]: the hour and its divisors, and divisors of the day where an hour is too short. */
static const double PERIODS_S[] = {240,  300,  360,   600,   720,   900,   1200,  1800, 3600,
                                   4800, 7200, 10800, 14400, 21600, 28800, 43200, 86400};
enum { PERIODS = sizeof PERIODS_S / sizeof PERIODS_S[0] };

static const double HOUR_S = 3600.0;
static const double ROOM = 3.0; /* a debt may grow to the work of so many periods */
static const double BEYOND = 3.0;
/* What is less than this part of a channel is no reason to move it. */
static const double LEAST_PART = 0.001;
/* A period that is not too long or too short by more stays: estimates tremble. */
static const double STICKY = 0.15;
/* Of two channels that differ by less the smaller one does as well. */
static const double NEARLY = 0.15;
/* A channel so many times larger than what has to go over is too coarse to alternate while smaller
 * ones may go for good. */
static const double TOO_COARSE = 3.0;

static const double OWN_PART = 0.4;
static const double OFF_HALVES = 1.5;
static const double SOON_S = 0.5; /* is now */

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* ---- the grain ---- */

typedef struct placing {
    double missing[HMX_UPSTREAMS_MAX];
    double largest[HMX_UPSTREAMS_MAX]; /* channel placed there */
} placing;

static uint32_t neediest(const placing *p, const double *effective, uint32_t n)
{
    uint32_t best = HMX_NONE;
    for (uint32_t i = 0; i < n; i++) {
        if (effective[i] > 0.0 && (best == HMX_NONE || p->missing[i] > p->missing[best - 1u])) {
            best = i + 1u;
        }
    }
    return best;
}

static void put(placing *p, uint32_t to, double hashrate)
{
    p->missing[to] -= hashrate;
    p->largest[to] = hashrate > p->largest[to] ? hashrate : p->largest[to];
}

void hm_grain_measure(const double *effective, uint32_t n, const double *hashrates,
                      const uint32_t *place, uint32_t count, hm_grain *grain)
{
    placing p = {{0}, {0}};
    double total = 0.0;
    double slicer = 0.0;
    *grain = (hm_grain){0};
    for (uint32_t i = 0; i < count; i++) {
        total += hashrates[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        p.missing[i] = effective[i] * total;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t to = place[i] != HMX_NONE ? place[i] : neediest(&p, effective, n);
        if (to != HMX_NONE) {
            put(&p, to - 1u, hashrates[i]);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        slicer = p.missing[i] < 0.0 && p.largest[i] > slicer ? p.largest[i] : slicer;
    }
    for (uint32_t i = 0; i < n && total > 0.0 && slicer > 0.0; i++) {
        grain->starving += effective[i] > 0.0 && !(p.largest[i] > 0.0);
        const double off = fabs(p.missing[i]);
        const double part = off < slicer ? off / slicer : 1.0;
        grain->ripple_points += 100.0 * slicer / total * part * (1.0 - part);
        grain->moves += p.missing[i] > LEAST_PART * slicer;
        grain->sliced += p.missing[i] < -LEAST_PART * slicer;
        grain->off_points = larger(grain->off_points, 100.0 * p.missing[i] / total);
    }
}

/* ---- the clock ---- */

/* The longest period that the ripple allows, but none in which the slices are too short. */
static double period_s(double longest_s, double shortest_s)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < PERIODS; i++) {
        if (PERIODS_S[i] <= longest_s || PERIODS_S[best] < shortest_s) {
            best = i;
        }
    }
    return PERIODS_S[best];
}

double hm_slices_half_s(const hm_grain *grain, const hm_slice_pace *pace, double ripple_point_min,
                        double before_s)
{
    const double moves = grain->moves > 0 ? (double)grain->moves : 1.0;
    const double sliced = grain->sliced > 0 ? (double)grain->sliced : 1.0;
    double by_ripple =
        60.0 * HM_SLICES_SWING * ripple_point_min * 2.0 * moves / grain->ripple_points;
    if (by_ripple > HOUR_S) {
        /* Windows of an hour matter most: beyond it only where that leaves a small ripple. */
        by_ripple = larger(HOUR_S, by_ripple / BEYOND);
    }
    const double shortest_s = 2.0 * moves / sliced * pace->least_s;
    double half_s = 0.0;
    for (int i = -1; i <= 1; i++) {
        const double allowed_s = by_ripple * (1.0 + i * STICKY);
        const double longest_s = allowed_s < pace->longest_s ? allowed_s : pace->longest_s;
        const double here_s = 0.5 * period_s(longest_s, shortest_s * (1.0 + i * STICKY));
        if (here_s == before_s || i == 0) {
            half_s = here_s;
        }
        if (here_s == before_s) {
            break;
        }
    }
    return half_s;
}

double hm_slices_swing(const double *effective, uint32_t n, double half_s, double ripple_point_min)
{
    double widest = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const double spread = effective[i] * (1.0 - effective[i]);
        widest = spread > widest ? spread : widest;
    }
    const double of_pools = ROOM * 100.0 * widest * 2.0 * half_s / 60.0;
    const double of_preset = 2.0 * HM_SLICES_SWING * ripple_point_min;
    return larger(of_pools, of_preset);
}

hm_slice_half hm_slices_half_at(uint64_t now_ns, double half_s)
{
    /* The boundaries lie a quarter of a period beside the full hour: a farm that starts at one
     * need not wait for its first change as long as all others. */
    const uint64_t half_ns = (uint64_t)(half_s * (double)HM_NS_PER_S);
    const uint64_t clock_ns = now_ns + half_ns / 2u;
    return (hm_slice_half){
        .left_s = hm_seconds(half_ns - clock_ns % half_ns),
        .second = (int)(clock_ns / half_ns % 2u),
    };
}

/* ---- the wish ---- */

int hm_slices_go_down(const hm_slice_wish *w)
{
    double total = 0.0;
    double below = 0.0; /* what those up to a border lack */
    double most = 0.0;
    for (uint32_t i = 0; i < w->n; i++) {
        total += w->allocated[i];
    }
    for (uint32_t i = 0; i < w->n; i++) {
        below += w->effective[i] - w->allocated[i] / total;
        most = fabs(below) > fabs(most) ? below : most;
    }
    return most > 0.0;
}

/* Is there a channel on a pool that this one can get one from in this half? */
static int is_reached(const hm_slice_wish *w, uint32_t pool)
{
    for (uint32_t i = w->down ? pool : 0; i <= (w->down ? w->n - 1u : pool); i++) {
        if (w->allocated[i] > 0.0) {
            return 1;
        }
    }
    return 0;
}

void hm_slices_want(const hm_slice_wish *w, double *command)
{
    double wanted[HMX_UPSTREAMS_MAX];
    double high[HMX_UPSTREAMS_MAX];
    double room = 0.0;
    for (uint32_t i = 0; i < w->n; i++) {
        const double owed = w->effective[i] > 0.0 ? w->effective[i] * w->work + w->debts[i] : 0.0;
        const int is_small = !(w->allocated[i] > 0.0) && owed < w->least_work;
        const int waits = (is_small || !is_reached(w, i)) && !(w->low[i] > 0.0);
        wanted[i] = owed / w->work;
        high[i] = waits ? 0.0 : w->high[i];
        room += high[i];
    }
    hm_targets_project(wanted, w->low, room < 1.0 ? w->high : high, w->n, command);
}

/* ---- the decision ---- */

/* The pools stand in a row, by their numbers. What one has too much, and those before it in the
 * direction of the half could not use, flows over the border to the next: at each border it is one
 * channel and two sides. What one lacks that the half has passed waits for the next half. */
typedef struct slicing {
    hm_assignment *assignment;
    const hm_slice_request *request;
    /* Hashrate that upstream i + 1 has too much until the end of the half (< 0: that it lacks), the
     * same against the targets alone, and what flows over the border to the next, up and down. */
    double over[HMX_UPSTREAMS_MAX];
    double base[HMX_UPSTREAMS_MAX];
    double flows[2][HMX_UPSTREAMS_MAX];
    double total;   /* hashrate of all of them */
    double largest; /* of one channel */
    hm_slice_result result;
} slicing;

typedef struct change {
    uint32_t slot; /* HM_SLOT_NONE = nothing to be done */
    uint32_t from;
    uint32_t to;
    double hashrate;
    double wait_s; /* 0 = now */
} change;

static const change NOTHING = {HM_SLOT_NONE, 0, 0, 0.0, 0.0};

/* How long a channel still has to rest. */
static double rest_s(const slicing *s, uint32_t slot)
{
    const uint64_t now_ns = s->request->now_ns;
    const uint64_t moved_ns = hm_hot(&s->assignment->channels, slot)->moved_ns;
    const uint64_t calm_ns = hm_cold(&s->assignment->channels, slot)->calm_until_ns;
    const uint64_t dwell_ns = moved_ns > 0 ? moved_ns + s->request->dwell_ns : 0;
    const uint64_t until_ns = dwell_ns > calm_ns ? dwell_ns : calm_ns;
    return until_ns > now_ns ? hm_seconds(until_ns - now_ns) : 0.0;
}

static int may_leave(const slicing *s, uint32_t slot, uint32_t from)
{
    const hm_channel_hot *const hot = hm_hot(&s->assignment->channels, slot);
    return hot->channel != 0 && hot->upstream == from + 1u && hot->hashrate > 0.0 &&
           hm_assignment_movable(s->assignment, slot) &&
           hm_cold(&s->assignment->channels, slot)->pin == 0;
}

static int may_come(const slicing *s, uint32_t slot, uint32_t to)
{
    const double hashrate = hm_hot(&s->assignment->channels, slot)->hashrate;
    return s->request->usable[to] && s->request->command[to] > 0.0 &&
           !hm_assignment_pool_rests(s->assignment, to + 1u) &&
           s->assignment->allocated[to + 1u] + hashrate <= s->request->most[to] &&
           hm_assignment_legal(s->assignment, slot, to + 1u);
}

/* Does it go on over the next border as well? When nothing, or no slice, is left for this pool. */
static int goes_on(const slicing *s, double hashrate, uint32_t border, uint32_t next, int down)
{
    const hm_slice_request *const r = s->request;
    const double further = s->flows[down][next];
    const double stays = (s->flows[down][border] - further) * r->half.left_s;
    return further >= hashrate ||
           (further >= (1.0 - NEARLY) * hashrate && stays < hashrate * r->least_s);
}

/* Where a channel that crosses a border stays, HMX_UPSTREAMS_MAX = nowhere. */
static uint32_t destination(const slicing *s, uint32_t slot, uint32_t border, int down)
{
    const double hashrate = hm_hot(&s->assignment->channels, slot)->hashrate;
    const uint32_t borders = s->request->n - 1u;
    uint32_t best = HMX_UPSTREAMS_MAX;
    for (uint32_t i = border; i < borders; i = down ? i - 1u : i + 1u) {
        const uint32_t to = down ? i : i + 1u;
        const uint32_t next =
            down ? i - 1u : i + 1u; /* beyond all borders at the ends of the row */
        best = may_come(s, slot, to) ? to : best;
        if (best == to && (next >= borders || !goes_on(s, hashrate, i, next, down))) {
            break;
        }
    }
    return best;
}

/* The channel of `from` that is to cross when `wanted` has to: the smallest that is large enough
 * (when no more than its own hashrate is wanted), or else the largest (at once). */
static change choose(const slicing *s, uint32_t from, uint32_t border, int down)
{
    const hm_channels *const c = &s->assignment->channels;
    const double wanted = s->flows[down][border];
    change enough = {HM_SLOT_NONE, from, 0, INFINITY, 0.0};
    change largest = {HM_SLOT_NONE, from, 0, 0.0, 0.0};
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        const double h = hm_hot(c, slot)->hashrate;
        if (!may_leave(s, slot, from)) {
            continue;
        }
        const uint32_t to = destination(s, slot, border, down);
        if (to == HMX_UPSTREAMS_MAX) {
            continue;
        }
        if (h >= (1.0 - NEARLY) * wanted && h < enough.hashrate) {
            enough = (change){slot, from, to, h, 0.0};
        } else if (h < (1.0 - NEARLY) * wanted && h > largest.hashrate) {
            largest = (change){slot, from, to, h, 0.0};
        }
    }
    const int is_coarse = enough.hashrate > TOO_COARSE * wanted && largest.slot != HM_SLOT_NONE;
    change best = enough.slot == HM_SLOT_NONE || is_coarse ? largest : enough;
    if (best.slot != HM_SLOT_NONE) {
        const double left_s = s->request->half.left_s;
        const double early_s =
            best.hashrate > wanted ? left_s * (1.0 - wanted / best.hashrate) : 0.0;
        best.wait_s = larger(early_s < SOON_S ? 0.0 : early_s, rest_s(s, best.slot));
    }
    return best;
}

/* Is it worth a move: is it a slice, and more than luck? Two fifths of what a pool gets in a half
 * are no luck. In the first half of a period channels go to pools of higher numbers, in the second
 * back: so each period repeats the one before, and luck makes none go to and fro. Only what is off
 * by a whole channel, or by more than a half can mend, need not wait for its turn. */
static int is_worth(const slicing *s, const change *c, uint32_t border, int down)
{
    const hm_slice_request *const r = s->request;
    const double own = OWN_PART * r->effective[c->to] * s->total;
    const double luck = r->band < own ? r->band : own;
    const double owed = s->flows[down][border] * r->half.left_s;
    const int is_whole = s->base[c->from] >= c->hashrate || -s->base[c->to] >= c->hashrate;
    const int is_off = owed >= (is_whole ? c->hashrate : OFF_HALVES * s->largest) * r->half_s;
    return owed >= c->hashrate * r->least_s && owed >= luck * r->half_s &&
           (down == r->half.second || is_off);
}

/* The next change over one border, in one direction. */
static change cross(const slicing *s, uint32_t border, int down)
{
    uint32_t from = down ? border + 1u : border;
    if (!(s->flows[down][border] > 0.0)) {
        return NOTHING;
    }
    for (;; from = down ? from + 1u : from - 1u) {
        const change c = choose(s, from, border, down);
        if (c.slot != HM_SLOT_NONE) {
            return is_worth(s, &c, border, down) ? c : NOTHING;
        }
        if (down ? from + 1u >= s->request->n : from == 0) {
            return NOTHING;
        }
    }
}

static change next_change(const slicing *s)
{
    change best = NOTHING;
    best.wait_s = s->request->half.left_s;
    for (uint32_t border = 0; border + 1u < s->request->n; border++) {
        for (int down = 0; down <= 1; down++) {
            const change here = cross(s, border, down);
            if (here.slot != HM_SLOT_NONE &&
                (best.slot == HM_SLOT_NONE || here.wait_s < best.wait_s)) {
                best = here;
            }
        }
    }
    return best;
}

static void add_up(slicing *s)
{
    const uint32_t n = s->request->n;
    for (uint32_t i = 0; i + 1u < n; i++) {
        const double before = i > 0 ? s->flows[0][i - 1u] : 0.0;
        s->flows[0][i] = s->over[i] + hm_not_negative(before);
    }
    for (uint32_t i = n - 1u; i > 0; i--) {
        const double before = i + 1u < n ? s->flows[1][i] : 0.0;
        s->flows[1][i - 1u] = s->over[i] + hm_not_negative(before);
    }
}

static void carry_out(slicing *s, const change *c, hm_outbox *out)
{
    hm_decision decision;
    s->over[c->from] -= c->hashrate;
    s->over[c->to] += c->hashrate;
    s->base[c->from] -= c->hashrate;
    s->base[c->to] += c->hashrate;
    add_up(s);
    s->result.moves++;
    if (hm_assignment_propose(s->assignment, c->slot, c->to + 1u, HMX_DECISION_MOVE,
                              HMX_REASON_BALANCE, s->request->now_ns, &decision) == 0) {
        hm_outbox_put(out, &decision);
    }
}

static void compare(slicing *s)
{
    const hm_slice_request *const r = s->request;
    for (uint32_t slot = 0; slot < s->assignment->channels.slots; slot++) {
        s->largest = larger(s->largest, hm_hot(&s->assignment->channels, slot)->hashrate);
    }
    for (uint32_t i = 0; i < r->n; i++) {
        s->total += r->usable[i] ? s->assignment->allocated[i + 1u] : 0.0;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        const double allocated = s->assignment->allocated[i + 1u];
        s->over[i] = r->usable[i] ? allocated - r->command[i] * s->total : 0.0;
        s->base[i] = r->usable[i] ? allocated - r->effective[i] * s->total : 0.0;
    }
    add_up(s);
}

hm_slice_result hm_slices_plan(hm_assignment *a, const hm_slice_request *r, hm_outbox *out)
{
    slicing s = {.assignment = a, .request = r};
    compare(&s);
    s.result.wait_s = r->half.left_s;
    while (s.result.moves < r->most_moves) {
        const change c = next_change(&s);
        s.result.wait_s = c.wait_s;
        if (c.slot == HM_SLOT_NONE || c.wait_s > 0.0) {
            break;
        }
        if (hm_outbox_room(out) == 0) {
            s.result.more = 1;
            break;
        }
        carry_out(&s, &c, out);
    }
    return s.result;
}
