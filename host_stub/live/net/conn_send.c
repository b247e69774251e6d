/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/conn_send.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "host_stub/base/text.h"
#include "host_stub/sv2/codec.h"

enum { PIECES = 16 }; /* of the output, in one call */

size_t hs_conn_unsent_bytes(const hs_conn *conn)
{
    const size_t waiting =
        conn->secure != NULL ? evbuffer_get_length(hs_secure_sent(conn->secure)) : 0;
    return waiting + evbuffer_get_length(conn->out);
}

/* What the socket takes of the output at once: its bytes, or as sendmsg says. */
static ssize_t send_some(hs_conn *conn)
{
    struct evbuffer_iovec pieces[PIECES];
    const int count = evbuffer_peek(conn->out, -1, NULL, pieces, PIECES);
    const struct msghdr message = {.msg_iov = pieces,
                                   .msg_iovlen = (size_t)(count < PIECES ? count : PIECES)};
    const ssize_t sent = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
    if (sent > 0) {
        conn->moved_ns = hs_net_now_ns(conn->loop);
        (void)evbuffer_drain(conn->out, (size_t)sent);
    }
    return sent;
}

void hs_conn_flush(hs_conn *conn)
{
    if (conn->secure != NULL && hs_secure_send(conn->secure, conn->out) != 0) {
        hs_conn_end(conn, "no memory for its output");
        return;
    }
    while (evbuffer_get_length(conn->out) > 0) {
        const ssize_t sent = send_some(conn);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            break;
        }
        if (sent < 0 && errno != EINTR) {
            hs_conn_end_errno(conn, "cannot send", errno);
            return;
        }
    }
    if (conn->state == CONN_FLUSHING && evbuffer_get_length(conn->out) == 0) {
        (void)shutdown(conn->fd, SHUT_WR);
        conn->state = CONN_LEAVING;
        conn->began_ns = hs_net_now_ns(conn->loop);
    }
    hs_conn_rearm(conn);
}

/* May output be added? */
static int takes_output(const hs_conn *conn)
{
    return conn->state == CONN_CONNECTING || conn->state == CONN_SHAKING ||
           conn->state == CONN_OPEN;
}

/* May `len` bytes more wait? Ends the connection when not. */
static int check_limit(hs_conn *conn, size_t len)
{
    if (hs_conn_unsent_bytes(conn) + len > conn->limits.output_bytes) {
        hs_conn_end(conn, "the peer does not read: too much output waits for it");
        return -1;
    }
    return 0;
}

/* There is output, behind the `before` bytes that waited: sends it when those were none. */
static int added(hs_conn *conn, size_t before)
{
    conn->is_known = 1;
    if (before == 0) {
        conn->moved_ns = hs_net_now_ns(conn->loop);
        if (conn->state == CONN_OPEN) {
            hs_conn_flush(conn);
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

/* Encodes a message behind the burst. Its size shows when it fits: up to the output's limit, in few
 * steps. */
static int encode(const hs_conn *conn, struct evbuffer *burst, const hs_sv2_message *message,
                  hs_sv2_error *why)
{
    const size_t most = conn->limits.output_bytes;
    for (size_t room = 512;; room *= 8) {
        const size_t allowed = room < most ? room : most;
        struct evbuffer_iovec piece;
        size_t size = 0;
        if (evbuffer_reserve_space(burst, (ev_ssize_t)allowed, &piece, 1) != 1) {
            (void)snprintf(why->text, sizeof why->text, "no memory for its output");
            return -1;
        }
        if (hs_sv2_encode(message, piece.iov_base, allowed, &size, why) == 0) {
            piece.iov_len = size;
            return evbuffer_commit_space(burst, &piece, 1);
        }
        if (why->reason != HS_SV2_E_CAPACITY || room >= most) {
            return -1;
        }
    }
}

/* All of them, or -1 with why not. */
static int encode_all(const hs_conn *conn, struct evbuffer *burst, const hs_sv2_message *messages,
                      size_t count, char *why, size_t capacity)
{
    hs_sv2_error error = {.text = "no memory for its output"};
    int rc = burst != NULL ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = encode(conn, burst, &messages[i], &error);
    }
    return rc == 0 ? 0 : hs_refuse(why, why != NULL ? capacity : 0, "%s", error.text);
}

/* The burst goes to the socket, or to be sealed first. */
static int put(hs_conn *conn, struct evbuffer *burst, size_t count)
{
    const size_t len = evbuffer_get_length(burst);
    const size_t before = hs_conn_unsent_bytes(conn);
    if (conn->handler.on_wire != NULL) {
        tell_sent(conn, evbuffer_pullup(burst, -1), len, count);
    }
    if (len == 0 || check_limit(conn, len) != 0) {
        return len == 0 ? 0 : -1;
    }
    if (evbuffer_add_buffer(conn->secure != NULL ? hs_secure_sent(conn->secure) : conn->out,
                            burst) != 0) {
        return -1;
    }
    return added(conn, before);
}

int hs_conn_send(hs_conn *conn, const hs_sv2_message *messages, size_t count, char *why,
                 size_t capacity)
{
    if (!takes_output(conn)) {
        return hs_refuse(why, why != NULL ? capacity : 0, "the connection is over");
    }
    struct evbuffer *const burst = evbuffer_new();
    int rc = encode_all(conn, burst, messages, count, why, capacity);
    if (rc == 0) {
        rc = put(conn, burst, count);
    }
    if (burst != NULL) {
        evbuffer_free(burst);
    }
    return rc;
}

int hs_conn_send_one(hs_conn *conn, const hs_sv2_message *message)
{
    return hs_conn_send(conn, message, 1, NULL, 0);
}

/* Puts bytes behind the output as they are, or sealed as one frame would be. */
static int put_raw(hs_conn *conn, const uint8_t *data, size_t len)
{
    return conn->secure != NULL ? hs_secure_send_raw(conn->secure, data, len, conn->out)
                                : evbuffer_add(conn->out, data, len);
}

int hs_conn_send_raw(hs_conn *conn, const uint8_t *data, size_t len)
{
    const int waits = conn->secure != NULL && !hs_secure_is_ready(conn->secure);
    if (!takes_output(conn) || waits || check_limit(conn, len) != 0) {
        return -1;
    }
    const size_t before = hs_conn_unsent_bytes(conn);
    if (put_raw(conn, data, len) != 0) {
        hs_conn_end(conn, "no memory for its output");
        return -1;
    }
    return added(conn, before);
}
