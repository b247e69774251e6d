/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/shares.h"

#include <string.h>

#include "host_stub/sim/frames.h"

static void tell(hs_sim *sim, const hs_sim_pending *share, uint32_t upstream, uint32_t verdict,
                 uint32_t count, double work)
{
    if (count == 0 || share->untold) {
        return;
    }
    hmx_share e = {.channel = share->channel,
                   .cookie = share->cookie,
                   .upstream = upstream,
                   .verdict = verdict,
                   .count = count,
                   .work = work};
    (void)hs_link_share(&sim->link, &e);
}

void hs_sim_submit(hs_sim *sim, hs_sim_miner *miner, uint32_t found)
{
    const uint32_t index = (uint32_t)sim->pool_of[miner->upstream];
    hs_sim_pool *const pool = &sim->pools[index];
    const uint64_t hashed_in = sim->second - 1;
    const double work = (double)found * miner->difficulty;
    pool->submitted += found;
    if (sim->options->share != NULL) {
        sim->options->share(sim->options->ctx, hashed_in, miner->number, found, miner->difficulty,
                            index);
    }
    const uint32_t accepted = hs_sim_miner_taken(miner, found, pool->acceptance);
    const hs_sim_pending share = {.channel = miner->channel,
                                  .cookie = miner->cookie,
                                  .second = hashed_in,
                                  .accepted_work = (double)accepted * miner->difficulty,
                                  .rejected_work = (double)(found - accepted) * miner->difficulty,
                                  .accepted = accepted,
                                  .rejected = found - accepted,
                                  .untold = miner->untold};
    tell(sim, &share, pool->upstream, HMX_SHARE_SUBMITTED, found, work);
    hs_sim_frames_shares(sim, miner, found, pool->acceptance);
    if (!pool->up) {
        pool->lost += found;
        sim->lost_work += work;
        tell(sim, &share, pool->upstream, HMX_SHARE_LOST, found, work);
        return;
    }
    if (hs_sim_pool_push(pool, &share) != 0) {
        sim->no_memory = 1;
    }
}

/* Sums the run of one channel that begins at `from`; returns where the next begins. */
static size_t sum_run(const hs_sim_pool *pool, size_t from, hs_sim_pending *sum)
{
    size_t at = from;
    memset(sum, 0, sizeof *sum);
    while (at < pool->pending_count && pool->pending[at].channel == pool->pending[from].channel) {
        const hs_sim_pending *const share = &pool->pending[at++];
        sum->accepted += share->accepted;
        sum->rejected += share->rejected;
        sum->accepted_work += share->accepted_work;
        sum->rejected_work += share->rejected_work;
        sum->channel = share->channel;
        sum->cookie = share->cookie;
        sum->untold = share->untold;
    }
    return at;
}

void hs_sim_lose_pending(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    hs_sim_pool_sort(pool);
    for (size_t at = 0; at < pool->pending_count;) {
        hs_sim_pending sum;
        at = sum_run(pool, at, &sum);
        const double work = sum.accepted_work + sum.rejected_work;
        pool->lost += sum.accepted + sum.rejected;
        sim->lost_work += work;
        tell(sim, &sum, pool->upstream, HMX_SHARE_LOST, sum.accepted + sum.rejected, work);
        hs_sim_frames_verdicts(sim, sum.channel, index);
    }
    pool->pending_count = 0;
}

void hs_sim_deliver_acks(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    pool->next_ack = sim->second + pool->spec.ack_secs;
    hs_sim_pool_sort(pool);
    for (size_t i = 0; i < pool->pending_count; i++) {
        hs_account_credit(&sim->result->account, index, pool->pending[i].second,
                          pool->pending[i].accepted_work);
    }
    for (size_t at = 0; at < pool->pending_count;) {
        hs_sim_pending sum;
        at = sum_run(pool, at, &sum);
        pool->accepted += sum.accepted;
        pool->rejected += sum.rejected;
        pool->accepted_work += sum.accepted_work;
        sim->credited_work += sum.accepted_work;
        sim->lost_work += sum.rejected_work;
        tell(sim, &sum, pool->upstream, HMX_SHARE_ACCEPTED, sum.accepted, sum.accepted_work);
        tell(sim, &sum, pool->upstream, HMX_SHARE_REJECTED_OTHER, sum.rejected, sum.rejected_work);
        hs_sim_frames_verdicts(sim, sum.channel, index);
    }
    pool->pending_count = 0;
}
