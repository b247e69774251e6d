/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/planner.h"

#include <math.h>
#include <string.h>

#include "plugin/control/law.h"

/* Entries of a bucket that are looked at, and occupied buckets on each side, before a search gives
 * up. */
enum { ENTRIES = 8, BUCKETS_EACH_WAY = 4 };

typedef struct plan {
    hm_buckets *buckets;
    hm_assignment *assignment;
    const hm_plan_request *request;
    hm_outbox *out;
    /* Hashrate missing (> 0) or too much (< 0) per upstream i + 1; `base` is the same against the
     * targets without correction. */
    double need[HMX_UPSTREAMS_MAX];
    double base[HMX_UPSTREAMS_MAX];
    hm_plan_result result;
} plan;

/* A channel found in a list, with its predecessor there. */
typedef struct found {
    uint32_t slot; /* HM_SLOT_NONE = nothing */
    uint32_t previous;
    double hashrate;
    double distance; /* from the hashrate looked for */
} found;

/* Without slicing: what a move must come nearer to the targets, of its own size. What is finer than
 * luck apart, more would leave a farm further off than its miners are coarse, and with less their
 * drift would move them back and forth. */
static const double NEARER_LEAST = 0.05;

static const found NOTHING = {HM_SLOT_NONE, HM_SLOT_NONE, 0.0, 0.0};

static int may_leave(const plan *p, uint32_t slot)
{
    const hm_channel_hot *const hot = hm_hot(&p->assignment->channels, slot);
    return hot->hashrate > 0.0 && hm_assignment_movable(p->assignment, slot) &&
           hm_cold(&p->assignment->channels, slot)->pin == 0 &&
           hm_cold(&p->assignment->channels, slot)->calm_until_ns <= p->request->now_ns &&
           (hot->moved_ns == 0 || p->request->now_ns - hot->moved_ns >= p->request->dwell_ns);
}

/* Do the lists of the call before still hold? It ran out of room, and nothing happened since. */
static int lists_hold(const plan *p)
{
    return p->buckets->changes == p->assignment->changes &&
           p->buckets->now_ns == p->request->now_ns && p->buckets->unfinished;
}

/* Fills the lists with the channels that may move now, each under the upstream where it works. */
static void build_lists(plan *p)
{
    const hm_channels *const c = &p->assignment->channels;
    double largest = 0.0;
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        const double hashrate = hm_hot(c, slot)->hashrate;
        largest = hashrate > largest ? hashrate : largest;
    }
    hm_buckets_clear(p->buckets, p->request->n, largest > 0.0 ? largest : 1.0);
    for (uint32_t slot = c->slots; slot > 0; slot--) {
        const uint32_t upstream = hm_hot(c, slot - 1u)->upstream;
        if (upstream != HMX_NONE && upstream <= p->request->n &&
            p->request->usable[upstream - 1u] && may_leave(p, slot - 1u)) {
            hm_buckets_add(p->buckets, c, upstream - 1u, slot - 1u);
        }
    }
}

/* Is `a` the better choice? Nearer wins; of equals the one that rested longest, then the first. */
static int is_better(const plan *p, const found *a, const found *b)
{
    if (b->slot == HM_SLOT_NONE || a->distance != b->distance) {
        return b->slot == HM_SLOT_NONE || a->distance < b->distance;
    }
    const uint64_t a_moved = hm_hot(&p->assignment->channels, a->slot)->moved_ns;
    const uint64_t b_moved = hm_hot(&p->assignment->channels, b->slot)->moved_ns;
    return a_moved != b_moved ? a_moved < b_moved : a->slot < b->slot;
}

/* The best legal channel of one bucket of `from` for `to`, measured against `wanted`. */
static found search_bucket(const plan *p, uint32_t from, uint32_t to, uint32_t bucket,
                           double wanted)
{
    const hm_channels *const c = &p->assignment->channels;
    found best = NOTHING;
    uint32_t previous = HM_SLOT_NONE;
    uint32_t slot = hm_bucket_head(p->buckets, from, bucket);
    for (int i = 0; i < ENTRIES && slot != HM_SLOT_NONE; i++) {
        const double hashrate = hm_hot(c, slot)->hashrate;
        const found here = {slot, previous, hashrate, fabs(hashrate - wanted)};
        if (is_better(p, &here, &best) && hm_assignment_legal(p->assignment, slot, to + 1u)) {
            best = here;
        }
        previous = slot;
        slot = hm_hot(c, slot)->next;
    }
    if (slot != HM_SLOT_NONE) {
        /* When one of these has gone, the next search meets this one: let it come meanwhile. */
        __builtin_prefetch(hm_hot(c, slot));
        __builtin_prefetch(hm_cold(c, slot));
    }
    return best;
}

/* The legal channel of `from` whose hashrate is nearest to `wanted`. */
static found nearest(const plan *p, uint32_t from, uint32_t to, double wanted)
{
    const uint32_t middle = hm_bucket_of(p->buckets, wanted);
    found best = NOTHING;
    uint32_t bucket = hm_bucket_below(p->buckets, from, middle);
    for (int i = 0; i < BUCKETS_EACH_WAY && bucket != HM_BUCKET_NONE; i++) {
        const found here = search_bucket(p, from, to, bucket, wanted);
        if (here.slot != HM_SLOT_NONE) {
            best = is_better(p, &here, &best) ? here : best;
            if (bucket != middle) {
                break; /* what lies further down is further away */
            }
        }
        bucket = bucket == 0 ? HM_BUCKET_NONE : hm_bucket_below(p->buckets, from, bucket - 1u);
    }
    bucket =
        middle + 1u < HM_BUCKETS ? hm_bucket_above(p->buckets, from, middle + 1u) : HM_BUCKET_NONE;
    for (int i = 0; i < BUCKETS_EACH_WAY && bucket != HM_BUCKET_NONE; i++) {
        const found here = search_bucket(p, from, to, bucket, wanted);
        if (here.slot != HM_SLOT_NONE) {
            return is_better(p, &here, &best) ? here : best;
        }
        bucket = bucket + 1u < HM_BUCKETS ? hm_bucket_above(p->buckets, from, bucket + 1u)
                                          : HM_BUCKET_NONE;
    }
    return best;
}

/* May this amount go from one to the other? Not above a cap, and without slicing only towards the
 * targets, or to where luck moves them anyway. */
static int is_allowed(const plan *p, uint32_t from, uint32_t to, double amount)
{
    if (p->assignment->allocated[to + 1u] + amount > p->request->most[to]) {
        return 0;
    }
    if (p->request->slicing) {
        return 1;
    }
    const double wanted = (p->base[to] - p->base[from]) / 2.0;
    return fabs(wanted - amount) <= p->request->band ||
           fabs(wanted) - fabs(wanted - amount) >= NEARER_LEAST * amount;
}

static int is_split(const plan *p)
{
    return p->request->moves_before + p->result.moves >= p->request->split_moves;
}

/* Hashrate by which it is not worth to come nearer. */
static double close_enough(const plan *p)
{
    return (is_split(p) ? 0.1 : 0.35) * p->request->band;
}

/* What an action gains that moves `amount` where `wanted` would be ideal. */
static double score_of(const plan *p, double wanted, double amount)
{
    const int is_placement = !p->request->slicing && amount > p->request->band;
    const double by_size =
        (is_placement ? NEARER_LEAST / 2.0 : p->request->min_improvement) * amount;
    const double worth = by_size < p->request->ripple ? by_size : p->request->ripple;
    const double least = is_split(p) ? 0.0 : worth;
    return wanted - fabs(wanted - amount) - 2.0 * least;
}

typedef struct swap {
    found there;
    found back;
    double score; /* > 0 = worth it */
} swap;

/* The best exchange of a larger channel of `from` against a smaller one of `to`. */
static swap best_swap(const plan *p, uint32_t from, uint32_t to, double wanted)
{
    swap best = {NOTHING, NOTHING, 0.0};
    uint32_t bucket = hm_bucket_above(p->buckets, from, hm_bucket_of(p->buckets, wanted));
    while (bucket != HM_BUCKET_NONE) {
        swap here = {search_bucket(p, from, to, bucket, wanted), NOTHING, 0.0};
        if (here.there.slot != HM_SLOT_NONE && here.there.hashrate > wanted) {
            here.back = nearest(p, to, from, here.there.hashrate - wanted);
        }
        if (here.back.slot != HM_SLOT_NONE) {
            const double amount = here.there.hashrate - here.back.hashrate;
            here.score =
                amount > 0.0 && is_allowed(p, from, to, amount)
                    ? score_of(p, wanted, amount) - (is_split(p) ? 0.0 : p->request->swap_cost)
                    : 0.0;
            best = here.score > best.score ? here : best;
        }
        bucket = bucket + 1u < HM_BUCKETS ? hm_bucket_above(p->buckets, from, bucket + 1u)
                                          : HM_BUCKET_NONE;
    }
    return best;
}

static void carry_out(plan *p, uint32_t from, uint32_t to, const found *f)
{
    hm_decision decision;
    hm_buckets_remove(p->buckets, &p->assignment->channels, from, f->slot, f->previous);
    if (hm_assignment_propose(p->assignment, f->slot, to + 1u, HMX_DECISION_MOVE,
                              HMX_REASON_BALANCE, p->request->now_ns, &decision) != 0) {
        return; /* no prefix left there: the channel is out of the lists, try another */
    }
    p->need[from] += f->hashrate;
    p->need[to] -= f->hashrate;
    p->base[from] += f->hashrate;
    p->base[to] -= f->hashrate;
    p->result.moves++;
    hm_outbox_put(p->out, &decision);
}

/* The legal channel of `from` that is nearest to what the cap of `to` has room for. */
static found nearest_within(const plan *p, uint32_t from, uint32_t to, double room)
{
    uint32_t bucket = room > 0.0 ? hm_bucket_below(p->buckets, from, hm_bucket_of(p->buckets, room))
                                 : HM_BUCKET_NONE;
    for (int i = 0; i < BUCKETS_EACH_WAY && bucket != HM_BUCKET_NONE; i++) {
        const found here = search_bucket(p, from, to, bucket, room);
        if (here.slot != HM_SLOT_NONE && here.hashrate <= room) {
            return here;
        }
        bucket = bucket == 0 ? HM_BUCKET_NONE : hm_bucket_below(p->buckets, from, bucket - 1u);
    }
    return NOTHING;
}

/* The channel that is to go alone. `from` may have more too much than `to` lacks, for others lack
 * it too: what would be half of both is then more than a cap lets in. */
static found single_of(const plan *p, uint32_t from, uint32_t to, double wanted)
{
    const double room = p->request->most[to] - p->assignment->allocated[to + 1u];
    found single = nearest(p, from, to, wanted);
    if (single.slot != HM_SLOT_NONE && single.hashrate > room) {
        single = nearest_within(p, from, to, room);
        single.distance = fabs(single.hashrate - wanted);
    }
    return single;
}

/* Serves one pair if that is worth it. Returns 1 when something was done, 0 when not, -1 when out
 * of room. */
static int serve_pair(plan *p, uint32_t from, uint32_t to)
{
    const double wanted = (p->need[to] - p->need[from]) / 2.0;
    const found single = single_of(p, from, to, wanted);
    const double single_score =
        single.slot != HM_SLOT_NONE && is_allowed(p, from, to, single.hashrate)
            ? score_of(p, wanted, single.hashrate)
            : 0.0;
    if (HM_LAW.swaps && p->out->capacity != 1u &&
        (!(single_score > 0.0) ||
         single.distance > (is_split(p) ? close_enough(p) : p->request->band / 2.0))) {
        const swap exchange = best_swap(p, from, to, wanted);
        if (exchange.score > 0.0 && exchange.score > single_score) {
            const uint32_t room = hm_outbox_room(p->out);
            if (room < 2u || p->request->most_moves - p->result.moves < 2u) {
                p->result.more = room < 2u ? 1u : 0u;
                return -1;
            }
            carry_out(p, from, to, &exchange.there);
            carry_out(p, to, from, &exchange.back);
            return 1;
        }
    }
    if (!(single_score > 0.0)) {
        return 0;
    }
    if (hm_outbox_room(p->out) == 0) {
        p->result.more = 1;
        return -1;
    }
    carry_out(p, from, to, &single);
    return 1;
}

/* The pair with the largest gap of all: from where most is too much to where most is missing. Among
 * equals the first. As next_pair. */
static int first_pair(const plan *p, double *gap, uint32_t *pair)
{
    uint32_t from = HMX_UPSTREAMS_MAX;
    uint32_t to = HMX_UPSTREAMS_MAX;
    for (uint32_t i = 0; i < p->request->n; i++) {
        if (!p->request->usable[i]) {
            continue;
        }
        if (p->need[i] < 0.0 && (from == HMX_UPSTREAMS_MAX || p->need[i] < p->need[from])) {
            from = i;
        }
        if (p->request->command[i] > 0.0 && (to == HMX_UPSTREAMS_MAX || p->need[i] > p->need[to])) {
            to = i;
        }
    }
    if (from == HMX_UPSTREAMS_MAX || to == HMX_UPSTREAMS_MAX ||
        !(p->need[to] - p->need[from] > 0.0)) {
        return 0;
    }
    *gap = p->need[to] - p->need[from];
    *pair = from * HMX_UPSTREAMS_MAX + to;
    return 1;
}

/* The pair with the largest gap after (`gap`, `pair`) in falling order; 0 when there is no further
 * one. A pair is numbered from * 64 + to, and equal gaps are taken in the order of those
 * numbers. */
static int next_pair(const plan *p, double *gap, uint32_t *pair)
{
    double best_gap = 0.0;
    uint32_t best = 0;
    int any = 0;
    for (uint32_t from = 0; from < p->request->n; from++) {
        if (!p->request->usable[from] || !(p->need[from] < 0.0)) {
            continue;
        }
        for (uint32_t to = 0; to < p->request->n; to++) {
            const double here = p->need[to] - p->need[from];
            const uint32_t number = from * HMX_UPSTREAMS_MAX + to;
            if (!p->request->usable[to] || !(here > 0.0) || !(p->request->command[to] > 0.0)) {
                continue;
            }
            const int is_later = here < *gap || (here == *gap && number > *pair);
            if (is_later && (!any || here > best_gap)) {
                best_gap = here;
                best = number;
                any = 1;
            }
        }
    }
    *gap = best_gap;
    *pair = best;
    return any;
}

/* Does the most urgent action that is worth it. Returns as serve_pair. */
static int step(plan *p)
{
    double gap = INFINITY;
    uint32_t pair = 0;
    for (int any = first_pair(p, &gap, &pair); any; any = next_pair(p, &gap, &pair)) {
        if (gap <= close_enough(p)) {
            return 0;
        }
        const int done = serve_pair(p, pair / HMX_UPSTREAMS_MAX, pair % HMX_UPSTREAMS_MAX);
        if (done != 0) {
            return done;
        }
    }
    return 0;
}

/* need = command x farm - allocation, over the usable upstreams. */
static void compute_needs(plan *p)
{
    double total = 0.0;
    for (uint32_t i = 0; i < p->request->n; i++) {
        total += p->request->usable[i] ? p->assignment->allocated[i + 1u] : 0.0;
    }
    for (uint32_t i = 0; i < p->request->n; i++) {
        const double allocated = p->assignment->allocated[i + 1u];
        p->need[i] = p->request->usable[i] ? p->request->command[i] * total - allocated : 0.0;
        p->base[i] = p->request->usable[i] ? p->request->aim[i] * total - allocated : 0.0;
    }
}

static uint32_t richest(const plan *p)
{
    uint32_t best = HMX_UPSTREAMS_MAX;
    for (uint32_t i = 0; i < p->request->n; i++) {
        if (p->need[i] < 0.0 && (best == HMX_UPSTREAMS_MAX || p->need[i] < p->need[best])) {
            best = i;
        }
    }
    return best;
}

/* What a pool lacks whose moves rest stays where it is, as if it had gone there: it is not shared
 * out among the others. */
static void set_resting_apart(plan *p)
{
    for (uint32_t to = 0; to < p->request->n && p->assignment->failing != 0; to++) {
        const int rests = hm_assignment_pool_rests(p->assignment, to + 1u);
        double missing = rests && p->need[to] > 0.0 ? p->need[to] : 0.0;
        p->need[to] -= missing;
        for (uint32_t from = richest(p); missing > 0.0 && from < HMX_UPSTREAMS_MAX;
             from = richest(p)) {
            const double amount = missing < -p->need[from] ? missing : -p->need[from];
            p->need[from] = amount < missing ? 0.0 : p->need[from] + amount;
            missing -= amount;
        }
    }
}

static int is_close_enough(const plan *p)
{
    double squares = 0.0;
    for (uint32_t i = 0; i < p->request->n; i++) {
        squares += p->need[i] * p->need[i];
    }
    return sqrt(squares / 2.0) <= close_enough(p);
}

hm_plan_result hm_plan(hm_buckets *b, hm_assignment *a, const hm_plan_request *request,
                       hm_outbox *out)
{
    plan p = {.buckets = b, .assignment = a, .request = request, .out = out};
    if (!lists_hold(&p)) {
        build_lists(&p);
    }
    compute_needs(&p);
    set_resting_apart(&p);
    while (p.result.moves < request->most_moves && !is_close_enough(&p)) {
        if (step(&p) != 1) {
            break;
        }
        set_resting_apart(&p); /* one that is being tried rests from here on */
    }
    b->unfinished = p.result.more;
    b->changes = a->changes;
    b->now_ns = request->now_ns;
    return p.result;
}

/* Where most is missing among the upstreams that this channel may work for; one with room under its
 * cap wins over one without. HMX_NONE = nowhere. */
static uint32_t neediest(plan *p, uint32_t slot)
{
    const double hashrate = hm_hot(&p->assignment->channels, slot)->hashrate;
    const uint32_t here = hm_hot(&p->assignment->channels, slot)->upstream;
    uint32_t best = HMX_NONE;
    int best_has_room = 0;
    for (uint32_t i = 0; i < p->assignment->upstreams->count; i++) {
        const uint32_t upstream = p->assignment->upstreams->order[i] + 1u;
        if (upstream == here || !(p->request->command[upstream - 1u] > 0.0) ||
            !hm_assignment_legal(p->assignment, slot, upstream)) {
            continue;
        }
        const int has_room =
            p->assignment->allocated[upstream] + hashrate <= p->request->most[upstream - 1u];
        if (best == HMX_NONE || has_room > best_has_room ||
            (has_room == best_has_room && p->need[upstream - 1u] > p->need[best - 1u])) {
            best = upstream;
            best_has_room = has_room;
        }
    }
    return best;
}

/* Somebody has nowhere to go as long as moves to a pool rest. */
static void wait_for_a_pool(plan *p)
{
    for (uint32_t i = 1; i <= p->request->n; i++) {
        if (hm_rest_lasts(&p->assignment->rests[i], p->request->now_ns)) {
            hm_assignment_retry_at(p->assignment, p->assignment->rests[i].until_ns);
        }
    }
}

/* Moves one channel to where it is needed most. Returns -1 when there is no room. */
static int evacuate_one(plan *p, uint32_t slot)
{
    const hm_channel_hot *const hot = hm_hot(&p->assignment->channels, slot);
    const uint32_t reason = hot->upstream == HMX_NONE ? HMX_REASON_ARRIVAL : HMX_REASON_EVACUATION;
    const double hashrate = hot->hashrate;
    const uint32_t pinned = hm_assignment_pin_target(p->assignment, slot);
    const uint32_t to = pinned != HMX_NONE ? pinned : neediest(p, slot);
    hm_decision decision;
    if (to == HMX_NONE) {
        wait_for_a_pool(p);
        return 0;
    }
    if (hm_outbox_room(p->out) == 0) {
        p->result.more = 1;
        return -1;
    }
    if (hm_assignment_propose(p->assignment, slot, to, HMX_DECISION_MOVE, reason,
                              p->request->now_ns, &decision) != 0) {
        return 0;
    }
    p->need[to - 1u] -= hashrate;
    p->result.moves++;
    hm_outbox_put(p->out, &decision);
    return 0;
}

/* Finds the channel that stays on each upstream: its smallest that is not silent, if that is no
 * larger than `canary` allows. */
static void choose_canaries(const plan *p, const double *canary, uint32_t *chosen)
{
    const hm_channels *const c = &p->assignment->channels;
    for (uint32_t i = 0; i < HM_PLACES; i++) {
        chosen[i] = HM_SLOT_NONE;
    }
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(c, slot);
        if (hot->channel == 0 || hot->pending_to != HMX_NONE || !(hot->hashrate > 0.0) ||
            hot->hashrate > canary[hot->upstream]) {
            continue;
        }
        uint32_t *const best = &chosen[hot->upstream];
        if (*best == HM_SLOT_NONE || hot->hashrate < hm_hot(c, *best)->hashrate) {
            *best = slot;
        }
    }
}

/* A pin keeps a channel on a pool that works but has no target. */
static int is_pinned_here(const plan *p, uint32_t slot)
{
    const hm_channels *const c = &p->assignment->channels;
    const uint32_t upstream = hm_hot(c, slot)->upstream;
    const uint32_t pin = hm_cold(c, slot)->pin;
    return pin != 0 && (pin == upstream || pin == HM_PIN_STAY) &&
           hm_upstreams_takes_part(p->assignment->upstreams, upstream);
}

/* Lists those that must leave (all in row 0). Returns the hashrate of those whose pool is not
 * usable; that of the others is in the sums of the usable pools already. */
static double build_leavers(plan *p, const uint8_t *leave, const double *canary)
{
    uint32_t chosen[HM_PLACES];
    const hm_channels *const c = &p->assignment->channels;
    double largest = 0.0;
    double sum = 0.0;
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        const double hashrate = hm_hot(c, slot)->hashrate;
        largest = hashrate > largest ? hashrate : largest;
    }
    choose_canaries(p, canary, chosen);
    hm_buckets_clear(p->buckets, 1, largest > 0.0 ? largest : 1.0);
    for (uint32_t slot = c->slots; slot > 0; slot--) {
        const hm_channel_hot *const hot = hm_hot(c, slot - 1u);
        if (hot->channel != 0 && leave[hot->upstream] &&
            hm_assignment_rests(p->assignment, slot - 1u)) {
            hm_assignment_retry_at(p->assignment, hm_cold(c, slot - 1u)->rest.until_ns);
        }
        if (hot->channel != 0 && leave[hot->upstream] && chosen[hot->upstream] != slot - 1u &&
            !is_pinned_here(p, slot - 1u) && hm_assignment_movable(p->assignment, slot - 1u)) {
            hm_buckets_add(p->buckets, c, 0, slot - 1u);
            const int counted = hot->upstream != HMX_NONE && hot->upstream <= p->request->n &&
                                p->request->usable[hot->upstream - 1u];
            sum += counted ? 0.0 : hot->hashrate;
        }
    }
    return sum;
}

hm_plan_result hm_evacuate(hm_buckets *b, hm_assignment *a, const hm_plan_request *request,
                           const uint8_t *leave, const double *canary, hm_outbox *out)
{
    plan p = {.buckets = b, .assignment = a, .request = request, .out = out};
    b->unfinished = 0; /* these are other lists */
    double total = build_leavers(&p, leave, canary);
    for (uint32_t i = 0; i < request->n; i++) {
        total += request->usable[i] ? a->allocated[i + 1u] : 0.0;
    }
    for (uint32_t i = 0; i < request->n; i++) {
        p.need[i] = request->usable[i] ? request->command[i] * total - a->allocated[i + 1u] : 0.0;
    }
    uint32_t bucket = hm_bucket_below(b, 0, HM_BUCKETS - 1);
    while (bucket != HM_BUCKET_NONE) {
        uint32_t slot = hm_bucket_head(b, 0, bucket);
        while (slot != HM_SLOT_NONE) {
            const uint32_t next = hm_hot(&a->channels, slot)->next;
            if (evacuate_one(&p, slot) != 0) {
                return p.result;
            }
            slot = next;
        }
        bucket = bucket == 0 ? HM_BUCKET_NONE : hm_bucket_below(b, 0, bucket - 1u);
    }
    return p.result;
}
