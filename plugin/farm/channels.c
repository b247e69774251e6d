/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/channels.h"

#include <string.h>

_Static_assert(sizeof(hm_channel_hot) == 64, "on_share touches one cache line");
_Static_assert(sizeof(hm_estimate) == 64, "the estimator touches one more");

int hm_channels_init(hm_channels *c, const hm_memory *memory, uint32_t limit,
                     const unsigned char hash_key[16])
{
    memset(c, 0, sizeof *c);
    c->memory = memory;
    c->limit = limit;
    c->free_head = HM_SLOT_NONE;
    c->chunk_capacity = (limit + (HM_CHUNK_SLOTS - 1u)) / HM_CHUNK_SLOTS;
    hm_table_init(&c->index, memory, hash_key);
    c->chunks =
        hm_alloc(memory, c->chunk_capacity, sizeof *c->chunks, _Alignof(hm_channel_chunk *));
    return c->chunks == NULL ? -1 : 0;
}

static void release_chunks(hm_channels *c)
{
    for (uint32_t i = 0; i < c->chunk_count; i++) {
        hm_free(c->memory, c->chunks[i], 1, sizeof(hm_channel_chunk), 64);
        c->chunks[i] = NULL;
    }
    c->chunk_count = 0;
    c->slots = 0;
    c->free_head = HM_SLOT_NONE;
}

void hm_channels_free(hm_channels *c)
{
    if (c->memory == NULL) {
        return;
    }
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        if (hm_hot(c, slot)->channel != 0) {
            hm_free(c->memory, hm_cold(c, slot)->identity, hm_cold(c, slot)->identity_len, 1, 1);
        }
    }
    release_chunks(c);
    hm_table_free(&c->index);
    hm_free(c->memory, c->chunks, c->chunk_capacity, sizeof *c->chunks,
            _Alignof(hm_channel_chunk *));
    c->chunks = NULL;
}

/* A slot that is free now, without taking it; HM_SLOT_NONE when out of memory. */
static uint32_t free_slot(hm_channels *c)
{
    if (c->free_head != HM_SLOT_NONE) {
        return c->free_head;
    }
    if (c->slots == c->chunk_count * HM_CHUNK_SLOTS) {
        hm_channel_chunk *const chunk = hm_alloc(c->memory, 1, sizeof *chunk, 64);
        if (chunk == NULL) {
            return HM_SLOT_NONE;
        }
        c->chunks[c->chunk_count] = chunk;
        c->chunk_count++;
    }
    return c->slots;
}

uint32_t hm_channels_open(hm_channels *c, uint64_t channel)
{
    const uint32_t slot = free_slot(c);
    if (slot == HM_SLOT_NONE || hm_table_put(&c->index, channel, slot) != 0) {
        if (c->count == 0) {
            release_chunks(c); /* nothing changed: not even an empty chunk stays */
        }
        return HM_SLOT_NONE;
    }
    if (slot == c->slots) {
        c->slots++;
    } else {
        c->free_head = hm_hot(c, slot)->next;
    }
    memset(hm_hot(c, slot), 0, sizeof(hm_channel_hot));
    memset(hm_estimate_of(c, slot), 0, sizeof(hm_estimate));
    memset(hm_cold(c, slot), 0, sizeof(hm_channel_cold));
    c->next_generation++;
    hm_hot(c, slot)->channel = channel;
    hm_hot(c, slot)->generation = c->next_generation;
    c->count++;
    HM_MUST(c->memory->alarm, c->count == c->index.count && c->count <= c->slots);
    return slot;
}

int hm_channels_name(hm_channels *c, uint32_t slot, const void *identity, uint32_t len)
{
    hm_channel_cold *const cold = hm_cold(c, slot);
    if (len == 0) {
        return 0;
    }
    cold->identity = hm_alloc(c->memory, len, 1, 1);
    if (cold->identity == NULL) {
        return -1;
    }
    memcpy(cold->identity, identity, len);
    cold->identity_len = (uint8_t)len;
    return 0;
}

void hm_channels_close(hm_channels *c, uint32_t slot)
{
    if (!HM_HOLDS(c->memory->alarm, slot < c->slots && hm_hot(c, slot)->channel != 0)) {
        return;
    }
    hm_channel_cold *const cold = hm_cold(c, slot);
    hm_table_remove(&c->index, hm_hot(c, slot)->channel);
    hm_free(c->memory, cold->identity, cold->identity_len, 1, 1);
    cold->identity = NULL;
    memset(hm_hot(c, slot), 0, sizeof(hm_channel_hot));
    hm_hot(c, slot)->next = c->free_head;
    c->free_head = slot;
    c->count--;
    HM_MUST(c->memory->alarm, c->count == c->index.count);
    if (c->count == 0) {
        release_chunks(c);
    }
}

void hm_channels_take_back(hm_channels *c, uint32_t slot)
{
    hm_channels_close(c, slot);
    c->next_generation--; /* the next cookie is the one that this channel had */
}

uint64_t hm_channels_cookie(const hm_channels *c, uint32_t slot)
{
    return (uint64_t)hm_hot(c, slot)->generation << 32 | ((uint64_t)slot + 1u);
}

uint32_t hm_channels_look_up(const hm_channels *c, uint64_t channel)
{
    const uint32_t slot = hm_table_get(&c->index, channel);
    return slot == HM_TABLE_MISSING ? HM_SLOT_NONE : slot;
}
