/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/e2e/state.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_stub/base/text.h"

uint64_t hs_e2e_now_ms(const hs_e2e_state *r)
{
    return hs_net_now_ns(r->loop) / HS_NET_MILLISECOND_NS;
}

void hs_e2e_fail(hs_e2e_state *r, const char *format, const char *name, const char *detail)
{
    if (!r->failed) {
        (void)hs_refuse(r->why, r->capacity, format, name, detail);
    }
    r->failed = 1;
}

int hs_e2e_folder_open(hs_e2e_folder *folder, const char *keep, char *why, size_t capacity)
{
    const char *const base = getenv("TMPDIR");
    folder->is_temporary = keep == NULL;
    const int len = keep != NULL
                        ? snprintf(folder->path, sizeof folder->path, "%s", keep)
                        : snprintf(folder->path, sizeof folder->path, "%s/hashmux-e2e-XXXXXX",
                                   base != NULL && base[0] != '\0' ? base : "/tmp");
    if (len <= 0 || (size_t)len >= sizeof folder->path) {
        folder->path[0] = '\0';
        return hs_refuse(why, capacity, "the folder's path is empty or too long");
    }
    if (keep != NULL ? mkdir(keep, 0777) != 0 && errno != EEXIST : mkdtemp(folder->path) == NULL) {
        const int error = errno;
        (void)hs_refuse(why, capacity, "the folder %s cannot be made: %s", folder->path,
                        strerror(error));
        folder->path[0] = '\0';
        return -1;
    }
    return 0;
}

const char *hs_e2e_folder_path(const hs_e2e_folder *folder, const char *name, const char *suffix,
                               char *to)
{
    (void)snprintf(to, HS_E2E_PATH_SIZE, "%s/%.40s%.20s", folder->path, name, suffix);
    return to;
}

void hs_e2e_folder_close(hs_e2e_folder *folder)
{
    char path[HS_E2E_PATH_SIZE];
    DIR *const dir = folder->is_temporary && folder->path[0] != '\0' ? opendir(folder->path) : NULL;
    if (dir == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            snprintf(path, sizeof path, "%s/%s", folder->path, entry->d_name) < (int)sizeof path) {
            (void)unlink(path);
        }
    }
    (void)closedir(dir);
    (void)rmdir(folder->path);
}
