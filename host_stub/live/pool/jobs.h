/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/jobs: when jobs come, and who gets which message. */
#ifndef HOST_STUB_LIVE_POOL_JOBS_H
#define HOST_STUB_LIVE_POOL_JOBS_H

#include "host_stub/live/pool/state.h"

int hs_pool_start_stream(hs_pool *pool);
/* New tips and jobs that are due. */
void hs_pool_advance_jobs(hs_pool *pool);
void hs_pool_tip_now(hs_pool *pool);
void hs_pool_refresh_now(hs_pool *pool);
/* The current job, future and with its SetNewPrevHash, to a channel that has none. */
void hs_pool_first_job(hs_pool_peer *peer, const hs_session_channel *channel);
/* The current job anew on the same tip, to one channel. */
void hs_pool_same_job(hs_pool_peer *peer, const hs_session_channel *channel);

#endif
