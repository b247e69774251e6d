/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/up: the pools' side: connections, the proxy's channel on each, and what their frames
 * mean; a pool's jobs, tips, targets and space, and who gets them. A job captures target and prefix
 * when it comes, as it does at the pool; SetTarget renews the target of queued ones. Verdicts are
 * live/proxy/shares' business. */
#ifndef HOST_STUB_LIVE_PROXY_UP_H
#define HOST_STUB_LIVE_PROXY_UP_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_dial_due(hs_proxy *proxy);
void hs_proxy_up_opened(hs_proxy *proxy, uint32_t upstream);
void hs_proxy_up_closed(hs_proxy *proxy, uint32_t upstream, const char *reason);
void hs_proxy_up_frame(hs_proxy *proxy, uint32_t upstream, const uint8_t *frame, size_t len);

#endif
