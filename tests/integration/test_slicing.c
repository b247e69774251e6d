/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Time slicing: farms whose miners are coarser than their targets alternate a miner, or, when the
 * operator does not want that, leave everybody where he is. */
#include "tests/integration/harness_field.h"
#include "tests/unit/test_draw.h"

static it_host H;
static uint64_t luck;

#define OFF "[controller]\ntime_slicing = off\n"

static void open_farm(const char *config, uint32_t pools)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
    luck = 7;
}

/* Seconds in which each miner finds shares by luck, six a minute. */
static void live(uint32_t seconds)
{
    for (uint32_t s = 0; s < seconds; s++) {
        it_advance(&H, 1);
        for (uint32_t i = 0; i < H.channel_count; i++) {
            const uint32_t found = draw_poisson(&luck, 0.1);
            const uint32_t upstream = H.channels[i].upstream;
            if (H.channels[i].open && found > 0) {
                const double work = found * 10 * H.channels[i].difficulty;
                it_paid(&H, i, found, work);
                it_pools[upstream].credited += work;
            }
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
}

/* The work of a day, after three hours; returns the moves per miner. */
static double day_of(const char *config, uint32_t miners, double ths, double wanted, double within)
{
    open_farm(config, 2);
    for (uint32_t i = 0; i < miners; i++) {
        it_channel_of(&H, IT_THS(ths));
    }
    live(3 * 3600);
    it_account_open();
    const uint64_t before = H.moves;
    live(24 * 3600);
    const double moves = (double)(H.moves - before) / miners;
    cr_assert_float_eq(it_credited_pct(IT_A), wanted, within, "%f %%", it_credited_pct(IT_A));
    it_close(&H);
    return moves;
}

Test(slicing, one_miner_for_two_pools_reaches_the_target)
{
    const double moves = day_of(IT_POOL("a", "60", "1") IT_POOL("b", "40", "2"), 1, 200, 60, 1.0);
    cr_assert(moves > 50 && moves < 310, "%f moves a day", moves);
}

Test(slicing, nine_miners_and_five_per_cent_reach_the_target)
{
    const double moves = day_of(IT_POOL("a", "95", "1") IT_POOL("b", "5", "2"), 9, 104, 95, 0.5);
    cr_assert(moves > 2 && moves < 10, "%f moves a day", moves);
}

/* It waits until it is owed a slice, and no longer. */
Test(slicing, one_per_cent_of_one_miner_is_served_within_four_hours)
{
    open_farm("[controller]\ntuning_model = conservative\n" IT_POOL("a", "99", "1")
                  IT_POOL("b", "1", "2"),
              2);
    it_channel_of(&H, IT_THS(200));
    live(4 * 3600);
    cr_assert_geq(H.moves, 1);
    it_account_open();
    live(44 * 3600);
    cr_assert_float_eq(it_credited_pct(IT_B), 1.0, 0.15, "%f %%", it_credited_pct(IT_B));
    it_close(&H);
}

Test(slicing, off_one_miner_stays_on_the_larger_target)
{
    cr_assert_eq(day_of(OFF IT_POOL("a", "60", "1") IT_POOL("b", "40", "2"), 1, 200, 100, 1e-9), 0);
    cr_assert_eq(day_of(OFF IT_POOL("a", "40", "2") IT_POOL("b", "60", "1"), 1, 200, 0, 1e-9), 0);
}

Test(slicing, off_nine_miners_stay)
{
    const double moves =
        day_of(OFF IT_POOL("a", "95", "1") IT_POOL("b", "5", "2"), 9, 104, 94.5, 6.2);
    cr_assert_leq(moves * 9, 2.01, "%f moves", moves * 9);
}

/* Two of nearly the same size may still change places for a little. */
Test(slicing, off_nine_unequal_miners_stay)
{
    open_farm(OFF IT_POOL("a", "95", "1") IT_POOL("b", "5", "2"), 2);
    for (uint32_t i = 0; i < 9; i++) {
        it_channel_of(&H, IT_THS(100 + i));
    }
    live(26 * 3600);
    cr_assert_leq(H.moves, 10, "%llu moves", (unsigned long long)H.moves);
    it_close(&H);
}

Test(slicing, off_a_pair_that_is_as_near_as_it_gets_stays)
{
    open_farm(OFF IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"), 2);
    it_channel_of(&H, IT_THS(20));
    it_channel_of(&H, IT_THS(40));
    live(26 * 3600);
    cr_assert_leq(H.moves, 1, "%llu moves", (unsigned long long)H.moves);
    it_close(&H);
}

/* Off, a farm that is fine enough still follows its targets and corrects luck. */
Test(slicing, off_a_large_farm_is_split_as_ever)
{
    static const double swapped[] = {20, 50, 30};
    open_farm(OFF IT_ABC, 3);
    for (uint32_t i = 0; i < 200; i++) {
        it_channel_of(&H, IT_THS(95 + 7 * (i % 20)));
    }
    live(2 * 3600);
    it_new_targets(&H, 3, swapped);
    live(1800);
    it_account_open();
    live(6 * 3600);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        cr_assert_float_eq(it_credited_pct(u), swapped[u - 1], 0.4, "%u: %f", u,
                           it_credited_pct(u));
    }
    it_close(&H);
}

/* Off, what can be mended by whole miners is: three of ten go where they are wanted, once. */
Test(slicing, off_a_change_of_targets_is_followed_as_far_as_whole_miners_go)
{
    static const double swapped[] = {32, 68};
    open_farm(OFF IT_POOL("a", "60", "1") IT_POOL("b", "40", "2"), 2);
    it_channels(&H, 10, IT_THS(100));
    live(3600);
    cr_assert_eq(it_count_on(&H, IT_A), 6);
    it_new_targets(&H, 2, swapped);
    live(1800);
    cr_assert_eq(it_count_on(&H, IT_A), 3);
    const uint64_t moves = H.moves;
    live(12 * 3600);
    cr_assert_eq(H.moves, moves);
    it_close(&H);
}
