/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * prefixes: how long a prefix that a channel has left stays reserved.
 *
 * A miner may still work on jobs of its old prefix after a move. So it is held until the host
 * reports it drained and, because a miner that ignores the change needs the old prefix back, until
 * the first share accepted under the new one (or the channel's end). A host that never reports gets
 * its prefixes back after HM_PREFIX_HOLD_NS, or, when the space is full, those held longest
 * before that: nobody is left without work for what others have left.
 *
 * What is held is a prefix, byte for byte. If it was given by us in the pool's space as it is now,
 * it has its place there, an index with an owner. If not (the host chose it, or the pool's own
 * prefix was another when it was given) it has none, and blocks what overlaps it: now, and in every
 * space that the pool has later. So does a prefix in force without a place.
 */
#ifndef PLUGIN_FARM_PREFIXES_H
#define PLUGIN_FARM_PREFIXES_H

#include <stdint.h>

#include "plugin/base/memory.h"
#include "plugin/base/table.h"
#include "plugin/base/units.h"
#include "plugin/farm/channels.h"
#include "plugin/farm/extranonce.h"

#define HM_PREFIX_HOLD_NS (3600ull * HM_NS_PER_S)
/* With a host that reports: only for a report that got lost. */
#define HM_PREFIX_HOLD_REPORTED_NS (4ull * HM_PREFIX_HOLD_NS)
/* Even where the space is full. */
#define HM_PREFIX_REST_NS (60ull * HM_NS_PER_S)

typedef struct hm_held_prefix {
    uint64_t channel;
    uint64_t owner; /* its connection, 0 = nobody's */
    uint64_t until_ns;
    uint64_t key;          /* in the index; 0 = it is not in there, and only time frees it */
    hm_prefix_place place; /* count 0 = none */
    uint32_t upstream;
    uint32_t drained;     /* the host said so */
    uint32_t unconfirmed; /* no share accepted yet under the next prefix; the channel is open */
    uint32_t older;       /* list of the upstream in order of until_ns, or the free list */
    uint32_t newer;
    uint8_t prefix_len;
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint8_t pad0[3];
} hm_held_prefix;

typedef struct hm_prefixes {
    const hm_memory *memory;
    hm_extranonce_space spaces[HMX_UPSTREAMS_MAX]; /* of upstream i + 1 */
    hm_held_prefix *held;
    uint32_t held_capacity;
    uint32_t held_count;
    uint32_t free_head;
    uint32_t oldest[HMX_UPSTREAMS_MAX]; /* on upstream i + 1 */
    uint32_t newest[HMX_UPSTREAMS_MAX];
    uint32_t reported; /* the host says when a prefix is drained (HMX_CAP_DRAIN_REPORT) */
    uint64_t told;     /* bit n-1: upstream n has told its space, or that it has none */
    uint64_t spaced;   /* bit n-1: it has had a space at some time */
    uint64_t changed;  /* bit n-1: less is blocked there than was */
    uint64_t lost;     /* bit n-1: what is blocked there is not all remembered: it stays blocked */
    hm_table index;    /* hash of upstream and prefix -> held */
    hm_table owners;   /* hash of upstream and owner -> places that are held of it there */
    unsigned char hash_key[16];
} hm_prefixes;

void hm_prefixes_init(hm_prefixes *p, const hm_memory *memory, const unsigned char hash_key[16]);
void hm_prefixes_free(hm_prefixes *p);

static inline hm_extranonce_space *hm_space(hm_prefixes *p, uint32_t upstream)
{
    return &p->spaces[upstream - 1u];
}

/* 1 when prefixes on this upstream are our business: it has or had a space, or nothing is known
 * yet. A pool that never had one is one where the host chooses every prefix. */
static inline int hm_prefixes_matter(const hm_prefixes *p, uint32_t upstream)
{
    return upstream != HMX_NONE && ((p->spaced | ~p->told) >> (upstream - 1u) & 1u) != 0;
}

/* Forgets what is held on an upstream that nobody works for any more. */
void hm_prefixes_forget(hm_prefixes *p, uint32_t upstream);
/* Its space is about to be replaced: what is held there has no place any more. */
void hm_prefixes_detach(hm_prefixes *p, uint32_t upstream);

/* A channel left this prefix, and its place if it had one. Without memory to remember it, what it
 * reserves simply stays reserved: a leak of one index is better than two miners in one search
 * space. */
void hm_prefixes_hold(hm_prefixes *p, uint64_t now_ns, uint64_t channel, uint64_t owner,
                      uint32_t upstream, hm_prefix_place place, const uint8_t *prefix,
                      uint32_t prefix_len, int unconfirmed);

/* Is there a prefix for another channel of this owner? Of a space that is nearly full none for one
 * of whom a quarter of it is held: he is not to use it up. Else, when it is full, that which has
 * been held longest, if it rested for HM_PREFIX_REST_NS: but never one that the host promised to
 * report and has not, nor one that a miner may still need back. */
int hm_prefixes_has_room(const hm_prefixes *p, uint32_t upstream, uint64_t owner, uint64_t now_ns);
/* Frees that one when the space is full. */
void hm_prefixes_make_room(hm_prefixes *p, uint32_t upstream, uint64_t now_ns);

/* The host put a prefix in force. When just that is held, it and its place pass to the channel and
 * are no longer held: a miner that was taken back, a move that the host reports late. Else there is
 * no place (count 0), and what overlaps it is blocked. */
hm_prefix_place hm_prefixes_claim(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix,
                                  uint32_t len);

/* Blocks afresh what is in use without a place, on the upstreams of `which` (bit n-1 = n). */
void hm_prefixes_block(hm_prefixes *p, uint64_t which, const hm_channels *channels);

/* The host says that no job of this prefix, byte for byte, is valid any more. Returns 0, or -1 when
 * it is not held. */
int hm_prefixes_drained(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len);

/* Frees what is drained and confirmed, and what is too old. `channels` tells which channels are
 * confirmed. */
void hm_prefixes_expire(hm_prefixes *p, uint64_t now_ns, const hm_channels *channels);

#endif
