/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/up.h"

#include <string.h>

#include "host_stub/live/proxy/jobs.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/shares.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum {
    VERSION = 2,
    ASK_FIRST = 10, /* rollable bytes: 8 for a miner and 2 to tell the miners apart */
    PORT_MAX = 65535,
    GROUP_ID_SIZE = 4,
    SUCCESS_SIZE = 47, /* of OpenExtendedMiningChannel.Success, without the prefix */
    OLD_SUCCESS_MAX = 128
};
#define SETUP_NS  (10000 * HS_PROXY_MS_NS) /* for a pool to answer, and to send a job */
#define LINGER_NS (60000 * HS_PROXY_MS_NS) /* a pool without work may still answer shares */

/* It is asked for a sign of life when it is silent for so long, or so many times as long as ever on
 * this connection, once enough is known of that. */
#define SILENCE_NS (60000 * HS_PROXY_MS_NS)
#define PAUSE_NS   (1000 * HS_PROXY_MS_NS) /* less is none */
enum { SILENCE_TIMES = 3, PAUSES_LEAST = 4 };

static void send(hs_proxy *proxy, const hs_proxy_up *up, const hs_sv2_message *m)
{
    proxy->out.send_up(proxy->ctx, up->upstream, m, 1);
}

/* Nobody takes shares for its jobs any more. */
static void drop_jobs(hs_proxy *proxy, hs_proxy_up *up)
{
    hs_proxy_forget_jobs(up);
    for (size_t i = 0; i < proxy->channel_count; i++) {
        hs_proxy_channel *const channel = proxy->channels[i];
        (void)hs_job_table_retire_upstream(&channel->move.jobs, up->upstream);
        channel->wants_prefix = channel->upstream != up->upstream && channel->wants_prefix;
        if (channel->probe.is_on && channel->probe.to == up->upstream) {
            hs_proxy_probe_abort(proxy, channel);
        }
    }
}

/* Its channel is gone, and with it what it has not answered. */
static void channel_gone(hs_proxy *proxy, hs_proxy_up *up, uint32_t reason)
{
    up->reason = reason;
    up->is_reopening = 0;
    up->closed_id = 0;
    hs_proxy_lose_shares(proxy, up);
    drop_jobs(proxy, up);
    if (!proxy->is_ending) {
        hs_proxy_tell_up(proxy, up);
    }
}

/* Of many proxies that lose a pool at one moment not all are back at one moment. */
static uint64_t jitter(hs_proxy *proxy, uint64_t pause_ns)
{
    return (uint64_t)((double)pause_ns * (0.75 + 0.5 * hs_rng_uniform(&proxy->chance)));
}

/* When to try again: pauses double until a job has come. */
static void pause_next(hs_proxy *proxy, hs_proxy_up *up)
{
    const uint64_t most = proxy->settings.dial_most_ns;
    up->retry_at_ns = proxy->now_ns + jitter(proxy, up->pause_ns);
    up->pause_ns = up->pause_ns * 2 < most ? up->pause_ns * 2 : most;
}

/* What it acknowledges in batches that do not fill any more it never answers. */
static int has_work_there(const hs_proxy *proxy, const hs_proxy_up *up)
{
    return up->working > 0 ||
           (up->sent_count > 0 && proxy->now_ns < up->sent[up->sent_count - 1].sent_ns + LINGER_NS);
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

/* The request, with the rate that will work there. */
static hs_sv2_message opening(hs_proxy *proxy, hs_proxy_up *up)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED};
    const char *const account = up->row.user_identity;
    up->state = HS_UP_OPENING;
    up->since_ns = proxy->now_ns;
    up->stated_hs = hs_proxy_rate_due(proxy, up);
    up->stated_at_ns = proxy->now_ns;
    up->is_dirty = 0;
    m.as.open.request_id = ++up->request_id;
    m.as.open.user_identity = hs_sv2_bytes_of(account[0] != '\0' ? account : "hashmux");
    m.as.open.nominal_hash_rate = (float)up->stated_hs;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    m.as.open.min_extranonce_size = up->ask_size;
    return m;
}

static void open_channel(hs_proxy *proxy, hs_proxy_up *up)
{
    const hs_sv2_message m = opening(proxy, up);
    send(proxy, up, &m);
}

/* No harder job has come: a new channel gets one. The plugin hears of its other space when that is
 * there; what the pool has still to say about shares of the old channel is heard. */
static void reopen(hs_proxy *proxy, hs_proxy_up *up)
{
    hs_sv2_message both[2] = {{.id = HS_SV2_CLOSE_CHANNEL}};
    hs_proxy_note(proxy,
                  "pool %s: its job is too easy for what is to work there: the channel is opened "
                  "again, for a harder one",
                  up->row.id);
    both[0].as.close_channel.channel_id = up->channel_id;
    both[0].as.close_channel.reason_code = hs_sv2_bytes_of("nominal-hashrate-changed");
    drop_jobs(proxy, up);
    up->is_reopening = 1;
    up->reopened_ns = proxy->now_ns;
    up->closed_id = up->channel_id;
    both[1] = opening(proxy, up);
    proxy->out.send_up(proxy->ctx, up->upstream, both, 2);
}

/* Connected, with shares that wait, and silent beyond its own rhythm: acknowledgements may be as
 * late as it likes, but what has to be answered at once is not answered either. */
static int is_mute(hs_proxy *proxy, hs_proxy_up *up)
{
    const uint64_t usual_ns = SILENCE_TIMES * up->rhythm_ns;
    const uint64_t patience_ns = usual_ns > SILENCE_NS ? usual_ns : SILENCE_NS;
    if (!hs_proxy_up_is_usable(up) || up->sent_count == 0 || up->pauses < PAUSES_LEAST ||
        up->sent[up->sent_count - 1].sent_ns < up->heard_ns ||
        proxy->now_ns < up->heard_ns + patience_ns) {
        return 0;
    }
    if (up->asked_for_life_ns == 0) {
        hs_proxy_ask_for_life(proxy, up);
    }
    return up->asked_for_life_ns != 0 && proxy->now_ns >= up->asked_for_life_ns + SETUP_NS;
}

/* It should have said something by now. */
static int is_late(hs_proxy *proxy, hs_proxy_up *up)
{
    const int waits = up->state == HS_UP_SETUP || up->state == HS_UP_OPENING ||
                      (up->state == HS_UP_OPEN && !up->has_job);
    return (waits && proxy->now_ns >= up->since_ns + SETUP_NS) || is_mute(proxy, up);
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
        } else if (up->state == HS_UP_CLOSED && wanted && due) {
            pause_next(proxy, up);
            open_channel(proxy, up);
        } else if (up->state != HS_UP_IDLE && !wanted && !has_work_there(proxy, up)) {
            hs_proxy_end_up(proxy, up, "nobody works for it and nobody will");
        } else if (is_late(proxy, up)) {
            hs_proxy_end_up(proxy, up, "it does not answer");
        } else if (up->state == HS_UP_OPEN && hs_proxy_has_waited(proxy, up)) {
            reopen(proxy, up);
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
    up->ask_size = ASK_FIRST;
    up->heard_ns = proxy->now_ns;
    up->rhythm_ns = 0;
    up->pauses = 0;
    up->asked_for_life_ns = 0;
    up->lowered_max = 0;
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
    channel_gone(proxy, up,
                 was_made ? HMX_UPSTREAM_REASON_LOST : HMX_UPSTREAM_REASON_CONNECT_FAILED);
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
    up->round_trip_ns = proxy->now_ns - up->since_ns;
    up->server_flags = told->flags;
    up->fixes_version = up->fixes_version && (told->flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0;
    open_channel(proxy, up);
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

static void open_success(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_open_success *told)
{
    if (up->state != HS_UP_OPENING || told->request_id != up->request_id ||
        told->extranonce_size < up->ask_size || hs_sv2_is_zero(&told->target) ||
        told->extranonce_prefix.len + told->extranonce_size > HS_SV2_EXTRANONCE_MAX) {
        hs_proxy_end_up(proxy, up, "an OpenExtendedMiningChannel.Success that does not fit");
        return;
    }
    up->state = HS_UP_OPEN;
    up->since_ns = proxy->now_ns;
    up->channel_id = told->channel_id;
    up->group_id = told->group_channel_id;
    up->extranonce_size = told->extranonce_size;
    up->prefix = told->extranonce_prefix;
    up->target = told->target;
    up->is_reopening = 0;
    hs_proxy_target_opened(up);
    up->stated_at_ns = proxy->now_ns;
    hs_proxy_rate_changed(proxy, up->upstream);
}

static void open_error(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_open_error *told)
{
    static const char TOO_LARGE[] = "min-extranonce-size-too-large";
    if (up->state != HS_UP_OPENING) {
        return;
    }
    if (told->error_code.len == sizeof TOO_LARGE - 1 && up->ask_size > 0 &&
        memcmp(told->error_code.data, TOO_LARGE, sizeof TOO_LARGE - 1) == 0) {
        up->ask_size /= 2; /* less is better than nothing: fewer miners fit */
        open_channel(proxy, up);
        return;
    }
    up->state = HS_UP_CLOSED;
    pause_next(proxy, up);
    up->reason = HMX_UPSTREAM_REASON_REFUSED;
    hs_proxy_tell_up(proxy, up);
}

static void channel_closed(hs_proxy *proxy, hs_proxy_up *up)
{
    if (up->state == HS_UP_OPEN) {
        up->state = HS_UP_CLOSED;
        up->since_ns = proxy->now_ns;
        hs_proxy_note(proxy, "pool %s has closed the channel", up->row.id);
        channel_gone(proxy, up, HMX_UPSTREAM_REASON_REFUSED);
        up->retry_at_ns = proxy->now_ns + jitter(proxy, proxy->settings.dial_least_ns);
    }
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
        if (hs_sv2_seq_u32(&told->channel_ids, i) == up->channel_id) {
            up->group_id = told->group_channel_id;
        }
    }
}

/* ---- frames ---- */

/* What is addressed to the proxy's channel, by its number or its group's. */
static void take_for_channel(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_message *m)
{
    switch (m->id) {
    case HS_SV2_NEW_EXTENDED_JOB:
        hs_proxy_take_job(proxy, up, &m->as.new_extended_job);
        break;
    case HS_SV2_SET_NEW_PREV_HASH:
        hs_proxy_take_prev_hash(proxy, up, &m->as.set_new_prev_hash);
        break;
    case HS_SV2_SET_TARGET:
        hs_proxy_take_target(proxy, up, &m->as.set_target.maximum_target);
        break;
    case HS_SV2_SET_EXTRANONCE_PREFIX:
        hs_proxy_take_prefix(proxy, up, &m->as.set_extranonce_prefix.extranonce_prefix);
        break;
    case HS_SV2_CLOSE_CHANNEL:
        channel_closed(proxy, up);
        break;
    case HS_SV2_SUBMIT_SUCCESS:
        hs_proxy_share_success(proxy, up, &m->as.submit_success);
        break;
    case HS_SV2_SUBMIT_ERROR:
        hs_proxy_share_error(proxy, up, &m->as.submit_error);
        break;
    case HS_SV2_UPDATE_CHANNEL_ERROR:
        hs_proxy_note(proxy, "pool %s refuses UpdateChannel", up->row.id);
        break;
    default: /* jobs of a kind that was not asked for, answers to what was never said */
        proxy->protocol_errors++;
        break;
    }
}

/* It was under way when the proxy closed the channel. */
static void take_for_closed(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_message *m)
{
    if (m->id == HS_SV2_SUBMIT_SUCCESS) {
        hs_proxy_share_success(proxy, up, &m->as.submit_success);
    } else if (m->id == HS_SV2_SUBMIT_ERROR) {
        hs_proxy_share_error(proxy, up, &m->as.submit_error);
    }
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
        open_success(proxy, up, &m->as.open_success);
        return;
    case HS_SV2_OPEN_ERROR:
        open_error(proxy, up, &m->as.open_error);
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
    if (up->state == HS_UP_OPEN && (to == up->channel_id || to == up->group_id)) {
        take_for_channel(proxy, up, m);
    } else if (up->closed_id != 0 && to == up->closed_id) {
        take_for_closed(proxy, up, m);
    } else if (!up->is_reopening || to != up->group_id) {
        proxy->protocol_errors++; /* for a channel that is closed, or was never open */
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
