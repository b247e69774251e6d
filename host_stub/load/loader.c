/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "host_stub/load/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"

/* What version 1.0 had: a descriptor may be longer, never shorter. */
#define DESCRIPTOR_MIN (offsetof(hmx_descriptor, ops) + sizeof(const hmx_ops *))
/* Hooks may be missing at the end, but not the two that are required. */
#define OPS_MIN   (offsetof(hmx_ops, destroy) + sizeof(void (*)(void)))
#define TABLE_MAX 4096u /* bytes; a larger size is no size but rubbish */

/* One attempt: what was opened so far, and where the sentence goes. */
typedef struct attempt {
    const char *path;
    const hs_load_options *options;
    hs_plugin *out;
    char *why;
    size_t capacity;
} attempt;

#define REFUSE(a, result, ...) (snprintf((a)->why, (a)->capacity, __VA_ARGS__), (result))

hs_load_options hs_loader_defaults(void)
{
    hs_load_options options = {.host_caps = HS_HOST_CAPS, .host_minor = HMX_ABI_MINOR};
#if defined(__SANITIZE_ADDRESS__)
    options.keep_loaded = 1;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    options.keep_loaded = 1;
#endif
#endif
    return options;
}

const char *hs_loader_result_name(enum hs_load_result result)
{
    switch (result) {
    case HS_LOAD_OK:
        return "ok";
    case HS_LOAD_NOT_FOUND:
        return "not-found";
    case HS_LOAD_NOT_REGULAR:
        return "not-regular";
    case HS_LOAD_WORLD_WRITABLE:
        return "world-writable";
    case HS_LOAD_DLOPEN:
        return "dlopen";
    case HS_LOAD_NO_ENTRY:
        return "no-entry";
    case HS_LOAD_OTHER_MAJOR:
        return "other-major";
    case HS_LOAD_NULL_DESCRIPTOR:
        return "null-descriptor";
    case HS_LOAD_IMPURE:
        return "impure";
    case HS_LOAD_MISALIGNED:
        return "misaligned";
    case HS_LOAD_DESCRIPTOR_SIZE:
        return "descriptor-size";
    case HS_LOAD_MAGIC:
        return "magic";
    case HS_LOAD_MAJOR:
        return "major";
    case HS_LOAD_MIN_HOST_MINOR:
        return "min-host-minor";
    case HS_LOAD_NEEDS:
        return "needs";
    case HS_LOAD_STRINGS:
        return "strings";
    case HS_LOAD_OPS:
        return "ops";
    case HS_LOAD_REQUIRED:
        return "required";
    }
    return "unknown";
}

static enum hs_load_result check_file(attempt *a)
{
    struct stat st;
    if (stat(a->path, &st) != 0) {
        return REFUSE(a, HS_LOAD_NOT_FOUND, "%s: cannot be found: %s", a->path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return REFUSE(a, HS_LOAD_NOT_REGULAR, "%s: is %s; a plugin is a regular file", a->path,
                      S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    }
    if ((st.st_mode & S_IWOTH) != 0) {
        return REFUSE(
            a, HS_LOAD_WORLD_WRITABLE,
            "%s: everybody may write to it (mode %03o), so anybody could run code in this "
            "process; take that away with chmod o-w",
            a->path, (unsigned)(st.st_mode & 0777));
    }
    return HS_LOAD_OK;
}

static enum hs_load_result open_library(attempt *a)
{
    /* A name without a slash would be looked up in the system's library folders. */
    char *const real = realpath(a->path, NULL);
    if (real == NULL || strlen(real) >= sizeof a->out->path) {
        free(real);
        return REFUSE(a, HS_LOAD_NOT_FOUND, "%s: its full path cannot be resolved or is too long",
                      a->path);
    }
    strcpy(a->out->path, real);
    free(real);
    int flags = RTLD_NOW | RTLD_LOCAL;
    if (a->options->keep_loaded) {
        flags |= RTLD_NODELETE;
    }
    a->out->handle = dlopen(a->out->path, flags);
    if (a->out->handle == NULL) {
        const char *const error = dlerror();
        return REFUSE(a, HS_LOAD_DLOPEN, "%s: is no shared object that can be loaded here: %s",
                      a->path, error != NULL ? error : "no reason given");
    }
    return HS_LOAD_OK;
}

static enum hs_load_result find_entry(attempt *a, hmx_plugin_entry_fn *entry)
{
    void *symbol = dlsym(a->out->handle, HMX_ENTRY_SYMBOL);
    if (symbol != NULL) {
        /* ISO C has no conversion from void * to a function; POSIX promises this one. */
        memcpy(entry, &symbol, sizeof symbol);
        return HS_LOAD_OK;
    }
    for (int major = 0; major <= 9; major++) {
        char name[] = "hmx_plugin_entry_v0";
        name[sizeof name - 2] = (char)('0' + major);
        if (dlsym(a->out->handle, name) != NULL) {
            return REFUSE(a, HS_LOAD_OTHER_MAJOR,
                          "%s: was made for contract version %d (it exports %s); this host speaks "
                          "version %u",
                          a->path, major, name, HMX_ABI_MAJOR);
        }
    }
    return REFUSE(a, HS_LOAD_NO_ENTRY, "%s: does not export %s: it is no hashmux plugin", a->path,
                  HMX_ENTRY_SYMBOL);
}

/* Reads the size first, and then no more than it covers. */
static enum hs_load_result copy_descriptor(attempt *a, hmx_plugin_entry_fn entry)
{
    const hmx_descriptor *const theirs = entry();
    if (theirs == NULL) {
        return REFUSE(a, HS_LOAD_NULL_DESCRIPTOR, "%s: %s returned NULL instead of a descriptor",
                      a->path, HMX_ENTRY_SYMBOL);
    }
    if (entry() != theirs) {
        return REFUSE(a, HS_LOAD_IMPURE,
                      "%s: %s returned another descriptor at its second call; it has to return "
                      "static data",
                      a->path, HMX_ENTRY_SYMBOL);
    }
    if ((uintptr_t)(const void *)theirs % alignof(hmx_descriptor) != 0) {
        return REFUSE(a, HS_LOAD_MISALIGNED,
                      "%s: its descriptor lies at an address that is not a multiple of %zu",
                      a->path, alignof(hmx_descriptor));
    }
    uint32_t size = 0;
    memcpy(&size, theirs, sizeof size);
    if (size < DESCRIPTOR_MIN || size > TABLE_MAX) {
        return REFUSE(a, HS_LOAD_DESCRIPTOR_SIZE,
                      "%s: its descriptor says that it has %" PRIu32
                      " bytes; %zu to %u are possible",
                      a->path, size, DESCRIPTOR_MIN, TABLE_MAX);
    }
    hmx_descriptor *const ours = &a->out->descriptor;
    const size_t present = size < sizeof *ours ? size : sizeof *ours;
    memcpy(ours, theirs, present);
    ours->size = (uint32_t)present;
    return HS_LOAD_OK;
}

static enum hs_load_result check_versions(attempt *a)
{
    const hmx_descriptor *const d = &a->out->descriptor;
    if (d->magic != HMX_ABI_MAGIC) {
        return REFUSE(a, HS_LOAD_MAGIC,
                      "%s: its descriptor begins with the number 0x%08" PRIx32
                      " where 0x%08x belongs",
                      a->path, d->magic, HMX_ABI_MAGIC);
    }
    if (d->abi_major != HMX_ABI_MAJOR) {
        return REFUSE(a, HS_LOAD_MAJOR,
                      "%s: says that it follows contract version %" PRIu32
                      " although its entry is that of version %u",
                      a->path, d->abi_major, HMX_ABI_MAJOR);
    }
    if (d->min_host_minor > a->options->host_minor) {
        return REFUSE(a, HS_LOAD_MIN_HOST_MINOR,
                      "%s: needs a host of contract version %u.%" PRIu32
                      " or newer; this host has %u.%" PRIu32,
                      a->path, HMX_ABI_MAJOR, d->min_host_minor, HMX_ABI_MAJOR,
                      a->options->host_minor);
    }
    const uint64_t offered = a->options->host_caps & HMX_CAP_KNOWN;
    const uint64_t missing = d->needs & ~offered;
    if (missing != 0) {
        return REFUSE(a, HS_LOAD_NEEDS,
                      "%s: cannot work without the capabilities 0x%" PRIx64
                      "; this host offers 0x%" PRIx64 ", so 0x%" PRIx64 " is missing%s",
                      a->path, d->needs, offered, missing,
                      (missing & ~HMX_CAP_KNOWN) != 0 ? " (partly unknown to this version)" : "");
    }
    return HS_LOAD_OK;
}

/* Copies a string of at least `min` and at most cap - 1 bytes. */
static enum hs_load_result copy_string(attempt *a, const char *what, const char *from, char *to,
                                       size_t cap, size_t min, int utf8)
{
    if (from == NULL) {
        return REFUSE(a, HS_LOAD_STRINGS, "%s: the %s in its descriptor is NULL", a->path, what);
    }
    size_t n = 0;
    while (n < cap && from[n] != '\0') {
        n++;
    }
    if (n < min || n >= cap) {
        return REFUSE(a, HS_LOAD_STRINGS,
                      "%s: the %s in its descriptor has %s bytes; %zu to %zu are possible", a->path,
                      what, n < min ? "0" : "more", min, cap - 1);
    }
    for (size_t i = 0; i < n;) {
        uint32_t character = 0;
        const size_t length = hs_utf8(from + i, n - i, &character);
        const int control = character < 0x20 || (character >= 0x7f && character < 0xa0);
        if (length == 0 || control || (!utf8 && length != 1)) {
            return REFUSE(
                a, HS_LOAD_STRINGS,
                "%s: byte %zu of the %s in its descriptor is 0x%02x; only printable %s is "
                "possible",
                a->path, i + 1, what, (unsigned)(unsigned char)from[i], utf8 ? "UTF-8" : "ASCII");
        }
        i += length;
    }
    memcpy(to, from, n + 1);
    return HS_LOAD_OK;
}

static enum hs_load_result copy_strings(attempt *a)
{
    hs_plugin *const p = a->out;
    hmx_descriptor *const d = &p->descriptor;
    enum hs_load_result result = copy_string(a, "id", d->id, p->id, sizeof p->id, 1, 0);
    if (result == HS_LOAD_OK) {
        result = copy_string(a, "name", d->name, p->name, sizeof p->name, 1, 1);
    }
    if (result == HS_LOAD_OK) {
        result = copy_string(a, "version", d->version, p->version, sizeof p->version, 1, 0);
    }
    if (result == HS_LOAD_OK) {
        result = copy_string(a, "build", d->build, p->build, sizeof p->build, 0, 0);
    }
    d->id = p->id;
    d->name = p->name;
    d->version = p->version;
    d->build = p->build;
    return result;
}

static enum hs_load_result copy_ops(attempt *a)
{
    const hmx_ops *const theirs = a->out->descriptor.ops;
    hmx_ops *const ours = &a->out->ops;
    if (theirs == NULL) {
        return REFUSE(a, HS_LOAD_OPS, "%s: its table of hooks is NULL", a->path);
    }
    if ((uintptr_t)(const void *)theirs % alignof(hmx_ops) != 0) {
        return REFUSE(a, HS_LOAD_OPS,
                      "%s: its table of hooks lies at an address that is not a multiple of %zu",
                      a->path, alignof(hmx_ops));
    }
    uint32_t size = 0;
    memcpy(&size, theirs, sizeof size);
    if (size < OPS_MIN || size > TABLE_MAX) {
        return REFUSE(a, HS_LOAD_OPS,
                      "%s: its table of hooks says that it has %" PRIu32
                      " bytes; %zu to %u are possible",
                      a->path, size, OPS_MIN, TABLE_MAX);
    }
    size_t present = size < sizeof *ours ? size : sizeof *ours;
    present -= present % sizeof ours->create; /* half a pointer is none */
    memcpy(ours, theirs, present);
    ours->size = (uint32_t)present;
    a->out->descriptor.ops = ours;
    if (ours->create == NULL || ours->destroy == NULL) {
        return REFUSE(a, HS_LOAD_REQUIRED, "%s: its hook %s is NULL, which is required", a->path,
                      ours->create == NULL ? "create" : "destroy");
    }
    return HS_LOAD_OK;
}

enum hs_load_result hs_loader_open(const char *path, const hs_load_options *options, hs_plugin *out,
                                   char *why, size_t capacity)
{
    attempt a = {path, options, out, why, capacity};
    hmx_plugin_entry_fn entry = NULL;
    memset(out, 0, sizeof *out);
    why[0] = '\0';
    enum hs_load_result result = check_file(&a);
    if (result == HS_LOAD_OK) {
        result = open_library(&a);
    }
    if (result == HS_LOAD_OK) {
        result = find_entry(&a, &entry);
    }
    if (result == HS_LOAD_OK) {
        result = copy_descriptor(&a, entry);
    }
    if (result == HS_LOAD_OK) {
        result = check_versions(&a);
    }
    if (result == HS_LOAD_OK) {
        result = copy_strings(&a);
    }
    if (result == HS_LOAD_OK) {
        result = copy_ops(&a);
    }
    if (result != HS_LOAD_OK) {
        hs_loader_close(out); /* the sentence is complete and points nowhere into the library */
    }
    return result;
}

void hs_loader_close(hs_plugin *plugin)
{
    if (plugin == NULL) {
        return;
    }
    if (plugin->handle != NULL) {
        dlclose(plugin->handle);
    }
    memset(plugin, 0, sizeof *plugin);
}

/* ---- all plugins of a folder ---- */

enum { WHY_SIZE = 8192 };

typedef struct names {
    char **list;
    size_t count;
    size_t room;
} names;

static void names_free(names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free(n->list[i]);
    }
    free(n->list);
}

static int names_add(names *n, const char *dir, const char *name)
{
    if (HS_GROW(n->list, n->room, n->count + 1) != 0) {
        return -1;
    }
    const size_t size = strlen(dir) + 1 + strlen(name) + 1;
    char *const path = malloc(size);
    if (path == NULL) {
        return -1;
    }
    snprintf(path, size, "%s/%s", dir, name);
    n->list[n->count++] = path;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    const char *const *const left = a;
    const char *const *const right = b;
    return strcmp(*left, *right);
}

static int is_plugin_name(const char *name)
{
    const size_t n = strlen(name);
    return n > 3 && strcmp(name + n - 3, ".so") == 0;
}

static int read_names(const char *dir, names *n, char *why, size_t capacity)
{
    DIR *const stream = opendir(dir);
    if (stream == NULL) {
        snprintf(why, capacity, "%s: cannot be read as a directory: %s", dir, strerror(errno));
        return -1;
    }
    int result = 0;
    for (;;) {
        errno = 0;
        const struct dirent *const entry = readdir(stream);
        if (entry == NULL) {
            if (errno != 0) {
                snprintf(why, capacity, "%s: reading the directory failed: %s", dir,
                         strerror(errno));
                result = -1;
            }
            break;
        }
        if (is_plugin_name(entry->d_name) && names_add(n, dir, entry->d_name) != 0) {
            snprintf(why, capacity, "%s: out of memory after %zu files", dir, n->count);
            result = -1;
            break;
        }
    }
    closedir(stream);
    return result;
}

int hs_loader_scan(const char *dir, const hs_load_options *options, hs_scan_found found, void *ctx,
                   char *why, size_t capacity)
{
    names n = {NULL, 0, 0};
    int result = -1;
    hs_plugin *const plugin = malloc(sizeof *plugin);
    char *const reason = malloc(WHY_SIZE);
    why[0] = '\0';
    if (plugin == NULL || reason == NULL) {
        snprintf(why, capacity, "%s: out of memory", dir);
        goto cleanup;
    }
    if (read_names(dir, &n, why, capacity) != 0) {
        goto cleanup;
    }
    if (n.count > 0) {
        qsort(n.list, n.count, sizeof *n.list, by_bytes);
    }
    for (size_t i = 0; i < n.count; i++) {
        const enum hs_load_result got =
            hs_loader_open(n.list[i], options, plugin, reason, WHY_SIZE);
        found(ctx, n.list[i], got, got == HS_LOAD_OK ? plugin : NULL, reason);
        hs_loader_close(plugin);
    }
    result = (int)n.count;
cleanup:
    names_free(&n);
    free(reason);
    free(plugin);
    return result;
}
