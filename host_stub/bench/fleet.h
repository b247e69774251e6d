/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/fleet: random fleets, to find what nobody thought of: fleet n is always the same farm. It
 * only writes the scenario; running and judging it is the bench's part. */
#ifndef HOST_STUB_BENCH_FLEET_H
#define HOST_STUB_BENCH_FLEET_H

#include "host_stub/scenario/scenario.h"

enum { HS_FLEET_TEXT_SIZE = 2048 };

/* Writes fleet `number` as a scenario file: 1 to 400 miners (log-uniform) of the mix, declared
 * wrong by up to 30 %, 2 to 6 pools with targets from normalised exponentials, 26 hours. */
void hs_fleet_text(uint64_t number, char *text, size_t capacity);

/* The same as a scenario, named fleet<number>. 0, or -1 with the sentence in `why`. */
int hs_fleet_scenario(uint64_t number, hs_scenario *scenario, char *why, size_t capacity);

#endif
