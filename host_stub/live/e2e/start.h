/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/start: the processes of a live run: their command lines, and what they say. Each call
 * sets `failed` when it cannot. */
#ifndef HOST_STUB_LIVE_E2E_START_H
#define HOST_STUB_LIVE_E2E_START_H

#include "host_stub/live/e2e/state.h"

void hs_e2e_start_pools(hs_e2e_state *r);
/* Once the pools listen: the configuration with their ports. */
void hs_e2e_write_config(hs_e2e_state *r);
void hs_e2e_start_proxy(hs_e2e_state *r);
void hs_e2e_start_miners(hs_e2e_state *r);

#endif
