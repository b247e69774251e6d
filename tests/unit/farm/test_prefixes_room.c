/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Spaces of 256 places that fill up: who gets a place that others have left. */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/farm/prefixes.h"
#include "tests/unit/counted_memory.h"

static const unsigned char HASH_KEY[16] = {5, 5};
static const uint64_t S = HM_NS_PER_S;

enum { POOL = 3, STANDARD = 1, ME = 1, PEER = 2 };

static counted_memory counted;
static hm_memory memory;
static hm_prefixes prefixes;

static void set_up(uint32_t reported)
{
    memory = counted_hm_memory(&counted);
    hm_prefixes_init(&prefixes, &memory, HASH_KEY);
    prefixes.reported = reported;
    cr_assert_eq(hm_extranonce_reset(hm_space(&prefixes, POOL), &memory, (const uint8_t *)"\xaa", 1,
                                     8, 0, 1, 100),
                 0);
}

static void tear_down(void)
{
    hm_prefixes_free(&prefixes);
    cr_assert(counted.live_blocks == 0 && counted.mistakes == 0);
}

static int has_room(uint64_t owner, uint64_t now_ns)
{
    return hm_prefixes_has_room(&prefixes, POOL, owner, now_ns);
}

/* As who opens a channel; returns the index. */
static uint32_t take(uint64_t now_ns)
{
    hm_prefix_place place;
    hm_prefixes_make_room(&prefixes, POOL, now_ns);
    cr_assert_eq(hm_extranonce_take(hm_space(&prefixes, POOL), STANDARD, 0, &place), 0);
    return place.first;
}

static void leave(uint64_t now_ns, uint64_t owner, uint32_t index, int unconfirmed)
{
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    const hm_prefix_place place = {.first = index, .count = 1};
    const uint32_t len = hm_extranonce_write(hm_space(&prefixes, POOL), STANDARD, 0, place, prefix);
    hm_prefixes_hold(&prefixes, now_ns, 77, owner, POOL, place, prefix, len, unconfirmed);
}

Test(prefixes_room, when_all_are_taken_that_which_rested_longest_is_used_again)
{
    set_up(0);
    for (uint32_t i = 0; i < 256; i++) {
        cr_assert(has_room(ME, S * i));
        leave(S * i, i + 10, take(S * i), i == 3);
    }
    cr_assert_not(has_room(ME, 59 * S), "all rest for a minute");
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert(has_room(ME, 256 * S));
        cr_assert_eq(take(256 * S), i < 3 ? i : i + 1, "but for the one that may be needed back");
    }
    tear_down();
}

Test(prefixes_room, nobody_uses_it_up_for_others)
{
    set_up(0);
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 100; i++) {
        leave(0, PEER + 1000 * (i % 50), take(0), 0);
    }
    while (has_room(PEER, S) && taken < 1000) {
        leave(S, PEER, take(S), 0);
        taken++;
    }
    cr_assert_leq(taken, 256 - 100 - 60, "%u", taken);
    for (uint32_t i = 0; i < 60; i++) {
        cr_assert(has_room(ME, S), "%u", i);
        (void)take(S);
    }
    cr_assert_not(has_room(PEER, S));
    tear_down();
}

static int drained(uint32_t index)
{
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    const hm_prefix_place place = {.first = index, .count = 1};
    const uint32_t len = hm_extranonce_write(hm_space(&prefixes, POOL), STANDARD, 0, place, prefix);
    return hm_prefixes_drained(&prefixes, POOL, prefix, len);
}

/* A quarter of the space may rest for one owner; what is free again does not rest any more. */
Test(prefixes_room, what_an_owner_has_left_is_counted_until_it_is_free)
{
    hm_channels none;
    set_up(1);
    cr_assert_eq(hm_channels_init(&none, &memory, 1, HASH_KEY), 0);
    for (uint32_t i = 0; i < 140; i++) {
        leave(0, i + 10, take(0), 0);
    }
    uint32_t left = 0;
    for (uint32_t i = 0; i < 64; i++) {
        left = take(0);
        leave(0, PEER, left, 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_not(has_room(PEER, S), "%u", i);
        cr_assert_eq(drained(left), 0);
        hm_prefixes_expire(&prefixes, S, &none);
        cr_assert(has_room(PEER, S), "%u", i);
        left = take(S);
        leave(S, PEER, left, 0);
    }
    hm_channels_free(&none);
    tear_down();
}

Test(prefixes_room, what_was_promised_to_be_reported_is_waited_for)
{
    set_up(1);
    for (uint32_t i = 0; i < 256; i++) {
        leave(0, i + 10, take(0), 0);
    }
    cr_assert_not(has_room(ME, 3 * HM_PREFIX_HOLD_NS));
    cr_assert_eq(drained(7), 0);
    cr_assert(has_room(ME, S));
    cr_assert_eq(take(S), 7);
    tear_down();
}
