/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/core: a mining pool without its sockets: takes frames, answers with messages, makes
 * jobs, judges shares, counts. Every connection is a session (session.h) that sees both directions:
 * it judges each share by recomputing it against the job's own prefix and target, and checks what
 * the pool itself sends. Time is told to it (milliseconds since its start); sockets, files and
 * signals are live/pool/live's business.
 *
 * How it speaks: extended channels of a connection are one group (number 1) and get their jobs by
 * it; standard ones get NewMiningJob each. A channel's first job is a future one. Job numbers are
 * never used twice on a connection, channel numbers and prefixes never twice at all. Shares are
 * judged when they come; when the answer goes out is another matter (batches, `slow`). */
#ifndef HOST_STUB_LIVE_POOL_CORE_H
#define HOST_STUB_LIVE_POOL_CORE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "host_stub/live/pool/options.h"
#include "host_stub/session/session.h"

typedef struct hs_pool hs_pool;
typedef struct hs_pool_peer hs_pool_peer;

/* What the pool does to a connection; `link` is what hs_pool_join was given. None may call back
 * into the pool. */
typedef struct hs_pool_out {
    /* As one burst; the messages' views hold until the call returns. */
    void (*send)(void *link, const hs_sv2_message *messages, size_t count);
    void (*send_raw)(void *link, const uint8_t *data, size_t len);
    /* The connection has to end, once what was sent has left or at once. hs_pool_leave follows. */
    void (*end)(void *link, int after_sending, const char *reason);
    /* One line about a fault of the schedule or of a command: "down begins". `ctx` is the
     * pool's. */
    void (*note)(void *ctx, uint64_t now_ms, const char *text);
} hs_pool_out;

/* `wall_ms` is the time of day, in milliseconds since 1970, when the pool's clock is 0. NULL when
 * out of memory. */
hs_pool *hs_pool_new(const hs_pool_options *options, const hs_pool_out *out, void *ctx,
                     uint64_t wall_ms);
void hs_pool_free(hs_pool *pool);

/* Runs what is due until now_ms, which never goes back: faults, tips, jobs, answers. */
void hs_pool_advance(hs_pool *pool, uint64_t now_ms);
/* When it wants to be called next; UINT64_MAX = only when something comes. */
uint64_t hs_pool_next_ms(const hs_pool *pool);

/* A connection has come. NULL when out of memory. */
hs_pool_peer *hs_pool_join(hs_pool *pool, void *link);
/* It is gone; what waited for it is not sent. */
void hs_pool_leave(hs_pool_peer *peer);
/* One frame, at the time of the last hs_pool_advance. */
void hs_pool_frame(hs_pool_peer *peer, const uint8_t *frame, size_t len);

/* A command line but stats and quit. 0, or -1 with a sentence in `why`. */
int hs_pool_command(hs_pool *pool, const char *line, char *why, size_t capacity);

/* Sends every answer that still waits. Before the end. */
void hs_pool_settle(hs_pool *pool);

/* Should it be listening, should it be reading? */
int hs_pool_is_down(const hs_pool *pool);
int hs_pool_is_stalled(const hs_pool *pool);

/* What has been counted, for the pool or for one channel. Work is difficulty, of the job's own
 * target. */
typedef struct hs_pool_counts {
    uint64_t received;
    uint64_t accepted;
    double work;
    uint64_t stale;
    uint64_t stale_ms_most; /* after the last tip change */
    /* Of them, those whose client knew better: it had submitted on a newer tip before. The others
     * were on their way, however long that took. */
    uint64_t stale_known;
    uint64_t cut_off; /* on their way when the pool closed their channel: invalid-channel-id */
    uint64_t duplicates;
    uint64_t rejected[HS_JUDGED_DUPLICATE + 1]; /* by judgement, but for those above */
    uint64_t refused; /* valid, and not accepted on command (grey, refuse): invalid-share */
} hs_pool_counts;

/* {"name","prefix","extranonce_size","seconds","connections","channels_opened","received",
 * "accepted","work_accepted","hashes_accepted","stale","stale_ms_most","stale_known","cut_off",
 * "duplicates","rejected":{reason:n},"refused_on_command","tips","jobs","targets","prefixes",
 * "protocol_errors","own_faults"} and with_channels also "channels":[...]. "rejected" has the
 * refused ones under invalid-share; "received" is the sum of "accepted", "stale", "cut_off",
 * "duplicates" and the reasons. NULL when out of memory. */
json_t *hs_pool_json(const hs_pool *pool, int with_channels);

#endif
