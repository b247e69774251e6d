/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/spread: a pool's new job goes to everybody who works there, some in each turn of the
 * loop: shares and other pools are not kept waiting until the last of thousands has it. */
#ifndef HOST_STUB_LIVE_PROXY_SPREAD_H
#define HOST_STUB_LIVE_PROXY_SPREAD_H

#include "host_stub/live/proxy/state.h"

/* Its job has changed: the first get it now, the rest by hs_proxy_spread_on. One that is under way
 * begins anew. Of many channels that are told at once (up->is_for_group) none has it yet:
 * hs_proxy_spread_group follows. */
void hs_proxy_spread(hs_proxy *proxy, hs_proxy_leg *leg, int soft);
void hs_proxy_spread_group(hs_proxy *proxy, hs_proxy_up *up);
/* Once a turn. 1 while there are more. */
int hs_proxy_spread_on(hs_proxy *proxy);

#endif
