/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * health: pools that fail while their connection looks fine, and pools that come and go.
 *
 * Grey: a CUSUM test (Page 1954) over the verdicts tells a pool that rejects half of its shares
 * from one that rejects a twentieth; between them it turns at 21.8 % rejects, and milder rejection
 * is the acceptance correction's work (ledger.h). It needs a minimum of verdicts. A pool that
 * swallows shares (forwarded ones get no verdict at all) is grey too. While a pool is grey its
 * smallest channel stays as a canary, whose verdicts run the reverse test. Flapping: from the
 * second failure within an hour on a pool is held down for a time that doubles with each. Which
 * channels leave and who gets them is decided elsewhere.
 */
#ifndef PLUGIN_CONTROL_HEALTH_H
#define PLUGIN_CONTROL_HEALTH_H

#include <stdint.h>

/* Logarithms of likelihood ratios: a pool that rejects half against one that rejects a
 * twentieth. */
#define HM_HEALTH_REJECT_STEP 2.302585092994046  /* ln(0.5 / 0.05) */
#define HM_HEALTH_ACCEPT_STEP 0.6418538861723947 /* -ln(0.5 / 0.95) */

typedef struct hm_health_params {
    uint64_t hold_down_ns; /* the n-th failure within an hour, n > 1, holds for 2^(n-1) of it */
    uint64_t hold_down_max_ns;
    uint32_t min_shares; /* verdicts before a pool can be judged grey */
    uint32_t detect;     /* 0 = never grey */
} hm_health_params;

typedef struct hm_health {
    double suspicion;  /* CUSUM towards grey, >= 0 */
    double recovery;   /* CUSUM towards healthy while grey, >= 0 */
    uint64_t verdicts; /* since the suspicion was last 0 */
    uint64_t waiting;  /* shares forwarded since the last verdict */
    uint64_t waiting_since_ns;
    uint64_t failed_ns; /* last failure, 0 = never */
    uint64_t held_until_ns;
    uint32_t failures; /* within an hour of each other */
    uint8_t grey;
    uint8_t pad0[3];
} hm_health;

/* Counts verdicts of the pool itself. */
static inline void hm_health_verdict(hm_health *h, uint32_t count, int accepted)
{
    const double shares = (double)count;
    h->suspicion += accepted ? -HM_HEALTH_ACCEPT_STEP * shares : HM_HEALTH_REJECT_STEP * shares;
    h->verdicts += count;
    if (!(h->suspicion > 0.0)) {
        h->suspicion = 0.0;
        h->verdicts = 0;
    }
    h->waiting = 0;
    if (h->grey) {
        h->recovery += accepted ? HM_HEALTH_ACCEPT_STEP * shares : -HM_HEALTH_REJECT_STEP * shares;
        h->recovery = h->recovery > 0.0 ? h->recovery : 0.0;
    }
}
/* The pool answered, and what it said is not held against it. */
static inline void hm_health_answered(hm_health *h)
{
    h->waiting = 0;
}
/* Counts shares that went to the pool. */
static inline void hm_health_forwarded(hm_health *h, uint32_t count, uint64_t now_ns)
{
    if (h->waiting == 0) {
        h->waiting_since_ns = now_ns;
    }
    h->waiting += count;
}

/* The connection failed, or grey was found: may hold the pool down. */
void hm_health_failed(hm_health *h, const hm_health_params *p, uint64_t now_ns);

/* Judges at `now`. has_canary: a channel works there; without one a grey pool gets another chance
 * after the longest hold-down. */
void hm_health_judge(hm_health *h, const hm_health_params *p, uint64_t now_ns, int has_canary);

/* Grey or held down: the pool takes no part in the split. */
int hm_health_is_out(const hm_health *h, uint64_t now_ns);

/* The connection is new: verdicts of the old one say nothing. What failed stays counted. */
void hm_health_restart(hm_health *h);

#endif
