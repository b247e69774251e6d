/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * arena.h: a host's memory that can be put back. All blocks of an instance, and the allocator's own
 * account of them, lie in one array that never moves: with its bytes the instance is what it was
 * before a call. Of its 64-byte lines only few ever change; these are learned, and only they are
 * copied. Whoever walks asks from time to time whether any other has changed, and walks again if
 * so. */
#ifndef TESTS_WORLD_ARENA_H
#define TESTS_WORLD_ARENA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_SIZE = 4 << 20, ARENA_LINE = 64, ARENA_LINES = ARENA_SIZE / ARENA_LINE };
enum { ARENA_BLOCKS = 64, ARENA_DEPTH = 16 };

typedef struct arena_block {
    uint64_t at;
    uint64_t size;
    uint64_t used;
} arena_block;

typedef struct arena_book {
    uint64_t top;
    uint64_t count;
    uint64_t live; /* bytes */
    arena_block blocks[ARENA_BLOCKS];
} arena_book;

static _Alignas(4096) unsigned char arena[ARENA_SIZE];
static unsigned char arena_root[ARENA_SIZE];              /* as it was when the walk began */
static unsigned char arena_kept[ARENA_DEPTH][ARENA_SIZE]; /* hot lines, by depth */
static uint32_t arena_hot[ARENA_LINES];                   /* lines that change */
static uint32_t arena_hot_count;
static unsigned char arena_is_hot[ARENA_LINES];

static inline arena_book *arena_account(void)
{
    return (arena_book *)(void *)arena;
}

static inline void arena_begin(void)
{
    memset(arena, 0, sizeof arena);
    memset(arena_is_hot, 0, sizeof arena_is_hot);
    arena_hot_count = 0;
    arena_account()->top = 4096;
}

/* A block of just this size that is free, or a new one. */
static inline void *arena_alloc(void *ctx, uint64_t size, uint64_t align)
{
    arena_book *const book = arena_account();
    (void)ctx;
    for (uint64_t i = 0; i < book->count; i++) {
        arena_block *const b = &book->blocks[i];
        if (!b->used && b->size == size && b->at % align == 0) {
            b->used = 1;
            book->live += size;
            return arena + b->at;
        }
    }
    const uint64_t at = (book->top + align - 1) / align * align;
    if (book->count == ARENA_BLOCKS || at + size > sizeof arena) {
        return NULL;
    }
    book->blocks[book->count++] = (arena_block){.at = at, .size = size, .used = 1};
    book->top = at + size;
    book->live += size;
    return arena + at;
}

static inline void arena_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    arena_book *const book = arena_account();
    const uint64_t at = (uint64_t)((unsigned char *)p - arena);
    (void)ctx;
    (void)align;
    for (uint64_t i = 0; i < book->count; i++) {
        if (book->blocks[i].used && book->blocks[i].at == at && book->blocks[i].size == size) {
            book->blocks[i].used = 0;
            book->live -= size;
            return;
        }
    }
    fprintf(stderr, "arena: a block came back that was never given\n");
    abort();
}

/* From here on the walk: what is now is the root. */
static inline void arena_plant(void)
{
    memcpy(arena_root, arena, sizeof arena);
}

static inline void arena_copy(unsigned char *to, const unsigned char *from)
{
    for (uint32_t i = 0; i < arena_hot_count; i++) {
        const size_t at = (size_t)arena_hot[i] * ARENA_LINE;
        memcpy(to + at, from + at, ARENA_LINE);
    }
}

static inline void arena_keep(uint32_t depth)
{
    arena_copy(arena_kept[depth], arena);
}

static inline void arena_back(uint32_t depth)
{
    arena_copy(arena, arena_kept[depth]);
}

/* Has a line changed that was not known to? Then it is from now on, and everything that was kept
 * has it as it was at the root; what was walked since the last question counts for nothing. */
static inline uint32_t arena_learn(void)
{
    uint32_t learned = 0;
    for (uint32_t line = 0; line < ARENA_LINES; line++) {
        const size_t at = (size_t)line * ARENA_LINE;
        if (arena_is_hot[line] || memcmp(arena + at, arena_root + at, ARENA_LINE) == 0) {
            continue;
        }
        arena_is_hot[line] = 1;
        arena_hot[arena_hot_count++] = line;
        learned++;
        memcpy(arena + at, arena_root + at, ARENA_LINE);
        for (uint32_t d = 0; d < ARENA_DEPTH; d++) {
            memcpy(arena_kept[d] + at, arena_root + at, ARENA_LINE);
        }
    }
    return learned;
}

/* Back to the root, whatever was touched. */
static inline void arena_uproot(void)
{
    memcpy(arena, arena_root, sizeof arena);
}

#endif
