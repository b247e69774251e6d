/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/leg.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/live/proxy/identity.h"
#include "host_stub/live/proxy/own.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/prefix.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/routes.h"
#include "host_stub/live/proxy/shares.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

#define ANSWER_NS (10000 * HS_PROXY_MS_NS) /* for a pool to answer, and to send a job */

/* How long a miner is not asked for again at a pool that refuses it; and all of them, when it has
 * refused so many in a row and nobody works there. */
#define REFUSED_LEAST_NS (10 * 1000 * HS_PROXY_MS_NS)
#define REFUSED_MOST_NS  (600 * 1000 * HS_PROXY_MS_NS)
enum { REFUSED_IN_ROW = 8 };

enum {
    ASK_FIRST = 10,  /* rollable bytes: 8 for a miner and 2 to tell the miners apart */
    ASK_STANDARD = 4 /* of which a standard miner needs none */
};

uint64_t hs_proxy_jitter(hs_proxy *proxy, uint64_t pause_ns)
{
    return (uint64_t)((double)pause_ns * (0.75 + 0.5 * hs_rng_uniform(&proxy->chance)));
}

/* When to ask again: pauses double until a job has come. */
static void pause_next(hs_proxy *proxy, hs_proxy_leg *leg)
{
    const uint64_t most = proxy->settings.dial_most_ns;
    leg->retry_at_ns = proxy->now_ns + hs_proxy_jitter(proxy, leg->pause_ns);
    leg->pause_ns = leg->pause_ns * 2 < most ? leg->pause_ns * 2 : most;
}

static void send(hs_proxy *proxy, const hs_proxy_leg *leg, const hs_sv2_message *messages,
                 size_t count)
{
    proxy->out.send_up(proxy->ctx, leg->up->upstream, messages, count);
}

/* Nobody takes shares for its jobs any more. */
static void drop_jobs_of(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream)
{
    (void)hs_job_table_retire_upstream(&channel->move.jobs, upstream);
    channel->wants_prefix = channel->upstream != upstream && channel->wants_prefix;
    if (channel->probe.is_on && channel->probe.to == upstream) {
        hs_proxy_probe_abort(proxy, channel);
    }
}

static void drop_jobs(hs_proxy *proxy, hs_proxy_leg *leg)
{
    hs_proxy_forget_jobs(leg);
    leg->is_new = 0;
    if (leg->owner != NULL) {
        drop_jobs_of(proxy, leg->owner, leg->up->upstream);
    }
    for (size_t i = 0; !leg->is_own && i < proxy->channel_count; i++) {
        drop_jobs_of(proxy, proxy->channels[i], leg->up->upstream);
    }
}

/* It is gone, and with it what the pool has not answered. */
static void gone(hs_proxy *proxy, hs_proxy_leg *leg, enum hs_proxy_leg_state state)
{
    leg->state = state;
    leg->since_ns = proxy->now_ns;
    leg->is_reopening = 0;
    leg->closed_id = 0;
    leg->lowered_max = 0;
    hs_proxy_lose_shares(proxy, leg);
    drop_jobs(proxy, leg);
}

/* Under which name; its bytes may be in `room`. Without an account it is the miner's own name, or
 * ours where all are in one channel. -1 when the pool cannot be told it. */
static int name_of(const hs_proxy_leg *leg, uint8_t room[HS_IDENTITY_MAX], hs_sv2_bytes *name)
{
    const char *const account = leg->up->row.user_identity;
    if (leg->owner == NULL) {
        *name = hs_sv2_bytes_of(account[0] != '\0' ? account : "hashmux");
        return 0;
    }
    const hs_sv2_bytes user = {leg->owner->identity, leg->owner->identity_len};
    const int len = hs_identity_expand(account, user, room);
    *name = (hs_sv2_bytes){room, len > 0 ? (uint32_t)len : 0};
    return len >= 0 ? 0 : -1;
}

/* The request, with the rate that will work there. */
static int opening(hs_proxy *proxy, hs_proxy_leg *leg, hs_sv2_bytes name, hs_sv2_message *m)
{
    if (hs_proxy_route_ask(leg) != 0) {
        return -1;
    }
    leg->state = HS_LEG_OPENING;
    leg->since_ns = proxy->now_ns;
    leg->stated_hs = hs_proxy_rate_due(proxy, leg);
    leg->stated_max = hs_proxy_max_target(leg);
    leg->stated_at_ns = proxy->now_ns;
    leg->is_dirty = 0;
    *m = (hs_sv2_message){.id = HS_SV2_OPEN_EXTENDED};
    m->as.open.request_id = leg->request_id;
    m->as.open.user_identity = name;
    m->as.open.nominal_hash_rate = (float)leg->stated_hs;
    m->as.open.max_target = leg->stated_max;
    m->as.open.min_extranonce_size = leg->ask_size;
    return 0;
}

/* The pool does not take it, for a while: the plugin is told, and a miner that waits for its
 * channel is seen to by live/proxy/open. */
static void refused(hs_proxy *proxy, hs_proxy_leg *leg, const char *code)
{
    hs_proxy_up *const up = leg->up;
    hs_proxy_channel *const owner = leg->owner;
    const uint64_t pause_ns = leg->pause_ns > REFUSED_LEAST_NS ? leg->pause_ns : REFUSED_LEAST_NS;
    leg->is_refused = 1;
    leg->retry_at_ns = proxy->now_ns + hs_proxy_jitter(proxy, pause_ns);
    leg->pause_ns = 2 * pause_ns < REFUSED_MOST_NS ? 2 * pause_ns : REFUSED_MOST_NS;
    up->refused_in_row++;
    if (up->refused_in_row % REFUSED_IN_ROW == 0 && up->working == 0) {
        up->refuses_until_ns = leg->retry_at_ns;
        up->reason = HMX_UPSTREAM_REASON_REFUSED;
        hs_proxy_note(proxy, "pool %s has refused %u channels in a row: %s", up->row.id,
                      (unsigned)up->refused_in_row, code);
        hs_proxy_tell_up(proxy, up);
    }
    if (owner == NULL) {
        return;
    }
    hs_proxy_note(proxy, "pool %s refuses a channel for channel %llu: %s", up->row.id,
                  (unsigned long long)owner->number, code);
    (void)snprintf(owner->asking.code, sizeof owner->asking.code, "%s", code);
    if (!owner->asking.is_on) {
        hs_proxy_tell_allowed(proxy, owner);
    }
}

static void ask(hs_proxy *proxy, hs_proxy_leg *leg)
{
    uint8_t room[HS_IDENTITY_MAX];
    hs_sv2_bytes name;
    hs_sv2_message m;
    if (name_of(leg, room, &name) != 0) {
        leg->state = HS_LEG_CLOSED;
        refused(proxy, leg, "user-identity-too-long");
    } else if (opening(proxy, leg, name, &m) == 0) {
        send(proxy, leg, &m, 1);
    } else {
        hs_proxy_end_up(proxy, leg->up, "no memory for a channel");
    }
}

static uint32_t first_size(const hs_proxy_leg *leg)
{
    if (leg->owner == NULL) {
        return ASK_FIRST;
    }
    const hs_move_channel *const move = &leg->owner->move;
    return move->kind == HS_CHANNEL_EXTENDED ? move->extranonce_size : ASK_STANDARD;
}

void hs_proxy_leg_open(hs_proxy *proxy, hs_proxy_leg *leg)
{
    leg->ask_size = first_size(leg);
    ask(proxy, leg);
}

hs_proxy_leg *hs_proxy_leg_wanted(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    if (!proxy->settings.per_channel || up == NULL || up->state != HS_UP_OPEN) {
        return hs_proxy_leg_of(proxy, channel, upstream);
    }
    hs_proxy_leg *const leg = hs_proxy_own_leg(proxy, channel, upstream);
    if (leg != NULL && (leg->state == HS_LEG_NONE || leg->state == HS_LEG_CLOSED) &&
        (proxy->now_ns >= leg->retry_at_ns || !leg->is_refused)) {
        hs_proxy_leg_open(proxy, leg);
    }
    return leg;
}

int hs_proxy_leg_is_coming(const hs_proxy_leg *leg)
{
    return leg != NULL && leg->up->state == HS_UP_OPEN &&
           (leg->state == HS_LEG_OPENING || (leg->state == HS_LEG_OPEN && !leg->has_job));
}

/* No harder job has come: a new channel gets one. The plugin hears of its other space when that is
 * there; what the pool has still to say about shares of the old channel is heard. */
static void reopen(hs_proxy *proxy, hs_proxy_leg *leg)
{
    uint8_t room[HS_IDENTITY_MAX];
    hs_sv2_bytes name;
    hs_sv2_message both[2] = {{.id = HS_SV2_CLOSE_CHANNEL}};
    if (name_of(leg, room, &name) != 0) {
        return; /* it was told before, so it can be */
    }
    hs_proxy_note(proxy,
                  "pool %s: its job is too easy for what is to work there: the channel is opened "
                  "again, for a harder one",
                  leg->up->row.id);
    both[0].as.close_channel.channel_id = leg->channel_id;
    both[0].as.close_channel.reason_code = hs_sv2_bytes_of("nominal-hashrate-changed");
    drop_jobs(proxy, leg);
    if (leg->closed_id != 0 && leg->closed_id != leg->channel_id) {
        hs_proxy_route_unname(leg->up, leg->closed_id);
    }
    leg->is_reopening = 1;
    leg->reopened_ns = proxy->now_ns;
    leg->closed_id = leg->channel_id;
    if (opening(proxy, leg, name, &both[1]) == 0) {
        send(proxy, leg, both, 2);
    } else {
        hs_proxy_end_up(proxy, leg->up, "no memory for a channel");
    }
}

/* A miner's own one that is there for nothing: what the pool does not answer, or has closed. */
static void own_due(hs_proxy *proxy, hs_proxy_leg *leg)
{
    hs_proxy_channel *const owner = leg->owner;
    if (owner == NULL) {
        (void)hs_proxy_own_release(proxy, leg);
        return;
    }
    if (hs_proxy_leg_is_late(proxy, leg)) {
        if (leg->state == HS_LEG_OPEN) {
            hs_proxy_say_closed(proxy, leg->up, leg->channel_id, "no-job");
            hs_proxy_route_unname(leg->up, leg->channel_id);
        }
        (void)hs_proxy_route_answered(leg->up, leg->request_id);
        gone(proxy, leg, HS_LEG_CLOSED);
        refused(proxy, leg, "no-answer");
    }
    const int is_closed = leg->state == HS_LEG_CLOSED || leg->state == HS_LEG_NONE;
    if (!is_closed || proxy->now_ns < leg->retry_at_ns) {
        return;
    }
    if (owner->upstream == leg->up->upstream) {
        hs_proxy_leg_open(proxy, leg);
    } else if (leg->is_refused) {
        leg->is_refused = 0; /* it may be asked again */
        hs_proxy_tell_allowed(proxy, owner);
    }
}

void hs_proxy_leg_due(hs_proxy *proxy, hs_proxy_leg *leg, int is_wanted)
{
    if (leg->state == HS_LEG_OPEN && hs_proxy_has_waited(proxy, leg)) {
        reopen(proxy, leg);
    } else if (leg->is_own) {
        own_due(proxy, leg);
    } else if (leg->state == HS_LEG_CLOSED && is_wanted && proxy->now_ns >= leg->retry_at_ns) {
        pause_next(proxy, leg);
        ask(proxy, leg);
    }
}

int hs_proxy_leg_is_late(const hs_proxy *proxy, const hs_proxy_leg *leg)
{
    const int waits = leg->state == HS_LEG_OPENING || (leg->state == HS_LEG_OPEN && !leg->has_job);
    return waits && proxy->now_ns >= leg->since_ns + ANSWER_NS;
}

void hs_proxy_leg_granted(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_open_success *told)
{
    hs_proxy_leg *const leg = hs_proxy_route_answered(up, told->request_id);
    if (leg == NULL && proxy->settings.per_channel) {
        hs_proxy_say_closed(proxy, up, told->channel_id, "too-late");
        return;
    }
    if (leg == NULL || leg->state != HS_LEG_OPENING || told->extranonce_size < leg->ask_size ||
        hs_sv2_is_zero(&told->target) ||
        told->extranonce_prefix.len + told->extranonce_size > HS_SV2_EXTRANONCE_MAX ||
        hs_proxy_route_name(leg, told->channel_id) != 0) {
        hs_proxy_end_up(proxy, up, "an OpenExtendedMiningChannel.Success that does not fit");
        return;
    }
    leg->state = HS_LEG_OPEN;
    leg->since_ns = proxy->now_ns;
    leg->channel_id = told->channel_id;
    leg->group_id = told->group_channel_id;
    leg->extranonce_size = told->extranonce_size;
    leg->prefix = told->extranonce_prefix;
    leg->target = told->target;
    leg->is_reopening = 0;
    hs_proxy_target_opened(leg);
    leg->stated_at_ns = proxy->now_ns;
    hs_proxy_rate_changed(proxy, leg);
    up->counts.granted++;
    up->refused_in_row = 0;
    if (leg->is_own) {
        leg->is_refused = 0;
        hs_proxy_end_drains(proxy, up->upstream, &leg->prefix);
    }
}

void hs_proxy_leg_refused(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_open_error *told)
{
    static const char TOO_LARGE[] = "min-extranonce-size-too-large";
    hs_proxy_leg *const leg = hs_proxy_route_answered(up, told->request_id);
    if (leg == NULL || leg->state != HS_LEG_OPENING) {
        return;
    }
    const int is_fixed = leg->owner != NULL && leg->owner->move.kind == HS_CHANNEL_EXTENDED;
    if (hs_sv2_bytes_are(told->error_code, TOO_LARGE) && leg->ask_size > 0 && !is_fixed) {
        leg->ask_size /= 2; /* less is better than nothing: fewer miners fit */
        ask(proxy, leg);
        return;
    }
    leg->state = HS_LEG_CLOSED;
    up->counts.not_granted++;
    if (leg->is_own) {
        char code[HS_PROXY_CODE_SIZE];
        hs_proxy_lose_shares(proxy, leg); /* of before it was opened again */
        leg->is_reopening = 0;
        hs_proxy_code_text(told->error_code, code);
        refused(proxy, leg, code);
        return;
    }
    pause_next(proxy, leg);
    up->reason = HMX_UPSTREAM_REASON_REFUSED;
    hs_proxy_tell_up(proxy, up);
}

void hs_proxy_leg_closed(hs_proxy *proxy, hs_proxy_leg *leg)
{
    hs_proxy_up *const up = leg->up;
    hs_proxy_note(proxy, "pool %s has closed the channel", up->row.id);
    hs_proxy_route_unname(up, leg->channel_id);
    if (leg->is_own) {
        gone(proxy, leg, HS_LEG_CLOSED);
        leg->is_refused = 0;
        pause_next(proxy, leg);
        return;
    }
    up->reason = HMX_UPSTREAM_REASON_REFUSED;
    gone(proxy, leg, HS_LEG_CLOSED);
    leg->retry_at_ns = proxy->now_ns + hs_proxy_jitter(proxy, proxy->settings.dial_least_ns);
    if (!proxy->is_ending) {
        hs_proxy_tell_up(proxy, up);
    }
}

void hs_proxy_leg_lost(hs_proxy *proxy, hs_proxy_leg *leg)
{
    gone(proxy, leg, HS_LEG_NONE);
    if (leg->is_own) {
        leg->retry_at_ns = 0;
        leg->is_refused = 0;
    }
}
