/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * load/loader: opens a shared object as a plugin, or says in one sentence why not.
 *
 * It needs nothing of the rest of host_stub, so that a real host can take it as it is. Everything
 * that is kept is copied out of the library, zero-extended to our structs. It creates no instance:
 * see guard.h for that. */
#ifndef HOST_STUB_LOAD_LOADER_H
#define HOST_STUB_LOAD_LOADER_H

#include <stddef.h>

#include "abi/hmx_abi.h"

/* Why a file was refused; each value has its own sentence. Order = order of the checks. */
enum hs_load_result {
    HS_LOAD_OK = 0,
    HS_LOAD_NOT_FOUND,
    HS_LOAD_NOT_REGULAR,
    HS_LOAD_WORLD_WRITABLE,
    HS_LOAD_DLOPEN,
    HS_LOAD_NO_ENTRY,
    HS_LOAD_OTHER_MAJOR, /* exports hmx_plugin_entry_v<N>, N != 1 */
    HS_LOAD_NULL_DESCRIPTOR,
    HS_LOAD_IMPURE, /* two calls of the entry answer differently */
    HS_LOAD_MISALIGNED,
    HS_LOAD_DESCRIPTOR_SIZE,
    HS_LOAD_MAGIC,
    HS_LOAD_MAJOR,
    HS_LOAD_MIN_HOST_MINOR,
    HS_LOAD_NEEDS,
    HS_LOAD_STRINGS,
    HS_LOAD_OPS,     /* NULL, misaligned or a bad size */
    HS_LOAD_REQUIRED /* create or destroy is missing */
};

typedef struct hs_plugin {
    void *handle;
    hmx_descriptor descriptor; /* its strings and ops point into this struct */
    hmx_ops ops;               /* unknown hooks dropped, missing hooks NULL */
    char path[4096];
    char id[128];
    char name[128];
    char version[32];
    char build[128];
} hs_plugin;

/* What our hosts carry out, and what those offer that close no channel to have it opened again. */
#define HS_HOST_CAPS            HMX_CAP_KNOWN
#define HS_HOST_CAPS_BUT_REOPEN (HS_HOST_CAPS & ~HMX_CAP_REOPEN)

typedef struct hs_load_options {
    uint64_t host_caps;  /* HMX_CAP_* offered: checked against the plugin's needs */
    uint32_t host_minor; /* HMX_ABI_MINOR, or lower to play an older host */
    int keep_loaded;     /* RTLD_NODELETE: sanitizer reports keep their symbols */
} hs_load_options;

/* Offers HS_HOST_CAPS; keep_loaded when this file was built with a sanitizer. */
hs_load_options hs_loader_defaults(void);

/* Opens the plugin at `path` (a path without a slash is a file of the working folder: the system's
 * library folders are never searched). On refusal nothing stays open, *out is zero, and `why` (of
 * `capacity` > 0 bytes) has the sentence. */
enum hs_load_result hs_loader_open(const char *path, const hs_load_options *options, hs_plugin *out,
                                   char *why, size_t capacity);

/* The result as one word, for example "other-major"; "unknown" for a number that is none. */
const char *hs_loader_result_name(enum hs_load_result result);

/* Unloads; *plugin is zero afterwards. NULL or a zero struct is fine. */
void hs_loader_close(hs_plugin *plugin);

/* Calls `found` for each *.so in `dir`, in byte order of the names; `plugin` is NULL when the file
 * was refused and then `why` says so. The plugin is closed again after the call. Returns the number
 * of files, or -1 with `why` when the directory cannot be read. One bad file never stops the
 * others. */
typedef void (*hs_scan_found)(void *ctx, const char *path, enum hs_load_result result,
                              const hs_plugin *plugin, const char *why);
int hs_loader_scan(const char *dir, const hs_load_options *options, hs_scan_found found, void *ctx,
                   char *why, size_t capacity);

#endif
