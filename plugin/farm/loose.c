/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/loose.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

void hm_loose_init(hm_loose *l, const hm_memory *memory, const unsigned char hash_key[16])
{
    memset(l, 0, sizeof *l);
    memcpy(l->hash_key, hash_key, sizeof l->hash_key);
    hm_table_init(&l->first, memory, hash_key);
}

void hm_loose_free(hm_loose *l)
{
    hm_table_free(&l->first);
}

static uint64_t key_of(const hm_loose *l, uint32_t upstream, const uint8_t *prefix)
{
    const uint32_t len = l->shortest[upstream - 1u];
    unsigned char in[1 + HMX_EXTRANONCE_MAX] = {(unsigned char)upstream};
    uint64_t key = 0;
    _Static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8, "of libsodium");
    memcpy(in + 1, prefix, len);
    (void)crypto_shorthash((unsigned char *)&key, in, 1u + len, l->hash_key);
    return key != 0 ? key : 1;
}

static uint64_t key_of_channel(const hm_loose *l, const hm_channels *c, uint32_t slot)
{
    return key_of(l, hm_hot(c, slot)->upstream, hm_cold(c, slot)->prefix);
}

static void link_in(hm_loose *l, const hm_channels *c, uint32_t slot)
{
    hm_channel_cold *const cold = hm_cold(c, slot);
    const uint64_t key = key_of_channel(l, c, slot);
    const uint32_t head = hm_table_get(&l->first, key);
    cold->loose_next = HM_SLOT_NONE;
    cold->loose = 1;
    if (head != HM_TABLE_MISSING) {
        cold->loose_next = hm_cold(c, head)->loose_next;
        hm_cold(c, head)->loose_next = slot;
    } else if (hm_table_put(&l->first, key, slot) != 0) {
        cold->loose = 0;
    }
}

/* Is this channel's prefix in the lists, as one of the upstream's? */
static int is_listed(const hm_channels *c, uint32_t slot, uint32_t upstream)
{
    const hm_channel_hot *const hot = hm_hot(c, slot);
    return hot->channel != 0 && hot->upstream == upstream && hm_cold(c, slot)->loose;
}

/* Makes lists of prefixes that agree in fewer bytes. At most 32 times for an upstream. */
static void shorten(hm_loose *l, const hm_channels *c, uint32_t upstream, uint32_t len)
{
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        if (is_listed(c, slot, upstream)) {
            hm_table_remove(&l->first, key_of_channel(l, c, slot));
        }
    }
    l->shortest[upstream - 1u] = (uint8_t)len;
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        if (is_listed(c, slot, upstream)) {
            link_in(l, c, slot);
        }
    }
}

void hm_loose_add(hm_loose *l, const hm_channels *c, uint32_t slot)
{
    const uint32_t upstream = hm_hot(c, slot)->upstream;
    const uint32_t len = hm_cold(c, slot)->prefix_len;
    uint8_t *const shortest = &l->shortest[upstream - 1u];
    if (*shortest == 0) {
        *shortest = (uint8_t)len;
    } else if (len < *shortest) {
        shorten(l, c, upstream, len);
    }
    link_in(l, c, slot);
}

void hm_loose_remove(hm_loose *l, const hm_channels *c, uint32_t slot)
{
    hm_channel_cold *const cold = hm_cold(c, slot);
    if (!cold->loose) {
        return;
    }
    const uint64_t key = key_of_channel(l, c, slot);
    uint32_t at = hm_table_get(&l->first, key);
    cold->loose = 0;
    if (at == slot && cold->loose_next == HM_SLOT_NONE) {
        hm_table_remove(&l->first, key);
    } else if (at == slot) {
        hm_table_set(&l->first, key, cold->loose_next);
    } else {
        while (hm_cold(c, at)->loose_next != slot) {
            at = hm_cold(c, at)->loose_next;
        }
        hm_cold(c, at)->loose_next = cold->loose_next;
    }
}

uint32_t hm_loose_find(hm_loose *l, const hm_channels *c, uint32_t upstream, const uint8_t *prefix,
                       uint32_t len)
{
    const uint32_t shortest = l->shortest[upstream - 1u];
    if (shortest == 0 || len == 0) {
        return HM_SLOT_NONE;
    }
    if (len < shortest) {
        shorten(l, c, upstream, len);
    }
    uint32_t slot = hm_table_get(&l->first, key_of(l, upstream, prefix));
    while (slot != HM_SLOT_NONE) {
        const hm_channel_cold *const cold = hm_cold(c, slot);
        if (memcmp(cold->prefix, prefix, len < cold->prefix_len ? len : cold->prefix_len) == 0) {
            return slot;
        }
        slot = cold->loose_next;
    }
    return HM_SLOT_NONE;
}
