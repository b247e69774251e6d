/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn: frames up to what a header can say, and the memory that they may take. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/conn_state.h"
#include "host_stub/sv2/codec.h"

typedef struct end {
    hs_conn *conn;
    int peer; /* what the test plays */
    unsigned frames;
    uint32_t last; /* channel_id of the last frame */
    unsigned closed;
    char reason[256];
} end;

static hs_net_loop *loop;
static end us;
static end other;

static void on_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    end *const e = ctx;
    hs_sv2_message m;
    hs_sv2_error why;
    (void)conn;
    cr_assert(hs_sv2_decode(frame, len, 0, &m, &why) == 0, "%s", why.text);
    e->frames++;
    e->last = hs_sv2_channel_of(&m);
}

static void on_closed(void *ctx, hs_conn *conn, const char *reason)
{
    end *const e = ctx;
    (void)conn;
    e->closed++;
    e->conn = NULL;
    strncpy(e->reason, reason, sizeof e->reason - 1);
}

static void begin(end *e)
{
    static const hs_conn_handler HANDLER = {NULL, on_frame, on_closed, NULL};
    int pair[2];
    memset(e, 0, sizeof *e);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    e->peer = pair[1];
    e->conn = hs_conn_new(loop, pair[0], &HANDLER, e, NULL, NULL);
    cr_assert_not_null(e->conn);
}

static void start(void)
{
    loop = hs_net_loop_new();
    cr_assert_not_null(loop);
    begin(&us);
    begin(&other);
}

static void finish(void)
{
    hs_conn_free(us.conn);
    hs_conn_free(other.conn);
    (void)close(us.peer);
    (void)close(other.peer);
    hs_net_loop_free(loop);
}

TestSuite(net_large, .init = start, .fini = finish);

static void turn(void)
{
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
}

/* SetTarget with so many bytes of payload: what an extension has put behind it. Sends the first
 * `part` bytes, as far as the connection takes them. */
static void put(const end *e, size_t payload, size_t part)
{
    uint8_t *const frame = calloc(1, 6 + payload);
    cr_assert_not_null(frame);
    frame[1] = 0x80;
    frame[2] = 0x21;
    frame[3] = (uint8_t)payload;
    frame[4] = (uint8_t)(payload >> 8);
    frame[5] = (uint8_t)(payload >> 16);
    frame[6] = 9; /* channel_id */
    for (size_t at = 0; at < part && e->closed == 0;) {
        const ssize_t some = send(e->peer, frame + at, part - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        at += some > 0 ? (size_t)some : 0;
        turn();
    }
    free(frame);
}

static void turn_until(const unsigned *count, unsigned wanted)
{
    for (int i = 0; i < 4000 && *count < wanted; i++) {
        turn();
    }
    cr_assert_eq(*count, wanted, "%s", us.reason);
}

/* Bytes of memory for the input: those that are there, and the room behind them. */
static size_t held(void)
{
    struct evbuffer_iovec room;
    const size_t there = evbuffer_get_length(us.conn->in);
    const size_t together = evbuffer_get_contiguous_space(us.conn->in);
    if (there == 0) {
        return together;
    }
    cr_assert_eq(evbuffer_reserve_space(us.conn->in, 0, &room, 1), 1);
    return there + room.iov_len;
}

Test(net_large, a_frame_may_be_as_long_as_its_header_can_say)
{
    static const size_t PAYLOADS[] = {300000, 0xffffff};
    for (unsigned i = 0; i < 2; i++) {
        put(&us, PAYLOADS[i], 6 + PAYLOADS[i]);
        turn_until(&us.frames, i + 1);
        cr_assert_eq(us.last, 9);
        cr_assert_eq(held(), 0, "it is given back");
        cr_assert_eq(*hs_net_loop_large_bytes(loop), 0);
    }
}

Test(net_large, there_is_no_memory_for_bytes_that_have_not_come)
{
    put(&us, 0xffffff, 10);
    turn();
    cr_assert_leq(held(), 64u * 1024u);
    put(&us, 0xffffff, 500000); /* its header is somewhere in the frame, and does no harm there */
    for (int i = 0; i < 100; i++) {
        turn();
    }
    cr_assert_leq(held(), 1024u * 1024u);
    cr_assert_gt(*hs_net_loop_large_bytes(loop), 200000);
}

Test(net_large, all_together_have_a_limit)
{
    const size_t others = HS_CONN_LARGE_TOTAL_BYTES - 100000;
    *hs_net_loop_large_bytes(loop) += others; /* as if they had begun */
    put(&us, 300000, 6 + 300000);
    turn_until(&us.frames, 1);
    put(&us, 600000, 6 + 600000);
    turn_until(&us.closed, 1);
    cr_assert_str_eq(us.reason, "too much of large frames waits, here and on other connections");
    cr_assert_eq(*hs_net_loop_large_bytes(loop), others, "its own are no longer in the book");
    *hs_net_loop_large_bytes(loop) += 200000;
    put(&other, 300, 6 + 300);
    turn_until(&other.frames, 1); /* who sends little is not concerned */
}
