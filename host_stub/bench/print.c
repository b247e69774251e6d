/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/print.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/json.h"
#include "host_stub/base/text.h"
#include "host_stub/bench/limits.h"
#include "host_stub/sim/report.h"

enum { CELL = 48, COLUMN = 18, HOUR = 1, DAY = 3, DECIMALS = 6 };

static const char *fixed(char *to, double value, unsigned decimals)
{
    return hs_format_fixed(to, CELL, value, decimals);
}

static void print_header(FILE *to, const hs_bench_table *t, int width, int with_floors)
{
    fprintf(to, "%-*s", width, "");
    if (with_floors) {
        fprintf(to, " %7s %7s", "luck", "whole");
    }
    for (uint32_t p = 0; p < t->policy_count; p++) {
        fprintf(to, "  %*.*s", COLUMN, COLUMN, t->policies[p].policy);
    }
    fprintf(to, "\n%-*s", width, "scenario");
    if (with_floors) {
        fprintf(to, " %7s %7s", "floor", "miners");
    }
    for (uint32_t p = 0; p < t->policy_count; p++) {
        fprintf(to, "  %*.*s", COLUMN, COLUMN, t->policies[p].preset);
    }
    fputc('\n', to);
}

static void print_cell(FILE *to, const hs_bench_cell *cell)
{
    char error[CELL];
    char moves[CELL];
    char text[2 * CELL + 8];
    if (cell->runs == 0) {
        fprintf(to, "  %*s", COLUMN, cell->failed > 0 ? "failed" : "-");
        return;
    }
    snprintf(text, sizeof text, "%s @ %s", fixed(error, cell->error_mean[HOUR], 3),
             fixed(moves, cell->moves_per_channel_day, 2));
    fprintf(to, "  %*s", COLUMN, text);
}

static void print_worst(FILE *to, const hs_bench_cell *cell)
{
    char error[CELL];
    char text[2 * CELL];
    if (cell->runs == 0) {
        fprintf(to, "  %*s", COLUMN, "-");
        return;
    }
    snprintf(text, sizeof text, "%s (%" PRIu64 ")", fixed(error, cell->error_worst[HOUR], 3),
             cell->worst_seed);
    fprintf(to, "  %*s", COLUMN, text);
}

static int name_width(const hs_bench_table *t)
{
    int width = (int)strlen("scenario");
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        const int len = (int)strlen(t->scenarios[s]);
        width = len > width ? len : width;
    }
    return width;
}

static void print_seeds(FILE *to, const hs_bench_table *t)
{
    fprintf(to, "seed%s", t->seed_count == 1 ? "" : "s");
    for (uint32_t i = 0; i < t->seed_count; i++) {
        if (i < 16 || i + 1 == t->seed_count) {
            fprintf(to, "%s%" PRIu64, i > 16 ? " ... " : " ", t->seeds[i]);
        }
    }
}

void hs_bench_print(FILE *to, const hs_bench_table *t)
{
    char text[CELL];
    const int width = name_width(t);
    fprintf(to, "error of an hour in points @ moves per channel and day, mean over ");
    print_seeds(to, t);
    fprintf(to, "\n\n");
    print_header(to, t, width, 1);
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        const hs_bench_cell *const row = &t->cells[(size_t)s * t->policy_count];
        double luck = NAN;
        double whole = NAN;
        for (uint32_t p = 0; p < t->policy_count && isnan(luck); p++) {
            luck = row[p].luck_floor[HOUR];
            whole = row[p].granularity_floor;
        }
        fprintf(to, "%-*s %7s", width, t->scenarios[s], fixed(text, luck, 3));
        fprintf(to, " %7s", fixed(text, whole, 3));
        for (uint32_t p = 0; p < t->policy_count; p++) {
            print_cell(to, &row[p]);
        }
        fputc('\n', to);
    }
    if (t->seed_count < 2) {
        return;
    }
    fprintf(to, "\nworst seed's error of an hour (seed)\n\n");
    print_header(to, t, width, 0);
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        fprintf(to, "%-*s", width, t->scenarios[s]);
        for (uint32_t p = 0; p < t->policy_count; p++) {
            print_worst(to, hs_bench_cell_at(t, s, p));
        }
        fputc('\n', to);
    }
}

/* The worst of a policy's fleets. */
struct fleets {
    uint32_t made;
    uint32_t stalled;
    uint32_t unstable;
    double small; /* 24 h error, fewer than 10 miners */
    double large;
    double moves;
    const hs_bench_run *small_at;
    const hs_bench_run *large_at;
    const hs_bench_run *moves_at;
};

static void look_at(struct fleets *f, const hs_bench_run *run)
{
    const double day = run->error_mean[DAY];
    const double most = hs_bench_solo_moves(run->preset);
    double *const worst = run->channels < 9.5 ? &f->small : &f->large;
    const hs_bench_run **const at = run->channels < 9.5 ? &f->small_at : &f->large_at;
    f->made++;
    f->stalled += !(day < HS_BENCH_STALL_POINTS);
    f->unstable += !isnan(most) && !(run->moves_per_channel_day < most);
    if (*at == NULL || day > *worst) {
        *worst = day;
        *at = run;
    }
    if (f->moves_at == NULL || run->moves_per_channel_day > f->moves) {
        f->moves = run->moves_per_channel_day;
        f->moves_at = run;
    }
}

static void print_fleet(FILE *to, const hs_bench_run *run, double value, unsigned decimals)
{
    char text[CELL];
    if (run == NULL) {
        fprintf(to, "  %20s", "-");
    } else {
        fprintf(to, "  %9s in %-8s", fixed(text, value, decimals), run->scenario);
    }
}

void hs_bench_print_fleets(FILE *to, const hs_bench_table *t)
{
    fprintf(to,
            "%u random fleets: 24 h errors in points, moves per channel and day\n\n"
            "%-28s %6s %7s %8s  %20s  %20s  %20s\n",
            (unsigned)t->scenario_count, "policy", "fleets", "stalled", "unstable",
            "worst, 10 miners up", "worst, 1 to 9", "most moves");
    for (uint32_t p = 0; p < t->policy_count; p++) {
        struct fleets f = {0};
        for (uint32_t s = 0; s < t->scenario_count; s++) {
            const hs_bench_run *const run = hs_bench_at(t, s, p, 0);
            if (run != NULL && !run->failed) {
                look_at(&f, run);
            }
        }
        fprintf(to, "%-28s %6u %7u %8u", t->policies[p].label, (unsigned)f.made,
                (unsigned)f.stalled, (unsigned)f.unstable);
        print_fleet(to, f.large_at, f.large, 4);
        print_fleet(to, f.small_at, f.small, 4);
        print_fleet(to, f.moves_at, f.moves, 2);
        fputc('\n', to);
    }
}

/* ---- for programs ---- */

static json_t *windows(const double *values)
{
    json_t *const object = json_object();
    for (int i = 0; i < HS_WINDOWS; i++) {
        hs_json_number(object, HS_WINDOW_NAMES[i], values[i], DECIMALS);
    }
    return object;
}

/* What happened, when: the start is the first. */
static json_t *events(const hs_bench_run *run)
{
    json_t *const array = json_array();
    for (uint32_t i = 0; i < run->event_count; i++) {
        json_t *const event = json_object();
        hs_json_text(event, "name", run->events[i].name);
        hs_json_number(event, "at_min", (double)run->events[i].second / 60.0, DECIMALS);
        hs_json_put(event, "begins", json_boolean(run->events[i].begins));
        json_array_append_new(array, event);
    }
    return array;
}

char *hs_bench_json(const hs_bench_run *run, const hs_sim_result *result)
{
    char *const base = hs_sim_json(result);
    json_t *const root = base != NULL ? json_loads(base, 0, NULL) : NULL;
    free(base);
    if (root == NULL) {
        return NULL;
    }
    json_t *const converge = json_array();
    json_t *const deviation = json_array();
    for (uint32_t i = 0; i < run->event_count; i++) {
        json_array_append_new(converge, hs_json_real(run->events[i].converge_min, DECIMALS));
        if (i > 0) {
            json_array_append_new(deviation, hs_json_real(run->events[i].alloc_dev_max, DECIMALS));
        }
    }
    hs_json_text(root, "policy", run->policy);
    hs_json_put(root, "preset", run->preset[0] != '\0' ? json_string(run->preset) : json_null());
    hs_json_put(root, "luck_floor_pp", windows(run->luck_floor));
    hs_json_number(root, "granularity_floor_pp", run->granularity_floor, DECIMALS);
    hs_json_put(root, "events", events(run));
    hs_json_put(root, "converge_min", converge);
    hs_json_put(root, "alloc_dev_max_pp", deviation);
    hs_json_number(root, "lost_work_pct", run->lost_work_pct, DECIMALS);
    return hs_json_line(root);
}
