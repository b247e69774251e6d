/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * loose: the prefixes in force that have no place in a pool's space (see prefixes.h): the host
 * chose them, or the pool has another space by now. With which of them does another one collide?
 *
 * Two prefixes collide when one begins with the other. So those of an upstream are found by as many
 * of their first bytes as the shortest of them has: those that agree in these stand in one list,
 * which is short as long as they are prefix-free, as they ought to be.
 */
#ifndef PLUGIN_FARM_LOOSE_H
#define PLUGIN_FARM_LOOSE_H

#include <stdint.h>

#include "plugin/base/memory.h"
#include "plugin/base/table.h"
#include "plugin/farm/channels.h"

typedef struct hm_loose {
    hm_table first; /* hash of upstream and first bytes -> slot at the head of the list */
    unsigned char hash_key[16];
    uint8_t shortest[HMX_UPSTREAMS_MAX]; /* bytes of the shortest on upstream i + 1, 0 = none yet */
} hm_loose;

void hm_loose_init(hm_loose *l, const hm_memory *memory, const unsigned char hash_key[16]);
void hm_loose_free(hm_loose *l);

/* Takes in the prefix in force of a channel. Without memory it is not found later. */
void hm_loose_add(hm_loose *l, const hm_channels *c, uint32_t slot);
/* Leaves it out, if it is there: before the channel's upstream or prefix changes. */
void hm_loose_remove(hm_loose *l, const hm_channels *c, uint32_t slot);

/* The slot of a channel on this upstream with which the prefix collides, HM_SLOT_NONE if there is
 * none. */
uint32_t hm_loose_find(hm_loose *l, const hm_channels *c, uint32_t upstream, const uint8_t *prefix,
                       uint32_t len);

#endif
