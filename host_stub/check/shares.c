/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/shares.h"

#include <inttypes.h>

#include "host_stub/base/text.h"

/* Whole seconds on both sides, and what rounding to them can add. */
enum { NTIME_SLACK_SECS = 1 };

static uint64_t ahead(uint64_t now_ms, uint32_t min_ntime, uint64_t since_ms)
{
    return min_ntime + (now_ms > since_ms ? (now_ms - since_ms) / 1000 : 0);
}

/* The specification lets ntime run with the clock from the min_ntime of the last SetNewPrevHash; a
 * job with a later one of its own starts there. */
static void check_ntime(hs_check *c, const hs_session_channel *channel, const hs_sv2_submit *told)
{
    const hs_session_job *const job = hs_session_channel_job(channel, told->job_id);
    if (job == NULL || !c->now.is_timed) {
        return;
    }
    const uint64_t by_job = ahead(c->now.now_ms, job->min_ntime, job->since_ms);
    const uint64_t by_tip = ahead(c->now.now_ms, channel->tip.min_ntime, channel->tip_since_ms);
    const uint64_t most = (by_job > by_tip ? by_job : by_tip) + NTIME_SLACK_SECS;
    if (told->ntime > most) {
        hs_check_report(c, HS_CHECK_SHARE_NTIME,
                        "ntime %u is ahead of the clock: by now %" PRIu64 " is the latest that job "
                        "%u allows",
                        (unsigned)told->ntime, most, (unsigned)told->job_id);
    }
}

void hs_check_share_sent(hs_check *c, const hs_sv2_message *m, const hs_session_step *step)
{
    const hs_sv2_submit *const told = &m->as.submit;
    hs_check_channel *const own =
        step->channel != NULL ? hs_check_channel_of(c, step->channel) : NULL;
    c->totals.shares++;
    if (own == NULL) {
        return;
    }
    if (own->has_sequence && told->sequence_number <= own->last_sequence) {
        hs_check_report(c, HS_CHECK_SEQUENCE_NUMBER,
                        "sequence_number %u of channel %u comes after %u",
                        (unsigned)told->sequence_number, (unsigned)told->channel_id,
                        (unsigned)own->last_sequence);
    } else {
        own->has_sequence = 1;
        own->last_sequence = told->sequence_number;
    }
    if (step->rule == HS_RULE_OK && step->share != NULL &&
        step->share->judgement == HS_JUDGED_VALID) {
        check_ntime(c, step->channel, told);
    }
}

void hs_check_acknowledged(hs_check *c, const hs_sv2_message *m, const hs_session_step *step)
{
    const hs_sv2_submit_success *const told = &m->as.submit_success;
    double sum = 0.0;
    if (!hs_shares_sum_fits(step->answered, step->answered_count, told->new_shares_sum, &sum)) {
        char text[40];
        hs_check_report(c, HS_CHECK_SHARES_SUM,
                        "new_shares_sum is %" PRIu64 ", and the %zu shares up to %u of channel %u "
                        "have a difficulty of %s together",
                        told->new_shares_sum, step->answered_count,
                        (unsigned)told->last_sequence_number, (unsigned)told->channel_id,
                        hs_format_fixed(text, sizeof text, sum, 3));
    }
}
