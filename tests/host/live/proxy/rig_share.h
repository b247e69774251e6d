/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy_rig_share: shares of the miners of rig.h. They are really sought, on the jobs as the proxy
 * has them, since it judges each. */
#ifndef TESTS_HOST_LIVE_PROXY_RIG_SHARE_H
#define TESTS_HOST_LIVE_PROXY_RIG_SHARE_H

#include "host_stub/session/judge.h"
#include "host_stub/sv2/work.h"
#include "tests/host/live/proxy/rig.h"

/* The miner's job as the proxy has it; NULL. */
static inline const hs_job_entry *rig_entry(const rig_miner *miner, uint32_t job_id)
{
    const hs_proxy_channel *const channel = hs_proxy_find(miner->peer, rig_channel_id(miner));
    return channel != NULL ? hs_job_table_find(&channel->move.jobs, job_id) : NULL;
}

/* A share for the job that nobody has submitted: its hash with the job's own prefix meets the
 * target, or not; and with `other`, if there is one, it does. */
static inline hs_sv2_message rig_share(const rig_miner *miner, int extended,
                                       uint32_t sequence_number, uint32_t job_id, int meets,
                                       const hs_sv2_b032 *other)
{
    static uint32_t nonce;
    const hs_job_entry *const job = rig_entry(miner, job_id);
    hs_sv2_message m = {.id = extended ? HS_SV2_SUBMIT_EXTENDED : HS_SV2_SUBMIT_STANDARD};
    hs_sv2_submit *const told = &m.as.submit;
    told->channel_id = rig_channel_id(miner);
    told->sequence_number = sequence_number;
    told->job_id = job_id;
    told->ntime = 1001;
    told->extranonce.len = extended ? RIG_R : 0;
    memset(told->extranonce.byte, 0xee, told->extranonce.len);
    if (job == NULL) {
        return m;
    }
    const hs_share_terms terms = hs_job_entry_terms(job, told->extranonce.len);
    told->version = job->version;
    for (int i = 0; i < 1000000; i++) {
        told->nonce = ++nonce;
        const hs_sv2_u256 hash = hs_judge_hash(&terms, &job->prefix, told);
        const hs_sv2_u256 odd = hs_judge_hash(&terms, other != NULL ? other : &job->prefix, told);
        if ((hs_sv2_compare(&hash, &job->target) <= 0) == meets &&
            (other == NULL || hs_sv2_compare(&odd, &job->target) <= 0)) {
            return m;
        }
    }
    fprintf(stderr, "no such share\n");
    abort();
}

/* A valid one, as far as there is such a job. */
static inline void rig_submit(rig_miner *miner, int extended, uint32_t sequence_number,
                              uint32_t job_id)
{
    const hs_sv2_message m = rig_share(miner, extended, sequence_number, job_id, 1, NULL);
    rig_say(miner, &m);
}

/* One of an extended miner that goes on with another prefix. */
static inline void rig_submit_deaf(rig_miner *miner, uint32_t sequence_number, uint32_t job_id,
                                   const hs_sv2_b032 *prefix)
{
    const hs_sv2_message m = rig_share(miner, 1, sequence_number, job_id, 0, prefix);
    rig_say(miner, &m);
}

#endif
