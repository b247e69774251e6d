/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/world: how pools, hosts and miners behave where a scenario does not say: a file of defaults
 * that can be put under any scenario. Without one they are as kind as they are by themselves. */
#ifndef HOST_STUB_SCENARIO_WORLD_H
#define HOST_STUB_SCENARIO_WORLD_H

#include "host_stub/scenario/scenario_read.h"

/* Takes the whole world into the scenario's farm and into its defaults for pools, both of which
 * have their own. 0, or -1 when it was refused. */
int hs_world_take(const struct hs_blame *blame, const hs_ini *ini, hs_scenario *scenario);

#endif
