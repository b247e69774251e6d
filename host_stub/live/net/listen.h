/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/listen: sockets on a live/net/loop: listeners, and connections that are still to be
 * made. Who may stay is live/net/gate's business, what is said live/net/conn's. */
#ifndef HOST_STUB_LIVE_NET_LISTEN_H
#define HOST_STUB_LIVE_NET_LISTEN_H

#include "host_stub/live/net/address.h"
#include "host_stub/live/net/loop.h"

typedef struct hs_net_listener hs_net_listener;

/* A new connection: a non-blocking socket that now belongs to the callee, who may close and pause
 * the listener. */
typedef void hs_net_accept_fn(void *ctx, int fd);

/* Connections cannot be taken for a while: one sentence. */
typedef void hs_net_trouble_fn(void *ctx, const char *what);

/* Makes a socket non-blocking, closed on exec, without Nagle delay (which a socket that is not TCP
 * has not). 0 or -1. */
int hs_net_prepare(int fd);

/* Descriptors that this process may have from now on: as many as the system lets it. */
void hs_net_raise_descriptors(void);

/* Listens there. Port 0: the system gives one. Takes at most 16 connections per turn, and leaves
 * some descriptors to others of this process: when only those are left, or the system has no more,
 * it rests for a second, and whoever connects waits or is turned away. It is closed before the loop
 * is freed. NULL with one sentence in `why` (cut to `capacity`). */
hs_net_listener *hs_net_listen(hs_net_loop *loop, const hs_net_address *address,
                               hs_net_accept_fn *accepted, void *ctx, char *why, size_t capacity);
/* Who is told, with the `ctx` of hs_net_listen, when it has to rest: at most once a minute. */
void hs_net_listener_tell(hs_net_listener *listener, hs_net_trouble_fn *told);
/* How often it had to rest. */
uint64_t hs_net_listener_rests(const hs_net_listener *listener);
/* With the port that it was given. */
const hs_net_address *hs_net_listener_address(const hs_net_listener *listener);
/* Stops listening, so that who connects is refused, and keeps the port all the same (on a socket
 * that is only bound: nobody else is given it meanwhile); or listens again. Returns 0, or -1 when
 * it could not listen again: it may be tried later. */
int hs_net_listener_pause(hs_net_listener *listener, int paused);
void hs_net_listener_close(hs_net_listener *listener); /* NULL is fine */

/* Begins to connect and does not wait: the socket is ready to write when it has worked or failed
 * (hs_conn_dial does the rest). Returns the socket, or -1 with one sentence. */
int hs_net_connect(const hs_net_address *address, char *why, size_t capacity);

#endif
