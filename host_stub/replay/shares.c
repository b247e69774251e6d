/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/shares.h"

#include <stdio.h>

#include "host_stub/sv2/codec.h"

static uint32_t verdict_of(enum hs_judgement judgement)
{
    switch (judgement) {
    case HS_JUDGED_STALE:
        return HMX_SHARE_REJECTED_STALE;
    case HS_JUDGED_LOW_DIFFICULTY:
        return HMX_SHARE_REJECTED_LOW_DIFFICULTY;
    case HS_JUDGED_DUPLICATE:
        return HMX_SHARE_REJECTED_DUPLICATE;
    case HS_JUDGED_UNKNOWN_JOB:
        return HMX_SHARE_REJECTED_INVALID_JOB;
    case HS_JUDGED_VALID:
    case HS_JUDGED_CHANNEL_CLOSED:
    case HS_JUDGED_EXTRANONCE_SIZE:
    case HS_JUDGED_NTIME:
    case HS_JUDGED_VERSION_ROLLING:
    case HS_JUDGED_VERSION_BIT:
        break;
    }
    return HMX_SHARE_REJECTED_OTHER;
}

/* The same for a recorded error_code. */
static uint32_t verdict_of_code(hs_sv2_bytes code)
{
    for (int i = HS_JUDGED_CHANNEL_CLOSED; i <= HS_JUDGED_DUPLICATE; i++) {
        if (hs_sv2_bytes_are(code, hs_judgement_code((enum hs_judgement)i))) {
            return verdict_of((enum hs_judgement)i);
        }
    }
    return HMX_SHARE_REJECTED_OTHER;
}

static int is_rejection(uint32_t verdict)
{
    return verdict >= HMX_SHARE_REJECTED_STALE;
}

/* Tells the plugin and, unless it is SUBMITTED, files the verdict. */
static void report(hs_replay *b, hs_replay_row *row, const hs_session_share *share,
                   uint32_t verdict, int local)
{
    hs_replay_pool *const pool = hs_replay_pool_of(b, &share->prefix);
    hmx_share e = {.event = {.flags = local ? HMX_SHARE_LOCAL : 0},
                   .channel = row->number,
                   .cookie = row->cookie,
                   .upstream = pool->upstream,
                   .verdict = verdict,
                   .count = 1,
                   .work = share->difficulty};
    if (row->known) {
        (void)hs_link_share(&b->link, &e);
    }
    if (verdict == HMX_SHARE_SUBMITTED) {
        pool->submitted++;
        return;
    }
    row->verdicts[verdict]++;
    if (verdict == HMX_SHARE_ACCEPTED) {
        pool->accepted++;
        pool->accepted_work_diff1 += share->difficulty;
    } else if (is_rejection(verdict) && !local) {
        pool->rejected++;
    }
}

static int is_late(const hs_session_share *share)
{
    return share->judgement == HS_JUDGED_STALE || share->judgement == HS_JUDGED_CHANNEL_CLOSED;
}

void hs_replay_share(hs_replay *b, const hs_session_share *share, char *remark, size_t capacity)
{
    hs_replay_row *const row = hs_replay_row_of(b, share->channel_id);
    if (row == NULL) {
        return;
    }
    row->submitted++;
    (void)snprintf(remark, capacity, "for %s", hs_replay_pool_of(b, &share->prefix)->id);
    if (share->judgement == HS_JUDGED_VALID) {
        report(b, row, share, HMX_SHARE_SUBMITTED, 0);
    } else if (!is_late(share)) {
        report(b, row, share, verdict_of(share->judgement), 1);
    }
}

void hs_replay_answered(hs_replay *b, const hs_sv2_message *m, const hs_session_step *step,
                        char *remark, size_t capacity)
{
    const int accepted = m->id == HS_SV2_SUBMIT_SUCCESS;
    for (size_t i = 0; i < step->answered_count; i++) {
        const hs_session_share *const share = &step->answered[i];
        hs_replay_row *const row = hs_replay_row_of(b, share->channel_id);
        if (row == NULL || (share->judgement != HS_JUDGED_VALID && !is_late(share))) {
            continue; /* reported as a local rejection when it came */
        }
        if (accepted) {
            if (is_late(share)) { /* so it was passed on after all */
                report(b, row, share, HMX_SHARE_SUBMITTED, 0);
            }
            report(b, row, share, HMX_SHARE_ACCEPTED, 0);
        } else {
            report(b, row, share, verdict_of_code(m->as.submit_error.error_code), is_late(share));
        }
        (void)snprintf(remark, capacity, "for %s", hs_replay_pool_of(b, &share->prefix)->id);
    }
}

void hs_replay_unanswered(hs_replay *b, const hs_session_channel *channel)
{
    hs_replay_row *const row = hs_replay_row_of(b, channel->channel_id);
    for (size_t i = 0; row != NULL && i < channel->pending_count; i++) {
        const hs_session_share *const share = &channel->pending[i];
        if (share->judgement == HS_JUDGED_VALID) {
            report(b, row, share, HMX_SHARE_LOST, 0);
        } else if (is_late(share)) {
            report(b, row, share, verdict_of(share->judgement), 1);
        }
    }
}
