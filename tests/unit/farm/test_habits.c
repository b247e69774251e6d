/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "abi/hmx_abi.h"
#include "plugin/farm/habits.h"
#include "tests/unit/counted_memory.h"

static const unsigned char HASH_KEY[16] = {5, 5};
static const uint64_t S = HM_NS_PER_S;

static counted_memory counted;
static hm_memory memory;
static hm_habits habits;

static void set_up(uint32_t limit)
{
    memory = counted_hm_memory(&counted);
    hm_habits_init(&habits, &memory, limit, HASH_KEY);
}

static void tear_down(void)
{
    hm_habits_free(&habits);
    cr_assert(counted.live_blocks == 0 && counted.mistakes == 0);
}

/* Moved now, gone two seconds later, back after ten. Returns when. */
static uint64_t drop(uint64_t who, uint64_t now_ns)
{
    hm_habits_closed(&habits, who, now_ns, 2, now_ns + 2 * S, 120 * S);
    cr_assert_eq(hm_habits_returned(&habits, who, now_ns + 12 * S), 2);
    return now_ns + 12 * S;
}

static uint64_t rest_s(uint64_t who)
{
    const hm_habit *const habit = hm_habits_of(&habits, who);
    const uint64_t until = habit == NULL ? 0 : habit->until_ns;
    return until == 0 ? 0 : (until - habit->moved_ns) / S;
}

Test(habits, rest_grows_to_what_the_absence_is_worth)
{
    static const uint64_t REST[] = {600, 1000, 1000, 1000};
    set_up(10);
    for (uint32_t i = 0; i < 4; i++) {
        (void)drop(7, (1000 + 10000 * i) * S);
        cr_assert_eq(rest_s(7), REST[i], "%u: %llu", i, (unsigned long long)rest_s(7));
    }
    hm_habits_closed(&habits, 8, 1000 * S, 1, 1001 * S, 120 * S);
    cr_assert_eq(hm_habits_returned(&habits, 8, 5001 * S), HMX_NONE, "it came by itself");
    for (uint32_t i = 0; i < 20; i++) {
        hm_habits_closed(&habits, 8, 10000 * S, 1, 10001 * S, 120 * S);
    }
    (void)hm_habits_returned(&habits, 8, 20000 * S);
    cr_assert_leq(rest_s(8), 86400);
    cr_assert_geq(rest_s(8), 76800);
    tear_down();
}

Test(habits, rest_doubles_with_each_drop)
{
    static const uint64_t REST[] = {600, 1200, 2400, 4800, 9600};
    set_up(10);
    for (uint32_t i = 0; i < 5; i++) {
        const uint64_t now = (1000 + 10000 * i) * S;
        hm_habits_closed(&habits, 7, now, 2, now + 2 * S, 120 * S);
        (void)hm_habits_returned(&habits, 7, now + 3600 * S);
        cr_assert_eq(rest_s(7), REST[i], "%u: %llu", i, (unsigned long long)rest_s(7));
    }
    tear_down();
}

Test(habits, a_move_that_is_survived_takes_one_back)
{
    set_up(10);
    (void)drop(7, 1000 * S);
    (void)drop(7, 5000 * S);
    hm_habits_survived(&habits, 7);
    (void)drop(7, 9000 * S);
    cr_assert_eq(rest_s(7), 1000, "as after the second one");
    hm_habits_survived(&habits, 7);
    cr_assert_eq(hm_habits_of(&habits, 7)->drops, 1);
    hm_habits_closed(&habits, 7, 9000 * S, 1, 9500 * S, 120 * S);
    cr_assert_null(hm_habits_of(&habits, 7), "it stayed for long");
    hm_habits_survived(&habits, 7);
    tear_down();
}

Test(habits, dwell_outlives_the_channel)
{
    set_up(10);
    hm_habits_closed(&habits, 7, 1000 * S, 1, 1100 * S, 120 * S);
    cr_assert_eq(hm_habits_of(&habits, 7)->moved_ns, 1000 * S);
    cr_assert_eq(rest_s(7), 0);
    cr_assert_eq(hm_habits_returned(&habits, 7, 1101 * S), HMX_NONE);
    hm_habits_closed(&habits, 8, 1000 * S, 1, 1200 * S, 120 * S);
    cr_assert_null(hm_habits_of(&habits, 8));
    tear_down();
}

Test(habits, who_does_not_obey_is_remembered_until_it_does)
{
    set_up(10);
    hm_habits_obeys(&habits, 7, 1);
    cr_assert_null(hm_habits_of(&habits, 7));
    hm_habits_obeys(&habits, 7, 0);
    cr_assert(hm_habits_of(&habits, 7)->deaf);
    hm_habits_survived(&habits, 7);
    cr_assert_not_null(hm_habits_of(&habits, 7));
    hm_habits_obeys(&habits, 7, 1);
    cr_assert_null(hm_habits_of(&habits, 7));
    tear_down();
}

Test(habits, who_obeys_again_may_still_drop_off)
{
    set_up(10);
    (void)drop(7, 1000 * S);
    hm_habits_obeys(&habits, 7, 0);
    cr_assert(hm_habits_of(&habits, 7)->deaf == 1 && hm_habits_of(&habits, 7)->drops == 1);
    hm_habits_obeys(&habits, 7, 1);
    cr_assert(hm_habits_of(&habits, 7)->deaf == 0 && hm_habits_of(&habits, 7)->drops == 1);
    tear_down();
}

/* Room for 256: the bad ones stay, the others come and go. */
Test(habits, the_worst_are_never_forgotten_for_others)
{
    set_up(1);
    for (uint64_t who = 1; who <= 100; who++) {
        (void)drop(who, 1000 * S);
        (void)drop(who, 5000 * S);
    }
    for (uint64_t who = 1000; who < 5000; who++) {
        (void)drop(who, who * 10 * S);
        cr_assert_leq(habits.count, 256);
    }
    for (uint64_t who = 1; who <= 100; who++) {
        cr_assert_not_null(hm_habits_of(&habits, who), "%llu", (unsigned long long)who);
    }
    cr_assert_not_null(hm_habits_of(&habits, 4999));
    tear_down();
}

Test(habits, without_memory_nothing_is_remembered)
{
    set_up(10);
    counted.fail_at = counted.asked + 1;
    counted.fail_from = 1;
    hm_habits_closed(&habits, 7, 1000 * S, 1, 1001 * S, 120 * S);
    cr_assert_null(hm_habits_of(&habits, 7));
    cr_assert_eq(hm_habits_returned(&habits, 7, 1002 * S), HMX_NONE);
    tear_down();
}
