/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/up.h"

#include <string.h>

#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/serve.h"
#include "host_stub/live/proxy/shares.h"
#include "host_stub/live/proxy/spread.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum {
    VERSION = 2,
    ASK_FIRST = 10, /* rollable bytes: 8 for a miner and 2 to tell the miners apart */
    PORT_MAX = 65535
};
#define SETUP_NS (10000 * HS_PROXY_MS_NS) /* for a pool to answer, and to send a job */

static void send(hs_proxy *proxy, const hs_proxy_up *up, const hs_sv2_message *m)
{
    proxy->out.send_up(proxy->ctx, up->upstream, m, 1);
}

/* Its channel is gone: nobody takes shares for its jobs any more. */
static void channel_gone(hs_proxy *proxy, hs_proxy_up *up, uint32_t reason)
{
    up->reason = reason;
    hs_proxy_forget_jobs(up);
    hs_proxy_lose_shares(proxy, up, UINT64_MAX);
    for (size_t i = 0; i < proxy->channel_count; i++) {
        hs_proxy_channel *const channel = proxy->channels[i];
        (void)hs_job_table_retire_upstream(&channel->move.jobs, up->upstream);
        channel->wants_prefix = channel->upstream != up->upstream && channel->wants_prefix;
        if (channel->probe.is_on && channel->probe.to == up->upstream) {
            hs_proxy_probe_abort(proxy, channel);
        }
    }
    if (!proxy->is_ending) {
        hs_proxy_tell_up(proxy, up);
    }
}

/* When to try again: pauses double until a job has come. */
static void pause_next(hs_proxy *proxy, hs_proxy_up *up)
{
    const uint64_t most = proxy->settings.dial_most_ns;
    up->retry_at_ns = proxy->now_ns + up->pause_ns;
    up->pause_ns = up->pause_ns * 2 < most ? up->pause_ns * 2 : most;
}

static int has_work_there(const hs_proxy *proxy, const hs_proxy_up *up)
{
    for (size_t i = 0; i < proxy->channel_count; i++) {
        if (proxy->channels[i]->upstream == up->upstream) {
            return 1;
        }
    }
    return up->sent_count > 0;
}

static int is_wanted(const hs_proxy *proxy, const hs_proxy_up *up)
{
    const uint32_t flags = up->row.flags;
    const int on = up->is_configured && (flags & HMX_UPSTREAM_FLAG_ENABLED) != 0 &&
                   (flags & HMX_UPSTREAM_FLAG_REMOVED) == 0;
    return on || (up->is_configured && has_work_there(proxy, up));
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

static void open_channel(hs_proxy *proxy, hs_proxy_up *up)
{
    hs_sv2_message m = {.id = HS_SV2_OPEN_EXTENDED};
    const char *const account = up->row.user_identity;
    up->state = HS_UP_OPENING;
    up->since_ns = proxy->now_ns;
    up->stated_hs = hs_proxy_rate_of(proxy, up->upstream);
    up->stated_at_ns = proxy->now_ns;
    up->is_dirty = 0;
    m.as.open.request_id = ++up->request_id;
    m.as.open.user_identity = hs_sv2_bytes_of(account[0] != '\0' ? account : "hashmux");
    m.as.open.nominal_hash_rate = (float)up->stated_hs;
    memset(&m.as.open.max_target, 0xff, sizeof m.as.open.max_target);
    m.as.open.min_extranonce_size = up->ask_size;
    send(proxy, up, &m);
}

/* Connected, and it says nothing at all although shares wait for it. */
static int is_mute(const hs_proxy *proxy, const hs_proxy_up *up)
{
    const uint64_t patience_ns = proxy->settings.answer_ns / 4;
    return up->state == HS_UP_OPEN && up->sent_count > 0 &&
           proxy->now_ns >= up->heard_ns + patience_ns &&
           proxy->now_ns >= up->sent[0].sent_ns + patience_ns;
}

/* It should have said something by now. */
static int is_late(const hs_proxy *proxy, const hs_proxy_up *up)
{
    const int waits = up->state == HS_UP_SETUP || up->state == HS_UP_OPENING ||
                      (up->state == HS_UP_OPEN && !up->has_job);
    return (waits && proxy->now_ns >= up->since_ns + SETUP_NS) || is_mute(proxy, up);
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
        }
    }
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
    open_channel(proxy, up);
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
        up->retry_at_ns = proxy->now_ns + proxy->settings.dial_least_ns;
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

/* ---- jobs ---- */

/* The plugin gives up what it has decided about a pool when it hears of another space there: what
 * has been done has to be a fact before. */
static void before_space(hs_proxy *proxy, const hs_proxy_up *up)
{
    if (up->told_state != HMX_UPSTREAM_UP || hs_prefix_equal(&up->told_prefix, &up->job.prefix)) {
        return;
    }
    for (size_t i = 0; i < proxy->channel_count; i++) {
        if (proxy->channels[i]->probe.is_on && proxy->channels[i]->probe.to == up->upstream) {
            hs_proxy_probe_abort(proxy, proxy->channels[i]);
        }
    }
}

/* There is a new current job. */
static void changed(hs_proxy *proxy, hs_proxy_up *up, int soft)
{
    up->job_at_ns = proxy->now_ns;
    hs_kept_job_begin(&up->job.copy, &up->tip, &up->job.target);
    up->pause_ns = proxy->settings.dial_least_ns;
    if (up->told_state != HMX_UPSTREAM_UP) {
        hs_proxy_note(proxy, "pool %s is up", up->row.id);
    }
    before_space(proxy, up);
    hs_proxy_tell_up(proxy, up);
    hs_proxy_spread(proxy, up, soft);
}

static int keep(hs_proxy_up *up, hs_proxy_job *to, const hs_sv2_new_extended_job *job)
{
    if (hs_kept_job_copy(&to->copy, job) != 0) {
        return -1;
    }
    to->target = up->target;
    to->prefix = up->prefix;
    return 0;
}

/* The oldest future job makes room. */
static hs_proxy_job *next_future(hs_proxy_up *up)
{
    if (up->future_count == HS_PROXY_FUTURES_MAX) {
        const hs_proxy_job oldest = up->futures[0];
        memmove(&up->futures[0], &up->futures[1],
                (HS_PROXY_FUTURES_MAX - 1) * sizeof up->futures[0]);
        up->futures[HS_PROXY_FUTURES_MAX - 1] = oldest; /* its memory is used again */
        up->future_count--;
    }
    return &up->futures[up->future_count];
}

static void take_job(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_new_extended_job *job)
{
    const hs_sv2_coinbase coinbase = {job->coinbase_tx_prefix,
                                      {NULL, up->prefix.len + up->extranonce_size},
                                      job->coinbase_tx_suffix};
    const char *const fault = hs_sv2_coinbase_fault(&coinbase);
    if (fault != NULL) {
        hs_proxy_end_up(proxy, up, fault);
        return;
    }
    if (!job->min_ntime.present) {
        up->future_count += keep(up, next_future(up), job) == 0;
        return;
    }
    if (!up->has_tip) {
        hs_proxy_end_up(proxy, up, "a job to work on before any SetNewPrevHash");
        return;
    }
    if (keep(up, &up->job, job) == 0) {
        up->has_job = 1;
        changed(proxy, up, 1);
    }
}

static void take_prev_hash(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_set_new_prev_hash *told)
{
    uint32_t at = 0;
    while (at < up->future_count && up->futures[at].copy.job.job_id != told->job_id) {
        at++;
    }
    if (at == up->future_count) {
        hs_proxy_end_up(proxy, up, "SetNewPrevHash names no future job");
        return;
    }
    /* Swapped, so that the memory of the one before goes with the futures. */
    const hs_proxy_job before = up->job;
    up->job = up->futures[at];
    up->futures[at] = before;
    for (uint32_t i = 0; i < up->future_count; i++) {
        hs_kept_job_free(&up->futures[i].copy);
    }
    up->future_count = 0;
    up->has_tip_before = up->has_tip;
    up->tip_before = up->tip;
    up->has_tip = 1;
    up->has_job = 1;
    up->tip.prev_hash = told->prev_hash;
    up->tip.min_ntime = told->min_ntime;
    up->tip.nbits = told->nbits;
    for (size_t i = 0; i < proxy->channel_count; i++) {
        hs_job_table_end_upstream(&proxy->channels[i]->move.jobs, up->upstream);
    }
    changed(proxy, up, 0);
}

static void take_target(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_u256 *target)
{
    if (hs_sv2_is_zero(target)) {
        hs_proxy_end_up(proxy, up, "a target of 0");
        return;
    }
    /* Active jobs keep theirs (spec 5.3.21): miners get it with the next job. */
    up->target = *target;
    for (uint32_t i = 0; i < up->future_count; i++) {
        up->futures[i].target = *target;
    }
}

static void take_prefix(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_b032 *prefix)
{
    if (prefix->len + up->extranonce_size > HS_SV2_EXTRANONCE_MAX) {
        hs_proxy_end_up(proxy, up, "an extranonce prefix that is too long");
        return;
    }
    /* For jobs that come after it (spec 5.3.10): the current one keeps the space that it has. */
    up->prefix = *prefix;
}

/* ---- frames ---- */

/* What is addressed to the proxy's channel, by its number or its group's. */
static void take_for_channel(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_message *m)
{
    switch (m->id) {
    case HS_SV2_NEW_EXTENDED_JOB:
        take_job(proxy, up, &m->as.new_extended_job);
        break;
    case HS_SV2_SET_NEW_PREV_HASH:
        take_prev_hash(proxy, up, &m->as.set_new_prev_hash);
        break;
    case HS_SV2_SET_TARGET:
        take_target(proxy, up, &m->as.set_target.maximum_target);
        break;
    case HS_SV2_SET_EXTRANONCE_PREFIX:
        take_prefix(proxy, up, &m->as.set_extranonce_prefix.extranonce_prefix);
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

static void take(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_message *m)
{
    const uint32_t to = hs_sv2_channel_of(m);
    switch (m->id) {
    case HS_SV2_SETUP_CONNECTION_SUCCESS:
        setup_success(proxy, up, &m->as.setup_connection_success);
        return;
    case HS_SV2_SETUP_CONNECTION_ERROR:
        up->reason = HMX_UPSTREAM_REASON_REFUSED;
        hs_proxy_end_up(proxy, up, "it refuses SetupConnection");
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
    } else {
        proxy->protocol_errors++; /* for a channel that is closed, or was never open */
    }
}

void hs_proxy_up_frame(hs_proxy *proxy, uint32_t upstream, const uint8_t *frame, size_t len)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    hs_sv2_message m;
    hs_sv2_error why;
    if (up == NULL || up->state == HS_UP_IDLE || up->state == HS_UP_DIALLING ||
        up->state == HS_UP_ENDED) {
        return;
    }
    up->heard_ns = proxy->now_ns;
    if (hs_sv2_decode(frame, len, 0, &m, &why) != 0) {
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
