/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * state_bytes: the form of a saved state, and the judgement of bytes that claim to be one.
 *
 *   8  magic "HMXSTATE"     these 16 bytes keep their meaning in every version
 *   4  version
 *   4  length of the payload
 *   .  payload: the farm, one row per upstream in ascending order of ids, one row per miner;
 *      in version 2 the number of peers with habits (farm/habits.h), at least 1, and their rows
 *  32  BLAKE2b of all that (libsodium, crypto_generichash)
 *
 * All numbers are little-endian and of fixed width, doubles are their IEEE 754 bits. There are no
 * absolute times: the clock of the process that saved is dead, so only ages and what remained of
 * waits are kept. A state is canonical: one content has one form. Reading judges everything before
 * it answers; nothing that passes is infinite, NaN or out of its range. What the numbers mean and
 * who gets them is state.h's business.
 */
#ifndef PLUGIN_CORE_STATE_BYTES_H
#define PLUGIN_CORE_STATE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/text.h"
#include "plugin/core/state_miners.h"
#include "plugin/farm/habits.h"

#define HM_STATE_VERSION 2u

enum { HM_STATE_HEAD_SIZE = 16, HM_STATE_SUM_SIZE = 32 };

/* hm_state_upstream.flags */
enum { HM_STATE_LATCHED = 0x1 }; /* failed while auto_restore was off, and nobody wanted it back */
/* hm_state.flags */
enum { HM_STATE_PRIMED = 0x1 }; /* the controllers had run */

typedef struct hm_state_upstream {
    char id[HMX_ID_SIZE]; /* [a-z0-9_-], 1..32, zero to the end */
    double window;        /* as in hm_account */
    double debt;
    double delivered;
    double error_before;
    double accepted;
    double rejected;
    double balance; /* as in hm_control, like the three terms of the controller */
    double p_points;
    double i_points;
    double d_points;
    uint64_t failed_ms; /* age of the last failure, at most an hour; 0 without failures */
    uint64_t held_ms;   /* what remains of a hold-down */
    uint32_t failures;
    uint32_t flags; /* HM_STATE_LATCHED */
} hm_state_upstream;

typedef struct hm_state {
    double hashrate; /* of the farm, difficulty 1 per second */
    double luck;     /* as in hm_ledger; 0 = unknown */
    double window_s; /* measurement window that the windowed errors belong to */
    uint32_t flags;  /* HM_STATE_PRIMED */
    uint32_t upstream_count;
    uint32_t miner_count;
    uint32_t pad0;
    hm_state_upstream upstreams[HMX_UPSTREAMS_MAX];
    uint32_t habit_count; /* 0: the state is of version 1 */
    uint32_t pad1;
    const uint8_t *habits; /* habit_count encoded rows, as the next */
    const uint8_t *miners; /* miner_count encoded rows; after reading: inside the bytes read */
} hm_state;

/* Bytes of a state with so many rows, and of what the habits add to it. */
size_t hm_state_size(uint32_t upstreams, uint32_t miners);
size_t hm_state_habits_size(uint32_t habits);

/* What remains of a peer's habit when there is no clock. */
typedef struct hm_state_habit {
    uint64_t who;
    uint64_t rest_ms; /* what remains of it */
    uint64_t away_ms;
    uint32_t drops;
    uint32_t flags; /* HM_STATE_DEAF */
} hm_state_habit;

enum { HM_STATE_DEAF = 0x1, HM_STATE_HABIT_SIZE = 32 };

/* The row that a habit is kept as; returns 0 when there is nothing in it worth keeping. */
int hm_state_habit_of(const hm_habit *habit, uint64_t now_ns, hm_state_habit *out);
void hm_state_put_habit(uint8_t *out, const hm_state_habit *habit);
void hm_state_get_habit(const uint8_t *bytes, hm_state_habit *out);

/* Bytes of one encoded miner, and the place of row `row` in a run of them. */
size_t hm_state_miner_offset(uint32_t row);
void hm_state_put_miner(uint8_t *out, const hm_miner *miner);
void hm_state_get_miner(const uint8_t *bytes, hm_miner *out);

/* Every number of it is in its range; the id is not looked at. */
int hm_state_upstream_is_sound(const hm_state_upstream *row);
int hm_state_farm_is_sound(const hm_state *state);

/* Writes the state to `out`, which has hm_state_size bytes. The rows are sound and in order.
 * state->miners may already be in their place. */
void hm_state_encode(const hm_state *state, uint8_t *out);
/* Where the encoded miners of a state with so many upstreams begin. */
size_t hm_state_miners_at(uint32_t upstreams);

/* Judges the first HM_STATE_HEAD_SIZE bytes. HMX_OK and the size of the whole; HMX_E_CORRUPT, or
 * HMX_E_UNSUPPORTED for a newer version, with the sentence in why. */
hmx_status hm_state_head(const uint8_t *bytes, size_t *size, hm_text *why);

/* Judges and reads all `size` bytes, whose head hm_state_head has passed. HMX_OK, or HMX_E_CORRUPT
 * with the sentence in why: then *out is not to be used. out->miners points into bytes. */
hmx_status hm_state_decode(const uint8_t *bytes, size_t size, hm_state *out, hm_text *why);

#endif
