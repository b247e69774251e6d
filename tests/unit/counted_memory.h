/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * counted_memory.h: a host's allocator for unit tests. It counts what is alive, checks that every
 * block goes back with the size and alignment that it was asked for, fills new blocks with 0xA5
 * (the contract promises no zeros), and fails the k-th allocation, or all from the k-th on. */
#ifndef TESTS_UNIT_COUNTED_MEMORY_H
#define TESTS_UNIT_COUNTED_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/base/memory.h"

typedef struct counted_memory {
    uint64_t live_blocks;
    uint64_t live_bytes;
    uint64_t asked;    /* allocations asked for, failed ones too */
    uint64_t fail_at;  /* 0 = never; else the number of the one that fails, from 1 */
    int fail_from;     /* 1: all after fail_at fail too */
    uint64_t mistakes; /* blocks given back with another size or alignment; size 0 asked for */
} counted_memory;

typedef struct counted_block {
    void *base;
    uint64_t size;
    uint64_t align;
} counted_block;

static inline void *counted_alloc(void *ctx, uint64_t size, uint64_t align)
{
    counted_memory *const m = (counted_memory *)ctx;
    m->asked++;
    if (m->fail_at != 0 && (m->asked == m->fail_at || (m->fail_from && m->asked > m->fail_at))) {
        return NULL;
    }
    m->mistakes += size == 0 || align == 0 || (align & (align - 1)) != 0;
    char *const base = (char *)malloc(size + align + sizeof(counted_block));
    if (base == NULL) {
        return NULL;
    }
    const uintptr_t first = (uintptr_t)base + sizeof(counted_block);
    char *const p = base + sizeof(counted_block) + (align - first % align) % align;
    const counted_block block = {base, size, align};
    memcpy(p - sizeof block, &block, sizeof block);
    memset(p, 0xA5, size);
    m->live_blocks++;
    m->live_bytes += size;
    return p;
}

static inline void counted_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    counted_memory *const m = (counted_memory *)ctx;
    counted_block block;
    memcpy(&block, (char *)p - sizeof block, sizeof block);
    m->mistakes += block.size != size || block.align != align;
    m->live_blocks--;
    m->live_bytes -= block.size;
    free(block.base);
}

static inline hm_memory counted_hm_memory(counted_memory *m)
{
    return (hm_memory){m, counted_alloc, counted_free, NULL};
}

#endif /* TESTS_UNIT_COUNTED_MEMORY_H */
