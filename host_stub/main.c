/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * host_stub: a host you can trust. Picks the subcommand; each is in a file of its own. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/cmd/commands.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command COMMANDS[] = {
    {"inspect", hs_cmd_inspect, "FILE.so            who a plugin is, or why it is refused"},
    {"scan", hs_cmd_scan, "DIR                inspect every *.so of a folder"},
    {"simulate", hs_cmd_simulate, "--scenario NAME    run a plugin on a simulated farm"},
    {"bench", hs_cmd_bench, "control|speed      how good, and how fast: the tables of README"},
    {"replay", hs_cmd_replay, "FILE               feed a recorded SV2 connection to a plugin"},
    {"pool", hs_cmd_pool, "--port 0           a mining pool on loopback that checks every hash"},
    {"proxy", hs_cmd_proxy, "--config F.ini     a mining proxy around a plugin, on real sockets"},
    {"miner", hs_cmd_miner, "--connect H:P      mining devices that really hash"},
    {"e2e", hs_cmd_e2e, "[--seconds S]      a live run: pools, proxy and miners"},
    {"check", hs_cmd_check, "FILE...            the rules of SV2 over whole connections"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static void print_usage(FILE *to)
{
    fputs("host_stub: loads hashmux plugins and proves what they do\n\n", to);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        fprintf(to, "  host_stub %-9s %s\n", COMMANDS[i].name, COMMANDS[i].help);
    }
    fputs("\nhost_stub COMMAND --help tells its options.\n", to);
}

int main(int argc, char **argv)
{
    /* A real host may run under any locale: so do we, and nothing that we or a plugin print may
     * depend on it. */
    setlocale(LC_ALL, "");
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return 0;
    }
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0) {
            return COMMANDS[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "host_stub: there is no command '%s'; host_stub --help lists them\n", argv[1]);
    return 2;
}
