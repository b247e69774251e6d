/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/config_check: `host_stub config-check`: what the plugin says of a configuration, without a
 * farm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "abi/hmx_access.h"
#include "abi/hmx_tuning.h"
#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/cmd/find.h"
#include "host_stub/link/link.h"

typedef struct options {
    const char *file;
    const char *plugin;
    int effective;
} options;

static const hs_option OPTIONS[] = {
    HS_STRING(INPUT, "FILE.ini", NULL, HS_AT(options, file), "the configuration", .required = 1),
    HS_STRING(INPUT, "--plugin", "FILE", HS_AT(options, plugin),
              "whose configuration it is; default: hashmux.so beside this program"),
    HS_FLAG("--effective", HS_AT(options, effective),
            "prints what it means: every key with its value, those that are not in the file with "
            "their defaults; the same can be loaded"),
};

const hs_command HS_CONFIG_CHECK_COMMAND = {
    .name = "config-check",
    .title = "is a configuration right? Each mistake with its line, before it is used",
    .about = "Loads a configuration as a host would and says what is wrong with it, line by line, "
             "and what is doubtful. Nothing is started, connected or changed. Colour is used on a "
             "terminal, and not where NO_COLOR is set.",
    .no = "the configuration is refused",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
};

typedef struct told {
    int has_colour;
    unsigned warnings;
} told;

/* One line for each of the text's. Returns how many. */
static unsigned tell(const told *t, const char *kind, const char *colour, const char *text,
                     size_t len)
{
    unsigned lines = 0;
    while (len > 0) {
        const char *const end = memchr(text, '\n', len);
        const size_t n = end != NULL ? (size_t)(end - text) : len;
        (void)fprintf(stderr, "%s%s:%s %.*s\n", t->has_colour ? colour : "", kind,
                      t->has_colour ? "\033[0m" : "", (int)n, text);
        lines++;
        text += end != NULL ? n + 1 : n;
        len -= end != NULL ? n + 1 : n;
    }
    return lines;
}

/* What is doubtful in a configuration comes as a warning in the log. */
static void on_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    told *const t = ctx;
    if (level == HMX_LOG_WARN || level == HMX_LOG_ERROR) {
        t->warnings += tell(t, "warning", "\033[33m", text, (size_t)len);
    }
}

static hmx_status print(void *ctx, const void *data, uint64_t len)
{
    (void)ctx;
    return fwrite(data, 1, (size_t)len, stdout) == len ? HMX_OK : HMX_E_IO;
}

/* 0, or -1 with call->why. */
static int print_effective(hs_link *link, hs_call *call)
{
    const hmx_tuning_v1 *const api = hs_guard_extension(link->guard, HMX_TUNING_ID);
    const hmx_writer to = {.size = sizeof to, .write = print};
    if (api == NULL || !HMX_HAS(hmx_tuning_v1, api, write_config) || api->write_config == NULL) {
        return hs_refuse(call->why, sizeof call->why,
                         "this plugin does not tell what a configuration means; --effective is for "
                         "hashmux");
    }
    const hmx_status status = api->write_config(hs_guard_instance(link->guard), &to);
    return status >= 0 ? 0
                       : hs_refuse(call->why, sizeof call->why, "it cannot be written: %s",
                                   hs_link_status(status));
}

static int check(const options *o, const hs_plugin *plugin, hs_link *link, told *t, hs_call *call)
{
    const hs_link_options how = {.config_path = o->file, .guard = {.log = on_log, .ctx = t}};
    char why[64];
    if (hs_link_start(link, plugin, &how, why, sizeof why) != 0) {
        const unsigned n = tell(t, "error", "\033[31m", link->reasons, strlen(link->reasons));
        (void)fprintf(stderr, "%s is refused%s\n", o->file,
                      n > 0 ? "" : ", and the plugin does not say why");
        return HS_STATUS_NO;
    }
    if (o->effective && print_effective(link, call) != 0) {
        return HS_STATUS_WRONG;
    }
    (void)fprintf(stderr, "%s is good, with %u warning%s\n", o->file, t->warnings,
                  t->warnings == 1 ? "" : "s");
    return HS_STATUS_DONE;
}

int hs_cmd_config_check(hs_call *call)
{
    static hs_link link;
    const options *const o = call->options;
    told t = {.has_colour = isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL};
    hs_plugin plugin;
    if (access(o->file, R_OK) != 0) {
        (void)hs_refuse(call->why, sizeof call->why, "%s cannot be read", o->file);
        return HS_STATUS_WRONG;
    }
    if (hs_find_plugin(o->plugin, HS_HOST_CAPS, &plugin, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    link = (hs_link){.now_ns = 1, .unix_ms = (uint64_t)time(NULL) * 1000u};
    const int status = check(o, &plugin, &link, &t, call);
    (void)hs_link_stop(&link);
    hs_loader_close(&plugin);
    return status;
}
