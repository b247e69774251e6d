/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/live: a pool on its sockets: listens, carries frames to and from live/pool/core, tells
 * it the time, reads command lines, records connections, and ends on SIGTERM or SIGINT. */
#ifndef HOST_STUB_LIVE_POOL_LIVE_H
#define HOST_STUB_LIVE_POOL_LIVE_H

#include <stddef.h>

#include "host_stub/live/pool/options.h"

/* Runs until it is told to end, and writes the counts. 0, or -1 with a sentence in `why`. */
int hs_pool_live(const hs_pool_options *options, char *why, size_t capacity);

#endif
