/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/state.h"

int hs_miner_emit(hs_miner *miner, const hs_sv2_message *message, hs_session_step *step)
{
    const int legal = hs_session_apply(miner->session, message, step) == 0;
    /* A share that we ourselves find at fault goes out all the same: firmware that ignores a prefix
     * does not know better. */
    if (!legal && step->share == NULL) {
        return -1;
    }
    miner->out.send(miner->link, message);
    return 0;
}

hs_miner_slot *hs_miner_slot_of(const hs_miner *miner, uint32_t channel_id)
{
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        if (miner->slots[i].state == HS_MINER_OPEN && miner->slots[i].channel_id == channel_id) {
            return &miner->slots[i];
        }
    }
    /* A channel that is closed still gets answers. */
    for (uint32_t i = 0; i < miner->slot_count; i++) {
        for (size_t j = 0; j < miner->slots[i].pending_count; j++) {
            if (miner->slots[i].pending[j].channel_id == channel_id) {
                return &miner->slots[i];
            }
        }
    }
    return NULL;
}

const hs_session_channel *hs_miner_view(const hs_miner *miner, const hs_miner_slot *slot)
{
    size_t at = 0;
    return slot->state == HS_MINER_OPEN && miner->session != NULL
               ? hs_session_addressed(miner->session, slot->channel_id, &at)
               : NULL;
}
