/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/live/net/conn_send.h"
#include "host_stub/live/net/conn_state.h"
#include "host_stub/live/net/listen.h"
#include "host_stub/sv2/codec.h"

enum { READ_BYTES = 16 * 1024 };

/* Frames may come and go from now on. */
static void begin_frames(hs_conn *conn)
{
    conn->state = CONN_OPEN;
    conn->heard_ns = hs_net_now_ns(conn->loop);
    conn->moved_ns = conn->heard_ns;
    conn->half_ns = 0;
    if (conn->connects && conn->handler.on_open != NULL) {
        conn->handler.on_open(conn->ctx, conn);
    }
    if (!conn->dead && conn->state != CONN_OVER) {
        hs_conn_flush(conn);
    }
}

/* Connected: the handshake comes first when there is one. */
static void begin(hs_conn *conn)
{
    if (conn->secure == NULL) {
        begin_frames(conn);
        return;
    }
    conn->state = CONN_SHAKING;
    conn->began_ns = hs_net_now_ns(conn->loop);
    conn->moved_ns = conn->began_ns;
    if (hs_secure_begin(conn->secure, conn->out) != 0) {
        hs_conn_end(conn, "no handshake can be begun");
    } else {
        hs_conn_flush(conn);
    }
}

/* What was received is opened, or is part of the handshake. */
static void unseal(hs_conn *conn)
{
    char why[HS_CONN_REASON_SIZE];
    if (hs_secure_receive(conn->secure, conn->in, conn->out, why, sizeof why) != 0) {
        hs_conn_end(conn, why);
    } else if (conn->state == CONN_SHAKING && hs_secure_is_ready(conn->secure)) {
        begin_frames(conn);
    }
}

/* One read, unless there is nothing now or the peer has ended. By way of the stack, so that a
 * connection has memory for what is there, and not for what could come. */
static void read_some(hs_conn *conn)
{
    uint8_t bytes[READ_BYTES];
    struct evbuffer *const to = conn->secure != NULL ? hs_secure_received(conn->secure) : conn->in;
    const ssize_t got = recv(conn->fd, bytes, sizeof bytes, 0);
    if (got > 0) {
        conn->heard_ns = hs_net_now_ns(conn->loop);
        if (evbuffer_add(to, bytes, (size_t)got) != 0) {
            hs_conn_end(conn, "no memory for its input");
        } else if (conn->secure != NULL) {
            unseal(conn);
        }
        hs_conn_count_large(conn);
        if (conn->large > 0 && *hs_net_loop_large_bytes(conn->loop) > HS_CONN_LARGE_TOTAL_BYTES) {
            hs_conn_end(conn, "too much of large frames waits, here and on other connections");
        }
    } else if (got == 0) {
        conn->ended = 1;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        hs_conn_end_errno(conn, "cannot receive", errno);
    }
}

/* The largest frame that may come now. */
static size_t most_now(const hs_conn *conn)
{
    const size_t most = conn->limits.greeting_bytes;
    if (conn->is_known || most == 0 || most - conn->greeting > conn->limits.frame_bytes) {
        return conn->limits.frame_bytes;
    }
    return most - conn->greeting;
}

/* Is a whole frame at the front? 0 also when the connection is over for its sake. */
static int whole_frame(hs_conn *conn, size_t *size)
{
    const size_t there = evbuffer_get_length(conn->in);
    const size_t most = most_now(conn);
    const size_t header = there < HS_SV2_HEADER_SIZE ? there : HS_SV2_HEADER_SIZE;
    if (hs_sv2_frame_size(evbuffer_pullup(conn->in, (ev_ssize_t)header), there, size, NULL) == 0 &&
        *size <= most) {
        return 1;
    }
    if (there > 0 && *size > most) {
        char text[HS_CONN_REASON_SIZE];
        (void)snprintf(text, sizeof text, "a frame of %lu bytes, and at most %lu are taken%s",
                       (unsigned long)*size, (unsigned long)most,
                       most == conn->limits.frame_bytes ? "" : " before it has introduced itself");
        hs_conn_end(conn, text);
    }
    return 0;
}

/* Hands on whole frames, as many as one turn may have. Returns 1 when it stopped with one left. */
static int deliver(hs_conn *conn)
{
    size_t size = 0;
    for (uint32_t i = 0; i < conn->limits.frames_per_turn; i++) {
        if (conn->state != CONN_OPEN || conn->paused || conn->dead || !whole_frame(conn, &size)) {
            return 0;
        }
        const uint8_t *const frame = evbuffer_pullup(conn->in, (ev_ssize_t)size);
        if (frame == NULL) {
            hs_conn_end(conn, "no memory for its input");
            return 0;
        }
        conn->half_ns = 0;
        conn->greeting += conn->is_known ? 0 : size;
        if (conn->handler.on_wire != NULL) {
            conn->handler.on_wire(conn->ctx, conn, 0, frame, size);
        }
        if (conn->state == CONN_OPEN && !conn->dead) {
            conn->handler.on_frame(conn->ctx, conn, frame, size);
        }
        if (conn->state == CONN_OVER) {
            return 0;
        }
        (void)evbuffer_drain(conn->in, size);
        hs_conn_count_large(conn);
    }
    return conn->state == CONN_OPEN && !conn->paused && !conn->dead && whole_frame(conn, &size);
}

/* Is there input that makes no whole frame, nor a whole word of the handshake? */
static int has_half(const hs_conn *conn)
{
    return evbuffer_get_length(conn->in) > 0 ||
           (conn->secure != NULL && evbuffer_get_length(hs_secure_received(conn->secure)) > 0);
}

static const char *reason_of_end(const hs_conn *conn)
{
    if (conn->state == CONN_SHAKING) {
        return "the peer closed it during the Noise handshake";
    }
    return has_half(conn) ? "the peer closed it in the middle of a frame" : "the peer closed it";
}

/* Reads and hands on. A read comes only when no whole frame is left over, so the buffer never holds
 * more than one incomplete frame and what one read brings. */
static void serve(hs_conn *conn)
{
    size_t size = 0;
    if (!conn->ended && !whole_frame(conn, &size) && hs_conn_reads(conn)) {
        read_some(conn);
    }
    const int more = deliver(conn);
    if ((conn->state != CONN_OPEN && conn->state != CONN_SHAKING) || conn->dead) {
        return;
    }
    if (more) {
        hs_net_watch_again(conn->watch);
    } else if (conn->ended && !conn->paused) {
        hs_conn_end(conn, reason_of_end(conn));
        return;
    } else if (has_half(conn) && conn->half_ns == 0) {
        conn->half_ns = hs_net_now_ns(conn->loop);
    }
    hs_conn_rearm(conn);
}

/* hs_conn_finish: nothing more is handed on; what still comes is thrown away. */
static void leave(hs_conn *conn)
{
    (void)evbuffer_drain(conn->in, evbuffer_get_length(conn->in));
    read_some(conn);
    if (conn->ended) {
        hs_conn_end(conn, "");
    }
}

static void ready(void *ctx, unsigned events)
{
    hs_conn *const conn = ctx;
    conn->busy = 1;
    if (conn->state != CONN_LEAVING && conn->state != CONN_OVER && (events & HS_NET_WRITE) != 0) {
        hs_conn_flush(conn);
    }
    if (!conn->dead && hs_conn_reads(conn) && (events & (HS_NET_READ | HS_NET_AGAIN)) != 0) {
        serve(conn);
    } else if (!conn->dead && conn->state == CONN_LEAVING && (events & HS_NET_READ) != 0) {
        leave(conn);
    }
    if (!conn->dead && conn->state == CONN_OVER && (events & HS_NET_AGAIN) != 0) {
        conn->handler.on_closed(conn->ctx, conn, conn->reason);
        conn->dead = 1;
    }
    conn->busy = 0;
    if (conn->dead) {
        hs_conn_release(conn);
    }
}

/* `fd` may be -1: it is still to be connected. */
static hs_conn *make(hs_net_loop *loop, int fd, const hs_conn_handler *handler, void *ctx,
                     const hs_conn_limits *limits, const hs_net_noise *noise)
{
    hs_conn *const conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        return NULL;
    }
    conn->loop = loop;
    conn->fd = -1;
    conn->state = CONN_CONNECTING;
    conn->handler = *handler;
    conn->ctx = ctx;
    conn->limits = hs_conn_with_defaults(limits);
    conn->armed_ns = UINT64_MAX;
    conn->came_ns = hs_net_now_ns(loop);
    conn->began_ns = conn->came_ns;
    conn->heard_ns = conn->began_ns;
    conn->moved_ns = conn->began_ns;
    conn->watch = hs_net_watch_add(loop, fd, 0, ready, conn);
    conn->timer = hs_net_timer_new(loop, hs_conn_time_is_up, conn);
    conn->in = evbuffer_new();
    conn->out = evbuffer_new();
    conn->secure = noise != NULL ? hs_secure_new(noise) : NULL;
    if (conn->in == NULL || conn->out == NULL || conn->watch == NULL || conn->timer == NULL ||
        (noise != NULL && conn->secure == NULL)) {
        hs_conn_release(conn);
        return NULL;
    }
    return conn;
}

hs_conn *hs_conn_new(hs_net_loop *loop, int fd, const hs_conn_handler *handler, void *ctx,
                     const hs_conn_limits *limits, const hs_net_noise *noise)
{
    hs_conn *const conn =
        hs_net_prepare(fd) == 0 ? make(loop, fd, handler, ctx, limits, noise) : NULL;
    if (conn == NULL) {
        (void)close(fd);
        return NULL;
    }
    conn->fd = fd;
    conn->state = noise != NULL ? CONN_SHAKING : CONN_OPEN;
    hs_conn_rearm(conn);
    return conn;
}

static void on_dialled(void *ctx, int fd, const char *why)
{
    hs_conn *const conn = ctx;
    conn->dial = NULL;
    if (fd < 0) {
        hs_conn_end(conn, why);
        return;
    }
    conn->fd = fd;
    hs_net_watch_take_fd(conn->watch, fd);
    conn->busy = 1;
    begin(conn);
    conn->busy = 0;
    if (conn->dead) {
        hs_conn_release(conn);
    }
}

hs_conn *hs_conn_dial(hs_net_loop *loop, const char *host, uint16_t port,
                      const hs_conn_handler *handler, void *ctx, const hs_conn_limits *limits,
                      const hs_net_noise *noise)
{
    hs_conn *const conn = make(loop, -1, handler, ctx, limits, noise);
    if (conn == NULL) {
        return NULL;
    }
    conn->connects = 1;
    conn->is_known = 1; /* it is we who introduce ourselves */
    conn->dial = hs_net_dial_start(loop, host, port, conn->limits.connect_ns,
                                   conn->limits.loopback_only, on_dialled, conn);
    if (conn->dial == NULL) {
        hs_conn_release(conn);
        return NULL;
    }
    return conn;
}

void hs_conn_close(hs_conn *conn, const char *reason)
{
    hs_conn_end(conn, reason);
}

void hs_conn_finish(hs_conn *conn, const char *reason)
{
    if (conn->state == CONN_CONNECTING || conn->state == CONN_SHAKING) {
        hs_conn_end(conn, reason);
        return;
    }
    if (conn->state != CONN_OPEN) {
        return;
    }
    (void)snprintf(conn->reason, sizeof conn->reason, "%s", reason);
    conn->state = CONN_FLUSHING;
    hs_conn_flush(conn);
}

void hs_conn_free(hs_conn *conn)
{
    if (conn == NULL) {
        return;
    }
    if (conn->busy) {
        conn->dead = 1;
    } else {
        hs_conn_release(conn);
    }
}

void hs_conn_pause(hs_conn *conn, int paused)
{
    if (conn->state == CONN_OVER || conn->paused == (paused != 0)) {
        return;
    }
    conn->paused = paused != 0;
    if (!conn->paused) {
        /* The limits begin anew, and frames may be waiting in the buffer. */
        conn->heard_ns = hs_net_now_ns(conn->loop);
        conn->came_ns = conn->heard_ns;
        conn->half_ns = 0;
        hs_net_watch_again(conn->watch);
    }
    hs_conn_rearm(conn);
}

int hs_conn_is_over(const hs_conn *conn)
{
    return conn->state == CONN_OVER;
}

int hs_conn_is_open(const hs_conn *conn)
{
    return conn->state == CONN_OPEN;
}
