/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/pool/shares.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/sv2/codec.h"

static void add_work(hs_pool_counts *counts, double difficulty)
{
    counts->accepted++;
    counts->work += difficulty;
}

static void add_stale(hs_pool_counts *counts, uint64_t after_ms, int known)
{
    counts->stale++;
    counts->stale_known += (uint64_t)known;
    if (after_ms > counts->stale_ms_most) {
        counts->stale_ms_most = after_ms;
    }
}

/* Was the channel ever given this job? Of those that are too old to be remembered any number is
 * believed: numbers rise. */
static int was_given(const hs_pool_channel *channel, uint32_t job_id)
{
    const uint64_t count =
        channel->given_count < HS_POOL_GIVEN_MAX ? channel->given_count : HS_POOL_GIVEN_MAX;
    for (uint64_t i = 0; i < count; i++) {
        if (channel->given[i] == job_id) {
            return 1;
        }
    }
    return channel->given_count > HS_POOL_GIVEN_MAX && job_id >= channel->first_job &&
           job_id < channel->given[channel->given_count % HS_POOL_GIVEN_MAX];
}

/* What a share for the present tip proves: whatever was sent before its job has been read. A
 * connection's job numbers rise in the order of sending. */
static void note_known(hs_pool_peer *peer, hs_pool_channel *channel, uint32_t job_id)
{
    channel->known_job = channel->tip_job;
    peer->known_job = job_id > peer->known_job ? job_id : peer->known_job;
}

/* Had the channel been closed when the share was on its way, and for all that we can tell its
 * client had not read that? */
static int is_cut_off(const hs_pool_peer *peer, const hs_pool_channel *channel)
{
    return channel->closed_by_pool && peer->known_job <= channel->closed_at_job;
}

/* Counts into the channel, if there is one, and into the pool. Returns the error_code; NULL =
 * accepted. */
static const char *count_share(hs_pool_peer *peer, hs_pool_channel *channel,
                               const hs_session_share *share)
{
    hs_pool *const pool = peer->pool;
    hs_pool_counts *const both[2] = {&pool->counts, &channel->counts};
    enum hs_judgement judgement = share->judgement;
    const hs_session_channel *const view = hs_pool_view(peer, channel->channel_id);
    int refused = 0;
    if (judgement == HS_JUDGED_UNKNOWN_JOB && was_given(channel, share->job_id)) {
        judgement = HS_JUDGED_STALE; /* the session has forgotten it, two tips ago */
    }
    if (judgement == HS_JUDGED_VALID) {
        note_known(peer, channel, share->job_id);
        refused = pool->state.on[HS_POOL_REFUSE] ||
                  (pool->state.on[HS_POOL_GREY] &&
                   hs_rng_uniform(&pool->chance) >= pool->state.value[HS_POOL_GREY]);
    }
    for (int i = 0; i < 2; i++) {
        both[i]->received++;
        if (refused) {
            both[i]->refused++;
        } else if (judgement == HS_JUDGED_VALID) {
            add_work(both[i], share->difficulty);
        } else if (judgement == HS_JUDGED_STALE) {
            add_stale(both[i], view != NULL ? pool->now_ms - view->tip_since_ms : 0,
                      share->job_id < channel->known_job);
        } else if (judgement == HS_JUDGED_CHANNEL_CLOSED && is_cut_off(peer, channel)) {
            both[i]->cut_off++;
        } else if (judgement == HS_JUDGED_DUPLICATE) {
            both[i]->duplicates++;
        } else {
            both[i]->rejected[judgement]++;
        }
    }
    if (refused) {
        return hs_judgement_code(
            HS_JUDGED_NTIME); /* invalid-share: no reason that can be checked */
    }
    return judgement == HS_JUDGED_VALID ? NULL : hs_judgement_code(judgement);
}

/* Files an answer; without memory for it, it goes out at once with all before it. */
static void file_answer(hs_pool_peer *peer, const hs_pool_answer *answer)
{
    if (peer->waiting_count == HS_POOL_WAITING_MAX) {
        hs_pool_answer_due(peer, 1);
    }
    if (HS_PUSH(peer->waiting, peer->waiting_capacity, peer->waiting_count, *answer) != 0) {
        hs_pool_end(peer, 0, "no memory for an answer");
    }
}

void hs_pool_submit(hs_pool_peer *peer, const hs_sv2_message *m, const hs_session_step *step)
{
    const hs_sv2_submit *const told = &m->as.submit;
    hs_pool *const pool = peer->pool;
    const double slow = pool->state.on[HS_POOL_SLOW] ? pool->state.value[HS_POOL_SLOW] : 0.0;
    hs_pool_answer answer = {pool->now_ms + (uint64_t)(slow * 1000.0),
                             NULL,
                             told->channel_id,
                             told->sequence_number,
                             NULL,
                             0.0,
                             0};
    answer.channel = hs_pool_find(peer, told->channel_id);
    if (answer.channel != NULL && step->share != NULL) {
        answer.error_code = count_share(peer, answer.channel, step->share);
        answer.difficulty = step->share->difficulty;
    } else {
        /* No such channel, or one of the other kind: the session does not know the share. */
        const enum hs_judgement why =
            step->rule == HS_RULE_CHANNEL_UNKNOWN ? HS_JUDGED_CHANNEL_CLOSED : HS_JUDGED_NTIME;
        pool->counts.received++;
        pool->counts.rejected[why]++;
        if (answer.channel != NULL) {
            answer.channel->counts.received++;
            answer.channel->counts.rejected[why]++;
        }
        answer.error_code = hs_judgement_code(why);
        answer.unknown_to_session = 1;
    }
    file_answer(peer, &answer);
}

static void flush_batch(hs_pool_peer *peer, hs_pool_channel *channel)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_SUCCESS};
    if (channel->batch_count == 0) {
        return;
    }
    m.as.submit_success.channel_id = channel->channel_id;
    m.as.submit_success.last_sequence_number = channel->batch_last;
    m.as.submit_success.new_submits_accepted_count = channel->batch_count;
    m.as.submit_success.new_shares_sum = (uint64_t)channel->batch_sum;
    channel->batch_count = 0;
    channel->batch_sum = 0.0;
    (void)hs_pool_emit(peer, &m);
}

static void accept_share(hs_pool_peer *peer, const hs_pool_answer *answer)
{
    hs_pool_channel *const channel = answer->channel;
    if (channel->batch_count == 0) {
        channel->batch_since_ms = peer->pool->now_ms;
    }
    channel->batch_count++;
    channel->batch_last = answer->sequence_number;
    channel->batch_sum += answer->difficulty;
    if (channel->batch_count >= peer->pool->options.batch) {
        flush_batch(peer, channel);
    }
}

static void refuse_share(hs_pool_peer *peer, const hs_pool_answer *answer)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_ERROR};
    m.as.submit_error.channel_id = answer->channel_id;
    m.as.submit_error.sequence_number = answer->sequence_number;
    m.as.submit_error.error_code = hs_sv2_bytes_of(answer->error_code);
    if (answer->unknown_to_session) {
        hs_pool_emit_unseen(peer, &m);
    } else {
        (void)hs_pool_emit(peer, &m);
    }
}

static int batch_is_due(const hs_pool *pool, const hs_pool_channel *channel)
{
    return channel->batch_count > 0 &&
           pool->now_ms >= channel->batch_since_ms + pool->options.batch_ms;
}

void hs_pool_answer_due(hs_pool_peer *peer, int all)
{
    hs_pool *const pool = peer->pool;
    size_t done = 0;
    while (done < peer->waiting_count && (all || peer->waiting[done].due_ms <= pool->now_ms)) {
        const hs_pool_answer *const answer = &peer->waiting[done++];
        if (answer->error_code == NULL) {
            accept_share(peer, answer);
        } else {
            refuse_share(peer, answer);
        }
    }
    peer->waiting_count -= done;
    if (done > 0) {
        memmove(peer->waiting, peer->waiting + done, peer->waiting_count * sizeof *peer->waiting);
    }
    for (size_t i = 0; i < pool->channel_count; i++) {
        hs_pool_channel *const channel = pool->channels[i];
        if (channel->connection == peer->number && (all || batch_is_due(pool, channel))) {
            flush_batch(peer, channel);
        }
    }
}

uint64_t hs_pool_answers_next_ms(const hs_pool_peer *peer)
{
    const hs_pool *const pool = peer->pool;
    uint64_t next = peer->waiting_count > 0 ? peer->waiting[0].due_ms : UINT64_MAX;
    for (size_t i = 0; i < pool->channel_count; i++) {
        const hs_pool_channel *const channel = pool->channels[i];
        if (channel->connection == peer->number && channel->batch_count > 0 &&
            channel->batch_since_ms + pool->options.batch_ms < next) {
            next = channel->batch_since_ms + pool->options.batch_ms;
        }
    }
    return next;
}
