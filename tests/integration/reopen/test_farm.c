/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Moves by reopening in a farm of many peers that do not obey SetExtranoncePrefix: the host closes,
 * they come back, and each is where its decision said. */
#include "tests/integration/harness_field.h"

static it_host H;

enum { DEAF = 200 };

#define FARM                                                                                       \
    "[controller]\nreopen = deaf\n[failover]\nhold_down_secs = 0\n" IT_POOL("a", "60", "1")        \
        IT_POOL("b", "30", "2") IT_POOL("c", "10", "3")

static uint32_t open_deaf(uint32_t number)
{
    char name[32];
    hmx_channel_open e = it_channel_event(&H, 1000);
    snprintf(name, sizeof name, "deaf.%u", (unsigned)number);
    e.kind = HMX_CHANNEL_EXTENDED;
    e.min_extranonce_size = e.extranonce_size = 4;
    e.honours_prefix = HMX_NO;
    e.user_identity = (hmx_view){name, strlen(name)};
    return it_channel_with(&H, &e);
}

static void close_for(const hmx_decision *d)
{
    const hmx_channel_close e = {.event = it_event(&H, sizeof e),
                                 .channel = d->channel,
                                 .cookie = d->cookie,
                                 .reason = HMX_CLOSE_REOPEN};
    cr_assert_eq(d->style, HMX_STYLE_REOPEN);
    cr_assert_eq(hs_guard_on_channel_close(H.guard, &e), HMX_OK);
}

/* The channels' numbers are those of their names, until they come back. */
Test(reopen_farm, a_pool_that_ends_moves_all_of_them)
{
    uint32_t moved = 0;
    it_open(&H, FARM);
    it_all_up(&H, 3);
    for (uint32_t i = 1; i <= DEAF; i++) {
        (void)open_deaf(i);
    }
    const uint32_t there = it_count_on(&H, IT_A);
    cr_assert_gt(there, 64);
    it_down(&H, IT_A);
    for (int round = 0; round < 100 && moved < there; round++) {
        it_advance(&H, 1);
        it_tick(&H);
        cr_assert_eq(it_snapshot(&H).s.stranded, 0, "who waits for its turn is not stranded");
        const uint32_t count = H.decision_count;
        for (uint32_t i = 0; i < count; i++) {
            close_for(&H.decisions[i]);
        }
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t back = open_deaf((uint32_t)H.decisions[i].channel);
            cr_assert_eq(H.channels[back].upstream, H.decisions[i].to, "where the decision said");
        }
        moved += count;
    }
    cr_assert_eq(moved, there);
    cr_assert_eq(it_snapshot(&H).s.moves_applied, moved);
    cr_assert_eq(it_snapshot(&H).s.moves_failed, 0);
    cr_assert_null(strstr(H.log, "may not be moved"), "%s", H.log);
    it_close(&H);
}

/* Nobody is asked while so many are awaited that one more would be forgotten. */
Test(reopen_farm, no_more_are_asked_than_are_awaited)
{
    it_open(&H, FARM);
    it_all_up(&H, 3);
    for (uint32_t i = 1; i <= DEAF; i++) {
        (void)open_deaf(i);
    }
    it_down(&H, IT_A);
    it_advance(&H, 1);
    it_tick(&H);
    const uint32_t asked = H.decision_count;
    cr_assert(asked > 0 && asked <= 64, "%u", asked);
    for (uint32_t i = 0; i < asked; i++) {
        close_for(&H.decisions[i]);
    }
    it_advance(&H, 60);
    it_tick(&H);
    cr_assert_eq(H.decision_count, 0, "all places are taken");
    cr_assert_eq(it_snapshot(&H).s.stranded, 0);
    it_advance(&H, 61);
    it_tick(&H);
    cr_assert_eq(it_snapshot(&H).s.moves_failed, asked, "none came back");
    cr_assert_gt(H.decision_count, 0, "the next");
    it_close(&H);
}
