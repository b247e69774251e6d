/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench: host_stub bench: picks what is measured. How good is cmd/bench_control.h, how fast
 * cmd/bench_speed.h. */
#include <stdio.h>
#include <string.h>

#include "host_stub/cmd/bench_control.h"
#include "host_stub/cmd/bench_speed.h"
#include "host_stub/cmd/commands.h"

static const char USAGE[] =
    "usage: host_stub bench control [options]   error and moves of policies, on simulated farms\n"
    "       host_stub bench speed [options]     what each hook costs, beside the machine's floors\n"
    "\n"
    "host_stub bench control --help and host_stub bench speed --help tell the options.\n";

int hs_cmd_bench(int argc, char **argv)
{
    if (argc < 2) {
        fputs(USAGE, stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(USAGE, stdout);
        return 0;
    }
    if (strcmp(argv[1], "control") == 0) {
        return hs_bench_control(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "speed") == 0) {
        return hs_bench_speed(argc - 1, argv + 1);
    }
    fprintf(stderr, "host_stub bench: there is no '%s'; control or speed\n", argv[1]);
    return 2;
}
