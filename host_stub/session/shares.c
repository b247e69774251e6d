/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/session/shares.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/session/jobs.h"
#include "host_stub/session/judge.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/wire.h"
#include "host_stub/sv2/work.h"

static const char *const CODES[] = {
    [HS_JUDGED_VALID] = "valid",
    [HS_JUDGED_CHANNEL_CLOSED] = "invalid-channel-id",
    [HS_JUDGED_STALE] = "stale-share",
    [HS_JUDGED_UNKNOWN_JOB] = "invalid-job-id",
    [HS_JUDGED_EXTRANONCE_SIZE] = "bad-extranonce-size",
    [HS_JUDGED_NTIME] = "invalid-share",
    [HS_JUDGED_VERSION_ROLLING] = "version-rolling-not-allowed",
    [HS_JUDGED_VERSION_BIT] = "invalid-non-rollable-version-bit",
    [HS_JUDGED_LOW_DIFFICULTY] = "difficulty-too-low",
    [HS_JUDGED_DUPLICATE] = "duplicate-share",
};

const char *hs_judgement_code(enum hs_judgement judgement)
{
    return (unsigned)judgement <= HS_JUDGED_DUPLICATE ? CODES[judgement] : "unknown";
}

static hs_share_terms terms_of(const hs_session_channel *channel, const hs_session_job *job)
{
    hs_share_terms terms = {.version = job->version,
                            .version_rolling = job->version_rolling,
                            .min_ntime = job->min_ntime,
                            .extranonce_size = channel->extranonce_size,
                            .tip = &job->tip};
    if (job->body != NULL) {
        terms.parts = hs_job_body_parts(job);
    } else {
        terms.merkle_root = &job->merkle_root;
    }
    return terms;
}

/* As hs_judge_key from what the header is made of, without making it. */
static uint64_t field_key(const hs_sv2_submit *told)
{
    static const uint8_t KEY[crypto_shorthash_KEYBYTES] = {0};
    uint8_t fields[16 + HS_SV2_EXTRANONCE_MAX];
    uint8_t out[crypto_shorthash_BYTES];
    hs_sv2_writer writer = {fields, sizeof fields, 0, 0};
    hs_sv2_write_uint(&writer, 4, told->job_id);
    hs_sv2_write_uint(&writer, 4, told->nonce);
    hs_sv2_write_uint(&writer, 4, told->ntime);
    hs_sv2_write_uint(&writer, 4, told->version);
    hs_sv2_write_bytes(&writer, told->extranonce.byte, told->extranonce.len);
    (void)crypto_shorthash(out, fields, writer.pos, KEY);
    return hs_sv2_load_uint(out, sizeof out);
}

/* 1 = the share is new, 0 = it was there, -1 = out of memory. */
static int remember(hs_session_channel *channel, uint64_t share)
{
    static char there;
    const uint64_t key = share != 0 ? share : 1;
    if (hs_table_find(&channel->seen, key) != NULL) {
        return 0;
    }
    return hs_table_put(&channel->seen, key, &there) == 0 ? 1 : -1;
}

/* Was there such a job that could be worked on once, and that is forgotten since? */
static int is_gone(const hs_session_channel *channel, uint32_t job_id)
{
    for (uint64_t i = 0; i < channel->gone_count && i < HS_CHANNEL_GONE_MAX; i++) {
        if (channel->gone[i] == job_id) {
            return 1;
        }
    }
    return 0;
}

/* Everything but the hash. */
static enum hs_judgement judge_fields(const hs_session_channel *channel, const hs_session_job *job,
                                      const hs_sv2_submit *told)
{
    if (!channel->open) {
        return HS_JUDGED_CHANNEL_CLOSED;
    }
    if (job == NULL || job->state == HS_JOB_FUTURE) {
        const int was_valid = hs_session_channel_stale_job(channel, told->job_id) != NULL ||
                              is_gone(channel, told->job_id);
        return was_valid ? HS_JUDGED_STALE : HS_JUDGED_UNKNOWN_JOB;
    }
    const hs_share_terms terms = terms_of(channel, job);
    return hs_judge_fields(&terms, told);
}

/* Files the share's answer-to-be; 0 with the rule set when there is no room. */
static int keep_pending(hs_session_channel *channel, const hs_session_share *share,
                        hs_session_step *step)
{
    if (channel->pending_count == HS_SESSION_PENDING_MAX) {
        return hs_session_fault(step, HS_RULE_LIMIT,
                                "more than %d shares of channel %u without an answer",
                                HS_SESSION_PENDING_MAX, (unsigned)channel->channel_id);
    }
    return HS_PUSH(channel->pending, channel->pending_capacity, channel->pending_count, *share) == 0
               ? 0
               : hs_session_fault(step, HS_RULE_MEMORY, "no memory for another share");
}

static int explain_low(const hs_session_channel *channel, const hs_session_job *job,
                       const hs_sv2_submit *told, hs_session_step *step)
{
    const hs_share_terms terms = terms_of(channel, job);
    const hs_sv2_u256 other = hs_judge_hash(&terms, &channel->prefix, told);
    const int ordered = !hs_prefix_equal(&channel->prefix, &job->prefix) &&
                        hs_sv2_compare(&other, &job->target) <= 0;
    return hs_session_fault(
        step, HS_RULE_SHARE_REFUSED, "difficulty-too-low: the hash misses the target of job %u%s",
        (unsigned)told->job_id,
        ordered ? "; with the channel's present prefix it would meet it, but a job "
                  "keeps the prefix that was in force when it arrived"
                : "");
}

static int explain(const hs_session *s, const hs_session_channel *channel,
                   const hs_session_job *job, const hs_sv2_submit *told,
                   const hs_session_share *share, hs_session_step *step)
{
    const char *const code = hs_judgement_code(share->judgement);
    switch (share->judgement) {
    case HS_JUDGED_VALID:
        return hs_session_say(step, "share %u is valid%s", (unsigned)told->sequence_number,
                              s->flags & HS_SESSION_SIMULATED ? "" : " (hash ok)");
    case HS_JUDGED_CHANNEL_CLOSED:
        return hs_session_say(step, "share %u is late: the channel is closed",
                              (unsigned)told->sequence_number);
    case HS_JUDGED_STALE:
        return hs_session_say(step, "share %u is late: job %u is stale",
                              (unsigned)told->sequence_number, (unsigned)told->job_id);
    case HS_JUDGED_UNKNOWN_JOB:
        return hs_session_fault(step, HS_RULE_SHARE_REFUSED, "%s: job %u is %s", code,
                                (unsigned)told->job_id,
                                job != NULL ? "still a future one" : "none that the channel knows");
    case HS_JUDGED_EXTRANONCE_SIZE:
        return hs_session_fault(step, HS_RULE_SHARE_REFUSED, "%s: %u bytes, and the channel has %u",
                                code, (unsigned)told->extranonce.len,
                                (unsigned)channel->extranonce_size);
    case HS_JUDGED_NTIME:
        return hs_session_fault(step, HS_RULE_SHARE_REFUSED,
                                "%s: ntime %u is before the job's %u, or more than %d s behind it",
                                code, (unsigned)told->ntime, (unsigned)job->min_ntime,
                                (int)HS_NTIME_AHEAD_MAX);
    case HS_JUDGED_VERSION_ROLLING:
    case HS_JUDGED_VERSION_BIT:
        return hs_session_fault(step, HS_RULE_SHARE_REFUSED,
                                "%s: version 0x%08x, and the job has 0x%08x", code,
                                (unsigned)told->version, (unsigned)job->version);
    case HS_JUDGED_DUPLICATE:
        return hs_session_fault(step, HS_RULE_SHARE_REFUSED,
                                "%s: the same header was submitted before on this tip", code);
    case HS_JUDGED_LOW_DIFFICULTY:
        break;
    }
    return explain_low(channel, job, told, step);
}

/* The hash, and that it is new. Returns 0, or -1 when out of memory. */
static int judge_work(const hs_session *s, hs_session_channel *channel, const hs_session_job *job,
                      const hs_sv2_submit *told, hs_session_share *share)
{
    uint64_t key = 0;
    if ((s->flags & HS_SESSION_SIMULATED) != 0) {
        key = field_key(told);
    } else {
        const hs_share_terms terms = terms_of(channel, job);
        const hs_sv2_u256 hash = hs_judge_hash(&terms, &job->prefix, told);
        if (hs_sv2_compare(&hash, &job->target) > 0) {
            share->judgement = HS_JUDGED_LOW_DIFFICULTY;
            return 0;
        }
        key = hs_judge_key(&hash);
    }
    const int added = remember(channel, key);
    share->judgement = added == 0 ? HS_JUDGED_DUPLICATE : HS_JUDGED_VALID;
    return added >= 0 ? 0 : -1;
}

int hs_session_submit(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_submit *const told = &m->as.submit;
    const int extended = m->id == HS_SV2_SUBMIT_EXTENDED;
    hs_session_channel *const channel = hs_session_find(s, told->channel_id);
    hs_session_share *const share = &s->share;
    if (channel == NULL) {
        return hs_session_fault(step, HS_RULE_CHANNEL_UNKNOWN, "channel %u was never opened",
                                (unsigned)told->channel_id);
    }
    step->channel = channel;
    if (extended != (channel->kind == HS_CHANNEL_EXTENDED)) {
        return hs_session_fault(step, HS_RULE_CHANNEL_KIND, "channel %u is %s",
                                (unsigned)told->channel_id, extended ? "standard" : "extended");
    }
    const hs_session_job *const job = hs_session_channel_valid_job(channel, told->job_id);
    const hs_session_job *const known =
        job != NULL ? job : hs_session_channel_stale_job(channel, told->job_id);
    memset(share, 0, sizeof *share);
    share->channel_id = told->channel_id;
    share->sequence_number = told->sequence_number;
    share->job_id = told->job_id;
    share->difficulty = hs_sv2_difficulty(known != NULL ? &known->target : &channel->target);
    share->prefix = known != NULL ? known->prefix : channel->prefix;
    share->judgement = judge_fields(channel, job, told);
    if (share->judgement == HS_JUDGED_VALID && judge_work(s, channel, job, told, share) != 0) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for another share");
    }
    if (keep_pending(channel, share, step) != 0) {
        return -1;
    }
    step->share = share;
    return explain(s, channel, job, told, share, step);
}

/* A share that came after its job or its channel had ended: nobody is at fault. */
static int is_late(enum hs_judgement judgement)
{
    return judgement == HS_JUDGED_STALE || judgement == HS_JUDGED_CHANNEL_CLOSED;
}

/* Moves the pending shares marked in `chosen` to s->answered, in order. Returns 0, or -1 when out
 * of memory: then nothing has changed. */
static int answer(hs_session *s, hs_session_channel *channel, const uint8_t *chosen,
                  hs_session_step *step)
{
    size_t kept = 0;
    if (HS_GROW(s->answered, s->answered_capacity, channel->pending_count + 1) != 0) {
        return hs_session_fault(step, HS_RULE_MEMORY, "no memory for the answers");
    }
    step->answered = s->answered;
    for (size_t i = 0; i < channel->pending_count; i++) {
        if (chosen[i]) {
            s->answered[step->answered_count++] = channel->pending[i];
        } else {
            channel->pending[kept++] = channel->pending[i];
        }
    }
    channel->pending_count = kept;
    return 0;
}

/* Marks up to `count` shares of that kind before `end`, oldest first. Returns how many. */
static uint32_t choose(const hs_session_channel *channel, uint8_t *chosen, size_t end,
                       uint32_t count, int late)
{
    uint32_t marked = 0;
    for (size_t i = 0; i < end && marked < count; i++) {
        const enum hs_judgement judgement = channel->pending[i].judgement;
        const int fits = late ? is_late(judgement) : judgement == HS_JUDGED_VALID;
        if (fits && !chosen[i]) {
            chosen[i] = 1;
            marked++;
        }
    }
    return marked;
}

/* The share that `last_sequence_number` names: the newest of that number, of those that can be
 * accepted if there are such, since a client may use a number twice. */
static int find_last(const hs_session_channel *channel, uint32_t sequence_number, size_t *index)
{
    int found = 0;
    for (size_t i = channel->pending_count; i > 0; i--) {
        const hs_session_share *const share = &channel->pending[i - 1];
        const int fits = share->judgement == HS_JUDGED_VALID || is_late(share->judgement);
        if (share->sequence_number == sequence_number && (fits || !found)) {
            *index = i - 1;
            found = 1;
            if (fits) {
                break;
            }
        }
    }
    return found ? 0 : -1;
}

/* The channel, open or closed, that an answer is about. */
static hs_session_channel *answered_channel(hs_session *s, uint32_t channel_id,
                                            hs_session_step *step)
{
    hs_session_channel *const channel = hs_session_find(s, channel_id);
    if (channel == NULL) {
        (void)hs_session_fault(step, HS_RULE_CHANNEL_UNKNOWN, "channel %u was never opened",
                               (unsigned)channel_id);
    }
    step->channel = channel;
    return channel;
}

int hs_session_submit_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_submit_success *const told = &m->as.submit_success;
    hs_session_channel *const channel = answered_channel(s, told->channel_id, step);
    uint8_t chosen[HS_SESSION_PENDING_MAX] = {0};
    size_t last = 0;
    uint32_t want = told->new_submits_accepted_count;
    if (channel == NULL) {
        return -1;
    }
    if (find_last(channel, told->last_sequence_number, &last) != 0) {
        return hs_session_fault(step, HS_RULE_ANSWER_UNKNOWN,
                                "no share %u of channel %u waits for an answer",
                                (unsigned)told->last_sequence_number, (unsigned)told->channel_id);
    }
    if (channel->pending[last].judgement != HS_JUDGED_VALID &&
        !is_late(channel->pending[last].judgement)) {
        return hs_session_fault(step, HS_RULE_ANSWER_WRONG, "share %u is accepted, and it is %s",
                                (unsigned)told->last_sequence_number,
                                hs_judgement_code(channel->pending[last].judgement));
    }
    if (want == 0) {
        return hs_session_fault(step, HS_RULE_ANSWER_UNKNOWN, "new_submits_accepted_count is 0");
    }
    /* The batch: that share, and the oldest valid ones before it; late ones only if it is said to
     * be larger than that, since they may have been passed on all the same. */
    chosen[last] = 1;
    want--;
    want -= choose(channel, chosen, last, want, 0);
    want -= choose(channel, chosen, last, want, 1);
    if (want > 0) {
        return hs_session_fault(
            step, HS_RULE_ANSWER_UNKNOWN,
            "%u shares up to %u are accepted, and %u of them were never submitted",
            (unsigned)told->new_submits_accepted_count, (unsigned)told->last_sequence_number,
            (unsigned)want);
    }
    if (answer(s, channel, chosen, step) != 0) {
        return -1;
    }
    return hs_session_say(step, "%u share%s accepted", (unsigned)told->new_submits_accepted_count,
                          told->new_submits_accepted_count == 1 ? "" : "s");
}

/* Is it a reason that an observer can check? Staleness is not: the server may know of a new block
 * before we do. Neither are codes of the server's own, nor a difficulty that is only simulated. */
static int is_checkable(const hs_session *s, hs_sv2_bytes code)
{
    const int simulated = (s->flags & HS_SESSION_SIMULATED) != 0;
    for (int i = HS_JUDGED_UNKNOWN_JOB; i <= HS_JUDGED_DUPLICATE; i++) {
        if (i != HS_JUDGED_NTIME && !(simulated && i == HS_JUDGED_LOW_DIFFICULTY) &&
            hs_sv2_bytes_are(code, hs_judgement_code((enum hs_judgement)i))) {
            return 1;
        }
    }
    return 0;
}

/* The share that a refusal names: the oldest of that number, of those that the reason fits if there
 * are such. */
static int find_refused(const hs_session_channel *channel, const hs_sv2_submit_error *told,
                        size_t *index)
{
    int found = 0;
    for (size_t i = channel->pending_count; i > 0; i--) {
        const hs_session_share *const share = &channel->pending[i - 1];
        const int fits = hs_sv2_bytes_are(told->error_code, hs_judgement_code(share->judgement));
        if (share->sequence_number == told->sequence_number && (fits || found < 2)) {
            *index = i - 1;
            found = fits ? 2 : 1;
        }
    }
    return found > 0 ? 0 : -1;
}

int hs_session_submit_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step)
{
    const hs_sv2_submit_error *const told = &m->as.submit_error;
    hs_session_channel *const channel = answered_channel(s, told->channel_id, step);
    uint8_t chosen[HS_SESSION_PENDING_MAX] = {0};
    size_t index = 0;
    if (channel == NULL) {
        return -1;
    }
    if (find_refused(channel, told, &index) != 0) {
        return hs_session_fault(step, HS_RULE_ANSWER_UNKNOWN,
                                "no share %u of channel %u waits for an answer",
                                (unsigned)told->sequence_number, (unsigned)told->channel_id);
    }
    const enum hs_judgement ours = channel->pending[index].judgement;
    chosen[index] = 1;
    if (answer(s, channel, chosen, step) != 0) {
        return -1;
    }
    if (ours == HS_JUDGED_VALID && is_checkable(s, told->error_code)) {
        return hs_session_fault(step, HS_RULE_ANSWER_WRONG,
                                "share %u is refused for a reason that does not hold: it is valid",
                                (unsigned)told->sequence_number);
    }
    const int same = hs_sv2_bytes_are(told->error_code, hs_judgement_code(ours));
    return hs_session_say(step, "share %u refused%s%s%s", (unsigned)told->sequence_number,
                          same ? ", as it should be" : " (by our own check it is ",
                          same ? "" : hs_judgement_code(ours), same ? "" : ")");
}

/* Is `told` the sum truncated? Two servers may add in another order, so a sum that is close to a
 * whole number may come out on its other side; one that is whole is not the result of rounding. */
static int is_truncated(double sum, uint64_t told)
{
    static const double ROUNDING = 1e-12; /* relative */
    const double least = sum > floor(sum) ? floor(sum * (1.0 - ROUNDING)) : sum;
    return (double)told >= least && (double)told <= sum * (1.0 + ROUNDING);
}

int hs_shares_sum_fits(const hs_session_share *shares, size_t count, uint64_t told, double *sum)
{
    double raised = 0.0;
    *sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        *sum += shares[i].difficulty;
        raised += shares[i].difficulty < 1.0 ? 1.0 : shares[i].difficulty;
    }
    return is_truncated(*sum, told) || is_truncated(raised, told);
}
