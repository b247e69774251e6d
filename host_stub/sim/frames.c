/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The downstream side: connections, channels, moves. Pools are in sim/frames_pools.c, shares and
 * what miners state in sim/frames_miners.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/sim/frames_state.h"

static const char VENDOR[] = "simulated";

uint64_t hs_frames_now_ms(const hs_sim *sim)
{
    return sim->second * 1000u;
}

int hs_sim_frames_begin(hs_sim *sim, char *why, size_t capacity)
{
    if (sim->options->frames == NULL) {
        return 0;
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

void hs_frames_end_file(hs_sim_frames *frames, hs_frame_file *file)
{
    char path[sizeof frames->failed_path];
    snprintf(path, sizeof path, "%s", file->path != NULL ? file->path : "?");
    if (hs_frame_file_end(file) != 0 && !frames->failed) {
        memcpy(frames->failed_path, path, sizeof path);
        frames->failed = 1;
    }
}

static void free_channel(hs_frame_channel *c)
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
        hs_frames_end_file(frames, &frames->conns[number]->file);
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
        if (frames->channels[i] != NULL && frames->channels[i]->state == HS_FRAME_OPEN) {
            hs_frames_answer(sim, frames->channels[i]);
        }
    }
    for (uint64_t i = 0; i < frames->conn_count; i++) {
        end_conn(frames, i);
    }
    for (uint32_t i = 0; i < HS_POOLS_MAX; i++) {
        hs_frames_end_file(frames, &frames->pools[i].file);
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
    for (uint32_t i = 0; i < HS_POOLS_MAX; i++) {
        hs_frames_end_file(frames, &frames->pools[i].file);
    }
    free(frames->channels);
    free(frames->conns);
    free(frames);
    sim->frames = NULL;
}

hs_frame_channel *hs_frames_channel(const hs_sim *sim, uint64_t channel)
{
    const hs_sim_frames *const frames = sim->frames;
    return frames != NULL && channel < frames->channel_count ? frames->channels[channel] : NULL;
}

static void say(hs_sim *sim, hs_frame_conn *conn, enum hs_frame_side side,
                const hs_sv2_message *message)
{
    (void)hs_frame_file_message(&conn->file, side, hs_frames_now_ms(sim), message);
}

static hs_sv2_bytes text(const char *from)
{
    return (hs_sv2_bytes){(const uint8_t *)from, (uint32_t)strlen(from)};
}

/* ---- connections ---- */

static void set_up(hs_sim *sim, hs_frame_conn *conn, const hs_miner *miner)
{
    char device[32];
    const int alone = miner->rack == 0;
    snprintf(device, sizeof device, "%s%06u", alone ? "m" : "rack",
             (unsigned)(alone ? miner->number : miner->rack));
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = 2;
    m.as.setup_connection.max_version = 2;
    /* A device alone on its connection that knows no extended job may say so. */
    m.as.setup_connection.flags = alone && !miner->extended ? HS_SV2_REQUIRES_STANDARD_JOBS : 0;
    m.as.setup_connection.endpoint_host = text("farm.example");
    m.as.setup_connection.endpoint_port = 3333;
    m.as.setup_connection.vendor = text(VENDOR);
    m.as.setup_connection.hardware_version = text(alone ? "miner" : "rack");
    m.as.setup_connection.firmware = text("1.0");
    m.as.setup_connection.device_id = text(device);
    say(sim, conn, HS_FRAME_FROM_CLIENT, &m);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_SETUP_CONNECTION_SUCCESS;
    m.as.setup_connection_success.used_version = 2;
    say(sim, conn, HS_FRAME_FROM_SERVER, &m);
}

static hs_frame_conn *conn_of(hs_sim *sim, const hs_miner *miner)
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
    hs_frame_conn *const conn = calloc(1, sizeof *conn);
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

hs_sv2_u256 hs_frames_target(const hs_frame_channel *c, double difficulty)
{
    const hs_sv2_u256 vardiff = hs_move_target_of(difficulty);
    const hs_sv2_u256 pool = hs_move_target_of((double)HS_POOL_DIFFICULTY);
    const hs_sv2_u256 asked = hs_move_target(&pool, &vardiff);
    return hs_move_target(&asked, &c->move.max_target);
}

static hs_sv2_b032 prefix_of(const hs_miner *miner)
{
    hs_sv2_b032 prefix = {.len = miner->prefix_len};
    memcpy(prefix.byte, miner->prefix, sizeof prefix.byte);
    return prefix;
}

void hs_frames_burst(hs_sim *sim, hs_frame_channel *c, const hs_miner *miner, int soft)
{
    hs_sv2_new_extended_job job;
    hs_move_frames out;
    const hs_move_pool pool = hs_sim_move_pool(sim, (uint32_t)sim->pool_of[miner->upstream], &job);
    const hs_sv2_b032 prefix = prefix_of(miner);
    const double change = miner->difficulty / c->told_difficulty;
    const int retarget = pool.upstream != c->move.upstream && (change < 0.99 || change > 1.01);
    const hs_sv2_u256 target = retarget ? hs_frames_target(c, miner->difficulty) : c->move.target;
    if (!hs_move_burst(&c->move, &pool, &prefix, &target, soft, &out)) {
        sim->no_memory = 1;
        return;
    }
    c->told_difficulty = retarget ? miner->difficulty : c->told_difficulty;
    c->tip_since_ms = out.is_soft ? c->tip_since_ms : hs_frames_now_ms(sim);
    for (uint32_t i = 0; i < out.count; i++) {
        say(sim, c->conn, HS_FRAME_FROM_SERVER, &out.messages[i]);
    }
}

static void say_open(hs_sim *sim, hs_frame_channel *c, const hs_miner *miner)
{
    char identity[32];
    snprintf(identity, sizeof identity, "farm.m%06u", (unsigned)miner->number);
    hs_sv2_message m = {.id = miner->extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = c->request_id;
    m.as.open.user_identity = text(identity);
    m.as.open.nominal_hash_rate = (float)miner->declared_hs;
    m.as.open.max_target = c->move.max_target;
    m.as.open.min_extranonce_size = c->move.extranonce_size;
    say(sim, c->conn, HS_FRAME_FROM_CLIENT, &m);
}

/* The waiting request is answered, and the first job follows at once. Each channel has a group of
 * its own, so that the length of its prefix concerns nobody else. */
static void say_opened(hs_sim *sim, hs_frame_channel *c, const hs_miner *miner)
{
    hs_sv2_message m = {.id = miner->extended ? HS_SV2_OPEN_EXTENDED_SUCCESS
                                              : HS_SV2_OPEN_STANDARD_SUCCESS};
    const uint32_t group = ++c->conn->last_id;
    c->move.channel_id = ++c->conn->last_id;
    c->move.prefix = prefix_of(miner);
    c->move.target = hs_frames_target(c, miner->difficulty);
    c->told_difficulty = miner->difficulty;
    c->state = HS_FRAME_OPEN;
    m.as.open_success.request_id = c->request_id;
    m.as.open_success.channel_id = c->move.channel_id;
    m.as.open_success.target = c->move.target;
    m.as.open_success.extranonce_size = c->move.extranonce_size;
    m.as.open_success.extranonce_prefix = c->move.prefix;
    m.as.open_success.group_channel_id = group;
    say(sim, c->conn, HS_FRAME_FROM_SERVER, &m);
    hs_frames_burst(sim, c, miner, 0);
}

static void say_refused(hs_sim *sim, hs_frame_channel *c, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_ERROR};
    m.as.open_error.request_id = c->request_id;
    m.as.open_error.error_code = text(code);
    say(sim, c->conn, HS_FRAME_FROM_SERVER, &m);
    c->state = HS_FRAME_REFUSED;
}

void hs_sim_frames_placed(hs_sim *sim, hs_miner *miner)
{
    hs_frame_channel *const c = hs_frames_channel(sim, miner->channel);
    if (c == NULL || c->state != HS_FRAME_WAITS || miner->upstream == HMX_NONE) {
        return;
    }
    if (miner->prefix_len == 0) {
        say_refused(sim, c, "unsupported-min-extranonce-size");
    } else {
        say_opened(sim, c, miner);
    }
}

void hs_sim_frames_open(hs_sim *sim, hs_miner *miner)
{
    hs_sim_frames *const frames = sim->frames;
    if (frames == NULL) {
        return;
    }
    hs_frame_conn *const conn = conn_of(sim, miner);
    hs_frame_channel *const c = calloc(1, sizeof *c);
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
    c->move.told_version_may_roll = 1;
    c->move.max_target = hs_move_target_of(miner->difficulty / HS_EASIER);
    say_open(sim, c, miner);
    hs_sim_frames_placed(sim, miner);
}

void hs_sim_frames_move(hs_sim *sim, hs_miner *miner, int soft)
{
    hs_frame_channel *const c = hs_frames_channel(sim, miner->channel);
    if (c != NULL && c->state == HS_FRAME_OPEN) {
        hs_frames_burst(sim, c, miner, soft);
    }
}

void hs_sim_frames_drained(hs_sim *sim, const hs_drain *drain)
{
    hs_frame_channel *const c = hs_frames_channel(sim, drain->channel);
    hs_sv2_b032 prefix = {.len = drain->prefix_len};
    memcpy(prefix.byte, drain->prefix, sizeof prefix.byte);
    if (c != NULL && c->state == HS_FRAME_OPEN &&
        hs_job_table_uses_prefix(&c->move.jobs, drain->upstream, &prefix)) {
        hs_frames_burst(sim, c, sim->by_channel[drain->channel], 0);
        if (hs_job_table_uses_prefix(&c->move.jobs, drain->upstream, &prefix)) {
            hs_sim_note(sim, "a prefix was reported free while a valid job still had it");
        }
    }
}

static void say_closed(hs_sim *sim, hs_frame_channel *c, uint32_t reason)
{
    if (c->state == HS_FRAME_OPEN) {
        hs_frames_answer(sim, c);
    }
    if (reason == HMX_CLOSE_CONNECTION_LOST) {
        (void)hs_frame_file_note(&c->conn->file, hs_frames_now_ms(sim), "the connection is lost");
    } else if (c->state == HS_FRAME_OPEN) {
        hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
        m.as.close_channel.channel_id = c->move.channel_id;
        m.as.close_channel.reason_code = text("miner-left");
        say(sim, c->conn, HS_FRAME_FROM_CLIENT, &m);
    } else if (c->state == HS_FRAME_WAITS) {
        say_refused(sim, c, HS_CODE_NO_POOL);
    }
}

void hs_sim_frames_close(hs_sim *sim, hs_miner *miner, uint32_t reason)
{
    hs_sim_frames *const frames = sim->frames;
    hs_frame_channel *const c = hs_frames_channel(sim, miner->channel);
    if (c == NULL) {
        return;
    }
    say_closed(sim, c, reason);
    frames->channels[miner->channel] = NULL;
    c->conn->channels--;
    if (c->conn->channels == 0) {
        end_conn(frames, c->connection);
    }
    free_channel(c);
}
