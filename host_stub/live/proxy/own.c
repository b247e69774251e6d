/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/own.h"

#include <stdlib.h>

#include "host_stub/live/proxy/routes.h"
#include "host_stub/sv2/codec.h"

#define LINGER_NS (10000 * HS_PROXY_MS_NS) /* for verdicts on shares of a miner that has gone */

hs_proxy_leg *hs_proxy_own_leg(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    hs_proxy_leg *leg = hs_proxy_leg_of(proxy, channel, upstream);
    if (leg != NULL || up == NULL) {
        return leg;
    }
    leg = calloc(1, sizeof *leg);
    if (leg == NULL || hs_proxy_route_add(up, leg) != 0) {
        free(leg);
        return NULL;
    }
    leg->is_own = 1;
    leg->owner = channel;
    leg->pause_ns = proxy->settings.dial_least_ns;
    leg->next = channel->legs;
    channel->legs = leg;
    return leg;
}

void hs_proxy_say_closed(hs_proxy *proxy, const hs_proxy_up *up, uint32_t channel_id,
                         const char *reason)
{
    hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
    m.as.close_channel.channel_id = channel_id;
    m.as.close_channel.reason_code = hs_sv2_bytes_of(reason);
    if (up->state == HS_UP_OPEN) {
        proxy->out.send_up(proxy->ctx, up->upstream, &m, 1);
    }
}

int hs_proxy_own_release(hs_proxy *proxy, hs_proxy_leg *leg)
{
    hs_proxy_up *const up = leg->up;
    const int waits = leg->sent_count > 0 && proxy->now_ns < leg->until_ns;
    if (!leg->is_own || leg->owner != NULL || leg->state == HS_LEG_OPENING ||
        (waits && leg->state == HS_LEG_OPEN)) {
        return 0;
    }
    if (leg->state == HS_LEG_OPEN) {
        hs_proxy_say_closed(proxy, up, leg->channel_id, "miner-closed");
    }
    up->counts.unanswered += leg->sent_count;
    up->unanswered -= leg->sent_count;
    hs_proxy_route_remove(leg);
    hs_proxy_leg_free(leg);
    free(leg);
    return 1;
}

void hs_proxy_own_end(hs_proxy *proxy, hs_proxy_channel *channel)
{
    while (channel->legs != NULL) {
        hs_proxy_leg *const leg = channel->legs;
        channel->legs = leg->next;
        leg->next = NULL;
        leg->owner = NULL;
        leg->until_ns = proxy->now_ns + LINGER_NS;
        (void)hs_proxy_own_release(proxy, leg);
    }
}
