/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/spread: a pool's new job goes to everybody who works there, some in each turn of the
 * loop: shares and other pools are not kept waiting until the last of thousands has it. */
#ifndef HOST_STUB_LIVE_PROXY_SPREAD_H
#define HOST_STUB_LIVE_PROXY_SPREAD_H

#include "host_stub/live/proxy/state.h"

/* The pool's job has changed: the first get it now, the rest by hs_proxy_spread_on. One that is
 * under way begins anew. */
void hs_proxy_spread(hs_proxy *proxy, hs_proxy_up *up, int soft);
/* Once a turn. 1 while there are more. */
int hs_proxy_spread_on(hs_proxy *proxy);

#endif
