/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/simulate_faults: `host_stub simulate --faults`: faulty farms, one seed after the other. */
#ifndef HOST_STUB_CMD_SIMULATE_FAULTS_H
#define HOST_STUB_CMD_SIMULATE_FAULTS_H

#include "host_stub/cmd/commands.h"
#include "host_stub/load/loader.h"

typedef struct hs_simulate_faults_options {
    uint64_t seed; /* the first */
    uint64_t runs;
    uint64_t seconds; /* 0 = six hours */
    uint32_t first;   /* so many faults; 0 = all */
    int twice;        /* each seed again: the same bytes? */
    int quiet;
} hs_simulate_faults_options;

/* Ends with the first seed that fails: what did not hold, and the fewest faults that lead there.
 * Returns an hs_status. */
int hs_simulate_faults(hs_call *call, const hs_plugin *plugin,
                       const hs_simulate_faults_options *options);

#endif
