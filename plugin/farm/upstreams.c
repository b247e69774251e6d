/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/upstreams.h"

#include <math.h>
#include <string.h>

/* The number of an id, removed or not. */
static uint32_t number_of(const hm_upstreams *u, const char *id)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if (u->rows[i].exists && strcmp(u->rows[i].id, id) == 0) {
            return i + 1u;
        }
    }
    return HMX_NONE;
}

uint32_t hm_upstreams_by_id(const hm_upstreams *u, const char *id)
{
    const uint32_t upstream = number_of(u, id);
    return upstream != HMX_NONE && u->rows[upstream - 1u].removed ? HMX_NONE : upstream;
}

static uint32_t free_number(const hm_upstreams *u)
{
    const uint32_t most = u->most > 0 ? u->most : HMX_UPSTREAMS_MAX;
    uint32_t best = HMX_NONE;
    for (uint32_t i = 0; i < most; i++) {
        if (!u->rows[i].exists && (best == HMX_NONE || u->left[i] < u->left[best - 1u])) {
            best = i + 1u;
        }
    }
    return best;
}

static int precedes(const hm_upstream *a, const hm_upstream *b)
{
    if (a->removed != b->removed) {
        return a->removed < b->removed;
    }
    return a->priority < b->priority;
}

/* Rebuilds `order`, `count` and `top` (insertion sort: at most 64 rows, seldom). */
static void reorder(hm_upstreams *u)
{
    u->count = u->top = 0;
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if (!u->rows[i].exists) {
            continue;
        }
        u->top = i + 1u;
        uint32_t at = u->count;
        while (at > 0 && precedes(&u->rows[i], &u->rows[u->order[at - 1u]])) {
            u->order[at] = u->order[at - 1u];
            at--;
        }
        u->order[at] = i;
        u->count++;
    }
}

static void retire(hm_upstreams *u, uint32_t i)
{
    u->rows[i] = (hm_upstream){0};
    u->retired |= 1ull << i;
    u->left[i] = ++u->leavers;
}

/* Rows whose id is not configured any more are removed, or free at once when nobody works there. */
static void retire_missing(hm_upstreams *u, const hm_config *config, const uint8_t *busy)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        int configured = 0;
        for (uint32_t row = 0; row < config->upstream_count; row++) {
            configured = configured || strcmp(u->rows[i].id, config->upstreams[row].id) == 0;
        }
        if (u->rows[i].exists && !configured) {
            u->rows[i].removed = 1;
            u->rows[i].enabled = 0;
            if (!busy[i]) {
                retire(u, i);
            }
        }
    }
}

int hm_upstreams_has_target(const hm_upstream *row)
{
    return row->percentage > 0.0 || row->hashrate_ths > 0.0 || row->min_ths > 0.0;
}

/* But for the judgement of its health it could be used. */
static int is_in_order(const hm_upstream *r)
{
    return r->exists && r->enabled && !r->removed && !r->held &&
           (r->blip_ns != 0 || (r->facts.state == HMX_UPSTREAM_UP && r->facts.has_job != HMX_NO));
}

static void weigh(hm_upstreams *u)
{
    u->trust_all = 1;
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if (is_in_order(&u->rows[i]) && !u->rows[i].out && !u->rows[i].trial) {
            u->trust_all = 0;
        }
    }
}

static void set_target(hm_upstream *row, const hm_config_upstream *config)
{
    row->percentage = config->has_percentage ? config->percentage : 0.0;
    row->hashrate_ths = config->has_hashrate_ths ? config->hashrate_ths : 0.0;
    row->min_ths = config->has_min_ths ? config->min_ths : 0.0;
    row->max_ths = config->has_max_ths ? config->max_ths : INFINITY;
}

int hm_upstreams_configure(hm_upstreams *u, const hm_config *config, const uint8_t *busy)
{
    hm_upstreams next = *u;
    retire_missing(&next, config, busy);
    next.auto_redistribute = config->failover.auto_redistribute != 0;
    next.auto_restore = config->failover.auto_restore != 0;
    for (uint32_t row = 0; row < config->upstream_count; row++) {
        uint32_t upstream = number_of(&next, config->upstreams[row].id);
        if (upstream == HMX_NONE) {
            upstream = free_number(&next);
        }
        if (upstream == HMX_NONE) {
            return -1;
        }
        hm_upstream *const r = &next.rows[upstream - 1u];
        memcpy(r->id, config->upstreams[row].id, sizeof r->id);
        r->exists = 1;
        r->removed = 0;
        next.retired &= ~(1ull << (upstream - 1u));
        r->enabled = config->upstreams[row].enabled != 0;
        set_target(r, &config->upstreams[row]);
        r->priority = config->upstreams[row].priority;
        r->config_row = row;
    }
    reorder(&next);
    weigh(&next);
    *u = next;
    return 0;
}

void hm_upstreams_collect(hm_upstreams *u, const uint8_t *busy)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if (u->rows[i].exists && u->rows[i].removed && !busy[i]) {
            retire(u, i);
        }
    }
    reorder(u);
    weigh(u);
}

void hm_upstreams_report(hm_upstreams *u, uint32_t upstream, const hm_upstream_facts *facts,
                         uint64_t blip_ns)
{
    hm_upstream *const r = &u->rows[upstream - 1u];
    const int was_up = r->facts.state == HMX_UPSTREAM_UP || r->blip_ns != 0;
    if (!u->auto_restore && was_up && facts->state != HMX_UPSTREAM_UP && blip_ns == 0) {
        r->held = 1;
    }
    r->facts = *facts;
    r->blip_ns = blip_ns;
    weigh(u);
}

void hm_upstreams_end_blip(hm_upstreams *u, uint32_t upstream)
{
    u->rows[upstream - 1u].blip_ns = 0;
    u->rows[upstream - 1u].held |= !u->auto_restore;
    weigh(u);
}

int hm_upstreams_note_job(hm_upstreams *u, uint32_t upstream, uint64_t now_ns)
{
    hm_upstream *const r = &u->rows[upstream - 1u];
    const int was_left = r->jobless;
    if (r->facts.state == HMX_UPSTREAM_UP && r->facts.has_job == HMX_NO) {
        r->jobless_ns = r->jobless_ns != 0 ? r->jobless_ns : now_ns > 0 ? now_ns : 1u;
        return 0;
    }
    r->jobless_ns = 0;
    r->jobless = 0;
    return was_left && r->facts.state == HMX_UPSTREAM_UP;
}

void hm_upstreams_judge(hm_upstreams *u, uint32_t upstream, int grey, int out, int trial)
{
    u->rows[upstream - 1u].grey = grey != 0;
    u->rows[upstream - 1u].out = out != 0;
    u->rows[upstream - 1u].trial = trial != 0;
    weigh(u);
}

void hm_upstreams_readmit(hm_upstreams *u, uint64_t wanted)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if ((wanted >> i & 1u) != 0) {
            u->rows[i].held = 0;
        }
    }
    weigh(u);
}

int hm_upstreams_retired(const hm_upstreams *u, uint32_t upstream)
{
    return upstream >= 1u && upstream <= HMX_UPSTREAMS_MAX && (u->retired >> (upstream - 1u) & 1u);
}

int hm_upstreams_takes_part(const hm_upstreams *u, uint32_t upstream)
{
    if (!hm_upstreams_exists(u, upstream)) {
        return 0;
    }
    const hm_upstream *const r = &u->rows[upstream - 1u];
    return is_in_order(r) && (!r->out || u->trust_all);
}

int hm_upstreams_usable(const hm_upstreams *u, uint32_t upstream)
{
    return hm_upstreams_takes_part(u, upstream) && u->rows[upstream - 1u].blip_ns == 0;
}

static int somebody_has_a_target(const hm_upstreams *u)
{
    for (uint32_t i = 0; i < u->top; i++) {
        if (hm_upstreams_takes_part(u, i + 1u) && hm_upstreams_has_target(&u->rows[i])) {
            return 1;
        }
    }
    return 0;
}

int hm_upstreams_must_leave(const hm_upstreams *u, uint32_t upstream)
{
    if (!hm_upstreams_exists(u, upstream)) {
        return 1;
    }
    const hm_upstream *const r = &u->rows[upstream - 1u];
    if (r->removed || !r->enabled || r->facts.state == HMX_UPSTREAM_DRAINING) {
        return 1;
    }
    const int is_gone = r->facts.state != HMX_UPSTREAM_UP && r->blip_ns == 0;
    if (is_gone || r->held || r->jobless || (r->out && !u->trust_all)) {
        return u->auto_redistribute;
    }
    return !hm_upstreams_has_target(r) && somebody_has_a_target(u);
}

int hm_upstreams_same_tip(const hm_upstreams *u, uint32_t a, uint32_t b)
{
    static const uint8_t UNKNOWN[32] = {0};
    if (!hm_upstreams_exists(u, a) || !hm_upstreams_exists(u, b)) {
        return 0;
    }
    const hm_upstream_facts *const x = &u->rows[a - 1u].facts;
    const hm_upstream_facts *const y = &u->rows[b - 1u].facts;
    return memcmp(x->tip_prev_hash, UNKNOWN, sizeof UNKNOWN) != 0 && x->tip_nbits == y->tip_nbits &&
           memcmp(x->tip_prev_hash, y->tip_prev_hash, sizeof UNKNOWN) == 0;
}
