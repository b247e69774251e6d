/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * jobs/kept: a pool's job that outlives its frame, for a host whose pools are not made up: who has
 * it current, and each downstream job that was made from it, share one copy of its parts. With it
 * goes what its shares are judged by beside the miner's own target: the tip, the pool's target, and
 * the shares that there were already, whichever channel found them.
 *
 * The states of a downstream job are jobs/table's; the verdict on a share is session/judge's. */
#ifndef HOST_STUB_JOBS_KEPT_H
#define HOST_STUB_JOBS_KEPT_H

#include "host_stub/session/session.h"
#include "host_stub/sv2/types.h"

/* Beyond so many a job's earlier shares are forgotten: what comes twice comes soon. */
enum { HS_KEPT_SHARES_MAX = 65536 };

/* Counted; freed with its last owner. */
typedef struct hs_kept_body hs_kept_body;

/* `job` points into `body`. All zero: none. */
typedef struct hs_kept_job {
    hs_sv2_new_extended_job job;
    hs_kept_body *body;
} hs_kept_job;

/* Replaces what was there (all zero at first) by a copy. Returns 0, or -1 when out of memory: then
 * it is unchanged. */
int hs_kept_job_copy(hs_kept_job *to, const hs_sv2_new_extended_job *from);
void hs_kept_job_free(hs_kept_job *job);

/* It is worked on with this tip, and its pool counts the shares that meet `target`. */
void hs_kept_job_begin(hs_kept_job *job, const hs_tip *tip, const hs_sv2_u256 *target);

/* One owner more; NULL is fine, as below. Returns it. */
hs_kept_body *hs_kept_body_share(hs_kept_body *body);
void hs_kept_body_release(hs_kept_body *body);

hs_job_parts hs_kept_body_parts(const hs_kept_body *body);
/* As hs_kept_job_begin told; all zero before. */
const hs_tip *hs_kept_body_tip(const hs_kept_body *body);
const hs_sv2_u256 *hs_kept_body_target(const hs_kept_body *body);

/* Has no share of this key (hs_judge_key) been there? It has now. Without memory for it each counts
 * as new: the pool will know. */
int hs_kept_body_is_new(hs_kept_body *body, uint64_t key);

#endif
