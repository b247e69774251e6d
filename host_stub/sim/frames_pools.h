/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/frames_pools: the upstream side of the frames: the host's channel on each pool, its jobs and
 * tips, and what follows from them for the channels that work there. It does nothing when no
 * frames are wanted. */
#ifndef HOST_STUB_SIM_FRAMES_POOLS_H
#define HOST_STUB_SIM_FRAMES_POOLS_H

#include "host_stub/sim/frames_state.h"

/* Each comes after the fact. */
void hs_sim_frames_up(hs_sim *sim, uint32_t pool);
void hs_sim_frames_down(hs_sim *sim, uint32_t pool);
void hs_sim_frames_tip(hs_sim *sim, uint32_t pool);
/* Pools whose job is old send another. */
void hs_sim_frames_refresh_jobs(hs_sim *sim);

#endif
