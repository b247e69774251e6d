/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const hs_bench_run *hs_bench_at(const hs_bench_table *table, uint32_t scenario, uint32_t policy,
                                uint32_t seed)
{
    if (scenario >= table->scenario_count || policy >= table->policy_count ||
        seed >= table->seed_count) {
        return NULL;
    }
    const size_t at = ((size_t)scenario * table->policy_count + policy) * table->seed_count + seed;
    return at < table->run_count ? &table->runs[at] : NULL;
}

const hs_bench_cell *hs_bench_cell_at(const hs_bench_table *table, uint32_t scenario,
                                      uint32_t policy)
{
    return &table->cells[(size_t)scenario * table->policy_count + policy];
}

/* Mean and largest of what is not NAN. */
struct gathered {
    double sum;
    double most;
    uint32_t count;
};

static void gather(struct gathered *g, double value)
{
    if (!isnan(value)) {
        g->most = g->count == 0 || value > g->most ? value : g->most;
        g->sum += value;
        g->count++;
    }
}

static double mean_of(const struct gathered *g)
{
    return g->count > 0 ? g->sum / (double)g->count : NAN;
}

static double most_of(const struct gathered *g)
{
    return g->count > 0 ? g->most : NAN;
}

static void summarise_windows(const hs_bench_table *t, uint32_t scenario, uint32_t policy,
                              hs_bench_cell *cell)
{
    for (int w = 0; w < HS_WINDOWS; w++) {
        struct gathered mean = {0};
        struct gathered max = {0};
        struct gathered luck = {0};
        for (uint32_t s = 0; s < t->seed_count; s++) {
            const hs_bench_run *const run = hs_bench_at(t, scenario, policy, s);
            if (run != NULL && !run->failed) {
                gather(&mean, run->error_mean[w]);
                gather(&max, run->error_max[w]);
                gather(&luck, run->luck_floor[w]);
            }
        }
        cell->error_mean[w] = mean_of(&mean);
        cell->error_worst[w] = most_of(&mean);
        cell->error_max[w] = mean_of(&max);
        cell->luck_floor[w] = mean_of(&luck);
    }
}

/* What was sent and never answered, as a part of all work that counts. */
static double unanswered_of(const hs_bench_run *run)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < run->pool_count; i++) {
        const hs_sim_pool_result *const pool = &run->pools[i];
        if (pool->accepted > 0) {
            sum += pool->delivered_pct * (double)pool->lost / (double)pool->accepted;
        }
    }
    return sum;
}

static void summarise_cell(const hs_bench_table *t, uint32_t scenario, uint32_t policy,
                           hs_bench_cell *cell)
{
    struct gathered grain = {0};
    struct gathered moves = {0};
    struct gathered lost = {0};
    struct gathered unanswered = {0};
    double worst = -1.0;
    memset(cell, 0, sizeof *cell);
    for (uint32_t s = 0; s < t->seed_count; s++) {
        const hs_bench_run *const run = hs_bench_at(t, scenario, policy, s);
        if (run == NULL || run->failed) {
            cell->failed += run != NULL;
            continue;
        }
        cell->runs++;
        gather(&grain, run->granularity_floor);
        gather(&moves, run->moves_per_channel_day);
        gather(&lost, run->lost_work_pct);
        gather(&unanswered, unanswered_of(run));
        if (cell->runs == 1 || run->error_mean[1] > worst) {
            worst = isnan(run->error_mean[1]) ? worst : run->error_mean[1];
            cell->worst_seed = run->seed;
        }
    }
    summarise_windows(t, scenario, policy, cell);
    cell->granularity_floor = mean_of(&grain);
    cell->moves_per_channel_day = mean_of(&moves);
    cell->moves_worst = most_of(&moves);
    cell->lost_work_pct = mean_of(&lost);
    cell->lost_work_worst = most_of(&lost);
    cell->unanswered_pct = mean_of(&unanswered);
}

void hs_bench_summarise(hs_bench_table *table)
{
    for (uint32_t s = 0; s < table->scenario_count; s++) {
        for (uint32_t p = 0; p < table->policy_count; p++) {
            summarise_cell(table, s, p, &table->cells[(size_t)s * table->policy_count + p]);
        }
    }
}

void hs_bench_run_free(hs_bench_run *run)
{
    free(run->series.delivered_pct);
    free(run->series.effective_pct);
    free(run->series.moves);
    memset(&run->series, 0, sizeof run->series);
}

void hs_bench_table_free(hs_bench_table *table)
{
    for (uint32_t i = 0; table->runs != NULL && i < table->run_count; i++) {
        hs_bench_run_free(&table->runs[i]);
    }
    free(table->scenarios);
    free(table->titles);
    free(table->policies);
    free(table->seeds);
    free(table->runs);
    free(table->cells);
    memset(table, 0, sizeof *table);
}
