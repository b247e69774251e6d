/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Devices that a move disconnects, and such as do not obey, through their reconnects. */
#include "tests/integration/harness_field.h"

static it_host H;
static uint32_t now_at[IT_CHANNELS]; /* of each device: its channel's index */
static uint32_t back_s[IT_CHANNELS]; /* ... and when it is back, 0 = it is here */

static void names(char who[32], uint32_t device)
{
    snprintf(who, 32, "farm.%u", device);
}

static void start(const char *config, uint32_t pools, uint32_t devices)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
    for (uint32_t i = 0; i < devices; i++) {
        char who[32];
        names(who, i);
        now_at[i] = it_named(&H, who, 100);
        back_s[i] = 0;
    }
}

/* A second: those of the first `droppers` that are moved are gone, and back after ten. */
static void second(uint32_t devices, uint32_t droppers, uint32_t s)
{
    it_advance(&H, 1);
    it_mine(&H, 1);
    for (uint32_t i = 0; i < devices; i++) {
        if (back_s[i] == s && s > 0) {
            char who[32];
            names(who, i);
            now_at[i] = it_named(&H, who, 100);
            back_s[i] = 0;
        }
    }
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    for (uint32_t d = 0; d < H.decision_count; d++) {
        for (uint32_t i = 0; i < droppers; i++) {
            if (back_s[i] == 0 && H.channels[now_at[i]].channel == H.decisions[d].channel) {
                it_close_channel(&H, now_at[i]);
                back_s[i] = s + 10;
            }
        }
    }
}

/* Six hours: 36 moves, not one each 42 seconds, and each of them is where it is to be. */
Test(habits, one_that_a_move_disconnects_is_moved_seldom_and_to_some_purpose)
{
    start(IT_POOL("a", "60", "1") IT_POOL("b", "40", "2"), 2, 1);
    uint32_t on_a = 0;
    uint32_t on_b = 0;
    for (uint32_t s = 1; s <= 6 * 3600; s++) {
        second(1, 1, s);
        on_a += back_s[0] == 0 && H.channels[now_at[0]].upstream == IT_A;
        on_b += back_s[0] == 0 && H.channels[now_at[0]].upstream == IT_B;
    }
    cr_assert(H.moves >= 6 && H.moves <= 24, "%llu", (unsigned long long)H.moves);
    const double share = 100.0 * on_a / (on_a + on_b);
    cr_assert_float_eq(share, 60, 5, "%f", share);
    it_close(&H);
}

/* Others do what a device does not bear. */
Test(habits, where_some_are_disconnected_the_others_are_moved)
{
    start(IT_ABC, 3, 20);
    static const double TARGETS[2][3] = {{30, 60, 10}, {60, 30, 10}};
    uint32_t drops = 0;
    for (uint32_t s = 1; s <= 2 * 3600; s++) {
        if (s % 600 == 0) {
            it_new_targets(&H, 3, TARGETS[s / 600 % 2]);
        }
        second(20, 4, s);
        for (uint32_t i = 0; i < 4; i++) {
            drops += back_s[i] == s + 10;
        }
    }
    cr_assert_leq(drops, 4 * 8, "%u", drops);
    cr_assert_gt(H.moves, 12 * 5);
    it_close(&H);
}

Test(habits, who_came_back_is_not_moved_before_its_dwell_is_over)
{
    start("[controller]\ndwell_secs = 3000\nhold_secs = 0\n" IT_ABC, 3, 10);
    it_seconds(&H, 60);
    it_down(&H, IT_A);
    it_seconds(&H, 100);
    it_up(&H, IT_A);
    uint32_t again[10];
    uint32_t count = 0;
    for (uint32_t i = 0; i < 10; i++) {
        if (H.channels[now_at[i]].moved_ns != 0) {
            char who[32];
            it_close_channel(&H, now_at[i]);
            names(who, i);
            now_at[i] = it_named(&H, who, 100);
            again[count++] = now_at[i];
        }
    }
    it_new_targets(&H, 3, (const double[]){10, 30, 60});
    it_seconds(&H, 600);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(H.channels[again[i]].moved_ns, 0, "%u of %u", i, count);
    }
    cr_assert_geq(count, 6);
    it_close(&H);
}

Test(habits, who_does_not_obey_need_not_be_reported_again)
{
    start(IT_POOL("a", "60", "1") IT_POOL("b", "40", "2"), 2, 0);
    hmx_channel_open e = it_channel_event(&H, IT_THS(100));
    e.kind = HMX_CHANNEL_EXTENDED;
    e.honours_prefix = HMX_UNKNOWN;
    e.user_identity = (hmx_view){"deaf", 4};
    const uint32_t first = it_channel_with(&H, &e);
    const hmx_channel_update u = {.event = it_event(&H, sizeof u),
                                  .channel = H.channels[first].channel,
                                  .cookie = H.channels[first].cookie,
                                  .changed = HMX_FACT_HONOURS_PREFIX,
                                  .honours_prefix = HMX_NO};
    cr_assert_eq(hs_guard_on_channel_update(H.guard, &u), HMX_OK);
    it_close_channel(&H, first);
    e.event = it_event(&H, sizeof e);
    e.channel = e.connection = 77;
    it_channel_with(&H, &e);
    it_down(&H, IT_A);
    it_advance(&H, 1);
    cr_assert_eq(it_tick(&H), 0, "it may not be moved");
    cr_assert_eq(it_snapshot(&H).s.stranded, 1);
    it_close(&H);
}
