/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/miner: one machine: its drifting hashrate, its difficulty under vardiff, and when it finds
 * shares. It has random streams of its own, so that a farm is the same whatever a plugin does with
 * it; only the second of work that a move costs differs. Who it works for is the farm's and the
 * host's business. */
#ifndef HOST_STUB_SIM_MINER_H
#define HOST_STUB_SIM_MINER_H

#include <stdint.h>

#include "host_stub/base/rng.h"
#include "host_stub/scenario/scenario.h"

/* Hashes behind one share of difficulty 1: 2^256 / (65535 * 2^208 + 1). */
#define HS_HASHES_PER_DIFF1 4295032833.0

enum {
    HS_UPDATE_SECS = 30, /* between two steps of drift and vardiff */
    HS_SHARES_MAX = 64   /* that one miner finds in one second: far beyond what a vardiff allows */
};

/* What is the same for all miners of a scenario. */
typedef struct hs_sim_miner_model {
    double drift_decay;       /* of the drift per update */
    double drift_kick;        /* standard deviation added per update */
    double drift_sd;          /* stationary */
    double vardiff_gain;      /* part of the way to the wanted difficulty per update */
    double secs_per_share;    /* wanted */
    double nominal_error;     /* fraction */
    double extended_fraction; /* of the channels */
    double deaf_fraction;     /* of the extended ones */
    double lost_fraction;     /* of those that are closed to be opened again */
    double bad_fraction;
    double bad_rate;       /* shares per second of a bad one, 0 = like the others */
    double bad_difficulty; /* 0 = what its hashrate makes of it */
    double mute_fraction;
    double liar_fraction;
    uint32_t liars_mute;
    double lie;
    double drops_fraction;
    double unheard_fraction; /* of the extended ones */
} hs_sim_miner_model;

typedef struct hs_sim_miner {
    double budget;     /* expected shares until the next one; first since it is read every second */
    double rate;       /* expected shares per second while it hashes */
    double hash;       /* difficulty-1 work per second while it hashes */
    double difficulty; /* of its current job */
    uint32_t upstream; /* 1.. as in the ABI; HMX_NONE = parked */
    uint32_t stall;    /* seconds of work that a move still costs */
    uint64_t update_at;    /* second of the next update */
    uint64_t silent_until; /* hashes nothing before this second */
    uint64_t away_until;   /* not connected before this second */
    uint64_t channel;      /* 0 = not connected */
    uint64_t cookie;
    uint64_t connection; /* 0 = not connected */
    uint32_t rack;       /* that it shares its connection with, from 1; 0 = it has its own */
    uint32_t prefix_len;
    uint32_t extended;
    uint32_t deaf;         /* it ignores SetExtranoncePrefix */
    uint32_t settled;      /* closed to be opened again, it stays away */
    uint32_t reopens;      /* it was, and is not back */
    uint32_t bad;          /* all its shares are rejected */
    double bad_rate;       /* per second, whatever it hashes; 0 = as it hashes */
    double bad_difficulty; /* of them, 0 = as it hashes */
    uint32_t mute;         /* it never finds one */
    uint32_t liar;         /* it declares another hashrate than it has */
    uint32_t drops;        /* a move breaks its connection */
    uint32_t dropped;      /* one did, and it is not back */
    uint32_t unheard;      /* it ignores SetExtranoncePrefix, and nobody knows */
    uint32_t own_len;      /* of the prefix with which its channel was opened */
    uint8_t own_prefix[32];
    uint32_t untold; /* the plugin refused to take the channel: it hears nothing of it */
    uint8_t prefix[32];
    uint64_t number; /* from 1, in order of creation: names its streams */
    double h0;       /* difficulty-1 work per second, before drift and derating */
    double drift;    /* x of h0 (1 + x) */
    double averages; /* of so many machines: the drift is smaller by its root; 0 = of one */
    double derate;   /* for good */
    double derate_now;
    uint64_t derate_until;
    double nominal_hs;  /* hashes per second: what it believes of itself */
    double declared_hs; /* ... and what it has said */
    hs_rng share_rng;   /* two draws per share: luck of its verdict, distance to the next one */
    hs_rng drift_rng;
    double luck[HS_SHARES_MAX]; /* of the shares found last: below a pool's acceptance = accepted */
} hs_sim_miner;

void hs_sim_miner_model_init(hs_sim_miner_model *model, const hs_farm_spec *farm);

/* A new machine of `hashrate_ths`; `second` is when it appears. */
void hs_sim_miner_init(hs_sim_miner *miner, const hs_sim_miner_model *model, uint64_t seed,
                       uint64_t number, double hashrate_ths, uint64_t second);

/* It stands for so many machines behind one channel, whose drift evens out: a proxy, extended. */
void hs_sim_miner_is_proxy(hs_sim_miner *miner, uint32_t devices);

/* Drift and vardiff, once per HS_UPDATE_SECS, when due at `second`. */
void hs_sim_miner_update(hs_sim_miner *miner, const hs_sim_miner_model *model, uint64_t second);

/* Does it work with another prefix than it was told? */
int hs_sim_miner_is_astray(const hs_sim_miner *miner);

/* Derates it by `factor`, until a second (UINT64_MAX = for good). */
void hs_sim_miner_derate(hs_sim_miner *miner, double factor, uint64_t until);

/* Ends a derating whose time is over. */
void hs_sim_miner_restore(hs_sim_miner *miner, uint64_t second);

/* Hashes for one second; returns the number of shares found, usually 0. */
uint32_t hs_sim_miner_hash(hs_sim_miner *miner);

/* What a pool does with a share by its luck: below `fresh` it is accepted, else below `valid` it is
 * stale, else refused for another reason. Fractions, 0 to 1. */
typedef struct hs_sim_chance {
    double fresh;
    double valid;
} hs_sim_chance;

/* How many of the `found` shares of the last hs_sim_miner_hash have a luck below `acceptance`. */
uint32_t hs_sim_miner_taken(const hs_sim_miner *miner, uint32_t found, double acceptance);

#endif
