/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/state: a running simulation: what its parts hold in common, its clock and its notes. Each
 * part works on it and has a header of its own. */
#ifndef HOST_STUB_SIM_STATE_H
#define HOST_STUB_SIM_STATE_H

#include "abi/hmx_tuning.h"
#include "host_stub/jobs/move.h"
#include "host_stub/jobs/template.h"
#include "host_stub/link/link.h"
#include "host_stub/scenario/config.h"
#include "host_stub/sim/account.h"
#include "host_stub/sim/miner.h"
#include "host_stub/sim/run.h"

/* The monotonic clock does not begin at 0, so that 0 can mean "never". */
#define HS_SIM_START_NS      (1000ull * 1000000000ull)
#define HS_SIM_START_UNIX_MS 1735689600000ull /* 2025-01-01 */
#define HS_NS_PER_SEC        1000000000ull

enum {
    HS_SIM_DRAIN_SECS = 120, /* a job of an old prefix is stale after this, or with the next tip */
    HS_SIM_EXTRANONCE_SIZE = 8 /* bytes that every extended channel asks for and is promised */
};

struct hs_sim_frames;

/* Shares of one channel, forwarded in one second, that wait for their verdict. */
typedef struct hs_sim_pending {
    uint64_t channel;
    uint64_t cookie;
    uint64_t second; /* in which they were hashed */
    double accepted_work;
    double rejected_work;
    double stale_work;
    double accepted_credit; /* 0 = as the work: not aggregated */
    double rejected_credit;
    double stale_credit;
    uint32_t accepted; /* the verdict is settled when the share is forwarded, and told later */
    uint32_t rejected;
    uint32_t stale;
    uint32_t untold; /* the plugin does not know this channel */
} hs_sim_pending;

typedef struct hs_sim_pending_list {
    hs_sim_pending *shares;
    size_t count;
    size_t capacity;
    size_t sorted; /* so many of the first are in order */
} hs_sim_pending_list;

/* One simulated pool: its connection, what it accepts, and the shares that wait for its verdict. */
typedef struct hs_sim_pool {
    hs_sim_pool_spec spec;
    uint32_t upstream; /* the plugin's number for it */
    uint32_t up;
    uint32_t no_job; /* connected, and there is nothing to work on */
    uint32_t enabled;
    uint32_t channels;   /* that work for it now */
    double target_pct;   /* configured now */
    double acceptance;   /* fraction of the shares, now */
    double cap;          /* fraction of the farm known as its most, 1 = none */
    double refuse_above; /* moves that lift it above this fraction are refused, 1 = none */
    double refuses;      /* so many of the moves to it, by luck */
    double fails;        /* so many of those that are tried */
    double difficulty;   /* of its upstream channel, when it is aggregated; 0 = not yet known */
    uint8_t prefix[4];
    uint32_t host_prefixes;      /* that the host has chosen in its space so far */
    hs_job_stream stream;        /* its tip and job, as far as the host has heard */
    uint64_t next_ack;           /* second of the next batch by time */
    hs_sim_pending_list sent;    /* on their way, in order of time */
    hs_sim_pending_list waiting; /* for their batch */
    hs_sim_pending_list scratch; /* to sort them with */
    uint64_t waiting_shares;
    uint64_t stale_until; /* second: shares found before it may be late for the new tip */
    /* since the start */
    uint64_t submitted;
    uint64_t accepted;
    uint64_t rejected;
    uint64_t lost;
    uint64_t kept; /* not forwarded */
    double accepted_work;
    double channel_secs;
} hs_sim_pool;

/* Several miners behind one connection. */
typedef struct hs_rack {
    uint64_t connection; /* 0 = not connected */
    uint32_t channels;   /* open now */
    uint32_t opened;     /* on this connection so far */
} hs_rack;

/* An old extranonce prefix whose jobs are still valid. */
typedef struct hs_sim_drain {
    uint64_t channel;
    uint64_t cookie;
    uint64_t due; /* second */
    uint64_t tip; /* number of the tip it belongs to */
    uint32_t upstream;
    uint32_t prefix_len;
    uint8_t prefix[32];
} hs_sim_drain;

/* A decision that the host carries out later. */
typedef struct hs_sim_order {
    hmx_decision decision;
    uint64_t due; /* second */
} hs_sim_order;

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
    uint64_t asleep_until;    /* second: the host does nothing before it */
    uint64_t schedule_minute; /* of the wall clock, when sim/schedule looked last */
    int schedule_known;
    char schedule[HMX_ID_SIZE + 16]; /* the section that holds, "" = none */
    int no_memory;                   /* set by whoever ran out of it; ends the run */

    uint32_t pool_count;
    hs_sim_pool pools[HS_SIM_POOLS_MAX];
    int pool_of[HMX_UPSTREAMS_MAX + 1]; /* upstream number to pool, -1 = none */
    uint64_t tip;
    uint64_t next_tip; /* second */

    hs_sim_miner_model model;
    hs_sim_miner **miners; /* all that exist, connected or not */
    uint32_t miner_count;
    size_t miner_capacity;
    hs_sim_miner **by_channel; /* NULL = closed */
    uint64_t channel_count;
    size_t channel_capacity;
    uint64_t next_number;
    double grey_reject_pct; /* a pool that rejects more than this is to be left */
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
    uint64_t last_connection;
    struct hs_sim_frames *frames; /* NULL = none are wanted */

    hs_rng host_rng;      /* which moves it refuses, and which fail */
    hs_sim_order *orders; /* in order of time */
    size_t order_count;
    size_t order_capacity;
    hs_sim_drain *drains;
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

#endif
