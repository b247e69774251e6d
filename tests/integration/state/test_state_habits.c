/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is known of peers that a move disconnects, or that do not obey, through a restart. */
#include "tests/integration/state/harness_state.h"

static it_host H;
static it_bytes good;
static it_bytes bad;
static it_bytes again;

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

static void start(void)
{
    it_open(&H, AB);
    it_advance(&H, 3);
}

/* The only miner changes over, loses its connection by it, and is back; another does not obey. */
static void make_good(void)
{
    start();
    it_all_up(&H, 2);
    uint32_t device = it_named(&H, "drops", 1000);
    hmx_channel_open e = it_channel_event(&H, 1e-6);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.honours_prefix = HMX_UNKNOWN;
    e.user_identity = (hmx_view){"deaf", 4};
    const uint32_t deaf = it_channel_with(&H, &e);
    const hmx_channel_update u = {.event = it_event(&H, sizeof u),
                                  .channel = H.channels[deaf].channel,
                                  .cookie = H.channels[deaf].cookie,
                                  .changed = HMX_FACT_HONOURS_PREFIX,
                                  .honours_prefix = HMX_NO};
    cr_assert_eq(hs_guard_on_channel_update(H.guard, &u), HMX_OK);
    for (uint32_t s = 0; s < 1200 && H.moves == 0; s++) {
        it_run(&H, 1, 1, IT_APPLY);
    }
    cr_assert_eq(H.moves, 1);
    it_close_channel(&H, device);
    it_advance(&H, 10);
    device = it_named(&H, "drops", 1000);
    it_advance(&H, 20);
    it_tick(&H);
    it_save(&H, &good);
    it_close(&H);
    cr_assert_eq(good.data[8], 2, "of version 2");
}

Test(state_habits, they_come_back_and_are_saved_as_they_were)
{
    make_good();
    start();
    cr_assert_eq(it_load(&H, &good), HMX_OK, "%s", H.log);
    it_save(&H, &again);
    cr_assert(it_same_bytes(&good, &again));
    it_all_up(&H, 2);
    hmx_channel_open e = it_channel_event(&H, 1e-6);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.honours_prefix = HMX_UNKNOWN;
    e.user_identity = (hmx_view){"deaf", 4};
    it_channel_with(&H, &e);
    it_named(&H, "drops", 1000);
    it_run(&H, 560, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0, "it rests");
    it_run(&H, 900, 1, IT_APPLY);
    cr_assert_geq(H.moves, 1, "and then does not");
    for (uint32_t u = IT_A; u <= IT_B; u++) {
        if (H.channels[0].upstream == u) {
            it_down(&H, u);
        }
    }
    it_advance(&H, 1);
    it_tick(&H);
    cr_assert_eq(it_snapshot(&H).s.stranded, 1, "who does not obey need not say so again");
    it_close(&H);
}

Test(state_habits, what_cannot_be_is_refused)
{
    make_good();
    start();
    const uint64_t ends = good.len - IT_STATE_SUM;
    for (uint64_t len = ends - 68; len < ends; len++) { /* two rows and their number */
        bad = good;
        bad.len = len + IT_STATE_SUM;
        const uint32_t payload = (uint32_t)(len - IT_STATE_HEAD);
        memcpy(bad.data + 12, &payload, sizeof payload);
        it_seal(&bad);
        cr_assert_eq(it_load(&H, &bad), HMX_E_CORRUPT, "%llu", (unsigned long long)len);
    }
    static const struct {
        uint32_t from_end;
        uint8_t value;
    } WRONG[] = {{68, 0}, {68, 3}, {5, 1}, {9, 1}, {17, 1}, {4, 2}, {8, 9}};
    for (uint32_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        bad = good;
        bad.data[ends - WRONG[i].from_end] = WRONG[i].value;
        it_seal(&bad);
        cr_assert_eq(it_load(&H, &bad), HMX_E_CORRUPT, "%u", i);
    }
    cr_assert_eq(it_load(&H, &good), HMX_OK);
    it_close(&H);
}
