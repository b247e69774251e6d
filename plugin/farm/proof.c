/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/proof.h"

#include <math.h>

/* So long after most of the farm has found a share an honest one has, too. */
static const uint64_t PATIENCE_NS = 30ull * HM_NS_PER_S;
/* Of what the proven ones are together. While it finds no share it counts for less and less: over
 * five minutes it is less than two points of any pool's part. */
static const double PART_OF_FARM = 0.1;
/* A large one is so many usual ones. */
static const double USUALS = 2.0;

/* How often the usual is not absurd, and how many have to have said what is usual. */
static const double ABSURD = 32.0;
enum { WITNESSES = 4 };

/* As long as nothing is known but words. */
static void go_by_words(hm_proof *p)
{
    p->shown = 0;
    p->most = p->heard >= WITNESSES ? ldexp(ABSURD, (int)(p->exponents / (int64_t)p->heard)) : 0.0;
}

int hm_proof_hear(hm_proof *p, double declared)
{
    if (!(declared > 0.0) || p->heard == UINT32_MAX) {
        return 0;
    }
    p->exponents += ilogb(declared);
    p->heard++;
    if (p->shown) {
        return 0;
    }
    go_by_words(p);
    return p->most > 0.0 && (p->applied == 0.0 || p->most <= p->applied / 2.0);
}

void hm_proof_judge(hm_proof *p, const hm_proof_count *count, uint64_t now_ns)
{
    go_by_words(p);
    if (count->proven <= count->unproven || !(count->hashrate > 0.0)) {
        p->since_ns = 0;
        return;
    }
    if (p->since_ns == 0) {
        p->since_ns = now_ns > 0 ? now_ns : 1;
    }
    if (now_ns - p->since_ns >= PATIENCE_NS) {
        const double part = count->hashrate * PART_OF_FARM;
        const double usual = USUALS * count->hashrate / (double)count->proven;
        const double large = usual < count->largest ? usual : count->largest;
        p->shown = 1;
        p->most = large < part ? large : part;
    }
}

double hm_proof_apply(hm_proof *p, const hm_proof_count *count, hm_assignment *a)
{
    const hm_channels *const c = &a->channels;
    const double boast = hm_proof_credible(p, count->boast);
    p->applied = p->most;
    for (uint32_t slot = 0; slot < c->slots && count->boast > boast; slot++) {
        const hm_channel_hot *const hot = hm_hot(c, slot);
        hm_estimate *const e = hm_estimate_of(c, slot);
        if (hot->channel != 0 && hot->hashrate > boast && !hm_estimate_is_proven(e)) {
            e->a = boast * e->b; /* from here on its silence counts */
            hm_assignment_set_hashrate(a, slot, boast);
        }
    }
    return boast > count->largest ? boast : count->largest;
}
