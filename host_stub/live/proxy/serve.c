/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/serve.h"

#include "host_stub/live/proxy/rate.h"
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

int hs_proxy_serve(hs_proxy_channel *channel, hs_proxy_leg *leg, const hs_sv2_b032 *prefix,
                   int soft, const hs_sv2_message *before, hs_move_frames *frames)
{
    hs_sv2_message burst[8];
    size_t count = 0;
    const hs_move_pool pool = hs_proxy_pool_view(leg);
    const hs_sv2_u256 target = hs_proxy_target(channel->peer->proxy, channel, &pool.target);
    const int moves = channel->move.upstream != 0 && channel->move.upstream != pool.upstream;
    if (moves && (!soft || !hs_move_can_be_soft(&channel->move, &pool))) {
        note_ended(channel, pool.upstream);
    }
    /* A new one, or the first; whoever has it rests it (hs_proxy_drain_prefix) when it goes. */
    if ((before != NULL || channel->upstream != pool.upstream ||
         !hs_prefix_equal(&channel->prefix, prefix)) &&
        hs_spaces_take(&channel->peer->proxy->spaces, pool.upstream, prefix, channel->number) !=
            0) {
        return -1;
    }
    if (hs_move_burst(&channel->move, &pool, prefix, &target, soft, frames) != 0) {
        return -1;
    }
    hs_proxy_put(channel->peer->proxy, channel, pool.upstream);
    leg->is_new = 0;
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
