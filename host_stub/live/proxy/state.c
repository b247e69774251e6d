/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

int hs_proxy_up_is_offered(const hs_proxy_up *up)
{
    return up->is_configured && (up->row.flags & HMX_UPSTREAM_FLAG_ENABLED) != 0 &&
           (up->row.flags & HMX_UPSTREAM_FLAG_REMOVED) == 0;
}

int hs_proxy_up_is_ready(const hs_proxy *proxy, const hs_proxy_up *up)
{
    return proxy->settings.per_channel
               ? up->state == HS_UP_OPEN && proxy->now_ns >= up->refuses_until_ns
               : hs_proxy_leg_is_usable(&up->whole);
}

hs_proxy_up *hs_proxy_next_up(hs_proxy *proxy, uint64_t *tried)
{
    hs_proxy_up *best = NULL;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        hs_proxy_up *const up = &proxy->ups[i];
        if ((*tried >> (i - 1) & 1) == 0 && hs_proxy_up_is_ready(proxy, up) &&
            hs_proxy_up_is_offered(up) && (best == NULL || up->row.priority < best->row.priority)) {
            best = up;
        }
    }
    *tried |= best != NULL ? UINT64_C(1) << (best->upstream - 1) : 0;
    return best;
}

hs_proxy_leg *hs_proxy_leg_of(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t upstream)
{
    hs_proxy_up *const up = hs_proxy_up_of(proxy, upstream);
    if (!proxy->settings.per_channel) {
        return up != NULL ? &up->whole : NULL;
    }
    hs_proxy_leg *leg = channel->legs;
    while (leg != NULL && leg->up != up) {
        leg = leg->next;
    }
    return leg;
}

int hs_proxy_leg_is_open(const hs_proxy_leg *leg)
{
    return leg != NULL && leg->state == HS_LEG_OPEN && leg->up->state == HS_UP_OPEN;
}

int hs_proxy_leg_is_usable(const hs_proxy_leg *leg)
{
    return hs_proxy_leg_is_open(leg) && leg->has_job && leg->has_tip;
}

hs_move_pool hs_proxy_pool_view(const hs_proxy_leg *leg)
{
    const int fixed = (leg->up->server_flags & HS_SV2_REQUIRES_FIXED_VERSION) != 0;
    hs_move_pool pool = {.upstream = leg->up->upstream,
                         .is_open = hs_proxy_leg_is_open(leg),
                         .fixed_version = fixed,
                         .prefix = leg->has_job ? leg->job.prefix : leg->prefix,
                         .extranonce_size = leg->extranonce_size,
                         .target = leg->has_job ? leg->job.target : leg->target,
                         .has_tip = leg->has_tip,
                         .tip = leg->tip,
                         .job = leg->has_job ? &leg->job.copy.job : NULL,
                         .body = leg->has_job ? leg->job.copy.body : NULL};
    return pool;
}

void hs_proxy_forget_jobs(hs_proxy_leg *leg)
{
    for (size_t i = 0; i < leg->future_count; i++) {
        hs_kept_job_free(&leg->futures[i].copy);
    }
    leg->future_count = 0;
    leg->has_job = 0;
    leg->has_tip = 0;
    leg->has_tip_before = 0;
}

void hs_proxy_leg_free(hs_proxy_leg *leg)
{
    hs_proxy_forget_jobs(leg);
    hs_kept_job_free(&leg->job.copy);
    for (size_t i = 0; i < leg->future_capacity; i++) {
        hs_kept_job_free(&leg->futures[i].copy);
    }
    free(leg->futures);
    free(leg->sent);
}

void hs_proxy_code_text(hs_sv2_bytes code, char text[HS_PROXY_CODE_SIZE])
{
    const size_t len = code.len < HS_PROXY_CODE_SIZE - 1 ? code.len : HS_PROXY_CODE_SIZE - 1;
    for (size_t i = 0; i < len; i++) {
        text[i] = code.data[i] > 0x20 && code.data[i] < 0x7f ? (char)code.data[i] : '?';
    }
    text[len] = '\0';
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
    hs_proxy_channel *const channel = hs_table_find(&peer->channels, (uint64_t)channel_id + 1);
    return channel != NULL && !channel->asking.is_on ? channel : NULL;
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
