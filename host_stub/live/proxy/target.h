/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/target: what the shares of a miner have to meet. By itself that is the target of its
 * pool, or its own max_target if that is harder. But the proxy has one channel at a pool for all
 * miners, so the pool's target is for all of them together, and the single one finds a share in
 * hours: nobody sees how fast it is, and many a device starts anew when no share of it is accepted
 * for minutes. On request each has an easier target of its own, for so many shares a minute; what
 * the pool would not count is kept (live/proxy/shares).
 *
 * The rate is what the miner declares, and then what its shares show. */
#ifndef HOST_STUB_LIVE_PROXY_TARGET_H
#define HOST_STUB_LIVE_PROXY_TARGET_H

#include "host_stub/live/proxy/state.h"

/* For the channel's next job, where its pool's has this target. */
hs_sv2_u256 hs_proxy_target(const hs_proxy *proxy, hs_proxy_channel *channel,
                            const hs_sv2_u256 *pools);
/* A valid share of this difficulty. */
void hs_proxy_target_share(hs_proxy_channel *channel, double work);
/* It has declared a rate. If that is another than before, what was seen is of another machine. */
void hs_proxy_target_declared(hs_proxy_channel *channel);

#endif
