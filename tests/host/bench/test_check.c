/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/bench/check.h"
#include "host_stub/bench/limits.h"

enum { POLICIES = 6, SEEDS = 2, OUT = 65536 };

static const char *const NAMES[POLICIES][2] = {
    {"hashmux", "aggressive"},        {"hashmux", "balanced"}, {"hashmux", "conservative"},
    {"hashmux", "proportional_only"}, {"count_pid", ""},       {"static_hashrate", ""}};
/* What is good in hetero200: 1 h error and moves. */
static const double GOOD[POLICIES][2] = {{0.10, 1.0}, {0.14, 0.4}, {0.21, 0.1},
                                         {0.20, 0.1}, {6.0, 10.0}, {0.23, 0.0}};

static char said[OUT];

/* A table of one scenario in which every limit is kept. */
static void start(hs_bench_table *t, const char *scenario, uint32_t events)
{
    memset(t, 0, sizeof *t);
    t->scenario_count = 1;
    t->policy_count = POLICIES;
    t->seed_count = SEEDS;
    t->run_count = POLICIES * SEEDS;
    t->scenarios = calloc(1, sizeof *t->scenarios);
    t->policies = calloc(POLICIES, sizeof *t->policies);
    t->runs = calloc(t->run_count, sizeof *t->runs);
    t->cells = calloc(POLICIES, sizeof *t->cells);
    strcpy(t->scenarios[0], scenario);
    for (uint32_t p = 0; p < POLICIES; p++) {
        strcpy(t->policies[p].policy, NAMES[p][0]);
        strcpy(t->policies[p].preset, NAMES[p][1]);
        for (uint32_t k = 0; k < SEEDS; k++) {
            hs_bench_run *const run = &t->runs[p * SEEDS + k];
            strcpy(run->scenario, scenario);
            strcpy(run->policy, NAMES[p][0]);
            strcpy(run->preset, NAMES[p][1]);
            run->seed = k + 1;
            run->seconds = 26 * 3600;
            run->channels = 200;
            run->event_count = events;
            run->error_mean[0] = 0.5;
            run->error_mean[1] = GOOD[p][0];
            run->error_mean[2] = 0.02;
            run->error_mean[3] = 0.005;
            run->error_max[1] = 0.5;
            run->moves_per_channel_day = GOOD[p][1];
            for (int w = 0; w < HS_WINDOWS; w++) {
                run->luck_floor[w] = w == 0 ? 0.5 : 0.2;
            }
            for (uint32_t i = 0; i < events; i++) {
                run->events[i].second = i * 3600;
                run->events[i].begins = i < 2;
                strcpy(run->events[i].name, i == 0 ? "start" : "event");
            }
        }
    }
}

static hs_bench_run *run_of(hs_bench_table *t, uint32_t policy, uint32_t seed)
{
    return &t->runs[policy * SEEDS + seed];
}

static hs_bench_verdict verdict_on(hs_bench_table *t, int fleets)
{
    FILE *const to = fmemopen(said, sizeof said, "w");
    cr_assert_not_null(to);
    hs_bench_summarise(t);
    const hs_bench_verdict v = fleets ? hs_bench_check_fleets(t, to) : hs_bench_check(t, to);
    fclose(to);
    return v;
}

static void expect_exceeded(hs_bench_table *t, const char *line)
{
    const hs_bench_verdict v = verdict_on(t, 0);
    cr_expect_eq(v.exceeded, 1, "%u exceeded: %s", v.exceeded, said);
    cr_expect_not_null(strstr(said, line), "no '%s' in %s", line, said);
}

Test(bench_check, what_is_good_passes_and_was_compared)
{
    hs_bench_table t;
    start(&t, "hetero200", 1);
    const hs_bench_verdict v = verdict_on(&t, 0);
    cr_expect_eq(v.exceeded, 0, "%s", said);
    cr_expect_geq(v.compared, 20);
    cr_expect_str_eq(said, "");
    hs_bench_table_free(&t);
}

Test(bench_check, the_mean_over_the_seeds_counts)
{
    hs_bench_table t;
    start(&t, "rackdrop", 1);
    run_of(&t, 1, 0)->error_max[1] = 0.70; /* limit 0.66 */
    cr_expect_eq(verdict_on(&t, 0).exceeded, 0, "the mean is 0.60: %s", said);
    run_of(&t, 1, 1)->error_max[1] = 0.63;
    expect_exceeded(&t, "EXCEEDED rackdrop, balanced: worst hour 0.6650, at most 0.6600");
    hs_bench_table_free(&t);
}

Test(bench_check, each_kind_of_limit_is_looked_at)
{
    hs_bench_table t;
    start(&t, "hetero200", 1);
    run_of(&t, 0, 0)->moves_per_channel_day = run_of(&t, 0, 1)->moves_per_channel_day = 1.5;
    expect_exceeded(&t, "aggressive: moves 1.5000, at most 1.4000");
    hs_bench_table_free(&t);

    start(&t, "hetero200", 1);
    run_of(&t, 2, 0)->error_mean[1] = run_of(&t, 2, 1)->error_mean[1] = 0.13;
    expect_exceeded(&t, "balanced: 1 h error against conservative's 0.1400, at most 0.1300");
    hs_bench_table_free(&t);

    start(&t, "hetero200", 1);
    run_of(&t, 1, 0)->luck_floor[1] = run_of(&t, 1, 1)->luck_floor[1] = 0.16;
    expect_exceeded(&t, "1 h error against 0.85 x luck 0.1400, at most 0.1360");
    hs_bench_table_free(&t);

    start(&t, "hetero200", 1);
    run_of(&t, 3, 1)->error_mean[3] = 1.2;
    expect_exceeded(&t, "proportional_only: 24 h error (it has stalled) 1.2000, at most 1.0000");
    hs_bench_table_free(&t);

    start(&t, "hetero200", 1);
    run_of(&t, 5, 0)->error_mean[1] = run_of(&t, 5, 1)->error_mean[1] = 0.18;
    expect_exceeded(&t, "1 h error against 1.05 x static_hashrate 0.2000, at most 0.1890");
    hs_bench_table_free(&t);

    start(&t, "hetero200", 1);
    run_of(&t, 4, 0)->moves_per_channel_day = run_of(&t, 4, 1)->moves_per_channel_day = 3.0;
    expect_exceeded(&t, "moves against count_pid / 10 0.4000, at most 0.3000");
    hs_bench_table_free(&t);

    start(&t, "hetero200", 1);
    run_of(&t, 1, 1)->events[0].converge_min = NAN;
    expect_exceeded(&t, "balanced: minutes to converge after start (worst seed) never, at most");
    hs_bench_table_free(&t);
}

Test(bench_check, dynamic_criteria_take_the_worst_seed_of_their_event)
{
    hs_bench_table t;
    start(&t, "outage", 3);
    run_of(&t, 1, 0)->events[1].converge_min = 99.0; /* not judged: the pool goes down */
    run_of(&t, 1, 0)->events[2].converge_min = 1.0;
    for (uint32_t p = 0; p < 3; p++) { /* the moves that the outage costs */
        run_of(&t, p, 0)->moves_per_channel_day = run_of(&t, p, 1)->moves_per_channel_day = 1.3;
    }
    cr_expect_eq(verdict_on(&t, 0).exceeded, 0, "%s", said);
    run_of(&t, 1, 1)->events[2].converge_min = 1.5;
    expect_exceeded(&t, "outage, balanced: minutes to converge after event ends (worst seed) "
                        "1.5000, at most 1.0000");
    run_of(&t, 1, 1)->seconds = 3 * 3600; /* cut short: nothing is said about what comes later */
    cr_expect_eq(verdict_on(&t, 0).exceeded, 0, "%s", said);
    hs_bench_table_free(&t);
}

Test(bench_check, what_was_not_measured_is_not_missed)
{
    hs_bench_table t;
    start(&t, "hetero200", 1);
    for (uint32_t i = 0; i < t.run_count; i++) {
        t.runs[i].error_mean[3] = NAN; /* a short run */
    }
    run_of(&t, 0, 0)->failed = run_of(&t, 0, 1)->failed = 1;
    cr_expect_eq(verdict_on(&t, 0).exceeded, 0, "%s", said);
    strcpy(t.scenarios[0], "mine");
    for (uint32_t i = 0; i < t.run_count; i++) {
        strcpy(t.runs[i].scenario, "mine");
    }
    cr_expect_leq(verdict_on(&t, 0).compared, 2);
    hs_bench_table_free(&t);
}

Test(bench_check, fleets_that_stall_or_shake_are_named)
{
    hs_bench_table t;
    start(&t, "fleet1", 1);
    cr_expect_eq(verdict_on(&t, 1).exceeded, 0, "%s", said);
    run_of(&t, 1, 0)->error_mean[3] = 0.11;
    run_of(&t, 2, 0)->error_mean[3] = 0.9;
    run_of(&t, 3, 0)->error_mean[3] = 1.1;
    run_of(&t, 0, 0)->moves_per_channel_day = 551;
    run_of(&t, 4, 0)->error_mean[3] = 30;
    cr_expect_eq(verdict_on(&t, 1).exceeded, 3, "%s", said);
    cr_expect_not_null(strstr(said, "fleet1, aggressive: moves (unstable) 551.0000, at most 550"));
    cr_expect_not_null(strstr(said, "fleet1, balanced: 24 h error 0.1100, at most 0.1000"));
    cr_expect_not_null(strstr(said, "fleet1, proportional_only: 24 h error 1.1000"));
    run_of(&t, 1, 0)->channels = 9;
    cr_expect_eq(verdict_on(&t, 1).exceeded, 2, "%s", said);
    hs_bench_table_free(&t);
}

/* Every limit names a scenario that is there, and every scenario with limits has its moves. */
Test(bench_check, limits_belong_to_scenarios)
{
    char path[1024];
    for (size_t i = 0; i < HS_BENCH_LIMIT_COUNT; i++) {
        snprintf(path, sizeof path, "%s/sim/%s.ini", HMX_TEST_DATA, HS_BENCH_LIMITS[i].scenario);
        FILE *const file = fopen(path, "r");
        cr_assert_not_null(file, "%s", path);
        fclose(file);
        cr_expect_gt(HS_BENCH_LIMITS[i].balanced_moves, 0.0);
    }
    for (size_t i = 0; i < HS_BENCH_DYNAMIC_COUNT; i++) {
        snprintf(path, sizeof path, "%s/sim/%s.ini", HMX_TEST_DATA, HS_BENCH_DYNAMICS[i].scenario);
        FILE *const file = fopen(path, "r");
        cr_assert_not_null(file, "%s", path);
        fclose(file);
    }
    cr_expect_eq(HS_BENCH_LIMIT_COUNT, 23);
    cr_expect(isnan(hs_bench_solo_moves("")));
}

/* Of another world, what the kind one allows: 1.15 times its error or 0.01 points more, and what
 * lost connections have taken along there; 1.5 times its moves or 0.05 more. */
Test(bench_check, another_world_is_compared_with_the_kind_one)
{
    hs_bench_table kind;
    hs_bench_table t;
    start(&kind, "anything", 1);
    start(&t, "anything", 1);
    hs_bench_summarise(&kind);
    const struct {
        uint32_t policy;
        double error;
        double moves;
        uint64_t lost; /* shares of 1000 of the pool that has half of the work */
        const char *line;
    } cases[] = {
        {1, 0.161, 0.59, 0, NULL}, /* of 0.14 and 0.4 */
        {1, 0.1611, 0.4, 0, "balanced: 1 h error against the kind world's 0.1611, at most 0.1610"},
        {1, 0.261, 0.4, 2, NULL},
        {1, 0.2611, 0.4, 2, "balanced: 1 h error against the kind world's 0.2611, at most 0.2610"},
        {1, 0.14, 0.61, 0, "balanced: moves against the kind world's 0.6100, at most 0.6000"},
        {2, 0.24, 0.15, 0, NULL}, /* of 0.21 and 0.1 */
        {2, 0.21, 0.151, 0, "conservative: moves against the kind world's 0.1510, at most 0.1500"},
        {4, 60.0, 100.0, 0, NULL}, /* has no presets */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hs_bench_run *const a = run_of(&t, cases[i].policy, 0);
        hs_bench_run *const b = run_of(&t, cases[i].policy, 1);
        a->error_mean[1] = b->error_mean[1] = cases[i].error;
        a->moves_per_channel_day = b->moves_per_channel_day = cases[i].moves;
        a->pool_count = b->pool_count = 1;
        a->pools[0] = b->pools[0] =
            (hs_sim_pool_result){.delivered_pct = 50.0, .accepted = 1000, .lost = cases[i].lost};
        hs_bench_summarise(&t);
        FILE *const to = fmemopen(said, sizeof said, "w");
        cr_assert_not_null(to);
        const hs_bench_verdict v = hs_bench_check_world(&t, &kind, to);
        fclose(to);
        cr_expect_eq(v.compared, 8);
        cr_expect_eq(v.exceeded, cases[i].line != NULL, "%zu: %s", i, said);
        cr_expect(cases[i].line == NULL || strstr(said, cases[i].line) != NULL, "%s", said);
        a->error_mean[1] = b->error_mean[1] = GOOD[cases[i].policy][0];
        a->moves_per_channel_day = b->moves_per_channel_day = GOOD[cases[i].policy][1];
    }
    hs_bench_table_free(&t);
    hs_bench_table_free(&kind);
}
