/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/open: opens a miner's channel: the plugin says where, the proxy answers and sends the
 * first job in the same burst. While no pool has a job, requests wait. */
#ifndef HOST_STUB_LIVE_PROXY_OPEN_H
#define HOST_STUB_LIVE_PROXY_OPEN_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_request_open(hs_proxy_peer *peer, const hs_sv2_message *m);
/* Opens what waits and can be opened; refuses what has waited too long. */
void hs_proxy_retry_opens(hs_proxy *proxy);

#endif
