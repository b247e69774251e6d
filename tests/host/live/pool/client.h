/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * pool_client: a client of live/pool/core for its tests. It sees what the pool sends as frames,
 * feeds both directions to an observer of its own, which has to find every message of the pool
 * legal, and mines real shares on the jobs that this observer knows. */
#ifndef TESTS_HOST_LIVE_POOL_CLIENT_H
#define TESTS_HOST_LIVE_POOL_CLIENT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "host_stub/live/pool/core.h"
#include "host_stub/live/pool/state.h"
#include "host_stub/sv2/codec.h"
#include "host_stub/sv2/work.h"

enum { CLIENT_LOG_MAX = 512, CLIENT_FRAME_MAX = 1024 };

typedef struct client_message {
    uint8_t frame[CLIENT_FRAME_MAX];
    hs_sv2_message m;
    unsigned burst; /* messages of one burst have one number */
} client_message;

typedef struct client {
    hs_pool_peer *peer;
    hs_session *view;
    client_message *log; /* CLIENT_LOG_MAX of them */
    size_t count;
    unsigned bursts;
    size_t raw; /* bytes that were no message */
    int ended;
    int ended_softly;
    char reason[256];
} client;

static char pool_notes[4096];

static void client_note(void *ctx, uint64_t now_ms, const char *text)
{
    (void)ctx;
    (void)now_ms;
    const size_t len = strlen(pool_notes);
    (void)snprintf(pool_notes + len, sizeof pool_notes - len, "%s;", text);
}

static void client_send(void *link, const hs_sv2_message *messages, size_t count)
{
    client *const c = link;
    cr_assert_not(c->ended, "nothing is sent after the end");
    c->bursts++;
    for (size_t i = 0; i < count; i++) {
        client_message *const to = &c->log[c->count];
        hs_sv2_error why;
        hs_session_step step;
        size_t len = 0;
        cr_assert_lt(c->count, (size_t)CLIENT_LOG_MAX);
        cr_assert(hs_sv2_encode(&messages[i], to->frame, sizeof to->frame, &len, &why) == 0, "%s",
                  why.text);
        cr_assert(hs_sv2_decode(to->frame, len, HS_SV2_STRICT, &to->m, &why) == 0, "%s", why.text);
        to->burst = c->bursts;
        c->count++;
        /* Answers about what the observer takes for none either are the exceptions. */
        if (hs_session_apply(c->view, &to->m, &step) != 0) {
            const int stray =
                to->m.id == HS_SV2_SUBMIT_ERROR &&
                (step.rule == HS_RULE_ANSWER_UNKNOWN || step.rule == HS_RULE_CHANNEL_UNKNOWN);
            const int custom = to->m.id == HS_SV2_SET_CUSTOM_JOB_ERROR;
            const int setup =
                to->m.id == HS_SV2_SETUP_CONNECTION_ERROR && step.rule == HS_RULE_SETUP_ORDER;
            cr_assert(stray || custom || setup, "%s: %s", hs_rule_name(step.rule), step.text);
        }
    }
}

static void client_send_raw(void *link, const uint8_t *data, size_t len)
{
    (void)data;
    ((client *)link)->raw += len;
}

static void client_end(void *link, int after_sending, const char *reason)
{
    client *const c = link;
    cr_assert_not(c->ended);
    c->ended = 1;
    c->ended_softly = after_sending;
    (void)snprintf(c->reason, sizeof c->reason, "%s", reason);
}

static const hs_pool_out CLIENT_OUT = {client_send, client_send_raw, client_end, client_note};

static inline void client_join(client *c, hs_pool *pool)
{
    memset(c, 0, sizeof *c);
    c->log = calloc(CLIENT_LOG_MAX, sizeof *c->log);
    c->view = hs_session_new();
    c->peer = hs_pool_join(pool, c);
    cr_assert(c->log != NULL && c->view != NULL && c->peer != NULL);
}

/* The pool is freed by now, or the peer has left. */
static inline void client_free(client *c)
{
    hs_session_free(c->view);
    free(c->log);
}

static inline void client_say(client *c, const hs_sv2_message *m)
{
    static uint8_t frame[4096];
    hs_sv2_error why;
    hs_session_step step;
    size_t len = 0;
    cr_assert(hs_sv2_encode(m, frame, sizeof frame, &len, &why) == 0, "%s", why.text);
    (void)hs_session_apply(c->view, m, &step);
    hs_pool_frame(c->peer, frame, len);
}

/* The message `back` places before the last; NULL when there are not so many. */
static inline const hs_sv2_message *client_last(const client *c, size_t back)
{
    return c->count > back ? &c->log[c->count - 1 - back].m : NULL;
}

static inline unsigned client_count(const client *c, uint32_t id)
{
    unsigned n = 0;
    for (size_t i = 0; i < c->count; i++) {
        n += c->log[i].m.id == id;
    }
    return n;
}

static inline void client_setup_with(client *c, uint32_t flags)
{
    hs_sv2_message m = {.id = HS_SV2_SETUP_CONNECTION};
    m.as.setup_connection.min_version = 2;
    m.as.setup_connection.max_version = 2;
    m.as.setup_connection.flags = flags;
    client_say(c, &m);
}

static inline hs_sv2_message client_open_message(int extended, uint32_t request, float rate_hs)
{
    hs_sv2_message m = {.id = extended ? HS_SV2_OPEN_EXTENDED : HS_SV2_OPEN_STANDARD};
    m.as.open.request_id = request;
    m.as.open.user_identity = (hs_sv2_bytes){(const uint8_t *)"user.rig", 8};
    m.as.open.nominal_hash_rate = rate_hs;
    memset(m.as.open.max_target.byte, 0xff, sizeof m.as.open.max_target.byte);
    m.as.open.min_extranonce_size = extended ? 8 : 0;
    return m;
}

/* Opens a channel; its number. */
static inline uint32_t client_open(client *c, int extended)
{
    static uint32_t request;
    const size_t before = c->count;
    hs_sv2_message m = client_open_message(extended, ++request, 1000.0F);
    client_say(c, &m);
    cr_assert_eq(c->log[before].m.id,
                 extended ? HS_SV2_OPEN_EXTENDED_SUCCESS : HS_SV2_OPEN_STANDARD_SUCCESS);
    return c->log[before].m.as.open_success.channel_id;
}

static inline const hs_session_channel *client_channel(const client *c, uint32_t channel_id)
{
    size_t at = 0;
    return hs_session_addressed(c->view, channel_id, &at);
}

/* The active job of the channel. */
static inline const hs_session_job *client_job(const client *c, uint32_t channel_id)
{
    const hs_session_channel *const channel = client_channel(c, channel_id);
    cr_assert_not_null(channel);
    const hs_session_job *const job = hs_session_channel_active_job(channel);
    cr_assert_not_null(job);
    return job;
}

static inline hs_sv2_u256 client_hash(const hs_session_job *job, const hs_sv2_b032 *prefix,
                                      const hs_sv2_submit *told)
{
    hs_sv2_header header = {told->version, job->tip.prev_hash, job->merkle_root,
                            told->ntime,   job->tip.nbits,     told->nonce};
    if (job->body != NULL) {
        const hs_job_parts parts = hs_job_body_parts(job);
        uint8_t extranonce[64];
        memcpy(extranonce, prefix->byte, prefix->len);
        memcpy(extranonce + prefix->len, told->extranonce.byte, told->extranonce.len);
        const hs_sv2_coinbase coinbase = {
            parts.prefix, {extranonce, prefix->len + told->extranonce.len}, parts.suffix};
        header.merkle_root = hs_sv2_merkle_root(&coinbase, &parts.path);
    }
    return hs_sv2_header_hash(&header);
}

/* A share for `job` whose hash meets its target, or misses it. Each call searches on. */
static inline hs_sv2_message client_mine(const hs_session_channel *channel,
                                         const hs_session_job *job, const hs_sv2_b032 *prefix,
                                         int meets)
{
    static uint32_t nonce;
    static uint32_t sequence;
    hs_sv2_message m = {.id = channel->kind == HS_CHANNEL_EXTENDED ? HS_SV2_SUBMIT_EXTENDED
                                                                   : HS_SV2_SUBMIT_STANDARD};
    m.as.submit.channel_id = channel->channel_id;
    m.as.submit.sequence_number = ++sequence;
    m.as.submit.job_id = job->job_id;
    m.as.submit.ntime = job->min_ntime;
    m.as.submit.version = job->version;
    m.as.submit.extranonce.len = channel->extranonce_size;
    for (uint32_t i = 0; i < 10000000; i++) {
        m.as.submit.nonce = ++nonce;
        const hs_sv2_u256 hash = client_hash(job, prefix, &m.as.submit);
        if ((hs_sv2_compare(&hash, &job->target) <= 0) == meets) {
            return m;
        }
    }
    cr_assert_fail("no such nonce");
    return m;
}

static inline hs_sv2_message client_share(const client *c, uint32_t channel_id)
{
    const hs_session_job *const job = client_job(c, channel_id);
    return client_mine(client_channel(c, channel_id), job, &job->prefix, 1);
}

/* Submits it: the answer has to be an error with this code, at once. */
static inline void client_expect_error(client *c, const hs_sv2_message *share, const char *code)
{
    client_say(c, share);
    const hs_sv2_message *const answer = client_last(c, 0);
    cr_assert_eq(answer->id, HS_SV2_SUBMIT_ERROR, "0x%x", answer->id);
    cr_assert_eq(answer->as.submit_error.sequence_number, share->as.submit.sequence_number);
    cr_assert_eq(answer->as.submit_error.channel_id, share->as.submit.channel_id);
    cr_assert_eq(answer->as.submit_error.error_code.len, strlen(code), "%.*s is not %s",
                 (int)answer->as.submit_error.error_code.len,
                 (const char *)answer->as.submit_error.error_code.data, code);
    cr_assert_arr_eq(answer->as.submit_error.error_code.data, code, strlen(code));
}

/* For the end of a test, where an assertion that fails is shown and fails nothing. */
static inline void client_must_hold(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, pool_notes);
        abort();
    }
}

#endif
