/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/options: the options of `host_stub e2e`, and the moments of the faults that follow from
 * them.
 */
#ifndef HOST_STUB_LIVE_E2E_OPTIONS_H
#define HOST_STUB_LIVE_E2E_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/base/options.h"

enum { HS_E2E_POOLS_MAX = 8, HS_E2E_MINERS_MAX = 200, HS_E2E_FAULTS_MAX = 32 };
/* Processes that the miners are. */
enum { HS_E2E_GROUPS_MAX = 4 };

/* The proxy ends by SIGTERM and starts again with its state: not a pool's fault, so that it is none
 * of live/pool/faults.h. */
#define HS_E2E_RESTART "restart"

typedef struct hs_e2e_fault {
    char name[24];
    int lasts;         /* it has to be switched off */
    uint32_t pool;     /* whose, from 0 */
    uint64_t begin_ms; /* since all miners mine */
    uint64_t end_ms;
    uint64_t window_ms; /* begin of the window in which the split is looked at */
    uint64_t window_end_ms;
} hs_e2e_fault;

typedef struct hs_e2e_options {
    const char *plugin;   /* NULL = hashmux */
    const char *config;   /* NULL = the built-in one */
    int plain;            /* else everything speaks Noise ... */
    int noise;            /* ... as it may be said */
    uint32_t per_channel; /* 1: each miner has a channel of its own at each pool */
    int one_tip;
    uint32_t ignore_prefix; /* of the miners */
    uint32_t pools;         /* 0 = those of the configuration, or 3 */
    uint32_t miners;
    uint64_t run_ms;
    uint64_t seed;
    uint64_t fault_ms;  /* how long a fault lasts */
    uint64_t settle_ms; /* from its end to the window, and the window itself */
    hs_e2e_fault faults[HS_E2E_FAULTS_MAX];
    size_t fault_count;
    const char *frames;
    const char *json; /* "-" = standard output */
    const char *logs; /* a folder for what the processes say; NULL = a temporary one */
    int progress;     /* is told even where standard error is no terminal */
} hs_e2e_options;

/* The faults have their moments; their pools are set by hs_e2e_place_faults. */
extern const hs_command HS_E2E_COMMAND;

/* Faults take the pools in turns, from the second on. */
void hs_e2e_place_faults(hs_e2e_options *options, uint32_t pools);

#endif
