/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/host: the conversation with the plugin: pools, tips, targets and
 * configurations. */
#ifndef HOST_STUB_SIM_HOST_H
#define HOST_STUB_SIM_HOST_H

#include "host_stub/sim/state.h"

/* create, the upstream table, the pools' numbers. 0, or -1 with `why`. */
int hs_sim_start(hs_sim *sim, char *why, size_t capacity);
void hs_sim_tell_upstream(hs_sim *sim, uint32_t pool, uint32_t reason);
/* The account's targets follow the pools' state. */
void hs_sim_retarget_account(hs_sim *sim);
/* Then they follow the farm's true hashrate too: to be called again and again. */
int hs_sim_has_absolute_targets(const hs_sim *sim);
void hs_sim_pool_down(hs_sim *sim, uint32_t pool);
/* It has a job again, or none: its miners find nothing meanwhile. */
void hs_sim_pool_job(hs_sim *sim, uint32_t index, int has_job);
void hs_sim_pool_up(hs_sim *sim, uint32_t pool);
void hs_sim_new_tip(hs_sim *sim);
/* The operator's new targets, and a new configuration, to the plugin. */
void hs_sim_set_targets(hs_sim *sim);
void hs_sim_reconfigure(hs_sim *sim);

#endif
