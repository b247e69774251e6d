/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/scenario_keys: the keys of [farm] and [pool.<id>]. */
#ifndef HOST_STUB_SCENARIO_SCENARIO_KEYS_H
#define HOST_STUB_SCENARIO_SCENARIO_KEYS_H

#include "host_stub/scenario/scenario_read.h"

/* Stores one entry. 0, or -1 when it was refused. */
int hs_farm_take(const struct hs_blame *blame, const hs_ini_entry *entry, hs_farm_spec *farm);
int hs_pool_take(const struct hs_blame *blame, const hs_ini_entry *entry, hs_sim_pool_spec *pool);

#endif
