/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/report/events.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/report/page.h"

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
