/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/report.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/json.h"
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

static json_t *pool_json(const hs_proxy_up *up, double all_work)
{
    const hs_proxy_counts *const c = &up->counts;
    json_t *const pool = json_object();
    json_t *const rejected = json_object();
    for (size_t i = 0; i < c->rejected_count; i++) {
        hs_json_count(rejected, c->rejected[i].text, c->rejected[i].count);
    }
    const double delivered = all_work > 0.0 ? 100.0 * c->work / all_work : 0.0;
    hs_json_text(pool, "id", up->row.id);
    hs_json_number(pool, "target_pct", up->row.percentage, 3);
    hs_json_number(pool, "delivered_pct", delivered, 3);
    hs_json_put(pool, "work_accepted", json_real(c->work));
    hs_json_count(pool, "submitted", c->submitted);
    hs_json_count(pool, "accepted", c->accepted);
    hs_json_count(pool, "stale", c->stale);
    hs_json_count(pool, "stale_local", c->stale_local);
    hs_json_count(pool, "stale_after_move", c->stale_moved);
    hs_json_put(pool, "rejected", rejected);
    hs_json_count(pool, "duplicates", c->duplicates);
    hs_json_count(pool, "lost", c->lost);
    return pool;
}

static json_t *moves_json(const hs_proxy *proxy)
{
    const hs_proxy_moves *const m = &proxy->moves;
    json_t *const moves = json_object();
    json_t *const reasons = json_object();
    for (size_t i = 0; i < sizeof m->refused_by / sizeof m->refused_by[0]; i++) {
        if (m->refused_by[i] > 0) {
            hs_json_count(
                reasons,
                hs_move_refusal_text((enum hs_move_refusal)((unsigned)HS_MOVE_POOL_NOT_OPEN + i)),
                m->refused_by[i]);
        }
    }
    hs_json_count(moves, "applied", m->applied);
    hs_json_count(moves, "hard", m->hard);
    hs_json_count(moves, "soft", m->soft);
    hs_json_count(moves, "refused", m->refused);
    hs_json_count(moves, "failed", m->failed);
    hs_json_count(moves, "ms_to_first_accept", median_ms(m));
    hs_json_count(moves, "first_accepts", m->first_count);
    hs_json_count(moves, "forced", m->forced);
    hs_json_count(moves, "prefixes_renewed", m->renewed);
    hs_json_put(moves, "refused_because", reasons);
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
    hs_json_count(shares, "submitted", proxy->submitted);
    hs_json_count(shares, "lost", lost);
    hs_json_count(shares, "no_channel", proxy->unknown);
    hs_json_put(all, "pools", pools);
    hs_json_put(all, "moves", moves_json(proxy));
    hs_json_put(all, "shares", shares);
    hs_json_count(all, "connections", proxy->peer_count);
    hs_json_count(all, "channels", proxy->last_channel);
    hs_json_count(all, "protocol_errors", proxy->protocol_errors);
    hs_json_count(all, "guard_violations",
                  (hs_guard_violations(proxy->link.guard, HS_SIDE_HOST) +
                   hs_guard_violations(proxy->link.guard, HS_SIDE_PLUGIN)));
    hs_json_number(all, "seconds", (double)(proxy->now_ns - proxy->start_ns) / 1e9, 3);
    return all;
}
