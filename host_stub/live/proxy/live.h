/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/live: a proxy on sockets: the listener, the connections to the pools, the clock,
 * signals, recordings, the state file and the account. What frames mean is live/proxy/core's. */
#ifndef HOST_STUB_LIVE_PROXY_LIVE_H
#define HOST_STUB_LIVE_PROXY_LIVE_H

#include "host_stub/live/proxy/options.h"

/* Runs until SIGTERM or SIGINT. Returns the exit status of the command; a sentence is in `why` when
 * it is not 0 and nothing has been printed yet. */
int hs_proxy_live(const hs_proxy_options *options, char *why, size_t capacity);

#endif
