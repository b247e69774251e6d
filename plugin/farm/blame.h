/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * blame: whose fault are a pool's rejects, the pool's or the miner's?
 *
 * A miner with a broken machine or firmware has nearly all its shares rejected, wherever it works,
 * while its neighbours have not: counted against the pool its rejects would condemn one pool after
 * the other. So each channel carries what its pool rejected lately, discounted over 20 minutes. A
 * channel is bad when that is more than half of what it did there, and more than twice the part
 * that is rejected of all others' work there. Where there are no others nothing is certain, and the
 * pool takes the blame: the channel goes elsewhere, and there are others then.
 *
 * Touched on rejects only. Amounts are credit, as the pool counts.
 */
#ifndef PLUGIN_FARM_BLAME_H
#define PLUGIN_FARM_BLAME_H

#include <stdint.h>

#define HM_BLAME_WINDOW_S 1200.0 /* as the acceptance of ledger.h */

typedef struct hm_blame {
    double rejected; /* discounted */
    uint64_t at_ns;  /* of the last reject */
    uint64_t since_ns;
    uint32_t shares; /* rejected since then */
    uint32_t upstream;
} hm_blame;

/* `count` shares of together `credit` were rejected by this upstream. What another one rejected
 * before says nothing about this one. */
void hm_blame_note(hm_blame *b, uint32_t upstream, double credit, uint32_t count, uint64_t now_ns);

/* What is left of it now. */
double hm_blame_rejected(const hm_blame *b, uint64_t now_ns);

/* What a channel that works at `rate` did in the same time, discounted likewise. */
double hm_blame_done(const hm_blame *b, double rate, uint64_t now_ns);

/* Is it the channel's own fault? asked and rejected: of the pool, all channels together, discounted
 * likewise. */
int hm_blame_is_bad(const hm_blame *b, double rate, double asked, double rejected, uint64_t now_ns);

/* A bad channel is still bad while more than a fifth of what it does is rejected. */
int hm_blame_is_still_bad(const hm_blame *b, double rate, uint64_t now_ns);

#endif
