/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub completion`.
 */
#include "host_stub/base/help.h"
#include "host_stub/cmd/commands.h"

typedef struct options {
    unsigned shell;
} options;

enum { BASH, ZSH };

static const hs_option OPTIONS[] = {
    HS_CHOICE("SHELL", NULL, HS_AT(options, shell), "bash zsh", NULL, "one of", .required = 1),
};

const hs_command HS_COMPLETION_COMMAND = {
    .name = "completion",
    .title = "a script that completes these commands in a shell",
    .about = "Prints a script for the shell: source <(host_stub completion bash), or in zsh, after "
             "compinit, source <(host_stub completion zsh).",
    .options = OPTIONS,
    .count = sizeof OPTIONS / sizeof OPTIONS[0],
    .size = sizeof(options),
};

int hs_cmd_completion(hs_call *call)
{
    const options *const o = call->options;
    (o->shell == BASH ? hs_help_bash : hs_help_zsh)(stdout, call->commands, call->command_count);
    return HS_STATUS_DONE;
}
