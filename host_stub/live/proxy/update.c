/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/update.h"

#include <string.h>

/* A little more than the second, since recordings and pools count in whole milliseconds. */
#define DEBOUNCE_NS (1050 * HS_PROXY_MS_NS)

double hs_proxy_rate_of(const hs_proxy *proxy, uint32_t upstream)
{
    double sum = 0.0;
    for (size_t i = 0; i < proxy->channel_count; i++) {
        const hs_proxy_channel *const channel = proxy->channels[i];
        sum += channel->upstream == upstream ? channel->nominal_hs : 0.0;
    }
    return sum < 3e38 ? sum : 3e38; /* it is sent as a float */
}

void hs_proxy_rate_changed(hs_proxy *proxy, uint32_t upstream)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    if (up != NULL && !up->is_dirty) {
        up->is_dirty = 1;
        up->dirty_at_ns = proxy->now_ns;
    }
}

static void state_rate(hs_proxy *proxy, hs_proxy_up *up)
{
    hs_sv2_message m = {.id = HS_SV2_UPDATE_CHANNEL};
    const double rate = hs_proxy_rate_of(proxy, up->upstream);
    const float told = (float)rate;
    up->is_dirty = 0;
    if (!(told > (float)up->stated_hs) && !(told < (float)up->stated_hs)) {
        return;
    }
    up->stated_hs = rate;
    up->stated_at_ns = proxy->now_ns;
    m.as.update_channel.channel_id = up->channel_id;
    m.as.update_channel.nominal_hash_rate = told;
    memset(&m.as.update_channel.maximum_target, 0xff, sizeof m.as.update_channel.maximum_target);
    proxy->out.send_up(proxy->ctx, up->upstream, &m, 1);
}

void hs_proxy_state_rates(hs_proxy *proxy)
{
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        hs_proxy_up *const up = &proxy->ups[i];
        if (up->state == HS_UP_OPEN && up->is_dirty &&
            proxy->now_ns >= up->dirty_at_ns + DEBOUNCE_NS &&
            proxy->now_ns >= up->stated_at_ns + DEBOUNCE_NS) {
            state_rate(proxy, up);
        }
    }
}
