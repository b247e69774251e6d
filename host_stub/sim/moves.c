/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/moves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/hmx_tuning.h"
#include "host_stub/base/array.h"
#include "host_stub/guard/snapshot.h"
#include "host_stub/sim/frames.h"
#include "host_stub/sim/links.h"

static int pool_is_up(const hs_sim *sim, uint32_t upstream)
{
    if (upstream < 1 || upstream > HMX_UPSTREAMS_MAX || sim->pool_of[upstream] < 0) {
        return 0;
    }
    const hs_sim_pool *const pool = &sim->pools[sim->pool_of[upstream]];
    return pool->up && !pool->no_job;
}

/* The pool that a host without a plugin would take: by priority, the first that is up. */
static uint32_t fallback_upstream(const hs_sim *sim)
{
    const hs_sim_pool *best = NULL;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        const hs_sim_pool *const pool = &sim->pools[i];
        if (pool->up && !pool->no_job && pool->enabled &&
            (best == NULL || pool->spec.priority < best->spec.priority)) {
            best = pool;
        }
    }
    return best != NULL ? best->upstream : HMX_NONE;
}

/* Where the miner works from now on; keeps the counts. */
static void place(hs_sim *sim, hs_sim_miner *miner, uint32_t upstream)
{
    miner->upstream = upstream;
    if (upstream == HMX_NONE) {
        sim->parked++;
    } else {
        sim->pools[sim->pool_of[upstream]].channels++;
    }
}

static void unplace(hs_sim *sim, const hs_sim_miner *miner)
{
    if (miner->upstream == HMX_NONE) {
        sim->parked--;
    } else {
        sim->pools[sim->pool_of[miner->upstream]].channels--;
    }
}

/* What the plugin chose, or what the host chooses when it left that to the host. */
static hs_sv2_b032 prefix_of(hs_sim *sim, const hs_sim_miner *miner, uint32_t upstream,
                             const uint8_t *bytes, uint32_t len)
{
    hs_sv2_b032 prefix = {.len = len};
    if (len == 0) {
        return hs_sim_choose_prefix(sim, miner, upstream);
    }
    memcpy(prefix.byte, bytes, sizeof prefix.byte);
    return prefix;
}

static void set_prefix(hs_sim_miner *miner, const hs_sv2_b032 *prefix)
{
    if (miner->own_len == 0) { /* the channel's first */
        miner->own_len = prefix->len;
        memcpy(miner->own_prefix, prefix->byte, sizeof miner->own_prefix);
    }
    miner->prefix_len = prefix->len;
    memcpy(miner->prefix, prefix->byte, sizeof miner->prefix);
}

/* The miner was given this prefix and new jobs have it no longer, but old ones may. */
static void drain(hs_sim *sim, const hs_sim_miner *miner, uint32_t upstream, const uint8_t *prefix,
                  uint32_t len)
{
    if (HS_GROW(sim->drains, sim->drain_capacity, sim->drain_count + 1) != 0) {
        sim->no_memory = 1;
        return;
    }
    hs_sim_drain *const drain = &sim->drains[sim->drain_count++];
    *drain = (hs_sim_drain){.channel = miner->channel,
                            .cookie = miner->cookie,
                            .due = sim->second + HS_SIM_DRAIN_SECS,
                            .tip = sim->tip,
                            .upstream = upstream,
                            .prefix_len = len};
    memcpy(drain->prefix, prefix, sizeof drain->prefix);
}

static void drain_prefix(hs_sim *sim, const hs_sim_miner *miner)
{
    if (miner->prefix_len > 0 && miner->upstream != HMX_NONE && !miner->untold) {
        drain(sim, miner, miner->upstream, miner->prefix, miner->prefix_len);
    }
}

void hs_sim_report_drained(hs_sim *sim)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->drain_count; i++) {
        const hs_sim_drain *const drain = &sim->drains[i];
        if (drain->tip == sim->tip && sim->second < drain->due) {
            sim->drains[kept++] = *drain;
            continue;
        }
        hs_sim_frames_drained(sim, drain);
        (void)hs_link_drained(&sim->link, drain->channel, drain->cookie, drain->upstream,
                              drain->prefix, drain->prefix_len);
        sim->result->drained++;
    }
    sim->drain_count = kept;
}

/* The miner's channel as it is now: what became of a decision, or what the host did by itself. */
static void tell(hs_sim *sim, const hs_sim_miner *miner, hmx_reassign e)
{
    e.channel = miner->channel;
    e.cookie = miner->cookie;
    e.to = miner->upstream;
    (void)hs_link_reassign(&sim->link, &e, miner->prefix, miner->prefix_len);
}

static void tell_forced(hs_sim *sim, const hs_sim_miner *miner, uint32_t from)
{
    sim->result->forced++;
    tell(sim, miner, (hmx_reassign){.from = from, .result = HMX_RESULT_FORCED});
}

static int remember_channel(hs_sim *sim, hs_sim_miner *miner)
{
    if (HS_GROW(sim->by_channel, sim->channel_capacity, (size_t)sim->channel_count + 2) != 0) {
        sim->no_memory = 1;
        return -1;
    }
    miner->channel = ++sim->channel_count; /* numbers from 1, never used again */
    sim->by_channel[miner->channel] = miner;
    return 0;
}

static hmx_status ask_where(hs_sim *sim, const hs_sim_miner *miner, hmx_channel_decision *answer)
{
    static const char vendor[] = "simulated";
    char identity[32];
    const int n = snprintf(identity, sizeof identity, "farm.m%06u", (unsigned)miner->number);
    const uint32_t extranonce = miner->extended ? HS_SIM_EXTRANONCE_SIZE : 0;
    hmx_channel_open e = {.channel = miner->channel,
                          .connection = miner->connection,
                          .kind = miner->extended ? HMX_CHANNEL_EXTENDED : HMX_CHANNEL_STANDARD,
                          .honours_prefix = miner->deaf              ? HMX_NO
                                            : miner->number % 2 == 0 ? HMX_YES
                                                                     : HMX_UNKNOWN,
                          .min_extranonce_size = extranonce,
                          .extranonce_size = extranonce,
                          .nominal_hashrate = miner->declared_hs,
                          .user_identity = {identity, (uint64_t)n},
                          .vendor = {vendor, sizeof vendor - 1}};
    return hs_link_open(&sim->link, &e, answer);
}

static void place_by_host(hs_sim *sim, hs_sim_miner *miner, uint32_t upstream)
{
    place(sim, miner, upstream);
    if (upstream != HMX_NONE) {
        const hs_sv2_b032 prefix = hs_sim_choose_prefix(sim, miner, upstream);
        set_prefix(miner, &prefix);
    }
}

/* Can the plugin's answer be sent as it is? *prefix is the one that it needs. */
static int can_open(hs_sim *sim, const hs_sim_miner *miner, const hmx_channel_decision *answer,
                    hs_sv2_b032 *prefix)
{
    if (answer->action != HMX_ACTION_ASSIGN || !pool_is_up(sim, answer->upstream) ||
        answer->extranonce_prefix_len > 32) {
        return 0;
    }
    *prefix = prefix_of(sim, miner, answer->upstream, answer->extranonce_prefix,
                        answer->extranonce_prefix_len);
    return hs_sim_check_move(sim, miner, answer->upstream, prefix) == HS_MOVE_LEGAL;
}

/* Asks the plugin, and puts the miner where it says or where the host can. */
static void open_somewhere(hs_sim *sim, hs_sim_miner *miner)
{
    hmx_channel_decision answer;
    hs_sv2_b032 prefix;
    hs_sim_connect(sim, miner);
    const hmx_status status = ask_where(sim, miner, &answer);
    miner->untold = status < 0;
    miner->cookie = status < 0 ? 0 : answer.cookie;
    miner->stall = 0;
    miner->dropped = 0;
    miner->upstream = HMX_NONE;
    miner->prefix_len = 0;
    miner->own_len = 0;
    sim->connected++;
    if (status >= 0 && can_open(sim, miner, &answer, &prefix)) {
        place(sim, miner, answer.upstream);
        set_prefix(miner, &prefix);
        hs_sim_frames_open(sim, miner);
        return;
    }
    place_by_host(sim, miner, fallback_upstream(sim));
    hs_sim_frames_open(sim, miner);
    if (miner->untold) {
        hs_sim_note(sim, "the plugin refused to take channels: the host placed them by itself");
    } else {
        const int was_assigned = answer.action == HMX_ACTION_ASSIGN;
        tell_forced(sim, miner, was_assigned ? answer.upstream : HMX_NONE);
    }
}

void hs_sim_open_channel(hs_sim *sim, hs_sim_miner *miner)
{
    const uint32_t before = miner->upstream;
    if (remember_channel(sim, miner) != 0) {
        return;
    }
    open_somewhere(sim, miner);
    if (miner->reopens && miner->upstream != before) {
        sim->result->moves++;
        sim->result->moves_reopened++;
    }
    miner->reopens = 0;
}

void hs_sim_close_channel(hs_sim *sim, hs_sim_miner *miner, uint32_t reason)
{
    const int reopens = reason == HMX_CLOSE_REOPEN;
    const uint32_t how = miner->rack != 0 && !reopens ? (uint32_t)HMX_CLOSE_PEER : reason;
    hs_sim_frames_close(sim, miner, how);
    if (!miner->untold) {
        (void)hs_link_close(&sim->link, miner->channel, miner->cookie, how);
    }
    drain_prefix(sim, miner);
    unplace(sim, miner);
    if (!reopens) { /* else only the channel is gone */
        hs_sim_disconnect(sim, miner);
    }
    sim->by_channel[miner->channel] = NULL;
    sim->connected--;
    miner->channel = 0;
}

void hs_sim_declare(hs_sim *sim, const hs_sim_miner *miner)
{
    hmx_channel_update e = {.channel = miner->channel,
                            .cookie = miner->cookie,
                            .changed = HMX_FACT_NOMINAL_HASHRATE,
                            .nominal_hashrate = miner->declared_hs};
    if (!miner->untold) {
        (void)hs_link_update(&sim->link, &e);
    }
}

/* Would this move lift a pool above what the host allows there? */
static int lifts_too_high(const hs_sim *sim, const hs_sim_miner *miner, uint32_t to)
{
    const double most = sim->pools[sim->pool_of[to]].refuse_above;
    double there = miner->hash;
    double all = 0.0;
    if (most >= 1.0) {
        return 0;
    }
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_sim_miner *const other = sim->miners[i];
        if (other->channel != 0) {
            all += other->hash;
            there += other->upstream == to ? other->hash : 0.0;
        }
    }
    return there > most * all;
}

/* Does the decision fit the facts? HS_MOVE_LEGAL, or why not. */
static uint32_t misfit(const hs_sim *sim, const hs_sim_miner *miner, const hmx_decision *d)
{
    const int is_move = d->kind == HMX_DECISION_MOVE;
    if (d->from != miner->upstream) {
        return HS_MOVE_FROM_WRONG;
    }
    if (!pool_is_up(sim, d->to)) {
        return HS_MOVE_POOL_NOT_OPEN;
    }
    if (d->extranonce_prefix_len > 32) {
        return HS_MOVE_PREFIX_LENGTH;
    }
    if (is_move == (d->to == d->from) || (!is_move && d->kind != HMX_DECISION_PREFIX)) {
        return is_move ? HS_MOVE_SAME_POOL : HS_MOVE_POLICY;
    }
    return is_move && lifts_too_high(sim, miner, d->to) ? HS_MOVE_POLICY : HS_MOVE_LEGAL;
}

/* Why the decision cannot be carried out, or HS_MOVE_LEGAL: an enum hs_move_refusal. *prefix is the
 * one that it needs. Nobody is closed who can be moved. */
static uint32_t refusal_of(hs_sim *sim, const hs_sim_miner *miner, const hmx_decision *d,
                           hs_sv2_b032 *prefix)
{
    const uint32_t wrong = misfit(sim, miner, d);
    if (wrong != HS_MOVE_LEGAL) {
        return wrong;
    }
    if (d->style == HMX_STYLE_REOPEN) {
        return d->kind == HMX_DECISION_MOVE && miner->deaf ? HS_MOVE_LEGAL : HS_MOVE_POLICY;
    }
    *prefix = prefix_of(sim, miner, d->to, d->extranonce_prefix, d->extranonce_prefix_len);
    return hs_sim_check_move(sim, miner, d->to, prefix);
}

/* The miner works for `to` from now on, or with another prefix where it was. */
static void move(hs_sim *sim, hs_sim_miner *miner, const hmx_decision *d, const hs_sv2_b032 *prefix)
{
    const int soft = d->kind == HMX_DECISION_PREFIX ||
                     (d->style == HMX_STYLE_SOFT_ALLOWED && hs_sim_same_tip(sim, d->from, d->to));
    drain_prefix(sim, miner);
    if (d->kind == HMX_DECISION_MOVE) {
        unplace(sim, miner);
        place(sim, miner, d->to);
        miner->stall = (uint32_t)sim->scenario->farm.move_cost_secs;
        sim->result->moves++;
        *(soft ? &sim->result->moves_soft : &sim->result->moves_hard) += 1;
    }
    set_prefix(miner, prefix);
    hs_sim_frames_move(sim, miner, soft);
}

/* Its channel is closed, and the device opens another after a while, or never. */
static void reopen(hs_sim *sim, hs_sim_miner *miner)
{
    sim->result->reopened++;
    miner->reopens = 1;
    miner->away_until = miner->settled ? UINT64_MAX : sim->second + sim->scenario->farm.reopen_secs;
    hs_sim_close_channel(sim, miner, HMX_CLOSE_REOPEN);
}

/* The device does not survive the new prefix: it connects anew. */
static void drop(hs_sim *sim, hs_sim_miner *miner)
{
    sim->result->dropped++;
    miner->dropped = 1;
    miner->away_until = sim->second + sim->scenario->farm.drops_secs;
    hs_sim_close_channel(sim, miner, HMX_CLOSE_CONNECTION_LOST);
}

static void answer(hs_sim *sim, const hs_sim_miner *miner, const hmx_decision *d, uint32_t result,
                   uint32_t cause)
{
    tell(
        sim, miner,
        (hmx_reassign){.decision = d->decision, .from = d->from, .result = result, .cause = cause});
}

/* By luck, of the moves to a pool that refuses so many. */
static int is_unlucky(hs_sim *sim, const hmx_decision *d, double fraction)
{
    return d->kind == HMX_DECISION_MOVE && fraction > 0.0 &&
           hs_rng_uniform(&sim->host_rng) < fraction;
}

static void carry_out(hs_sim *sim, const hmx_decision *d)
{
    hs_sim_miner *const miner =
        d->channel >= 1 && d->channel <= sim->channel_count ? sim->by_channel[d->channel] : NULL;
    if (miner == NULL || miner->untold) {
        return; /* closed: such a decision is void and needs no answer */
    }
    hs_sv2_b032 prefix = {.len = 0};
    uint32_t refusal = refusal_of(sim, miner, d, &prefix);
    const hs_sim_pool *const pool =
        refusal == HS_MOVE_LEGAL ? &sim->pools[sim->pool_of[d->to]] : NULL;
    if (pool != NULL && is_unlucky(sim, d, pool->refuses)) {
        refusal = HS_MOVE_POLICY;
    }
    if (refusal != HS_MOVE_LEGAL) {
        sim->result->moves_refused++;
        answer(sim, miner, d, HMX_RESULT_REFUSED, refusal);
    } else if (d->style == HMX_STYLE_REOPEN) {
        reopen(sim, miner); /* that it comes back is the answer */
    } else if (is_unlucky(sim, d, pool->fails)) {
        sim->result->moves_failed++;
        drain(sim, miner, d->to, prefix.byte, prefix.len); /* the device may have seen it */
        answer(sim, miner, d, HMX_RESULT_FAILED, HS_MOVE_LEGAL);
    } else {
        move(sim, miner, d, &prefix);
        answer(sim, miner, d, HMX_RESULT_APPLIED, HS_MOVE_LEGAL);
        if (miner->drops && d->kind == HMX_DECISION_MOVE) {
            drop(sim, miner);
        }
    }
}

/* A slow host: what it was asked for some time ago it does now, unless that is too late. */
static void carry_out_orders(hs_sim *sim)
{
    size_t at = 0;
    while (at < sim->order_count && sim->orders[at].due <= sim->second) {
        const hmx_decision *const d = &sim->orders[at++].decision;
        if (sim->link.now_ns <= d->valid_until_ns) {
            carry_out(sim, d);
        }
    }
    if (at > 0) {
        sim->order_count -= at;
        memmove(sim->orders, sim->orders + at, sim->order_count * sizeof *sim->orders);
    }
}

static void order(hs_sim *sim, const hmx_decision *d)
{
    const uint64_t delay = sim->scenario->farm.host_delay_secs;
    const hs_sim_order later = {.decision = *d, .due = sim->second + delay};
    if (delay == 0) {
        carry_out(sim, d);
    } else if (HS_PUSH(sim->orders, sim->order_capacity, sim->order_count, later) != 0) {
        sim->no_memory = 1;
    }
}

/* Does the plugin only watch? Then whoever loses its pool is the host's to place. */
static int is_observed(const hs_sim *sim)
{
    hmx_snapshot snapshot;
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    return hs_guard_snapshot(sim->link.guard, &snapshot, rows) == 0 &&
           snapshot.mode == HMX_MODE_OBSERVE;
}

static int somebody_has_no_pool(const hs_sim *sim)
{
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        if (sim->pools[i].channels > 0 && !pool_is_up(sim, sim->pools[i].upstream)) {
            return 1;
        }
    }
    return 0;
}

/* The host's own failover: from a pool that cannot be used to the first that can, by priority. */
static void fail_over(hs_sim *sim)
{
    const uint32_t to = fallback_upstream(sim);
    if (to == HMX_NONE || !somebody_has_no_pool(sim) || !is_observed(sim)) {
        return;
    }
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        hs_sim_miner *const miner = sim->miners[i];
        const uint32_t from = miner->upstream;
        if (miner->channel == 0 || from == HMX_NONE || pool_is_up(sim, from)) {
            continue;
        }
        const hs_sv2_b032 prefix = hs_sim_choose_prefix(sim, miner, to);
        if (hs_sim_check_move(sim, miner, to, &prefix) != HS_MOVE_LEGAL) {
            continue; /* it does not obey, or does not fit: it waits for its pool */
        }
        drain_prefix(sim, miner);
        unplace(sim, miner);
        place(sim, miner, to);
        miner->stall = (uint32_t)sim->scenario->farm.move_cost_secs;
        set_prefix(miner, &prefix);
        hs_sim_frames_move(sim, miner, 0);
        if (!miner->untold) {
            tell_forced(sim, miner, from);
        }
    }
}

/* Channels that nobody could serve get the pool that is up, unless the plugin has placed them. */
static void unpark(hs_sim *sim)
{
    const uint32_t upstream = fallback_upstream(sim);
    for (uint32_t i = 0; upstream != HMX_NONE && sim->parked > 0 && i < sim->miner_count; i++) {
        hs_sim_miner *const miner = sim->miners[i];
        if (miner->channel != 0 && miner->upstream == HMX_NONE) {
            unplace(sim, miner);
            place_by_host(sim, miner, upstream);
            hs_sim_frames_placed(sim, miner);
            if (!miner->untold) {
                tell_forced(sim, miner, HMX_NONE);
            }
        }
    }
}

void hs_sim_tick(hs_sim *sim)
{
    hs_link_tick tick = {.link = &sim->link};
    carry_out_orders(sim);
    for (const hmx_decision *d; (d = hs_link_next(&tick)) != NULL;) {
        order(sim, d);
    }
    fail_over(sim);
    unpark(sim);
}
