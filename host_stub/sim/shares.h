/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/shares: shares on their way to a pool and back. */
#ifndef HOST_STUB_SIM_SHARES_H
#define HOST_STUB_SIM_SHARES_H

#include "host_stub/sim/state.h"

void hs_sim_submit(hs_sim *sim, hs_sim_miner *miner, uint32_t found);
void hs_sim_lose_pending(hs_sim *sim, uint32_t pool);
void hs_sim_deliver_acks(hs_sim *sim, uint32_t pool);

#endif
