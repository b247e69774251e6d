/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/frames_state: the connections, channels and pools of which frames are written, and what both
 * sides do with them: a burst of jobs, answers to shares, the target. */
#ifndef HOST_STUB_SIM_FRAMES_STATE_H
#define HOST_STUB_SIM_FRAMES_STATE_H

#include "host_stub/jobs/acks.h"
#include "host_stub/jobs/move.h"
#include "host_stub/sim/state.h"
#include "host_stub/sv2/frame_file.h"

/* Why the network is silent, or a share refused, where the protocol has no word of its own. */
#define HS_CODE_NO_POOL   "no-upstream-available"
#define HS_CODE_POOL_LOST "upstream-lost"
#define HS_CODE_REFUSED   "invalid-share"
#define HS_CODE_STALE     "stale-share"

enum {
    HS_REFRESH_SECS = 60,         /* between two jobs of a pool on one tip */
    HS_RESTATE_SECS = 60,         /* how often a miner looks whether its hashrate has changed */
    HS_ANSWER_SECS = 20,          /* between two answers to the shares of a channel */
    HS_SIM_POOL_DIFFICULTY = 1000 /* that a pool asks of the host's channel at least */
};
#define HS_RESTATE_PCT 2.5 /* hashrate and max_target are stated anew beyond this */
#define HS_EASIER      8.0 /* a device takes targets so much easier than its hashrate's */

/* One downstream connection. */
typedef struct hs_sim_frame_conn {
    hs_frame_file file;
    uint32_t channels; /* open, or waiting */
    uint32_t last_id;  /* of a channel or group */
    uint32_t last_request;
} hs_sim_frame_conn;

enum hs_sim_frame_channel_state { HS_SIM_FRAME_WAITS = 0, HS_SIM_FRAME_OPEN, HS_SIM_FRAME_REFUSED };

typedef struct hs_sim_frame_channel {
    hs_sim_frame_conn *conn;
    uint64_t connection;
    enum hs_sim_frame_channel_state state;
    uint32_t request_id;
    uint32_t last_sequence;
    uint32_t version_bits; /* that the device rolls */
    uint64_t tip_since_ms; /* when the last SetNewPrevHash was sent */
    uint64_t next_restate; /* second */
    uint64_t next_answer;  /* second */
    double stated_hs;
    double told_difficulty; /* of the last target */
    hs_move_channel move;
    hs_acks acks;
} hs_sim_frame_channel;

typedef struct hs_sim_frame_pool {
    hs_frame_file file;
    uint32_t connections;  /* so far */
    uint64_t next_refresh; /* second */
    double stated_hs;
} hs_sim_frame_pool;

typedef struct hs_sim_frames {
    hs_sim_frame_conn **conns; /* by number of the connection; NULL = ended */
    size_t conn_count;
    size_t conn_capacity;
    hs_sim_frame_channel **channels; /* by number of the channel; NULL = closed */
    size_t channel_count;
    size_t channel_capacity;
    hs_sim_frame_pool pools[HS_SIM_POOLS_MAX];
    hs_rng rng;
    int failed;            /* a file could not be written */
    char failed_path[256]; /* the first of them */
} hs_sim_frames;

/* Milliseconds of the host's clock since the beginning. */
uint64_t hs_sim_frames_now_ms(const hs_sim *sim);

/* Ends a file and notes a failure. */
void hs_sim_frames_end_file(hs_sim_frames *frames, hs_frame_file *file);

hs_sim_frame_channel *hs_sim_frames_channel(const hs_sim *sim, uint64_t channel);

void hs_sim_frames_say(hs_sim *sim, hs_sim_frame_conn *conn, enum hs_frame_side side,
                       const hs_sv2_message *message);

hs_sv2_b032 hs_sim_frames_prefix(const hs_sim_miner *miner);

/* Puts an open channel on the current job of the pool where its miner works. */
void hs_sim_frames_burst(hs_sim *sim, hs_sim_frame_channel *c, const hs_sim_miner *miner, int soft);

/* The target that the host wants for a miner: what its vardiff says, no easier than the pool's own
 * and than the device takes. */
hs_sv2_u256 hs_sim_frames_target(const hs_sim_frame_channel *c, double difficulty);

/* Tells what can be told about the channel's shares. */
void hs_sim_frames_answer(hs_sim *sim, hs_sim_frame_channel *c);

#endif
