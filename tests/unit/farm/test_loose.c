/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "plugin/farm/loose.h"
#include "tests/unit/counted_memory.h"
#include "tests/unit/test_draw.h"

enum { POOL = 3, OTHER = 4 };

static const unsigned char HASH_KEY[16] = {6, 6};

typedef struct fixture {
    counted_memory counted;
    hm_memory memory;
    hm_channels channels;
    hm_loose loose;
    uint64_t last_channel;
} fixture;

static void set_up(fixture *f)
{
    *f = (fixture){0};
    f->memory = counted_hm_memory(&f->counted);
    cr_assert_eq(hm_channels_init(&f->channels, &f->memory, 3 * HM_CHUNK_SLOTS, HASH_KEY), 0);
    hm_loose_init(&f->loose, &f->memory, HASH_KEY);
}

static void tear_down(fixture *f)
{
    hm_loose_free(&f->loose);
    hm_channels_free(&f->channels);
    cr_assert_eq(f->counted.live_blocks, 0);
    cr_assert_eq(f->counted.mistakes, 0);
}

static uint32_t add(fixture *f, uint32_t upstream, const uint8_t *prefix, uint32_t len)
{
    f->last_channel++;
    const uint32_t slot = hm_channels_open(&f->channels, f->last_channel);
    hm_hot(&f->channels, slot)->upstream = upstream;
    hm_cold(&f->channels, slot)->prefix_len = (uint8_t)len;
    memcpy(hm_cold(&f->channels, slot)->prefix, prefix, len);
    hm_loose_add(&f->loose, &f->channels, slot);
    return slot;
}

static uint32_t find(fixture *f, uint32_t upstream, const char *prefix, uint32_t len)
{
    uint8_t bytes[HMX_EXTRANONCE_MAX] = {0};
    memcpy(bytes, prefix, len);
    return hm_loose_find(&f->loose, &f->channels, upstream, bytes, len);
}

Test(loose, one_that_equals_begins_or_continues_collides)
{
    fixture f;
    set_up(&f);
    cr_assert_eq(find(&f, POOL, "\1\2\3", 3), HM_SLOT_NONE, "there is none yet");
    const uint32_t slot = add(&f, POOL, (const uint8_t *)"\1\2\3", 3);
    cr_assert_eq(find(&f, POOL, "\1\2\3", 3), slot);
    cr_assert_eq(find(&f, POOL, "\1\2\3\4\5", 5), slot);
    cr_assert_eq(find(&f, POOL, "\1\2\4", 3), HM_SLOT_NONE);
    cr_assert_eq(find(&f, OTHER, "\1\2\3", 3), HM_SLOT_NONE, "another pool's space");
    cr_assert_eq(find(&f, POOL, "", 0), HM_SLOT_NONE, "no prefix is known");
    cr_assert_eq(find(&f, POOL, "\1", 1), slot, "it begins with this");
    cr_assert_eq(find(&f, POOL, "\2", 1), HM_SLOT_NONE);
    hm_loose_remove(&f.loose, &f.channels, slot);
    hm_loose_remove(&f.loose, &f.channels, slot);
    cr_assert_eq(find(&f, POOL, "\1\2\3", 3), HM_SLOT_NONE);
    tear_down(&f);
}

/* Against a list of all that are there, prefixes of all lengths, in a space so small that they meet
 * all the time. */
Test(loose, agrees_with_a_list_through_random_additions)
{
    enum { MOST = 60 };
    fixture f;
    uint32_t slots[MOST];
    uint32_t count = 0;
    uint64_t seed = 5;
    int collisions = 0;
    set_up(&f);
    for (int op = 0; op < 20000; op++) {
        uint8_t prefix[HMX_EXTRANONCE_MAX];
        const uint32_t upstream = draw_below(&seed, 2) ? POOL : OTHER;
        const uint32_t len = op < 10000 ? 4u + draw_below(&seed, 4) : 1u + draw_below(&seed, 7);
        int expected = 0;
        for (uint32_t i = 0; i < HMX_EXTRANONCE_MAX; i++) {
            prefix[i] = (uint8_t)draw_below(&seed, 3);
        }
        for (uint32_t i = 0; i < count; i++) {
            const hm_channel_cold *const cold = hm_cold(&f.channels, slots[i]);
            const uint32_t common = cold->prefix_len < len ? cold->prefix_len : len;
            expected |= hm_hot(&f.channels, slots[i])->upstream == upstream &&
                        memcmp(cold->prefix, prefix, common) == 0;
        }
        const uint32_t found = hm_loose_find(&f.loose, &f.channels, upstream, prefix, len);
        cr_assert_eq(found != HM_SLOT_NONE, expected, "operation %d", op);
        collisions += expected;
        if (count == MOST || (count > 0 && draw_below(&seed, 3) == 0)) {
            const uint32_t gone = draw_below(&seed, count);
            hm_loose_remove(&f.loose, &f.channels, slots[gone]);
            hm_channels_close(&f.channels, slots[gone]);
            count--;
            slots[gone] = slots[count];
        } else if (!expected || draw_below(&seed, 4) == 0) { /* also those that collide: a fact */
            slots[count] = add(&f, upstream, prefix, len);
            count++;
        }
    }
    cr_assert_gt(collisions, 1000);
    tear_down(&f);
}

/* Behind the last channel there is no memory yet. */
Test(loose, a_full_chunk_is_listed_anew_up_to_its_end)
{
    fixture f;
    uint32_t last = HM_SLOT_NONE;
    set_up(&f);
    for (uint32_t i = 0; i < HM_CHUNK_SLOTS; i++) {
        const uint8_t prefix[] = {(uint8_t)(i >> 8), (uint8_t)i, 7, 7};
        last = add(&f, POOL, prefix, sizeof prefix);
    }
    cr_assert_eq(f.channels.chunk_count, 1);
    cr_assert_eq(f.channels.slots, HM_CHUNK_SLOTS);
    cr_assert_eq(find(&f, POOL, "\3\377", 2), last);
    cr_assert_eq(find(&f, POOL, "\4\0", 2), HM_SLOT_NONE);
    tear_down(&f);
}

Test(loose, without_memory_it_is_not_found_and_nothing_breaks)
{
    fixture f;
    set_up(&f);
    f.counted.fail_at = f.counted.asked + 3; /* after the chunk and the index of the channels */
    const uint32_t slot = add(&f, POOL, (const uint8_t *)"\1\2\3", 3);
    cr_assert_eq(find(&f, POOL, "\1\2\3", 3), HM_SLOT_NONE);
    hm_loose_remove(&f.loose, &f.channels, slot);
    const uint32_t next = add(&f, POOL, (const uint8_t *)"\1\2\4", 3);
    cr_assert_eq(find(&f, POOL, "\1\2\4", 3), next);
    hm_loose_remove(&f.loose, &f.channels, next);
    tear_down(&f);
}
