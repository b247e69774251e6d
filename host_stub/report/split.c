/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/report/page.h"

/* ---- the charts ---- */

enum { STYLE_SIZE = 32 };

static const char *pool_style(char *to, const char *kind, uint32_t pool)
{
    snprintf(to, STYLE_SIZE, "%s c%" PRIu32, kind, pool % HS_PAGE_COLOURS);
    return to;
}

void hs_split_legend(hs_html *out, const hs_sim_pool_result *pools, uint32_t pool_count)
{
    hs_html_raw(out, "<ul class=\"legend\">");
    for (uint32_t i = 0; i < pool_count; i++) {
        hs_html_raw(out, "<li>");
        hs_page_swatch(out, i);
        hs_html_text(out, pools[i].id);
        hs_html_raw(out, "</li>");
    }
    hs_html_raw(out, "<li class=\"soft\">dashed: its target at that time</li></ul>\n");
}

static double largest_share(const hs_split *split)
{
    double largest = 10.0;
    for (size_t i = 0; i < split->points * split->pool_count; i++) {
        /* A comparison with NAN is false. */
        largest = split->delivered_pct[i] > largest ? split->delivered_pct[i] : largest;
        largest = split->effective_pct[i] > largest ? split->effective_pct[i] : largest;
    }
    return largest < 100.0 ? largest : 100.0;
}

static void draw_split(hs_html *out, const hs_split *split, enum hs_plot_shape shape, double height,
                       const char *label)
{
    char style[STYLE_SIZE];
    const double step = (double)split->step_secs;
    hs_plot plot = hs_plot_begin(out, shape, height, label);
    const double tick = hs_plot_step(largest_share(split), 5);
    plot.x1 = step * (double)split->points;
    plot.y1 = tick * ceil(largest_share(split) / tick * 1.001);
    plot.y1 = plot.y1 > 100.0 ? 100.0 : plot.y1;
    hs_plot_time_axis(&plot, 1);
    hs_plot_y_axis(&plot, 6, " %");
    hs_plot_marks(&plot, split->marks, split->mark_count, 0);
    for (uint32_t i = split->pool_count; i-- > 0;) {
        hs_plot_steps(&plot, split->delivered_pct + i, split->points, split->pool_count, step,
                      pool_style(style, "ln", i));
    }
    for (uint32_t i = 0; i < split->pool_count; i++) {
        hs_plot_steps(&plot, split->effective_pct + i, split->points, split->pool_count, step,
                      "tg");
    }
    if (shape != HS_PLOT_MINI) {
        hs_plot_marks(&plot, split->marks, split->mark_count, 1);
    }
    hs_plot_end(&plot);
}

void hs_split_chart(hs_html *out, const hs_split *split)
{
    static const char LABEL[] = "Delivered share of each pool over time, per cent, and its target";
    draw_split(out, split, HS_PLOT_WIDE, 360.0, LABEL);
    draw_split(out, split, HS_PLOT_NARROW, 280.0, LABEL);
}

void hs_split_mini(hs_html *out, const hs_split *split, const char *label)
{
    draw_split(out, split, HS_PLOT_MINI, 190.0, label);
}

static double largest_deviation(const hs_split *split, const double *deviation, uint64_t from)
{
    double largest = 0.05;
    for (size_t p = 0; p < split->points; p++) {
        for (uint32_t i = 0; (p + 1) * split->step_secs > from && i < split->pool_count; i++) {
            const double size = fabs(deviation[p * split->pool_count + i]);
            largest = size > largest ? size : largest;
        }
    }
    return largest;
}

static void draw_strip(hs_html *out, const hs_split *split, enum hs_plot_shape shape,
                       const double *deviation, uint32_t pool, double range, double band)
{
    char style[STYLE_SIZE];
    char area[STYLE_SIZE];
    const double step = (double)split->step_secs;
    hs_plot plot = hs_plot_begin(out, shape, 112.0, split->pools[pool].id);
    plot.x1 = step * (double)split->points;
    plot.y0 = -range;
    plot.y1 = range;
    hs_plot_time_axis(&plot, 1);
    hs_plot_y_axis(&plot, 2, "");
    if (!isnan(band)) {
        const double top = hs_plot_y(&plot, band);
        HS_HTML_AT(out, "<rect class=\"luck\" x=\"@\" y=\"@\" width=\"@\" height=\"@\"/>\n",
                   plot.left, top, plot.right - plot.left, hs_plot_y(&plot, -band) - top);
    }
    HS_HTML_AT(out, "<path class=\"zero\" d=\"M@ @H@\"/>\n", plot.left, hs_plot_y(&plot, 0.0),
               plot.right);
    hs_plot_marks(&plot, split->marks, split->mark_count, 0);
    hs_plot_line(&plot, deviation + pool, split->points, split->pool_count, step, step,
                 pool_style(style, "ln", pool), pool_style(area, "ar", pool));
    hs_plot_end(&plot);
}

void hs_split_deviations(hs_html *out, const hs_split *split, const double *deviation, double band,
                         uint64_t warmup_secs)
{
    const uint64_t length = split->step_secs * split->points;
    const double largest =
        largest_deviation(split, deviation, warmup_secs < length ? warmup_secs : 0);
    const double range = hs_plot_step(largest, 1); /* its axis: -range, 0, range */
    for (uint32_t i = 0; i < split->pool_count; i++) {
        hs_html_raw(out, "<h3>");
        hs_page_swatch(out, i);
        hs_html_text(out, split->pools[i].id);
        hs_html_raw(out, "</h3>\n");
        draw_strip(out, split, HS_PLOT_WIDE, deviation, i, range, band);
        draw_strip(out, split, HS_PLOT_NARROW, deviation, i, range, band);
    }
}

static void draw_moves(hs_html *out, const hs_split *split, enum hs_plot_shape shape,
                       const double *moves, size_t points, double bin)
{
    double most = 1.0;
    for (size_t i = 0; i < points; i++) {
        most = moves[i] > most ? moves[i] : most;
    }
    hs_plot plot = hs_plot_begin(out, shape, shape == HS_PLOT_WIDE ? 190.0 : 170.0,
                                 "Moves of miners between pools over time");
    double tick = hs_plot_step(most, 4);
    tick = tick < 1.0 ? 1.0 : tick;
    plot.x1 = bin * (double)points;
    plot.y1 = tick * ceil(most / tick);
    hs_plot_time_axis(&plot, 1);
    hs_plot_y_axis(&plot, plot.y1 < 4.0 ? (unsigned)plot.y1 : 4, "");
    hs_plot_marks(&plot, split->marks, split->mark_count, 0);
    for (size_t i = 0; i < points; i++) {
        const double x = hs_plot_x(&plot, bin * (double)i);
        const double next = hs_plot_x(&plot, bin * (double)(i + 1));
        double y = hs_plot_y(&plot, moves[i]);
        if (!(moves[i] > 0.0)) {
            continue;
        }
        y = plot.bottom - y < 1.5 ? plot.bottom - 1.5 : y; /* one move is still seen */
        HS_HTML_AT(out, "<rect class=\"bar\" x=\"@\" y=\"@\" width=\"@\" height=\"@\"/>", x, y,
                   next - x > 3.0 ? next - x - 0.8 : next - x, plot.bottom - y);
    }
    HS_HTML_AT(out, "\n<path class=\"ax\" d=\"M@ @H@\"/>\n", plot.left, plot.bottom, plot.right);
    hs_plot_marks(&plot, split->marks, split->mark_count, 1);
    hs_plot_end(&plot);
}

void hs_split_moves(hs_html *out, const hs_split *split, const double *moves, size_t points,
                    uint64_t bin_secs)
{
    draw_moves(out, split, HS_PLOT_WIDE, moves, points, (double)bin_secs);
    draw_moves(out, split, HS_PLOT_NARROW, moves, points, (double)bin_secs);
}

/* ---- what happened ---- */

const char *hs_report_event_kind(uint32_t kind)
{
    switch (kind) {
    case HS_EVENT_DOWN:
        return "pool down";
    case HS_EVENT_UP:
        return "pool up";
    case HS_EVENT_TARGETS:
        return "new targets";
    case HS_EVENT_DISCONNECT:
        return "miners leave";
    case HS_EVENT_SILENT:
        return "miners silent";
    case HS_EVENT_RETURN:
        return "miners return";
    case HS_EVENT_DERATE:
        return "miners slow down";
    case HS_EVENT_ACCEPT:
        return "pool rejects";
    case HS_EVENT_RATES:
        return "churn changes";
    case HS_EVENT_REFUSE:
        return "moves refused";
    case HS_EVENT_CAP:
        return "cap";
    case HS_EVENT_RECONFIGURE:
        return "new configuration";
    default:
        return "event";
    }
}

static int in_time(const void *a, const void *b)
{
    const hs_plot_mark *const x = a;
    const hs_plot_mark *const y = b;
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

size_t hs_report_marks(const hs_scenario *scenario, uint64_t seconds, hs_plot_mark *marks)
{
    size_t count = 0;
    for (uint32_t k = 0; k < scenario->event_count; k++) {
        const hs_event_spec *const e = &scenario->events[k];
        for (uint32_t i = 0; i < e->times; i++) {
            uint64_t at = e->at[i];
            uint64_t until = seconds; /* the first time is there whatever `until` says */
            while (at < until && count < HS_REPORT_MARKS_MAX) {
                const uint64_t end = e->lasts < seconds - at ? at + e->lasts : seconds;
                marks[count++] = (hs_plot_mark){at, e->lasts > 0 ? end : at, k + 1};
                until = e->every == 0 ? 0 : e->until < seconds ? e->until : seconds;
                at += e->every;
            }
        }
    }
    qsort(marks, count, sizeof *marks, in_time);
    return count;
}

/* "pool a", "pools a, b", "all pools" */
static void pool_names(hs_html *out, const hs_scenario *scenario, uint64_t pools)
{
    uint32_t count = 0;
    uint32_t done = 0;
    for (uint32_t i = 0; i < scenario->pool_count; i++) {
        count += (uint32_t)(pools >> i & 1u);
    }
    if (count == scenario->pool_count && count > 1) {
        hs_html_raw(out, "all pools");
        return;
    }
    hs_html_raw(out, count == 1 ? "pool " : "pools ");
    for (uint32_t i = 0; i < scenario->pool_count; i++) {
        if ((pools >> i & 1u) != 0) {
            hs_html_raw(out, done++ > 0 ? ", " : "");
            hs_html_text(out, scenario->pools[i].id);
        }
    }
}

static void percent(hs_html *out, const char *before, double value, const char *after)
{
    const unsigned decimals = value * 10.0 - (double)(uint64_t)(value * 10.0) > 0.0 ? 2
                              : value - (double)(uint64_t)value > 0.0               ? 1
                                                                                    : 0;
    hs_html_raw(out, before);
    hs_html_number(out, value, decimals);
    hs_html_print(out, "&#160;%%%s", after);
}

static void new_targets(hs_html *out, const hs_scenario *scenario, const hs_event_spec *e)
{
    hs_html_raw(out, "the operator sets new targets:");
    for (uint32_t i = 0; i < scenario->pool_count; i++) {
        hs_html_raw(out, i > 0 ? ", " : " ");
        hs_html_text(out, scenario->pools[i].id);
        percent(out, " ", e->target_pct[i], "");
    }
}

static void new_settings(hs_html *out, const hs_event_spec *e)
{
    hs_html_raw(out, "a new configuration:");
    for (size_t i = 0; i < e->settings.count; i++) {
        const hs_ini_entry *const entry = &e->settings.entries[i];
        hs_html_raw(out, i > 0 ? ", " : " ");
        hs_html_text(out, entry->section);
        hs_html_raw(out, ".");
        hs_html_text(out, entry->key);
        hs_html_raw(out, " = ");
        hs_html_text(out, entry->value);
    }
}

static void on_miners(hs_html *out, const hs_event_spec *e)
{
    percent(out, "", e->miners_pct, " of the miners ");
    switch (e->kind) {
    case HS_EVENT_DISCONNECT:
        hs_html_raw(out, "disconnect");
        break;
    case HS_EVENT_SILENT:
        hs_html_raw(out, "fall silent");
        break;
    default:
        percent(out, "drop to ", e->pct, " of their hashrate");
        break;
    }
}

static void on_pools(hs_html *out, const hs_scenario *scenario, const hs_event_spec *e)
{
    if (e->kind == HS_EVENT_REFUSE) {
        hs_html_raw(out, "the host refuses moves that would lift ");
    }
    pool_names(out, scenario, e->pools);
    switch (e->kind) {
    case HS_EVENT_DOWN:
        hs_html_raw(out, " down");
        break;
    case HS_EVENT_UP:
        hs_html_raw(out, " up again");
        break;
    case HS_EVENT_ACCEPT:
        percent(out, ": only ", e->pct, " of the shares are accepted");
        break;
    case HS_EVENT_REFUSE:
        percent(out, " above ", e->pct, " of the farm");
        break;
    default:
        percent(out, ": a known cap of ", e->pct, " of the farm");
        break;
    }
}

static void what(hs_html *out, const hs_scenario *scenario, const hs_event_spec *e)
{
    switch (e->kind) {
    case HS_EVENT_TARGETS:
        new_targets(out, scenario, e);
        break;
    case HS_EVENT_RECONFIGURE:
        new_settings(out, e);
        break;
    case HS_EVENT_DISCONNECT:
    case HS_EVENT_SILENT:
    case HS_EVENT_DERATE:
        on_miners(out, e);
        break;
    case HS_EVENT_RETURN:
        hs_html_raw(out, "everybody who was away or silent is back");
        break;
    case HS_EVENT_RATES:
        hs_html_raw(out, "from now on ");
        hs_html_number(out, e->joins_per_minute, 1);
        hs_html_raw(out, " miners join and ");
        hs_html_number(out, e->leaves_per_minute, 1);
        hs_html_raw(out, " leave a minute");
        break;
    case HS_EVENT_DOWN:
    case HS_EVENT_UP:
    case HS_EVENT_ACCEPT:
    case HS_EVENT_REFUSE:
    case HS_EVENT_CAP:
        on_pools(out, scenario, e);
        break;
    default: /* a kind that came later: its name says something */
        hs_html_text(out, e->name);
        break;
    }
}

static void when(hs_html *out, const hs_event_spec *e)
{
    for (uint32_t i = 0; i < e->times; i++) {
        hs_html_raw(out, i == 0 ? "<b>" : ", ");
        hs_page_duration(out, e->at[i]);
    }
    hs_html_raw(out, "</b> ");
}

static void minutes_after(hs_html *out, const char *after, double minutes)
{
    hs_html_print(out, "%s: ", after);
    if (isnan(minutes)) {
        hs_html_raw(out, "not within this run");
    } else if (minutes <= 0.0) {
        hs_html_raw(out, "at once");
    } else {
        hs_html_number(out, minutes, 1);
        hs_html_raw(out, "&#160;min");
    }
}

/* When the split was right again: after the beginning and after the end of the first time. */
static void right_again(hs_html *out, const hs_event_spec *e, uint64_t seconds,
                        double (*converge)(const void *known, uint64_t second), const void *known)
{
    hs_html_raw(out, " <span class=\"soft\">(split right again ");
    minutes_after(out, e->lasts > 0 ? "from its beginning" : "after", converge(known, e->at[0]));
    if (e->lasts > 0 && e->at[0] + e->lasts < seconds) {
        minutes_after(out, ", from its end", converge(known, e->at[0] + e->lasts));
    }
    hs_html_raw(out, ")</span>");
}

void hs_report_events(hs_html *out, const hs_scenario *scenario, uint64_t seconds,
                      double (*converge)(const void *known, uint64_t second), const void *known)
{
    int open = 0;
    for (uint32_t k = 0; k < scenario->event_count; k++) {
        const hs_event_spec *const e = &scenario->events[k];
        if (e->times == 0 || e->at[0] >= seconds) {
            continue;
        }
        hs_html_print(out, "%s<li><span class=\"n\">%" PRIu32 "</span><span>",
                      open ? "" : "<ol class=\"events\">\n", k + 1);
        open = 1;
        when(out, e);
        what(out, scenario, e);
        if (e->lasts > 0) {
            hs_html_raw(out, ", for ");
            hs_page_duration(out, e->lasts);
        }
        if (e->every > 0) {
            hs_html_raw(out, ", again every ");
            hs_page_duration(out, e->every);
            hs_html_raw(out, " before ");
            hs_page_duration(out, e->until);
        }
        if (known != NULL) {
            right_again(out, e, seconds, converge, known);
        }
        hs_html_raw(out, "</span></li>\n");
    }
    hs_html_raw(out, open ? "</ol>\n" : "");
}
