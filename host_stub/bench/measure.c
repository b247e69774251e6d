/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/converge.h"
#include "host_stub/bench/floors.h"
#include "host_stub/bench/print.h"

enum { SETS_MAX = 65, ALLOC_FROM_SECS = 300, ALLOC_UNTIL_SECS = 3 * 3600 };

enum { INSTANTS_MAX = 100000 };

/* Keeps the events in the order of time; a second that is there already stays as it is. */
static void add_event(hs_bench_run *run, const hs_event_spec *event, uint64_t second,
                      uint32_t begins)
{
    uint32_t at = run->event_count;
    if (second >= run->seconds) {
        return;
    }
    while (at > 0 && run->events[at - 1].second > second) {
        at--;
    }
    if (at > 0 && run->events[at - 1].second == second) {
        return;
    }
    if (run->event_count == HS_BENCH_EVENTS_MAX) {
        run->events_left_out++;
        return;
    }
    memmove(&run->events[at + 1], &run->events[at],
            (run->event_count - at) * sizeof run->events[0]);
    run->event_count++;
    hs_bench_event *const e = &run->events[at];
    *e = (hs_bench_event){.second = second, .kind = event->kind, .begins = begins};
    memcpy(e->name, event->name, sizeof e->name);
}

/* The instants of a run from which convergence is measured: the start, and every second in which
 * something that the scenario orders begins or ends. What happens in one second is one event, with
 * the name of the first of it in the order of the scenario. Fills run->events (second, name, kind,
 * begins), event_count and events_left_out, in the order of time. */
static void list_events(const hs_scenario *scenario, hs_bench_run *run)
{
    run->events_left_out = 0;
    run->event_count = 1;
    run->events[0] = (hs_bench_event){.begins = 1, .name = "start"};
    for (uint32_t i = 0; i < scenario->event_count; i++) {
        const hs_event_spec *const event = &scenario->events[i];
        for (uint32_t k = 0; k < event->times; k++) {
            uint64_t at = event->at[k];
            for (int n = 0; n < INSTANTS_MAX && at < run->seconds; n++) {
                add_event(run, event, at, 1);
                if (event->lasts > 0) {
                    add_event(run, event, at + event->lasts, 0);
                }
                if (event->every == 0 || at + event->every >= event->until) {
                    break;
                }
                at += event->every;
            }
        }
    }
}

/* What listens to a run. */
struct listener {
    hs_sim_result result;
    hs_luck luck;
    uint64_t *moves; /* at the end of each 10 minutes */
    uint64_t points;
};

static void on_share(void *ctx, uint64_t second, uint64_t miner, uint32_t count, double difficulty,
                     uint32_t pool)
{
    struct listener *const l = ctx;
    (void)miner;
    (void)pool;
    hs_luck_share(&l->luck, second, count, difficulty);
}

static void on_progress(void *ctx, uint64_t second, uint64_t seconds)
{
    struct listener *const l = ctx;
    (void)seconds;
    const uint64_t point = second / HS_BENCH_SERIES_SECS;
    if (second % HS_BENCH_SERIES_SECS == 0 && point >= 1 && point <= l->points) {
        l->moves[point - 1] = l->result.moves;
    }
}

static void *room_for(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size);
}

static int fill_series(const struct listener *l, hs_bench_series *series)
{
    const uint32_t pools = l->result.pool_count;
    const size_t cells = (size_t)l->points * pools;
    series->pool_count = pools;
    series->delivered_pct = room_for(cells, sizeof(double));
    series->effective_pct = room_for(cells, sizeof(double));
    series->moves = room_for((size_t)l->points, sizeof(double));
    if (series->delivered_pct == NULL || series->effective_pct == NULL || series->moves == NULL) {
        return -1;
    }
    series->points = (uint32_t)l->points;
    for (uint64_t p = 0; p < l->points; p++) {
        double *const delivered = &series->delivered_pct[p * pools];
        double *const effective = &series->effective_pct[p * pools];
        series->moves[p] = (double)(l->moves[p] - (p > 0 ? l->moves[p - 1] : 0));
        if (hs_account_shares(&l->result.account, (p + 1) * HS_BENCH_SERIES_SECS,
                              HS_BENCH_SERIES_SECS, delivered, effective) != 0) {
            for (uint32_t i = 0; i < pools; i++) {
                delivered[i] = NAN;
                effective[i] = NAN;
            }
        }
    }
    return 0;
}

static void fill_events(const struct listener *l, hs_bench_run *run)
{
    const hs_account *const account = &l->result.account;
    for (uint32_t i = 0; i < run->event_count; i++) {
        hs_bench_event *const e = &run->events[i];
        const uint64_t next = i + 1 < run->event_count ? run->events[i + 1].second : run->seconds;
        uint64_t until = e->second + ALLOC_UNTIL_SECS;
        until = until < next ? until : next;
        e->converge_min = hs_converge_next(account, &l->luck, &HS_WITHIN_10M, e->second);
        e->converge_1h_min = hs_converge_next(account, &l->luck, &HS_WITHIN_1H, e->second);
        e->trailing_min = hs_converge_last(account, &l->luck, &HS_WITHIN_10M, e->second);
        e->alloc_dev_max = l->result.hashrate_at != NULL
                               ? hs_alloc_dev_max(&l->result, e->second + ALLOC_FROM_SECS, until)
                               : NAN;
    }
}

/* The best fixed assignment of the first miners to the first targets. */
static int fill_granularity(const hs_bench_job *job, const struct listener *l, hs_bench_run *run)
{
    const uint32_t miners = job->scenario->farm.miners;
    const hs_epoch *const epoch = hs_account_epoch(&l->result.account, 0);
    double *const ths = room_for(miners, sizeof *ths);
    int rc = -1;
    run->granularity_floor = NAN;
    if (ths != NULL && epoch != NULL && miners > 0) {
        hs_sim_hashrates(job->scenario, job->seed, ths);
        rc = hs_granularity_floor(ths, miners, epoch->target, l->result.pool_count,
                                  &run->granularity_floor, NULL);
    }
    free(ths);
    return rc;
}

static int fill(const hs_bench_job *job, struct listener *l, hs_bench_run *run)
{
    const hs_sim_result *const r = &l->result;
    memcpy(run->plugin, r->plugin, sizeof run->plugin);
    run->pool_count = r->pool_count;
    memcpy(run->pools, r->pools, sizeof run->pools);
    run->channels = r->channels;
    run->moves = r->moves;
    run->moves_refused = r->moves_refused;
    run->moves_failed = r->moves_failed;
    run->moves_per_channel_day = r->moves_per_channel_day;
    run->lost_work_pct = r->lost_work_pct;
    run->guard_violations = r->guard_violations;
    if (hs_luck_close(&l->luck) != 0 || fill_granularity(job, l, run) != 0) {
        return -1;
    }
    for (int i = 0; i < HS_WINDOWS; i++) {
        const hs_error_summary luck =
            hs_luck_summary(&l->luck, HS_WINDOW_SECS[i], job->scenario->warmup_secs);
        run->error_mean[i] = r->errors[i].ticks > 0 ? r->errors[i].mean : NAN;
        run->error_max[i] = r->errors[i].ticks > 0 ? r->errors[i].max : NAN;
        run->luck_floor[i] = luck.ticks > 0 ? luck.mean : NAN;
    }
    list_events(job->scenario, run);
    fill_events(l, run);
    return job->want_series ? fill_series(l, &run->series) : 0;
}

static void fail(hs_bench_run *run, const char *why)
{
    run->failed = 1;
    snprintf(run->why, sizeof run->why, "%.*s", (int)sizeof run->why - 1, why);
}

static int simulate(const hs_bench_job *job, const hs_plugin *plugin, struct listener *l, char *why,
                    size_t capacity)
{
    char preset[64];
    const char *sets[SETS_MAX];
    size_t count = 0;
    if (job->policy->preset[0] != '\0') {
        snprintf(preset, sizeof preset, "controller.tuning_model=%s", job->policy->preset);
        sets[count++] = preset;
    }
    for (size_t i = 0; i < job->set_count && count < SETS_MAX; i++) {
        sets[count++] = job->sets[i];
    }
    const hs_sim_options options = {.plugin = plugin,
                                    .sets = sets,
                                    .set_count = count,
                                    .seed = job->seed,
                                    .seconds = job->seconds,
                                    /* Costly, and of use only where something happens. */
                                    .record = job->scenario->event_count > 0,
                                    .progress = on_progress,
                                    .share = on_share,
                                    .ctx = l};
    hs_luck_init(&l->luck, &l->result.account, job->seed);
    return hs_sim_run(job->scenario, &options, &l->result, why, capacity);
}

void hs_bench_measure(const hs_bench_job *job, hs_bench_run *run, char **json)
{
    char why[1024] = "out of memory";
    hs_plugin plugin;
    const hs_load_options load = hs_loader_defaults();
    struct listener *const l = calloc(1, sizeof *l);
    const uint64_t seconds = job->seconds > 0 ? job->seconds : job->scenario->seconds;
    *json = NULL;
    memcpy(run->scenario, job->scenario->name, sizeof run->scenario);
    memcpy(run->title, job->scenario->title, sizeof run->title);
    memcpy(run->policy, job->policy->policy, sizeof run->policy);
    memcpy(run->preset, job->policy->preset, sizeof run->preset);
    run->seed = job->seed;
    run->seconds = (seconds + HS_BUCKET_SECS - 1) / HS_BUCKET_SECS * HS_BUCKET_SECS;
    if (l == NULL) {
        fail(run, why);
        return;
    }
    l->points = run->seconds / HS_BENCH_SERIES_SECS;
    l->moves = room_for((size_t)l->points + 1, sizeof *l->moves);
    if (l->moves == NULL ||
        hs_loader_open(job->policy->path, &load, &plugin, why, sizeof why) != HS_LOAD_OK) {
        fail(run, why);
        goto cleanup;
    }
    if (simulate(job, &plugin, l, why, sizeof why) != 0) {
        fail(run, why);
    } else {
        if (fill(job, l, run) != 0) {
            fail(run, "out of memory");
        } else {
            *json = hs_bench_json(run, &l->result);
        }
        hs_sim_result_free(&l->result);
    }
    hs_loader_close(&plugin);
cleanup:
    hs_luck_free(&l->luck);
    free(l->moves);
    free(l);
}
