/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * extranonce: the allocator of extranonce prefixes inside one pool's space.
 *
 * A prefix is: the pool's own prefix, the instance's index (when several instances share the
 * space), a channel index of one fixed width, then zeros up to the length that this channel needs.
 * Because the width is fixed and an index has one owner, the prefixes of live, pending and held
 * channels are prefix-free: none equals or begins another, whatever their lengths (the rollable
 * spaces of extended channels are disjoint). Prefixes that are not of this space as it is now (the
 * host chose them, or the space was another) are known by their bytes only: they block every index
 * that they begin with or that begins with them. Lengths follow from the coinbase, whose script
 * length is fixed by the pool's grant: an extended channel's prefix and its own extranonce_size
 * together fill pool prefix + granted size; a standard channel's prefix fills it alone (spec 5.3.10
 * and 5.3.16). Indexes are handed out next-fit, so that a freed one rests as long as possible. When
 * a prefix may be freed is decided in prefixes.h.
 *
 * The width is what twice the channels need (those that have left hold their prefix for a while).
 * Up to two bytes of it are used to the full: the more indexes there are, the longer each can rest.
 * For a channel that would not fit otherwise it gets narrower, as long as twice the prefixes in use
 * fit: as little as the channels that are there need.
 */
#ifndef PLUGIN_FARM_EXTRANONCE_H
#define PLUGIN_FARM_EXTRANONCE_H

#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/memory.h"
#include "plugin/farm/channels.h"

typedef struct hm_extranonce_space {
    const hm_memory *memory;
    uint64_t *used;    /* bitmap: has an owner; NULL = the host chooses every prefix */
    uint64_t *blocked; /* bitmap: overlaps a prefix that is known by its bytes; behind `used` */
    uint32_t words;    /* of each */
    uint32_t capacity; /* indexes */
    uint32_t scan;     /* where the next search begins */
    uint32_t in_use;   /* indexes with an owner, or blocked */
    uint8_t pool_prefix[HMX_EXTRANONCE_MAX];
    uint8_t pool_prefix_len;
    uint8_t granted_size;   /* rollable bytes that the pool granted */
    uint8_t instance_width; /* bytes of the instance index, 0..4 */
    uint8_t index_width;    /* bytes of the channel index, 1..4 */
    uint32_t instance_index;
    uint32_t channels; /* that it should be able to serve at once */
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

/* Is there an index left for this channel, with the channel index made narrower if need be? */
int hm_extranonce_has_room(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable);

/* Makes the channel index as narrow as this channel needs. The space is empty then: whoever holds a
 * place in it is to forget it, and what is in use to be blocked again by its bytes. */
void hm_extranonce_narrow(hm_extranonce_space *s, uint32_t kind, uint32_t rollable);

/* Can a channel that was promised `rollable` bytes (0 for a standard one) get a prefix of the right
 * length? */
int hm_extranonce_fits(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable);

/* Takes an index. Returns 0, or -1 when none is free or the channel does not fit. */
int hm_extranonce_take(hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                       hm_prefix_place *place);

/* Writes the prefix of a place taken. Returns its length. */
uint32_t hm_extranonce_write(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                             hm_prefix_place place, uint8_t prefix[HMX_EXTRANONCE_MAX]);

/* Blocks every index that overlaps a prefix which is known by its bytes. */
void hm_extranonce_block(hm_extranonce_space *s, const uint8_t *prefix, uint32_t len);
/* Blocks nothing any more: what still is in use is to be blocked again. */
void hm_extranonce_unblock(hm_extranonce_space *s);
/* Has an index that overlaps the prefix an owner? */
int hm_extranonce_meets(const hm_extranonce_space *s, const uint8_t *prefix, uint32_t len);

/* Has the prefix the form that this channel's has here: length, and the pool's own at its
 * beginning? */
int hm_extranonce_is_form(const hm_extranonce_space *s, uint32_t kind, uint32_t rollable,
                          const uint8_t *prefix, uint32_t len);

/* Gives a place back. */
void hm_extranonce_release(hm_extranonce_space *s, hm_prefix_place place);

#endif
