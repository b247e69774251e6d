/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/up.h"

#include <string.h>

#include "host_stub/live/proxy/jobs.h"
#include "host_stub/live/proxy/leg.h"
#include "host_stub/live/proxy/own.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/routes.h"
#include "host_stub/live/proxy/shares.h"
#include "host_stub/live/proxy/spread.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum {
    VERSION = 2,
    PORT_MAX = 65535,
    GROUP_ID_SIZE = 4,
    SUCCESS_SIZE = 47, /* of OpenExtendedMiningChannel.Success, without the prefix */
    OLD_SUCCESS_MAX = 128
};
#define SETUP_NS  (10000 * HS_PROXY_MS_NS) /* for a pool to answer */
#define LINGER_NS (60000 * HS_PROXY_MS_NS) /* a pool without work may still answer shares */

/* It is asked for a sign of life when it is silent for so long, or so many times as long as ever on
 * this connection, once enough is known of that. */
#define SILENCE_NS (60000 * HS_PROXY_MS_NS)
#define PAUSE_NS   (1000 * HS_PROXY_MS_NS) /* less is none */
enum { SILENCE_TIMES = 3, PAUSES_LEAST = 4 };

/* So many channels of a pool are looked at in one sweep. */
enum { LEGS_AT_A_TIME = 1024 };

static void send(hs_proxy *proxy, const hs_proxy_up *up, const hs_sv2_message *m)
{
    proxy->out.send_up(proxy->ctx, up->upstream, m, 1);
}

/* The connection is gone, and with it what the pool has not answered. */
static void legs_lost(hs_proxy *proxy, hs_proxy_up *up, uint32_t reason)
{
    up->reason = reason;
    up->latest = NULL;
    up->refused_in_row = 0;
    up->refuses_until_ns = 0;
    up->asked_for_life_ns = 0;
    for (size_t i = 0; i < up->leg_count; i++) {
        hs_proxy_leg_lost(proxy, up->legs[i]);
    }
    hs_proxy_routes_forget(up);
    for (size_t i = up->leg_count; i > 0; i--) {
        (void)hs_proxy_own_release(proxy, up->legs[i - 1]);
    }
    if (!proxy->is_ending) {
        hs_proxy_tell_up(proxy, up);
    }
}

/* When to try again: pauses double until a job has come. */
static void pause_next(hs_proxy *proxy, hs_proxy_up *up)
{
    const uint64_t most = proxy->settings.dial_most_ns;
    up->retry_at_ns = proxy->now_ns + hs_proxy_jitter(proxy, up->pause_ns);
    up->pause_ns = up->pause_ns * 2 < most ? up->pause_ns * 2 : most;
}

/* What it acknowledges in batches that do not fill any more it never answers. */
static int has_work_there(const hs_proxy *proxy, const hs_proxy_up *up)
{
    return up->working > 0 || (up->unanswered > 0 && proxy->now_ns < up->sent_ns + LINGER_NS);
}

static int is_wanted(const hs_proxy *proxy, const hs_proxy_up *up)
{
    return hs_proxy_up_is_offered(up) || (up->is_configured && has_work_there(proxy, up));
}

static void dial(hs_proxy *proxy, hs_proxy_up *up)
{
    char why[256] = "";
    const int redirected = up->next_port != 0;
    const char *const host = redirected ? up->next_host : up->host;
    const uint16_t port = redirected ? up->next_port : up->port;
    up->next_port = 0;
    up->since_ns = proxy->now_ns;
    pause_next(proxy, up);
    if (proxy->out.dial(proxy->ctx, up->upstream, host, port, why, sizeof why) == 0) {
        up->state = HS_UP_DIALLING;
        return;
    }
    hs_proxy_note(proxy, "pool %s cannot be dialled: %s", up->row.id, why);
    up->reason = HMX_UPSTREAM_REASON_CONNECT_FAILED;
    hs_proxy_tell_up(proxy, up);
}

/* Connected, with shares that wait, and silent beyond its own rhythm: acknowledgements may be as
 * late as it likes, but what has to be answered at once is not answered either. */
static int is_mute(hs_proxy *proxy, hs_proxy_leg *leg)
{
    hs_proxy_up *const up = leg->up;
    const uint64_t usual_ns = SILENCE_TIMES * up->rhythm_ns;
    const uint64_t patience_ns = usual_ns > SILENCE_NS ? usual_ns : SILENCE_NS;
    if (!hs_proxy_leg_is_usable(leg) || leg->sent_count == 0 || up->pauses < PAUSES_LEAST ||
        leg->sent[leg->sent_count - 1].sent_ns < up->heard_ns ||
        proxy->now_ns < up->heard_ns + patience_ns) {
        return 0;
    }
    if (up->asked_for_life_ns == 0) {
        hs_proxy_ask_for_life(proxy, leg);
    }
    return up->asked_for_life_ns != 0 && proxy->now_ns >= up->asked_for_life_ns + SETUP_NS;
}

/* It should have said something by now. Of a miner's own channel that is enough only if nothing at
 * all has come meanwhile. */
static int is_late(hs_proxy *proxy, hs_proxy_leg *leg)
{
    const int is_silent = !leg->is_own || leg->up->heard_ns <= leg->since_ns;
    return (is_silent && hs_proxy_leg_is_late(proxy, leg)) || is_mute(proxy, leg);
}

/* Downwards: one that goes is replaced by the last one. */
static void legs_due(hs_proxy *proxy, hs_proxy_up *up, int is_wanted)
{
    size_t left = up->leg_count < LEGS_AT_A_TIME ? up->leg_count : LEGS_AT_A_TIME;
    for (; left > 0 && up->leg_count > 0 && up->state == HS_UP_OPEN; left--) {
        if (up->turn == 0 || up->turn > up->leg_count) {
            up->turn = up->leg_count;
        }
        hs_proxy_leg *const leg = up->legs[--up->turn];
        hs_proxy_vouch(proxy, leg);
        if (is_late(proxy, leg)) {
            hs_proxy_end_up(proxy, up, "it does not answer");
        } else {
            hs_proxy_state_rate(proxy, leg);
            hs_proxy_leg_due(proxy, leg, is_wanted);
        }
    }
}

static void heard(const hs_proxy *proxy, hs_proxy_up *up)
{
    const uint64_t pause_ns = proxy->now_ns - up->heard_ns;
    up->pauses += pause_ns >= PAUSE_NS;
    up->rhythm_ns = pause_ns > up->rhythm_ns ? pause_ns : up->rhythm_ns;
    up->heard_ns = proxy->now_ns;
    up->asked_for_life_ns = 0;
}

void hs_proxy_dial_due(hs_proxy *proxy)
{
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        hs_proxy_up *const up = &proxy->ups[i];
        const int wanted = is_wanted(proxy, up);
        const int due = proxy->now_ns >= up->retry_at_ns;
        if (up->state == HS_UP_IDLE && wanted && due) {
            dial(proxy, up);
        } else if (up->state != HS_UP_IDLE && !wanted && !has_work_there(proxy, up)) {
            hs_proxy_end_up(proxy, up, "nobody works for it and nobody will");
        } else if (up->state == HS_UP_SETUP && proxy->now_ns >= up->since_ns + SETUP_NS) {
            hs_proxy_end_up(proxy, up, "it does not answer");
        } else if (up->state == HS_UP_OPEN) {
            if (proxy->settings.per_channel && up->told_state != HMX_UPSTREAM_UP) {
                hs_proxy_tell_up(proxy, up);
            }
            legs_due(proxy, up, wanted);
        }
    }
}

/* Does a miner roll versions and must be able to? */
static int any_rolls(const hs_proxy *proxy)
{
    for (const hs_proxy_peer *peer = proxy->peers; peer != NULL; peer = peer->next) {
        if (!peer->ended && (peer->flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0) {
            return 1;
        }
    }
    return 0;
}

void hs_proxy_up_opened(hs_proxy *proxy, uint32_t upstream)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    if (up == NULL || up->state != HS_UP_DIALLING) {
        return;
    }
    up->state = HS_UP_SETUP;
    up->since_ns = proxy->now_ns;
    up->heard_ns = proxy->now_ns;
    up->rhythm_ns = 0;
    up->pauses = 0;
    up->asks_rolling = !up->fixes_version && any_rolls(proxy);
    m.as.setup_connection.flags = up->asks_rolling ? HS_SV2_REQUIRES_VERSION_ROLLING : 0;
    m.as.setup_connection.min_version = VERSION;
    m.as.setup_connection.max_version = VERSION;
    m.as.setup_connection.endpoint_host = hs_sv2_bytes_of(up->host);
    m.as.setup_connection.endpoint_port = up->port;
    m.as.setup_connection.vendor = hs_sv2_bytes_of("hashmux");
    m.as.setup_connection.hardware_version = hs_sv2_bytes_of("host_stub");
    send(proxy, up, &m);
}

void hs_proxy_up_closed(hs_proxy *proxy, uint32_t upstream, const char *reason)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    if (up == NULL || up->state == HS_UP_IDLE) {
        return;
    }
    const int was_up = up->told_state == HMX_UPSTREAM_UP;
    const int was_made = up->state != HS_UP_DIALLING;
    up->state = HS_UP_IDLE;
    if (was_up || up->told_state == 0) {
        hs_proxy_note(proxy, "pool %s is lost: %s", up->row.id, reason);
    }
    legs_lost(proxy, up, was_made ? HMX_UPSTREAM_REASON_LOST : HMX_UPSTREAM_REASON_CONNECT_FAILED);
    if (was_made) {
        pause_next(proxy, up);
    }
}

static void setup_success(hs_proxy *proxy, hs_proxy_up *up,
                          const hs_sv2_setup_connection_success *told)
{
    if (up->state != HS_UP_SETUP || told->used_version != VERSION) {
        hs_proxy_end_up(proxy, up, "an unexpected SetupConnection.Success");
        return;
    }
    up->state = HS_UP_OPEN;
    up->since_ns = proxy->now_ns;
    up->server_flags = told->flags;
    up->fixes_version = up->fixes_version && (told->flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0;
    if (!proxy->settings.per_channel) {
        hs_proxy_leg_open(proxy, &up->whole);
        return;
    }
    up->pause_ns = proxy->settings.dial_least_ns;
    hs_proxy_note(proxy, "pool %s is up", up->row.id);
    hs_proxy_tell_up(proxy, up);
}

/* A pool where versions are not rolled is good for the miners that need not. */
static void setup_error(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_setup_connection_error *told)
{
    up->reason = HMX_UPSTREAM_REASON_REFUSED;
    if (up->asks_rolling && (told->flags & HS_SV2_REQUIRES_VERSION_ROLLING) != 0) {
        up->fixes_version = 1;
        hs_proxy_end_up(proxy, up, "it does not let versions be rolled: it is asked without that");
        return;
    }
    hs_proxy_end_up(proxy, up, "it refuses SetupConnection");
}

/* Elsewhere is tried once; then the configured address again. */
static void reconnect(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_reconnect *told)
{
    if (told->new_host.len > 0 && told->new_host.len < sizeof up->next_host &&
        told->new_port >= 1 && told->new_port <= PORT_MAX) {
        memcpy(up->next_host, told->new_host.data, told->new_host.len);
        up->next_host[told->new_host.len] = '\0';
        up->next_port = (uint16_t)told->new_port;
    }
    hs_proxy_end_up(proxy, up, "it asked for a new connection");
}

static void regroup(hs_proxy_up *up, const hs_sv2_set_group_channel *told)
{
    for (uint32_t i = 0; i < told->channel_ids.count; i++) {
        const uint32_t channel_id = hs_sv2_seq_u32(&told->channel_ids, i);
        hs_proxy_leg *const leg = hs_proxy_route_find(up, channel_id);
        if (leg != NULL && leg->channel_id == channel_id) {
            leg->group_id = told->group_channel_id;
        }
    }
}

/* ---- frames ---- */

/* What is addressed to an open channel, by its number or its group's. */
static void take_for_channel(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_message *m)
{
    switch (m->id) {
    case HS_SV2_NEW_EXTENDED_JOB:
        hs_proxy_take_job(proxy, leg, &m->as.new_extended_job);
        break;
    case HS_SV2_SET_NEW_PREV_HASH:
        hs_proxy_take_prev_hash(proxy, leg, &m->as.set_new_prev_hash);
        break;
    case HS_SV2_SET_TARGET:
        hs_proxy_take_target(proxy, leg, &m->as.set_target.maximum_target);
        break;
    case HS_SV2_SET_EXTRANONCE_PREFIX:
        hs_proxy_take_prefix(proxy, leg, &m->as.set_extranonce_prefix.extranonce_prefix);
        break;
    case HS_SV2_CLOSE_CHANNEL:
        hs_proxy_leg_closed(proxy, leg);
        break;
    case HS_SV2_SUBMIT_SUCCESS:
        hs_proxy_share_success(proxy, leg, &m->as.submit_success);
        break;
    case HS_SV2_SUBMIT_ERROR:
        hs_proxy_share_error(proxy, leg, &m->as.submit_error);
        break;
    case HS_SV2_UPDATE_CHANNEL_ERROR:
        hs_proxy_note(proxy, "pool %s refuses UpdateChannel", leg->up->row.id);
        break;
    default: /* jobs of a kind that was not asked for, answers to what was never said */
        proxy->protocol_errors++;
        break;
    }
}

/* It was under way when the proxy closed the channel. */
static void take_for_closed(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_message *m)
{
    if (m->id == HS_SV2_SUBMIT_SUCCESS) {
        hs_proxy_share_success(proxy, leg, &m->as.submit_success);
    } else if (m->id == HS_SV2_SUBMIT_ERROR) {
        hs_proxy_share_error(proxy, leg, &m->as.submit_error);
    }
}

/* Of the pool's channels in that group all get it. 1 when there is one. */
static int take_for_group(hs_proxy *proxy, hs_proxy_up *up, uint32_t group_id,
                          const hs_sv2_message *m)
{
    int any = 0;
    up->is_for_group = 1;
    for (size_t i = 0; i < up->leg_count && up->state == HS_UP_OPEN; i++) {
        hs_proxy_leg *const leg = up->legs[i];
        if (leg->state == HS_LEG_OPEN && leg->group_id == group_id) {
            take_for_channel(proxy, leg, m);
            any = 1;
        } else {
            any |= leg->is_reopening && leg->group_id == group_id;
        }
    }
    up->is_for_group = 0;
    if (any && proxy->settings.per_channel) {
        hs_proxy_spread_group(proxy, up);
    }
    return any;
}

static void take(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_message *m)
{
    const uint32_t to = hs_sv2_channel_of(m);
    switch (m->id) {
    case HS_SV2_SETUP_CONNECTION_SUCCESS:
        setup_success(proxy, up, &m->as.setup_connection_success);
        return;
    case HS_SV2_SETUP_CONNECTION_ERROR:
        setup_error(proxy, up, &m->as.setup_connection_error);
        return;
    case HS_SV2_OPEN_EXTENDED_SUCCESS:
        hs_proxy_leg_granted(proxy, up, &m->as.open_success);
        return;
    case HS_SV2_OPEN_ERROR:
        hs_proxy_leg_refused(proxy, up, &m->as.open_error);
        return;
    case HS_SV2_RECONNECT:
        reconnect(proxy, up, &m->as.reconnect);
        return;
    case HS_SV2_SET_GROUP_CHANNEL:
        regroup(up, &m->as.set_group_channel);
        return;
    default:
        break;
    }
    hs_proxy_leg *const leg = hs_proxy_route_find(up, to);
    if (leg != NULL && leg->state == HS_LEG_OPEN && leg->channel_id == to) {
        take_for_channel(proxy, leg, m);
    } else if (leg != NULL && leg->closed_id != 0 && leg->closed_id == to) {
        take_for_closed(proxy, leg, m);
    } else if (!take_for_group(proxy, up, to, m)) {
        /* For a channel that is closed, or was never open. Miners' own ones close at any time, and
         * the pool has not heard of it yet. */
        proxy->protocol_errors += !proxy->settings.per_channel;
    }
}

/* OpenExtendedMiningChannel.Success of a pool of before 2026 has no group_channel_id: it is what is
 * exactly four bytes short. Its group is then the channel alone. */
static int decode_old_success(const uint8_t *frame, size_t len, uint8_t room[OLD_SUCCESS_MAX],
                              hs_sv2_message *m)
{
    hs_sv2_error why;
    if (len < HS_SV2_HEADER_SIZE || len + GROUP_ID_SIZE > OLD_SUCCESS_MAX) {
        return -1;
    }
    memcpy(room, frame, len);
    memset(room + len, 0, GROUP_ID_SIZE);
    const uint32_t payload = (uint32_t)(len - HS_SV2_HEADER_SIZE) + GROUP_ID_SIZE;
    room[3] = (uint8_t)payload;
    room[4] = (uint8_t)(payload >> 8);
    if (hs_sv2_decode(room, len + GROUP_ID_SIZE, 0, m, &why) != 0 ||
        m->id != HS_SV2_OPEN_EXTENDED_SUCCESS ||
        payload != SUCCESS_SIZE + m->as.open_success.extranonce_prefix.len) {
        return -1;
    }
    m->as.open_success.group_channel_id = m->as.open_success.channel_id;
    return 0;
}

static int decode(const uint8_t *frame, size_t len, uint8_t room[OLD_SUCCESS_MAX],
                  hs_sv2_message *m, hs_sv2_error *why)
{
    return hs_sv2_decode(frame, len, 0, m, why) == 0 || decode_old_success(frame, len, room, m) == 0
               ? 0
               : -1;
}

void hs_proxy_up_frame(hs_proxy *proxy, uint32_t upstream, const uint8_t *frame, size_t len)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    uint8_t room[OLD_SUCCESS_MAX]; /* the views of the message may be into it */
    hs_sv2_message m;
    hs_sv2_error why;
    if (up == NULL || up->state == HS_UP_IDLE || up->state == HS_UP_DIALLING ||
        up->state == HS_UP_ENDED) {
        return;
    }
    heard(proxy, up);
    if (decode(frame, len, room, &m, &why) != 0) {
        proxy->protocol_errors++;
        if (why.reason != HS_SV2_E_EXTENSION && why.reason != HS_SV2_E_TYPE) {
            hs_proxy_end_up(proxy, up, why.text);
        }
    } else if ((hs_sv2_spec_of(m.id)->sender & HS_SV2_SERVER) == 0) {
        proxy->protocol_errors++;
        hs_proxy_end_up(proxy, up, "a client's message from a server");
    } else {
        take(proxy, up, &m);
    }
}
