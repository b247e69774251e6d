/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group state: what is saved can be loaded, all of it or nothing. */
#include <string.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

enum { TRIES = 2000 };

/* The state of a plugin that has lived for an hour, in `saved`. 0, or -1 with a reason. */
static int saved_state(hs_trial *t, hs_farm_state *saved)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    hmx_status status = HMX_E_UNSUPPORTED;
    *saved = (hs_farm_state){0};
    if (t->plugin.ops.save == NULL || t->plugin.ops.load == NULL) {
        hs_trial_say(t, HS_VERDICT_SKIP, "the plugin does not save and load");
        return -1;
    }
    if (hs_farm_sound(t, &o, NULL) != 0) {
        return -1;
    }
    if (hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_live(&farm);
        status = hs_farm_save(&farm, saved);
    }
    hs_farm_stop(&farm, NULL);
    if (status == HMX_E_UNSUPPORTED) {
        hs_trial_say(t, HS_VERDICT_SKIP, "save answers -2: it keeps nothing");
        return -1;
    }
    return HS_TRIAL_HOLDS(t, status >= 0, "save answers %d to a stream that takes everything",
                          status)
               ? 0
               : -1;
}

/* A fresh instance is offered the state. */
static hmx_status offer(hs_trial *t, hs_farm *farm, hs_farm_state *state)
{
    const hs_farm_options o = {.seed = t->seed};
    if (hs_farm_start(farm, t, &o) != 0) {
        return HMX_E_FATAL;
    }
    return hs_farm_load(farm, state);
}

static int same(const hs_farm_state *a, const hs_farm_state *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, (size_t)a->len) == 0);
}

static void round_trip(hs_trial *t)
{
    static hs_farm farm;
    hs_farm_state saved;
    hs_farm_state again = {0};
    hs_farm_state third = {0};
    if (saved_state(t, &saved) == 0) {
        const hmx_status status = offer(t, &farm, &saved);
        (void)HS_TRIAL_HOLDS(t, status >= 0, "load answers %d to what save wrote: %s", status,
                             farm.link.reasons);
        (void)hs_farm_save(&farm, &again);
        (void)hs_farm_save(&farm, &third);
        (void)HS_TRIAL_HOLDS(t, same(&again, &third), "two saves in a row differ");
        (void)HS_TRIAL_HOLDS(t, same(&saved, &again),
                             "saved, loaded and saved again: %u bytes became %u, or others",
                             (unsigned)saved.len, (unsigned)again.len);
        hs_farm_stop(&farm, NULL);
    }
    hs_farm_state_free(&saved);
    hs_farm_state_free(&again);
    hs_farm_state_free(&third);
}

static void in_pieces(hs_trial *t)
{
    static hs_farm farm;
    hs_farm_state saved;
    if (saved_state(t, &saved) == 0) {
        saved.piece = 1;
        const hmx_status status = offer(t, &farm, &saved);
        (void)HS_TRIAL_HOLDS(t, status >= 0,
                             "load answers %d when the stream gives a byte at a time: %s", status,
                             farm.link.reasons);
        hs_farm_stop(&farm, NULL);
    }
    hs_farm_state_free(&saved);
}

/* Cut at each length: refused, and the same instance takes the whole state afterwards. */
static void cut(hs_trial *t)
{
    static hs_farm farm;
    hs_farm_state saved;
    const hs_farm_options o = {.seed = t->seed};
    if (saved_state(t, &saved) == 0 && hs_farm_start(&farm, t, &o) == 0) {
        const uint64_t whole = saved.len;
        hmx_status status = HMX_E_CORRUPT;
        uint64_t len = 0;
        for (; len < whole && status < 0; len += whole / TRIES + 1) {
            saved.len = len;
            status = hs_farm_load(&farm, &saved);
        }
        saved.len = whole;
        if (HS_TRIAL_HOLDS(t, status < 0, "load answers %d to %u of %u bytes", status,
                           (unsigned)len - 1, (unsigned)whole)) {
            status = hs_farm_load(&farm, &saved);
            (void)HS_TRIAL_HOLDS(
                t, status >= 0, "after states that were refused, load answers %d to a good one: %s",
                status, farm.link.reasons);
        }
        hs_farm_stop(&farm, NULL);
    }
    hs_farm_state_free(&saved);
}

/* One bit of a byte changed. A number may be as good as another: only a warning. */
static void damaged(hs_trial *t)
{
    static hs_farm farm;
    hs_farm_state saved;
    if (saved_state(t, &saved) == 0) {
        for (uint64_t at = 0; at < saved.len; at += saved.len / (TRIES / 4) + 1) {
            saved.data[at] ^= (uint8_t)(1u << (at % 8));
            const hmx_status status = offer(t, &farm, &saved);
            if (status >= 0) {
                hs_trial_say(t, HS_VERDICT_WARN, "load takes a state whose byte %u was changed",
                             (unsigned)at);
                hs_farm_live_minutes(&farm);
            }
            saved.data[at] ^= (uint8_t)(1u << (at % 8));
            hs_farm_stop(&farm, NULL);
            (void)HS_TRIAL_HOLDS(t, farm.found == 0, "byte %u was changed; %s: %s", (unsigned)at,
                                 farm.first, farm.first_text);
        }
    }
    hs_farm_state_free(&saved);
}

static void once_and_early(hs_trial *t)
{
    static hs_farm farm;
    hs_farm_state saved;
    const hs_farm_options o = {.seed = t->seed};
    if (saved_state(t, &saved) == 0) {
        (void)offer(t, &farm, &saved);
        hmx_status status = hs_farm_load(&farm, &saved);
        (void)HS_TRIAL_HOLDS(t, status == HMX_E_STATE, "load answers %d for the second time",
                             status);
        hs_farm_stop(&farm, NULL);
        if (hs_farm_start(&farm, t, &o) == 0) {
            hs_farm_all_up(&farm);
            status = hs_farm_load(&farm, &saved);
            (void)HS_TRIAL_HOLDS(t, status == HMX_E_STATE, "load answers %d after the first event",
                                 status);
            hs_farm_stop(&farm, NULL);
        }
    }
    hs_farm_state_free(&saved);
}

static hmx_status fail_read(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    (void)ctx;
    (void)data;
    (void)capacity;
    *len = 0;
    return HMX_E_IO;
}

/* What was refused has left no trace: the instance lives as a fresh one. */
static void refused_is_nothing(hs_trial *t)
{
    static hs_farm farm;
    uint8_t hash[2][HS_FARM_HASH];
    uint8_t rubbish[] = "this is no state";
    hs_farm_state saved;
    const hs_farm_options o = {.seed = t->seed};
    const hmx_reader from = {.size = sizeof from, .read = fail_read};
    if (saved_state(t, &saved) == 0 && hs_farm_sound(t, &o, hash[0]) == 0 &&
        hs_farm_start(&farm, t, &o) == 0) {
        hs_farm_state other = {.data = rubbish, .len = sizeof rubbish};
        const hmx_load_args args = {.size = sizeof args, .now_ns = farm.link.now_ns, .from = &from};
        (void)hs_farm_load(&farm, &other);
        const hmx_status status = hs_guard_load(farm.link.guard, &args);
        (void)HS_TRIAL_HOLDS(t, status == HMX_E_IO, "load answers %d when the reader fails with -8",
                             status);
        hs_farm_live(&farm);
        hs_farm_stop(&farm, hash[1]);
        (void)HS_TRIAL_HOLDS(t, memcmp(hash[0], hash[1], HS_FARM_HASH) == 0,
                             "after a refused load it decides otherwise");
    }
    hs_farm_state_free(&saved);
}

static const hs_validate_test TESTS[] = {
    {"state", "round-trip", "abi/ABI.md, Saved state",
     "saved, loaded and saved again, the bytes are equal", round_trip, 0, 0},
    {"state", "in-pieces", "hmx_abi.h, hmx_reader", "a read may give less than was asked for",
     in_pieces, 0, 0},
    {"state", "cut", "hmx_abi.h, load", "a state that was cut off is refused, and does no harm",
     cut, 0, 0},
    {"state", "damaged", "hmx_abi.h, load", "a damaged state is refused, and does no harm", damaged,
     0, 0},
    {"state", "once-and-early", "hmx_abi.h, load",
     "at most once, and before the first event: else HMX_E_STATE", once_and_early, 0, 0},
    {"state", "refused-is-nothing", "hmx_abi.h, load", "all or nothing", refused_is_nothing, 0, 0},
};
const hs_validate_group HS_VALIDATE_STATE = HS_VALIDATE_GROUP(TESTS);
