/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * slices: farms coarser than their targets, by the clock.
 *
 * Where no placement of whole channels is right, some of them alternate between pools. Time is cut
 * into halves of a period that divides the hour, and at the end of each half nothing shall be owed:
 * a channel changes over at the moment from which its pool has enough with the others alone, or
 * from which another pool needs a whole channel for all that is left of the half. That is the
 * schedule with the fewest moves, one for each pool that whole channels leave short, and the next
 * half goes on where this one ended, so that a period is two visits in one. Each period repeats
 * the one before: every window of whole periods, an hour or a day, holds its targets whenever it
 * begins. What luck and wrong estimates leave owed is part of what the next decision looks at.
 *
 * Nothing is kept between two decisions but the farm itself: who works where, what is owed, what
 * time it is. Here are the length of the half and the decision; what is owed is the ledger's.
 */
#ifndef PLUGIN_CONTROL_SLICES_H
#define PLUGIN_CONTROL_SLICES_H

#include <stdint.h>

#include "plugin/farm/assignment.h"
#include "plugin/farm/outbox.h"

enum { HM_SLICES_CHANNELS = 64 }; /* larger farms have channels that are fine enough */

/* What whole channels leave undone. */
typedef struct hm_grain {
    double off_points;    /* the largest part of the farm by which a pool stays short */
    double ripple_points; /* sum over the pools of part x (1 - part) of a sliced channel */
    uint32_t moves;       /* per half */
    uint32_t sliced;      /* channels that alternate */
    uint32_t starving;    /* pools with a target that get none */
} hm_grain;

/* The best placement of whole channels (the largest first to where most is missing) for targets
 * `effective` (fractions of n pools, 0 for those that take no part). hashrates: count of them,
 * largest first; place: number (index + 1) of the pool that each must be on, HMX_NONE for any. */
void hm_grain_measure(const double *effective, uint32_t n, const double *hashrates,
                      const uint32_t *place, uint32_t count, hm_grain *grain);

/* What a preset allows. */
typedef struct hm_slice_pace {
    double longest_s; /* period, unless the slices would be too short */
    double least_s;   /* mean slice */
} hm_slice_pace;

/* How far the debts of a farm that may swing by `ripple_point_min` do swing within a period. */
#define HM_SLICES_SWING 2.55

/* Half of the period [s]: as long as the ripple allows. before: what it was, 0 = none. */
double hm_slices_half_s(const hm_grain *grain, const hm_slice_pace *pace, double ripple_point_min,
                        double before_s);

/* What a pool may be owed between two visits, with room for luck [points x min]; ripple_point_min:
 * of the preset. */
double hm_slices_swing(const double *effective, uint32_t n, double half_s, double ripple_point_min);

/* The half that `now` is in. */
typedef struct hm_slice_half {
    double left_s;
    int second; /* of its period */
} hm_slice_half;

hm_slice_half hm_slices_half_at(uint64_t now_ns, double half_s);

/* What the rest of a half is to bring; all per upstream i + 1, work in one unit. */
typedef struct hm_slice_wish {
    const double *effective; /* targets, fractions */
    const double *low;       /* bounds of the command: pins and caps */
    const double *high;
    const double *allocated; /* hashrate there now */
    const double *debts;     /* what is owed already */
    uint32_t n;
    int down;          /* this half channels go to pools of lower numbers */
    double work;       /* of the farm until the half ends */
    double least_work; /* of a slice: a pool that has no channel and is owed less waits */
} hm_slice_wish;

/* Is most wanted on pools of lower numbers than where the channels are? Then a farm begins with the
 * half that goes there. */
int hm_slices_go_down(const hm_slice_wish *wish);

/* The part of a half that is too little to begin with: `part` of it where several pools wait for
 * their slice; two pools begin with either. */
static inline double hm_slices_late(const hm_slice_wish *wish, double part)
{
    uint32_t pools = 0;
    for (uint32_t i = 0; i < wish->n; i++) {
        pools += wish->effective[i] > 0.0;
    }
    return pools > 2u ? part : 0.0;
}

/* The command that brings it. A pool that no channel can come to in this half, or that is owed too
 * little for a slice, waits for a later one. */
void hm_slices_want(const hm_slice_wish *wish, double *command);

typedef struct hm_slice_request {
    const double *command;   /* wanted until the half ends, fractions per upstream i + 1 */
    const double *effective; /* the targets without debts, the same */
    const double *most;      /* cap as hashrate per upstream i + 1, INFINITY = none */
    const uint8_t *usable;   /* per upstream i + 1 */
    uint32_t n;
    uint32_t most_moves;
    hm_slice_half half;
    double half_s;
    double least_s; /* shortest slice */
    double band;    /* luck that no move is made for, as hashrate over a half */
    uint64_t dwell_ns;
    uint64_t now_ns;
} hm_slice_request;

typedef struct hm_slice_result {
    uint32_t moves;
    uint32_t more; /* stopped because the outbox had no room */
    double wait_s; /* until the next change, if luck does not interfere; at most left_s */
} hm_slice_result;

/* Makes the changes that are due. */
hm_slice_result hm_slices_plan(hm_assignment *a, const hm_slice_request *request, hm_outbox *out);

#endif
