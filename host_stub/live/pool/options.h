/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/options: the options of `host_stub pool`.
 */
#ifndef HOST_STUB_LIVE_POOL_OPTIONS_H
#define HOST_STUB_LIVE_POOL_OPTIONS_H

#include "host_stub/base/options.h"
#include "host_stub/live/net/gate.h"
#include "host_stub/live/pool/faults.h"
#include "host_stub/sv2/types.h"

enum {
    HS_POOL_INDEX_BYTES = 2, /* of a channel's prefix, behind the pool's own bytes */
    HS_POOL_NAME_MAX = 16
};

typedef struct hs_pool_options {
    uint16_t port;                /* 0 = given by the system */
    const char *authority_secret; /* a file; NULL = plain frames */
    hs_net_gate_limits gate;      /* what is asked of whoever connects */
    char name[HS_POOL_NAME_MAX + 1];
    hs_sv2_b032 prefix;       /* the pool's own bytes, the first of every channel's prefix */
    uint32_t extranonce_size; /* granted to extended channels, bytes */
    double shares_per_minute; /* wanted from a channel at its nominal hash rate */
    double least_rate_hs;     /* what a lower nominal hash rate is taken for */
    double hashes_per_share;  /* fixed difficulty for all; 0 = by the rate */
    uint64_t tip_ms;
    uint64_t refresh_ms;
    uint64_t seed;
    int one_tip; /* tips are those of one_tip_seed, at the same moments in every such pool */
    uint64_t one_tip_seed;
    uint32_t batch;    /* shares per SubmitShares.Success */
    uint64_t batch_ms; /* and no share waits longer than this for it */
    int fixed_version; /* REQUIRES_FIXED_VERSION, and jobs that say so */
    const char *json;  /* NULL = none, "-" = standard output */
    const char *frames;
    hs_pool_fault faults[HS_POOL_FAULTS_MAX];
    size_t fault_count;
} hs_pool_options;

extern const hs_command HS_POOL_COMMAND;

/* Bytes of a whole extranonce in this pool's coinbases: prefix and rollable part. */
uint32_t hs_pool_full_extranonce(const hs_pool_options *options);

#endif
