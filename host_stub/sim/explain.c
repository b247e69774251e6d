/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/explain.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/guard/snapshot.h"

enum { NUMBER = 48, PAIRS_MAX = 4 };
#define ANEW    1.0  /* average miners: so much less or more is something new */
#define NOTHING 0.05 /* average miners, and point-minutes: prints as 0.0 */

/* A text that is written piece by piece, and cut. */
struct page {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(page->at, page->left, format, arguments);
    va_end(arguments);
    const size_t taken = n < 0 ? 0 : (size_t)n < page->left ? (size_t)n : page->left - 1;
    page->at += taken;
    page->left -= taken;
}

static const char *tenths(char *to, double value)
{
    return hs_format_fixed(to, NUMBER, value, 1);
}

/* ---- pools that are out ---- */

static const char *why_down(const hmx_upstream_metrics *row)
{
    switch (row->reason) {
    case HMX_UPSTREAM_REASON_CONNECT_FAILED:
        return "down: it cannot be connected to";
    case HMX_UPSTREAM_REASON_LOST:
        return "down: the connection broke";
    case HMX_UPSTREAM_REASON_REFUSED:
        return "down: it refused the host";
    case HMX_UPSTREAM_REASON_HOST:
        return "down: the host took it down";
    default:
        return row->state == 0 ? "not connected yet" : "down";
    }
}

static void say_out(struct page *page, const hmx_upstream_metrics *row)
{
    char number[NUMBER];
    if ((row->flags & HMX_ROW_USABLE) != 0 && (row->flags & HMX_ROW_GREY) == 0) {
        return;
    }
    say(page, "; %s is out (", row->id);
    if ((row->flags & HMX_ROW_REMOVED) != 0) {
        say(page, "no longer configured");
    } else if ((row->flags & HMX_ROW_ENABLED) == 0) {
        say(page, "disabled");
    } else if ((row->flags & HMX_ROW_UP) == 0) {
        say(page, "%s", why_down(row));
    } else if ((row->flags & HMX_ROW_GREY) != 0) {
        say(page, "connected, but of its shares it has accepted %s %%",
            tenths(number, row->acceptance_pct));
    } else {
        say(page, "%s",
            (row->flags & HMX_ROW_HELD_DOWN) != 0 ? "back, but it failed too often" : "no job");
    }
    say(page, ")");
}

/* A grey pool's acceptance alone is no news. */
static int is_news(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        const int digits = *a >= '0' && *a <= '9' && *b >= '0' && *b <= '9';
        if (*a != *b && !digits) {
            return 1;
        }
    }
    return *a != *b;
}

/* ---- what is wanted ---- */

/* In average miners, for each pool: more, or less. */
static void find_wanted(const hs_explain *x, double *wanted)
{
    for (uint32_t i = 0; i < x->snapshot.count; i++) {
        const hmx_upstream_metrics *const row = &x->rows[i];
        wanted[i] = (row->command_pct - row->allocated_pct) / 100.0 * (double)x->snapshot.channels;
    }
}

static uint32_t largest(const double *values, uint32_t count, double sign)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++) {
        best = sign * values[i] > sign * values[best] ? i : best;
    }
    return best;
}

/* The one that has most too many gives to the one that lacks most, until nobody lacks any. */
static void say_wanted(struct page *page, const hs_explain *x, const double *wanted)
{
    double left[HMX_UPSTREAMS_MAX] = {0};
    char number[NUMBER];
    const uint32_t count = x->snapshot.count;
    int pairs = 0;
    memcpy(left, wanted, count * sizeof left[0]);
    for (; pairs < PAIRS_MAX && count > 0; pairs++) {
        const uint32_t to = largest(left, count, 1.0);
        const uint32_t from = largest(left, count, -1.0);
        const double most = fmin(left[to], -left[from]);
        if (!(most >= NOTHING)) {
            break;
        }
        say(page, pairs == 0 ? "move %s average miners from %s to %s" : ", %s from %s to %s",
            tenths(number, most), x->rows[from].id, x->rows[to].id);
        left[to] -= most;
        left[from] += most;
    }
    say(page, "%s", pairs == 0 ? "move nobody" : "");
}

static void say_owed(struct page *page, const hs_explain *x)
{
    char number[NUMBER];
    const char *before = "; owed (point-minutes): ";
    for (uint32_t i = 0; i < x->snapshot.count; i++) {
        const hmx_upstream_metrics *const row = &x->rows[i];
        if (fabs(row->integral_point_min) >= NOTHING) {
            say(page, "%s%s %s", before, row->id, tenths(number, row->integral_point_min));
            before = ", ";
        }
    }
}

/* ---- a line ---- */

static int has_changed(const hs_explain *x, const double *wanted, const char *out)
{
    int changed = !x->has_line || x->snapshot.decisions != x->decisions || is_news(out, x->out);
    for (uint32_t i = 0; i < x->snapshot.count; i++) {
        changed |= fabs(wanted[i] - x->wanted[i]) >= ANEW;
    }
    return changed;
}

int hs_explain_line(hs_explain *explain, uint64_t second, char *line, size_t capacity)
{
    char out[HS_EXPLAIN_SIZE] = "";
    char number[NUMBER];
    char deadband[NUMBER];
    double wanted[HMX_UPSTREAMS_MAX] = {0};
    struct page page = {line, capacity};
    struct page out_page = {out, sizeof out};
    const hmx_snapshot *const s = &explain->snapshot;
    for (uint32_t i = 0; i < s->count; i++) {
        say_out(&out_page, &explain->rows[i]);
    }
    find_wanted(explain, wanted);
    if (!has_changed(explain, wanted, out)) {
        return 0;
    }
    say(&page, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " ", second / 3600, second / 60 % 60,
        second % 60);
    if (s->decisions > explain->decisions) { /* they count as if they were carried out */
        say(&page, "moves decided: %" PRIu64 "; and then ", s->decisions - explain->decisions);
    }
    say_wanted(&page, explain, wanted);
    say(&page, " (off by %s points, deadband %s)", tenths(number, s->deviation_points),
        tenths(deadband, s->deadband_effective_points));
    say_owed(&page, explain);
    say(&page, "%s", out);
    explain->has_line = 1;
    explain->decisions = s->decisions;
    memcpy(explain->wanted, wanted, sizeof wanted);
    memcpy(explain->out, out, sizeof out);
    return 1;
}

int hs_explain_look(hs_explain *explain, hs_guard *guard, uint64_t second, char *line,
                    size_t capacity)
{
    if (hs_guard_snapshot(guard, &explain->snapshot, explain->rows) != 0) {
        return -1;
    }
    if (explain->snapshot.evaluations == explain->evaluations) {
        return 0;
    }
    explain->evaluations = explain->snapshot.evaluations;
    return hs_explain_line(explain, second, line, capacity);
}
