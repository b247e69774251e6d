/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * provisional: what was submitted to a pool and has no verdict yet.
 *
 * Pools answer in any order and in lumps, each channel's tenth share or all of a quarter of an
 * hour, so single shares are not remembered: only how much was submitted up to some moments, and
 * how much was answered. What was submitted hours ago and is not covered by the answers is given
 * up, whichever shares it were: the pool answers some and swallows some, or all. Amounts are
 * credit, as the pool counts.
 */
#ifndef PLUGIN_CONTROL_PROVISIONAL_H
#define PLUGIN_CONTROL_PROVISIONAL_H

#include <stdint.h>

enum { HM_PROVISIONAL_MARKS = 16 };

typedef struct hm_provisional_mark {
    uint64_t at_ns;
    double submitted; /* up to then */
} hm_provisional_mark;

typedef struct hm_provisional {
    double submitted; /* since ever */
    double answered;  /* of it, with what was given up */
    double withdrawn; /* given up, and not answered since */
    uint32_t count;   /* marks in use */
    uint32_t newest;  /* its index */
    hm_provisional_mark marks[HM_PROVISIONAL_MARKS];
} hm_provisional;

/* What waits. Never below 0. */
static inline double hm_provisional_waiting(const hm_provisional *p)
{
    return p->submitted > p->answered ? p->submitted - p->answered : 0.0;
}

/* A verdict on `credit` came. Returns how much of it was waiting; *late is how much had been given
 * up. The rest nobody submitted. */
double hm_provisional_answer(hm_provisional *p, double credit, double *late);

/* Gives up what was submitted more than HM_PROVISIONAL_S ago. To be called now and then, also to
 * note how much was submitted up to now. Returns what was given up now. */
#define HM_PROVISIONAL_S (4.0 * 3600.0)
double hm_provisional_expire(hm_provisional *p, uint64_t now_ns);

/* Gives up all that waits. Returns how much that is. */
double hm_provisional_withdraw(hm_provisional *p);

#endif
