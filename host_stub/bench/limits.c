/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/bench/limits.h"

#include <math.h>
#include <string.h>

#define ALL_SEEDS 1 /* the worst one counts */
#define MEAN      0

/* In hiddencap the target is out of reach for three hours: only its dynamic criteria bind. In flap
 * the errors are those of a pool that comes and goes: only its moves do. */
/* clang-format off */
const hs_bench_limit HS_BENCH_LIMITS[] = {
    /*               balanced: 1h     6h     24h  max 1h  moves | aggressive | conservative */
    {"homo100",        0.24,  0.052,  0.036,  0.88,   0.71,   0.17,    2.2,   0.34,   0.23},
    {"hetero200",      0.18,  0.033,  0.018,   0.6,   0.53,   0.12,    1.4,   0.29,   0.14},
    {"highrate",       0.11,   0.02,  0.018,  0.37,   0.49,  0.067,    1.3,   0.16,   0.28},
    {"lowrate",        0.43,  0.078,  0.039,   1.6,    0.6,   0.29,    1.8,   0.67,   0.18},
    {"big5000",       0.054, 0.0075,    NAN,  0.12,  0.057,  0.029,   0.16,  0.065,  0.018},
    {"churn674",      0.084,  0.016,  0.018,  0.31,  0.075,   0.06,   0.27,   0.12,  0.038},
    {"small20",        0.59,   0.15,  0.057,   2.3,    5.4,   0.36,   14.0,   0.99,    2.9},
    {"nine",           0.45,  0.077, 0.013,   2.6,    5.7,    0.2,   14.0,    1.5,    4.3},
    {"three",           1.0,    0.2,  0.06,   6.8,   63.0,    0.6,  130.0,    1.3,   27.0},
    {"pair",            1.5,   0.25,  0.06,   7.1,   82.0,    1.0,  180.0,    1.7,   42.0},
    {"solo1",          1.35,    0.2,  0.07,   6.7,  245.0,    1.1,  500.0,    2.0,  100.0},
    {"wrongnominal",   0.18,  0.033,  0.018,  0.62,   0.54,   0.12,    1.4,   0.29,   0.15},
    {"derate",          0.2,  0.037,  0.018,  0.69,   0.72,   0.13,    1.8,   0.28,   0.45},
    {"rackdrop",       0.18,  0.033,  0.018,  0.66,   0.57,   0.12,    1.4,   0.27,   0.16},
    {"racksilent",     0.19,  0.034,  0.018,  0.69,   0.51,   0.12,    1.4,   0.27,    0.2},
    {"targetchange",   0.21,  0.036,  0.018,  0.78,   0.84,   0.14,    1.9,   0.32,   0.51},
    {"outage",         0.21,  0.038,  0.018,  0.95,    1.7,   0.13,    2.6,   0.27,    1.4},
    {"gray",           0.28,   0.22,   0.17,   3.9,    1.7,   0.24,    2.4,    0.4,    1.4},
    {"reject15",       0.23,  0.042,  0.018,   1.1,    0.5,   0.15,    1.3,   0.36,    0.2},
    {"infeasible",     0.22,   0.07,  0.051,  0.94,   0.72,   0.15,    1.5,   0.32,   0.33},
    {"drain",          0.15,  0.029,  0.018,  0.55,   0.47,  0.096,   0.99,   0.22,   0.27},
    {"alldown",        0.18,  0.034,  0.018,  0.65,   0.49,   0.13,    1.4,   0.28,   0.17},
    {"flap",            NAN,    NAN,    NAN,   NAN,    9.7,    NAN,   11.0,    NAN,    9.2},
};
const size_t HS_BENCH_LIMIT_COUNT = sizeof HS_BENCH_LIMITS / sizeof HS_BENCH_LIMITS[0];

const char *const HS_BENCH_PRESET_NAMES[] = {"aggressive", "balanced", "conservative"};

const hs_bench_dynamic HS_BENCH_DYNAMICS[] = {
    /* limits: aggressive, balanced, conservative */
    /* From the start, 20 miners or more: two minutes. */
    {"homo100", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"hetero200", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"highrate", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"lowrate", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"big5000", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"churn674", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"small20", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"wrongnominal", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"derate", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"rackdrop", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"racksilent", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"targetchange", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"outage", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"gray", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"reject15", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"infeasible", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"hiddencap", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"drain", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"alldown", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"flap", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {2.0, 2.0, 2.0}},
    /* Few miners: the first slices have to be cut. */
    {"nine", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {NAN, 8.0, NAN}},
    {"three", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {NAN, 9.0, NAN}},
    {"pair", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {NAN, 2.0, NAN}},
    {"solo1", HS_METRIC_CONVERGE, 0, ALL_SEEDS, {NAN, 2.0, 25.0}},
    /* New targets: at once; ten minutes later the last ten minutes show it. */
    {"targetchange", HS_METRIC_CONVERGE, 1, ALL_SEEDS, {NAN, 1.0, 3.0}},
    {"targetchange", HS_METRIC_TRAILING, 1, ALL_SEEDS, {NAN, 11.0, 12.0}},
    {"targetchange", HS_METRIC_ALLOC_DEV, 1, ALL_SEEDS, {2.5, 2.0, NAN}},
    /* A pool is back: event 2. No catching up. */
    {"outage", HS_METRIC_CONVERGE, 2, ALL_SEEDS, {1.0, 1.0, 1.0}},
    {"outage", HS_METRIC_ALLOC_DEV, 2, ALL_SEEDS, {3.2, 2.3, 1.0}},
    {"outage", HS_METRIC_LOST_WORK, 0, ALL_SEEDS, {0.03, 0.03, 0.03}},
    {"gray", HS_METRIC_LOST_WORK, 0, ALL_SEEDS, {0.15, 0.15, 0.15}},
    {"gray", HS_METRIC_CONVERGE, 2, ALL_SEEDS, {5.0, 5.0, 5.0}},
    /* A cap is released: event 2; known, and then unknown. */
    {"infeasible", HS_METRIC_CONVERGE, 2, ALL_SEEDS, {1.0, 1.0, 1.0}},
    {"infeasible", HS_METRIC_ALLOC_DEV, 2, ALL_SEEDS, {2.0, 2.0, 2.0}},
    {"hiddencap", HS_METRIC_CONVERGE, 2, ALL_SEEDS, {15.0, 15.0, 15.0}},
    {"hiddencap", HS_METRIC_CONVERGE, 2, MEAN, {4.0, 4.0, 4.0}},
    {"hiddencap", HS_METRIC_ALLOC_DEV, 2, ALL_SEEDS, {3.0, 3.0, 3.0}},
    /* A pool rejects 15 per cent: the acceptance correction. */
    {"reject15", HS_METRIC_ERROR_24H, 0, MEAN, {NAN, 0.02, NAN}},
    {"reject15", HS_METRIC_CONVERGE_1H, 1, ALL_SEEDS, {NAN, NAN, 20.0}},
};
/* clang-format on */
const size_t HS_BENCH_DYNAMIC_COUNT = sizeof HS_BENCH_DYNAMICS / sizeof HS_BENCH_DYNAMICS[0];

const char *const HS_BENCH_ORDERED[] = {"homo100", "hetero200", "lowrate", "big5000",
                                        "small20", "nine",      NULL};
const char *const HS_BENCH_BELOW_LUCK[] = {
    "homo100",  "hetero200",  "lowrate", "highrate", "big5000", "churn674", "wrongnominal",
    "rackdrop", "racksilent", "derate",  "alldown",  "drain",   NULL};
const char *const HS_BENCH_NOT_STATIC[] = {"gray", "flap", NULL};
const char *const HS_BENCH_NO_STALL[] = {"hiddencap", "flap", NULL};

int hs_bench_listed(const char *const *list, const char *name)
{
    for (; *list != NULL; list++) {
        if (strcmp(*list, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* 1.2 times what the study of the law reached with one miner for two pools; balanced serves five of
 * them twice an hour, conservative six of them in eighty minutes. */
double hs_bench_solo_moves(const char *preset)
{
    static const struct {
        const char *preset;
        double moves;
    } MOST[] = {{"aggressive", 550.0},
                {"balanced", 400.0},
                {"conservative", 190.0},
                {"proportional_only", 1.2 * 389.62}};
    for (size_t i = 0; i < sizeof MOST / sizeof MOST[0]; i++) {
        if (strcmp(preset, MOST[i].preset) == 0) {
            return MOST[i].moves;
        }
    }
    return NAN;
}
