/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/help: what a command's table of options says to a person (--help) and to a shell: completion
 * of commands, options, choices and files for bash and zsh.
 */
#ifndef HOST_STUB_BASE_HELP_H
#define HOST_STUB_BASE_HELP_H

#include <stdio.h>

#include "host_stub/base/options.h"

void hs_help_print(FILE *to, const hs_command *command);

/* "usage: host_stub pool [options]" and a line end. */
void hs_help_usage(FILE *to, const hs_command *command);

/* A page of the manual, for man(1). version: of the program. */
void hs_help_manual(FILE *to, const hs_command *command, const char *version);

/* A script to be sourced, of all the commands. */
void hs_help_bash(FILE *to, const hs_command *const *commands, size_t count);
void hs_help_zsh(FILE *to, const hs_command *const *commands, size_t count);

#endif
