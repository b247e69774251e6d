/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/control/metrics.h"

double hm_metrics_acceptance_pct(const hm_share_counts *c)
{
    const double verdicts = c->accepted_credit + c->rejected_credit;
    /* The ratio first: 100 * accepted would be rounded, and the quotient could pass 100. */
    return verdicts > 0.0 ? 100.0 * (c->accepted_credit / verdicts) : 100.0;
}

void hm_metrics_fill(const hm_share_counts *c, hmx_upstream_metrics *row)
{
    row->acceptance_pct = hm_metrics_acceptance_pct(c);
    row->submitted = c->tallies[HMX_SHARE_SUBMITTED];
    row->accepted = c->tallies[HMX_SHARE_ACCEPTED];
    row->not_forwarded = c->tallies[HMX_SHARE_NOT_FORWARDED];
    row->lost = c->tallies[HMX_SHARE_LOST];
    row->rejected_stale = c->tallies[HMX_SHARE_REJECTED_STALE];
    row->rejected_low_difficulty = c->tallies[HMX_SHARE_REJECTED_LOW_DIFFICULTY];
    row->rejected_duplicate = c->tallies[HMX_SHARE_REJECTED_DUPLICATE];
    row->rejected_invalid_job = c->tallies[HMX_SHARE_REJECTED_INVALID_JOB];
    row->rejected_other = c->tallies[HMX_SHARE_REJECTED_OTHER];
    row->rejected_local = c->tallies[HM_TALLY_LOCAL];
}
