/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group events: what a plugin answers to facts that are late, early or repeated. */
#include <string.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

static int begin(hs_farm *farm, hs_trial *t, uint32_t channels_max)
{
    const hs_farm_options o = {.seed = t->seed, .channels_max = channels_max};
    if (hs_farm_sound(t, &o, NULL) != 0 || hs_farm_start(farm, t, &o) != 0) {
        return -1;
    }
    hs_farm_all_up(farm);
    return 0;
}

/* Beyond the limit an opening is refused; when there is room, the same number comes again. */
static void refused_opening_again(hs_trial *t)
{
    static hs_farm farm;
    if (begin(&farm, t, 2) != 0) {
        hs_farm_stop(&farm, NULL);
        return;
    }
    (void)hs_farm_open_next(&farm);
    (void)hs_farm_open_next(&farm);
    const hmx_channel_open third = hs_farm_device(7);
    const hmx_status first = hs_farm_open(&farm, &third);
    hs_farm_channel *const one = hs_farm_find(&farm, 1);
    if (t->plugin.ops.on_channel_open == NULL || first != HMX_E_LIMIT || one == NULL) {
        hs_trial_say(t, HS_VERDICT_SKIP, "no opening was refused");
    } else {
        hs_farm_close(&farm, one, HMX_CLOSE_PEER);
        const hmx_status then = hs_farm_open(&farm, &third);
        (void)HS_TRIAL_HOLDS(t, then >= 0 && farm.found == 0,
                             "an opening that was refused with -4 is answered %d when there is "
                             "room",
                             then);
    }
    hs_farm_stop(&farm, NULL);
}

/* Shares of a channel that has just closed still count for their pool. */
static void late_shares(hs_trial *t)
{
    static hs_farm farm;
    if (begin(&farm, t, 0) != 0) {
        hs_farm_stop(&farm, NULL);
        return;
    }
    (void)hs_farm_open_next(&farm);
    hs_farm_channel *const c = hs_farm_find(&farm, 1);
    if (c == NULL || c->upstream == HMX_NONE || t->plugin.ops.on_share == NULL) {
        hs_trial_say(t, HS_VERDICT_SKIP, "%s",
                     t->plugin.ops.on_share == NULL ? "the plugin has no on_share"
                                                    : "no channel was placed");
    } else {
        const hs_farm_channel was = *c;
        hs_farm_share(&farm, &was, HMX_SHARE_ACCEPTED, 1);
        hs_farm_close(&farm, c, HMX_CLOSE_PEER);
        farm.negative = HMX_OK;
        hs_farm_share(&farm, &was, HMX_SHARE_ACCEPTED, 1);
        (void)HS_TRIAL_HOLDS(t, farm.negative == HMX_OK,
                             "on_share answers %d to a share of a channel that has just closed",
                             farm.negative);
    }
    hs_farm_stop(&farm, NULL);
}

/* Values of enums that no header names yet, where this one does not say that they are judged. */
static void later_values(hs_trial *t)
{
    static hs_farm farm;
    if (begin(&farm, t, 0) != 0) {
        hs_farm_stop(&farm, NULL);
        return;
    }
    hmx_upstream_event pool = hs_farm_pool(farm.table.rows[0].upstream, HMX_UPSTREAM_DOWN);
    pool.reason = 77;
    (void)hs_farm_tell(&farm, &pool);
    (void)HS_TRIAL_HOLDS(t, farm.negative == HMX_OK,
                         "on_upstream answers %d to a reason that it does not know", farm.negative);
    if (hs_farm_open_next(&farm) >= 0) {
        hs_farm_close(&farm, hs_farm_find(&farm, 1), 77);
        (void)HS_TRIAL_HOLDS(t, farm.negative == HMX_OK,
                             "on_channel_close answers %d to a reason that it does not know",
                             farm.negative);
    }
    hs_farm_stop(&farm, NULL);
}

/* Everything happens at one moment. */
static void one_moment(hs_trial *t)
{
    static hs_farm farm;
    if (begin(&farm, t, 0) != 0) {
        hs_farm_stop(&farm, NULL);
        return;
    }
    for (int i = 0; i < 5; i++) {
        (void)hs_farm_open_next(&farm);
        hs_farm_tick(&farm);
        hs_farm_all_up(&farm);
    }
    (void)HS_TRIAL_HOLDS(t, farm.negative == HMX_OK && farm.found == 0,
                         "%s answers %d when time stands still", farm.negative_hook, farm.negative);
    hs_farm_stop(&farm, NULL);
}

static const hs_validate_test TESTS[] = {
    {"events", "refused-opening-again", "hmx_abi.h, on_channel_open",
     "after a refusal the channel is not known, and its number may be tried again",
     refused_opening_again, 0, 0},
    {"events", "late-shares", "hmx_abi.h, on_share", "legal for a channel that closed lately",
     late_shares, 0, 0},
    {"events", "later-values", "hmx_abi.h, rule 3",
     "an unknown value in a fact is refused only where the header says that it is judged",
     later_values, 0, 0},
    {"events", "one-moment", "hmx_abi.h, rule 8", "now_ns never decreases, and may stay as it is",
     one_moment, 0, 0},
};
const hs_validate_group HS_VALIDATE_EVENTS = HS_VALIDATE_GROUP(TESTS);
