/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * jobs/acks: a host's own answers to the shares of one downstream channel. Several pools may judge
 * them, out of order and in batches, so their answers are not passed on: a share's verdict is noted
 * here, and the channel is told in the order of submission, as far as everything before is settled.
 * The errors of such a run come before its SubmitShares.Success, so that count and last sequence
 * number of the latter mean the same to every reader.
 *
 * Which pool a share goes to is said by jobs/table; sending is the caller's. Spec 5.3.13,
 * 5.3.14. */
#ifndef HOST_STUB_JOBS_ACKS_H
#define HOST_STUB_JOBS_ACKS_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/sv2/types.h"

enum hs_ack_state { HS_ACK_WAITS = 0, HS_ACK_ACCEPTED, HS_ACK_REFUSED };

typedef struct hs_ack_share {
    uint32_t sequence_number; /* the client's */
    uint32_t upstream;        /* who judges it */
    uint64_t tag;             /* the caller's, such as its number upstream */
    double difficulty;        /* of its job's target */
    enum hs_ack_state state;
    const char *error_code; /* static text, with HS_ACK_REFUSED */
} hs_ack_share;

/* All zero is an empty one. */
typedef struct hs_acks {
    hs_ack_share *shares; /* in order of submission */
    size_t count;
    size_t capacity;
} hs_acks;

/* A share has come. Its state may be settled already. Returns 0, or -1 when out of memory. */
int hs_acks_add(hs_acks *acks, const hs_ack_share *share);

/* Settles the waiting share of that pool and tag. `error_code` NULL = accepted; else static text.
 * Returns 0, or -1 when none such waits. */
int hs_acks_settle(hs_acks *acks, uint32_t upstream, uint64_t tag, const char *error_code);

/* Takes the next answer to `channel_id` off. Returns 1 with *out filled (its views are static), or
 * 0 when nothing can be said. Call it until it returns 0. */
int hs_acks_next(hs_acks *acks, uint32_t channel_id, hs_sv2_message *out);

void hs_acks_free(hs_acks *acks);

#endif
