/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The page of a simulated run: headline numbers, pools, the split over time, moves, errors, and how
 * to make the run again. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/report/page.h"
#include "host_stub/report/plot.h"
#include "host_stub/report/report.h"
#include "host_stub/report/split.h"

enum { POINTS_MAX = 1600, BARS_MAX = 160, PCT_DECIMALS = 3 };

/* A step of the charts that leaves at most `most` points of a run. */
static uint64_t chart_step(uint64_t seconds, uint64_t most)
{
    static const uint64_t STEPS[] = {60, 600, 1800, 3600, 6 * 3600, 86400};
    size_t k = seconds < 2 * 3600 ? 0 : 1;
    while (k + 1 < sizeof STEPS / sizeof STEPS[0] && seconds / STEPS[k] > most) {
        k++;
    }
    return STEPS[k];
}

/* ---- the beginning ---- */

static void facts(hs_html *out, const hs_sim_result *r)
{
    hs_html_raw(out, "<ul class=\"facts\"><li>plugin <b>");
    hs_html_text(out, r->plugin);
    hs_html_print(out, "</b></li><li>seed <b>%" PRIu64 "</b></li><li>simulated <b>", r->seed);
    hs_page_duration(out, r->seconds);
    hs_html_raw(out, "</b></li><li>miners <b>");
    hs_html_number(out, r->channels, 1);
    hs_html_print(out, "</b> on average</li><li>pools <b>%" PRIu32 "</b></li></ul>\n",
                  r->pool_count);
}

/* The longest window that the run holds, -1 if it is too short for each. */
static int longest_window(const hs_sim_result *r)
{
    int window = HS_WINDOWS - 1;
    while (window >= 0 && r->errors[window].ticks == 0) {
        window--;
    }
    return window;
}

static void error_card(hs_html *out, const hs_sim_result *r)
{
    static const char *const MEANING[HS_WINDOWS] = {
        "largest error of a pool over 10 minutes", "largest error of a pool over an hour",
        "largest error of a pool over 6 hours", "largest error of a pool over 24 hours"};
    const int window = longest_window(r);
    const double mean = window >= 0 ? r->errors[window].mean : NAN;
    hs_page_card(out, window < 0 ? "" : mean < 1.0 ? "good" : "bad");
    if (window < 0) {
        hs_html_raw(out, "&#8211;");
        hs_page_card_end(out, "points", "the run is too short for an error after its warm-up");
        return;
    }
    hs_html_number(out, mean, PCT_DECIMALS);
    hs_page_card_end(out, "points", MEANING[window]);
}

static void cards(hs_html *out, const hs_sim_result *r)
{
    hs_html_raw(out, "<div class=\"cards\">\n");
    error_card(out, r);
    hs_page_card(out, "");
    hs_html_number(out, r->moves_per_channel_day, PCT_DECIMALS);
    hs_page_card_end(out, "a day", "moves per miner and day, evacuations included");
    hs_page_card(out, "");
    hs_html_number(out, r->lost_work_pct, 4);
    hs_page_card_end(out, "%", "work lost: hashed, or not hashed for a move, and credited by none");
    hs_page_card(out, r->guard_violations == 0 ? "good" : "bad");
    hs_html_count(out, r->guard_violations);
    hs_page_card_end(out, r->guard_violations == 1 ? "violation" : "violations",
                     "of the contract between host and plugin, every call checked");
    hs_html_raw(out, "</div>\n");
    if (r->guard_violations > 0) {
        hs_html_raw(out, "<p class=\"alarm\">The contract was broken in this run. What is shown "
                         "here is not to be trusted before that is mended; the command below "
                         "prints each violation.</p>\n");
    }
}

/* ---- pools ---- */

static void number_cell(hs_html *out, const char *label, double value, unsigned decimals)
{
    hs_page_cell(out, label);
    hs_html_number(out, value, decimals);
    hs_html_raw(out, "</td>");
}

static void count_cell(hs_html *out, const char *label, uint64_t value)
{
    hs_page_cell(out, label);
    hs_html_raw(out, "<span>"); /* one piece beside its label on a narrow screen */
    hs_html_count(out, value);
    hs_html_raw(out, "</span></td>");
}

static void pool_row(hs_html *out, const hs_sim_pool_result *p, uint32_t index)
{
    hs_html_raw(out, "<tr><th>");
    hs_page_swatch(out, index);
    hs_html_text(out, p->id);
    hs_html_raw(out, "</th>");
    number_cell(out, "target %", p->target_pct, 2);
    number_cell(out, "effective %", p->effective_pct, PCT_DECIMALS);
    number_cell(out, "delivered %", p->delivered_pct, PCT_DECIMALS);
    hs_html_raw(out, "<td class=\"strong\" data-l=\"error, points\">");
    hs_html_signed(out, p->delivered_pct - p->effective_pct, PCT_DECIMALS);
    hs_html_raw(out, "</td>");
    number_cell(out, "miners", p->channels, 1);
    number_cell(out, "TH/s", p->hashrate_ths, 1);
    count_cell(out, "accepted", p->accepted);
    count_cell(out, "rejected", p->rejected);
    count_cell(out, "lost", p->lost);
    hs_html_raw(out, "</tr>\n");
}

static void pools(hs_html *out, const hs_sim_result *r)
{
    hs_page_section(out, "Pools",
                    "Over the whole run. Effective: the target of a pool while it could take "
                    "work, renormalised while another could not. Delivered: its share of all "
                    "work that pools credited. Accepted, rejected and lost are shares.");
    hs_html_raw(out, "<table class=\"stack\"><thead><tr><th>pool</th><th>target %</th>"
                     "<th>effective %</th><th>delivered %</th><th>error, points</th><th>miners"
                     "</th><th>TH/s</th><th>accepted</th><th>rejected</th><th>lost</th></tr>"
                     "</thead><tbody>\n");
    for (uint32_t i = 0; i < r->pool_count; i++) {
        pool_row(out, &r->pools[i], i);
    }
    hs_html_raw(out, "</tbody></table>\n");
    for (uint32_t i = 0; i < r->note_count; i++) {
        hs_html_raw(out, "<p class=\"note\">Note: ");
        hs_html_text(out, r->notes[i]);
        hs_html_raw(out, "</p>\n");
    }
    hs_page_section_end(out);
}

/* ---- over time ---- */

/* Shares of consecutive windows into rows of pool_count; NAN where there is no work. */
static void fill_shares(const hs_sim_result *r, uint64_t step, uint64_t window, size_t points,
                        double *delivered, double *effective)
{
    for (size_t p = 0; p < points; p++) {
        double *const d = delivered + p * r->pool_count;
        double *const e = effective + p * r->pool_count;
        if (hs_account_shares(&r->account, (p + 1) * step, window, d, e) != 0) {
            for (uint32_t i = 0; i < r->pool_count; i++) {
                d[i] = e[i] = NAN;
            }
        }
    }
}

static double converge_of(const void *watch, uint64_t second)
{
    return watch != NULL ? hs_report_watch_converge(watch, second) : NAN;
}

static void split_section(hs_html *out, const hs_report_run *run, hs_split *split, double *room)
{
    const hs_sim_result *const r = run->result;
    const size_t cells = split->points * r->pool_count;
    fill_shares(r, split->step_secs, split->step_secs, split->points, room, room + cells);
    split->delivered_pct = room;
    split->effective_pct = room + cells;
    hs_page_section(out, "The split over time", NULL);
    hs_html_raw(out, "<p class=\"intro\">Share of the work that each pool was credited, in steps "
                     "of ");
    hs_page_duration(out, split->step_secs);
    hs_html_raw(out, ". Work counts when it was hashed. Short steps show luck: the finding of "
                     "shares is random.</p>\n");
    hs_split_legend(out, r->pools, r->pool_count);
    hs_split_chart(out, split);
    hs_report_events(out, run->scenario, r->seconds, converge_of, run->watch);
    hs_page_section_end(out);
}

static void deviation_section(hs_html *out, const hs_report_run *run, const hs_split *split,
                              double *room)
{
    const hs_sim_result *const r = run->result;
    const size_t cells = split->points * r->pool_count;
    const uint64_t wanted = r->seconds >= 3 * 3600 ? 3600 : 600;
    const uint64_t window = split->step_secs > wanted ? split->step_secs : wanted;
    const double band =
        window == 3600 && run->watch != NULL ? run->watch->luck_floor[1] : NAN; /* 1 h */
    fill_shares(r, split->step_secs, window, split->points, room, room + cells);
    for (size_t i = 0; i < cells; i++) {
        room[i] -= room[cells + i];
    }
    hs_page_section(out, "Distance from the target", NULL);
    hs_html_raw(out, "<p class=\"intro\">Delivered minus effective target, in points, over the ");
    hs_page_duration(out, window);
    hs_html_raw(out, " that end there; one scale for all pools, chosen from the time after the "
                     "warm-up.");
    hs_html_raw(out, isnan(band) ? "</p>\n"
                                 : " Green: the mean error if each share had gone to a pool drawn "
                                   "at random by the targets, the luck floor.</p>\n");
    hs_split_deviations(out, split, room, band, run->scenario->warmup_secs);
    hs_page_section_end(out);
}

/* Moves applied before `second`, which is a whole minute or the end. */
static double moves_before(const hs_report_watch *watch, uint64_t second)
{
    const uint64_t minute = second / 60;
    if (minute == 0 || watch->minutes == 0) {
        return 0.0;
    }
    return (double)watch->moves_until[minute <= watch->minutes ? minute - 1 : watch->minutes - 1];
}

static void moves_section(hs_html *out, const hs_report_run *run, const hs_split *split)
{
    const hs_sim_result *const r = run->result;
    const hs_report_watch *const w = run->watch;
    if (w == NULL || w->minutes == 0) {
        return;
    }
    double bars[BARS_MAX * 2] = {0};
    uint64_t bin = chart_step(r->seconds, BARS_MAX);
    while (r->seconds / bin >= BARS_MAX) {
        bin *= 2; /* a run of more than five months */
    }
    const size_t count = (size_t)((r->seconds + bin - 1) / bin);
    for (size_t i = 0; i < count; i++) {
        bars[i] = moves_before(w, (i + 1) * bin) - moves_before(w, i * bin);
    }
    if (count > 0) { /* what the last, broken minute has not told */
        bars[count - 1] += (double)r->moves - (double)w->moves_until[w->minutes - 1];
    }
    hs_page_section(out, "Moves over time", NULL);
    hs_html_raw(out, "<p class=\"intro\"><b>");
    hs_html_count(out, r->moves);
    hs_html_raw(out, "</b> moves were made, ");
    hs_html_count(out, r->moves_refused);
    hs_html_raw(out, " refused; ");
    hs_html_count(out, r->forced);
    hs_html_raw(out, " times the host had to place a miner by itself. A bar is ");
    hs_page_duration(out, bin);
    hs_html_raw(out, ".</p>\n");
    hs_split_moves(out, split, bars, count, bin);
    hs_page_section_end(out);
}

static int over_time(hs_html *out, const hs_report_run *run)
{
    static const size_t TABLES = 2;
    const hs_sim_result *const r = run->result;
    hs_plot_mark marks[HS_REPORT_MARKS_MAX];
    hs_split split = {.pools = r->pools, .pool_count = r->pool_count, .marks = marks};
    split.step_secs = chart_step(r->seconds, POINTS_MAX);
    split.points = (size_t)(r->seconds / split.step_secs);
    split.mark_count = hs_report_marks(run->scenario, r->seconds, marks);
    if (split.points < 2) {
        return 0; /* two minutes have no course */
    }
    double *const room = calloc(TABLES * split.points * r->pool_count, sizeof *room);
    if (room == NULL) {
        return -1;
    }
    split_section(out, run, &split, room);
    deviation_section(out, run, &split, room);
    moves_section(out, run, &split);
    free(room);
    return 0;
}

/* ---- the end ---- */

/* A word as a shell reads it. */
static void shell_word(hs_html *out, const char *word)
{
    static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=:,+%@";
    if (word[0] != '\0' && strspn(word, PLAIN) == strlen(word)) {
        hs_html_text(out, word);
        return;
    }
    hs_html_raw(out, "&#39;");
    for (const char *s = word; *s != '\0';) {
        const size_t len = strcspn(s, "'");
        hs_html_text_part(out, s, len);
        s += len;
        if (*s == '\'') {
            hs_html_raw(out, "&#39;\\&#39;&#39;");
            s++;
        }
    }
    hs_html_raw(out, "&#39;");
}

static void again(hs_html *out, const hs_report_run *run)
{
    hs_page_section(out, "Make it again",
                    "Same scenario, configuration, plugin and seed give the same numbers, on "
                    "every machine. Another seed is another farm with another luck.");
    hs_html_raw(out, "<pre><code>host_stub");
    for (int i = 0; i < run->argc; i++) {
        hs_html_raw(out, " ");
        shell_word(out, run->argv[i]);
    }
    hs_html_print(out, "</code></pre>\n<p class=\"note\">Seed %" PRIu64 ". ", run->result->seed);
    hs_html_raw(out, "Every number of this page is the simulator's own account of which pool "
                     "credited what; none comes from the plugin.</p>\n");
    hs_page_section_end(out);
}

/* ---- errors ---- */

typedef struct hs_floors {
    const double *luck; /* [HS_WINDOWS] */
    double granularity;
} hs_floors;

enum { ROW_HEIGHT = 46, POINTS_DECIMALS = 3 };
#define LEAST 1e-3 /* points: what is smaller is not drawn */

static const char *const NAMES[HS_WINDOWS] = {"10 minutes", "1 hour", "6 hours", "24 hours"};
static const char *const SHORT[HS_WINDOWS] = {"10 min", "1 h", "6 h", "24 h"};

/* Whole decades that hold every value. */
static hs_plot_span decades(const hs_error_summary *errors, const hs_floors *floors)
{
    hs_plot_span r = {1.0, 0.1};
    for (int i = 0; i < HS_WINDOWS; i++) {
        if (errors[i].ticks > 0) {
            hs_plot_widen(&r, errors[i].mean);
            hs_plot_widen(&r, errors[i].max);
            hs_plot_widen(&r, floors != NULL ? floors->luck[i] : NAN);
        }
    }
    hs_plot_widen(&r, floors != NULL && floors->granularity >= LEAST ? floors->granularity : NAN);
    hs_plot_decades(&r, LEAST);
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
    const hs_plot_span r = decades(errors, floors);
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

/* `floors` may be NULL. */
static void draw_errors(hs_html *out, const hs_error_summary *errors, const hs_floors *floors)
{
    legend(out, floors);
    draw(out, HS_PLOT_WIDE, errors, floors);
    draw(out, HS_PLOT_NARROW, errors, floors);
    table(out, errors, floors);
}

static void errors_section(hs_html *out, const hs_report_run *run)
{
    const hs_report_watch *const w = run->watch;
    hs_page_section(out, "Error by window", NULL);
    hs_html_raw(out, "<p class=\"intro\">The error of a window is the largest difference, over the "
                     "pools, between delivered share and effective target. It is taken every 30 s "
                     "after a warm-up of ");
    hs_page_duration(out, run->scenario->warmup_secs);
    hs_html_raw(out, w == NULL
                         ? ", over the window that ends there.</p>\n"
                         : ", over the window that ends there. The luck floor is what random "
                           "placing of every single share would give; the whole-miner floor is "
                           "the best that miners who never move could do.</p>\n");
    const hs_floors floors = {.luck = w != NULL ? w->luck_floor : NULL,
                              .granularity = w != NULL ? w->granularity_floor : NAN};
    draw_errors(out, run->result->errors, w != NULL ? &floors : NULL);
    hs_page_section_end(out);
}

int hs_report_simulate(const hs_report_run *run, const char *path, char *why, size_t capacity)
{
    hs_html out = {0};
    hs_page_open(&out, "hashmux, a simulated farm", run->result->scenario, run->result->title);
    facts(&out, run->result);
    cards(&out, run->result);
    pools(&out, run->result);
    if (over_time(&out, run) != 0) {
        out.failed = 1;
    }
    errors_section(&out, run);
    again(&out, run);
    hs_page_close(&out);
    const int rc = hs_html_save(&out, path, why, capacity);
    hs_html_free(&out);
    return rc;
}
