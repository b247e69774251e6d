/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * report/report: the pages that people look at before they trust a plugin with their farm: one of a
 * simulated run, one of a whole benchmark. Each is one self-contained file: no network, no script,
 * light and dark, wide and narrow. It draws what others have measured, and measures nothing. */
#ifndef HOST_STUB_REPORT_REPORT_H
#define HOST_STUB_REPORT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/bench/floors.h"
#include "host_stub/bench/result.h"
#include "host_stub/scenario/scenario.h"
#include "host_stub/sim/run.h"

/* Listens to a run: its moves over time, and its luck, from which the floors come: what luck and
 * whole miners make unavoidable, in points, NAN = not known. Feed it from the callbacks of
 * hs_sim_options, with the result that the run fills. */
typedef struct hs_report_watch {
    const hs_sim_result *so_far;
    hs_luck luck;
    uint64_t *moves_until; /* [minute] moves applied from the start to the end of this minute */
    size_t minutes;
    size_t capacity;
    int no_memory;
    int ended; /* what follows is valid */
    double luck_floor[HS_WINDOWS];
    double granularity_floor;
} hs_report_watch;

void hs_report_watch_begin(hs_report_watch *watch, const hs_sim_result *so_far, uint64_t seed);
void hs_report_watch_minute(hs_report_watch *watch, uint64_t second);
void hs_report_watch_share(hs_report_watch *watch, uint64_t second, uint32_t count,
                           double difficulty);
/* After the run, before its result is freed. 0, or -1 out of memory. */
int hs_report_watch_end(hs_report_watch *watch, const hs_scenario *scenario);
/* Minutes from `second` until the split is right and stays right for 10 minutes (converge.h). */
double hs_report_watch_converge(const hs_report_watch *watch, uint64_t second);
void hs_report_watch_free(hs_report_watch *watch);

typedef struct hs_report_run {
    const hs_scenario *scenario;
    const hs_sim_result *result;
    const hs_report_watch *watch; /* of this run, ended; NULL = a page without what it knows */
    int argc;                     /* the command that makes this run again, word by word, */
    char *const *argv;            /* without the program: "simulate", "--scenario", ... */
} hs_report_run;

/* 0, or -1 with the sentence in `why` and nothing changed at `path`. */
int hs_report_simulate(const hs_report_run *run, const char *path, char *why, size_t capacity);
int hs_report_bench(const hs_bench_table *table, const char *path, char *why, size_t capacity);

#endif
