/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/cmd/simulate_faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host_stub/base/text.h"
#include "host_stub/faults/faults.h"

enum { LAST_FAULTS = 20, TEXT = 200, LEAST_SECONDS = 3 * 3600 };

/* The last faults before it failed. */
typedef struct last_faults {
    char lines[LAST_FAULTS][TEXT];
    uint32_t count;
} last_faults;

static void note(void *ctx, uint32_t number, uint64_t second, const char *text)
{
    last_faults *const last = ctx;
    (void)snprintf(last->lines[last->count++ % LAST_FAULTS], TEXT,
                   "  %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " fault %u: %s", second / 3600,
                   second / 60 % 60, second % 60, (unsigned)number, text);
}

/* The fewest faults that still fail, and what happened then. */
static int tell_failure(hs_call *call, const hs_faults_options *options,
                        const hs_faults_result *failed)
{
    static last_faults last;
    hs_faults_result result;
    uint32_t fewest = 0;
    hs_faults_options o = *options;
    memset(&last, 0, sizeof last);
    printf("seed %" PRIu64 " fails: %s\n", o.seed, failed->why);
    o.fault = note;
    o.ctx = &last;
    if (hs_faults_shrink(&o, failed->faults, &fewest, &result, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    printf("the first %u faults are enough: %s\n", (unsigned)fewest,
           result.failed ? result.why : "not every time");
    for (uint32_t i = last.count > LAST_FAULTS ? last.count - LAST_FAULTS : 0; i < last.count;
         i++) {
        printf("%s\n", last.lines[i % LAST_FAULTS]);
    }
    return HS_STATUS_NO;
}

static int run(hs_call *call, const hs_faults_options *o, int twice, hs_faults_result *result)
{
    hs_faults_result again;
    if (hs_faults_run(o, result, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    if (result->failed || !twice) {
        return result->failed ? HS_STATUS_NO : HS_STATUS_DONE;
    }
    if (hs_faults_run(o, &again, call->why, sizeof call->why) != 0) {
        return HS_STATUS_WRONG;
    }
    if (again.failed || memcmp(again.hash, result->hash, sizeof again.hash) != 0) {
        (void)snprintf(result->why, sizeof result->why, "a second run answered something else");
        return HS_STATUS_NO;
    }
    return HS_STATUS_DONE;
}

static void tell_one(const hs_faults_options *o, const hs_faults_result *r)
{
    char hours[16];
    char points[16];
    char hex[2 * HS_FAULTS_HASH + 1];
    printf("seed %" PRIu64 ": %s simulated hours, %u faults, %u restarts, %" PRIu64
           " events, %" PRIu64 " decisions; off by %s points, %" PRIu64 " kB, %.16s\n",
           o->seed, hs_format_fixed(hours, sizeof hours, (double)r->second / 3600.0, 2),
           (unsigned)r->faults, (unsigned)r->restarts, r->events, r->decisions,
           hs_format_fixed(points, sizeof points, r->error_points, 3), r->peak_bytes / 1024,
           hs_hex(hex, r->hash, HS_FAULTS_HASH));
}

static double now_s(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int hs_simulate_faults(hs_call *call, const hs_plugin *plugin,
                       const hs_simulate_faults_options *options)
{
    char rate[24];
    hs_faults_result result;
    hs_faults_options o = {.plugin = plugin,
                           .seed = options->seed,
                           .seconds = options->seconds,
                           .faults_max = options->first};
    const double began = now_s();
    uint64_t events = 0;
    uint64_t faults = 0;
    double worst = 0.0;
    if (o.seconds != 0 && o.seconds < LEAST_SECONDS) {
        (void)hs_refuse(call->why, sizeof call->why,
                        "--hours with --faults is at least 3: in the last two there are none");
        return HS_STATUS_WRONG;
    }
    for (uint64_t i = 0; i < options->runs; i++, o.seed++) {
        const int status = run(call, &o, options->twice, &result);
        if (status != HS_STATUS_DONE) {
            return status == HS_STATUS_NO ? tell_failure(call, &o, &result) : status;
        }
        if (!options->quiet) {
            tell_one(&o, &result);
        }
        events += result.events;
        faults += result.faults;
        worst = result.error_points > worst ? result.error_points : worst;
    }
    const double took = now_s() - began;
    printf("%" PRIu64 " seeds held: %" PRIu64 " faults, %" PRIu64 " events; %s seeds per second, ",
           options->runs, faults, events,
           hs_format_fixed(rate, sizeof rate, took > 0.0 ? (double)options->runs / took : 0.0, 1));
    printf("the worst split off by %s points\n", hs_format_fixed(rate, sizeof rate, worst, 3));
    return HS_STATUS_DONE;
}
