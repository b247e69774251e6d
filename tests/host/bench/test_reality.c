/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_stub/bench/reality.h"

enum { OUT = 8192, VALUES_LEAST = 5, HOURS = 26 };

static char why[512];
static const uint64_t SEEDS[] = {7, 8, 9};
static const hs_bench_policy POLICY = {.policy = "hashmux", .preset = "balanced", .path = "x.so"};
static const hs_bench_policy STILL = {.policy = "static_hashrate", .path = "y.so"};
static const hs_reality_how HOW = {
    .policy = &POLICY, .still = &STILL, .seeds = SEEDS, .seed_count = HS_REALITY_SEEDS};

static const hs_reality_row *row_of(const char *name)
{
    for (size_t i = 0; i < HS_REALITY_ROW_COUNT; i++) {
        if (strcmp(HS_REALITY_ROWS[i].name, name) == 0) {
            return &HS_REALITY_ROWS[i];
        }
    }
    cr_assert_fail("there is no row %s", name);
    return NULL;
}

/* Each row becomes scenarios, with five values and a limit at least, or names a test that is
 * there. */
Test(reality, every_row_is_whole)
{
    hs_reality r = {.farms = NULL};
    uint32_t numbers = 0;
    for (size_t i = 0; i < HS_REALITY_ROW_COUNT; i++) {
        const hs_reality_row *const row = &HS_REALITY_ROWS[i];
        const uint32_t before = r.cell_count;
        cr_assert_eq(hs_reality_add(&r, row, &HOW, why, sizeof why), 0, "%s: %s", row->name, why);
        for (size_t k = 0; k < i; k++) {
            cr_expect_str_neq(row->name, HS_REALITY_ROWS[k].name);
        }
        if (row->test != NULL) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%s", HMX_SOURCE_DIR, row->test);
            cr_expect_eq(access(path, R_OK), 0, "%s: there is no %s", row->name, row->test);
            cr_expect_eq(row->checks[0].metric, HS_REALITY_NONE);
            continue;
        }
        numbers++;
        cr_expect_geq(r.cell_count - before, VALUES_LEAST, "%s has too few values", row->name);
        cr_expect_neq(row->checks[0].metric, HS_REALITY_NONE, "%s has no limit", row->name);
        for (int c = 0; c < HS_REALITY_CHECKS; c++) {
            cr_expect(row->checks[c].times <= 0.0 || row->reference != NULL, "%s", row->name);
        }
    }
    cr_expect_geq(numbers, 30);
    cr_expect_geq(r.named_count, 5);
    cr_assert_eq(hs_reality_plan(&r, &HOW), 0);
    cr_expect_eq(r.job_count, r.farm_count * HS_REALITY_SEEDS);
    hs_reality_free(&r);
}

Test(reality, a_value_is_put_into_the_scenario)
{
    static const hs_reality_row row = {.name = "X"};
    char *text = hs_reality_text(&row, "farm.list=@1x100;-pool.c;pool.a.target=@2;upstream.a.k=@",
                                 "12/70", why, sizeof why);
    cr_assert_not_null(text, "%s", why);
    cr_expect_not_null(strstr(text, "list = 12x100\n"), "%s", text);
    cr_expect_null(strstr(text, "mix"));
    cr_expect_null(strstr(text, "pool.c"));
    cr_expect_not_null(strstr(text, "[pool.a]\ntarget = 70\n"), "%s", text);
    cr_expect_not_null(strstr(text, "[upstream.a]\nk = 12/70\n"), "%s", text);
    free(text);
    text = hs_reality_text(&row, "pool.a.target=-;event.x.pools=a b", "1", why, sizeof why);
    cr_assert_not_null(text);
    cr_expect_null(strstr(text, "target = 60"));
    cr_expect_not_null(strstr(text, "[event.x]\npools = a b\n"));
    free(text);
    cr_expect_null(hs_reality_text(&row, "nonsense", "1", why, sizeof why));
    cr_expect_not_null(strstr(why, "nonsense"));
}

Test(reality, equal_pools_make_a_hundred)
{
    hs_reality r = {.farms = NULL};
    cr_assert_eq(hs_reality_add(&r, row_of("C8"), &HOW, why, sizeof why), 0, "%s", why);
    cr_expect_eq(r.farms[0].scenario->pool_count, 64);
    cr_expect_float_eq(r.farms[0].scenario->pools[63].target_pct, 1.5625, 1e-12);
    hs_reality_free(&r);
}

Test(reality, a_word_names_the_rows_of_a_number)
{
    cr_expect(hs_reality_is_named(row_of("B1 kept"), "B1"));
    cr_expect(hs_reality_is_named(row_of("B1 kept"), "B1 kept"));
    cr_expect(!hs_reality_is_named(row_of("B1 kept"), "B"));
    cr_expect(!hs_reality_is_named(row_of("B1 kept"), "B1 k"));
    cr_expect(!hs_reality_is_named(row_of("D1"), "D10"));
    cr_expect(!hs_reality_is_named(row_of("D1"), ""));
}

/* The reference that does not depend on the value is one farm; that of C5 has its own policy. */
Test(reality, the_same_farm_is_run_once)
{
    hs_reality r = {.farms = NULL};
    cr_assert_eq(hs_reality_add(&r, row_of("A1 rhythm"), &HOW, why, sizeof why), 0, "%s", why);
    cr_expect_eq(r.cell_count, 8);
    cr_expect_eq(r.farm_count, 9);
    cr_assert_eq(hs_reality_add(&r, row_of("C5"), &HOW, why, sizeof why), 0, "%s", why);
    cr_expect_eq(r.farms[r.cells[8].reference].policy, &STILL);
    cr_expect_eq(r.farms[r.cells[8].farm].policy, &POLICY);
    hs_reality_free(&r);
}

/* ---- judging ---- */

static hs_reality_row invented;
static hs_reality made;

static void invent(hs_reality_check check, const char *values)
{
    invented = (hs_reality_row){.name = "X1",
                                .values = values,
                                .set = "pool.b.ack_interval=@s",
                                .reference = "",
                                .checks = {check}};
    memset(&made, 0, sizeof made);
    cr_assert_eq(hs_reality_add(&made, &invented, &HOW, why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_reality_plan(&made, &HOW), 0);
    for (uint32_t i = 0; i < made.job_count; i++) {
        made.runs[i].seed = made.jobs[i].seed;
        made.runs[i].moves_per_channel_day = 1.0;
    }
}

static hs_bench_run *run_of(uint32_t farm, uint32_t seed)
{
    return &made.runs[made.farms[farm].first + seed];
}

static void expect(uint32_t compared, uint32_t exceeded, const char *words)
{
    char text[OUT] = "";
    FILE *const to = fmemopen(text, sizeof text, "w");
    cr_assert_not_null(to);
    const hs_bench_verdict v = hs_reality_tell(&made, to);
    fclose(to);
    cr_expect_eq(v.compared, compared, "%u compared: %s", v.compared, text);
    cr_expect_eq(v.exceeded, exceeded, "%u exceeded: %s", v.exceeded, text);
    cr_expect_not_null(strstr(text, words), "no '%s' in %s", words, text);
    hs_reality_free(&made);
}

Test(reality, an_absolute_limit_binds_the_worst_seed)
{
    invent((hs_reality_check){HS_REALITY_MOVES, 0.0, 3.0}, "1 2 3");
    expect(3, 0, "1.000     3.000");
    invent((hs_reality_check){HS_REALITY_MOVES, 0.0, 3.0}, "1 2 3");
    run_of(2, 1)->moves_per_channel_day = 3.5; /* farm 1 is the reference */
    expect(3, 1, "3.500     3.000  2          seed 8      1 of  3  EXCEEDED");
}

Test(reality, a_relative_limit_binds_the_mean)
{
    invent((hs_reality_check){HS_REALITY_MOVES, 1.5, 0.05}, "1 2 3");
    run_of(2, 0)->moves_per_channel_day = 2.4;
    expect(3, 0, "1.467     1.500  2");
    invent((hs_reality_check){HS_REALITY_MOVES, 1.5, 0.05}, "1 2 3");
    run_of(3, 2)->moves_per_channel_day = 2.6;
    expect(3, 1, "1.533     1.500  3          seed 9      1 of  3  EXCEEDED");
    invent((hs_reality_check){HS_REALITY_MOVES, 1.0, 0.2}, "1 2");
    run_of(2, 0)->moves_per_channel_day = 1.5;
    expect(2, 0, "1.167     1.200");
}

Test(reality, a_failed_run_and_a_broken_contract_exceed)
{
    invent((hs_reality_check){HS_REALITY_MOVES, 0.0, 3.0}, "1 2");
    run_of(2, 1)->failed = 1;
    expect(2, 1, "never");
    invent((hs_reality_check){HS_REALITY_MOVES, 0.0, 3.0}, "1 2");
    run_of(0, 1)->guard_violations = 1;
    expect(2, 1, "never");
}

/* A run that is too short has no window of a day. */
Test(reality, what_is_not_there_is_not_compared)
{
    invent((hs_reality_check){HS_REALITY_ERROR_24H, 0.0, 0.1}, "1 2");
    for (uint32_t i = 0; i < made.job_count; i++) {
        made.runs[i].error_mean[3] = NAN;
    }
    expect(0, 0, "row");
}

/* ---- metrics ---- */

static hs_bench_run measured;

/* Two pools; the second gets nothing before the hour `first`, and then 40 per cent. */
static void fill_run(uint32_t first)
{
    const uint32_t points = HOURS * 6;
    memset(&measured, 0, sizeof measured);
    measured.series = (hs_bench_series){.points = points, .pool_count = 2};
    measured.series.delivered_pct = calloc((size_t)points * 2, sizeof(double));
    measured.series.effective_pct = calloc((size_t)points * 2, sizeof(double));
    measured.series.moves = calloc(points, sizeof(double));
    for (uint32_t p = 0; p < points; p++) {
        const double second = p < first * 6 ? 0.0 : 40.0;
        measured.series.delivered_pct[2 * p] = 100.0 - second;
        measured.series.delivered_pct[2 * p + 1] = second;
        measured.series.effective_pct[2 * p] = 61.0;
        measured.series.effective_pct[2 * p + 1] = 39.0;
        measured.series.moves[p] = 1.0;
    }
    measured.pools[0].target_pct = 61.0;
    measured.pools[1].target_pct = 39.0;
    measured.seconds = HOURS * 3600;
    measured.channels = 12.0;
    measured.event_count = 3;
    measured.events[1] = (hs_bench_event){.second = 6 * 3600, .begins = 1, .converge_min = 4.0};
    measured.events[2] = (hs_bench_event){.second = 7 * 3600, .converge_min = NAN};
}

Test(reality, metrics_of_a_run)
{
    fill_run(3);
    cr_expect_float_eq(hs_reality_measure(&measured, HS_REALITY_FIRST), 3.0 + 1.0 / 6.0, 1e-9);
    cr_expect_float_eq(hs_reality_measure(&measured, HS_REALITY_LATE), 1.0, 1e-9);
    cr_expect_float_eq(hs_reality_measure(&measured, HS_REALITY_SPREAD), 20.0, 1e-9);
    cr_expect_float_eq(hs_reality_measure(&measured, HS_REALITY_REST), 0.0, 1e-9);
    cr_expect_float_eq(hs_reality_measure(&measured, HS_REALITY_NOTICED), 4.0, 1e-9);
    measured.series.moves[7 * 6 + 1] = 8.0;
    cr_expect_float_eq(hs_reality_measure(&measured, HS_REALITY_EVENT_MOVES), 9.0, 1e-9);
    measured.moves_refused = 13;
    measured.moves_failed = 13;
    cr_expect_float_eq(hs_reality_measure(&measured, HS_REALITY_TRIED), 2.0, 1e-9);
    measured.events[1].converge_min = NAN;
    cr_expect(isinf(hs_reality_measure(&measured, HS_REALITY_NOTICED)));
    hs_bench_run_free(&measured);
    fill_run(HOURS);
    cr_expect(isinf(hs_reality_measure(&measured, HS_REALITY_FIRST)));
    hs_bench_run_free(&measured);
}

Test(reality, what_cannot_be_told_is_as_bad_as_can_be)
{
    fill_run(0);
    for (uint32_t i = 0; i < measured.series.points * 2; i++) {
        measured.series.delivered_pct[i] = NAN;
    }
    cr_expect(isinf(hs_reality_measure(&measured, HS_REALITY_LATE)));
    hs_bench_run_free(&measured);
    for (uint32_t m = HS_REALITY_NONE + 1; m < HS_REALITY_METRICS; m++) {
        cr_expect_neq(hs_reality_metric_name(m)[0], '\0');
    }
}
