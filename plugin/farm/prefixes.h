/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * prefixes: how long a prefix that a channel has left stays reserved.
 *
 * A miner may still work on jobs of its old prefix after a move. So the place is held until the
 * host reports the prefix drained and, because a miner that ignores the change needs the old prefix
 * back, until the first share accepted under the new one (or the channel's end). A host that never
 * reports gets its places back after HM_PREFIX_HOLD_NS. A place belongs to one version of a pool's
 * space: when the pool changes its own prefix the version changes, and what was held in the old one
 * is void.
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

typedef struct hm_held_prefix {
    uint64_t channel;
    uint64_t until_ns;
    hm_prefix_place place;
    uint32_t upstream;
    uint32_t drained;     /* the host said so */
    uint32_t unconfirmed; /* no share accepted yet under the next prefix; the channel is open */
    uint32_t older;       /* list in order of until_ns, or the free list */
    uint32_t newer;
    uint8_t prefix_len; /* the prefix itself, 0 = unknown */
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
    uint32_t oldest;
    uint32_t newest;
    uint32_t reported; /* the host says when a prefix is drained (HMX_CAP_DRAIN_REPORT) */
    hm_table index;    /* upstream and first index of a place -> held */
} hm_prefixes;

void hm_prefixes_init(hm_prefixes *p, const hm_memory *memory, const unsigned char hash_key[16]);
void hm_prefixes_free(hm_prefixes *p);

static inline hm_extranonce_space *hm_space(hm_prefixes *p, uint32_t upstream)
{
    return &p->spaces[upstream - 1u];
}

/* Forgets what is held on an upstream whose space is about to be replaced. */
void hm_prefixes_forget(hm_prefixes *p, uint32_t upstream);
/* Forgets it and leaves its places reserved. */
void hm_prefixes_strand(hm_prefixes *p, uint32_t upstream);

/* A channel left this place, and the prefix that it had there (len 0 = unknown). Without memory to
 * remember it the place simply stays reserved for ever: a leak of one index is better than two
 * miners in one search space. */
void hm_prefixes_hold(hm_prefixes *p, uint64_t now_ns, uint64_t channel, uint32_t upstream,
                      hm_prefix_place place, const uint8_t *prefix, uint32_t prefix_len,
                      int unconfirmed);

/* Reserves what a prefix covers that the host put in force, as hm_extranonce_claim does. When just
 * that is held it passes to the channel and is no longer held: a miner that was taken back, a move
 * that the host reports late. */
void hm_prefixes_claim(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len,
                       hm_prefix_place *place);

/* The host says that no job of this prefix, byte for byte, is valid any more. Returns 0, or -1 when
 * it is not held. */
int hm_prefixes_drained(hm_prefixes *p, uint32_t upstream, const uint8_t *prefix, uint32_t len);

/* Frees what is drained and confirmed, and what is too old. `channels` tells which channels are
 * confirmed. */
void hm_prefixes_expire(hm_prefixes *p, uint64_t now_ns, const hm_channels *channels);

#endif
