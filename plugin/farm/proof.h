/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proof: what a channel counts for that has not found a share yet.
 *
 * Anybody can declare any hashrate, and a farm must not be moved about for a word. As long as most
 * of the farm has proved nothing a declaration is all there is, and is taken as it is unless it is
 * absurd beside the others': a channel counts at most for 32 times what is usual among them, by
 * their powers of two, which no word can shift by much. From half a minute after most channels have
 * found a share on, one without counts at most for the largest of those that have, for twice what
 * is usual among them, and for a tenth of what they are together: its first share makes it what it
 * is. One that finds none counts for less and less, and is silent soon (estimator.h).
 */
#ifndef PLUGIN_FARM_PROOF_H
#define PLUGIN_FARM_PROOF_H

#include <stdint.h>

#include "plugin/farm/assignment.h"

typedef struct hm_proof {
    double most;       /* that a channel without a share counts for; 0 = what it declares */
    double applied;    /* `most` when all were held to it last */
    uint64_t since_ns; /* since when most channels have found one; 0 = they have not */
    int64_t exponents; /* of all that was declared since the farm was empty, as powers of two */
    uint32_t heard;    /* so many declarations */
    uint32_t shown;    /* `most` is by what was shown, not by what was declared */
} hm_proof;

/* What one walk over all channels finds. */
typedef struct hm_proof_count {
    uint32_t proven;
    uint32_t unproven;
    double hashrate; /* of the proven ones */
    double largest;  /* of these */
    double boast;    /* largest of the others */
} hm_proof_count;

static inline void hm_proof_add(hm_proof_count *c, int is_proven, double hashrate)
{
    double *const largest = is_proven ? &c->largest : &c->boast;
    *largest = hashrate > *largest ? hashrate : *largest;
    c->proven += is_proven ? 1u : 0u;
    c->unproven += is_proven ? 0u : 1u;
    c->hashrate += is_proven ? hashrate : 0.0;
}

static inline double hm_proof_credible(const hm_proof *p, double hashrate)
{
    return p->most > 0.0 && hashrate > p->most ? p->most : hashrate;
}

/* A newcomer declares so much. Returns 1 when what may be believed is so much less by now that all
 * are to be held to it again. */
int hm_proof_hear(hm_proof *p, double declared);

/* Ends the walk: what may be believed from now on? */
void hm_proof_judge(hm_proof *p, const hm_proof_count *count, uint64_t now_ns);

/* Holds those without a share to it. Returns the hashrate of the largest channel. */
double hm_proof_apply(hm_proof *p, const hm_proof_count *count, hm_assignment *a);

#endif
