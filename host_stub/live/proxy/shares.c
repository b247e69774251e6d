/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/shares.h"

#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/live/proxy/target.h"
#include "host_stub/session/judge.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { SENT_MAX = 65536 }; /* shares that wait for one pool */
#define VOUCH_NS (60000 * HS_PROXY_MS_NS)

static void answer(hs_proxy_channel *channel)
{
    hs_proxy_peer *const peer = channel->peer;
    hs_sv2_message m;
    const size_t before = channel->acks.count;
    /* Each message takes at least one share off, so the loop ends. */
    while (hs_acks_next(&channel->acks, channel->move.channel_id, &m)) {
        hs_proxy_send_down(peer, &m, 1);
    }
    peer->unanswered -= before - channel->acks.count;
    if (peer->paused && peer->unanswered < HS_PROXY_UNANSWERED_MAX / 2 && !peer->ended &&
        !peer->proxy->is_ending) {
        peer->paused = 0;
        peer->proxy->out.pause_down(peer->link, 0);
    }
}

static void count_code(hs_proxy_counts *counts, hs_sv2_bytes code)
{
    char text[HS_PROXY_CODE_SIZE];
    hs_proxy_code_text(code, text);
    for (size_t i = 0; i < counts->rejected_count; i++) {
        if (strcmp(counts->rejected[i].text, text) == 0) {
            counts->rejected[i].count++;
            return;
        }
    }
    if (counts->rejected_count == HS_PROXY_CODES_MAX - 1) {
        memcpy(text, "other", sizeof "other"); /* a pool that invents a reason for each share */
    }
    hs_proxy_code *const last =
        &counts->rejected[counts->rejected_count == HS_PROXY_CODES_MAX ? HS_PROXY_CODES_MAX - 1
                                                                       : counts->rejected_count++];
    memcpy(last->text, text, sizeof text);
    last->count++;
}

static void refuse_at_once(hs_proxy_peer *peer, const hs_sv2_submit *told, const char *code)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_ERROR};
    m.as.submit_error.channel_id = told->channel_id;
    m.as.submit_error.sequence_number = told->sequence_number;
    m.as.submit_error.error_code = hs_sv2_bytes_of(code);
    hs_proxy_send_down(peer, &m, 1);
}

/* Files it in the order of submission. -1 when out of memory: the connection is ended then. */
static int file_share(hs_proxy_channel *channel, const hs_ack_share *share)
{
    hs_proxy_peer *const peer = channel->peer;
    if (hs_acks_add(&channel->acks, share) != 0) {
        hs_proxy_end_peer(peer, 0, "no memory for a share");
        return -1;
    }
    peer->unanswered++;
    if (!peer->paused && peer->unanswered >= HS_PROXY_UNANSWERED_MAX) {
        peer->paused = 1;
        peer->proxy->out.pause_down(peer->link, 1);
    }
    return 0;
}

/* What a verdict is called towards the plugin. */
static uint32_t verdict_of(enum hs_judgement judgement)
{
    switch (judgement) {
    case HS_JUDGED_STALE:
        return HMX_SHARE_REJECTED_STALE;
    case HS_JUDGED_UNKNOWN_JOB:
        return HMX_SHARE_REJECTED_INVALID_JOB;
    case HS_JUDGED_LOW_DIFFICULTY:
        return HMX_SHARE_REJECTED_LOW_DIFFICULTY;
    case HS_JUDGED_DUPLICATE:
        return HMX_SHARE_REJECTED_DUPLICATE;
    default:
        return HMX_SHARE_REJECTED_OTHER;
    }
}

/* A share and the job that it names; NULL: there is none. */
typedef struct find {
    hs_proxy_channel *channel;
    const hs_sv2_submit *told;
    const hs_job_entry *job;
    uint32_t upstream;         /* the job's, else the channel's */
    const hs_sv2_u256 *target; /* the same */
} find;

/* What the plugin and the pool's answer need to know of it. */
static hs_proxy_sent facts_of(const find *f)
{
    const hs_proxy_channel *const channel = f->channel;
    return (hs_proxy_sent){.job_id = f->told->job_id,
                           .channel = channel->number,
                           .cookie = channel->cookie,
                           .told = channel->told,
                           .work = hs_sv2_difficulty(f->target),
                           .sent_ns = channel->peer->proxy->now_ns};
}

static void answer_at_once(const find *f, enum hs_ack_state state, const char *code)
{
    const hs_ack_share share = {.sequence_number = f->told->sequence_number,
                                .upstream = f->upstream,
                                .difficulty = hs_sv2_difficulty(f->target),
                                .state = state,
                                .error_code = code};
    if (file_share(f->channel, &share) == 0) {
        answer(f->channel);
    }
}

/* The proxy's own verdict: the pool never sees the share. */
static void tell_refused(const find *f, uint32_t verdict, const char *code)
{
    const hs_proxy_sent about = facts_of(f);
    hs_proxy_tell_share(f->channel->peer->proxy, &about, f->upstream, verdict,
                        HMX_SHARE_FLAG_LOCAL);
    answer_at_once(f, HS_ACK_REFUSED, code);
}

static void refuse_locally(const find *f, enum hs_judgement judgement)
{
    const hs_proxy_channel *const channel = f->channel;
    hs_proxy_counts *const counts = &channel->peer->proxy->ups[f->upstream].counts;
    counts->refused[judgement]++;
    if (judgement == HS_JUDGED_STALE) {
        counts->stale++;
        counts->stale_moved += channel->moved_from_job != 0 &&
                               f->told->job_id >= channel->moved_from_job &&
                               f->told->job_id <= channel->moved_to_job;
    }
    tell_refused(f, verdict_of(judgement), hs_judgement_code(judgement));
}

/* Valid, and below what the pool counts: it is work all the same. */
static void keep(const find *f)
{
    hs_proxy *const proxy = f->channel->peer->proxy;
    const hs_proxy_sent about = facts_of(f);
    proxy->ups[f->upstream].counts.kept++;
    hs_proxy_tell_share(proxy, &about, f->upstream, HMX_SHARE_NOT_FORWARDED, 0);
    answer_at_once(f, HS_ACK_ACCEPTED, NULL);
}

static int remember(hs_proxy_leg *leg, const hs_proxy_sent *sent)
{
    if (leg->sent_count >= SENT_MAX ||
        HS_PUSH(leg->sent, leg->sent_capacity, leg->sent_count, *sent) != 0) {
        return -1;
    }
    leg->up->unanswered++;
    leg->up->sent_ns = sent->sent_ns;
    return 0;
}

/* What the pool gets: its own job's number, and behind its own prefix the bytes that tell the
 * miners apart and those that the miner rolled. */
static hs_sv2_message upstream_share(const hs_proxy_leg *leg, const hs_job_entry *job,
                                     const hs_sv2_submit *told, uint32_t sequence_number)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_EXTENDED};
    hs_sv2_submit *const to = &m.as.submit;
    const uint32_t local = leg->extranonce_size - told->extranonce.len;
    *to = *told;
    to->channel_id = leg->channel_id;
    to->sequence_number = sequence_number;
    to->job_id = job->upstream_job_id;
    to->extranonce.len = leg->extranonce_size;
    memcpy(to->extranonce.byte, job->prefix.byte + job->prefix.len - local, local);
    memcpy(to->extranonce.byte + local, told->extranonce.byte, told->extranonce.len);
    return m;
}

static void forward(const find *f)
{
    hs_proxy *const proxy = f->channel->peer->proxy;
    hs_proxy_leg *const leg = hs_proxy_leg_of(proxy, f->channel, f->upstream);
    const hs_sv2_u256 *const pools = hs_kept_body_target(f->job->body);
    hs_proxy_sent sent = facts_of(f);
    sent.sequence_number = leg->last_sequence + 1;
    sent.on_channel = leg->channel_id;
    if (hs_sv2_compare(pools, f->target) != 0) {
        sent.credit = hs_sv2_difficulty(pools);
    }
    const hs_ack_share share = {.sequence_number = f->told->sequence_number,
                                .upstream = f->upstream,
                                .tag = sent.sequence_number,
                                .difficulty = sent.work};
    const hs_sv2_message m = upstream_share(leg, f->job, f->told, sent.sequence_number);
    if (remember(leg, &sent) != 0) {
        leg->up->counts.too_slow++;
        tell_refused(f, HMX_SHARE_REJECTED_OTHER, "upstream-too-slow");
        return;
    }
    leg->last_sequence++;
    leg->up->counts.submitted++;
    (void)file_share(f->channel, &share);
    hs_proxy_tell_share(proxy, &sent, f->upstream, HMX_SHARE_SUBMITTED, 0);
    proxy->out.send_up(proxy->ctx, f->upstream, &m, 1);
}

/* Does the job that it names count? By the pool's own word: one that only our own move has ended
 * towards the miner is as good there as it was. */
static enum hs_judgement judge_job(const find *f)
{
    const uint32_t job_id = f->told->job_id;
    if (f->job == NULL) {
        const int was_given = job_id != 0 && job_id <= f->channel->move.jobs.last_id;
        return was_given ? HS_JUDGED_STALE : HS_JUDGED_UNKNOWN_JOB;
    }
    const hs_proxy_leg *const leg =
        hs_proxy_leg_of(f->channel->peer->proxy, f->channel, f->upstream);
    return f->job->pool_takes && hs_proxy_leg_is_open(leg) ? HS_JUDGED_VALID : HS_JUDGED_STALE;
}

/* Would it be valid with the prefix that the channel had before the move that is being tried? */
static int is_for_the_prefix_before(const find *f, const hs_share_terms *terms)
{
    const hs_proxy_probe *const probe = &f->channel->probe;
    if (!probe->is_on) {
        return 0;
    }
    const hs_sv2_u256 hash = hs_judge_hash(terms, &probe->from_prefix, f->told);
    return hs_sv2_compare(&hash, f->target) <= 0;
}

/* The verdict on it, and in *meets whether it meets the pool's target too. */
static enum hs_judgement judge(const find *f, int *meets, int *is_deaf)
{
    const enum hs_judgement about_job = judge_job(f);
    if (about_job != HS_JUDGED_VALID) {
        return about_job;
    }
    const hs_share_terms terms = hs_job_entry_terms(f->job, f->channel->move.extranonce_size);
    const enum hs_judgement about_fields = hs_judge_fields(&terms, f->told);
    if (about_fields != HS_JUDGED_VALID) {
        return about_fields;
    }
    const hs_sv2_u256 hash = hs_judge_hash(&terms, &f->job->prefix, f->told);
    if (hs_sv2_compare(&hash, f->target) > 0) {
        *is_deaf = is_for_the_prefix_before(f, &terms);
        return HS_JUDGED_LOW_DIFFICULTY;
    }
    *meets = hs_sv2_compare(&hash, hs_kept_body_target(f->job->body)) <= 0;
    return hs_kept_body_is_new(f->job->body, hs_judge_key(&hash)) ? HS_JUDGED_VALID
                                                                  : HS_JUDGED_DUPLICATE;
}

static void take_share(const find *f)
{
    hs_proxy *const proxy = f->channel->peer->proxy;
    const uint32_t job_id = f->told->job_id;
    int meets = 0;
    int is_deaf = 0;
    const enum hs_judgement judgement = judge(f, &meets, &is_deaf);
    if (judgement == HS_JUDGED_VALID) {
        hs_proxy_target_share(f->channel, hs_sv2_difficulty(f->target));
    }
    if (judgement != HS_JUDGED_VALID) {
        refuse_locally(f, judgement);
    } else if (meets) {
        forward(f);
    } else {
        keep(f);
    }
    /* At last: it may close the channel. */
    if (judgement == HS_JUDGED_VALID) {
        hs_proxy_probe_share(proxy, f->channel, f->upstream, job_id, HS_PROBE_OBEYS);
    } else if (judgement == HS_JUDGED_LOW_DIFFICULTY) {
        hs_proxy_probe_share(proxy, f->channel, f->upstream, job_id,
                             is_deaf ? HS_PROBE_IS_DEAF : HS_PROBE_MISSES);
    }
}

void hs_proxy_submit(hs_proxy_peer *peer, const hs_sv2_message *m)
{
    hs_proxy *const proxy = peer->proxy;
    const hs_sv2_submit *const told = &m->as.submit;
    hs_proxy_channel *const channel = hs_proxy_find(peer, told->channel_id);
    const int is_extended = m->id == HS_SV2_SUBMIT_EXTENDED;
    proxy->submitted++;
    if (channel == NULL || is_extended != (channel->move.kind == HS_CHANNEL_EXTENDED)) {
        proxy->unknown++;
        refuse_at_once(peer, told, "invalid-channel-id");
        return;
    }
    const hs_job_entry *const job = hs_job_table_find(&channel->move.jobs, told->job_id);
    const find f = {.channel = channel,
                    .told = told,
                    .job = job,
                    .upstream = job != NULL ? job->upstream : channel->upstream,
                    .target = job != NULL ? &job->target : &channel->move.target};
    take_share(&f);
}

/* ---- verdicts ---- */

/* What a pool's code means; one that is not known is a share that is not valid. */
static enum hs_judgement meaning_of(hs_sv2_bytes code)
{
    for (int i = HS_JUDGED_CHANNEL_CLOSED; i <= HS_JUDGED_DUPLICATE; i++) {
        if (hs_sv2_bytes_are(code, hs_judgement_code((enum hs_judgement)i))) {
            return (enum hs_judgement)i;
        }
    }
    return HS_JUDGED_NTIME;
}

static void settle(hs_proxy *proxy, const hs_proxy_leg *leg, const hs_proxy_sent *sent,
                   const char *code)
{
    hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
    if (channel != NULL) { /* else it has closed, and nobody waits for the answer */
        (void)hs_acks_settle(&channel->acks, leg->up->upstream, sent->sequence_number, code);
    }
}

/* The move has its first accepted share. */
static void note_first_accept(hs_proxy *proxy, hs_proxy_channel *channel)
{
    hs_proxy_moves *const moves = &proxy->moves;
    const uint64_t ms = (proxy->now_ns - channel->decided_ns) / HS_PROXY_MS_NS;
    channel->decided_ns = 0;
    (void)HS_PUSH(moves->first_accept_ms, moves->first_capacity, moves->first_count,
                  ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX);
}

static void accept_one(hs_proxy *proxy, hs_proxy_leg *leg, const hs_proxy_sent *sent)
{
    hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
    leg->up->counts.accepted++;
    leg->up->counts.work += sent->credit > 0.0 ? sent->credit : sent->work;
    hs_proxy_tell_share(proxy, sent, leg->up->upstream, HMX_SHARE_ACCEPTED, 0);
    settle(proxy, leg, sent, NULL);
    if (channel != NULL && channel->decided_ns != 0 && channel->upstream == leg->up->upstream &&
        sent->job_id >= channel->decided_job) {
        note_first_accept(proxy, channel);
    }
}

static void take_off(hs_proxy_leg *leg, size_t from, size_t count)
{
    if (count == 0) {
        return; /* there may be no memory yet */
    }
    if (from < leg->vouched) {
        leg->vouched -= count < leg->vouched - from ? count : leg->vouched - from;
    }
    leg->sent_count -= count;
    leg->up->unanswered -= count;
    memmove(&leg->sent[from], &leg->sent[from + count],
            (leg->sent_count - from) * sizeof leg->sent[0]);
}

void hs_proxy_share_success(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_submit_success *told)
{
    size_t from = 0; /* those of a channel are neighbours */
    size_t count = 0;
    while (from < leg->sent_count && leg->sent[from].on_channel != told->channel_id) {
        from++;
    }
    while (from + count < leg->sent_count && count < told->new_submits_accepted_count &&
           leg->sent[from + count].on_channel == told->channel_id &&
           leg->sent[from + count].sequence_number <= told->last_sequence_number) {
        accept_one(proxy, leg, &leg->sent[from + count]);
        count++;
    }
    if (count < told->new_submits_accepted_count) {
        proxy->protocol_errors++; /* it counts more than it was sent: no credit for those */
    }
    for (size_t i = 0; i < count; i++) {
        hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, leg->sent[from + i].channel);
        if (channel != NULL) {
            answer(channel);
        }
    }
    take_off(leg, from, count);
}

static void reject_one(hs_proxy *proxy, hs_proxy_leg *leg, const hs_proxy_sent *sent,
                       const hs_sv2_bytes code)
{
    const enum hs_judgement judgement = meaning_of(code);
    hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
    if (judgement == HS_JUDGED_STALE) {
        leg->up->counts.stale++;
    } else if (judgement == HS_JUDGED_DUPLICATE) {
        leg->up->counts.duplicates++;
    } else {
        count_code(&leg->up->counts, code);
    }
    hs_proxy_tell_share(proxy, sent, leg->up->upstream, verdict_of(judgement), 0);
    settle(proxy, leg, sent, hs_judgement_code(judgement));
    if (channel != NULL) {
        answer(channel);
    }
}

void hs_proxy_share_error(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_submit_error *told)
{
    for (size_t i = 0; i < leg->sent_count; i++) {
        if (leg->sent[i].sequence_number == told->sequence_number &&
            leg->sent[i].on_channel == told->channel_id) {
            const hs_proxy_sent sent = leg->sent[i];
            take_off(leg, i, 1);
            reject_one(proxy, leg, &sent, told->error_code);
            return;
        }
    }
    proxy->protocol_errors++; /* nothing of that number waits: it has been answered before */
}

void hs_proxy_lose_shares(hs_proxy *proxy, hs_proxy_leg *leg)
{
    const size_t count = leg->sent_count;
    for (size_t i = 0; i < count; i++) {
        const hs_proxy_sent *const sent = &leg->sent[i];
        leg->up->counts.lost++;
        hs_proxy_tell_share(proxy, sent, leg->up->upstream, HMX_SHARE_LOST, 0);
        settle(proxy, leg, sent, "upstream-lost");
        hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
        if (channel != NULL) {
            answer(channel);
        }
    }
    take_off(leg, 0, count);
}

void hs_proxy_vouch(hs_proxy *proxy, hs_proxy_leg *leg)
{
    while (leg->vouched < leg->sent_count &&
           proxy->now_ns >= leg->sent[leg->vouched].sent_ns + VOUCH_NS) {
        const hs_proxy_sent *const sent = &leg->sent[leg->vouched++];
        hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
        leg->up->counts.vouched++;
        settle(proxy, leg, sent, NULL);
        if (channel != NULL) {
            answer(channel);
        }
    }
}

void hs_proxy_leave_unanswered(hs_proxy_leg *leg)
{
    leg->up->counts.unanswered += leg->sent_count;
    leg->up->unanswered -= leg->sent_count;
    leg->sent_count = 0;
    leg->vouched = 0;
}
