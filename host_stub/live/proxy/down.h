/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/down: the miners' side: what their frames mean. Opening is live/proxy/open's business,
 * shares are live/proxy/shares'. */
#ifndef HOST_STUB_LIVE_PROXY_DOWN_H
#define HOST_STUB_LIVE_PROXY_DOWN_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_down_frame(hs_proxy_peer *peer, const uint8_t *frame, size_t len);

#endif
