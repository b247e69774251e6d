/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/state.h"

#include <stdio.h>

#include "host_stub/sv2/codec.h"

void hs_pool_push(hs_pool_peer *peer)
{
    if (peer->burst_count > 0 && !peer->ended && !peer->mute) {
        peer->pool->out.send(peer->link, peer->burst, peer->burst_count);
    }
    peer->burst_count = 0;
}

void hs_pool_emit_unseen(hs_pool_peer *peer, const hs_sv2_message *message)
{
    if (peer->burst_count == HS_POOL_BURST_MAX) {
        hs_pool_push(peer);
    }
    peer->burst[peer->burst_count++] = *message;
}

int hs_pool_emit(hs_pool_peer *peer, const hs_sv2_message *message)
{
    hs_session_step step;
    if (peer->ended || peer->mute) {
        return -1;
    }
    if (hs_session_apply(peer->session, message, &step) != 0) {
        char text[400];
        peer->pool->own_faults++;
        (void)snprintf(text, sizeof text, "own message %s is not sent: %s: %s",
                       hs_sv2_spec_of(message->id)->name, hs_rule_name(step.rule), step.text);
        peer->pool->out.note(peer->pool->ctx, peer->pool->now_ms, text);
        return -1;
    }
    hs_pool_emit_unseen(peer, message);
    return 0;
}

void hs_pool_end(hs_pool_peer *peer, int after_sending, const char *reason)
{
    if (!peer->ended) {
        hs_pool_push(peer);
        peer->ended = 1;
        peer->pool->out.end(peer->link, after_sending, reason);
    }
}

hs_pool_channel *hs_pool_find(const hs_pool_peer *peer, uint32_t channel_id)
{
    return hs_table_find(&peer->channels, (uint64_t)channel_id + 1);
}

const hs_session_channel *hs_pool_view(const hs_pool_peer *peer, uint32_t channel_id)
{
    size_t at = 0;
    return hs_session_addressed(peer->session, channel_id, &at);
}
