/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub miner`. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host_stub/cmd/commands.h"
#include "host_stub/live/miner/live.h"

int hs_cmd_miner(int argc, char **argv)
{
    static hs_dev_options options;
    char why[512] = "";
    /* Whoever started us and dies takes us along. */
    const pid_t parent = getppid();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        return 0;
    }
    if (hs_dev_options_read(&options, argc, argv, why, sizeof why) != 0) {
        (void)fprintf(stderr, "host_stub miner: %s\n", why);
        return 2;
    }
    if (options.help) {
        (void)fputs(HS_DEV_USAGE, stdout);
        return 0;
    }
    const int status = hs_dev_live(&options, why, sizeof why);
    if (status == 2) {
        (void)fprintf(stderr, "host_stub miner: %s\n", why);
    }
    return status;
}
