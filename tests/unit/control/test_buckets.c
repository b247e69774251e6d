/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>

#include "plugin/control/buckets.h"
#include "tests/unit/counted_memory.h"
#include "tests/unit/test_draw.h"

enum { CHANNELS = 400, PLACES = 3 };

static const unsigned char HASH_KEY[16] = {1};

typedef struct fixture {
    counted_memory counted;
    hm_memory memory;
    hm_channels channels;
    hm_buckets buckets;
} fixture;

static void set_up(fixture *f, double largest)
{
    *f = (fixture){0};
    f->memory = counted_hm_memory(&f->counted);
    cr_assert_eq(hm_channels_init(&f->channels, &f->memory, CHANNELS, HASH_KEY), 0);
    cr_assert_eq(hm_buckets_reserve(&f->buckets, &f->memory, PLACES), 0);
    hm_buckets_clear(&f->buckets, PLACES, largest);
}

static void tear_down(fixture *f)
{
    hm_buckets_free(&f->buckets);
    hm_channels_free(&f->channels);
    cr_assert_eq(f->counted.live_blocks, 0);
    cr_assert_eq(f->counted.mistakes, 0);
}

static uint32_t open_with(fixture *f, double hashrate)
{
    const uint32_t slot = hm_channels_open(&f->channels, f->channels.next_generation + 1ull);
    hm_hot(&f->channels, slot)->hashrate = hashrate;
    return slot;
}

Test(buckets, larger_hashrates_never_have_a_smaller_bucket)
{
    hm_buckets b = {.largest = 3.7e14};
    uint32_t before = 0;
    for (double h = 1.0; h <= b.largest; h *= 1.0007) {
        const uint32_t bucket = hm_bucket_of(&b, h);
        cr_assert(bucket >= before && bucket < HM_BUCKETS);
        before = bucket;
    }
    cr_assert_geq(before, HM_BUCKETS - 2);
}

Test(buckets, sixty_four_buckets_to_an_octave_and_forty_octaves)
{
    hm_buckets b = {.largest = 1024.0};
    cr_assert_eq(hm_bucket_of(&b, 1024.0), HM_BUCKETS - 1);
    for (int octave = 1; octave < 40; octave++) {
        const uint32_t bucket = hm_bucket_of(&b, ldexp(1024.0, -octave));
        cr_assert_eq(bucket, (uint32_t)(HM_BUCKETS - 1 - 64 * octave));
    }
    cr_assert_eq(hm_bucket_of(&b, ldexp(1024.0, -41)), 0);
}

Test(buckets, one_bucket_is_little_more_than_one_per_cent_wide)
{
    hm_buckets b = {.largest = 1.0};
    uint64_t seed = 4;
    for (int i = 0; i < 100000; i++) {
        const double h = ldexp(1.0, -(int)draw_below(&seed, 38)) * draw_between(&seed, 0.5, 1.0);
        cr_assert_neq(hm_bucket_of(&b, h), hm_bucket_of(&b, h * 1.0157));
        cr_assert_leq(hm_bucket_of(&b, h * 1.0077) - hm_bucket_of(&b, h), 1);
    }
}

Test(buckets, what_is_out_of_range_has_the_first_or_the_last_bucket)
{
    hm_buckets b = {.largest = 5.0};
    cr_assert_eq(hm_bucket_of(&b, 0.0), 0);
    cr_assert_eq(hm_bucket_of(&b, 5e-324), 0);
    cr_assert_eq(hm_bucket_of(&b, 5.1), HM_BUCKETS - 1);
    cr_assert_eq(hm_bucket_of(&b, 1e300), HM_BUCKETS - 1);
    cr_assert_eq(hm_bucket_of(&b, INFINITY), HM_BUCKETS - 1);
}

/* Next occupied bucket of a row by looking at each channel. */
static uint32_t brute(const fixture *f, const uint8_t *listed, uint32_t place, uint32_t bucket,
                      int upwards)
{
    uint32_t best = HM_BUCKET_NONE;
    for (uint32_t slot = 0; slot < f->channels.slots; slot++) {
        const uint32_t here = hm_bucket_of(&f->buckets, hm_hot(&f->channels, slot)->hashrate);
        if (listed[slot] != place + 1u || (upwards ? here < bucket : here > bucket)) {
            continue;
        }
        if (best == HM_BUCKET_NONE || (upwards ? here < best : here > best)) {
            best = here;
        }
    }
    return best;
}

static void check_row(const fixture *f, const uint8_t *listed, uint32_t place, uint64_t *seed)
{
    static const uint32_t edges[] = {0, 1, 63, 64, 2495, 2496, HM_BUCKETS - 2, HM_BUCKETS - 1};
    for (uint32_t i = 0; i < 40; i++) {
        const uint32_t bucket = i < 8 ? edges[i] : draw_below(seed, HM_BUCKETS);
        cr_assert_eq(hm_bucket_below(&f->buckets, place, bucket),
                     brute(f, listed, place, bucket, 0));
        cr_assert_eq(hm_bucket_above(&f->buckets, place, bucket),
                     brute(f, listed, place, bucket, 1));
    }
}

/* Takes a channel out as the planner does: it walked there and knows the predecessor. */
static void take_out(fixture *f, uint32_t place, uint32_t slot)
{
    const uint32_t bucket = hm_bucket_of(&f->buckets, hm_hot(&f->channels, slot)->hashrate);
    uint32_t previous = HM_SLOT_NONE;
    uint32_t at = hm_bucket_head(&f->buckets, place, bucket);
    while (at != slot) {
        cr_assert_neq(at, HM_SLOT_NONE, "it is not in its bucket");
        previous = at;
        at = hm_hot(&f->channels, at)->next;
    }
    hm_buckets_remove(&f->buckets, &f->channels, place, slot, previous);
}

static uint32_t listed_count(const fixture *f, uint32_t place)
{
    uint32_t count = 0;
    uint32_t bucket = hm_bucket_above(&f->buckets, place, 0);
    while (bucket != HM_BUCKET_NONE) {
        uint32_t slot = hm_bucket_head(&f->buckets, place, bucket);
        while (slot != HM_SLOT_NONE && count <= CHANNELS) {
            cr_assert_eq(hm_bucket_of(&f->buckets, hm_hot(&f->channels, slot)->hashrate), bucket);
            count++;
            slot = hm_hot(&f->channels, slot)->next;
        }
        bucket = bucket + 1u < HM_BUCKETS ? hm_bucket_above(&f->buckets, place, bucket + 1u)
                                          : HM_BUCKET_NONE;
    }
    return count;
}

Test(buckets, agree_with_brute_force_while_channels_come_and_go)
{
    fixture f;
    uint8_t listed[CHANNELS] = {0};
    uint32_t counts[PLACES] = {0};
    uint64_t seed = 6;
    set_up(&f, 1.0);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        const double wide = ldexp(1.0, -(int)draw_below(&seed, 45));
        const double same = ldexp(1.0, -(int)draw_below(&seed, 3));
        (void)open_with(&f, i % 2 ? same : wide * draw_unit(&seed));
    }
    for (int op = 0; op < 6000; op++) {
        const uint32_t slot = draw_below(&seed, CHANNELS);
        if (listed[slot] == 0) {
            listed[slot] = (uint8_t)(1u + draw_below(&seed, PLACES));
            hm_buckets_add(&f.buckets, &f.channels, listed[slot] - 1u, slot);
            counts[listed[slot] - 1u]++;
        } else {
            take_out(&f, listed[slot] - 1u, slot);
            counts[listed[slot] - 1u]--;
            listed[slot] = 0;
        }
        if (op % 100 == 0) {
            for (uint32_t place = 0; place < PLACES; place++) {
                cr_assert_eq(listed_count(&f, place), counts[place]);
                check_row(&f, listed, place, &seed);
            }
        }
    }
    hm_buckets_clear(&f.buckets, PLACES, 2.0);
    for (uint32_t place = 0; place < PLACES; place++) {
        cr_assert_eq(hm_bucket_above(&f.buckets, place, 0), HM_BUCKET_NONE);
        cr_assert_eq(hm_bucket_below(&f.buckets, place, HM_BUCKETS - 1), HM_BUCKET_NONE);
    }
    tear_down(&f);
}

Test(buckets, order_within_a_bucket_is_last_in_first_out)
{
    fixture f;
    set_up(&f, 8.0);
    const uint32_t a = open_with(&f, 8.0);
    const uint32_t b = open_with(&f, 8.0);
    hm_buckets_add(&f.buckets, &f.channels, 1, b);
    hm_buckets_add(&f.buckets, &f.channels, 1, a);
    cr_assert_eq(hm_bucket_head(&f.buckets, 1, HM_BUCKETS - 1), a);
    cr_assert_eq(hm_hot(&f.channels, a)->next, b);
    cr_assert_eq(hm_hot(&f.channels, b)->next, HM_SLOT_NONE);
    tear_down(&f);
}

Test(buckets, reserving_grows_never_shrinks_and_survives_a_failed_allocation)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    hm_buckets b = {0};
    cr_assert_eq(hm_buckets_reserve(&b, &memory, 2), 0);
    const uint64_t bytes = counted.live_bytes;
    cr_assert_eq(hm_buckets_reserve(&b, &memory, 1), 0);
    cr_assert_eq(hm_buckets_reserve(&b, &memory, 2), 0);
    cr_assert_eq(counted.asked, 1);
    counted.fail_at = 2;
    hm_bucket_row *const rows = b.rows;
    cr_assert_eq(hm_buckets_reserve(&b, &memory, 64), -1);
    cr_assert(b.rows == rows && b.places == 2 && counted.live_bytes == bytes);
    cr_assert_eq(hm_buckets_reserve(&b, &memory, 64), 0);
    cr_assert_eq(b.places, 64);
    cr_assert_eq(counted.live_bytes, 32 * bytes);
    hm_buckets_free(&b);
    hm_buckets_free(&b);
    cr_assert_eq(counted.live_bytes, 0);
    cr_assert_eq(counted.mistakes, 0);
}

/* ---- what must hold: the end of a test, and of the instance that people run ---- */
Test(buckets, a_place_that_is_none_is_no_place, .signal = SIGABRT)
{
    fixture f;
    set_up(&f, 100.0);
    const uint32_t slot = open_with(&f, 10.0);
    hm_buckets_add(&f.buckets, &f.channels, PLACES - 1, slot);
    hm_buckets_add(&f.buckets, &f.channels, PLACES, slot);
}

Test(buckets, a_slot_that_was_never_open_is_no_channel, .signal = SIGABRT)
{
    fixture f;
    set_up(&f, 100.0);
    const uint32_t slot = open_with(&f, 10.0);
    hm_buckets_add(&f.buckets, &f.channels, 0, slot);
    hm_buckets_add(&f.buckets, &f.channels, 0, slot + 1u);
}
