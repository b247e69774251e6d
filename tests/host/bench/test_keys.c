/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/input.h"
#include "host_stub/bench/keys.h"

static hs_keys keys;
static hs_keys_plan plan;

static void read_example(void)
{
    char *text = NULL;
    size_t len = 0;
    char why[512];
    cr_assert_eq(
        hs_input_read(HMX_SOURCE_DIR "/plugin.ini.example", 1 << 20, &text, &len, why, sizeof why),
        0, "%s", why);
    cr_assert_eq(hs_keys_read(&keys, text, why, sizeof why), 0, "%s", why);
    free(text);
}

/* "a b c": the values of a key. */
static const char *values_of(const char *name)
{
    static char list[HS_KEY_VALUES * HS_KEY_VALUE_SIZE];
    list[0] = '\0';
    for (uint32_t i = 0; i < keys.count; i++) {
        for (uint32_t v = 0; strcmp(keys.keys[i].name, name) == 0 && v < keys.keys[i].value_count;
             v++) {
            strcat(list, v > 0 ? " " : "");
            strcat(list, keys.keys[i].values[v]);
        }
    }
    return list;
}

Test(keys, all_of_the_example_are_there_with_what_they_may_be, .init = read_example)
{
    static const struct {
        const char *name;
        const char *values;
    } some[] = {
        {"controller.tuning_model", "aggressive balanced conservative proportional_only"},
        {"controller.kp", "0 0.05 0.5 22.36068 1000"},
        {"controller.deadband_points", "auto 0 0.05 0.5 7.071068 100"},
        {"controller.evaluation_interval_secs", "1 5 30 1610 86400"},
        {"controller.min_reassignment_interval_secs", "0 5 30 4260 604800"},
        {"controller.measure_on_accepted", "true false"},
        {"controller.time_slicing", "auto off"},
        {"controller.min_improvement", "0 0.03 0.3 0.387298 0.5"},
        {"failover.grey_min_shares", "10 22 50 7071 1000000"},
    };
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        cr_expect_str_eq(values_of(some[i].name), some[i].values, "%s: %s", some[i].name,
                         values_of(some[i].name));
    }
    cr_assert_geq(keys.count, 27);
    for (uint32_t i = 0; i < keys.count; i++) {
        cr_expect(keys.keys[i].value_count >= 2, "%s has one value", keys.keys[i].name);
    }
}

Test(keys, what_it_cannot_read_is_refused)
{
    char why[512] = "";
    cr_assert_neq(hs_keys_read(&keys, "[upstream.a]\n# 1..2\nport = 1\n", why, sizeof why), 0);
    cr_assert_str_eq(why, "it has no keys to sweep");
    cr_assert_neq(hs_keys_read(&keys, "[failover]\n# ...x\nport = 1\n", why, sizeof why), 0);
    cr_assert_str_eq(why, "failover.port: nothing can be made of '...x'");
}

static void plan_of(const char *only, uint32_t pairs)
{
    static const hs_scenario scenario = {.farm = {.miners = 20}};
    static const hs_bench_policy policy;
    const hs_keys_farm farm = {&scenario, 20};
    const hs_keys_how how = {.keys = &keys,
                             .policy = &policy,
                             .farms = &farm,
                             .farm_count = 1,
                             .pairs = pairs,
                             .only = &only,
                             .only_count = 1,
                             .seed = 1};
    cr_assert_eq(hs_keys_plan_runs(&plan, &how), 0);
}

Test(keys, what_must_be_given_together_is, .init = read_example)
{
    plan_of("controller.ki", 0);
    cr_assert_eq(plan.job_count, 5);
    cr_assert_eq(plan.set_count[4], 3);
    cr_assert_str_eq(plan.sets[4][0], "controller.ki=1000");
    cr_assert_str_eq(plan.sets[4][1], "controller.kp=0.5");
    cr_assert_str_eq(plan.sets[4][2], "controller.kd=0.02");
    hs_keys_free(&plan);
    plan_of("failover.hold_down_secs", 0);
    cr_assert_eq(plan.set_count[0], 1);
    cr_assert_str_eq(plan.sets[4][0], "failover.hold_down_secs=86400");
    cr_assert_str_eq(plan.sets[4][1], "failover.hold_down_max_secs=86400");
    hs_keys_free(&plan);
    plan_of("failover.hold_down_max_secs", 0);
    cr_assert_str_eq(plan.sets[0][1], "failover.hold_down_secs=0");
    hs_keys_free(&plan);
}

Test(keys, pairs_are_two_different_keys_and_always_the_same, .init = read_example)
{
    char first[HS_KEY_SETS][HS_KEY_NAME_SIZE + HS_KEY_VALUE_SIZE];
    plan_of("nothing", 400);
    cr_assert_eq(plan.job_count, 400);
    memcpy(first, plan.sets[399], sizeof first);
    for (uint32_t i = 0; i < plan.case_count; i++) {
        cr_assert_eq(plan.cases[i].count, 2);
        cr_assert_neq(plan.cases[i].key[0], plan.cases[i].key[1]);
        cr_assert_leq(plan.set_count[i], HS_KEY_SETS);
    }
    hs_keys_free(&plan);
    plan_of("nothing", 400);
    cr_assert_eq(memcmp(first, plan.sets[399], sizeof first), 0);
    hs_keys_free(&plan);
}

/* Twenty equal miners with 60/30/10 fit exactly: a point, luck's half, and one miner of five. */
Test(keys, limits_are_a_point_beyond_what_whole_miners_and_the_deadband_allow, .init = read_example)
{
    char *text = NULL;
    size_t size = 0;
    plan_of("deadband", 0);
    hs_bench_run *const run = &plan.runs[5];
    double series[4] = {40, 60, 40, 60};
    run->series = (hs_bench_series){.points = 2, .pool_count = 2};
    run->series.delivered_pct = series;
    run->series.effective_pct = series;
    cr_assert_float_eq(hs_keys_most_error(&plan, 0), 6.5, 1e-9, "auto");
    cr_assert_float_eq(hs_keys_most_error(&plan, 5), 106, 1e-9, "of 100");
    run->error_mean[3] = 53;
    run->moves_per_channel_day = 5;
    cr_assert_float_eq(hs_keys_badness(&plan, 5), 0.5, 1e-9);
    run->moves_per_channel_day = 30;
    cr_assert_float_eq(hs_keys_badness(&plan, 5), 1.5, 1e-9);
    for (uint32_t i = 0; i < 5; i++) {
        plan.runs[i].failed = 1;
        strcpy(plan.runs[i].why, "broken");
    }
    FILE *const to = open_memstream(&text, &size);
    const hs_bench_verdict v = hs_keys_tell(&plan, to);
    fclose(to);
    cr_assert_eq(v.compared, 6);
    cr_assert_eq(v.exceeded, 6);
    cr_assert_not_null(strstr(text, "controller.deadband_points=auto: failed: broken\n"));
    cr_assert_not_null(strstr(text, "controller.deadband_points=100: 24 h 53.000, second half "
                                    "0.000 of 106.0 points; 30.00 of 20 moves\n"),
                       "%s", text);
    free(text);
    run->series = (hs_bench_series){0};
    hs_keys_free(&plan);
}
