/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/links.h"

#include <stdlib.h>
#include <string.h>

enum {
    MINERS_PER_RACK = 10,     /* of the farm, though only two in five are in racks */
    RACK_CHANNELS_MAX = 1000, /* that one connection ever opens; an observer keeps 1024 */
    HIDDEN_GRANT = 12,        /* rollable bytes of a pool whose space the plugin is not told */
    INDEX_BYTES = 3           /* of a prefix that the host chooses */
};

int hs_sim_links_init(hs_sim *sim)
{
    sim->rack_count = 1 + sim->scenario->farm.miners / MINERS_PER_RACK;
    sim->racks = calloc(sim->rack_count, sizeof *sim->racks);
    return sim->racks != NULL ? 0 : -1;
}

/* The miner's rack, or NULL. It follows from its number alone, so that a miner that returns finds
 * its rack again, and new ones join racks that are there. */
static hs_rack *rack_of(const hs_sim *sim, const hs_sim_miner *miner)
{
    const uint64_t place = miner->number % 5;
    return place == 1 || place == 2 ? &sim->racks[miner->number / 5 % sim->rack_count] : NULL;
}

void hs_sim_connect(hs_sim *sim, hs_sim_miner *miner)
{
    hs_rack *const rack = rack_of(sim, miner);
    const int kept = miner->connection != 0;
    if (kept && rack == NULL) {
        return;
    }
    if (kept && rack->connection == miner->connection && rack->opened < RACK_CHANNELS_MAX) {
        rack->opened++;
        return;
    }
    hs_sim_disconnect(sim, miner);
    /* A rack that has opened its share of channels goes on by itself: nobody joins it any more. */
    if (rack != NULL && (rack->channels == 0 || rack->opened == RACK_CHANNELS_MAX)) {
        *rack = (hs_rack){.connection = ++sim->last_connection};
    }
    miner->rack = rack != NULL ? (uint32_t)(rack - sim->racks) + 1 : 0;
    if (rack == NULL) {
        miner->connection = ++sim->last_connection;
        return;
    }
    miner->connection = rack->connection;
    rack->channels++;
    rack->opened++;
}

void hs_sim_disconnect(hs_sim *sim, hs_sim_miner *miner)
{
    hs_rack *const rack = miner->rack != 0 ? &sim->racks[miner->rack - 1] : NULL;
    if (rack != NULL && rack->connection == miner->connection) {
        rack->channels--;
    }
    miner->connection = 0;
    miner->rack = 0;
}

static uint32_t granted(const hs_sim_pool *pool)
{
    return pool->spec.extranonce_size > 0 ? pool->spec.extranonce_size : HIDDEN_GRANT;
}

void hs_sim_pool_tip(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    const uint32_t ntime = (uint32_t)(HS_SIM_START_UNIX_MS / 1000 + sim->second);
    if (pool->stream.job_id != 0) {
        if (pool->stream.tip_number != sim->tip) {
            hs_job_stream_new_tip(&pool->stream, sim->tip, ntime);
        }
        return;
    }
    hs_job_stream_options options = {.seed = sim->options->seed,
                                     .pool = index + 1,
                                     .chain = pool->spec.chain,
                                     .full_extranonce_len =
                                         (uint32_t)sizeof pool->prefix + granted(pool),
                                     .version_rolling = 1};
    const size_t len = strlen(pool->spec.id);
    memcpy(options.tag, pool->spec.id, len < sizeof options.tag ? len : sizeof options.tag - 1);
    (void)hs_job_stream_init(&pool->stream, &options, sim->tip, ntime); /* 4 + 28 bytes fit */
}

hs_move_pool hs_sim_move_pool(const hs_sim *sim, uint32_t index, hs_sv2_new_extended_job *job)
{
    const hs_sim_pool *const pool = &sim->pools[index];
    *job = hs_job_stream_job(&pool->stream);
    hs_move_pool out = {.upstream = pool->upstream,
                        .is_open = 1, /* what was opened and lost is asked elsewhere */
                        .prefix = {.len = sizeof pool->prefix},
                        .extranonce_size = granted(pool),
                        .has_tip = 1,
                        .tip = pool->stream.tip,
                        .job = job};
    memcpy(out.prefix.byte, pool->prefix, sizeof pool->prefix);
    return out;
}

static enum hs_channel_kind kind_of(const hs_sim_miner *miner)
{
    return miner->extended ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
}

enum hs_move_refusal hs_sim_check_move(const hs_sim *sim, const hs_sim_miner *miner,
                                       uint32_t upstream, const hs_sv2_b032 *prefix)
{
    hs_sv2_new_extended_job job;
    const hs_move_pool pool = hs_sim_move_pool(sim, (uint32_t)sim->pool_of[upstream], &job);
    hs_move_channel channel = {.kind = kind_of(miner),
                               .extranonce_size = miner->extended ? HS_SIM_EXTRANONCE_SIZE : 0,
                               .told_version_may_roll = 1,
                               .ignores_prefix = miner->deaf != 0,
                               .upstream = miner->upstream,
                               .prefix = {.len = miner->prefix_len}};
    memcpy(channel.prefix.byte, miner->prefix, sizeof miner->prefix);
    return hs_move_check(&channel, &pool, prefix);
}

int hs_sim_same_tip(const hs_sim *sim, uint32_t from, uint32_t to)
{
    if (sim->pool_of[from] < 0 || sim->pool_of[to] < 0) {
        return 0;
    }
    const hs_tip *const a = &sim->pools[sim->pool_of[from]].stream.tip;
    const hs_tip *const b = &sim->pools[sim->pool_of[to]].stream.tip;
    return a->nbits == b->nbits &&
           memcmp(a->prev_hash.byte, b->prev_hash.byte, sizeof a->prev_hash.byte) == 0;
}

/* The pool's prefix, then as much of a number as there is room for, then a 1: the prefixes of a
 * plugin that pads its own index with zeros, as hashmux does, are never among them. */
hs_sv2_b032 hs_sim_choose_prefix(hs_sim *sim, const hs_sim_miner *miner, uint32_t upstream)
{
    hs_sim_pool *const pool = &sim->pools[sim->pool_of[upstream]];
    hs_sv2_new_extended_job job;
    const hs_move_pool move_pool = hs_sim_move_pool(sim, (uint32_t)sim->pool_of[upstream], &job);
    hs_sv2_b032 prefix = {.len = 0};
    const int len = hs_move_prefix_len(&move_pool, kind_of(miner),
                                       miner->extended ? HS_SIM_EXTRANONCE_SIZE : 0);
    if (len < 0) {
        return prefix;
    }
    const uint32_t left = (uint32_t)len - (uint32_t)sizeof pool->prefix;
    const uint32_t width = left < INDEX_BYTES ? left : INDEX_BYTES;
    const uint32_t number = 0xffffffU - pool->host_prefixes++ % 0xffffffU;
    prefix.len = (uint32_t)len;
    memcpy(prefix.byte, pool->prefix, sizeof pool->prefix);
    for (uint32_t i = 0; i < width; i++) {
        prefix.byte[sizeof pool->prefix + i] = (uint8_t)(number >> (8 * (width - 1 - i)));
    }
    if (left > width) {
        prefix.byte[sizeof pool->prefix + width] = 1;
    }
    return prefix;
}
