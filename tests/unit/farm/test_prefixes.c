/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/farm/prefixes.h"
#include "tests/unit/counted_memory.h"
#include "tests/unit/test_draw.h"

enum { STANDARD = HMX_CHANNEL_STANDARD, POOL = 2, OTHER = 5 };

static const unsigned char HASH_KEY[16] = {5, 5};
static const uint64_t MINUTE_NS = 60ull * 1000000000ull;

typedef struct fixture {
    counted_memory counted;
    hm_memory memory;
    hm_prefixes prefixes;
    hm_channels channels;
} fixture;

static void set_up(fixture *f)
{
    *f = (fixture){0};
    f->memory = counted_hm_memory(&f->counted);
    hm_prefixes_init(&f->prefixes, &f->memory, HASH_KEY);
    cr_assert_eq(hm_channels_init(&f->channels, &f->memory, 1000, HASH_KEY), 0);
    cr_assert_eq(hm_extranonce_reset(hm_space(&f->prefixes, POOL), &f->memory,
                                     (const uint8_t *)"\xaa", 1, 8, 0, 1, 500),
                 0);
    cr_assert_eq(hm_extranonce_reset(hm_space(&f->prefixes, OTHER), &f->memory,
                                     (const uint8_t *)"\xbb", 1, 8, 0, 1, 500),
                 0);
}

static void tear_down(fixture *f)
{
    hm_channels_free(&f->channels);
    hm_prefixes_free(&f->prefixes);
    cr_assert_eq(f->counted.live_blocks, 0);
    cr_assert_eq(f->counted.mistakes, 0);
}

static uint32_t in_use(fixture *f, uint32_t upstream)
{
    return hm_space(&f->prefixes, upstream)->in_use;
}

static int is_reserved(fixture *f, uint32_t upstream, uint32_t index)
{
    return (int)(hm_space(&f->prefixes, upstream)->used[index / 64u] >> (index % 64u) & 1u);
}

static hm_prefix_place take(fixture *f, uint32_t upstream)
{
    hm_prefix_place place;
    cr_assert_eq(hm_extranonce_take(hm_space(&f->prefixes, upstream), STANDARD, 0, &place), 0);
    return place;
}

static void hold(fixture *f, uint64_t now_ns, uint32_t upstream, hm_prefix_place place,
                 int unconfirmed)
{
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    const uint32_t len =
        hm_extranonce_write(hm_space(&f->prefixes, upstream), STANDARD, 0, place, prefix);
    hm_prefixes_hold(&f->prefixes, now_ns, 77, 0, upstream, place, prefix, len, unconfirmed);
}

static int drained(fixture *f, uint32_t upstream, hm_prefix_place place)
{
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    const uint32_t len =
        hm_extranonce_write(hm_space(&f->prefixes, upstream), STANDARD, 0, place, prefix);
    return hm_prefixes_drained(&f->prefixes, upstream, prefix, len);
}

static uint32_t open_unconfirmed(fixture *f, uint64_t channel)
{
    const uint32_t slot = hm_channels_open(&f->channels, channel);
    hm_hot(&f->channels, slot)->marks |= HM_MARK_UNCONFIRMED;
    return slot;
}

Test(prefixes, a_left_prefix_is_held_until_drained_and_confirmed)
{
    fixture f;
    set_up(&f);
    const uint32_t slot = open_unconfirmed(&f, 77);
    const hm_prefix_place place = take(&f, POOL);
    hold(&f, 1000, POOL, place, 1);
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert(is_reserved(&f, POOL, place.first), "neither");
    cr_assert_eq(drained(&f, POOL, place), 0);
    hm_prefixes_expire(&f.prefixes, 3000, &f.channels);
    cr_assert(is_reserved(&f, POOL, place.first), "drained, but a miner may need it back");
    hm_hot(&f.channels, slot)->marks &= ~(uint32_t)HM_MARK_UNCONFIRMED;
    hm_prefixes_expire(&f.prefixes, 4000, &f.channels);
    cr_assert_not(is_reserved(&f, POOL, place.first));
    cr_assert_eq(in_use(&f, POOL), 0);
    tear_down(&f);
}

Test(prefixes, confirmed_but_not_drained_is_held)
{
    fixture f;
    set_up(&f);
    const uint32_t slot = open_unconfirmed(&f, 77);
    const hm_prefix_place place = take(&f, POOL);
    hold(&f, 1000, POOL, place, 1);
    hm_hot(&f.channels, slot)->marks &= ~(uint32_t)HM_MARK_UNCONFIRMED;
    hm_prefixes_expire(&f.prefixes, 30 * MINUTE_NS, &f.channels);
    cr_assert(is_reserved(&f, POOL, place.first), "old jobs may still be worked on");
    cr_assert_eq(drained(&f, POOL, place), 0);
    hm_prefixes_expire(&f.prefixes, 31 * MINUTE_NS, &f.channels);
    cr_assert_not(is_reserved(&f, POOL, place.first));
    tear_down(&f);
}

Test(prefixes, the_end_of_the_channel_confirms)
{
    fixture f;
    set_up(&f);
    const uint32_t slot = open_unconfirmed(&f, 77);
    const hm_prefix_place place = take(&f, POOL);
    hold(&f, 1000, POOL, place, 1);
    cr_assert_eq(drained(&f, POOL, place), 0);
    hm_channels_close(&f.channels, slot);
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert_not(is_reserved(&f, POOL, place.first));
    tear_down(&f);
}

Test(prefixes, what_needs_no_confirmation_waits_only_for_the_drain)
{
    fixture f;
    set_up(&f);
    (void)open_unconfirmed(&f, 77);
    const hm_prefix_place place = take(&f, POOL);
    hold(&f, 1000, POOL, place, 0);
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert(is_reserved(&f, POOL, place.first));
    cr_assert_eq(drained(&f, POOL, place), 0);
    hm_prefixes_expire(&f.prefixes, 3000, &f.channels);
    cr_assert_not(is_reserved(&f, POOL, place.first));
    tear_down(&f);
}

Test(prefixes, after_an_hour_it_is_free_without_any_report)
{
    fixture f;
    set_up(&f);
    (void)open_unconfirmed(&f, 77);
    const hm_prefix_place place = take(&f, POOL);
    hold(&f, 1000, POOL, place, 1);
    hm_prefixes_expire(&f.prefixes, 1000 + HM_PREFIX_HOLD_NS - 1, &f.channels);
    cr_assert(is_reserved(&f, POOL, place.first));
    hm_prefixes_expire(&f.prefixes, 1000 + HM_PREFIX_HOLD_NS, &f.channels);
    cr_assert_not(is_reserved(&f, POOL, place.first));
    cr_assert_eq(HM_PREFIX_HOLD_NS, 60 * MINUTE_NS);
    tear_down(&f);
}

Test(prefixes, a_report_about_what_is_not_held_is_refused)
{
    fixture f;
    set_up(&f);
    const hm_prefix_place live = take(&f, POOL);
    const hm_prefix_place place = take(&f, POOL);
    cr_assert_eq(drained(&f, POOL, place), -1, "it is live");
    hold(&f, 1000, POOL, place, 0);
    cr_assert_eq(drained(&f, POOL, live), -1);
    cr_assert_eq(drained(&f, OTHER, place), -1, "the same index of another pool");
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, 9, (const uint8_t *)"\xaa", 1), -1, "no space");
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, (const uint8_t *)"\xab\0\x01", 3), -1);
    cr_assert_eq(drained(&f, POOL, place), 0);
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert_eq(drained(&f, POOL, place), -1, "it is free already");
    cr_assert(is_reserved(&f, POOL, live.first));
    tear_down(&f);
}

/* Neither a prefix cut short nor one that says more than the held one names it. */
Test(prefixes, a_report_about_another_length_is_refused)
{
    static const uint8_t longer[HMX_EXTRANONCE_MAX] = {0xaa};
    fixture f;
    set_up(&f);
    const hm_prefix_place place = take(&f, POOL);
    cr_assert_eq(place.first, 0);
    hold(&f, 1000, POOL, place, 0);
    for (uint32_t len = 0; len <= HMX_EXTRANONCE_MAX; len++) {
        cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, longer, len), len == 9 ? 0 : -1);
    }
    tear_down(&f);
}

/* ---- prefixes without a place ---- */
static const uint8_t CHOSEN[HMX_EXTRANONCE_MAX] = {0xaa, 0x01};

static int is_blocked(fixture *f, uint32_t index)
{
    return (int)(hm_space(&f->prefixes, POOL)->blocked[index / 64u] >> (index % 64u) & 1u);
}

Test(prefixes, one_that_the_host_chose_blocks_what_begins_with_it)
{
    fixture f;
    set_up(&f);
    const hm_prefix_place place = hm_prefixes_claim(&f.prefixes, POOL, CHOSEN, 2);
    cr_assert_eq(place.count, 0, "it has no place");
    cr_assert_eq(in_use(&f, POOL), 256);
    for (uint32_t i = 0; i < 1000; i++) {
        cr_assert_eq(is_blocked(&f, i), i >= 256 && i < 512);
    }
    hm_prefixes_hold(&f.prefixes, 1000, 77, 0, POOL, place, CHOSEN, 2, 0);
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert_eq(in_use(&f, POOL), 256, "it is held");
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, CHOSEN, 3), -1, "only a part of it");
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, CHOSEN, 2), 0);
    hm_prefixes_expire(&f.prefixes, 3000, &f.channels);
    cr_assert_eq(in_use(&f, POOL), 0);
    tear_down(&f);
}

Test(prefixes, what_two_prefixes_block_is_blocked_until_both_are_gone)
{
    static const uint8_t longer[HMX_EXTRANONCE_MAX] = {0xaa, 0x01, 0x02, 0x07};
    fixture f;
    set_up(&f);
    (void)hm_prefixes_claim(&f.prefixes, POOL, CHOSEN, 2);
    (void)hm_prefixes_claim(&f.prefixes, POOL, longer, 4);
    hm_prefixes_hold(&f.prefixes, 1000, 77, 0, POOL, (hm_prefix_place){0}, CHOSEN, 2, 0);
    hm_prefixes_hold(&f.prefixes, 1000, 78, 0, POOL, (hm_prefix_place){0}, longer, 4, 0);
    cr_assert_eq(in_use(&f, POOL), 256);
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, CHOSEN, 2), 0);
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert_eq(in_use(&f, POOL), 1);
    cr_assert(is_blocked(&f, 0x102));
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, longer, 4), 0);
    hm_prefixes_expire(&f.prefixes, 3000, &f.channels);
    cr_assert_eq(in_use(&f, POOL), 0);
    tear_down(&f);
}

Test(prefixes, what_a_channel_works_with_stays_blocked)
{
    fixture f;
    set_up(&f);
    const uint32_t slot = hm_channels_open(&f.channels, 5);
    hm_hot(&f.channels, slot)->upstream = POOL;
    hm_cold(&f.channels, slot)->prefix_len = 2;
    memcpy(hm_cold(&f.channels, slot)->prefix, CHOSEN, 2);
    (void)hm_prefixes_claim(&f.prefixes, POOL, CHOSEN, 2);
    hm_prefixes_hold(&f.prefixes, 1000, 77, 0, POOL, (hm_prefix_place){0}, CHOSEN, 2, 0);
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, CHOSEN, 2), 0, "another one's, the same");
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert_eq(in_use(&f, POOL), 256);
    tear_down(&f);
}

Test(prefixes, a_space_that_is_replaced_keeps_what_is_held_by_its_bytes)
{
    fixture f;
    set_up(&f);
    hm_extranonce_space *const space = hm_space(&f.prefixes, POOL);
    for (int i = 0; i < 20; i++) {
        hold(&f, 1000, POOL, take(&f, POOL), 0);
    }
    hm_prefixes_detach(&f.prefixes, POOL);
    cr_assert_eq(hm_extranonce_reset(space, &f.memory, (const uint8_t *)"\xcc", 1, 8, 0, 1, 500),
                 0);
    hm_prefixes_block(&f.prefixes, 1u << (POOL - 1), &f.channels);
    cr_assert_eq(in_use(&f, POOL), 0, "they are of another space");
    cr_assert_eq(hm_extranonce_reset(space, &f.memory, (const uint8_t *)"\xaa", 1, 8, 0, 1, 500),
                 0);
    hm_prefixes_block(&f.prefixes, 1u << (POOL - 1), &f.channels);
    cr_assert_eq(in_use(&f, POOL), 20, "and this one is that again");
    cr_assert_eq(take(&f, POOL).first, 20);
    cr_assert_eq(drained(&f, POOL, (hm_prefix_place){7, 1}), 0);
    hm_prefixes_expire(&f.prefixes, 2000, &f.channels);
    cr_assert_eq(in_use(&f, POOL), 20);
    cr_assert(!is_blocked(&f, 7) && is_blocked(&f, 8));
    tear_down(&f);
}

Test(prefixes, who_takes_back_what_is_held_gets_its_place)
{
    fixture f;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    set_up(&f);
    const hm_prefix_place place = take(&f, POOL);
    hold(&f, 1000, POOL, place, 0);
    const uint32_t len =
        hm_extranonce_write(hm_space(&f.prefixes, POOL), STANDARD, 0, place, prefix);
    const hm_prefix_place back = hm_prefixes_claim(&f.prefixes, POOL, prefix, len);
    cr_assert(back.first == place.first && back.count == 1);
    cr_assert_eq(f.prefixes.held_count, 0);
    hm_prefixes_expire(&f.prefixes, 1000 + HM_PREFIX_HOLD_NS, &f.channels);
    cr_assert(is_reserved(&f, POOL, place.first), "it is in force");
    tear_down(&f);
}

Test(prefixes, where_the_host_chooses_every_prefix_none_is_held)
{
    fixture f;
    set_up(&f);
    hm_prefixes_hold(&f.prefixes, 1000, 77, 0, 9, (hm_prefix_place){0}, CHOSEN, 2, 0);
    cr_assert_eq(f.prefixes.held_count, 1, "nothing is known of that pool yet");
    f.prefixes.told |= 1u << (10 - 1);
    hm_prefixes_hold(&f.prefixes, 1000, 77, 0, 10, (hm_prefix_place){0}, CHOSEN, 2, 0);
    cr_assert_eq(f.prefixes.held_count, 1);
    f.prefixes.spaced |= 1u << (10 - 1);
    hm_prefixes_hold(&f.prefixes, 1000, 77, 0, 10, (hm_prefix_place){0}, CHOSEN, 2, 0);
    cr_assert_eq(f.prefixes.held_count, 2, "it had a space, and may have one again");
    tear_down(&f);
}

Test(prefixes, a_prefix_that_two_channels_left_is_held_once)
{
    fixture f;
    set_up(&f);
    hm_prefixes_hold(&f.prefixes, 1000, 77, 0, POOL, (hm_prefix_place){0}, CHOSEN, 2, 0);
    cr_assert_eq(hm_prefixes_drained(&f.prefixes, POOL, CHOSEN, 2), 0);
    hm_prefixes_hold(&f.prefixes, 5000, 78, 0, POOL, (hm_prefix_place){0}, CHOSEN, 2, 0);
    cr_assert_eq(f.prefixes.held_count, 1);
    hm_prefixes_expire(&f.prefixes, 5000 + HM_PREFIX_HOLD_NS - 1, &f.channels);
    cr_assert_eq(f.prefixes.held_count, 1, "from the second on, and not drained by the first");
    hm_prefixes_expire(&f.prefixes, 5000 + HM_PREFIX_HOLD_NS, &f.channels);
    cr_assert_eq(f.prefixes.held_count, 0);
    tear_down(&f);
}

Test(prefixes, another_instances_prefix_is_not_ours)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(hm_space(&f.prefixes, POOL), &f.memory,
                                     (const uint8_t *)"\xaa", 1, 8, 1, 3, 500),
                 0);
    const hm_prefix_place place = take(&f, POOL);
    hold(&f, 1000, POOL, place, 0);
    cr_assert_eq(
        hm_prefixes_drained(&f.prefixes, POOL, (const uint8_t *)"\xaa\x02\0\0\0\0\0\0\0", 9), -1);
    cr_assert_eq(
        hm_prefixes_drained(&f.prefixes, POOL, (const uint8_t *)"\xaa\x01\0\0\0\0\0\0\0", 9), 0);
    tear_down(&f);
}

Test(prefixes, nothing_is_held_without_a_prefix_or_a_pool)
{
    fixture f;
    set_up(&f);
    const uint64_t asked = f.counted.asked;
    hm_prefixes_hold(&f.prefixes, 1, 77, 0, POOL, (hm_prefix_place){0}, CHOSEN, 0, 1);
    hm_prefixes_hold(&f.prefixes, 1, 77, 0, HMX_NONE, (hm_prefix_place){0}, CHOSEN, 2, 1);
    cr_assert_eq(f.prefixes.held_count, 0);
    cr_assert_eq(f.counted.asked, asked);
    tear_down(&f);
}

Test(prefixes, forgetting_a_pool_keeps_what_is_held_on_others)
{
    fixture f;
    set_up(&f);
    hm_prefix_place here[10];
    hm_prefix_place there[10];
    for (int i = 0; i < 10; i++) {
        here[i] = take(&f, POOL);
        there[i] = take(&f, OTHER);
        hold(&f, 1000, POOL, here[i], 0);
        hold(&f, 1000, OTHER, there[i], 0);
    }
    hm_prefixes_forget(&f.prefixes, POOL);
    cr_assert_eq(f.prefixes.held_count, 10);
    cr_assert_eq(in_use(&f, POOL), 0);
    cr_assert_eq(in_use(&f, OTHER), 10);
    cr_assert_eq(drained(&f, POOL, here[3]), -1);
    cr_assert_eq(drained(&f, OTHER, there[3]), 0);
    const uint64_t pool = 1ull << (POOL - 1);
    const uint64_t other = 1ull << (OTHER - 1);
    f.prefixes.told = f.prefixes.spaced = f.prefixes.lost = pool | other;
    hm_prefixes_forget(&f.prefixes, POOL);
    cr_assert_eq(f.prefixes.told, other, "what a number meant is forgotten with the pool");
    cr_assert_eq(f.prefixes.spaced, other);
    cr_assert_eq(f.prefixes.lost, other);
    hm_prefixes_forget(&f.prefixes, OTHER);
    cr_assert_eq(f.prefixes.held_count, 0);
    cr_assert(f.prefixes.held == NULL, "nothing held needs no memory");
    tear_down(&f);
}

/* Random holds, drains and the passing of time against an array. */
Test(prefixes, agree_with_an_array_through_thousands_of_holds)
{
    enum { MOST = 400 };
    static struct {
        hm_prefix_place place;
        uint64_t until_ns;
        int drained;
        int held;
    } model[MOST];
    fixture f;
    uint64_t seed = 71;
    uint64_t now_ns = 1;
    set_up(&f);
    for (int op = 0; op < 30000; op++) {
        const uint32_t i = draw_below(&seed, MOST);
        uint32_t expected = 0;
        now_ns += draw_below(&seed, 30) * 1000000000ull;
        if (!model[i].held) {
            model[i].place = take(&f, POOL);
            model[i].until_ns = now_ns + HM_PREFIX_HOLD_NS;
            model[i].held = 1;
            model[i].drained = 0;
            hold(&f, now_ns, POOL, model[i].place, 0);
        } else {
            cr_assert_eq(drained(&f, POOL, model[i].place), 0);
            model[i].drained = 1;
        }
        if (op % 7 != 0) {
            continue;
        }
        hm_prefixes_expire(&f.prefixes, now_ns, &f.channels);
        for (uint32_t k = 0; k < MOST; k++) {
            if (model[k].held && (model[k].drained || now_ns >= model[k].until_ns)) {
                model[k].held = 0;
            }
            expected += model[k].held != 0;
        }
        cr_assert_eq(f.prefixes.held_count, expected);
        cr_assert_eq(in_use(&f, POOL), expected);
    }
    tear_down(&f);
}

/* Holds 300 places with the k-th allocation failing: what cannot be remembered stays reserved. */
static uint64_t hold_many(uint64_t fail_at)
{
    fixture f;
    uint32_t still = 0;
    set_up(&f);
    const uint64_t before = f.counted.asked;
    f.counted.fail_at = fail_at == 0 ? 0 : before + fail_at;
    for (uint32_t i = 0; i < 300; i++) {
        hold(&f, 1000, POOL, take(&f, POOL), 0);
    }
    const uint64_t asked = f.counted.asked - before;
    cr_assert_eq(in_use(&f, POOL), 300, "none is freed early");
    cr_assert(f.prefixes.held_count == 300 || fail_at != 0);
    hm_prefixes_expire(&f.prefixes, 1000 + HM_PREFIX_HOLD_NS, &f.channels);
    cr_assert_eq(f.prefixes.held_count, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        still += (uint32_t)is_reserved(&f, POOL, i);
    }
    cr_assert_eq(still, in_use(&f, POOL));
    cr_assert_leq(still, fail_at == 0 ? 0u : 150u, "and later ones are remembered again");
    tear_down(&f);
    return asked;
}

Test(prefixes, a_failing_allocation_never_frees_a_prefix_early)
{
    const uint64_t asked = hold_many(0);
    cr_assert_gt(asked, 5);
    for (uint64_t k = 1; k <= asked; k++) {
        (void)hold_many(k);
    }
}

/* Its index stays taken by itself; what one without a place blocks is lost, on its own pool. */
Test(prefixes, without_memory_only_what_has_no_place_is_lost)
{
    fixture f;
    set_up(&f);
    const hm_prefix_place place = take(&f, POOL);
    f.counted.fail_at = f.counted.asked + 1;
    hold(&f, 1000, POOL, place, 0);
    cr_assert_eq(f.prefixes.held_count, 0);
    cr_assert_eq(f.prefixes.lost, 0);
    cr_assert_eq(in_use(&f, POOL), 1);
    f.counted.fail_at = f.counted.asked + 1;
    hold(&f, 1000, POOL, (hm_prefix_place){place.first, 0}, 0);
    cr_assert_eq(f.prefixes.lost, 1ull << (POOL - 1));
    tear_down(&f);
}
