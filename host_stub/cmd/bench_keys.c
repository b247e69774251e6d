/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_keys: `host_stub bench control --keys N`: the sweep of bench/keys. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/input.h"
#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"
#include "host_stub/bench/keys.h"
#include "host_stub/cmd/bench_run.h"
#include "host_stub/cmd/find.h"

enum { PATH_SIZE = 4096, FARMS = 2 };

/* One that has to be sliced, and one that need not: what a miner more or less moves is known. */
static const struct {
    const char *scenario;
    double most_moves;
} SWEPT[FARMS] = {{"nine", 550.0}, {"homo20", 20.0}};

static int read_keys(hs_keys *keys, char *why, size_t capacity)
{
    char path[PATH_SIZE];
    char *text = NULL;
    size_t len = 0;
    if (hs_path_default_config(path, sizeof path) != 0) {
        return hs_refuse(why, capacity, "the shipped plugin.ini.example is not found");
    }
    if (hs_input_read(path, 1 << 20, &text, &len, why, capacity) != 0) {
        return -1;
    }
    const int rc = hs_keys_read(keys, text, why, capacity);
    free(text);
    return rc;
}

static int tell(const hs_keys_plan *plan, const hs_bench_options *o, char *why, size_t capacity)
{
    const int to_stdout = o->json != NULL && strcmp(o->json, "-") == 0;
    FILE *const to = to_stdout ? stderr : stdout;
    int status =
        hs_bench_tell_failures(plan->runs, plan->job_count) > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
    const hs_bench_verdict v = hs_keys_tell(plan, to);
    fprintf(to, "%" PRIu32 " runs judged, %" PRIu32 " beyond a limit\n", v.compared, v.exceeded);
    if (o->check && v.exceeded > 0) {
        status = HS_STATUS_NO;
    }
    if (o->json != NULL &&
        hs_bench_save_lines(o, plan->lines, plan->job_count, why, capacity) != 0) {
        status = HS_STATUS_WRONG;
    }
    return status;
}

static int sweep(const hs_bench_options *o, const hs_keys_how *how, char *why, size_t capacity)
{
    hs_keys_plan plan;
    double secs = 0.0;
    int status = HS_STATUS_WRONG;
    if (hs_keys_plan_runs(&plan, how) != 0) {
        (void)hs_refuse(why, capacity, "out of memory");
    } else if (hs_bench_run_shown(o, plan.jobs, plan.runs, plan.lines, plan.job_count, &secs, why,
                                  capacity) == 0) {
        status = tell(&plan, o, why, capacity);
    }
    hs_keys_free(&plan);
    return status;
}

int hs_cmd_bench_keys(const hs_bench_options *options, char *why, size_t capacity)
{
    static hs_scenario scenarios[FARMS];
    static hs_keys keys;
    hs_keys_farm farms[FARMS];
    hs_bench_policy policy;
    int has_presets = 0;
    int status = HS_STATUS_WRONG;
    uint32_t found = 0;
    if (read_keys(&keys, why, capacity) != 0 ||
        hs_bench_find_policy(options->plugins[0], 0, &policy, &has_presets, why, capacity) != 1) {
        return HS_STATUS_WRONG;
    }
    while (found < FARMS && hs_find_scenario(SWEPT[found].scenario, options->world,
                                             &scenarios[found], why, capacity) == 0) {
        farms[found] = (hs_keys_farm){&scenarios[found], SWEPT[found].most_moves};
        found++;
    }
    if (found == FARMS) {
        const hs_keys_how how = {.keys = &keys,
                                 .policy = &policy,
                                 .farms = farms,
                                 .farm_count = FARMS,
                                 .pairs = options->pairs,
                                 .only = (const char *const *)options->rows.at,
                                 .only_count = options->rows.count,
                                 .seed = options->seeds[0],
                                 .seconds = options->seconds};
        status = sweep(options, &how, why, capacity);
    }
    for (uint32_t i = 0; i < found; i++) {
        hs_scenario_free(&scenarios[i]);
    }
    return status;
}
