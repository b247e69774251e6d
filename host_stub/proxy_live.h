/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * proxy_live: a proxy on sockets: the listener, the connections to the pools, the clock, signals,
 * recordings, the state file and the account. What frames mean is proxy_core's.
 */
#ifndef HOST_STUB_PROXY_LIVE_H
#define HOST_STUB_PROXY_LIVE_H

#include "host_stub/proxy_options.h"

/* Runs until SIGTERM or SIGINT. Returns the exit status of the command; a sentence is in `why` when
 * it is not 0 and nothing has been printed yet. */
int hs_proxy_live(const hs_proxy_options *options, char *why, size_t capacity);

#endif
