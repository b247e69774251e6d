/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Where our layout agrees with that of the Stratum V2 reference implementation its vectors are
 * used: pool prefix, instance index in the place of its local prefix, channel index, zeros. */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/farm/extranonce.h"
#include "tests/unit/counted_memory.h"
#include "tests/unit/test_draw.h"

enum { STANDARD = HMX_CHANNEL_STANDARD, EXTENDED = HMX_CHANNEL_EXTENDED };

typedef struct fixture {
    counted_memory counted;
    hm_memory memory;
    hm_extranonce_space space;
} fixture;

static void set_up(fixture *f)
{
    *f = (fixture){0};
    f->memory = counted_hm_memory(&f->counted);
}

static void tear_down(fixture *f)
{
    hm_extranonce_free(&f->space);
    cr_assert_eq(f->counted.live_blocks, 0);
    cr_assert_eq(f->counted.mistakes, 0);
}

static void check_prefix(fixture *f, uint32_t kind, uint32_t rollable, const char *expected,
                         uint32_t expected_len)
{
    hm_prefix_place place;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint8_t zero_extended[HMX_EXTRANONCE_MAX] = {0};
    memcpy(zero_extended, expected, expected_len);
    cr_assert_eq(hm_extranonce_take(&f->space, kind, rollable, &place), 0);
    cr_assert_eq(hm_extranonce_write(&f->space, kind, rollable, place, prefix), expected_len);
    cr_assert_eq(memcmp(prefix, zero_extended, HMX_EXTRANONCE_MAX), 0);
}

/* from_upstream(aabbccdd, 4242, total 20, 65536 channels): aabbccdd42420000, then 0001 and zeros.
 * Our instance index 0x4242 stands where its local prefix is. */
Test(extranonce, agrees_with_the_vectors_of_the_reference_implementation)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"\xaa\xbb\xcc\xdd", 4,
                                     16, 0x4242, 65536, 32768),
                 0);
    check_prefix(&f, EXTENDED, 12, "\xaa\xbb\xcc\xdd\x42\x42\x00\x00", 8);
    check_prefix(&f, STANDARD, 0, "\xaa\xbb\xcc\xdd\x42\x42\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    cr_assert_eq(hm_extranonce_fits(&f.space, EXTENDED, 13), 0);
    tear_down(&f);
}

/* new(01, total 20, 2^24 channels): 01000000, 01000001 and zeros, 01000002; after dropping the
 * second 01000003: the search goes on behind the last index. */
Test(extranonce, hands_out_next_fit_big_endian_indexes)
{
    fixture f;
    hm_prefix_place place = {.first = 1, .count = 1};
    set_up(&f);
    cr_assert_eq(
        hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"\x01", 1, 19, 0, 1, 100000), 0);
    check_prefix(&f, EXTENDED, 16, "\x01\0\0\0", 4);
    check_prefix(&f, STANDARD, 0, "\x01\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    check_prefix(&f, EXTENDED, 4, "\x01\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    cr_assert_eq(hm_extranonce_take(&f.space, EXTENDED, 17, &place), -1, "invalid rollable size");
    hm_extranonce_release(&f.space, (hm_prefix_place){.first = 1, .count = 1});
    check_prefix(&f, STANDARD, 0, "\x01\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    cr_assert_eq(f.space.in_use, 3);
    tear_down(&f);
}

Test(extranonce, width_of_the_index_follows_from_the_number_of_channels)
{
    static const uint32_t rows[][2] = {{1, 1},        {2, 1},        {256, 1},
                                       {257, 2},      {65536, 2},    {65537, 3},
                                       {16777216, 3}, {16777217, 4}, {UINT32_MAX, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(hm_index_width(rows[i][0]), rows[i][1], "%u channels", rows[i][0]);
    }
}

Test(extranonce, a_single_instance_spends_no_byte_on_its_index)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 8, 0, 1, 100), 0);
    cr_assert_eq(f.space.instance_width, 0);
    cr_assert_eq(f.space.index_width, 1);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 8, 1, 2, 100), 0);
    cr_assert_eq(f.space.instance_width, 1);
    tear_down(&f);
}

/* Extended: pool prefix + granted - rollable. Standard: pool prefix + granted. The coinbase has the
 * length of its script fixed, so prefix and rollable part always fill it exactly. */
Test(extranonce, prefixes_have_the_only_length_that_fits_the_coinbase)
{
    fixture f;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    const uint8_t pool[HMX_EXTRANONCE_MAX] = {0xee};
    set_up(&f);
    for (uint32_t pool_len = 0; pool_len < 32; pool_len++) {
        for (uint32_t granted = 1; pool_len + granted <= 32; granted++) {
            cr_assert_eq(
                hm_extranonce_reset(&f.space, &f.memory, pool, pool_len, granted, 3, 9, 1000), 0);
            for (uint32_t rollable = 0; rollable <= 32; rollable++) {
                hm_prefix_place place;
                /* 1 instance byte, 2 index bytes, 1 where no more is granted */
                const int fits = rollable + 1u + (granted == 2 ? 1u : 2u) <= granted;
                cr_assert_eq(hm_extranonce_fits(&f.space, EXTENDED, rollable), fits);
                cr_assert_eq(hm_extranonce_take(&f.space, EXTENDED, rollable, &place),
                             fits ? 0 : -1);
                if (fits) {
                    cr_assert_eq(hm_extranonce_write(&f.space, EXTENDED, rollable, place, prefix) +
                                     rollable,
                                 pool_len + granted);
                } else {
                    cr_assert_eq(place.count, 0);
                }
            }
            cr_assert_eq(hm_extranonce_fits(&f.space, STANDARD, 0), granted >= 2);
            if (granted >= 2) {
                hm_prefix_place place;
                cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), 0);
                cr_assert_eq(hm_extranonce_write(&f.space, STANDARD, 0, place, prefix),
                             pool_len + granted);
            }
        }
    }
    tear_down(&f);
}

Test(extranonce, without_a_grant_the_host_chooses)
{
    fixture f;
    hm_prefix_place place = {5, 5};
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"ab", 2, 0, 0, 1, 100),
                 0);
    cr_assert(f.space.used == NULL);
    cr_assert_eq(hm_extranonce_fits(&f.space, STANDARD, 0), 0);
    cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), -1);
    cr_assert_eq(place.count, 0);
    hm_extranonce_block(&f.space, (const uint8_t *)"abcd", 4);
    hm_extranonce_unblock(&f.space);
    cr_assert_eq(hm_extranonce_meets(&f.space, (const uint8_t *)"abcd", 4), 0);
    cr_assert_eq(f.space.in_use, 0);
    hm_extranonce_release(&f.space, place);
    tear_down(&f);
}

Test(extranonce, out_of_memory_leaves_an_empty_space)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 8, 0, 1, 100), 0);
    f.counted.fail_at = 2;
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 8, 0, 1, 100),
                 -1);
    cr_assert(f.space.used == NULL && f.counted.live_blocks == 0);
    cr_assert_eq(hm_extranonce_fits(&f.space, STANDARD, 0), 0);
    tear_down(&f);
}

Test(extranonce, every_index_is_handed_out_once_and_then_none_is_left)
{
    fixture f;
    uint8_t seen[256] = {0};
    hm_prefix_place place;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 1, 0, 1, 200), 0);
    cr_assert_eq(f.space.capacity, 256, "one byte: no more than 256, though twice 200 was wanted");
    for (int i = 0; i < 256; i++) {
        cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), 0);
        cr_assert_eq(seen[place.first], 0);
        seen[place.first] = 1;
    }
    cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), -1);
    cr_assert_eq(place.count, 0);
    hm_extranonce_release(&f.space, (hm_prefix_place){.first = 77, .count = 1});
    cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), 0);
    cr_assert_eq(place.first, 77);
    tear_down(&f);
}

/* Whole words that are full are skipped in the search, and nothing else is. */
Test(extranonce, the_one_index_that_is_free_is_found)
{
    fixture f;
    hm_prefix_place place;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 4, 0, 1, 200), 0);
    while (hm_extranonce_take(&f.space, STANDARD, 0, &place) == 0) {
    }
    for (uint32_t i = f.space.capacity; i-- > 0;) { /* falling: the search begins behind it */
        hm_extranonce_release(&f.space, (hm_prefix_place){.first = i, .count = 1});
        cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), 0, "%u", i);
        cr_assert_eq(place.first, i);
    }
    tear_down(&f);
}

Test(extranonce, there_is_room_for_twice_the_channels)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 4, 0, 1, 1), 0);
    cr_assert_eq(f.space.capacity, 256);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 4, 0, 1, 1000),
                 0);
    cr_assert_eq(f.space.capacity, 65536, "and for all that two bytes can name");
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 4, 0, 1, 40000),
                 0);
    cr_assert_eq(f.space.capacity, 80000);
    tear_down(&f);
}

/* A place that is reserved, with a prefix that stands for it. */
typedef struct reserved {
    hm_prefix_place place;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint32_t len;
} reserved;

enum { RESERVED_MOST = 300 };

static int begins_with(const reserved *a, const reserved *b)
{
    return memcmp(a->prefix, b->prefix, a->len < b->len ? a->len : b->len) == 0;
}

static void check_prefix_free(const reserved *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            cr_assert_not(begins_with(&list[i], &list[k]), "%u and %u", i, k);
        }
    }
}

/* A prefix that a host might have chosen: ours, cut somewhere, or continued. */
static void draw_foreign(reserved *r, const hm_extranonce_space *s, uint64_t *seed)
{
    const hm_prefix_place somewhere = {draw_below(seed, s->capacity + 20u), 1};
    (void)hm_extranonce_write(s, STANDARD, 0, somewhere, r->prefix);
    const uint32_t fixed = (uint32_t)s->pool_prefix_len + s->instance_width;
    r->len = draw_below(seed, 8) == 0 ? fixed + 1u : fixed + 2u + draw_below(seed, 5);
    r->place = (hm_prefix_place){0};
    if (draw_below(seed, 8) == 0) {
        r->prefix[draw_below(seed, fixed)] ^= 1; /* somewhere else altogether */
    }
}

static int meets_any(const reserved *list, uint32_t count, const reserved *r)
{
    for (uint32_t i = 0; i < count; i++) {
        if (begins_with(&list[i], r)) {
            return 1;
        }
    }
    return 0;
}

static void block_afresh(hm_extranonce_space *s, const reserved *list, uint32_t count)
{
    hm_extranonce_unblock(s);
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].place.count == 0) {
            hm_extranonce_block(s, list[i].prefix, list[i].len);
        }
    }
}

Test(extranonce, prefixes_stay_prefix_free_through_takes_blocks_and_releases)
{
    static const uint32_t instances[][2] = {{0, 1}, {2, 3}};
    static reserved list[RESERVED_MOST];
    for (int variant = 0; variant < 2; variant++) {
        fixture f;
        uint32_t count = 0;
        uint64_t seed = 61;
        int blocks = 0;
        set_up(&f);
        cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"\x10\x20", 2, 12,
                                         instances[variant][0], instances[variant][1], 700),
                     0);
        for (int op = 0; op < 20000; op++) {
            reserved *const r = &list[count];
            if (count == RESERVED_MOST || (count > 0 && draw_below(&seed, 100) < 48)) {
                const uint32_t gone = draw_below(&seed, count);
                const int had_place = list[gone].place.count > 0;
                hm_extranonce_release(&f.space, list[gone].place);
                count--;
                list[gone] = list[count];
                if (!had_place) {
                    block_afresh(&f.space, list, count);
                }
            } else if (draw_below(&seed, 10) == 0) {
                draw_foreign(r, &f.space, &seed);
                if (!meets_any(list, count, r)) {
                    hm_extranonce_block(&f.space, r->prefix, r->len);
                    blocks++;
                    count++;
                }
            } else {
                const uint32_t kind = draw_below(&seed, 2) ? STANDARD : EXTENDED;
                const uint32_t rollable = kind == EXTENDED ? draw_below(&seed, 10) : 0;
                cr_assert_eq(hm_extranonce_take(&f.space, kind, rollable, &r->place), 0);
                r->len = hm_extranonce_write(&f.space, kind, rollable, r->place, r->prefix);
                cr_assert(hm_extranonce_meets(&f.space, r->prefix, r->len), "it has an owner");
                cr_assert(hm_extranonce_is_form(&f.space, kind, rollable, r->prefix, r->len));
                count++;
            }
            if (op % 50 == 0) {
                check_prefix_free(list, count);
            }
        }
        cr_assert_gt(blocks, 100);
        while (count > 0) {
            count--;
            hm_extranonce_release(&f.space, list[count].place);
        }
        hm_extranonce_unblock(&f.space);
        cr_assert_eq(f.space.in_use, 0);
        tear_down(&f);
    }
}

Test(extranonce, a_shorter_foreign_prefix_blocks_all_that_begin_with_it)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(
        hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"\x07", 1, 8, 0, 1, 1000), 0);
    hm_extranonce_block(&f.space, (const uint8_t *)"\x07\x01", 2);
    hm_extranonce_block(&f.space, (const uint8_t *)"\x07\x01\x07", 3);
    cr_assert_eq(f.space.in_use, 256, "no index counts twice");
    for (int i = 0; i < 65536 - 256; i++) {
        hm_prefix_place taken;
        cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &taken), 0);
        cr_assert(taken.first < 256 || taken.first >= 512);
    }
    cr_assert_eq(f.space.in_use, f.space.capacity);
    hm_extranonce_block(&f.space, (const uint8_t *)"\x07\x07", 2);
    cr_assert_eq(f.space.in_use, f.space.capacity, "also over what has an owner");
    hm_extranonce_unblock(&f.space);
    cr_assert_eq(f.space.in_use, 65536 - 256);
    tear_down(&f);
}

Test(extranonce, what_is_blocked_is_cut_at_the_end_of_the_space)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(
        hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"\x07", 1, 8, 0, 1, 40000), 0);
    hm_extranonce_block(&f.space, (const uint8_t *)"\x07\x01", 2);
    cr_assert_eq(f.space.in_use, 80000 - 65536);
    hm_extranonce_block(&f.space, (const uint8_t *)"\x07\x02\x00\x00", 4);
    hm_extranonce_block(&f.space, (const uint8_t *)"\x08\x00\x00\x00", 4);
    cr_assert_eq(f.space.in_use, 80000 - 65536, "never handed out, and another pool's");
    hm_extranonce_block(&f.space, (const uint8_t *)"\x07", 1);
    cr_assert_eq(f.space.in_use, 80000, "the pool's whole space");
    cr_assert_not(hm_extranonce_meets(&f.space, (const uint8_t *)"\x07", 1), "nobody owns any");
    tear_down(&f);
}

/* A release while the index is blocked as well leaves it in use. */
Test(extranonce, an_index_may_have_an_owner_and_be_blocked)
{
    fixture f;
    hm_prefix_place place;
    set_up(&f);
    cr_assert_eq(
        hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"\x07", 1, 8, 0, 1, 1000), 0);
    cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), 0);
    hm_extranonce_block(&f.space, (const uint8_t *)"\x07\x00\x00\x05", 4);
    cr_assert_eq(f.space.in_use, 1);
    hm_extranonce_release(&f.space, place);
    cr_assert_eq(f.space.in_use, 1);
    hm_extranonce_unblock(&f.space);
    cr_assert_eq(f.space.in_use, 0);
    tear_down(&f);
}

/* For a channel that would not fit the index gets narrower, unless twice what is in use would not
 * fit any more. */
Test(extranonce, the_index_gets_narrower_while_what_is_there_fits_twice)
{
    fixture f;
    hm_prefix_place place;
    set_up(&f);
    cr_assert_eq(
        hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"\x07", 1, 9, 0, 1, 65536), 0);
    cr_assert_eq(f.space.index_width, 3);
    for (uint32_t i = 0; i < 128; i++) {
        cr_assert_eq(hm_extranonce_has_room(&f.space, EXTENDED, 8), 1, "%u", i);
        cr_assert_eq(hm_extranonce_take(&f.space, EXTENDED, 6, &place), 0);
    }
    cr_assert_eq(hm_extranonce_has_room(&f.space, EXTENDED, 8), 0, "256 numbers for 129");
    cr_assert_eq(hm_extranonce_has_room(&f.space, EXTENDED, 7), 1, "65536");
    cr_assert_eq(hm_extranonce_has_room(&f.space, EXTENDED, 9), 0, "no byte is left");
    hm_extranonce_narrow(&f.space, EXTENDED, 7);
    cr_assert(f.space.index_width == 2 && f.space.in_use == 0);
    cr_assert_eq(f.space.capacity, 65536);
    cr_assert_eq(hm_extranonce_has_room(&f.space, EXTENDED, 7), 1);
    tear_down(&f);
}

Test(extranonce, several_instances_share_a_pool_without_touching)
{
    enum { INSTANCES = 3, EACH = 100 };
    fixture f[INSTANCES];
    static reserved list[INSTANCES * EACH];
    uint32_t count = 0;
    for (uint32_t i = 0; i < INSTANCES; i++) {
        set_up(&f[i]);
        cr_assert_eq(hm_extranonce_reset(&f[i].space, &f[i].memory, (const uint8_t *)"\x09", 1, 10,
                                         i, INSTANCES, 100),
                     0);
        for (uint32_t k = 0; k < EACH; k++) {
            const uint32_t kind = k % 2 ? STANDARD : EXTENDED;
            const uint32_t rollable = kind == EXTENDED ? k % 9 : 0;
            reserved *const r = &list[count];
            cr_assert_eq(hm_extranonce_take(&f[i].space, kind, rollable, &r->place), 0);
            r->len = hm_extranonce_write(&f[i].space, kind, rollable, r->place, r->prefix);
            cr_assert_eq(r->prefix[1], i);
            count++;
        }
        const uint8_t neighbours[] = {9, (uint8_t)(i + 1u), 200};
        hm_extranonce_block(&f[i].space, neighbours, 3);
        cr_assert_eq(f[i].space.in_use, EACH, "another instance's prefix touches none of ours");
    }
    check_prefix_free(list, count);
    for (uint32_t i = 0; i < INSTANCES; i++) {
        tear_down(&f[i]);
    }
}

/* A pool that grants one byte behind a prefix of 31: nothing of ours fits, and nothing is written
 * past the 32 bytes. */
Test(extranonce, a_grant_too_small_for_any_index_is_harmless)
{
    const uint8_t pool[HMX_EXTRANONCE_MAX] = {1, 2, 3};
    for (uint32_t granted = 1; granted <= 4; granted++) {
        fixture f;
        hm_prefix_place place;
        uint8_t prefix[HMX_EXTRANONCE_MAX] = {1, 2, 3};
        set_up(&f);
        cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, pool, 32u - granted, granted, 1,
                                         UINT32_MAX, 70000),
                     0);
        cr_assert_eq(hm_extranonce_fits(&f.space, STANDARD, 0), 0, "4 + 1 bytes are needed");
        cr_assert_eq(hm_extranonce_take(&f.space, STANDARD, 0, &place), -1);
        hm_extranonce_block(&f.space, prefix, 32);
        cr_assert_eq(f.space.in_use, 0, "granted %u", granted);
        tear_down(&f);
    }
}

Test(extranonce, releasing_into_a_replaced_smaller_space_is_ignored)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 8, 0, 1, 1000),
                 0);
    cr_assert_eq(hm_extranonce_reset(&f.space, &f.memory, (const uint8_t *)"", 0, 8, 0, 1, 10), 0);
    hm_extranonce_release(&f.space, (hm_prefix_place){.first = 1999, .count = 1});
    cr_assert_eq(f.space.in_use, 0);
    tear_down(&f);
}
