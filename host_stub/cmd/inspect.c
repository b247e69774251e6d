/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub inspect and host_stub scan: who a plugin is, or why it is refused. No instance is
 * made. */
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/load/loader.h"

enum { WHY_SIZE = 8192, LIST_SIZE = 512 };

typedef struct name_of_bit {
    uint64_t bit;
    const char *name;
} name_of_bit;

static const name_of_bit CAPS[] = {
    {HMX_CAP_REASSIGN, "reassign"},     {HMX_CAP_SHARE_WORK, "share_work"},
    {HMX_CAP_EXTRANONCE, "extranonce"}, {HMX_CAP_DRAIN_REPORT, "drain_report"},
    {HMX_CAP_SOFT_MOVE, "soft_move"},
};
enum { CAP_COUNT = sizeof CAPS / sizeof CAPS[0] };

typedef struct hook_name {
    size_t offset;
    const char *name;
} hook_name;

#define HOOK(name)                                                                                 \
    {                                                                                              \
        offsetof(hmx_ops, name), #name                                                             \
    }
static const hook_name HOOKS[] = {
    HOOK(create),
    HOOK(destroy),
    HOOK(upstreams),
    HOOK(on_upstream),
    HOOK(on_channel_open),
    HOOK(on_channel_update),
    HOOK(on_channel_close),
    HOOK(on_share),
    HOOK(on_tick),
    HOOK(on_reassign),
    HOOK(save),
    HOOK(load),
    HOOK(reconfigure),
    HOOK(get_extension),
};
enum { HOOK_COUNT = sizeof HOOKS / sizeof HOOKS[0] };

static const char *const EXTENSIONS[] = {HMX_TUNING_ID, HMX_METRICS_ID};
enum { EXTENSION_COUNT = sizeof EXTENSIONS / sizeof EXTENSIONS[0] };

static int has_hook(const hs_plugin *p, const hook_name *hook)
{
    void (*function)(void) = NULL;
    memcpy(&function, (const unsigned char *)&p->ops + hook->offset, sizeof function);
    return function != NULL;
}

/* Size of the extension's table, 0 when the plugin has none. */
static uint32_t extension_size(const hs_plugin *p, const char *id)
{
    uint32_t size = 0;
    const void *const table = p->ops.get_extension != NULL ? p->ops.get_extension(id) : NULL;
    if (table != NULL) {
        memcpy(&size, table, sizeof size);
    }
    return size;
}

static void append(char *list, const char *word)
{
    const size_t n = strlen(list);
    snprintf(list + n, LIST_SIZE - n, "%s%s", n > 0 ? ", " : "", word);
}

static void print_caps(const char *label, uint64_t caps)
{
    char list[LIST_SIZE] = "";
    char unknown[32];
    for (size_t i = 0; i < CAP_COUNT; i++) {
        if ((caps & CAPS[i].bit) != 0) {
            append(list, CAPS[i].name);
        }
    }
    if ((caps & ~HMX_CAP_KNOWN) != 0) {
        snprintf(unknown, sizeof unknown, "unknown 0x%" PRIx64, (uint64_t)(caps & ~HMX_CAP_KNOWN));
        append(list, unknown);
    }
    printf("%-12s %s\n", label, list[0] != '\0' ? list : "none");
}

static void print_hooks(const hs_plugin *p)
{
    char present[LIST_SIZE] = "";
    char absent[LIST_SIZE] = "";
    for (size_t i = 0; i < HOOK_COUNT; i++) {
        append(has_hook(p, &HOOKS[i]) ? present : absent, HOOKS[i].name);
    }
    printf("%-12s %s\n", "hooks", present);
    printf("%-12s %s\n", "not there", absent[0] != '\0' ? absent : "none");
}

static void print_extensions(const hs_plugin *p)
{
    char list[LIST_SIZE] = "";
    char one[96];
    for (size_t i = 0; i < EXTENSION_COUNT; i++) {
        const uint32_t size = extension_size(p, EXTENSIONS[i]);
        if (size > 0) {
            snprintf(one, sizeof one, "%s (%" PRIu32 " bytes)", EXTENSIONS[i], size);
            append(list, one);
        }
    }
    printf("%-12s %s\n", "extensions", list[0] != '\0' ? list : "none of those known here");
}

static void print_plugin(const hs_plugin *p)
{
    const hmx_descriptor *const d = &p->descriptor;
    printf("%-12s %s\n", "file", p->path);
    printf("%-12s %s\n", "id", p->id);
    printf("%-12s %s\n", "name", p->name);
    printf("%-12s %s\n", "version", p->version);
    printf("%-12s %s\n", "build", p->build[0] != '\0' ? p->build : "not told");
    printf("%-12s %" PRIu32 ".%" PRIu32 " (this host: %u.%u); runs on %u.%" PRIu32 " and newer\n",
           "contract", d->abi_major, d->abi_minor, HMX_ABI_MAJOR, HMX_ABI_MINOR, HMX_ABI_MAJOR,
           d->min_host_minor);
    print_caps("makes use of", d->caps);
    print_caps("needs", d->needs);
    print_hooks(p);
    print_extensions(p);
}

static json_t *json_caps(uint64_t caps)
{
    json_t *const list = json_array();
    for (size_t i = 0; i < CAP_COUNT; i++) {
        if ((caps & CAPS[i].bit) != 0) {
            json_array_append_new(list, json_string(CAPS[i].name));
        }
    }
    return list;
}

static int print_json(const char *path, enum hs_load_result result, const hs_plugin *p,
                      const char *why)
{
    json_t *const o = json_object();
    json_object_set_new(o, "file", json_string(path));
    json_object_set_new(o, "result", json_string(hs_loader_result_name(result)));
    if (result != HS_LOAD_OK) {
        json_object_set_new(o, "why", json_string(why));
    } else {
        json_t *const hooks = json_array();
        json_t *const extensions = json_array();
        for (size_t i = 0; i < HOOK_COUNT; i++) {
            if (has_hook(p, &HOOKS[i])) {
                json_array_append_new(hooks, json_string(HOOKS[i].name));
            }
        }
        for (size_t i = 0; i < EXTENSION_COUNT; i++) {
            if (extension_size(p, EXTENSIONS[i]) > 0) {
                json_array_append_new(extensions, json_string(EXTENSIONS[i]));
            }
        }
        json_object_set_new(o, "id", json_string(p->id));
        json_object_set_new(o, "name", json_string(p->name));
        json_object_set_new(o, "version", json_string(p->version));
        json_object_set_new(o, "build", json_string(p->build));
        json_object_set_new(o, "abi_major", json_integer(p->descriptor.abi_major));
        json_object_set_new(o, "abi_minor", json_integer(p->descriptor.abi_minor));
        json_object_set_new(o, "min_host_minor", json_integer(p->descriptor.min_host_minor));
        json_object_set_new(o, "caps", json_caps(p->descriptor.caps));
        json_object_set_new(o, "needs", json_caps(p->descriptor.needs));
        json_object_set_new(o, "hooks", hooks);
        json_object_set_new(o, "extensions", extensions);
    }
    const int failed = json_dumpf(o, stdout, JSON_COMPACT);
    json_decref(o);
    putchar('\n');
    return failed;
}

static int inspect_file(const char *path, int as_json)
{
    static const char NO_MEMORY[] = "host_stub inspect: out of memory\n";
    const hs_load_options options = hs_loader_defaults();
    hs_plugin *const plugin = malloc(sizeof *plugin);
    char *const why = malloc(WHY_SIZE);
    int status = 1;
    if (plugin == NULL || why == NULL) {
        fputs(NO_MEMORY, stderr);
        goto cleanup;
    }
    const enum hs_load_result result = hs_loader_open(path, &options, plugin, why, WHY_SIZE);
    if (as_json) {
        status = print_json(path, result, plugin, why) != 0 || result != HS_LOAD_OK;
    } else if (result == HS_LOAD_OK) {
        print_plugin(plugin);
        status = 0;
    } else {
        printf("refused (%s): %s\n", hs_loader_result_name(result), why);
    }
    hs_loader_close(plugin);
cleanup:
    free(why);
    free(plugin);
    return status;
}

static int is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int hs_cmd_inspect(int argc, char **argv)
{
    static const char USAGE[] = "usage: host_stub inspect [--json] FILE.so\n"
                                "Says who the plugin is. Exit status: 0 it can be loaded, 1 it is "
                                "refused, 2 this usage.\n";
    const char *path = NULL;
    int as_json = 0;
    for (int i = 1; i < argc; i++) {
        if (is_help(argv[i])) {
            fputs(USAGE, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--json") == 0) {
            as_json = 1;
        } else if (argv[i][0] != '-' && path == NULL) {
            path = argv[i];
        } else {
            fprintf(stderr, "host_stub inspect: '%s' is one argument too many\n%s", argv[i], USAGE);
            return 2;
        }
    }
    if (path == NULL) {
        fprintf(stderr, "host_stub inspect: which file?\n%s", USAGE);
        return 2;
    }
    return inspect_file(path, as_json);
}

typedef struct sums {
    int loaded;
    int refused;
} sums;

static void print_found(void *ctx, const char *path, enum hs_load_result result,
                        const hs_plugin *plugin, const char *why)
{
    sums *const s = ctx;
    if (plugin == NULL) {
        s->refused++;
        printf("refused  %s (%s)\n", why, hs_loader_result_name(result));
        return;
    }
    s->loaded++;
    printf("ok       %s: %s %s, %s, contract %" PRIu32 ".%" PRIu32 "\n", path, plugin->id,
           plugin->version, plugin->name, plugin->descriptor.abi_major,
           plugin->descriptor.abi_minor);
}

int hs_cmd_scan(int argc, char **argv)
{
    static const char USAGE[] =
        "usage: host_stub scan DIR\n"
        "One line for each *.so of the folder. Exit status: 0 all can be loaded, 1 some are "
        "refused, 2 this usage, or the folder cannot be read.\n";
    char why[WHY_SIZE];
    sums s = {0, 0};
    if (argc == 2 && is_help(argv[1])) {
        fputs(USAGE, stdout);
        return 0;
    }
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "host_stub scan: one folder is wanted\n%s", USAGE);
        return 2;
    }
    const hs_load_options options = hs_loader_defaults();
    const int files = hs_loader_scan(argv[1], &options, print_found, &s, why, sizeof why);
    if (files < 0) {
        fprintf(stderr, "host_stub scan: %s\n", why);
        return 2;
    }
    printf("%d files: %d plugins, %d refused\n", files, s.loaded, s.refused);
    return s.refused > 0;
}
