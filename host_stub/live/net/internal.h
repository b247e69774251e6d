/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/internal: what the files of the network base share. Private: everybody else uses
 * live/net/loop.h. */
#ifndef HOST_STUB_LIVE_NET_INTERNAL_H
#define HOST_STUB_LIVE_NET_INTERNAL_H

#include "host_stub/live/net/loop.h"

/* The head of the loop's list of listeners (live/net/socket.c). */
hs_net_listener **hs_net_loop_listeners(hs_net_loop *loop);

/* Non-blocking, closed on exec, no Nagle delay (which a socket that is not TCP has not). 0 or
 * -1. */
int hs_net_prepare(int fd);

#endif
