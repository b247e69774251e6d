/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/prefixes.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

#define NONE UINT32_MAX

/* Of those held, the longest first: so many are looked at for one that may be used again. */
enum { LOOKED_AT = 256 };

static void forget_order(hm_prefixes *p)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        p->oldest[i] = p->newest[i] = NONE;
    }
}

void hm_prefixes_init(hm_prefixes *p, const hm_memory *memory, const unsigned char hash_key[16])
{
    memset(p, 0, sizeof *p);
    p->memory = memory;
    p->free_head = NONE;
    forget_order(p);
    memcpy(p->hash_key, hash_key, sizeof p->hash_key);
    hm_table_init(&p->index, memory, hash_key);
    hm_table_init(&p->owners, memory, hash_key);
}

static void release_list(hm_prefixes *p)
{
    hm_free(p->memory, p->held, p->held_capacity, sizeof *p->held, _Alignof(hm_held_prefix));
    p->held = NULL;
    p->held_capacity = 0;
    p->free_head = NONE;
    forget_order(p);
}

void hm_prefixes_free(hm_prefixes *p)
{
    if (p->memory == NULL) {
        return;
    }
    release_list(p);
    hm_table_free(&p->index);
    hm_table_free(&p->owners);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        hm_extranonce_free(&p->spaces[i]);
    }
}

static uint64_t key_of(const hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len)
{
    unsigned char in[2 + HMX_EXTRANONCE_MAX] = {(unsigned char)upstream, (unsigned char)len};
    uint64_t key = 0;
    _Static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8, "of libsodium");
    memcpy(in + 2, prefix, len);
    (void)crypto_shorthash((unsigned char *)&key, in, 2u + len, p->hash_key);
    return key != 0 ? key : 1;
}

static void unlink_held(hm_prefixes *p, uint32_t at)
{
    hm_held_prefix *const h = &p->held[at];
    if (h->older != NONE) {
        p->held[h->older].newer = h->newer;
    } else {
        p->oldest[h->upstream - 1u] = h->newer;
    }
    if (h->newer != NONE) {
        p->held[h->newer].older = h->older;
    } else {
        p->newest[h->upstream - 1u] = h->older;
    }
}

static uint64_t key_of_owner(uint32_t upstream, uint64_t owner)
{
    return owner == 0 ? 0 : owner * HMX_UPSTREAMS_MAX + (upstream - 1u);
}

/* The owner of a place is counted as long as it is held. */
static uint64_t owner_key(const hm_held_prefix *h)
{
    return h->place.count == 0 ? 0 : key_of_owner(h->upstream, h->owner);
}

static void disown(hm_prefixes *p, hm_held_prefix *h)
{
    const uint64_t key = owner_key(h);
    const uint32_t count = key != 0 ? hm_table_get(&p->owners, key) : HM_TABLE_MISSING;
    if (count != HM_TABLE_MISSING && count > 1u) {
        hm_table_set(&p->owners, key, count - 1u);
    } else if (count != HM_TABLE_MISSING) {
        hm_table_remove(&p->owners, key);
    }
    h->owner = 0;
}

static void own(hm_prefixes *p, hm_held_prefix *h, uint64_t owner)
{
    h->owner = owner;
    const uint64_t key = owner_key(h);
    const uint32_t count = key != 0 ? hm_table_get(&p->owners, key) : HM_TABLE_MISSING;
    if (count != HM_TABLE_MISSING) {
        hm_table_set(&p->owners, key, count + 1u);
    } else if (key == 0 || hm_table_put(&p->owners, key, 1) != 0) {
        h->owner = 0; /* uncounted */
    }
}

/* Ends the holding of a prefix, whose place stays taken and which blocks what it blocks. */
static void let_go(hm_prefixes *p, uint32_t at)
{
    hm_held_prefix *const h = &p->held[at];
    HM_MUST(p->memory->alarm, p->held_count > 0 && p->held_count >= p->index.count);
    HM_MUST(p->memory->alarm, h->key == 0 || hm_table_get(&p->index, h->key) == at);
    hm_table_remove(&p->index, h->key);
    disown(p, h);
    unlink_held(p, at);
    h->newer = p->free_head;
    p->free_head = at;
    p->held_count--;
    if (p->held_count == 0) {
        release_list(p);
    }
}

static void drop(hm_prefixes *p, uint32_t at)
{
    const hm_held_prefix *const h = &p->held[at];
    if (h->place.count > 0) {
        hm_extranonce_release(hm_space(p, h->upstream), h->place);
    } else {
        p->changed |= 1ull << (h->upstream - 1u);
    }
    let_go(p, at);
}

static int grow(hm_prefixes *p)
{
    const uint32_t capacity = p->held_capacity == 0 ? 64u : p->held_capacity * 2u;
    hm_held_prefix *const held =
        hm_alloc(p->memory, capacity, sizeof *held, _Alignof(hm_held_prefix));
    if (held == NULL) {
        return -1;
    }
    if (p->held_capacity > 0) {
        memcpy(held, p->held, p->held_capacity * sizeof *held);
    }
    for (uint32_t i = capacity; i > p->held_capacity; i--) {
        held[i - 1u].newer = p->free_head;
        p->free_head = i - 1u;
    }
    hm_free(p->memory, p->held, p->held_capacity, sizeof *p->held, _Alignof(hm_held_prefix));
    p->held = held;
    p->held_capacity = capacity;
    return 0;
}

/* What is held of just this prefix; NONE when nothing is. */
static uint32_t find_held(const hm_prefixes *p, uint32_t upstream, const uint8_t *prefix,
                          uint32_t len)
{
    const uint32_t at = len == 0 ? NONE : hm_table_get(&p->index, key_of(p, upstream, prefix, len));
    const int is_it = at != NONE && p->held[at].upstream == upstream &&
                      p->held[at].prefix_len == len && memcmp(p->held[at].prefix, prefix, len) == 0;
    return is_it ? at : NONE;
}

static void append(hm_prefixes *p, uint32_t at)
{
    hm_held_prefix *const h = &p->held[at];
    uint32_t *const newest = &p->newest[h->upstream - 1u];
    h->older = *newest;
    h->newer = NONE;
    if (*newest != NONE) {
        p->held[*newest].newer = at;
    } else {
        p->oldest[h->upstream - 1u] = at;
    }
    *newest = at;
}

/* A record for a prefix that is not held yet; NONE without memory. */
static uint32_t new_record(hm_prefixes *p, uint64_t key, uint32_t upstream)
{
    if (p->free_head == NONE && grow(p) != 0) {
        return NONE;
    }
    const uint32_t at = p->free_head;
    /* Another prefix with this very hash, one in 2^64: then this one waits for its time. */
    const int is_new = hm_table_get(&p->index, key) == HM_TABLE_MISSING;
    if (is_new && hm_table_put(&p->index, key, at) != 0) {
        return NONE;
    }
    p->free_head = p->held[at].newer;
    p->held[at] = (hm_held_prefix){.key = is_new ? key : 0, .upstream = upstream};
    p->held_count++;
    append(p, at);
    return at;
}

static uint64_t hold_ns(const hm_prefixes *p)
{
    return p->reported ? HM_PREFIX_HOLD_REPORTED_NS : HM_PREFIX_HOLD_NS;
}

static int is_reusable(const hm_prefixes *p, const hm_held_prefix *h, uint64_t now_ns)
{
    const int has_rested = now_ns + hold_ns(p) >= h->until_ns + HM_PREFIX_REST_NS;
    return h->place.count > 0 && !h->unconfirmed && (p->reported ? h->drained != 0 : has_rested);
}

/* The longest held of an owner, 0 = of anybody; NONE when none of the first ones is. */
static uint32_t find_reusable(const hm_prefixes *p, uint32_t upstream, uint64_t owner,
                              uint64_t now_ns)
{
    uint32_t at = p->oldest[upstream - 1u];
    for (uint32_t i = 0; i < LOOKED_AT && at != NONE; i++) {
        const hm_held_prefix *const h = &p->held[at];
        if ((owner == 0 || h->owner == owner) && is_reusable(p, h, now_ns)) {
            return at;
        }
        at = h->newer;
    }
    return NONE;
}

int hm_prefixes_has_room(const hm_prefixes *p, uint32_t upstream, uint64_t owner, uint64_t now_ns)
{
    const hm_extranonce_space *const space = &p->spaces[upstream - 1u];
    const uint32_t quarter = space->capacity / 4u;
    const uint64_t key = key_of_owner(upstream, owner);
    const uint32_t count = key != 0 ? hm_table_get(&p->owners, key) : HM_TABLE_MISSING;
    if (space->in_use < space->capacity - quarter) {
        return 1;
    }
    if (count != HM_TABLE_MISSING && count >= quarter) {
        return 0;
    }
    return space->in_use < space->capacity || find_reusable(p, upstream, 0, now_ns) != NONE;
}

void hm_prefixes_make_room(hm_prefixes *p, uint32_t upstream, uint64_t now_ns)
{
    const hm_extranonce_space *const space = &p->spaces[upstream - 1u];
    const uint32_t at =
        space->in_use < space->capacity ? NONE : find_reusable(p, upstream, 0, now_ns);
    if (at != NONE) {
        drop(p, at);
    }
}

void hm_prefixes_hold(hm_prefixes *p, uint64_t now_ns, uint64_t channel, uint64_t owner,
                      uint32_t upstream, hm_prefix_place place, const uint8_t *prefix,
                      uint32_t prefix_len, int unconfirmed)
{
    if (prefix_len == 0 || !hm_prefixes_matter(p, upstream)) {
        return;
    }
    /* Two channels in one search space, by the host's doing: what both have left rests once. */
    uint32_t at = find_held(p, upstream, prefix, prefix_len);
    if (at == NONE) {
        at = new_record(p, key_of(p, upstream, prefix, prefix_len), upstream);
    } else {
        disown(p, &p->held[at]);
        unlink_held(p, at);
        append(p, at);
        p->changed |= place.count > 0 ? 1ull << (upstream - 1u) : 0; /* it blocks no more */
        place = place.count > 0 ? place : p->held[at].place;
    }
    if (at == NONE) {
        p->lost |= place.count == 0 ? 1ull << (upstream - 1u) : 0;
        return;
    }
    hm_held_prefix *const h = &p->held[at];
    h->channel = channel;
    h->owner = 0;
    h->until_ns = now_ns + hold_ns(p);
    h->place = place;
    h->drained = 0;
    h->unconfirmed = unconfirmed ? 1u : 0u;
    h->prefix_len = (uint8_t)prefix_len;
    memcpy(h->prefix, prefix, prefix_len);
    own(p, h, owner);
    HM_MUST(p->memory->alarm, p->held_count <= p->held_capacity);
}

void hm_prefixes_forget(hm_prefixes *p, uint32_t upstream)
{
    while (p->oldest[upstream - 1u] != NONE) {
        drop(p, p->oldest[upstream - 1u]);
    }
    p->told &= ~(1ull << (upstream - 1u));
    p->spaced &= ~(1ull << (upstream - 1u));
    p->lost &= ~(1ull << (upstream - 1u));
}

void hm_prefixes_detach(hm_prefixes *p, uint32_t upstream)
{
    for (uint32_t at = p->oldest[upstream - 1u]; at != NONE; at = p->held[at].newer) {
        disown(p, &p->held[at]);
        p->held[at].place = (hm_prefix_place){0};
    }
}

hm_prefix_place hm_prefixes_claim(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix,
                                  uint32_t len)
{
    const uint32_t at = find_held(p, upstream, prefix, len);
    hm_prefix_place place = {0};
    if (at != NONE) {
        place = p->held[at].place;
        let_go(p, at);
    }
    if (place.count == 0) {
        hm_extranonce_block(hm_space(p, upstream), prefix, len);
    }
    return place;
}

int hm_prefixes_drained(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len)
{
    const uint32_t at = find_held(p, upstream, prefix, len);
    if (at == NONE) {
        return -1;
    }
    p->held[at].drained = 1;
    return 0;
}

static int is_one_of(uint64_t which, uint32_t upstream)
{
    return upstream != HMX_NONE && (which >> (upstream - 1u) & 1u) != 0;
}

void hm_prefixes_block(hm_prefixes *p, uint64_t which, const hm_channels *channels)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if ((which & ~p->lost) >> i & 1u) {
            hm_extranonce_unblock(&p->spaces[i]);
        }
        for (uint32_t at = (which >> i & 1u) != 0 ? p->oldest[i] : NONE; at != NONE;
             at = p->held[at].newer) {
            const hm_held_prefix *const h = &p->held[at];
            if (h->place.count == 0) {
                hm_extranonce_block(&p->spaces[i], h->prefix, h->prefix_len);
            }
        }
    }
    for (uint32_t slot = 0; slot < channels->slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(channels, slot);
        const hm_channel_cold *const cold = hm_cold(channels, slot);
        if (hot->channel != 0 && is_one_of(which, hot->upstream) && cold->place.count == 0) {
            hm_extranonce_block(hm_space(p, hot->upstream), cold->prefix, cold->prefix_len);
        }
    }
}

static int is_confirmed(const hm_held_prefix *h, const hm_channels *channels)
{
    const uint32_t slot = hm_channels_find(channels, h->channel, 0);
    return slot == HM_SLOT_NONE || (hm_hot(channels, slot)->marks & HM_MARK_UNCONFIRMED) == 0;
}

static void expire_on(hm_prefixes *p, uint32_t i, uint64_t now_ns, const hm_channels *channels)
{
    uint32_t at = p->oldest[i];
    while (at != NONE) {
        const uint32_t newer = p->held[at].newer;
        hm_held_prefix *const h = &p->held[at];
        if (h->unconfirmed && is_confirmed(h, channels)) {
            h->unconfirmed = 0;
        }
        if (now_ns >= h->until_ns || (h->drained && !h->unconfirmed)) {
            drop(p, at);
        }
        at = newer;
    }
}

void hm_prefixes_expire(hm_prefixes *p, uint64_t now_ns, const hm_channels *channels)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        expire_on(p, i, now_ns, channels);
    }
    if (p->changed != 0) {
        hm_prefixes_block(p, p->changed, channels);
        p->changed = 0;
    }
}
