/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/jobs: when jobs come, and who gets which message. */
#ifndef HOST_STUB_LIVE_POOL_JOBS_H
#define HOST_STUB_LIVE_POOL_JOBS_H

#include "host_stub/live/pool/state.h"

int hs_lpool_start_stream(hs_lpool *pool);
/* New tips and jobs that are due. */
void hs_lpool_advance_jobs(hs_lpool *pool);
void hs_lpool_tip_now(hs_lpool *pool);
void hs_lpool_refresh_now(hs_lpool *pool);
/* The current job, future and with its SetNewPrevHash, to a channel that has none. */
void hs_lpool_first_job(hs_lpool_peer *peer, const hs_channel *channel);
/* The current job anew on the same tip, to one channel. */
void hs_lpool_same_job(hs_lpool_peer *peer, const hs_channel *channel);

#endif
