/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/target.h"

#include "host_stub/sv2/work.h"

#define LOOK_NS (60 * 1000 * HS_PROXY_MS_NS) /* what is seen in less says little */

/* Smaller changes are luck. */
#define MORE 1.25
#define LESS 0.8
/* A device that stands still is not taken for a tiny one: it comes back as it was. */
#define LEAST 16.0

static int is_other(double hs, double than)
{
    return hs > than * MORE || hs < than * LESS;
}

void hs_proxy_target_declared(hs_proxy_channel *channel)
{
    if (!is_other(channel->nominal_hs, channel->own_declared_hs)) {
        return;
    }
    channel->own_hs = channel->nominal_hs;
    channel->own_declared_hs = channel->nominal_hs;
    channel->seen_work = 0.0;
    channel->seen_since_ns = channel->peer->proxy->now_ns;
}

void hs_proxy_target_share(hs_proxy_channel *channel, double work)
{
    channel->seen_work += work;
}

static void look(const hs_proxy *proxy, hs_proxy_channel *channel)
{
    const uint64_t for_ns = proxy->now_ns - channel->seen_since_ns;
    if (for_ns < LOOK_NS) {
        return;
    }
    const double seen_hs = hs_sv2_hashes_of(channel->seen_work) / ((double)for_ns / 1e9);
    const double own_hs = channel->own_hs > 0.0 ? (channel->own_hs + seen_hs) / 2.0 : seen_hs;
    const double least_hs = channel->nominal_hs / LEAST;
    if (is_other(own_hs, channel->own_hs)) {
        channel->own_hs = own_hs > least_hs ? own_hs : least_hs;
    }
    channel->seen_work = 0.0;
    channel->seen_since_ns = proxy->now_ns;
}

hs_sv2_u256 hs_proxy_target(const hs_proxy *proxy, hs_proxy_channel *channel,
                            const hs_sv2_u256 *pools)
{
    const double wanted = proxy->settings.miner_shares_per_minute;
    const hs_sv2_u256 *const most = &channel->move.max_target;
    if (!(wanted > 0.0)) {
        return hs_move_target(pools, most);
    }
    look(proxy, channel);
    if (!(channel->own_hs > 0.0)) {
        return hs_move_target(pools, most); /* nobody knows anything of it */
    }
    const hs_sv2_u256 own = hs_sv2_target_of(channel->own_hs * 60.0 / wanted);
    return hs_move_target(hs_sv2_compare(&own, pools) > 0 ? &own : pools, most);
}
