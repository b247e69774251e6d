/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/frames_pools.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/sim/links.h"
#include "host_stub/sv2/codec.h"

enum { UPSTREAM_GROUP = 1, UPSTREAM_CHANNEL = 2, UPSTREAM_REQUEST = 1, INDEX_BYTES = 2 };

static void say(hs_sim *sim, uint32_t index, enum hs_frame_side side, const hs_sv2_message *m)
{
    (void)hs_frame_file_message(&sim->frames->pools[index].file, side, hs_sim_frames_now_ms(sim),
                                m);
}

static void say_job(hs_sim *sim, uint32_t index)
{
    const hs_job_stream *const stream = &sim->pools[index].stream;
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    m.as.new_extended_job = hs_job_stream_job(stream);
    m.as.new_extended_job.channel_id = UPSTREAM_CHANNEL;
    say(sim, index, HS_FRAME_FROM_SERVER, &m);
    sim->frames->pools[index].next_refresh = sim->second + HS_REFRESH_SECS;
}

/* The current job as a future one, and the tip that makes it the one to work on. */
static void say_tip(hs_sim *sim, uint32_t index)
{
    const hs_job_stream *const stream = &sim->pools[index].stream;
    hs_sv2_message m = {.id = HS_SV2_SET_NEW_PREV_HASH};
    say_job(sim, index);
    m.as.set_new_prev_hash.channel_id = UPSTREAM_CHANNEL;
    m.as.set_new_prev_hash.job_id = stream->job_id;
    m.as.set_new_prev_hash.prev_hash = stream->tip.prev_hash;
    m.as.set_new_prev_hash.min_ntime = stream->tip.min_ntime;
    m.as.set_new_prev_hash.nbits = stream->tip.nbits;
    say(sim, index, HS_FRAME_FROM_SERVER, &m);
}

static void say_setup(hs_sim *sim, uint32_t index)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = 2;
    m.as.setup_connection.max_version = 2;
    m.as.setup_connection.endpoint_host = hs_sv2_bytes_of(sim->pools[index].spec.id);
    m.as.setup_connection.endpoint_port = 3333;
    m.as.setup_connection.vendor = hs_sv2_bytes_of("hashmux");
    m.as.setup_connection.hardware_version = hs_sv2_bytes_of("host_stub");
    say(sim, index, HS_FRAME_FROM_CLIENT, &m);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_SETUP_CONNECTION_SUCCESS;
    m.as.setup_connection_success.used_version = 2;
    say(sim, index, HS_FRAME_FROM_SERVER, &m);
}

/* What the miners that work there have stated, together. */
static double stated_hs(const hs_sim *sim, uint32_t index)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_sim_miner *const miner = sim->miners[i];
        const hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, miner->channel);
        sum += c != NULL && miner->upstream == sim->pools[index].upstream ? c->stated_hs : 0.0;
    }
    return sum;
}

static void say_open(hs_sim *sim, uint32_t index)
{
    hs_sv2_new_extended_job job;
    const hs_move_pool pool = hs_sim_move_pool(sim, index, &job);
    hs_sim_frame_pool *const own = &sim->frames->pools[index];
    own->stated_hs = stated_hs(sim, index);
    hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED};
    m.as.open.request_id = UPSTREAM_REQUEST;
    m.as.open.user_identity = hs_sv2_bytes_of("farm");
    m.as.open.nominal_hash_rate = (float)own->stated_hs;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    m.as.open.min_extranonce_size = pool.extranonce_size < HS_SIM_EXTRANONCE_SIZE + INDEX_BYTES
                                        ? pool.extranonce_size
                                        : HS_SIM_EXTRANONCE_SIZE + INDEX_BYTES;
    say(sim, index, HS_FRAME_FROM_CLIENT, &m);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_OPEN_EXTENDED_SUCCESS;
    m.as.open_success.request_id = UPSTREAM_REQUEST;
    m.as.open_success.channel_id = UPSTREAM_CHANNEL;
    m.as.open_success.target = hs_move_target_of((double)HS_SIM_POOL_DIFFICULTY);
    m.as.open_success.extranonce_size = pool.extranonce_size;
    m.as.open_success.extranonce_prefix = pool.prefix;
    m.as.open_success.group_channel_id = UPSTREAM_GROUP;
    say(sim, index, HS_FRAME_FROM_SERVER, &m);
}

/* Gives the pool's current job to everybody who works there. */
static void pass_on(hs_sim *sim, uint32_t index, int soft)
{
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_sim_miner *const miner = sim->miners[i];
        hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, miner->channel);
        if (c != NULL && c->state == HS_SIM_FRAME_OPEN &&
            miner->upstream == sim->pools[index].upstream) {
            hs_sim_frames_burst(sim, c, miner, soft);
        }
    }
}

void hs_sim_frames_up(hs_sim *sim, uint32_t index)
{
    char name[HMX_ID_SIZE + 32];
    char why[512] = "";
    hs_sim_frames *const frames = sim->frames;
    if (frames == NULL) {
        return;
    }
    hs_sim_frame_pool *const own = &frames->pools[index];
    const char *const id = sim->pools[index].spec.id;
    own->connections++;
    if (own->connections == 1) {
        snprintf(name, sizeof name, "up-%s.hex", id);
    } else {
        snprintf(name, sizeof name, "up-%s.%u.hex", id, (unsigned)own->connections);
    }
    if (hs_frame_file_begin(&own->file, sim->options->frames, name, why, sizeof why) != 0 &&
        !frames->failed) {
        frames->failed = 1;
        snprintf(frames->failed_path, sizeof frames->failed_path, "%.255s", why);
    }
    /* A pool that was away has made jobs meanwhile: nobody gets an old one again. */
    if (own->connections > 1 && sim->pools[index].stream.is_refreshed) {
        hs_job_stream_new_tip(&sim->pools[index].stream, sim->tip,
                              (uint32_t)(HS_SIM_START_UNIX_MS / 1000 + sim->second));
    }
    say_setup(sim, index);
    say_open(sim, index);
    say_tip(sim, index);
    pass_on(sim, index, 1);
}

void hs_sim_frames_down(hs_sim *sim, uint32_t index)
{
    if (sim->frames != NULL) {
        hs_frame_file *const file = &sim->frames->pools[index].file;
        (void)hs_frame_file_note(file, hs_sim_frames_now_ms(sim), "the connection is lost");
        hs_sim_frames_end_file(sim->frames, file);
    }
}

void hs_sim_frames_tip(hs_sim *sim, uint32_t index)
{
    if (sim->frames != NULL) {
        say_tip(sim, index);
        pass_on(sim, index, 0);
    }
}

/* The pool learns what the host can deliver now, at most once per refreshed job. */
static void restate(hs_sim *sim, uint32_t index)
{
    hs_sim_frame_pool *const own = &sim->frames->pools[index];
    const double now_hs = stated_hs(sim, index);
    const double tolerance = own->stated_hs * HS_RESTATE_PCT / 100.0;
    if (now_hs > own->stated_hs + tolerance || now_hs < own->stated_hs - tolerance) {
        hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
        m.as.update_channel.channel_id = UPSTREAM_CHANNEL;
        m.as.update_channel.nominal_hash_rate = (float)now_hs;
        memset(&m.as.update_channel.maximum_target, 0xff,
               sizeof m.as.update_channel.maximum_target);
        say(sim, index, HS_FRAME_FROM_CLIENT, &m);
        own->stated_hs = now_hs;
    }
}

static void refresh(hs_sim *sim, uint32_t index)
{
    restate(sim, index);
    hs_job_stream_refresh(&sim->pools[index].stream,
                          (uint32_t)(HS_SIM_START_UNIX_MS / 1000 + sim->second));
    say_job(sim, index);
    pass_on(sim, index, 1);
}

void hs_sim_frames_refresh_jobs(hs_sim *sim)
{
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        if (sim->pools[i].up && sim->second >= sim->frames->pools[i].next_refresh) {
            refresh(sim, i);
        }
    }
}
