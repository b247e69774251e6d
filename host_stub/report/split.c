/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "host_stub/report/page.h"

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
