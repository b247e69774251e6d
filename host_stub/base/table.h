/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/table: a map from 64-bit keys (never 0) to pointers (never NULL), open addressing with
 * linear probing, at most half full. The guard looks channels and memory blocks up in it. It does
 * not own what it points to. */
#ifndef HOST_STUB_BASE_TABLE_H
#define HOST_STUB_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct hs_slot {
    uint64_t key; /* 0 = empty */
    void *value;
} hs_slot;

/* All zero is an empty table. To walk it: slots[0..room-1] with a key. */
typedef struct hs_table {
    hs_slot *slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
} hs_table;

/* The value, or NULL. */
void *hs_table_find(const hs_table *table, uint64_t key);

/* Sets or replaces. Returns 0, or -1 when out of memory (nothing changed). */
int hs_table_put(hs_table *table, uint64_t key, void *value);

/* Takes the key out and returns its value, or NULL. */
void *hs_table_remove(hs_table *table, uint64_t key);

/* Frees the slots; the table is empty afterwards. */
void hs_table_free(hs_table *table);

#endif
