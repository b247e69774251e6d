/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/cmd/find.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"

enum { PATH_SIZE = 4096, ENDING_LEN = 4 /* ".ini" */ };

int hs_find_is_path(const char *name, const char *ending)
{
    const size_t len = strlen(name);
    const size_t tail = strlen(ending);
    return strchr(name, '/') != NULL || (len > tail && strcmp(name + len - tail, ending) == 0);
}

int hs_find_plugin(const char *path, uint64_t caps, hs_plugin *plugin, char *why, size_t capacity)
{
    char beside[PATH_SIZE];
    hs_load_options options = hs_loader_defaults();
    options.host_caps = caps;
    if (path == NULL && hs_path_default_plugin(beside, sizeof beside) != 0) {
        return hs_refuse(why, capacity, "hashmux.so is not found; say --plugin FILE");
    }
    return hs_loader_open(path != NULL ? path : beside, &options, plugin, why, capacity) ==
                   HS_LOAD_OK
               ? 0
               : -1;
}

static int is_scenario_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && hs_find_is_path(entry->d_name, ".ini");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int scenario_folder(char *dir, size_t size, char *why, size_t capacity)
{
    return hs_path_default_scenarios(dir, size) == 0
               ? 0
               : hs_refuse(why, capacity,
                           "the folder of scenarios is not found; give the path of a file");
}

/* Calls `found` with the name of each INI file of the folder, by bytes. */
static int list_folder(const char *dir, void (*found)(void *ctx, const char *name), void *ctx,
                       char *why, size_t capacity)
{
    struct dirent **entries = NULL;
    const int count = scandir(dir, &entries, is_scenario_file, by_bytes);
    if (count < 0) {
        return hs_refuse(why, capacity, "%s cannot be read: %s", dir, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - ENDING_LEN] = '\0';
        found(ctx, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

int hs_find_scenarios(void (*found)(void *ctx, const char *name), void *ctx, char *why,
                      size_t capacity)
{
    char dir[PATH_SIZE];
    return scenario_folder(dir, sizeof dir, why, capacity) != 0
               ? -1
               : list_folder(dir, found, ctx, why, capacity);
}

static void append_name(void *ctx, const char *name)
{
    char *const list = ctx;
    const size_t len = strlen(list);
    (void)snprintf(list + len, PATH_SIZE - len, " %s", name);
}

/* The path that `name` is, or the file of that name in the folder below tests/sim. */
static int find_file(const char *name, const char *folder, const char *what, char *path,
                     size_t size, char *why, size_t capacity)
{
    char dir[PATH_SIZE];
    char list[PATH_SIZE] = "";
    if (hs_find_is_path(name, ".ini")) {
        (void)snprintf(path, size, "%s", name);
        return 0;
    }
    if (scenario_folder(dir, sizeof dir - strlen(folder), why, capacity) != 0) {
        return -1;
    }
    strcat(dir, folder);
    (void)snprintf(path, size, "%s/%.200s.ini", dir, name);
    if (access(path, R_OK) == 0) {
        return 0;
    }
    return list_folder(dir, append_name, list, why, capacity) != 0
               ? -1
               : hs_refuse(why, capacity, "there is no %s '%s'. There are in %s:%s", what, name,
                           dir, list);
}

int hs_find_scenario(const char *name, const char *world, hs_scenario *scenario, char *why,
                     size_t capacity)
{
    char path[PATH_SIZE + 256];
    char world_path[PATH_SIZE + 256];
    const int is_kind = world == NULL || strcmp(world, "kind") == 0;
    if (find_file(name, "", "scenario", path, sizeof path, why, capacity) != 0 ||
        (!is_kind &&
         find_file(world, "/world", "world", world_path, sizeof world_path, why, capacity) != 0)) {
        return -1;
    }
    return hs_scenario_load_in(scenario, path, is_kind ? NULL : world_path, why, capacity);
}
