/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub ctl`: tells a running proxy what to do, by its socket. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/live/ops/control.h"

enum { LINE_SIZE = 8192 };

typedef struct options {
    const char *socket;
    hs_words words;
    int watch;
} options;

static const hs_option OPTIONS[] = {
    HS_STRING(TEXT, "--socket", "PATH", HS_AT(options, socket), "proxy's --control",
              .otherwise = "/run/hashmux/control"),
    HS_FLAG("--watch", HS_AT(options, watch), "again each second, in place, until it is stopped"),
    HS_STRING(REST, "COMMAND", NULL, HS_AT(options, words), "what to do", .required = 1),
};

const hs_command HS_CTL_COMMAND = {
    .name = "ctl",
    .title = "asks a running proxy, and retunes it",
    .about =
        "Sends a command to a proxy that runs with --control PATH, and prints what it answers.",
    .notes =
        "COMMAND is one of: status; account; channels; config; targets POOL=PERCENT...; tuning "
        "MODEL | KP KI KD; deadband auto | POINTS; enable POOL; disable POOL; pin PATTERN POOL | "
        "stay; unpin PATTERN; mode live | observe | paused; rebalance; reload. What is changed "
        "holds until the configuration is read again; config prints it as a file.",
    .no = "the proxy refuses, and says why",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
};

int hs_cmd_ctl(hs_call *call)
{
    const options *const o = call->options;
    char line[LINE_SIZE] = "";
    for (size_t i = 0; i < o->words.count; i++) {
        const size_t len = strlen(line);
        if (len + strlen(o->words.at[i]) + 2 > sizeof line) {
            (void)hs_refuse(call->why, sizeof call->why, "a command has at most %d bytes",
                            LINE_SIZE - 2);
            return HS_STATUS_WRONG;
        }
        (void)snprintf(line + len, sizeof line - len, "%s%s", i > 0 ? " " : "", o->words.at[i]);
    }
    if (strchr(line, '\n') != NULL) {
        (void)hs_refuse(call->why, sizeof call->why, "a command is one line");
        return HS_STATUS_WRONG;
    }
    int rc = 0;
    do {
        if (o->watch) {
            (void)fputs("\033[H\033[J", stdout);
        }
        rc = hs_ops_ask(o->socket, line, stdout, call->why, sizeof call->why);
        (void)fflush(stdout);
        if (o->watch && rc == 0) {
            const struct timespec second = {.tv_sec = 1};
            (void)nanosleep(&second, NULL);
        }
    } while (o->watch && rc == 0);
    return rc == 0 ? HS_STATUS_DONE : rc > 0 ? HS_STATUS_NO : HS_STATUS_WRONG;
}
