/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/commands: the subcommands of host_stub. Each reads its own options (argv[0] is its name),
 * prints to standard output, and returns the exit status of the process: 0 done, 1 the answer is no
 * (a refusal, a violation), 2 the command line or a file is wrong. */
#ifndef HOST_STUB_CMD_COMMANDS_H
#define HOST_STUB_CMD_COMMANDS_H

int hs_cmd_inspect(int argc, char **argv);
int hs_cmd_scan(int argc, char **argv);
int hs_cmd_simulate(int argc, char **argv);
int hs_cmd_bench(int argc, char **argv);
int hs_cmd_replay(int argc, char **argv);
int hs_cmd_pool(int argc, char **argv);
int hs_cmd_proxy(int argc, char **argv);
int hs_cmd_miner(int argc, char **argv);
int hs_cmd_e2e(int argc, char **argv);
int hs_cmd_check(int argc, char **argv);

#endif
