/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/miner/shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/live/miner/search.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

/* A process that was not run for a while makes up for at most so much, and hashes at most so many
 * times before somebody else has a turn. */
#define CREDIT_MOST_SECS 2.0
#define HASHES_PER_TURN  65536.0

/* Returns -1 when there is no room for another share without an answer: it is not submitted. */
static int submit(hs_miner *miner, hs_miner_slot *slot, uint32_t job_id,
                  const hs_miner_search_find *find)
{
    hs_sv2_message m = {.id = slot->extended ? HS_SV2_SUBMIT_EXTENDED : HS_SV2_SUBMIT_STANDARD};
    hs_session_step step;
    m.as.submit = (hs_sv2_submit){.channel_id = slot->channel_id,
                                  .sequence_number = slot->last_sequence + 1,
                                  .job_id = job_id,
                                  .nonce = find->nonce,
                                  .ntime = find->ntime,
                                  .version = find->version,
                                  .extranonce = find->extranonce};
    if (HS_GROW(slot->pending, slot->pending_capacity, slot->pending_count + 1) != 0 ||
        hs_miner_emit(miner, &m, &step) != 0) {
        return -1;
    }
    slot->last_sequence++;
    slot->counts.submitted++;
    slot->pending[slot->pending_count++] = (hs_miner_share){.channel_id = slot->channel_id,
                                                            .sequence_number = slot->last_sequence,
                                                            .at_ms = miner->now_ms};
    return 0;
}

static double rate_of(const hs_miner *miner, const hs_miner_slot *slot, const hs_session_job *job)
{
    const double wanted = miner->options->shares_per_minute;
    const double rate = wanted > 0.0
                            ? wanted / 60.0 * hs_sv2_hashes_of(hs_sv2_difficulty(&job->target))
                            : hs_miner_rate_of(miner->options, slot->index);
    return rate * miner->factor;
}

void hs_miner_hash(hs_miner *miner, hs_miner_slot *slot, uint64_t elapsed_ms)
{
    const hs_session_channel *channel = hs_miner_view(miner, slot);
    const hs_session_job *const job =
        channel != NULL ? hs_session_channel_active_job(channel) : NULL;
    if (job == NULL) {
        slot->credit = 0.0;
        return;
    }
    const double rate = rate_of(miner, slot, job);
    slot->credit += rate * (double)elapsed_ms / 1000.0;
    slot->credit = slot->credit < rate * CREDIT_MOST_SECS ? slot->credit : rate * CREDIT_MOST_SECS;
    uint64_t budget = (uint64_t)(slot->credit < HASHES_PER_TURN ? slot->credit : HASHES_PER_TURN);
    const hs_miner_search search = {
        job, miner->options->ignore_prefix ? &slot->first_prefix : &job->prefix,
        channel->extranonce_size, (uint32_t)((miner->now_ms - job->since_ms) / 1000),
        miner->options->roll_version};
    while (budget > 0) {
        hs_miner_search_find find;
        uint64_t hashes = 0;
        const int found = hs_miner_search_run(&search, &slot->cursor, budget, &hashes, &find);
        budget -= hashes;
        slot->credit -= (double)hashes;
        slot->counts.hashes += hashes;
        if (found && submit(miner, slot, job->job_id, &find) != 0) {
            return;
        }
    }
}

void hs_miner_mark_gone(hs_miner *miner, hs_miner_slot *slot, const hs_sv2_u256 *prev_hash)
{
    const int by_move = slot->prefix_news;
    const int is_same = hs_sv2_compare(&slot->prev_hash, prev_hash) == 0;
    slot->prev_hash = *prev_hash;
    for (size_t i = 0; i < slot->pending_count; i++) {
        hs_miner_share *const share = &slot->pending[i];
        if (share->gone_ms == 0 && share->channel_id == slot->channel_id) {
            share->gone_ms = miner->now_ms > 0 ? miner->now_ms : 1;
            share->gone_by_move = by_move;
            share->gone_on_one_tip = is_same;
        }
    }
}

static void count_code(hs_miner_counts *counts, hs_sv2_bytes code)
{
    char text[HS_MINER_CODE_SIZE] = "";
    for (uint32_t i = 0; i < code.len && i < sizeof text - 1; i++) {
        text[i] = code.data[i] > 0x20 && code.data[i] < 0x7f ? (char)code.data[i] : '?';
    }
    for (int i = 0; i < HS_MINER_CODES_MAX; i++) {
        hs_miner_rejects *const row = &counts->rejected[i];
        if (row->count == 0) {
            (void)snprintf(row->code, sizeof row->code, "%s",
                           i == HS_MINER_CODES_MAX - 1 ? "other" : text);
        }
        if (strcmp(row->code, text) == 0 || i == HS_MINER_CODES_MAX - 1) {
            row->count++;
            return;
        }
    }
}

static void count_stale(hs_miner_counts *counts, const hs_miner_share *share)
{
    if (share->gone_ms == 0) {
        counts->stale_odd++;
        return;
    }
    const uint64_t ms = share->gone_ms - share->at_ms;
    if (share->gone_by_move) {
        counts->stale_move++;
        counts->stale_needless += share->gone_on_one_tip != 0;
    } else {
        counts->stale_tip++;
    }
    counts->stale_ms_most = ms > counts->stale_ms_most ? ms : counts->stale_ms_most;
}

static void count_accepted(hs_miner *miner, hs_miner_slot *slot, const hs_session_share *share)
{
    hs_miner_counts *const counts = &slot->counts;
    counts->accepted++;
    counts->work_accepted += share->difficulty;
    if (slot->awaits_first && share->channel_id == slot->channel_id &&
        hs_prefix_equal(&share->prefix, &slot->prefix)) {
        const uint64_t ms = miner->now_ms - slot->prefix_at_ms;
        slot->awaits_first = 0;
        counts->firsts++;
        counts->first_ms_sum += ms;
        counts->first_ms_most = ms > counts->first_ms_most ? ms : counts->first_ms_most;
    }
}

static void count_answer(hs_miner *miner, hs_miner_slot *slot, const hs_sv2_message *m,
                         const hs_session_share *answered, const hs_miner_share *share)
{
    hs_miner_counts *const counts = &slot->counts;
    const hs_sv2_bytes code = m->as.submit_error.error_code;
    const uint64_t ms = miner->now_ms - share->at_ms;
    counts->answer_ms_most = ms > counts->answer_ms_most ? ms : counts->answer_ms_most;
    if (m->id == HS_SV2_SUBMIT_SUCCESS) {
        count_accepted(miner, slot, answered);
    } else if (hs_sv2_bytes_are(code, hs_judgement_code(HS_JUDGED_STALE))) {
        count_stale(counts, share);
    } else if (hs_sv2_bytes_are(code, hs_judgement_code(HS_JUDGED_DUPLICATE))) {
        counts->duplicates++;
    } else {
        count_code(counts, code);
    }
}

void hs_miner_answered(hs_miner *miner, const hs_sv2_message *message, const hs_session_step *step)
{
    for (size_t i = 0; i < step->answered_count; i++) {
        const hs_session_share *const answered = &step->answered[i];
        hs_miner_slot *const slot = hs_miner_slot_of(miner, answered->channel_id);
        for (size_t j = 0; slot != NULL && j < slot->pending_count; j++) {
            const hs_miner_share share = slot->pending[j];
            if (share.channel_id == answered->channel_id &&
                share.sequence_number == answered->sequence_number) {
                slot->pending_count--;
                memmove(&slot->pending[j], &slot->pending[j + 1],
                        (slot->pending_count - j) * sizeof slot->pending[0]);
                count_answer(miner, slot, message, answered, &share);
                break;
            }
        }
    }
}
