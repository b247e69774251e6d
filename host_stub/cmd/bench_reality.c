/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_reality: `host_stub bench control --reality`: the table of bench/reality. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/reality.h"
#include "host_stub/cmd/bench_run.h"

enum { LIST_SIZE = 1024 };

static const char STATIC[] = "static_hashrate";

static int is_wanted(const hs_bench_options *o, const hs_reality_row *row)
{
    int wanted = o->rows.count == 0;
    for (size_t i = 0; i < o->rows.count; i++) {
        wanted |= hs_reality_is_named(row, o->rows.at[i]);
    }
    return wanted;
}

/* Each word names a row at least. */
static int check_words(const hs_bench_options *o, char *why, size_t capacity)
{
    char list[LIST_SIZE] = "";
    for (size_t i = 0; i < o->rows.count; i++) {
        int found = 0;
        for (size_t k = 0; k < HS_REALITY_ROW_COUNT; k++) {
            const size_t len = strlen(list);
            found |= hs_reality_is_named(&HS_REALITY_ROWS[k], o->rows.at[i]);
            (void)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "",
                           HS_REALITY_ROWS[k].name);
        }
        if (!found) {
            return hs_refuse(why, capacity, "--reality has no row '%s'. Its rows: %s",
                             o->rows.at[i], list);
        }
    }
    return 0;
}

/* The policy that is measured, and the one that C5 is compared with, which may be missing. */
static int find_policies(const hs_bench_options *o, hs_bench_policy *policy, hs_bench_policy *still,
                         int *has_still, char *why, size_t capacity)
{
    int has_presets = 0;
    int is_hashmux = 0;
    if (hs_bench_find_policy(o->plugins[0], 0, policy, &is_hashmux, why, capacity) != 1) {
        return -1;
    }
    hs_bench_name_policy(policy, !is_hashmux             ? ""
                                 : o->presets_given != 0 ? o->presets[0]
                                                         : "balanced");
    *has_still = hs_bench_find_policy(STATIC, 1, still, &has_presets, why, capacity);
    return *has_still < 0 ? -1 : 0;
}

static int tell(const hs_reality *r, const hs_bench_options *o, char *why, size_t capacity)
{
    const int to_stdout = o->json != NULL && strcmp(o->json, "-") == 0;
    FILE *const to = to_stdout ? stderr : stdout;
    int status = hs_bench_tell_failures(r->runs, r->job_count) > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
    const hs_bench_verdict v = hs_reality_tell(r, to);
    fprintf(to, "%" PRIu32 " limits compared, %" PRIu32 " exceeded\n", v.compared, v.exceeded);
    if (o->check && v.exceeded > 0) {
        status = HS_STATUS_NO;
    }
    if (o->json != NULL && hs_bench_save_lines(o, r->lines, r->job_count, why, capacity) != 0) {
        status = HS_STATUS_WRONG;
    }
    return status;
}

int hs_cmd_bench_reality(const hs_bench_options *options, char *why, size_t capacity)
{
    hs_reality reality = {.farms = NULL};
    hs_bench_policy policy;
    hs_bench_policy still;
    int has_still = 0;
    double secs = 0.0;
    if (check_words(options, why, capacity) != 0 ||
        find_policies(options, &policy, &still, &has_still, why, capacity) != 0) {
        return HS_STATUS_WRONG;
    }
    const hs_reality_how how = {.policy = &policy,
                                .still = has_still ? &still : NULL,
                                .seeds = options->seeds,
                                .seed_count = options->seed_count,
                                .seconds = options->seconds,
                                .sets = options->sets.at,
                                .set_count = options->sets.count};
    int rc = 0;
    for (size_t i = 0; i < HS_REALITY_ROW_COUNT && rc == 0; i++) {
        if (is_wanted(options, &HS_REALITY_ROWS[i])) {
            rc = hs_reality_add(&reality, &HS_REALITY_ROWS[i], &how, why, capacity);
        }
    }
    if (rc == 0 && hs_reality_plan(&reality, &how) != 0) {
        rc = hs_refuse(why, capacity, "out of memory");
    }
    if (rc == 0) {
        rc = hs_bench_run_shown(options, reality.jobs, reality.runs, reality.lines,
                                reality.job_count, &secs, why, capacity);
    }
    const int status = rc == 0 ? tell(&reality, options, why, capacity) : HS_STATUS_WRONG;
    hs_reality_free(&reality);
    return status;
}
