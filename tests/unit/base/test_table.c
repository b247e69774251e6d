/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "plugin/base/table.h"
#include "tests/unit/counted_memory.h"
#include "tests/unit/test_draw.h"

enum { KEYS = 3000 };

static const unsigned char HASH_KEY[16] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};

/* What the table should hold: value of key_of(i), or HM_TABLE_MISSING. */
typedef struct model {
    uint32_t values[KEYS];
    uint32_t count;
} model;

/* Neighbours, far apart, and with equal low halves: whatever a peer may number its channels. */
static uint64_t key_of(uint32_t i)
{
    return i % 3u == 0 ? i + 1u : i % 3u == 1u ? (uint64_t)i << 32 | 7u : UINT64_MAX - i;
}

static void model_clear(model *m)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        m->values[i] = HM_TABLE_MISSING;
    }
    m->count = 0;
}

static void check_all(const hm_table *t, const model *m)
{
    cr_assert_eq(t->count, m->count);
    for (uint32_t i = 0; i < KEYS; i++) {
        cr_assert_eq(hm_table_get(t, key_of(i)), m->values[i], "key %u", i);
    }
}

static void check_load(const hm_table *t)
{
    cr_assert_eq(t->capacity & (t->capacity - 1u), 0);
    cr_assert_leq(4ull * t->count, 3ull * t->capacity);
    cr_assert(t->capacity <= 16u || t->count >= t->capacity / 8u, "%u of %u", t->count,
              t->capacity);
    cr_assert_eq(t->entries == NULL, t->count == 0);
}

static void add(hm_table *t, model *m, uint32_t i, uint32_t value)
{
    cr_assert_eq(hm_table_put(t, key_of(i), value), 0);
    m->values[i] = value;
    m->count++;
}

static void take_out(hm_table *t, model *m, uint32_t i)
{
    hm_table_remove(t, key_of(i));
    m->count -= m->values[i] != HM_TABLE_MISSING;
    m->values[i] = HM_TABLE_MISSING;
}

/* Random additions and removals whose balance swings from almost empty to almost full. */
Test(table, agrees_with_an_array_through_100_000_operations)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    static model m;
    hm_table t;
    uint64_t seed = 11;
    model_clear(&m);
    hm_table_init(&t, &memory, HASH_KEY);
    for (int op = 0; op < 100000; op++) {
        const uint32_t i = draw_below(&seed, KEYS);
        const uint32_t filling = (uint32_t)(op / 10000 % 2 == 0 ? 80 : 20);
        if (draw_below(&seed, 100) >= filling) {
            take_out(&t, &m, i);
        } else if (m.values[i] == HM_TABLE_MISSING) {
            add(&t, &m, i, draw_below(&seed, 1000000));
        }
        check_load(&t);
        if (op % 2500 == 0) {
            check_all(&t, &m);
        }
    }
    check_all(&t, &m);
    hm_table_free(&t);
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.mistakes, 0);
}

/* In a small table nearly every removal closes a gap in a run, often across the end of the
 * array. */
Test(table, closes_gaps_in_runs_of_a_small_full_table)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    static model m;
    for (uint64_t round = 0; round < 3000; round++) {
        unsigned char key[16] = {(unsigned char)round, (unsigned char)(round >> 8)};
        hm_table t;
        uint64_t seed = round;
        hm_table_init(&t, &memory, key);
        model_clear(&m);
        for (uint32_t i = 0; i < 12; i++) {
            add(&t, &m, i, i);
        }
        cr_assert_eq(t.capacity, 16);
        for (uint32_t gone = 0; gone < 12; gone++) {
            take_out(&t, &m, draw_below(&seed, 12));
            for (uint32_t i = 0; i < 12; i++) {
                cr_assert_eq(hm_table_get(&t, key_of(i)), m.values[i]);
            }
        }
        hm_table_free(&t);
    }
    cr_assert_eq(counted.live_blocks, 0);
}

/* Twice as large before more than three quarters are taken, half as large below an eighth. */
Test(table, grows_and_shrinks_at_exactly_these_counts)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    static model m;
    hm_table t;
    uint32_t capacity = 16;
    model_clear(&m);
    hm_table_init(&t, &memory, HASH_KEY);
    for (uint32_t i = 0; i < KEYS; i++) {
        capacity *= 4 * (i + 1) > 3 * capacity ? 2 : 1;
        add(&t, &m, i, i);
        cr_assert_eq(t.capacity, capacity, "with %u", i + 1);
    }
    for (uint32_t left = KEYS - 1; left > 0; left--) {
        capacity /= capacity > 16 && 8 * left < capacity ? 2 : 1;
        take_out(&t, &m, left);
        cr_assert_eq(t.capacity, capacity, "with %u left", left);
    }
    hm_table_free(&t);
    cr_assert_eq(counted.live_blocks, 0);
}

Test(table, gives_all_memory_back_when_it_is_empty)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    static model m;
    hm_table t;
    model_clear(&m);
    hm_table_init(&t, &memory, HASH_KEY);
    cr_assert_eq(counted.asked, 0, "an empty table needs nothing");
    for (uint32_t i = 0; i < KEYS; i++) {
        add(&t, &m, i, i);
    }
    cr_assert_eq(t.capacity, 4096);
    for (uint32_t i = 0; i < KEYS; i++) {
        take_out(&t, &m, i);
    }
    cr_assert_eq(counted.live_bytes, 0);
    cr_assert_eq(hm_table_put(&t, 1, 1), 0, "and it can be used again");
    cr_assert_eq(hm_table_get(&t, 1), 1);
    hm_table_free(&t);
    cr_assert_eq(counted.live_bytes, 0);
    cr_assert(t.count == 0 && t.capacity == 0 && t.entries == NULL, "as before the first key");
}

Test(table, knows_neither_zero_nor_what_was_never_put)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    hm_table t;
    hm_table_init(&t, &memory, HASH_KEY);
    cr_assert_eq(hm_table_get(&t, 5), HM_TABLE_MISSING);
    hm_table_remove(&t, 5);
    cr_assert_eq(hm_table_put(&t, 6, 60), 0);
    cr_assert_eq(hm_table_get(&t, 0), HM_TABLE_MISSING);
    cr_assert_eq(hm_table_get(&t, 5), HM_TABLE_MISSING);
    hm_table_remove(&t, 0);
    hm_table_remove(&t, 5);
    cr_assert_eq(t.count, 1);
    hm_table_free(&t);
}

Test(table, a_value_is_set_without_memory)
{
    counted_memory counted = {0};
    const hm_memory memory = counted_hm_memory(&counted);
    hm_table t;
    hm_table_init(&t, &memory, HASH_KEY);
    for (uint32_t i = 1; i <= 12; i++) {
        cr_assert_eq(hm_table_put(&t, i, i), 0);
    }
    counted.fail_at = counted.asked + 1;
    hm_table_set(&t, 7, 700);
    for (uint32_t i = 1; i <= 12; i++) {
        cr_assert_eq(hm_table_get(&t, i), i == 7 ? 700 : i);
    }
    cr_assert_eq(t.count, 12);
    hm_table_free(&t);
}

/* Fills to 700 and empties again with the k-th allocation failing. Returns allocations asked
 * for. */
static uint64_t fill_and_empty(uint64_t fail_at)
{
    counted_memory counted = {.fail_at = fail_at};
    const hm_memory memory = counted_hm_memory(&counted);
    static model m;
    hm_table t;
    model_clear(&m);
    hm_table_init(&t, &memory, HASH_KEY);
    for (uint32_t i = 0; i < 700; i++) {
        const int status = hm_table_put(&t, key_of(i), i);
        if (status != 0) {
            cr_assert_eq(status, -1);
            check_all(&t, &m);
            cr_assert_eq(hm_table_put(&t, key_of(i), i), 0, "the next try has memory");
        }
        m.values[i] = i;
        m.count++;
    }
    check_all(&t, &m);
    for (uint32_t i = 0; i < 700; i++) {
        take_out(&t, &m, i);
        cr_assert_eq(hm_table_get(&t, key_of(699)), m.values[699]);
    }
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.mistakes, 0);
    return counted.asked;
}

Test(table, loses_nothing_whichever_allocation_fails)
{
    const uint64_t asked = fill_and_empty(0);
    cr_assert_gt(asked, 10, "growth and shrinking both allocate");
    for (uint64_t k = 1; k <= asked; k++) {
        (void)fill_and_empty(k);
    }
}
