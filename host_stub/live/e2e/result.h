/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/e2e/result: what a live run came to: takes the counts that pools, miners and the proxy have
 * written, adds them up, and says which promises were broken. Pools' counts decide what was
 * delivered; what the proxy says of itself is only shown and compared. */
#ifndef HOST_STUB_LIVE_E2E_RESULT_H
#define HOST_STUB_LIVE_E2E_RESULT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "host_stub/live/e2e/config.h"
#include "host_stub/live/e2e/options.h"
#include "host_stub/live/e2e/shares.h"

enum { HS_E2E_BROKEN_MAX = 64, HS_E2E_SENTENCE_SIZE = 400 };

typedef struct hs_e2e_pool {
    hs_e2e_pool_spec spec;
    double work;
    double delivered_pct;
    double aim;           /* what the plugin aimed at, in per cent, times work ... */
    double aim_work;      /* ... and that work, as the proxy counts it; 0 = not told */
    double effective_pct; /* NAN = not told */
    uint64_t received;
    uint64_t accepted;
    uint64_t stale;
    uint64_t stale_known;
    uint64_t cut_off;
    uint64_t duplicates;
    uint64_t refused_on_command;
    uint64_t protocol_errors;
    uint64_t rejected_sum;
    json_t *rejected; /* reason: count */
} hs_e2e_pool;

/* As the miners count. */
typedef struct hs_e2e_miners {
    hs_e2e_shares shares;
    uint64_t server_faults;
    char server_fault[320];
} hs_e2e_miners;

typedef struct hs_e2e_moves {
    uint64_t applied;
    uint64_t hard;
    uint64_t soft;
    uint64_t refused;
    uint64_t failed;
    uint64_t reopened;           /* channels closed to be opened again elsewhere */
    uint64_t unproven;           /* ended before a share showed whether they obey a new prefix */
    uint64_t ms_to_first_accept; /* median; of the last incarnation that had any */
    uint64_t guard_violations;
    uint64_t protocol_errors;
} hs_e2e_moves;

/* The split in the window of a fault. */
typedef struct hs_e2e_window {
    hs_e2e_fault fault;
    double percent[HS_E2E_POOLS_MAX];
    double off_most; /* from the targets, in points */
} hs_e2e_window;

typedef struct hs_e2e_result {
    hs_e2e_pool pools[HS_E2E_POOLS_MAX];
    uint32_t pool_count;
    hs_e2e_miners compliant;
    hs_e2e_miners others;   /* that ignore prefixes */
    uint64_t stale_local;   /* refused as stale by the proxy itself */
    uint64_t not_forwarded; /* accepted by the proxy itself: too easy for the pool */
    uint64_t vouched;       /* the same: their pool had said nothing for long */
    hs_e2e_moves moves;
    hs_e2e_window windows[HS_E2E_FAULTS_MAX];
    size_t window_count;
    double seconds;
    char broken[HS_E2E_BROKEN_MAX][HS_E2E_SENTENCE_SIZE];
    size_t broken_count;
} hs_e2e_result;

/* 0, or -1 out of memory. Free it in either case. */
int hs_e2e_result_start(hs_e2e_result *result, const hs_e2e_config *config);
void hs_e2e_result_free(hs_e2e_result *result);

/* The counts of `host_stub pool --json`, `miner --json` and `proxy --json`. A miner's file and a
 * proxy's may come several times. Members that are not there count as 0. */
void hs_e2e_result_pool(hs_e2e_result *result, uint32_t index, const json_t *counts);
void hs_e2e_result_miners(hs_e2e_result *result, const json_t *counts);
void hs_e2e_result_proxy(hs_e2e_result *result, const json_t *counts);

/* A promise was broken, or something failed: a sentence. */
void hs_e2e_result_break(hs_e2e_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* After all counts: what each pool was delivered, and which promises were broken. */
void hs_e2e_result_judge(hs_e2e_result *result, const hs_e2e_options *options);

/* {"pools":[{"id","target_pct","effective_pct","delivered_pct","received","accepted","stale",
 * "cut_off","duplicates","rejected":{reason:n}}],"moves":{"applied","hard","soft","refused",
 * "failed","reopened","closed_unproven","ms_to_first_accept"},"shares":{see live/e2e/shares},
 * "shares_of_those_that_ignore":{likewise},"faults":[...],"broken":[sentence],"seconds"}. NULL
 * when out of memory. */
json_t *hs_e2e_result_json(const hs_e2e_result *result);

void hs_e2e_result_print(const hs_e2e_result *result);

/* How work was split over pools between two moments, from what each pool said now and then that it
 * had been delivered in all. */
typedef struct hs_e2e_sample {
    uint64_t at_ms;
    double work; /* in all, difficulty */
} hs_e2e_sample;

/* One pool's samples, in the order of time. All zero is none. */
typedef struct hs_e2e_track {
    hs_e2e_sample *samples;
    size_t count;
    size_t capacity;
} hs_e2e_track;

/* 0, or -1 out of memory. A sample that is older than the last one is passed over. */
int hs_e2e_track_add(hs_e2e_track *track, uint64_t at_ms, double work);
void hs_e2e_track_free(hs_e2e_track *track);

/* Work delivered by `at_ms`: between two samples in proportion; before the first and after the last
 * that one's. */
double hs_e2e_track_at(const hs_e2e_track *track, uint64_t at_ms);

/* Parts of 100 of what all pools were delivered between the moments; all 0 when that is nothing. */
void hs_e2e_split(const hs_e2e_track *tracks, size_t count, uint64_t from_ms, uint64_t to_ms,
                  double *percent);

#endif
