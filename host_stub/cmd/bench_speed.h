/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_speed: `host_stub bench speed`: what each hook of a plugin costs, next to what the
 * machine charges anyway for the least that the hook could do. A time alone says more about the
 * machine than about the plugin; the ratio of two times that were measured in one run can be
 * compared.
 *
 * The plugin is called straight through its hooks, as a proxy would, and not through the guard.
 * This file is the command; the farm that is measured is in bench/speed_farm.h, the machine's
 * prices in bench/speed_floor.h, the list of measurements in bench/speed_measure.h. */
#ifndef HOST_STUB_CMD_BENCH_SPEED_H
#define HOST_STUB_CMD_BENCH_SPEED_H

/* argv[0] is its name. Returns 0 done (however slow it was), 1 the plugin was refused or failed a
 * call, 2 the command line or a file is wrong. */
int hs_bench_speed(int argc, char **argv);

#endif
