/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/bench/converge.h"
#include "host_stub/bench/floors.h"
#include "host_stub/report/report.h"

void hs_report_watch_begin(hs_report_watch *watch, const hs_sim_result *so_far, uint64_t seed)
{
    memset(watch, 0, sizeof *watch);
    watch->so_far = so_far;
    hs_luck_init(&watch->luck, &so_far->account, seed);
}

void hs_report_watch_minute(hs_report_watch *watch, uint64_t second)
{
    const size_t minutes = (size_t)(second / 60);
    if (watch->no_memory || minutes <= watch->minutes) {
        return;
    }
    if (HS_GROW(watch->moves_until, watch->capacity, minutes) != 0) {
        watch->no_memory = 1;
        return;
    }
    /* A minute that was not told belongs to the next that is. */
    while (watch->minutes < minutes) {
        watch->moves_until[watch->minutes++] = watch->so_far->moves;
    }
}

void hs_report_watch_share(hs_report_watch *watch, uint64_t second, uint32_t count,
                           double difficulty)
{
    hs_luck_share(&watch->luck, second, count, difficulty);
}

/* Of the first miners and the first targets; NAN when there is none. 0, or -1 out of memory. */
static int granularity(const hs_scenario *scenario, const hs_sim_result *result, double *points)
{
    const uint32_t miners = scenario->farm.miners;
    const hs_epoch *const epoch = hs_account_epoch(&result->account, 0);
    double sum = 0.0;
    *points = NAN;
    for (uint32_t i = 0; epoch != NULL && i < result->pool_count; i++) {
        sum += epoch->target[i];
    }
    if (miners == 0 || !(sum > 0.0)) {
        return 0;
    }
    double *const ths = calloc(miners, sizeof *ths);
    int rc = -1;
    if (ths != NULL) {
        hs_sim_hashrates(scenario, result->seed, ths);
        rc = hs_granularity_floor(ths, miners, epoch->target, result->pool_count, points, NULL);
    }
    free(ths);
    return rc;
}

int hs_report_watch_end(hs_report_watch *watch, const hs_scenario *scenario)
{
    const hs_sim_result *const result = watch->so_far;
    if (watch->no_memory || hs_luck_close(&watch->luck) != 0 ||
        granularity(scenario, result, &watch->granularity_floor) != 0) {
        return -1;
    }
    for (int i = 0; i < HS_WINDOWS; i++) {
        const hs_error_summary luck =
            hs_luck_summary(&watch->luck, HS_WINDOW_SECS[i], scenario->warmup_secs);
        watch->luck_floor[i] = luck.ticks > 0 ? luck.mean : NAN;
    }
    watch->ended = 1;
    return 0;
}

double hs_report_watch_converge(const hs_report_watch *watch, uint64_t second)
{
    return watch->ended
               ? hs_converge_next(&watch->so_far->account, &watch->luck, &HS_WITHIN_10M, second)
               : NAN;
}

void hs_report_watch_free(hs_report_watch *watch)
{
    hs_luck_free(&watch->luck);
    free(watch->moves_until);
    memset(watch, 0, sizeof *watch);
}
