/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/aim: what the plugin aimed at: the mean of each pool's effective target (after health,
 * pins and caps), weighted by the work that was accepted while it held. What was delivered has to
 * be compared with that, not with the configuration. */
#ifndef HOST_STUB_LIVE_PROXY_AIM_H
#define HOST_STUB_LIVE_PROXY_AIM_H

#include "host_stub/live/proxy/state.h"

/* Before the plugin is told of anything that may change its mind: what was accepted since the last
 * call is booked under its present targets. */
void hs_proxy_aim_note(hs_proxy *proxy);
/* In per cent; NAN when nothing was accepted or the plugin does not tell. */
double hs_proxy_aim_of(const hs_proxy *proxy, uint32_t upstream);

#endif
