/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * buckets: channels of each place sorted roughly by hashrate, built afresh for each plan in one
 * pass.
 *
 * A logarithmic histogram (the top bits of a float: 64 buckets an octave, 1.1 % wide, 40 octaves
 * below the largest channel) with a bitmap of occupied buckets and singly linked lists through the
 * channel records, as in TLSF allocators: next occupied bucket up or down is a bit scan, so a best
 * fit costs the same in a farm of ten and of a million. Within a bucket the order is that of the
 * slots.
 */
#ifndef PLUGIN_CONTROL_BUCKETS_H
#define PLUGIN_CONTROL_BUCKETS_H

#include <stdint.h>

#include "plugin/base/memory.h"
#include "plugin/farm/channels.h"

enum { HM_BUCKETS = 2560, HM_BUCKET_WORDS = HM_BUCKETS / 64 };
#define HM_BUCKET_NONE UINT32_MAX

typedef struct hm_bucket_row {
    uint64_t occupied[HM_BUCKET_WORDS];
    uint32_t heads[HM_BUCKETS];
} hm_bucket_row;

typedef struct hm_buckets {
    const hm_memory *memory;
    hm_bucket_row *rows; /* `places` of them */
    uint32_t places;
    double largest; /* hashrate of bucket HM_BUCKETS - 1's upper end */
    /* The planner's own: does it mean to go on with these lists, what was hm_assignment.changes
     * when it stopped, and for which time were they built? */
    uint32_t unfinished;
    uint64_t changes;
    uint64_t now_ns;
} hm_buckets;

/* Room for `places` rows. Returns 0 or -1; with -1 the old rows stay. */
int hm_buckets_reserve(hm_buckets *b, const hm_memory *memory, uint32_t places);
void hm_buckets_free(hm_buckets *b);

/* Empties the first `places` rows; `largest` > 0 is the largest hashrate that will come. */
void hm_buckets_clear(hm_buckets *b, uint32_t places, double largest);

/* Puts a channel at the head of its bucket in row `place`. */
void hm_buckets_add(hm_buckets *b, const hm_channels *c, uint32_t place, uint32_t slot);
/* Takes it out; `previous` is its predecessor in the list or HM_SLOT_NONE. */
void hm_buckets_remove(hm_buckets *b, const hm_channels *c, uint32_t place, uint32_t slot,
                       uint32_t previous);

/* The bucket of a hashrate (above the largest: the last one). */
uint32_t hm_bucket_of(const hm_buckets *b, double hashrate);

/* The nearest occupied bucket at or below / at or above, HM_BUCKET_NONE = none. */
uint32_t hm_bucket_below(const hm_buckets *b, uint32_t place, uint32_t bucket);
uint32_t hm_bucket_above(const hm_buckets *b, uint32_t place, uint32_t bucket);

static inline uint32_t hm_bucket_head(const hm_buckets *b, uint32_t place, uint32_t bucket)
{
    return b->rows[place].heads[bucket];
}

#endif
