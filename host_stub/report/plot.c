/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/plot.h"

#include <inttypes.h>
#include <math.h>

enum { BADGE_ROWS = 3, DECADES_MAX = 40 };
#define BADGE_WIDTH 20.0
#define AGAIN_AFTER 60.0

hs_plot hs_plot_begin(hs_html *out, enum hs_plot_shape shape, double height, const char *label)
{
    static const char *const CLASSES[] = {"wide", "narrow", "mini"};
    static const double WIDTHS[] = {1080.0, 380.0, 400.0};
    hs_plot plot = {.out = out, .shape = shape, .width = WIDTHS[shape], .height = height};
    plot.left = shape == HS_PLOT_WIDE ? 48.0 : 44.0; /* for "100 %" */
    plot.right = plot.width - (shape == HS_PLOT_WIDE ? 12.0 : 8.0);
    plot.top = 12.0;
    plot.bottom = height - 28.0;
    hs_html_print(out, "<svg class=\"%s\" ", CLASSES[shape]);
    HS_HTML_AT(out, "viewBox=\"0 0 @ @\" role=\"img\" aria-label=\"", plot.width, plot.height);
    hs_html_text(out, label);
    hs_html_raw(out, "\">\n");
    return plot;
}

void hs_plot_end(const hs_plot *plot)
{
    hs_html_raw(plot->out, "</svg>\n");
}

static double place(double value, double v0, double v1, int logarithmic)
{
    double t = logarithmic ? (log10(value) - log10(v0)) / (log10(v1) - log10(v0))
                           : (value - v0) / (v1 - v0);
    if (!(t > 0.0)) {
        t = 0.0; /* NAN too: log of what is not positive */
    }
    return t < 1.0 ? t : 1.0;
}

double hs_plot_x(const hs_plot *plot, double value)
{
    return plot->left + (plot->right - plot->left) * place(value, plot->x0, plot->x1, plot->log_x);
}

double hs_plot_y(const hs_plot *plot, double value)
{
    return plot->bottom -
           (plot->bottom - plot->top) * place(value, plot->y0, plot->y1, plot->log_y);
}

double hs_plot_step(double span, unsigned most)
{
    static const double NICE[] = {1.0, 2.0, 5.0};
    double power = 1e-9;
    for (int i = 0; i < 30; i++) {
        for (size_t k = 0; k < 3; k++) {
            if (span / (NICE[k] * power) <= (double)most + 1e-9) {
                return NICE[k] * power;
            }
        }
        power *= 10.0;
    }
    return span;
}

unsigned hs_plot_decimals(double step)
{
    unsigned decimals = 0;
    for (double s = step; s < 0.999 && decimals < 9; s *= 10.0) {
        decimals++;
    }
    return decimals;
}

void hs_plot_widen(hs_plot_span *span, double value)
{
    if (isfinite(value) && value > 0.0) {
        span->low = value < span->low ? value : span->low;
        span->high = value > span->high ? value : span->high;
    }
}

void hs_plot_decades(hs_plot_span *span, double least)
{
    span->low = pow(10.0, floor(log10(span->low < least ? least : span->low) + 1e-9));
    span->high = pow(10.0, ceil(log10(span->high) - 1e-9));
}

void hs_plot_y_axis(const hs_plot *plot, unsigned most, const char *unit)
{
    hs_html *const out = plot->out;
    const double step = hs_plot_step(plot->y1 - plot->y0, most);
    const double first = ceil(plot->y0 / step - 1e-6);
    const double last = floor(plot->y1 / step + 1e-6);
    for (double k = first; k <= last && k < first + 50.0; k += 1.0) {
        const double y = hs_plot_y(plot, k * step);
        HS_HTML_AT(out, "<path class=\"g\" d=\"M@ @H@\"/><text class=\"e\" x=\"@\" y=\"@\">",
                   plot->left, y, plot->right, plot->left - 7.0, y + 4.0);
        hs_html_number(out, k * step, hs_plot_decimals(step));
        hs_html_print(out, "%s</text>\n", k + 1.0 > last ? unit : "");
    }
}

/* 0.001, 0.1, 1, 100 */
static void decade_number(hs_html *out, int exponent)
{
    hs_html_number(out, pow(10.0, exponent), exponent < 0 ? (unsigned)-exponent : 0);
}

static void log_lines(const hs_plot *plot, int vertical)
{
    hs_html *const out = plot->out;
    const double v0 = vertical ? plot->x0 : plot->y0;
    const double v1 = vertical ? plot->x1 : plot->y1;
    const int first = (int)ceil(log10(v0) - 1e-6);
    const int last = (int)floor(log10(v1) + 1e-6);
    for (int e = first; e <= last && e < first + DECADES_MAX; e++) {
        if (vertical) {
            const double x = hs_plot_x(plot, pow(10.0, e));
            const int at_edge = x > plot->right - 14.0;
            HS_HTML_AT(out, "<path class=\"g\" d=\"M@ @V@\"/>", x, plot->top, plot->bottom);
            hs_html_print(out, "<text class=\"%s\" ", at_edge ? "e" : "m");
            HS_HTML_AT(out, "x=\"@\" y=\"@\">", at_edge ? plot->right : x, plot->bottom + 19.0);
        } else {
            const double y = hs_plot_y(plot, pow(10.0, e));
            HS_HTML_AT(out, "<path class=\"g\" d=\"M@ @H@\"/><text class=\"e\" x=\"@\" y=\"@\">",
                       plot->left, y, plot->right, plot->left - 7.0, y + 4.0);
        }
        decade_number(out, e);
        hs_html_raw(out, "</text>\n");
    }
}

void hs_plot_log_axes(const hs_plot *plot)
{
    if (plot->log_x) {
        log_lines(plot, 1);
    }
    if (plot->log_y) {
        log_lines(plot, 0);
    }
}

void hs_plot_time_axis(const hs_plot *plot, int numbers)
{
    static const uint64_t STEPS[] = {60,        300,       600,       1800,      3600,
                                     2 * 3600,  4 * 3600,  6 * 3600,  12 * 3600, 86400,
                                     2 * 86400, 7 * 86400, 28 * 86400};
    hs_html *const out = plot->out;
    const double most = plot->shape == HS_PLOT_WIDE ? 14.0 : 7.0;
    size_t k = 0;
    while (k + 1 < sizeof STEPS / sizeof STEPS[0] && plot->x1 / (double)STEPS[k] > most) {
        k++;
    }
    for (uint64_t at = 0; (double)at <= plot->x1; at += STEPS[k]) {
        const double x = hs_plot_x(plot, (double)at);
        const int at_edge = x > plot->right - 12.0;
        HS_HTML_AT(out, "<path class=\"g\" d=\"M@ @V@\"/>", x, plot->top, plot->bottom);
        if (numbers) {
            hs_html_print(out, "<text class=\"%s\" ", at_edge ? "e" : at > 0 ? "m" : "s");
            HS_HTML_AT(out, "x=\"@\" y=\"@\">", at_edge ? plot->right : x, plot->bottom + 19.0);
            hs_html_print(out, "%" PRIu64 "%s</text>\n", STEPS[k] < 3600 ? at / 60 : at / 3600,
                          at > 0 ? "" : (STEPS[k] < 3600 ? " min" : " h"));
        }
    }
}

void hs_plot_steps(const hs_plot *plot, const double *values, size_t count, size_t stride,
                   double step, const char *style)
{
    int pen_down = 0;
    double last = NAN;
    hs_html_print(plot->out, "<path class=\"%s\" d=\"", style);
    for (size_t i = 0; i < count; i++) {
        const double value = values[i * stride];
        if (isnan(value)) {
            pen_down = 0;
            continue;
        }
        const double y = hs_plot_y(plot, value);
        if (!pen_down) {
            HS_HTML_AT(plot->out, "M@ @", hs_plot_x(plot, (double)i * step), y);
        } else if (y != last) {
            HS_HTML_AT(plot->out, "V@", y);
        }
        HS_HTML_AT(plot->out, "H@", hs_plot_x(plot, (double)(i + 1) * step));
        pen_down = 1;
        last = y;
    }
    hs_html_raw(plot->out, "\"/>\n");
}

/* From `i` on, the first index that is NAN, or count. */
static size_t end_of_piece(const double *values, size_t count, size_t stride, size_t i)
{
    while (i < count && !isnan(values[i * stride])) {
        i++;
    }
    return i;
}

void hs_plot_line(const hs_plot *plot, const double *values, size_t count, size_t stride,
                  double first, double step, const char *style, const char *area)
{
    for (size_t i = 0; i < count; i++) {
        const size_t end = end_of_piece(values, count, stride, i);
        for (int pass = area != NULL ? 0 : 1; end > i && pass < 2; pass++) {
            hs_html_print(plot->out, "<path class=\"%s\" d=\"", pass == 0 ? area : style);
            for (size_t k = i; k < end; k++) {
                hs_html_raw(plot->out, k == i ? "M" : "L");
                HS_HTML_AT(plot->out, "@ @", hs_plot_x(plot, first + (double)k * step),
                           hs_plot_y(plot, values[k * stride]));
            }
            if (pass == 0) {
                HS_HTML_AT(plot->out, "V@H@Z", hs_plot_y(plot, 0.0),
                           hs_plot_x(plot, first + (double)i * step));
            }
            hs_html_raw(plot->out, "\"/>\n");
        }
        i = end;
    }
}

/* The row in which a badge at x collides with none, -1 if there is none. One that says again what a
 * badge near by says is not repeated. */
static int badge_row(double x, uint32_t number, double *ends, uint32_t *numbers)
{
    for (int row = 0; row < BADGE_ROWS; row++) {
        if (numbers[row] == number && x < ends[row] + AGAIN_AFTER) {
            return -1;
        }
    }
    for (int row = 0; row < BADGE_ROWS; row++) {
        if (x - BADGE_WIDTH / 2 >= ends[row]) {
            ends[row] = x + BADGE_WIDTH / 2 + 2.0;
            numbers[row] = number;
            return row;
        }
    }
    return -1;
}

static void draw_badge(const hs_plot *plot, double x, int row, uint32_t number)
{
    const double y = plot->top + 9.0 + 19.0 * (double)row;
    HS_HTML_AT(plot->out,
               "<rect class=\"evb\" x=\"@\" y=\"@\" width=\"18\" height=\"16\" rx=\"8\"/>"
               "<text class=\"b\" x=\"@\" y=\"@\">",
               x - 9.0, y - 8.0, x, y + 4.0);
    hs_html_print(plot->out, "%" PRIu32 "</text>\n", number);
}

void hs_plot_marks(const hs_plot *plot, const hs_plot_mark *marks, size_t count, int badges)
{
    double ends[BADGE_ROWS] = {0};
    uint32_t numbers[BADGE_ROWS] = {0};
    for (size_t i = 0; i < count; i++) {
        const double x = hs_plot_x(plot, (double)marks[i].from);
        const double until = hs_plot_x(plot, (double)marks[i].to);
        if (marks[i].to > marks[i].from) {
            HS_HTML_AT(plot->out, "<rect class=\"ev\" x=\"@\" y=\"@\" width=\"@\" height=\"@\"/>\n",
                       x, plot->top, until - x > 1.5 ? until - x : 1.5, plot->bottom - plot->top);
        }
        /* A crowd of short bands needs no lines: they would hide what happened meanwhile. */
        if (until - x > 4.0 || marks[i].to <= marks[i].from) {
            HS_HTML_AT(plot->out, "<path class=\"evl\" d=\"M@ @V@\"/>\n", x, plot->top,
                       plot->bottom);
        }
    }
    for (size_t i = 0; badges && i < count; i++) {
        double x = hs_plot_x(plot, (double)marks[i].from);
        x = x > plot->right - 9.0 ? plot->right - 9.0 : x;
        const int row = badge_row(x, marks[i].number, ends, numbers);
        if (row >= 0) {
            draw_badge(plot, x, row, marks[i].number);
        }
    }
}
