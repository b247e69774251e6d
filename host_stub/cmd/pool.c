/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub pool`. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host_stub/cmd/commands.h"
#include "host_stub/live/pool/live.h"

int hs_cmd_pool(int argc, char **argv)
{
    static hs_lpool_options options;
    char why[512] = "";
    /* Whoever started us and dies takes us along: no pool is left behind by a driver that
     * crashed. */
    const pid_t parent = getppid();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        return 0;
    }
    if (hs_lpool_options_read(&options, argc, argv, why, sizeof why) != 0) {
        (void)fprintf(stderr, "host_stub pool: %s\n", why);
        return 2;
    }
    if (options.help) {
        (void)fputs(HS_LPOOL_USAGE, stdout);
        return 0;
    }
    if (hs_lpool_live(&options, why, sizeof why) != 0) {
        (void)fprintf(stderr, "host_stub pool: %s\n", why);
        return 2;
    }
    return 0;
}
