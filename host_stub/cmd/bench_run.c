/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/cmd/bench_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host_stub/base/output.h"
#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"
#include "host_stub/bench/jobs.h"
#include "host_stub/cmd/find.h"

/* ---- policies ---- */

/* The file's name without its folder and .so. */
static void name_policy(const char *path, char *name, size_t capacity)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL ? slash + 1 : path;
    const size_t len = strlen(base);
    const size_t stem = len > 3 && strcmp(base + len - 3, ".so") == 0 ? len - 3 : len;
    snprintf(name, capacity, "%.*s", stem < capacity ? (int)stem : (int)capacity - 1, base);
}

void hs_bench_name_policy(hs_bench_policy *policy, const char *preset)
{
    snprintf(policy->preset, sizeof policy->preset, "%s", preset);
    snprintf(policy->label, sizeof policy->label, "%s%s%s", policy->policy,
             preset[0] != '\0' ? " " : "", policy->preset);
}

int hs_bench_find_policy(const char *name, int may_lack, hs_bench_policy *policy, int *has_presets,
                         char *why, size_t capacity)
{
    hs_plugin plugin;
    const hs_load_options load = hs_loader_defaults();
    memset(policy, 0, sizeof *policy);
    if (hs_find_is_path(name, ".so")) {
        snprintf(policy->path, sizeof policy->path, "%s", name);
    } else if (hs_path_lib(name, policy->path, sizeof policy->path) != 0) {
        return hs_refuse(why, capacity, "the folder of the plugins is not found; give paths");
    }
    const enum hs_load_result result = hs_loader_open(policy->path, &load, &plugin, why, capacity);
    if (result == HS_LOAD_NOT_FOUND && may_lack) {
        fprintf(stderr, "host_stub bench control: left out, because it was not built: %s\n",
                policy->path);
        return 0;
    }
    if (result != HS_LOAD_OK) {
        return -1; /* told now, and not by each of its runs */
    }
    *has_presets = strcmp(plugin.id, "org.hashmux.hashmux") == 0;
    hs_loader_close(&plugin);
    name_policy(policy->path, policy->policy, sizeof policy->policy);
    hs_bench_name_policy(policy, "");
    return 1;
}

/* ---- while it runs ---- */

struct progress {
    time_t began;
    int is_terminal;
    int quiet;
    uint32_t tenths_told;
};

static void show_progress(void *ctx, uint32_t finished, uint32_t count)
{
    struct progress *const p = ctx;
    const uint32_t tenths = 10 * finished / count;
    const long spent = (long)(time(NULL) - p->began);
    const long left = spent * (long)(count - finished) / (long)finished;
    if (p->quiet) {
        return;
    }
    if (p->is_terminal) {
        fprintf(stderr, "\r%" PRIu32 " of %" PRIu32 " runs, %ld s, about %ld s to go   ", finished,
                count, spent, left);
        fputs(finished == count ? "\r\033[K" : "", stderr);
    } else if (tenths != p->tenths_told) {
        p->tenths_told = tenths;
        fprintf(stderr, "%" PRIu32 " of %" PRIu32 " runs, %ld s\n", finished, count, spent);
    }
    fflush(stderr);
}

int hs_bench_run_shown(const hs_bench_options *options, const hs_bench_job *jobs,
                       hs_bench_run *runs, char **lines, uint32_t count, double *secs, char *why,
                       size_t capacity)
{
    struct timespec from;
    struct timespec to;
    struct progress state = {
        .began = time(NULL), .is_terminal = isatty(STDERR_FILENO), .quiet = options->quiet};
    const hs_bench_progress progress = {show_progress, &state};
    const uint32_t workers = options->workers > 0 ? options->workers : hs_bench_processors();
    clock_gettime(CLOCK_MONOTONIC, &from);
    const int rc = hs_bench_run_jobs(jobs, runs, lines, count, workers, &progress, why, capacity);
    clock_gettime(CLOCK_MONOTONIC, &to);
    *secs = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    return rc;
}

/* ---- the results ---- */

int hs_bench_save_lines(const hs_bench_options *options, char *const *lines, uint32_t count,
                        char *why, size_t capacity)
{
    char *text = NULL;
    size_t len = 0;
    FILE *const to = open_memstream(&text, &len);
    for (uint32_t i = 0; to != NULL && i < count; i++) {
        (void)fprintf(to, "%s%s", lines[i] != NULL ? lines[i] : "", lines[i] != NULL ? "\n" : "");
    }
    const int rc = to == NULL || fclose(to) != 0
                       ? hs_refuse(why, capacity, "out of memory for the lines of JSON")
                       : hs_output_save(options->json, text, len, why, capacity);
    free(text);
    return rc;
}

uint32_t hs_bench_tell_failures(const hs_bench_run *runs, uint32_t count)
{
    uint32_t failures = 0;
    for (uint32_t i = 0; i < count; i++) {
        const hs_bench_run *const run = &runs[i];
        const char *const preset = run->preset[0] != '\0' ? run->preset : "-";
        if (run->failed) {
            fprintf(stderr, "FAILED %s, %s %s, seed %" PRIu64 ": %s\n", run->scenario, run->policy,
                    preset, run->seed, run->why);
        } else if (run->guard_violations > 0) {
            fprintf(stderr, "VIOLATIONS %s, %s %s, seed %" PRIu64 ": %" PRIu64 "\n", run->scenario,
                    run->policy, preset, run->seed, run->guard_violations);
        }
        failures += run->failed || run->guard_violations > 0;
    }
    return failures;
}
