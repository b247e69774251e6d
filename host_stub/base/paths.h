/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/paths: where the things lie that a command needs when nobody says where: the plugins beside
 * the executable, the example configuration and the scenarios of the source folder. Nothing is
 * compiled in: everything is found from /proc/self/exe, so a build folder can be moved together
 * with its source. It opens nothing and does not check that a plugin or scenario exists.
 *
 * All functions write a NUL-terminated path of at most `cap` bytes to `out` and return 0, or return
 * -1 and make `out` empty when the path is not known or does not fit. */
#ifndef HOST_STUB_BASE_PATHS_H
#define HOST_STUB_BASE_PATHS_H

#include <stddef.h>

/* Where plugins are: <folder of the executable>/../lib/hashmux as installed, ../lib as built. */
int hs_path_plugins(char *out, size_t cap);

/* <name>.so there */
int hs_path_lib(const char *name, char *out, size_t cap);

/* hs_path_lib of hashmux. */
int hs_path_default_plugin(char *out, size_t cap);

/* The source folder, or share/hashmux as installed: HASHMUX_HOME when that is set and not empty,
 * else the first folder with a plugin.ini.example in it or in its share/hashmux, from the
 * executable's own upwards, six levels at most; on the way, a build folder's CMakeCache.txt tells
 * where its source is. */
int hs_path_home(char *out, size_t cap);

/* <home>/plugin.ini.example */
int hs_path_default_config(char *out, size_t cap);

/* The folder of the scenario files: <home>/scenarios as installed, else <home>/tests/sim. */
int hs_path_default_scenarios(char *out, size_t cap);

#endif
