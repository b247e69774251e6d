/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy_rig: a proxy without sockets for tests and fuzzers: three pools a, b, c that are played
 * here, miners that are played here, and a plugin inside the process that decides what the test
 * says and remembers what it was told. What the proxy sends is kept as messages. */
#ifndef TESTS_HOST_LIVE_PROXY_RIG_H
#define TESTS_HOST_LIVE_PROXY_RIG_H

#include "tests/host/live/proxy/rig_state.h"

/* ---- time ---- */

static inline void rig_answer_openings(void);

static inline void rig_advance(uint64_t by_ns)
{
    rig.now_ns += by_ns;
    hs_proxy_advance(rig.proxy, rig.now_ns, rig.now_ns / RIG_MS);
    rig_answer_openings();
}

/* In small steps, as a loop turns. */
static inline void rig_run(uint64_t by_ns)
{
    for (uint64_t done = 0; done < by_ns; done += 25 * RIG_MS) {
        rig_advance(25 * RIG_MS);
    }
}

static inline void rig_start_as(uint8_t seed, uint32_t per_channel)
{
    static const hs_proxy_out OUT = {rig_send_down, rig_end_down,  rig_pause_down,
                                     rig_dial,      rig_send_up,   rig_end_up,
                                     rig_note,      rig_violation, NULL};
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
    settings.seed[0] = seed;
    settings.per_channel = per_channel;
    rig.now_ns = 1000 * RIG_SEC;
    rig.assign = 1;
    rig.proxy = hs_proxy_new(&settings, &rig.plugin, &OUT, NULL, rig.now_ns, 1, (hs_sv2_bytes){0},
                             why, sizeof why);
    if (rig.proxy == NULL) {
        fprintf(stderr, "no proxy: %s\n", why);
        abort();
    }
    for (uint32_t i = 1; i <= RIG_POOLS; i++) {
        rig.pools[i].channel_id = RIG_CHANNEL;
    }
    rig_advance(RIG_MS);
}

static inline void rig_start_with(uint8_t seed)
{
    rig_start_as(seed, 0);
}

static inline void rig_start(void)
{
    rig_start_with(0);
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

/* The stream's job, future with its SetNewPrevHash or to work on at once; to a channel or a
 * group. */
static inline void rig_job_to(uint32_t upstream, uint32_t to, int future)
{
    rig_pool *const pool = &rig.pools[upstream];
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    m.as.new_extended_job = hs_job_stream_job(&pool->stream);
    m.as.new_extended_job.channel_id = to;
    m.as.new_extended_job.job_id = ++pool->job_id;
    m.as.new_extended_job.min_ntime = (hs_sv2_option_u32){!future, !future ? 1000u : 0u};
    rig_up_say(upstream, &m);
    if (future) {
        memset(&m, 0, sizeof m);
        m.id = HS_SV2_SET_NEW_PREV_HASH;
        m.as.set_new_prev_hash.channel_id = to;
        m.as.set_new_prev_hash.job_id = pool->job_id;
        m.as.set_new_prev_hash.prev_hash = pool->stream.tip.prev_hash;
        m.as.set_new_prev_hash.min_ntime = pool->stream.tip.min_ntime;
        m.as.set_new_prev_hash.nbits = pool->stream.tip.nbits;
        rig_up_say(upstream, &m);
    }
}

static inline void rig_job(uint32_t upstream, int future)
{
    rig_job_to(upstream, RIG_GROUP, future);
}

static inline hs_sv2_u256 rig_target(uint8_t top)
{
    hs_sv2_u256 target;
    memset(&target, 0xff, sizeof target);
    target.byte[31] = top;
    return target;
}

/* The channel is open; its prefix is one byte 0xa0 + upstream. */
static inline void rig_open_success(uint32_t upstream)
{
    rig_pool *const pool = &rig.pools[upstream];
    hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED_SUCCESS};
    pool->is_asked = 0;
    m.as.open_success.request_id = pool->request_id;
    m.as.open_success.channel_id = pool->channel_id;
    m.as.open_success.group_channel_id = RIG_GROUP;
    m.as.open_success.extranonce_size = RIG_EXTRANONCE;
    m.as.open_success.extranonce_prefix = (hs_sv2_b032){1, {(uint8_t)(0xa0 + upstream)}};
    m.as.open_success.target = rig_target(RIG_TARGET);
    rig_up_say(upstream, &m);
}

/* Connected, set up, with a channel. */
static inline void rig_pool_open(uint32_t upstream)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    m.as.setup_connection_success.used_version = 2;
    hs_proxy_up_opened(rig.proxy, upstream);
    rig_up_say(upstream, &m);
    rig_open_success(upstream);
}

static inline void rig_answer_openings(void)
{
    for (uint32_t i = 1; i <= RIG_POOLS; i++) {
        if (rig.pools[i].is_up && rig.pools[i].is_asked && !rig.pools[i].holds) {
            rig_open_success(i);
            rig_job(i, 1);
        }
    }
}

/* With a job, too; pools of one `chain` have one tip. */
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
    rig.pools[upstream].is_up = 1;
}

static inline void rig_pool_tip(uint32_t upstream, uint64_t number)
{
    hs_job_stream_new_tip(&rig.pools[upstream].stream, number, 1000);
    rig_job(upstream, 1);
}

static inline void rig_pool_lost(uint32_t upstream)
{
    rig.pools[upstream].is_up = 0;
    hs_proxy_up_closed(rig.proxy, upstream, "the peer closed it");
}

static inline void rig_success_on(uint32_t upstream, uint32_t channel_id, uint32_t last,
                                  uint32_t count)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_SUCCESS};
    m.as.submit_success.channel_id = channel_id;
    m.as.submit_success.last_sequence_number = last;
    m.as.submit_success.new_submits_accepted_count = count;
    rig_up_say(upstream, &m);
}

static inline void rig_success(uint32_t upstream, uint32_t last, uint32_t count)
{
    rig_success_on(upstream, RIG_CHANNEL, last, count);
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

static inline void rig_open_as(rig_miner *miner, int extended, float rate_hs, const char *name)
{
    hs_sv2_message m = {.id = extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = 1;
    m.as.open.user_identity = hs_sv2_bytes_of(name);
    m.as.open.nominal_hash_rate = rate_hs;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    m.as.open.min_extranonce_size = extended ? RIG_R : 0;
    rig_say(miner, &m);
}

static inline void rig_open_at(rig_miner *miner, int extended, float rate_hs)
{
    rig_open_as(miner, extended, rate_hs, "m");
}

static inline void rig_open(rig_miner *miner, int extended)
{
    rig_open_at(miner, extended, 1000.0f);
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
