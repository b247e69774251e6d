/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/conn_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/internal.h"
#include "host_stub/sv2/codec.h"

enum { READ_BYTES = 16 * 1024 };

static void arm(hs_conn *conn);

static hs_conn_limits with_defaults(const hs_conn_limits *asked)
{
    hs_conn_limits limits = {0};
    if (asked != NULL) {
        limits = *asked;
    }
    limits.frame_bytes = limits.frame_bytes != 0 ? limits.frame_bytes : (size_t)256 * 1024;
    limits.output_bytes = limits.output_bytes != 0 ? limits.output_bytes : (size_t)1024 * 1024;
    limits.frames_per_turn = limits.frames_per_turn != 0 ? limits.frames_per_turn : 64;
    limits.half_frame_ns = limits.half_frame_ns != 0 ? limits.half_frame_ns : 10 * HS_NET_SECOND_NS;
    limits.stall_ns = limits.stall_ns != 0 ? limits.stall_ns : 10 * HS_NET_SECOND_NS;
    limits.connect_ns = limits.connect_ns != 0 ? limits.connect_ns : 5 * HS_NET_SECOND_NS;
    return limits;
}

static void release(hs_conn *conn)
{
    if (conn->fd >= 0) {
        (void)close(conn->fd);
    }
    hs_net_watch_remove(conn->watch);
    hs_net_timer_remove(conn->timer);
    hs_net_buffer_free(&conn->in);
    hs_net_buffer_free(&conn->out);
    free(conn);
}

/* What the watch has to wait for now. */
void hs_conn_rearm(hs_conn *conn)
{
    unsigned events = 0;
    if (conn->fd < 0) {
        return;
    }
    if (conn->state == CONN_CONNECTING || hs_net_buffer_len(&conn->out) > 0) {
        events |= HS_NET_WRITE;
    }
    if (conn->state == CONN_LEAVING ||
        (conn->state == CONN_OPEN && !conn->paused && !conn->ended)) {
        events |= HS_NET_READ;
    }
    hs_net_watch_set(conn->watch, events);
    arm(conn);
}

void hs_conn_over(hs_conn *conn, const char *reason)
{
    if (conn->state == CONN_OVER) {
        return;
    }
    if (conn->reason[0] == '\0') {
        (void)snprintf(conn->reason, sizeof conn->reason, "%s", reason);
    }
    conn->state = CONN_OVER;
    hs_net_watch_forget_fd(conn->watch);
    (void)close(conn->fd);
    conn->fd = -1;
    hs_net_timer_stop(conn->timer);
    /* The input stays: on_frame may be looking at it, and has called what brought us here. */
    hs_net_buffer_take(&conn->out, hs_net_buffer_len(&conn->out));
    hs_net_watch_again(conn->watch);
}

void hs_conn_over_errno(hs_conn *conn, const char *what, int error)
{
    char text[HS_CONN_REASON_SIZE];
    (void)snprintf(text, sizeof text, "%s: %s", what, strerror(error));
    hs_conn_over(conn, text);
}

/* One read. Returns the bytes, 0 when there are none now or the peer has ended. */
static size_t read_some(hs_conn *conn)
{
    uint8_t *const room = hs_net_buffer_room(&conn->in, READ_BYTES);
    if (room == NULL) {
        hs_conn_over(conn, "no memory for its input");
        return 0;
    }
    const ssize_t got = recv(conn->fd, room, READ_BYTES, 0);
    if (got > 0) {
        conn->heard_ns = hs_net_now_ns(conn->loop);
        conn->counts.bytes_in += (uint64_t)got;
        hs_net_buffer_added(&conn->in, (size_t)got);
        return (size_t)got;
    }
    if (got == 0) {
        conn->ended = 1;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        hs_conn_over_errno(conn, "cannot receive", errno);
    }
    return 0;
}

/* Is a whole frame at the front? 0 also when the connection is over for its sake. */
static int whole_frame(hs_conn *conn, size_t *size)
{
    const size_t there = hs_net_buffer_len(&conn->in);
    hs_sv2_error why;
    if (hs_sv2_frame_size(hs_net_buffer_data(&conn->in), there, size, &why) == 0) {
        if (*size <= conn->limits.frame_bytes) {
            return 1;
        }
    }
    if (*size > conn->limits.frame_bytes) {
        char text[HS_CONN_REASON_SIZE];
        (void)snprintf(text, sizeof text, "a frame of %lu bytes, and at most %lu are taken",
                       (unsigned long)*size, (unsigned long)conn->limits.frame_bytes);
        hs_conn_over(conn, text);
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
        const uint8_t *const frame = hs_net_buffer_data(&conn->in);
        conn->counts.frames_in++;
        conn->half_ns = 0;
        if (conn->handler.on_wire != NULL) {
            conn->handler.on_wire(conn->ctx, conn, 0, frame, size);
        }
        if (conn->state == CONN_OPEN && !conn->dead) {
            conn->handler.on_frame(conn->ctx, conn, frame, size);
        }
        if (conn->state == CONN_OVER) {
            return 0;
        }
        hs_net_buffer_take(&conn->in, size);
    }
    return conn->state == CONN_OPEN && !conn->paused && !conn->dead && whole_frame(conn, &size);
}

/* Reads and hands on. A read comes only when no whole frame is left over, so the buffer never holds
 * more than one incomplete frame and what one read brings. */
static void serve(hs_conn *conn)
{
    size_t size = 0;
    if (!conn->ended && !whole_frame(conn, &size) && conn->state == CONN_OPEN) {
        (void)read_some(conn);
    }
    const int more = deliver(conn);
    if (conn->state != CONN_OPEN || conn->dead) {
        return;
    }
    if (more) {
        hs_net_watch_again(conn->watch);
    } else if (conn->ended && !conn->paused) {
        hs_conn_over(conn, hs_net_buffer_len(&conn->in) > 0
                               ? "the peer closed it in the middle of a frame"
                               : "the peer closed it");
        return;
    } else if (hs_net_buffer_len(&conn->in) > 0 && conn->half_ns == 0) {
        conn->half_ns = hs_net_now_ns(conn->loop);
    }
    hs_conn_rearm(conn);
}

static void finish_connecting(hs_conn *conn)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error != 0) {
        hs_conn_over_errno(conn, "cannot connect", error);
        return;
    }
    conn->state = CONN_OPEN;
    conn->heard_ns = hs_net_now_ns(conn->loop);
    conn->moved_ns = conn->heard_ns;
    if (conn->handler.on_open != NULL) {
        conn->handler.on_open(conn->ctx, conn);
    }
    if (!conn->dead && conn->state != CONN_OVER) {
        hs_conn_flush(conn);
    }
}

/* hs_conn_finish: nothing more is handed on; what still comes is thrown away. */
static void leave(hs_conn *conn)
{
    hs_net_buffer_take(&conn->in, hs_net_buffer_len(&conn->in));
    (void)read_some(conn);
    if (conn->ended) {
        hs_conn_over(conn, "");
    }
}

static void ready(void *ctx, unsigned events)
{
    hs_conn *const conn = ctx;
    conn->busy = 1;
    if (conn->state == CONN_CONNECTING && (events & HS_NET_WRITE) != 0) {
        finish_connecting(conn);
    } else if (!conn->dead && (conn->state == CONN_OPEN || conn->state == CONN_FLUSHING) &&
               (events & HS_NET_WRITE) != 0) {
        hs_conn_flush(conn);
    }
    if (!conn->dead && conn->state == CONN_OPEN && !conn->paused &&
        (events & (HS_NET_READ | HS_NET_AGAIN)) != 0) {
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
        release(conn);
    }
}

/* The nearest time limit, or UINT64_MAX. Sets *reason to what is wrong when it has passed. */
static uint64_t deadline(const hs_conn *conn, const char **reason)
{
    uint64_t nearest = UINT64_MAX;
    const int reading = conn->state == CONN_OPEN && !conn->paused;
    const struct {
        int holds;
        uint64_t at;
        const char *reason;
    } limits[] = {
        {conn->state == CONN_CONNECTING, conn->began_ns + conn->limits.connect_ns,
         "cannot connect: no answer in time"},
        {conn->state == CONN_LEAVING, conn->began_ns + HS_NET_SECOND_NS, ""},
        {conn->state != CONN_CONNECTING && hs_net_buffer_len(&conn->out) > 0,
         conn->moved_ns + conn->limits.stall_ns, "the peer does not read what is sent to it"},
        {reading && conn->half_ns != 0, conn->half_ns + conn->limits.half_frame_ns,
         "the peer left a frame unfinished for too long"},
        {reading && conn->limits.idle_ns != 0, conn->heard_ns + conn->limits.idle_ns,
         "nothing was heard from the peer for too long"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].holds && limits[i].at < nearest) {
            nearest = limits[i].at;
            *reason = limits[i].reason;
        }
    }
    return nearest;
}

static void arm(hs_conn *conn)
{
    const char *reason = NULL;
    const uint64_t at = conn->state == CONN_OVER ? UINT64_MAX : deadline(conn, &reason);
    if (at == UINT64_MAX) {
        hs_net_timer_stop(conn->timer);
    } else {
        hs_net_timer_at(conn->timer, at);
    }
}

static void time_is_up(void *ctx)
{
    hs_conn *const conn = ctx;
    const char *reason = NULL;
    if (conn->state != CONN_OVER && deadline(conn, &reason) <= hs_net_now_ns(conn->loop)) {
        hs_conn_over(conn, reason);
    } else {
        arm(conn);
    }
}

static hs_conn *make(hs_net_loop *loop, int fd, const hs_conn_handler *handler, void *ctx,
                     const hs_conn_limits *limits, enum conn_state state)
{
    hs_conn *const conn = hs_net_prepare(fd) == 0 ? calloc(1, sizeof *conn) : NULL;
    if (conn == NULL) {
        (void)close(fd);
        return NULL;
    }
    conn->loop = loop;
    conn->fd = fd;
    conn->state = state;
    conn->handler = *handler;
    conn->ctx = ctx;
    conn->limits = with_defaults(limits);
    conn->began_ns = hs_net_now_ns(loop);
    conn->heard_ns = conn->began_ns;
    conn->moved_ns = conn->began_ns;
    conn->watch = hs_net_watch_add(loop, fd, 0, ready, conn);
    conn->timer = hs_net_timer_new(loop, time_is_up, conn);
    if (conn->watch == NULL || conn->timer == NULL) {
        release(conn);
        return NULL;
    }
    hs_conn_rearm(conn);
    return conn;
}

hs_conn *hs_conn_new(hs_net_loop *loop, int fd, const hs_conn_handler *handler, void *ctx,
                     const hs_conn_limits *limits)
{
    return make(loop, fd, handler, ctx, limits, CONN_OPEN);
}

hs_conn *hs_conn_new_connecting(hs_net_loop *loop, int fd, const hs_conn_handler *handler,
                                void *ctx, const hs_conn_limits *limits)
{
    return make(loop, fd, handler, ctx, limits, CONN_CONNECTING);
}

void hs_conn_close(hs_conn *conn, const char *reason)
{
    hs_conn_over(conn, reason);
}

void hs_conn_finish(hs_conn *conn, const char *reason)
{
    if (conn->state == CONN_CONNECTING) {
        hs_conn_over(conn, reason);
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
        release(conn);
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

size_t hs_conn_unsent_bytes(const hs_conn *conn)
{
    return hs_net_buffer_len(&conn->out);
}

hs_conn_counts hs_conn_counters(const hs_conn *conn)
{
    return conn->counts;
}
