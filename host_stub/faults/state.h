/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * faults/state: a running farm of faults/faults: pools with their manners and the host's books of
 * them, miners, and what is under way. Its parts, each of which calls those above it only: said,
 * pools, prefixes, miners, moves, life, kinds (the faults themselves), books (what must hold). */
#ifndef HOST_STUB_FAULTS_STATE_H
#define HOST_STUB_FAULTS_STATE_H

#include <sodium.h>

#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "host_stub/base/rng.h"
#include "host_stub/faults/faults.h"
#include "host_stub/link/link.h"

enum {
    HS_FAULT_MINERS = 30,
    HS_FAULT_CROWD = 4, /* channels that may be open beyond them */
    HS_FAULT_TALLIES = HMX_SHARE_REJECTED_OTHER + 2,
    HS_FAULT_LOCAL = HMX_SHARE_REJECTED_OTHER + 1
};

#define HS_FAULT_SECOND_NS UINT64_C(1000000000)

typedef struct hs_fault_pool {
    char id[8];
    int configured;
    int in_table; /* the plugin knows it: `upstream` is its number */
    uint32_t upstream;
    uint32_t hundredths; /* of a per cent: its target */
    hmx_upstream_event facts;
    uint64_t back_s; /* it comes back then; 0 = it is there */
    uint64_t job_s;  /* it has a job again then; 0 = it has one */
    /* Manners; all 0 = kind. */
    uint32_t latency_s;
    uint32_t batch_s;
    uint32_t rejects_as; /* HMX_SHARE_REJECTED_* */
    int swallows;
    int aggregates;
    double rejects; /* fraction of the shares */
    double refuses; /* fractions of the moves to it */
    double fails;
    double late;
    double silent;
    /* The host's books, since the plugin knows it. */
    uint32_t channels;
    hmx_tally tallies[HS_FAULT_TALLIES];
    double accepted; /* while it is measured, as the next */
    double wanted;   /* sum of its effective target, per cent */
} hs_fault_pool;

typedef struct hs_fault_miner {
    hmx_channel_open facts; /* as it says of itself */
    char identity[16];
    double rate;      /* work per second */
    uint64_t channel; /* 0 = it is not connected */
    uint64_t cookie;
    uint64_t back_s; /* connects then */
    uint64_t silent_s;
    int bad; /* everybody rejects its shares */
    int odd; /* it said something that is to end with the faults */
    uint32_t where;
    uint32_t prefix_len;
    uint8_t prefix[32];
    hmx_decision pending; /* decision 0 = none */
    uint64_t answer_s;    /* when it is answered; 0 = never */
    uint32_t result;
    hmx_decision late; /* ran out, and yet it will be carried out; 0 = none */
    uint64_t late_s;
} hs_fault_miner;

typedef struct hs_fault_verdict {
    uint64_t due_s;
    uint64_t channel;
    uint64_t cookie;
    double work;
    double credit;
    uint32_t pool; /* index */
    uint32_t verdict;
} hs_fault_verdict;

typedef struct hs_fault_draining {
    uint64_t due_s;
    uint64_t channel;
    uint32_t pool; /* index */
    uint32_t prefix_len;
    uint8_t prefix[32];
} hs_fault_draining;

typedef struct hs_fault_bytes {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t at; /* reading */
} hs_fault_bytes;

typedef struct hs_fault_farm {
    hs_faults_options options;
    hs_faults_result *result;
    hs_link link;
    const hmx_metrics_v1 *metrics;
    const hmx_tuning_v1 *tuning;
    hs_rng rng;    /* of the faults */
    hs_rng luck;   /* of the shares */
    hs_rng manner; /* of answers and cookies */
    uint64_t second;
    uint64_t seconds;
    uint64_t quiet_s;   /* the faults end then */
    uint64_t measure_s; /* and the split counts from then on */
    uint64_t asleep_s;  /* the host does nothing before */
    uint64_t without;   /* HMX_CAP_* that the host does not offer */
    uint32_t tick_every_s;
    double zero_cookies; /* fraction of the cookies that are not echoed */
    int no_memory;
    int is_quiet;
    uint32_t pool_count; /* that exist; which are configured changes */
    hs_fault_pool pools[HMX_UPSTREAMS_MAX];
    hs_fault_miner miners[HS_FAULT_MINERS];
    uint64_t last_channel;
    hs_fault_verdict *verdicts;
    size_t verdict_count;
    size_t verdict_capacity;
    hs_fault_draining *drains;
    size_t drain_count;
    size_t drain_capacity;
    hs_fault_bytes old; /* a state that was saved some time ago */
    hs_fault_bytes state;
    /* The host's books of its moves, since the instance began. */
    uint64_t decided;
    uint64_t refused;
    uint64_t forced;
    uint64_t expired;
    uint64_t perhaps_expired; /* void in the second in which they ran out */
    crypto_generichash_state answers;
} hs_fault_farm;

static inline int hs_fault_chance(hs_rng *rng, double fraction)
{
    return fraction > 0.0 && hs_rng_uniform(rng) < fraction;
}

/* from..to */
static inline uint32_t hs_fault_between(hs_rng *rng, uint32_t from, uint32_t to)
{
    return from + hs_rng_below(rng, to - from + 1u);
}

/* ---- said.c: what was answered, and what does not hold ---- */
/* Ends the run with a sentence; the first one counts. */
void hs_fault_broken(hs_fault_farm *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A hook answered; anything but `wanted` (or `also`) is broken. Part of the answers. */
void hs_fault_answered(hs_fault_farm *f, const char *hook, hmx_status status, hmx_status wanted,
                       hmx_status also);
void hs_fault_hear(hs_fault_farm *f, const void *data, size_t len);

/* ---- books.c: what must hold ---- */
/* Once a second. */
void hs_fault_check(hs_fault_farm *f);
/* An hour after the faults, and at the end. */
void hs_fault_check_recovered(hs_fault_farm *f);
void hs_fault_check_split(hs_fault_farm *f);

/* ---- life.c: the plugin's instance ---- */
int hs_fault_start(hs_fault_farm *f, char *why, size_t capacity);
void hs_fault_stop(hs_fault_farm *f);
void hs_fault_save(hs_fault_farm *f, hs_fault_bytes *to);
void hs_fault_restart(hs_fault_farm *f, uint32_t how);
void hs_fault_reconfigure(hs_fault_farm *f);
void hs_fault_reconfigure_badly(hs_fault_farm *f);
void hs_fault_read_table(hs_fault_farm *f);
void hs_fault_share_out(hs_fault_farm *f); /* targets anew */

/* ---- pools.c ---- */
void hs_fault_pool_init(hs_fault_farm *f, uint32_t index);
void hs_fault_pool_kind(hs_fault_pool *pool);
void hs_fault_tell(hs_fault_farm *f, hs_fault_pool *pool);
void hs_fault_pool_down(hs_fault_farm *f, hs_fault_pool *pool, uint32_t reason, uint64_t back_s);
void hs_fault_pools_return(hs_fault_farm *f);
/* Its number is given to nobody any more, or to another. */
void hs_fault_forget_pool(hs_fault_farm *f, hs_fault_pool *pool);
hs_fault_pool *hs_fault_pool_of(hs_fault_farm *f, uint32_t upstream); /* NULL = none */
int hs_fault_is_up(const hs_fault_pool *pool);
void hs_fault_verdicts(hs_fault_farm *f);
void hs_fault_mine(hs_fault_farm *f);

/* ---- prefixes.c: those that are left ---- */
void hs_fault_drain(hs_fault_farm *f, const hs_fault_miner *m, uint32_t upstream,
                    const uint8_t *prefix, uint32_t len);
void hs_fault_drains(hs_fault_farm *f);

/* ---- miners.c ---- */
void hs_fault_miner_init(hs_fault_farm *f, uint32_t index);
void hs_fault_miner_plain(hs_fault_miner *m);
void hs_fault_connect(hs_fault_farm *f, hs_fault_miner *m);
void hs_fault_disconnect(hs_fault_farm *f, hs_fault_miner *m, uint32_t reason, uint64_t back_s);
void hs_fault_force(hs_fault_farm *f, hs_fault_miner *m, uint32_t to);
/* Its decision is void. */
void hs_fault_void(hs_fault_farm *f, hs_fault_miner *m);
uint64_t hs_fault_cookie(hs_fault_farm *f, const hs_fault_miner *m);
void hs_fault_crowd(hs_fault_farm *f);

/* ---- moves.c ---- */
void hs_fault_tick(hs_fault_farm *f);
void hs_fault_answers(hs_fault_farm *f);
void hs_fault_answer_twice(hs_fault_farm *f);

/* ---- kinds.c ---- */
/* One fault, if one is due. */
void hs_fault_maybe(hs_fault_farm *f);
void hs_fault_end(hs_fault_farm *f);

#endif
