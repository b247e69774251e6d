/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/giant.h"

#define LOOK_NS (60 * 1000 * HS_PROXY_MS_NS)

/* The channel that declares more than half of all; NULL. */
static hs_proxy_channel *giant_of(const hs_proxy *proxy)
{
    hs_proxy_channel *largest = NULL;
    double sum_hs = 0.0;
    for (size_t i = 0; i < proxy->channel_count; i++) {
        hs_proxy_channel *const channel = proxy->channels[i];
        sum_hs += channel->nominal_hs;
        if (largest == NULL || channel->nominal_hs > largest->nominal_hs) {
            largest = channel;
        }
    }
    return largest != NULL && largest->nominal_hs > sum_hs / 2.0 ? largest : NULL;
}

static unsigned pools_of(const hs_proxy *proxy)
{
    unsigned count = 0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        count += proxy->ups[i].is_configured && proxy->ups[i].row.percentage > 0.0;
    }
    return count;
}

void hs_proxy_look_for_giant(hs_proxy *proxy)
{
    if (proxy->now_ns < proxy->giant_at_ns + LOOK_NS) {
        return;
    }
    hs_proxy_channel *const giant = giant_of(proxy);
    const uint64_t before = proxy->giant;
    proxy->giant_at_ns = proxy->now_ns;
    proxy->giant = giant != NULL ? giant->number : 0;
    if (giant == NULL || giant->number != before || giant->is_giant || pools_of(proxy) < 2) {
        return;
    }
    giant->is_giant = 1;
    hs_proxy_note(proxy,
                  "warning: channel %llu of connection %u is more than half of the farm: it can "
                  "only be split over time; is it a translator with aggregate_channels = true? "
                  "Without, each miner behind it has a channel of its own",
                  (unsigned long long)giant->number, (unsigned)giant->peer->number);
}
