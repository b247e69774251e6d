/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/state: what a pool holds, and what each of its parts needs: a connection's channels by
 * their numbers, the burst of messages to it, and its end. */
#ifndef HOST_STUB_LIVE_POOL_STATE_H
#define HOST_STUB_LIVE_POOL_STATE_H

#include "host_stub/base/rng.h"
#include "host_stub/base/table.h"
#include "host_stub/jobs/template.h"
#include "host_stub/live/pool/core.h"

enum {
    HS_POOL_GROUP = 1,          /* the extended channels of a connection */
    HS_POOL_STANDARD_GROUP = 2, /* the standard ones: nothing is ever sent to it */
    HS_POOL_FIRST_CHANNEL = 3,
    HS_POOL_BURST_MAX = 32,
    HS_POOL_GIVEN_MAX = 64,     /* jobs of a channel whose numbers are remembered */
    HS_POOL_WAITING_MAX = 2048, /* answers of a connection that wait; then they go out early */
    HS_POOL_USER_SIZE = 64
};

/* A channel that was ever opened, for as long as the pool lives. */
typedef struct hs_pool_channel {
    uint32_t connection; /* its number, from 1 */
    uint32_t channel_id;
    enum hs_channel_kind kind;
    int open;
    char user[HS_POOL_USER_SIZE]; /* identity, cut; printable */
    double rate_hs;               /* nominal, as stated last */
    hs_pool_counts counts;
    uint32_t given[HS_POOL_GIVEN_MAX]; /* a ring */
    uint64_t given_count;
    uint32_t first_job;     /* the first that it was given */
    uint32_t tip_job;       /* the first on the present tip */
    uint32_t known_job;     /* the first on the newest tip that its shares have shown to know */
    int closed_by_pool;     /* with CloseChannel ... */
    uint32_t closed_at_job; /* ... after this one, of all jobs of the connection */
    /* The SubmitShares.Success to come. */
    uint32_t batch_count;
    uint32_t batch_last;
    double batch_sum;
    uint64_t batch_since_ms;
} hs_pool_channel;

/* A share's verdict on its way out. */
typedef struct hs_pool_answer {
    uint64_t due_ms;
    hs_pool_channel *channel; /* NULL: none of this connection has the id */
    uint32_t channel_id;
    uint32_t sequence_number;
    const char *error_code; /* NULL = accepted */
    double difficulty;
    int unknown_to_session; /* the session has not filed the share: no answer concerns it */
} hs_pool_answer;

struct hs_pool_peer {
    hs_pool *pool;
    hs_pool_peer *next;
    void *link;
    uint32_t number;
    int ended;
    int mute; /* half a frame was sent: nothing may follow */
    hs_session *session;
    hs_table channels; /* channel_id -> hs_pool_channel */
    uint32_t last_job;
    uint32_t known_job; /* the last that its shares have shown to know */
    uint32_t extended_open;
    hs_pool_answer *waiting; /* in order of arrival: none overtakes another */
    size_t waiting_count;
    size_t waiting_capacity;
    hs_sv2_message burst[HS_POOL_BURST_MAX];
    size_t burst_count;
};

struct hs_pool {
    hs_pool_options options;
    hs_pool_out out;
    void *ctx;
    uint64_t wall_ms;
    uint64_t now_ms;
    hs_job_stream stream;
    uint64_t tip_grid;  /* number of the last tip by the clock */
    uint64_t tip_extra; /* tips on command */
    uint64_t tip_at_ms; /* the next ones */
    uint64_t refresh_at_ms;
    hs_rng chance;
    hs_pool_state state;
    int was_down;
    hs_pool_peer *peers;
    uint32_t connection_count;
    uint32_t last_index; /* of the channels' prefixes */
    uint32_t last_channel;
    hs_pool_channel **channels;
    size_t channel_count;
    size_t channel_capacity;
    hs_pool_counts counts;
    uint64_t tips;
    uint64_t jobs;
    uint64_t targets;
    uint64_t prefixes;
    uint64_t protocol_errors;
    uint64_t own_faults;
};

/* Puts a message into the connection's burst; the session sees it first, and what it finds at
 * fault is not sent. Returns 0, or -1 when it was not. */
int hs_pool_emit(hs_pool_peer *peer, const hs_sv2_message *message);
/* The same for an answer about what the session does not know. */
void hs_pool_emit_unseen(hs_pool_peer *peer, const hs_sv2_message *message);
/* Sends the burst. Before the stream of jobs changes, and at the end of every entry. */
void hs_pool_push(hs_pool_peer *peer);
void hs_pool_end(hs_pool_peer *peer, int after_sending, const char *reason);
/* The connection's channel of that id, open or closed; NULL. */
hs_pool_channel *hs_pool_find(const hs_pool_peer *peer, uint32_t channel_id);
/* The session's view of an open channel; NULL. Holds until the next opening. */
const hs_session_channel *hs_pool_view(const hs_pool_peer *peer, uint32_t channel_id);

#endif
