/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a server says about the shares of a session: which ones an answer is about, and whether it
 * agrees with our own verdict. */
#include <math.h>
#include <string.h>

#include "host_stub/session/internal.h"

#include "host_stub/base/array.h"

/* A share that came after its job or its channel had ended: nobody is at fault. */
static int is_late(enum hs_judgement judgement)
{
    return judgement == HS_JUDGED_STALE || judgement == HS_JUDGED_CHANNEL_CLOSED;
}

/* Moves the pending shares marked in `chosen` to s->answered, in order. Returns 1, or 0 when out of
 * memory: then nothing has changed. */
static int answer(hs_session *s, hs_channel *channel, const uint8_t *chosen, hs_step *step)
{
    size_t kept = 0;
    if (HS_GROW(s->answered, s->answered_capacity, channel->pending_count + 1) != 0) {
        return hs_fault(step, HS_RULE_MEMORY, "no memory for the answers");
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
    return 1;
}

/* Marks up to `count` shares of that kind before `end`, oldest first. Returns how many. */
static uint32_t choose(const hs_channel *channel, uint8_t *chosen, size_t end, uint32_t count,
                       int late)
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
static int find_last(const hs_channel *channel, uint32_t sequence_number, size_t *index)
{
    int found = 0;
    for (size_t i = channel->pending_count; i > 0; i--) {
        const hs_share *const share = &channel->pending[i - 1];
        const int fits = share->judgement == HS_JUDGED_VALID || is_late(share->judgement);
        if (share->sequence_number == sequence_number && (fits || !found)) {
            *index = i - 1;
            found = 1;
            if (fits) {
                break;
            }
        }
    }
    return found;
}

/* The channel, open or closed, that an answer is about. */
static hs_channel *answered_channel(hs_session *s, uint32_t channel_id, hs_step *step)
{
    hs_channel *const channel = hs_session_find(s, channel_id);
    if (channel == NULL) {
        (void)hs_fault(step, HS_RULE_CHANNEL_UNKNOWN, "channel %u was never opened",
                       (unsigned)channel_id);
    }
    step->channel = channel;
    return channel;
}

int hs_session_submit_success(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    const hs_sv2_submit_success *const told = &m->as.submit_success;
    hs_channel *const channel = answered_channel(s, told->channel_id, step);
    uint8_t chosen[HS_SESSION_PENDING_MAX] = {0};
    size_t last = 0;
    uint32_t want = told->new_submits_accepted_count;
    if (channel == NULL) {
        return 0;
    }
    if (!find_last(channel, told->last_sequence_number, &last)) {
        return hs_fault(step, HS_RULE_ANSWER_UNKNOWN,
                        "no share %u of channel %u waits for an answer",
                        (unsigned)told->last_sequence_number, (unsigned)told->channel_id);
    }
    if (channel->pending[last].judgement != HS_JUDGED_VALID &&
        !is_late(channel->pending[last].judgement)) {
        return hs_fault(step, HS_RULE_ANSWER_WRONG, "share %u is accepted, and it is %s",
                        (unsigned)told->last_sequence_number,
                        hs_judgement_code(channel->pending[last].judgement));
    }
    if (want == 0) {
        return hs_fault(step, HS_RULE_ANSWER_UNKNOWN, "new_submits_accepted_count is 0");
    }
    /* The batch: that share, and the oldest valid ones before it; late ones only if it is said to
     * be larger than that, since they may have been passed on all the same. */
    chosen[last] = 1;
    want--;
    want -= choose(channel, chosen, last, want, 0);
    want -= choose(channel, chosen, last, want, 1);
    if (want > 0) {
        return hs_fault(step, HS_RULE_ANSWER_UNKNOWN,
                        "%u shares up to %u are accepted, and %u of them were never submitted",
                        (unsigned)told->new_submits_accepted_count,
                        (unsigned)told->last_sequence_number, (unsigned)want);
    }
    if (!answer(s, channel, chosen, step)) {
        return 0;
    }
    return hs_say(step, "%u share%s accepted", (unsigned)told->new_submits_accepted_count,
                  told->new_submits_accepted_count == 1 ? "" : "s");
}

static int code_is(hs_sv2_bytes code, const char *name)
{
    return code.len == strlen(name) && memcmp(code.data, name, code.len) == 0;
}

/* Is it a reason that an observer can check? Staleness is not: the server may know of a new block
 * before we do. Neither are codes of the server's own, nor a difficulty that is only simulated. */
static int is_checkable(const hs_session *s, hs_sv2_bytes code)
{
    const int simulated = (s->flags & HS_SESSION_SIMULATED) != 0;
    for (int i = HS_JUDGED_UNKNOWN_JOB; i <= HS_JUDGED_DUPLICATE; i++) {
        if (i != HS_JUDGED_NTIME && !(simulated && i == HS_JUDGED_LOW_DIFFICULTY) &&
            code_is(code, hs_judgement_code((enum hs_judgement)i))) {
            return 1;
        }
    }
    return 0;
}

/* The share that a refusal names: the oldest of that number, of those that the reason fits if there
 * are such. */
static int find_refused(const hs_channel *channel, const hs_sv2_submit_error *told, size_t *index)
{
    int found = 0;
    for (size_t i = channel->pending_count; i > 0; i--) {
        const hs_share *const share = &channel->pending[i - 1];
        const int fits = code_is(told->error_code, hs_judgement_code(share->judgement));
        if (share->sequence_number == told->sequence_number && (fits || found < 2)) {
            *index = i - 1;
            found = fits ? 2 : 1;
        }
    }
    return found > 0;
}

int hs_session_submit_error(hs_session *s, const hs_sv2_message *m, hs_step *step)
{
    const hs_sv2_submit_error *const told = &m->as.submit_error;
    hs_channel *const channel = answered_channel(s, told->channel_id, step);
    uint8_t chosen[HS_SESSION_PENDING_MAX] = {0};
    size_t index = 0;
    if (channel == NULL) {
        return 0;
    }
    if (!find_refused(channel, told, &index)) {
        return hs_fault(step, HS_RULE_ANSWER_UNKNOWN,
                        "no share %u of channel %u waits for an answer",
                        (unsigned)told->sequence_number, (unsigned)told->channel_id);
    }
    const enum hs_judgement ours = channel->pending[index].judgement;
    chosen[index] = 1;
    if (!answer(s, channel, chosen, step)) {
        return 0;
    }
    if (ours == HS_JUDGED_VALID && is_checkable(s, told->error_code)) {
        return hs_fault(step, HS_RULE_ANSWER_WRONG,
                        "share %u is refused for a reason that does not hold: it is valid",
                        (unsigned)told->sequence_number);
    }
    const int same = code_is(told->error_code, hs_judgement_code(ours));
    return hs_say(step, "share %u refused%s%s%s", (unsigned)told->sequence_number,
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

int hs_shares_sum_fits(const hs_share *shares, size_t count, uint64_t told, double *sum)
{
    double raised = 0.0;
    *sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        *sum += shares[i].difficulty;
        raised += shares[i].difficulty < 1.0 ? 1.0 : shares[i].difficulty;
    }
    return is_truncated(*sum, told) || is_truncated(raised, told);
}
