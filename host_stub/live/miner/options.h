/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/options: the options of `host_stub miner`.
 */
#ifndef HOST_STUB_LIVE_MINER_OPTIONS_H
#define HOST_STUB_LIVE_MINER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/base/options.h"
#include "host_stub/noise/curve.h"

enum {
    HS_MINER_NAME_MAX = 64,
    HS_MINER_HOST_MAX = 64,
    HS_MINER_COUNT_MAX = 1000,
    HS_MINER_LIST_MAX = 64,
    HS_MINER_CHANGES_MAX = 8
};

enum hs_miner_kind { HS_MINER_STANDARD = 0, HS_MINER_EXTENDED, HS_MINER_MIXED };

/* At `at_ms` after the start every rate is multiplied by `factor`. */
typedef struct hs_miner_change {
    uint64_t at_ms;
    double factor;
} hs_miner_change;

typedef struct hs_miner_options {
    char host[HS_MINER_HOST_MAX + 1];
    uint16_t port;
    int noise;                          /* else plain frames */
    int has_authority;                  /* and the server has to prove itself by ... */
    uint8_t authority[HS_NOISE_X_SIZE]; /* ... this key's certificate */
    enum hs_miner_kind kind;
    double rates_hs[HS_MINER_LIST_MAX]; /* in turns; none = by shares_per_minute */
    size_t rate_count;
    double shares_per_minute; /* hashes as fast as the channel's target needs; 0 = by the rates */
    double nominals_hs[HS_MINER_LIST_MAX]; /* what is stated, in turns; none = the rate */
    size_t nominal_count;
    char
        name[HS_MINER_NAME_MAX + 1]; /* user_identity; with several channels, .1 .2 ... behind it */
    uint32_t first;                  /* the number behind the first one's name */
    uint32_t count;                  /* channels */
    uint32_t per_connection;
    uint32_t min_extranonce;
    double least_hashes; /* max_target: the easiest share that it takes, in hashes */
    uint64_t seed;
    int ignore_prefix;
    int roll_version;
    int tell_rate;
    uint64_t reconnect_ms; /* 0 = never */
    hs_miner_change changes[HS_MINER_CHANGES_MAX];
    size_t change_count;
    uint64_t run_ms;    /* 0 = until SIGTERM */
    uint64_t settle_ms; /* at the end, without an answer */
    const char *json;   /* NULL = none, "-" = standard output */
} hs_miner_options;

extern const hs_command HS_MINER_COMMAND;

/* The channel's own values; `index` from 0. */
double hs_miner_rate_of(const hs_miner_options *options, uint32_t index);
double hs_miner_nominal_of(const hs_miner_options *options, uint32_t index);
int hs_miner_is_extended(const hs_miner_options *options, uint32_t index);

#endif
