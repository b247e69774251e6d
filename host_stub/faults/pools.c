/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/faults/state.h"

enum { SHARE_SECS = 10 };

void hs_fault_pool_kind(hs_fault_pool *pool)
{
    pool->latency_s = 1;
    pool->batch_s = 0;
    pool->rejects_as = HMX_SHARE_REJECTED_STALE;
    pool->swallows = pool->aggregates = 0;
    pool->rejects = pool->refuses = pool->fails = pool->late = pool->silent = 0.0;
}

void hs_fault_pool_init(hs_fault_farm *f, uint32_t index)
{
    hs_fault_pool *const pool = &f->pools[index];
    memset(pool, 0, sizeof *pool);
    (void)snprintf(pool->id, sizeof pool->id, "p%02u", (unsigned)(index % 100u));
    pool->facts = (hmx_upstream_event){.state = HMX_UPSTREAM_DOWN,
                                       .extranonce_size = 8,
                                       .extranonce_prefix_len = 3,
                                       .extranonce_prefix = {0xF0, (uint8_t)index, 1},
                                       .has_job = HMX_YES,
                                       .version_rolling = HMX_YES,
                                       .fixed_version = HMX_NO,
                                       .tip_prev_hash = {7},
                                       .tip_nbits = 0x1d00ffff};
    pool->back_s = hs_fault_between(&f->rng, 1, 20);
    hs_fault_pool_kind(pool);
}

hs_fault_pool *hs_fault_pool_of(hs_fault_farm *f, uint32_t upstream)
{
    for (uint32_t i = 0; i < f->pool_count && upstream != HMX_NONE; i++) {
        if (f->pools[i].in_table && f->pools[i].upstream == upstream) {
            return &f->pools[i];
        }
    }
    return NULL;
}

int hs_fault_is_up(const hs_fault_pool *pool)
{
    return pool->in_table && pool->facts.state == HMX_UPSTREAM_UP && pool->facts.has_job != HMX_NO;
}

void hs_fault_tell(hs_fault_farm *f, hs_fault_pool *pool)
{
    if (!pool->in_table) {
        return;
    }
    pool->facts.upstream = pool->upstream;
    hmx_upstream_event e = pool->facts;
    hs_fault_answered(f, "on_upstream", hs_link_upstream(&f->link, &e), HMX_OK, HMX_OK);
}

/* What is told of a verdict, and booked. */
static void judge(hs_fault_farm *f, const hs_fault_verdict *v)
{
    hs_fault_pool *const pool = &f->pools[v->pool];
    if (!pool->in_table) {
        return; /* nobody there counts it any more */
    }
    hmx_share e = {.channel = v->channel,
                   .cookie = hs_fault_chance(&f->manner, f->zero_cookies) ? 0 : v->cookie,
                   .upstream = pool->upstream,
                   .verdict = v->verdict,
                   .count = 1,
                   .work = v->work,
                   .credit = v->credit};
    pool->tallies[v->verdict].count++;
    pool->tallies[v->verdict].work += v->work;
    if (v->verdict == HMX_SHARE_ACCEPTED && f->second >= f->measure_s) {
        pool->accepted += v->work;
    }
    hs_fault_answered(f, "on_share", hs_link_share(&f->link, &e), HMX_OK, HMX_OK);
}

static int wait_for(hs_fault_farm *f, const hs_fault_verdict *v)
{
    if (HS_PUSH(f->verdicts, f->verdict_capacity, f->verdict_count, *v) != 0) {
        f->no_memory = 1;
        return -1;
    }
    return 0;
}

void hs_fault_verdicts(hs_fault_farm *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->verdict_count; i++) {
        const hs_fault_verdict v = f->verdicts[i];
        if (v.due_s > f->second) {
            f->verdicts[kept++] = v;
        } else {
            judge(f, &v);
        }
    }
    f->verdict_count = kept;
}

/* What waits for this pool's word: told as lost, or never. */
static void lose(hs_fault_farm *f, uint32_t pool, int tell)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->verdict_count; i++) {
        hs_fault_verdict v = f->verdicts[i];
        if (v.pool != pool) {
            f->verdicts[kept++] = v;
        } else if (tell) {
            v.verdict = HMX_SHARE_LOST;
            judge(f, &v);
        }
    }
    f->verdict_count = kept;
}

static uint32_t verdict_of(hs_fault_farm *f, const hs_fault_pool *pool, const hs_fault_miner *m)
{
    const int rejected = m->bad || hs_fault_chance(&f->luck, pool->rejects);
    return rejected ? pool->rejects_as : (uint32_t)HMX_SHARE_ACCEPTED;
}

static void find_share(hs_fault_farm *f, const hs_fault_miner *m, hs_fault_pool *pool)
{
    const double work = m->rate * SHARE_SECS;
    hs_fault_verdict v = {.channel = m->channel,
                          .cookie = m->cookie,
                          .work = work,
                          .pool = (uint32_t)(pool - f->pools),
                          .verdict = HMX_SHARE_SUBMITTED};
    if (pool->aggregates) { /* its target is eight times as hard */
        v.credit = 8.0 * work;
        if (!hs_fault_chance(&f->luck, 0.125)) {
            v.credit = 0.0;
            v.verdict = HMX_SHARE_NOT_FORWARDED;
            judge(f, &v);
            return;
        }
    }
    judge(f, &v);
    v.verdict = verdict_of(f, pool, m);
    v.due_s = f->second + pool->latency_s;
    if (pool->batch_s > 0) {
        v.due_s = (v.due_s / pool->batch_s + 1) * pool->batch_s;
    }
    if (!pool->swallows) {
        (void)wait_for(f, &v);
    }
}

void hs_fault_mine(hs_fault_farm *f)
{
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        const hs_fault_miner *const m = &f->miners[i];
        hs_fault_pool *const pool = hs_fault_pool_of(f, m->where);
        if (m->channel == 0 || pool == NULL || !hs_fault_is_up(pool) || m->silent_s > f->second) {
            continue;
        }
        if (hs_rng_below(&f->luck, SHARE_SECS) == 0) {
            find_share(f, m, pool);
        }
    }
}

void hs_fault_pool_down(hs_fault_farm *f, hs_fault_pool *pool, uint32_t reason, uint64_t back_s)
{
    pool->back_s = back_s;
    pool->facts.state = HMX_UPSTREAM_DOWN;
    pool->facts.reason = reason;
    hs_fault_tell(f, pool);
    lose(f, (uint32_t)(pool - f->pools), hs_rng_below(&f->manner, 4) != 0);
}

void hs_fault_pools_return(hs_fault_farm *f)
{
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_pool *const pool = &f->pools[i];
        if (!pool->in_table) {
            continue;
        }
        if (pool->back_s != 0 && pool->back_s <= f->second) {
            pool->back_s = 0;
            pool->facts.state = HMX_UPSTREAM_UP;
            pool->facts.reason = 0;
            hs_fault_tell(f, pool);
        }
        if (pool->job_s != 0 && pool->job_s <= f->second) {
            pool->job_s = 0;
            pool->facts.has_job = HMX_YES;
            hs_fault_tell(f, pool);
        }
    }
}

void hs_fault_forget_pool(hs_fault_farm *f, hs_fault_pool *pool)
{
    lose(f, (uint32_t)(pool - f->pools), 0);
    size_t kept = 0;
    for (size_t i = 0; i < f->drain_count; i++) {
        if (f->drains[i].pool != (uint32_t)(pool - f->pools)) {
            f->drains[kept++] = f->drains[i];
        }
    }
    f->drain_count = kept;
    pool->in_table = 0;
    pool->upstream = HMX_NONE;
    pool->channels = 0;
    memset(pool->tallies, 0, sizeof pool->tallies);
    pool->facts.state = HMX_UPSTREAM_DOWN;
}
