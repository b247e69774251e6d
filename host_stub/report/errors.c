/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/errors.h"

#include <math.h>

#include "host_stub/report/page.h"
#include "host_stub/report/plot.h"

enum { ROW_HEIGHT = 46, POINTS_DECIMALS = 3 };
#define LEAST 1e-3 /* points: what is smaller is not drawn */

static const char *const NAMES[HS_WINDOWS] = {"10 minutes", "1 hour", "6 hours", "24 hours"};
static const char *const SHORT[HS_WINDOWS] = {"10 min", "1 h", "6 h", "24 h"};

typedef struct range {
    double low;
    double high;
} range;

static void widen(range *r, double value)
{
    if (isfinite(value) && value > 0.0) {
        r->low = value < r->low ? value : r->low;
        r->high = value > r->high ? value : r->high;
    }
}

/* Whole decades that hold every value. */
static range decades(const hs_error_summary *errors, const hs_floors *floors)
{
    range r = {1.0, 0.1};
    for (int i = 0; i < HS_WINDOWS; i++) {
        if (errors[i].ticks > 0) {
            widen(&r, errors[i].mean);
            widen(&r, errors[i].max);
            widen(&r, floors != NULL ? floors->luck[i] : NAN);
        }
    }
    widen(&r, floors != NULL && floors->granularity >= LEAST ? floors->granularity : NAN);
    r.low = r.low < LEAST ? LEAST : r.low;
    r.low = pow(10.0, floor(log10(r.low) + 1e-9));
    r.high = pow(10.0, ceil(log10(r.high) - 1e-9));
    return r;
}

static void floor_mark(const hs_plot *plot, double value, double y, const char *style)
{
    if (isfinite(value) && value >= LEAST) {
        HS_HTML_AT(plot->out, "<path d=\"M@ @V@\" ", hs_plot_x(plot, value), y - 15.0, y + 15.0);
        hs_html_print(plot->out, "class=\"%s\"/>\n", style);
    }
}

static void draw_row(const hs_plot *plot, const hs_error_summary *e, int window,
                     const hs_floors *floors)
{
    hs_html *const out = plot->out;
    const double y = plot->top + ROW_HEIGHT * ((double)window + 0.5);
    HS_HTML_AT(out, "<text class=\"e ink\" x=\"@\" y=\"@\">", plot->left - 9.0, y + 4.0);
    hs_html_print(out, "%s</text>\n", SHORT[window]);
    if (e->ticks == 0) {
        HS_HTML_AT(out, "<text x=\"@\" y=\"@\">the run is too short</text>\n", plot->left + 8.0,
                   y + 4.0);
        return;
    }
    if (floors != NULL) {
        floor_mark(plot, floors->luck[window], y, "luckm");
        floor_mark(plot, floors->granularity, y, "granm");
    }
    const double mean = hs_plot_x(plot, e->mean);
    const double worst = hs_plot_x(plot, e->max);
    HS_HTML_AT(out,
               "<path class=\"span\" d=\"M@ @H@\"/><circle class=\"worst\" cx=\"@\" cy=\"@\" "
               "r=\"5\"/><circle class=\"mean\" cx=\"@\" cy=\"@\" r=\"6.5\"/>\n",
               mean, y, worst, worst, y, mean, y);
}

static void draw(hs_html *out, enum hs_plot_shape shape, const hs_error_summary *errors,
                 const hs_floors *floors)
{
    const range r = decades(errors, floors);
    hs_plot plot = hs_plot_begin(out, shape, 12.0 + ROW_HEIGHT * HS_WINDOWS + 46.0,
                                 "Error of each window, and its floors, in points");
    plot.left = shape == HS_PLOT_WIDE ? 62.0 : 52.0;
    plot.right -= 14.0;
    plot.bottom = plot.top + ROW_HEIGHT * HS_WINDOWS;
    plot.x0 = r.low;
    plot.x1 = r.high;
    plot.log_x = 1;
    hs_plot_log_axes(&plot);
    for (int i = 0; i < HS_WINDOWS; i++) {
        draw_row(&plot, &errors[i], i, floors);
    }
    HS_HTML_AT(out, "<text class=\"m\" x=\"@\" y=\"@\">points, each step ten times more</text>\n",
               (plot.left + plot.right) / 2.0, plot.bottom + 38.0);
    hs_plot_end(&plot);
}

static void value_cell(hs_html *out, const char *label, double value, int known)
{
    hs_page_cell(out, label);
    if (known && value > 0.0 && value < LEAST / 2.0) {
        hs_html_raw(out, "&lt;&#160;0.001");
    } else if (known && isfinite(value)) {
        hs_html_number(out, value, POINTS_DECIMALS);
    } else {
        hs_html_raw(out, "&#8211;");
    }
    hs_html_raw(out, "</td>");
}

static void table(hs_html *out, const hs_error_summary *errors, const hs_floors *floors)
{
    hs_html_raw(out, "<table class=\"stack\"><thead><tr><th>window</th><th>mean error</th>"
                     "<th>worst error</th>");
    if (floors != NULL) {
        hs_html_raw(out, "<th>luck floor</th><th>mean / luck</th><th>whole-miner floor</th>");
    }
    hs_html_raw(out, "</tr></thead><tbody>\n");
    for (int i = 0; i < HS_WINDOWS; i++) {
        const int known = errors[i].ticks > 0;
        hs_html_print(out, "<tr><th>%s</th>", NAMES[i]);
        value_cell(out, "mean error", errors[i].mean, known);
        value_cell(out, "worst error", errors[i].max, known);
        if (floors != NULL) {
            const double luck = floors->luck[i];
            value_cell(out, "luck floor", luck, known);
            value_cell(out, "mean / luck", errors[i].mean / luck, known && luck > 0.0);
            value_cell(out, "whole-miner floor", floors->granularity, 1);
        }
        hs_html_raw(out, "</tr>\n");
    }
    hs_html_raw(out, "</tbody></table>\n");
}

static void legend(hs_html *out, const hs_floors *floors)
{
    static const char KEY[] = "<svg class=\"key\" viewBox=\"0 0 26 16\" aria-hidden=\"true\">";
    hs_html_print(out,
                  "<ul class=\"legend\"><li>%s<circle class=\"mean\" cx=\"13\" cy=\"8\" "
                  "r=\"6\"/></svg>mean</li>",
                  KEY);
    hs_html_print(out,
                  "<li>%s<circle class=\"worst\" cx=\"13\" cy=\"8\" r=\"5\"/></svg>worst window"
                  "</li>",
                  KEY);
    if (floors != NULL) {
        hs_html_print(out, "<li>%s<path class=\"luckm\" d=\"M13 1V15\"/></svg>luck floor</li>",
                      KEY);
    }
    if (floors != NULL && floors->granularity >= LEAST) {
        hs_html_print(
            out, "<li>%s<path class=\"granm\" d=\"M13 1V15\"/></svg>whole-miner floor</li>", KEY);
    }
    hs_html_raw(out, "</ul>\n");
}

void hs_report_errors(hs_html *out, const hs_error_summary *errors, const hs_floors *floors)
{
    legend(out, floors);
    draw(out, HS_PLOT_WIDE, errors, floors);
    draw(out, HS_PLOT_NARROW, errors, floors);
    table(out, errors, floors);
}
