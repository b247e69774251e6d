/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/table.h"

#include <stdlib.h>

/* The finishing mix of splitmix64: channel numbers and addresses are anything but random. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The slot of the key, or the empty one where it would go. There always is an empty one. */
static hs_slot *place(const hs_table *table, uint64_t key)
{
    const size_t mask = table->room - 1;
    size_t i = (size_t)mix(key) & mask;
    while (table->slots[i].key != 0 && table->slots[i].key != key) {
        i = (i + 1) & mask;
    }
    return &table->slots[i];
}

void *hs_table_find(const hs_table *table, uint64_t key)
{
    if (table->room == 0 || key == 0) {
        return NULL;
    }
    return place(table, key)->value;
}

static int grow(hs_table *table)
{
    hs_table bigger = {.room = table->room == 0 ? 64 : table->room * 2, .count = table->count};
    bigger.slots = calloc(bigger.room, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return -1;
    }
    for (size_t i = 0; i < table->room; i++) {
        if (table->slots[i].key != 0) {
            *place(&bigger, table->slots[i].key) = table->slots[i];
        }
    }
    free(table->slots);
    *table = bigger;
    return 0;
}

int hs_table_put(hs_table *table, uint64_t key, void *value)
{
    if ((table->count + 1) * 2 > table->room && grow(table) != 0) {
        return -1;
    }
    hs_slot *const slot = place(table, key);
    if (slot->key == 0) {
        table->count++;
        slot->key = key;
    }
    slot->value = value;
    return 0;
}

void *hs_table_remove(hs_table *table, uint64_t key)
{
    if (table->room == 0 || key == 0) {
        return NULL;
    }
    hs_slot *slot = place(table, key);
    void *const value = slot->value;
    if (slot->key == 0) {
        return NULL;
    }
    /* Move later members of the run back over the gap, so that no marker of a removed key is
     * left. */
    const size_t mask = table->room - 1;
    size_t gap = (size_t)(slot - table->slots);
    for (size_t i = (gap + 1) & mask; table->slots[i].key != 0; i = (i + 1) & mask) {
        const size_t home = (size_t)mix(table->slots[i].key) & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            table->slots[gap] = table->slots[i];
            gap = i;
        }
    }
    table->slots[gap].key = 0;
    table->slots[gap].value = NULL;
    table->count--;
    return value;
}

void hs_table_free(hs_table *table)
{
    free(table->slots);
    *table = (hs_table){NULL, 0, 0};
}
