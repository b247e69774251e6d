/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * provisional: what was submitted to a pool and has no verdict yet.
 *
 * Pools answer in any order and in lumps, so single shares are not remembered: only how much was
 * submitted up to some moments, and how much was answered. What was submitted longer ago than the
 * patience with the pool and is not covered by the answers is overdue, whichever shares it were.
 * The patience follows the pool's own rhythm. Amounts are credit, as the pool counts.
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
    double submitted;    /* since ever */
    double answered;     /* of it, with what was given up */
    double withdrawn;    /* given up, and not answered since */
    uint64_t since_ns;   /* of what waits: the last verdict, or the first share after all was
                            answered */
    double longest_s;    /* usual longest time between two verdicts while something waits */
    uint32_t has_rhythm; /* there was a verdict: longest_s is known */
    uint32_t pad0;
    uint32_t count;  /* marks in use */
    uint32_t newest; /* its index */
    hm_provisional_mark marks[HM_PROVISIONAL_MARKS];
} hm_provisional;

/* What waits. Never below 0. */
static inline double hm_provisional_waiting(const hm_provisional *p)
{
    return p->submitted > p->answered ? p->submitted - p->answered : 0.0;
}

static inline void hm_provisional_submit(hm_provisional *p, double credit, uint64_t now_ns)
{
    if (!(p->submitted > p->answered)) {
        p->since_ns = now_ns;
    }
    p->submitted += credit;
}

/* A verdict on `credit` came. Returns how much of it was waiting; *late is how much had been given
 * up. The rest nobody submitted. */
double hm_provisional_answer(hm_provisional *p, double credit, uint64_t now_ns, double *late);

/* How long a share may wait: three times the pool's longest usual time between verdicts, at least
 * two minutes; a quarter of an hour while that is unknown. */
double hm_provisional_patience_s(const hm_provisional *p);

/* Gives up what waits for longer than that. To be called now and then, also to note how much was
 * submitted up to now. Returns what was given up now. */
double hm_provisional_expire(hm_provisional *p, uint64_t now_ns);

#endif
