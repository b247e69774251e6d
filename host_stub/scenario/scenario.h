/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/scenario: a simulated farm as a scenario file describes it (tests/sim/FORMAT.md is the
 * description for people): miners, pools, what happens when, and the plugin's own settings. Reads
 * and checks; runs nothing. */
#ifndef HOST_STUB_SCENARIO_SCENARIO_H
#define HOST_STUB_SCENARIO_SCENARIO_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"
#include "host_stub/base/ini.h"

enum {
    HS_SIM_POOLS_MAX = 64,
    HS_MIX_MAX = 32,
    HS_EVENTS_MAX = 64,
    HS_TIMES_MAX = 16,
    HS_WORLD_POOLS_MAX = 16,
    HS_MINERS_MAX = 100000
};

/* One group of the farm: in a mix `weight` is relative, in a list it is the number of miners. */
typedef struct hs_mix {
    double hashrate_ths;
    double weight;
} hs_mix;

typedef struct hs_farm_spec {
    uint32_t miners;        /* channels at the start */
    uint32_t proxy_devices; /* of the farm are behind the first of them; 0 = it is a miner too */
    uint32_t is_list;
    uint32_t mix_count;
    hs_mix mix[HS_MIX_MAX];
    double shares_per_minute;
    double nominal_error_pct; /* declared = true / (1 + this * uniform(-1, 1)) */
    double drift_pct;         /* standard deviation of the Ornstein-Uhlenbeck drift */
    double extended_pct;      /* of the channels; the others are standard */
    double deaf_pct;          /* of the extended ones: they ignore SetExtranoncePrefix */
    double reopen_lost_pct;   /* of the devices: closed to be opened again, they stay away */
    double unheard_pct;       /* of the extended ones: deaf, and the host does not know it */
    double drops_pct;         /* of the devices: a move breaks their connection */
    double bad_pct;           /* of the devices: everybody rejects all their shares */
    double bad_per_minute;    /* shares of each of them, 0 = as many as of the others */
    double bad_difficulty;    /* of those shares, 0 = what its hashrate makes of it */
    double mute_pct;          /* of the devices: they never find a share */
    double liars_pct;         /* of the devices: they declare so many times what they have */
    double lie;               /* ... at first, and every other time */
    double second_lie;        /* ... else */
    double joins_per_minute;
    double leaves_per_minute; /* of a full farm, in proportion to those present */
    uint32_t liars_mute;      /* liars never find a share */
    uint64_t drift_secs;      /* its time constant */
    uint64_t vardiff_secs;    /* lag of the difficulty behind the hashrate */
    uint64_t move_cost_secs;
    uint64_t lie_secs;        /* until a liar declares anew, 0 = never */
    uint64_t drops_secs;      /* until one that a move has broken off comes back */
    uint64_t reopen_secs;     /* until one that was closed comes back */
    uint64_t join_secs;       /* the first miners join within this time */
    uint64_t host_delay_secs; /* from a decision until it is carried out */
    uint64_t tip_secs;        /* between two blocks of the world, on average */
} hs_farm_spec;

typedef struct hs_sim_pool_spec {
    char id[HMX_ID_SIZE];
    double target_pct;
    double hashrate_ths; /* absolute target instead of target_pct, 0 = none */
    double accept_pct;
    uint32_t priority;
    uint32_t extranonce_size;
    uint32_t chain;             /* pools of one chain work on the same tip */
    uint64_t ack_secs;          /* verdicts come in batches, this far apart; 0 = by shares alone */
    uint32_t ack_shares;        /* ... or when so many wait; 0 = by time alone */
    uint32_t ack_per_channel;   /* each channel has batches of its own */
    uint32_t rejects_at_once;   /* not with the batch */
    uint32_t aggregate;         /* one upstream channel for all miners, with a target of its own */
    double upstream_share_rate; /* ... at which so many shares a minute come */
    uint64_t latency_secs;      /* until a share is judged */
    uint64_t stale_secs;        /* after a new tip, in which shares are stale */
    double stale_pct;           /* so many of them */
    double refuses_pct;         /* of the moves to it: the host refuses them */
    double fails_pct;           /* of those that the host tries */
} hs_sim_pool_spec;

enum hs_event_kind {
    HS_EVENT_DOWN = 1,
    HS_EVENT_UP,
    HS_EVENT_TARGETS,
    HS_EVENT_DISCONNECT,
    HS_EVENT_SILENT,
    HS_EVENT_RETURN,
    HS_EVENT_DERATE,
    HS_EVENT_ACCEPT,
    HS_EVENT_RATES,
    HS_EVENT_REFUSE,
    HS_EVENT_CAP,
    HS_EVENT_RECONFIGURE,
    HS_EVENT_REFUSE_MOVES,
    HS_EVENT_FAIL_MOVES,
    HS_EVENT_SLEEP,
    HS_EVENT_NO_JOB
};

typedef struct hs_event_spec {
    char name[HMX_ID_SIZE]; /* the <n> of [event.<n>] */
    uint32_t kind;          /* HS_EVENT_* */
    uint32_t times;         /* of at */
    uint64_t at[HS_TIMES_MAX];
    uint64_t lasts; /* seconds, 0 = for good */
    uint64_t every; /* 0 = once; else again and again before `until` */
    uint64_t until;
    uint64_t pools; /* bit i = pool i of the scenario */
    uint32_t pct_given;
    double miners_pct; /* share of the miners, drawn at random */
    double pct;        /* what derate, accept, refuse, cap, refuse_moves and fail_moves set */
    double target_pct[HS_SIM_POOLS_MAX];
    double joins_per_minute;
    double leaves_per_minute;
    hs_ini settings; /* reconfigure: what changes */
} hs_event_spec;

typedef struct hs_scenario {
    char name[64];
    char title[192];
    char world[64];    /* "" = none: as kind as without one */
    char config[4096]; /* "" = made from the pools; "default" = the shipped one; else a path */
    uint64_t seconds;
    uint64_t warmup_secs; /* errors are evaluated after this */
    hs_farm_spec farm;
    uint32_t pool_count; /* may be 0 with a configuration file: then its pools are taken */
    uint32_t event_count;
    uint32_t pool_default_count; /* the pools take them in turn */
    hs_sim_pool_spec pool_defaults[HS_WORLD_POOLS_MAX];
    hs_sim_pool_spec pools[HS_SIM_POOLS_MAX];
    hs_event_spec *events;
    hs_ini settings; /* [controller], [failover] and [upstream.*] for the plugin */
} hs_scenario;

/* What the pool of this place is unless the scenario says otherwise, and what follows from what it
 * says. */
void hs_sim_pool_spec_default(const hs_scenario *scenario, uint32_t index, hs_sim_pool_spec *pool);
void hs_sim_pool_spec_complete(hs_sim_pool_spec *pool);

/* Reads the file, over the defaults of the world's file (sim/world.h) unless `world` is NULL. 0, or
 * -1 with `file:line: what, seen, allowed` in `why` and *scenario empty. */
int hs_scenario_load_in(hs_scenario *scenario, const char *path, const char *world, char *why,
                        size_t capacity);
int hs_scenario_load(hs_scenario *scenario, const char *path, char *why, size_t capacity);

/* The same of a text; `path` names it and gives the name and the folder of relative paths. */
int hs_scenario_parse(hs_scenario *scenario, const char *path, const char *text, char *why,
                      size_t capacity);

void hs_scenario_free(hs_scenario *scenario);

/* Index of the pool with this id, or -1. */
int hs_scenario_pool(const hs_scenario *scenario, const char *id);

#endif
