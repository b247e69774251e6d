/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/moves.h"

#include <string.h>

#include "host_stub/live/proxy/leg.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/prefix.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/live/proxy/serve.h"
#include "host_stub/sv2/work.h"

enum { SWEEP_MOST = 2000 };               /* channels */
#define LAG_NS    (2000 * HS_PROXY_MS_NS) /* pools of one tip tell it so far apart at the most */
#define RENEW_NS  (2000 * HS_PROXY_MS_NS) /* for the plugin to give a new prefix */
#define MARGIN_NS (500 * HS_PROXY_MS_NS)  /* before a decision is void */
#define TURN_NS   (1000 * HS_PROXY_MS_NS) /* until a sweep has come to every channel */

static int same_tip(const hs_tip *a, const hs_tip *b)
{
    return a->nbits == b->nbits && hs_sv2_compare(&a->prev_hash, &b->prev_hash) == 0;
}

/* Two pools had one tip, one of them has heard of the next: the other will in a moment, and then
 * the move costs nothing. */
static int tip_lags(const hs_proxy_channel *channel, const hs_proxy_leg *from,
                    const hs_proxy_leg *to)
{
    if (!channel->move.has_tip || !from->has_tip || !to->has_tip ||
        same_tip(&from->tip, &to->tip)) {
        return 0;
    }
    return (from->has_tip_before && same_tip(&from->tip_before, &to->tip)) ||
           (to->has_tip_before && same_tip(&to->tip_before, &from->tip));
}

static hs_sv2_b032 prefix_of(hs_proxy *proxy, const hs_proxy_channel *channel,
                             const hs_proxy_leg *leg, const hmx_decision *d)
{
    hs_sv2_b032 prefix = {.len = 0};
    if (d->extranonce_prefix_len > 0 && d->extranonce_prefix_len <= HS_SV2_EXTRANONCE_MAX) {
        prefix.len = d->extranonce_prefix_len;
        memcpy(prefix.byte, d->extranonce_prefix, prefix.len);
    } else if (hs_proxy_leg_is_usable(leg)) {
        (void)hs_proxy_choose_prefix(proxy, channel, leg, &prefix);
    }
    return prefix;
}

/* Does the decision fit the channel as it is? HS_MOVE_LEGAL, or why not. */
static enum hs_move_refusal misfit(const hs_proxy_channel *channel, const hmx_decision *d)
{
    const int is_move = d->kind == HMX_DECISION_MOVE;
    if (channel->peer->ended) {
        return HS_MOVE_CLOSED;
    }
    if (d->from != channel->upstream) {
        return HS_MOVE_FROM_WRONG;
    }
    if (is_move == (d->to == d->from) || (!is_move && d->kind != HMX_DECISION_PREFIX)) {
        return is_move ? HS_MOVE_SAME_POOL : HS_MOVE_POLICY;
    }
    return HS_MOVE_LEGAL;
}

/* Is there a channel to work in at the pool? HS_MOVE_LEGAL, or why not. */
static enum hs_move_refusal not_open(const hs_proxy_leg *leg)
{
    if (leg != NULL && leg->is_refused) {
        return HS_MOVE_NOT_GRANTED;
    }
    return hs_proxy_leg_is_open(leg) ? HS_MOVE_LEGAL : HS_MOVE_POOL_NOT_OPEN;
}

/* Why not, or HS_MOVE_LEGAL; *prefix is the one that it needs. */
static enum hs_move_refusal refusal_of(hs_proxy *proxy, hs_proxy_channel *channel,
                                       const hmx_decision *d, hs_sv2_b032 *prefix)
{
    hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, d->to);
    enum hs_move_refusal wrong = misfit(channel, d);
    wrong = wrong == HS_MOVE_LEGAL ? not_open(leg) : wrong;
    if (wrong != HS_MOVE_LEGAL) {
        return wrong;
    }
    if (channel->probe.is_on) {
        return HS_MOVE_POLICY; /* whether it obeys is not known yet: one try at a time */
    }
    *prefix = prefix_of(proxy, channel, leg, d);
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    const enum hs_move_refusal refusal = hs_move_check(&channel->move, &pool, prefix);
    if (refusal != HS_MOVE_LEGAL) {
        return refusal;
    }
    if (hs_spaces_are_taken(&proxy->spaces, d->to, prefix, channel->number)) {
        return HS_MOVE_PREFIX_SPACE;
    }
    return d->kind == HMX_DECISION_MOVE && !hs_proxy_fits(leg, channel->rate_hs)
               ? HS_MOVE_JOB_TOO_EASY
               : HS_MOVE_LEGAL;
}

static void refuse(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d,
                   enum hs_move_refusal refusal)
{
    proxy->moves.refused++;
    proxy->moves.refused_by[refusal - HS_MOVE_POOL_NOT_OPEN]++;
    hs_proxy_note(proxy, "decision %llu for channel %llu is refused: %s",
                  (unsigned long long)d->decision, (unsigned long long)channel->number,
                  hs_move_refusal_text(refusal));
    (void)hs_proxy_tell_outcome(proxy, channel, d->decision, channel->upstream, HMX_RESULT_REFUSED,
                                refusal);
}

/* Is it still to be shown that the peer obeys? */
static int is_unproven(const hs_proxy_channel *channel, const hs_sv2_b032 *before)
{
    return channel->move.kind == HS_CHANNEL_EXTENDED && channel->honours_prefix == HMX_UNKNOWN &&
           !hs_prefix_equal(before, &channel->prefix);
}

static void move(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d,
                 const hs_sv2_b032 *prefix)
{
    hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, d->to);
    const hs_sv2_b032 before = channel->prefix;
    hs_move_frames frames;
    const int soft = d->kind == HMX_DECISION_PREFIX || d->style == HMX_STYLE_SOFT_ALLOWED;
    if (hs_proxy_serve(channel, leg, prefix, soft, NULL, &frames) != 0) {
        refuse(proxy, channel, d, HS_MOVE_NO_JOB);
        return;
    }
    channel->host_chose_prefix = d->extranonce_prefix_len == 0;
    if (d->kind == HMX_DECISION_MOVE) {
        channel->decided_ns = proxy->now_ns;
        channel->decided_job = frames.job_id;
        hs_proxy_rate_changed(proxy, hs_proxy_leg_of(proxy, channel, d->from));
        hs_proxy_rate_changed(proxy, leg);
    }
    if (is_unproven(channel, &before)) {
        hs_proxy_probe_begin(channel, d, &before, &frames);
        return;
    }
    hs_proxy_applied(proxy, channel, d->decision, d->kind, d->from, (int)frames.is_soft);
    hs_proxy_drain_prefix(proxy, channel, d->from, &before);
}

static void defer(hs_proxy_channel *channel, const hmx_decision *d)
{
    channel->is_deferred = 1;
    channel->deferred = *d;
}

/* 1 while a channel, or a harder job, is awaited there: the pool is told what comes. */
static int waits_for_job(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d)
{
    if (d->kind != HMX_DECISION_MOVE || channel->peer->ended || d->from != channel->upstream ||
        d->to == d->from || channel->probe.is_on ||
        proxy->now_ns + MARGIN_NS + TURN_NS >= d->valid_until_ns) {
        return 0;
    }
    hs_proxy_leg *const leg = hs_proxy_leg_wanted(proxy, channel, d->to);
    const int comes =
        leg != NULL && (leg->is_own ? hs_proxy_leg_is_coming(leg) : leg->is_reopening);
    if (!comes && (!hs_proxy_leg_is_usable(leg) || hs_proxy_fits(leg, channel->rate_hs))) {
        return 0;
    }
    defer(channel, d);
    hs_proxy_comes(proxy, channel);
    hs_proxy_rate_changed(proxy, leg);
    return 1;
}

/* 1 when it has been put off. */
static int put_off(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d)
{
    const hs_proxy_leg *const from = hs_proxy_leg_of(proxy, channel, d->from);
    const hs_proxy_leg *const to = hs_proxy_leg_of(proxy, channel, d->to);
    if (channel->peer->ended || d->from != channel->upstream || !hs_proxy_leg_is_usable(from) ||
        !hs_proxy_leg_is_usable(to) || !tip_lags(channel, from, to)) {
        return 0;
    }
    if (!channel->waits_for_tip) {
        defer(channel, d);
        channel->waits_for_tip = 1;
        channel->deferred_until_ns = proxy->now_ns + LAG_NS;
    }
    return proxy->now_ns < channel->deferred_until_ns &&
           proxy->now_ns + MARGIN_NS < d->valid_until_ns;
}

/* Would it be taken there if it came anew? HS_MOVE_LEGAL, or why not. */
static enum hs_move_refusal newcomer_refusal(hs_proxy *proxy, const hs_proxy_channel *channel,
                                             uint32_t to)
{
    const hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, to);
    const hs_proxy_up *const up = hs_proxy_up_of(proxy, to);
    const enum hs_move_refusal wrong = not_open(leg);
    if (proxy->settings.per_channel && (leg == NULL || wrong == HS_MOVE_NOT_GRANTED)) {
        /* It will be asked for anew. */
        return wrong == HS_MOVE_NOT_GRANTED || up == NULL || !hs_proxy_up_is_ready(proxy, up)
                   ? wrong
                   : HS_MOVE_LEGAL;
    }
    if (wrong != HS_MOVE_LEGAL) {
        return wrong;
    }
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    const int len = hs_move_prefix_len(&pool, channel->move.kind, channel->move.extranonce_size);
    hs_move_channel newcomer = channel->move;
    hs_sv2_b032 prefix = pool.prefix;
    newcomer.upstream = 0;
    prefix.len = len > 0 ? (uint32_t)len : 0;
    return hs_move_check(&newcomer, &pool, &prefix);
}

/* Why the channel is not closed to come back there, or HS_MOVE_LEGAL: nobody is closed who can be
 * moved, or who would not be taken there. */
static enum hs_move_refusal reopening_refusal(hs_proxy *proxy, const hs_proxy_channel *channel,
                                              const hmx_decision *d)
{
    const enum hs_move_refusal wrong = misfit(channel, d);
    if (wrong != HS_MOVE_LEGAL) {
        return wrong;
    }
    if (d->kind != HMX_DECISION_MOVE || channel->move.kind != HS_CHANNEL_EXTENDED ||
        channel->honours_prefix != HMX_NO) {
        return HS_MOVE_POLICY;
    }
    return newcomer_refusal(proxy, channel, d->to);
}

/* The plugin knows the peer when it comes back, and says where it goes. */
static void reopen(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d)
{
    const enum hs_move_refusal refusal = reopening_refusal(proxy, channel, d);
    if (refusal != HS_MOVE_LEGAL) {
        refuse(proxy, channel, d, refusal);
        return;
    }
    proxy->moves.reopened++;
    hs_proxy_note(proxy, "channel %llu is closed, to be opened again on %s",
                  (unsigned long long)channel->number, proxy->ups[d->to].row.id);
    hs_proxy_close_channel(proxy, channel, HMX_CLOSE_REOPEN, "channel-moved");
}

static void decide(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d)
{
    hs_sv2_b032 prefix = {.len = 0};
    hs_proxy_comes_no_more(proxy, channel);
    if (put_off(proxy, channel, d) || waits_for_job(proxy, channel, d)) {
        return;
    }
    const int waited = channel->waits_for_tip;
    channel->is_deferred = 0;
    channel->waits_for_tip = 0;
    enum hs_move_refusal refusal = refusal_of(proxy, channel, d, &prefix);
    if (refusal == HS_MOVE_LEGAL && waited && d->style == HMX_STYLE_HARD &&
        same_tip(&hs_proxy_leg_of(proxy, channel, d->from)->tip,
                 &hs_proxy_leg_of(proxy, channel, d->to)->tip)) {
        refusal = HS_MOVE_POLICY; /* decided on facts of before: now it would cost nothing soft */
    }
    if (refusal != HS_MOVE_LEGAL) {
        refuse(proxy, channel, d, refusal);
    } else {
        move(proxy, channel, d, &prefix);
    }
}

void hs_proxy_carry_out(hs_proxy *proxy, const hmx_decision *decision)
{
    hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, decision->channel);
    if (channel == NULL || !channel->told) {
        return; /* it has closed: void, and needs no answer */
    }
    if (channel->asking.is_on) {
        refuse(proxy, channel, decision, HS_MOVE_NO_JOB); /* it has not begun to work anywhere */
    } else if (decision->style == HMX_STYLE_REOPEN) {
        reopen(proxy, channel, decision);
    } else {
        decide(proxy, channel, decision);
    }
}

static int force(hs_proxy *proxy, hs_proxy_channel *channel, hs_proxy_leg *leg)
{
    const uint32_t from = channel->upstream;
    const hs_sv2_b032 before = channel->prefix;
    hs_sv2_b032 prefix = {.len = 0};
    hs_move_frames frames;
    if (!hs_proxy_leg_is_usable(leg) || hs_proxy_choose_prefix(proxy, channel, leg, &prefix) != 0) {
        return -1;
    }
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    if (hs_move_check(&channel->move, &pool, &prefix) != HS_MOVE_LEGAL ||
        hs_proxy_serve(channel, leg, &prefix, 1, NULL, &frames) != 0) {
        return -1;
    }
    channel->host_chose_prefix = 1;
    hs_proxy_comes_no_more(proxy, channel);
    channel->is_deferred = 0;
    channel->waits_for_tip = 0;
    hs_proxy_drain_prefix(proxy, channel, from, &before);
    hs_proxy_rate_changed(proxy, hs_proxy_leg_of(proxy, channel, from));
    hs_proxy_rate_changed(proxy, leg);
    proxy->moves.forced += channel->told != 0;
    (void)hs_proxy_tell_outcome(proxy, channel, 0, from, HMX_RESULT_FORCED, 0);
    return 0;
}

/* Its pool has another space: the plugin gives the prefixes that it gave before, the host the
 * others; a peer that keeps its prefix has to open anew. */
static void renew_prefix(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, channel->upstream);
    const int by_host = channel->host_chose_prefix || !channel->told;
    if (!hs_proxy_leg_is_usable(leg)) {
        return;
    }
    if (channel->move.kind == HS_CHANNEL_EXTENDED && channel->honours_prefix == HMX_NO) {
        hs_proxy_close_channel(proxy, channel, HMX_CLOSE_HOST, "extranonce-prefix-changed");
        return;
    }
    if (by_host || proxy->now_ns >= channel->wants_since_ns + RENEW_NS) {
        if (force(proxy, channel, leg) != 0 &&
            proxy->now_ns >= channel->wants_since_ns + 2 * RENEW_NS) {
            hs_proxy_close_channel(proxy, channel, HMX_CLOSE_HOST, "extranonce-prefix-changed");
        }
    }
}

/* A channel that the plugin does not know works where the host puts it, and so does every other
 * while the plugin only watches. */
static void rescue(hs_proxy *proxy, hs_proxy_channel *channel)
{
    const hs_proxy_leg *const here = hs_proxy_leg_of(proxy, channel, channel->upstream);
    const int is_ours = !channel->told || proxy->is_observed;
    uint64_t tried = 0;
    if (!is_ours || hs_proxy_leg_is_usable(here) ||
        (here != NULL && here->is_own && hs_proxy_leg_is_coming(here))) {
        return;
    }
    for (const hs_proxy_up *up; (up = hs_proxy_next_up(proxy, &tried)) != NULL;) {
        hs_proxy_leg *const leg = hs_proxy_leg_wanted(proxy, channel, up->upstream);
        if (hs_proxy_leg_is_usable(leg) && hs_proxy_fits(leg, channel->rate_hs) &&
            force(proxy, channel, leg) == 0) {
            return;
        }
        if (leg != NULL && leg->is_own && hs_proxy_leg_is_coming(leg)) {
            return; /* one after the other */
        }
    }
}

/* Of many channels a part at a time, so that all are looked at within half a second or so.
 * Downwards, since the last one takes the place of one that closes. */
void hs_proxy_sweep_moves(hs_proxy *proxy)
{
    const size_t all = proxy->channel_count;
    size_t left = all < SWEEP_MOST ? all : SWEEP_MOST;
    for (; left > 0 && proxy->channel_count > 0; left--) {
        if (proxy->sweep_left == 0 || proxy->sweep_left > proxy->channel_count) {
            proxy->sweep_left = proxy->channel_count;
        }
        hs_proxy_channel *const channel = proxy->channels[--proxy->sweep_left];
        if (channel->peer->ended || channel->asking.is_on) {
            continue;
        }
        if (channel->is_deferred) {
            const hmx_decision decision = channel->deferred;
            decide(proxy, channel, &decision);
        }
        hs_proxy_probe_due(proxy, channel);
        rescue(proxy, channel);
        if (channel->wants_prefix) {
            renew_prefix(proxy, channel);
        }
    }
}
