/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/state: what the mining devices of a connection hold, and what each of their parts
 * needs: a slot by its channel, the session's view of it, and sending. */
#ifndef HOST_STUB_LIVE_MINER_STATE_H
#define HOST_STUB_LIVE_MINER_STATE_H

#include "host_stub/live/miner/core.h"
#include "host_stub/session/session.h"

/* A share without an answer. */
typedef struct hs_miner_share {
    uint32_t channel_id;
    uint32_t sequence_number;
    uint64_t at_ms;
    uint64_t gone_ms; /* when a new tip made it stale for us; 0 = not yet */
    int gone_by_move;
    int gone_on_one_tip; /* the new one is the old one: needless where it came with a move */
} hs_miner_share;

enum hs_miner_state { HS_MINER_CLOSED = 0, HS_MINER_ASKED, HS_MINER_OPEN };

/* One device: a channel, over all its openings. */
typedef struct hs_miner_slot {
    uint32_t index;
    int extended;
    char name[HS_MINER_NAME_MAX + 16];
    enum hs_miner_state state;
    uint32_t request_id;
    uint32_t channel_id;
    uint64_t open_at_ms;
    uint32_t last_sequence;
    hs_sv2_b032 first_prefix; /* the one that it opened with */
    hs_sv2_b032 prefix;       /* the last one told */
    int prefix_news;          /* it changed, and no job has followed */
    hs_sv2_u256 prev_hash;    /* of the last tip; zero before the first */
    uint64_t prefix_at_ms;
    int awaits_first; /* moved, and nothing was accepted since */
    uint64_t cursor;  /* of the search; never goes back */
    double credit;    /* hashes that it may do now */
    hs_miner_share *pending;
    size_t pending_count;
    size_t pending_capacity;
    hs_miner_counts counts;
} hs_miner_slot;

struct hs_miner {
    const hs_miner_options *options;
    hs_miner_out out;
    void *link;
    hs_session *session; /* NULL while there is no connection */
    int is_set_up;
    int stopped;
    uint32_t last_request;
    uint64_t now_ms;
    uint64_t advanced_ms; /* up to where the rates have been paid out in hashes */
    size_t changes_done;
    double factor; /* of all rates */
    hs_miner_slot *slots;
    uint32_t slot_count;
    uint64_t faults;
    char first_fault[320];
    char reconnect_host[HS_MINER_HOST_MAX + 1];
    uint16_t reconnect_port;
};

/* Gives the message to the session and sends it. Returns 0, or -1 when the session has no room
 * for it. */
int hs_miner_emit(hs_miner *miner, const hs_sv2_message *message, hs_session_step *step);
/* The slot that has, or had, this channel; NULL. */
hs_miner_slot *hs_miner_slot_of(const hs_miner *miner, uint32_t channel_id);
/* The session's view of the slot's open channel; NULL. Holds until the next opening. */
const hs_session_channel *hs_miner_view(const hs_miner *miner, const hs_miner_slot *slot);

#endif
