/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * table: a map from 64-bit keys to 32-bit values, for finding a channel by its number and a held
 * prefix by its place. Open addressing, linear probing, backward-shift deletion, load between 1/8
 * and 3/4. The hash is keyed (libsodium's SipHash) so that a peer who chooses numbers cannot make
 * it slow. Iteration order is never used.
 */
#ifndef PLUGIN_BASE_TABLE_H
#define PLUGIN_BASE_TABLE_H

#include <stdint.h>

#include "plugin/base/memory.h"

#define HM_TABLE_MISSING UINT32_MAX

typedef struct hm_table_entry {
    uint64_t key; /* 0 = free */
    uint32_t value;
    uint32_t pad0;
} hm_table_entry;

typedef struct hm_table {
    const hm_memory *memory;
    hm_table_entry *entries; /* NULL while empty */
    uint32_t capacity;       /* a power of two, or 0 */
    uint32_t count;
    unsigned char hash_key[16];
} hm_table;

void hm_table_init(hm_table *t, const hm_memory *memory, const unsigned char hash_key[16]);
void hm_table_free(hm_table *t);

/* The value of `key`, or HM_TABLE_MISSING. */
uint32_t hm_table_get(const hm_table *t, uint64_t key);

/* Adds `key` (not 0, not there yet). Returns 0, or -1 when out of memory: then nothing changed. */
int hm_table_put(hm_table *t, uint64_t key, uint32_t value);

/* Gives `key`, which is there, another value. */
void hm_table_set(hm_table *t, uint64_t key, uint32_t value);

/* Forgets `key` if it is there. Frees the memory when the last one goes. */
void hm_table_remove(hm_table *t, uint64_t key);

#endif
