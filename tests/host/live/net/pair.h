/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A connection under test, one end of a socketpair of which the test plays the other, and what its
 * owner was told. */
#ifndef TESTS_HOST_LIVE_NET_PAIR_H
#define TESTS_HOST_LIVE_NET_PAIR_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/conn.h"
#include "host_stub/sv2/codec.h"
#include "tests/host/live/net/local.h"

typedef struct seen {
    hs_conn *conn;
    unsigned frames;
    uint32_t last; /* channel_id of the last frame */
    unsigned wire_in;
    unsigned wire_out;
    unsigned opened;
    unsigned closed;
    char reason[256];
    int close_at; /* closes the connection in on_frame at this count; 0 = never */
    int free_at;  /* frees it */
    int finish_at;
    int pause_at;
} seen;

static hs_net_loop *loop;
static seen us;
static int peer = -1;

static inline void on_open(void *ctx, hs_conn *conn)
{
    seen *const s = ctx;
    cr_assert_eq(s->conn, conn);
    s->opened++;
}

static inline void on_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    seen *const s = ctx;
    hs_sv2_message m;
    hs_sv2_error why;
    const int count = (int)++s->frames;
    if (count == s->close_at) {
        hs_conn_close(conn, "that is enough");
    }
    if (count == s->finish_at) {
        hs_conn_finish(conn, "good bye");
    }
    if (count == s->pause_at) {
        hs_conn_pause(conn, 1);
    }
    if (count == s->free_at) {
        hs_conn_free(conn);
        s->conn = NULL;
    }
    /* The frame is there until we return, whatever was done to the connection. */
    cr_assert(hs_sv2_decode(frame, len, 0, &m, &why) == 0, "%s", why.text);
    s->last = hs_sv2_channel_of(&m);
}

static inline void on_closed(void *ctx, hs_conn *conn, const char *reason)
{
    seen *const s = ctx;
    cr_assert(hs_conn_is_over(conn));
    s->closed++;
    s->conn = NULL;
    strncpy(s->reason, reason, sizeof s->reason - 1);
}

static inline void on_wire(void *ctx, hs_conn *conn, int sent, const uint8_t *frame, size_t len)
{
    seen *const s = ctx;
    size_t size = 0;
    (void)conn;
    cr_assert(hs_sv2_frame_size(frame, len, &size, NULL) == 0);
    cr_assert_eq(size, len);
    *(sent ? &s->wire_out : &s->wire_in) += 1;
}

static const hs_conn_handler HANDLER = {on_open, on_frame, on_closed, on_wire};

static inline void start(void)
{
    loop = hs_net_loop_new();
    cr_assert_not_null(loop);
    memset(&us, 0, sizeof us);
}

static inline void finish(void)
{
    hs_conn_free(us.conn);
    close_all_local();
    hs_net_loop_free(loop);
    if (peer >= 0) {
        (void)close(peer);
    }
}

static inline void pair_with(const hs_conn_limits *limits)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    peer = pair[1];
    us.conn = hs_conn_new(loop, pair[0], &HANDLER, &us, limits, NULL);
    cr_assert_not_null(us.conn);
}

/* Writing to a connection that is closed must not end the test. */
static inline ssize_t put(int fd, const void *data, size_t len)
{
    return send(fd, data, len, MSG_NOSIGNAL);
}

static inline void turn(void)
{
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
}

static inline void turn_until_closed(void)
{
    for (int i = 0; i < 1000 && us.closed == 0; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 20 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(us.closed, 1);
    turn();
    cr_assert_eq(us.closed, 1, "told once");
}

static inline hs_sv2_message target_message(uint32_t channel)
{
    hs_sv2_message m = {.id = HS_SV2_SET_TARGET};
    m.as.set_target.channel_id = channel;
    return m;
}

static inline size_t frame_of(uint32_t channel, uint8_t *out, size_t capacity)
{
    const hs_sv2_message m = target_message(channel);
    hs_sv2_error why;
    size_t len = 0;
    cr_assert(hs_sv2_encode(&m, out, capacity, &len, &why) == 0, "%s", why.text);
    return len;
}

#endif
