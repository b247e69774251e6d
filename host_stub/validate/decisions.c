/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, groups decisions and prefixes: whatever a host makes of a decision, and hosts that
 * share a pool's space, or leave it to the plugin, or do not. */
#include <string.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

enum { OUTCOME_LIVES = 8 };

/* Applied, refused, failed, never answered, answered too late: the rules hold all the same. */
static void every_outcome(hs_trial *t)
{
    static hs_farm farm;
    uint64_t decisions = 0;
    const hs_farm_options plain = {.seed = t->seed};
    if (hs_farm_sound(t, &plain, NULL) != 0) {
        return;
    }
    for (uint64_t i = 0; i < OUTCOME_LIVES; i++) {
        const hs_farm_options o = {.seed = t->seed + i, .policy = HS_FARM_ANYTHING};
        (void)hs_farm_start(&farm, t, &o);
        hs_farm_live(&farm);
        hs_farm_stop(&farm, NULL);
        decisions += farm.decisions;
        hs_farm_held(t, &farm, "");
    }
    if (decisions == 0) {
        hs_trial_say(t, HS_VERDICT_SKIP, "it decided nothing in %d lives of an hour",
                     OUTCOME_LIVES);
    }
}

/* A buffer with no room, then with room for one. */
static void little_room(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return;
    }
    (void)hs_farm_start(&farm, t, &o);
    hs_farm_live_minutes(&farm);
    hmx_upstream_event e = hs_farm_pool(farm.table.rows[0].upstream, HMX_UPSTREAM_DOWN);
    (void)hs_farm_tell(&farm, &e);
    for (uint32_t i = 0; i < 20; i++) {
        hs_farm_pass(&farm, 30);
        hs_farm_tick_room(&farm, i % 2);
    }
    (void)HS_TRIAL_HOLDS(t, farm.found == 0, "%s: %s", farm.first, farm.first_text);
    hs_farm_stop(&farm, NULL);
}

static uint32_t longest_prefix(const hs_farm *farm)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < HS_FARM_CHANNELS; i++) {
        const hs_farm_channel *const c = &farm->channels[i];
        longest = c->channel != 0 && c->prefix_len > longest ? c->prefix_len : longest;
    }
    return longest;
}

static void no_prefixes_wanted(hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed, .without = HMX_CAP_EXTRANONCE};
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_all_up(&farm);
        for (int i = 0; i < 4; i++) {
            (void)hs_farm_open_next(&farm);
        }
        (void)HS_TRIAL_HOLDS(t, longest_prefix(&farm) == 0,
                             "a host that uses no prefixes is given one of %u bytes",
                             longest_prefix(&farm));
    }
    hs_farm_stop(&farm, NULL);
}

/* One of two prefixes begins the other. */
static int collide(const hs_farm_channel *a, const hs_farm_channel *b)
{
    const uint32_t len = a->prefix_len < b->prefix_len ? a->prefix_len : b->prefix_len;
    return a->channel != 0 && b->channel != 0 && a->upstream == b->upstream && len > 0 &&
           memcmp(a->prefix, b->prefix, len) == 0;
}

/* Two instances with one configuration, side by side on the same pools. */
static void instances_apart(hs_trial *t)
{
    static hs_farm farms[2];
    const hs_farm_options plain = {.seed = t->seed};
    if (hs_farm_sound(t, &plain, NULL) != 0) {
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        const hs_farm_options o = {.seed = t->seed, .instance_index = i, .instance_count = 2};
        if (hs_farm_start(&farms[i], t, &o) == 0) {
            hs_farm_all_up(&farms[i]);
            for (int k = 0; k < 5; k++) {
                (void)hs_farm_open_next(&farms[i]);
            }
        }
    }
    if (longest_prefix(&farms[0]) == 0) {
        hs_trial_say(t, HS_VERDICT_SKIP, "it leaves prefixes to the host");
    }
    for (uint32_t i = 0; i < HS_FARM_CHANNELS; i++) {
        for (uint32_t k = 0; k < HS_FARM_CHANNELS; k++) {
            (void)HS_TRIAL_HOLDS(
                t, !collide(&farms[0].channels[i], &farms[1].channels[k]),
                "channel %u of instance 0 and channel %u of instance 1 have one search space",
                (unsigned)farms[0].channels[i].channel, (unsigned)farms[1].channels[k].channel);
        }
    }
    hs_farm_stop(&farms[0], NULL);
    hs_farm_stop(&farms[1], NULL);
}

/* Channels that come with a prefix in force: those that a fresh instance would give out itself. */
static void adopted(hs_trial *t)
{
    static hs_farm first;
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed, .channels_max = 12};
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return;
    }
    if (hs_farm_start(&first, t, &o) == 0) {
        hs_farm_all_up(&first);
        for (int i = 0; i < 4; i++) {
            (void)hs_farm_open_next(&first);
        }
    }
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_all_up(&farm);
        for (uint64_t n = 1; n <= 4; n++) {
            const hs_farm_channel *const c = hs_farm_find(&first, n);
            hmx_channel_open e = hs_farm_device(n);
            if (c != NULL && c->upstream != HMX_NONE) {
                e.current_upstream = c->upstream;
                e.extranonce_prefix_len = c->prefix_len;
                memcpy(e.extranonce_prefix, c->prefix, sizeof e.extranonce_prefix);
            }
            (void)hs_farm_open(&farm, &e);
        }
        for (int i = 0; i < 4; i++) {
            (void)hs_farm_open_next(&farm);
        }
    }
    (void)HS_TRIAL_HOLDS(t, farm.found == 0, "%s: %s", farm.first, farm.first_text);
    hs_farm_stop(&first, NULL);
    hs_farm_stop(&farm, NULL);
}

static const hs_validate_test TESTS[] = {
    {"decisions", "every-outcome", "hmx_events.h, enum hmx_result",
     "whatever becomes of a decision, the rules hold", every_outcome, 0, 0},
    {"decisions", "little-room", "hmx_events.h, hmx_decision_buf",
     "a capacity of 0 is allowed, and one of 1 is enough", little_room, 0, 0},
    {"prefixes", "none-without-capability", "hmx_abi.h, HMX_CAP_EXTRANONCE",
     "a host that uses no prefixes is given none", no_prefixes_wanted, 0, 0},
    {"prefixes", "instances-apart", "hmx_abi.h, hmx_create_args.instance_index",
     "two instances on the same pools never share a search space", instances_apart, 0, 0},
    {"prefixes", "adopted", "hmx_events.h, hmx_channel_open.extranonce_prefix",
     "a prefix in force that the host brings is given to nobody else", adopted, 0, 0},
};
const hs_validate_group HS_VALIDATE_DECISIONS = HS_VALIDATE_GROUP(TESTS);
