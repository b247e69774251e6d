/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/base/text.h"
#include "host_stub/live/net/buffer.h"
#include "host_stub/sv2/codec.h"

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
    char reason[HS_CONN_REASON_SIZE];
};

enum { READ_BYTES = 16 * 1024 };

static void arm(hs_conn *conn);
static void flush(hs_conn *conn);

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
/* What the watch has to wait for, and until when, has changed. */
static void rearm(hs_conn *conn)
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

/* Ends the connection; on_closed follows. The first reason holds. */
static void end_for(hs_conn *conn, const char *reason)
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

/* The same, with the system's word for `error` behind `what`. */
static void end_for_errno(hs_conn *conn, const char *what, int error)
{
    char text[HS_CONN_REASON_SIZE];
    (void)snprintf(text, sizeof text, "%s: %s", what, strerror(error));
    end_for(conn, text);
}

/* One read. Returns the bytes, 0 when there are none now or the peer has ended. */
static size_t read_some(hs_conn *conn)
{
    uint8_t *const room = hs_net_buffer_room(&conn->in, READ_BYTES);
    if (room == NULL) {
        end_for(conn, "no memory for its input");
        return 0;
    }
    const ssize_t got = recv(conn->fd, room, READ_BYTES, 0);
    if (got > 0) {
        conn->heard_ns = hs_net_now_ns(conn->loop);
        hs_net_buffer_added(&conn->in, (size_t)got);
        return (size_t)got;
    }
    if (got == 0) {
        conn->ended = 1;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        end_for_errno(conn, "cannot receive", errno);
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
        end_for(conn, text);
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
        end_for(conn, hs_net_buffer_len(&conn->in) > 0
                          ? "the peer closed it in the middle of a frame"
                          : "the peer closed it");
        return;
    } else if (hs_net_buffer_len(&conn->in) > 0 && conn->half_ns == 0) {
        conn->half_ns = hs_net_now_ns(conn->loop);
    }
    rearm(conn);
}

static void finish_connecting(hs_conn *conn)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error != 0) {
        end_for_errno(conn, "cannot connect", error);
        return;
    }
    conn->state = CONN_OPEN;
    conn->heard_ns = hs_net_now_ns(conn->loop);
    conn->moved_ns = conn->heard_ns;
    if (conn->handler.on_open != NULL) {
        conn->handler.on_open(conn->ctx, conn);
    }
    if (!conn->dead && conn->state != CONN_OVER) {
        flush(conn);
    }
}

/* hs_conn_finish: nothing more is handed on; what still comes is thrown away. */
static void leave(hs_conn *conn)
{
    hs_net_buffer_take(&conn->in, hs_net_buffer_len(&conn->in));
    (void)read_some(conn);
    if (conn->ended) {
        end_for(conn, "");
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
        flush(conn);
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
        end_for(conn, reason);
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
    rearm(conn);
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
    end_for(conn, reason);
}

void hs_conn_finish(hs_conn *conn, const char *reason)
{
    if (conn->state == CONN_CONNECTING) {
        end_for(conn, reason);
        return;
    }
    if (conn->state != CONN_OPEN) {
        return;
    }
    (void)snprintf(conn->reason, sizeof conn->reason, "%s", reason);
    conn->state = CONN_FLUSHING;
    flush(conn);
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
    rearm(conn);
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

/* ---- the output: encoding, bursts, and its limit ---- */

/* Sends what the socket takes. */
static void flush(hs_conn *conn)
{
    while (hs_net_buffer_len(&conn->out) > 0) {
        const ssize_t sent = send(conn->fd, hs_net_buffer_data(&conn->out),
                                  hs_net_buffer_len(&conn->out), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            break;
        }
        if (sent < 0) {
            end_for_errno(conn, "cannot send", errno);
            return;
        }
        conn->moved_ns = hs_net_now_ns(conn->loop);
        hs_net_buffer_take(&conn->out, (size_t)sent);
    }
    if (conn->state == CONN_FLUSHING && hs_net_buffer_len(&conn->out) == 0) {
        (void)shutdown(conn->fd, SHUT_WR);
        conn->state = CONN_LEAVING;
        conn->began_ns = hs_net_now_ns(conn->loop);
    }
    rearm(conn);
}

/* May output be added? */
static int takes_output(const hs_conn *conn)
{
    return conn->state == CONN_CONNECTING || conn->state == CONN_OPEN;
}

/* `len` bytes were put behind the output: keeps the limit, and sends when nothing waited before. */
static int added(hs_conn *conn, size_t len)
{
    const size_t before = hs_net_buffer_len(&conn->out);
    if (before + len > conn->limits.output_bytes) {
        end_for(conn, "the peer does not read: too much output waits for it");
        return -1;
    }
    hs_net_buffer_added(&conn->out, len);
    if (before == 0) {
        conn->moved_ns = hs_net_now_ns(conn->loop);
        if (conn->state == CONN_OPEN) {
            flush(conn);
        }
    }
    return conn->state != CONN_OVER ? 0 : -1;
}

/* Tells the recording of the frames in `data`, one after the other. */
static void tell_sent(hs_conn *conn, const uint8_t *data, size_t len, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count && conn->handler.on_wire != NULL && !conn->dead; i++) {
        size_t size = 0;
        if (hs_sv2_frame_size(data + at, len - at, &size, NULL) != 0) {
            return;
        }
        conn->handler.on_wire(conn->ctx, conn, 1, data + at, size);
        at += size;
    }
}

/* Encodes a message into the output's room, `at` bytes behind its end. The size shows when it fits:
 * up to the output's limit, in few steps. */
static int encode_behind(hs_conn *conn, size_t at, const hs_sv2_message *message, size_t *size,
                         hs_sv2_error *why)
{
    const size_t most = conn->limits.output_bytes;
    int done = 0;
    for (size_t room = 512; !done; room *= 8) {
        const size_t allowed = room < most ? room : most;
        uint8_t *const to = hs_net_buffer_room(&conn->out, at + allowed);
        if (to == NULL) {
            (void)snprintf(why->text, sizeof why->text, "no memory for its output");
            return -1;
        }
        done = hs_sv2_encode(message, to + at, allowed, size, why) == 0;
        if (!done && (why->reason != HS_SV2_E_CAPACITY || room >= most)) {
            return -1;
        }
    }
    return 0;
}

int hs_conn_send(hs_conn *conn, const hs_sv2_message *messages, size_t count, char *why,
                 size_t capacity)
{
    size_t total = 0;
    hs_sv2_error error;
    if (!takes_output(conn)) {
        (void)hs_refuse(why, why != NULL ? capacity : 0, "the connection is over");
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        size_t size = 0;
        if (encode_behind(conn, total, &messages[i], &size, &error) != 0) {
            (void)hs_refuse(why, why != NULL ? capacity : 0, "%s", error.text);
            return -1;
        }
        total += size;
    }
    uint8_t *const data = hs_net_buffer_room(&conn->out, total);
    if (total == 0 || data == NULL) {
        return total == 0 ? 0 : -1;
    }
    tell_sent(conn, data, total, count);
    return added(conn, total);
}

int hs_conn_send_one(hs_conn *conn, const hs_sv2_message *message)
{
    return hs_conn_send(conn, message, 1, NULL, 0);
}

int hs_conn_send_raw(hs_conn *conn, const uint8_t *data, size_t len)
{
    if (!takes_output(conn)) {
        return -1;
    }
    uint8_t *const to = hs_net_buffer_room(&conn->out, len);
    if (to == NULL) {
        end_for(conn, "no memory for its output");
        return -1;
    }
    if (len > 0) {
        memcpy(to, data, len);
    }
    return added(conn, len);
}
