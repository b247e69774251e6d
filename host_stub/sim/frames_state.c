/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/frames_state.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/sim/links.h"

uint64_t hs_sim_frames_now_ms(const hs_sim *sim)
{
    return sim->second * 1000u;
}

void hs_sim_frames_end_file(hs_sim_frames *frames, hs_frame_file *file)
{
    char path[sizeof frames->failed_path];
    snprintf(path, sizeof path, "%s", file->path != NULL ? file->path : "?");
    if (hs_frame_file_end(file) != 0 && !frames->failed) {
        memcpy(frames->failed_path, path, sizeof path);
        frames->failed = 1;
    }
}

hs_sim_frame_channel *hs_sim_frames_channel(const hs_sim *sim, uint64_t channel)
{
    const hs_sim_frames *const frames = sim->frames;
    return frames != NULL && channel < frames->channel_count ? frames->channels[channel] : NULL;
}

void hs_sim_frames_say(hs_sim *sim, hs_sim_frame_conn *conn, enum hs_frame_side side,
                       const hs_sv2_message *message)
{
    (void)hs_frame_file_message(&conn->file, side, hs_sim_frames_now_ms(sim), message);
}

void hs_sim_frames_answer(hs_sim *sim, hs_sim_frame_channel *c)
{
    hs_sv2_message m;
    /* Each message takes at least one share off, so the loop ends. */
    while (hs_acks_next(&c->acks, c->move.channel_id, &m)) {
        (void)hs_frame_file_message(&c->conn->file, HS_FRAME_FROM_SERVER, hs_sim_frames_now_ms(sim),
                                    &m);
    }
    c->next_answer = sim->second + HS_ANSWER_SECS;
}

hs_sv2_u256 hs_sim_frames_target(const hs_sim_frame_channel *c, double difficulty)
{
    const hs_sv2_u256 vardiff = hs_move_target_of(difficulty);
    const hs_sv2_u256 pool = hs_move_target_of((double)HS_SIM_POOL_DIFFICULTY);
    const hs_sv2_u256 asked = hs_move_target(&pool, &vardiff);
    return hs_move_target(&asked, &c->move.max_target);
}

hs_sv2_b032 hs_sim_frames_prefix(const hs_sim_miner *miner)
{
    hs_sv2_b032 prefix = {.len = miner->prefix_len};
    memcpy(prefix.byte, miner->prefix, sizeof prefix.byte);
    return prefix;
}

void hs_sim_frames_burst(hs_sim *sim, hs_sim_frame_channel *c, const hs_sim_miner *miner, int soft)
{
    hs_sv2_new_extended_job job;
    hs_move_frames out;
    const hs_move_pool pool = hs_sim_move_pool(sim, (uint32_t)sim->pool_of[miner->upstream], &job);
    const hs_sv2_b032 prefix = hs_sim_frames_prefix(miner);
    const double change = miner->difficulty / c->told_difficulty;
    const int retarget = pool.upstream != c->move.upstream && (change < 0.99 || change > 1.01);
    const hs_sv2_u256 target =
        retarget ? hs_sim_frames_target(c, miner->difficulty) : c->move.target;
    if (hs_move_burst(&c->move, &pool, &prefix, &target, soft, &out) != 0) {
        sim->no_memory = 1;
        return;
    }
    c->told_difficulty = retarget ? miner->difficulty : c->told_difficulty;
    c->tip_since_ms = out.is_soft ? c->tip_since_ms : hs_sim_frames_now_ms(sim);
    for (uint32_t i = 0; i < out.count; i++) {
        hs_sim_frames_say(sim, c->conn, HS_FRAME_FROM_SERVER, &out.messages[i]);
    }
}
