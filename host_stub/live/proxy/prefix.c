/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/prefix.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/live/proxy/own.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/rate.h"
#include "host_stub/sv2/codec.h"

enum { INDEX_BYTES = 2, INDEX_MOST = 0xffff };

/* From the top of the index down, so that it does not meet a plugin that counts upwards. */
int hs_proxy_choose_prefix(hs_proxy *proxy, const hs_proxy_channel *channel,
                           const hs_proxy_leg *leg, hs_sv2_b032 *out)
{
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    const int len = hs_move_prefix_len(&pool, channel->move.kind, channel->move.extranonce_size);
    if (len < 0) {
        return -1;
    }
    if (leg->is_own) { /* nobody else is in that space */
        *out = (hs_sv2_b032){.len = (uint32_t)len};
        memcpy(out->byte, pool.prefix.byte, pool.prefix.len);
        return 0;
    }
    const uint32_t left = (uint32_t)len - pool.prefix.len;
    const uint32_t width = left < INDEX_BYTES ? left : INDEX_BYTES;
    uint32_t *const next = &proxy->next_index[pool.upstream];
    for (uint32_t tries = 0; tries <= INDEX_MOST; tries++) {
        const uint32_t index = INDEX_MOST - (*next)++ % (INDEX_MOST + 1);
        hs_sv2_b032 prefix = {.len = (uint32_t)len};
        memcpy(prefix.byte, pool.prefix.byte, pool.prefix.len);
        for (uint32_t i = 0; i < width; i++) {
            prefix.byte[pool.prefix.len + i] = (uint8_t)(index >> (8 * (width - 1 - i)));
        }
        if (!hs_spaces_are_taken(&proxy->spaces, pool.upstream, &prefix, channel->number)) {
            *out = prefix;
            return 0;
        }
    }
    return -1;
}

void hs_proxy_drain_prefix(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t upstream,
                           const hs_sv2_b032 *prefix)
{
    if (prefix->len == 0 || upstream == HMX_NONE) {
        return;
    }
    if (HS_GROW(proxy->drains, proxy->drain_capacity, proxy->drain_count + 1) != 0) {
        return; /* never reported: the plugin's own hold time ends it */
    }
    proxy->drains[proxy->drain_count++] = (hs_proxy_drain){.channel = channel->number,
                                                           .cookie = channel->cookie,
                                                           .told = channel->told,
                                                           .upstream = upstream,
                                                           .prefix = *prefix};
}

/* Has its channel come back to it, or does it still need it? */
static int is_in_force(const hs_proxy_channel *channel, const hs_proxy_drain *drain)
{
    return channel != NULL && ((channel->upstream == drain->upstream &&
                                hs_prefix_equal(&channel->prefix, &drain->prefix)) ||
                               (channel->probe.is_on && channel->probe.from == drain->upstream &&
                                hs_prefix_equal(&channel->probe.from_prefix, &drain->prefix)));
}

/* Does a job hold it of which shares can still come and be sent on? */
static int is_held_by_job(const hs_job_table *jobs, uint32_t upstream, const hs_sv2_b032 *prefix)
{
    for (size_t i = 0; i < jobs->count; i++) {
        const hs_job_entry *const job = &jobs->entries[i];
        if ((job->state != HS_JOB_STALE || job->pool_takes) && job->upstream == upstream &&
            hs_prefix_equal(&job->prefix, prefix)) {
            return 1;
        }
    }
    return 0;
}

static void end_drain(hs_proxy *proxy, const hs_proxy_drain *drain)
{
    hs_spaces_release(&proxy->spaces, drain->upstream, &drain->prefix, drain->channel);
    hs_proxy_tell_drained(proxy, drain);
}

void hs_proxy_end_drains(hs_proxy *proxy, uint32_t upstream, const hs_sv2_b032 *prefix)
{
    size_t kept = 0;
    for (size_t i = 0; i < proxy->drain_count; i++) {
        const hs_proxy_drain drain = proxy->drains[i];
        const uint32_t common = drain.prefix.len < prefix->len ? drain.prefix.len : prefix->len;
        if (drain.upstream == upstream && hs_proxy_channel_of(proxy, drain.channel) == NULL &&
            memcmp(drain.prefix.byte, prefix->byte, common) == 0) {
            end_drain(proxy, &drain);
        } else {
            proxy->drains[kept++] = drain;
        }
    }
    proxy->drain_count = kept;
}

void hs_proxy_sweep_drains(hs_proxy *proxy)
{
    size_t kept = 0;
    for (size_t i = 0; i < proxy->drain_count; i++) {
        hs_proxy_drain drain = proxy->drains[i];
        const hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, drain.channel);
        if (is_in_force(channel, &drain)) {
            continue;
        }
        if (channel != NULL && is_held_by_job(&channel->move.jobs, drain.upstream, &drain.prefix)) {
            drain.unused_ns = 0;
        } else if (drain.unused_ns == 0) {
            drain.unused_ns = proxy->now_ns;
        } else if (proxy->now_ns >= drain.unused_ns + proxy->settings.drain_ns) {
            end_drain(proxy, &drain);
            continue;
        }
        proxy->drains[kept++] = drain;
    }
    proxy->drain_count = kept;
}

/* The peer has left with a new prefix, and nobody knows whether it would have obeyed. A translator
 * does so with each miner behind it that does not take another extranonce. */
static void note_unproven(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t reason)
{
    if (!proxy->is_ending && (reason == HMX_CLOSE_PEER || reason == HMX_CLOSE_CONNECTION_LOST)) {
        proxy->moves.unproven++;
        hs_proxy_note(proxy,
                      "channel %llu has ended before a share showed whether it obeys "
                      "SetExtranoncePrefix",
                      (unsigned long long)channel->number);
    }
}

void hs_proxy_close_channel(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t reason,
                            const char *say)
{
    hs_proxy_peer *const peer = channel->peer;
    if (say != NULL) {
        hs_sv2_message m = {.id = HS_SV2_CLOSE_CHANNEL};
        m.as.close_channel.channel_id = channel->move.channel_id;
        m.as.close_channel.reason_code = hs_sv2_bytes_of(say);
        hs_proxy_send_down(peer, &m, 1);
    }
    hs_proxy_tell_closed(proxy, channel, reason);
    (void)hs_table_remove(&peer->channels, (uint64_t)channel->move.channel_id + 1);
    (void)hs_table_remove(&proxy->by_number, channel->number);
    hs_proxy_channel *const last = proxy->channels[--proxy->channel_count];
    proxy->channels[channel->at] = last;
    last->at = channel->at;
    hs_proxy_drain_prefix(proxy, channel, channel->upstream, &channel->prefix);
    if (channel->probe.is_on) {
        hs_proxy_drain_prefix(proxy, channel, channel->probe.from, &channel->probe.from_prefix);
        note_unproven(proxy, channel, reason);
    }
    hs_proxy_rate_changed(proxy, hs_proxy_leg_of(proxy, channel, channel->upstream));
    hs_proxy_comes_no_more(proxy, channel);
    hs_proxy_put(proxy, channel, HMX_NONE);
    hs_proxy_own_end(proxy, channel);
    proxy->asking -= (size_t)channel->asking.is_on;
    peer->unanswered -=
        channel->acks.count < peer->unanswered ? channel->acks.count : peer->unanswered;
    hs_acks_free(&channel->acks);
    hs_job_table_free(&channel->move.jobs);
    free(channel->identity);
    free(channel);
}
