/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/bench/keys.h"
#include "host_stub/bench/reality.h"

enum { SHOWN = 8, TEXT = 32 };

static const double BEYOND_POINTS = 1.0;
/* What luck decides with, where it does. */
static const double LUCK_POINTS = 0.5;
static const double LUCK_MOST_POINTS = 1.5;

static const hs_keys_case *case_of(const hs_keys_plan *plan, uint32_t job)
{
    return &plan->cases[job / plan->farm_count];
}

/* A number of deadband_points, or what luck makes of it. */
static double deadband_of(const hs_keys_plan *plan, uint32_t job)
{
    const hs_keys_case *const c = case_of(plan, job);
    double points = LUCK_POINTS;
    for (uint32_t i = 0; i < c->count; i++) {
        const hs_key *const key = &plan->keys->keys[c->key[i]];
        double own = 0.0;
        if (strcmp(key->name, "controller.noise_factor") == 0) {
            points = fmax(points, LUCK_MOST_POINTS);
        } else if (strcmp(key->name, "controller.deadband_points") == 0 &&
                   hs_parse_decimal(key->values[c->value[i]], &own) == 0) {
            points = fmax(points, own);
        }
    }
    return points;
}

double hs_keys_most_error(const hs_keys_plan *plan, uint32_t job)
{
    const hs_farm_spec *const farm = &plan->jobs[job].scenario->farm;
    const double miner = 100.0 / (double)farm->miners; /* they are equal */
    return BEYOND_POINTS + plan->runs[job].granularity_floor + deadband_of(plan, job) + miner;
}

static double late_error(const hs_bench_run *run)
{
    return hs_reality_measure(run, HS_REALITY_LATE);
}

static double day_error(const hs_bench_run *run)
{
    return run->error_mean[HS_WINDOWS - 1];
}

double hs_keys_badness(const hs_keys_plan *plan, uint32_t job)
{
    const hs_bench_run *const run = &plan->runs[job];
    const double most_moves = plan->farms[job % plan->farm_count].most_moves;
    if (run->failed || run->guard_violations > 0 || isnan(run->moves_per_channel_day)) {
        return INFINITY;
    }
    const double most = hs_keys_most_error(plan, job);
    const double day = isnan(day_error(run)) ? 0.0 : day_error(run); /* a run of some hours */
    return fmax(fmax(day, late_error(run)) / most, run->moves_per_channel_day / most_moves);
}

void hs_keys_tell_run(const hs_keys_plan *plan, uint32_t job, FILE *to)
{
    char text[4][TEXT];
    const hs_bench_run *const run = &plan->runs[job];
    const uint32_t at = job / plan->farm_count;
    (void)fprintf(to, "%-7s", plan->jobs[job].scenario->name);
    for (uint32_t i = 0; i < plan->set_count[at]; i++) {
        (void)fprintf(to, " %s", plan->sets[at][i]);
    }
    if (run->failed) {
        (void)fprintf(to, ": failed: %s\n", run->why);
        return;
    }
    (void)fprintf(to, ": 24 h %s, second half %s of %s points; %s of %.0f moves\n",
                  hs_format_fixed(text[0], TEXT, day_error(run), 3),
                  hs_format_fixed(text[1], TEXT, late_error(run), 3),
                  hs_format_fixed(text[2], TEXT, hs_keys_most_error(plan, job), 1),
                  hs_format_fixed(text[3], TEXT, run->moves_per_channel_day, 2),
                  plan->farms[job % plan->farm_count].most_moves);
}

/* The worst of those with so many keys on one farm, once each: `told` marks them. */
static void tell_worst(const hs_keys_plan *plan, uint32_t farm, uint32_t keys, char *told, FILE *to)
{
    for (int n = 0; n < SHOWN; n++) {
        uint32_t worst = UINT32_MAX;
        for (uint32_t job = farm; job < plan->job_count; job += plan->farm_count) {
            if (!told[job] && case_of(plan, job)->count == keys &&
                (worst == UINT32_MAX ||
                 hs_keys_badness(plan, job) > hs_keys_badness(plan, worst))) {
                worst = job;
            }
        }
        if (worst == UINT32_MAX) {
            return;
        }
        told[worst] = 1;
        hs_keys_tell_run(plan, worst, to);
    }
}

hs_bench_verdict hs_keys_tell(const hs_keys_plan *plan, FILE *to)
{
    hs_bench_verdict v = {0};
    char *const told = calloc(plan->job_count + 1u, 1);
    for (uint32_t farm = 0; farm < plan->farm_count && told != NULL; farm++) {
        for (uint32_t keys = 1; keys <= 2; keys++) {
            (void)fprintf(to, "%s, the worst of %s:\n", plan->farms[farm].scenario->name,
                          keys == 1 ? "one key" : "two keys");
            tell_worst(plan, farm, keys, told, to);
        }
    }
    free(told);
    for (uint32_t job = 0; job < plan->job_count; job++) {
        v.compared++;
        if (!(hs_keys_badness(plan, job) < 1.0)) {
            v.exceeded++;
            (void)fputs("EXCEEDED ", to);
            hs_keys_tell_run(plan, job, to);
        }
    }
    return v;
}
