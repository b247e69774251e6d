/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, LEVELS_MAX = 6 };

static int join(char *out, size_t cap, const char *folder, const char *name)
{
    const int n = snprintf(out, cap, "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= cap) {
        if (cap > 0) {
            out[0] = '\0';
        }
        return -1;
    }
    return 0;
}

static int copy_path(const char *from, char *out, size_t cap)
{
    const size_t n = strlen(from);
    if (n >= cap) {
        return -1;
    }
    memcpy(out, from, n + 1);
    return 0;
}

/* Cuts the last component; the root stays as an empty string, to which "/name" can be appended. */
static int to_parent(char *path)
{
    char *const slash = strrchr(path, '/');
    if (slash == NULL) {
        return -1;
    }
    *slash = '\0';
    return 0;
}

static int exe_folder(char *out, size_t cap)
{
    const ssize_t n = readlink("/proc/self/exe", out, cap - 1);
    if (n <= 0 || (size_t)n >= cap - 1) {
        return -1; /* a path that just fits may have been cut */
    }
    out[n] = '\0';
    return to_parent(out);
}

int hs_path_lib(const char *name, char *out, size_t cap)
{
    char folder[PATH_SIZE];
    char file[PATH_SIZE];
    if (cap == 0) {
        return -1;
    }
    out[0] = '\0';
    const int n = snprintf(file, sizeof file, "%s.so", name);
    return n < 0 || (size_t)n >= sizeof file || hs_path_plugins(folder, sizeof folder) != 0
               ? -1
               : join(out, cap, folder, file);
}

static int is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int hs_path_plugins(char *out, size_t cap)
{
    char folder[PATH_SIZE];
    if (cap == 0) {
        return -1;
    }
    out[0] = '\0';
    if (exe_folder(folder, sizeof folder) != 0 || to_parent(folder) != 0) {
        return -1;
    }
    return join(out, cap, folder, "lib/hashmux") == 0 && is_folder(out)
               ? 0
               : join(out, cap, folder, "lib");
}

int hs_path_default_plugin(char *out, size_t cap)
{
    return hs_path_lib("hashmux", out, cap);
}

/* 1 if the folder has the example configuration: that is how the source folder is recognised. */
static int is_home(const char *folder)
{
    char probe[PATH_SIZE];
    struct stat st;
    return join(probe, sizeof probe, folder, "plugin.ini.example") == 0 && stat(probe, &st) == 0 &&
           S_ISREG(st.st_mode);
}

/* A build folder outside its source knows where that is: CMake wrote it into its cache. */
static int home_of_build(const char *folder, char *out, size_t cap)
{
    static const char KEY[] = "CMAKE_HOME_DIRECTORY:INTERNAL=";
    char line[PATH_SIZE];
    char path[PATH_SIZE];
    int result = -1;
    FILE *const cache =
        join(path, sizeof path, folder, "CMakeCache.txt") == 0 ? fopen(path, "r") : NULL;
    if (cache == NULL) {
        return -1;
    }
    while (fgets(line, sizeof line, cache) != NULL) {
        if (strncmp(line, KEY, sizeof KEY - 1) != 0) {
            continue;
        }
        line[strcspn(line, "\n")] = '\0';
        result = is_home(line + sizeof KEY - 1) ? copy_path(line + sizeof KEY - 1, out, cap) : -1;
        break;
    }
    fclose(cache);
    return result;
}

int hs_path_home(char *out, size_t cap)
{
    char folder[PATH_SIZE];
    if (cap == 0) {
        return -1;
    }
    out[0] = '\0';
    const char *const home = getenv("HASHMUX_HOME");
    if (home != NULL && home[0] != '\0') {
        return copy_path(home, out, cap);
    }
    if (exe_folder(folder, sizeof folder) != 0) {
        return -1;
    }
    for (int level = 0; level < LEVELS_MAX; level++) {
        if (join(out, cap, folder, "share/hashmux") == 0 && is_home(out)) {
            return 0;
        }
        out[0] = '\0';
        if (is_home(folder)) {
            return copy_path(folder, out, cap);
        }
        if (home_of_build(folder, out, cap) == 0) {
            return 0;
        }
        if (to_parent(folder) != 0) {
            return -1;
        }
    }
    return -1;
}

static int in_home(const char *name, char *out, size_t cap)
{
    char home[PATH_SIZE];
    if (cap == 0) {
        return -1;
    }
    out[0] = '\0';
    if (hs_path_home(home, sizeof home) != 0) {
        return -1;
    }
    return join(out, cap, home, name);
}

int hs_path_default_config(char *out, size_t cap)
{
    return in_home("plugin.ini.example", out, cap);
}

int hs_path_default_scenarios(char *out, size_t cap)
{
    return in_home("scenarios", out, cap) == 0 && is_folder(out) ? 0
                                                                 : in_home("tests/sim", out, cap);
}
