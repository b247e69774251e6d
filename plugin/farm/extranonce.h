/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * extranonce: the allocator of extranonce prefixes inside one pool's space.
 *
 * A prefix is: the pool's own prefix, the instance's index (when several instances share the
 * space), a channel index of one fixed width, then zeros up to the length that this channel needs.
 * Because the width is fixed and an index has one owner, the prefixes of live, pending and held
 * channels are prefix-free: none equals or begins another, whatever their lengths (the rollable
 * spaces of extended channels are disjoint). Lengths follow from the coinbase, whose script length
 * is fixed by the pool's grant: an extended channel's prefix and its own extranonce_size together
 * fill pool prefix + granted size; a standard channel's prefix fills it alone (spec 5.3.10
 * and 5.3.16). Indexes are handed out next-fit, so that a freed one rests as long as possible. When
 * a prefix may be freed is decided in prefixes.h.
 *
 * The width is what twice the channels need (those that have left hold their prefix for a while),
 * and less when a channel comes that would not fit otherwise: as little as the channels that are
 * there need.
 */
#ifndef PLUGIN_FARM_EXTRANONCE_H
#define PLUGIN_FARM_EXTRANONCE_H

#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/memory.h"
#include "plugin/farm/channels.h"

typedef struct hm_extranonce_space {
    const hm_memory *memory;
    uint64_t *used;    /* bitmap of `capacity` bits; NULL = the host chooses every prefix */
    uint32_t capacity; /* indexes */
    uint32_t scan;     /* where the next search begins */
    uint32_t in_use;
    uint8_t pool_prefix[HMX_EXTRANONCE_MAX];
    uint8_t pool_prefix_len;
    uint8_t granted_size;   /* rollable bytes that the pool granted */
    uint8_t instance_width; /* bytes of the instance index, 0..4 */
    uint8_t index_width;    /* bytes of the channel index, 1..4 */
    uint32_t instance_index;
    uint32_t channels; /* that it should be able to serve at once */
    uint32_t pad0;
} hm_extranonce_space;

/* Bytes that hold the numbers 0..count-1: 1 to 4. */
uint32_t hm_index_width(uint32_t count);

/* A new space; frees what was there. granted_size 0 makes it empty: then the host chooses. Returns
 * 0, or -1 when out of memory (the space is then empty). channels: how many channels it should be
 * able to serve at once. */
int hm_extranonce_reset(hm_extranonce_space *s, const hm_memory *memory, const uint8_t *pool_prefix,
                        uint32_t pool_prefix_len, uint32_t granted_size, uint32_t instance_index,
                        uint32_t instance_count, uint32_t channels);
void hm_extranonce_free(hm_extranonce_space *s);

/* Could it, with a channel index of one byte (hm_extranonce_narrow)? */
int hm_extranonce_could(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable);

/* Makes the channel index as narrow as this channel needs, when it is wider. Every index whose
 * bytes begin like one that is taken is taken for good: whoever holds a place here is to forget it.
 * Returns 0, or -1 out of memory or when no width fits; then nothing changed. */
int hm_extranonce_narrow(hm_extranonce_space *s, uint32_t kind, uint32_t rollable);

/* Can a channel that was promised `rollable` bytes (0 for a standard one) get a prefix of the right
 * length? */
int hm_extranonce_fits(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable);

/* Takes an index. Returns 0, or -1 when none is free or the channel does not fit. */
int hm_extranonce_take(hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                       hm_prefix_place *place);

/* Writes the prefix of a place taken. Returns its length. */
uint32_t hm_extranonce_write(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                             hm_prefix_place place, uint8_t prefix[HMX_EXTRANONCE_MAX]);

/* What a prefix covers in this space, taken or not: one index, or all that begin with it; count 0
 * when it does not lie in this space or len is 0. */
hm_prefix_place hm_extranonce_covered(const hm_extranonce_space *s, const uint8_t *prefix,
                                      uint32_t len);

/* Reserves what a prefix that the host chose covers. *place has count 0 when it does not lie in
 * this space or overlaps what is taken: then there is nothing to reserve. */
void hm_extranonce_claim(hm_extranonce_space *s, const uint8_t *prefix, uint32_t len,
                         hm_prefix_place *place);

/* Gives a place back. */
void hm_extranonce_release(hm_extranonce_space *s, hm_prefix_place place);

#endif
