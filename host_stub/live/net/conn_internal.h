/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn_internal: what the two halves of a connection share: live/net/conn.c (its life, its
 * input and its time limits) and live/net/conn_send.c (its output). Private: everybody else uses
 * live/net/conn.h. */
#ifndef HOST_STUB_LIVE_NET_CONN_INTERNAL_H
#define HOST_STUB_LIVE_NET_CONN_INTERNAL_H

#include "host_stub/live/net/buffer.h"
#include "host_stub/live/net/conn.h"

enum { HS_CONN_REASON_SIZE = 201 };

enum conn_state {
    CONN_CONNECTING = 1,
    CONN_OPEN,
    CONN_FLUSHING, /* hs_conn_finish: sends what there is */
    CONN_LEAVING,  /* everything is sent; waits for the peer's end */
    CONN_OVER      /* on_closed is still to be called */
};

struct hs_conn {
    hs_net_loop *loop;
    int fd;
    enum conn_state state;
    int busy; /* in a callback: freeing waits for its end */
    int dead; /* hs_conn_free was called meanwhile */
    int paused;
    int ended; /* the peer has closed its side: frames that are there are handed on first */
    hs_conn_handler handler;
    void *ctx;
    hs_conn_limits limits;
    hs_net_watch *watch;
    hs_net_timer *timer;
    hs_net_buffer in;
    hs_net_buffer out;
    uint64_t began_ns; /* to connect, or to leave */
    uint64_t heard_ns; /* the last byte in */
    uint64_t half_ns;  /* since when the frame at the front is incomplete; 0 = there is none */
    uint64_t moved_ns; /* the last byte out, or when output began to wait */
    hs_conn_counts counts;
    char reason[HS_CONN_REASON_SIZE];
};

/* Ends the connection; on_closed follows. The first reason holds. */
void hs_conn_over(hs_conn *conn, const char *reason);
/* The same, with the system's word for `error` behind `what`. */
void hs_conn_over_errno(hs_conn *conn, const char *what, int error);
/* What the watch has to wait for, and until when, has changed. */
void hs_conn_rearm(hs_conn *conn);
/* Sends what the socket takes. */
void hs_conn_flush(hs_conn *conn);

#endif
