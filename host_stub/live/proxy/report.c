/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/report.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"

static int by_size(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The middle one; 0 when no move has had an accepted share. */
static uint32_t median_ms(const hs_proxy_moves *moves)
{
    const size_t count = moves->first_count;
    uint32_t *const sorted = count > 0 ? malloc(count * sizeof *sorted) : NULL;
    uint32_t median = 0;
    if (sorted != NULL) {
        memcpy(sorted, moves->first_accept_ms, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, by_size);
        median = sorted[count / 2];
    }
    free(sorted);
    return median;
}

static void put(json_t *object, const char *key, uint64_t value)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *pool_json(const hs_proxy_up *up, double all_work)
{
    const hs_proxy_counts *const c = &up->counts;
    json_t *const pool = json_object();
    json_t *const rejected = json_object();
    for (size_t i = 0; i < c->rejected_count; i++) {
        put(rejected, c->rejected[i].text, c->rejected[i].count);
    }
    const double delivered = all_work > 0.0 ? 100.0 * c->work / all_work : 0.0;
    (void)json_object_set_new(pool, "id", json_string(up->row.id));
    (void)json_object_set_new(pool, "target_pct",
                              json_real(hs_round_decimals(up->row.percentage, 3)));
    (void)json_object_set_new(pool, "delivered_pct", json_real(hs_round_decimals(delivered, 3)));
    (void)json_object_set_new(pool, "work_accepted", json_real(c->work));
    put(pool, "submitted", c->submitted);
    put(pool, "accepted", c->accepted);
    put(pool, "stale", c->stale);
    put(pool, "stale_local", c->stale_local);
    put(pool, "stale_after_move", c->stale_moved);
    (void)json_object_set_new(pool, "rejected", rejected);
    put(pool, "duplicates", c->duplicates);
    put(pool, "lost", c->lost);
    return pool;
}

static json_t *moves_json(const hs_proxy *proxy)
{
    const hs_proxy_moves *const m = &proxy->moves;
    json_t *const moves = json_object();
    json_t *const reasons = json_object();
    for (size_t i = 0; i < sizeof m->refused_by / sizeof m->refused_by[0]; i++) {
        if (m->refused_by[i] > 0) {
            put(reasons,
                hs_move_refusal_text((enum hs_move_refusal)((unsigned)HS_MOVE_POOL_NOT_OPEN + i)),
                m->refused_by[i]);
        }
    }
    put(moves, "applied", m->applied);
    put(moves, "hard", m->hard);
    put(moves, "soft", m->soft);
    put(moves, "refused", m->refused);
    put(moves, "failed", m->failed);
    put(moves, "ms_to_first_accept", median_ms(m));
    put(moves, "first_accepts", m->first_count);
    put(moves, "forced", m->forced);
    put(moves, "prefixes_renewed", m->renewed);
    (void)json_object_set_new(moves, "refused_because", reasons);
    return moves;
}

json_t *hs_proxy_json(const hs_proxy *proxy)
{
    json_t *const all = json_object();
    json_t *const pools = json_array();
    json_t *const shares = json_object();
    double work = 0.0;
    uint64_t lost = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        work += proxy->ups[i].counts.work;
        lost += proxy->ups[i].counts.lost;
    }
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        const hs_proxy_up *const up = &proxy->ups[i];
        if (up->is_configured || up->counts.submitted > 0) {
            (void)json_array_append_new(pools, pool_json(up, work));
        }
    }
    put(shares, "submitted", proxy->submitted);
    put(shares, "lost", lost);
    put(shares, "no_channel", proxy->unknown);
    (void)json_object_set_new(all, "pools", pools);
    (void)json_object_set_new(all, "moves", moves_json(proxy));
    (void)json_object_set_new(all, "shares", shares);
    put(all, "connections", proxy->peer_count);
    put(all, "channels", proxy->last_channel);
    put(all, "protocol_errors", proxy->protocol_errors);
    (void)json_object_set_new(
        all, "guard_violations",
        json_integer((json_int_t)(hs_guard_violations(proxy->link.guard, HS_SIDE_HOST) +
                                  hs_guard_violations(proxy->link.guard, HS_SIDE_PLUGIN))));
    (void)json_object_set_new(
        all, "seconds",
        json_real(hs_round_decimals((double)(proxy->now_ns - proxy->start_ns) / 1e9, 3)));
    return all;
}
