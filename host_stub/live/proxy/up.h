/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/up: the pools' side: connections, the proxy's channel on each, and what their frames
 * mean. Jobs are live/proxy/jobs' business, verdicts live/proxy/shares'.
 *
 * A pool that says nothing: verdicts may come as late as it likes, and silence about them is the
 * plugin's to judge. A connection is given up when a pool does not answer within ten seconds what
 * it has to answer at once: SetupConnection, the opening of a channel, which a job has to follow,
 * and, asked when it says nothing at all for much longer than it ever did, an UpdateChannel that
 * demands a SetTarget (spec 5.3.7). */
#ifndef HOST_STUB_LIVE_PROXY_UP_H
#define HOST_STUB_LIVE_PROXY_UP_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_dial_due(hs_proxy *proxy);
void hs_proxy_up_opened(hs_proxy *proxy, uint32_t upstream);
void hs_proxy_up_closed(hs_proxy *proxy, uint32_t upstream, const char *reason);
void hs_proxy_up_frame(hs_proxy *proxy, uint32_t upstream, const uint8_t *frame, size_t len);

#endif
