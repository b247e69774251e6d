/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/replay/moves.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/sv2/work.h"

static void tell(hs_replay *b, const hs_replay_row *row, hmx_reassign e, const hs_sv2_b032 *prefix)
{
    e.channel = row->number;
    e.cookie = row->cookie;
    e.from = row->told;
    (void)hs_link_reassign(&b->link, &e, prefix->byte, prefix->len);
}

/* Answers the pending decision, if there is one. Returns 1 when it was this very move. */
static int answer_pending(hs_replay *b, hs_replay_row *row, uint32_t to, const hs_sv2_b032 *prefix)
{
    const hmx_decision decision = row->pending;
    row->pending.decision = 0;
    if (decision.decision == 0) {
        return 0;
    }
    const int same = decision.kind == HMX_DECISION_MOVE && decision.style != HMX_STYLE_REOPEN &&
                     decision.to == to && decision.extranonce_prefix_len == 0;
    tell(b, row,
         (hmx_reassign){.decision = decision.decision,
                        .to = same ? to : row->told,
                        .result = same ? HMX_RESULT_APPLIED : HMX_RESULT_REFUSED},
         same ? prefix : &(hs_sv2_b032){.len = 0});
    row->told = same ? to : row->told;
    return same;
}

int hs_replay_moved(hs_replay *b, hs_replay_row *row, uint32_t to, const hs_sv2_b032 *prefix)
{
    if (answer_pending(b, row, to, prefix)) {
        return 1;
    }
    tell(b, row, (hmx_reassign){.to = to, .result = HMX_RESULT_FORCED}, prefix);
    row->told = to;
    return 0;
}

/* `next` comes into force, so it is not draining; what was in force till now is. */
static void drain_later(hs_replay_row *row, const hs_sv2_b032 *next)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->drain_count; i++) {
        if (!hs_prefix_equal(&row->drains[i].prefix, next)) {
            row->drains[kept++] = row->drains[i];
        }
    }
    row->drain_count = kept;
    if (row->prefix.len > 0 && row->drain_count < HS_REPLAY_DRAINS_MAX) {
        row->drains[row->drain_count++] = (hs_replay_drain){row->upstream, row->prefix};
    }
}

static void tell_drained(hs_replay *b, const hs_replay_row *row, const hs_replay_drain *drain)
{
    if (row->known) {
        (void)hs_link_drained(&b->link, row->number, row->cookie, drain->upstream,
                              drain->prefix.byte, drain->prefix.len);
    }
}

/* Reports the old prefixes that no valid job holds any more. */
static void report_drained(hs_replay *b, hs_replay_row *row, const hs_session_channel *channel)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->drain_count; i++) {
        const hs_replay_drain drain = row->drains[i];
        if (hs_session_channel_uses_prefix(channel, &drain.prefix) ||
            hs_prefix_equal(&channel->prefix, &drain.prefix)) {
            row->drains[kept++] = drain;
        } else {
            tell_drained(b, row, &drain);
        }
    }
    row->drain_count = kept;
}

void hs_replay_all_drained(hs_replay *b, hs_replay_row *row)
{
    const hs_replay_drain last = {row->upstream, row->prefix};
    for (uint32_t i = 0; i < row->drain_count; i++) {
        tell_drained(b, row, &row->drains[i]);
    }
    row->drain_count = 0;
    if (last.upstream != HMX_NONE && last.prefix.len > 0) {
        tell_drained(b, row, &last);
    }
}

void hs_replay_prefix_set(hs_replay *b, const hs_session_step *step, char *remark, size_t capacity)
{
    char old_hex[2 * HS_SV2_EXTRANONCE_MAX + 8];
    char new_hex[2 * HS_SV2_EXTRANONCE_MAX + 8];
    const hs_session_channel *const channel = step->channel;
    const hs_replay_row *const row = hs_replay_row_of(b, channel->channel_id);
    const hs_replay_pool *const pool = hs_replay_pool_of(b, &channel->prefix);
    if (row == NULL) {
        return;
    }
    hs_replay_prefix(&row->prefix, old_hex);
    hs_replay_prefix(&channel->prefix, new_hex);
    if (pool->upstream == row->upstream) {
        (void)snprintf(remark, capacity, "prefix %s -> %s on %s", old_hex, new_hex, pool->id);
    } else {
        (void)snprintf(remark, capacity, "move: prefix %s -> %s (%s -> %s), with the next job",
                       old_hex, new_hex, hs_replay_pool_name(b, row->upstream), pool->id);
    }
}

/* The channel's active job has another prefix than before. */
static void prefix_in_force(hs_replay *b, hs_replay_row *row, const hs_session_job *job, int hard,
                            char *remark, size_t capacity)
{
    const hs_replay_pool *const pool = hs_replay_pool_of(b, &job->prefix);
    const int moved = pool->upstream != row->upstream;
    const char *how = "";
    if (row->known && row->open) {
        how = hs_replay_moved(b, row, pool->upstream, &job->prefix)
                  ? ", as decided by the plugin"
                  : ", not asked for by the plugin";
    }
    if (moved) {
        row->hard_moves += hard ? 1 : 0;
        row->soft_moves += hard ? 0 : 1;
        (void)snprintf(remark, capacity, "%s move of channel %u done: %s -> %s%s",
                       hard ? "hard" : "soft", (unsigned)row->channel_id,
                       hs_replay_pool_name(b, row->upstream), pool->id, how);
    }
    drain_later(row, &job->prefix);
    row->noted_to = HMX_NONE;
    row->upstream = pool->upstream;
    row->prefix = job->prefix;
}

void hs_replay_jobs_changed(hs_replay *b, const hs_session *session, int hard, char *remark,
                            size_t capacity)
{
    size_t count = 0;
    const hs_session_channel *const channels = hs_session_channels(session, &count);
    for (size_t i = 0; i < count; i++) {
        const hs_session_job *const job = hs_session_channel_active_job(&channels[i]);
        hs_replay_row *const row = job != NULL ? hs_replay_row_of(b, channels[i].channel_id) : NULL;
        if (row == NULL) {
            continue;
        }
        if (!hs_prefix_equal(&job->prefix, &row->prefix)) {
            prefix_in_force(b, row, job, hard, remark, capacity);
        }
        report_drained(b, row, &channels[i]);
    }
}

/* Takes over what the job tells about its pool. Returns 1 when that is news. */
static int learn(hs_replay_pool *pool, const hs_session_job *job)
{
    const hmx_upstream_event before = pool->facts;
    pool->facts.has_job = HMX_YES;
    if (job->body != NULL) {
        pool->facts.version_rolling = job->version_rolling ? HMX_YES : HMX_NO;
    }
    memcpy(pool->facts.target, job->target.byte, sizeof pool->facts.target);
    memcpy(pool->facts.tip_prev_hash, job->tip.prev_hash.byte, sizeof pool->facts.tip_prev_hash);
    pool->facts.tip_nbits = job->tip.nbits;
    return memcmp(&before, &pool->facts, sizeof before) != 0;
}

void hs_replay_learn_pools(hs_replay *b, const hs_session *session)
{
    size_t count = 0;
    const hs_session_channel *const channels = hs_session_channels(session, &count);
    for (size_t i = 0; i < count; i++) {
        const hs_session_job *const job = hs_session_channel_active_job(&channels[i]);
        if (job != NULL) {
            hs_replay_pool *const pool = hs_replay_pool_of(b, &job->prefix);
            if (learn(pool, job)) {
                hs_replay_tell_pool(b, pool);
            }
        }
    }
}

static const char *reason_name(uint32_t reason)
{
    static const char *const NAMES[] = {"no reason given", "arrival",    "adopted",
                                        "balance",         "evacuation", "pin",
                                        "prefix",          "take back",  "operator"};
    return reason < sizeof NAMES / sizeof NAMES[0] ? NAMES[reason] : "unknown reason";
}

static void take_decision(hs_replay *b, const hmx_decision *decision)
{
    hs_replay_row *const row = hs_replay_numbered_row(b, decision->channel);
    b->decisions++;
    if (row == NULL || !row->open) {
        return; /* void: the guard has said so */
    }
    row->pending = *decision;
    if (row->noted_to == decision->to) {
        return; /* the same wish again, since nothing came of it */
    }
    row->noted_to = decision->to;
    if (row->waits) {
        hs_replay_note(b, "%s wants request %u on %s (%s)", b->name, (unsigned)row->request_id,
                       hs_replay_pool_name(b, decision->to), reason_name(decision->reason));
        return;
    }
    hs_replay_note(b, "%s wants channel %u on %s (%s); the recording goes its own way", b->name,
                   (unsigned)row->channel_id, hs_replay_pool_name(b, decision->to),
                   reason_name(decision->reason));
}

static void forget_expired(hs_replay *b)
{
    for (uint32_t i = 0; i < b->row_end; i++) {
        hmx_decision *const pending = &b->rows[i].pending;
        if (pending->decision != 0 && pending->valid_until_ns <= b->link.now_ns) {
            pending->decision = 0;
        }
    }
}

void hs_replay_ticks(hs_replay *b, uint64_t seconds)
{
    for (uint64_t i = 0; i < seconds; i++) {
        hs_link_tick tick = {.link = &b->link};
        b->link.now_ns += HS_REPLAY_SECOND_NS;
        b->link.unix_ms = HS_REPLAY_START_UNIX_MS + b->link.now_ns / 1000000;
        forget_expired(b);
        for (const hmx_decision *d; (d = hs_link_next(&tick)) != NULL;) {
            take_decision(b, d);
        }
    }
}
