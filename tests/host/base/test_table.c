/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdint.h>

#include "host_stub/base/table.h"

enum { KEYS = 4096 };

/* A long random walk of puts and removals, compared with a plain array after each step. */
Test(guard_table, agrees_with_an_array)
{
    static char values[KEYS];
    static int present[KEYS];
    hs_table table = {NULL, 0, 0};
    uint64_t state = 1;
    size_t count = 0;
    for (int step = 0; step < 200000; step++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const size_t i = (size_t)(state >> 40) % KEYS;
        const uint64_t key = (uint64_t)(i + 1) << (i % 3) * 20; /* some far apart */
        if ((state >> 33 & 3) != 0) {
            count += !present[i];
            present[i] = 1;
            cr_assert(hs_table_put(&table, key, &values[i]) == 0, "no memory");
        } else {
            const void *const expected = present[i] ? &values[i] : NULL;
            count -= (size_t)present[i];
            present[i] = 0;
            cr_assert(hs_table_remove(&table, key) == expected, "step %d", step);
        }
        cr_assert(table.count == count, "step %d: %zu, not %zu", step, table.count, count);
        cr_assert(hs_table_find(&table, key) == (present[i] ? &values[i] : NULL), "step %d", step);
    }
    for (size_t i = 0; i < KEYS; i++) {
        const uint64_t key = (uint64_t)(i + 1) << (i % 3) * 20;
        cr_expect(hs_table_find(&table, key) == (present[i] ? &values[i] : NULL), "key %zu", i);
    }
    hs_table_free(&table);
    cr_expect(table.count == 0 && hs_table_find(&table, 1) == NULL, "not empty");
}

Test(guard_table, an_empty_one)
{
    hs_table table = {NULL, 0, 0};
    cr_expect(hs_table_find(&table, 5) == NULL && hs_table_remove(&table, 5) == NULL, "has 5");
    cr_expect(hs_table_find(&table, 0) == NULL && hs_table_remove(&table, 0) == NULL, "has 0");
    hs_table_free(&table);
}
