/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/jobs.h"

#include <sodium.h>
#include <string.h>

#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

/* Numbers of tips that come on command lie above all that come by the clock. */
#define TIPS_BY_CLOCK (UINT64_C(1) << 32)

/* A number that tells the pools of one seed apart: by name and prefix. */
static uint64_t pool_number(const hs_pool_options *o)
{
    uint8_t digest[8] = {0};
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES_MIN);
    (void)crypto_generichash_update(&state, (const uint8_t *)o->name, strlen(o->name) + 1);
    (void)crypto_generichash_update(&state, o->prefix.byte, o->prefix.len);
    uint8_t whole[crypto_generichash_BYTES_MIN];
    (void)crypto_generichash_final(&state, whole, sizeof whole);
    memcpy(digest, whole, sizeof digest);
    return hs_sv2_load_uint(digest, sizeof digest);
}

static uint64_t wall_now_ms(const hs_pool *pool)
{
    return pool->wall_ms + pool->now_ms;
}

static uint32_t ntime_now(const hs_pool *pool)
{
    return (uint32_t)(wall_now_ms(pool) / 1000);
}

/* Tips come when the time of day passes a multiple of tip_ms, shifted by a part of it that is the
 * pool's own unless it shares its tips: so pools of one tip agree without a word. */
static uint64_t tip_phase_ms(const hs_pool *pool)
{
    const hs_pool_options *const o = &pool->options;
    return o->one_tip ? 0 : (o->seed + pool_number(o)) % o->tip_ms;
}

static void read_tip_clock(hs_pool *pool)
{
    const uint64_t phase = tip_phase_ms(pool);
    const uint64_t since = wall_now_ms(pool) - phase;
    pool->tip_grid = since / pool->options.tip_ms;
    pool->tip_at_ms = pool->now_ms + pool->options.tip_ms - since % pool->options.tip_ms;
}

static uint64_t tip_number(const hs_pool *pool)
{
    return pool->tip_grid % TIPS_BY_CLOCK + pool->tip_extra % 64 * TIPS_BY_CLOCK;
}

int hs_pool_start_stream(hs_pool *pool)
{
    const hs_pool_options *const o = &pool->options;
    hs_job_stream_options s;
    memset(&s, 0, sizeof s);
    s.seed = o->one_tip ? o->one_tip_seed : o->seed ^ pool_number(o);
    s.pool = (uint32_t)(pool_number(o) & 0xffffff);
    s.full_extranonce_len = hs_pool_full_extranonce(o);
    memcpy(s.tag, o->name, sizeof o->name);
    s.version_rolling = !o->fixed_version;
    read_tip_clock(pool);
    pool->refresh_at_ms = o->refresh_ms;
    pool->tips = 1;
    pool->jobs = 1;
    return hs_job_stream_init(&pool->stream, &s, tip_number(pool), ntime_now(pool));
}

/* The channel has been given this job: a share for it is late one day, but never unknown. */
static void note_given(hs_pool_peer *peer, uint32_t channel_id, uint32_t job_id)
{
    hs_pool_channel *const channel = hs_pool_find(peer, channel_id);
    if (channel != NULL) {
        channel->first_job = channel->given_count == 0 ? job_id : channel->first_job;
        channel->given[channel->given_count++ % HS_POOL_GIVEN_MAX] = job_id;
    }
}

static hs_sv2_option_u32 start_of(const hs_pool *pool, int future)
{
    hs_sv2_option_u32 min_ntime = {0, 0};
    if (!future) {
        min_ntime.present = 1;
        min_ntime.value = pool->stream.min_ntime;
    }
    return min_ntime;
}

/* The stream's job to an extended channel or the group of them. Returns its number, 0 = not
 * sent. */
static uint32_t send_extended(hs_pool_peer *peer, uint32_t to, int future)
{
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    m.as.new_extended_job = hs_job_stream_job(&peer->pool->stream);
    m.as.new_extended_job.channel_id = to;
    m.as.new_extended_job.job_id = ++peer->last_job;
    m.as.new_extended_job.min_ntime = start_of(peer->pool, future);
    if (hs_pool_emit(peer, &m) != 0) {
        return 0;
    }
    const hs_session_channel *view = NULL;
    size_t at = 0;
    while ((view = hs_session_addressed(peer->session, to, &at)) != NULL) {
        note_given(peer, view->channel_id, peer->last_job);
    }
    return peer->last_job;
}

/* The same to a standard channel: its merkle root, which its prefix decides. */
static uint32_t send_standard(hs_pool_peer *peer, const hs_session_channel *channel, int future)
{
    const hs_sv2_new_extended_job job = hs_job_stream_job(&peer->pool->stream);
    const hs_sv2_coinbase coinbase = {job.coinbase_tx_prefix,
                                      {channel->prefix.byte, channel->prefix.len},
                                      job.coinbase_tx_suffix};
    hs_sv2_message m = {.id = HS_SV2_NEW_MINING_JOB};
    m.as.new_mining_job.channel_id = channel->channel_id;
    m.as.new_mining_job.job_id = ++peer->last_job;
    m.as.new_mining_job.version = job.version;
    m.as.new_mining_job.min_ntime = start_of(peer->pool, future);
    m.as.new_mining_job.merkle_root = hs_sv2_merkle_root(&coinbase, &job.merkle_path);
    if (hs_pool_emit(peer, &m) != 0) {
        return 0;
    }
    note_given(peer, channel->channel_id, peer->last_job);
    return peer->last_job;
}

static void send_prev_hash(hs_pool_peer *peer, uint32_t to, uint32_t job_id)
{
    const hs_tip *const tip = &peer->pool->stream.tip;
    hs_sv2_message m = {.id = HS_SV2_SET_NEW_PREV_HASH};
    if (job_id == 0) {
        return;
    }
    m.as.set_new_prev_hash.channel_id = to;
    m.as.set_new_prev_hash.job_id = job_id;
    m.as.set_new_prev_hash.prev_hash = tip->prev_hash;
    m.as.set_new_prev_hash.min_ntime = tip->min_ntime;
    m.as.set_new_prev_hash.nbits = tip->nbits;
    if (hs_pool_emit(peer, &m) != 0) {
        return;
    }
    const hs_session_channel *view = NULL;
    size_t at = 0;
    while ((view = hs_session_addressed(peer->session, to, &at)) != NULL) {
        hs_pool_channel *const channel = hs_pool_find(peer, view->channel_id);
        if (channel != NULL) {
            channel->tip_job = job_id;
        }
    }
}

void hs_pool_first_job(hs_pool_peer *peer, const hs_session_channel *channel)
{
    if (channel->kind == HS_CHANNEL_EXTENDED) {
        send_prev_hash(peer, channel->channel_id, send_extended(peer, channel->channel_id, 1));
    } else {
        send_prev_hash(peer, channel->channel_id, send_standard(peer, channel, 1));
    }
}

void hs_pool_same_job(hs_pool_peer *peer, const hs_session_channel *channel)
{
    if (channel->kind == HS_CHANNEL_EXTENDED) {
        (void)send_extended(peer, channel->channel_id, 0);
    } else {
        (void)send_standard(peer, channel, 0);
    }
}

/* The stream's new job to everybody: on a new tip as a future one and SetNewPrevHash. */
static void broadcast(hs_pool *pool, int new_tip)
{
    for (hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
        size_t count = 0;
        if (peer->extended_open > 0) {
            const uint32_t job_id = send_extended(peer, HS_POOL_GROUP, new_tip);
            send_prev_hash(peer, HS_POOL_GROUP, new_tip ? job_id : 0);
        }
        const hs_session_channel *const channels = hs_session_channels(peer->session, &count);
        for (size_t i = 0; i < count; i++) {
            if (channels[i].open && channels[i].kind == HS_CHANNEL_STANDARD) {
                const uint32_t job_id = send_standard(peer, &channels[i], new_tip);
                send_prev_hash(peer, channels[i].channel_id, new_tip ? job_id : 0);
            }
        }
        /* The messages point into the stream's job. */
        hs_pool_push(peer);
    }
    pool->jobs++;
    pool->tips += new_tip != 0;
    pool->refresh_at_ms = pool->now_ms + pool->options.refresh_ms;
}

static void push_all(hs_pool *pool)
{
    for (hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
        hs_pool_push(peer);
    }
}

void hs_pool_refresh_now(hs_pool *pool)
{
    push_all(pool);
    hs_job_stream_refresh(&pool->stream, ntime_now(pool));
    broadcast(pool, 0);
}

static void new_tip(hs_pool *pool)
{
    push_all(pool);
    hs_job_stream_new_tip(&pool->stream, tip_number(pool), ntime_now(pool));
    broadcast(pool, 1);
}

void hs_pool_tip_now(hs_pool *pool)
{
    pool->tip_extra++;
    new_tip(pool);
}

void hs_pool_advance_jobs(hs_pool *pool)
{
    if (pool->now_ms >= pool->tip_at_ms) {
        read_tip_clock(pool);
        new_tip(pool);
    } else if (pool->now_ms >= pool->refresh_at_ms) {
        hs_pool_refresh_now(pool);
    }
}
