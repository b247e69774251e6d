/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * base/array: room in an array that grows. How many elements are in use, and freeing the array, is
 * its owner's business. */
#ifndef HOST_STUB_BASE_ARRAY_H
#define HOST_STUB_BASE_ARRAY_H

#include <stddef.h>

/* Makes room for `need` elements of `size` > 0 bytes in the array that the pointer at `array`
 * points to (NULL with *capacity 0 at first): HS_GROW(list->items, list->capacity, list->count +
 * 1). It grows to twice what it was at least; what is new is not initialized. 0, or -1 when out of
 * memory or address space, with nothing changed. */
int hs_grow(void *array, size_t *capacity, size_t need, size_t size);

#define HS_GROW(array, capacity, need) hs_grow(&(array), &(capacity), (need), sizeof *(array))

/* Appends to it, which makes room first. 0, or -1 as above. */
#define HS_PUSH(array, capacity, count, ...)                                                       \
    (HS_GROW(array, capacity, (count) + 1) != 0 ? -1 : ((array)[(count)++] = __VA_ARGS__, 0))

#endif
