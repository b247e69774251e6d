/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/prefix: extranonce prefixes: those that the host chooses where the plugin leaves it to
 * it, and the rest of every prefix before it is used again; so the end of a channel is here too. */
#ifndef HOST_STUB_LIVE_PROXY_PREFIX_H
#define HOST_STUB_LIVE_PROXY_PREFIX_H

#include "host_stub/live/proxy/state.h"

/* A prefix for the channel on this pool that nobody uses; -1 when there is none. */
int hs_proxy_choose_prefix(hs_proxy *proxy, const hs_proxy_channel *channel,
                           const hs_proxy_leg *leg, hs_sv2_b032 *out);
void hs_proxy_drain_prefix(hs_proxy *proxy, const hs_proxy_channel *channel, uint32_t upstream,
                           const hs_sv2_b032 *prefix);
/* The pool has given that prefix to a channel of the proxy's: what closed channels had of it is at
 * an end. */
void hs_proxy_end_drains(hs_proxy *proxy, uint32_t upstream, const hs_sv2_b032 *prefix);
void hs_proxy_sweep_drains(hs_proxy *proxy);
void hs_proxy_close_channel(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t reason,
                            const char *say);

#endif
