/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "abi/hmx_abi.h"
#include "plugin/farm/channels.h"
#include "tests/unit/counted_memory.h"
#include "tests/unit/test_draw.h"

enum { LIMIT = 5000 };

static const unsigned char HASH_KEY[16] = {9, 8, 7};

typedef struct fixture {
    counted_memory counted;
    hm_memory memory;
    hm_channels channels;
    uint64_t bytes_at_rest; /* after init, without channels */
} fixture;

static void set_up(fixture *f)
{
    *f = (fixture){0};
    f->memory = counted_hm_memory(&f->counted);
    cr_assert_eq(hm_channels_init(&f->channels, &f->memory, LIMIT, HASH_KEY), 0);
    f->bytes_at_rest = f->counted.live_bytes;
}

static void tear_down(fixture *f)
{
    hm_channels_free(&f->channels);
    cr_assert_eq(f->counted.live_blocks, 0);
    cr_assert_eq(f->counted.mistakes, 0);
}

/* What should be open: number, slot and cookie of model i; number 0 = closed. */
typedef struct open_channel {
    uint64_t channel;
    uint64_t cookie;
    uint32_t slot;
} open_channel;

static open_channel model[LIMIT];

static void open_one(fixture *f, uint32_t i, uint64_t channel)
{
    hm_channels *const c = &f->channels;
    const uint32_t slot = hm_channels_open(c, channel);
    cr_assert_neq(slot, HM_SLOT_NONE);
    cr_assert(hm_hot(c, slot)->channel == channel && hm_hot(c, slot)->marks == 0);
    cr_assert_eq(hm_hot(c, slot)->work, 0.0, "a used record is cleared");
    cr_assert_eq(hm_hot(c, slot)->upstream, HMX_NONE);
    cr_assert_eq(hm_estimate_of(c, slot)->a, 0.0);
    cr_assert_eq(hm_cold(c, slot)->decision, 0);
    hm_hot(c, slot)->work = 5.0;
    hm_hot(c, slot)->upstream = 3;
    hm_estimate_of(c, slot)->a = 6.0;
    hm_cold(c, slot)->decision = channel;
    model[i] = (open_channel){channel, hm_channels_cookie(c, slot), slot};
}

static void close_one(fixture *f, uint32_t i)
{
    hm_channels_close(&f->channels, model[i].slot);
    model[i] = (open_channel){0};
}

static void check_open(const fixture *f, uint32_t i)
{
    const hm_channels *const c = &f->channels;
    const open_channel *const m = &model[i];
    cr_assert_eq(hm_channels_find(c, m->channel, m->cookie), m->slot);
    cr_assert_eq(hm_channels_find(c, m->channel, 0), m->slot);
    cr_assert_eq(hm_channels_cookie(c, m->slot), m->cookie);
    cr_assert_eq(hm_cold(c, m->slot)->decision, m->channel, "the record is its own");
}

Test(channels, agree_with_an_array_through_openings_and_closings)
{
    fixture f;
    uint64_t seed = 51;
    uint32_t count = 0;
    uint64_t number = 0;
    set_up(&f);
    for (int op = 0; op < 60000; op++) {
        const uint32_t i = draw_below(&seed, LIMIT);
        const uint32_t filling = (uint32_t)(op / 15000 % 2 == 0 ? 85 : 15);
        if (model[i].channel == 0 && draw_below(&seed, 100) < filling) {
            number += 1u + draw_below(&seed, 1000);
            open_one(&f, i, number << 20);
            count++;
        } else if (model[i].channel != 0 && draw_below(&seed, 100) >= filling) {
            close_one(&f, i);
            count--;
        }
        cr_assert_eq(f.channels.count, count);
        if (op % 3000 == 0) {
            for (uint32_t k = 0; k < LIMIT; k++) {
                if (model[k].channel != 0) {
                    check_open(&f, k);
                }
            }
        }
    }
    tear_down(&f);
}

Test(channels, slots_are_unique_and_stay_below_the_high_water_mark)
{
    fixture f;
    static uint8_t seen[LIMIT];
    set_up(&f);
    for (uint32_t i = 0; i < LIMIT; i++) {
        open_one(&f, i, i + 1u);
        cr_assert_lt(model[i].slot, LIMIT);
        cr_assert_eq(seen[model[i].slot], 0);
        seen[model[i].slot] = 1;
    }
    for (uint32_t i = 0; i < LIMIT; i += 2) {
        close_one(&f, i);
    }
    for (uint32_t i = 0; i < LIMIT; i += 2) {
        open_one(&f, i, LIMIT + i + 1u);
    }
    cr_assert_eq(f.channels.slots, LIMIT, "freed slots are used again");
    tear_down(&f);
}

Test(channels, a_slot_in_use_never_moves_in_memory)
{
    fixture f;
    set_up(&f);
    open_one(&f, 0, 1);
    const hm_channel_hot *const where = hm_hot(&f.channels, model[0].slot);
    for (uint32_t i = 1; i < LIMIT; i++) {
        open_one(&f, i, i + 1u);
    }
    cr_assert(hm_hot(&f.channels, model[0].slot) == where);
    cr_assert_eq((uintptr_t)where % 64, 0, "one cache line");
    tear_down(&f);
}

Test(channels, stale_forged_and_missing_cookies_are_noticed)
{
    fixture f;
    set_up(&f);
    open_one(&f, 0, 100);
    open_one(&f, 1, 200);
    const open_channel closed = model[0];
    close_one(&f, 0);
    cr_assert_eq(hm_channels_find(&f.channels, 100, closed.cookie), HM_SLOT_NONE);
    cr_assert_eq(hm_channels_find(&f.channels, 100, 0), HM_SLOT_NONE);
    open_one(&f, 2, 300);
    cr_assert_eq(model[2].slot, closed.slot, "the slot was used again");
    cr_assert_neq(model[2].cookie, closed.cookie);
    cr_assert_eq(hm_channels_find(&f.channels, 100, closed.cookie), HM_SLOT_NONE);
    cr_assert_eq(hm_channels_find(&f.channels, 100, model[2].cookie), HM_SLOT_NONE,
                 "somebody else's cookie");
    cr_assert_eq(hm_channels_find(&f.channels, 300, closed.cookie), model[2].slot,
                 "a stale cookie only costs a search");
    cr_assert_eq(hm_channels_find(&f.channels, 200, model[2].cookie), model[1].slot);
    cr_assert_eq(hm_channels_find(&f.channels, 0, model[1].cookie), HM_SLOT_NONE);
    cr_assert_eq(hm_channels_find(&f.channels, 0, 0), HM_SLOT_NONE);
    tear_down(&f);
}

Test(channels, no_cookie_at_all_leads_out_of_the_records)
{
    fixture f;
    uint64_t seed = 52;
    set_up(&f);
    cr_assert_eq(hm_channels_find(&f.channels, 1, 1), HM_SLOT_NONE, "nothing is open yet");
    for (uint32_t i = 0; i < 10; i++) {
        open_one(&f, i, i + 1u);
    }
    close_one(&f, 4);
    for (int i = 0; i < 200000; i++) {
        const uint64_t low = draw_below(&seed, 2) ? draw_below(&seed, 40) : test_random(&seed);
        const uint64_t cookie = (uint64_t)draw_below(&seed, 20) << 32 | (low & UINT32_MAX);
        const uint64_t channel = 1u + draw_below(&seed, 12);
        const uint32_t slot = hm_channels_find(&f.channels, channel, cookie);
        const int is_open = channel <= 10 && channel != 5;
        cr_assert_eq(slot, is_open ? model[channel - 1u].slot : HM_SLOT_NONE);
    }
    tear_down(&f);
}

Test(channels, thirty_thousand_openings_and_closings_leave_nothing_behind)
{
    fixture f;
    set_up(&f);
    for (uint32_t i = 0; i < 30000; i++) {
        const uint32_t slot = hm_channels_open(&f.channels, i + 1ull);
        cr_assert_eq(slot, 0);
        hm_channels_close(&f.channels, slot);
    }
    cr_assert_eq(f.counted.live_bytes, f.bytes_at_rest);
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < LIMIT; i++) {
            open_one(&f, i, 1000000ull * (round + 1u) + i);
        }
        for (uint32_t i = 0; i < LIMIT; i++) {
            close_one(&f, round % 2 ? i : LIMIT - 1u - i);
        }
        cr_assert_eq(f.counted.live_bytes, f.bytes_at_rest);
        cr_assert_eq(f.channels.count, 0);
    }
    tear_down(&f);
}

/* A farm whose machines reconnect all day: one always stays, so the records are never released. */
Test(channels, churn_does_not_grow_the_records)
{
    fixture f;
    set_up(&f);
    open_one(&f, 0, 1);
    for (uint32_t i = 0; i < 100000; i++) {
        const uint32_t slot = hm_channels_open(&f.channels, i + 2ull);
        cr_assert_eq(slot, 1);
        hm_channels_close(&f.channels, slot);
    }
    cr_assert_eq(f.channels.slots, 2);
    check_open(&f, 0);
    tear_down(&f);
}

/* Opens 1500 and closes them with the k-th allocation failing. Returns allocations asked for. */
static uint64_t open_and_close(uint64_t fail_at)
{
    counted_memory counted = {.fail_at = fail_at};
    const hm_memory memory = counted_hm_memory(&counted);
    hm_channels c;
    uint64_t at_rest = 0;
    if (hm_channels_init(&c, &memory, LIMIT, HASH_KEY) != 0) {
        cr_assert_eq(fail_at, 1);
        hm_channels_free(&c);
        cr_assert_eq(counted.live_blocks, 0);
        return counted.asked;
    }
    at_rest = counted.live_bytes;
    for (uint32_t i = 0; i < 1500; i++) {
        uint32_t slot = hm_channels_open(&c, i + 1ull);
        if (slot == HM_SLOT_NONE) {
            cr_assert_eq(c.count, i);
            cr_assert_eq(hm_channels_find(&c, i + 1ull, 0), HM_SLOT_NONE);
            cr_assert(i > 0 || counted.live_bytes == at_rest, "nothing changed");
            slot = hm_channels_open(&c, i + 1ull);
        }
        cr_assert_eq(slot, i);
    }
    for (uint32_t i = 0; i < 1500; i++) {
        cr_assert_eq(hm_channels_find(&c, i + 1ull, 0), i);
        hm_channels_close(&c, i);
    }
    cr_assert_eq(counted.live_bytes, at_rest);
    hm_channels_free(&c);
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.mistakes, 0);
    return counted.asked;
}

Test(channels, a_failing_allocation_changes_nothing)
{
    const uint64_t asked = open_and_close(0);
    cr_assert_gt(asked, 8);
    for (uint64_t k = 1; k <= asked; k++) {
        (void)open_and_close(k);
    }
}

Test(channels, limit_of_one_and_limits_at_the_chunk_border_work)
{
    static const uint32_t limits[] = {1, HM_CHUNK_SLOTS, HM_CHUNK_SLOTS + 1};
    for (int l = 0; l < 3; l++) {
        counted_memory counted = {0};
        const hm_memory memory = counted_hm_memory(&counted);
        hm_channels c;
        cr_assert_eq(hm_channels_init(&c, &memory, limits[l], HASH_KEY), 0);
        for (uint32_t i = 0; i < limits[l]; i++) {
            cr_assert_eq(hm_channels_open(&c, i + 1ull), i);
        }
        cr_assert_eq(hm_channels_find(&c, limits[l], 0), limits[l] - 1u);
        hm_channels_free(&c);
        cr_assert_eq(counted.live_blocks, 0);
        cr_assert_eq(counted.mistakes, 0);
    }
}

/* The shortest and the longest, given back with the channel or with all. */
Test(channels, keep_names_of_every_length)
{
    static char name[255];
    fixture f;
    memset(name, 'n', sizeof name);
    name[0] = 'f';
    name[254] = 'l';
    for (uint32_t closing = 0; closing < 2; closing++) {
        set_up(&f);
        for (uint32_t len = 0; len <= 255; len++) {
            open_one(&f, len, len + 1u);
            cr_assert_eq(hm_channels_name(&f.channels, model[len].slot, name, len), 0);
            const hm_channel_cold *const cold = hm_cold(&f.channels, model[len].slot);
            cr_assert_eq(cold->identity_len, len);
            cr_assert_eq(cold->identity == NULL, len == 0);
            cr_assert(len == 0 || memcmp(cold->identity, name, len) == 0);
        }
        for (uint32_t len = 0; closing && len <= 255; len++) {
            close_one(&f, len);
        }
        cr_assert(!closing || f.counted.live_bytes == f.bytes_at_rest);
        tear_down(&f);
    }
    set_up(&f);
    open_one(&f, 0, 1);
    f.counted.fail_at = f.counted.asked + 1;
    cr_assert_eq(hm_channels_name(&f.channels, model[0].slot, name, 1), -1);
    cr_assert_eq(hm_cold(&f.channels, model[0].slot)->identity_len, 0);
    tear_down(&f);
}

Test(channels, as_many_chunks_as_the_limit_needs)
{
    static const uint32_t rows[][2] = {{1, 1},
                                       {HM_CHUNK_SLOTS - 1, 1},
                                       {HM_CHUNK_SLOTS, 1},
                                       {HM_CHUNK_SLOTS + 1, 2},
                                       {3 * HM_CHUNK_SLOTS, 3}};
    for (int i = 0; i < 5; i++) {
        fixture f = {0};
        f.memory = counted_hm_memory(&f.counted);
        cr_assert_eq(hm_channels_init(&f.channels, &f.memory, rows[i][0], HASH_KEY), 0);
        cr_assert_eq(f.channels.chunk_capacity, rows[i][1]);
        tear_down(&f);
    }
}

Test(channels, a_cookie_leads_to_the_record)
{
    fixture f;
    set_up(&f);
    for (uint32_t i = 0; i < 3; i++) {
        open_one(&f, i, 100 + i);
        const uint64_t cookie = hm_channels_cookie(&f.channels, model[i].slot);
        cr_assert(hm_channels_expected(&f.channels, cookie) == hm_hot(&f.channels, model[i].slot));
        cr_assert_eq(cookie >> 32, hm_hot(&f.channels, model[i].slot)->generation);
    }
    tear_down(&f);
}
