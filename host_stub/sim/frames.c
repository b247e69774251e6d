/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/sim/frames_pools.h"
#include "host_stub/sim/links.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

static const char VENDOR[] = "simulated";

int hs_sim_frames_begin(hs_sim *sim, char *why, size_t capacity)
{
    if (sim->options->frames == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        if (sim->pools[i].spec.aggregate) {
            return hs_refuse(why, capacity, "there are no frames of a pool with 'aggregate': %s",
                             sim->pools[i].spec.id);
        }
    }
    if (hs_frame_folder(sim->options->frames, why, capacity) != 0) {
        return -1;
    }
    sim->frames = calloc(1, sizeof *sim->frames);
    if (sim->frames == NULL) {
        return hs_refuse(why, capacity, "out of memory");
    }
    hs_rng_init(&sim->frames->rng, sim->options->seed, "frames", 0);
    return 0;
}

static void free_channel(hs_sim_frame_channel *c)
{
    if (c != NULL) {
        hs_job_table_free(&c->move.jobs);
        hs_acks_free(&c->acks);
        free(c);
    }
}

static void end_conn(hs_sim_frames *frames, uint64_t number)
{
    if (number < frames->conn_capacity && frames->conns[number] != NULL) {
        hs_sim_frames_end_file(frames, &frames->conns[number]->file);
        free(frames->conns[number]);
        frames->conns[number] = NULL;
    }
}

int hs_sim_frames_end(hs_sim *sim, char *why, size_t capacity)
{
    hs_sim_frames *const frames = sim->frames;
    if (frames == NULL) {
        return 0;
    }
    for (uint64_t i = 0; i < frames->channel_count; i++) {
        if (frames->channels[i] != NULL && frames->channels[i]->state == HS_SIM_FRAME_OPEN) {
            hs_sim_frames_answer(sim, frames->channels[i]);
        }
    }
    for (uint64_t i = 0; i < frames->conn_count; i++) {
        end_conn(frames, i);
    }
    for (uint32_t i = 0; i < HS_SIM_POOLS_MAX; i++) {
        hs_sim_frames_end_file(frames, &frames->pools[i].file);
    }
    return frames->failed
               ? hs_refuse(why, capacity, "the frames cannot be written: %s", frames->failed_path)
               : 0;
}

void hs_sim_frames_free(hs_sim *sim)
{
    hs_sim_frames *const frames = sim->frames;
    if (frames == NULL) {
        return;
    }
    for (uint64_t i = 0; i < frames->channel_count; i++) {
        free_channel(frames->channels[i]);
    }
    for (uint64_t i = 0; i < frames->conn_count; i++) {
        end_conn(frames, i);
    }
    for (uint32_t i = 0; i < HS_SIM_POOLS_MAX; i++) {
        hs_sim_frames_end_file(frames, &frames->pools[i].file);
    }
    free(frames->channels);
    free(frames->conns);
    free(frames);
    sim->frames = NULL;
}

/* ---- connections ---- */

/* A device alone on its connection that knows no extended job may say so. */
static int is_header_only(const hs_sim_miner *miner)
{
    return miner->rack == 0 && !miner->extended;
}

static void set_up(hs_sim *sim, hs_sim_frame_conn *conn, const hs_sim_miner *miner)
{
    char device[32];
    const int alone = miner->rack == 0;
    snprintf(device, sizeof device, "%s%06u", alone ? "m" : "rack",
             (unsigned)(alone ? miner->number : miner->rack));
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = 2;
    m.as.setup_connection.max_version = 2;
    m.as.setup_connection.flags = is_header_only(miner) ? HS_SV2_REQUIRES_STANDARD_JOBS : 0;
    m.as.setup_connection.endpoint_host = hs_sv2_bytes_of("farm.example");
    m.as.setup_connection.endpoint_port = 3333;
    m.as.setup_connection.vendor = hs_sv2_bytes_of(VENDOR);
    m.as.setup_connection.hardware_version = hs_sv2_bytes_of(alone ? "miner" : "rack");
    m.as.setup_connection.firmware = hs_sv2_bytes_of("1.0");
    m.as.setup_connection.device_id = hs_sv2_bytes_of(device);
    hs_sim_frames_say(sim, conn, HS_FRAME_FROM_CLIENT, &m);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_SETUP_CONNECTION_SUCCESS;
    m.as.setup_connection_success.used_version = 2;
    hs_sim_frames_say(sim, conn, HS_FRAME_FROM_SERVER, &m);
}

static hs_sim_frame_conn *conn_of(hs_sim *sim, const hs_sim_miner *miner)
{
    hs_sim_frames *const frames = sim->frames;
    char name[48];
    char why[512] = "";
    if (HS_GROW(frames->conns, frames->conn_capacity, (size_t)miner->connection + 1) != 0) {
        sim->no_memory = 1;
        return NULL;
    }
    while (frames->conn_count <= miner->connection) {
        frames->conns[frames->conn_count++] = NULL;
    }
    if (frames->conns[miner->connection] != NULL) {
        return frames->conns[miner->connection];
    }
    hs_sim_frame_conn *const conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        sim->no_memory = 1;
        return NULL;
    }
    snprintf(name, sizeof name, "conn-%05llu.hex", (unsigned long long)miner->connection);
    if (hs_frame_file_begin(&conn->file, sim->options->frames, name, why, sizeof why) != 0 &&
        !frames->failed) {
        frames->failed = 1;
        snprintf(frames->failed_path, sizeof frames->failed_path, "%.255s", why);
    }
    frames->conns[miner->connection] = conn;
    set_up(sim, conn, miner);
    return conn;
}

/* ---- channels ---- */

static void say_open(hs_sim *sim, hs_sim_frame_channel *c, const hs_sim_miner *miner)
{
    char identity[32];
    snprintf(identity, sizeof identity, "farm.m%06u", (unsigned)miner->number);
    hs_sv2_message m = {.id = miner->extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = c->request_id;
    m.as.open.user_identity = hs_sv2_bytes_of(identity);
    m.as.open.nominal_hash_rate = (float)miner->declared_hs;
    m.as.open.max_target = c->move.max_target;
    m.as.open.min_extranonce_size = c->move.extranonce_size;
    hs_sim_frames_say(sim, c->conn, HS_FRAME_FROM_CLIENT, &m);
}

/* The waiting request is answered, and the first job follows at once. Each channel has a group of
 * its own, so that the length of its prefix concerns nobody else. */
static void say_opened(hs_sim *sim, hs_sim_frame_channel *c, const hs_sim_miner *miner)
{
    hs_sv2_message m = {.id = miner->extended ? HS_SV2_OPEN_EXTENDED_SUCCESS
                                              : HS_SV2_OPEN_STANDARD_SUCCESS};
    const uint32_t group = ++c->conn->last_id;
    c->move.channel_id = ++c->conn->last_id;
    c->move.prefix = hs_sim_frames_prefix(miner);
    c->move.target = hs_sim_frames_target(c, miner->difficulty);
    c->told_difficulty = miner->difficulty;
    c->state = HS_SIM_FRAME_OPEN;
    m.as.open_success.request_id = c->request_id;
    m.as.open_success.channel_id = c->move.channel_id;
    m.as.open_success.target = c->move.target;
    m.as.open_success.extranonce_size = c->move.extranonce_size;
    m.as.open_success.extranonce_prefix = c->move.prefix;
    m.as.open_success.group_channel_id = group;
    hs_sim_frames_say(sim, c->conn, HS_FRAME_FROM_SERVER, &m);
    hs_sim_frames_burst(sim, c, miner, 0);
}

static void say_refused(hs_sim *sim, hs_sim_frame_channel *c, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_ERROR};
    m.as.open_error.request_id = c->request_id;
    m.as.open_error.error_code = hs_sv2_bytes_of(code);
    hs_sim_frames_say(sim, c->conn, HS_FRAME_FROM_SERVER, &m);
    c->state = HS_SIM_FRAME_REFUSED;
}

void hs_sim_frames_placed(hs_sim *sim, hs_sim_miner *miner)
{
    hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, miner->channel);
    if (c == NULL || c->state != HS_SIM_FRAME_WAITS || miner->upstream == HMX_NONE) {
        return;
    }
    if (miner->prefix_len == 0) {
        say_refused(sim, c, "unsupported-min-extranonce-size");
    } else {
        say_opened(sim, c, miner);
    }
}

void hs_sim_frames_open(hs_sim *sim, hs_sim_miner *miner)
{
    hs_sim_frames *const frames = sim->frames;
    if (frames == NULL) {
        return;
    }
    hs_sim_frame_conn *const conn = conn_of(sim, miner);
    hs_sim_frame_channel *const c = calloc(1, sizeof *c);
    if (conn == NULL || c == NULL ||
        HS_GROW(frames->channels, frames->channel_capacity, (size_t)miner->channel + 1) != 0) {
        sim->no_memory = 1;
        free(c);
        return;
    }
    while (frames->channel_count <= miner->channel) {
        frames->channels[frames->channel_count++] = NULL;
    }
    frames->channels[miner->channel] = c;
    conn->channels++;
    c->conn = conn;
    c->connection = miner->connection;
    c->request_id = ++conn->last_request;
    c->stated_hs = miner->declared_hs;
    c->next_restate = sim->second + HS_RESTATE_SECS;
    c->next_answer = sim->second + HS_ANSWER_SECS;
    c->version_bits = miner->number % 2 == 0 ? 0x1fffe000u : 0;
    c->move.kind = miner->extended ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
    c->move.extranonce_size = miner->extended ? HS_SIM_EXTRANONCE_SIZE : 0;
    c->move.header_only = is_header_only(miner);
    c->move.told_version_may_roll = 1;
    c->move.max_target = hs_move_target_of(miner->difficulty / HS_EASIER);
    say_open(sim, c, miner);
    hs_sim_frames_placed(sim, miner);
}

void hs_sim_frames_move(hs_sim *sim, hs_sim_miner *miner, int soft)
{
    hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, miner->channel);
    if (c != NULL && c->state == HS_SIM_FRAME_OPEN) {
        hs_sim_frames_burst(sim, c, miner, soft);
    }
}

void hs_sim_frames_drained(hs_sim *sim, const hs_sim_drain *drain)
{
    hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, drain->channel);
    hs_sv2_b032 prefix = {.len = drain->prefix_len};
    memcpy(prefix.byte, drain->prefix, sizeof prefix.byte);
    if (c != NULL && c->state == HS_SIM_FRAME_OPEN &&
        hs_job_table_uses_prefix(&c->move.jobs, drain->upstream, &prefix)) {
        hs_sim_frames_burst(sim, c, sim->by_channel[drain->channel], 0);
        if (hs_job_table_uses_prefix(&c->move.jobs, drain->upstream, &prefix)) {
            hs_sim_note(sim, "a prefix was reported free while a valid job still had it");
        }
    }
}

static void say_closed(hs_sim *sim, hs_sim_frame_channel *c, uint32_t reason)
{
    const int reopens = reason == HMX_CLOSE_REOPEN;
    if (c->state == HS_SIM_FRAME_OPEN) {
        hs_sim_frames_answer(sim, c);
    }
    if (reason == HMX_CLOSE_CONNECTION_LOST) {
        (void)hs_frame_file_note(&c->conn->file, hs_sim_frames_now_ms(sim),
                                 "the connection is lost");
    } else if (c->state == HS_SIM_FRAME_OPEN) {
        hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
        m.as.close_channel.channel_id = c->move.channel_id;
        m.as.close_channel.reason_code = hs_sv2_bytes_of(reopens ? "channel-moved" : "miner-left");
        hs_sim_frames_say(sim, c->conn, reopens ? HS_FRAME_FROM_SERVER : HS_FRAME_FROM_CLIENT, &m);
    } else if (c->state == HS_SIM_FRAME_WAITS) {
        say_refused(sim, c, HS_CODE_NO_POOL);
    }
}

void hs_sim_frames_close(hs_sim *sim, hs_sim_miner *miner, uint32_t reason)
{
    hs_sim_frames *const frames = sim->frames;
    hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, miner->channel);
    if (c == NULL) {
        return;
    }
    say_closed(sim, c, reason);
    frames->channels[miner->channel] = NULL;
    c->conn->channels--;
    if (c->conn->channels == 0 && reason != HMX_CLOSE_REOPEN) {
        end_conn(frames, c->connection);
    }
    free_channel(c);
}

/* ---- what miners say: shares with their answers, and hashrates stated anew ---- */

/* Where in its second a share is found: the answers and moves of a second come at its beginning. */
enum { SHARE_MS = 500 };

/* A share's tag: the verdict that the pool is going to give, its number, and its second. */
enum { TAG_ACCEPTED = 0x1, TAG_STALE = 0x2, TAG_NUMBER_SHIFT = 2, TAG_SECOND_SHIFT = 34 };

/* One share of the active job. */
static int submit(hs_sim *sim, hs_sim_frame_channel *c, const hs_job_entry *job, uint32_t verdict)
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
                                .tag = (sim->second - 1) << TAG_SECOND_SHIFT |
                                       (uint64_t)c->last_sequence << TAG_NUMBER_SHIFT | verdict,
                                .difficulty = hs_sv2_difficulty(&job->target)};
    return hs_acks_add(&c->acks, &share) == 0;
}

void hs_sim_frames_shares(hs_sim *sim, hs_sim_miner *miner, uint32_t found, hs_sim_chance chance)
{
    hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, miner->channel);
    const hs_job_entry *const job = c != NULL ? hs_job_table_active(&c->move.jobs) : NULL;
    if (job == NULL) {
        return;
    }
    for (uint32_t i = 0; i < found; i++) {
        const double luck = miner->luck[i];
        const uint32_t verdict = luck < chance.fresh   ? TAG_ACCEPTED
                                 : luck < chance.valid ? TAG_STALE
                                                       : 0u;
        if (!submit(sim, c, job, verdict)) {
            sim->no_memory = 1;
            return;
        }
    }
    const uint32_t index = (uint32_t)sim->pool_of[job->upstream];
    if (!sim->pools[index].up) {
        hs_sim_frames_verdicts(sim, miner->channel, index, UINT64_MAX,
                               HS_SIM_FRAME_ACCEPTED | HS_SIM_FRAME_REJECTED);
    }
}

void hs_sim_frames_verdicts(hs_sim *sim, uint64_t channel, uint32_t index, uint64_t until,
                            uint32_t which)
{
    hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, channel);
    const hs_sim_pool *const pool = &sim->pools[index];
    if (c == NULL || c->state != HS_SIM_FRAME_OPEN) {
        return; /* it has left, and nobody waits for the answer */
    }
    for (size_t i = 0; i < c->acks.count; i++) {
        const hs_ack_share *const share = &c->acks.shares[i];
        const int accepted = (share->tag & TAG_ACCEPTED) != 0;
        const uint32_t kind = accepted ? HS_SIM_FRAME_ACCEPTED : HS_SIM_FRAME_REJECTED;
        if (share->state == HS_ACK_WAITS && share->upstream == pool->upstream &&
            (which & kind) != 0 && share->tag >> TAG_SECOND_SHIFT <= until) {
            const char *const code = !pool->up                       ? HS_CODE_POOL_LOST
                                     : accepted                      ? NULL
                                     : (share->tag & TAG_STALE) != 0 ? HS_CODE_STALE
                                                                     : HS_CODE_REFUSED;
            (void)hs_acks_settle(&c->acks, share->upstream, share->tag, code);
        }
    }
}

/* UpdateChannel, and SetTarget in answer to it. */
static void state_anew(hs_sim *sim, hs_sim_frame_channel *c, const hs_sim_miner *miner)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    const double now_hs = miner->hash * HS_HASHES_PER_DIFF1;
    c->stated_hs = now_hs;
    c->move.max_target = hs_move_target_of(miner->difficulty / HS_EASIER);
    m.as.update_channel.channel_id = c->move.channel_id;
    m.as.update_channel.nominal_hash_rate = (float)now_hs;
    m.as.update_channel.maximum_target = c->move.max_target;
    (void)hs_frame_file_message(&c->conn->file, HS_FRAME_FROM_CLIENT, hs_sim_frames_now_ms(sim),
                                &m);
    const hs_sv2_u256 target = hs_sim_frames_target(c, miner->difficulty);
    if (hs_move_set_target(&c->move, &target, &m)) {
        c->told_difficulty = miner->difficulty;
        (void)hs_frame_file_message(&c->conn->file, HS_FRAME_FROM_SERVER, hs_sim_frames_now_ms(sim),
                                    &m);
    }
}

static void restate(hs_sim *sim, hs_sim_frame_channel *c, const hs_sim_miner *miner)
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
        const hs_sim_miner *const miner = sim->miners[i];
        hs_sim_frame_channel *const c = hs_sim_frames_channel(sim, miner->channel);
        if (c == NULL || c->state != HS_SIM_FRAME_OPEN) {
            continue;
        }
        if (sim->second >= c->next_answer && c->acks.count > 0) {
            hs_sim_frames_answer(sim, c);
        }
        if (sim->second >= c->next_restate) {
            restate(sim, c, miner);
        }
    }
}

void hs_sim_frames_second(hs_sim *sim)
{
    if (sim->frames != NULL) {
        hs_sim_frames_refresh_jobs(sim);
        look_at_channels(sim);
    }
}
