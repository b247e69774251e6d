/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * blame: whose fault are a pool's rejects, the pool's or the miner's?
 *
 * A miner with a broken machine or firmware has nearly all its shares rejected, wherever it works,
 * while its neighbours have not: counted against the pool its rejects would condemn one pool after
 * the other. So each channel carries what its pool rejected of it in a window of ten minutes that
 * begins with a reject. It is bad when that is more than half of what it did there since, and more
 * than twice the part that was rejected of all others' work in the same time. Where there are no
 * others nothing is certain, and the pool takes the blame: the channel goes elsewhere, and there
 * are others then.
 *
 * Touched on rejects only. Amounts are credit, as the pool counts.
 */
#ifndef PLUGIN_FARM_BLAME_H
#define PLUGIN_FARM_BLAME_H

#include <stdint.h>

/* All that a pool was given and rejected so far, of all channels together. */
typedef struct hm_blame_pool {
    double submitted;
    double rejected;
} hm_blame_pool;

typedef struct hm_blame {
    double rejected; /* of the channel, in the window */
    hm_blame_pool before;
    uint64_t since_ns; /* the window's begin */
    uint32_t shares;   /* rejected in it */
    uint32_t upstream;
} hm_blame;

/* `count` shares of together `credit` were rejected by this upstream; `pool`: with them. What
 * another one rejected before says nothing about this one. */
void hm_blame_note(hm_blame *b, uint32_t upstream, double credit, uint32_t count,
                   const hm_blame_pool *pool, uint64_t now_ns);

/* Was so much rejected of the channel that nothing can be learnt of its hashrate at the moment? */
int hm_blame_is_suspect(const hm_blame *b, double rate, uint64_t now_ns);

/* Is it the channel's own fault? rate: of its work, per second. */
int hm_blame_is_bad(const hm_blame *b, double rate, const hm_blame_pool *pool, uint64_t now_ns);

/* Judges a bad channel again: it stays so until a window ends in which no more than a fifth was
 * rejected. Begins the next window. Returns 1 while it is bad. */
int hm_blame_review(hm_blame *b, double rate, uint64_t now_ns);

#endif
