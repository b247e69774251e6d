/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/open.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/live/proxy/deaf.h"
#include "host_stub/live/proxy/leg.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/prefix.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/serve.h"
#include "host_stub/live/proxy/target.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

/* So long a request waits for the pool of the plugin's choice; then any that fits will do. */
#define PATIENCE_NS (12000 * HS_PROXY_MS_NS)

static void refuse(hs_proxy_peer *peer, uint32_t request_id, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_ERROR};
    m.as.open_error.request_id = request_id;
    m.as.open_error.error_code = hs_sv2_bytes_of(code);
    hs_proxy_send_down(peer, &m, 1);
}

/* A channel that nobody knows of yet. NULL when out of memory. */
static hs_proxy_channel *new_channel(hs_proxy_peer *peer, const hs_sv2_open *asked, int is_extended)
{
    hs_proxy *const proxy = peer->proxy;
    hs_proxy_channel *const channel = calloc(1, sizeof *channel);
    if (channel == NULL) {
        return NULL;
    }
    channel->number = proxy->last_channel + 1;
    channel->peer = peer;
    hs_proxy_declare(proxy, channel, (double)asked->nominal_hash_rate);
    channel->device = hs_proxy_device_of(peer, asked->user_identity);
    if (proxy->settings.per_channel && asked->user_identity.len > 0) {
        channel->identity = malloc(asked->user_identity.len);
        if (channel->identity == NULL) {
            free(channel);
            return NULL;
        }
        memcpy(channel->identity, asked->user_identity.data, asked->user_identity.len);
        channel->identity_len = asked->user_identity.len;
    }
    const int is_deaf = hs_proxy_is_deaf(proxy, channel->device);
    channel->honours_prefix = is_deaf ? HMX_NO : HMX_UNKNOWN;
    hs_move_channel *const move = &channel->move;
    move->channel_id = peer->last_id + 1;
    channel->group_id = peer->last_id + 2; /* of its own: its prefix may change in length */
    move->kind = is_extended ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
    /* No more than asked: the next pool may grant less. */
    move->extranonce_size = is_extended ? asked->min_extranonce_size : 0;
    move->needs_version_rolling = (peer->flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0;
    move->told_version_may_roll = (peer->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) == 0;
    move->ignores_prefix = is_deaf;
    move->header_only = !is_extended && (peer->flags & HS_SV2_REQUIRES_STANDARD_JOBS) != 0;
    move->max_target = asked->max_target;
    return channel;
}

static int register_channel(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_peer *const peer = channel->peer;
    if (HS_GROW(proxy->channels, proxy->channel_capacity, proxy->channel_count + 1) != 0) {
        return -1;
    }
    if (hs_table_put(&peer->channels, (uint64_t)channel->move.channel_id + 1, channel) != 0) {
        return -1;
    }
    if (hs_table_put(&proxy->by_number, channel->number, channel) != 0) {
        (void)hs_table_remove(&peer->channels, (uint64_t)channel->move.channel_id + 1);
        return -1;
    }
    channel->at = proxy->channel_count;
    proxy->channels[proxy->channel_count++] = channel;
    proxy->last_channel = channel->number;
    peer->last_id = channel->group_id;
    return 0;
}

/* Can it work there, with this prefix or with one that the host chooses? */
static int can_place(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream,
                     const uint8_t *bytes, uint32_t len)
{
    const hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, upstream);
    hs_sv2_b032 prefix = {.len = len <= HS_SV2_EXTRANONCE_MAX ? len : 0};
    if (prefix.len > 0) {
        memcpy(prefix.byte, bytes, prefix.len);
    }
    if (!hs_proxy_leg_is_usable(leg) || !hs_proxy_fits(leg, channel->rate_hs)) {
        return 0;
    }
    if (prefix.len == 0 && hs_proxy_choose_prefix(proxy, channel, leg, &prefix) != 0) {
        return 0;
    }
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    if (hs_move_check(&channel->move, &pool, &prefix) != HS_MOVE_LEGAL ||
        hs_spaces_are_taken(&proxy->spaces, upstream, &prefix, channel->number)) {
        return 0;
    }
    hs_proxy_put(proxy, channel, upstream);
    channel->prefix = prefix;
    channel->host_chose_prefix = len == 0;
    return 1;
}

/* The pool that a host without a plugin would take. */
static int place_by_host(hs_proxy *proxy, hs_proxy_channel *channel)
{
    uint64_t tried = 0;
    for (const hs_proxy_up *up; (up = hs_proxy_next_up(proxy, &tried)) != NULL;) {
        if (can_place(proxy, channel, up->upstream, NULL, 0)) {
            return 0;
        }
    }
    return -1;
}

static void answer_open(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t request_id)
{
    hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, channel->upstream);
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    hs_move_frames frames;
    const int is_extended = channel->move.kind == HS_CHANNEL_EXTENDED;
    hs_sv2_message m = {.id = is_extended ? HS_SV2_OPEN_EXTENDED_SUCCESS
                                          : HS_SV2_OPEN_STANDARD_SUCCESS};
    channel->move.prefix = channel->prefix;
    hs_proxy_target_declared(channel);
    channel->move.target = hs_proxy_target(proxy, channel, &pool.target);
    m.as.open_success.request_id = request_id;
    m.as.open_success.channel_id = channel->move.channel_id;
    m.as.open_success.target = channel->move.target;
    m.as.open_success.extranonce_size = channel->move.extranonce_size;
    m.as.open_success.extranonce_prefix = channel->prefix;
    m.as.open_success.group_channel_id = channel->group_id;
    if (hs_proxy_serve(channel, leg, &channel->prefix, 0, &m, &frames) != 0) {
        hs_proxy_end_peer(channel->peer, 0, "no memory for its first job");
    }
    hs_proxy_rate_changed(proxy, leg);
}

/* ---- where each miner has a channel of its own at the pool: that is asked for first ---- */

/* It works there now, or would: the miner has its answer. */
static int open_there(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream)
{
    const hs_proxy_asking asking = channel->asking;
    if (!can_place(proxy, channel, upstream, NULL, 0)) {
        return -1;
    }
    channel->asking.is_on = 0;
    proxy->asking--;
    if (upstream != asking.assigned) {
        proxy->moves.forced += channel->told != 0;
        (void)hs_proxy_tell_outcome(proxy, channel, 0, asking.assigned, HMX_RESULT_FORCED, 0);
    }
    if (asking.tried != 0) {
        hs_proxy_tell_allowed(proxy, channel);
    }
    answer_open(proxy, channel, asking.request_id);
    return 0;
}

/* The pool that is asked next: that of the plugin's choice, then by priority. HMX_NONE when there
 * is none just now. */
static uint32_t next_to_ask(hs_proxy *proxy, const hs_proxy_asking *asking)
{
    const hs_proxy_up *const chosen = hs_proxy_up_of(proxy, asking->assigned);
    uint64_t tried = asking->tried;
    if (chosen != NULL && (tried >> (asking->assigned - 1) & 1) == 0 &&
        hs_proxy_up_is_ready(proxy, chosen) && hs_proxy_up_is_offered(chosen)) {
        return asking->assigned;
    }
    const hs_proxy_up *const next = hs_proxy_next_up(proxy, &tried);
    return next != NULL ? next->upstream : HMX_NONE;
}

/* Has each pool had its turn? */
static int is_refused_by_all(const hs_proxy *proxy, const hs_proxy_asking *asking)
{
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        if (hs_proxy_up_is_offered(&proxy->ups[i]) && (asking->tried >> (i - 1) & 1) == 0) {
            return 0;
        }
    }
    return asking->tried != 0;
}

/* Until it has a place, or waits for a pool's answer. */
static void go_on_asking(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_asking *const asking = &channel->asking;
    for (int i = 0; i <= HS_PROXY_POOLS_MAX; i++) {
        const hs_proxy_leg *const leg =
            asking->at != HMX_NONE ? hs_proxy_leg_of(proxy, channel, asking->at) : NULL;
        if (hs_proxy_leg_is_coming(leg) ||
            (hs_proxy_leg_is_usable(leg) && open_there(proxy, channel, asking->at) == 0)) {
            return;
        }
        if (hs_proxy_leg_is_usable(leg) || (leg != NULL && leg->state == HS_LEG_CLOSED)) {
            asking->tried |= UINT64_C(1) << (asking->at - 1);
        }
        asking->at = next_to_ask(proxy, asking);
        if (asking->at == HMX_NONE) {
            break;
        }
        if (hs_proxy_leg_wanted(proxy, channel, asking->at) == NULL) {
            return; /* no memory: the next sweep tries again */
        }
    }
    if (is_refused_by_all(proxy, asking)) {
        refuse(channel->peer, asking->request_id,
               asking->code[0] != '\0' ? asking->code : "no-upstream-available");
        hs_proxy_close_channel(proxy, channel, HMX_CLOSE_HOST, NULL);
    }
}

static void begin_asking(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t request_id,
                         uint32_t assigned)
{
    channel->asking = (hs_proxy_asking){
        .is_on = 1, .request_id = request_id, .assigned = assigned, .at = HMX_NONE};
    proxy->asking++;
    go_on_asking(proxy, channel);
}

/* Downwards: one that closes is replaced by the last one. */
static void go_on_all(hs_proxy *proxy)
{
    for (size_t i = proxy->channel_count; i > 0 && proxy->asking > 0; i--) {
        hs_proxy_channel *const channel = proxy->channels[i - 1];
        if (channel->asking.is_on && !channel->peer->ended) {
            go_on_asking(proxy, channel);
        }
    }
}

static void open_now(hs_proxy_peer *peer, const hs_sv2_open *asked, int is_extended)
{
    hs_proxy *const proxy = peer->proxy;
    hmx_channel_decision answer;
    hs_proxy_channel *const channel = new_channel(peer, asked, is_extended);
    if (channel == NULL || register_channel(proxy, channel) != 0) {
        free(channel != NULL ? channel->identity : NULL);
        free(channel);
        refuse(peer, asked->request_id, "channel-capacity-exhausted");
        return;
    }
    const hmx_status status = hs_proxy_ask_where(proxy, channel, asked, &answer);
    channel->told = status >= 0;
    channel->cookie = status >= 0 ? answer.cookie : 0;
    const uint32_t assigned =
        status >= 0 && answer.action == HMX_ACTION_ASSIGN ? answer.upstream : HMX_NONE;
    if (proxy->settings.per_channel) {
        begin_asking(proxy, channel, asked->request_id, assigned);
        return;
    }
    if (assigned != HMX_NONE && can_place(proxy, channel, answer.upstream, answer.extranonce_prefix,
                                          answer.extranonce_prefix_len)) {
        answer_open(proxy, channel, asked->request_id);
        return;
    }
    if (place_by_host(proxy, channel) != 0) {
        refuse(peer, asked->request_id,
               is_extended ? "min-extranonce-size-too-large" : "no-upstream-available");
        hs_proxy_close_channel(proxy, channel, HMX_CLOSE_HOST, NULL);
        return;
    }
    proxy->moves.forced += channel->told != 0;
    (void)hs_proxy_tell_outcome(proxy, channel, 0, assigned, HMX_RESULT_FORCED, 0);
    answer_open(proxy, channel, asked->request_id);
}

/* Is there a pool that can take it? As long as a pool where the plugin may send it has a job that
 * is too easy, a harder one is awaited, for a while. */
static int can_open(const hs_proxy *proxy, double rate_hs, uint64_t since_ns)
{
    int any_fits = 0;
    int any_does_not = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        const hs_proxy_up *const up = &proxy->ups[i];
        if (hs_proxy_up_is_ready(proxy, up) &&
            (proxy->settings.per_channel || hs_proxy_fits(&up->whole, rate_hs))) {
            any_fits = 1;
        } else if (up->told_state == HMX_UPSTREAM_UP && hs_proxy_up_is_offered(up)) {
            any_does_not = 1;
        }
    }
    return any_fits && (!any_does_not || proxy->now_ns >= since_ns + PATIENCE_NS);
}

static double rate_of(const hs_proxy *proxy, const hs_sv2_open *asked)
{
    return hs_proxy_rate_taken(proxy, (double)asked->nominal_hash_rate);
}

static void count_waiting(hs_proxy *proxy, const hs_proxy_request *r)
{
    const double rate_hs = rate_of(proxy, &r->open);
    proxy->waiting++;
    proxy->waiting_hs += rate_hs;
    proxy->waiting_most_hs = proxy->waiting_most_hs > rate_hs ? proxy->waiting_most_hs : rate_hs;
}

static void wait_for_pool(hs_proxy_peer *peer, const hs_sv2_open *asked, int is_extended)
{
    const uint32_t len = asked->user_identity.len;
    const size_t size = sizeof(hs_proxy_request) + len;
    hs_proxy_request *const r =
        peer->request_bytes + size <= HS_PROXY_WAITING_BYTES ? malloc(size) : NULL;
    if (r == NULL) {
        refuse(peer, asked->request_id, "channel-capacity-exhausted");
        return;
    }
    *r = (hs_proxy_request){
        .size = size, .is_extended = is_extended, .open = *asked, .since_ns = peer->proxy->now_ns};
    if (len > 0) {
        memcpy(r->user, asked->user_identity.data, len);
    }
    r->open.user_identity.data = r->user;
    *peer->last_request = r;
    peer->last_request = &r->next;
    peer->request_count++;
    peer->request_bytes += size;
    count_waiting(peer->proxy, r);
}

static void take_off(hs_proxy_peer *peer)
{
    hs_proxy_request *const r = peer->requests;
    peer->requests = r->next;
    peer->request_count--;
    peer->request_bytes -= r->size;
    if (peer->requests == NULL) {
        peer->last_request = &peer->requests;
    }
    free(r);
}

void hs_proxy_forget_requests(hs_proxy_peer *peer)
{
    while (peer->requests != NULL) {
        take_off(peer);
    }
}

/* Why it cannot be opened whatever the pools are like, as an error_code; NULL = it can. */
static const char *fault_of(const hs_proxy_peer *peer, const hs_sv2_message *m)
{
    if (m->id == HS_SV2_OPEN_EXTENDED && (peer->flags & HS_SV2_REQUIRES_STANDARD_JOBS) != 0) {
        return "extended-channels-not-supported-for-standard-jobs";
    }
    if (m->id == HS_SV2_OPEN_EXTENDED && m->as.open.min_extranonce_size > HS_SV2_EXTRANONCE_MAX) {
        return "min-extranonce-size-too-large";
    }
    if (!hs_sv2_is_rate(m->as.open.nominal_hash_rate)) {
        return "invalid-nominal-hashrate";
    }
    if (hs_sv2_is_zero(&m->as.open.max_target)) {
        return "max-target-out-of-range";
    }
    return peer->channels.count + peer->request_count >= HS_PROXY_CHANNELS_PER_PEER
               ? "channel-capacity-exhausted"
               : NULL;
}

void hs_proxy_request_open(hs_proxy_peer *peer, const hs_sv2_message *m)
{
    const int is_extended = m->id == HS_SV2_OPEN_EXTENDED;
    const char *const fault = fault_of(peer, m);
    if (fault != NULL) {
        refuse(peer, m->as.open.request_id, fault);
    } else if (peer->requests == NULL &&
               can_open(peer->proxy, rate_of(peer->proxy, &m->as.open), peer->proxy->now_ns)) {
        open_now(peer, &m->as.open, is_extended);
    } else {
        wait_for_pool(peer, &m->as.open, is_extended);
    }
}

/* In the order in which the connection asked. */
static void retry(hs_proxy_peer *peer)
{
    const hs_proxy *const proxy = peer->proxy;
    while (peer->requests != NULL && !peer->ended) {
        const hs_proxy_request *const r = peer->requests;
        if (!can_open(proxy, rate_of(proxy, &r->open), r->since_ns)) {
            break;
        }
        open_now(peer, &r->open, r->is_extended);
        take_off(peer);
    }
}

void hs_proxy_retry_opens(hs_proxy *proxy)
{
    go_on_all(proxy);
    if (proxy->waiting == 0) {
        return;
    }
    for (hs_proxy_peer *peer = proxy->peers; peer != NULL; peer = peer->next) {
        retry(peer);
    }
    proxy->waiting = 0;
    proxy->waiting_hs = 0.0;
    proxy->waiting_most_hs = 0.0;
    for (hs_proxy_peer *peer = proxy->peers; peer != NULL; peer = peer->next) {
        for (const hs_proxy_request *r = peer->requests; r != NULL; r = r->next) {
            count_waiting(proxy, r);
        }
    }
}
