/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/state: what the parts of a running simulation share. Internal to sim_*.c.
 *
 *   sim/host    the conversation with the plugin: pools, channels, shares, decisions
 *   sim/moves   the plugin's decisions and what the host does by itself
 *   sim/links   who is on which connection, which prefixes the host chooses, what is legal
 *   sim/frames  the same as frames, when they are wanted (sim/frames.h)
 *   sim/farm    who is there: joins, leaves, groups drawn at random; hashing
 *   sim/events  what the scenario orders, and when */
#ifndef HOST_STUB_SIM_STATE_H
#define HOST_STUB_SIM_STATE_H

#include "abi/hmx_tuning.h"
#include "host_stub/jobs/move.h"
#include "host_stub/link/link.h"
#include "host_stub/sim/account.h"
#include "host_stub/sim/config.h"
#include "host_stub/sim/miner.h"
#include "host_stub/sim/pool.h"
#include "host_stub/sim/run.h"

/* The monotonic clock does not begin at 0, so that 0 can mean "never". */
#define HS_SIM_START_NS      (1000ull * 1000000000ull)
#define HS_SIM_START_UNIX_MS 1735689600000ull /* 2025-01-01 */
#define HS_NS_PER_SEC        1000000000ull

enum {
    HS_DRAIN_SECS = 120, /* a job of an old prefix is stale after this, or with the next tip */
    HS_SIM_EXTRANONCE_SIZE = 8 /* bytes that every extended channel asks for and is promised */
};

struct hs_sim_frames;

/* Several miners behind one connection. */
typedef struct hs_rack {
    uint64_t connection; /* 0 = not connected */
    uint32_t channels;   /* open now */
    uint32_t opened;     /* on this connection so far */
} hs_rack;

/* An old extranonce prefix whose jobs are still valid. */
typedef struct hs_drain {
    uint64_t channel;
    uint64_t cookie;
    uint64_t due; /* second */
    uint64_t tip; /* number of the tip it belongs to */
    uint32_t upstream;
    uint32_t prefix_len;
    uint8_t prefix[32];
} hs_drain;

/* One thing that happens: the beginning or the end of an event. */
typedef struct hs_happening {
    uint64_t second;
    uint32_t event;
    uint32_t begins; /* 0 = the end of one that lasts */
} hs_happening;

typedef struct hs_sim {
    const hs_scenario *scenario;
    const hs_sim_options *options;
    hs_sim_result *result;
    hs_link link;
    const hmx_tuning_v1 *tuning; /* NULL when the plugin has none */
    hs_sim_config config;
    uint64_t second;
    uint64_t seconds;
    int no_memory; /* set by whoever ran out of it; ends the run */

    uint32_t pool_count;
    uint32_t pad0;
    hs_sim_pool pools[HS_POOLS_MAX];
    int pool_of[HMX_UPSTREAMS_MAX + 1]; /* upstream number to pool, -1 = none */
    uint64_t tip;
    uint64_t next_tip; /* second */

    hs_miner_model model;
    hs_miner **miners; /* all that exist, connected or not */
    uint32_t miner_count;
    size_t miner_capacity;
    hs_miner **by_channel; /* NULL = closed */
    uint64_t channel_count;
    size_t channel_capacity;
    uint64_t next_number;
    double joins_per_minute;
    double leaves_per_minute;
    double join_budget; /* expected joins until the next one */
    double leave_budget;
    uint32_t first_joined; /* of the scenario's first miners */
    uint32_t connected;
    uint32_t parked;
    double total_weight; /* of the mix */
    hs_rng mix_rng;
    hs_rng join_rng;
    hs_rng leave_rng;
    hs_rng select_rng;
    hs_rng tip_rng;

    hs_rack *racks;
    uint32_t rack_count;
    uint32_t pad1;
    uint64_t last_connection;
    struct hs_sim_frames *frames; /* NULL = none are wanted */

    hs_drain *drains;
    size_t drain_count;
    size_t drain_capacity;
    hs_happening *happenings;
    size_t happening_count;
    size_t next_happening;
    double credited_work;
    double lost_work; /* rejected, lost, or not hashed at all: by a move, or parked */
    double channel_secs;
} hs_sim;

/* The clock: sim->second and what the plugin is told of it. */
void hs_sim_second(hs_sim *sim, uint64_t second);

/* Adds a sentence to the result, once. */
void hs_sim_note(hs_sim *sim, const char *text);

/* ---- sim/host.c ---- */
/* create, the upstream table, the pools' numbers. 0, or -1 with `why`. */
int hs_sim_start(hs_sim *sim, char *why, size_t capacity);
void hs_sim_tell_upstream(hs_sim *sim, uint32_t pool, uint32_t reason);
/* The account's targets follow the pools' state. */
void hs_sim_retarget_account(hs_sim *sim);
/* Then they follow the farm's true hashrate too: to be called again and again. */
int hs_sim_has_absolute_targets(const hs_sim *sim);
void hs_sim_pool_down(hs_sim *sim, uint32_t pool);
void hs_sim_pool_up(hs_sim *sim, uint32_t pool);
void hs_sim_new_tip(hs_sim *sim);
/* The operator's new targets, and a new configuration, to the plugin. */
void hs_sim_set_targets(hs_sim *sim);
void hs_sim_reconfigure(hs_sim *sim);

/* ---- sim/shares.c ---- */
void hs_sim_submit(hs_sim *sim, hs_miner *miner, uint32_t found);
void hs_sim_lose_pending(hs_sim *sim, uint32_t pool);
void hs_sim_deliver_acks(hs_sim *sim, uint32_t pool);

/* ---- sim/moves.c ---- */
void hs_sim_open_channel(hs_sim *sim, hs_miner *miner);
/* reason: HMX_CLOSE_PEER, or HMX_CLOSE_CONNECTION_LOST: then a miner on a connection of its own is
 * gone without a word; one on a shared connection is taken off by its rack in both cases. */
void hs_sim_close_channel(hs_sim *sim, hs_miner *miner, uint32_t reason);
void hs_sim_tick(hs_sim *sim);
void hs_sim_report_drained(hs_sim *sim);

/* ---- sim/links.c ---- */
/* 0, or -1 out of memory. */
int hs_sim_links_init(hs_sim *sim);
/* The miner's connection begins, or it joins its rack's. */
void hs_sim_connect(hs_sim *sim, hs_miner *miner);
void hs_sim_disconnect(hs_sim *sim, hs_miner *miner);
/* The pool's jobs begin, or go on with the present tip. */
void hs_sim_pool_tip(hs_sim *sim, uint32_t pool);
/* What the host knows of the pool; its job is put into *job. */
hs_move_pool hs_sim_move_pool(const hs_sim *sim, uint32_t pool, hs_sv2_new_extended_job *job);
/* May the miner work there with this prefix? */
enum hs_move_refusal hs_sim_check_move(const hs_sim *sim, const hs_miner *miner, uint32_t upstream,
                                       const hs_sv2_b032 *prefix);
/* Are both pools on one tip, as far as the host has heard? */
int hs_sim_same_tip(const hs_sim *sim, uint32_t from, uint32_t to);
/* A prefix on this upstream that nobody has; empty when the channel does not fit there. */
hs_sv2_b032 hs_sim_choose_prefix(hs_sim *sim, const hs_miner *miner, uint32_t upstream);

/* ---- sim/farm.c ---- */
int hs_sim_farm_init(hs_sim *sim);
void hs_sim_farm_free(hs_sim *sim);
void hs_sim_farm_hash(hs_sim *sim);        /* one second of all miners */
void hs_sim_farm_come_and_go(hs_sim *sim); /* joins, leaves, returns */
/* Draws `pct` per cent of those connected and calls `act` for each. */
void hs_sim_farm_select(hs_sim *sim, double pct,
                        void (*act)(hs_sim *sim, hs_miner *miner, const hs_event_spec *event),
                        const hs_event_spec *event);

/* ---- sim/events.c ---- */
int hs_sim_events_init(hs_sim *sim);
void hs_sim_events_due(hs_sim *sim);

#endif
