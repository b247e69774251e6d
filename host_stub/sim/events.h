/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/events: what the scenario orders, and when. */
#ifndef HOST_STUB_SIM_EVENTS_H
#define HOST_STUB_SIM_EVENTS_H

#include "host_stub/sim/state.h"

int hs_sim_events_init(hs_sim *sim);
void hs_sim_events_due(hs_sim *sim);

#endif
