/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group determinism: same calls, same answers, bit for bit. */
#include <string.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

static void same_calls(hs_trial *t)
{
    const hs_farm_options o = {.seed = t->seed};
    hs_farm_compare(t, &o, "the same calls once more");
}

static void zero_cookies(hs_trial *t)
{
    const hs_farm_options o = {.seed = t->seed, .zero_cookie = 1};
    hs_farm_compare(t, &o, "the host echoes 0 for every cookie");
}

static void saves_between(hs_trial *t)
{
    const hs_farm_options o = {.seed = t->seed, .saves_often = 1};
    if (t->plugin.ops.save == NULL) {
        hs_trial_say(t, HS_VERDICT_SKIP, "the plugin has no save");
        return;
    }
    hs_farm_compare(t, &o, "the host saves after every tick");
}

/* Another instance, with other miners, lives at the same time. */
static void two_instances(hs_trial *t)
{
    static hs_farm other;
    uint8_t hash[2][HS_FARM_HASH];
    const hs_farm_options plain = {.seed = t->seed};
    const hs_farm_options second = {.seed = t->seed + 1, .channels_max = 40};
    if (hs_farm_sound(t, &plain, hash[0]) != 0) {
        return;
    }
    if (hs_farm_start(&other, t, &second) == 0) {
        hs_farm_all_up(&other);
        for (int i = 0; i < 20; i++) {
            (void)hs_farm_open_next(&other);
            hs_farm_tick(&other);
        }
    }
    if (hs_farm_sound(t, &plain, hash[1]) == 0) {
        (void)HS_TRIAL_HOLDS(t, memcmp(hash[0], hash[1], HS_FARM_HASH) == 0,
                             "beside another instance the answers differ");
    }
    hs_farm_stop(&other, NULL);
}

static const hs_validate_test TESTS[] = {
    {"determinism", "same-calls", "hmx_abi.h, rule 8", "same calls, same answers, bit for bit",
     same_calls, 0, 0},
    {"determinism", "two-instances", "hmx_abi.h, rule 7",
     "an instance knows nothing of another one", two_instances, 0, 0},
    {"determinism", "zero-cookies", "hmx_abi.h, rule 10",
     "a host may echo 0, and the plugin looks the channel up", zero_cookies, 0, 0},
    {"determinism", "saves-between", "hmx_abi.h, save",
     "an instance that saves decides as one that does not", saves_between, 0, 0},
};
const hs_validate_group HS_VALIDATE_DETERMINISM = HS_VALIDATE_GROUP(TESTS);
