/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * upstreams: the pools as configured and as the host reports them, and what follows: which can be
 * used, which must be left, and in which order they are preferred.
 *
 * An upstream's number (1..64) belongs to its id for as long as it is configured or has channels.
 * Then it rests: what is still said about its owner must not be booked to another. A new id gets a
 * number that nobody had, or, when there is none any more, the one that was left longest ago.
 * Who works where is assignment.h's business, what is owed to whom ledger.h's.
 */
#ifndef PLUGIN_FARM_UPSTREAMS_H
#define PLUGIN_FARM_UPSTREAMS_H

#include <stdint.h>

#include "abi/hmx_abi.h"
#include "plugin/config/config.h"

/* What the host told about one upstream: the content of hmx_upstream_event. */
typedef struct hm_upstream_facts {
    uint32_t state; /* HMX_UPSTREAM_*, 0 = nothing told yet */
    uint32_t reason;
    uint32_t extranonce_size;
    uint32_t extranonce_prefix_len;
    uint32_t has_job; /* hmx_tri, as the next two */
    uint32_t version_rolling;
    uint32_t fixed_version;
    uint32_t tip_nbits;
    double target; /* that a miner would be given there, as a number; 0 = unknown */
    uint8_t extranonce_prefix[HMX_EXTRANONCE_MAX];
    uint8_t tip_prev_hash[32];
} hm_upstream_facts;

typedef struct hm_upstream {
    char id[HMX_ID_SIZE];
    double percentage;   /* 0 = none */
    double hashrate_ths; /* absolute target, 0 = none; min_ths likewise */
    double min_ths;
    double max_ths; /* cap, INFINITY = none */
    uint32_t priority;
    uint8_t exists;  /* this number is taken */
    uint8_t removed; /* no longer configured; its last channels are leaving */
    uint8_t enabled;
    uint8_t out;     /* grey or held down: connected and not used */
    uint8_t grey;    /* keeps a canary */
    uint8_t jobless; /* up without a job for so long that its channels leave */
    uint8_t trial;   /* was grey, and is used again a little: in doubt still */
    uint8_t held;    /* failed while auto_restore is off: unused until the operator wants it back */
    uint32_t config_row;
    uint64_t jobless_ns; /* since when it is up and says that it has no job; 0 = it does not */
    uint64_t up_ns;      /* since when it is up, or was last */
    uint64_t blip_ns;    /* when its connection broke, while it may be back in a moment; 0 = no */
    uint64_t gone_ns;    /* when it broke, while it is not back and was not in a moment; 0 = no */
    uint64_t away_ns;    /* how long it was gone when that happened last; 0 = it never did */
    hm_upstream_facts facts;
} hm_upstream;

typedef struct hm_upstreams {
    hm_upstream rows[HMX_UPSTREAMS_MAX]; /* of upstream i + 1 */
    uint32_t order[HMX_UPSTREAMS_MAX];   /* existing rows: ascending priority, removed last */
    uint32_t count;                      /* entries of `order` */
    uint32_t top;                        /* highest index in use + 1 */
    uint64_t retired;                    /* numbers that were somebody's and are nobody's: bit i */
    uint64_t left[HMX_UPSTREAMS_MAX];    /* when number i + 1 was left, counted; 0 = never used */
    uint64_t leavers;                    /* so often a number was left */
    uint32_t most;                       /* highest number that the host takes; 0 = 64 */
    uint8_t auto_redistribute;
    uint8_t auto_restore;
    uint8_t trust_all; /* all that could be used are out: then they are used after all */
} hm_upstreams;

/* Brings the rows in line with a validated configuration. `busy[i]`: row i still has channels, so
 * it stays as removed when its id is gone. Returns 0, or -1 when the numbers do not suffice
 * (nothing changed). */
int hm_upstreams_configure(hm_upstreams *u, const hm_config *config, const uint8_t *busy);

/* Frees the numbers of removed rows that are not busy any more. */
void hm_upstreams_collect(hm_upstreams *u, const uint8_t *busy);

/* Takes over what the host says; notes a failure when auto_restore is off. blip: its connection
 * broke, and it may be back in a moment. */
void hm_upstreams_report(hm_upstreams *u, uint32_t upstream, const hm_upstream_facts *facts,
                         uint64_t blip_ns);
/* It was not back in a moment: it failed. */
void hm_upstreams_end_blip(hm_upstreams *u, uint32_t upstream);

/* After each report: since when it has been up without a job. Returns 1 when it was left for that
 * and has one again. */
int hm_upstreams_note_job(hm_upstreams *u, uint32_t upstream, uint64_t now_ns);

/* Takes over the judgement of its health. */
void hm_upstreams_judge(hm_upstreams *u, uint32_t upstream, int grey, int out, int trial);

/* The operator wants those back that failed while auto_restore was off: bit n-1 = upstream n. */
void hm_upstreams_readmit(hm_upstreams *u, uint64_t wanted);

static inline int hm_upstreams_exists(const hm_upstreams *u, uint32_t upstream)
{
    return upstream >= 1u && upstream <= HMX_UPSTREAMS_MAX && u->rows[upstream - 1u].exists;
}

/* Was removed and is forgotten: what is still said about it is late, and no mistake. */
int hm_upstreams_retired(const hm_upstreams *u, uint32_t upstream);

/* Up, enabled, configured, not known to be without a job, and not grey or held down unless all the
 * others are so too (a doubtful pool is better than none): may be given channels. */
int hm_upstreams_usable(const hm_upstreams *u, uint32_t upstream);

/* Usable, or it would be but for a connection that broke a moment ago: takes part in the split. */
int hm_upstreams_takes_part(const hm_upstreams *u, uint32_t upstream);

/* Its channels have to go elsewhere: down, out or without a job for long (with auto_redistribute),
 * disabled, removed, draining or without a target while another usable one has one. */
int hm_upstreams_must_leave(const hm_upstreams *u, uint32_t upstream);

/* Something is asked for it: a percentage, an absolute target or a min. */
int hm_upstreams_has_target(const hm_upstream *row);

/* Both known to be on the same tip: a soft move between them is legal. */
int hm_upstreams_same_tip(const hm_upstreams *u, uint32_t a, uint32_t b);

/* The number of an id, HMX_NONE when unknown or removed. */
uint32_t hm_upstreams_by_id(const hm_upstreams *u, const char *id);

#endif
