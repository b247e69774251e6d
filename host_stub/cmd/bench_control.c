/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_control: `host_stub bench control`: scenarios x policies x seeds, each run in a process
 * of its own, as a table of error against moves with the floors of luck and of whole miners beside
 * it, as lines of JSON, as a page, and as an answer to the question whether it is good enough.
 *
 *   cmd/bench_options        what is measured
 *   bench/jobs               runs in parallel
 *   bench/measure            one run
 *   bench/result             the structs that all of them share
 *   bench/print, bench/json  the results for people and for programs
 *   bench/limits             what is good enough
 *   bench/check              whether it is
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host_stub/base/output.h"
#include "host_stub/base/paths.h"
#include "host_stub/base/text.h"
#include "host_stub/bench/check.h"
#include "host_stub/bench/fleet.h"
#include "host_stub/bench/jobs.h"
#include "host_stub/bench/print.h"
#include "host_stub/cmd/bench_options.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/cmd/find.h"
#include "host_stub/report/report.h"

enum { WHY_SIZE = 2048, PATH_SIZE = 4096 };

struct bench {
    hs_bench_options *options;
    hs_call *call; /* for the sentence at the end */
    hs_scenario *scenarios;
    hs_bench_table table;
    hs_bench_job *jobs;
    char **lines;
    time_t began;
    int is_terminal;
    uint32_t tenths_told;
};

static int complain(struct bench *b, const char *what)
{
    return hs_refuse(b->call->why, sizeof b->call->why, "%s", what);
}

/* ---- what is measured ---- */

static int load_scenarios(struct bench *b)
{
    const hs_bench_options *const o = b->options;
    const uint32_t count = o->fleets > 0 ? o->fleets : o->scenario_count;
    char why[WHY_SIZE];
    b->scenarios = calloc(count, sizeof *b->scenarios);
    b->table.scenarios = calloc(count, sizeof *b->table.scenarios);
    b->table.titles = calloc(count, sizeof *b->table.titles);
    if (b->scenarios == NULL || b->table.scenarios == NULL || b->table.titles == NULL) {
        return complain(b, "out of memory");
    }
    for (uint32_t i = 0; i < count; i++) {
        hs_scenario *const scenario = &b->scenarios[i];
        if (o->fleets > 0) {
            if (hs_fleet_scenario(i + 1, scenario, why, sizeof why) != 0) {
                return complain(b, why);
            }
        } else if (hs_find_scenario(o->scenarios[i], o->world, scenario, why, sizeof why) != 0) {
            return complain(b, why);
        }
        b->table.scenario_count = i + 1;
        memcpy(b->table.scenarios[i], scenario->name, sizeof b->table.scenarios[i]);
        memcpy(b->table.titles[i], scenario->title, sizeof b->table.titles[i]);
    }
    return 0;
}

/* The file's name without its folder and .so. */
static void name_policy(const char *path, char *name, size_t capacity)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL ? slash + 1 : path;
    const size_t len = strlen(base);
    const size_t stem = len > 3 && strcmp(base + len - 3, ".so") == 0 ? len - 3 : len;
    snprintf(name, capacity, "%.*s", stem < capacity ? (int)stem : (int)capacity - 1, base);
}

static void add_policy(struct bench *b, const char *path, const char *preset)
{
    hs_bench_policy *const p = &b->table.policies[b->table.policy_count++];
    snprintf(p->path, sizeof p->path, "%s", path);
    name_policy(path, p->policy, sizeof p->policy);
    snprintf(p->preset, sizeof p->preset, "%s", preset);
    snprintf(p->label, sizeof p->label, "%s%s%s", p->policy, preset[0] != '\0' ? " " : "",
             p->preset);
}

/* A plugin that is not there or is refused is told now, and not by each of its runs. */
static int add_plugin(struct bench *b, const char *name)
{
    char path[PATH_SIZE];
    char why[WHY_SIZE];
    hs_plugin plugin;
    const hs_load_options load = hs_loader_defaults();
    if (hs_find_is_path(name, ".so")) {
        snprintf(path, sizeof path, "%s", name);
    } else if (hs_path_lib(name, path, sizeof path) != 0) {
        return complain(b, "the folder of the plugins is not found; give paths");
    }
    const enum hs_load_result result = hs_loader_open(path, &load, &plugin, why, sizeof why);
    if (result == HS_LOAD_NOT_FOUND && !b->options->plugins_given && strcmp(name, "hashmux") != 0) {
        fprintf(stderr, "host_stub bench control: left out, because it was not built: %s\n", path);
        return 0;
    }
    if (result != HS_LOAD_OK) {
        return complain(b, why);
    }
    const int has_presets = strcmp(plugin.id, "org.hashmux.hashmux") == 0;
    hs_loader_close(&plugin);
    if (!has_presets) {
        add_policy(b, path, "");
    }
    for (uint32_t i = 0; has_presets && i < b->options->preset_count; i++) {
        add_policy(b, path, b->options->presets[i]);
    }
    return 0;
}

static int load_policies(struct bench *b)
{
    const hs_bench_options *const o = b->options;
    const size_t most = (size_t)o->plugin_count * (o->preset_count + 1);
    b->table.policies = calloc(most, sizeof *b->table.policies);
    if (b->table.policies == NULL) {
        return complain(b, "out of memory");
    }
    for (uint32_t i = 0; i < o->plugin_count; i++) {
        if (add_plugin(b, o->plugins[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static int make_jobs(struct bench *b)
{
    hs_bench_table *const t = &b->table;
    const hs_bench_options *const o = b->options;
    const size_t count = (size_t)t->scenario_count * t->policy_count * o->seed_count;
    t->seeds = calloc(o->seed_count, sizeof *t->seeds);
    t->runs = calloc(count, sizeof *t->runs);
    t->cells = calloc((size_t)t->scenario_count * t->policy_count, sizeof *t->cells);
    b->jobs = calloc(count, sizeof *b->jobs);
    b->lines = calloc(count, sizeof *b->lines);
    if (t->seeds == NULL || t->runs == NULL || t->cells == NULL || b->jobs == NULL ||
        b->lines == NULL) {
        return complain(b, "out of memory");
    }
    t->seed_count = o->seed_count;
    t->run_count = (uint32_t)count;
    memcpy(t->seeds, o->seeds, o->seed_count * sizeof *t->seeds);
    size_t at = 0;
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        for (uint32_t p = 0; p < t->policy_count; p++) {
            for (uint32_t k = 0; k < t->seed_count; k++) {
                b->jobs[at++] = (hs_bench_job){.scenario = &b->scenarios[s],
                                               .policy = &t->policies[p],
                                               .sets = o->sets.at,
                                               .set_count = (uint32_t)o->sets.count,
                                               .seed = o->fleets > 0 ? s + 1 : t->seeds[k],
                                               .seconds = o->seconds,
                                               .want_series = k == 0 && o->fleets == 0};
            }
        }
    }
    return 0;
}

/* ---- while it runs ---- */

static void show_progress(void *ctx, uint32_t finished, uint32_t count)
{
    struct bench *const b = ctx;
    const uint32_t tenths = 10 * finished / count;
    const long spent = (long)(time(NULL) - b->began);
    const long left = spent * (long)(count - finished) / (long)finished;
    if (b->options->quiet) {
        return;
    }
    if (b->is_terminal) {
        fprintf(stderr, "\r%" PRIu32 " of %" PRIu32 " runs, %ld s, about %ld s to go   ", finished,
                count, spent, left);
        fputs(finished == count ? "\r\033[K" : "", stderr);
    } else if (tenths != b->tenths_told) {
        b->tenths_told = tenths;
        fprintf(stderr, "%" PRIu32 " of %" PRIu32 " runs, %ld s\n", finished, count, spent);
    }
    fflush(stderr);
}

static int measure(struct bench *b)
{
    char why[WHY_SIZE];
    struct timespec from;
    struct timespec to;
    hs_bench_table *const t = &b->table;
    const hs_bench_progress progress = {show_progress, b};
    const uint32_t workers = b->options->workers > 0 ? b->options->workers : hs_bench_processors();
    b->began = time(NULL);
    b->is_terminal = isatty(STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &from);
    const int rc = hs_bench_run_jobs(b->jobs, t->runs, b->lines, t->run_count, workers, &progress,
                                     why, sizeof why);
    clock_gettime(CLOCK_MONOTONIC, &to);
    t->wall_secs = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    for (uint32_t i = 0; i < t->run_count; i++) {
        t->runs[i].policy_index = i / t->seed_count % t->policy_count;
        t->runs[i].scenario_index = i / t->seed_count / t->policy_count;
    }
    hs_bench_summarise(t);
    return rc != 0 ? complain(b, why) : 0;
}

/* ---- the results ---- */

static int write_json(struct bench *b)
{
    char *text = NULL;
    size_t len = 0;
    FILE *const to = open_memstream(&text, &len);
    for (uint32_t i = 0; to != NULL && i < b->table.run_count; i++) {
        (void)fprintf(to, "%s%s", b->lines[i] != NULL ? b->lines[i] : "",
                      b->lines[i] != NULL ? "\n" : "");
    }
    const int rc =
        to == NULL || fclose(to) != 0
            ? complain(b, "out of memory for the lines of JSON")
            : hs_output_save(b->options->json, text, len, b->call->why, sizeof b->call->why);
    free(text);
    return rc;
}

/* Runs that failed, and broken contracts. Returns how many. */
static uint32_t tell_failures(const hs_bench_table *t)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->run_count; i++) {
        const hs_bench_run *const run = &t->runs[i];
        const char *const preset = run->preset[0] != '\0' ? run->preset : "-";
        if (run->failed) {
            fprintf(stderr, "FAILED %s, %s %s, seed %" PRIu64 ": %s\n", run->scenario, run->policy,
                    preset, run->seed, run->why);
        } else if (run->guard_violations > 0) {
            fprintf(stderr, "VIOLATIONS %s, %s %s, seed %" PRIu64 ": %" PRIu64 "\n", run->scenario,
                    run->policy, preset, run->seed, run->guard_violations);
        }
        count += run->failed || run->guard_violations > 0;
    }
    return count;
}

static int tell(struct bench *b)
{
    const hs_bench_options *const o = b->options;
    char why[WHY_SIZE];
    const int to_stdout = o->json != NULL && strcmp(o->json, "-") == 0;
    int status = tell_failures(&b->table) > 0 ? HS_STATUS_NO : HS_STATUS_DONE;
    if (!o->quiet && !to_stdout) {
        (o->fleets > 0 ? hs_bench_print_fleets : hs_bench_print)(stdout, &b->table);
    }
    if (o->check) {
        FILE *const to = to_stdout ? stderr : stdout;
        fputs(o->quiet || to_stdout ? "" : "\n", to);
        const hs_bench_verdict v =
            (o->fleets > 0 ? hs_bench_check_fleets : hs_bench_check)(&b->table, to);
        fprintf(to, "%" PRIu32 " limits compared, %" PRIu32 " exceeded\n", v.compared, v.exceeded);
        status = v.exceeded > 0 ? HS_STATUS_NO : status;
    }
    if (o->json != NULL && write_json(b) != 0) {
        status = HS_STATUS_WRONG;
    }
    if (o->report != NULL && hs_report_bench(&b->table, o->report, why, sizeof why) != 0) {
        complain(b, why);
        status = HS_STATUS_WRONG;
    }
    return status;
}

static void release(struct bench *b)
{
    for (uint32_t i = 0; b->lines != NULL && i < b->table.run_count; i++) {
        free(b->lines[i]);
    }
    for (uint32_t i = 0; b->scenarios != NULL && i < b->table.scenario_count; i++) {
        hs_scenario_free(&b->scenarios[i]);
    }
    free(b->lines);
    free(b->jobs);
    free(b->scenarios);
    hs_bench_table_free(&b->table);
}

int hs_cmd_bench_control(hs_call *call)
{
    struct bench b = {.options = call->options, .call = call};
    int status = HS_STATUS_WRONG;
    if (load_scenarios(&b) == 0 && load_policies(&b) == 0 && make_jobs(&b) == 0) {
        status = measure(&b) == 0 ? tell(&b) : HS_STATUS_WRONG;
    }
    release(&b);
    return status;
}
