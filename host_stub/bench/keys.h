/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/keys: whatever an owner may write into [controller] and [failover] leaves a farm in order.
 * The keys and what they may be are read from a configuration that tells so above each key, as the
 * shipped plugin.ini.example does: a new key is swept without a line here. Of each the least, the
 * greatest, the usual value and two between, alone and in random pairs, on farms that are given.
 * Making the runs is bench/jobs' part. */
#ifndef HOST_STUB_BENCH_KEYS_H
#define HOST_STUB_BENCH_KEYS_H

#include <stdio.h>

#include "host_stub/bench/check.h"
#include "host_stub/bench/measure.h"

enum {
    HS_KEYS_MAX = 64,
    HS_KEY_VALUES = 8,
    HS_KEY_VALUE_SIZE = 24,
    HS_KEY_NAME_SIZE = 64,
    HS_KEY_SETS = 8, /* that two keys and what must be given with them come to, at most */
    HS_KEYS_FARMS = 4
};

typedef struct hs_key {
    char name[HS_KEY_NAME_SIZE]; /* section.key */
    char usual[HS_KEY_VALUE_SIZE];
    char values[HS_KEY_VALUES][HS_KEY_VALUE_SIZE];
    uint32_t value_count;
} hs_key;

typedef struct hs_keys {
    hs_key keys[HS_KEYS_MAX];
    uint32_t count;
} hs_keys;

/* `text`: of a configuration file in which the line above each key, or above the ; in front of it,
 * says what is allowed. 0, or -1 with `why`. */
int hs_keys_read(hs_keys *keys, const char *text, char *why, size_t capacity);

/* One or two keys with a value each, by their places. */
typedef struct hs_keys_case {
    uint32_t key[2];
    uint32_t value[2];
    uint32_t count;
} hs_keys_case;

/* A farm of equal miners, and the moves per channel and day from which it is in no order. */
typedef struct hs_keys_farm {
    const hs_scenario *scenario;
    double most_moves;
} hs_keys_farm;

typedef struct hs_keys_plan {
    const hs_keys *keys;
    hs_keys_farm farms[HS_KEYS_FARMS];
    uint32_t farm_count;
    uint32_t case_count;
    hs_keys_case *cases; /* each key alone, then the pairs */
    char (*sets)[HS_KEY_SETS][HS_KEY_NAME_SIZE + HS_KEY_VALUE_SIZE]; /* per case */
    const char *(*set_at)[HS_KEY_SETS];
    uint32_t *set_count;
    uint32_t job_count; /* case_count x farm_count: by case, then farm */
    hs_bench_job *jobs;
    hs_bench_run *runs;
    char **lines;
} hs_keys_plan;

/* What is swept, how. */
typedef struct hs_keys_how {
    const hs_keys *keys;
    const hs_bench_policy *policy;
    const hs_keys_farm *farms;
    uint32_t farm_count;
    uint32_t pairs;          /* random ones, of any two keys */
    const char *const *only; /* of keys alone only those whose name has one of these in it */
    size_t only_count;       /* 0 = all */
    uint64_t seed;           /* of the pairs, and of all farms */
    uint64_t seconds;        /* 0 = the scenarios' */
} hs_keys_how;

/* Fills the cases and the jobs. 0, or -1 out of memory. */
int hs_keys_plan_runs(hs_keys_plan *plan, const hs_keys_how *how);
void hs_keys_free(hs_keys_plan *plan);

/* The largest error that run `job` may have, over 24 hours and over the second half of it: a point
 * beyond the best placement of whole miners, the deadband and the size of a miner. */
double hs_keys_most_error(const hs_keys_plan *plan, uint32_t job);

/* How near to a limit the run is: 1 = at it. Infinite when it failed or broke the contract. */
double hs_keys_badness(const hs_keys_plan *plan, uint32_t job);

/* The worst cases of each farm, alone and in pairs, and each that is beyond a limit. */
hs_bench_verdict hs_keys_tell(const hs_keys_plan *plan, FILE *to);

/* "nine: controller.ki=1000: 24 h 0.03, second half 0.1 of 17.1 points, 25.4 of 550 moves" */
void hs_keys_tell_run(const hs_keys_plan *plan, uint32_t job, FILE *to);

#endif
