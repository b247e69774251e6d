/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/channels.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/replay/moves.h"
#include "host_stub/sv2/codec.h"

/* A row that nobody uses, cleared, with the next number; NULL when there is none. */
static hs_replay_row *new_row(hs_replay *b)
{
    uint32_t i = 0;
    while (i < b->row_end && b->rows[i].number != 0) {
        i++;
    }
    if (i == HS_REPLAY_ROWS_MAX) {
        return NULL;
    }
    if (i == b->row_end) {
        b->row_end++;
    }
    memset(&b->rows[i], 0, sizeof b->rows[i]);
    b->rows[i].number = ++b->last_number;
    b->opened++;
    return &b->rows[i];
}

static uint32_t channel_flags(const hs_replay *b)
{
    uint32_t flags = 0;
    flags |= b->client_flags & HS_SV2_REQUIRES_VERSION_ROLLING
                 ? HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING
                 : 0U;
    flags |= b->client_flags & HS_SV2_REQUIRES_WORK_SELECTION ? HMX_CHANNEL_FLAG_CUSTOM_JOBS : 0U;
    return flags;
}

static hmx_status ask(hs_replay *b, const hs_replay_row *row, const hs_sv2_open *told,
                      hmx_channel_decision *answer)
{
    hmx_channel_open e = {.channel = row->number,
                          .connection = 1,
                          .kind = row->kind == HS_CHANNEL_EXTENDED ? HMX_CHANNEL_EXTENDED
                                                                   : HMX_CHANNEL_STANDARD,
                          .flags = channel_flags(b),
                          .min_extranonce_size = told->min_extranonce_size,
                          .extranonce_size = told->min_extranonce_size,
                          .nominal_hashrate = row->nominal_hashrate_hs,
                          .user_identity = {told->user_identity.data, told->user_identity.len},
                          .vendor = {b->vendor, b->vendor_len}};
    memcpy(e.max_target, told->max_target.byte, sizeof e.max_target);
    return hs_link_open(&b->link, &e, answer);
}

void hs_replay_opening(hs_replay *b, const hs_sv2_message *m, char *remark, size_t capacity)
{
    hmx_channel_decision answer;
    char hashrate[64];
    hs_replay_row *const row = new_row(b);
    if (row == NULL) {
        return;
    }
    row->request_id = m->as.open.request_id;
    row->waits = 1;
    row->kind = m->id == HS_SV2_OPEN_EXTENDED ? HS_CHANNEL_EXTENDED : HS_CHANNEL_STANDARD;
    row->nominal_hashrate_hs = (double)m->as.open.nominal_hash_rate;
    hs_replay_hashrate(row->nominal_hashrate_hs, hashrate, sizeof hashrate);
    if (m->as.open.min_extranonce_size > HMX_EXTRANONCE_MAX) {
        (void)snprintf(remark, capacity, "%s, asks for more extranonce than there is", hashrate);
        return;
    }
    const hmx_status status = ask(b, row, &m->as.open, &answer);
    if (status < 0) {
        (void)snprintf(remark, capacity, "%s, %s does not take it: %s", hashrate, b->name,
                       hs_link_status(status));
        return;
    }
    row->known = 1;
    row->open = 1;
    row->cookie = answer.cookie;
    row->decided = answer.action == HMX_ACTION_ASSIGN ? answer.upstream : HMX_NONE;
    row->told = row->decided;
    if (row->decided == HMX_NONE) {
        (void)snprintf(remark, capacity, "%s, %s leaves the place to the host", hashrate, b->name);
    } else {
        (void)snprintf(remark, capacity, "%s, %s would place it on %s", hashrate, b->name,
                       hs_replay_pool_name(b, row->decided));
    }
}

void hs_replay_opened(hs_replay *b, const hs_session_step *step, char *remark, size_t capacity)
{
    char hashrate[64];
    char hex[2 * HS_SV2_EXTRANONCE_MAX + 8];
    hs_replay_row *const row = hs_replay_waiting_row(b, step->request_id);
    if (row == NULL) {
        return;
    }
    const hs_session_channel *const channel = step->channel;
    const hs_replay_pool *const pool = hs_replay_pool_of(b, &channel->prefix);
    row->waits = 0;
    row->channel_id = channel->channel_id;
    row->upstream = pool->upstream;
    row->prefix = channel->prefix;
    const char *const verb = row->decided == pool->upstream ? "as" : "not as";
    (void)snprintf(remark, capacity, "%s, prefix %s: on %s%s%s%s",
                   hs_replay_hashrate(row->nominal_hashrate_hs, hashrate, sizeof hashrate),
                   hs_replay_prefix(&channel->prefix, hex), pool->id,
                   row->decided == HMX_NONE ? "" : ", ", row->decided == HMX_NONE ? "" : verb,
                   row->decided == HMX_NONE ? "" : " decided");
    if (row->known && row->decided != pool->upstream) {
        (void)hs_replay_moved(b, row, pool->upstream, &channel->prefix);
    }
}

static void tell_close(hs_replay *b, hs_replay_row *row, uint32_t reason)
{
    if (row->known && row->open) {
        (void)hs_link_close(&b->link, row->number, row->cookie, reason);
        hs_replay_all_drained(b, row);
    }
    row->open = 0;
    row->pending.decision = 0;
}

void hs_replay_not_opened(hs_replay *b, const hs_session_step *step)
{
    hs_replay_row *const row = hs_replay_waiting_row(b, step->request_id);
    if (row != NULL) {
        tell_close(b, row, HMX_CLOSE_HOST);
        row->number = 0; /* free: no channel came of it */
        b->opened--;
    }
}

void hs_replay_updated(hs_replay *b, const hs_sv2_message *m, char *remark, size_t capacity)
{
    char hashrate[64];
    hs_replay_row *const row = hs_replay_row_of(b, m->as.update_channel.channel_id);
    if (row == NULL) {
        return;
    }
    row->nominal_hashrate_hs = (double)m->as.update_channel.nominal_hash_rate;
    (void)snprintf(remark, capacity, "%s",
                   hs_replay_hashrate(row->nominal_hashrate_hs, hashrate, sizeof hashrate));
    if (row->known && row->open) {
        hmx_channel_update e = {.channel = row->number,
                                .cookie = row->cookie,
                                .changed = HMX_FACT_NOMINAL_HASHRATE | HMX_FACT_MAX_TARGET,
                                .nominal_hashrate = row->nominal_hashrate_hs};
        memcpy(e.max_target, m->as.update_channel.maximum_target.byte, sizeof e.max_target);
        (void)hs_link_update(&b->link, &e);
    }
}

/* Is the session's channel of this row still open? */
static int still_open(const hs_session *session, const hs_replay_row *row)
{
    size_t count = 0;
    const hs_session_channel *const channels = hs_session_channels(session, &count);
    for (size_t i = 0; i < count; i++) {
        if (channels[i].channel_id == row->channel_id) {
            return channels[i].open != 0;
        }
    }
    return 0;
}

void hs_replay_closed(hs_replay *b, const hs_session *session, uint32_t reason)
{
    for (uint32_t i = 0; i < b->row_end; i++) {
        hs_replay_row *const row = &b->rows[i];
        const int gone = session == NULL || (!row->waits && row->open && !still_open(session, row));
        if (row->number != 0 && gone) {
            tell_close(b, row, reason);
        }
    }
}

/* ---- shares ---- */

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
    hmx_share e = {.event = {.flags = local ? HMX_SHARE_FLAG_LOCAL : 0},
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
