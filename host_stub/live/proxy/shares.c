/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/shares.h"

#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/live/proxy/plugin.h"
#include "host_stub/live/proxy/probe.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { SENT_MAX = 65536 }; /* shares that wait for one pool */

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
    char text[HS_PROXY_CODE_SIZE] = "";
    const size_t len = code.len < sizeof text - 1 ? code.len : sizeof text - 1;
    for (size_t i = 0; i < len; i++) {
        text[i] = code.data[i] > 0x20 && code.data[i] < 0x7f ? (char)code.data[i] : '?';
    }
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

/* The proxy's own verdict: the pool never sees the share. */
static void refuse_locally(hs_proxy_channel *channel, const hs_sv2_submit *told, uint32_t upstream,
                           const hs_sv2_u256 *target, uint32_t verdict, const char *code)
{
    hs_proxy *const proxy = channel->peer->proxy;
    hs_proxy_counts *const counts = &proxy->ups[upstream].counts;
    const hs_ack_share share = {.sequence_number = told->sequence_number,
                                .upstream = upstream,
                                .state = HS_ACK_REFUSED,
                                .error_code = code};
    const hs_proxy_sent about = {.job_id = told->job_id,
                                 .channel = channel->number,
                                 .cookie = channel->cookie,
                                 .told = channel->told,
                                 .work = hs_sv2_difficulty(target)};
    if (verdict == HMX_SHARE_REJECTED_STALE) {
        counts->stale++;
        counts->stale_local++;
        counts->stale_moved += channel->moved_from_job != 0 &&
                               told->job_id >= channel->moved_from_job &&
                               told->job_id <= channel->moved_to_job;
    } else {
        count_code(counts, hs_sv2_bytes_of(code));
    }
    hs_proxy_tell_share(proxy, &about, upstream, verdict, HMX_SHARE_FLAG_LOCAL);
    if (file_share(channel, &share) == 0) {
        answer(channel);
    }
}

static int remember(hs_proxy_up *up, const hs_proxy_sent *sent)
{
    return up->sent_count >= SENT_MAX ? -1
                                      : HS_PUSH(up->sent, up->sent_capacity, up->sent_count, *sent);
}

/* What the pool gets: its own job's number, and behind its own prefix the bytes that tell the
 * miners apart and those that the miner rolled. */
static hs_sv2_message upstream_share(const hs_proxy_up *up, const hs_job_entry *job,
                                     const hs_sv2_submit *told, uint32_t sequence_number)
{
    hs_sv2_message m = {.id = HS_SV2_SUBMIT_EXTENDED};
    hs_sv2_submit *const to = &m.as.submit;
    const uint32_t local = up->extranonce_size - told->extranonce.len;
    *to = *told;
    to->channel_id = up->channel_id;
    to->sequence_number = sequence_number;
    to->job_id = job->upstream_job_id;
    to->extranonce.len = up->extranonce_size;
    memcpy(to->extranonce.byte, job->prefix.byte + job->prefix.len - local, local);
    memcpy(to->extranonce.byte + local, told->extranonce.byte, told->extranonce.len);
    return m;
}

static void forward(hs_proxy_channel *channel, const hs_sv2_submit *told, const hs_job_entry *job)
{
    hs_proxy *const proxy = channel->peer->proxy;
    hs_proxy_up *const up = &proxy->ups[job->upstream];
    const hs_proxy_sent sent = {.sequence_number = up->last_sequence + 1,
                                .job_id = told->job_id,
                                .channel = channel->number,
                                .cookie = channel->cookie,
                                .told = channel->told,
                                .work = hs_sv2_difficulty(&job->target),
                                .sent_ns = proxy->now_ns};
    const hs_ack_share share = {.sequence_number = told->sequence_number,
                                .upstream = job->upstream,
                                .tag = sent.sequence_number,
                                .difficulty = sent.work};
    const hs_sv2_message m = upstream_share(up, job, told, sent.sequence_number);
    if (remember(up, &sent) != 0) {
        refuse_locally(channel, told, job->upstream, &job->target, HMX_SHARE_REJECTED_OTHER,
                       "upstream-too-slow");
        return;
    }
    up->last_sequence++;
    up->counts.submitted++;
    (void)file_share(channel, &share);
    hs_proxy_tell_share(proxy, &sent, job->upstream, HMX_SHARE_SUBMITTED, 0);
    proxy->out.send_up(proxy->ctx, up->upstream, &m, 1);
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
    if (job == NULL && (told->job_id == 0 || told->job_id > channel->move.jobs.last_id)) {
        refuse_locally(channel, told, channel->upstream, &channel->move.target,
                       HMX_SHARE_REJECTED_INVALID_JOB, "invalid-job-id");
    } else if (job == NULL || job->state == HS_JOB_STALE) {
        refuse_locally(channel, told, job != NULL ? job->upstream : channel->upstream,
                       job != NULL ? &job->target : &channel->move.target, HMX_SHARE_REJECTED_STALE,
                       "stale-share");
    } else if (job->state == HS_JOB_FUTURE) {
        refuse_locally(channel, told, job->upstream, &job->target, HMX_SHARE_REJECTED_INVALID_JOB,
                       "invalid-job-id");
    } else if (told->extranonce.len != channel->move.extranonce_size) {
        refuse_locally(channel, told, job->upstream, &job->target, HMX_SHARE_REJECTED_OTHER,
                       "bad-extranonce-size");
    } else if (proxy->ups[job->upstream].state != HS_UP_OPEN) {
        refuse_locally(channel, told, job->upstream, &job->target, HMX_SHARE_REJECTED_STALE,
                       "stale-share");
    } else {
        forward(channel, told, job);
    }
}

/* ---- verdicts ---- */

typedef struct meaning {
    const char *code;
    uint32_t verdict;
} meaning;

/* The codes that are known, as static text; what is not is told as a share that is not valid. */
static const meaning MEANINGS[] = {
    {"stale-share", HMX_SHARE_REJECTED_STALE},
    {"difficulty-too-low", HMX_SHARE_REJECTED_LOW_DIFFICULTY},
    {"duplicate-share", HMX_SHARE_REJECTED_DUPLICATE},
    {"invalid-job-id", HMX_SHARE_REJECTED_INVALID_JOB},
    {"bad-extranonce-size", HMX_SHARE_REJECTED_OTHER},
    {"version-rolling-not-allowed", HMX_SHARE_REJECTED_OTHER},
    {"invalid-non-rollable-version-bit", HMX_SHARE_REJECTED_OTHER},
    {"invalid-channel-id", HMX_SHARE_REJECTED_OTHER},
    {"invalid-share", HMX_SHARE_REJECTED_OTHER},
};

static const meaning *meaning_of(hs_sv2_bytes code)
{
    const size_t count = sizeof MEANINGS / sizeof MEANINGS[0];
    for (size_t i = 0; i + 1 < count; i++) {
        if (hs_sv2_bytes_are(code, MEANINGS[i].code)) {
            return &MEANINGS[i];
        }
    }
    return &MEANINGS[count - 1];
}

static void settle(hs_proxy *proxy, const hs_proxy_up *up, const hs_proxy_sent *sent,
                   const char *code)
{
    hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
    if (channel != NULL) { /* else it has closed, and nobody waits for the answer */
        (void)hs_acks_settle(&channel->acks, up->upstream, sent->sequence_number, code);
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

static void accept_one(hs_proxy *proxy, hs_proxy_up *up, const hs_proxy_sent *sent)
{
    hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
    up->counts.accepted++;
    up->counts.work += sent->work;
    hs_proxy_tell_share(proxy, sent, up->upstream, HMX_SHARE_ACCEPTED, 0);
    settle(proxy, up, sent, NULL);
    if (channel != NULL) {
        if (channel->decided_ns != 0 && channel->upstream == up->upstream &&
            sent->job_id >= channel->decided_job) {
            note_first_accept(proxy, channel);
        }
        hs_proxy_probe_verdict(proxy, channel, up->upstream, sent->job_id, 1, 0);
    }
}

static void take_off(hs_proxy_up *up, size_t from, size_t count)
{
    if (count == 0) {
        return; /* there may be no memory yet */
    }
    up->sent_count -= count;
    memmove(&up->sent[from], &up->sent[from + count], (up->sent_count - from) * sizeof up->sent[0]);
}

void hs_proxy_share_success(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_submit_success *told)
{
    size_t count = 0;
    while (count < up->sent_count && count < told->new_submits_accepted_count &&
           up->sent[count].sequence_number <= told->last_sequence_number) {
        accept_one(proxy, up, &up->sent[count]);
        count++;
    }
    if (count < told->new_submits_accepted_count) {
        proxy->protocol_errors++; /* it counts more than it was sent: no credit for those */
    }
    for (size_t i = 0; i < count; i++) {
        hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, up->sent[i].channel);
        if (channel != NULL) {
            answer(channel);
        }
    }
    take_off(up, 0, count);
}

static void reject_one(hs_proxy *proxy, hs_proxy_up *up, const hs_proxy_sent *sent,
                       const hs_sv2_bytes code)
{
    const meaning *const m = meaning_of(code);
    hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
    if (m->verdict == HMX_SHARE_REJECTED_STALE) {
        up->counts.stale++;
    } else if (m->verdict == HMX_SHARE_REJECTED_DUPLICATE) {
        up->counts.duplicates++;
    } else {
        count_code(&up->counts, code);
    }
    hs_proxy_tell_share(proxy, sent, up->upstream, m->verdict, 0);
    settle(proxy, up, sent, m->code);
    if (channel != NULL) {
        answer(channel);
        hs_proxy_probe_verdict(proxy, channel, up->upstream, sent->job_id, 0,
                               m->verdict == HMX_SHARE_REJECTED_LOW_DIFFICULTY);
    }
}

void hs_proxy_share_error(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_submit_error *told)
{
    for (size_t i = 0; i < up->sent_count; i++) {
        if (up->sent[i].sequence_number == told->sequence_number) {
            const hs_proxy_sent sent = up->sent[i];
            take_off(up, i, 1);
            reject_one(proxy, up, &sent, told->error_code);
            return;
        }
    }
    proxy->protocol_errors++; /* nothing of that number waits: it has been answered before */
}

void hs_proxy_lose_shares(hs_proxy *proxy, hs_proxy_up *up, uint64_t before_ns)
{
    size_t count = 0;
    while (count < up->sent_count && up->sent[count].sent_ns < before_ns) {
        const hs_proxy_sent *const sent = &up->sent[count++];
        up->counts.lost++;
        hs_proxy_tell_share(proxy, sent, up->upstream, HMX_SHARE_LOST, 0);
        settle(proxy, up, sent, "upstream-lost");
        hs_proxy_channel *const channel = hs_proxy_channel_of(proxy, sent->channel);
        if (channel != NULL) {
            answer(channel);
        }
    }
    take_off(up, 0, count);
}
