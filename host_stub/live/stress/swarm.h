/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/stress/swarm: thousands of miners that do not hash: where every hash meets the target, a
 * share is as real as any and costs nothing to find. They connect, open their channels, submit
 * shares at a given rate whatever comes back, and measure how long each answer takes. They keep of
 * a channel what a share needs, and judge nothing. */
#ifndef HOST_STUB_LIVE_STRESS_SWARM_H
#define HOST_STUB_LIVE_STRESS_SWARM_H

#include <stddef.h>
#include <stdint.h>

#include "host_stub/live/net/loop.h"

typedef struct hs_swarm_options {
    uint16_t port; /* on loopback */
    uint32_t connections;
    uint32_t channels;        /* of each; extended and standard ones in turns */
    double rate_hs;           /* nominal, of a channel */
    const uint8_t *authority; /* of the other end, an x: Noise; NULL: plain frames */
} hs_swarm_options;

/* Since hs_swarm_begin. */
typedef struct hs_swarm_counts {
    uint64_t submitted;
    uint64_t accepted;
    uint64_t refused;
    uint64_t late; /* shares that were to be submitted and could not be at all */
    double p50_ms; /* of the answers that came, from the submission on */
    double p99_ms;
    double most_ms;
    double lag_p99_ms; /* the swarm's own: shares that it submitted later than it should have */
} hs_swarm_counts;

typedef struct hs_swarm hs_swarm;

/* NULL when out of memory. *options is copied, its authority must outlive the swarm. */
hs_swarm *hs_swarm_new(hs_net_loop *loop, const hs_swarm_options *options);
void hs_swarm_free(hs_swarm *swarm); /* NULL is fine */

/* Connects and submits what is due. In every turn. */
void hs_swarm_advance(hs_swarm *swarm);
/* Channels that have a job. */
uint32_t hs_swarm_ready(const hs_swarm *swarm);
/* Why the first connection ended or the first channel was refused; "" = none was. */
const char *hs_swarm_trouble(const hs_swarm *swarm);

/* From now on so many shares a second, of all channels in turns; 0 = none. */
void hs_swarm_submit(hs_swarm *swarm, double per_second);
/* Counts anew; answers to earlier shares are not counted any more. */
void hs_swarm_begin(hs_swarm *swarm);
hs_swarm_counts hs_swarm_end(hs_swarm *swarm);
/* Shares of this count without an answer. */
uint64_t hs_swarm_unanswered(const hs_swarm *swarm);

#endif
