/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/run: runs a plugin on a scenario's farm in virtual time, through the guard, and gives back
 * the truth: what was delivered, against what was wanted. Printing it is sim/report's part.
 *
 * A run depends on its arguments alone: no clock, no locale, no address, no libm function beyond
 * sqrt. One second is one step: miners hash, then what the scenario ordered happens, pools give
 * verdicts, miners come and go, and the plugin gets its tick, whose decisions are carried out at
 * once. */
#ifndef HOST_STUB_SIM_RUN_H
#define HOST_STUB_SIM_RUN_H

#include "host_stub/guard/guard.h"
#include "host_stub/load/loader.h"
#include "host_stub/scenario/scenario.h"
#include "host_stub/sim/account.h"

enum { HS_WINDOWS = 4, HS_NOTES_MAX = 16 };

/* The windows of the errors: 10 min, 1 h, 6 h, 24 h, in seconds. */
extern const uint64_t HS_WINDOW_SECS[HS_WINDOWS];
extern const char *const HS_WINDOW_NAMES[HS_WINDOWS]; /* "10m", ... */

typedef struct hs_sim_options {
    const hs_plugin *plugin; /* opened by the caller, and closed after the run */
    const char *config;      /* a file for the plugin, NULL = what the scenario says */
    const char *const *sets; /* section.key=value */
    size_t set_count;
    uint64_t seed;
    uint64_t seconds;   /* 0 = the scenario's; made a multiple of 30 */
    int record;         /* fill the series of the result */
    const char *frames; /* a folder for the frames of all connections, or NULL */
    /* All may be NULL. */
    void (*progress)(void *ctx, uint64_t second, uint64_t seconds); /* each simulated minute */
    void (*share)(void *ctx, uint64_t second, uint64_t miner, uint32_t count, double difficulty,
                  uint32_t pool); /* found and forwarded; pool counts from 0 */
    void (*log)(void *ctx, uint64_t second, uint32_t level, const char *text, uint64_t len);
    void (*audit)(void *ctx, const char *json, uint64_t len); /* one line of the plugin's */
    void (*violation)(void *ctx, uint64_t second, enum hs_side side, const char *check,
                      const char *text);
    void (*ticked)(void *ctx, uint64_t second, hs_guard *guard); /* each second, after the tick */
    void (*finished)(void *ctx, hs_guard *guard); /* the last verdict is told, the plugin alive */
    void *ctx;
} hs_sim_options;

typedef struct hs_sim_pool_result {
    char id[HMX_ID_SIZE];
    double target_pct;    /* configured, at the end */
    double effective_pct; /* work-weighted mean of its effective target */
    double delivered_pct; /* share of all credited work; of what counts, see sim/account.h */
    double channels;      /* time mean */
    double hashrate_ths;  /* mean over the run of what it credited */
    uint64_t submitted;
    uint64_t accepted;
    uint64_t rejected;
    uint64_t lost;
    uint64_t kept; /* by the host: they miss the target of an aggregated channel */
} hs_sim_pool_result;

typedef struct hs_sim_result {
    char scenario[64];
    char title[192];
    char world[64];   /* "" = the kind one */
    char plugin[176]; /* id and version */
    uint64_t seed;
    uint64_t seconds;
    double channels; /* time mean */
    hs_error_summary errors[HS_WINDOWS];
    uint32_t pool_count;
    uint32_t note_count;
    hs_sim_pool_result pools[HS_SIM_POOLS_MAX];
    uint64_t moves; /* applied, hard and soft ones, and by reopening */
    uint64_t moves_hard;
    uint64_t moves_soft;     /* both pools on one tip: nothing went stale */
    uint64_t reopened;       /* channels closed so that they are opened again on another pool */
    uint64_t moves_reopened; /* they were */
    uint64_t moves_refused;
    uint64_t dropped;      /* connections that a move has broken */
    uint64_t moves_failed; /* tried, and the miner stayed where it was */
    uint64_t forced;       /* placements that the host had to make itself */
    uint64_t tips;         /* blocks found in the world: each is a new tip on every pool */
    uint64_t drained;      /* old prefixes reported free: with the next tip, or after two minutes */
    double moves_per_channel_day;
    uint64_t submitted; /* = accepted + rejected + lost */
    uint64_t accepted;
    uint64_t rejected;
    uint64_t lost;
    uint64_t kept;        /* and in none of these */
    double lost_work_pct; /* of the hashed work, credited by no pool */
    uint64_t guard_violations;
    char notes[HS_NOTES_MAX][192]; /* what the plugin did not do that the scenario asked for */
    hs_account account;            /* the truth, closed: ask it for any window */
    /* With `record`, one row of pool_count per second s: what held from s to s + 1. */
    uint32_t *channels_at;
    double *hashrate_at; /* true hashrate of the channels placed there, TH/s */
} hs_sim_result;

/* 0, or -1 with the sentence in `why` when the run could not be done: the configuration was
 * refused, the plugin failed to start, or out of memory. The result is to be freed only on 0. */
int hs_sim_run(const hs_scenario *scenario, const hs_sim_options *options, hs_sim_result *result,
               char *why, size_t capacity);
void hs_sim_result_free(hs_sim_result *result);

/* Hashrates, TH/s before drift and derating, of the miners with which a run of this seed begins.
 * `ths` has room for scenario->farm.miners. */
void hs_sim_hashrates(const hs_scenario *scenario, uint64_t seed, double *ths);

#endif
