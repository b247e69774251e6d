/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/spread.h"

#include "host_stub/live/proxy/serve.h"

enum { AT_A_TIME = 64 }; /* about a millisecond */

static void serve_one(hs_proxy *proxy, hs_proxy_leg *leg, int soft, hs_proxy_channel *channel)
{
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    hs_move_frames frames;
    if (hs_move_check(&channel->move, &pool, &channel->prefix) == HS_MOVE_LEGAL) {
        if (hs_proxy_serve(channel, leg, &channel->prefix, soft, NULL, &frames) != 0) {
            hs_proxy_end_peer(channel->peer, 0, "no memory for a job");
        }
    } else if (!channel->wants_prefix) {
        channel->wants_prefix = 1;
        channel->wants_since_ns = proxy->now_ns;
    }
}

/* Its own channel at the pool has a job that it has not. */
static int serve_own(hs_proxy *proxy, hs_proxy_leg *leg)
{
    hs_proxy_channel *const channel = leg->owner;
    if (!leg->is_new || channel == NULL || channel->upstream != leg->up->upstream ||
        channel->peer->ended || !hs_proxy_leg_is_usable(leg)) {
        return 0;
    }
    leg->is_new = 0;
    serve_one(proxy, leg, leg->is_soft, channel);
    return 1;
}

/* Downwards: a channel that closes is replaced by the last one, which was served, and those that
 * open have the job. */
static void go_on(hs_proxy *proxy, hs_proxy_up *up)
{
    int served = 0;
    if (up->spread_left > proxy->channel_count) {
        up->spread_left = proxy->channel_count;
    }
    if (!proxy->settings.per_channel && !hs_proxy_leg_is_usable(&up->whole)) {
        up->spread_left = 0;
    }
    while (up->spread_left > 0 && served < AT_A_TIME) {
        hs_proxy_channel *const channel = proxy->channels[--up->spread_left];
        if (channel->upstream != up->upstream || channel->peer->ended) {
            continue;
        }
        hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, channel, up->upstream);
        if (leg != NULL && leg->is_own) {
            served += serve_own(proxy, leg);
        } else {
            serve_one(proxy, &up->whole, up->spread_soft, channel);
            served++;
        }
    }
}

void hs_proxy_spread(hs_proxy *proxy, hs_proxy_leg *leg, int soft)
{
    leg->is_new = leg->is_own;
    leg->is_soft = soft;
    if (!leg->is_own) {
        leg->up->spread_left = proxy->channel_count;
        leg->up->spread_soft = soft;
        go_on(proxy, leg->up);
    } else if (!leg->up->is_for_group) {
        (void)serve_own(proxy, leg);
    }
}

void hs_proxy_spread_group(hs_proxy *proxy, hs_proxy_up *up)
{
    up->spread_left = proxy->channel_count;
    go_on(proxy, up);
}

int hs_proxy_spread_on(hs_proxy *proxy)
{
    int more = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        if (proxy->ups[i].spread_left > 0) {
            go_on(proxy, &proxy->ups[i]);
            more |= proxy->ups[i].spread_left > 0;
        }
    }
    return more;
}
