/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/shares: hashing at a rate, submitting, and what the answers say. */
#ifndef HOST_STUB_LIVE_MINER_SHARES_H
#define HOST_STUB_LIVE_MINER_SHARES_H

#include "host_stub/live/miner/state.h"

void hs_dev_hash(hs_dev *dev, hs_dev_slot *slot, uint64_t elapsed_ms);
/* A new tip on the slot's channel: what it has submitted before is stale from now on. */
void hs_dev_mark_gone(hs_dev *dev, hs_dev_slot *slot, int by_move);
void hs_dev_answered(hs_dev *dev, const hs_sv2_message *message, const hs_step *step);

#endif
