/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/rate: how often something may happen: so many times a second on average, and after a
 * pause what a while of it would have allowed, at once. What happens when it is too early is its
 * owner's business. */
#ifndef HOST_STUB_LIVE_NET_RATE_H
#define HOST_STUB_LIVE_NET_RATE_H

#include <stdint.h>

/* All zero has had its pause. */
typedef struct hs_net_rate {
    uint64_t due_ns; /* when all that has happened would have happened at the allowed rate */
} hs_net_rate;

/* How long it is too early for one more, in nanoseconds; 0: it may happen. */
static inline uint64_t hs_net_rate_wait_ns(const hs_net_rate *rate, uint64_t now_ns,
                                           uint64_t while_ns)
{
    return rate->due_ns > now_ns + while_ns ? rate->due_ns - now_ns - while_ns : 0;
}

/* It happens. `per_second` is not 0. */
static inline void hs_net_rate_take(hs_net_rate *rate, uint64_t now_ns, uint32_t per_second)
{
    rate->due_ns = (rate->due_ns > now_ns ? rate->due_ns : now_ns) + 1000000000U / per_second;
}

/* Has it had its pause? */
static inline int hs_net_rate_is_rested(const hs_net_rate *rate, uint64_t now_ns)
{
    return rate->due_ns <= now_ns;
}

#endif
