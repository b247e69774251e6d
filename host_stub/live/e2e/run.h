/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/run: carries a live run out: starts pools, proxy and miners one after the other,
 * commands the faults, asks the pools now and then what they were delivered, and ends everything in
 * the order in which no share is lost: miners, proxy, pools. Nothing of it outlives the call,
 * whatever happens. What the counts mean is live/e2e/result's business. */
#ifndef HOST_STUB_LIVE_E2E_RUN_H
#define HOST_STUB_LIVE_E2E_RUN_H

#include "host_stub/live/e2e/result.h"

/* `result` has been started. 0 when the run came to its end, be it a bad one (then sentences are in
 * the result); -1 with a sentence in `why` when it could not be carried out. */
int hs_e2e_run(const hs_e2e_options *options, hs_e2e_config *config, hs_e2e_result *result,
               char *why, size_t capacity);

#endif
