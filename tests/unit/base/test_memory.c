/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>

#include "tests/unit/counted_memory.h"

Test(memory, gives_zeroed_aligned_blocks_and_takes_them_back)
{
    static const size_t aligns[] = {1, 2, 8, 64, 4096};
    counted_memory counted = {0};
    const hm_memory m = counted_hm_memory(&counted);
    for (size_t i = 0; i < sizeof aligns / sizeof aligns[0]; i++) {
        unsigned char *const p = hm_alloc(&m, 7, 11, aligns[i]);
        cr_assert_not_null(p);
        cr_assert_eq((uintptr_t)p % aligns[i], 0);
        for (size_t b = 0; b < 77; b++) {
            cr_assert_eq(p[b], 0, "byte %zu is 0x%02x", b, p[b]);
        }
        cr_assert_eq(counted.live_bytes, 77);
        hm_free(&m, p, 7, 11, aligns[i]);
    }
    cr_assert_eq(counted.live_blocks, 0);
    cr_assert_eq(counted.mistakes, 0);
}

Test(memory, never_asks_the_host_for_what_overflows_or_is_nothing)
{
    counted_memory counted = {0};
    const hm_memory m = counted_hm_memory(&counted);
    cr_assert_null(hm_alloc(&m, SIZE_MAX, 2, 1));
    cr_assert_null(hm_alloc(&m, SIZE_MAX / 8 + 1, 8, 8));
    cr_assert_null(hm_alloc(&m, 2, SIZE_MAX, 1));
    cr_assert_null(hm_alloc(&m, 0, 8, 8));
    cr_assert_null(hm_alloc(&m, 8, 0, 8));
    cr_assert_null(hm_alloc(&m, 1, 8, 0));
    cr_assert_null(hm_alloc(&m, 1, 8, 12));
    cr_assert_null(hm_alloc(&m, 1, 8, 8192));
    cr_assert_eq(counted.asked, 0);
}

Test(memory, null_from_the_host_is_null_and_null_is_freed_in_peace)
{
    counted_memory counted = {.fail_at = 1};
    const hm_memory m = counted_hm_memory(&counted);
    cr_assert_null(hm_alloc(&m, 1, 8, 8));
    cr_assert_eq(counted.asked, 1);
    hm_free(&m, NULL, 1, 8, 8);
    cr_assert_eq(counted.live_blocks, 0);
}
