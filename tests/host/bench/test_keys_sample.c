/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A sample of `host_stub bench control --keys 500`: each 36th of its runs, by its limits. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/input.h"
#include "host_stub/bench/keys.h"
#include "tests/unit/test_slow.h"

enum { EACH = 36, FARMS = 2 };

static hs_keys keys;
static hs_keys_plan plan;
static hs_scenario scenarios[FARMS];

static void make_plan(void)
{
    static const hs_bench_policy policy = {.path = HMX_HASHMUX_SO};
    static const char *const names[FARMS] = {"nine", "homo20"};
    hs_keys_farm farms[FARMS] = {{&scenarios[0], 550}, {&scenarios[1], 20}};
    char *text = NULL;
    size_t len = 0;
    char path[1024];
    char why[512];
    cr_assert_eq(
        hs_input_read(HMX_SOURCE_DIR "/plugin.ini.example", 1 << 20, &text, &len, why, sizeof why),
        0, "%s", why);
    cr_assert_eq(hs_keys_read(&keys, text, why, sizeof why), 0, "%s", why);
    free(text);
    for (int i = 0; i < FARMS; i++) {
        snprintf(path, sizeof path, HMX_TEST_DATA "/sim/%s.ini", names[i]);
        cr_assert_eq(hs_scenario_load(&scenarios[i], path, why, sizeof why), 0, "%s", why);
    }
    const hs_keys_how how = {.keys = &keys,
                             .policy = &policy,
                             .farms = farms,
                             .farm_count = FARMS,
                             .pairs = 500,
                             .seed = 1};
    cr_assert_eq(hs_keys_plan_runs(&plan, &how), 0);
}

static void run_each(uint32_t from)
{
    const uint32_t each = EACH * usual_or_slow(1, 8);
    for (uint32_t job = from; job < plan.job_count; job += each) {
        hs_bench_measure(&plan.jobs[job], &plan.runs[job], &plan.lines[job]);
        hs_keys_tell_run(&plan, job, stderr);
        cr_expect_lt(hs_keys_badness(&plan, job), 1.0, "run %u", job);
    }
    hs_keys_free(&plan);
    for (int i = 0; i < FARMS; i++) {
        hs_scenario_free(&scenarios[i]);
    }
}

/* In two halves, for two processors; from odd and even numbers, so that each has one farm. */
Test(keys_sample, farms_that_are_sliced_are_in_order, .init = make_plan)
{
    run_each(8);
}

Test(keys_sample, farms_of_twenty_equal_miners_are_in_order, .init = make_plan)
{
    run_each(17);
}
