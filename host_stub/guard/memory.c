/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/memory.h"

#define _XOPEN_SOURCE 700 /* posix_memalign */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WATCH = 32, WATCH_BYTE = 0xb7, FRESH_BYTE = 0xa5, FREED_BYTE = 0xdd, ALIGN_MAX = 4096 };

typedef struct block {
    unsigned char *base;
    unsigned char *p;
    uint64_t size;
    uint64_t align;
    uint64_t number; /* of the allocation: names it in a report */
} block;

static int has_to_fail(hs_guard *g)
{
    const uint64_t n = ++g->allocations;
    const uint64_t at = g->options.fail_alloc;
    return at != 0 && (n == at || (g->options.fail_all_after && n > at));
}

void *hs_guard_alloc(void *ctx, uint64_t size, uint64_t align)
{
    hs_guard *const g = ctx;
    if (size == 0 || align == 0 || (align & (align - 1)) != 0 || align > ALIGN_MAX) {
        hs_guard_report(g, HS_P_BAD_ALLOC_REQUEST,
                        "alloc was asked for %" PRIu64 " bytes aligned to %" PRIu64, size, align);
        g->allocations++;
        return NULL;
    }
    if (has_to_fail(g) || size > (uint64_t)1 << 40) {
        return NULL;
    }
    const size_t lead = align > WATCH ? (size_t)align : WATCH;
    const size_t total = lead + (size_t)size + WATCH;
    void *base = NULL;
    block *const b = malloc(sizeof *b);
    if (b == NULL || posix_memalign(&base, lead, total) != 0) {
        free(b);
        return NULL;
    }
    unsigned char *const p = (unsigned char *)base + lead;
    *b = (block){base, p, size, align, g->allocations};
    if (hs_table_put(&g->blocks, (uint64_t)(uintptr_t)p, b) != 0) {
        free(base);
        free(b);
        return NULL;
    }
    memset(p - WATCH, WATCH_BYTE, WATCH);
    memset(p, FRESH_BYTE, (size_t)size);
    memset(p + size, WATCH_BYTE, WATCH);
    g->live_bytes += size;
    return p;
}

static void check_watch(hs_guard *g, const block *b)
{
    for (size_t i = 0; i < WATCH; i++) {
        if (b->p[b->size + i] != WATCH_BYTE || *(b->p - WATCH + i) != WATCH_BYTE) {
            hs_guard_report(
                g, HS_P_WRITE_BEYOND_BLOCK,
                "the %" PRIu64 " bytes of allocation %" PRIu64 " were written beyond their %s",
                b->size, b->number, b->p[b->size + i] != WATCH_BYTE ? "end" : "beginning");
            return;
        }
    }
}

static void release(hs_guard *g, block *b)
{
    check_watch(g, b);
    memset(b->p, FREED_BYTE, (size_t)b->size);
    g->live_bytes -= b->size;
    free(b->base);
    free(b);
}

void hs_guard_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    hs_guard *const g = ctx;
    g->frees++;
    block *const b = hs_table_remove(&g->blocks, (uint64_t)(uintptr_t)p);
    if (b == NULL) {
        hs_guard_report(g, HS_P_FREE_UNKNOWN,
                        "free of %" PRIu64 " bytes at %p, which is no live block", size, p);
        return;
    }
    HS_GUARD_REPORT_IF(g, b->size != size || b->align != align, HS_P_FREE_WRONG_SIZE,
                       "free with size %" PRIu64 " and align %" PRIu64 " of allocation %" PRIu64
                       ", which has size %" PRIu64 " and align %" PRIu64,
                       size, align, b->number, b->size, b->align);
    release(g, b);
}

void hs_guard_memory_finish(hs_guard *g, enum hs_guard_rule check)
{
    HS_GUARD_REPORT_IF(g, g->blocks.count > 0, check,
                       "%zu blocks with %" PRIu64 " bytes were not given back", g->blocks.count,
                       g->live_bytes);
    for (size_t i = 0; i < g->blocks.room; i++) {
        if (g->blocks.slots[i].key != 0) {
            release(g, g->blocks.slots[i].value);
        }
    }
    hs_table_free(&g->blocks);
}

uint64_t hs_guard_live_bytes(const hs_guard *g)
{
    return g->live_bytes;
}

uint64_t hs_guard_live_blocks(const hs_guard *g)
{
    return g->blocks.count;
}

uint64_t hs_guard_allocations(const hs_guard *g)
{
    return g->allocations;
}
