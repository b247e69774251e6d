/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group memory: the host has none to give. */
#include <stdio.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

enum { TRIES = 300 };

/* How many allocations an ordinary life makes; 0 = it did not start, or broke a rule. */
static uint64_t allocations(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    uint64_t count = 0;
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return 0;
    }
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_live(&farm);
        count = hs_guard_allocations(farm.link.guard);
    }
    hs_farm_stop(&farm, NULL);
    if (count == 0) {
        hs_trial_say(t, HS_VERDICT_SKIP, "it allocates nothing from the host");
    }
    return count;
}

static void fail_from(hs_trial *t, uint64_t number, int all_after)
{
    static hs_farm farm;
    char when[64];
    const hs_farm_options o = {.seed = t->seed, .fail_alloc = number, .fail_all_after = all_after};
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_live(&farm);
    }
    hs_farm_stop(&farm, NULL);
    (void)snprintf(when, sizeof when, "allocation %u failed: ", (unsigned)number);
    hs_farm_held(t, &farm, when);
}

static void each_fails(hs_trial *t, int all_after)
{
    const uint64_t count = allocations(t);
    const uint64_t step = count / TRIES + 1;
    for (uint64_t n = 1; n <= count; n += step) {
        fail_from(t, n, all_after);
    }
}

static void each_allocation(hs_trial *t)
{
    each_fails(t, 0);
}

static void exhausted(hs_trial *t)
{
    each_fails(t, 1);
}

static const hs_validate_test TESTS[] = {
    {"memory", "each-allocation-fails", "hmx_abi.h, HMX_E_NOMEM",
     "a hook that gets no memory answers -3, has changed nothing, and the instance goes on",
     each_allocation, 0, 0},
    {"memory", "exhausted", "hmx_abi.h, HMX_E_NOMEM",
     "when there is no memory at all any more, what needs none goes on", exhausted, 0, 0},
};
const hs_validate_group HS_VALIDATE_MEMORY = HS_VALIDATE_GROUP(TESTS);
