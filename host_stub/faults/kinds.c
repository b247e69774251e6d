/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/faults/state.h"

enum { FAULT_EVERY_SECS = 60 };

/* Says what happens; counts it. */
__attribute__((format(printf, 2, 3))) static void tell(hs_fault_farm *f, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    f->result->faults++;
    if (f->options.fault != NULL) {
        f->options.fault(f->options.ctx, f->result->faults, f->second, text);
    }
}

static uint32_t draw(hs_fault_farm *f, uint32_t n)
{
    return hs_rng_below(&f->rng, n);
}

/* Seconds: mostly short, sometimes long. */
static uint32_t draw_time(hs_fault_farm *f)
{
    static const uint32_t most[] = {2, 15, 60, 600, 3600};
    return 1u + draw(f, most[draw(f, 5)]);
}

static hs_fault_pool *draw_pool(hs_fault_farm *f)
{
    return &f->pools[draw(f, f->pool_count)];
}

static hs_fault_miner *draw_miner(hs_fault_farm *f)
{
    return &f->miners[draw(f, HS_FAULT_MINERS)];
}

static void pool_goes(hs_fault_farm *f)
{
    hs_fault_pool *const pool = draw_pool(f);
    const uint32_t reason = 1u + draw(f, 4);
    const uint32_t secs = draw_time(f);
    tell(f, "%s is down for %u s, reason %u", pool->id, (unsigned)secs, (unsigned)reason);
    hs_fault_pool_down(f, pool, reason, f->second + secs);
}

static void all_pools_go(hs_fault_farm *f)
{
    const uint32_t secs = draw_time(f);
    tell(f, "all pools are down for %u s", (unsigned)secs);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_pool_down(f, &f->pools[i], HMX_UPSTREAM_REASON_LOST, f->second + secs);
    }
}

static void pool_space(hs_fault_farm *f)
{
    hs_fault_pool *const pool = draw_pool(f);
    hmx_upstream_event *const e = &pool->facts;
    e->extranonce_prefix[2]++;
    e->extranonce_size = draw(f, 4) == 0 ? draw(f, 2) * 3u : 6u + draw(f, 3);
    e->extranonce_prefix_len = e->extranonce_size > 0 ? 3 : 0;
    tell(f, "%s has another space of %u bytes", pool->id, (unsigned)e->extranonce_size);
    hs_fault_tell(f, pool);
}

static void pool_manners(hs_fault_farm *f)
{
    hs_fault_pool *const pool = draw_pool(f);
    hs_fault_pool_kind(pool);
    pool->latency_s = draw_time(f) % 120u;
    pool->batch_s = draw(f, 3) == 0 ? draw_time(f) % 300u : 0;
    pool->rejects = draw(f, 3) == 0 ? hs_rng_uniform(&f->rng) : 0.0;
    pool->rejects_as = HMX_SHARE_REJECTED_STALE + draw(f, 5);
    pool->swallows = draw(f, 8) == 0;
    pool->aggregates = draw(f, 4) == 0;
    tell(f, "%s answers after %u s, in batches of %u s, rejects %u %%%s%s", pool->id,
         (unsigned)pool->latency_s, (unsigned)pool->batch_s, (unsigned)(100.0 * pool->rejects),
         pool->swallows ? ", says nothing" : "", pool->aggregates ? ", is aggregated" : "");
}

static void pool_moves(hs_fault_farm *f)
{
    hs_fault_pool *const pool = draw_pool(f);
    double *const manners[] = {&pool->refuses, &pool->fails, &pool->late, &pool->silent};
    const uint32_t which = draw(f, 4);
    static const char *const names[] = {"refused", "failed", "slow", "not answered"};
    *manners[which] = hs_rng_uniform(&f->rng);
    tell(f, "of the moves to %s %u %% are %s", pool->id, (unsigned)(100.0 * *manners[which]),
         names[which]);
}

static void pool_no_job(hs_fault_farm *f)
{
    hs_fault_pool *const pool = draw_pool(f);
    const uint32_t secs = draw_time(f);
    pool->job_s = f->second + secs;
    pool->facts.has_job = HMX_NO;
    tell(f, "%s has no job for %u s", pool->id, (unsigned)secs);
    hs_fault_tell(f, pool);
}

static void pool_facts(hs_fault_farm *f)
{
    hs_fault_pool *const pool = draw_pool(f);
    pool->facts.version_rolling = 1u + draw(f, 2);
    pool->facts.fixed_version = draw(f, 3);
    pool->facts.tip_prev_hash[0] = (uint8_t)draw(f, 3);
    pool->facts.target[draw(f, 4) + 22u] = (uint8_t)draw(f, 2);
    if (draw(f, 3) == 0 && pool->facts.state == HMX_UPSTREAM_UP) {
        pool->facts.state = draw(f, 2) == 0 ? HMX_UPSTREAM_DRAINING : HMX_UPSTREAM_CONNECTING;
        pool->back_s = f->second + draw_time(f);
    }
    tell(f, "%s has other facts, state %u", pool->id, (unsigned)pool->facts.state);
    hs_fault_tell(f, pool);
    hs_fault_tell(f, pool); /* and once more: the whole truth each time */
}

static void miners_go(hs_fault_farm *f)
{
    const uint32_t count = 1u + draw(f, draw(f, 4) == 0 ? HS_FAULT_MINERS : 4);
    const uint32_t secs = draw_time(f);
    const uint32_t reason = 1u + draw(f, 3);
    tell(f, "%u miners leave for up to %u s", (unsigned)count, (unsigned)secs);
    for (uint32_t i = 0; i < count; i++) {
        hs_fault_disconnect(f, draw_miner(f), reason, f->second + 1u + draw(f, secs));
    }
}

static void miner_changes(hs_fault_farm *f)
{
    static const double wild[] = {0.0, 1.0, 1e10, 1e14, 1e18, 1e30};
    hs_fault_miner *const m = draw_miner(f);
    hmx_channel_update e = {.channel = m->channel,
                            .cookie = hs_fault_cookie(f, m),
                            .changed = draw(f, 32),
                            .honours_prefix = draw(f, 3),
                            .flags = draw(f, 8),
                            .nominal_hashrate = wild[draw(f, 6)],
                            .upstreams_allowed = draw(f, 2) * hs_rng_u64(&f->rng)};
    tell(f, "%s says something else of itself: 0x%x", m->identity, (unsigned)e.changed);
    m->odd = 1;
    if (m->channel != 0) {
        hs_fault_answered(f, "on_channel_update", hs_link_update(&f->link, &e), HMX_OK, HMX_OK);
    }
}

static void miner_is_odd(hs_fault_farm *f)
{
    hs_fault_miner *const m = draw_miner(f);
    const uint32_t secs = draw_time(f);
    m->odd = 1;
    m->bad = draw(f, 4) == 0;
    m->silent_s = draw(f, 2) == 0 ? f->second + secs : 0;
    m->facts.kind = 1u + draw(f, 2);
    m->facts.extranonce_size = m->facts.kind == HMX_CHANNEL_EXTENDED ? draw(f, 9) : 0;
    m->facts.min_extranonce_size = m->facts.extranonce_size;
    m->facts.honours_prefix = draw(f, 3);
    m->facts.flags = draw(f, 3) == 0 ? draw(f, 8) : 0;
    m->facts.upstreams_allowed = draw(f, 3) == 0 ? hs_rng_u64(&f->rng) : 0;
    tell(f, "%s comes back as another%s%s", m->identity, m->bad ? ", bad" : "",
         m->silent_s != 0 ? ", silent" : "");
    hs_fault_disconnect(f, m, HMX_CLOSE_PEER, f->second + 1u + draw(f, 5));
}

/* Time in which the host does nothing, then a tick before anything else. */
static void sleeps(hs_fault_farm *f)
{
    const uint32_t secs = draw_time(f);
    tell(f, "the host sleeps for %u s", (unsigned)secs);
    f->asleep_s = f->second + secs;
}

static void crowd(hs_fault_farm *f)
{
    tell(f, "devices come until there are too many");
    hs_fault_crowd(f);
}

static void host_moves(hs_fault_farm *f)
{
    const uint32_t count = 1u + draw(f, 8);
    tell(f, "the host moves %u miners itself", (unsigned)count);
    for (uint32_t i = 0; i < count; i++) {
        const hs_fault_pool *const pool = draw_pool(f);
        const uint32_t to = pool->in_table && draw(f, 4) != 0 ? pool->upstream : (uint32_t)HMX_NONE;
        hs_fault_force(f, draw_miner(f), to);
    }
}

static void restarts(hs_fault_farm *f)
{
    static const char *const names[] = {"its state", "an old state", "a damaged state", "no state"};
    const uint32_t how = draw(f, 4);
    tell(f, "the host restarts with %s", names[how]);
    hs_fault_restart(f, how);
}

static void saves(hs_fault_farm *f)
{
    tell(f, "a state is put aside");
    hs_fault_save(f, &f->old);
}

static void reconfigures(hs_fault_farm *f)
{
    tell(f, "a new configuration");
    hs_fault_reconfigure(f);
}

static void reconfigures_badly(hs_fault_farm *f)
{
    tell(f, "a configuration that is wrong");
    hs_fault_reconfigure_badly(f);
}

static void tunes(hs_fault_farm *f)
{
    const uint32_t model = 1u + draw(f, 5);
    tell(f, "the owner turns a knob: %u", (unsigned)model);
    if (f->tuning == NULL) {
        return;
    }
    hs_fault_answered(
        f, "set_tuning_model",
        f->tuning->set_tuning_model(hs_guard_instance(f->link.guard), f->link.now_ns, model, NULL),
        model < 5 ? HMX_OK : HMX_E_CONFIG, HMX_OK);
    hs_fault_answered(
        f, "rebalance_now",
        f->tuning->rebalance_now(hs_guard_instance(f->link.guard), f->link.now_ns, NULL), HMX_OK,
        HMX_OK);
}

static void host_manners(hs_fault_farm *f)
{
    f->zero_cookies = draw(f, 2) == 0 ? hs_rng_uniform(&f->rng) : 0.0;
    f->tick_every_s = draw(f, 3) == 0 ? 1u + draw(f, 7) : 1;
    tell(f, "the host ticks each %u s and forgets %u %% of the cookies", (unsigned)f->tick_every_s,
         (unsigned)(100.0 * f->zero_cookies));
}

static void answers_twice(hs_fault_farm *f)
{
    tell(f, "the host answers again what was answered");
    hs_fault_answer_twice(f);
}

void hs_fault_maybe(hs_fault_farm *f)
{
    static void (*const KINDS[])(hs_fault_farm *) = {
        pool_goes,     pool_goes,    all_pools_go, pool_space,   pool_manners,       pool_manners,
        pool_moves,    pool_moves,   pool_no_job,  pool_facts,   miners_go,          miners_go,
        miner_changes, miner_is_odd, sleeps,       crowd,        host_moves,         restarts,
        saves,         reconfigures, tunes,        host_manners, reconfigures_badly, answers_twice,
    };
    const uint32_t count = sizeof KINDS / sizeof KINDS[0];
    if (draw(f, FAULT_EVERY_SECS) == 0 &&
        (f->options.faults_max == 0 || f->result->faults < f->options.faults_max)) {
        KINDS[draw(f, count)](f);
    }
}

void hs_fault_end(hs_fault_farm *f)
{
    f->is_quiet = 1;
    f->zero_cookies = 0.0;
    f->tick_every_s = 1;
    f->asleep_s = 0;
    for (uint32_t i = 0; i < f->pool_count; i++) {
        hs_fault_pool *const pool = &f->pools[i];
        hs_fault_pool_kind(pool);
        pool->facts.state = HMX_UPSTREAM_UP;
        pool->facts.has_job = HMX_YES;
        pool->facts.version_rolling = HMX_YES;
        pool->facts.fixed_version = HMX_NO;
        pool->facts.extranonce_size = 8;
        pool->facts.extranonce_prefix_len = 3;
        memset(pool->facts.target, 0, sizeof pool->facts.target);
        pool->back_s = pool->job_s = 0;
        hs_fault_tell(f, pool);
    }
    for (uint32_t i = 0; i < HS_FAULT_MINERS; i++) {
        hs_fault_miner *const m = &f->miners[i];
        if (m->odd) {
            hs_fault_disconnect(f, m, HMX_CLOSE_PEER, f->second + 5);
            hs_fault_miner_plain(m);
        }
        m->back_s = m->channel == 0 ? f->second + 1u + i : 0;
    }
}
