/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/channels.h"

#include <inttypes.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

enum {
    OWED_MS = 30000,    /* how long a server may take to follow UpdateChannel with SetTarget */
    DEBOUNCE_MS = 1000, /* least time between two UpdateChannel of a proxy (5.3.7) */
    EXTENSION_CHANNEL = HS_SV2_HEADER_SIZE + 4
};

void hs_check_forget_debts(hs_check *c, uint32_t channel_id)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->now.debt_count; i++) {
        if (c->now.debts[i].channel_id != channel_id) {
            c->now.debts[kept++] = c->now.debts[i];
        }
    }
    c->now.debt_count = kept;
}

static void owe(hs_check *c, const hs_session_channel *channel)
{
    hs_check_connection *const now = &c->now;
    if (HS_GROW(now->debts, now->debt_capacity, now->debt_count + 1) != 0) {
        hs_check_report(c, HS_RULE_MEMORY, "no memory for what a channel is owed");
        return;
    }
    now->debts[now->debt_count++] = (hs_check_debt){
        .channel_id = channel->channel_id, .frame = now->frame, .t_ms = now->now_ms};
}

void hs_check_update(hs_check *c, const hs_sv2_message *m, const hs_session_step *step)
{
    const hs_session_channel *const channel = step->channel;
    hs_check_channel *const own = hs_check_channel_of(c, channel);
    if (own == NULL) {
        return;
    }
    if (c->now.role == HS_CHECK_UPSTREAM && c->now.is_timed) {
        HS_CHECK_REPORT_IF(
            c, own->has_update && c->now.now_ms - own->updated_ms < DEBOUNCE_MS,
            HS_CHECK_UPDATE_DEBOUNCE, "channel %u was updated %u ms ago: once a second is the most",
            (unsigned)channel->channel_id, (unsigned)(c->now.now_ms - own->updated_ms));
        own->has_update = 1;
        own->updated_ms = c->now.now_ms;
    }
    hs_check_forget_debts(c, channel->channel_id);
    if (hs_sv2_compare(&m->as.update_channel.maximum_target, &channel->target) < 0) {
        owe(c, channel);
    }
}

void hs_check_update_error(hs_check *c, const hs_sv2_message *m)
{
    hs_check_forget_debts(c, m->as.update_channel_error.channel_id);
}

void hs_check_target_set(hs_check *c, const hs_sv2_message *m)
{
    const hs_session_channel *channel = NULL;
    size_t at = 0;
    while (c->now.debt_count > 0 &&
           (channel = hs_session_addressed(c->now.session, m->as.set_target.channel_id, &at)) !=
               NULL) {
        if (hs_sv2_compare(&channel->target, &channel->max_target) <= 0) {
            hs_check_forget_debts(c, channel->channel_id);
        }
    }
}

static void report_debt(hs_check *c, const hs_check_debt *debt, const char *how)
{
    hs_check_report(c, HS_CHECK_TARGET_OWED,
                    "UpdateChannel of channel %u in frame %zu asked for a harder target than the "
                    "one in force, and %s",
                    (unsigned)debt->channel_id, debt->frame, how);
}

void hs_check_debts(hs_check *c, int ended)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->now.debt_count; i++) {
        const hs_check_debt debt = c->now.debts[i];
        if (c->now.is_timed && c->now.now_ms - debt.t_ms > OWED_MS) {
            report_debt(c, &debt, "no SetTarget has followed within 30 s");
        } else if (ended && !c->now.is_timed && debt.ignored) {
            report_debt(c, &debt, "no SetTarget has followed");
        } else {
            c->now.debts[kept++] = debt;
        }
    }
    c->now.debt_count = kept;
}

void hs_check_served(hs_check *c, uint32_t id, int is_job)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->now.debt_count; i++) {
        hs_check_debt debt = c->now.debts[i];
        const hs_session_channel *channel = NULL;
        size_t at = 0;
        while ((channel = hs_session_addressed(c->now.session, id, &at)) != NULL &&
               channel->channel_id != debt.channel_id) {
        }
        debt.ignored |= channel != NULL;
        /* With times the server has its 30 seconds; without, a job is as good as a sign that it
         * has overlooked the update. */
        if (channel != NULL && is_job && !c->now.is_timed) {
            report_debt(c, &debt, "this job still captures the old one");
        } else {
            c->now.debts[kept++] = debt;
        }
    }
    c->now.debt_count = kept;
}

void hs_check_endpoint_changed(hs_check *c, const hs_sv2_message *m)
{
    const hs_session_channel *channel = NULL;
    size_t at = 0;
    while ((channel = hs_session_addressed(
                c->now.session, m->as.channel_endpoint_changed.channel_id, &at)) != NULL) {
        hs_check_channel *const own = hs_check_channel_of(c, channel);
        if (own != NULL) {
            own->carries_extensions = 0;
        }
    }
}

void hs_check_extension(hs_check *c, const uint8_t *frame, size_t len)
{
    const hs_session_channel *channel = NULL;
    size_t at = 0;
    if (len < EXTENSION_CHANNEL || (frame[1] & 0x80) == 0) {
        return; /* of no channel */
    }
    const uint32_t id = (uint32_t)hs_sv2_load_uint(frame + HS_SV2_HEADER_SIZE, 4);
    while ((channel = hs_session_addressed(c->now.session, id, &at)) != NULL) {
        hs_check_channel *const own = hs_check_channel_of(c, channel);
        if (own != NULL) {
            own->carries_extensions = 1;
        }
    }
}

/* ---- shares: their numbers, their ntime against the clock, and sums ---- */

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
    HS_CHECK_REPORT_IF(c, told->ntime > most, HS_CHECK_SHARE_NTIME,
                       "ntime %u is ahead of the clock: by now %" PRIu64 " is the latest that job "
                       "%u allows",
                       (unsigned)told->ntime, most, (unsigned)told->job_id);
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
