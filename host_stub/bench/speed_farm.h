/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/speed_farm: the farm on which a plugin is measured: one instance, pools that are always up
 * and accept everything, channels of different hashrates whose shares come without any luck, and an
 * allocator that counts. It plays the host by the contract; when a clock runs is its caller's
 * business, which is why each step is a function of its own.
 *
 * Functions that call the plugin return 0, or -1 when the plugin answered an error: farm->failed
 * then says which call. */
#ifndef HOST_STUB_BENCH_SPEED_FARM_H
#define HOST_STUB_BENCH_SPEED_FARM_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hmx_abi.h"
#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "host_stub/link/link.h"

enum { HS_SPEED_POOLS_MAX = 8, HS_SPEED_INTERVAL_SECS = 30 };
#define HS_SPEED_SECOND_NS UINT64_C(1000000000)

enum hs_speed_targets {
    HS_SPEED_TARGETS_USUAL,
    HS_SPEED_TARGETS_HALF_POINT, /* 0.5 points off the usual ones */
    HS_SPEED_TARGETS_15_POINTS,  /* 15 points off */
    HS_SPEED_TARGETS_COUNT
};

/* What a host knows of a channel when a share comes in. */
typedef struct hs_speed_channel {
    uint64_t channel;
    uint64_t cookie;
    double work;       /* of its shares of one interval, difficulty 1 units */
    uint32_t upstream; /* where it works */
    uint32_t index;    /* its place in farm->channels */
} hs_speed_channel;

typedef struct hs_speed_prefix {
    uint32_t len; /* 0 = the host would choose */
    uint8_t bytes[HMX_EXTRANONCE_MAX];
} hs_speed_prefix;

typedef struct hs_speed_farm {
    const hs_plugin *plugin;
    const hmx_tuning_v1 *tuning;   /* NULL: the plugin has none */
    const hmx_metrics_v1 *metrics; /* likewise */
    hmx_host host;
    hs_link link;        /* without a guard */
    uint64_t live_bytes; /* of the host's allocator */
    uint32_t count;
    uint32_t pools;
    hs_speed_channel *channels; /* `count`, in the order of their opening */
    hs_speed_prefix *prefixes;  /* in force, per channel */
    hmx_decision *rows;         /* row_count: as many as a tick may move at once */
    uint32_t row_count;
    void *entry; /* the plugin's export: pure, and so the cheapest call into it */
    const char *failed;
} hs_speed_farm;

/* Creates the instance and connects `pools` (3 or 8) pools; no channel is open yet. -1 with the
 * reason in `why`. The farm does not move in memory until hs_speed_farm_free. */
int hs_speed_farm_init(hs_speed_farm *farm, const hs_plugin *plugin, uint32_t count, uint32_t pools,
                       char *why, size_t capacity);
void hs_speed_farm_free(hs_speed_farm *farm);

/* All channels open (close), first to last. No user_identity is given. */
int hs_speed_open_all(hs_speed_farm *farm);
int hs_speed_close_all(hs_speed_farm *farm);
/* The prefixes of all closed channels are free again. */
int hs_speed_drain_all(hs_speed_farm *farm);

/* One share for each of `count` entries of `list`, all with one verdict. */
int hs_speed_shares(hs_speed_farm *farm, const hs_speed_channel *list, uint32_t count,
                    uint32_t verdict);
/* The same events made and a pure function of the plugin called in place of on_share. */
void hs_speed_empty_calls(hs_speed_farm *farm, const hs_speed_channel *list, uint32_t count,
                          uint32_t verdict);

/* An evaluation interval passes; each channel sends its shares and they are accepted. */
int hs_speed_interval(hs_speed_farm *farm);

/* Makes the rows ready for a tick. */
void hs_speed_clear_rows(hs_speed_farm *farm);
/* on_tick until it says that there is no more, with at most `at_once` rows a call. *moves =
 * decisions, in farm->rows. */
int hs_speed_tick(hs_speed_farm *farm, uint32_t at_once, uint32_t *moves);
/* The first `moves` rows become facts, and what they left is drained at once. */
int hs_speed_apply(hs_speed_farm *farm, uint32_t moves);

/* Targets by hashmux.tuning/1, judged at the next tick however short the deviation lasts. */
int hs_speed_retarget(hs_speed_farm *farm, enum hs_speed_targets targets);

/* hashmux.metrics/1. */
int hs_speed_snapshot(hs_speed_farm *farm);

/* Says which call went wrong. -1. */
int hs_speed_fail(hs_speed_farm *farm, const char *call);

#endif
