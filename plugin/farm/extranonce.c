/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/extranonce.h"

#include <string.h>

enum { CHEAP_INDEXES = 0x10000 };

uint32_t hm_index_width(uint32_t count)
{
    if (count <= 0x100u) {
        return 1;
    }
    if (count <= 0x10000u) {
        return 2;
    }
    return count <= 0x1000000u ? 3 : 4;
}

/* Twice the channels: those that have left hold their prefix for a while. */
static uint32_t wanted_indexes(uint32_t channels)
{
    return channels < 128u ? 256u : 2u * channels;
}

/* All that the bytes can name, when that is little: the more there are, the longer one rests. */
static uint32_t capacity_of(uint32_t channels, uint32_t width)
{
    const uint32_t needed = wanted_indexes(channels);
    const uint64_t wanted = needed > CHEAP_INDEXES ? needed : CHEAP_INDEXES;
    const uint64_t most = 1ull << (8u * width);
    return (uint32_t)(wanted < most ? wanted : most);
}

void hm_extranonce_free(hm_extranonce_space *s)
{
    if (s->used != NULL) {
        hm_free(s->memory, s->used, 2u * s->words, sizeof *s->used, _Alignof(uint64_t));
    }
    *s = (hm_extranonce_space){0};
}

int hm_extranonce_reset(hm_extranonce_space *s, const hm_memory *memory, const uint8_t *pool_prefix,
                        uint32_t pool_prefix_len, uint32_t granted_size, uint32_t instance_index,
                        uint32_t instance_count, uint32_t channels)
{
    hm_extranonce_free(s);
    if (granted_size == 0) {
        return 0;
    }
    s->memory = memory;
    s->channels = channels;
    s->instance_width = (uint8_t)(instance_count > 1 ? hm_index_width(instance_count) : 0);
    s->index_width = (uint8_t)hm_index_width(wanted_indexes(channels));
    while (s->index_width > 1 && (uint32_t)s->instance_width + s->index_width > granted_size) {
        s->index_width--;
    }
    s->instance_index = instance_index;
    s->pool_prefix_len = (uint8_t)pool_prefix_len;
    s->granted_size = (uint8_t)granted_size;
    memcpy(s->pool_prefix, pool_prefix, pool_prefix_len);
    s->capacity = capacity_of(channels, s->index_width);
    s->words = (s->capacity + 63u) / 64u;
    s->used = hm_alloc(memory, 2u * s->words, sizeof *s->used, _Alignof(uint64_t));
    if (s->used == NULL) {
        hm_extranonce_free(s);
        return -1;
    }
    s->blocked = s->used + s->words;
    return 0;
}

/* Length of the prefix that the channel needs, 0 when it cannot have one. */
static uint32_t prefix_length(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable)
{
    const uint32_t middle = (uint32_t)s->instance_width + s->index_width;
    const uint32_t reserved = kind == HMX_CHANNEL_EXTENDED ? rollable : 0;
    if (s->used == NULL || reserved + middle > s->granted_size) {
        return 0;
    }
    return (uint32_t)s->pool_prefix_len + s->granted_size - reserved;
}

int hm_extranonce_fits(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable)
{
    return prefix_length(s, kind, rollable) > 0;
}

int hm_extranonce_could(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable)
{
    const uint32_t reserved = kind == HMX_CHANNEL_EXTENDED ? rollable : 0;
    return s->used != NULL && reserved + s->instance_width + 1u <= s->granted_size;
}

/* The width that leaves this channel its own bytes. */
static uint32_t narrow_width(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable)
{
    return (uint32_t)s->granted_size - s->instance_width -
           (kind == HMX_CHANNEL_EXTENDED ? rollable : 0);
}

int hm_extranonce_has_room(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable)
{
    if (hm_extranonce_fits(s, kind, rollable)) {
        return s->in_use < s->capacity;
    }
    return hm_extranonce_could(s, kind, rollable) &&
           2u * (s->in_use + 1u) <= capacity_of(s->channels, narrow_width(s, kind, rollable));
}

void hm_extranonce_narrow(hm_extranonce_space *s, uint32_t kind, uint32_t rollable)
{
    s->index_width = (uint8_t)narrow_width(s, kind, rollable);
    s->capacity = capacity_of(s->channels, s->index_width);
    s->in_use = s->scan = 0;
    memset(s->used, 0, 2u * s->words * sizeof *s->used);
}

static int is_used(const hm_extranonce_space *s, uint32_t index)
{
    return (int)((s->used[index / 64u] | s->blocked[index / 64u]) >> (index % 64u) & 1u);
}

/* First free index in [from, to), or `to`. Whole words that are full are skipped. */
static uint32_t first_free(const hm_extranonce_space *s, uint32_t from, uint32_t to)
{
    uint32_t index = from;
    while (index < to) {
        if (index % 64u == 0 && (s->used[index / 64u] | s->blocked[index / 64u]) == UINT64_MAX) {
            index += 64u;
        } else if (is_used(s, index)) {
            index++;
        } else {
            return index;
        }
    }
    return to;
}

int hm_extranonce_take(hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                       hm_prefix_place *place)
{
    *place = (hm_prefix_place){0};
    if (prefix_length(s, kind, rollable) == 0 || s->in_use >= s->capacity) {
        return -1;
    }
    uint32_t index = first_free(s, s->scan, s->capacity);
    if (index >= s->capacity) {
        index = first_free(s, 0, s->scan);
    }
    if (!HM_HOLDS(s->memory->alarm, index < s->capacity && !is_used(s, index))) {
        return -1;
    }
    s->used[index / 64u] |= 1ull << (index % 64u);
    s->in_use++;
    s->scan = index + 1u < s->capacity ? index + 1u : 0;
    *place = (hm_prefix_place){.first = index, .count = 1};
    return 0;
}

static void write_big_endian(uint8_t *to, uint32_t width, uint32_t value)
{
    for (uint32_t i = 0; i < width; i++) {
        to[width - 1u - i] = (uint8_t)(value >> (8u * i));
    }
}

uint32_t hm_extranonce_write(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                             hm_prefix_place place, uint8_t prefix[HMX_EXTRANONCE_MAX])
{
    memset(prefix, 0, HMX_EXTRANONCE_MAX);
    memcpy(prefix, s->pool_prefix, s->pool_prefix_len);
    uint8_t *const middle = prefix + s->pool_prefix_len;
    write_big_endian(middle, s->instance_width, s->instance_index);
    write_big_endian(middle + s->instance_width, s->index_width, place.first);
    return prefix_length(s, kind, rollable);
}

/* What a prefix overlaps in this space: one index, or all that begin with it; count 0 when it does
 * not lie in this space or len is 0. */
static hm_prefix_place covered(const hm_extranonce_space *s, const uint8_t *prefix, uint32_t len)
{
    const hm_prefix_place none = {0};
    uint8_t ours[HMX_EXTRANONCE_MAX] = {0};
    const uint32_t fixed = (uint32_t)s->pool_prefix_len + s->instance_width;
    /* Where no index fits none was ever handed out, and ours would not fit into 32 bytes. */
    if (s->used == NULL || len == 0 ||
        (uint32_t)s->instance_width + s->index_width > s->granted_size) {
        return none;
    }
    memcpy(ours, s->pool_prefix, s->pool_prefix_len);
    write_big_endian(ours + s->pool_prefix_len, s->instance_width, s->instance_index);
    if (memcmp(ours, prefix, len < fixed ? len : fixed) != 0) {
        return none;
    }
    const uint32_t given = len < fixed ? 0 : len - fixed; /* index bytes that it fixes */
    const uint32_t known = given < s->index_width ? given : s->index_width;
    uint64_t first = 0;
    for (uint32_t i = 0; i < s->index_width; i++) {
        first = first << 8 | (i < known ? prefix[fixed + i] : 0u);
    }
    const uint64_t run = 1ull << (8u * (s->index_width - known));
    if (first >= s->capacity) {
        return none;
    }
    const uint64_t end = first + run < s->capacity ? first + run : s->capacity;
    return (hm_prefix_place){.first = (uint32_t)first, .count = (uint32_t)(end - first)};
}

void hm_extranonce_block(hm_extranonce_space *s, const uint8_t *prefix, uint32_t len)
{
    const hm_prefix_place place = covered(s, prefix, len);
    for (uint32_t i = place.first; i < place.first + place.count; i++) {
        s->in_use += !is_used(s, i);
        s->blocked[i / 64u] |= 1ull << (i % 64u);
    }
}

void hm_extranonce_unblock(hm_extranonce_space *s)
{
    for (uint32_t i = 0; i < s->words && s->used != NULL; i++) {
        s->in_use -= (uint32_t)__builtin_popcountll(s->blocked[i] & ~s->used[i]);
        s->blocked[i] = 0;
    }
}

int hm_extranonce_meets(const hm_extranonce_space *s, const uint8_t *prefix, uint32_t len)
{
    const hm_prefix_place place = covered(s, prefix, len);
    for (uint32_t i = place.first; i < place.first + place.count; i++) {
        if ((s->used[i / 64u] >> (i % 64u) & 1u) != 0) {
            return 1;
        }
    }
    return 0;
}

int hm_extranonce_is_form(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                          const uint8_t *prefix, uint32_t len)
{
    const uint32_t reserved = kind == HMX_CHANNEL_EXTENDED ? rollable : 0;
    return len + reserved == (uint32_t)s->pool_prefix_len + s->granted_size &&
           len >= s->pool_prefix_len && memcmp(prefix, s->pool_prefix, s->pool_prefix_len) == 0;
}

void hm_extranonce_release(hm_extranonce_space *s, hm_prefix_place place)
{
    if (s->used == NULL || place.first + place.count > s->capacity) {
        return; /* the space was replaced since: nothing of it is left to give back */
    }
    for (uint32_t i = place.first; i < place.first + place.count; i++) {
        const uint64_t bit = 1ull << (i % 64u);
        HM_MUST(s->memory->alarm, (s->used[i / 64u] & bit) != 0); /* not free already */
        HM_MUST(s->memory->alarm, s->in_use > 0);
        s->used[i / 64u] &= ~bit;
        s->in_use -= !is_used(s, i);
    }
}
