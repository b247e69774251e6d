/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/bench/jobs.h"

enum { SEEDS = 3, SHORT_SECS = 4 * 3600 };

static hs_scenario scenarios[2];
static hs_bench_policy policies[2];

static void load(const char *name, hs_scenario *scenario)
{
    char path[1024];
    char why[512];
    snprintf(path, sizeof path, "%s/sim/%s.ini", HMX_TEST_DATA, name);
    cr_assert_eq(hs_scenario_load(scenario, path, why, sizeof why), 0, "%s", why);
}

static void policy(hs_bench_policy *p, const char *name, const char *preset)
{
    memset(p, 0, sizeof *p);
    snprintf(p->policy, sizeof p->policy, "%s", name);
    snprintf(p->preset, sizeof p->preset, "%s", preset);
    snprintf(p->path, sizeof p->path, "%s/%s.so", HMX_LIB_DIR, name);
}

static void start(void)
{
    load("small20", &scenarios[0]);
    load("outage", &scenarios[1]);
    policy(&policies[0], "hashmux", "conservative");
    policy(&policies[1], "static_hashrate", "");
}

static void finish(hs_bench_run *runs, char **lines, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        hs_bench_run_free(&runs[i]);
        free(lines[i]);
    }
    hs_scenario_free(&scenarios[0]);
    hs_scenario_free(&scenarios[1]);
    free(runs);
}

static hs_bench_run *room(uint32_t count)
{
    hs_bench_run *const runs = calloc(count, sizeof *runs);
    cr_assert_not_null(runs);
    return runs;
}

static void make(const hs_bench_job *jobs, hs_bench_run *runs, char **lines, uint32_t count,
                 uint32_t workers)
{
    char why[512] = "";
    const hs_bench_progress silent = {NULL, NULL};
    cr_assert_eq(hs_bench_run_jobs(jobs, runs, lines, count, workers, &silent, why, sizeof why), 0,
                 "%s", why);
}

Test(bench_jobs, the_number_of_processes_makes_no_difference)
{
    enum { COUNT = 2 * SEEDS };
    hs_bench_job jobs[COUNT];
    char *alone[COUNT];
    char *together[COUNT];
    start();
    for (uint32_t i = 0; i < COUNT; i++) {
        jobs[i] = (hs_bench_job){.scenario = &scenarios[0],
                                 .policy = &policies[i / SEEDS],
                                 .seed = i % SEEDS + 1,
                                 .seconds = SHORT_SECS,
                                 .want_series = i == 0};
    }
    hs_bench_run *const a = room(COUNT);
    hs_bench_run *const b = room(COUNT);
    make(jobs, a, alone, COUNT, 1);
    make(jobs, b, together, COUNT, 5);
    for (uint32_t i = 0; i < COUNT; i++) {
        cr_assert(!a[i].failed && !b[i].failed, "%s %s", a[i].why, b[i].why);
        cr_assert_not_null(alone[i]);
        cr_expect_str_eq(alone[i], together[i]);
        cr_expect_eq(a[i].seed, i % SEEDS + 1);
        cr_expect_str_eq(a[i].preset, i < SEEDS ? "conservative" : "");
        cr_expect_eq(a[i].series.points, i == 0 ? SHORT_SECS / HS_BENCH_SERIES_SECS : 0);
        hs_bench_run_free(&b[i]);
        free(together[i]);
    }
    cr_expect_str_neq(alone[0], alone[1]);
    free(b);
    finish(a, alone, COUNT);
}

Test(bench_jobs, the_series_add_up)
{
    hs_bench_job job;
    char *line;
    double moves = 0.0;
    start();
    job = (hs_bench_job){.scenario = &scenarios[1],
                         .policy = &policies[0],
                         .seed = 1,
                         .seconds = 7 * 3600,
                         .want_series = 1};
    hs_bench_run *const run = room(1);
    make(&job, run, &line, 1, 1);
    const hs_bench_series *const s = &run->series;
    cr_assert_eq(s->points, 42);
    cr_assert_eq(s->pool_count, 3);
    for (uint32_t p = 0; p < s->points; p++) {
        const double *const d = &s->delivered_pct[p * 3];
        const double *const e = &s->effective_pct[p * 3];
        moves += s->moves[p];
        cr_expect_float_eq(d[0] + d[1] + d[2], 100.0, 1e-9);
        cr_expect_float_eq(e[0] + e[1] + e[2], 100.0, 1e-9);
    }
    cr_expect_eq(moves, (double)run->moves);
    cr_expect_float_eq(s->effective_pct[36 * 3], 0.0, 1e-9); /* 6 h to 6 h 10 min: a is down */
    cr_expect_float_eq(s->effective_pct[36 * 3 + 1], 75.0, 1e-9);
    cr_expect_float_eq(s->effective_pct[35 * 3], 60.0, 1e-9);
    finish(run, &line, 1);
}

/* Start, down, up; the members are those that the benchmark promises. */
Test(bench_jobs, a_run_has_its_events_and_its_line)
{
    hs_bench_job job;
    char *line;
    start();
    job = (hs_bench_job){
        .scenario = &scenarios[1], .policy = &policies[0], .seed = 1, .seconds = 8 * 3600};
    hs_bench_run *const run = room(1);
    make(&job, run, &line, 1, 1);
    cr_assert_eq(run->event_count, 3);
    cr_expect_eq(run->events[1].second, 6 * 3600);
    cr_expect_eq(run->events[1].begins, 1);
    cr_expect_eq(run->events[2].second, 6 * 3600 + 1200);
    cr_expect_eq(run->events[2].begins, 0);
    cr_expect_lt(run->events[0].converge_min, 2.0);
    cr_expect_lt(run->events[2].converge_min, 10.0);
    cr_expect_lt(run->events[2].alloc_dev_max, 10.0);
    cr_expect(run->luck_floor[1] > 0.1 && run->luck_floor[1] < 0.4, "%f", run->luck_floor[1]);
    cr_expect(isnan(run->error_mean[3]) && isnan(run->luck_floor[3]));
    cr_expect_lt(run->granularity_floor, 0.03);
    json_t *const json = json_loads(line, 0, NULL);
    cr_assert_not_null(json);
    cr_expect_str_eq(json_string_value(json_object_get(json, "preset")), "conservative");
    cr_expect_str_eq(json_string_value(json_object_get(json, "scenario")), "outage");
    cr_expect_eq(json_array_size(json_object_get(json, "converge_min")), 3);
    cr_expect_eq(json_array_size(json_object_get(json, "alloc_dev_max_pp")), 2);
    cr_expect(json_is_null(json_object_get(json_object_get(json, "luck_floor_pp"), "24h")));
    cr_expect(json_is_real(json_object_get(json, "lost_work_pct")));
    cr_expect(json_is_real(json_object_get(json, "granularity_floor_pp")));
    cr_expect(json_is_object(json_object_get(json, "error_pp")));
    json_decref(json);
    finish(run, &line, 1);
}

/* One plugin that is not there and one that refuses its configuration lose their runs only. */
Test(bench_jobs, a_failure_is_one_run_and_says_why)
{
    static const char *const SETS[] = {"controller.tuning_model=furious"};
    hs_bench_job jobs[3];
    char *lines[3];
    hs_bench_policy gone;
    start();
    policy(&gone, "nowhere", "");
    jobs[0] = (hs_bench_job){
        .scenario = &scenarios[0], .policy = &gone, .seed = 1, .seconds = SHORT_SECS};
    jobs[1] = (hs_bench_job){.scenario = &scenarios[0],
                             .policy = &policies[0],
                             .sets = SETS,
                             .set_count = 1,
                             .seed = 1,
                             .seconds = SHORT_SECS};
    jobs[2] = (hs_bench_job){
        .scenario = &scenarios[0], .policy = &policies[1], .seed = 1, .seconds = SHORT_SECS};
    hs_bench_run *const runs = room(3);
    make(jobs, runs, lines, 3, 2);
    cr_expect_eq(runs[0].failed, 1);
    cr_expect_not_null(strstr(runs[0].why, "nowhere.so"), "%s", runs[0].why);
    cr_expect_eq(runs[1].failed, 1);
    cr_expect_not_null(strstr(runs[1].why, "furious"), "%s", runs[1].why);
    cr_expect_str_eq(runs[1].policy, "hashmux");
    cr_expect_null(lines[0]);
    cr_expect_null(lines[1]);
    cr_expect_eq(runs[2].failed, 0);
    cr_expect_not_null(lines[2]);
    finish(runs, lines, 3);
}
