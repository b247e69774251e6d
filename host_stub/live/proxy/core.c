/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"
#include "host_stub/live/proxy/aim.h"
#include "host_stub/live/proxy/giant.h"
#include "host_stub/live/proxy/moves.h"
#include "host_stub/live/proxy/open.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/prefix.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/routes.h"
#include "host_stub/live/proxy/shares.h"
#include "host_stub/live/proxy/up.h"

#define SWEEP_NS (50 * HS_PROXY_MS_NS)
#define TICK_NS  (250 * HS_PROXY_MS_NS)
#define SETUP_NS (10000 * HS_PROXY_MS_NS) /* for a connection to say SetupConnection */

void hs_proxy_settings_defaults(hs_proxy_settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->drain_ns = 3000 * HS_PROXY_MS_NS;
    settings->dial_least_ns = 250 * HS_PROXY_MS_NS;
    settings->dial_most_ns = 4000 * HS_PROXY_MS_NS;
}

const char *hs_proxy_up_id(const hs_proxy *proxy, uint32_t upstream)
{
    return upstream >= 1 && upstream <= HMX_UPSTREAMS_MAX ? proxy->ups[upstream].row.id : "";
}

const uint8_t *hs_proxy_up_key(const hs_proxy *proxy, uint32_t upstream)
{
    const hmx_upstream_info *const row = &proxy->ups[upstream].row;
    return (row->flags & HMX_UPSTREAM_FLAG_HAS_KEY) != 0 ? row->authority_key : NULL;
}

static void tell_time(hs_proxy *proxy, uint64_t now_ns, uint64_t unix_ms)
{
    proxy->now_ns = proxy->link.now_ns = now_ns;
    proxy->unix_ms = proxy->link.unix_ms = unix_ms;
}

static uint64_t seed_of(const uint8_t bytes[32])
{
    uint64_t seed = 0;
    memcpy(&seed, bytes, sizeof seed);
    return seed;
}

/* A pool that was named, and which the plugin does not know, is a slip of the pen. */
static int check_id(const hs_proxy *proxy, const char *option, const char *id, char *why,
                    size_t capacity)
{
    char known[HMX_UPSTREAMS_MAX * (HMX_ID_SIZE + 2) + 1] = "";
    size_t len = 0;
    for (uint32_t k = 1; k <= HMX_UPSTREAMS_MAX; k++) {
        const hs_proxy_up *const up = &proxy->ups[k];
        if (up->is_configured) {
            if (strncmp(up->row.id, id, sizeof up->row.id) == 0) {
                return 0;
            }
            len += (size_t)snprintf(known + len, sizeof known - len, "%s%.*s", len > 0 ? ", " : "",
                                    (int)sizeof up->row.id, up->row.id);
        }
    }
    return hs_refuse(why, capacity, "%s: the configuration has no pool '%s'; it has %s", option, id,
                     known);
}

static int check_ids(const hs_proxy *proxy, char *why, size_t capacity)
{
    const hs_proxy_settings *const settings = &proxy->settings;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < settings->place_count; i++) {
        rc = check_id(proxy, "--pool", settings->places[i].id, why, capacity);
    }
    for (size_t i = 0; rc == 0 && i < settings->plain.count; i++) {
        rc = check_id(proxy, "--plain", settings->plain.at[i], why, capacity);
    }
    return rc;
}

hs_proxy *hs_proxy_new(const hs_proxy_settings *settings, const hs_plugin *plugin,
                       const hs_proxy_out *out, void *ctx, uint64_t now_ns, uint64_t unix_ms,
                       hs_sv2_bytes state, char *why, size_t capacity)
{
    hs_proxy *const proxy = calloc(1, sizeof *proxy);
    if (proxy == NULL) {
        (void)snprintf(why, capacity, "no memory for the proxy");
        return NULL;
    }
    proxy->settings = *settings;
    proxy->out = *out;
    proxy->ctx = ctx;
    proxy->start_ns = now_ns;
    hs_rng_init(&proxy->chance, seed_of(settings->seed), "dial", 0);
    tell_time(proxy, now_ns, unix_ms);
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        proxy->ups[i].upstream = i;
        proxy->ups[i].pause_ns = settings->dial_least_ns;
        proxy->ups[i].whole.pause_ns = settings->dial_least_ns;
        proxy->ups[i].whole.up = &proxy->ups[i];
        if (!settings->per_channel &&
            hs_proxy_route_add(&proxy->ups[i], &proxy->ups[i].whole) != 0) {
            (void)snprintf(why, capacity, "no memory for the proxy");
            (void)hs_proxy_free(proxy);
            return NULL;
        }
    }
    if (hs_proxy_plugin_start(proxy, plugin, state, why, capacity) != 0 ||
        hs_proxy_read_table(proxy, why, capacity) != 0 || check_ids(proxy, why, capacity) != 0) {
        (void)hs_proxy_free(proxy);
        return NULL;
    }
    return proxy;
}

static void free_up(hs_proxy_up *up)
{
    for (size_t i = 0; i < up->leg_count; i++) {
        hs_proxy_leg_free(up->legs[i]);
        if (up->legs[i]->is_own) {
            free(up->legs[i]);
        }
    }
    hs_proxy_routes_free(up);
}

static void free_peer(hs_proxy_peer *peer)
{
    hs_table_free(&peer->channels);
    hs_proxy_forget_requests(peer);
    free(peer);
}

uint64_t hs_proxy_free(hs_proxy *proxy)
{
    if (proxy == NULL) {
        return 0;
    }
    while (proxy->peers != NULL) {
        hs_proxy_leave(proxy->peers);
    }
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        free_up(&proxy->ups[i]);
    }
    const uint64_t violations = hs_link_stop(&proxy->link);
    hs_table_free(&proxy->by_number);
    hs_table_free(&proxy->deaf);
    free(proxy->channels);
    free(proxy->drains);
    hs_spaces_free(&proxy->spaces);
    free(proxy->moves.first_accept_ms);
    free(proxy);
    return violations;
}

hs_proxy_peer *hs_proxy_join(hs_proxy *proxy, void *link)
{
    hs_proxy_peer *const peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        return NULL;
    }
    peer->proxy = proxy;
    peer->link = link;
    peer->number = ++proxy->peer_count;
    peer->joined_ns = proxy->now_ns;
    peer->last_request = &peer->requests;
    peer->next = proxy->peers;
    peer->place = &proxy->peers;
    if (peer->next != NULL) {
        peer->next->place = &peer->next;
    }
    proxy->peers = peer;
    proxy->silent++;
    return peer;
}

uint32_t hs_proxy_peer_number(const hs_proxy_peer *peer)
{
    return peer->number;
}

void hs_proxy_leave(hs_proxy_peer *peer)
{
    hs_proxy *const proxy = peer->proxy;
    peer->ended = 1;
    /* What is taken out of a slot may be replaced by what stood behind it. */
    for (size_t i = 0; i < peer->channels.room;) {
        if (peer->channels.slots[i].key != 0) {
            hs_proxy_close_channel(proxy, peer->channels.slots[i].value, HMX_CLOSE_CONNECTION_LOST,
                                   NULL);
        } else {
            i++;
        }
    }
    *peer->place = peer->next;
    if (peer->next != NULL) {
        peer->next->place = peer->place;
    }
    proxy->silent -= !peer->is_set_up;
    free_peer(peer);
}

/* Connections that never say who they are. */
static void end_silent(hs_proxy *proxy)
{
    hs_proxy_peer *peer = proxy->silent > 0 ? proxy->peers : NULL;
    for (; peer != NULL; peer = peer->next) {
        if (!peer->is_set_up && !peer->ended && proxy->now_ns >= peer->joined_ns + SETUP_NS) {
            hs_proxy_end_peer(peer, 0, "no SetupConnection has come");
        }
    }
}

static void sweep(hs_proxy *proxy)
{
    proxy->swept_ns = proxy->now_ns;
    end_silent(proxy);
    hs_proxy_sweep_drains(proxy);
    hs_proxy_look_around(proxy);
    hs_proxy_dial_due(proxy);
    hs_proxy_retry_opens(proxy);
    hs_proxy_look_for_giant(proxy);
}

static void tick(hs_proxy *proxy)
{
    hs_link_tick asked = {.link = &proxy->link};
    hs_proxy_aim_note(proxy);
    proxy->tick_wanted = 0;
    for (const hmx_decision *d; (d = hs_link_next(&asked)) != NULL;) {
        hs_proxy_carry_out(proxy, d);
    }
    hs_proxy_ask_mode(proxy);
}

void hs_proxy_advance(hs_proxy *proxy, uint64_t now_ns, uint64_t unix_ms)
{
    tell_time(proxy, now_ns > proxy->now_ns ? now_ns : proxy->now_ns,
              unix_ms > proxy->unix_ms ? unix_ms : proxy->unix_ms);
    if (proxy->is_ending) {
        return;
    }
    if (proxy->link.ticked_ns == 0 || proxy->tick_wanted ||
        proxy->now_ns >= proxy->link.ticked_ns + TICK_NS) {
        tick(proxy);
    }
    if (proxy->swept_ns == 0 || proxy->now_ns >= proxy->swept_ns + SWEEP_NS) {
        hs_proxy_sweep_moves(proxy);
        sweep(proxy);
    }
}

void hs_proxy_begin_end(hs_proxy *proxy)
{
    proxy->is_ending = 1;
    for (hs_proxy_peer *peer = proxy->peers; peer != NULL; peer = peer->next) {
        if (!peer->ended) {
            proxy->out.pause_down(peer->link, 1);
        }
    }
}

size_t hs_proxy_unanswered(const hs_proxy *proxy)
{
    size_t count = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        count += proxy->ups[i].unanswered;
    }
    return count;
}

void hs_proxy_settle(hs_proxy *proxy)
{
    hs_proxy_aim_note(proxy);
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        for (size_t k = 0; k < proxy->ups[i].leg_count; k++) {
            hs_proxy_leave_unanswered(proxy->ups[i].legs[k]);
        }
    }
    for (size_t i = 0; i < proxy->channel_count; i++) {
        hs_proxy_channel *const channel = proxy->channels[i];
        if (channel->probe.is_on && channel->probe.decision != 0) {
            hs_proxy_probe_abort(proxy, channel);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The middle one; 0 when no move has had an accepted share. */
static uint32_t median_ms(const hs_proxy_moves *moves)
{
    const size_t count = moves->first_count;
    uint32_t *const sorted = count > 0 ? malloc(count * sizeof *sorted) : NULL;
    uint32_t median = 0;
    if (sorted != NULL) {
        memcpy(sorted, moves->first_accept_ms, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, by_size);
        median = sorted[count / 2];
    }
    free(sorted);
    return median;
}

static json_t *pool_json(const hs_proxy *proxy, const hs_proxy_up *up, double all_work)
{
    const hs_proxy_counts *const c = &up->counts;
    json_t *const pool = json_object();
    json_t *const rejected = json_object();
    json_t *const refused = json_object();
    for (size_t i = 0; i < c->rejected_count; i++) {
        hs_json_count(rejected, c->rejected[i].text, c->rejected[i].count);
    }
    for (int i = HS_JUDGED_CHANNEL_CLOSED; i <= HS_JUDGED_DUPLICATE; i++) {
        if (i != HS_JUDGED_STALE && c->refused[i] > 0) {
            hs_json_count(refused, hs_judgement_code((enum hs_judgement)i), c->refused[i]);
        }
    }
    if (c->too_slow > 0) {
        hs_json_count(refused, "upstream-too-slow", c->too_slow);
    }
    const double delivered = all_work > 0.0 ? 100.0 * c->work / all_work : 0.0;
    hs_json_text(pool, "id", up->row.id);
    hs_json_number(pool, "target_pct", up->row.percentage, 3);
    hs_json_number(pool, "effective_pct", hs_proxy_aim_of(proxy, up->upstream), 3);
    hs_json_number(pool, "delivered_pct", delivered, 3);
    hs_json_put(pool, "work_accepted", json_real(c->work));
    hs_json_count(pool, "submitted", c->submitted);
    hs_json_count(pool, "accepted", c->accepted);
    hs_json_count(pool, "not_forwarded", c->kept);
    hs_json_count(pool, "stale", c->stale);
    hs_json_count(pool, "stale_local", c->refused[HS_JUDGED_STALE]);
    hs_json_count(pool, "stale_after_move", c->stale_moved);
    hs_json_put(pool, "rejected", rejected);
    hs_json_put(pool, "rejected_local", refused);
    hs_json_count(pool, "duplicates", c->duplicates);
    hs_json_count(pool, "lost", c->lost);
    hs_json_count(pool, "vouched", c->vouched);
    hs_json_count(pool, "unanswered", c->unanswered);
    hs_json_count(pool, "channels_granted", c->granted);
    hs_json_count(pool, "channels_refused", c->not_granted);
    return pool;
}

static json_t *moves_json(const hs_proxy *proxy)
{
    const hs_proxy_moves *const m = &proxy->moves;
    json_t *const moves = json_object();
    json_t *const reasons = json_object();
    for (size_t i = 0; i < sizeof m->refused_by / sizeof m->refused_by[0]; i++) {
        if (m->refused_by[i] > 0) {
            hs_json_count(
                reasons,
                hs_move_refusal_text((enum hs_move_refusal)((unsigned)HS_MOVE_POOL_NOT_OPEN + i)),
                m->refused_by[i]);
        }
    }
    hs_json_count(moves, "applied", m->applied);
    hs_json_count(moves, "hard", m->hard);
    hs_json_count(moves, "soft", m->soft);
    hs_json_count(moves, "refused", m->refused);
    hs_json_count(moves, "failed", m->failed);
    hs_json_count(moves, "ms_to_first_accept", median_ms(m));
    hs_json_count(moves, "first_accepts", m->first_count);
    hs_json_count(moves, "forced", m->forced);
    hs_json_count(moves, "reopened", m->reopened);
    hs_json_count(moves, "closed_unproven", m->unproven);
    hs_json_count(moves, "prefixes_renewed", m->renewed);
    hs_json_put(moves, "refused_because", reasons);
    return moves;
}

json_t *hs_proxy_json(const hs_proxy *proxy)
{
    json_t *const all = json_object();
    json_t *const pools = json_array();
    json_t *const shares = json_object();
    double work = 0.0;
    uint64_t lost = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        work += proxy->ups[i].counts.work;
        lost += proxy->ups[i].counts.lost;
    }
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        const hs_proxy_up *const up = &proxy->ups[i];
        if (up->is_configured || up->counts.submitted > 0) {
            (void)json_array_append_new(pools, pool_json(proxy, up, work));
        }
    }
    hs_json_count(shares, "submitted", proxy->submitted);
    hs_json_count(shares, "lost", lost);
    hs_json_count(shares, "no_channel", proxy->unknown);
    hs_json_text(all, "upstream", proxy->settings.per_channel ? "per-channel" : "aggregated");
    hs_json_put(all, "pools", pools);
    hs_json_put(all, "moves", moves_json(proxy));
    hs_json_put(all, "shares", shares);
    hs_json_count(all, "connections", proxy->peer_count);
    hs_json_count(all, "channels", proxy->last_channel);
    hs_json_count(all, "protocol_errors", proxy->protocol_errors);
    hs_json_count(all, "guard_violations",
                  (hs_guard_violations(proxy->link.guard, HS_SIDE_HOST) +
                   hs_guard_violations(proxy->link.guard, HS_SIDE_PLUGIN)));
    hs_json_number(all, "seconds", (double)(proxy->now_ns - proxy->start_ns) / 1e9, 3);
    return all;
}
