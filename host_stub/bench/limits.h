/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/limits: what is good enough: the acceptance thresholds of the control law, as data. They
 * are 1.15 to 1.5 times what its study reached in the worst of eight seeds. Comparing is
 * bench/check's part. */
#ifndef HOST_STUB_BENCH_LIMITS_H
#define HOST_STUB_BENCH_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* A fleet whose 24 h error is not below this has stalled. */
#define HS_BENCH_STALL_POINTS 1.0
/* Balanced, fleets of 10 miners and more: worst 24 h error below this. */
#define HS_BENCH_FLEET_POINTS 0.10

/* Means over the seeds; NAN = no limit. Moves are per channel and day. */
typedef struct hs_bench_limit {
    const char *scenario;
    double balanced_1h;
    double balanced_6h;
    double balanced_24h;
    double balanced_max_1h;
    double balanced_moves;
    double aggressive_1h;
    double aggressive_moves;
    double conservative_1h;
    double conservative_moves;
} hs_bench_limit;

enum { HS_BENCH_PRESETS = 3 };

enum hs_bench_metric {
    HS_METRIC_CONVERGE = 1, /* minutes, of one event */
    HS_METRIC_CONVERGE_1H,
    HS_METRIC_TRAILING,
    HS_METRIC_ALLOC_DEV, /* points */
    HS_METRIC_LOST_WORK, /* per cent of the hashed work */
    HS_METRIC_ERROR_24H  /* points */
};

/* A dynamic criterion. */
typedef struct hs_bench_dynamic {
    const char *scenario;
    uint32_t metric; /* HS_METRIC_* */
    uint32_t event;  /* place in hs_bench_run.events: 0 = the start */
    uint32_t worst;  /* 1 = the worst seed must keep it, 0 = the mean over the seeds */
    double limits[HS_BENCH_PRESETS]; /* NAN = none */
} hs_bench_dynamic;

/* The presets that are judged, in the order of their limits. */
extern const char *const HS_BENCH_PRESET_NAMES[HS_BENCH_PRESETS];

extern const hs_bench_limit HS_BENCH_LIMITS[];
extern const size_t HS_BENCH_LIMIT_COUNT;
extern const hs_bench_dynamic HS_BENCH_DYNAMICS[];
extern const size_t HS_BENCH_DYNAMIC_COUNT;

/* Scenarios in which the presets must be in order: error rises from aggressive to conservative,
 * moves fall. NULL ends each list. */
extern const char *const HS_BENCH_ORDERED[];
#define HS_BENCH_AGGRESSIVE_MOVES 1.8 /* times those of balanced, at least */
#define HS_BENCH_BALANCED_MOVES   1.3 /* times those of conservative, at least */

/* Scenarios in which balanced repays luck: these parts of the luck floor at most. */
extern const char *const HS_BENCH_BELOW_LUCK[];
#define HS_BENCH_LUCK_1H     0.85
#define HS_BENCH_LUCK_10M    1.2
#define HS_BENCH_LUCK_POINTS 0.02 /* 24 h error */

/* Scenarios in which proportional_only is not compared with static_hashrate. */
extern const char *const HS_BENCH_NOT_STATIC[];
#define HS_BENCH_STATIC_TIMES 1.05

/* Scenarios whose 24 h error is not the controller's: an unreachable target, forced moves. */
extern const char *const HS_BENCH_NO_STALL[];

/* Against count_pid in hetero200: its error is this many times larger, its moves too. */
#define HS_BENCH_COUNT_PID_ERROR 15.0
#define HS_BENCH_COUNT_PID_MOVES 10.0

/* Another world against the kind one: the larger of so many times and so much more. */
#define HS_BENCH_WORLD_ERROR_TIMES 1.15
#define HS_BENCH_WORLD_ERROR_PLUS  0.01 /* points, 1 h error */
#define HS_BENCH_WORLD_MOVES_TIMES 1.5
#define HS_BENCH_WORLD_MOVES_PLUS  0.05 /* per channel and day */

/* Is the name in the list? */
int hs_bench_listed(const char *const *list, const char *name);

/* Most moves per channel and day of one miner between two pools with this preset: what is beyond
 * is instability. NAN for a preset that has no limit. */
double hs_bench_solo_moves(const char *preset);

#endif
