/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/schedule: the targets that hold by the configuration's [schedule.*], as the simulator's own
 * truth: read from the text that the plugin was given, and judged by the simulated wall clock. */
#ifndef HOST_STUB_SIM_SCHEDULE_H
#define HOST_STUB_SIM_SCHEDULE_H

#include "host_stub/sim/state.h"

/* The pools' targets of this second, if another schedule holds than in the one before. */
void hs_sim_follow_schedule(hs_sim *sim);

/* Are there schedules? */
int hs_sim_has_schedule(const hs_sim *sim);

#endif
