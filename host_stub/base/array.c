/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 4 };

int hs_grow(void *array, size_t *capacity, size_t need, size_t size)
{
    size_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity;
    void *items = NULL;
    if (need <= *capacity) {
        return 0;
    }
    wanted = wanted <= SIZE_MAX / 2 && *capacity > 0 ? wanted * 2 : wanted;
    wanted = need > wanted ? need : wanted;
    if (wanted > SIZE_MAX / size) {
        return -1;
    }
    memcpy(&items, array, sizeof items); /* any T *, read without another type's eyes */
    items = realloc(items, wanted * size);
    if (items == NULL) {
        return -1;
    }
    memcpy(array, &items, sizeof items);
    *capacity = wanted;
    return 0;
}
