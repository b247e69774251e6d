/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/state.h"

int hs_dev_emit(hs_dev *dev, const hs_sv2_message *message, hs_step *step)
{
    const int legal = hs_session_apply(dev->session, message, step) == 0;
    /* A share that we ourselves find at fault goes out all the same: firmware that ignores a prefix
     * does not know better. */
    if (!legal && step->share == NULL) {
        return -1;
    }
    dev->out.send(dev->link, message);
    return 0;
}

hs_dev_slot *hs_dev_slot_of(const hs_dev *dev, uint32_t channel_id)
{
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        if (dev->slots[i].state == HS_DEV_OPEN && dev->slots[i].channel_id == channel_id) {
            return &dev->slots[i];
        }
    }
    /* A channel that is closed still gets answers. */
    for (uint32_t i = 0; i < dev->slot_count; i++) {
        for (size_t j = 0; j < dev->slots[i].pending_count; j++) {
            if (dev->slots[i].pending[j].channel_id == channel_id) {
                return &dev->slots[i];
            }
        }
    }
    return NULL;
}

const hs_channel *hs_dev_view(const hs_dev *dev, const hs_dev_slot *slot)
{
    size_t at = 0;
    return slot->state == HS_DEV_OPEN && dev->session != NULL
               ? hs_session_addressed(dev->session, slot->channel_id, &at)
               : NULL;
}
