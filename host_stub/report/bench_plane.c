/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/bench_plane.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/report/page.h"
#include "host_stub/report/plot.h"

enum { LABEL_MAX = 26, BOXES_MAX = 256, DISTANCES = 4, DIRECTIONS = 8 };
#define GUTTER       54.0
#define CHAR_WIDTH   7.6 /* of bold text of 12 pixels, rather too wide than too narrow */
#define LABEL_HEIGHT 16.0
#define DOT          7.5

typedef struct box {
    double x0, y0, x1, y1;
} box;

/* What labels keep clear of: of the large points and the labels always, of the small points while
 * there is room. */
typedef struct boxes {
    box hard[BOXES_MAX];
    box soft[BOXES_MAX];
    size_t hard_count;
    size_t soft_count;
} boxes;

static int overlaps_any(const box *all, size_t count, const box *b)
{
    for (size_t i = 0; i < count; i++) {
        const box *const t = &all[i];
        if (b->x0 < t->x1 && t->x0 < b->x1 && b->y0 < t->y1 && t->y0 < b->y1) {
            return 1;
        }
    }
    return 0;
}

static void take(boxes *taken, box b)
{
    if (taken->hard_count < BOXES_MAX) {
        taken->hard[taken->hard_count++] = b;
    }
}

static box around(double x, double y, double half)
{
    return (box){x - half, y - half, x + half, y + half};
}

/* Where a label of this width around (x, y) collides with nothing: 1 and *at, or 0. */
static int find_place(const hs_plot *plot, const boxes *taken, double x, double y, double width,
                      int strict, box *at)
{
    static const double DX[DIRECTIONS] = {1, -1, 0, 0, 1, -1, 1, -1};
    static const double DY[DIRECTIONS] = {0, 0, -1, 1, -1, -1, 1, 1};
    for (int far = 0; far < DISTANCES; far++) {
        const double gap = DOT + 4.0 + 20.0 * (double)far;
        for (int k = 0; k < DIRECTIONS; k++) {
            const double cx = x + DX[k] * (gap + width / 2.0);
            const double cy = y + DY[k] * (gap + LABEL_HEIGHT / 2.0);
            const box b = {cx - width / 2.0, cy - LABEL_HEIGHT / 2.0, cx + width / 2.0,
                           cy + LABEL_HEIGHT / 2.0};
            if (b.x0 >= plot->left - GUTTER && b.x1 <= plot->right && b.y0 >= plot->top &&
                b.y1 <= plot->bottom && !overlaps_any(taken->hard, taken->hard_count, &b) &&
                !(strict && overlaps_any(taken->soft, taken->soft_count, &b))) {
                *at = b;
                return 1;
            }
        }
    }
    return 0;
}

/* Nothing moves at all: beside the logarithmic axis there is a place for 0. */
static double x_of(const hs_plot *plot, double moves)
{
    return moves > 0.0 ? hs_plot_x(plot, moves) : plot->left - GUTTER / 2.0 - 7.0;
}

static int can_be_drawn(double moves, double error)
{
    return isfinite(moves) && isfinite(error) && error > 0.0 && moves >= 0.0;
}

static void whole_decades(hs_plot_span *s, double least)
{
    if (s->low > s->high) {
        *s = (hs_plot_span){0.1, 10.0};
    }
    hs_plot_decades(s, least);
    s->high = s->high > s->low ? s->high : s->low * 10.0;
}

static void scale(hs_plot *plot, const hs_bench_table *table)
{
    hs_plot_span moves = {INFINITY, 0.0};
    hs_plot_span error = {INFINITY, 0.0};
    for (size_t i = 0; i < (size_t)table->scenario_count * table->policy_count; i++) {
        if (table->cells[i].runs > 0) {
            hs_plot_widen(&moves, table->cells[i].moves_per_channel_day);
            hs_plot_widen(&error, table->cells[i].error_mean[HS_BENCH_PLANE_WINDOW]);
        }
    }
    whole_decades(&moves, 1e-3);
    whole_decades(&error, 1e-3);
    plot->x0 = moves.low;
    plot->x1 = moves.high;
    plot->y0 = error.low;
    plot->y1 = error.high;
    plot->log_x = plot->log_y = 1;
}

static void axes(const hs_plot *plot)
{
    hs_html *const out = plot->out;
    HS_HTML_AT(out, "<rect class=\"gutter\" x=\"@\" y=\"@\" width=\"@\" height=\"@\"/>",
               plot->left - GUTTER, plot->top, GUTTER - 14.0, plot->bottom - plot->top);
    HS_HTML_AT(out, "<text class=\"m\" x=\"@\" y=\"@\">0</text>\n", plot->left - GUTTER / 2.0 - 7.0,
               plot->bottom + 19.0);
    hs_plot numbers = *plot; /* the numbers of the errors stand left of the place for 0 */
    numbers.log_y = 0;
    hs_plot_log_axes(&numbers);
    numbers = *plot;
    numbers.left -= GUTTER;
    numbers.log_x = 0;
    hs_plot_log_axes(&numbers);
    HS_HTML_AT(out, "<text class=\"m\" x=\"@\" y=\"@\">moves per miner and day</text>\n",
               (plot->left + plot->right) / 2.0, plot->bottom + 38.0);
    HS_HTML_AT(out, "<text x=\"@\" y=\"@\">error over 1 h, points</text>\n", 4.0, 14.0);
}

static void small_points(const hs_plot *plot, const hs_bench_table *table, uint32_t policy,
                         boxes *taken)
{
    hs_html *const out = plot->out;
    for (uint32_t s = 0; s < table->scenario_count; s++) {
        const hs_bench_cell *const c = hs_bench_cell_at(table, s, policy);
        const double error = c->error_mean[HS_BENCH_PLANE_WINDOW];
        if (c->runs == 0 || !can_be_drawn(c->moves_per_channel_day, error)) {
            continue;
        }
        if (taken->soft_count < BOXES_MAX) {
            taken->soft[taken->soft_count++] =
                around(x_of(plot, c->moves_per_channel_day), hs_plot_y(plot, error), 4.0);
        }
        hs_html_print(out, "<circle class=\"pt f c%" PRIu32 "\" ", policy % HS_PAGE_COLOURS);
        HS_HTML_AT(out, "cx=\"@\" cy=\"@\" r=\"4\"><title>", x_of(plot, c->moves_per_channel_day),
                   hs_plot_y(plot, error));
        hs_html_text(out, table->scenarios[s]);
        hs_html_raw(out, ", ");
        hs_html_text(out, table->policies[policy].label);
        hs_html_raw(out, "</title></circle>\n");
    }
}

static void big_point(const hs_plot *plot, const hs_bench_overall *o, uint32_t policy,
                      const char *label)
{
    hs_html *const out = plot->out;
    hs_html_print(out, "<circle class=\"big f c%" PRIu32 "\" ", policy % HS_PAGE_COLOURS);
    HS_HTML_AT(out, "cx=\"@\" cy=\"@\" r=\"@\"><title>", x_of(plot, o->moves),
               hs_plot_y(plot, o->error), DOT);
    hs_html_text(out, label);
    hs_html_raw(out, "</title></circle>\n");
}

/* The characters of a label that fit, cut between two. */
static size_t fitting(const char *label)
{
    size_t n = strlen(label);
    if (n > LABEL_MAX) {
        n = LABEL_MAX;
        while (n > 0 && ((unsigned char)label[n] & 0xC0u) == 0x80u) {
            n--;
        }
    }
    return n;
}

static void write_label(const hs_plot *plot, boxes *taken, double x, double y, const char *label)
{
    hs_html *const out = plot->out;
    const size_t len = fitting(label);
    box at;
    const double width = CHAR_WIDTH * (double)len + 4.0;
    if (!find_place(plot, taken, x, y, width, 1, &at) &&
        !find_place(plot, taken, x, y, width, 0, &at)) {
        return; /* too crowded: the legend has it */
    }
    take(taken, at);
    const double near_x = x < at.x0 ? at.x0 : x > at.x1 ? at.x1 : x;
    const double near_y = y < at.y0 ? at.y0 : y > at.y1 ? at.y1 : y;
    if (fabs(near_x - x) + fabs(near_y - y) > DOT + 12.0) {
        HS_HTML_AT(out, "<path class=\"lead-line\" d=\"M@ @L@ @\"/>", x, y, near_x, near_y);
    }
    hs_html_raw(out, "<text class=\"m ink\" ");
    HS_HTML_AT(out, "x=\"@\" y=\"@\">", (at.x0 + at.x1) / 2.0, at.y1 - 4.0);
    hs_html_text_part(out, label, len);
    hs_html_raw(out, "</text>\n");
}

static void draw(hs_html *out, enum hs_plot_shape shape, const hs_bench_table *table,
                 const hs_bench_overall *overall)
{
    boxes taken = {.hard_count = 0};
    hs_plot plot = hs_plot_begin(out, shape, shape == HS_PLOT_WIDE ? 520.0 : 430.0,
                                 "Error over one hour against moves per miner and day, by policy");
    plot.top += 14.0;
    plot.bottom -= 18.0;
    plot.left += GUTTER;
    scale(&plot, table);
    axes(&plot);
    for (uint32_t p = 0; p < table->policy_count; p++) {
        small_points(&plot, table, p, &taken);
    }
    for (uint32_t p = 0; p < table->policy_count; p++) {
        if (can_be_drawn(overall[p].moves, overall[p].error)) {
            const double x = x_of(&plot, overall[p].moves);
            const double y = hs_plot_y(&plot, overall[p].error);
            take(&taken, around(x, y, DOT));
        }
    }
    for (uint32_t p = 0; p < table->policy_count; p++) {
        if (can_be_drawn(overall[p].moves, overall[p].error)) {
            write_label(&plot, &taken, x_of(&plot, overall[p].moves),
                        hs_plot_y(&plot, overall[p].error), table->policies[p].label);
        }
    }
    for (uint32_t p = 0; p < table->policy_count; p++) {
        if (can_be_drawn(overall[p].moves, overall[p].error)) {
            big_point(&plot, &overall[p], p, table->policies[p].label);
        }
    }
    hs_plot_end(&plot);
}

static void legend(hs_html *out, const hs_bench_table *table)
{
    hs_html_raw(out, "<ul class=\"legend\">");
    for (uint32_t p = 0; p < table->policy_count; p++) {
        hs_html_raw(out, "<li>");
        hs_page_swatch(out, p);
        hs_html_text(out, table->policies[p].label);
        hs_html_raw(out, "</li>");
    }
    hs_html_raw(out, "</ul>\n");
}

void hs_bench_plane(hs_html *out, const hs_bench_table *table, const hs_bench_overall *overall)
{
    hs_page_section(out, "Error against moves",
                    "Down and to the left is better. A small dot is a scenario, a large one the "
                    "median over the scenarios. Both axes: each step is ten times more; the grey "
                    "strip is for policies that never move a miner.");
    legend(out, table);
    draw(out, HS_PLOT_WIDE, table, overall);
    draw(out, HS_PLOT_NARROW, table, overall);
    hs_page_section_end(out);
}
