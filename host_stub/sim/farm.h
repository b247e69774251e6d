/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/farm: who is there: joins, leaves, groups drawn at random; hashing. */
#ifndef HOST_STUB_SIM_FARM_H
#define HOST_STUB_SIM_FARM_H

#include "host_stub/sim/state.h"

int hs_sim_farm_init(hs_sim *sim);
void hs_sim_farm_free(hs_sim *sim);
void hs_sim_farm_hash(hs_sim *sim);        /* one second of all miners */
void hs_sim_farm_come_and_go(hs_sim *sim); /* joins, leaves, returns */
/* Draws `pct` per cent of those connected and calls `act` for each. */
void hs_sim_farm_select(hs_sim *sim, double pct,
                        void (*act)(hs_sim *sim, hs_sim_miner *miner, const hs_event_spec *event),
                        const hs_event_spec *event);

#endif
