/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/plot: what charts are made of, as inline SVG: a frame with scales, axes, step lines,
 * marks of events. It knows coordinates and no farm. Colours come from the page's style sheet.
 *
 * A chart is drawn once per shape: hs_plot_begin for the wide one, then for the narrow one; CSS
 * shows the one that fits the screen, so that text stays readable on a phone. */
#ifndef HOST_STUB_REPORT_PLOT_H
#define HOST_STUB_REPORT_PLOT_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/report/html.h"

enum hs_plot_shape { HS_PLOT_WIDE = 0, HS_PLOT_NARROW = 1, HS_PLOT_MINI = 2 };

typedef struct hs_plot {
    hs_html *out;
    enum hs_plot_shape shape;
    double width, height;
    double left, right, top, bottom; /* edges of the drawing's data, in its own coordinates */
    double x0, x1, y0, y1;           /* values at the left, right, bottom and top edge */
    int log_x, log_y;                /* then the values are positive */
} hs_plot;

/* Something that happened: [from, to) seconds, `to` <= `from` for an instant; `number` names it. */
typedef struct hs_plot_mark {
    uint64_t from;
    uint64_t to;
    uint32_t number;
} hs_plot_mark;

/* Opens the drawing with room for axes; `label` says what it shows, for those who do not see it:
 * text of any origin. Set the values of the edges afterwards. */
hs_plot hs_plot_begin(hs_html *out, enum hs_plot_shape shape, double height, const char *label);
void hs_plot_end(const hs_plot *plot);

/* Where a value lies, kept inside the edges. */
double hs_plot_x(const hs_plot *plot, double value);
double hs_plot_y(const hs_plot *plot, double value);

/* A step of 1, 2 or 5 times a power of ten that divides `span` > 0 into at most `most` parts. */
double hs_plot_step(double span, unsigned most);
/* Digits after the point that multiples of `step` need, 0..9. */
unsigned hs_plot_decimals(double step);

/* {INFINITY, 0} holds nothing yet. */
typedef struct hs_plot_span {
    double low;
    double high;
} hs_plot_span;

/* Takes what is finite and above 0. */
void hs_plot_widen(hs_plot_span *span, double value);
/* Whole decades that hold it, from that of `least` on. */
void hs_plot_decades(hs_plot_span *span, double least);

/* Lines and numbers. `unit` is set behind the topmost number. */
void hs_plot_y_axis(const hs_plot *plot, unsigned most, const char *unit);
void hs_plot_log_axes(const hs_plot *plot); /* of both, where the plot is logarithmic */
/* x is seconds; `numbers` = 0 leaves lines only. */
void hs_plot_time_axis(const hs_plot *plot, int numbers);

/* Value i holds from i * step to (i + 1) * step; NAN leaves a gap. `style` are CSS classes. */
void hs_plot_steps(const hs_plot *plot, const double *values, size_t count, size_t stride,
                   double step, const char *style);
/* Points (first + i * step, value); NAN leaves a gap. With `area` also the area down to y = 0. */
void hs_plot_line(const hs_plot *plot, const double *values, size_t count, size_t stride,
                  double first, double step, const char *style, const char *area);

/* Bands and lines, with `badges` numbered at the top edge. */
void hs_plot_marks(const hs_plot *plot, const hs_plot_mark *marks, size_t count, int badges);

#endif
