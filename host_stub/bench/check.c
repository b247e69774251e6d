/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/check.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/limits.h"

enum { M10 = 0, H1 = 1, H6 = 2, H24 = 3, TEXT = 48 };
enum { LARGE_FLEET = 10 };

struct judge {
    const hs_bench_table *table;
    FILE *to;
    hs_bench_verdict verdict;
};

/* A limit that is met exactly is kept. NAN as limit: there is none; as value: it is exceeded. */
static void judge(struct judge *j, const char *scenario, const char *policy, const char *what,
                  double value, double limit)
{
    char seen[TEXT];
    char allowed[TEXT];
    if (isnan(limit)) {
        return;
    }
    j->verdict.compared++;
    if (value <= limit) {
        return;
    }
    j->verdict.exceeded++;
    fprintf(j->to, "EXCEEDED %s, %s: %s %s, at most %s\n", scenario, policy, what,
            isnan(value) ? "never" : hs_format_fixed(seen, sizeof seen, value, 4),
            hs_format_fixed(allowed, sizeof allowed, limit, 4));
}

/* The cell of hashmux with a preset, or of another policy without; NULL when it was not
 * measured. */
static const hs_bench_cell *cell_of(const hs_bench_table *t, const char *scenario,
                                    const char *policy, const char *preset)
{
    for (uint32_t s = 0; s < t->scenario_count; s++) {
        for (uint32_t p = 0; p < t->policy_count; p++) {
            const hs_bench_cell *const cell = hs_bench_cell_at(t, s, p);
            if (strcmp(t->scenarios[s], scenario) == 0 &&
                strcmp(t->policies[p].policy, policy) == 0 &&
                strcmp(t->policies[p].preset, preset) == 0 && cell->runs > 0) {
                return cell;
            }
        }
    }
    return NULL;
}

/* ---- the table of errors and moves ---- */

/* The day of a run that is shorter than a day and a warm-up has no error: that is no excess. */
static void judge_known(struct judge *j, const char *scenario, const char *policy, const char *what,
                        double value, double limit)
{
    judge(j, scenario, policy, what, value, isnan(value) ? NAN : limit);
}

static void check_limit(struct judge *j, const hs_bench_limit *l)
{
    const hs_bench_table *const t = j->table;
    const hs_bench_cell *const a = cell_of(t, l->scenario, "hashmux", "aggressive");
    const hs_bench_cell *const b = cell_of(t, l->scenario, "hashmux", "balanced");
    const hs_bench_cell *const c = cell_of(t, l->scenario, "hashmux", "conservative");
    if (a != NULL) {
        judge_known(j, l->scenario, "aggressive", "1 h error", a->error_mean[H1], l->aggressive_1h);
        judge(j, l->scenario, "aggressive", "moves", a->moves_per_channel_day, l->aggressive_moves);
    }
    if (b != NULL) {
        judge_known(j, l->scenario, "balanced", "1 h error", b->error_mean[H1], l->balanced_1h);
        judge_known(j, l->scenario, "balanced", "6 h error", b->error_mean[H6], l->balanced_6h);
        judge_known(j, l->scenario, "balanced", "24 h error", b->error_mean[H24], l->balanced_24h);
        judge_known(j, l->scenario, "balanced", "worst hour", b->error_max[H1], l->balanced_max_1h);
        judge(j, l->scenario, "balanced", "moves", b->moves_per_channel_day, l->balanced_moves);
    }
    if (c != NULL) {
        judge_known(j, l->scenario, "conservative", "1 h error", c->error_mean[H1],
                    l->conservative_1h);
        judge(j, l->scenario, "conservative", "moves", c->moves_per_channel_day,
              l->conservative_moves);
    }
}

/* ---- dynamic criteria ---- */

static double metric_of(const hs_bench_run *run, const hs_bench_dynamic *d)
{
    const hs_bench_event *const e = &run->events[d->event];
    switch (d->metric) {
    case HS_METRIC_CONVERGE:
        return e->converge_min;
    case HS_METRIC_CONVERGE_1H:
        return e->converge_1h_min;
    case HS_METRIC_TRAILING:
        return e->trailing_min;
    case HS_METRIC_ALLOC_DEV:
        return e->alloc_dev_max;
    case HS_METRIC_LOST_WORK:
        return run->lost_work_pct;
    default:
        return run->error_mean[H24];
    }
}

static const char *metric_name(uint32_t metric)
{
    switch (metric) {
    case HS_METRIC_CONVERGE:
        return "minutes to converge";
    case HS_METRIC_CONVERGE_1H:
        return "minutes until the next hour is within 0.75 points";
    case HS_METRIC_TRAILING:
        return "minutes until the last ten are within";
    case HS_METRIC_ALLOC_DEV:
        return "allocation deviation";
    case HS_METRIC_LOST_WORK:
        return "lost work %";
    default:
        return "24 h error";
    }
}

static void judge_dynamic(struct judge *j, const hs_bench_dynamic *d, int preset,
                          const hs_bench_run *run, double value)
{
    char what[160];
    const char *const whose = d->worst ? "worst seed" : "mean";
    if (d->metric == HS_METRIC_LOST_WORK || d->metric == HS_METRIC_ERROR_24H) {
        snprintf(what, sizeof what, "%s (%s)", metric_name(d->metric), whose);
    } else {
        const hs_bench_event *const e = &run->events[d->event];
        snprintf(what, sizeof what, "%s after %s%s (%s)", metric_name(d->metric), e->name,
                 e->begins ? "" : " ends", whose);
    }
    judge(j, d->scenario, HS_BENCH_PRESET_NAMES[preset], what, value, d->limits[preset]);
}

static void check_dynamic(struct judge *j, const hs_bench_dynamic *d, int preset)
{
    const hs_bench_table *const t = j->table;
    const hs_bench_run *seen = NULL;
    double worst = -1.0;
    double sum = 0.0;
    double runs = 0.0;
    for (uint32_t i = 0; i < t->run_count; i++) {
        const hs_bench_run *const run = &t->runs[i];
        if (run->failed || d->event >= run->event_count ||
            strcmp(run->scenario, d->scenario) != 0 || strcmp(run->policy, "hashmux") != 0 ||
            strcmp(run->preset, HS_BENCH_PRESET_NAMES[preset]) != 0 ||
            /* A run that was cut short says nothing about what comes later. */
            run->events[d->event].second + 2 * 3600 > run->seconds) {
            continue;
        }
        const double value = metric_of(run, d);
        if (isnan(value) && d->metric == HS_METRIC_ERROR_24H) {
            continue;
        }
        worst = isnan(value) || value > worst ? value : worst; /* once NAN, it stays */
        sum += value;
        runs += 1.0;
        seen = run;
    }
    if (seen != NULL) {
        judge_dynamic(j, d, preset, seen, d->worst ? worst : sum / runs);
    }
}

/* ---- policies against each other ---- */

static void check_order(struct judge *j, const char *scenario)
{
    const hs_bench_cell *const a = cell_of(j->table, scenario, "hashmux", "aggressive");
    const hs_bench_cell *const b = cell_of(j->table, scenario, "hashmux", "balanced");
    const hs_bench_cell *const c = cell_of(j->table, scenario, "hashmux", "conservative");
    if (a != NULL && b != NULL) {
        judge(j, scenario, "aggressive", "1 h error against balanced's", a->error_mean[H1],
              b->error_mean[H1]);
        judge(j, scenario, "balanced", "moves against aggressive's / 1.8", b->moves_per_channel_day,
              a->moves_per_channel_day / HS_BENCH_AGGRESSIVE_MOVES);
    }
    if (b != NULL && c != NULL) {
        judge(j, scenario, "balanced", "1 h error against conservative's", b->error_mean[H1],
              c->error_mean[H1]);
        judge(j, scenario, "conservative", "moves against balanced's / 1.3",
              c->moves_per_channel_day, b->moves_per_channel_day / HS_BENCH_BALANCED_MOVES);
    }
}

static void check_luck(struct judge *j, const char *scenario)
{
    const hs_bench_cell *const b = cell_of(j->table, scenario, "hashmux", "balanced");
    if (b != NULL) {
        judge_known(j, scenario, "balanced", "1 h error against 0.85 x luck", b->error_mean[H1],
                    HS_BENCH_LUCK_1H * b->luck_floor[H1]);
        judge_known(j, scenario, "balanced", "10 min error against 1.2 x luck", b->error_mean[M10],
                    HS_BENCH_LUCK_10M * b->luck_floor[M10]);
        judge_known(j, scenario, "balanced", "24 h error", b->error_mean[H24],
                    HS_BENCH_LUCK_POINTS);
    }
}

static void check_proportional(struct judge *j, const char *scenario)
{
    const hs_bench_cell *const p = cell_of(j->table, scenario, "hashmux", "proportional_only");
    const hs_bench_cell *const still = cell_of(j->table, scenario, "static_hashrate", "");
    if (p == NULL) {
        return;
    }
    if (!hs_bench_listed(HS_BENCH_NO_STALL, scenario)) {
        judge_known(j, scenario, "proportional_only", "24 h error (it has stalled)",
                    p->error_worst[H24], HS_BENCH_STALL_POINTS);
    }
    if (still != NULL && !hs_bench_listed(HS_BENCH_NOT_STATIC, scenario)) {
        judge_known(j, scenario, "proportional_only", "1 h error against 1.05 x static_hashrate",
                    p->error_mean[H1], HS_BENCH_STATIC_TIMES * still->error_mean[H1]);
    }
}

static void check_count_pid(struct judge *j)
{
    const hs_bench_cell *const b = cell_of(j->table, "hetero200", "hashmux", "balanced");
    const hs_bench_cell *const usual = cell_of(j->table, "hetero200", "count_pid", "");
    if (b != NULL && usual != NULL) {
        judge_known(j, "hetero200", "balanced", "1 h error against count_pid / 15",
                    b->error_mean[H1], usual->error_mean[H1] / HS_BENCH_COUNT_PID_ERROR);
        judge(j, "hetero200", "balanced", "moves against count_pid / 10", b->moves_per_channel_day,
              usual->moves_per_channel_day / HS_BENCH_COUNT_PID_MOVES);
    }
}

hs_bench_verdict hs_bench_check(const hs_bench_table *table, FILE *to)
{
    struct judge j = {.table = table, .to = to};
    for (size_t i = 0; i < HS_BENCH_LIMIT_COUNT; i++) {
        check_limit(&j, &HS_BENCH_LIMITS[i]);
    }
    for (size_t i = 0; i < HS_BENCH_DYNAMIC_COUNT; i++) {
        for (int k = 0; k < HS_BENCH_PRESETS; k++) {
            if (!isnan(HS_BENCH_DYNAMICS[i].limits[k])) {
                check_dynamic(&j, &HS_BENCH_DYNAMICS[i], k);
            }
        }
    }
    for (uint32_t s = 0; s < table->scenario_count; s++) {
        const char *const scenario = table->scenarios[s];
        if (hs_bench_listed(HS_BENCH_ORDERED, scenario)) {
            check_order(&j, scenario);
        }
        if (hs_bench_listed(HS_BENCH_BELOW_LUCK, scenario)) {
            check_luck(&j, scenario);
        }
        check_proportional(&j, scenario);
    }
    check_count_pid(&j);
    return j.verdict;
}

hs_bench_verdict hs_bench_check_fleets(const hs_bench_table *table, FILE *to)
{
    struct judge j = {.table = table, .to = to};
    for (uint32_t i = 0; i < table->run_count; i++) {
        const hs_bench_run *const run = &table->runs[i];
        if (run->failed || strcmp(run->policy, "hashmux") != 0) {
            continue;
        }
        const double day = run->error_mean[H24];
        const int close =
            strcmp(run->preset, "balanced") == 0 && run->channels >= LARGE_FLEET - 0.5;
        judge_known(&j, run->scenario, run->preset, "24 h error", day,
                    close ? HS_BENCH_FLEET_POINTS : HS_BENCH_STALL_POINTS);
        judge(&j, run->scenario, run->preset, "moves (unstable)", run->moves_per_channel_day,
              hs_bench_solo_moves(run->preset));
    }
    return j.verdict;
}

static double allowed(double kind, double times, double plus)
{
    return fmax(times * kind, kind + plus);
}

/* What a lost connection takes along is missed in the hours that it falls in, whoever decides: it
 * adds as many points to the mean of their errors as it is per cent of all work. */
static void check_against_kind(struct judge *j, const char *scenario, const char *preset,
                               const hs_bench_cell *here, const hs_bench_cell *kind)
{
    const double error = kind->error_mean[H1];
    const double moves = kind->moves_per_channel_day;
    const double taken = fmax(0.0, here->unanswered_pct - kind->unanswered_pct);
    judge_known(j, scenario, preset, "1 h error against the kind world's", here->error_mean[H1],
                allowed(error, HS_BENCH_WORLD_ERROR_TIMES, HS_BENCH_WORLD_ERROR_PLUS) + taken);
    judge(j, scenario, preset, "moves against the kind world's", here->moves_per_channel_day,
          allowed(moves, HS_BENCH_WORLD_MOVES_TIMES, HS_BENCH_WORLD_MOVES_PLUS));
}

hs_bench_verdict hs_bench_check_world(const hs_bench_table *world, const hs_bench_table *kind,
                                      FILE *to)
{
    struct judge j = {.table = world, .to = to};
    for (uint32_t s = 0; s < world->scenario_count; s++) {
        for (uint32_t p = 0; p < world->policy_count; p++) {
            const hs_bench_cell *const here = hs_bench_cell_at(world, s, p);
            const hs_bench_cell *const there = hs_bench_cell_at(kind, s, p);
            const char *const preset = world->policies[p].preset;
            if (preset[0] != '\0' && here->runs > 0 && there->runs > 0) {
                check_against_kind(&j, world->scenarios[s], preset, here, there);
            }
        }
    }
    return j.verdict;
}
