/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/folder: the folder of a live run, for configuration, logs and counts: a temporary one
 * that is removed, or one that is kept. */
#ifndef HOST_STUB_LIVE_E2E_FOLDER_H
#define HOST_STUB_LIVE_E2E_FOLDER_H

#include <stddef.h>

enum { HS_E2E_PATH_SIZE = 512 };

typedef struct hs_e2e_folder {
    char path[HS_E2E_PATH_SIZE - 64];
    int is_temporary;
} hs_e2e_folder;

/* `keep` is the folder to use, made unless it is there; NULL = a temporary one. 0, or -1 with a
 * sentence in `why`. */
int hs_e2e_folder_open(hs_e2e_folder *folder, const char *keep, char *why, size_t capacity);
/* <folder>/<name><suffix>, at most HS_E2E_PATH_SIZE bytes. Returns `to`. */
const char *hs_e2e_folder_path(const hs_e2e_folder *folder, const char *name, const char *suffix,
                               char *to);
/* Removes it with the files in it when it is temporary. */
void hs_e2e_folder_close(hs_e2e_folder *folder);

#endif
