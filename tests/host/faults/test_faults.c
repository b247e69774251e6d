/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A hundred and twenty farms on which everything goes wrong, and plugins with a fault, each of
 * which is found in one of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/faults/faults.h"
#include "tests/unit/test_slow.h"

enum { SEEDS = 120, SEEDS_SLOW = 10 };

static hs_plugin P;

static void open_plugin(const char *so)
{
    char why[1024];
    const hs_load_options options = hs_loader_defaults();
    cr_assert_eq(hs_loader_open(so, &options, &P, why, sizeof why), HS_LOAD_OK, "%s", why);
}

static hs_faults_result run(uint64_t seed, uint32_t faults_max)
{
    char why[512] = "";
    hs_faults_result result;
    const hs_faults_options o = {.plugin = &P, .seed = seed, .faults_max = faults_max};
    cr_assert_eq(hs_faults_run(&o, &result, why, sizeof why), 0, "%s", why);
    return result;
}

static void all_hold(uint64_t first, uint64_t last)
{
    uint64_t events = 0;
    uint64_t faults = 0;
    open_plugin(HMX_HASHMUX_SO);
    for (uint64_t seed = first; seed <= last; seed++) {
        const hs_faults_result r = run(seed, 0);
        cr_assert_not(r.failed, "seed %d: %s", (int)seed, r.why);
        events += r.events;
        faults += r.faults;
    }
    printf("faults: seeds %d to %d hold: %lu faults, %lu events\n", (int)first, (int)last,
           (unsigned long)faults, (unsigned long)events);
    hs_loader_close(&P);
}

Test(faults, nothing_that_must_hold_is_lost)
{
    all_hold(1, usual_or_slow(SEEDS, SEEDS_SLOW) / 2);
}

Test(faults, whatever_the_seed)
{
    all_hold(usual_or_slow(SEEDS, SEEDS_SLOW) / 2 + 1, usual_or_slow(SEEDS, SEEDS_SLOW));
}

Test(faults, the_same_seed_gives_the_same_bytes)
{
    open_plugin(HMX_HASHMUX_SO);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const hs_faults_result a = run(seed, 0);
        const hs_faults_result b = run(seed, 0);
        cr_assert_eq(memcmp(a.hash, b.hash, sizeof a.hash), 0, "seed %d", (int)seed);
        cr_assert_eq(a.events, b.events);
    }
    hs_loader_close(&P);
}

/* Fewer faults are the first ones of more. */
static void note(void *ctx, uint32_t number, uint64_t second, const char *text)
{
    char *const all = ctx;
    const size_t used = strlen(all);
    snprintf(all + used, 4096 - used, "%u %lu %s\n", number, (unsigned long)second, text);
}

Test(faults, the_first_ones_are_the_same_whatever_follows)
{
    static char few[4096];
    static char more[4096];
    char why[512];
    hs_faults_result r;
    open_plugin(HMX_HASHMUX_SO);
    hs_faults_options o = {.plugin = &P, .seed = 3, .faults_max = 5, .fault = note, .ctx = few};
    cr_assert_eq(hs_faults_run(&o, &r, why, sizeof why), 0);
    cr_assert_eq(r.faults, 5);
    o.faults_max = 9;
    o.ctx = more;
    cr_assert_eq(hs_faults_run(&o, &r, why, sizeof why), 0);
    cr_assert(strlen(few) > 20 && strncmp(few, more, strlen(few)) == 0, "%s%s", few, more);
    hs_loader_close(&P);
}

/* Which of the seeds finds the fault; 0 = none. */
static uint64_t found_by(const char *fault)
{
    char so[512];
    uint64_t found = 0;
    snprintf(so, sizeof so, HMX_LIB_DIR "/planted_%s.so", fault);
    open_plugin(so);
    for (uint64_t seed = 1; seed <= SEEDS && found == 0; seed++) {
        const hs_faults_result a = run(seed, 0);
        int differs = 0;
        if (!a.failed && seed <= 3) {
            const hs_faults_result b = run(seed, 0);
            differs = memcmp(a.hash, b.hash, sizeof a.hash) != 0;
        }
        found = a.failed || differs ? seed : 0;
        if (found != 0) {
            printf("faults: planted_%s found by seed %d: %s\n", fault, (int)seed,
                   a.failed ? a.why : "a second run answers something else");
        }
    }
    hs_loader_close(&P);
    return found;
}

Test(faults, planted_faults_are_found)
{
    static const char *const faults[] = {"double_count", "early_release", "forgotten_pending",
                                         "deaf_to_late", "late_expiry",   "no_job",
                                         "lost_channel", "leak",          "wrong_debt",
                                         "other_luck",   "illegal",       "not_a_number"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        cr_assert_neq(found_by(faults[i]), 0, "planted_%s was not found", faults[i]);
    }
}

/* What fails is told with the fewest faults that lead there. */
Test(faults, a_failure_is_shrunk)
{
    char why[512] = "";
    uint32_t fewest = 0;
    hs_faults_result r;
    hs_faults_result shrunk;
    open_plugin(HMX_LIB_DIR "/planted_deaf_to_late.so");
    hs_faults_options o = {.plugin = &P, .seed = 0};
    do {
        o.seed++;
        r = run(o.seed, 0);
    } while (!r.failed && o.seed < SEEDS);
    cr_assert(r.failed);
    cr_assert_eq(hs_faults_shrink(&o, r.faults, &fewest, &shrunk, why, sizeof why), 0, "%s", why);
    cr_assert(shrunk.failed && fewest >= 1 && fewest <= r.faults, "%u of %u", fewest, r.faults);
    cr_assert(fewest == 1 || !run(o.seed, fewest - 1).failed);
    hs_loader_close(&P);
}
