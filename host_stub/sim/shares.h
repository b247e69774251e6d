/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/shares: shares on their way to a pool and back. What becomes of a share is settled when it is
 * forwarded; the pool has it `latency` later, and then the host is told: of an acceptance with the
 * pool's next batch, of a rejection with it too, or at once as SubmitShares.Error is. */
#ifndef HOST_STUB_SIM_SHARES_H
#define HOST_STUB_SIM_SHARES_H

#include "host_stub/sim/state.h"

/* Second of the first batch by time; UINT64_MAX when the pool counts shares alone. */
uint64_t hs_sim_first_ack(const hs_sim_pool *pool, uint32_t index);
/* `found` shares of the second that has just passed. */
void hs_sim_submit(hs_sim *sim, hs_sim_miner *miner, uint32_t found);
/* What the pool has to say in this second. */
void hs_sim_judge_shares(hs_sim *sim, uint32_t pool);
/* All that is on its way or waits: lost with the connection, or, when the run ends, told. */
void hs_sim_lose_pending(hs_sim *sim, uint32_t pool);
void hs_sim_judge_the_rest(hs_sim *sim, uint32_t pool);

#endif
