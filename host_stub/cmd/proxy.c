/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub proxy`. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host_stub/cmd/commands.h"
#include "host_stub/live/proxy/live.h"

int hs_cmd_proxy(int argc, char **argv)
{
    static hs_proxy_options options;
    char why[4096] = "";
    /* Whoever started us and dies takes us along: no proxy is left behind by a driver that
     * crashed. */
    const pid_t parent = getppid();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        return 0;
    }
    if (hs_proxy_options_read(&options, argc, argv, why, sizeof why) != 0) {
        (void)fprintf(stderr, "host_stub proxy: %s\n", why);
        return 2;
    }
    if (options.help) {
        (void)fputs(HS_PROXY_USAGE, stdout);
        return 0;
    }
    const int status = hs_proxy_live(&options, why, sizeof why);
    if (status != 0 && why[0] != '\0') {
        (void)fprintf(stderr, "host_stub proxy: %s\n", why);
    }
    return status;
}
