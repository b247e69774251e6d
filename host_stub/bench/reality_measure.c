/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <math.h>

#include "host_stub/bench/reality.h"

enum { H1 = 1, H6 = 2, H24 = 3, M10 = 0, AFTER_SECS = 1200 };

const char *hs_reality_metric_name(uint32_t metric)
{
    static const char *const NAMES[HS_REALITY_METRICS] = {"",
                                                          "1 h error",
                                                          "6 h error",
                                                          "24 h error",
                                                          "worst 10 min",
                                                          "moves",
                                                          "moves tried in vain",
                                                          "lost work %",
                                                          "minutes to notice",
                                                          "minutes to a right hour",
                                                          "moves after it",
                                                          "hours until served",
                                                          "error at last",
                                                          "spread",
                                                          "error of the others"};
    return NAMES[metric < HS_REALITY_METRICS ? metric : HS_REALITY_NONE];
}

static double at_least(double a, double b)
{
    return a > b ? a : b;
}

/* The longest over what the scenario orders; the end of something is no event of its own. */
static double noticed(const hs_bench_run *run, int hour)
{
    double longest = NAN;
    for (uint32_t i = 1; i < run->event_count; i++) {
        const hs_bench_event *const e = &run->events[i];
        const double minutes = hour ? e->converge_1h_min : e->converge_min;
        if (e->begins) {
            longest = isnan(minutes)   ? INFINITY
                      : isnan(longest) ? minutes
                                       : at_least(longest, minutes);
        }
    }
    return longest;
}

/* The most moves, after the end of any event. */
static double event_moves(const hs_bench_run *run)
{
    const hs_bench_series *const s = &run->series;
    double most = NAN;
    for (uint32_t i = 1; i < run->event_count; i++) {
        const uint64_t from = run->events[i].second / HS_BENCH_SERIES_SECS;
        double sum = 0.0;
        for (uint64_t p = from; p < from + AFTER_SECS / HS_BENCH_SERIES_SECS; p++) {
            sum += p < s->points ? s->moves[p] : 0.0;
        }
        if (!run->events[i].begins) {
            most = isnan(most) ? sum : at_least(most, sum);
        }
    }
    return most;
}

/* Until each pool with a target has got something. */
static double first_served(const hs_bench_run *run)
{
    const hs_bench_series *const s = &run->series;
    double latest = 0.0;
    for (uint32_t i = 0; i < s->pool_count; i++) {
        double hours = run->pools[i].target_pct > 0.0 ? INFINITY : 0.0;
        for (uint32_t p = 0; p < s->points && isinf(hours); p++) {
            if (s->delivered_pct[p * s->pool_count + i] > 0.0) {
                hours = (double)(p + 1) * HS_BENCH_SERIES_SECS / 3600.0;
            }
        }
        latest = at_least(latest, hours);
    }
    return latest;
}

/* What the pool got, and should have got, over the second half of the run. */
static void late(const hs_bench_run *run, uint32_t pool, double *got, double *wanted)
{
    const hs_bench_series *const s = &run->series;
    double points = 0.0;
    *got = *wanted = 0.0;
    for (uint32_t p = s->points / 2; p < s->points; p++) {
        const double delivered = s->delivered_pct[p * s->pool_count + pool];
        if (!isnan(delivered)) {
            *got += delivered;
            *wanted += s->effective_pct[p * s->pool_count + pool];
            points += 1.0;
        }
    }
    *got /= points;
    *wanted /= points;
}

static double late_error(const hs_bench_run *run)
{
    double worst = 0.0;
    for (uint32_t i = 0; i < run->series.pool_count; i++) {
        double got = 0.0;
        double wanted = 0.0;
        late(run, i, &got, &wanted);
        worst = isnan(got) ? INFINITY : at_least(worst, fabs(got - wanted));
    }
    return worst;
}

static double spread(const hs_bench_run *run)
{
    double most = 0.0;
    double least = 100.0;
    for (uint32_t i = 0; i < run->series.pool_count; i++) {
        double got = 0.0;
        double wanted = 0.0;
        late(run, i, &got, &wanted);
        most = at_least(most, got);
        least = got < least ? got : least;
    }
    return most - least;
}

/* The first pool is left out: nobody can say what it should get. */
static double rest_error(const hs_bench_run *run)
{
    double got[HS_SIM_POOLS_MAX] = {0};
    double all_got = 0.0;
    double all_targets = 0.0;
    double worst = 0.0;
    for (uint32_t i = 1; i < run->series.pool_count; i++) {
        double wanted = 0.0;
        late(run, i, &got[i], &wanted);
        all_got += got[i];
        all_targets += run->pools[i].target_pct;
    }
    for (uint32_t i = 1; i < run->series.pool_count; i++) {
        const double off = 100.0 * (got[i] / all_got - run->pools[i].target_pct / all_targets);
        worst = isnan(off) ? INFINITY : at_least(worst, fabs(off));
    }
    return worst;
}

double hs_reality_measure(const hs_bench_run *run, uint32_t metric)
{
    const double channel_days = run->channels * (double)run->seconds / 86400.0;
    switch (metric) {
    case HS_REALITY_ERROR_1H:
        return run->error_mean[H1];
    case HS_REALITY_ERROR_6H:
        return run->error_mean[H6];
    case HS_REALITY_ERROR_24H:
        return run->error_mean[H24];
    case HS_REALITY_WORST_10M:
        return run->error_max[M10];
    case HS_REALITY_MOVES:
        return run->moves_per_channel_day;
    case HS_REALITY_TRIED:
        return (double)(run->moves_refused + run->moves_failed) / channel_days;
    case HS_REALITY_LOST:
        return run->lost_work_pct;
    case HS_REALITY_NOTICED:
        return noticed(run, 0);
    case HS_REALITY_NOTICED_1H:
        return noticed(run, 1);
    case HS_REALITY_EVENT_MOVES:
        return event_moves(run);
    case HS_REALITY_FIRST:
        return first_served(run);
    case HS_REALITY_LATE:
        return late_error(run);
    case HS_REALITY_SPREAD:
        return spread(run);
    case HS_REALITY_REST:
        return rest_error(run);
    default:
        return NAN;
    }
}
