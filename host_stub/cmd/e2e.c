/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The command `host_stub e2e`. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/live/e2e/run.h"

enum { WHY_SIZE = 1024 };

static int write_json(const hs_e2e_result *result, const char *path, char *why, size_t capacity)
{
    json_t *const root = hs_e2e_result_json(result);
    int rc = root == NULL;
    if (root != NULL && strcmp(path, "-") == 0) {
        rc = json_dumpf(root, stdout, JSON_INDENT(2)) != 0;
        rc |= printf("\n") < 0;
        rc |= fflush(stdout) != 0;
    } else if (root != NULL) {
        rc = json_dump_file(root, path, JSON_INDENT(2)) != 0;
    }
    json_decref(root);
    return rc == 0 ? 0 : hs_refuse(why, capacity, "%s cannot be written", path);
}

/* Runs it and tells the result. Returns the exit status. */
static int run(hs_e2e_options *options, hs_e2e_config *config, char *why, size_t capacity)
{
    static hs_e2e_result result;
    int status = 2;
    hs_e2e_place_faults(options, config->pool_count);
    if (hs_e2e_result_start(&result, config) != 0) {
        (void)hs_refuse(why, capacity, "no memory for the result");
    } else if (hs_e2e_run(options, config, &result, why, capacity) == 0) {
        status = result.broken_count > 0 ? 1 : 0;
        if (options->json == NULL || strcmp(options->json, "-") != 0) {
            hs_e2e_result_print(&result);
        }
        if (options->json != NULL && write_json(&result, options->json, why, capacity) != 0) {
            status = 2;
        }
    }
    hs_e2e_result_free(&result);
    return status;
}

int hs_cmd_e2e(int argc, char **argv)
{
    static hs_e2e_options options;
    static hs_e2e_config config;
    char why[WHY_SIZE] = "";
    const pid_t parent = getppid();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        return 0;
    }
    int status = 2;
    if (hs_e2e_options_read(&options, argc, argv, why, sizeof why) == 0) {
        if (options.help) {
            (void)fputs(HS_E2E_USAGE, stdout);
            return 0;
        }
        if (hs_e2e_config_load(&config, &options, why, sizeof why) == 0) {
            status = run(&options, &config, why, sizeof why);
        }
        hs_e2e_config_free(&config);
    }
    if (status == 2) {
        (void)fprintf(stderr, "host_stub e2e: %s\n", why);
    }
    return status;
}
