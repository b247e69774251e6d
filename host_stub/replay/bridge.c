/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/replay/channels.h"
#include "host_stub/replay/moves.h"
#include "host_stub/replay/rows.h"

/* The clock starts here, so that a time of 0 can mean "never". */
#define START_NS (1000 * HS_REPLAY_SECOND_NS)

enum { JUMP_MAX_SECS = 3600, JUMPS_MAX_SECS = 86400 };

static void on_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    const hs_replay *const b = ctx;
    if (level <= HMX_LOG_WARN) {
        hs_replay_note(b, "%s says: %.*s", b->name, len < 400 ? (int)len : 400, text);
    }
}

static void on_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    const hs_replay *const b = ctx;
    hs_replay_note(b, "guard: the %s breaks %s: %s", side == HS_SIDE_HOST ? "host" : "plugin",
                   check, text);
}

static int create_instance(hs_replay *b, const hs_replay_options *options, char *why,
                           size_t capacity)
{
    const hs_link_options link = {
        .config_path = options->config_path,
        .name = b->name,
        .guard = {
            .caps = HS_HOST_CAPS_BUT_REOPEN, .log = on_log, .violation = on_violation, .ctx = b}};
    return hs_link_start(&b->link, &b->plugin, &link, why, capacity);
}

static void add_pool(hs_replay *b, uint32_t upstream, const char *id, int enabled)
{
    hs_replay_pool *const pool = &b->pools[b->pool_count++];
    pool->upstream = upstream;
    pool->enabled = enabled;
    (void)snprintf(pool->id, sizeof pool->id, "%s", id);
    pool->facts.upstream = upstream;
    pool->facts.state = HMX_UPSTREAM_UP;
}

static int read_table(hs_replay *b, char *why, size_t capacity)
{
    hs_link_table table;
    int enabled = 0;
    if (hs_link_upstreams(&b->link, &table) < 0) {
        add_pool(b, 1, "pool_1", 1); /* a plugin without a table: two pools are enough to move */
        add_pool(b, 2, "pool_2", 1);
        return 0;
    }
    for (uint32_t i = 0; i < table.count; i++) {
        const hmx_upstream_info *const row = &table.rows[i];
        const int on = (row->flags & (HMX_UPSTREAM_FLAG_ENABLED | HMX_UPSTREAM_FLAG_REMOVED)) ==
                       HMX_UPSTREAM_FLAG_ENABLED;
        add_pool(b, row->upstream, row->id, on);
        enabled += on;
    }
    if (enabled == 0) {
        (void)snprintf(why, capacity, "%s: its configuration enables no upstream", b->name);
    }
    return enabled > 0 ? 0 : -1;
}

static const char *last_part(const char *id)
{
    const char *const dot = strrchr(id, '.');
    return dot != NULL && dot[1] != '\0' ? dot + 1 : id;
}

int hs_replay_start(hs_replay *b, const hs_replay_options *options, char *why, size_t capacity)
{
    const hs_load_options load = {
        .host_caps = HS_HOST_CAPS_BUT_REOPEN, .host_minor = HMX_ABI_MINOR, .keep_loaded = 1};
    memset(b, 0, sizeof *b);
    b->note = options->note;
    b->ctx = options->ctx;
    b->link.now_ns = START_NS;
    b->link.unix_ms = HS_REPLAY_START_UNIX_MS;
    b->rows = calloc(HS_REPLAY_ROWS_MAX, sizeof *b->rows);
    if (b->rows == NULL) {
        return hs_refuse(why, capacity, "no memory for the channels");
    }
    if (hs_loader_open(options->plugin_path, &load, &b->plugin, why, capacity) != HS_LOAD_OK) {
        return -1;
    }
    b->name = last_part(b->plugin.id);
    if (create_instance(b, options, why, capacity) != 0 || read_table(b, why, capacity) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < b->pool_count; i++) {
        if (b->pools[i].enabled) {
            hs_replay_tell_pool(b, &b->pools[i]);
        }
    }
    return 0;
}

/* Ends the instance and counts what the guard found in its whole life. */
static void end_link(hs_replay *b)
{
    if (b->link.guard == NULL) {
        return;
    }
    b->violations[HS_SIDE_HOST] = hs_guard_violations(b->link.guard, HS_SIDE_HOST);
    /* What only destroy shows (a leak, a bad free) is the plugin's. */
    b->violations[HS_SIDE_PLUGIN] = hs_link_stop(&b->link) - b->violations[HS_SIDE_HOST];
}

void hs_replay_stop(hs_replay *b)
{
    end_link(b);
    free(b->rows);
    b->rows = NULL;
    hs_loader_close(&b->plugin);
}

/* The server's clock, where the message tells it. */
static uint32_t told_ntime(const hs_sv2_message *m)
{
    switch (m->id) {
    case HS_SV2_SET_NEW_PREV_HASH:
        return m->as.set_new_prev_hash.min_ntime;
    case HS_SV2_NEW_MINING_JOB:
        return m->as.new_mining_job.min_ntime.value;
    case HS_SV2_NEW_EXTENDED_JOB:
        return m->as.new_extended_job.min_ntime.value;
    default:
        return 0;
    }
}

static uint64_t seconds_to_pass(hs_replay *b, const hs_sv2_message *m, int legal)
{
    const uint32_t ntime = legal ? told_ntime(m) : 0;
    if (ntime == 0) {
        return 1;
    }
    if (b->first_ntime == 0) {
        b->first_ntime = ntime;
    }
    const uint64_t run_secs = (b->link.now_ns - START_NS) / HS_REPLAY_SECOND_NS;
    const uint64_t recorded_secs = ntime > b->first_ntime ? ntime - b->first_ntime : 0;
    uint64_t jump_secs = recorded_secs > run_secs ? recorded_secs - run_secs : 0;
    const uint64_t left_secs = JUMPS_MAX_SECS - b->jumped_ns / HS_REPLAY_SECOND_NS;
    jump_secs = jump_secs < JUMP_MAX_SECS ? jump_secs : JUMP_MAX_SECS;
    jump_secs = jump_secs < left_secs ? jump_secs : left_secs;
    b->jumped_ns += jump_secs * HS_REPLAY_SECOND_NS;
    return jump_secs > 1 ? jump_secs : 1;
}

static void tell(hs_replay *b, const hs_session *session, const hs_sv2_message *m,
                 const hs_session_step *step, char *remark, size_t capacity)
{
    switch (m->id) {
    case HS_SV2_SETUP_CONNECTION:
        b->client_flags = m->as.setup_connection.flags;
        b->vendor_len = m->as.setup_connection.vendor.len;
        if (b->vendor_len > 0) {
            memcpy(b->vendor, m->as.setup_connection.vendor.data, b->vendor_len);
        }
        break;
    case HS_SV2_OPEN_STANDARD:
    case HS_SV2_OPEN_EXTENDED:
        hs_replay_opening(b, m, remark, capacity);
        break;
    case HS_SV2_OPEN_STANDARD_SUCCESS:
    case HS_SV2_OPEN_EXTENDED_SUCCESS:
        hs_replay_opened(b, step, remark, capacity);
        break;
    case HS_SV2_OPEN_ERROR:
        hs_replay_not_opened(b, step);
        break;
    case HS_SV2_UPDATE_CHANNEL:
        hs_replay_updated(b, m, remark, capacity);
        break;
    case HS_SV2_CLOSE_CHANNEL:
        hs_replay_closed(b, session,
                         step->sender == HS_SV2_CLIENT ? HMX_CLOSE_PEER : HMX_CLOSE_HOST);
        break;
    case HS_SV2_SET_EXTRANONCE_PREFIX:
        hs_replay_prefix_set(b, step, remark, capacity);
        break;
    case HS_SV2_NEW_MINING_JOB:
    case HS_SV2_NEW_EXTENDED_JOB:
    case HS_SV2_SET_CUSTOM_JOB_SUCCESS:
    case HS_SV2_SET_NEW_PREV_HASH:
        hs_replay_jobs_changed(b, session, m->id == HS_SV2_SET_NEW_PREV_HASH, remark, capacity);
        hs_replay_learn_pools(b, session);
        break;
    case HS_SV2_SUBMIT_SUCCESS:
    case HS_SV2_SUBMIT_ERROR:
        hs_replay_answered(b, m, step, remark, capacity);
        break;
    default:
        break;
    }
}

void hs_replay_message(hs_replay *b, const hs_session *session, const hs_sv2_message *message,
                       const hs_session_step *step, int legal, char *remark, size_t capacity)
{
    remark[0] = '\0';
    hs_replay_ticks(b, seconds_to_pass(b, message, legal));
    if (step->share != NULL) {
        hs_replay_share(b, step->share, remark, capacity);
    } else if (legal || step->answered_count > 0) {
        tell(b, session, message, step, remark, capacity);
    }
}

void hs_replay_end(hs_replay *b, const hs_session *session)
{
    size_t count = 0;
    const hs_session_channel *const channels = hs_session_channels(session, &count);
    for (size_t i = 0; i < count; i++) {
        hs_replay_unanswered(b, &channels[i]);
    }
    hs_replay_closed(b, NULL, HMX_CLOSE_CONNECTION_LOST);
    end_link(b);
}
