/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/base/table.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

enum { CAPACITY_MIN = 16 };

void hm_table_init(hm_table *t, const hm_memory *memory, const unsigned char hash_key[16])
{
    memset(t, 0, sizeof *t);
    t->memory = memory;
    memcpy(t->hash_key, hash_key, sizeof t->hash_key);
}

static void release(hm_table *t)
{
    hm_free(t->memory, t->entries, t->capacity, sizeof *t->entries, _Alignof(hm_table_entry));
    t->entries = NULL;
    t->capacity = 0;
}

void hm_table_free(hm_table *t)
{
    release(t);
    t->count = 0;
}

static uint32_t home(const hm_table *t, uint64_t key)
{
    unsigned char in[sizeof key];
    unsigned char out[crypto_shorthash_BYTES];
    uint32_t hash = 0;
    memcpy(in, &key, sizeof key);
    crypto_shorthash(out, in, sizeof in, t->hash_key);
    memcpy(&hash, out, sizeof hash);
    return hash & (t->capacity - 1u);
}

/* Where `key` is, or the free place where it would go. Ends: the load stays below 3/4. */
static uint32_t find(const hm_table *t, uint64_t key)
{
    uint32_t at = home(t, key);
    while (t->entries[at].key != 0 && t->entries[at].key != key) {
        at = (at + 1u) & (t->capacity - 1u);
    }
    return at;
}

uint32_t hm_table_get(const hm_table *t, uint64_t key)
{
    if (t->capacity == 0 || key == 0) {
        return HM_TABLE_MISSING;
    }
    const hm_table_entry *const entry = &t->entries[find(t, key)];
    return entry->key == key ? entry->value : HM_TABLE_MISSING;
}

static int resize(hm_table *t, uint32_t capacity)
{
    hm_table next = *t;
    next.capacity = capacity;
    next.entries = hm_alloc(t->memory, capacity, sizeof *next.entries, _Alignof(hm_table_entry));
    if (next.entries == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < t->capacity; i++) {
        if (t->entries[i].key != 0) {
            next.entries[find(&next, t->entries[i].key)] = t->entries[i];
        }
    }
    release(t);
    *t = next;
    return 0;
}

int hm_table_put(hm_table *t, uint64_t key, uint32_t value)
{
    if ((uint64_t)(t->count + 1u) * 4u > (uint64_t)t->capacity * 3u) {
        if (resize(t, t->capacity == 0 ? CAPACITY_MIN : t->capacity * 2u) != 0) {
            return -1;
        }
    }
    t->entries[find(t, key)] = (hm_table_entry){.key = key, .value = value};
    t->count++;
    HM_MUST(t->memory->alarm, t->count < t->capacity); /* or a search would never end */
    return 0;
}

void hm_table_set(hm_table *t, uint64_t key, uint32_t value)
{
    if (HM_HOLDS(t->memory->alarm, hm_table_get(t, key) != HM_TABLE_MISSING)) {
        t->entries[find(t, key)].value = value;
    }
}

/* Closes the gap at `hole`: an entry further on moves back unless that would put it before its
 * home. */
static void shift_back(hm_table *t, uint32_t hole)
{
    const uint32_t mask = t->capacity - 1u;
    uint32_t at = (hole + 1u) & mask;
    while (t->entries[at].key != 0) {
        const uint32_t from_home = (at - home(t, t->entries[at].key)) & mask;
        if (from_home >= ((at - hole) & mask)) {
            t->entries[hole] = t->entries[at];
            hole = at;
        }
        at = (at + 1u) & mask;
    }
    t->entries[hole] = (hm_table_entry){0};
}

void hm_table_remove(hm_table *t, uint64_t key)
{
    if (hm_table_get(t, key) == HM_TABLE_MISSING) {
        return;
    }
    HM_MUST(t->memory->alarm, t->count > 0 && t->count < t->capacity);
    shift_back(t, find(t, key));
    t->count--;
    if (t->count == 0) {
        release(t);
    } else if (t->capacity > CAPACITY_MIN && t->count < t->capacity / 8u) {
        (void)resize(t,
                     t->capacity / 2u); /* no memory for the smaller one: the large one will do */
    }
}
