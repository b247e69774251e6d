/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group fuzz: hosts that do legal things in any order, one after the other until the time
 * is up. */
#define _XOPEN_SOURCE 700 /* clock_gettime */
#include <inttypes.h>
#include <time.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

enum { STEPS = 2000, HOSTS_AT_LEAST = 3 };

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The number-th host of this seed; its own seed tells what it does. */
static void one_host(hs_trial *t, uint64_t seed)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = seed,
                               .without = seed % 3 == 1 ? seed & HMX_CAP_KNOWN : 0,
                               .channels_max = 1 + (uint32_t)(seed % 50),
                               .policy = HS_FARM_ANYTHING,
                               .zero_cookie = seed % 5 == 1,
                               .extra_tail_bytes = seed % 7 == 1 ? 24 : 0};
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_random(&farm, STEPS);
    }
    hs_farm_stop(&farm, NULL);
    (void)HS_TRIAL_HOLDS(t, farm.found == 0, "--seed %" PRIu64 ": %s: %s", seed, farm.first,
                         farm.first_text);
    (void)HS_TRIAL_HOLDS(t, farm.host_found == 0,
                         "--seed %" PRIu64 ": the validator itself broke a rule: %s", seed,
                         farm.host_text);
    (void)HS_TRIAL_HOLDS(t, farm.negative == HMX_OK || farm.host_found > 0,
                         "--seed %" PRIu64 ": %s answers %d to something legal", seed,
                         farm.negative_hook, farm.negative);
}

static void random_hosts(hs_trial *t)
{
    const double end = seconds_now() + t->seconds;
    const hs_farm_options plain = {.seed = t->seed};
    if (hs_farm_sound(t, &plain, NULL) != 0) {
        return;
    }
    for (uint64_t i = 0;
         t->verdict == HS_VERDICT_PASS && (i < HOSTS_AT_LEAST || seconds_now() < end); i++) {
        one_host(t, t->seed + i);
    }
}

static const hs_validate_test TESTS[] = {
    {"fuzz", "random-hosts", "hmx_abi.h and hmx_events.h, all of it",
     "whatever a host does within the rules, a plugin keeps to them", random_hosts, 0, 0},
};
const hs_validate_group HS_VALIDATE_FUZZ = HS_VALIDATE_GROUP(TESTS);
