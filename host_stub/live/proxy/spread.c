/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/spread.h"

#include "host_stub/live/proxy/serve.h"

enum { AT_A_TIME = 64 }; /* about a millisecond */

static void serve_one(hs_proxy *proxy, hs_proxy_up *up, const hs_move_pool *pool,
                      hs_proxy_channel *channel)
{
    hs_move_frames frames;
    if (hs_move_check(&channel->move, pool, &channel->prefix) == HS_MOVE_LEGAL) {
        if (hs_proxy_serve(channel, up, &channel->prefix, up->spread_soft, NULL, &frames) != 0) {
            hs_proxy_end_peer(channel->peer, 0, "no memory for a job");
        }
    } else if (!channel->wants_prefix) {
        channel->wants_prefix = 1;
        channel->wants_since_ns = proxy->now_ns;
    }
}

/* Downwards: a channel that closes is replaced by the last one, which was served, and those that
 * open have the job. */
static void go_on(hs_proxy *proxy, hs_proxy_up *up)
{
    const hs_move_pool pool = hs_proxy_pool_view(up);
    int served = 0;
    if (up->spread_left > proxy->channel_count) {
        up->spread_left = proxy->channel_count;
    }
    if (!hs_proxy_up_is_usable(up)) {
        up->spread_left = 0;
    }
    while (up->spread_left > 0 && served < AT_A_TIME) {
        hs_proxy_channel *const channel = proxy->channels[--up->spread_left];
        if (channel->upstream == up->upstream && !channel->peer->ended) {
            serve_one(proxy, up, &pool, channel);
            served++;
        }
    }
}

void hs_proxy_spread(hs_proxy *proxy, hs_proxy_up *up, int soft)
{
    up->spread_left = proxy->channel_count;
    up->spread_soft = soft;
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
