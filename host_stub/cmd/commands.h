/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/commands: the subcommands of host_stub, from the command line to the exit status. Each has a
 * table of options (base/options.h) and a function that is given what was read; what it finds out
 * goes to standard output. What all commands have in common stands here once: finding the command,
 * --help, refusals, outputs that are checked before the run, and output that did not arrive.
 */
#ifndef HOST_STUB_CMD_COMMANDS_H
#define HOST_STUB_CMD_COMMANDS_H

#include "host_stub/base/options.h"

typedef struct hs_call {
    void *options; /* the command's struct */
    int argc;      /* the command and what followed it, as it was given */
    char **argv;
    const hs_command *const *commands; /* all of them */
    size_t command_count;
    char why[20480]; /* a sentence for the end, printed behind the command's name; "" = none */
} hs_call;

/* Each returns an hs_status. */
int hs_cmd_inspect(hs_call *call);
int hs_cmd_scan(hs_call *call);
int hs_cmd_validate(hs_call *call);
int hs_cmd_simulate(hs_call *call);
int hs_cmd_bench_control(hs_call *call);
int hs_cmd_bench_speed(hs_call *call);
int hs_cmd_bench_live(hs_call *call);
int hs_cmd_replay(hs_call *call);
int hs_cmd_pool(hs_call *call);
int hs_cmd_proxy(hs_call *call);
int hs_cmd_miner(hs_call *call);
int hs_cmd_e2e(hs_call *call);
int hs_cmd_config_check(hs_call *call);
int hs_cmd_keys(hs_call *call);
int hs_cmd_check(hs_call *call);
int hs_cmd_ctl(hs_call *call);
int hs_cmd_audit(hs_call *call);
int hs_cmd_completion(hs_call *call);
int hs_cmd_manual(hs_call *call);

extern const hs_command HS_INSPECT_COMMAND;
extern const hs_command HS_SCAN_COMMAND;
extern const hs_command HS_VALIDATE_COMMAND;
extern const hs_command HS_SIMULATE_COMMAND;
extern const hs_command HS_BENCH_CONTROL_COMMAND;
extern const hs_command HS_BENCH_SPEED_COMMAND;
extern const hs_command HS_REPLAY_COMMAND;
extern const hs_command HS_CONFIG_CHECK_COMMAND;
extern const hs_command HS_KEYS_COMMAND;
extern const hs_command HS_CHECK_COMMAND;
extern const hs_command HS_CTL_COMMAND;
extern const hs_command HS_AUDIT_COMMAND;
extern const hs_command HS_COMPLETION_COMMAND;
extern const hs_command HS_MANUAL_COMMAND;

/* The whole program: the exit status. */
int hs_commands_main(int argc, char **argv);

#endif
