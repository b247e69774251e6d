/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/reality: what real farms, pools and hosts did to the first version, as a table: one row per
 * thing that was seen, each over values from mild to absurd, with what must hold as its limits. A
 * row is data (bench/reality_rows): how its value is put into a scenario, and what is measured.
 * Here rows become scenarios and runs, and results become answers. Making the runs is bench/jobs'
 * part. */
#ifndef HOST_STUB_BENCH_REALITY_H
#define HOST_STUB_BENCH_REALITY_H

#include <stdio.h>

#include "host_stub/bench/check.h"
#include "host_stub/bench/measure.h"

enum { HS_REALITY_CHECKS = 3, HS_REALITY_VALUE_SIZE = 32, HS_REALITY_SEEDS = 3 };

enum hs_reality_metric {
    HS_REALITY_NONE,
    HS_REALITY_ERROR_1H,    /* points, mean over the run */
    HS_REALITY_ERROR_6H,    /* ... */
    HS_REALITY_ERROR_24H,   /* ... */
    HS_REALITY_WORST_10M,   /* points: the worst ten minutes */
    HS_REALITY_MOVES,       /* per channel and day */
    HS_REALITY_TRIED,       /* refused and failed ones, per channel and day */
    HS_REALITY_LOST,        /* per cent of the hashed work */
    HS_REALITY_NOTICED,     /* minutes from an event until the next ten minutes are right */
    HS_REALITY_NOTICED_1H,  /* ... the next hour */
    HS_REALITY_EVENT_MOVES, /* of the whole farm, in the 20 minutes after an event's end */
    HS_REALITY_FIRST,       /* hours until each pool with a target has got something */
    HS_REALITY_LATE,        /* points, over the second half of the run as a whole */
    HS_REALITY_SPREAD,      /* points between the most and the least that a pool got, as there */
    HS_REALITY_REST,        /* points, of all pools but the first among themselves, as there */
    HS_REALITY_METRICS
};

/* times 0: at most `plus`, and the worst seed has to keep it. Else the mean over the seeds is at
 * most the larger one of `times` x that of the reference and `plus` more than it. */
typedef struct hs_reality_check {
    uint32_t metric; /* HS_REALITY_* */
    double times;
    double plus;
} hs_reality_check;

/* How scenarios are written here: changes to the base farm (200 miners of a mix, pools a b c with
 * 60, 30 and 10 per cent, 26 hours) with semicolons between: `section.key=value`, `section.key=-`
 * takes the key out, `-section` the section. @ is the value of the row; of a value such as 99/1, @1
 * and @2 are its parts. */
typedef struct hs_reality_row {
    const char *name;      /* "B1 kept": the row of the design, and which side of it */
    const char *about;     /* what happens; @ is the value */
    const char *test;      /* not NULL: no number, this test shows it, and nothing below is given */
    const char *values;    /* with blanks between, from mild to absurd */
    const char *set;       /* the scenario */
    const char *reference; /* the one that it is compared with; NULL = none */
    uint32_t pools;        /* > 0: so many equal ones instead of a, b and c */
    uint32_t is_static;    /* the reference is the policy static_hashrate */
    hs_reality_check checks[HS_REALITY_CHECKS];
} hs_reality_row;

extern const hs_reality_row HS_REALITY_ROWS[];
extern const size_t HS_REALITY_ROW_COUNT;

/* "B1" names "B1" and "B1 kept". */
int hs_reality_is_named(const hs_reality_row *row, const char *name);

/* The scenario of a row's value, `sets` being its `set` or its `reference`, as text (to be freed).
 * NULL with `why`. */
char *hs_reality_text(const hs_reality_row *row, const char *sets, const char *value, char *why,
                      size_t capacity);

/* A scenario that is to be run with a policy, once per seed, from jobs[first] on. */
typedef struct hs_reality_farm {
    char *text;
    hs_scenario *scenario;
    const hs_bench_policy *policy;
    uint32_t first;
} hs_reality_farm;

/* One value of one row. */
typedef struct hs_reality_cell {
    const hs_reality_row *row;
    char value[HS_REALITY_VALUE_SIZE];
    uint32_t farm;
    uint32_t reference; /* a farm; UINT32_MAX = none */
} hs_reality_cell;

typedef struct hs_reality {
    hs_reality_farm *farms;
    size_t farm_capacity;
    uint32_t farm_count;
    uint32_t cell_count;
    hs_reality_cell *cells; /* row by row */
    size_t cell_capacity;
    const hs_reality_row **named; /* rows that only name a test */
    size_t named_capacity;
    uint32_t named_count;
    uint32_t seed_count;
    uint32_t job_count;
    hs_bench_job *jobs;
    hs_bench_run *runs;
    char **lines;
} hs_reality;

/* What all runs have in common. */
typedef struct hs_reality_how {
    const hs_bench_policy *policy;
    const hs_bench_policy *still; /* static_hashrate, or NULL: its comparisons are left out */
    const uint64_t *seeds;
    uint32_t seed_count;
    uint64_t seconds; /* 0 = the scenarios' */
    const char *const *sets;
    size_t set_count;
} hs_reality_how;

/* Adds a row; what is the same farm in two rows is run once. 0, or -1 with `why`. */
int hs_reality_add(hs_reality *reality, const hs_reality_row *row, const hs_reality_how *how,
                   char *why, size_t capacity);

/* Fills the jobs. 0, or -1 out of memory. */
int hs_reality_plan(hs_reality *reality, const hs_reality_how *how);
void hs_reality_free(hs_reality *reality);

/* What was measured: a line per row and limit with its worst value. */
hs_bench_verdict hs_reality_tell(const hs_reality *reality, FILE *to);

/* The metric of a run; NAN = it has none, infinite = it never came to it. */
double hs_reality_measure(const hs_bench_run *run, uint32_t metric);
const char *hs_reality_metric_name(uint32_t metric);

#endif
