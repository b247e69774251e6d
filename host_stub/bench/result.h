/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/result: what `host_stub bench control` has measured, as plain structs: one per run (a
 * scenario, a policy, a seed), and the means over the seeds. Those who print it, judge it or draw
 * it read these structs and nothing else. It measures nothing and computes nothing but the means.
 *
 * Errors are in points (percentage points), times in seconds or minutes as the name says. NAN is
 * "there is none": a window longer than the run, an event after which the split never came back, an
 * allocation whose time of judgement another event has cut off. */
#ifndef HOST_STUB_BENCH_RESULT_H
#define HOST_STUB_BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/sim/run.h"

enum { HS_BENCH_EVENTS_MAX = 64, HS_BENCH_SERIES_SECS = 600 };

/* The beginning of the run, or something that the scenario orders; both ends of what lasts. */
typedef struct hs_bench_event {
    uint64_t second;
    char name[HMX_ID_SIZE]; /* "start", or the <n> of [event.<n>] */
    uint32_t kind;          /* enum hs_event_kind, 0 = start */
    uint32_t begins;        /* 0 = it ends here */
    double converge_min;    /* minutes until the next 10 minutes are within max(1 pp, 3 sigma) */
    double converge_1h_min; /* until the next hour is within 0.75 pp */
    double trailing_min;  /* until the last 10 minutes are within, against the target then valid */
    double alloc_dev_max; /* largest allocation deviation 5 min to 3 h after it, before the next */
} hs_bench_event;

/* The split over time, one point every HS_BENCH_SERIES_SECS: what was delivered in the time that
 * ends there. Row p of pool i is [p * pool_count + i]. */
typedef struct hs_bench_series {
    uint32_t points; /* point p ends at (p + 1) * HS_BENCH_SERIES_SECS */
    uint32_t pool_count;
    double *delivered_pct; /* NAN where no work was credited */
    double *effective_pct; /* work-weighted mean of the effective target */
    double *moves;         /* [points]: moves applied in that time */
} hs_bench_series;

typedef struct hs_bench_run {
    char scenario[64];
    char title[192];
    char policy[64];  /* file name of the plugin without .so: "hashmux", "count_pid" */
    char preset[32];  /* tuning_model given to it, "" = none */
    char plugin[176]; /* id and version */
    uint64_t seed;
    uint64_t seconds;
    uint32_t scenario_index; /* places in hs_bench_table */
    uint32_t policy_index;
    uint32_t failed; /* 1 = `why` says what went wrong; only the members above are valid */
    uint32_t pool_count;
    uint32_t event_count;     /* 1 or more: the first is the start */
    uint32_t events_left_out; /* beyond HS_BENCH_EVENTS_MAX */
    char why[512];
    hs_sim_pool_result pools[HS_SIM_POOLS_MAX];
    double channels; /* time mean */
    double error_mean[HS_WINDOWS];
    double error_max[HS_WINDOWS];
    double luck_floor[HS_WINDOWS]; /* mean error if each share of this run had been drawn */
    double granularity_floor;      /* best fixed assignment of whole miners, at the start */
    uint64_t moves;
    uint64_t moves_refused;
    uint64_t moves_failed;
    double moves_per_channel_day;
    double lost_work_pct;
    uint64_t guard_violations;
    hs_bench_event events[HS_BENCH_EVENTS_MAX];
    hs_bench_series series; /* points 0 but for the first seed of each cell */
} hs_bench_run;

/* A row of policies: a plugin, with a preset or without. */
typedef struct hs_bench_policy {
    char policy[64];
    char preset[32];
    char label[96]; /* "hashmux balanced", "count_pid" */
    char path[4096];
} hs_bench_policy;

/* The runs of one scenario and one policy over the seeds. NAN where no run has the value. */
typedef struct hs_bench_cell {
    uint32_t runs; /* that did not fail */
    uint32_t failed;
    double error_mean[HS_WINDOWS];  /* mean over the seeds */
    double error_max[HS_WINDOWS];   /* mean over the seeds of each run's worst window */
    double error_worst[HS_WINDOWS]; /* worst seed's mean error */
    uint64_t worst_seed;            /* the one with the largest 1 h error */
    double luck_floor[HS_WINDOWS];
    double granularity_floor;
    double moves_per_channel_day;
    double moves_worst; /* the seed with the most moves per channel and day */
    double lost_work_pct;
    double lost_work_worst;
    double unanswered_pct; /* of all work that counts: sent to a pool, and its connection took it */
} hs_bench_cell;

typedef struct hs_bench_table {
    uint32_t scenario_count;
    uint32_t policy_count;
    uint32_t seed_count;
    uint32_t run_count; /* scenario_count * policy_count * seed_count, fewer when interrupted */
    char (*scenarios)[64];
    char (*titles)[192];
    hs_bench_policy *policies;
    uint64_t *seeds;
    hs_bench_run *runs;   /* by scenario, then policy, then seed */
    hs_bench_cell *cells; /* [scenario * policy_count + policy] */
    double wall_secs;     /* how long the measuring took */
} hs_bench_table;

/* Whoever draws it offers, in host_stub/report/report.h:
 *   int hs_report_bench(const hs_bench_table *table, const char *path, char *why, size_t capacity);
 * 0, or -1 with the sentence in `why` when the file cannot be written. */

/* Run (scenario, policy, seed by index), or NULL when it was not made. */
const hs_bench_run *hs_bench_at(const hs_bench_table *table, uint32_t scenario, uint32_t policy,
                                uint32_t seed);

/* What the runs of a scenario with a policy came to; `runs` is 0 when there were none. */
const hs_bench_cell *hs_bench_cell_at(const hs_bench_table *table, uint32_t scenario,
                                      uint32_t policy);

/* Fills the cells from the runs. */
void hs_bench_summarise(hs_bench_table *table);

void hs_bench_run_free(hs_bench_run *run);
void hs_bench_table_free(hs_bench_table *table);

#endif
