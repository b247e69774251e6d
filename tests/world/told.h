/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * told.h: what a plugin tells of itself must be what the model counts; and one step of both. */
#ifndef TESTS_WORLD_TOLD_H
#define TESTS_WORLD_TOLD_H

#include "tests/world/model.h"

static inline int check_column(const char *name, double a, double b)
{
    const double sum = a + b;
    const int is_sound = isfinite(a) && isfinite(b) && (sum == 0.0 || fabs(sum - 100.0) < 1e-6);
    return is_sound ? 0 : wrong("%s: %.9g and %.9g", name, a, b);
}

static inline int check_row(const world *w, const hmx_upstream_metrics *r, uint32_t pool)
{
    uint32_t channels = 0;
    for (uint32_t i = 0; i < CHANNELS; i++) {
        channels += w->channels[i].number != 0 && w->channels[i].where == pool;
    }
    if (r->upstream != pool || r->channels != channels) {
        return wrong("pool %u has %u channels, told are %u", pool, channels, r->channels);
    }
    if (((r->flags & HMX_ROW_UP) != 0) != (w->up[pool] != 0) ||
        ((r->flags & HMX_ROW_USABLE) != 0) != (w->up[pool] != 0)) {
        return wrong("pool %u has flags 0x%x and is %s", pool, r->flags,
                     w->up[pool] ? "up" : "down");
    }
    if (r->submitted.count != w->shares[pool] || r->accepted.count != w->shares[pool] ||
        r->submitted.work != 1024.0 * (double)w->shares[pool] ||
        r->accepted.work != 1024.0 * (double)w->shares[pool] || r->lost.count != 0 ||
        r->rejected_other.count != 0 || r->acceptance_pct != 100.0) {
        return wrong("pool %u counts %llu shares and %llu accepted, there were %llu", pool,
                     (unsigned long long)r->submitted.count, (unsigned long long)r->accepted.count,
                     (unsigned long long)w->shares[pool]);
    }
    return isfinite(r->hashrate) && r->hashrate >= 0.0 && isfinite(r->owed_work) &&
                   isfinite(r->output_points) && isfinite(r->wanted_hashrate)
               ? 0
               : wrong("pool %u tells a number that is none", pool);
}

static inline int check_channels(const world *w, const world_plugin *p)
{
    for (uint32_t i = 0; i < CHANNELS; i++) {
        const world_channel *const c = &w->channels[i];
        hmx_channel_metrics row = {.size = sizeof row};
        if (c->number == 0) {
            continue;
        }
        if (p->metrics->channel(p->self, c->number, 0, &row) != HMX_OK ||
            row.upstream != c->where || row.cookie != c->cookie ||
            row.pending_decision != c->pending.decision) {
            return wrong("channel %u works for %u, told is %u, decision %llu of %llu", i + 1,
                         c->where, row.upstream, (unsigned long long)row.pending_decision,
                         (unsigned long long)c->pending.decision);
        }
    }
    return 0;
}

static inline int check_moves(const world *w, const hmx_snapshot *s)
{
    uint32_t pending = 0;
    for (uint32_t i = 0; i < CHANNELS; i++) {
        pending += w->channels[i].number != 0 && w->channels[i].pending.decision != 0;
    }
    if (s->decisions != w->decisions || s->moves_applied != w->applied ||
        s->moves_refused != w->refused || s->moves_failed != w->failed ||
        s->moves_forced != w->forced || s->moves_expired != w->expired) {
        return wrong("decisions %llu of %llu, applied %llu of %llu, refused %llu of %llu, failed "
                     "%llu of %llu, forced %llu of %llu, expired %llu of %llu",
                     (unsigned long long)s->decisions, (unsigned long long)w->decisions,
                     (unsigned long long)s->moves_applied, (unsigned long long)w->applied,
                     (unsigned long long)s->moves_refused, (unsigned long long)w->refused,
                     (unsigned long long)s->moves_failed, (unsigned long long)w->failed,
                     (unsigned long long)s->moves_forced, (unsigned long long)w->forced,
                     (unsigned long long)s->moves_expired, (unsigned long long)w->expired);
    }
    return s->pending == pending ? 0 : wrong("%u are pending, told are %u", pending, s->pending);
}

static inline int check_told(const world *w, const world_plugin *p)
{
    hmx_upstream_metrics rows[POOLS];
    hmx_snapshot s = {.size = sizeof s, .stride = sizeof rows[0], .capacity = POOLS, .rows = rows};
    memset(rows, 0, sizeof rows);
    rows[0].size = rows[1].size = sizeof rows[0];
    if (is_status("snapshot", p->metrics->snapshot(p->self, &s), HMX_OK) != 0) {
        return -1;
    }
    const uint32_t open = (uint32_t)((w->channels[0].number != 0) + (w->channels[1].number != 0));
    if (s.count != POOLS || s.channels != open || s.now_ns != w->now_ns ||
        ((s.flags & HMX_SNAPSHOT_ALL_DOWN) != 0) != (!w->up[1] && !w->up[2])) {
        return wrong("%u channels are open, told are %u; flags 0x%x", open, s.channels, s.flags);
    }
    if (rows[0].pending_in + rows[1].pending_in != s.pending ||
        !(fabs(rows[0].owed_work + rows[1].owed_work) <= 1e-6)) {
        return wrong("pending %u of %u; owed %.9g and %.9g",
                     rows[0].pending_in + rows[1].pending_in, s.pending, rows[0].owed_work,
                     rows[1].owed_work);
    }
    return check_row(w, &rows[0], 1) != 0 || check_row(w, &rows[1], 2) != 0 ||
                   check_moves(w, &s) != 0 || check_channels(w, p) != 0 ||
                   check_column("effective", rows[0].effective_pct, rows[1].effective_pct) != 0 ||
                   check_column("command", rows[0].command_pct, rows[1].command_pct) != 0 ||
                   check_column("allocated", rows[0].allocated_pct, rows[1].allocated_pct) != 0 ||
                   check_column("actual", rows[0].actual_pct, rows[1].actual_pct) != 0 ||
                   check_column("delivered", rows[0].delivered_pct, rows[1].delivered_pct) != 0
               ? -1
               : 0;
}

/* 0, or -1 with a sentence in world_why. */
static inline int world_step(world *w, const world_plugin *p, enum world_event event)
{
    int rc = 0;
    switch (event) {
    case UP_A:
    case DOWN_A:
        rc = tell_pool(w, p, 1, event == UP_A);
        break;
    case TURN_B:
        rc = tell_pool(w, p, 2, !w->up[2]);
        break;
    case OPEN_1:
        rc = open_channel(w, p, 0);
        break;
    case CLOSE_1:
        rc = close_channel(w, p, 0);
        break;
    case TURN_2:
        rc = w->channels[1].number == 0 ? open_channel(w, p, 1) : close_channel(w, p, 1);
        break;
    case SHARES:
        rc = send_shares(w, p);
        break;
    case TICK_1:
    case TICK_20:
        rc = tick(w, p, event == TICK_1 ? 1 : 20);
        break;
    case APPLY:
        rc = answer(w, p, HMX_RESULT_APPLIED);
        break;
    case REFUSE:
        rc = answer(w, p, HMX_RESULT_REFUSED);
        break;
    case FAIL:
        rc = answer(w, p, HMX_RESULT_FAILED);
        break;
    case FORCE_1:
        rc = force(w, p);
        break;
    default:
        rc = drain(w, p);
        break;
    }
    return rc != 0 ? rc : check_told(w, p);
}

#endif
