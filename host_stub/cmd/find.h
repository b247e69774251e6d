/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/find: the plugin and the scenario that a command line names, by a path or by a short name, or
 * does not name. All return 0, or -1 with `why`. */
#ifndef HOST_STUB_CMD_FIND_H
#define HOST_STUB_CMD_FIND_H

#include "host_stub/load/loader.h"
#include "host_stub/scenario/scenario.h"

/* The name has a slash or this ending: "x.ini". */
int hs_find_is_path(const char *name, const char *ending);

/* `path` NULL = hashmux.so beside this program. caps: HMX_CAP_* of the host that it is for. */
int hs_find_plugin(const char *path, uint64_t caps, hs_plugin *plugin, char *why, size_t capacity);

/* A name is a file of the folder tests/sim; a name that is none of them is answered with those that
 * there are. So is a world's name, of the folder tests/sim/world; "kind" or NULL is none. */
int hs_find_scenario(const char *name, const char *world, hs_scenario *scenario, char *why,
                     size_t capacity);

/* Calls `found` with the name of each scenario of tests/sim, by bytes. */
int hs_find_scenarios(void (*found)(void *ctx, const char *name), void *ctx, char *why,
                      size_t capacity);

#endif
