/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config: the operator's configuration: what it holds, how it is read, judged and written.
 *
 * Responsible for: reading an INI file or text into one plain struct, everything or nothing;
 * the rules that bind the configuration as a whole; writing it so that it reads back the same.
 * Leaves to others: acting on it. Whoever changes a configuration at run time copies the struct,
 * changes the copy, asks hm_config_validate_running (or hm_config_validate for a new vector of
 * targets) and then puts the copy in place: a refusal leaves nothing half-applied.
 *
 * Every key is one row of the table in config_keys.c. Numbers with decimals are millionths
 * (decimal.h): who sets one from elsewhere rounds it with hm_decimal_round first.
 */
#ifndef PLUGIN_CONFIG_CONFIG_H
#define PLUGIN_CONFIG_CONFIG_H

#include <stdint.h>

#include "abi/hmx_abi.h"
#include "abi/hmx_tuning.h"
#include "plugin/base/memory.h"
#include "plugin/base/text.h"
#include "plugin/config/authority.h"

#define HM_CONFIG_AUTHORITY_SIZE (HM_AUTHORITY_TEXT_MAX + 2) /* the text, its NUL, one spare */
#define HM_CONFIG_PINS_MAX       64u
#define HM_CONFIG_PATTERN_SIZE   132 /* 128 bytes, the NUL, three spare */
/* What is less is taken as this: the miners would be moved for luck. */
#define HM_NOISE_FACTOR_LEAST     0.2
#define HM_ESTIMATOR_WINDOW_LEAST 600
/* What is more is taken as this: nobody would ever be moved. */
#define HM_MIN_IMPROVEMENT_MOST 0.45
#define HM_DEADBAND_AUTO        (-1.0) /* the luck of the shares decides */
#define HM_CONFIG_STAY          "stay" /* the upstream of a pin that leaves a miner where it is */

typedef struct hm_config_controller {
    uint32_t mode;         /* HMX_MODE_* */
    uint32_t pad2;         /* 0 */
    uint32_t tuning_model; /* HMX_TUNING_AGGRESSIVE..PROPORTIONAL_ONLY; with custom gains it still
                              names the family of the other constants */
    uint32_t has_custom_gains; /* 1: kp, ki and kd replace those of tuning_model; else they are 0 */
    double kp;                 /* points per point */
    double ki;                 /* 1/min */
    double kd;                 /* min */
    double deadband_points;    /* points, or HM_DEADBAND_AUTO */
    double integral_limit;     /* points*min */
    uint32_t evaluation_interval_secs;
    uint32_t min_reassignment_interval_secs;
    uint32_t measurement_window_secs;
    uint32_t measure_on_accepted; /* 1: what pools credited, 0: what was submitted */
    uint32_t time_slicing;        /* 1: a miner coarser than the targets may alternate, 0: never */
    uint32_t estimator_window_secs; /* the longest memory of a channel's hashrate */
    /* What replaces a constant of the model; each 0 without its has_. */
    uint32_t has_noise_factor;
    uint32_t has_hold_secs;
    uint32_t has_min_improvement;
    uint32_t has_ripple_point_mins;
    uint32_t has_dwell_secs;
    uint32_t hold_secs;  /* how long a deviation lasts before anybody moves for it */
    uint32_t dwell_secs; /* rest of a miner after a move; the larger of this and
                                 min_reassignment_interval_secs holds */
    uint32_t pad0;       /* 0 */
    uint32_t reopen;     /* 1: a peer that does not obey may be moved by reopening its channel */
    uint32_t reopen_dwell_secs; /* rest of such a peer after that */
    uint32_t reopen_cost_secs;  /* of its work that a reopening costs */
    uint32_t pad1;              /* 0 */
    double noise_factor;        /* deadband in sigmas of ten minutes' share luck */
    double min_improvement;   /* least net gain of a move, fraction of the hashrate that it moves */
    double ripple_point_mins; /* points x minutes that alternating may let a pool run up */
} hm_config_controller;

typedef struct hm_config_failover {
    uint32_t auto_redistribute; /* 0 or 1 */
    uint32_t auto_restore;      /* 0 or 1 */
    uint32_t health_check_interval_secs;
    /* The n-th failure within an hour keeps a pool out, from the second on, for
     * min(hold_down_max_secs, hold_down_secs * 2^(n-1)) s. */
    uint32_t hold_down_secs;
    uint32_t hold_down_max_secs; /* at least hold_down_secs */
    uint32_t grey_detection;     /* 0 or 1 */
    uint32_t grey_min_shares;    /* verdicts before a pool can be judged grey */
    uint32_t pad0;               /* 0 */
    double grey_reject_pct;      /* per cent of its work rejected, above which it is left */
} hm_config_failover;

/* An upstream has at least one of percentage and hashrate_ths. */
typedef struct hm_config_upstream {
    char id[HMX_ID_SIZE];           /* NUL-terminated, [a-z0-9_-], 1..32, never "stay" */
    char address[HMX_ADDRESS_SIZE]; /* NUL-terminated host name or IP address */
    uint32_t port;
    uint32_t priority;         /* smaller is preferred; unique */
    uint32_t enabled;          /* 0 or 1 */
    uint32_t has_percentage;   /* each 1: the value below is given; else 0 */
    uint32_t has_hashrate_ths; /* never with has_percentage */
    uint32_t has_min_ths;
    uint32_t has_max_ths;
    uint32_t has_key;                                /* 1: key is set */
    double percentage;                               /* configured target, 0..100 */
    double hashrate_ths;                             /* absolute target, TH/s; filled first */
    double min_ths;                                  /* TH/s; at most max_ths and hashrate_ths */
    double max_ths;                                  /* TH/s; at least hashrate_ths */
    uint8_t key[HM_AUTHORITY_KEY_SIZE];              /* x-only; zero without has_key */
    char authority_pubkey[HM_CONFIG_AUTHORITY_SIZE]; /* as the operator wrote it, NUL-terminated */
    char user_identity[HMX_IDENTITY_SIZE]; /* the account there; empty = the host's choice */
} hm_config_upstream;

/* Where the miners of a user_identity work, whatever the targets say. */
typedef struct hm_config_pin {
    char name[HMX_ID_SIZE];                     /* of the section; like an upstream's id */
    char user_identity[HM_CONFIG_PATTERN_SIZE]; /* hm_pattern_match; 1..128 bytes and a NUL */
    char upstream[HMX_ID_SIZE];                 /* an upstream's id, or HM_CONFIG_STAY */
} hm_config_pin;

#define HM_CONFIG_SCHEDULES_MAX 32u
#define HM_CONFIG_TARGETS_SIZE  192  /* of a line of the file, the NUL */
#define HM_ZONE_UTC             840u /* minutes: 14 hours on either side */

/* Other targets at some times of the week (schedule.h). */
typedef struct hm_config_schedule {
    char name[HMX_ID_SIZE];               /* of the section; like an upstream's id */
    uint32_t days;                        /* on which it begins: bit 0 = Monday */
    uint32_t from_min;                    /* minutes of the day, 0..1439 */
    uint32_t to_min;                      /* 1..1440; below from_min: of the next day */
    uint32_t zone;                        /* in which: minutes east of UTC, and HM_ZONE_UTC */
    char targets[HM_CONFIG_TARGETS_SIZE]; /* "a:20 b:80": who is not named gets 0 */
} hm_config_schedule;

/* About 70 KB: keep it off the stack of somebody else's thread. */
typedef struct hm_config {
    hm_config_controller controller;
    hm_config_failover failover;
    uint32_t upstream_count;
    uint32_t pin_count;
    uint32_t schedule_count;
    uint32_t pad0;                                   /* 0 */
    hm_config_upstream upstreams[HMX_UPSTREAMS_MAX]; /* in the order of the file */
    hm_config_pin pins[HM_CONFIG_PINS_MAX];          /* the same; the first that matches wins */
    hm_config_schedule schedules[HM_CONFIG_SCHEDULES_MAX]; /* the same; the last that holds wins */
} hm_config;

/* Every key at its default, no upstreams. */
void hm_config_defaults(hm_config *out);

/* Reads the file `path`, or `text` when path is NULL (exactly one is given: text.data is NULL with
 * a path), and judges it as a whole. `upstreams_max`: the most upstreams that the host handles,
 * 1..64, 0 = 64.
 * HMX_OK: *out is the configuration; `warnings` got one line per thing that is legal and doubtful.
 * Otherwise *out is untouched and `why` has the reasons, one per line, in the order of the file,
 * each as "file:line: sentence" (the first 16, then how many more):
 * HMX_E_CONFIG, the content; HMX_E_IO, the file; HMX_E_NOMEM; HMX_E_INVALID, the arguments.
 * Allocates through `memory` and has given everything back when it returns. Text has no file: its
 * name is <text>. Neither text may be NULL; one of capacity 0 swallows what it is told. */
hmx_status hm_config_load(const hm_memory *memory, const char *path, hmx_view text,
                          uint32_t upstreams_max, hm_config *out, hm_text *why, hm_text *warnings);

/* All rules of a configuration file. HMX_OK, or HMX_E_CONFIG with every broken rule in `why`, one
 * per line. Never reads beyond the struct, whatever is in it. */
hmx_status hm_config_validate(const hm_config *config, hm_text *why);

/* The same while running: an upstream may have been disabled or enabled since the targets were
 * given, so the enabled percentages need not sum to 100; they must only not all be 0. */
hmx_status hm_config_validate_running(const hm_config *config, hm_text *why);

/* Writes the configuration as INI text with comments; reading it gives the same configuration. The
 * percentages of the enabled upstreams are scaled to sum to 100 when they are off by more than the
 * 0.01 that a file may be off, so that writing is idempotent. Does not allocate. HMX_OK; HMX_E_IO
 * when the writer refused: what it got so far is incomplete; HMX_E_CONFIG, with nothing written,
 * for what hm_config_validate_running refuses. */
hmx_status hm_config_write(const hm_config *config, const hmx_writer *to);

#endif
