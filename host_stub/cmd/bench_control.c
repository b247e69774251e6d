/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * cmd/bench_control: `host_stub bench control`: scenarios x policies x seeds, each run in a process
 * of its own, as a table of error against moves with the floors of luck and of whole miners beside
 * it, as lines of JSON, as a page, and as an answer to the question whether it is good enough.
 *
 *   cmd/bench_options        what is measured
 *   cmd/bench_run            the runs, and what is common to the tables
 *   bench/jobs               runs in parallel
 *   bench/measure            one run
 *   bench/result             the structs that all of them share
 *   bench/print, bench/json  the results for people and for programs
 *   bench/limits             what is good enough
 *   bench/check              whether it is
 *   cmd/bench_reality        the table of --reality
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/check.h"
#include "host_stub/bench/fleet.h"
#include "host_stub/bench/print.h"
#include "host_stub/cmd/bench_options.h"
#include "host_stub/cmd/bench_run.h"
#include "host_stub/cmd/commands.h"
#include "host_stub/cmd/find.h"
#include "host_stub/report/report.h"

enum { WHY_SIZE = 2048 };

struct bench {
    hs_bench_options *options;
    hs_call *call;     /* for the sentence at the end */
    const char *world; /* NULL = kind */
    hs_scenario *scenarios;
    hs_bench_table table;
    hs_bench_job *jobs;
    char **lines;
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
            scenario->farm.shares_per_minute = o->shares;
        } else if (hs_find_scenario(o->scenarios[i], b->world, scenario, why, sizeof why) != 0) {
            return complain(b, why);
        }
        b->table.scenario_count = i + 1;
        memcpy(b->table.scenarios[i], scenario->name, sizeof b->table.scenarios[i]);
        memcpy(b->table.titles[i], scenario->title, sizeof b->table.titles[i]);
    }
    return 0;
}

static int add_plugin(struct bench *b, const char *name)
{
    char why[WHY_SIZE];
    hs_bench_policy policy;
    int has_presets = 0;
    const int may_lack = !b->options->plugins_given && strcmp(name, "hashmux") != 0;
    const int found = hs_bench_find_policy(name, may_lack, &policy, &has_presets, why, sizeof why);
    for (uint32_t i = 0; found == 1 && i < (has_presets ? b->options->preset_count : 1); i++) {
        hs_bench_name_policy(&policy, has_presets ? b->options->presets[i] : "");
        b->table.policies[b->table.policy_count++] = policy;
    }
    return found < 0 ? complain(b, why) : 0;
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

static int measure(struct bench *b)
{
    hs_bench_table *const t = &b->table;
    char why[WHY_SIZE];
    const int rc = hs_bench_run_shown(b->options, b->jobs, t->runs, b->lines, t->run_count,
                                      &t->wall_secs, why, sizeof why);
    for (uint32_t i = 0; i < t->run_count; i++) {
        t->runs[i].policy_index = i / t->seed_count % t->policy_count;
        t->runs[i].scenario_index = i / t->seed_count / t->policy_count;
    }
    hs_bench_summarise(t);
    return rc != 0 ? complain(b, why) : 0;
}

/* ---- the results ---- */

/* Another world is compared with the kind one, of which the limits are. */
static hs_bench_verdict check(const struct bench *b, const struct bench *kind, FILE *to)
{
    return kind != NULL             ? hs_bench_check_world(&b->table, &kind->table, to)
           : b->options->fleets > 0 ? hs_bench_check_fleets(&b->table, to)
                                    : hs_bench_check(&b->table, to);
}

/* `kind` NULL = the world needs no other. */
static int tell(struct bench *b, const struct bench *kind)
{
    const hs_bench_options *const o = b->options;
    char why[WHY_SIZE];
    const int to_stdout = o->json != NULL && strcmp(o->json, "-") == 0;
    int status = hs_bench_tell_failures(b->table.runs, b->table.run_count) > 0 ? HS_STATUS_NO
                                                                               : HS_STATUS_DONE;
    if (!o->quiet && !to_stdout) {
        (o->fleets > 0 ? hs_bench_print_fleets : hs_bench_print)(stdout, &b->table);
    }
    if (kind != NULL && !o->quiet && !to_stdout) {
        fprintf(stdout, "\nin the kind world, ");
        hs_bench_print(stdout, &kind->table);
    }
    if (o->check) {
        FILE *const to = to_stdout ? stderr : stdout;
        fputs(o->quiet || to_stdout ? "" : "\n", to);
        const hs_bench_verdict v = check(b, kind, to);
        fprintf(to, "%" PRIu32 " limits compared, %" PRIu32 " exceeded\n", v.compared, v.exceeded);
        status = v.exceeded > 0 ? HS_STATUS_NO : status;
    }
    if (o->json != NULL &&
        hs_bench_save_lines(o, b->lines, b->table.run_count, why, sizeof why) != 0) {
        complain(b, why);
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

/* Runs all of it. 0, or -1. */
static int make(struct bench *b)
{
    return load_scenarios(b) == 0 && load_policies(b) == 0 && make_jobs(b) == 0 ? measure(b) : -1;
}

int hs_cmd_bench_control(hs_call *call)
{
    hs_bench_options *const o = call->options;
    if (o->reality) {
        return hs_cmd_bench_reality(o, call->why, sizeof call->why);
    }
    if (o->keys) {
        return hs_cmd_bench_keys(o, call->why, sizeof call->why);
    }
    struct bench b = {.options = o, .call = call, .world = o->world};
    struct bench kind = {.options = o, .call = call};
    int status = HS_STATUS_WRONG;
    const int two = o->check && hs_bench_other_world(o);
    if (make(&b) == 0 && (!two || make(&kind) == 0)) {
        status = tell(&b, two ? &kind : NULL);
        if (two && hs_bench_tell_failures(kind.table.runs, kind.table.run_count) > 0) {
            status = HS_STATUS_NO;
        }
    }
    release(&kind);
    release(&b);
    return status;
}
