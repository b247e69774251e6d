/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * planner: the fewest whole moves that bring the allocation to the command.
 *
 * Greedy best fit. While the farm is off by more than a third of what luck moves within, the pair
 * of upstreams with the largest gap is served: the channel of the richer one whose hashrate is
 * nearest to half the gap goes over, or two channels are swapped when no single one fits well. An
 * action must gain more than a fraction of what it moves (or than the ripple that slicing may
 * leave), so that a farm coarser than its targets alternates slowly instead of thrashing; for two
 * pools this is an optimal impulse control to within a tenth. Channels that moved lately, have a
 * pending decision, are silent or may not move are not in the lists.
 *
 * Evacuation is separate: channels that must leave an upstream go, largest first, to where most is
 * missing, and no cooldown, dwell or burst limit holds them.
 */
#ifndef PLUGIN_CONTROL_PLANNER_H
#define PLUGIN_CONTROL_PLANNER_H

#include <stdint.h>

#include "plugin/control/buckets.h"
#include "plugin/farm/assignment.h"
#include "plugin/farm/outbox.h"

typedef struct hm_plan_request {
    const double *command;  /* fraction per upstream i + 1, 0 for the unusable */
    const double *aim;      /* the target, corrected for rejects alone, as command */
    const double *most;     /* cap as hashrate per upstream i + 1, INFINITY = none */
    const uint8_t *usable;  /* per upstream i + 1 */
    uint32_t n;             /* upstreams looked at: 1..n */
    uint32_t most_moves;    /* burst limit left */
    uint32_t moves_before;  /* of the same plan, in calls before */
    uint32_t split_moves;   /* after so many the plan is exact, whatever the gates cost */
    double band;            /* what luck moves within, as hashrate [difficulty 1 per second] */
    double min_improvement; /* fraction of the moved hashrate */
    double ripple;          /* the same as hashrate: the smaller of the two counts */
    double swap_cost;       /* extra gain required of a swap, hashrate */
    uint64_t dwell_ns;      /* least time since a channel's last move */
    uint64_t now_ns;
    int slicing; /* 0: no move that takes the allocation further from the targets than the band */
} hm_plan_request;

typedef struct hm_plan_result {
    uint32_t moves;
    uint32_t more; /* stopped because the outbox had no room */
} hm_plan_result;

/* Puts what it decides into the outbox. A swap needs room for two: it waits for the next outbox
 * when one is left, and is no choice where the whole outbox takes one. */
hm_plan_result hm_plan(hm_buckets *b, hm_assignment *a, const hm_plan_request *request,
                       hm_outbox *out);

/* Moves every channel off the places marked in `leave` (index 0: the parked ones, 1..64); where
 * `canary` is more than 0 the smallest channel that is not silent stays, if its hashrate is no
 * more. */
hm_plan_result hm_evacuate(hm_buckets *b, hm_assignment *a, const hm_plan_request *request,
                           const uint8_t *leave, const double *canary, hm_outbox *out);

#endif
