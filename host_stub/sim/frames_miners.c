/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What miners say: shares with their answers, and hashrates stated anew. */
#include <string.h>

#include "host_stub/sim/frames_state.h"
#include "host_stub/sv2/work.h"

/* Where in its second a share is found: the answers and moves of a second come at its beginning. */
enum { SHARE_MS = 500 };

void hs_frames_answer(hs_sim *sim, hs_frame_channel *c)
{
    hs_sv2_message m;
    /* Each message takes at least one share off, so the loop ends. */
    while (hs_acks_next(&c->acks, c->move.channel_id, &m)) {
        (void)hs_frame_file_message(&c->conn->file, HS_FRAME_FROM_SERVER, hs_frames_now_ms(sim),
                                    &m);
    }
    c->next_answer = sim->second + HS_ANSWER_SECS;
}

/* One share of the active job. The tag holds the verdict that the pool is going to give. */
static int submit(hs_sim *sim, hs_frame_channel *c, const hs_job_entry *job, int accepted)
{
    hs_rng *const rng = &sim->frames->rng;
    const uint64_t found_ms = (sim->second - 1) * 1000u + SHARE_MS;
    const uint64_t draw = hs_rng_u64(rng);
    hs_sv2_message m = {.id = c->move.kind == HS_CHANNEL_EXTENDED ? HS_SV2_SUBMIT_EXTENDED
                                                                  : HS_SV2_SUBMIT_STANDARD};
    /* A device has no clock of its own: it counts from the tip's min_ntime on (spec 5.3.11). */
    const uint32_t counted =
        c->move.tip.min_ntime + (uint32_t)((found_ms - c->tip_since_ms) / 1000);
    m.as.submit.channel_id = c->move.channel_id;
    m.as.submit.sequence_number = ++c->last_sequence;
    m.as.submit.job_id = job->job_id;
    m.as.submit.nonce = (uint32_t)draw;
    m.as.submit.ntime = counted > job->min_ntime ? counted : job->min_ntime;
    m.as.submit.version =
        job->version ^ (job->version_rolling ? (uint32_t)(draw >> 32) & c->version_bits : 0);
    m.as.submit.extranonce.len = c->move.extranonce_size;
    for (uint32_t i = 0; i < c->move.extranonce_size; i++) {
        m.as.submit.extranonce.byte[i] = (uint8_t)hs_rng_below(rng, 256);
    }
    (void)hs_frame_file_message(&c->conn->file, HS_FRAME_FROM_CLIENT, found_ms, &m);
    const hs_ack_share share = {.sequence_number = c->last_sequence,
                                .upstream = job->upstream,
                                .tag = (uint64_t)c->last_sequence << 1 | (accepted ? 1u : 0u),
                                .difficulty = hs_sv2_difficulty(&job->target)};
    return hs_acks_add(&c->acks, &share);
}

void hs_sim_frames_shares(hs_sim *sim, hs_miner *miner, uint32_t found, double acceptance)
{
    hs_frame_channel *const c = hs_frames_channel(sim, miner->channel);
    const hs_job_entry *const job = c != NULL ? hs_job_table_active(&c->move.jobs) : NULL;
    if (job == NULL) {
        return;
    }
    for (uint32_t i = 0; i < found; i++) {
        if (!submit(sim, c, job, miner->luck[i] < acceptance)) {
            sim->no_memory = 1;
            return;
        }
    }
    const uint32_t index = (uint32_t)sim->pool_of[job->upstream];
    if (!sim->pools[index].up) {
        hs_sim_frames_verdicts(sim, miner->channel, index);
    }
}

void hs_sim_frames_verdicts(hs_sim *sim, uint64_t channel, uint32_t index)
{
    hs_frame_channel *const c = hs_frames_channel(sim, channel);
    const hs_sim_pool *const pool = &sim->pools[index];
    if (c == NULL || c->state != HS_FRAME_OPEN) {
        return; /* it has left, and nobody waits for the answer */
    }
    for (size_t i = 0; i < c->acks.count; i++) {
        const hs_ack_share *const share = &c->acks.shares[i];
        if (share->state == HS_ACK_WAITS && share->upstream == pool->upstream) {
            const char *const code = !pool->up                ? HS_CODE_POOL_LOST
                                     : (share->tag & 1u) != 0 ? NULL
                                                              : HS_CODE_REFUSED;
            (void)hs_acks_settle(&c->acks, share->upstream, share->tag, code);
        }
    }
}

/* UpdateChannel, and SetTarget in answer to it. */
static void state_anew(hs_sim *sim, hs_frame_channel *c, const hs_miner *miner)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    const double now_hs = miner->hash * HS_HASHES_PER_DIFF1;
    c->stated_hs = now_hs;
    c->move.max_target = hs_move_target_of(miner->difficulty / HS_EASIER);
    m.as.update_channel.channel_id = c->move.channel_id;
    m.as.update_channel.nominal_hash_rate = (float)now_hs;
    m.as.update_channel.maximum_target = c->move.max_target;
    (void)hs_frame_file_message(&c->conn->file, HS_FRAME_FROM_CLIENT, hs_frames_now_ms(sim), &m);
    const hs_sv2_u256 target = hs_frames_target(c, miner->difficulty);
    if (hs_move_set_target(&c->move, &target, &m)) {
        c->told_difficulty = miner->difficulty;
        (void)hs_frame_file_message(&c->conn->file, HS_FRAME_FROM_SERVER, hs_frames_now_ms(sim),
                                    &m);
    }
}

static void restate(hs_sim *sim, hs_frame_channel *c, const hs_miner *miner)
{
    const double ratio = miner->hash * HS_HASHES_PER_DIFF1 / c->stated_hs;
    c->next_restate = sim->second + HS_RESTATE_SECS;
    if (ratio > 1.0 + HS_RESTATE_PCT / 100.0 || ratio < 1.0 - HS_RESTATE_PCT / 100.0) {
        state_anew(sim, c, miner);
    }
}

static void look_at_channels(hs_sim *sim)
{
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_miner *const miner = sim->miners[i];
        hs_frame_channel *const c = hs_frames_channel(sim, miner->channel);
        if (c == NULL || c->state != HS_FRAME_OPEN) {
            continue;
        }
        if (sim->second >= c->next_answer && c->acks.count > 0) {
            hs_frames_answer(sim, c);
        }
        if (sim->second >= c->next_restate) {
            restate(sim, c, miner);
        }
    }
}

void hs_sim_frames_second(hs_sim *sim)
{
    if (sim->frames != NULL) {
        hs_frames_refresh_jobs(sim);
        look_at_channels(sim);
    }
}
