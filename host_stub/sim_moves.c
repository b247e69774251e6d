/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/sim_state.h"

enum { ROWS = 64, CALLS_PER_TICK_MAX = 10000, EXTRANONCE_SIZE = 8 };

static int pool_is_up(const hs_sim *sim, uint32_t upstream)
{
    if (upstream < 1 || upstream > HMX_UPSTREAMS_MAX || sim->pool_of[upstream] < 0) {
        return 0;
    }
    return sim->pools[sim->pool_of[upstream]].up != 0;
}

/* The pool that a host without a plugin would take: by priority, the first that is up. */
static uint32_t fallback_upstream(const hs_sim *sim)
{
    const hs_sim_pool *best = NULL;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        const hs_sim_pool *const pool = &sim->pools[i];
        if (pool->up && (best == NULL || pool->spec.priority < best->spec.priority)) {
            best = pool;
        }
    }
    return best != NULL ? best->upstream : HMX_NONE;
}

/* Where the miner works from now on; keeps the counts. */
static void place(hs_sim *sim, hs_miner *miner, uint32_t upstream)
{
    miner->upstream = upstream;
    if (upstream == HMX_NONE) {
        sim->parked++;
    } else {
        sim->pools[sim->pool_of[upstream]].channels++;
    }
}

static void unplace(hs_sim *sim, const hs_miner *miner)
{
    if (miner->upstream == HMX_NONE) {
        sim->parked--;
    } else {
        sim->pools[sim->pool_of[miner->upstream]].channels--;
    }
}

/* The miner's prefix is no longer given to new jobs, but old jobs have it. */
static void drain_prefix(hs_sim *sim, const hs_miner *miner)
{
    if (miner->prefix_len == 0 || miner->upstream == HMX_NONE || miner->untold) {
        return;
    }
    if (sim->drain_count == sim->drain_capacity) {
        const size_t capacity = sim->drain_capacity == 0 ? 64 : sim->drain_capacity * 2;
        hs_drain *const grown = realloc(sim->drains, capacity * sizeof *grown);
        if (grown == NULL) {
            sim->no_memory = 1;
            return;
        }
        sim->drains = grown;
        sim->drain_capacity = capacity;
    }
    hs_drain *const drain = &sim->drains[sim->drain_count++];
    *drain = (hs_drain){.channel = miner->channel,
                        .cookie = miner->cookie,
                        .due = sim->second + HS_DRAIN_SECS,
                        .tip = sim->tip,
                        .upstream = miner->upstream,
                        .prefix_len = miner->prefix_len};
    memcpy(drain->prefix, miner->prefix, sizeof drain->prefix);
}

void hs_sim_report_drained(hs_sim *sim)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->drain_count; i++) {
        const hs_drain *const drain = &sim->drains[i];
        if (drain->tip == sim->tip && sim->second < drain->due) {
            sim->drains[kept++] = *drain;
            continue;
        }
        hmx_reassign e = {.event = hs_guard_event(sim->guard, sizeof e, hs_sim_now_ns(sim)),
                          .channel = drain->channel,
                          .cookie = drain->cookie,
                          .from = drain->upstream,
                          .to = HMX_NONE,
                          .result = HMX_RESULT_DRAINED,
                          .extranonce_prefix_len = drain->prefix_len};
        memcpy(e.extranonce_prefix, drain->prefix, sizeof e.extranonce_prefix);
        (void)hs_guard_on_reassign(sim->guard, &e);
        sim->result->drained++;
    }
    sim->drain_count = kept;
}

/* Tells what the host did by itself: the channel works for `to` now. */
static void tell_forced(hs_sim *sim, const hs_miner *miner, uint32_t from)
{
    const hmx_reassign e = {.event = hs_guard_event(sim->guard, sizeof e, hs_sim_now_ns(sim)),
                            .channel = miner->channel,
                            .cookie = miner->cookie,
                            .from = from,
                            .to = miner->upstream,
                            .result = HMX_RESULT_FORCED};
    sim->result->forced++;
    (void)hs_guard_on_reassign(sim->guard, &e);
}

static int remember_channel(hs_sim *sim, hs_miner *miner)
{
    if (sim->channel_count + 1 >= sim->channel_capacity) {
        const uint64_t capacity = sim->channel_capacity == 0 ? 1024 : sim->channel_capacity * 2;
        hs_miner **const grown = realloc(sim->by_channel, (size_t)capacity * sizeof(hs_miner *));
        if (grown == NULL) {
            sim->no_memory = 1;
            return -1;
        }
        sim->by_channel = grown;
        sim->channel_capacity = capacity;
    }
    miner->channel = ++sim->channel_count; /* numbers from 1, never used again */
    sim->by_channel[miner->channel] = miner;
    return 0;
}

static hmx_status ask_where(hs_sim *sim, const hs_miner *miner, hmx_channel_decision *answer)
{
    static const char vendor[] = "simulated";
    char identity[32];
    const int n = snprintf(identity, sizeof identity, "farm.m%06u", (unsigned)miner->number);
    const uint32_t extranonce = miner->extended ? EXTRANONCE_SIZE : 0;
    const hmx_channel_open e = {.event = hs_guard_event(sim->guard, sizeof e, hs_sim_now_ns(sim)),
                                .channel = miner->channel,
                                .connection = miner->channel,
                                .kind =
                                    miner->extended ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD,
                                .honours_prefix = miner->number % 2 == 0 ? HMX_YES : HMX_UNKNOWN,
                                .min_extranonce_size = extranonce,
                                .extranonce_size = extranonce,
                                .nominal_hashrate = miner->declared_hs,
                                .user_identity = {identity, (uint64_t)n},
                                .vendor = {vendor, sizeof vendor - 1}};
    memset(answer, 0, sizeof *answer);
    answer->size = sizeof *answer;
    return hs_guard_on_channel_open(sim->guard, &e, answer);
}

void hs_sim_open_channel(hs_sim *sim, hs_miner *miner)
{
    hmx_channel_decision answer;
    if (remember_channel(sim, miner) != 0) {
        return;
    }
    const hmx_status status = ask_where(sim, miner, &answer);
    const int assigned =
        status >= 0 && answer.action == HMX_ACTION_ASSIGN && pool_is_up(sim, answer.upstream);
    miner->untold = status < 0;
    miner->cookie = status < 0 ? 0 : answer.cookie;
    miner->stall = 0;
    miner->prefix_len = 0;
    sim->connected++;
    if (assigned) {
        place(sim, miner, answer.upstream);
        miner->prefix_len = answer.extranonce_prefix_len <= 32 ? answer.extranonce_prefix_len : 0;
        memcpy(miner->prefix, answer.extranonce_prefix, sizeof miner->prefix);
        return;
    }
    place(sim, miner, fallback_upstream(sim));
    if (miner->untold) {
        hs_sim_note(sim, "the plugin refused to take channels: the host placed them by itself");
    } else {
        const int was_assigned = answer.action == HMX_ACTION_ASSIGN;
        tell_forced(sim, miner, was_assigned ? answer.upstream : HMX_NONE);
    }
}

void hs_sim_close_channel(hs_sim *sim, hs_miner *miner)
{
    if (!miner->untold) {
        const hmx_channel_close e = {.event =
                                         hs_guard_event(sim->guard, sizeof e, hs_sim_now_ns(sim)),
                                     .channel = miner->channel,
                                     .cookie = miner->cookie,
                                     .reason = HMX_CLOSE_CONNECTION_LOST};
        (void)hs_guard_on_channel_close(sim->guard, &e);
    }
    drain_prefix(sim, miner);
    unplace(sim, miner);
    sim->by_channel[miner->channel] = NULL;
    sim->connected--;
    miner->channel = 0;
}

/* Would this move lift a pool above what the host allows there? */
static int lifts_too_high(const hs_sim *sim, const hs_miner *miner, uint32_t to)
{
    const double most = sim->pools[sim->pool_of[to]].refuse_above;
    double there = miner->hash;
    double all = 0.0;
    if (most >= 1.0) {
        return 0;
    }
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_miner *const other = sim->miners[i];
        if (other->channel != 0) {
            all += other->hash;
            there += other->upstream == to ? other->hash : 0.0;
        }
    }
    return there > most * all;
}

static int can_be_done(const hs_sim *sim, const hs_miner *miner, const hmx_decision *d)
{
    if (d->from != miner->upstream || !pool_is_up(sim, d->to) || d->extranonce_prefix_len > 32) {
        return 0;
    }
    if (d->kind == HMX_DECISION_PREFIX) {
        return d->to == d->from;
    }
    return d->kind == HMX_DECISION_MOVE && d->to != d->from && !lifts_too_high(sim, miner, d->to);
}

static void carry_out(hs_sim *sim, const hmx_decision *d)
{
    hs_miner *const miner =
        d->channel >= 1 && d->channel <= sim->channel_count ? sim->by_channel[d->channel] : NULL;
    if (miner == NULL || miner->untold) {
        return; /* closed: such a decision is void and needs no answer */
    }
    const int done = can_be_done(sim, miner, d);
    if (done) {
        drain_prefix(sim, miner);
        if (d->kind == HMX_DECISION_MOVE) {
            unplace(sim, miner);
            place(sim, miner, d->to);
            miner->stall = (uint32_t)sim->scenario->farm.move_cost_secs;
            sim->result->moves++;
        }
        miner->prefix_len = d->extranonce_prefix_len;
        memcpy(miner->prefix, d->extranonce_prefix, sizeof miner->prefix);
    } else {
        sim->result->moves_refused++;
    }
    hmx_reassign e = {.event = hs_guard_event(sim->guard, sizeof e, hs_sim_now_ns(sim)),
                      .decision = d->decision,
                      .channel = miner->channel,
                      .cookie = miner->cookie,
                      .from = d->from,
                      .to = done ? d->to : miner->upstream,
                      .result = done ? HMX_RESULT_APPLIED : HMX_RESULT_REFUSED,
                      .extranonce_prefix_len = miner->prefix_len};
    memcpy(e.extranonce_prefix, miner->prefix, sizeof e.extranonce_prefix);
    (void)hs_guard_on_reassign(sim->guard, &e);
}

/* Channels that nobody could serve get the pool that is up, unless the plugin has placed them. */
static void unpark(hs_sim *sim)
{
    const uint32_t upstream = fallback_upstream(sim);
    for (uint32_t i = 0; upstream != HMX_NONE && sim->parked > 0 && i < sim->miner_count; i++) {
        hs_miner *const miner = sim->miners[i];
        if (miner->channel != 0 && miner->upstream == HMX_NONE) {
            unplace(sim, miner);
            place(sim, miner, upstream);
            if (!miner->untold) {
                tell_forced(sim, miner, HMX_NONE);
            }
        }
    }
}

void hs_sim_tick(hs_sim *sim)
{
    hmx_decision rows[ROWS];
    hmx_decision_buf buf = {.more = 1};
    uint64_t elapsed = sim->ticked ? HS_NS_PER_SEC : 0;
    for (int call = 0; call < CALLS_PER_TICK_MAX && buf.more != 0; call++) {
        memset(rows, 0, sizeof rows);
        for (int i = 0; i < ROWS; i++) {
            rows[i].size = sizeof rows[i];
        }
        buf = (hmx_decision_buf){
            .size = sizeof buf, .stride = sizeof rows[0], .capacity = ROWS, .rows = rows};
        const hmx_tick e = {.event = hs_guard_event(sim->guard, sizeof e, hs_sim_now_ns(sim)),
                            .elapsed_ns = elapsed,
                            .unix_ms = HS_SIM_START_UNIX_MS + sim->second * 1000u};
        if (hs_guard_on_tick(sim->guard, &e, &buf) < 0) {
            break;
        }
        for (uint32_t i = 0; i < buf.count && i < ROWS; i++) {
            carry_out(sim, &rows[i]);
        }
        elapsed = 0;
    }
    sim->ticked = 1;
    unpark(sim);
}
