/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/jobs/move.h"

#include <math.h>
#include <string.h>

#include "host_stub/sv2/work.h"

const char *hs_move_refusal_text(enum hs_move_refusal refusal)
{
    switch (refusal) {
    case HS_MOVE_LEGAL:
        return "it is legal";
    case HS_MOVE_POOL_NOT_OPEN:
        return "the host has no channel on the pool";
    case HS_MOVE_NO_JOB:
        return "the pool has sent no job and prev_hash yet";
    case HS_MOVE_EXTRANONCE_SHORT:
        return "the pool grants fewer extranonce bytes than the channel was promised";
    case HS_MOVE_EXTRANONCE_LONG:
        return "the whole extranonce does not fit into 32 bytes and the pool's coinbase";
    case HS_MOVE_PREFIX_LENGTH:
        return "the prefix has not the length that the pool's coinbase leaves for it";
    case HS_MOVE_PREFIX_SPACE:
        return "the prefix does not begin with the pool's own";
    case HS_MOVE_PREFIX_IGNORED:
        return "the peer does not obey SetExtranoncePrefix";
    case HS_MOVE_GROUP:
        return "the length of the whole extranonce would change inside a group";
    case HS_MOVE_VERSION_ROLLING:
        return "the client rolls version bits and the pool forbids it";
    case HS_MOVE_CUSTOM_JOBS:
        return "the channel mines jobs of its own, which belong to its pool";
    case HS_MOVE_CLOSED:
        return "the channel is closed";
    case HS_MOVE_SAME_POOL:
        return "it works for that pool already";
    case HS_MOVE_POLICY:
        return "the host does not want it";
    case HS_MOVE_FROM_WRONG:
        return "the channel works for another pool than the decision says";
    case HS_MOVE_JOB_TOO_EASY:
        return "the pool's job is too easy for what would work there, and no harder one has come";
    case HS_MOVE_NOT_GRANTED:
        return "the pool refuses a channel for this miner";
    }
    return "unknown";
}

int hs_move_prefix_len(const hs_move_pool *pool, enum hs_channel_kind kind,
                       uint32_t extranonce_size)
{
    const uint32_t rolled = kind == HS_CHANNEL_EXTENDED ? extranonce_size : 0;
    const uint32_t granted = pool->is_standard ? 0 : pool->extranonce_size;
    if (granted < rolled || pool->prefix.len + granted > HS_SV2_EXTRANONCE_MAX) {
        return -1;
    }
    return (int)(pool->prefix.len + granted - rolled);
}

static int coinbase_fits(const hs_sv2_new_extended_job *job, uint32_t extranonce_len)
{
    const hs_sv2_coinbase coinbase = {
        job->coinbase_tx_prefix, {NULL, extranonce_len}, job->coinbase_tx_suffix};
    return hs_sv2_coinbase_fault(&coinbase) == NULL;
}

static enum hs_move_refusal check_prefix(const hs_move_channel *channel, const hs_move_pool *pool,
                                         const hs_sv2_b032 *prefix)
{
    const uint32_t rolled = channel->kind == HS_CHANNEL_EXTENDED ? channel->extranonce_size : 0;
    const uint32_t granted = pool->is_standard ? 0 : pool->extranonce_size;
    if (granted < rolled) {
        return HS_MOVE_EXTRANONCE_SHORT;
    }
    const int len = hs_move_prefix_len(pool, channel->kind, channel->extranonce_size);
    if (len < 0) {
        return HS_MOVE_EXTRANONCE_LONG;
    }
    if (prefix->len != (uint32_t)len) {
        return HS_MOVE_PREFIX_LENGTH;
    }
    if (prefix->len < pool->prefix.len ||
        memcmp(prefix->byte, pool->prefix.byte, pool->prefix.len) != 0) {
        return HS_MOVE_PREFIX_SPACE;
    }
    return coinbase_fits(pool->job, prefix->len + rolled) ? HS_MOVE_LEGAL : HS_MOVE_EXTRANONCE_LONG;
}

static enum hs_move_refusal check_peer(const hs_move_channel *channel, const hs_move_pool *pool,
                                       const hs_sv2_b032 *prefix)
{
    const int moves = channel->upstream != 0;
    const int rolls = channel->kind == HS_CHANNEL_STANDARD && channel->told_version_may_roll;
    if (channel->has_custom_jobs && moves && channel->upstream != pool->upstream) {
        return HS_MOVE_CUSTOM_JOBS;
    }
    if (channel->kind == HS_CHANNEL_EXTENDED && channel->ignores_prefix && moves &&
        !hs_prefix_equal(&channel->prefix, prefix)) {
        return HS_MOVE_PREFIX_IGNORED;
    }
    if (channel->shares_group && moves && channel->prefix.len != prefix->len) {
        return HS_MOVE_GROUP;
    }
    if ((pool->fixed_version && (channel->needs_version_rolling || rolls)) ||
        (channel->needs_version_rolling && !pool->job->version_rolling_allowed)) {
        return HS_MOVE_VERSION_ROLLING;
    }
    return HS_MOVE_LEGAL;
}

enum hs_move_refusal hs_move_check(const hs_move_channel *channel, const hs_move_pool *pool,
                                   const hs_sv2_b032 *prefix)
{
    if (!pool->is_open) {
        return HS_MOVE_POOL_NOT_OPEN;
    }
    if (!pool->has_tip || pool->job == NULL) {
        return HS_MOVE_NO_JOB;
    }
    const enum hs_move_refusal about_prefix = check_prefix(channel, pool, prefix);
    return about_prefix != HS_MOVE_LEGAL ? about_prefix : check_peer(channel, pool, prefix);
}

hs_sv2_u256 hs_move_target(const hs_sv2_u256 *pool_target, const hs_sv2_u256 *max_target)
{
    if (hs_sv2_is_zero(pool_target) || hs_sv2_compare(pool_target, max_target) > 0) {
        return *max_target;
    }
    return *pool_target;
}

hs_sv2_u256 hs_move_target_of(double difficulty)
{
    hs_sv2_u256 target;
    int exponent = 0;
    memset(&target, 0xff, sizeof target);
    if (!(difficulty > 0.0)) {
        return target;
    }
    const double value = ldexp(65535.0, 208) / difficulty;
    if (!(value < ldexp(1.0, 256))) {
        return target;
    }
    if (value < 1.0) {
        memset(&target, 0, sizeof target);
        target.byte[0] = 1; /* 0 is met by no hash */
        return target;
    }
    /* value = mantissa * 2^(exponent - 53), and the mantissa is a whole number of 53 bits. */
    const uint64_t mantissa = (uint64_t)ldexp(frexp(value, &exponent), 53);
    memset(&target, 0, sizeof target);
    for (int bit = 0; bit < 53; bit++) {
        const int at = exponent - 53 + bit;
        if (at >= 0 && (mantissa >> bit & 1u) != 0) {
            target.byte[at / 8] |= (uint8_t)(1u << (at % 8));
        }
    }
    return target;
}

int hs_move_can_be_soft(const hs_move_channel *channel, const hs_move_pool *pool)
{
    return channel->has_tip && pool->has_tip && channel->tip.nbits == pool->tip.nbits &&
           hs_sv2_compare(&channel->tip.prev_hash, &pool->tip.prev_hash) == 0;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static hs_sv2_message *next_message(hs_move_frames *out, uint32_t id)
{
    hs_sv2_message *const m = &out->messages[out->count++];
    m->id = id;
    return m;
}

int hs_move_set_target(hs_move_channel *channel, const hs_sv2_u256 *target, hs_sv2_message *out)
{
    memset(out, 0, sizeof *out);
    if (hs_sv2_compare(&channel->target, target) == 0) {
        return 0;
    }
    channel->target = *target;
    hs_job_table_set_target(&channel->jobs, target);
    out->id = HS_SV2_SET_TARGET;
    out->as.set_target.channel_id = channel->channel_id;
    out->as.set_target.maximum_target = *target;
    return 1;
}

static void set_prefix(hs_move_channel *channel, const hs_sv2_b032 *prefix, hs_move_frames *out)
{
    if (hs_prefix_equal(&channel->prefix, prefix)) {
        return;
    }
    channel->prefix = *prefix;
    if (channel->header_only) {
        return;
    }
    hs_sv2_message *const m = next_message(out, HS_SV2_SET_EXTRANONCE_PREFIX);
    m->as.set_extranonce_prefix.channel_id = channel->channel_id;
    m->as.set_extranonce_prefix.extranonce_prefix = *prefix;
}

/* The job in the form that the channel's kind asks for: a standard one is sent its merkle root. */
static void send_job(const hs_move_channel *channel, const hs_sv2_new_extended_job *job,
                     uint32_t job_id, hs_sv2_option_u32 min_ntime, hs_move_frames *out)
{
    if (channel->kind == HS_CHANNEL_EXTENDED) {
        hs_sv2_message *const m = next_message(out, HS_SV2_NEW_EXTENDED_JOB);
        m->as.new_extended_job = *job;
        m->as.new_extended_job.channel_id = channel->channel_id;
        m->as.new_extended_job.job_id = job_id;
        m->as.new_extended_job.min_ntime = min_ntime;
        return;
    }
    const hs_sv2_coinbase coinbase = {job->coinbase_tx_prefix,
                                      {channel->prefix.byte, channel->prefix.len},
                                      job->coinbase_tx_suffix};
    hs_sv2_message *const m = next_message(out, HS_SV2_NEW_MINING_JOB);
    m->as.new_mining_job.channel_id = channel->channel_id;
    m->as.new_mining_job.job_id = job_id;
    m->as.new_mining_job.min_ntime = min_ntime;
    m->as.new_mining_job.version = job->version;
    m->as.new_mining_job.merkle_root = hs_sv2_merkle_root(&coinbase, &job->merkle_path);
}

static void send_prev_hash(hs_move_channel *channel, const hs_tip *tip, uint32_t job_id,
                           hs_move_frames *out)
{
    hs_sv2_message *const m = next_message(out, HS_SV2_SET_NEW_PREV_HASH);
    m->as.set_new_prev_hash.channel_id = channel->channel_id;
    m->as.set_new_prev_hash.job_id = job_id;
    m->as.set_new_prev_hash.prev_hash = tip->prev_hash;
    m->as.set_new_prev_hash.min_ntime = tip->min_ntime;
    m->as.set_new_prev_hash.nbits = tip->nbits;
    channel->has_tip = 1;
    channel->tip = *tip;
    (void)hs_job_table_new_prev_hash(&channel->jobs, job_id, tip->min_ntime);
}

int hs_move_burst(hs_move_channel *channel, const hs_move_pool *pool, const hs_sv2_b032 *prefix,
                  const hs_sv2_u256 *target, int soft, hs_move_frames *out)
{
    const hs_sv2_new_extended_job *const job = pool->job;
    memset(out, 0, sizeof *out);
    if (job == NULL || !pool->has_tip || hs_job_table_reserve(&channel->jobs) != 0) {
        return -1;
    }
    hs_tip tip = pool->tip;
    tip.min_ntime = larger(tip.min_ntime, job->min_ntime.present ? job->min_ntime.value : 0);
    out->is_soft = soft && hs_move_can_be_soft(channel, pool);
    /* Two floors are known for a job on the tip that the channel has: the larger one holds. */
    const hs_sv2_option_u32 min_ntime = {
        out->is_soft, out->is_soft ? larger(tip.min_ntime, channel->tip.min_ntime) : 0};
    out->count += (uint32_t)hs_move_set_target(channel, target, &out->messages[0]);
    set_prefix(channel, prefix, out);
    channel->upstream = pool->upstream;
    const hs_job_entry entry = {
        .state = out->is_soft ? HS_JOB_ACTIVE : HS_JOB_FUTURE,
        .upstream = pool->upstream,
        .upstream_job_id = job->job_id,
        .version = job->version,
        .version_rolling = channel->kind == HS_CHANNEL_EXTENDED ? job->version_rolling_allowed
                                                                : !pool->fixed_version,
        .min_ntime = min_ntime.value,
        .target = channel->target,
        .prefix = channel->prefix,
        .pool_takes = 1,
        .body = pool->body,
    };
    /* There is room for it: it was made above, before anything changed. */
    out->job_id = hs_job_table_add(&channel->jobs, &entry)->job_id;
    send_job(channel, job, out->job_id, min_ntime, out);
    if (!out->is_soft) {
        send_prev_hash(channel, &tip, out->job_id, out);
    }
    return 0;
}
