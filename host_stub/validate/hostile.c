/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Validate, group hostile: values that no host may give. A plugin refuses them with HMX_E_INVALID
 * or HMX_E_STATE (or for want of room) and has changed nothing. One that does not look at them gets
 * a warning; one that answers otherwise, or remembers something of what it refused, fails. */
#include <math.h>
#include <string.h>

#include "host_stub/validate/farm.h"
#include "host_stub/validate/groups.h"

typedef struct attack {
    hs_trial *trial;
    hs_farm *farm;
    hs_farm_state before;
    int can_save;
} attack;

static int begin(attack *a, hs_trial *t)
{
    static hs_farm farm;
    const hs_farm_options o = {.seed = t->seed};
    *a = (attack){.trial = t, .farm = &farm};
    if (hs_farm_sound(t, &o, NULL) != 0 || hs_farm_start(&farm, t, &o) != 0) {
        return -1;
    }
    hs_farm_live_minutes(&farm);
    a->can_save = hs_farm_save(&farm, &a->before) >= 0;
    return 0;
}

/* What the hook answered to `what`. */
static void judge(attack *a, const char *what, hmx_status status)
{
    hs_farm_state after = {0};
    if (status >= 0) {
        hs_trial_say(a->trial, HS_VERDICT_WARN, "it takes %s", what);
        a->can_save = 0; /* what it remembers of that is its own business */
    } else if (status == HMX_E_UNSUPPORTED) {
        hs_trial_say(a->trial, HS_VERDICT_SKIP, "the plugin has no such hook");
    } else {
        (void)HS_TRIAL_HOLDS(
            a->trial, status == HMX_E_INVALID || status == HMX_E_STATE || status == HMX_E_LIMIT,
            "it answers %d to %s", status, what);
    }
    if (a->can_save && hs_farm_save(a->farm, &after) >= 0) {
        (void)HS_TRIAL_HOLDS(a->trial,
                             after.len == a->before.len &&
                                 memcmp(after.data, a->before.data, (size_t)after.len) == 0,
                             "it refused %s with %d, and the saved state has changed", what,
                             status);
    }
    hs_farm_state_free(&after);
}

/* Afterwards it still works. */
static void end(attack *a)
{
    hs_farm *const farm = a->farm;
    const uint64_t found = farm->found;
    hs_farm_pass(farm, 1);
    hs_farm_all_up(farm);
    (void)hs_farm_open_next(farm);
    hs_farm_pass(farm, 60);
    hs_farm_tick(farm);
    hs_farm_state_free(&a->before);
    hs_farm_stop(farm, NULL);
    (void)HS_TRIAL_HOLDS(a->trial, farm->found == found || a->trial->verdict == HS_VERDICT_WARN,
                         "afterwards %s: %s", farm->first, farm->first_text);
}

static void pools(hs_trial *t)
{
    attack a;
    if (begin(&a, t) != 0) {
        hs_farm_stop(a.farm, NULL);
        return;
    }
    const hmx_upstream_event good = hs_farm_pool(a.farm->table.rows[0].upstream, HMX_UPSTREAM_UP);
    hmx_upstream_event e = good;
#define TELL(what, ...)                                                                            \
    do {                                                                                           \
        e = good;                                                                                  \
        __VA_ARGS__;                                                                               \
        judge(&a, what, hs_link_upstream(&a.farm->link, &e));                                      \
    } while (0)
    TELL("an upstream 0", e.upstream = 0);
    TELL("an upstream 65", e.upstream = 65);
    TELL("an upstream beyond all numbers", e.upstream = UINT32_MAX);
    TELL("a state 0", e.state = 0);
    TELL("a state 99", e.state = 99);
    TELL("a prefix of 33 bytes", e.extranonce_prefix_len = 33);
    TELL("a prefix and an extranonce of 33 bytes together", e.extranonce_size = 31);
    TELL("an extranonce that overflows", e.extranonce_size = UINT32_MAX);
#undef TELL
    end(&a);
}

static void openings(hs_trial *t)
{
    attack a;
    if (begin(&a, t) != 0) {
        hs_farm_stop(a.farm, NULL);
        return;
    }
    const hmx_channel_open good = hs_farm_device(a.farm->last_channel + 2);
    hmx_channel_decision out;
    hmx_channel_open e = good;
    char name[300];
    memset(name, 'a', sizeof name);
    hs_farm_channel *const first = hs_farm_find(a.farm, 5);
    if (first != NULL) {
        hs_farm_close(a.farm, first, HMX_CLOSE_PEER); /* there is room */
        hs_farm_state_free(&a.before);
        a.can_save = hs_farm_save(a.farm, &a.before) >= 0;
    }
#define OPEN(what, ...)                                                                            \
    do {                                                                                           \
        e = good;                                                                                  \
        __VA_ARGS__;                                                                               \
        judge(&a, what, hs_link_open(&a.farm->link, &e, &out));                                    \
    } while (0)
    OPEN("a channel 0", e.channel = 0);
    OPEN("a kind 9", e.kind = 9);
    OPEN("a hashrate that is no number", e.nominal_hashrate = (double)NAN);
    OPEN("an infinite hashrate", e.nominal_hashrate = (double)INFINITY);
    OPEN("a negative hashrate", e.nominal_hashrate = -1);
    OPEN("an extranonce of 33 bytes",
         (e.kind = HMX_CHANNEL_EXTENDED, e.extranonce_size = e.min_extranonce_size = 33));
    OPEN("a name of 300 bytes", e.user_identity = ((hmx_view){name, sizeof name}));
    OPEN("an upstream 65 where it works", e.current_upstream = 65);
    OPEN("a prefix of 33 bytes in force", (e.current_upstream = 1, e.extranonce_prefix_len = 33));
#undef OPEN
    end(&a);
}

static void shares(hs_trial *t)
{
    attack a;
    if (begin(&a, t) != 0) {
        hs_farm_stop(a.farm, NULL);
        return;
    }
    const hs_farm_channel *const c = hs_farm_find(a.farm, 1);
    const hmx_share good = {.channel = 1,
                            .cookie = c != NULL ? c->cookie : 0,
                            .upstream = a.farm->table.rows[0].upstream,
                            .verdict = HMX_SHARE_SUBMITTED,
                            .count = 1,
                            .work = 65536};
    hmx_share e = good;
#define SHARE(what, ...)                                                                           \
    do {                                                                                           \
        e = good;                                                                                  \
        __VA_ARGS__;                                                                               \
        judge(&a, what, hs_link_share(&a.farm->link, &e));                                         \
    } while (0)
    SHARE("a verdict 0", e.verdict = 0);
    SHARE("a verdict 99", e.verdict = 99);
    SHARE("a count of 0", e.count = 0);
    SHARE("work that is no number", e.work = (double)NAN);
    SHARE("infinite work", e.work = (double)INFINITY);
    SHARE("no work", e.work = 0);
    SHARE("negative work", e.work = -1);
    SHARE("work of 1e31", e.work = 1e31);
    SHARE("a credit that is no number", e.credit = (double)NAN);
    SHARE("a negative credit", e.credit = -1);
    SHARE("an upstream 65", e.upstream = 65);
    SHARE("a channel 0", (e.channel = 0, e.cookie = 0));
#undef SHARE
    end(&a);
}

static void changes(hs_trial *t)
{
    attack a;
    if (begin(&a, t) != 0) {
        hs_farm_stop(a.farm, NULL);
        return;
    }
    const hmx_channel_update good = {
        .channel = 1, .changed = HMX_FACT_NOMINAL_HASHRATE, .nominal_hashrate = 1e14};
    hmx_channel_update e = good;
#define CHANGE(what, ...)                                                                          \
    do {                                                                                           \
        e = good;                                                                                  \
        __VA_ARGS__;                                                                               \
        judge(&a, what, hs_link_update(&a.farm->link, &e));                                        \
    } while (0)
    CHANGE("an update of a channel that was never opened", e.channel = 999);
    CHANGE("a hashrate that is no number", e.nominal_hashrate = (double)NAN);
    CHANGE("a negative hashrate", e.nominal_hashrate = -1);
#undef CHANGE
    judge(&a, "the end of a channel that was never opened",
          hs_link_close(&a.farm->link, 999, 0, HMX_CLOSE_PEER));
    end(&a);
}

static void outcomes(hs_trial *t)
{
    attack a;
    uint8_t nothing[32] = {0};
    if (begin(&a, t) != 0) {
        hs_farm_stop(a.farm, NULL);
        return;
    }
    const uint32_t at = a.farm->table.rows[0].upstream;
    const hmx_reassign good = {.channel = 1, .from = at, .to = at, .result = HMX_RESULT_FORCED};
    hmx_reassign e = good;
#define OUTCOME(what, len, ...)                                                                    \
    do {                                                                                           \
        e = good;                                                                                  \
        __VA_ARGS__;                                                                               \
        judge(&a, what, hs_link_reassign(&a.farm->link, &e, nothing, len));                        \
    } while (0)
    OUTCOME("a result 0", 0, (e.decision = 1, e.result = 0));
    OUTCOME("a result 99", 0, (e.decision = 1, e.result = 99));
    OUTCOME("a refusal of a decision that was never made", 0,
            (e.decision = UINT64_MAX, e.result = HMX_RESULT_REFUSED));
    OUTCOME("a move to upstream 65", 0, e.to = 65);
    OUTCOME("a prefix of 33 bytes in force", 33, e.to = at);
    OUTCOME("a forced move of a channel that was never opened", 0, e.channel = 999);
#undef OUTCOME
    end(&a);
}

/* Structs that are smaller than those of version 1.0, and a clock that runs backwards. */
static void sizes(hs_trial *t)
{
    attack a;
    if (begin(&a, t) != 0) {
        hs_farm_stop(a.farm, NULL);
        return;
    }
    hs_guard *const g = a.farm->link.guard;
    hmx_upstream_event pool = hs_farm_pool(a.farm->table.rows[0].upstream, HMX_UPSTREAM_UP);
    pool.event = hs_guard_event(g, HMX_UPSTREAM_EVENT_SIZE_VER0 - 8, a.farm->link.now_ns);
    judge(&a, "an upstream event that is too small", hs_guard_on_upstream(g, &pool));
    hmx_share share = {.channel = 1, .upstream = 1, .verdict = 1, .count = 1, .work = 1};
    share.event = hs_guard_event(g, HMX_SHARE_SIZE_VER0 - 16, a.farm->link.now_ns);
    judge(&a, "a share that is too small", hs_guard_on_share(g, &share));
    hmx_channel_decision out = {.size = sizeof out};
    hmx_channel_open open = hs_farm_device(a.farm->last_channel + 2);
    open.event = hs_guard_event(g, sizeof(hmx_event), a.farm->link.now_ns);
    judge(&a, "an opening that is too small", hs_guard_on_channel_open(g, &open, &out));
    const uint64_t now_ns = a.farm->link.now_ns;
    a.farm->link.now_ns = now_ns - HS_FARM_SECOND_NS;
    hmx_upstream_event again = hs_farm_pool(a.farm->table.rows[0].upstream, HMX_UPSTREAM_UP);
    judge(&a, "a clock that runs backwards", hs_link_upstream(&a.farm->link, &again));
    a.farm->link.now_ns = now_ns;
    end(&a);
}

static const hs_validate_test TESTS[] = {
    {"hostile", "pools", "hmx_events.h, hmx_upstream_event", "impossible facts are HMX_E_INVALID",
     pools, 0, 0},
    {"hostile", "openings", "hmx_events.h, hmx_channel_open",
     "impossible facts are HMX_E_INVALID, and the channel is not known", openings, 0, 0},
    {"hostile", "shares", "hmx_events.h, hmx_share", "impossible shares are HMX_E_INVALID", shares,
     0, 0},
    {"hostile", "changes", "hmx_abi.h, on_channel_update and on_channel_close",
     "impossible facts are HMX_E_INVALID, unknown channels HMX_E_STATE", changes, 0, 0},
    {"hostile", "outcomes", "hmx_events.h, hmx_reassign",
     "impossible outcomes are HMX_E_INVALID or HMX_E_STATE", outcomes, 0, 0},
    {"hostile", "sizes", "hmx_abi.h, rules 2 and 8",
     "a struct smaller than that of version 1.0, and time that decreases, are HMX_E_INVALID", sizes,
     0, 0},
};
const hs_validate_group HS_VALIDATE_HOSTILE = HS_VALIDATE_GROUP(TESTS);
