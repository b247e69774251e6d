/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/prefixes.h"

#include <string.h>

#define NONE UINT32_MAX

void hm_prefixes_init(hm_prefixes *p, const hm_memory *memory, const unsigned char hash_key[16])
{
    memset(p, 0, sizeof *p);
    p->memory = memory;
    p->free_head = p->oldest = p->newest = NONE;
    hm_table_init(&p->index, memory, hash_key);
}

static void release_list(hm_prefixes *p)
{
    hm_free(p->memory, p->held, p->held_capacity, sizeof *p->held, _Alignof(hm_held_prefix));
    p->held = NULL;
    p->held_capacity = 0;
    p->free_head = p->oldest = p->newest = NONE;
}

void hm_prefixes_free(hm_prefixes *p)
{
    if (p->memory == NULL) {
        return;
    }
    release_list(p);
    hm_table_free(&p->index);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        hm_extranonce_free(&p->spaces[i]);
    }
}

static uint64_t key_of(uint32_t upstream, uint32_t first)
{
    return (uint64_t)upstream << 32 | first;
}

static void unlink_held(hm_prefixes *p, uint32_t at)
{
    hm_held_prefix *const h = &p->held[at];
    if (h->older != NONE) {
        p->held[h->older].newer = h->newer;
    } else {
        p->oldest = h->newer;
    }
    if (h->newer != NONE) {
        p->held[h->newer].older = h->older;
    } else {
        p->newest = h->older;
    }
}

/* Ends the holding of a place, which stays reserved. */
static void let_go(hm_prefixes *p, uint32_t at)
{
    hm_held_prefix *const h = &p->held[at];
    HM_MUST(p->memory->alarm, p->held_count > 0 && p->held_count == p->index.count);
    HM_MUST(p->memory->alarm, hm_table_get(&p->index, key_of(h->upstream, h->place.first)) == at);
    hm_table_remove(&p->index, key_of(h->upstream, h->place.first));
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
    hm_extranonce_release(hm_space(p, p->held[at].upstream), p->held[at].place);
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

void hm_prefixes_hold(hm_prefixes *p, uint64_t now_ns, uint64_t channel, uint32_t upstream,
                      hm_prefix_place place, const uint8_t *prefix, uint32_t prefix_len,
                      int unconfirmed)
{
    if (place.count == 0 || upstream == HMX_NONE) {
        return;
    }
    if (p->free_head == NONE && grow(p) != 0) {
        return;
    }
    const uint32_t at = p->free_head;
    if (hm_table_put(&p->index, key_of(upstream, place.first), at) != 0) {
        return;
    }
    hm_held_prefix *const h = &p->held[at];
    p->free_head = h->newer;
    *h = (hm_held_prefix){
        .channel = channel,
        .until_ns = now_ns + (p->reported ? HM_PREFIX_HOLD_REPORTED_NS : HM_PREFIX_HOLD_NS),
        .place = place,
        .upstream = upstream,
        .unconfirmed = unconfirmed ? 1u : 0u,
        .older = p->newest,
        .newer = NONE,
        .prefix_len = (uint8_t)prefix_len,
    };
    if (prefix_len > 0) {
        memcpy(h->prefix, prefix, prefix_len);
    }
    if (p->newest != NONE) {
        p->held[p->newest].newer = at;
    } else {
        p->oldest = at;
    }
    p->newest = at;
    p->held_count++;
    HM_MUST(p->memory->alarm, p->held_count == p->index.count && p->held_count <= p->held_capacity);
}

static void forget(hm_prefixes *p, uint32_t upstream, void (*end)(hm_prefixes *, uint32_t))
{
    uint32_t at = p->oldest;
    while (at != NONE) {
        const uint32_t newer = p->held[at].newer;
        if (p->held[at].upstream == upstream) {
            end(p, at);
            if (p->held_count == 0) {
                return;
            }
        }
        at = newer;
    }
}

void hm_prefixes_forget(hm_prefixes *p, uint32_t upstream)
{
    forget(p, upstream, drop);
}

void hm_prefixes_strand(hm_prefixes *p, uint32_t upstream)
{
    forget(p, upstream, let_go);
}

/* What is held of just this prefix, neither a part of it nor more; NONE when nothing is. */
static uint32_t find_held(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len)
{
    const hm_prefix_place place = hm_extranonce_covered(hm_space(p, upstream), prefix, len);
    const uint32_t at =
        place.count == 0 ? NONE : hm_table_get(&p->index, key_of(upstream, place.first));
    return at == NONE || p->held[at].place.count != place.count ? NONE : at;
}

void hm_prefixes_claim(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len,
                       hm_prefix_place *place)
{
    const uint32_t at = find_held(p, upstream, prefix, len);
    if (at == NONE) {
        hm_extranonce_claim(hm_space(p, upstream), prefix, len, place);
        return;
    }
    *place = p->held[at].place;
    let_go(p, at);
}

int hm_prefixes_drained(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len)
{
    const uint32_t at = find_held(p, upstream, prefix, len);
    if (at == NONE ||
        (p->held[at].prefix_len > 0 &&
         (p->held[at].prefix_len != len || memcmp(p->held[at].prefix, prefix, len) != 0))) {
        return -1;
    }
    p->held[at].drained = 1;
    return 0;
}

static int is_confirmed(const hm_held_prefix *h, const hm_channels *channels)
{
    if (!h->unconfirmed) {
        return 1;
    }
    const uint32_t slot = hm_channels_find(channels, h->channel, 0);
    return slot == HM_SLOT_NONE || (hm_hot(channels, slot)->marks & HM_MARK_UNCONFIRMED) == 0;
}

void hm_prefixes_expire(hm_prefixes *p, uint64_t now_ns, const hm_channels *channels)
{
    uint32_t at = p->oldest;
    while (at != NONE) {
        const uint32_t newer = p->held[at].newer;
        hm_held_prefix *const h = &p->held[at];
        if (h->unconfirmed && is_confirmed(h, channels)) {
            h->unconfirmed = 0;
        }
        if (now_ns >= h->until_ns || (h->drained && !h->unconfirmed)) {
            drop(p, at);
            if (p->held_count == 0) {
                return;
            }
        }
        at = newer;
    }
}
