/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/net/conn_send.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "host_stub/base/text.h"
#include "host_stub/sv2/codec.h"

/* Where a frame goes that is to be sent: to the socket, or to be sealed first. */
static hs_net_buffer *output(hs_conn *conn)
{
    return conn->secure != NULL ? hs_secure_sent(conn->secure) : &conn->out;
}

size_t hs_conn_unsent_bytes(const hs_conn *conn)
{
    const size_t waiting =
        conn->secure != NULL ? hs_net_buffer_len(hs_secure_sent(conn->secure)) : 0;
    return waiting + hs_net_buffer_len(&conn->out);
}

void hs_conn_flush(hs_conn *conn)
{
    if (conn->secure != NULL && hs_secure_send(conn->secure, &conn->out) != 0) {
        hs_conn_end(conn, "no memory for its output");
        return;
    }
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
            hs_conn_end_errno(conn, "cannot send", errno);
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

/* Encodes a message into the output's room, `at` bytes behind its end. The size shows when it fits:
 * up to the output's limit, in few steps. */
static int encode_behind(hs_conn *conn, size_t at, const hs_sv2_message *message, size_t *size,
                         hs_sv2_error *why)
{
    const size_t most = conn->limits.output_bytes;
    int done = 0;
    for (size_t room = 512; !done; room *= 8) {
        const size_t allowed = room < most ? room : most;
        uint8_t *const to = hs_net_buffer_room(output(conn), at + allowed);
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
    uint8_t *const data = hs_net_buffer_room(output(conn), total);
    if (total == 0 || data == NULL) {
        return total == 0 ? 0 : -1;
    }
    tell_sent(conn, data, total, count);
    if (check_limit(conn, total) != 0) {
        return -1;
    }
    const size_t before = hs_conn_unsent_bytes(conn);
    hs_net_buffer_added(output(conn), total);
    return added(conn, before);
}

int hs_conn_send_one(hs_conn *conn, const hs_sv2_message *message)
{
    return hs_conn_send(conn, message, 1, NULL, 0);
}

/* Puts bytes behind the output as they are, or sealed as one frame would be. */
static int put_raw(hs_conn *conn, const uint8_t *data, size_t len)
{
    if (conn->secure != NULL) {
        return hs_secure_send_raw(conn->secure, data, len, &conn->out);
    }
    uint8_t *const to = hs_net_buffer_room(&conn->out, len);
    if (to == NULL) {
        return -1;
    }
    if (len > 0) {
        memcpy(to, data, len);
    }
    hs_net_buffer_added(&conn->out, len);
    return 0;
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
