/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/moves.h"

#include <string.h>

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
static int tip_lags(const hs_proxy_channel *channel, const hs_proxy_up *from, const hs_proxy_up *to)
{
    if (!channel->move.has_tip || !from->has_tip || !to->has_tip ||
        same_tip(&from->tip, &to->tip)) {
        return 0;
    }
    return (from->has_tip_before && same_tip(&from->tip_before, &to->tip)) ||
           (to->has_tip_before && same_tip(&to->tip_before, &from->tip));
}

static hs_sv2_b032 prefix_of(hs_proxy *proxy, const hs_proxy_channel *channel,
                             const hs_proxy_up *up, const hmx_decision *d)
{
    hs_sv2_b032 prefix = {.len = 0};
    if (d->extranonce_prefix_len > 0 && d->extranonce_prefix_len <= HS_SV2_EXTRANONCE_MAX) {
        prefix.len = d->extranonce_prefix_len;
        memcpy(prefix.byte, d->extranonce_prefix, prefix.len);
    } else if (hs_proxy_up_is_usable(up)) {
        (void)hs_proxy_choose_prefix(proxy, channel, up, &prefix);
    }
    return prefix;
}

/* Does the decision fit the facts? HS_MOVE_LEGAL, or why not. */
static enum hs_move_refusal misfit(hs_proxy *proxy, const hs_proxy_channel *channel,
                                   const hmx_decision *d)
{
    const hs_proxy_up *const up = hs_proxy_up_of(proxy, d->to);
    const int is_move = d->kind == HMX_DECISION_MOVE;
    if (channel->peer->ended) {
        return HS_MOVE_CLOSED;
    }
    if (d->from != channel->upstream) {
        return HS_MOVE_FROM_WRONG;
    }
    if (up == NULL || up->state != HS_UP_OPEN) {
        return HS_MOVE_POOL_NOT_OPEN;
    }
    if (is_move == (d->to == d->from) || (!is_move && d->kind != HMX_DECISION_PREFIX)) {
        return is_move ? HS_MOVE_SAME_POOL : HS_MOVE_POLICY;
    }
    return HS_MOVE_LEGAL;
}

/* Why not, or HS_MOVE_LEGAL; *prefix is the one that it needs. */
static enum hs_move_refusal refusal_of(hs_proxy *proxy, hs_proxy_channel *channel,
                                       const hmx_decision *d, hs_sv2_b032 *prefix)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, d->to);
    const enum hs_move_refusal wrong = misfit(proxy, channel, d);
    if (wrong != HS_MOVE_LEGAL) {
        return wrong;
    }
    if (channel->probe.is_on) {
        return HS_MOVE_POLICY; /* whether it obeys is not known yet: one try at a time */
    }
    *prefix = prefix_of(proxy, channel, up, d);
    const hs_move_pool pool = hs_proxy_pool_view(up);
    const enum hs_move_refusal refusal = hs_move_check(&channel->move, &pool, prefix);
    if (refusal != HS_MOVE_LEGAL) {
        return refusal;
    }
    if (hs_spaces_are_taken(&proxy->spaces, d->to, prefix, channel->number)) {
        return HS_MOVE_PREFIX_SPACE;
    }
    return d->kind == HMX_DECISION_MOVE && !hs_proxy_fits(up, channel->rate_hs)
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
    hs_proxy_up *const up = &proxy->ups[d->to];
    const hs_sv2_b032 before = channel->prefix;
    hs_move_frames frames;
    const int soft = d->kind == HMX_DECISION_PREFIX || d->style == HMX_STYLE_SOFT_ALLOWED;
    if (hs_proxy_serve(channel, up, prefix, soft, NULL, &frames) != 0) {
        refuse(proxy, channel, d, HS_MOVE_NO_JOB);
        return;
    }
    channel->host_chose_prefix = d->extranonce_prefix_len == 0;
    if (d->kind == HMX_DECISION_MOVE) {
        channel->decided_ns = proxy->now_ns;
        channel->decided_job = frames.job_id;
        hs_proxy_rate_changed(proxy, d->from);
        hs_proxy_rate_changed(proxy, d->to);
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

/* 1 while a harder job is awaited there: the pool is told what comes. */
static int waits_for_job(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d)
{
    const hs_proxy_up *const up = hs_proxy_up_of(proxy, d->to);
    if (up == NULL || d->kind != HMX_DECISION_MOVE || channel->peer->ended ||
        d->from != channel->upstream || d->to == d->from || channel->probe.is_on ||
        proxy->now_ns + MARGIN_NS + TURN_NS >= d->valid_until_ns) {
        return 0;
    }
    if (!up->is_reopening && (!hs_proxy_up_is_usable(up) || hs_proxy_fits(up, channel->rate_hs))) {
        return 0;
    }
    defer(channel, d);
    hs_proxy_comes(proxy, channel);
    hs_proxy_rate_changed(proxy, d->to);
    return 1;
}

/* 1 when it has been put off. */
static int put_off(hs_proxy *proxy, hs_proxy_channel *channel, const hmx_decision *d)
{
    const hs_proxy_up *const from = hs_proxy_up_of(proxy, d->from);
    const hs_proxy_up *const to = hs_proxy_up_of(proxy, d->to);
    if (from == NULL || to == NULL || channel->peer->ended || d->from != channel->upstream ||
        !hs_proxy_up_is_usable(from) || !hs_proxy_up_is_usable(to) ||
        !tip_lags(channel, from, to)) {
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

/* Why the channel is not closed to come back there, or HS_MOVE_LEGAL: nobody is closed who can be
 * moved, or who would not be taken there. */
static enum hs_move_refusal reopening_refusal(hs_proxy *proxy, const hs_proxy_channel *channel,
                                              const hmx_decision *d)
{
    const enum hs_move_refusal wrong = misfit(proxy, channel, d);
    if (wrong != HS_MOVE_LEGAL) {
        return wrong;
    }
    if (d->kind != HMX_DECISION_MOVE || channel->move.kind != HS_CHANNEL_EXTENDED ||
        channel->honours_prefix != HMX_NO) {
        return HS_MOVE_POLICY;
    }
    const hs_move_pool pool = hs_proxy_pool_view(&proxy->ups[d->to]);
    const int len = hs_move_prefix_len(&pool, channel->move.kind, channel->move.extranonce_size);
    hs_move_channel newcomer = channel->move;
    hs_sv2_b032 prefix = pool.prefix;
    newcomer.upstream = 0;
    prefix.len = len > 0 ? (uint32_t)len : 0;
    return hs_move_check(&newcomer, &pool, &prefix);
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
        same_tip(&proxy->ups[d->from].tip, &proxy->ups[d->to].tip)) {
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
    if (decision->style == HMX_STYLE_REOPEN) {
        reopen(proxy, channel, decision);
    } else {
        decide(proxy, channel, decision);
    }
}

static int force(hs_proxy *proxy, hs_proxy_channel *channel, hs_proxy_up *up)
{
    const uint32_t from = channel->upstream;
    const hs_sv2_b032 before = channel->prefix;
    const hs_move_pool pool = hs_proxy_pool_view(up);
    hs_sv2_b032 prefix = {.len = 0};
    hs_move_frames frames;
    if (!hs_proxy_up_is_usable(up) || hs_proxy_choose_prefix(proxy, channel, up, &prefix) != 0 ||
        hs_move_check(&channel->move, &pool, &prefix) != HS_MOVE_LEGAL ||
        hs_proxy_serve(channel, up, &prefix, 1, NULL, &frames) != 0) {
        return -1;
    }
    channel->host_chose_prefix = 1;
    hs_proxy_comes_no_more(proxy, channel);
    channel->is_deferred = 0;
    channel->waits_for_tip = 0;
    hs_proxy_drain_prefix(proxy, channel, from, &before);
    hs_proxy_rate_changed(proxy, from);
    hs_proxy_rate_changed(proxy, channel->upstream);
    proxy->moves.forced += channel->told != 0;
    (void)hs_proxy_tell_outcome(proxy, channel, 0, from, HMX_RESULT_FORCED, 0);
    return 0;
}

/* Its pool has another space: the plugin gives the prefixes that it gave before, the host the
 * others; a peer that keeps its prefix has to open anew. */
static void renew_prefix(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, channel->upstream);
    const int by_host = channel->host_chose_prefix || !channel->told;
    if (up == NULL || !hs_proxy_up_is_usable(up)) {
        return;
    }
    if (channel->move.kind == HS_CHANNEL_EXTENDED && channel->honours_prefix == HMX_NO) {
        hs_proxy_close_channel(proxy, channel, HMX_CLOSE_HOST, "extranonce-prefix-changed");
        return;
    }
    if (by_host || proxy->now_ns >= channel->wants_since_ns + RENEW_NS) {
        if (force(proxy, channel, up) != 0 &&
            proxy->now_ns >= channel->wants_since_ns + 2 * RENEW_NS) {
            hs_proxy_close_channel(proxy, channel, HMX_CLOSE_HOST, "extranonce-prefix-changed");
        }
    }
}

/* A channel that the plugin does not know works where the host puts it, and so does every other
 * while the plugin only watches. */
static void rescue(hs_proxy *proxy, hs_proxy_channel *channel)
{
    const hs_proxy_up *const here = hs_proxy_up_of(proxy, channel->upstream);
    uint64_t tried = 0;
    if ((channel->told && !proxy->is_observed) || (here != NULL && hs_proxy_up_is_usable(here))) {
        return;
    }
    for (hs_proxy_up *up; (up = hs_proxy_next_up(proxy, &tried)) != NULL;) {
        if (hs_proxy_fits(up, channel->rate_hs) && force(proxy, channel, up) == 0) {
            return;
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
        if (channel->peer->ended) {
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
