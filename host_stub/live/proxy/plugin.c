/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "abi/hmx_tuning.h"
#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/guard/snapshot.h"
#include "host_stub/live/proxy/identity.h"

enum { STATE_MAX = 64 << 20 };

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
    const hmx_reader reader = {.size = sizeof reader, .ctx = &s, .read = read_state};
    const hmx_load_args args = {.size = sizeof args,
                                .now_ns = proxy->now_ns,
                                .unix_ms = proxy->unix_ms,
                                .from = &reader,
                                .why = hs_link_text(&proxy->link)};
    if (state.len == 0) {
        return;
    }
    const hmx_status status = hs_guard_load(proxy->link.guard, &args);
    if (status < 0) {
        hs_proxy_note(proxy, "the plugin starts afresh: %s",
                      proxy->link.reasons[0] != '\0' ? proxy->link.reasons
                                                     : "it does not take a saved state");
    } else {
        hs_proxy_note(proxy, "the saved state is loaded");
    }
}

int hs_proxy_save(hs_proxy *proxy, uint8_t **data, size_t *len, char *why, size_t capacity)
{
    stream s = {.data = NULL};
    const hmx_writer writer = {.size = sizeof writer, .ctx = &s, .write = write_state};
    const hmx_status status = hs_guard_save(proxy->link.guard, &writer);
    if (status == HMX_OK && s.data != NULL) {
        *data = s.data;
        *len = s.len;
        return 1;
    }
    free(s.data);
    if (status == HMX_OK || status == HMX_E_UNSUPPORTED) {
        return 0;
    }
    return hs_refuse(why, capacity, "the plugin cannot save its state: %s", hs_link_status(status));
}

static void on_audit(void *ctx, const char *json, uint64_t len)
{
    hs_proxy *const proxy = ctx;
    proxy->out.audit(proxy->ctx, json, len);
}

int hs_proxy_plugin_start(hs_proxy *proxy, const hs_plugin *plugin, hs_sv2_bytes state, char *why,
                          size_t capacity)
{
    const hs_link_options options = {.config_path = proxy->settings.config_path,
                                     .config_text = proxy->settings.config_text,
                                     .seed = proxy->settings.seed,
                                     .guard = {.log = on_log,
                                               .audit = proxy->out.audit != NULL ? on_audit : NULL,
                                               .violation = on_violation,
                                               .request_tick = on_request_tick,
                                               .ctx = proxy}};
    if (hs_link_start(&proxy->link, plugin, &options, why, capacity) != 0) {
        return -1;
    }
    offer_state(proxy, state);
    return 0;
}

/* Can the table be used by this proxy? */
static int check_table(const hs_proxy *proxy, const hs_link_table *table, char *why,
                       size_t capacity)
{
    char reason[400] = "";
    for (uint32_t i = 0; i < table->count; i++) {
        const hmx_upstream_info *const row = &table->rows[i];
        if (hs_identity_check(row->user_identity, proxy->settings.per_channel != 0, reason,
                              sizeof reason) != 0) {
            return hs_refuse(why, capacity, "pool %s: %s", row->id, reason);
        }
    }
    return 0;
}

/* The new configuration in an instance that does nothing else: what the plugin would take and the
 * proxy cannot use is refused before anything has changed. What the plugin refuses it says later,
 * with its reasons. */
static int try_configuration(hs_proxy *proxy, char *why, size_t capacity)
{
    const hs_link_options options = {.config_path = proxy->settings.config_path,
                                     .config_text = proxy->settings.config_text,
                                     .seed = proxy->settings.seed};
    hs_link *const trial = calloc(1, sizeof *trial);
    hs_link_table *const table = calloc(1, sizeof *table);
    char ignored[400];
    int rc = 0;
    if (trial == NULL || table == NULL) {
        rc = hs_refuse(why, capacity, "no memory for the new configuration");
    } else {
        trial->now_ns = proxy->now_ns;
        trial->unix_ms = proxy->unix_ms;
        if (hs_link_start(trial, proxy->link.plugin, &options, ignored, sizeof ignored) == 0) {
            (void)hs_link_upstreams(trial, table);
            rc = check_table(proxy, table, why, capacity);
        }
        (void)hs_link_stop(trial);
    }
    free(trial);
    free(table);
    return rc;
}

/* Where the pool of this row is to be dialled. */
static void place_of(const hs_proxy *proxy, const hmx_upstream_info *row, char *host,
                     uint16_t *port)
{
    memcpy(host, row->address, HS_PROXY_HOST_SIZE);
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
    const int is_other_account =
        up->is_configured && strcmp(row->user_identity, up->row.user_identity) != 0;
    up->is_configured = 1;
    up->row = *row;
    memcpy(up->host, host, sizeof up->host);
    up->port = port;
    if (moved) {
        hs_proxy_end_up(proxy, up, "the configuration has another address for it");
    } else if (is_other_account) {
        hs_proxy_end_up(proxy, up, "the configuration has another user_identity for it");
    }
}

int hs_proxy_read_table(hs_proxy *proxy, char *why, size_t capacity)
{
    hs_link_table table;
    uint64_t seen = 0;
    const hmx_status status = hs_link_upstreams(&proxy->link, &table);
    if (check_table(proxy, &table, why, capacity) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < table.count; i++) {
        const uint32_t upstream = table.rows[i].upstream;
        if (upstream >= 1 && upstream <= HMX_UPSTREAMS_MAX) {
            seen |= UINT64_C(1) << (upstream - 1);
            take_row(proxy, &table.rows[i]);
        }
    }
    if (seen == 0) {
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
    hs_link *const link = &proxy->link;
    if (try_configuration(proxy, why, capacity) != 0) {
        return -1;
    }
    const hmx_status status =
        hs_link_reconfigure(link, proxy->settings.config_path, proxy->settings.config_text);
    if (status < 0) {
        return hs_refuse(why, capacity, "the new configuration is refused (status %d)%s%s",
                         (int)status, link->reasons[0] != '\0' ? ": " : "", link->reasons);
    }
    proxy->tick_wanted = 1;
    return hs_proxy_read_table(proxy, why, capacity);
}

void hs_proxy_ask_wanted(hs_proxy *proxy, double wanted_hs[HMX_UPSTREAMS_MAX + 1])
{
    hmx_snapshot snapshot;
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    memset(wanted_hs, 0, (HMX_UPSTREAMS_MAX + 1) * sizeof wanted_hs[0]);
    if (hs_guard_snapshot(proxy->link.guard, &snapshot, rows) != 0) {
        return;
    }
    for (uint32_t i = 0; i < snapshot.count; i++) {
        if (rows[i].upstream >= 1 && rows[i].upstream <= HMX_UPSTREAMS_MAX) {
            wanted_hs[rows[i].upstream] = rows[i].wanted_hashrate;
        }
    }
}

void hs_proxy_ask_mode(hs_proxy *proxy)
{
    hmx_snapshot snapshot;
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    proxy->is_observed = hs_guard_snapshot(proxy->link.guard, &snapshot, rows) == 0 &&
                         snapshot.mode == HMX_MODE_OBSERVE;
}

/* What is known of a pool by the job that it has sent last. A miner that has a channel there for
 * itself has its prefix from the pool: there is no space to divide. */
static void tell_job(hmx_upstream_event *e, const hs_proxy_leg *leg)
{
    if (!leg->is_own) {
        e->extranonce_size = leg->extranonce_size;
        e->extranonce_prefix_len = leg->job.prefix.len;
        memcpy(e->extranonce_prefix, leg->job.prefix.byte, leg->job.prefix.len);
    }
    e->has_job = HMX_YES;
    e->version_rolling = leg->job.copy.job.version_rolling_allowed ? HMX_YES : HMX_NO;
    /* No target: that of one channel for all follows the rate of all, and tells of no one. */
    memcpy(e->tip_prev_hash, leg->tip.prev_hash.byte, sizeof e->tip_prev_hash);
    e->tip_nbits = leg->tip.nbits;
}

void hs_proxy_tell_up(hs_proxy *proxy, hs_proxy_up *up)
{
    const int is_up = hs_proxy_up_is_ready(proxy, up);
    const uint32_t state = is_up ? HMX_UPSTREAM_UP : HMX_UPSTREAM_DOWN;
    if (!is_up && up->told_state == HMX_UPSTREAM_DOWN) {
        return;
    }
    hmx_upstream_event e = {.upstream = up->upstream,
                            .state = state,
                            .reason = is_up ? 0 : up->reason,
                            .has_job = is_up ? HMX_UNKNOWN : HMX_NO};
    if (is_up) {
        e.fixed_version =
            (up->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0 ? HMX_YES : HMX_NO;
        if (up->latest != NULL) {
            tell_job(&e, up->latest);
            up->told_prefix = up->latest->job.prefix;
        }
    }
    if (proxy->settings.per_channel && memcmp(&e, &up->told, sizeof e) == 0) {
        return; /* each miner's channel gets the same jobs */
    }
    up->told = e;
    if (up->told_state != state) {
        proxy->tick_wanted = 1;
    }
    up->told_state = state;
    (void)hs_link_upstream(&proxy->link, &e);
}

hmx_status hs_proxy_ask_where(hs_proxy *proxy, const hs_proxy_channel *channel,
                              const hs_sv2_open *asked, hmx_channel_decision *answer)
{
    const hs_proxy_peer *const peer = channel->peer;
    hmx_channel_open e = {.channel = channel->number,
                          .connection = peer->number,
                          .kind = (uint32_t)channel->move.kind,
                          .honours_prefix = channel->honours_prefix,
                          .min_extranonce_size = channel->move.extranonce_size,
                          .extranonce_size = channel->move.extranonce_size,
                          .nominal_hashrate = channel->nominal_hs,
                          .user_identity = {asked->user_identity.data, asked->user_identity.len},
                          .vendor = {peer->vendor.byte, peer->vendor.len},
                          .hardware = {peer->hardware.byte, peer->hardware.len},
                          .firmware = {peer->firmware.byte, peer->firmware.len}};
    if ((peer->flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0) {
        e.flags |= HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING;
    }
    memcpy(e.max_target, asked->max_target.byte, sizeof e.max_target);
    return hs_link_open(&proxy->link, &e, answer);
}

void hs_proxy_tell_share(hs_proxy *proxy, const hs_proxy_sent *share, uint32_t upstream,
                         uint32_t verdict, uint32_t flags)
{
    hmx_share e = {.event = {.flags = flags},
                   .channel = share->channel,
                   .cookie = share->cookie,
                   .upstream = upstream,
                   .verdict = verdict,
                   .count = 1,
                   .work = share->work,
                   .credit = share->credit};
    if (share->told && share->work > 0.0) {
        (void)hs_link_share(&proxy->link, &e);
    }
}

static void tell_update(hs_proxy *proxy, const hs_proxy_channel *channel, hmx_channel_update e)
{
    e.channel = channel->number;
    e.cookie = channel->cookie;
    if (channel->told) {
        (void)hs_link_update(&proxy->link, &e);
    }
}

void hs_proxy_tell_honours(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t honours)
{
    channel->honours_prefix = honours;
    channel->move.ignores_prefix = honours == HMX_NO;
    tell_update(
        proxy, channel,
        (hmx_channel_update){.changed = HMX_FACT_HONOURS_PREFIX, .honours_prefix = honours});
}

void hs_proxy_tell_updated(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hmx_channel_update e = {.changed = HMX_FACT_NOMINAL_HASHRATE | HMX_FACT_MAX_TARGET,
                            .nominal_hashrate = channel->nominal_hs};
    memcpy(e.max_target, channel->move.max_target.byte, sizeof e.max_target);
    tell_update(proxy, channel, e);
}

void hs_proxy_tell_allowed(hs_proxy *proxy, const hs_proxy_channel *channel)
{
    hmx_channel_update e = {.changed = HMX_FACT_UPSTREAMS_ALLOWED, .upstreams_allowed = UINT64_MAX};
    for (const hs_proxy_leg *leg = channel->legs; leg != NULL; leg = leg->next) {
        if (leg->is_refused) {
            e.upstreams_allowed &= ~(UINT64_C(1) << (leg->up->upstream - 1));
        }
    }
    tell_update(proxy, channel, e);
}

void hs_proxy_tell_closed(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t reason)
{
    if (channel->told) {
        (void)hs_link_close(&proxy->link, channel->number, channel->cookie, reason);
    }
}

hmx_status hs_proxy_tell_outcome(hs_proxy *proxy, const hs_proxy_channel *channel,
                                 uint64_t decision, uint32_t from, uint32_t result, uint32_t cause)
{
    hmx_reassign e = {.decision = decision,
                      .channel = channel->number,
                      .cookie = channel->cookie,
                      .from = from,
                      .to = channel->upstream,
                      .result = result,
                      .cause = cause};
    return channel->told
               ? hs_link_reassign(&proxy->link, &e, channel->prefix.byte, channel->prefix.len)
               : HMX_OK;
}

void hs_proxy_tell_drained(hs_proxy *proxy, const hs_proxy_drain *drain)
{
    if (drain->told) {
        (void)hs_link_drained(&proxy->link, drain->channel, drain->cookie, drain->upstream,
                              drain->prefix.byte, drain->prefix.len);
    }
}
