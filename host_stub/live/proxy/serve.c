/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/serve.h"

#include <string.h>

#include "host_stub/live/proxy/target.h"

/* The jobs of other pools that a hard burst is about to end: their shares are lost to the move, and
 * the account says so. */
static void note_ended(hs_proxy_channel *channel, uint32_t upstream)
{
    const hs_job_table *const jobs = &channel->move.jobs;
    channel->moved_from_job = 0;
    channel->moved_to_job = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        if (jobs->entries[i].state != HS_JOB_STALE && jobs->entries[i].upstream != upstream) {
            channel->moved_to_job = jobs->entries[i].job_id;
            if (channel->moved_from_job == 0) {
                channel->moved_from_job = jobs->entries[i].job_id;
            }
        }
    }
}

int hs_proxy_serve(hs_proxy_channel *channel, hs_proxy_up *up, const hs_sv2_b032 *prefix, int soft,
                   const hs_sv2_message *before, hs_move_frames *frames)
{
    hs_sv2_message burst[8];
    size_t count = 0;
    const hs_move_pool pool = hs_proxy_pool_view(up);
    const hs_sv2_u256 target = hs_proxy_target(channel->peer->proxy, channel, &pool.target);
    const int moves = channel->move.upstream != 0 && channel->move.upstream != up->upstream;
    if (moves && (!soft || !hs_move_can_be_soft(&channel->move, &pool))) {
        note_ended(channel, up->upstream);
    }
    /* A new one, or the first; whoever has it rests it (hs_proxy_drain_prefix) when it goes. */
    if ((before != NULL || channel->upstream != up->upstream ||
         !hs_prefix_equal(&channel->prefix, prefix)) &&
        hs_spaces_take(&channel->peer->proxy->spaces, up->upstream, prefix, channel->number) != 0) {
        return -1;
    }
    if (hs_move_burst(&channel->move, &pool, prefix, &target, soft, frames) != 0) {
        return -1;
    }
    channel->upstream = up->upstream;
    channel->prefix = *prefix;
    channel->wants_prefix = 0;
    if (before != NULL) {
        burst[count++] = *before;
    }
    for (uint32_t i = 0; i < frames->count; i++) {
        burst[count++] = frames->messages[i];
    }
    hs_proxy_send_down(channel->peer, burst, count);
    return 0;
}

/* ---- what works at a pool, told to it ---- */

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
