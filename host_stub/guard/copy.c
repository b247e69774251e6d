/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/copy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In memory: head, watch bytes, the copy, watch bytes, the sealed contents. */
typedef struct head {
    uint64_t size;
    uint64_t pad0;
} head;

static unsigned char *base_of(const void *copy)
{
    return (unsigned char *)(uintptr_t)copy - HS_WATCH_BYTES - sizeof(head);
}

static size_t size_of(const void *copy)
{
    head h;
    memcpy(&h, base_of(copy), sizeof h);
    return (size_t)h.size;
}

static int all_watch(const unsigned char *at)
{
    for (size_t i = 0; i < HS_WATCH_BYTES; i++) {
        if (at[i] != HS_WATCH_BYTE) {
            return 0;
        }
    }
    return 1;
}

void *hs_guard_copy_new(const void *from, size_t present, size_t size)
{
    const head h = {size, 0};
    const size_t total = sizeof h + 2 * HS_WATCH_BYTES + 2 * size;
    unsigned char *const base = malloc(total);
    if (base == NULL) {
        return NULL;
    }
    unsigned char *const copy = base + sizeof h + HS_WATCH_BYTES;
    memset(base, HS_WATCH_BYTE, total);
    memcpy(base, &h, sizeof h);
    if (present > 0) {
        memcpy(copy, from, present);
    }
    hs_guard_copy_seal(copy);
    return copy;
}

void hs_guard_copy_seal(void *copy)
{
    const size_t size = size_of(copy);
    memcpy((unsigned char *)copy + size + HS_WATCH_BYTES, copy, size);
}

const void *hs_guard_copy_sealed(const void *copy)
{
    return (const unsigned char *)copy + size_of(copy) + HS_WATCH_BYTES;
}

int hs_guard_copy_intact(const void *copy)
{
    const unsigned char *const bytes = copy;
    return all_watch(bytes - HS_WATCH_BYTES) && all_watch(bytes + size_of(copy));
}

int hs_guard_copy_unchanged(const void *copy)
{
    return memcmp(copy, hs_guard_copy_sealed(copy), size_of(copy)) == 0;
}

void hs_guard_copy_delete(void *copy)
{
    if (copy == NULL) {
        return;
    }
    memset(copy, 0xdd, size_of(copy));
    free(base_of(copy));
}
