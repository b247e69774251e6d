/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/shares: hashing at a rate, submitting, and what the answers say. */
#ifndef HOST_STUB_LIVE_MINER_SHARES_H
#define HOST_STUB_LIVE_MINER_SHARES_H

#include "host_stub/live/miner/state.h"

void hs_miner_hash(hs_miner *miner, hs_miner_slot *slot, uint64_t elapsed_ms);
/* A new tip on the slot's channel: what it has submitted before is stale from now on. */
void hs_miner_mark_gone(hs_miner *miner, hs_miner_slot *slot, const hs_sv2_u256 *prev_hash);
void hs_miner_answered(hs_miner *miner, const hs_sv2_message *message, const hs_session_step *step);

#endif
