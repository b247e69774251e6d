/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"

enum { CELL = 32, JSON_DECIMALS = 6 };

/* ---- the table ---- */

static void print_cell(FILE *to, int width, double value, unsigned decimals)
{
    char text[CELL];
    fprintf(to, " %*s", width, hs_format_fixed(text, sizeof text, value, decimals));
}

static void print_pools(FILE *to, const hs_sim_result *r)
{
    int width = 4;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        const int len = (int)strlen(r->pools[i].id);
        width = len > width ? len : width;
    }
    fprintf(to, "%-*s %9s %11s %11s %9s %9s %11s %10s %9s %7s\n", width, "pool", "target %",
            "effective %", "delivered %", "error", "channels", "TH/s", "accepted", "rejected",
            "lost");
    for (uint32_t i = 0; i < r->pool_count; i++) {
        const hs_sim_pool_result *const p = &r->pools[i];
        fprintf(to, "%-*s", width, p->id);
        print_cell(to, 9, p->target_pct, 2);
        print_cell(to, 11, p->effective_pct, 3);
        print_cell(to, 11, p->delivered_pct, 3);
        print_cell(to, 9, p->delivered_pct - p->effective_pct, 3);
        print_cell(to, 9, p->channels, 1);
        print_cell(to, 11, p->hashrate_ths, 1);
        fprintf(to, " %10" PRIu64 " %9" PRIu64 " %7" PRIu64 "\n", p->accepted, p->rejected,
                p->lost);
    }
}

static void print_error_row(FILE *to, const char *name, const hs_sim_result *r, int worst)
{
    fprintf(to, "%-16s", name);
    for (int i = 0; i < HS_WINDOWS; i++) {
        if (r->errors[i].ticks == 0) {
            fprintf(to, " %9s", "-");
        } else {
            print_cell(to, 9, worst ? r->errors[i].max : r->errors[i].mean, 3);
        }
    }
    fputc('\n', to);
}

void hs_sim_print_table(FILE *to, const hs_sim_result *r)
{
    char hours[CELL];
    char text[CELL];
    fprintf(to, "%s%s%s\n", r->scenario, r->title[0] != '\0' ? ": " : "", r->title);
    if (r->world[0] != '\0') {
        fprintf(to, "in the world %s\n", r->world);
    }
    fprintf(to, "plugin %s, seed %" PRIu64 ", %s simulated hours, ", r->plugin, r->seed,
            hs_format_fixed(hours, sizeof hours, (double)r->seconds / 3600.0, 2));
    fprintf(to, "%s channels on average\n\n", hs_format_fixed(text, sizeof text, r->channels, 1));
    print_pools(to, r);
    fprintf(to, "\nerror in points ");
    for (int i = 0; i < HS_WINDOWS; i++) {
        fprintf(to, " %9s", HS_WINDOW_NAMES[i]);
    }
    fputc('\n', to);
    print_error_row(to, "  mean", r, 0);
    print_error_row(to, "  worst", r, 1);
    fprintf(to,
            "\nmoves %" PRIu64 " (%s per channel and day), refused %" PRIu64
            ", placed by the host %" PRIu64 "\n",
            r->moves, hs_format_fixed(text, sizeof text, r->moves_per_channel_day, 3),
            r->moves_refused, r->forced);
    if (r->moves_failed > 0) {
        fprintf(to, "moves that failed %" PRIu64 "\n", r->moves_failed);
    }
    if (r->dropped > 0) {
        fprintf(to, "connections that a move has broken %" PRIu64 "\n", r->dropped);
    }
    if (r->reopened > 0) {
        fprintf(to,
                "closed to be opened again %" PRIu64 ", of them back on another pool %" PRIu64 "\n",
                r->reopened, r->moves_reopened);
    }
    fprintf(to,
            "shares submitted %" PRIu64 " = accepted %" PRIu64 " + rejected %" PRIu64
            " + lost %" PRIu64 "\n",
            r->submitted, r->accepted, r->rejected, r->lost);
    if (r->kept > 0) {
        fprintf(to, "shares that the host kept %" PRIu64 "\n", r->kept);
    }
    fprintf(to, "work lost %s %%, guard violations %" PRIu64 "\n",
            hs_format_fixed(text, sizeof text, r->lost_work_pct, 4), r->guard_violations);
    for (uint32_t i = 0; i < r->note_count; i++) {
        fprintf(to, "note: %s\n", r->notes[i]);
    }
}

/* ---- JSON ---- */

static json_t *error_object(const hs_sim_result *r, int worst)
{
    json_t *const object = json_object();
    for (int i = 0; i < HS_WINDOWS; i++) {
        const hs_error_summary *const e = &r->errors[i];
        hs_json_put(object, HS_WINDOW_NAMES[i],
                    e->ticks == 0 ? json_null()
                                  : hs_json_real(worst ? e->max : e->mean, JSON_DECIMALS));
    }
    return object;
}

static json_t *pool_array(const hs_sim_result *r)
{
    json_t *const array = json_array();
    for (uint32_t i = 0; i < r->pool_count; i++) {
        json_t *const row = json_object();
        hs_json_text(row, "id", r->pools[i].id);
        hs_json_number(row, "target_pct", r->pools[i].target_pct, JSON_DECIMALS);
        hs_json_number(row, "effective_pct", r->pools[i].effective_pct, JSON_DECIMALS);
        hs_json_number(row, "delivered_pct", r->pools[i].delivered_pct, JSON_DECIMALS);
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *share_object(const hs_sim_result *r)
{
    json_t *const object = json_object();
    hs_json_count(object, "submitted", r->submitted);
    hs_json_count(object, "accepted", r->accepted);
    hs_json_count(object, "rejected", r->rejected);
    hs_json_count(object, "lost", r->lost);
    if (r->kept > 0) {
        hs_json_count(object, "not_forwarded", r->kept);
    }
    return object;
}

char *hs_sim_json(const hs_sim_result *r)
{
    json_t *const root = json_object();
    hs_json_text(root, "scenario", r->scenario);
    if (r->world[0] != '\0') {
        hs_json_text(root, "world", r->world);
    }
    hs_json_text(root, "plugin", r->plugin);
    hs_json_count(root, "seed", r->seed);
    hs_json_put(root, "hours",
                r->seconds % 3600 == 0 ? json_integer((json_int_t)(r->seconds / 3600))
                                       : hs_json_real((double)r->seconds / 3600.0, JSON_DECIMALS));
    hs_json_number(root, "channels", r->channels, JSON_DECIMALS);
    hs_json_put(root, "error_pp", error_object(r, 0));
    hs_json_put(root, "error_max_pp", error_object(r, 1));
    hs_json_put(root, "pools", pool_array(r));
    hs_json_count(root, "moves", r->moves);
    hs_json_count(root, "moves_hard", r->moves_hard);
    hs_json_count(root, "moves_soft", r->moves_soft);
    if (r->reopened > 0) {
        hs_json_count(root, "moves_reopened", r->moves_reopened);
        hs_json_count(root, "reopened", r->reopened);
    }
    if (r->moves_failed > 0) {
        hs_json_count(root, "moves_failed", r->moves_failed);
    }
    if (r->dropped > 0) {
        hs_json_count(root, "dropped", r->dropped);
    }
    hs_json_number(root, "moves_per_channel_day", r->moves_per_channel_day, JSON_DECIMALS);
    hs_json_put(root, "shares", share_object(r));
    hs_json_count(root, "guard_violations", r->guard_violations);
    return hs_json_line(root);
}
