/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Giving a pool's job to a channel: one burst, in the order that jobs/move says. */
#include <string.h>

#include "host_stub/live/proxy/internal.h"

static int is_valid(const hs_job_entry *job)
{
    return job->state != HS_JOB_STALE;
}

/* The jobs of other pools that a hard burst is about to end: their shares are lost to the move, and
 * the account says so. */
static void note_ended(hs_proxy_channel *channel, uint32_t upstream)
{
    const hs_job_table *const jobs = &channel->move.jobs;
    channel->moved_from_job = 0;
    channel->moved_to_job = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        if (is_valid(&jobs->entries[i]) && jobs->entries[i].upstream != upstream) {
            channel->moved_to_job = jobs->entries[i].job_id;
            if (channel->moved_from_job == 0) {
                channel->moved_from_job = jobs->entries[i].job_id;
            }
        }
    }
}

int hs_proxy_serve(hs_proxy *proxy, hs_proxy_channel *channel, hs_proxy_up *up,
                   const hs_sv2_b032 *prefix, int soft, const hs_sv2_message *before,
                   hs_move_frames *frames)
{
    hs_sv2_message burst[8];
    size_t count = 0;
    (void)proxy;
    const hs_move_pool pool = hs_proxy_pool_view(up);
    const hs_sv2_u256 target = hs_move_target(&pool.target, &channel->move.max_target);
    const int moves = channel->move.upstream != 0 && channel->move.upstream != up->upstream;
    if (!soft || !hs_move_can_be_soft(&channel->move, &pool)) {
        if (moves) {
            note_ended(channel, up->upstream);
        }
    }
    if (!hs_move_burst(&channel->move, &pool, prefix, &target, soft, frames)) {
        return 0;
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
    return 1;
}

void hs_proxy_serve_all(hs_proxy *proxy, hs_proxy_up *up, int soft)
{
    const hs_move_pool pool = hs_proxy_pool_view(up);
    hs_move_frames frames;
    for (size_t i = 0; i < proxy->channel_count; i++) {
        hs_proxy_channel *const channel = proxy->channels[i];
        if (channel->upstream != up->upstream || channel->peer->ended) {
            continue;
        }
        if (hs_move_check(&channel->move, &pool, &channel->prefix) == HS_MOVE_LEGAL) {
            if (!hs_proxy_serve(proxy, channel, up, &channel->prefix, soft, NULL, &frames)) {
                hs_proxy_end_peer(channel->peer, 0, "no memory for a job");
            }
        } else if (!channel->wants_prefix) {
            channel->wants_prefix = 1;
            channel->wants_since_ns = proxy->now_ns;
        }
    }
}
