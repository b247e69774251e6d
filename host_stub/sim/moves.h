/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/moves: channels, the plugin's decisions, and what the host does by itself. */
#ifndef HOST_STUB_SIM_MOVES_H
#define HOST_STUB_SIM_MOVES_H

#include "host_stub/sim/state.h"

void hs_sim_open_channel(hs_sim *sim, hs_sim_miner *miner);
/* reason: HMX_CLOSE_PEER, or HMX_CLOSE_CONNECTION_LOST: then a miner on a connection of its own is
 * gone without a word; one on a shared connection is taken off by its rack in both cases. */
void hs_sim_close_channel(hs_sim *sim, hs_sim_miner *miner, uint32_t reason);
/* UpdateChannel: the hashrate that the miner declares now. */
void hs_sim_declare(hs_sim *sim, const hs_sim_miner *miner);
void hs_sim_tick(hs_sim *sim);
void hs_sim_report_drained(hs_sim *sim);

#endif
