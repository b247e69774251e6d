/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pools that come and go: the hold-down grows, and one that recovers for good is used for good. */
#include "tests/integration/harness_field.h"

static it_host H;

static void open_farm(const char *config, uint32_t pools, uint32_t miners)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
    it_channels(&H, miners, IT_THS(100));
    it_seconds(&H, 300);
}

/* Down for `away` seconds, then up. Returns the seconds until it is used again. */
static uint32_t fail_once(uint32_t upstream, uint32_t away)
{
    it_down(&H, upstream);
    it_second(&H);
    cr_assert_eq(it_count_on(&H, upstream), 0, "nobody waits at a dead pool");
    it_seconds(&H, away - 1);
    it_up(&H, upstream);
    for (uint32_t s = 0; s < 3600; s++) {
        if (it_count_on(&H, upstream) > 0) {
            return s;
        }
        it_second(&H);
    }
    return 3600;
}

Test(flap, the_hold_down_grows_with_each_failure_and_is_forgotten_after_an_hour)
{
    open_farm(IT_ABC, 3, 60);
    cr_assert_leq(fail_once(IT_A, 20), 60, "the first failure costs nothing");
    uint32_t before = 0;
    static const uint32_t HELD[] = {60, 120, 240, 480, 600, 600};
    for (uint32_t i = 0; i < 6; i++) {
        const uint32_t waited = 20 + fail_once(IT_A, 20);
        cr_assert(waited >= HELD[i] && waited <= HELD[i] + 100, "failure %u: %u s", i + 2, waited);
        cr_assert_geq(waited + 60, before);
        before = waited;
    }
    it_seconds(&H, 3700);
    cr_assert_leq(fail_once(IT_A, 20), 60);
    it_close(&H);
}

Test(flap, a_held_down_pool_says_so_and_takes_no_newcomers)
{
    open_farm(IT_ABC, 3, 60);
    fail_once(IT_A, 20);
    it_down(&H, IT_A);
    it_seconds(&H, 10);
    it_up(&H, IT_A);
    it_second(&H);
    const uint32_t flags = it_row(&H, IT_A).flags;
    cr_assert((flags & HMX_ROW_UP) != 0 && (flags & HMX_ROW_USABLE) == 0);
    cr_assert((flags & HMX_ROW_HELD_DOWN) != 0, "%x", flags);
    cr_assert_float_eq(it_effective(&H, IT_B), 75, 0.01);
    const uint32_t newcomer = it_channel_of(&H, IT_THS(100));
    cr_assert_neq(H.channels[newcomer].upstream, IT_A);
    it_seconds(&H, 200);
    cr_assert_eq(it_row(&H, IT_A).flags & (HMX_ROW_USABLE | HMX_ROW_HELD_DOWN), HMX_ROW_USABLE);
    it_close(&H);
}

/* An hour of two minutes up, two minutes down: without the hold-down every miner of A would move
 * thirty times. */
static uint64_t moves_of_an_hour(const char *config)
{
    open_farm(config, 3, 60);
    const uint64_t before = H.moves;
    for (uint32_t i = 0; i < 15; i++) {
        it_down(&H, IT_A);
        it_seconds(&H, 120);
        it_up(&H, IT_A);
        it_seconds(&H, 120);
    }
    it_seconds(&H, 900);
    const uint64_t moves = H.moves - before;
    cr_assert_float_eq(it_ths_on(&H, IT_A), 3600, 201, "used again at the end");
    it_close(&H);
    return moves;
}

Test(flap, an_hour_of_flapping_costs_a_third_of_the_moves_with_the_hold_down)
{
    const uint64_t with = moves_of_an_hour(IT_ABC);
    const uint64_t without = moves_of_an_hour("[failover]\nhold_down_secs = 0\n" IT_ABC);
    cr_assert_geq(without, 15 * 60);
    cr_assert_leq(3 * with, without, "%llu with, %llu without", (unsigned long long)with,
                  (unsigned long long)without);
}

/* S1: the primary dies and recovers after 20 minutes: elsewhere it is never used again. */
Test(flap, field_s1_a_primary_that_recovers_is_used_again_and_not_overpaid)
{
    open_farm(IT_ABC, 3, 60);
    cr_assert_leq(fail_once(IT_A, 1200), 60);
    it_seconds(&H, 300);
    it_account_open();
    for (uint32_t s = 0; s < 6 * 3600; s++) {
        it_second(&H);
        cr_assert_float_eq(it_ths_on(&H, IT_A), 3600, 101, "no catching up: second %u, %f", s,
                           it_ths_on(&H, IT_A));
    }
    cr_assert_float_eq(it_credited_pct(IT_A), 60, 1.0);
    it_close(&H);
}

/* The same when the primary is the only one but for a spare. */
Test(flap, a_backup_serves_meanwhile_and_hands_back)
{
    open_farm(IT_POOL("primary", "100", "1") IT_POOL("backup", "0", "2"), 2, 10);
    cr_assert_eq(it_count_on(&H, 1), 10);
    it_down(&H, 1);
    it_second(&H);
    cr_assert_eq(it_count_on(&H, 2), 10);
    it_seconds(&H, 1200);
    it_up(&H, 1);
    it_seconds(&H, 180);
    cr_assert_eq(it_count_on(&H, 1), 10);
    it_close(&H);
}

/* Both flap: while both are held down somebody has to serve the miners. */
Test(flap, when_all_are_held_down_they_are_used_after_all)
{
    open_farm(IT_POOL("a", "60", "1") IT_POOL("b", "40", "2"), 2, 10);
    for (uint32_t i = 0; i < 6; i++) {
        it_down(&H, IT_A);
        it_down(&H, IT_B);
        it_seconds(&H, 5);
        it_up(&H, IT_A);
        it_up(&H, IT_B);
        it_seconds(&H, 5);
        const uint32_t newcomer = it_channel_of(&H, IT_THS(1));
        cr_assert_neq(H.channels[newcomer].upstream, HMX_NONE);
        it_close_channel(&H, newcomer);
    }
    it_seconds(&H, 60);
    cr_assert_eq(it_count_on(&H, IT_A), 6);
    it_close(&H);
}
