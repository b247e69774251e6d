/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy_rig: what the proxy of rig.h is put between: its state, the plugin that is played inside
 * the process, and what the proxy does outside, which is kept. */
#ifndef TESTS_HOST_LIVE_PROXY_RIG_STATE_H
#define TESTS_HOST_LIVE_PROXY_RIG_STATE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/jobs/template.h"
#include "host_stub/live/proxy/core.h"
#include "host_stub/live/proxy/down.h"
#include "host_stub/live/proxy/up.h"
#include "host_stub/sv2/codec.h"

#define RIG_MS  UINT64_C(1000000)
#define RIG_SEC (1000 * RIG_MS)

/* How much of each kind is kept: the first so many. A fuzzer needs little. */
#ifndef RIG_LOG_MAX
#define RIG_LOG_MAX 4096
#endif

/* The most significant byte of the pools' targets. */
#ifndef RIG_TARGET
#define RIG_TARGET 0x10
#endif

enum {
    RIG_POOLS = 3,
    RIG_CHANNELS = 64, /* whose place the plugin remembers */
    RIG_CHANNEL = 7,   /* the proxy's channel on each pool */
    RIG_GROUP = 5,
    RIG_EXTRANONCE = 10,
    RIG_R = 4 /* what an extended miner asks for */
};

/* The plugin's instance: only its address counts. */
struct hmx_instance {
    int unused;
};

typedef struct rig_log {
    hs_sv2_message messages[RIG_LOG_MAX]; /* views in them are void but static text */
    size_t count;
    size_t bursts;
} rig_log;

typedef struct rig_miner {
    hs_proxy_peer *peer;
    rig_log log;
    int ended;
    int paused;
    size_t burst_first; /* of the last burst */
} rig_miner;

typedef struct rig_pool {
    rig_log log;
    int dialled;
    int ended;
    int is_up;           /* it answers by itself what is opened, with its job */
    int holds;           /* but not now */
    uint32_t channel_id; /* that it gives next */
    uint32_t request_id; /* of the last opening */
    char user[256];      /* the same */
    int is_asked;        /* and that is not answered */
    uint64_t dialled_ns; /* the last time */
    hs_job_stream stream;
    uint32_t job_id; /* of the last job sent */
} rig_pool;

typedef struct rig_state {
    hs_plugin plugin;
    hs_proxy *proxy;
    uint64_t now_ns;
    rig_pool pools[RIG_POOLS + 1];
    /* The plugin. */
    uint32_t assign; /* where new channels go; 0 = it passes */
    uint8_t assign_prefix[32];
    uint32_t assign_prefix_len;
    hmx_decision queue[16];
    size_t queue_count;
    uint64_t last_decision;
    hmx_reassign outcomes[RIG_LOG_MAX];
    size_t outcome_count;
    hmx_share shares[RIG_LOG_MAX];
    size_t share_count;
    hmx_channel_update updates[256];
    size_t update_count;
    hmx_upstream_event ups[RIG_LOG_MAX];
    size_t up_count;
    size_t opened;
    size_t closed;
    uint32_t honours_prefix;      /* of the last opening */
    uint32_t close_reason;        /* of the last close */
    uint32_t where[RIG_CHANNELS]; /* by channel; 0 = not open, or nowhere */
    uint64_t pending[RIG_CHANNELS];
    size_t warnings; /* among the lines for people */
    size_t violations;
    char violation[256];
    int quiet; /* a fuzzer: violations by the plugin are not ours */
} rig_state;

static rig_state rig;

/* ---- the plugin ---- */

static struct hmx_instance rig_instance;

static hmx_status rig_create(const hmx_host *host, const hmx_create_args *args, hmx_instance **out)
{
    (void)host;
    (void)args;
    *out = &rig_instance;
    return HMX_OK;
}

static void rig_destroy(hmx_instance *self)
{
    (void)self;
}

static hmx_status rig_upstreams(hmx_instance *self, hmx_upstream_table *out)
{
    (void)self;
    for (uint32_t i = 0; i < RIG_POOLS && i < out->capacity; i++) {
        hmx_upstream_info *const row = &out->rows[i];
        row->upstream = i + 1;
        row->priority = i + 1;
        row->flags = HMX_UPSTREAM_FLAG_ENABLED;
        row->percentage = i == 0 ? 60 : i == 1 ? 30 : 10;
        row->port = 1000 + i;
        row->health_check_interval_secs = 30;
        row->id[0] = (char)('a' + (int)i);
        memcpy(row->address, "127.0.0.1", sizeof "127.0.0.1");
        memcpy(row->user_identity, "farm.b", i == 1 ? sizeof "farm.b" : 0); /* of b alone */
    }
    out->count = RIG_POOLS;
    return HMX_OK;
}

static hmx_status rig_on_upstream(hmx_instance *self, const hmx_upstream_event *event)
{
    (void)self;
    if (rig.up_count < RIG_LOG_MAX) {
        rig.ups[rig.up_count++] = *event;
    }
    return HMX_OK;
}

static hmx_status rig_on_open(hmx_instance *self, const hmx_channel_open *event,
                              hmx_channel_decision *out)
{
    (void)self;
    rig.opened++;
    rig.honours_prefix = event->honours_prefix;
    if (event->channel < RIG_CHANNELS) {
        rig.where[event->channel] = rig.assign;
    }
    out->cookie = event->channel + 1000;
    if (rig.assign != 0) {
        out->action = HMX_ACTION_ASSIGN;
        out->upstream = rig.assign;
        out->reason = HMX_REASON_ARRIVAL;
        out->extranonce_prefix_len = rig.assign_prefix_len;
        memcpy(out->extranonce_prefix, rig.assign_prefix, sizeof rig.assign_prefix);
    }
    return HMX_OK;
}

static hmx_status rig_on_update(hmx_instance *self, const hmx_channel_update *event)
{
    (void)self;
    if (rig.update_count < 256) {
        rig.updates[rig.update_count++] = *event;
    }
    return HMX_OK;
}

static hmx_status rig_on_close(hmx_instance *self, const hmx_channel_close *event)
{
    (void)self;
    rig.closed++;
    rig.close_reason = event->reason;
    if (event->channel < RIG_CHANNELS) {
        rig.where[event->channel] = 0;
        rig.pending[event->channel] = 0;
    }
    return HMX_OK;
}

static hmx_status rig_on_share(hmx_instance *self, const hmx_share *event)
{
    (void)self;
    if (rig.share_count < RIG_LOG_MAX) {
        rig.shares[rig.share_count++] = *event;
    }
    return HMX_OK;
}

static hmx_status rig_on_tick(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out)
{
    (void)self;
    (void)event;
    out->count = 0;
    for (size_t i = 0; i < rig.queue_count && i < out->capacity; i++) {
        out->rows[out->count++] = rig.queue[i];
    }
    rig.queue_count = 0;
    return HMX_OK;
}

static hmx_status rig_on_reassign(hmx_instance *self, const hmx_reassign *event)
{
    (void)self;
    if (event->channel < RIG_CHANNELS && event->result != HMX_RESULT_DRAINED) {
        rig.where[event->channel] = event->to;
        rig.pending[event->channel] = 0;
    }
    if (rig.outcome_count < RIG_LOG_MAX) {
        rig.outcomes[rig.outcome_count++] = *event;
    }
    return HMX_OK;
}

/* ---- what the proxy does outside ---- */

static void rig_keep(rig_log *log, const hs_sv2_message *messages, size_t count)
{
    uint8_t bytes[4096];
    hs_sv2_error why;
    size_t len = 0;
    log->bursts++;
    for (size_t i = 0; i < count; i++) {
        if (hs_sv2_encode(&messages[i], bytes, sizeof bytes, &len, &why) != 0) {
            fprintf(stderr, "the proxy sends what cannot be encoded: %s\n", why.text);
            abort();
        }
        if (log->count < RIG_LOG_MAX) {
            log->messages[log->count++] = messages[i];
        }
    }
}

static void rig_send_down(void *link, const hs_sv2_message *messages, size_t count)
{
    rig_miner *const miner = link;
    miner->burst_first = miner->log.count;
    rig_keep(&miner->log, messages, count);
}

static void rig_end_down(void *link, int after_sending, const char *reason)
{
    (void)after_sending;
    (void)reason;
    ((rig_miner *)link)->ended = 1;
}

static void rig_pause_down(void *link, int paused)
{
    ((rig_miner *)link)->paused = paused;
}

static int rig_dial(void *ctx, uint32_t upstream, const char *host, uint16_t port, char *why,
                    size_t capacity)
{
    (void)ctx, (void)host, (void)port, (void)why, (void)capacity;
    rig.pools[upstream].dialled++;
    rig.pools[upstream].dialled_ns = rig.now_ns;
    rig.pools[upstream].ended = 0;
    return 0;
}

static void rig_send_up(void *ctx, uint32_t upstream, const hs_sv2_message *messages, size_t count)
{
    rig_pool *const pool = &rig.pools[upstream];
    (void)ctx;
    rig_keep(&pool->log, messages, count);
    for (size_t i = 0; i < count; i++) {
        if (messages[i].id == HS_SV2_OPEN_EXTENDED) {
            const hs_sv2_bytes user = messages[i].as.open.user_identity;
            (void)snprintf(pool->user, sizeof pool->user, "%.*s", (int)user.len,
                           user.len > 0 ? (const char *)user.data : "");
            pool->request_id = messages[i].as.open.request_id;
            pool->is_asked = 1;
        }
    }
}

static void rig_end_up(void *ctx, uint32_t upstream, const char *reason)
{
    (void)ctx;
    (void)reason;
    rig.pools[upstream].ended = 1;
}

static void rig_note(void *ctx, uint64_t now_ns, const char *text)
{
    (void)ctx;
    (void)now_ns;
    rig.warnings += strncmp(text, "warning: ", 9) == 0;
    if (getenv("RIG_VERBOSE") != NULL) {
        fprintf(stderr, "%s\n", text);
    }
}

static void rig_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    (void)ctx;
    if (rig.quiet && side == HS_SIDE_PLUGIN) {
        return;
    }
    rig.violations++;
    (void)snprintf(rig.violation, sizeof rig.violation, "%s: %.200s", check, text);
    fprintf(stderr, "violation %s\n", rig.violation);
}

#endif
