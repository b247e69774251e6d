/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/bench_runs.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "host_stub/report/events.h"
#include "host_stub/report/page.h"
#include "host_stub/report/split.h"

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

void hs_bench_details(hs_html *out, const hs_bench_table *table)
{
    hs_page_section(out, "Scenario by scenario",
                    "The split over time in steps of ten minutes, each pool against its target; "
                    "bands and lines mark what happens.");
    for (uint32_t s = 0; s < table->scenario_count; s++) {
        scenario_details(out, table, s);
    }
    hs_page_section_end(out);
}
