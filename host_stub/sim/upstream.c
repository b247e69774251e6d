/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/upstream.h"

enum { RETARGET_SECS = 60 };
#define RETARGET_GAIN 0.3       /* part of the way per minute, after the first */
#define FINE          1048576.0 /* 2^20 */

static double hash_of(const hs_sim *sim, uint32_t upstream)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_sim_miner *const miner = sim->miners[i];
        sum += miner->channel != 0 && miner->upstream == upstream ? miner->hash : 0.0;
    }
    return sum;
}

void hs_sim_upstream_retarget(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    const int settles = sim->second < RETARGET_SECS || !(pool->difficulty > 0.0);
    if (!pool->spec.aggregate || (sim->second % RETARGET_SECS != 0 && !settles)) {
        return;
    }
    const double wanted = hash_of(sim, pool->upstream) * 60.0 / pool->spec.upstream_share_rate;
    if (wanted > 0.0) { /* else nobody is there */
        pool->difficulty += (wanted - pool->difficulty) * (settles ? 1.0 : RETARGET_GAIN);
    }
}

double hs_sim_upstream_credit(const hs_sim_pool *pool, const hs_sim_miner *miner)
{
    if (!pool->spec.aggregate) {
        return 0.0;
    }
    return pool->difficulty > miner->difficulty ? pool->difficulty : miner->difficulty;
}

/* A share that meets the miner's target meets the pool's with this chance, by another draw than
 * that of its verdict: the fine digits of the same number, so that the miner's luck stays what it
 * is. */
static int meets(double luck, double chance)
{
    const double scaled = luck * FINE;
    return scaled - (double)(uint64_t)scaled < chance;
}

uint32_t hs_sim_upstream_forward(const hs_sim_pool *pool, hs_sim_miner *miner, uint32_t found)
{
    uint32_t forwarded = 0;
    if (!pool->spec.aggregate || !(pool->difficulty > miner->difficulty)) {
        return found;
    }
    const double chance = miner->difficulty / pool->difficulty;
    for (uint32_t i = 0; i < found; i++) {
        const double luck = miner->luck[i];
        if (meets(luck, chance)) {
            miner->luck[i] = miner->luck[forwarded];
            miner->luck[forwarded++] = luck;
        }
    }
    return forwarded;
}
