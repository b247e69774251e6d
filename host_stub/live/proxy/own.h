/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/own: the channels that one miner has at pools, where each has its own
 * (`--upstream per-channel`). One is made when the miner is to work at the pool for the first time,
 * and stays open when it works elsewhere, so that coming back takes no time. It ends with the
 * miner's own channel; one that the pool has still to answer shares of waits for that a while.
 *
 * Asking a pool for it is live/proxy/leg's business. */
#ifndef HOST_STUB_LIVE_PROXY_OWN_H
#define HOST_STUB_LIVE_PROXY_OWN_H

#include "host_stub/live/proxy/state.h"

/* The miner's channel there, made if there is none yet. NULL when out of memory. */
hs_proxy_leg *hs_proxy_own_leg(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream);

/* The miner has gone: closes its channels at pools. */
void hs_proxy_own_end(hs_proxy *proxy, hs_proxy_channel *channel);

/* Nobody owns it and nothing is awaited: closes it at the pool, and frees it. 1 if it did. */
int hs_proxy_own_release(hs_proxy *proxy, hs_proxy_leg *leg);

/* Tells the pool that a channel is closed. */
void hs_proxy_say_closed(hs_proxy *proxy, const hs_proxy_up *up, uint32_t channel_id,
                         const char *reason);

#endif
