/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/update: UpdateChannel to the pools: what works there has changed. Once a second at
 * the most (spec 5.3.7), and a second after the first change, so that a burst of moves is one
 * message. */
#ifndef HOST_STUB_LIVE_PROXY_UPDATE_H
#define HOST_STUB_LIVE_PROXY_UPDATE_H

#include "host_stub/live/proxy/state.h"

double hs_proxy_rate_of(const hs_proxy *proxy, uint32_t upstream);
void hs_proxy_rate_changed(hs_proxy *proxy, uint32_t upstream);
void hs_proxy_state_rates(hs_proxy *proxy);

#endif
