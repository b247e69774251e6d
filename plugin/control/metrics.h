/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * metrics: what happened to the shares of each upstream, counted and weighted by difficulty.
 *
 * Counting only: on_share adds to one tally, everything else is derived when somebody asks. The
 * shares that steer the split are booked in ledger.h.
 */
#ifndef PLUGIN_CONTROL_METRICS_H
#define PLUGIN_CONTROL_METRICS_H

#include <stdint.h>

#include "abi/hmx_abi.h"
#include "abi/hmx_metrics.h"

enum { HM_TALLY_LOCAL = HMX_SHARE_REJECTED_OTHER + 1, HM_TALLIES };

typedef struct hm_share_counts {
    hmx_tally tallies[HM_TALLIES]; /* by HMX_SHARE_*, and HM_TALLY_LOCAL; [0] is unused */
    double accepted_credit;        /* of the pool's verdicts, as the pool counts */
    double rejected_credit;
} hm_share_counts;

/* Adds shares with one verdict (HMX_SHARE_* or HM_TALLY_LOCAL). */
static inline void hm_metrics_add(hm_share_counts *c, uint32_t verdict, uint32_t count, double work)
{
    c->tallies[verdict].count += count;
    c->tallies[verdict].work += work;
}

/* Adds what a verdict of the pool itself is worth. */
static inline void hm_metrics_verdict(hm_share_counts *c, double credit, int accepted)
{
    if (accepted) {
        c->accepted_credit += credit;
    } else {
        c->rejected_credit += credit;
    }
}

/* accepted / (accepted + rejected) by credit, in per cent; 100 while there is no verdict. */
double hm_metrics_acceptance_pct(const hm_share_counts *c);

/* Copies the tallies into a row of the snapshot. */
void hm_metrics_fill(const hm_share_counts *c, hmx_upstream_metrics *row);

#endif
