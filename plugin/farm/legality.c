/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * legality: the part of assignment.h that knows what Stratum V2 forbids.
 */
#include "plugin/farm/assignment.h"

/* The target of difficulty 1: 65535 * 2^208. */
static const double DIFFICULTY_1 = 65535.0 * 0x1p208;
/* A device that finds less than a share in this time would look silent. */
static const double MOST_SECONDS = 600.0;

uint32_t hm_assignment_full_size(const hm_upstreams *u, uint32_t upstream)
{
    if (!hm_upstreams_exists(u, upstream)) {
        return 0;
    }
    const hm_upstream_facts *const f = &u->rows[upstream - 1u].facts;
    return f->extranonce_size == 0 ? 0 : f->extranonce_prefix_len + f->extranonce_size;
}

/* All members of a group have the same. The pool may have changed its space since it came. */
static int keeps_full_size(const hm_assignment *a, uint32_t slot, uint32_t to)
{
    const uint32_t then = hm_cold(&a->channels, slot)->full_size;
    const uint32_t here =
        then != 0 ? then
                  : hm_assignment_full_size(a->upstreams, hm_hot(&a->channels, slot)->upstream);
    return here != 0 && here == hm_assignment_full_size(a->upstreams, to);
}

static int version_rolling_fits(const hm_channel_cold *cold, const hm_upstreams *u, uint32_t from,
                                uint32_t to)
{
    const hm_upstream_facts *const f = &u->rows[to - 1u].facts;
    if ((cold->flags & HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING) != 0) {
        return f->version_rolling != HMX_NO && f->fixed_version != HMX_YES;
    }
    /* A standard job cannot say that its version is fixed: a device that was told it may roll
     * would. */
    if (cold->kind == HMX_CHANNEL_STANDARD && f->fixed_version == HMX_YES && from != HMX_NONE) {
        return hm_upstreams_exists(u, from) && u->rows[from - 1u].facts.fixed_version == HMX_YES;
    }
    return 1;
}

/* Is a prefix left there for it? */
static int has_room(const hm_assignment *a, const hm_channel_cold *cold, uint32_t to)
{
    const hm_extranonce_space *const space = &a->prefixes.spaces[to - 1u];
    return hm_extranonce_fits(space, cold->kind, cold->extranonce_size)
               ? hm_prefixes_has_room(&a->prefixes, to, cold->connection, a->now_ns)
               : hm_extranonce_has_room(space, cold->kind, cold->extranonce_size);
}

static int is_legal(hm_assignment *a, uint32_t slot, uint32_t to)
{
    const hm_upstreams *const u = a->upstreams;
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const uint32_t from = hm_hot(&a->channels, slot)->upstream;
    if (!hm_upstreams_usable(u, to)) {
        return 0;
    }
    if ((cold->upstreams_allowed >> (to - 1u) & 1u) == 0) {
        return 0;
    }
    const hm_extranonce_space *const space = hm_space(&a->prefixes, to);
    if (space->used != NULL && !has_room(a, cold, to)) {
        return 0;
    }
    if ((cold->flags & HMX_CHANNEL_FLAG_SHARES_GROUP) != 0 && from != HMX_NONE &&
        !keeps_full_size(a, slot, to)) {
        return 0;
    }
    return version_rolling_fits(cold, u, from, to);
}

/* Would it find shares at the target of that pool? One that asks for as hard ones itself would. */
static int can_meet(const hm_assignment *a, uint32_t slot, uint32_t to)
{
    const double target = a->upstreams->rows[to - 1u].facts.target;
    const double own = hm_cold(&a->channels, slot)->max_target;
    const double hashrate = hm_hot(&a->channels, slot)->hashrate;
    return !(target > 0.0) || (own > 0.0 && own <= target) || !(hashrate > 0.0) ||
           DIFFICULTY_1 / target <= MOST_SECONDS * hashrate;
}

int hm_assignment_pool_rests(const hm_assignment *a, uint32_t upstream)
{
    const hm_rest *const r = &a->rests[upstream];
    return (a->failing >> (upstream - 1u) & 1u) != 0 &&
           (hm_rest_lasts(r, a->now_ns) ||
            (r->failures >= HM_REST_TRIAL && a->pending_in[upstream] > 0));
}

void hm_assignment_end_rest(hm_assignment *a, uint32_t upstream)
{
    if (upstream != HMX_NONE) {
        a->rests[upstream] = (hm_rest){0};
        a->failing &= ~(1ull << (upstream - 1u));
    }
}

int hm_assignment_is_blocked(const hm_assignment *a)
{
    int any = 0;
    for (uint32_t i = 1; i <= a->upstreams->top && a->failing != 0; i++) {
        any |= a->rests[i].failures >= HM_REST_TRIAL;
    }
    return any;
}

int hm_assignment_any_rests(const hm_assignment *a)
{
    int any = 0;
    for (uint32_t i = 1; i <= a->upstreams->top && a->failing != 0; i++) {
        any |= hm_assignment_pool_rests(a, i);
    }
    return any;
}

int hm_assignment_legal(hm_assignment *a, uint32_t slot, uint32_t to)
{
    const uint32_t from = hm_hot(&a->channels, slot)->upstream;
    const int is_move = from != HMX_NONE && from != to;
    if (!is_legal(a, slot, to) || (is_move && hm_assignment_pool_rests(a, to))) {
        return 0;
    }
    if (can_meet(a, slot, to)) {
        return 1;
    }
    for (uint32_t i = 1; i <= a->upstreams->top; i++) {
        if (is_legal(a, slot, i) && can_meet(a, slot, i)) {
            return 0;
        }
    }
    return 1; /* it is better than nothing */
}

int hm_assignment_could(hm_assignment *a, uint32_t slot, uint32_t to)
{
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const hm_upstream *const row = &a->upstreams->rows[to - 1u];
    const hm_extranonce_space *const space = hm_space(&a->prefixes, to);
    if (!row->exists || row->removed || (cold->upstreams_allowed >> (to - 1u) & 1u) == 0) {
        return 0;
    }
    if (space->used != NULL && !hm_extranonce_could(space, cold->kind, cold->extranonce_size)) {
        return 0;
    }
    return version_rolling_fits(cold, a->upstreams, HMX_NONE, to);
}

int hm_assignment_may_stay(const hm_assignment *a, uint32_t slot)
{
    const uint32_t at = hm_hot(&a->channels, slot)->upstream;
    return at == HMX_NONE ||
           (hm_cold(&a->channels, slot)->upstreams_allowed >> (at - 1u) & 1u) != 0;
}

int hm_assignment_is_deaf(const hm_assignment *a, uint32_t slot)
{
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    return cold->kind == HMX_CHANNEL_EXTENDED && cold->honours_prefix == HMX_NO;
}

int hm_assignment_movable(const hm_assignment *a, uint32_t slot)
{
    const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    if (hot->channel == 0 || hot->pending_to != HMX_NONE) {
        return 0;
    }
    if ((cold->flags & HMX_CHANNEL_FLAG_CUSTOM_JOBS) != 0) {
        return 0;
    }
    return !hm_assignment_is_deaf(a, slot) && !hm_assignment_rests(a, slot);
}
