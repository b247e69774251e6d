/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group limits: the least and the most of everything. */
#include <string.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

enum { MANY = 3000 };

static int begin(hs_farm *farm, hs_trial *t, const hs_farm_options *o)
{
    const hs_farm_options plain = {.seed = t->seed};
    return hs_farm_sound(t, &plain, NULL) == 0 && hs_farm_start(farm, t, o) == 0 ? 0 : -1;
}

/* Room for one pool: refused, or no more than one is told. */
static void one_upstream(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options plain = {.seed = t->seed};
    if (hs_farm_sound(t, &plain, NULL) != 0) {
        return;
    }
    hs_trial apart = *t; /* being refused is one of the two right answers */
    const hs_farm_options o = {.seed = t->seed, .upstreams_max = 1};
    if (hs_farm_start(&farm, &apart, &o) == 0) {
        (void)HS_TRIAL_HOLDS(t, farm.table.told <= 1, "a host that handles one upstream is told %u",
                             farm.table.told);
    }
    hs_farm_stop(&farm, NULL);
}

static void one_channel(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed, .channels_max = 1};
    if (begin(&farm, t, &o) == 0) {
        hs_farm_live(&farm);
        hs_farm_held(t, &farm, "with room for one channel: ");
    }
    hs_farm_stop(&farm, NULL);
}

static void many_channels(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed, .channels_max = MANY};
    if (begin(&farm, t, &o) == 0) {
        hmx_channel_decision out;
        hs_farm_all_up(&farm);
        uint32_t open = 0;
        for (uint64_t n = 1; n <= MANY && farm.found == 0; n++) {
            hmx_channel_open e = hs_farm_device(n + 4);
            const hmx_status status = hs_link_open(&farm.link, &e, &out);
            open += status >= 0;
            (void)HS_TRIAL_HOLDS(t, status >= 0 || status == HMX_E_LIMIT,
                                 "opening %u of %d is answered %d", (unsigned)n, MANY, status);
        }
        for (uint64_t n = 1; n <= open; n++) {
            (void)hs_link_close(&farm.link, n + 4, 0, HMX_CLOSE_PEER);
        }
        hs_farm_held(t, &farm, "with many channels: ");
        if (open < MANY) {
            hs_trial_say(t, HS_VERDICT_WARN, "of %d channels that it was created for it takes %u",
                         MANY, open);
        }
    }
    hs_farm_stop(&farm, NULL);
}

static void long_names(hs_trial *t)
{
    static hs_farm farm;
    char name[255];
    const hs_farm_options o = {.seed = t->seed};
    memset(name, 'n', sizeof name);
    if (begin(&farm, t, &o) == 0) {
        hs_farm_all_up(&farm);
        hmx_channel_open e = hs_farm_device(1);
        e.user_identity = e.vendor = e.hardware = e.firmware = (hmx_view){name, sizeof name};
        (void)hs_farm_open(&farm, &e);
        e = hs_farm_device(2);
        e.user_identity = (hmx_view){"", 0};
        (void)hs_farm_open(&farm, &e);
        hs_farm_tick(&farm);
        hs_farm_held(t, &farm, "with names of 255 bytes and of none: ");
    }
    hs_farm_stop(&farm, NULL);
}

/* Pools that grant nothing, and everything; a device that asks for all of it. */
static void whole_extranonce(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    if (begin(&farm, t, &o) == 0) {
        hmx_upstream_event e = hs_farm_pool(farm.table.rows[0].upstream, HMX_UPSTREAM_UP);
        static const uint32_t SPACES[][2] = {{0, 32}, {32, 0}, {0, 0}, {31, 1}, {0, 1}};
        for (size_t i = 0; i < sizeof SPACES / sizeof SPACES[0]; i++) {
            e.extranonce_prefix_len = SPACES[i][0];
            e.extranonce_size = SPACES[i][1];
            (void)hs_farm_tell(&farm, &e);
            hs_farm_pass(&farm, 30);
            hmx_channel_open device = hs_farm_device(farm.last_channel + 1);
            if (device.kind == HMX_CHANNEL_EXTENDED) {
                device.extranonce_size = device.min_extranonce_size = i == 1 ? 32 : 4;
            }
            (void)hs_farm_open(&farm, &device);
            hs_farm_pass(&farm, 60);
            hs_farm_tick(&farm);
        }
        hs_farm_held(t, &farm, "with pools that grant little or everything: ");
    }
    hs_farm_stop(&farm, NULL);
}

static const hs_validate_test TESTS[] = {
    {"limits", "one-upstream", "hmx_abi.h, hmx_create_args.upstreams_max",
     "no more upstreams than the host handles, or a refusal", one_upstream, 0, 0},
    {"limits", "one-channel", "hmx_abi.h, hmx_create_args.channels_max", "one channel is enough",
     one_channel, 0, 0},
    {"limits", "many-channels", "hmx_abi.h, hmx_create_args.channels_max",
     "as many channels as it was created for", many_channels, 0, 0},
    {"limits", "long-names", "hmx_events.h, hmx_channel_open",
     "names have up to 255 bytes, or none", long_names, 0, 0},
    {"limits", "whole-extranonce", "hmx_events.h, hmx_upstream_event",
     "prefix and extranonce have 0 to 32 bytes together", whole_extranonce, 0, 0},
};
const hs_validate_group HS_VALIDATE_LIMITS = HS_VALIDATE_GROUP(TESTS);
