/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group time: clocks that are young, old, or jump. */
#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

static void clock_from(hs_trial *t, uint64_t start_ns)
{
    static hs_farm farm;
    const hs_farm_options plain = {.seed = t->seed};
    const hs_farm_options o = {.seed = t->seed, .start_ns = start_ns};
    if (hs_farm_sound(t, &plain, NULL) != 0) {
        return;
    }
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_live(&farm);
    }
    hs_farm_stop(&farm, NULL);
    hs_farm_held(t, &farm, "");
}

static void young_clock(hs_trial *t)
{
    clock_from(t, 1);
}

static void old_clock(hs_trial *t)
{
    clock_from(t, UINT64_C(1) << 62); /* 146 years */
}

static void gaps(hs_trial *t)
{
    static const uint64_t SECONDS[] = {60, 3600, 86400, 30 * UINT64_C(86400),
                                       400 * UINT64_C(86400)};
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return;
    }
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_live_minutes(&farm);
        for (size_t i = 0; i < sizeof SECONDS / sizeof SECONDS[0]; i++) {
            hs_farm_pass(&farm, SECONDS[i]);
            hs_farm_tick(&farm);
            hs_farm_pass(&farm, 1);
            hs_farm_tick(&farm);
        }
    }
    hs_farm_stop(&farm, NULL);
    hs_farm_held(t, &farm, "");
}

static void frequent_ticks(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return;
    }
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_live_minutes(&farm);
        for (int i = 0; i < 20000; i++) {
            farm.link.now_ns += 1000000;
            farm.link.unix_ms += 1;
            hs_farm_tick(&farm);
        }
    }
    hs_farm_stop(&farm, NULL);
    hs_farm_held(t, &farm, "");
}

static const hs_validate_test TESTS[] = {
    {"time", "young-clock", "hmx_abi.h, rule 8", "the monotonic clock may begin anywhere",
     young_clock, 0, 0},
    {"time", "old-clock", "hmx_abi.h, rule 8", "the monotonic clock may have run for a century",
     old_clock, 0, 0},
    {"time", "gaps", "hmx_abi.h, on_tick", "the host may have slept for a minute or for a year",
     gaps, 0, 0},
    {"time", "frequent-ticks", "hmx_abi.h, on_tick", "more often than every second does no harm",
     frequent_ticks, 0, 0},
};
const hs_validate_group HS_VALIDATE_TIME = HS_VALIDATE_GROUP(TESTS);
