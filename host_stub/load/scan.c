/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/load/loader.h"

#include "host_stub/base/array.h"

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
