/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/channels.h"

#include <stdio.h>
#include <stdlib.h>

#include "host_stub/base/array.h"
#include "host_stub/live/pool/jobs.h"
#include "host_stub/live/pool/shares.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { VERSION = 2, INDEX_MOST = 0xffff };

static void refuse_setup(hs_pool_peer *peer, const hs_sv2_setup_connection *asked, uint32_t flags,
                         const char *code)
{
    hs_sv2_message answer = {.id = HS_SV2_SETUP_CONNECTION_ERROR};
    answer.as.setup_connection_error.flags = flags;
    answer.as.setup_connection_error.error_code = hs_sv2_bytes_of(code);
    if (asked->min_version > asked->max_version) {
        hs_pool_emit_unseen(peer, &answer); /* the session took it for none that has an answer */
    } else {
        (void)hs_pool_emit(peer, &answer);
    }
    hs_pool_end(peer, 1, code);
}

void hs_pool_setup(hs_pool_peer *peer, const hs_sv2_message *m)
{
    const hs_sv2_setup_connection *const asked = &m->as.setup_connection;
    hs_sv2_message answer = {.id = HS_SV2_SETUP_CONNECTION_SUCCESS};
    uint32_t supported = HS_SV2_REQUIRES_STANDARD_JOBS | HS_SV2_REQUIRES_VERSION_ROLLING;
    if (peer->pool->options.fixed_version) {
        supported = HS_SV2_REQUIRES_STANDARD_JOBS;
        answer.as.setup_connection_success.flags = HS_SV2_REQUIRES_FIXED_VERSION;
    }
    const uint32_t unsupported = asked->flags & ~supported; /* all of them: spec 3.6.3 */
    if (asked->protocol != 0) {
        refuse_setup(peer, asked, 0, "unsupported-protocol");
    } else if (asked->min_version > VERSION || asked->max_version < VERSION) {
        refuse_setup(peer, asked, 0, "protocol-version-mismatch");
    } else if (unsupported != 0) {
        refuse_setup(peer, asked, unsupported, "unsupported-feature-flags");
    } else {
        answer.as.setup_connection_success.used_version = VERSION;
        (void)hs_pool_emit(peer, &answer);
    }
}

/* The target that a channel should have now. */
static hs_sv2_u256 wanted_target(const hs_pool *pool, double rate_hs, const hs_sv2_u256 *max_target)
{
    const hs_pool_options *const o = &pool->options;
    const double rate = rate_hs > o->least_rate_hs ? rate_hs : o->least_rate_hs;
    double hashes =
        o->hashes_per_share > 0.0 ? o->hashes_per_share : rate * 60.0 / o->shares_per_minute;
    if (pool->state.on[HS_POOL_EASIER]) {
        hashes /= pool->state.value[HS_POOL_EASIER];
    }
    const hs_sv2_u256 target = hs_sv2_target_of(hashes);
    return hs_sv2_compare(&target, max_target) <= 0 ? target : *max_target;
}

static void retarget_one(hs_pool_peer *peer, const hs_pool_channel *channel)
{
    const hs_session_channel *const view = hs_pool_view(peer, channel->channel_id);
    hs_sv2_message m = {.id = HS_SV2_SET_TARGET};
    if (view == NULL) {
        return;
    }
    const hs_sv2_u256 target = wanted_target(peer->pool, channel->rate_hs, &view->max_target);
    if (hs_sv2_compare(&target, &view->target) != 0) {
        m.as.set_target.channel_id = channel->channel_id;
        m.as.set_target.maximum_target = target;
        peer->pool->targets += hs_pool_emit(peer, &m) == 0;
    }
}

void hs_pool_retarget(hs_pool_peer *peer)
{
    for (size_t i = 0; i < peer->pool->channel_count; i++) {
        const hs_pool_channel *const channel = peer->pool->channels[i];
        if (channel->open && channel->connection == peer->number) {
            retarget_one(peer, channel);
        }
    }
}

/* A prefix that no channel of this pool has had: the pool's bytes, a number, and for a standard
 * channel zeros where an extended one rolls. -1 when the numbers are used up. */
static int next_prefix(hs_pool *pool, enum hs_channel_kind kind, hs_sv2_b032 *out)
{
    hs_sv2_b032 prefix = pool->options.prefix;
    if (pool->last_index == INDEX_MOST) {
        return -1;
    }
    pool->last_index++;
    prefix.byte[prefix.len++] = (uint8_t)(pool->last_index >> 8);
    prefix.byte[prefix.len++] = (uint8_t)pool->last_index;
    if (kind == HS_CHANNEL_STANDARD) {
        prefix.len = hs_pool_full_extranonce(&pool->options);
    }
    *out = prefix;
    return 0;
}

/* A record for the channel, or NULL when out of memory. */
static hs_pool_channel *add_channel(hs_pool_peer *peer, const hs_sv2_open *asked,
                                    enum hs_channel_kind kind)
{
    hs_pool *const pool = peer->pool;
    if (HS_GROW(pool->channels, pool->channel_capacity, pool->channel_count + 1) != 0) {
        return NULL;
    }
    hs_pool_channel *const channel = calloc(1, sizeof *channel);
    if (channel == NULL ||
        hs_table_put(&peer->channels, (uint64_t)pool->last_channel + 2, channel) != 0) {
        free(channel);
        return NULL;
    }
    channel->channel_id = ++pool->last_channel;
    channel->connection = peer->number;
    channel->kind = kind;
    channel->open = 1;
    channel->rate_hs = (double)asked->nominal_hash_rate;
    for (uint32_t i = 0; i < asked->user_identity.len && i < HS_POOL_USER_SIZE - 1; i++) {
        const uint8_t byte = asked->user_identity.data[i];
        channel->user[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
    pool->channels[pool->channel_count++] = channel;
    return channel;
}

/* Why the channel cannot be opened, as an error_code; NULL = it can. */
static const char *open_fault(const hs_pool_peer *peer, const hs_sv2_message *m)
{
    const hs_pool *const pool = peer->pool;
    const uint32_t flags = hs_session_client_flags(peer->session);
    if (pool->state.on[HS_POOL_REFUSE]) {
        return "unknown-user";
    }
    if (!hs_sv2_is_rate(m->as.open.nominal_hash_rate)) {
        return "invalid-nominal-hashrate";
    }
    if (hs_sv2_is_zero(&m->as.open.max_target)) {
        return "max-target-out-of-range";
    }
    if (m->id == HS_SV2_OPEN_EXTENDED) {
        if ((flags & HS_SV2_REQUIRES_STANDARD_JOBS) != 0) {
            return "extended-channels-not-supported-for-standard-jobs";
        }
        if (m->as.open.min_extranonce_size > pool->options.extranonce_size) {
            return "min-extranonce-size-too-large";
        }
    }
    return pool->last_index == INDEX_MOST ? "channel-capacity-exhausted" : NULL;
}

static void refuse_open(hs_pool_peer *peer, uint32_t request_id, const char *code)
{
    hs_sv2_message answer = {.id = HS_SV2_OPEN_ERROR};
    answer.as.open_error.request_id = request_id;
    answer.as.open_error.error_code = hs_sv2_bytes_of(code);
    (void)hs_pool_emit(peer, &answer);
}

void hs_pool_open(hs_pool_peer *peer, const hs_sv2_message *m)
{
    const hs_sv2_open *const asked = &m->as.open;
    const int extended = m->id == HS_SV2_OPEN_EXTENDED;
    const enum hs_channel_kind kind = extended ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
    hs_sv2_message answer = {.id = extended ? HS_SV2_OPEN_EXTENDED_SUCCESS
                                            : HS_SV2_OPEN_STANDARD_SUCCESS};
    hs_sv2_open_success *const told = &answer.as.open_success;
    const char *const fault = open_fault(peer, m);
    if (fault != NULL) {
        refuse_open(peer, asked->request_id, fault);
        return;
    }
    hs_pool_channel *const channel = add_channel(peer, asked, kind);
    if (channel == NULL || next_prefix(peer->pool, kind, &told->extranonce_prefix) != 0) {
        refuse_open(peer, asked->request_id, "channel-capacity-exhausted");
        return;
    }
    told->request_id = asked->request_id;
    told->channel_id = channel->channel_id;
    told->group_channel_id = extended ? HS_POOL_GROUP : HS_POOL_STANDARD_GROUP;
    told->extranonce_size = extended ? peer->pool->options.extranonce_size : 0;
    told->target = wanted_target(peer->pool, channel->rate_hs, &asked->max_target);
    if (hs_pool_emit(peer, &answer) != 0) {
        channel->open = 0;
        refuse_open(peer, asked->request_id, "channel-capacity-exhausted");
        return;
    }
    peer->extended_open += (uint32_t)extended;
    hs_pool_first_job(peer, hs_pool_view(peer, channel->channel_id));
}

/* Why it cannot be done, as an error_code; NULL = it can. */
static const char *update_fault(const hs_sv2_update_channel *told, int known)
{
    if (!known) {
        return "invalid-channel-id";
    }
    if (!hs_sv2_is_rate(told->nominal_hash_rate)) {
        return "invalid-nominal-hashrate";
    }
    return hs_sv2_is_zero(&told->maximum_target) ? "max-target-out-of-range" : NULL;
}

void hs_pool_update(hs_pool_peer *peer, const hs_sv2_message *m, const hs_session_step *step)
{
    const hs_sv2_update_channel *const told = &m->as.update_channel;
    hs_pool_channel *const channel = hs_pool_find(peer, told->channel_id);
    hs_sv2_message answer = {.id = HS_SV2_UPDATE_CHANNEL_ERROR};
    const char *const fault = update_fault(told, step->rule == HS_RULE_OK && channel != NULL);
    if (fault == NULL) {
        channel->rate_hs = (double)told->nominal_hash_rate;
        retarget_one(peer, channel);
        return;
    }
    answer.as.update_channel_error.channel_id = told->channel_id;
    answer.as.update_channel_error.error_code = hs_sv2_bytes_of(fault);
    (void)hs_pool_emit(peer, &answer);
}

/* The channel has ended by either side. */
static void end_channel(hs_pool_peer *peer, hs_pool_channel *channel)
{
    if (channel->open) {
        channel->open = 0;
        peer->extended_open -= channel->kind == HS_CHANNEL_EXTENDED;
    }
}

void hs_pool_closed(hs_pool_peer *peer, const hs_session_step *step)
{
    if (step->rule != HS_RULE_OK) {
        peer->pool->protocol_errors++;
        return;
    }
    /* Of a group it may be, too: all that the session has closed. */
    for (size_t i = 0; i < peer->pool->channel_count; i++) {
        hs_pool_channel *const channel = peer->pool->channels[i];
        if (channel->connection == peer->number && channel->open &&
            hs_pool_view(peer, channel->channel_id) == NULL) {
            end_channel(peer, channel);
        }
    }
}

void hs_pool_close_oldest(hs_pool_peer *peer)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    for (size_t i = 0; i < peer->pool->channel_count; i++) {
        hs_pool_channel *const channel = peer->pool->channels[i];
        if (channel->connection != peer->number || !channel->open) {
            continue;
        }
        m.as.close_channel.channel_id = channel->channel_id;
        m.as.close_channel.reason_code = hs_sv2_bytes_of("closed-on-command");
        hs_pool_answer_due(peer, 1);
        (void)hs_pool_emit(peer, &m);
        end_channel(peer, channel);
        channel->closed_by_pool = 1;
        channel->closed_at_job = peer->last_job;
        return;
    }
}

/* A standard one that is told merkle roots only has no use for a prefix (and the mining device of
 * the reference implementation ends when it is sent one). */
static int needs_prefix(const hs_pool_peer *peer, const hs_pool_channel *channel)
{
    return channel->kind == HS_CHANNEL_EXTENDED ||
           (hs_session_client_flags(peer->session) & HS_SV2_REQUIRES_STANDARD_JOBS) == 0;
}

void hs_pool_change_prefixes(hs_pool_peer *peer)
{
    for (size_t i = 0; i < peer->pool->channel_count; i++) {
        const hs_pool_channel *const channel = peer->pool->channels[i];
        hs_sv2_message m = {.id = HS_SV2_SET_EXTRANONCE_PREFIX};
        if (channel->connection != peer->number || !channel->open || !needs_prefix(peer, channel) ||
            next_prefix(peer->pool, channel->kind, &m.as.set_extranonce_prefix.extranonce_prefix) !=
                0) {
            continue;
        }
        m.as.set_extranonce_prefix.channel_id = channel->channel_id;
        if (hs_pool_emit(peer, &m) == 0) {
            peer->pool->prefixes++;
            /* It holds for jobs from now on: so that it does, one follows. */
            hs_pool_same_job(peer, hs_pool_view(peer, channel->channel_id));
        }
    }
}
