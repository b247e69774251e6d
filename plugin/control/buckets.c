/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/buckets.h"

#include <string.h>

enum { SHIFT = 17, BITS_OF_ONE = 0x3f800000 >> SHIFT };

int hm_buckets_reserve(hm_buckets *b, const hm_memory *memory, uint32_t places)
{
    if (places <= b->places) {
        return 0;
    }
    hm_bucket_row *const rows = hm_alloc(memory, places, sizeof *rows, _Alignof(hm_bucket_row));
    if (rows == NULL) {
        return -1;
    }
    hm_buckets_free(b);
    b->memory = memory;
    b->rows = rows;
    b->places = places;
    return 0;
}

void hm_buckets_free(hm_buckets *b)
{
    if (b->rows != NULL) {
        hm_free(b->memory, b->rows, b->places, sizeof *b->rows, _Alignof(hm_bucket_row));
    }
    memset(b, 0, sizeof *b);
}

void hm_buckets_clear(hm_buckets *b, uint32_t places, double largest)
{
    b->largest = largest;
    for (uint32_t i = 0; i < places; i++) {
        memset(b->rows[i].occupied, 0, sizeof b->rows[i].occupied);
    }
}

uint32_t hm_bucket_of(const hm_buckets *b, double hashrate)
{
    const float relative = (float)(hashrate / b->largest);
    uint32_t bits = 0;
    memcpy(&bits, &relative, sizeof bits);
    const uint32_t place = bits >> SHIFT; /* hashrates are not negative: no sign bit */
    if (place >= BITS_OF_ONE) {
        return HM_BUCKETS - 1;
    }
    const uint32_t below_one = BITS_OF_ONE - place;
    return below_one >= HM_BUCKETS ? 0 : HM_BUCKETS - 1 - below_one;
}

void hm_buckets_add(hm_buckets *b, const hm_channels *c, uint32_t place, uint32_t slot)
{
    if (!HM_HOLDS(c->memory->alarm, place < b->places && slot < c->slots)) {
        return;
    }
    hm_channel_hot *const hot = hm_hot(c, slot);
    hm_bucket_row *const row = &b->rows[place];
    const uint32_t bucket = hm_bucket_of(b, hot->hashrate);
    uint64_t *const word = &row->occupied[bucket / 64u];
    const uint64_t bit = 1ull << (bucket % 64u);
    hot->next = (*word & bit) != 0 ? row->heads[bucket] : HM_SLOT_NONE;
    row->heads[bucket] = slot;
    *word |= bit;
}

void hm_buckets_remove(hm_buckets *b, const hm_channels *c, uint32_t place, uint32_t slot,
                       uint32_t previous)
{
    const hm_channel_hot *const hot = hm_hot(c, slot);
    if (previous != HM_SLOT_NONE) {
        HM_MUST(c->memory->alarm, hm_hot(c, previous)->next == slot);
        hm_hot(c, previous)->next = hot->next;
        return;
    }
    hm_bucket_row *const row = &b->rows[place];
    const uint32_t bucket = hm_bucket_of(b, hot->hashrate);
    HM_MUST(c->memory->alarm, row->heads[bucket] == slot);
    row->heads[bucket] = hot->next;
    if (hot->next == HM_SLOT_NONE) {
        row->occupied[bucket / 64u] &= ~(1ull << (bucket % 64u));
    }
}

uint32_t hm_bucket_below(const hm_buckets *b, uint32_t place, uint32_t bucket)
{
    const uint64_t *const occupied = b->rows[place].occupied;
    uint32_t word = bucket / 64u;
    uint64_t bits = occupied[word] & (UINT64_MAX >> (63u - bucket % 64u));
    while (bits == 0) {
        if (word == 0) {
            return HM_BUCKET_NONE;
        }
        word--;
        bits = occupied[word];
    }
    return word * 64u + 63u - (uint32_t)__builtin_clzll(bits);
}

uint32_t hm_bucket_above(const hm_buckets *b, uint32_t place, uint32_t bucket)
{
    const uint64_t *const occupied = b->rows[place].occupied;
    uint32_t word = bucket / 64u;
    uint64_t bits = occupied[word] & (UINT64_MAX << (bucket % 64u));
    while (bits == 0) {
        word++;
        if (word == HM_BUCKET_WORDS) {
            return HM_BUCKET_NONE;
        }
        bits = occupied[word];
    }
    return word * 64u + (uint32_t)__builtin_ctzll(bits);
}
