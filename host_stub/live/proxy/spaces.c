/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/spaces.h"

#include <stdlib.h>
#include <string.h>

struct hs_space {
    hs_space *next; /* of its chain */
    uint64_t channel;
    uint32_t upstream;
    uint32_t common; /* bytes that are the same in its chain: all of them, or its beginning */
    hs_sv2_b032 prefix;
};

/* FNV-1a; what is not the same in a chain is told apart by its bytes. */
static uint64_t key_of(uint32_t upstream, const uint8_t *bytes, uint32_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ upstream ^ (uint64_t)len << 32;
    for (uint32_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return hash != 0 ? hash : 1;
}

static int fits(const hs_space *space, uint32_t upstream, const uint8_t *bytes, uint32_t len)
{
    return space->upstream == upstream && space->common == len &&
           memcmp(space->prefix.byte, bytes, len) == 0;
}

/* Puts it at the front of the chain of its first `common` bytes. */
static int link_space(hs_table *table, const hs_sv2_b032 *prefix, uint32_t common,
                      uint32_t upstream, uint64_t channel)
{
    const uint64_t key = key_of(upstream, prefix->byte, common);
    hs_space *const space = malloc(sizeof *space);
    if (space == NULL) {
        return -1;
    }
    *space = (hs_space){hs_table_find(table, key), channel, upstream, common, *prefix};
    if (hs_table_put(table, key, space) != 0) {
        free(space);
        return -1;
    }
    return 0;
}

static int is_it(const hs_space *space, const hs_sv2_b032 *prefix, uint32_t upstream,
                 uint64_t channel)
{
    return space->channel == channel && space->upstream == upstream &&
           space->prefix.len == prefix->len &&
           memcmp(space->prefix.byte, prefix->byte, prefix->len) == 0;
}

static void unlink_space(hs_table *table, const hs_sv2_b032 *prefix, uint32_t common,
                         uint32_t upstream, uint64_t channel)
{
    const uint64_t key = key_of(upstream, prefix->byte, common);
    hs_space *const first = hs_table_find(table, key);
    hs_space *before = NULL;
    hs_space *at = first;
    while (at != NULL && (at->common != common || !is_it(at, prefix, upstream, channel))) {
        before = at;
        at = at->next;
    }
    if (at == NULL) {
        return;
    }
    if (before != NULL) {
        before->next = at->next;
    } else if (at->next != NULL) {
        (void)hs_table_put(table, key, at->next); /* replaces: no memory is needed */
    } else {
        (void)hs_table_remove(table, key);
    }
    free(at);
}

static int has_length(const hs_spaces *spaces, uint32_t upstream, uint32_t len)
{
    return (spaces->lengths[upstream] >> len & 1) != 0;
}

/* Prefixes of this length are new at the pool: what is longer can be found by its beginning. */
static int add_length(hs_spaces *spaces, uint32_t upstream, uint32_t len)
{
    for (size_t i = 0; i < spaces->whole.room; i++) {
        const hs_space *at = spaces->whole.slots[i].key != 0 ? spaces->whole.slots[i].value : NULL;
        for (; at != NULL; at = at->next) {
            if (at->upstream == upstream && at->prefix.len > len &&
                link_space(&spaces->beginnings, &at->prefix, len, upstream, at->channel) != 0) {
                return -1;
            }
        }
    }
    spaces->lengths[upstream] |= UINT64_C(1) << len;
    return 0;
}

static int has(const hs_spaces *spaces, uint32_t upstream, const hs_sv2_b032 *prefix,
               uint64_t channel)
{
    const hs_space *at = hs_table_find(&spaces->whole, key_of(upstream, prefix->byte, prefix->len));
    while (at != NULL && !is_it(at, prefix, upstream, channel)) {
        at = at->next;
    }
    return at != NULL;
}

int hs_spaces_take(hs_spaces *spaces, uint32_t upstream, const hs_sv2_b032 *prefix,
                   uint64_t channel)
{
    if (prefix->len == 0 || has(spaces, upstream, prefix, channel)) {
        return 0;
    }
    if (!has_length(spaces, upstream, prefix->len) &&
        add_length(spaces, upstream, prefix->len) != 0) {
        return -1;
    }
    int rc = link_space(&spaces->whole, prefix, prefix->len, upstream, channel);
    for (uint32_t len = 1; rc == 0 && len < prefix->len; len++) {
        if (has_length(spaces, upstream, len)) {
            rc = link_space(&spaces->beginnings, prefix, len, upstream, channel);
        }
    }
    if (rc != 0) {
        hs_spaces_release(spaces, upstream, prefix, channel);
    }
    return rc;
}

void hs_spaces_release(hs_spaces *spaces, uint32_t upstream, const hs_sv2_b032 *prefix,
                       uint64_t channel)
{
    unlink_space(&spaces->whole, prefix, prefix->len, upstream, channel);
    for (uint32_t len = 1; len < prefix->len; len++) {
        if (has_length(spaces, upstream, len)) {
            unlink_space(&spaces->beginnings, prefix, len, upstream, channel);
        }
    }
}

/* Is there one of another channel in the chain of these bytes? */
static int any_other(const hs_table *table, uint32_t upstream, const uint8_t *bytes, uint32_t len,
                     uint64_t channel)
{
    const hs_space *at = hs_table_find(table, key_of(upstream, bytes, len));
    while (at != NULL && (at->channel == channel || !fits(at, upstream, bytes, len))) {
        at = at->next;
    }
    return at != NULL;
}

int hs_spaces_are_taken(hs_spaces *spaces, uint32_t upstream, const hs_sv2_b032 *prefix,
                        uint64_t channel)
{
    if (prefix->len == 0) {
        return 0;
    }
    if (!has_length(spaces, upstream, prefix->len) &&
        add_length(spaces, upstream, prefix->len) != 0) {
        return 1; /* nobody knows */
    }
    for (uint32_t len = 1; len <= prefix->len; len++) {
        if (has_length(spaces, upstream, len) &&
            any_other(&spaces->whole, upstream, prefix->byte, len, channel)) {
            return 1;
        }
    }
    return any_other(&spaces->beginnings, upstream, prefix->byte, prefix->len, channel);
}

static void free_chains(hs_table *table)
{
    for (size_t i = 0; i < table->room; i++) {
        hs_space *at = table->slots[i].key != 0 ? table->slots[i].value : NULL;
        while (at != NULL) {
            hs_space *const next = at->next;
            free(at);
            at = next;
        }
    }
    hs_table_free(table);
}

void hs_spaces_free(hs_spaces *spaces)
{
    free_chains(&spaces->whole);
    free_chains(&spaces->beginnings);
    memset(spaces, 0, sizeof *spaces);
}
