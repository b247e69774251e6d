/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/assignment.h"

#include <math.h>
#include <string.h>

enum { WITHHELD = 0x80 }; /* beside the kind of a pending decision: the host does not know it */

int hm_assignment_init(hm_assignment *a, const hm_memory *memory, const hm_upstreams *upstreams,
                       uint32_t channels_max, const unsigned char hash_key[16])
{
    memset(a, 0, sizeof *a);
    a->upstreams = upstreams;
    a->pending_head = a->pending_tail = HM_SLOT_NONE;
    hm_prefixes_init(&a->prefixes, memory, hash_key);
    hm_loose_init(&a->loose, memory, hash_key);
    return hm_channels_init(&a->channels, memory, channels_max, hash_key);
}

void hm_assignment_free(hm_assignment *a)
{
    hm_prefixes_free(&a->prefixes);
    hm_loose_free(&a->loose);
    hm_channels_free(&a->channels);
}

static hm_alarm *alarm_of(const hm_assignment *a)
{
    return a->channels.memory->alarm;
}

/* An open channel's slot, and a place. */
static int is_sound(const hm_assignment *a, uint32_t slot, uint32_t place)
{
    return slot < a->channels.slots && hm_hot(&a->channels, slot)->channel != 0 &&
           place < HM_PLACES;
}

/* Is there room for this channel under the cap? */
static int has_room(const hm_assignment *a, uint32_t slot, uint32_t upstream, const double *most)
{
    const double hashrate = hm_hot(&a->channels, slot)->hashrate;
    return a->allocated[upstream] + hashrate <= most[upstream - 1u];
}

uint32_t hm_assignment_arrival(hm_assignment *a, uint32_t slot, const double *command,
                               const double *most)
{
    const hm_upstreams *const u = a->upstreams;
    const uint32_t pinned = hm_assignment_pin_target(a, slot);
    uint32_t roomy = HMX_NONE; /* legal, wanted, and with room under its cap */
    uint32_t spare = HMX_NONE; /* legal and with room */
    uint32_t first = HMX_NONE; /* legal and wanted */
    uint32_t any = HMX_NONE;   /* legal */
    double total = 0.0;
    if (pinned != HMX_NONE) {
        return pinned;
    }
    for (uint32_t i = 0; i < u->top; i++) {
        total += hm_upstreams_takes_part(u, i + 1u) ? a->allocated[i + 1u] : 0.0;
    }
    for (uint32_t i = 0; i < u->count; i++) {
        const uint32_t upstream = u->order[i] + 1u;
        if (!hm_assignment_legal(a, slot, upstream)) {
            continue;
        }
        any = any == HMX_NONE ? upstream : any;
        if (first == HMX_NONE && command[upstream - 1u] > 0.0) {
            first = upstream;
        }
        if (!has_room(a, slot, upstream, most)) {
            continue;
        }
        spare = spare == HMX_NONE ? upstream : spare;
        if (roomy == HMX_NONE && command[upstream - 1u] > 0.0) {
            roomy = upstream;
        }
        /* Sums of equal hashrates are off by their rounding: 1e-9 of the farm is nobody's
         * machine. */
        if (a->allocated[upstream] < command[upstream - 1u] * total - 1e-9 * total ||
            (!(total > 0.0) && command[upstream - 1u] > 0.0)) {
            return upstream;
        }
    }
    if (roomy != HMX_NONE || spare != HMX_NONE) {
        return roomy != HMX_NONE ? roomy : spare;
    }
    return first != HMX_NONE ? first : any;
}

uint32_t hm_assignment_pin_target(hm_assignment *a, uint32_t slot)
{
    const uint32_t pin = hm_cold(&a->channels, slot)->pin;
    if (pin == 0 || pin == HM_PIN_STAY || pin == hm_hot(&a->channels, slot)->upstream) {
        return HMX_NONE;
    }
    return hm_assignment_legal(a, slot, pin) ? pin : HMX_NONE;
}

void hm_assignment_count_pinned(hm_assignment *a, uint32_t slot)
{
    const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    const uint32_t pin = hm_cold(&a->channels, slot)->pin;
    if (pin == 0) {
        return;
    }
    a->pinned[pin == HM_PIN_STAY ? hot->upstream : pin] += hot->hashrate;
    if (hot->pending_to == HMX_NONE && hm_assignment_pin_target(a, slot) != HMX_NONE) {
        a->astray++;
    }
}

static uint32_t destination(const hm_channel_hot *hot)
{
    return hot->pending_to != HMX_NONE ? hot->pending_to : hot->upstream;
}

static void settle_on(hm_assignment *a, uint32_t slot, uint32_t upstream, hm_prefix_place place,
                      const uint8_t *prefix, uint32_t prefix_len)
{
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    hot->upstream = upstream;
    cold->place = place;
    cold->prefix_len = (uint8_t)prefix_len;
    cold->full_size = (uint8_t)hm_assignment_full_size(a->upstreams, upstream);
    if (prefix_len > 0) {
        memcpy(cold->prefix, prefix, prefix_len);
        cold->full_size =
            (uint8_t)(prefix_len +
                      (cold->kind == HMX_CHANNEL_EXTENDED ? cold->extranonce_size : 0u));
    }
    if (prefix_len > 0 && place.count == 0 && hm_prefixes_matter(&a->prefixes, upstream)) {
        hm_loose_add(&a->loose, &a->channels, slot);
    }
    a->counts[upstream]++;
    a->working[upstream] += hot->hashrate;
    a->churn += hot->hashrate;
    HM_MUST(alarm_of(a), a->counts[upstream] <= a->channels.count);
}

/* It leaves where it works: its prefix is held for its old jobs. */
static void unsettle(hm_assignment *a, uint32_t slot, uint64_t now_ns, int unconfirmed)
{
    const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    hm_loose_remove(&a->loose, &a->channels, slot);
    hm_prefixes_hold(&a->prefixes, now_ns, hot->channel, cold->connection, hot->upstream,
                     cold->place, cold->prefix, cold->prefix_len, unconfirmed);
    HM_MUST(alarm_of(a), a->counts[hot->upstream] > 0);
    a->counts[hot->upstream]--;
    a->working[hot->upstream] -= hot->hashrate;
    a->allocated[hot->upstream] -= hot->hashrate;
}

int hm_assignment_place(hm_assignment *a, uint32_t slot, uint32_t upstream, uint64_t now_ns,
                        uint8_t prefix[HMX_EXTRANONCE_MAX], uint32_t *prefix_len)
{
    a->changes++;
    hm_prefix_place place = {0};
    *prefix_len = 0;
    if (!HM_HOLDS(alarm_of(a), is_sound(a, slot, upstream))) {
        return -1;
    }
    if (upstream != HMX_NONE &&
        hm_assignment_take_prefix(a, slot, upstream, now_ns, &place, prefix, prefix_len) != 0) {
        return -1;
    }
    settle_on(a, slot, upstream, place, prefix, *prefix_len);
    a->allocated[upstream] += hm_hot(&a->channels, slot)->hashrate;
    return 0;
}

void hm_assignment_adopt(hm_assignment *a, uint32_t slot, uint32_t upstream, const uint8_t *prefix,
                         uint32_t prefix_len)
{
    a->changes++;
    hm_prefix_place place = {0};
    if (upstream != HMX_NONE && prefix_len > 0) {
        place = hm_prefixes_claim(&a->prefixes, upstream, prefix, prefix_len);
    }
    settle_on(a, slot, upstream, place, prefix, prefix_len);
    a->allocated[upstream] += hm_hot(&a->channels, slot)->hashrate;
}

void hm_assignment_set_hashrate(hm_assignment *a, uint32_t slot, double hashrate)
{
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    a->changes++;
    a->churn += hashrate + hot->hashrate;
    a->allocated[destination(hot)] += hashrate - hot->hashrate;
    a->working[hot->upstream] += hashrate - hot->hashrate;
    hot->hashrate = hashrate;
}

static void link_pending(hm_assignment *a, uint32_t slot)
{
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    cold->pending_prev = a->pending_tail;
    cold->pending_next = HM_SLOT_NONE;
    if (a->pending_tail != HM_SLOT_NONE) {
        hm_cold(&a->channels, a->pending_tail)->pending_next = slot;
    } else {
        a->pending_head = slot;
    }
    a->pending_tail = slot;
    a->pending_count++;
}

static void unlink_pending(hm_assignment *a, uint32_t slot)
{
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    if (cold->pending_prev != HM_SLOT_NONE) {
        hm_cold(&a->channels, cold->pending_prev)->pending_next = cold->pending_next;
    } else {
        a->pending_head = cold->pending_next;
    }
    if (cold->pending_next != HM_SLOT_NONE) {
        hm_cold(&a->channels, cold->pending_next)->pending_prev = cold->pending_prev;
    } else {
        a->pending_tail = cold->pending_prev;
    }
    a->pending_count--;
}

static uint32_t style_of(const hm_assignment *a, uint32_t from, uint32_t to)
{
    return a->soft_moves && hm_upstreams_same_tip(a->upstreams, from, to) ? HMX_STYLE_SOFT_ALLOWED
                                                                          : HMX_STYLE_HARD;
}

/* From now on the decision is pending; *out has its prefix already. */
static void make_pending(hm_assignment *a, uint32_t slot, uint32_t to, uint32_t kind,
                         uint32_t style, uint32_t reason, uint64_t until_ns, hm_decision *out)
{
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    a->changes++;
    a->last_decision++;
    a->moves.decisions++;
    a->allocated[hot->upstream] -= hot->hashrate;
    a->allocated[to] += hot->hashrate;
    a->pending_out[hot->upstream]++;
    a->pending_in[to]++;
    hot->pending_to = to;
    cold->decision = a->last_decision;
    cold->decision_until_ns = until_ns;
    cold->pending_kind = (uint8_t)kind;
    cold->pending_style = (uint8_t)style;
    a->reopening_count += style == HMX_STYLE_REOPEN;
    link_pending(a, slot);
    out->kind = kind;
    out->from = hot->upstream;
    out->to = to;
    out->style = style;
    out->reason = reason;
    out->decision = cold->decision;
    out->channel = hot->channel;
    out->cookie = hm_channels_cookie(&a->channels, slot);
    out->valid_until_ns = until_ns;
    out->hashrate = hot->hashrate;
}

int hm_assignment_propose(hm_assignment *a, uint32_t slot, uint32_t to, uint32_t kind,
                          uint32_t reason, uint64_t now_ns, hm_decision *out)
{
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    hm_prefix_place place;
    memset(out, 0, sizeof *out);
    if (!HM_HOLDS(alarm_of(a), is_sound(a, slot, to) && to != HMX_NONE) ||
        !HM_HOLDS(alarm_of(a),
                  hot->pending_to == HMX_NONE && hm_cold(&a->channels, slot)->decision == 0)) {
        return -1;
    }
    if (hm_assignment_take_prefix(a, slot, to, now_ns, &place, out->prefix, &out->prefix_len) !=
        0) {
        return -1;
    }
    hm_cold(&a->channels, slot)->pending_place = place;
    make_pending(a, slot, to, kind, style_of(a, hot->upstream, to), reason,
                 now_ns + HM_DECISION_VALID_NS, out);
    return 0;
}

void hm_assignment_propose_reopen(hm_assignment *a, uint32_t slot, uint32_t to, uint32_t reason,
                                  uint64_t now_ns, hm_decision *out)
{
    memset(out, 0, sizeof *out);
    hm_cold(&a->channels, slot)->pending_place = (hm_prefix_place){0};
    make_pending(a, slot, to, HMX_DECISION_MOVE, HMX_STYLE_REOPEN, reason,
                 now_ns + HM_REOPEN_VALID_NS, out);
}

/* The decision is no longer pending. Returns the place that it had reserved. */
static hm_prefix_place end_pending(hm_assignment *a, uint32_t slot)
{
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const hm_prefix_place place = cold->pending_place;
    HM_MUST(alarm_of(a), hot->pending_to != HMX_NONE && cold->decision != 0);
    HM_MUST(alarm_of(a), a->pending_out[hot->upstream] > 0 && a->pending_in[hot->pending_to] > 0 &&
                             a->pending_count > 0);
    a->allocated[hot->pending_to] -= hot->hashrate;
    a->allocated[hot->upstream] += hot->hashrate;
    a->pending_out[hot->upstream]--;
    a->pending_in[hot->pending_to]--;
    unlink_pending(a, slot);
    a->reopening_count -= cold->pending_style == HMX_STYLE_REOPEN;
    hot->pending_to = HMX_NONE;
    cold->decision = 0;
    cold->pending_place = (hm_prefix_place){0};
    return place;
}

void hm_assignment_withhold(hm_assignment *a, uint32_t slot, uint64_t until_ns)
{
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const uint32_t to = hm_hot(&a->channels, slot)->pending_to;
    if (!HM_HOLDS(alarm_of(a), to != HMX_NONE && cold->decision != 0)) {
        return;
    }
    if (cold->pending_place.count > 0) {
        hm_extranonce_release(hm_space(&a->prefixes, to), cold->pending_place);
    }
    cold->pending_place = (hm_prefix_place){0};
    cold->decision_until_ns = until_ns;
    cold->pending_kind |= WITHHELD;
}

int hm_assignment_is_withheld(const hm_assignment *a, uint32_t slot)
{
    return hm_hot(&a->channels, slot)->pending_to != HMX_NONE &&
           (hm_cold(&a->channels, slot)->pending_kind & WITHHELD) != 0;
}

/* From the upstream where it works to another (or the same with a new prefix), as a fact. */
static void transfer(hm_assignment *a, uint32_t slot, uint32_t to, hm_prefix_place place,
                     const uint8_t *prefix, uint32_t prefix_len, uint64_t now_ns)
{
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    unsettle(a, slot, now_ns, 1);
    settle_on(a, slot, to, place, prefix, prefix_len);
    a->allocated[to] += hot->hashrate;
    hot->marks |= HM_MARK_UNCONFIRMED;
    hot->marks &= ~(uint32_t)HM_MARK_PREFIX_STALE;
}

/* What was offered to a channel. Returns its length, 0 when it has no place. */
static uint32_t offered(hm_assignment *a, uint32_t slot, uint32_t upstream, hm_prefix_place place,
                        uint8_t prefix[HMX_EXTRANONCE_MAX])
{
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    return place.count == 0 ? 0
                            : hm_extranonce_write(hm_space(&a->prefixes, upstream), cold->kind,
                                                  cold->extranonce_size, place, prefix);
}

/* The pool has another space than when this prefix was offered: a new one is due. */
static int is_outdated(hm_assignment *a, uint32_t slot)
{
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const uint32_t upstream = hm_hot(&a->channels, slot)->upstream;
    return upstream != HMX_NONE && hm_space(&a->prefixes, upstream)->used != NULL &&
           !hm_extranonce_is_form(hm_space(&a->prefixes, upstream), cold->kind,
                                  cold->extranonce_size, cold->prefix, cold->prefix_len);
}

static void note_move(hm_assignment *a, uint32_t slot, int moved, uint64_t now_ns)
{
    a->moves.applied++;
    hm_cold(&a->channels, slot)->rest = (hm_rest){0};
    if (moved) {
        hm_assignment_end_rest(a, hm_hot(&a->channels, slot)->upstream);
        hm_hot(&a->channels, slot)->moved_ns = now_ns > 0 ? now_ns : 1;
        hm_cold(&a->channels, slot)->moves++;
    }
}

void hm_assignment_apply(hm_assignment *a, uint32_t slot, uint64_t now_ns, const uint8_t *prefix,
                         uint32_t prefix_len)
{
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    const uint32_t to = hot->pending_to;
    const int moved = to != hot->upstream;
    uint8_t ours[HMX_EXTRANONCE_MAX] = {0};
    hm_prefix_place place = end_pending(a, slot);
    const uint32_t len = offered(a, slot, to, place, ours);
    if (prefix_len == 0) { /* as proposed */
        prefix = ours;
        prefix_len = len;
    } else if (len != prefix_len || memcmp(ours, prefix, prefix_len) != 0) {
        hm_extranonce_release(hm_space(&a->prefixes, to), place);
        place = hm_prefixes_claim(&a->prefixes, to, prefix, prefix_len);
    }
    transfer(a, slot, to, place, prefix, prefix_len, now_ns);
    if (place.count == 0 && is_outdated(a, slot)) {
        hot->marks |= HM_MARK_PREFIX_STALE;
    }
    note_move(a, slot, moved, now_ns);
}

void hm_assignment_retry_at(hm_assignment *a, uint64_t when_ns)
{
    if (a->retry_ns == 0 || when_ns < a->retry_ns) {
        a->retry_ns = when_ns;
    }
}

int hm_assignment_retry_due(hm_assignment *a)
{
    if (a->retry_ns == 0 || a->now_ns < a->retry_ns) {
        return 0;
    }
    a->retry_ns = 0;
    return 1;
}

void hm_assignment_fail(hm_assignment *a, uint32_t slot, uint64_t now_ns, int hold_prefix)
{
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const uint32_t to = hm_hot(&a->channels, slot)->pending_to;
    /* One that ran out failed then, whenever that is noticed. */
    const uint64_t until_ns = cold->decision_until_ns;
    const uint64_t failed_ns = until_ns < now_ns ? until_ns : now_ns;
    hm_assignment_cancel(a, slot, now_ns, hold_prefix);
    (void)hm_rest_failed(&cold->rest, failed_ns, HM_REST_CHANNEL_NS);
    hm_assignment_retry_at(a, cold->rest.until_ns);
    if (to != hm_hot(&a->channels, slot)->upstream) {
        (void)hm_rest_failed(&a->rests[to], failed_ns, HM_REST_POOL_NS);
        a->failing |= 1ull << (to - 1u);
    }
}

static void forget_unanswered(hm_channel_cold *cold, uint32_t at)
{
    for (uint32_t i = at; i > 0; i--) {
        cold->unanswered[i] = cold->unanswered[i - 1u];
    }
    cold->unanswered[0] = 0;
}

static uint32_t find_unanswered(const hm_channel_cold *cold, uint64_t decision)
{
    uint32_t at = 0;
    while (at < HM_UNANSWERED && cold->unanswered[at] != decision) {
        at++;
    }
    return decision != 0 ? at : HM_UNANSWERED;
}

int hm_assignment_was_unanswered(const hm_assignment *a, uint32_t slot, uint64_t decision)
{
    return find_unanswered(hm_cold(&a->channels, slot), decision) < HM_UNANSWERED;
}

int hm_assignment_apply_late(hm_assignment *a, uint32_t slot, uint64_t decision, uint32_t to,
                             uint64_t now_ns, const uint8_t *prefix, uint32_t prefix_len)
{
    hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const uint32_t from = hm_hot(&a->channels, slot)->upstream;
    const uint32_t at = find_unanswered(cold, decision);
    if (at == HM_UNANSWERED) {
        return -1;
    }
    hm_prefix_place place = {0};
    a->changes++;
    forget_unanswered(cold, at);
    if (hm_hot(&a->channels, slot)->pending_to != HMX_NONE) {
        hm_assignment_cancel(a, slot, now_ns, 1);
    }
    if (to != HMX_NONE && prefix_len > 0) {
        place = hm_prefixes_claim(&a->prefixes, to, prefix, prefix_len);
    }
    transfer(a, slot, to, place, prefix, prefix_len, now_ns);
    note_move(a, slot, to != from, now_ns);
    return 0;
}

void hm_assignment_cancel(hm_assignment *a, uint32_t slot, uint64_t now_ns, int hold_prefix)
{
    a->changes++;
    const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    const uint32_t to = hot->pending_to;
    const hm_prefix_place place = end_pending(a, slot);
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    if (hold_prefix && place.count > 0) {
        hm_prefixes_hold(&a->prefixes, now_ns, hot->channel,
                         hm_cold(&a->channels, slot)->connection, to, place, prefix,
                         offered(a, slot, to, place, prefix), 0);
    } else if (place.count > 0) {
        hm_extranonce_release(hm_space(&a->prefixes, to), place);
    }
}

void hm_assignment_force(hm_assignment *a, uint32_t slot, uint32_t to, uint64_t now_ns,
                         const uint8_t *prefix, uint32_t prefix_len)
{
    a->changes++;
    hm_prefix_place place = {0};
    if (hm_hot(&a->channels, slot)->pending_to != HMX_NONE) {
        hm_assignment_cancel(a, slot, now_ns, 1);
    }
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const int same_prefix = prefix_len == 0 || (prefix_len == cold->prefix_len &&
                                                memcmp(prefix, cold->prefix, prefix_len) == 0);
    a->moves.forced++;
    if (to == hm_hot(&a->channels, slot)->upstream && same_prefix) {
        return; /* it is where it was */
    }
    if (to != HMX_NONE && prefix_len > 0) {
        place = hm_prefixes_claim(&a->prefixes, to, prefix, prefix_len);
    }
    transfer(a, slot, to, place, prefix, prefix_len, now_ns);
    hm_hot(&a->channels, slot)->moved_ns = now_ns > 0 ? now_ns : 1;
}

static void clear_sums(hm_assignment *a)
{
    a->changes++;
    a->churn = 0.0;
    memset(a->allocated, 0, sizeof a->allocated);
    memset(a->working, 0, sizeof a->working);
    memset(a->pinned, 0, sizeof a->pinned);
    a->astray = 0;
}

void hm_assignment_close(hm_assignment *a, uint32_t slot, uint64_t now_ns)
{
    a->changes++;
    hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    if (hot->pending_to != HMX_NONE) {
        hm_assignment_cancel(a, slot, now_ns, 1);
    }
    unsettle(a, slot, now_ns, 0);
    hm_channels_close(&a->channels, slot);
    if (a->channels.count == 0) {
        clear_sums(a); /* what rounding left behind goes with the last channel */
    }
}

void hm_assignment_expire(hm_assignment *a, uint64_t now_ns)
{
    uint32_t slot = a->pending_head;
    a->now_ns = now_ns;
    while (slot != HM_SLOT_NONE) { /* oldest first; those by reopening are given longer */
        hm_channel_cold *const cold = hm_cold(&a->channels, slot);
        const uint32_t next = cold->pending_next;
        if (cold->decision_until_ns < now_ns && hm_assignment_is_withheld(a, slot)) {
            hm_assignment_cancel(a, slot, now_ns, 0);
        } else if (cold->decision_until_ns < now_ns) {
            forget_unanswered(cold, HM_UNANSWERED - 1u);
            cold->unanswered[0] = cold->decision;
            hm_assignment_fail(a, slot, now_ns, 1);
            a->moves.expired++;
        } else if (cold->pending_style != HMX_STYLE_REOPEN) {
            break;
        }
        slot = next;
    }
}

/* As near as sums can be that were kept by adding and taking away. */
static int is_same_sum(const hm_recount *r, double kept, double counted, double farm)
{
    return fabs(kept - counted) <= 1e-6 * (farm + r->churn);
}

void hm_assignment_recount_end(hm_assignment *a, const hm_recount *r)
{
    uint32_t channels = 0;
    uint32_t pending = 0;
    double farm = 0.0;
    for (uint32_t i = 0; i < HM_PLACES; i++) {
        farm += r->working[i];
    }
    for (uint32_t i = 0; i < HM_PLACES; i++) {
        HM_MUST(alarm_of(a), a->counts[i] == r->counts[i]);
        HM_MUST(alarm_of(a), a->pending_in[i] == r->pending_in[i]);
        HM_MUST(alarm_of(a), a->pending_out[i] == r->pending_out[i]);
        HM_MUST(alarm_of(a), is_same_sum(r, r->kept_allocated[i], r->allocated[i], farm));
        HM_MUST(alarm_of(a), is_same_sum(r, r->kept_working[i], r->working[i], farm));
        a->churn += a->working[i];
        channels += r->counts[i];
        pending += r->pending_in[i];
    }
    HM_MUST(alarm_of(a), a->channels.count == channels && a->channels.index.count == channels);
    HM_MUST(alarm_of(a), a->pending_count == pending);
}

void hm_assignment_recount_begin(hm_assignment *a, hm_recount *r)
{
    memset(r, 0, sizeof *r);
    memcpy(r->kept_allocated, a->allocated, sizeof r->kept_allocated);
    memcpy(r->kept_working, a->working, sizeof r->kept_working);
    r->churn = a->churn;
    clear_sums(a);
}
