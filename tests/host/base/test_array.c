/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

#include "host_stub/base/array.h"

Test(array, grows_and_keeps_what_it_holds)
{
    uint32_t *numbers = NULL;
    size_t capacity = 0;
    size_t growths = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        const size_t before = capacity;
        cr_assert_eq(HS_GROW(numbers, capacity, (size_t)i + 1), 0);
        cr_assert_gt(capacity, i);
        growths += capacity != before;
        numbers[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++) {
        cr_assert_eq(numbers[i], i);
    }
    cr_assert_leq(growths, 10, "it grew %zu times", growths);
    free(numbers);
}

Test(array, what_is_there_is_enough)
{
    char *bytes = NULL;
    size_t capacity = 0;
    cr_assert_eq(HS_GROW(bytes, capacity, 0), 0);
    cr_assert_null(bytes, "room for nothing is no room");
    cr_assert_eq(HS_GROW(bytes, capacity, 5000), 0);
    cr_assert_eq(capacity, 5000);
    char *const there = bytes;
    cr_assert_eq(HS_GROW(bytes, capacity, 5000), 0);
    cr_assert_eq(bytes, there);
    cr_assert_eq(capacity, 5000);
    free(bytes);
}

Test(array, what_does_not_fit_changes_nothing)
{
    uint64_t *numbers = NULL;
    size_t capacity = 0;
    cr_assert_eq(HS_GROW(numbers, capacity, 3), 0);
    uint64_t *const there = numbers;
    const size_t had = capacity;
    cr_assert_eq(HS_GROW(numbers, capacity, SIZE_MAX / 8 + 1), -1, "the bytes are no size_t");
    cr_assert_eq(HS_GROW(numbers, capacity, SIZE_MAX), -1);
#ifndef __SANITIZE_ADDRESS__ /* whose allocator ends the program instead */
    cr_assert_eq(HS_GROW(numbers, capacity, SIZE_MAX / 16), -1, "no memory");
#endif
    cr_assert_eq(numbers, there);
    cr_assert_eq(capacity, had);
    free(numbers);
}
