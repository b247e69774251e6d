/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy_rig: a proxy without sockets for tests and fuzzers: three pools a, b, c that are played
 * here, miners that are played here, and a plugin inside the process that decides what the test
 * says and remembers what it was told. What the proxy sends is kept as messages. */
#ifndef TESTS_HOST_LIVE_PROXY_RIG_H
#define TESTS_HOST_LIVE_PROXY_RIG_H

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
    rig.pools[upstream].ended = 0;
    return 0;
}

static void rig_send_up(void *ctx, uint32_t upstream, const hs_sv2_message *messages, size_t count)
{
    (void)ctx;
    rig_keep(&rig.pools[upstream].log, messages, count);
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

/* ---- time ---- */

static inline void rig_advance(uint64_t by_ns)
{
    rig.now_ns += by_ns;
    hs_proxy_advance(rig.proxy, rig.now_ns, rig.now_ns / RIG_MS);
}

/* In small steps, as a loop turns. */
static inline void rig_run(uint64_t by_ns)
{
    for (uint64_t done = 0; done < by_ns; done += 25 * RIG_MS) {
        rig_advance(25 * RIG_MS);
    }
}

static inline void rig_start(void)
{
    static const hs_proxy_out OUT = {rig_send_down, rig_end_down, rig_pause_down, rig_dial,
                                     rig_send_up,   rig_end_up,   rig_note,       rig_violation};
    hs_proxy_settings settings;
    char why[256] = "";
    memset(&rig, 0, sizeof rig);
    rig.plugin.descriptor.caps = HMX_CAP_KNOWN & ~HMX_CAP_EXTRANONCE;
    rig.plugin.ops = (hmx_ops){.size = sizeof(hmx_ops),
                               .create = rig_create,
                               .destroy = rig_destroy,
                               .upstreams = rig_upstreams,
                               .on_upstream = rig_on_upstream,
                               .on_channel_open = rig_on_open,
                               .on_channel_update = rig_on_update,
                               .on_channel_close = rig_on_close,
                               .on_share = rig_on_share,
                               .on_tick = rig_on_tick,
                               .on_reassign = rig_on_reassign};
    hs_proxy_settings_defaults(&settings);
    settings.config_text = "none";
    rig.now_ns = 1000 * RIG_SEC;
    rig.assign = 1;
    rig.proxy = hs_proxy_new(&settings, &rig.plugin, &OUT, NULL, rig.now_ns, 1, (hs_sv2_bytes){0},
                             why, sizeof why);
    if (rig.proxy == NULL) {
        fprintf(stderr, "no proxy: %s\n", why);
        abort();
    }
    rig_advance(RIG_MS);
}

/* ---- pools ---- */

static inline void rig_up_say(uint32_t upstream, const hs_sv2_message *m)
{
    uint8_t frame[4096];
    size_t len = 0;
    hs_sv2_error why;
    if (hs_sv2_encode(m, frame, sizeof frame, &len, &why) != 0) {
        fprintf(stderr, "the test says what cannot be encoded: %s\n", why.text);
        abort();
    }
    hs_proxy_up_frame(rig.proxy, upstream, frame, len);
}

/* The stream's job, future with its SetNewPrevHash or to work on at once. */
static inline void rig_job(uint32_t upstream, int future)
{
    rig_pool *const pool = &rig.pools[upstream];
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    m.as.new_extended_job = hs_job_stream_job(&pool->stream);
    m.as.new_extended_job.channel_id = RIG_GROUP;
    m.as.new_extended_job.job_id = ++pool->job_id;
    m.as.new_extended_job.min_ntime = (hs_sv2_option_u32){!future, !future ? 1000u : 0u};
    rig_up_say(upstream, &m);
    if (future) {
        memset(&m, 0, sizeof m);
        m.id = HS_SV2_SET_NEW_PREV_HASH;
        m.as.set_new_prev_hash.channel_id = RIG_GROUP;
        m.as.set_new_prev_hash.job_id = pool->job_id;
        m.as.set_new_prev_hash.prev_hash = pool->stream.tip.prev_hash;
        m.as.set_new_prev_hash.min_ntime = pool->stream.tip.min_ntime;
        m.as.set_new_prev_hash.nbits = pool->stream.tip.nbits;
        rig_up_say(upstream, &m);
    }
}

static inline hs_sv2_u256 rig_target(uint8_t top)
{
    hs_sv2_u256 target;
    memset(&target, 0xff, sizeof target);
    target.byte[31] = top;
    return target;
}

/* Connected, set up, with a channel whose prefix is one byte 0xa0 + upstream; pools of one `chain`
 * have one tip. */
static inline void rig_pool_open(uint32_t upstream)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    hs_proxy_up_opened(rig.proxy, upstream);
    rig_up_say(upstream, &m);
    memset(&m, 0, sizeof m);
    m.id = HS_SV2_OPEN_EXTENDED_SUCCESS;
    const rig_log *const log = &rig.pools[upstream].log;
    for (size_t i = 0; i < log->count; i++) {
        if (log->messages[i].id == HS_SV2_OPEN_EXTENDED) {
            m.as.open_success.request_id = log->messages[i].as.open.request_id;
        }
    }
    m.as.open_success.channel_id = RIG_CHANNEL;
    m.as.open_success.group_channel_id = RIG_GROUP;
    m.as.open_success.extranonce_size = RIG_EXTRANONCE;
    m.as.open_success.extranonce_prefix = (hs_sv2_b032){1, {(uint8_t)(0xa0 + upstream)}};
    m.as.open_success.target = rig_target(RIG_TARGET);
    rig_up_say(upstream, &m);
}

static inline void rig_pool_up(uint32_t upstream, uint32_t chain)
{
    const hs_job_stream_options options = {.seed = 1,
                                           .pool = upstream,
                                           .chain = chain,
                                           .full_extranonce_len = RIG_EXTRANONCE + 1,
                                           .version_rolling = 1};
    (void)hs_job_stream_init(&rig.pools[upstream].stream, &options, 1, 1000);
    rig_pool_open(upstream);
    rig_job(upstream, 1);
}

static inline void rig_pool_tip(uint32_t upstream, uint64_t number)
{
    hs_job_stream_new_tip(&rig.pools[upstream].stream, number, 1000);
    rig_job(upstream, 1);
}

static inline void rig_pool_lost(uint32_t upstream)
{
    hs_proxy_up_closed(rig.proxy, upstream, "the peer closed it");
}

static inline void rig_success(uint32_t upstream, uint32_t last, uint32_t count)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_SUCCESS};
    m.as.submit_success.channel_id = RIG_CHANNEL;
    m.as.submit_success.last_sequence_number = last;
    m.as.submit_success.new_submits_accepted_count = count;
    rig_up_say(upstream, &m);
}

static inline void rig_error(uint32_t upstream, uint32_t sequence_number, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_ERROR};
    m.as.submit_error.channel_id = RIG_CHANNEL;
    m.as.submit_error.sequence_number = sequence_number;
    m.as.submit_error.error_code = (hs_sv2_bytes){(const uint8_t *)code, (uint32_t)strlen(code)};
    rig_up_say(upstream, &m);
}

/* ---- miners ---- */

static inline void rig_say(rig_miner *miner, const hs_sv2_message *m)
{
    uint8_t frame[4096];
    size_t len = 0;
    hs_sv2_error why;
    if (hs_sv2_encode(m, frame, sizeof frame, &len, &why) != 0) {
        fprintf(stderr, "the test says what cannot be encoded: %s\n", why.text);
        abort();
    }
    hs_proxy_down_frame(miner->peer, frame, len);
}

static inline void rig_connect(rig_miner *miner, uint32_t flags)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    memset(miner, 0, sizeof *miner);
    miner->peer = hs_proxy_join(rig.proxy, miner);
    m.as.setup_connection.min_version = 2;
    m.as.setup_connection.max_version = 2;
    m.as.setup_connection.flags = flags;
    m.as.setup_connection.hardware_version = hs_sv2_bytes_of("model 7");
    m.as.setup_connection.firmware = hs_sv2_bytes_of("1.2");
    rig_say(miner, &m);
}

static inline void rig_open(rig_miner *miner, int extended)
{
    hs_sv2_message m = {.id = extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = 1;
    m.as.open.user_identity = (hs_sv2_bytes){(const uint8_t *)"m", 1};
    m.as.open.nominal_hash_rate = 1000.0f;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    m.as.open.min_extranonce_size = extended ? RIG_R : 0;
    rig_say(miner, &m);
}

/* The last message of that kind that was sent; NULL when there is none. */
static inline const hs_sv2_message *rig_last(const rig_log *log, uint32_t id)
{
    for (size_t i = log->count; i > 0; i--) {
        if (log->messages[i - 1].id == id) {
            return &log->messages[i - 1];
        }
    }
    return NULL;
}

static inline size_t rig_count(const rig_log *log, uint32_t id)
{
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        count += log->messages[i].id == id;
    }
    return count;
}

static inline uint32_t rig_channel_id(const rig_miner *miner)
{
    const hs_sv2_message *m = rig_last(&miner->log, HS_SV2_OPEN_EXTENDED_SUCCESS);
    m = m != NULL ? m : rig_last(&miner->log, HS_SV2_OPEN_STANDARD_SUCCESS);
    return m != NULL ? m->as.open_success.channel_id : 0;
}

/* The number of the last job that it was sent. */
static inline uint32_t rig_job_of(const rig_miner *miner)
{
    const hs_sv2_message *const e = rig_last(&miner->log, HS_SV2_NEW_EXTENDED_JOB);
    const hs_sv2_message *const s = rig_last(&miner->log, HS_SV2_NEW_MINING_JOB);
    return e != NULL ? e->as.new_extended_job.job_id : s != NULL ? s->as.new_mining_job.job_id : 0;
}

/* The plugin decides; the next tick carries it out. Returns the decision's number. */
static inline uint64_t rig_decide(uint64_t channel, uint32_t from, uint32_t to, uint32_t style)
{
    hmx_decision *const d = &rig.queue[rig.queue_count++];
    *d = (hmx_decision){.size = sizeof *d,
                        .kind = HMX_DECISION_MOVE,
                        .decision = ++rig.last_decision,
                        .channel = channel,
                        .cookie = channel + 1000,
                        .from = from,
                        .to = to,
                        .style = style,
                        .reason = HMX_REASON_BALANCE,
                        .valid_until_ns = rig.now_ns + 60 * RIG_SEC};
    return d->decision;
}

/* A decision that a plugin may make: of an open channel without another, to the other of a and
 * b. */
static inline void rig_decide_legally(uint64_t channel, uint32_t style)
{
    const uint32_t from = channel < RIG_CHANNELS ? rig.where[channel] : 0;
    if (from >= 1 && from <= 2 && rig.pending[channel] == 0 && rig.queue_count < 16) {
        rig.pending[channel] = rig_decide(channel, from, 3 - from, style);
    }
}

static inline size_t rig_shares(uint32_t upstream, uint32_t verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < rig.share_count; i++) {
        count += rig.shares[i].upstream == upstream && rig.shares[i].verdict == verdict;
    }
    return count;
}

static inline const hmx_reassign *rig_outcome(void)
{
    return rig.outcome_count > 0 ? &rig.outcomes[rig.outcome_count - 1] : NULL;
}

/* Returns the violations of the contract in its whole life. */
static inline uint64_t rig_end(void)
{
    const uint64_t violations = hs_proxy_free(rig.proxy);
    rig.proxy = NULL;
    return violations;
}

/* For the end of a test, where an assertion that fails is shown and fails nothing. */
static inline void rig_finish(void)
{
    if (rig_end() != 0) {
        fprintf(stderr, "the contract was broken: %s\n", rig.violation);
        abort();
    }
}

#endif
