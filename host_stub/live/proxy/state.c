/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/state.h"

#include <stdarg.h>
#include <stdio.h>

void hs_proxy_note(hs_proxy *proxy, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    proxy->out.note(proxy->ctx, proxy->now_ns, text);
}

hs_proxy_up *hs_proxy_up_of(hs_proxy *proxy, uint32_t upstream)
{
    return upstream >= 1 && upstream <= HMX_UPSTREAMS_MAX ? &proxy->ups[upstream] : NULL;
}

int hs_proxy_up_is_usable(const hs_proxy_up *up)
{
    return up->state == HS_UP_OPEN && up->has_job && up->has_tip;
}

int hs_proxy_up_is_offered(const hs_proxy_up *up)
{
    return up->is_configured && (up->row.flags & HMX_UPSTREAM_FLAG_ENABLED) != 0 &&
           (up->row.flags & HMX_UPSTREAM_FLAG_REMOVED) == 0;
}

hs_proxy_up *hs_proxy_next_up(hs_proxy *proxy, uint64_t *tried)
{
    hs_proxy_up *best = NULL;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        hs_proxy_up *const up = &proxy->ups[i];
        if ((*tried >> (i - 1) & 1) == 0 && hs_proxy_up_is_usable(up) &&
            hs_proxy_up_is_offered(up) && (best == NULL || up->row.priority < best->row.priority)) {
            best = up;
        }
    }
    *tried |= best != NULL ? UINT64_C(1) << (best->upstream - 1) : 0;
    return best;
}

hs_move_pool hs_proxy_pool_view(const hs_proxy_up *up)
{
    hs_move_pool pool = {.upstream = up->upstream,
                         .is_open = up->state == HS_UP_OPEN,
                         .fixed_version = (up->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0,
                         .prefix = up->has_job ? up->job.prefix : up->prefix,
                         .extranonce_size = up->extranonce_size,
                         .target = up->has_job ? up->job.target : up->target,
                         .has_tip = up->has_tip,
                         .tip = up->tip,
                         .job = up->has_job ? &up->job.copy.job : NULL,
                         .body = up->has_job ? up->job.copy.body : NULL};
    return pool;
}

void hs_proxy_forget_jobs(hs_proxy_up *up)
{
    for (uint32_t i = 0; i < up->future_count; i++) {
        hs_kept_job_free(&up->futures[i].copy);
    }
    up->future_count = 0;
    up->has_job = 0;
    up->has_tip = 0;
    up->has_tip_before = 0;
}

void hs_proxy_end_up(hs_proxy *proxy, hs_proxy_up *up, const char *reason)
{
    if (up->state != HS_UP_IDLE && up->state != HS_UP_ENDED) {
        up->state = HS_UP_ENDED;
        proxy->out.end_up(proxy->ctx, up->upstream, reason);
    }
}

hs_proxy_channel *hs_proxy_find(const hs_proxy_peer *peer, uint32_t channel_id)
{
    return hs_table_find(&peer->channels, (uint64_t)channel_id + 1);
}

hs_proxy_channel *hs_proxy_channel_of(const hs_proxy *proxy, uint64_t number)
{
    return number != 0 ? hs_table_find(&proxy->by_number, number) : NULL;
}

void hs_proxy_send_down(const hs_proxy_peer *peer, const hs_sv2_message *messages, size_t count)
{
    if (!peer->ended && count > 0) {
        peer->proxy->out.send_down(peer->link, messages, count);
    }
}

void hs_proxy_end_peer(hs_proxy_peer *peer, int after_sending, const char *reason)
{
    if (!peer->ended) {
        peer->ended = 1;
        peer->proxy->out.end_down(peer->link, after_sending, reason);
    }
}
