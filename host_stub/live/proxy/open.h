/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/open: opens a miner's channel: the plugin says where, the proxy answers and sends the
 * first job in the same burst. While no pool has a job that is made for what would work there,
 * requests wait, as long as it takes: what is refused, real devices and translators do not ask for
 * again. They wait in bounded memory, and go with their connection. */
#ifndef HOST_STUB_LIVE_PROXY_OPEN_H
#define HOST_STUB_LIVE_PROXY_OPEN_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_request_open(hs_proxy_peer *peer, const hs_sv2_message *m);
/* Opens what waits and can be opened. */
void hs_proxy_retry_opens(hs_proxy *proxy);
/* Frees what waits; the connection is gone. */
void hs_proxy_forget_requests(hs_proxy_peer *peer);

#endif
