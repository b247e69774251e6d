/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The output of a connection: encoding, bursts, and its limit. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "host_stub/base/text.h"
#include "host_stub/live/net/conn_internal.h"
#include "host_stub/sv2/codec.h"

void hs_conn_flush(hs_conn *conn)
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
            hs_conn_over_errno(conn, "cannot send", errno);
            return;
        }
        conn->counts.bytes_out += (uint64_t)sent;
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
    return conn->state == CONN_CONNECTING || conn->state == CONN_OPEN;
}

/* `len` bytes were put behind the output: keeps the limit, and sends when nothing waited before. */
static int added(hs_conn *conn, size_t len)
{
    const size_t before = hs_net_buffer_len(&conn->out);
    if (before + len > conn->limits.output_bytes) {
        hs_conn_over(conn, "the peer does not read: too much output waits for it");
        return 0;
    }
    hs_net_buffer_added(&conn->out, len);
    if (before == 0) {
        conn->moved_ns = hs_net_now_ns(conn->loop);
        if (conn->state == CONN_OPEN) {
            hs_conn_flush(conn);
        }
    }
    return conn->state != CONN_OVER;
}

/* Tells the recording of the frames in `data`, one after the other. */
static void tell_sent(hs_conn *conn, const uint8_t *data, size_t len, size_t count)
{
    size_t at = 0;
    conn->counts.frames_out += count;
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
            return 0;
        }
        done = hs_sv2_encode(message, to + at, allowed, size, why) == 0;
        if (!done && (why->reason != HS_SV2_E_CAPACITY || room >= most)) {
            return 0;
        }
    }
    return 1;
}

int hs_conn_send(hs_conn *conn, const hs_sv2_message *messages, size_t count, char *why,
                 size_t capacity)
{
    size_t total = 0;
    hs_sv2_error error;
    if (!takes_output(conn)) {
        (void)hs_refuse(why, why != NULL ? capacity : 0, "the connection is over");
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        size_t size = 0;
        if (!encode_behind(conn, total, &messages[i], &size, &error)) {
            (void)hs_refuse(why, why != NULL ? capacity : 0, "%s", error.text);
            return 0;
        }
        total += size;
    }
    uint8_t *const data = hs_net_buffer_room(&conn->out, total);
    if (total == 0 || data == NULL) {
        return total == 0;
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
        return 0;
    }
    uint8_t *const to = hs_net_buffer_room(&conn->out, len);
    if (to == NULL) {
        hs_conn_over(conn, "no memory for its output");
        return 0;
    }
    if (len > 0) {
        memcpy(to, data, len);
    }
    return added(conn, len);
}
