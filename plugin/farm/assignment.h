/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * assignment: which channel works for which upstream, and the moves that are under way.
 *
 * The one owner of that truth: the sums per upstream, the arrival rule, the legality of a
 * destination, and decisions as transactions (proposed, then applied, refused, failed, or expired
 * unanswered). A channel has at most one pending decision; while it is pending the channel counts
 * at its destination for the controller and works where it was in fact. Which moves are wanted is
 * planner.h's business.
 */
#ifndef PLUGIN_FARM_ASSIGNMENT_H
#define PLUGIN_FARM_ASSIGNMENT_H

#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/base/units.h"
#include "plugin/farm/channels.h"
#include "plugin/farm/loose.h"
#include "plugin/farm/prefixes.h"
#include "plugin/farm/upstreams.h"

#define HM_DECISION_VALID_NS (15ull * HM_NS_PER_S)
#define HM_REOPEN_VALID_NS   (120ull * HM_NS_PER_S)   /* a device that reconnects takes its time */
#define HM_PLACES            (HMX_UPSTREAMS_MAX + 1u) /* upstreams 1..64; 0 = parked */

typedef struct hm_move_counts {
    uint64_t decisions;
    uint64_t applied;
    uint64_t refused;
    uint64_t failed;
    uint64_t expired;
    uint64_t forced;
} hm_move_counts;

typedef struct hm_assignment {
    hm_channels channels;
    hm_prefixes prefixes;
    hm_loose loose;
    const hm_upstreams *upstreams;
    double allocated[HM_PLACES]; /* hashrate by destination [difficulty 1 per second] */
    double working[HM_PLACES];   /* hashrate by where it works now */
    double pinned[HM_PLACES];    /* of allocated: what may not be moved for balance */
    uint32_t astray; /* pinned channels that are not where they belong; since the last count */
    uint32_t counts[HM_PLACES]; /* channels by where they work now */
    uint32_t pending_in[HM_PLACES];
    uint32_t pending_out[HM_PLACES];
    uint32_t pending_head; /* oldest first */
    uint32_t pending_tail;
    uint32_t pending_count;
    uint32_t reopening_count; /* of them, those by reopening */
    uint32_t soft_moves;      /* the host can do them */
    double churn;             /* all hashrate that went into the sums since they were made afresh */
    hm_rest rests[HM_PLACES]; /* after moves to an upstream that failed */
    uint64_t failing;         /* bit n-1: those of upstream n did, and none succeeded since */
    uint64_t retry_ns;        /* when a rest ends that somebody waits for; 0 = nobody does */
    uint64_t now_ns;          /* of the last tick or outcome */
    uint64_t last_decision;
    uint64_t changes; /* counts whatever may change which channels can move, and from where; a
                         decision that became fact is no news */
    hm_move_counts moves;
} hm_assignment;

/* A decision, as the outbox turns it into an hmx_decision. */
typedef struct hm_decision {
    uint32_t kind; /* HMX_DECISION_* */
    uint32_t from;
    uint32_t to;
    uint32_t style;
    uint32_t reason;
    uint32_t prefix_len; /* 0 = the host chooses */
    uint64_t decision;
    uint64_t channel;
    uint64_t cookie;
    uint64_t valid_until_ns;
    double hashrate; /* difficulty 1 per second */
    uint8_t prefix[HMX_EXTRANONCE_MAX];
} hm_decision;

int hm_assignment_init(hm_assignment *a, const hm_memory *memory, const hm_upstreams *upstreams,
                       uint32_t channels_max, const unsigned char hash_key[16]);
void hm_assignment_free(hm_assignment *a);

/* Bytes of prefix and rollable part together on this pool as it is now, 0 = unknown. */
uint32_t hm_assignment_full_size(const hm_upstreams *upstreams, uint32_t upstream);

/* May this channel work for that upstream, coming from where it is? Everything that Stratum V2 and
 * the host forbid (spec 5.1.1, 5.2.3, 5.3.1, 5.3.10, 5.3.12), and the pool must be usable. And
 * while another pool may be had, one at whose target it would find next to nothing may not. */
int hm_assignment_legal(hm_assignment *a, uint32_t slot, uint32_t to);

/* Are moves to this upstream resting because they failed, or is one being tried? Newcomers may go
 * there all the same. */
int hm_assignment_pool_rests(const hm_assignment *a, uint32_t upstream);
/* A move there succeeded, or its connection is new. */
void hm_assignment_end_rest(hm_assignment *a, uint32_t upstream);
/* Is there a pool to which no move has worked for long? */
int hm_assignment_is_blocked(const hm_assignment *a);
/* Does any pool rest? */
int hm_assignment_any_rests(const hm_assignment *a);

/* Could this channel ever work for that upstream, by what it was promised and by what is known of
 * the pool now, whether it is up or not? */
int hm_assignment_could(hm_assignment *a, uint32_t slot, uint32_t to);

/* Does the peer's upstreams_allowed have the upstream that it works for? */
int hm_assignment_may_stay(const hm_assignment *a, uint32_t slot);

/* A peer of an extended channel that does not obey SetExtranoncePrefix. */
int hm_assignment_is_deaf(const hm_assignment *a, uint32_t slot);

/* Where a pinned channel belongs and may go now, HMX_NONE when it is not pinned to an upstream or
 * is there. */
uint32_t hm_assignment_pin_target(hm_assignment *a, uint32_t slot);

/* Is it resting, because moves of it failed? */
static inline int hm_assignment_rests(const hm_assignment *a, uint32_t slot)
{
    return hm_rest_lasts(&hm_cold(&a->channels, slot)->rest, a->now_ns);
}

/* Can it be moved at all? Not while a decision is pending or while it rests, with custom jobs, or
 * when the peer of an extended channel does not obey SetExtranoncePrefix. */
int hm_assignment_movable(const hm_assignment *a, uint32_t slot);

/* The arrival rule: the first legal upstream in order of priority whose share of the hashrate is
 * below its command (fractions; shares within 1e-9 count as equal); when none is, the first legal
 * one with a command and room under its cap, then with a command, then any; HMX_NONE when none is
 * legal. A pinned channel goes where it belongs when that is legal. most: caps as hashrate. */
uint32_t hm_assignment_arrival(hm_assignment *a, uint32_t slot, const double *command,
                               const double *most);

/* ---- assignment_prefixes.c ---- */
/* A prefix of ours for a channel on an upstream; none where the host chooses. Returns 0, or -1 when
 * none is left or none fits. */
int hm_assignment_take_prefix(hm_assignment *a, uint32_t slot, uint32_t upstream, uint64_t now_ns,
                              hm_prefix_place *place, uint8_t prefix[HMX_EXTRANONCE_MAX],
                              uint32_t *prefix_len);
/* The upstream has another extranonce space from now on: *fresh becomes ours. What is in use there
 * stays reserved by its bytes. Returns 1 when channels need a new prefix: they are marked. */
int hm_assignment_new_space(hm_assignment *a, uint32_t upstream, const hm_extranonce_space *fresh,
                            uint64_t now_ns);
/* The slot of an open channel whose prefix in force on this upstream collides with the given one,
 * HM_SLOT_NONE when there is none. */
uint32_t hm_assignment_collision(hm_assignment *a, uint32_t upstream, const uint8_t *prefix,
                                 uint32_t prefix_len);

/* ---- assignment.c, again ---- */
/* Puts a channel that works nowhere yet on an upstream (or HMX_NONE) as a fact, with a prefix of
 * ours when the space is known: *prefix_len 0 otherwise. Returns 0, or -1 when no prefix is
 * left. */
int hm_assignment_place(hm_assignment *a, uint32_t slot, uint32_t upstream, uint64_t now_ns,
                        uint8_t prefix[HMX_EXTRANONCE_MAX], uint32_t *prefix_len);
/* As above, with the prefix that the host says is in force (len 0 = unknown). It collides with
 * none. */
void hm_assignment_adopt(hm_assignment *a, uint32_t slot, uint32_t upstream, const uint8_t *prefix,
                         uint32_t prefix_len);

/* The estimate of a channel changed. */
void hm_assignment_set_hashrate(hm_assignment *a, uint32_t slot, double hashrate);

/* Makes a decision pending and describes it. Returns 0, or -1 when no prefix is left there. */
int hm_assignment_propose(hm_assignment *a, uint32_t slot, uint32_t to, uint32_t kind,
                          uint32_t reason, uint64_t now_ns, hm_decision *out);
/* The same as a move by reopening: no prefix, since another channel comes back. */
void hm_assignment_propose_reopen(hm_assignment *a, uint32_t slot, uint32_t to, uint32_t reason,
                                  uint64_t now_ns, hm_decision *out);

/* The pending decision of a channel is not told to the host: it needs no prefix, and it is void at
 * until_ns without a trace. As long the channel counts at its destination. */
void hm_assignment_withhold(hm_assignment *a, uint32_t slot, uint64_t until_ns);
int hm_assignment_is_withheld(const hm_assignment *a, uint32_t slot);

/* The pending decision of a channel became fact; prefix in force as the host says (len 0: as
 * proposed). */
void hm_assignment_apply(hm_assignment *a, uint32_t slot, uint64_t now_ns, const uint8_t *prefix,
                         uint32_t prefix_len);
/* It is void. hold_prefix: the miner may have seen the new prefix. */
void hm_assignment_cancel(hm_assignment *a, uint32_t slot, uint64_t now_ns, int hold_prefix);
/* It did not become fact: void as above, and channel and pool rest. */
void hm_assignment_fail(hm_assignment *a, uint32_t slot, uint64_t now_ns, int hold_prefix);
/* Somebody who has to leave waits for the end of this rest. */
void hm_assignment_retry_at(hm_assignment *a, uint64_t when_ns);
/* Is it time to try again? Then it is asked for no longer. */
int hm_assignment_retry_due(hm_assignment *a);

/* The host moved it on its own; a pending decision is void. */
void hm_assignment_force(hm_assignment *a, uint32_t slot, uint32_t to, uint64_t now_ns,
                         const uint8_t *prefix, uint32_t prefix_len);

/* The channel is gone. */
void hm_assignment_close(hm_assignment *a, uint32_t slot, uint64_t now_ns);

/* Did this decision about the channel run out unanswered? */
int hm_assignment_was_unanswered(const hm_assignment *a, uint32_t slot, uint64_t decision);

/* An APPLIED came for a decision that had run out: it is a fact all the same, the channel is at
 * `to`, and another pending decision is void. Returns 0, or -1 when the decision was not one of
 * this channel's that ran out unanswered: then nothing changed. */
int hm_assignment_apply_late(hm_assignment *a, uint32_t slot, uint64_t decision, uint32_t to,
                             uint64_t now_ns, const uint8_t *prefix, uint32_t prefix_len);

/* Cancels what nobody answered in time (an answer at the last moment still counts). */
void hm_assignment_expire(hm_assignment *a, uint64_t now_ns);

/* What the sums were kept as, and what a walk over all channels finds them to be. Those in hashrate
 * may differ by what rounding does to as much as has gone through them. */
typedef struct hm_recount {
    double kept_allocated[HM_PLACES];
    double kept_working[HM_PLACES];
    double churn;
    double allocated[HM_PLACES];
    double working[HM_PLACES];
    uint32_t counts[HM_PLACES];
    uint32_t pending_in[HM_PLACES];
    uint32_t pending_out[HM_PLACES];
} hm_recount;

/* Sets the sums to zero before a walk over all channels adds them up afresh: hm_recount_add for
 * each channel as it was, hm_assignment_count as it is now. */
void hm_assignment_recount_begin(hm_assignment *a, hm_recount *r);
static inline void hm_recount_add(hm_recount *r, const hm_channel_hot *hot)
{
    r->working[hot->upstream] += hot->hashrate;
    r->counts[hot->upstream]++;
    if (hot->pending_to == HMX_NONE) {
        r->allocated[hot->upstream] += hot->hashrate;
    } else {
        r->allocated[hot->pending_to] += hot->hashrate;
        r->pending_out[hot->upstream]++;
        r->pending_in[hot->pending_to]++;
    }
}
/* Ends the walk: are the sums what they were kept as? */
void hm_assignment_recount_end(hm_assignment *a, const hm_recount *r);
static inline void hm_assignment_count(hm_assignment *a, const hm_channel_hot *hot)
{
    a->working[hot->upstream] += hot->hashrate;
    a->allocated[hot->pending_to != HMX_NONE ? hot->pending_to : hot->upstream] += hot->hashrate;
}
/* The same walk's second half, only when there are pins: adds to `pinned` and `astray`. */
void hm_assignment_count_pinned(hm_assignment *a, uint32_t slot);

#endif
