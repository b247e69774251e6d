/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/miner/live: mining devices on their sockets: connects, carries frames to and from
 * live/miner/core, gives it turns to hash, comes back after a lost connection, and ends on SIGTERM
 * or SIGINT. */
#ifndef HOST_STUB_LIVE_MINER_LIVE_H
#define HOST_STUB_LIVE_MINER_LIVE_H

#include <stddef.h>

#include "host_stub/live/miner/options.h"

/* Runs until it is told to end, and writes the counts. Returns an hs_status; unless it is
 * HS_STATUS_DONE there is a sentence in `why`. */
int hs_miner_live(const hs_miner_options *options, char *why, size_t capacity);

#endif
