/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The proxy's bridge to the plugin: facts in, decisions out, always through the guard. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/live/proxy/internal.h"

enum { ROWS = 64, CALLS_PER_TICK_MAX = 1000, WHY_SIZE = 2048, STATE_MAX = 64 << 20 };

static void on_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    hs_proxy *const proxy = ctx;
    if (level <= HMX_LOG_INFO) {
        hs_proxy_note(proxy, "plugin: %.*s", len < 400 ? (int)len : 400, text);
    }
}

static void on_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    hs_proxy *const proxy = ctx;
    if (proxy->out.violation != NULL) {
        proxy->out.violation(proxy->ctx, side, check, text);
    }
}

static void on_request_tick(void *ctx)
{
    ((hs_proxy *)ctx)->tick_wanted = 1;
}

typedef struct stream {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t at;
} stream;

static hmx_status read_state(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    stream *const s = ctx;
    const size_t left = s->len - s->at;
    const size_t n = left < capacity ? left : (size_t)capacity;
    if (n > 0) {
        memcpy(data, s->data + s->at, n);
    }
    s->at += n;
    *len = n;
    return HMX_OK;
}

static hmx_status write_state(void *ctx, const void *data, uint64_t len)
{
    stream *const s = ctx;
    if (len > STATE_MAX - s->len || HS_GROW(s->data, s->capacity, s->len + (size_t)len + 1) != 0) {
        return HMX_E_IO;
    }
    if (len > 0) {
        memcpy(s->data + s->len, data, (size_t)len);
    }
    s->len += (size_t)len;
    return HMX_OK;
}

static void offer_state(hs_proxy *proxy, hs_sv2_bytes state)
{
    stream s = {.data = (uint8_t *)(uintptr_t)state.data, .len = state.len};
    const hmx_reader reader = {.size = sizeof reader,
                               .ctx = &s,
                               .read = read_state,
                               .now_ns = proxy->now_ns,
                               .unix_ms = proxy->unix_ms};
    if (state.len == 0) {
        return;
    }
    const hmx_status status = hs_guard_load(proxy->guard, &reader);
    if (status < 0) {
        hs_proxy_note(proxy, "the saved state is refused (status %d): the plugin starts afresh",
                      (int)status);
    } else {
        hs_proxy_note(proxy, "the saved state is loaded");
    }
}

int hs_proxy_save(hs_proxy *proxy, uint8_t **data, size_t *len, char *why, size_t capacity)
{
    stream s = {.data = NULL};
    const hmx_writer writer = {.size = sizeof writer, .ctx = &s, .write = write_state};
    const hmx_status status = hs_guard_save(proxy->guard, &writer);
    if (status == HMX_OK && s.data != NULL) {
        *data = s.data;
        *len = s.len;
        return 1;
    }
    free(s.data);
    if (status == HMX_OK || status == HMX_E_UNSUPPORTED) {
        return 0;
    }
    return hs_refuse(why, capacity, "the plugin cannot save its state (status %d)", (int)status);
}

int hs_proxy_plugin_start(hs_proxy *proxy, const hs_plugin *plugin, hs_sv2_bytes state, char *why,
                          size_t capacity)
{
    char reasons[WHY_SIZE] = "";
    hmx_text text = {.size = sizeof text, .data = reasons, .capacity = sizeof reasons};
    const hs_proxy_settings *const s = &proxy->settings;
    hmx_create_args args = {.size = sizeof args,
                            .now_ns = proxy->now_ns,
                            .unix_ms = proxy->unix_ms,
                            .instance_count = 1,
                            .why = &text};
    const hs_guard_options options = {.caps = HMX_CAP_KNOWN,
                                      .log = on_log,
                                      .violation = on_violation,
                                      .request_tick = on_request_tick,
                                      .ctx = proxy};
    hmx_status status = HMX_OK;
    memcpy(args.seed, s->seed, sizeof args.seed);
    if (s->config_path != NULL) {
        args.config_path = (hmx_view){s->config_path, strlen(s->config_path)};
    } else {
        args.config_text = (hmx_view){s->config_text, strlen(s->config_text)};
    }
    proxy->guard = hs_guard_new(plugin, &args, &options, &status);
    reasons[sizeof reasons - 1] = '\0';
    if (proxy->guard == NULL || status < 0) {
        return hs_refuse(why, capacity, "the plugin does not start (status %d)%s%s", (int)status,
                         reasons[0] != '\0' ? ": " : "", reasons);
    }
    offer_state(proxy, state);
    return 0;
}

/* Where the pool of this row is to be dialled. */
static void place_of(const hs_proxy *proxy, const hmx_upstream_info *row, char *host,
                     uint16_t *port)
{
    (void)snprintf(host, HS_PROXY_HOST_SIZE, "%.*s", (int)sizeof row->address - 1, row->address);
    *port = (uint16_t)row->port;
    for (size_t i = 0; i < proxy->settings.place_count; i++) {
        const hs_proxy_place *const place = &proxy->settings.places[i];
        if (strncmp(place->id, row->id, sizeof row->id) == 0) {
            memcpy(host, place->host, HS_PROXY_HOST_SIZE);
            *port = place->port;
        }
    }
}

static void take_row(hs_proxy *proxy, const hmx_upstream_info *row)
{
    hs_proxy_up *const up = &proxy->ups[row->upstream];
    char host[HS_PROXY_HOST_SIZE];
    uint16_t port = 0;
    place_of(proxy, row, host, &port);
    const int moved = up->is_configured && (strcmp(host, up->host) != 0 || port != up->port);
    up->is_configured = 1;
    up->row = *row;
    up->row.id[sizeof up->row.id - 1] = '\0';
    memcpy(up->host, host, sizeof up->host);
    up->port = port;
    if (moved) {
        hs_proxy_end_up(proxy, up, "the configuration has another address for it");
    }
}

int hs_proxy_read_table(hs_proxy *proxy, char *why, size_t capacity)
{
    static const size_t COUNT = HMX_UPSTREAMS_MAX;
    uint64_t seen = 0;
    hmx_upstream_info *const rows = calloc(COUNT, sizeof *rows);
    if (rows == NULL) {
        return hs_refuse(why, capacity, "no memory for the table of pools");
    }
    for (size_t i = 0; i < COUNT; i++) {
        rows[i].size = sizeof rows[i];
    }
    hmx_upstream_table table = {.size = sizeof table,
                                .stride = sizeof rows[0],
                                .capacity = HMX_UPSTREAMS_MAX,
                                .rows = rows};
    const hmx_status status = hs_guard_upstreams(proxy->guard, &table);
    for (uint32_t i = 0; status >= 0 && i < table.count && i < table.capacity; i++) {
        if (rows[i].upstream >= 1 && rows[i].upstream <= HMX_UPSTREAMS_MAX) {
            seen |= UINT64_C(1) << (rows[i].upstream - 1);
            take_row(proxy, &rows[i]);
        }
    }
    free(rows);
    if (status < 0 || seen == 0) {
        return hs_refuse(why, capacity, "the plugin names no pools (status %d)", (int)status);
    }
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        hs_proxy_up *const up = &proxy->ups[i];
        if (up->is_configured && (seen >> (i - 1) & 1) == 0) {
            up->is_configured = 0;
            hs_proxy_end_up(proxy, up, "it is no longer configured");
        }
    }
    return 0;
}

int hs_proxy_reload(hs_proxy *proxy, char *why, size_t capacity)
{
    char reasons[WHY_SIZE] = "";
    hmx_text text = {.size = sizeof text, .data = reasons, .capacity = sizeof reasons};
    hmx_reconfigure_args args = {
        .size = sizeof args, .now_ns = proxy->now_ns, .unix_ms = proxy->unix_ms, .why = &text};
    const hs_proxy_settings *const s = &proxy->settings;
    if (s->config_path != NULL) {
        args.config_path = (hmx_view){s->config_path, strlen(s->config_path)};
    } else {
        args.config_text = (hmx_view){s->config_text, strlen(s->config_text)};
    }
    const hmx_status status = hs_guard_reconfigure(proxy->guard, &args);
    reasons[sizeof reasons - 1] = '\0';
    if (status < 0) {
        return hs_refuse(why, capacity, "the new configuration is refused (status %d)%s%s",
                         (int)status, reasons[0] != '\0' ? ": " : "", reasons);
    }
    proxy->tick_wanted = 1;
    return hs_proxy_read_table(proxy, why, capacity);
}

void hs_proxy_tell_up(hs_proxy *proxy, hs_proxy_up *up)
{
    const int is_up = hs_proxy_up_is_usable(up);
    const uint32_t state = is_up ? HMX_UPSTREAM_UP : HMX_UPSTREAM_DOWN;
    if (!is_up && up->told_state == HMX_UPSTREAM_DOWN) {
        return;
    }
    hmx_upstream_event e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                            .upstream = up->upstream,
                            .state = state,
                            .reason = is_up ? 0 : up->reason,
                            .has_job = is_up ? HMX_YES : HMX_NO,
                            .latency_ns = up->round_trip_ns};
    if (is_up) {
        e.extranonce_size = up->extranonce_size;
        e.extranonce_prefix_len = up->job.prefix.len;
        memcpy(e.extranonce_prefix, up->job.prefix.byte, up->job.prefix.len);
        e.version_rolling = up->job.copy.job.version_rolling_allowed ? HMX_YES : HMX_NO;
        e.fixed_version =
            (up->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0 ? HMX_YES : HMX_NO;
        memcpy(e.target, up->job.target.byte, sizeof e.target);
        memcpy(e.tip_prev_hash, up->tip.prev_hash.byte, sizeof e.tip_prev_hash);
        e.tip_nbits = up->tip.nbits;
    }
    if (up->told_state != state) {
        proxy->tick_wanted = 1;
    }
    up->told_state = state;
    up->told_prefix = is_up ? up->job.prefix : up->told_prefix;
    (void)hs_guard_on_upstream(proxy->guard, &e);
}

hmx_status hs_proxy_ask_where(hs_proxy *proxy, const hs_proxy_channel *channel,
                              const hs_sv2_open *asked, hmx_channel_decision *answer)
{
    const hs_proxy_peer *const peer = channel->peer;
    hmx_channel_open e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                          .channel = channel->number,
                          .connection = peer->number,
                          .kind = (uint32_t)channel->move.kind,
                          .honours_prefix = channel->honours_prefix,
                          .min_extranonce_size = channel->move.extranonce_size,
                          .extranonce_size = channel->move.extranonce_size,
                          .nominal_hashrate = channel->nominal_hs,
                          .user_identity = {asked->user_identity.data, asked->user_identity.len},
                          .vendor = {peer->vendor, peer->vendor_len}};
    if ((peer->flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0) {
        e.flags |= HMX_CHANNEL_REQUIRES_VERSION_ROLLING;
    }
    memcpy(e.max_target, asked->max_target.byte, sizeof e.max_target);
    memset(answer, 0, sizeof *answer);
    answer->size = sizeof *answer;
    return hs_guard_on_channel_open(proxy->guard, &e, answer);
}

void hs_proxy_tell_share(hs_proxy *proxy, const hs_proxy_sent *share, uint32_t upstream,
                         uint32_t verdict, uint32_t flags)
{
    hmx_share e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                   .channel = share->channel,
                   .cookie = share->cookie,
                   .upstream = upstream,
                   .verdict = verdict,
                   .count = 1,
                   .work = share->work,
                   .job_age_ns = share->job_age_ns};
    e.event.flags = flags;
    if (share->told && share->work > 0.0) {
        (void)hs_guard_on_share(proxy->guard, &e);
    }
}

void hs_proxy_tell_honours(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t honours)
{
    const hmx_channel_update e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                                  .channel = channel->number,
                                  .cookie = channel->cookie,
                                  .changed = HMX_FACT_HONOURS_PREFIX,
                                  .honours_prefix = honours};
    channel->honours_prefix = honours;
    channel->move.ignores_prefix = honours == HMX_NO;
    if (channel->told) {
        (void)hs_guard_on_channel_update(proxy->guard, &e);
    }
}

void hs_proxy_tell_updated(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hmx_channel_update e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                            .channel = channel->number,
                            .cookie = channel->cookie,
                            .changed = HMX_FACT_NOMINAL_HASHRATE | HMX_FACT_MAX_TARGET,
                            .nominal_hashrate = channel->nominal_hs};
    memcpy(e.max_target, channel->move.max_target.byte, sizeof e.max_target);
    if (channel->told) {
        (void)hs_guard_on_channel_update(proxy->guard, &e);
    }
}

void hs_proxy_tell_closed(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t reason)
{
    const hmx_channel_close e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                                 .channel = channel->number,
                                 .cookie = channel->cookie,
                                 .reason = reason};
    if (channel->told) {
        (void)hs_guard_on_channel_close(proxy->guard, &e);
    }
}

hmx_status hs_proxy_tell_outcome(hs_proxy *proxy, const hs_proxy_channel *channel,
                                 uint64_t decision, uint32_t from, uint32_t result, uint32_t cause)
{
    hmx_reassign e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                      .decision = decision,
                      .channel = channel->number,
                      .cookie = channel->cookie,
                      .from = from,
                      .to = channel->upstream,
                      .result = result,
                      .cause = cause,
                      .extranonce_prefix_len = channel->prefix.len};
    memcpy(e.extranonce_prefix, channel->prefix.byte, channel->prefix.len);
    return channel->told ? hs_guard_on_reassign(proxy->guard, &e) : HMX_OK;
}

void hs_proxy_tell_drained(hs_proxy *proxy, const hs_proxy_drain *drain)
{
    hmx_reassign e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                      .channel = drain->channel,
                      .cookie = drain->cookie,
                      .from = drain->upstream,
                      .to = HMX_NONE,
                      .result = HMX_RESULT_DRAINED,
                      .extranonce_prefix_len = drain->prefix.len};
    memcpy(e.extranonce_prefix, drain->prefix.byte, drain->prefix.len);
    if (drain->told) {
        (void)hs_guard_on_reassign(proxy->guard, &e);
    }
}

void hs_proxy_tick(hs_proxy *proxy)
{
    hmx_decision rows[ROWS];
    hmx_decision_buf buf = {.more = 1};
    uint64_t elapsed = proxy->ticked_ns != 0 ? proxy->now_ns - proxy->ticked_ns : 0;
    proxy->tick_wanted = 0;
    proxy->ticked_ns = proxy->now_ns;
    for (int call = 0; call < CALLS_PER_TICK_MAX && buf.more != 0; call++) {
        memset(rows, 0, sizeof rows);
        for (int i = 0; i < ROWS; i++) {
            rows[i].size = sizeof rows[i];
        }
        buf = (hmx_decision_buf){
            .size = sizeof buf, .stride = sizeof rows[0], .capacity = ROWS, .rows = rows};
        const hmx_tick e = {.event = hs_guard_event(proxy->guard, sizeof e, proxy->now_ns),
                            .elapsed_ns = elapsed,
                            .unix_ms = proxy->unix_ms};
        if (hs_guard_on_tick(proxy->guard, &e, &buf) < 0) {
            break;
        }
        for (uint32_t i = 0; i < buf.count && i < ROWS; i++) {
            hs_proxy_carry_out(proxy, &rows[i]);
        }
        elapsed = 0;
    }
}
