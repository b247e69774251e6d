/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The page of a benchmark: summary, tables of error against floors. */
#include "host_stub/report/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/report/bench_plane.h"
#include "host_stub/report/page.h"
#include "host_stub/report/split.h"

enum { GRADES = 5, POINTS_DECIMALS = 3 };

/* Error as a multiple of the luck floor: below the first is grade 0, and so on. */
static const double GRADE_BELOW[GRADES - 1] = {0.85, 1.2, 2.0, 5.0};
static const char *const GRADE_NAMES[GRADES] = {"better than luck (below 0.85)",
                                                "like luck (to 1.2)", "to 2", "to 5", "above 5"};
static const char *const WINDOW_TITLES[HS_WINDOWS] = {"10 minutes", "1 hour", "6 hours",
                                                      "24 hours"};

/* ---- over all scenarios ---- */

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of the finite ones among `count`, which are sorted; NAN if there is none. */
static double median(double *values, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            values[n++] = values[i];
        }
    }
    if (n == 0) {
        return NAN;
    }
    qsort(values, n, sizeof *values, by_size);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2.0;
}

static void fill_overall(const hs_bench_table *t, uint32_t policy, double *room,
                         hs_bench_overall *o)
{
    double *const error = room;
    double *const ratio = room + t->scenario_count;
    double *const moves = room + 2 * (size_t)t->scenario_count;
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        const hs_bench_cell *const c = hs_bench_cell_at(t, s, policy);
        const int known = c->runs > 0;
        error[s] = known ? c->error_mean[HS_BENCH_PLANE_WINDOW] : NAN;
        ratio[s] = known ? error[s] / c->luck_floor[HS_BENCH_PLANE_WINDOW] : NAN;
        moves[s] = known ? c->moves_per_channel_day : NAN;
        o->scenarios += known ? 1 : 0;
        o->failed += c->failed;
        if (known && !(o->lost >= c->lost_work_pct)) {
            o->lost = c->lost_work_pct;
        }
    }
    o->error = median(error, t->scenario_count);
    o->on_luck = median(ratio, t->scenario_count);
    o->moves = median(moves, t->scenario_count);
}

/* [policy_count], to be freed; NULL when out of memory. */
static hs_bench_overall *overalls(const hs_bench_table *t)
{
    hs_bench_overall *const all = calloc((size_t)t->policy_count + 1, sizeof *all);
    double *const room = calloc(3 * (size_t)t->scenario_count + 1, sizeof *room);
    if (all == NULL || room == NULL) {
        free(all);
        free(room);
        return NULL;
    }
    for (uint32_t p = 0; p < t->policy_count; p++) {
        all[p].lost = NAN;
        fill_overall(t, p, room, &all[p]);
    }
    for (uint32_t i = 0; i < t->run_count; i++) {
        if (!t->runs[i].failed && t->runs[i].policy_index < t->policy_count) {
            all[t->runs[i].policy_index].violations += t->runs[i].guard_violations;
        }
    }
    free(room);
    return all;
}

/* ---- cells ---- */

static void value(hs_html *out, double v, unsigned decimals)
{
    if (decimals == POINTS_DECIMALS && v > 0.0 && v < 0.0005) {
        hs_html_raw(out, "&lt;&#160;0.001");
    } else if (isfinite(v)) {
        hs_html_number(out, v, decimals);
    } else {
        hs_html_raw(out, "&#8211;");
    }
}

static void value_cell(hs_html *out, const char *label, double v, unsigned decimals)
{
    hs_page_cell(out, label);
    value(out, v, decimals);
    hs_html_raw(out, "</td>");
}

static int grade(double ratio)
{
    int g = 0;
    while (g < GRADES - 1 && ratio >= GRADE_BELOW[g]) {
        g++;
    }
    return g;
}

static void error_cell(hs_html *out, const hs_bench_cell *c, int window, const char *label)
{
    const double error = c->error_mean[window];
    const double ratio = error / c->luck_floor[window];
    if (c->runs == 0 || !isfinite(error)) {
        hs_page_cell(out, label);
        hs_html_raw(out, c->runs == 0 && c->failed > 0 ? "<span>failed</span></td>"
                                                       : "<span>&#8211;</span></td>");
        return;
    }
    hs_html_raw(out, "<td ");
    if (isfinite(ratio)) {
        hs_html_print(out, "class=\"q q%d\" ", grade(ratio));
    }
    hs_html_raw(out, "data-l=\"");
    hs_html_text(out, label);
    hs_html_raw(out, "\"><span><b>");
    value(out, error, POINTS_DECIMALS);
    hs_html_raw(out, "</b><br/><span class=\"small\">");
    value(out, ratio, ratio < 10.0 ? 2 : 0);
    hs_html_raw(out, " &#215; luck<br/>");
    value(out, c->moves_per_channel_day, c->moves_per_channel_day < 10.0 ? 2 : 0);
    hs_html_raw(out, " moves</span></span></td>");
}

/* The floors belong to the farm, not to the policy: those of the first that has them. */
static const hs_bench_cell *cell_with_floors(const hs_bench_table *t, uint32_t scenario)
{
    for (uint32_t p = 0; p < t->policy_count; p++) {
        if (hs_bench_cell_at(t, scenario, p)->runs > 0) {
            return hs_bench_cell_at(t, scenario, p);
        }
    }
    return NULL;
}

static void error_table(hs_html *out, const hs_bench_table *t, int window)
{
    hs_html_raw(out, "<div class=\"scroll\"><table class=\"stack one\"><thead><tr><th>scenario</th>"
                     "<th>luck floor</th><th>whole-miner floor</th>");
    for (uint32_t p = 0; p < t->policy_count; p++) {
        hs_html_raw(out, "<th>");
        hs_html_text(out, t->policies[p].label);
        hs_html_raw(out, "</th>");
    }
    hs_html_raw(out, "</tr></thead><tbody>\n");
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        const hs_bench_cell *const floors = cell_with_floors(t, s);
        hs_html_raw(out, "<tr><th>");
        hs_html_text(out, t->scenarios[s]);
        hs_html_raw(out, "</th>");
        value_cell(out, "luck floor", floors != NULL ? floors->luck_floor[window] : NAN,
                   POINTS_DECIMALS);
        value_cell(out, "whole-miner floor", floors != NULL ? floors->granularity_floor : NAN,
                   POINTS_DECIMALS);
        for (uint32_t p = 0; p < t->policy_count; p++) {
            error_cell(out, hs_bench_cell_at(t, s, p), window, t->policies[p].label);
        }
        hs_html_raw(out, "</tr>\n");
    }
    hs_html_raw(out, "</tbody></table></div>\n");
}

static void tables(hs_html *out, const hs_bench_table *t)
{
    hs_page_section(
        out, "Every scenario",
        "Mean error over windows of one hour, in points, mean over the seeds; below "
        "it the error as a multiple of the luck floor, which gives the colour, and "
        "the moves per miner and day. Luck floor: the same shares, each given to a "
        "pool drawn at random by the targets. Whole-miner floor: the best that any "
        "fixed placing of whole miners can do; only moving a miner to and fro gets below "
        "it.");
    hs_html_raw(out, "<ul class=\"legend\">");
    for (int g = 0; g < GRADES; g++) {
        hs_html_print(out, "<li><span class=\"q q%d\">%s</span></li>", g, GRADE_NAMES[g]);
    }
    hs_html_raw(out, "</ul>\n");
    error_table(out, t, HS_BENCH_PLANE_WINDOW);
    for (int w = 0; w < HS_WINDOWS; w++) {
        if (w != HS_BENCH_PLANE_WINDOW) {
            hs_html_print(out, "<details><summary>The same over %s</summary>\n", WINDOW_TITLES[w]);
            error_table(out, t, w);
            hs_html_raw(out, "</details>\n");
        }
    }
    hs_page_section_end(out);
}

/* ---- the beginning and the end ---- */

static void facts(hs_html *out, const hs_bench_table *t)
{
    hs_html_print(out,
                  "<ul class=\"facts\"><li>scenarios <b>%" PRIu32
                  "</b></li><li>policies <b>%" PRIu32 "</b></li><li>runs <b>%" PRIu32
                  "</b></li><li>seeds <b>",
                  t->scenario_count, t->policy_count, t->run_count);
    for (uint32_t i = 0; i < t->seed_count; i++) {
        hs_html_print(out, "%s%" PRIu64, i > 0 ? ", " : "", t->seeds[i]);
    }
    hs_html_raw(out, "</b></li><li>measured in <b>");
    hs_page_duration(out, t->wall_secs >= 1.0 ? (uint64_t)t->wall_secs : 1);
    hs_html_raw(out, "</b></li></ul>\n");
}

static void summary_row(hs_html *out, const hs_bench_table *t, const hs_bench_overall *o,
                        uint32_t policy)
{
    hs_html_raw(out, "<tr><th>");
    hs_page_swatch(out, policy);
    hs_html_text(out, t->policies[policy].label);
    hs_html_raw(out, "</th>");
    value_cell(out, "error over 1 h, points", o->error, POINTS_DECIMALS);
    value_cell(out, "error / luck floor", o->on_luck, 2);
    value_cell(out, "moves per miner and day", o->moves, 2);
    value_cell(out, "most work lost, %", o->lost, 4);
    hs_page_cell(out, "violations");
    hs_html_print(out, "%" PRIu64 "</td>", o->violations);
    hs_page_cell(out, "failed runs");
    hs_html_print(out, "%" PRIu32 "</td></tr>\n", o->failed);
}

static void summary(hs_html *out, const hs_bench_table *t, const hs_bench_overall *overall)
{
    uint64_t bad = 0;
    hs_page_section(out, "The policies in short",
                    "Medians over the scenarios; work lost: the scenario that loses most, mean of "
                    "its seeds.");
    hs_html_raw(out, "<table class=\"stack one\"><thead><tr><th>policy</th><th>error over 1 h, "
                     "points</th><th>error / luck floor</th><th>moves per miner and day</th><th>"
                     "most work lost, %</th><th>violations</th><th>failed runs</th></tr></thead>"
                     "<tbody>\n");
    for (uint32_t p = 0; p < t->policy_count; p++) {
        summary_row(out, t, &overall[p], p);
        bad += overall[p].violations + overall[p].failed;
    }
    hs_html_raw(out, "</tbody></table>\n");
    if (bad > 0) {
        hs_html_raw(out, "<p class=\"alarm\">There are failed runs or violations of the contract: "
                         "see each scenario below.</p>\n");
    }
    hs_page_section_end(out);
}

static void command(hs_html *out, const hs_bench_table *t)
{
    hs_page_section(out, "Make it again",
                    "Same scenarios, plugins and seeds give the same numbers, on every machine. "
                    "The truth is the simulator's own account of which pool credited what; no "
                    "number comes from a plugin.");
    hs_html_raw(out, "<pre><code>host_stub bench control --seeds ");
    for (uint32_t i = 0; i < t->seed_count; i++) {
        hs_html_print(out, "%" PRIu64 "%s", t->seeds[i],
                      i + 1 < t->seed_count || t->seed_count == 1 ? "," : "");
    }
    hs_html_raw(out, " --scenarios ");
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        hs_html_raw(out, s > 0 ? "," : "");
        hs_html_text(out, t->scenarios[s]);
    }
    hs_html_raw(out, "</code></pre>\n<ul class=\"facts\">");
    for (uint32_t p = 0; p < t->policy_count; p++) {
        hs_html_raw(out, "<li>");
        hs_html_text(out, t->policies[p].label);
        hs_html_raw(out, ": <b>");
        hs_html_text(out, t->policies[p].path);
        hs_html_raw(out, "</b></li>");
    }
    hs_html_raw(out, "</ul>\n");
    hs_page_section_end(out);
}

/* ---- each scenario: the split over time by policy, convergence ---- */

/* Beyond so many scenarios (random fleets) the drawings are left out: they would be megabytes. */
enum { SCENARIOS_DRAWN_MAX = 60 };

/* What begins and ends again becomes a band. */
static size_t marks_of(const hs_bench_run *run, hs_plot_mark *marks)
{
    size_t count = 0;
    for (uint32_t i = 0; i < run->event_count; i++) {
        const hs_bench_event *const e = &run->events[i];
        hs_plot_mark mark = {e->second, e->second, i};
        if (e->kind == 0 || !e->begins) {
            continue;
        }
        for (uint32_t k = i + 1; k < run->event_count; k++) {
            if (!run->events[k].begins && strcmp(run->events[k].name, e->name) == 0) {
                mark.to = run->events[k].second;
                break;
            }
        }
        marks[count++] = mark;
    }
    return count;
}

/* The first seed's run that has its course, or NULL. */
static const hs_bench_run *drawn_run(const hs_bench_table *t, uint32_t scenario, uint32_t policy)
{
    for (uint32_t k = 0; k < t->seed_count; k++) {
        const hs_bench_run *const run = hs_bench_at(t, scenario, policy, k);
        if (run != NULL && !run->failed && run->series.points > 1 &&
            run->series.delivered_pct != NULL && run->series.effective_pct != NULL) {
            return run;
        }
    }
    return NULL;
}

static void mini(hs_html *out, const hs_bench_table *t, uint32_t scenario, uint32_t policy)
{
    hs_plot_mark marks[HS_BENCH_EVENTS_MAX];
    const hs_bench_run *const run = drawn_run(t, scenario, policy);
    if (run == NULL) {
        return;
    }
    const hs_split split = {.step_secs = HS_BENCH_SERIES_SECS,
                            .points = run->series.points,
                            .pool_count = run->series.pool_count,
                            .pools = run->pools,
                            .delivered_pct = run->series.delivered_pct,
                            .effective_pct = run->series.effective_pct,
                            .marks = marks,
                            .mark_count = marks_of(run, marks)};
    hs_html_raw(out, "<div><h4>");
    hs_page_swatch(out, policy);
    hs_html_text(out, t->policies[policy].label);
    hs_html_print(out, "<span class=\"soft\">, seed %" PRIu64 "</span></h4>\n", run->seed);
    hs_split_mini(out, &split, t->policies[policy].label);
    hs_html_raw(out, "</div>\n");
}

/* Minutes until the split was back, worst of the seeds; never if one of them never was. */
static void converge_cell(hs_html *out, const hs_bench_table *t, uint32_t scenario, uint32_t policy,
                          uint32_t event)
{
    double worst = -1.0;
    int never = 0;
    for (uint32_t k = 0; k < t->seed_count; k++) {
        const hs_bench_run *const run = hs_bench_at(t, scenario, policy, k);
        if (run == NULL || run->failed || event >= run->event_count) {
            continue;
        }
        const double minutes = run->events[event].converge_min;
        never |= !isfinite(minutes);
        worst = minutes > worst ? minutes : worst;
    }
    hs_page_cell(out, t->policies[policy].label);
    if (never) {
        hs_html_raw(out, "never</td>");
    } else if (worst < 0.0) {
        hs_html_raw(out, "&#8211;</td>");
    } else {
        hs_html_number(out, worst, 1);
        hs_html_raw(out, "</td>");
    }
}

static const hs_bench_run *any_run(const hs_bench_table *t, uint32_t scenario)
{
    for (uint32_t p = 0; p < t->policy_count; p++) {
        for (uint32_t k = 0; k < t->seed_count; k++) {
            const hs_bench_run *const run = hs_bench_at(t, scenario, p, k);
            if (run != NULL && !run->failed) {
                return run;
            }
        }
    }
    return NULL;
}

static void event_name(hs_html *out, const hs_bench_event *e)
{
    hs_page_duration(out, e->second);
    hs_html_raw(out, " ");
    hs_html_text(out, e->name);
    if (e->kind != 0) {
        hs_html_print(out, "<span class=\"soft\"> (%s)</span>",
                      e->begins ? hs_report_event_kind(e->kind) : "ends");
    }
}

static void convergence(hs_html *out, const hs_bench_table *t, uint32_t scenario)
{
    const hs_bench_run *const model = any_run(t, scenario);
    if (model == NULL) {
        return;
    }
    hs_html_raw(out, "<p class=\"note\">Minutes until the split is right again and stays right "
                     "for ten minutes (within 1 point, or three standard deviations of luck), "
                     "worst of the seeds.</p>\n<div class=\"scroll\"><table class=\"stack one\">"
                     "<thead><tr><th>after</th>");
    for (uint32_t p = 0; p < t->policy_count; p++) {
        hs_html_raw(out, "<th>");
        hs_html_text(out, t->policies[p].label);
        hs_html_raw(out, "</th>");
    }
    hs_html_raw(out, "</tr></thead><tbody>\n");
    for (uint32_t e = 0; e < model->event_count; e++) {
        hs_html_raw(out, "<tr><th>");
        event_name(out, &model->events[e]);
        hs_html_raw(out, "</th>");
        for (uint32_t p = 0; p < t->policy_count; p++) {
            converge_cell(out, t, scenario, p, e);
        }
        hs_html_raw(out, "</tr>\n");
    }
    hs_html_raw(out, "</tbody></table></div>\n");
    if (model->events_left_out > 0) {
        hs_html_print(out, "<p class=\"note\">%" PRIu32 " later events are not listed.</p>\n",
                      model->events_left_out);
    }
}

static void troubles(hs_html *out, const hs_bench_table *t, uint32_t scenario)
{
    for (uint32_t p = 0; p < t->policy_count; p++) {
        for (uint32_t k = 0; k < t->seed_count; k++) {
            const hs_bench_run *const run = hs_bench_at(t, scenario, p, k);
            if (run == NULL || (!run->failed && run->guard_violations == 0)) {
                continue;
            }
            hs_html_raw(out, "<p class=\"alarm\">");
            hs_html_text(out, t->policies[p].label);
            hs_html_print(out, ", seed %" PRIu64 ": ", run->seed);
            if (run->failed) {
                hs_html_text(out, run->why);
            } else {
                hs_html_print(out, "%" PRIu64 " violations of the contract", run->guard_violations);
            }
            hs_html_raw(out, "</p>\n");
        }
    }
}

static void scenario_details(hs_html *out, const hs_bench_table *t, uint32_t scenario)
{
    const hs_bench_run *const model = any_run(t, scenario);
    hs_html_raw(out, scenario == 0 ? "<details open=\"open\"><summary>" : "<details><summary>");
    hs_html_text(out, t->scenarios[scenario]);
    hs_html_raw(out, "</summary>\n<p class=\"note\">");
    hs_html_text(out, t->titles[scenario]);
    hs_html_raw(out, "</p>\n");
    troubles(out, t, scenario);
    if (model != NULL && t->scenario_count <= SCENARIOS_DRAWN_MAX) {
        hs_split_legend(out, model->pools, model->pool_count);
        hs_html_raw(out, "<div class=\"minis\">\n");
        for (uint32_t p = 0; p < t->policy_count; p++) {
            mini(out, t, scenario, p);
        }
        hs_html_raw(out, "</div>\n");
    }
    convergence(out, t, scenario);
    hs_html_raw(out, "</details>\n");
}

static void details(hs_html *out, const hs_bench_table *table)
{
    hs_page_section(out, "Scenario by scenario",
                    "The split over time in steps of ten minutes, each pool against its target; "
                    "bands and lines mark what happens.");
    for (uint32_t s = 0; s < table->scenario_count; s++) {
        scenario_details(out, table, s);
    }
    hs_page_section_end(out);
}

/* ---- the page ---- */

int hs_report_bench(const hs_bench_table *table, const char *path, char *why, size_t capacity)
{
    hs_html out = {0};
    hs_bench_overall *const overall = overalls(table);
    if (overall == NULL) {
        out.failed = 1;
    } else {
        hs_page_open(&out, "hashmux, benchmark", "How well policies split a farm",
                     "Error against moves, in the same host, on the same farms and seeds");
        facts(&out, table);
        summary(&out, table, overall);
        hs_bench_plane(&out, table, overall);
        tables(&out, table);
        details(&out, table);
        command(&out, table);
        hs_page_close(&out);
    }
    free(overall);
    const int rc = hs_html_save(&out, path, why, capacity);
    hs_html_free(&out);
    return rc;
}
