/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/shares.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/sim/frames.h"
#include "host_stub/sim/upstream.h"

uint64_t hs_sim_first_ack(const hs_sim_pool *pool, uint32_t index)
{
    return pool->spec.ack_secs > 0 ? 1 + index % pool->spec.ack_secs : UINT64_MAX;
}

/* What is told of some shares with one verdict. */
typedef struct told {
    uint32_t verdict;
    uint32_t count;
    double work;
    double credit; /* 0 = as the work */
    uint32_t flags;
} told;

static void tell(hs_sim *sim, const hs_sim_pending *share, uint32_t upstream, told what)
{
    if (what.count == 0 || share->untold) {
        return;
    }
    hmx_share e = {.event = {.flags = what.flags},
                   .channel = share->channel,
                   .cookie = share->cookie,
                   .upstream = upstream,
                   .verdict = what.verdict,
                   .count = what.count,
                   .work = what.work,
                   .credit = what.credit};
    (void)hs_link_share(&sim->link, &e);
}

static uint32_t shares_in(const hs_sim_pending *share)
{
    return share->accepted + share->rejected + share->stale;
}

/* Everything of it, with one verdict. */
static told all_of(const hs_sim_pending *share, uint32_t verdict)
{
    return (told){.verdict = verdict,
                  .count = shares_in(share),
                  .work = share->accepted_work + share->rejected_work + share->stale_work,
                  .credit = share->accepted_credit + share->rejected_credit + share->stale_credit};
}

/* Shares that nobody takes. */
static int is_worthless(const hs_sim_miner *miner)
{
    return miner->bad || hs_sim_miner_is_astray(miner);
}

/* What the pool does with the miner's shares of that second. */
static hs_sim_chance chance_of(const hs_sim_pool *pool, const hs_sim_miner *miner, uint64_t second)
{
    if (is_worthless(miner)) {
        return (hs_sim_chance){.fresh = 0.0, .valid = 0.0};
    }
    const double stale = second < pool->stale_until ? pool->spec.stale_pct / 100.0 : 0.0;
    return (hs_sim_chance){.fresh = pool->acceptance * (1.0 - stale), .valid = pool->acceptance};
}

/* Shares that miss the pool's target stay with the host: valid, and worth what the pool would have
 * made of them. Nobody gets anything for those of a pool that is gone. */
static void keep(hs_sim *sim, uint32_t index, const hs_sim_pending *share, uint32_t kept,
                 double difficulty, hs_sim_chance chance)
{
    hs_sim_pool *const pool = &sim->pools[index];
    const double work = (double)kept * difficulty;
    const double worth = pool->up ? chance.fresh * work : 0.0;
    pool->kept += kept;
    pool->accepted_work += worth;
    sim->credited_work += worth;
    sim->lost_work += work - worth;
    hs_account_credit(&sim->result->account, index, share->second, worth);
    tell(sim, share, pool->upstream,
         (told){.verdict = HMX_SHARE_NOT_FORWARDED, .count = kept, .work = work});
}

/* A host with a target of its own checks each share itself. */
static void reject_here(hs_sim *sim, uint32_t index, const hs_sim_pending *share, uint32_t found,
                        double work)
{
    hs_sim_pool *const pool = &sim->pools[index];
    pool->submitted += found;
    pool->rejected += found;
    sim->lost_work += work;
    tell(sim, share, pool->upstream,
         (told){.verdict = HMX_SHARE_REJECTED_OTHER,
                .count = found,
                .work = work,
                .flags = HMX_SHARE_FLAG_LOCAL});
}

static hs_sim_pending pending_of(const hs_sim_pool *pool, const hs_sim_miner *miner,
                                 uint64_t hashed_in, uint32_t forwarded, hs_sim_chance chance)
{
    const double credit = hs_sim_upstream_credit(pool, miner);
    const uint32_t accepted = hs_sim_miner_taken(miner, forwarded, chance.fresh);
    const uint32_t stale = hs_sim_miner_taken(miner, forwarded, chance.valid) - accepted;
    const uint32_t rejected = forwarded - accepted - stale;
    return (hs_sim_pending){.channel = miner->channel,
                            .cookie = miner->cookie,
                            .second = hashed_in,
                            .accepted_work = (double)accepted * miner->difficulty,
                            .rejected_work = (double)rejected * miner->difficulty,
                            .stale_work = (double)stale * miner->difficulty,
                            .accepted_credit = (double)accepted * credit,
                            .rejected_credit = (double)rejected * credit,
                            .stale_credit = (double)stale * credit,
                            .accepted = accepted,
                            .rejected = rejected,
                            .stale = stale,
                            .untold = miner->untold};
}

/* To the pool, if it is there. */
static void forward(hs_sim *sim, uint32_t index, const hs_sim_pending *share, double difficulty)
{
    hs_sim_pool *const pool = &sim->pools[index];
    told what = all_of(share, HMX_SHARE_SUBMITTED);
    what.work = (double)what.count * difficulty;
    pool->submitted += what.count;
    tell(sim, share, pool->upstream, what);
    if (!pool->up) {
        what.verdict = HMX_SHARE_LOST;
        pool->lost += what.count;
        sim->lost_work += what.work;
        tell(sim, share, pool->upstream, what);
    } else if (HS_PUSH(pool->sent.shares, pool->sent.capacity, pool->sent.count, *share) != 0) {
        sim->no_memory = 1;
    }
}

void hs_sim_submit(hs_sim *sim, hs_sim_miner *miner, uint32_t found)
{
    const uint32_t index = (uint32_t)sim->pool_of[miner->upstream];
    const hs_sim_pool *const pool = &sim->pools[index];
    const uint64_t hashed_in = sim->second - 1;
    if (sim->options->share != NULL) {
        sim->options->share(sim->options->ctx, hashed_in, miner->number, found, miner->difficulty,
                            index);
    }
    const hs_sim_chance chance = chance_of(pool, miner, hashed_in);
    const uint32_t forwarded = hs_sim_upstream_forward(pool, miner, found);
    const hs_sim_pending share = pending_of(pool, miner, hashed_in, forwarded, chance);
    if (pool->spec.aggregate && is_worthless(miner)) {
        reject_here(sim, index, &share, found, (double)found * miner->difficulty);
        return;
    }
    if (found > forwarded) {
        keep(sim, index, &share, found - forwarded, miner->difficulty, chance);
    }
    if (forwarded > 0) {
        forward(sim, index, &share, miner->difficulty);
    }
    hs_sim_frames_shares(sim, miner, found, chance);
}

static int by_channel(const void *left, const void *right)
{
    /* A channel has at most one entry per second, so the order is total. */
    const hs_sim_pending *const a = left;
    const hs_sim_pending *const b = right;
    if (a->channel != b->channel) {
        return a->channel < b->channel ? -1 : 1;
    }
    return a->second < b->second ? -1 : a->second > b->second;
}

/* By channel and then by second, so that each channel's shares are one run. What was in order is
 * not sorted again: batches of each channel are looked for every second. */
static void sort_waiting(hs_sim *sim, hs_sim_pool *pool)
{
    hs_sim_pending_list *const list = &pool->waiting;
    hs_sim_pending_list *const late = &pool->scratch;
    size_t old = list->sorted;
    size_t at = list->count;
    late->count = list->count - old;
    list->sorted = list->count;
    if (late->count == 0) {
        return;
    }
    qsort(list->shares + old, late->count, sizeof *list->shares, by_channel);
    if (old == 0) {
        return;
    }
    if (HS_GROW(late->shares, late->capacity, late->count) != 0) {
        sim->no_memory = 1;
        return;
    }
    memcpy(late->shares, list->shares + old, late->count * sizeof *late->shares);
    while (late->count > 0) { /* merged from behind */
        const int from_old =
            old > 0 && by_channel(&list->shares[old - 1], &late->shares[late->count - 1]) > 0;
        list->shares[--at] = from_old ? list->shares[--old] : late->shares[--late->count];
    }
}

static void nothing_waits(hs_sim_pool *pool)
{
    pool->waiting.count = pool->waiting.sorted = 0;
    pool->waiting_shares = 0;
}

/* Sums the run of one channel that begins at `from`; returns where the next begins. */
static size_t sum_run(const hs_sim_pool *pool, size_t from, hs_sim_pending *sum)
{
    const hs_sim_pending *const shares = pool->waiting.shares;
    size_t at = from;
    memset(sum, 0, sizeof *sum);
    while (at < pool->waiting.count && shares[at].channel == shares[from].channel) {
        const hs_sim_pending *const share = &shares[at++];
        sum->accepted += share->accepted;
        sum->rejected += share->rejected;
        sum->accepted_work += share->accepted_work;
        sum->rejected_work += share->rejected_work;
        sum->accepted_credit += share->accepted_credit;
        sum->rejected_credit += share->rejected_credit;
        sum->stale_credit += share->stale_credit;
        sum->stale += share->stale;
        sum->stale_work += share->stale_work;
        sum->channel = share->channel;
        sum->cookie = share->cookie;
        sum->second = share->second;
        sum->untold = share->untold;
    }
    return at;
}

/* ---- a share reaches its pool ---- */

static void tell_rejected(hs_sim *sim, uint32_t index, const hs_sim_pending *share)
{
    hs_sim_pool *const pool = &sim->pools[index];
    pool->rejected += share->rejected + share->stale;
    sim->lost_work += share->rejected_work + share->stale_work;
    tell(sim, share, pool->upstream,
         (told){.verdict = HMX_SHARE_REJECTED_OTHER,
                .count = share->rejected,
                .work = share->rejected_work,
                .credit = share->rejected_credit});
    tell(sim, share, pool->upstream,
         (told){.verdict = HMX_SHARE_REJECTED_STALE,
                .count = share->stale,
                .work = share->stale_work,
                .credit = share->stale_credit});
}

static void arrive(hs_sim *sim, uint32_t index, hs_sim_pending share)
{
    hs_sim_pool *const pool = &sim->pools[index];
    if (pool->spec.rejects_at_once && share.rejected + share.stale > 0) {
        tell_rejected(sim, index, &share);
        hs_sim_frames_verdicts(sim, share.channel, index, share.second, HS_SIM_FRAME_REJECTED);
        share.rejected = share.stale = 0;
        share.rejected_work = share.stale_work = 0.0;
        share.rejected_credit = share.stale_credit = 0.0;
    }
    if (shares_in(&share) == 0) {
        return;
    }
    pool->waiting_shares += shares_in(&share);
    if (HS_PUSH(pool->waiting.shares, pool->waiting.capacity, pool->waiting.count, share) != 0) {
        sim->no_memory = 1;
    }
}

/* Those that were hashed before the second `before`. */
static void arrive_before(hs_sim *sim, uint32_t index, uint64_t before)
{
    hs_sim_pending_list *const sent = &sim->pools[index].sent;
    size_t at = 0;
    while (at < sent->count && sent->shares[at].second < before) {
        arrive(sim, index, sent->shares[at++]);
    }
    if (at > 0) {
        sent->count -= at;
        memmove(sent->shares, sent->shares + at, sent->count * sizeof *sent->shares);
    }
}

/* ---- batches ---- */

static void tell_batch(hs_sim *sim, uint32_t index, const hs_sim_pending *sum)
{
    hs_sim_pool *const pool = &sim->pools[index];
    pool->accepted += sum->accepted;
    pool->accepted_work += sum->accepted_work;
    sim->credited_work += sum->accepted_work;
    tell(sim, sum, pool->upstream,
         (told){.verdict = HMX_SHARE_ACCEPTED,
                .count = sum->accepted,
                .work = sum->accepted_work,
                .credit = sum->accepted_credit});
    tell_rejected(sim, index, sum);
    hs_sim_frames_verdicts(sim, sum->channel, index, sum->second,
                           HS_SIM_FRAME_ACCEPTED | HS_SIM_FRAME_REJECTED);
}

static void credit(hs_sim *sim, uint32_t index, size_t from, size_t to)
{
    const hs_sim_pool *const pool = &sim->pools[index];
    for (size_t i = from; i < to; i++) {
        hs_account_credit(&sim->result->account, index, pool->waiting.shares[i].second,
                          pool->waiting.shares[i].accepted_work);
    }
}

static void acknowledge_all(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    if (pool->spec.ack_secs > 0) {
        pool->next_ack = sim->second + pool->spec.ack_secs;
    }
    sort_waiting(sim, pool);
    credit(sim, index, 0, pool->waiting.count);
    for (size_t at = 0; at < pool->waiting.count;) {
        hs_sim_pending sum;
        at = sum_run(pool, at, &sum);
        tell_batch(sim, index, &sum);
    }
    nothing_waits(pool);
}

/* Each channel has batches of its own, those by time in seconds of their own. */
static int channel_is_due(const hs_sim *sim, const hs_sim_pool *pool, const hs_sim_pending *sum)
{
    const hs_sim_pool_spec *const spec = &pool->spec;
    return (spec->ack_secs > 0 && (sim->second + sum->channel) % spec->ack_secs == 0) ||
           (spec->ack_shares > 0 && shares_in(sum) >= spec->ack_shares);
}

static void acknowledge_channels(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    size_t kept = 0;
    sort_waiting(sim, pool);
    for (size_t at = 0; at < pool->waiting.count;) {
        hs_sim_pending sum;
        const size_t from = at;
        at = sum_run(pool, from, &sum);
        if (channel_is_due(sim, pool, &sum)) {
            credit(sim, index, from, at);
            tell_batch(sim, index, &sum);
        } else {
            memmove(pool->waiting.shares + kept, pool->waiting.shares + from,
                    (at - from) * sizeof *pool->waiting.shares);
            kept += at - from;
        }
    }
    pool->waiting.count = pool->waiting.sorted = kept;
}

void hs_sim_judge_shares(hs_sim *sim, uint32_t index)
{
    const hs_sim_pool *const pool = &sim->pools[index];
    const uint64_t latency = pool->spec.latency_secs;
    arrive_before(sim, index, sim->second > latency ? sim->second - latency : 0);
    if (pool->spec.ack_per_channel) {
        acknowledge_channels(sim, index);
    } else if (sim->second >= pool->next_ack ||
               (pool->spec.ack_shares > 0 && pool->waiting_shares >= pool->spec.ack_shares)) {
        acknowledge_all(sim, index);
    }
}

void hs_sim_judge_the_rest(hs_sim *sim, uint32_t index)
{
    arrive_before(sim, index, UINT64_MAX);
    acknowledge_all(sim, index);
}

void hs_sim_lose_pending(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    for (size_t i = 0; i < pool->sent.count; i++) {
        if (HS_PUSH(pool->waiting.shares, pool->waiting.capacity, pool->waiting.count,
                    pool->sent.shares[i]) != 0) {
            sim->no_memory = 1;
        }
    }
    sort_waiting(sim, pool);
    for (size_t at = 0; at < pool->waiting.count;) {
        hs_sim_pending sum;
        at = sum_run(pool, at, &sum);
        const told lost = all_of(&sum, HMX_SHARE_LOST);
        pool->lost += lost.count;
        sim->lost_work += lost.work;
        tell(sim, &sum, pool->upstream, lost);
        hs_sim_frames_verdicts(sim, sum.channel, index, sum.second,
                               HS_SIM_FRAME_ACCEPTED | HS_SIM_FRAME_REJECTED);
    }
    pool->sent.count = 0;
    nothing_waits(pool);
}
