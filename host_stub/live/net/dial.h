/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/dial: a connection to a host of which the name is known: the name is looked up without
 * blocking (/etc/hosts, then the servers of /etc/resolv.conf), and its addresses are tried one
 * after the other, IPv4 and IPv6. */
#ifndef HOST_STUB_LIVE_NET_DIAL_H
#define HOST_STUB_LIVE_NET_DIAL_H

#include "host_stub/live/net/loop.h"

typedef struct hs_net_dial hs_net_dial;

/* It is connected: `fd` is non-blocking and belongs to the callee; or -1, with one sentence. Told
 * once, in a later turn; the dial is gone then. */
typedef void hs_net_dialled_fn(void *ctx, int fd, const char *why);

/* `wait_ns` is for the look-up and for each address. With `loopback_only`, addresses that others
 * than this machine have are not connected to. NULL when out of memory. */
hs_net_dial *hs_net_dial_start(hs_net_loop *loop, const char *host, uint16_t port, uint64_t wait_ns,
                               int loopback_only, hs_net_dialled_fn *dialled, void *ctx);
/* Nothing is told. NULL is fine. */
void hs_net_dial_cancel(hs_net_dial *dial);

#endif
