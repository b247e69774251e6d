/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/upstream: a pool that has one upstream channel for all miners that work for it: the target of
 * that channel, which follows their hashrate, and which of a miner's shares meet it. The host keeps
 * the others. What becomes of shares that were forwarded is sim/shares' business. */
#ifndef HOST_STUB_SIM_UPSTREAM_H
#define HOST_STUB_SIM_UPSTREAM_H

#include "host_stub/sim/state.h"

/* Vardiff of the channel, once a minute: so many shares a minute of all miners together. In the
 * first minute, in which miners come, it is set each second. */
void hs_sim_upstream_retarget(hs_sim *sim, uint32_t index);

/* How many of the `found` last shares of the miner go to the pool; their luck is made the first of
 * miner->luck. All of them, unless the pool is aggregated. */
uint32_t hs_sim_upstream_forward(const hs_sim_pool *pool, hs_sim_miner *miner, uint32_t found);

/* What the pool counts for one share of this miner; 0 = as much as the miner proved. */
double hs_sim_upstream_credit(const hs_sim_pool *pool, const hs_sim_miner *miner);

#endif
