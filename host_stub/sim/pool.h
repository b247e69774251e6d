/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/pool: one simulated pool: its connection, what it accepts, and the shares that wait for its
 * verdict, which it gives in batches, per channel, as SV2 pools do. Whom the verdicts are told to,
 * and what they mean for the account, is the caller's business. */
#ifndef HOST_STUB_SIM_POOL_H
#define HOST_STUB_SIM_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/jobs/template.h"
#include "host_stub/sim/scenario.h"

/* Shares of one channel, forwarded in one second, that wait for their verdict. */
typedef struct hs_sim_pending {
    uint64_t channel;
    uint64_t cookie;
    uint64_t second; /* in which they were hashed */
    double accepted_work;
    double rejected_work;
    uint32_t accepted; /* the verdict is settled when the share is forwarded, and told later */
    uint32_t rejected;
    uint32_t untold; /* the plugin does not know this channel */
} hs_sim_pending;

typedef struct hs_sim_pool {
    hs_sim_pool_spec spec;
    uint32_t upstream; /* the plugin's number for it */
    uint32_t up;
    uint32_t enabled;
    uint32_t channels;   /* that work for it now */
    double target_pct;   /* configured now */
    double acceptance;   /* fraction of the shares, now */
    double cap;          /* fraction of the farm known as its most, 1 = none */
    double refuse_above; /* moves that lift it above this fraction are refused, 1 = none */
    uint8_t prefix[4];
    uint32_t host_prefixes; /* that the host has chosen in its space so far */
    hs_job_stream stream;   /* its tip and job, as far as the host has heard */
    uint64_t next_ack;      /* second */
    hs_sim_pending *pending;
    size_t pending_count;
    size_t pending_capacity;
    /* since the start */
    uint64_t submitted;
    uint64_t accepted;
    uint64_t rejected;
    uint64_t lost;
    double accepted_work;
    double channel_secs;
} hs_sim_pool;

/* Puts shares behind the others. 0, or -1 out of memory. */
int hs_sim_pool_push(hs_sim_pool *pool, const hs_sim_pending *share);

/* Sorts what waits by channel and then by second, so that each channel's shares are one run. */
void hs_sim_pool_sort(hs_sim_pool *pool);

void hs_sim_pool_free(hs_sim_pool *pool);

#endif
