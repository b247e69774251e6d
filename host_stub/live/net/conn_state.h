/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn_state: what a connection consists of, what its watch and its timer wait for, and
 * its end. What comes in is live/net/conn's business, what goes out live/net/conn_send's. */
#ifndef HOST_STUB_LIVE_NET_CONN_STATE_H
#define HOST_STUB_LIVE_NET_CONN_STATE_H

#include <event2/buffer.h>

#include "host_stub/live/net/conn.h"
#include "host_stub/live/net/dial.h"

enum { HS_CONN_REASON_SIZE = 201 };

enum conn_state {
    CONN_CONNECTING = 1,
    CONN_SHAKING, /* connected; the handshake of Noise is under way */
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
    uint64_t armed_ns;    /* when the timer is called, perhaps too early; UINT64_MAX: never */
    hs_secure *secure;    /* NULL: plain frames */
    int connects;         /* made by us: on_open is told */
    hs_net_dial *dial;    /* while CONN_CONNECTING */
    struct evbuffer *in;  /* frames */
    size_t large;         /* bytes of it that are in the book of large frames */
    struct evbuffer *out; /* for the socket */
    int is_known;         /* it has introduced itself */
    size_t greeting;      /* bytes that it has said until then */
    uint64_t came_ns;     /* when it was accepted */
    uint64_t began_ns;    /* to shake hands, or to leave */
    uint64_t heard_ns;    /* the last byte in */
    uint64_t half_ns;     /* since when the frame at the front is incomplete; 0 = there is none */
    uint64_t moved_ns;    /* the last byte out, or when output began to wait */
    char reason[HS_CONN_REASON_SIZE];
};

/* Asked for, or the defaults where 0 was. */
hs_conn_limits hs_conn_with_defaults(const hs_conn_limits *asked);

/* Does it read, now that it is neither on its way to be connected nor to its end? */
int hs_conn_reads(const hs_conn *conn);
/* What the watch and the timer have to wait for has changed. */
void hs_conn_rearm(hs_conn *conn);
/* The timer's callback. */
void hs_conn_time_is_up(void *ctx);

/* Ends the connection; on_closed follows. The first reason holds. */
void hs_conn_end(hs_conn *conn, const char *reason);
/* The same, with the system's word for `error` behind `what`. */
void hs_conn_end_errno(hs_conn *conn, const char *what, int error);
/* Brings the book of large frames up to date with the input. */
void hs_conn_count_large(hs_conn *conn);
/* Frees all of it. */
void hs_conn_release(hs_conn *conn);

#endif
