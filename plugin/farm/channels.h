/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * channels: where the records of the open channels live, and how one is found.
 *
 * A record is in three parts, so that each walk touches only what it needs: `hot` is what on_share
 * writes (one cache line), `estimate` is what the estimator reads and writes at each evaluation,
 * `cold` is the rest. A record's place (slot) never changes while the channel is open; the cookie
 * given to the host is the slot and a generation, so that a stale or forged cookie is noticed and
 * the channel is then looked up by its number. Which upstream a channel belongs to is
 * assignment.h's business.
 */
#ifndef PLUGIN_FARM_CHANNELS_H
#define PLUGIN_FARM_CHANNELS_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/memory.h"
#include "plugin/base/table.h"
#include "plugin/farm/blame.h"
#include "plugin/farm/estimator.h"
#include "plugin/farm/rest.h"

#define HM_SLOT_NONE UINT32_MAX

enum hm_channel_mark {
    HM_MARK_UNCONFIRMED = 0x1,  /* no share accepted yet under the prefix in force since its move */
    HM_MARK_PREFIX_STALE = 0x2, /* its pool changed its own prefix: needs a new one */
    HM_MARK_BAD = 0x4,          /* its shares are rejected by its own fault: its hashrate is none */
    HM_MARK_BAD_SAID = 0x8,     /* the log has said so */
    HM_MARK_SUSPECT = 0x10      /* most of what it did since the last evaluation may be rejects */
};

typedef struct hm_channel_hot {
    uint64_t channel;    /* the host's number, 0 = slot is free */
    double work;         /* valid work since the last evaluation, difficulty 1 units */
    uint32_t count;      /* its shares */
    uint32_t upstream;   /* where it works, HMX_NONE = parked */
    uint32_t pending_to; /* destination of its pending move, HMX_NONE = none */
    uint32_t marks;      /* HM_MARK_* */
    double
        hashrate; /* estimate [difficulty 1 per second]; 0 = silent or bad: not counted, not moved */
    uint64_t moved_ns; /* when its last move was applied, 0 = never */
    uint32_t generation;
    uint32_t next; /* list link: free slots, or the planner's buckets */
    uint64_t pad0;
} hm_channel_hot;

/* A run of consecutive indexes of a pool's extranonce space (see extranonce.h); count 0 = none. */
typedef struct hm_prefix_place {
    uint32_t first;
    uint32_t count;
} hm_prefix_place;

enum { HM_UNANSWERED = 8 };

#define HM_PIN_STAY UINT8_MAX /* hm_channel_cold.pin: stays where it is */

typedef struct hm_channel_cold {
    char *identity; /* user_identity, identity_len bytes, ours; NULL when there is none */
    uint64_t connection;
    uint64_t upstreams_allowed; /* bit n-1 = upstream n */
    uint64_t decision;          /* pending, 0 = none */
    uint64_t decision_until_ns;
    uint64_t unanswered[HM_UNANSWERED]; /* decisions that ran out: an APPLIED may still come */
    hm_blame blame;
    uint64_t who;                  /* its user_identity, vendor and hardware, hashed (reopen.h) */
    uint64_t calm_until_ns;        /* no move for balance before (habits.h) */
    hm_rest rest;                  /* after moves of it that failed */
    double max_target;             /* easiest target that it accepts, as a number; 0 = unknown */
    hm_prefix_place place;         /* of the prefix in force; count 0 = it has none */
    hm_prefix_place pending_place; /* of the prefix in the pending decision */
    uint32_t pending_next;         /* list of channels with a pending decision */
    uint32_t pending_prev;
    uint32_t moves;
    uint32_t loose_next;    /* list of loose.h */
    uint8_t kind;           /* HMX_CHANNEL_STANDARD, _EXTENDED */
    uint8_t honours_prefix; /* hmx_tri */
    uint8_t flags;          /* HMX_CHANNEL_* */
    uint8_t extranonce_size;
    uint8_t pending_kind; /* HMX_DECISION_* */
    uint8_t pin;          /* upstream that it is pinned to, HM_PIN_STAY, or 0 */
    uint8_t identity_len;
    uint8_t pending_style; /* HMX_STYLE_* */
    uint8_t stranded;      /* its pool is gone and it may not be moved */
    uint8_t prefix_len;    /* of the prefix in force, 0 = unknown */
    uint8_t prefix[HMX_EXTRANONCE_MAX];
    uint8_t loose;     /* its prefix is in loose.h's lists */
    uint8_t full_size; /* of its prefix and rollable part when it came there, 0 = unknown */
    uint8_t pad0[4];
} hm_channel_cold;

enum { HM_CHUNK_SLOTS = 1024 };

typedef struct hm_channel_chunk {
    hm_channel_hot hot[HM_CHUNK_SLOTS];
    hm_estimate estimate[HM_CHUNK_SLOTS];
    hm_channel_cold cold[HM_CHUNK_SLOTS];
} hm_channel_chunk;

typedef struct hm_channels {
    const hm_memory *memory;
    hm_channel_chunk **chunks; /* chunk_capacity pointers, allocated once */
    uint32_t chunk_capacity;
    uint32_t chunk_count;
    uint32_t slots;     /* high-water mark: slots below it may be open */
    uint32_t free_head; /* HM_SLOT_NONE = none */
    uint32_t count;     /* open channels */
    uint32_t limit;
    uint32_t next_generation;
    hm_table index; /* channel number -> slot */
} hm_channels;

/* limit: most channels open at once, >= 1. Returns 0 or -1 (out of memory). */
int hm_channels_init(hm_channels *c, const hm_memory *memory, uint32_t limit,
                     const unsigned char hash_key[16]);
void hm_channels_free(hm_channels *c);

/* A zeroed record for a channel that is not open yet; HM_SLOT_NONE when out of memory. The caller
 * has checked the limit and that the channel is unknown. */
uint32_t hm_channels_open(hm_channels *c, uint64_t channel);
/* Keeps a copy of its user_identity, 0..255 bytes. Returns 0 or -1 (out of memory). */
int hm_channels_name(hm_channels *c, uint32_t slot, const void *identity, uint32_t len);
/* As if it had never been opened: right after hm_channels_open. */
void hm_channels_take_back(hm_channels *c, uint32_t slot);
/* Forgets it. When the last channel goes, all record memory goes back to the host. */
void hm_channels_close(hm_channels *c, uint32_t slot);

/* The slot of a channel by its number, HM_SLOT_NONE when it is not open. */
uint32_t hm_channels_look_up(const hm_channels *c, uint64_t channel);
uint64_t hm_channels_cookie(const hm_channels *c, uint32_t slot);

static inline hm_channel_hot *hm_hot(const hm_channels *c, uint32_t slot)
{
    return &c->chunks[slot / HM_CHUNK_SLOTS]->hot[slot % HM_CHUNK_SLOTS];
}

/* The record that a cookie names if it is a good one, unread; NULL for one that cannot be. To ask
 * for it early. */
static inline hm_channel_hot *hm_channels_expected(const hm_channels *c, uint64_t cookie)
{
    const uint32_t place = (uint32_t)cookie;
    return place != 0 && place <= c->slots ? hm_hot(c, place - 1u) : NULL;
}

/* The slot of a channel by cookie (fast) or number, HM_SLOT_NONE when it is not open. */
static inline uint32_t hm_channels_find(const hm_channels *c, uint64_t channel, uint64_t cookie)
{
    const hm_channel_hot *const hot = hm_channels_expected(c, cookie);
    if (hot != NULL && hot->channel == channel && channel != 0 &&
        hot->generation == (uint32_t)(cookie >> 32)) {
        return (uint32_t)cookie - 1u;
    }
    return hm_channels_look_up(c, channel);
}

static inline hm_estimate *hm_estimate_of(const hm_channels *c, uint32_t slot)
{
    return &c->chunks[slot / HM_CHUNK_SLOTS]->estimate[slot % HM_CHUNK_SLOTS];
}

static inline hm_channel_cold *hm_cold(const hm_channels *c, uint32_t slot)
{
    return &c->chunks[slot / HM_CHUNK_SLOTS]->cold[slot % HM_CHUNK_SLOTS];
}

#endif
