/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/stress/run: one size of farm, from nothing to its figures: all connect, are idle, submit at
 * the whole rate and at half of it. What the figures should be is live/stress/report's business. */
#ifndef HOST_STUB_LIVE_STRESS_RUN_H
#define HOST_STUB_LIVE_STRESS_RUN_H

#include "host_stub/live/stress/options.h"
#include "host_stub/live/stress/swarm.h"

/* One measurement. */
typedef struct hs_stress_phase {
    double seconds;
    double cpu_secs; /* of the proxy */
    hs_swarm_counts shares;
    uint64_t unanswered; /* two seconds after the last one */
} hs_stress_phase;

typedef struct hs_stress_row {
    uint32_t connections;
    uint32_t channels;
    double per_second; /* shares, at the whole rate */
    double ready_secs; /* until all channels had a job */
    double ready_cpu_secs;
    uint64_t rss_before; /* bytes: without any connection, with all, and the most ever */
    uint64_t rss_ready;
    uint64_t rss_peak;
    hs_stress_phase idle;
    hs_stress_phase full;
    hs_stress_phase half;
    uint64_t lost;     /* shares, as the proxy's account says */
    char trouble[256]; /* the first connection, channel or share that went wrong; "" = none */
} hs_stress_row;

/* 0, or -1 with a sentence in `why`. */
int hs_stress_measure(hs_stress_row *row, const hs_stress_options *options, uint32_t connections,
                      const char *frames, char *why, size_t capacity);

#endif
