/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub inspect and host_stub scan: who a plugin is, or why it is refused. No instance is made,
 * so nothing is told that only an instance can: its extensions. */
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "abi/hmx_abi.h"
#include "host_stub/base/json.h"
#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"
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
    {HMX_CAP_SOFT_MOVE, "soft_move"},   {HMX_CAP_REOPEN, "reopen"},
};
enum { CAP_COUNT = sizeof CAPS / sizeof CAPS[0] };
_Static_assert(HMX_CAP_KNOWN >> CAP_COUNT == 0, "each capability has a name");

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

static int has_hook(const hs_plugin *p, const hook_name *hook)
{
    void (*function)(void) = NULL;
    memcpy(&function, (const unsigned char *)&p->ops + hook->offset, sizeof function);
    return function != NULL;
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
    hs_json_text(o, "file", path);
    hs_json_text(o, "result", hs_loader_result_name(result));
    if (result != HS_LOAD_OK) {
        hs_json_text(o, "why", why);
    } else {
        json_t *const hooks = json_array();
        for (size_t i = 0; i < HOOK_COUNT; i++) {
            if (has_hook(p, &HOOKS[i])) {
                json_array_append_new(hooks, json_string(HOOKS[i].name));
            }
        }
        hs_json_text(o, "id", p->id);
        hs_json_text(o, "name", p->name);
        hs_json_text(o, "version", p->version);
        hs_json_text(o, "build", p->build);
        hs_json_count(o, "abi_major", p->descriptor.abi_major);
        hs_json_count(o, "abi_minor", p->descriptor.abi_minor);
        hs_json_count(o, "min_host_minor", p->descriptor.min_host_minor);
        hs_json_put(o, "caps", json_caps(p->descriptor.caps));
        hs_json_put(o, "needs", json_caps(p->descriptor.needs));
        hs_json_put(o, "hooks", hooks);
    }
    char *const text = hs_json_line(o);
    const int rc = text != NULL && puts(text) >= 0 ? 0 : -1;
    free(text);
    return rc;
}

typedef struct inspect_options {
    const char *file;
    int json;
} inspect_options;

static const hs_option INSPECT_OPTIONS[] = {
    HS_STRING(INPUT, "FILE.so", NULL, HS_AT(inspect_options, file), "the plugin", .required = 1),
    HS_FLAG("--json", HS_AT(inspect_options, json), "one object instead of lines"),
};

const hs_command HS_INSPECT_COMMAND = {
    .name = "inspect",
    .title = "who a plugin is, or why it is refused",
    .no = "it is refused",
    .options = INSPECT_OPTIONS,
    .count = sizeof INSPECT_OPTIONS / sizeof INSPECT_OPTIONS[0],
    .size = sizeof(inspect_options),
};

int hs_cmd_inspect(hs_call *call)
{
    static hs_plugin plugin;
    static char why[WHY_SIZE];
    const inspect_options *const o = call->options;
    const hs_load_options options = hs_loader_defaults();
    const enum hs_load_result result = hs_loader_open(o->file, &options, &plugin, why, sizeof why);
    int failed = 0;
    if (o->json) {
        failed = print_json(o->file, result, &plugin, why);
    } else if (result == HS_LOAD_OK) {
        print_plugin(&plugin);
    } else {
        printf("refused (%s): %s\n", hs_loader_result_name(result), why);
    }
    hs_loader_close(&plugin);
    return failed ? HS_STATUS_WRONG : result == HS_LOAD_OK ? HS_STATUS_DONE : HS_STATUS_NO;
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

typedef struct scan_options {
    const char *folder;
} scan_options;

static const hs_option SCAN_OPTIONS[] = {
    HS_STRING(FOLDER, "DIR", NULL, HS_AT(scan_options, folder),
              "where the plugins are; default: where they are installed, lib/hashmux, or lib as "
              "built"),
};

const hs_command HS_SCAN_COMMAND = {
    .name = "scan",
    .title = "a line for each *.so of a folder: who it is, or why it is refused",
    .no = "some are refused",
    .options = SCAN_OPTIONS,
    .count = sizeof SCAN_OPTIONS / sizeof SCAN_OPTIONS[0],
    .size = sizeof(scan_options),
};

int hs_cmd_scan(hs_call *call)
{
    const scan_options *const o = call->options;
    char usual[4096];
    sums s = {0, 0};
    const hs_load_options options = hs_loader_defaults();
    if (o->folder == NULL && hs_path_plugins(usual, sizeof usual) != 0) {
        (void)hs_refuse(call->why, sizeof call->why, "no folder of plugins is found; name one");
        return HS_STATUS_WRONG;
    }
    const char *const folder = o->folder != NULL ? o->folder : usual;
    const int files =
        hs_loader_scan(folder, &options, print_found, &s, call->why, sizeof call->why);
    if (files < 0) {
        return HS_STATUS_WRONG;
    }
    printf("%d files: %d plugins, %d refused\n", files, s.loaded, s.refused);
    return s.refused > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
}
