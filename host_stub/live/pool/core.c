/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"
#include "host_stub/live/pool/channels.h"
#include "host_stub/live/pool/jobs.h"
#include "host_stub/live/pool/shares.h"
#include "host_stub/live/pool/state.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

hs_pool *hs_pool_new(const hs_pool_options *options, const hs_pool_out *out, void *ctx,
                     uint64_t wall_ms)
{
    hs_pool *const pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        return NULL;
    }
    pool->options = *options;
    pool->out = *out;
    pool->ctx = ctx;
    pool->wall_ms = wall_ms;
    pool->last_channel = HS_POOL_FIRST_CHANNEL - 1;
    hs_rng_init(&pool->chance, options->seed, "pool chance", 0);
    if (hs_pool_start_stream(pool) != 0) {
        free(pool);
        return NULL;
    }
    return pool;
}

static void free_peer(hs_pool_peer *peer)
{
    hs_session_free(peer->session);
    hs_table_free(&peer->channels);
    free(peer->waiting);
    free(peer);
}

void hs_pool_free(hs_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    while (pool->peers != NULL) {
        hs_pool_leave(pool->peers);
    }
    for (size_t i = 0; i < pool->channel_count; i++) {
        free(pool->channels[i]);
    }
    free(pool->channels);
    free(pool);
}

hs_pool_peer *hs_pool_join(hs_pool *pool, void *link)
{
    hs_pool_peer *const peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        return NULL;
    }
    peer->session = hs_session_new();
    if (peer->session == NULL) {
        free(peer);
        return NULL;
    }
    hs_session_set_flags(peer->session, HS_SESSION_TERSE);
    peer->pool = pool;
    peer->link = link;
    peer->number = ++pool->connection_count;
    hs_pool_peer **end = &pool->peers; /* in order of their coming */
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = peer;
    return peer;
}

void hs_pool_leave(hs_pool_peer *peer)
{
    hs_pool_peer **at = &peer->pool->peers;
    while (*at != peer) {
        at = &(*at)->next;
    }
    *at = peer->next;
    for (size_t i = 0; i < peer->pool->channel_count; i++) {
        if (peer->pool->channels[i]->connection == peer->number) {
            peer->pool->channels[i]->open = 0;
        }
    }
    free_peer(peer);
}

/* The connection ends for what the client did. */
static void offend(hs_pool_peer *peer, const char *what, const char *detail)
{
    char reason[400];
    peer->pool->protocol_errors++;
    (void)snprintf(reason, sizeof reason, "%s: %s", what, detail);
    hs_pool_end(peer, 0, reason);
}

static void refuse_extensions(hs_pool_peer *peer, const hs_sv2_message *m)
{
    hs_sv2_message answer = {.id = HS_SV2_REQUEST_EXTENSIONS_ERROR};
    answer.as.extensions.request_id = m->as.extensions.request_id;
    answer.as.extensions.extensions = m->as.extensions.extensions;
    (void)hs_pool_emit(peer, &answer);
}

static void refuse_custom_job(hs_pool_peer *peer, const hs_sv2_message *m)
{
    hs_sv2_message answer = {.id = HS_SV2_SET_CUSTOM_JOB_ERROR};
    answer.as.set_custom_job_error.channel_id = m->as.set_custom_job.channel_id;
    answer.as.set_custom_job_error.request_id = m->as.set_custom_job.request_id;
    answer.as.set_custom_job_error.error_code = hs_sv2_bytes_of("jd-not-supported");
    hs_pool_emit_unseen(peer, &answer);
}

/* A message of the client's, which the session has seen. */
static void take(hs_pool_peer *peer, const hs_sv2_message *m, const hs_session_step *step)
{
    switch (m->id) {
    case HS_SV2_SUBMIT_STANDARD:
    case HS_SV2_SUBMIT_EXTENDED:
        hs_pool_submit(peer, m, step);
        return;
    case HS_SV2_UPDATE_CHANNEL:
        hs_pool_update(peer, m, step);
        return;
    case HS_SV2_SET_CUSTOM_JOB:
        refuse_custom_job(peer, m);
        return;
    case HS_SV2_CLOSE_CHANNEL:
        hs_pool_closed(peer, step);
        return;
    default:
        break;
    }
    if (m->id == HS_SV2_SETUP_CONNECTION) {
        hs_pool_setup(peer, m); /* the session has found no fault but in its versions */
    } else if (step->rule != HS_RULE_OK) {
        offend(peer, hs_rule_name(step->rule), step->text);
    } else if (m->id == HS_SV2_OPEN_STANDARD || m->id == HS_SV2_OPEN_EXTENDED) {
        hs_pool_open(peer, m);
    } else if (m->id == HS_SV2_REQUEST_EXTENSIONS) {
        refuse_extensions(peer, m);
    }
}

void hs_pool_frame(hs_pool_peer *peer, const uint8_t *frame, size_t len)
{
    hs_sv2_message m;
    hs_sv2_error why;
    hs_session_step step;
    if (peer->ended) {
        return;
    }
    if (hs_sv2_decode(frame, len, HS_SV2_ANY_RATE, &m, &why) != 0) {
        if (why.reason == HS_SV2_E_EXTENSION || why.reason == HS_SV2_E_TYPE) {
            peer->pool->protocol_errors++; /* of a kind to be ignored: spec 3.2 and 3.4 */
        } else {
            offend(peer, "malformed frame", why.text);
        }
        return;
    }
    if ((hs_sv2_spec_of(m.id)->sender & HS_SV2_CLIENT) == 0) {
        offend(peer, "a server's message from the client", hs_sv2_spec_of(m.id)->name);
        return;
    }
    hs_session_set_time(peer->session, peer->pool->now_ms);
    (void)hs_session_apply(peer->session, &m, &step);
    if (step.rule == HS_RULE_SETUP_ORDER) {
        offend(peer, hs_rule_name(step.rule), step.text);
        return;
    }
    take(peer, &m, &step);
    hs_pool_answer_due(peer, 0);
    hs_pool_push(peer);
}

int hs_pool_is_down(const hs_pool *pool)
{
    return hs_pool_state_is_down(&pool->state, pool->now_ms);
}

int hs_pool_is_stalled(const hs_pool *pool)
{
    return pool->state.on[HS_POOL_STALL];
}

static void reconnect(hs_pool_peer *peer)
{
    hs_sv2_message m = {.id = HS_SV2_RECONNECT}; /* without a host: the same one again */
    (void)hs_pool_emit(peer, &m);
    hs_pool_end(peer, 1, "Reconnect was sent on command");
}

/* What happens at once, on one connection. */
static void strike(hs_pool_peer *peer, enum hs_pool_fault_kind kind)
{
    /* A SetTarget whose payload is too short for its fields. */
    static const uint8_t GARBAGE[] = {0x00, 0x80, 0x21, 0x05, 0x00, 0x00, 1, 2, 3, 4, 5};
    if (peer->ended || peer->mute) {
        return;
    }
    switch (kind) {
    case HS_POOL_PREFIX_CHANGE:
        hs_pool_change_prefixes(peer);
        break;
    case HS_POOL_CLOSE:
        hs_pool_close_oldest(peer);
        break;
    case HS_POOL_RECONNECT:
        reconnect(peer);
        break;
    case HS_POOL_GARBAGE:
        peer->pool->out.send_raw(peer->link, GARBAGE, sizeof GARBAGE);
        break;
    case HS_POOL_HALF_FRAME:
        peer->pool->out.send_raw(peer->link, GARBAGE, HS_SV2_HEADER_SIZE + 2);
        peer->mute = 1;
        break;
    default:
        break;
    }
    hs_pool_push(peer);
}

static void act(hs_pool *pool, const hs_pool_fault *fault, int on)
{
    const enum hs_pool_fault_kind kind = fault->kind;
    char text[64];
    if (kind < HS_POOL_LASTING) {
        pool->state.on[kind] = on;
        pool->state.value[kind] = fault->value;
        pool->state.since_ms[kind] = pool->now_ms;
    }
    (void)snprintf(text, sizeof text, "%s%s", hs_pool_fault_name(kind),
                   kind >= HS_POOL_LASTING ? ""
                   : on                    ? " begins"
                                           : " ends");
    pool->out.note(pool->ctx, pool->now_ms, text);
    if (kind == HS_POOL_TIP) {
        hs_pool_tip_now(pool);
    } else if (kind == HS_POOL_REFRESH) {
        hs_pool_refresh_now(pool);
    }
    for (hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
        if (kind == HS_POOL_EASIER) {
            hs_pool_retarget(peer);
            hs_pool_push(peer);
        }
        strike(peer, kind);
    }
}

int hs_pool_command(hs_pool *pool, const char *line, char *why, size_t capacity)
{
    hs_pool_fault fault;
    int on = 0;
    if (hs_pool_fault_parse_line(line, &fault, &on, why, capacity) != 0) {
        return -1;
    }
    if (strcmp(line, "up") == 0) { /* from wherever it is down */
        pool->state.on[HS_POOL_FLAP] = 0;
    }
    act(pool, &fault, on);
    hs_pool_advance(pool, pool->now_ms);
    return 0;
}

/* Going down ends every connection at once, as a process that dies does. */
static void follow_down(hs_pool *pool)
{
    const int down = hs_pool_is_down(pool);
    if (down && !pool->was_down) {
        for (hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
            peer->burst_count = 0;
            hs_pool_end(peer, 0, "the pool is down");
        }
    }
    pool->was_down = down;
}

void hs_pool_advance(hs_pool *pool, uint64_t now_ms)
{
    int begins = 0;
    const hs_pool_fault *fault = NULL;
    if (now_ms > pool->now_ms) {
        pool->now_ms = now_ms;
    }
    for (hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
        hs_session_set_time(peer->session, pool->now_ms);
    }
    for (size_t i = 0; i < 2 * pool->options.fault_count; i++) {
        fault = hs_pool_faults_due(pool->options.faults, pool->options.fault_count, pool->now_ms,
                                   &begins);
        if (fault == NULL) {
            break;
        }
        act(pool, fault, begins);
    }
    follow_down(pool);
    hs_pool_advance_jobs(pool);
    for (hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
        hs_pool_answer_due(peer, 0);
        hs_pool_push(peer);
    }
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t hs_pool_next_ms(const hs_pool *pool)
{
    uint64_t next = sooner(pool->tip_at_ms, pool->refresh_at_ms);
    next = sooner(next, hs_pool_faults_next_ms(pool->options.faults, pool->options.fault_count));
    next = sooner(next, hs_pool_state_next_ms(&pool->state, pool->now_ms));
    for (const hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
        next = sooner(next, hs_pool_answers_next_ms(peer));
    }
    return next;
}

void hs_pool_settle(hs_pool *pool)
{
    for (hs_pool_peer *peer = pool->peers; peer != NULL; peer = peer->next) {
        hs_pool_answer_due(peer, 1);
        hs_pool_push(peer);
    }
}

static void put_counts(json_t *object, const hs_pool_counts *counts)
{
    json_t *const rejected = json_object();
    hs_json_count(object, "received", counts->received);
    hs_json_count(object, "accepted", counts->accepted);
    hs_json_put(object, "work_accepted", json_real(counts->work));
    hs_json_put(object, "hashes_accepted", json_real(hs_sv2_hashes_of(counts->work)));
    hs_json_count(object, "stale", counts->stale);
    hs_json_count(object, "stale_ms_most", counts->stale_ms_most);
    hs_json_count(object, "stale_known", counts->stale_known);
    hs_json_count(object, "cut_off", counts->cut_off);
    hs_json_count(object, "duplicates", counts->duplicates);
    for (int i = 0; i <= HS_JUDGED_DUPLICATE; i++) {
        const uint64_t more = i == HS_JUDGED_NTIME ? counts->refused : 0;
        if (counts->rejected[i] + more > 0) {
            hs_json_count(rejected, hs_judgement_code((enum hs_judgement)i),
                          counts->rejected[i] + more);
        }
    }
    hs_json_put(object, "rejected", rejected);
    hs_json_count(object, "refused_on_command", counts->refused);
}

static json_t *channel_json(const hs_pool_channel *channel)
{
    json_t *const object = json_object();
    hs_json_count(object, "connection", channel->connection);
    hs_json_count(object, "channel_id", channel->channel_id);
    hs_json_text(object, "kind", channel->kind == HS_CHANNEL_EXTENDED ? "extended" : "standard");
    hs_json_text(object, "user", channel->user);
    hs_json_put(object, "open", json_boolean(channel->open));
    hs_json_put(object, "nominal_hash_rate", json_real(channel->rate_hs));
    put_counts(object, &channel->counts);
    return object;
}

json_t *hs_pool_json(const hs_pool *pool, int with_channels)
{
    char hex[2 * HS_SV2_EXTRANONCE_MAX + 1];
    json_t *const root = json_object();
    hs_json_text(root, "name", pool->options.name);
    hs_json_text(root, "prefix", hs_hex(hex, pool->options.prefix.byte, pool->options.prefix.len));
    hs_json_count(root, "extranonce_size", pool->options.extranonce_size);
    hs_json_put(root, "seconds", json_real((double)pool->now_ms / 1000.0));
    hs_json_count(root, "connections", pool->connection_count);
    hs_json_count(root, "channels_opened", pool->channel_count);
    put_counts(root, &pool->counts);
    hs_json_count(root, "tips", pool->tips);
    hs_json_count(root, "jobs", pool->jobs);
    hs_json_count(root, "targets", pool->targets);
    hs_json_count(root, "prefixes", pool->prefixes);
    hs_json_count(root, "protocol_errors", pool->protocol_errors);
    hs_json_count(root, "own_faults", pool->own_faults);
    if (with_channels) {
        json_t *const channels = json_array();
        for (size_t i = 0; i < pool->channel_count; i++) {
            (void)json_array_append_new(channels, channel_json(pool->channels[i]));
        }
        hs_json_put(root, "channels", channels);
    }
    return root;
}
