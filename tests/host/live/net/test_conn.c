/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn: frames however they are cut, bursts, and what its owner may do. The connection
 * under test is one end of a socketpair or of a loopback connection; the test plays the peer. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/conn.h"
#include "host_stub/live/net/listen.h"
#include "host_stub/sv2/codec.h"
#include "tests/host/live/net/local.h"
#include "tests/host/live/net/pair.h"

TestSuite(net_conn, .init = start, .fini = finish);

Test(net_conn, frames_may_be_cut_at_every_byte)
{
    uint8_t two[128];
    const size_t first = frame_of(7, two, sizeof two);
    const size_t len = first + frame_of(8, two + first, sizeof two - first);
    pair_with(NULL);
    for (size_t cut = 0; cut <= len; cut++) {
        us.frames = 0;
        cr_assert_eq(put(peer, two, cut), (ssize_t)cut);
        turn();
        cr_assert_eq(us.frames, (cut >= first) + (cut == len));
        cr_assert_eq(put(peer, two + cut, len - cut), (ssize_t)(len - cut));
        turn();
        cr_assert_eq(us.frames, 2);
        cr_assert_eq(us.last, 8);
    }
    us.frames = 0;
    for (size_t i = 0; i < len; i++) { /* byte by byte */
        cr_assert_eq(put(peer, two + i, 1), 1);
        turn();
    }
    cr_assert_eq(us.frames, 2);
    cr_assert_eq(us.wire_in, 2 * (len + 2));
    cr_assert(hs_conn_is_open(us.conn));
}

Test(net_conn, several_messages_leave_as_one_burst)
{
    const hs_sv2_message messages[] = {target_message(1), target_message(2), target_message(3)};
    uint8_t got[512];
    char why[200];
    int pair[2];
    /* A packet socket keeps the borders of writes. */
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    peer = pair[1];
    us.conn = hs_conn_new(loop, pair[0], &HANDLER, &us, NULL, NULL);
    cr_assert(hs_conn_send(us.conn, messages, 3, why, sizeof why) == 0);
    const ssize_t len = recv(peer, got, sizeof got, 0);
    size_t at = 0;
    for (uint32_t i = 1; i <= 3; i++) {
        size_t size = 0;
        hs_sv2_message m;
        hs_sv2_error error;
        cr_assert(hs_sv2_frame_size(got + at, (size_t)len - at, &size, NULL) == 0);
        cr_assert(hs_sv2_decode(got + at, size, HS_SV2_STRICT, &m, &error) == 0);
        cr_assert_eq(m.as.set_target.channel_id, i);
        at += size;
    }
    cr_assert_eq(at, (size_t)len);
    cr_assert_eq(us.wire_out, 3);
    cr_assert(hs_conn_send(us.conn, messages, 0, why, sizeof why) == 0);
}

Test(net_conn, a_burst_with_a_message_that_cannot_be_encoded_is_not_sent_at_all)
{
    hs_sv2_message messages[] = {target_message(1), {.id = 0x1e}};
    char why[200] = "";
    uint8_t got[64];
    pair_with(NULL);
    cr_assert(hs_conn_send(us.conn, messages, 2, why, sizeof why) != 0);
    cr_assert_neq(why[0], '\0');
    cr_assert(hs_conn_send(us.conn, messages, 2, NULL, 0) != 0);
    cr_assert_lt(recv(peer, got, sizeof got, MSG_DONTWAIT), 0);
    cr_assert_eq(us.wire_out, 0);
    cr_assert(hs_conn_is_open(us.conn));
    cr_assert(hs_conn_send(us.conn, messages, 1, why, sizeof why) == 0);
    cr_assert_eq(recv(peer, got, sizeof got, MSG_DONTWAIT), 42);
}

Test(net_conn, large_messages_are_sent_whole_and_larger_ones_than_the_output_refused)
{
    static uint8_t coinbase[60000];
    const hs_conn_limits limits = {.output_bytes = 100000};
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    char why[200] = "";
    size_t got = 0;
    static uint8_t data[200000];
    m.as.new_extended_job.coinbase_tx_prefix = (hs_sv2_bytes){coinbase, sizeof coinbase};
    pair_with(&limits);
    cr_assert(hs_conn_send(us.conn, &m, 1, why, sizeof why) == 0, "%s", why);
    while (got < 60000) {
        const ssize_t some = recv(peer, data + got, sizeof data - got, 0);
        cr_assert_gt(some, 0);
        got += (size_t)some;
        turn();
    }
    cr_assert_eq(hs_conn_unsent_bytes(us.conn), 0);
    m.as.new_extended_job.coinbase_tx_suffix = (hs_sv2_bytes){coinbase, sizeof coinbase};
    cr_assert(hs_conn_send(us.conn, &m, 1, why, sizeof why) != 0);
    cr_assert(hs_conn_is_open(us.conn));
}

Test(net_conn, output_that_waited_arrives_in_order)
{
    int pair[2];
    uint32_t sent = 0;
    uint32_t received = 0;
    static uint8_t data[4 << 20];
    size_t len = 0;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    peer = pair[1];
    us.conn = hs_conn_new(loop, pair[0], &HANDLER, &us, NULL, NULL);
    while (hs_conn_unsent_bytes(us.conn) < 100000) {
        const hs_sv2_message m = target_message(++sent);
        cr_assert(hs_conn_send_one(us.conn, &m) == 0);
    }
    while (received < sent) {
        size_t at = 0;
        size_t size = 0;
        const ssize_t got = recv(peer, data + len, sizeof data - len, 0);
        cr_assert_gt(got, 0);
        len += (size_t)got;
        while (hs_sv2_frame_size(data + at, len - at, &size, NULL) == 0) {
            hs_sv2_message m;
            hs_sv2_error why;
            cr_assert(hs_sv2_decode(data + at, size, HS_SV2_STRICT, &m, &why) == 0);
            cr_assert_eq(m.as.set_target.channel_id, ++received);
            at += size;
        }
        memmove(data, data + at, len - at);
        len -= at;
        turn();
    }
    cr_assert_eq(hs_conn_unsent_bytes(us.conn), 0);
}

Test(net_conn, frames_that_came_before_the_end_are_handed_on)
{
    uint8_t frame[64];
    const size_t len = frame_of(5, frame, sizeof frame);
    const hs_conn_limits limits = {.frames_per_turn = 3};
    pair_with(&limits);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    }
    (void)close(peer);
    peer = -1;
    turn_until_closed();
    cr_assert_eq(us.frames, 10);
    cr_assert_str_eq(us.reason, "the peer closed it");
}

Test(net_conn, an_end_within_a_frame_is_said_to_be_one)
{
    uint8_t frame[64];
    const size_t len = frame_of(5, frame, sizeof frame);
    pair_with(NULL);
    cr_assert_eq(put(peer, frame, len - 1), (ssize_t)(len - 1));
    (void)close(peer);
    peer = -1;
    turn_until_closed();
    cr_assert_eq(us.frames, 0);
    cr_assert_str_eq(us.reason, "the peer closed it in the middle of a frame");
}

Test(net_conn, a_flood_does_not_starve_the_others)
{
    uint8_t frame[64];
    static uint8_t flood[1000 * 64];
    const size_t len = frame_of(9, frame, sizeof frame);
    const hs_conn_limits limits = {.frames_per_turn = 10};
    size_t flood_len = 0;
    int quiet[2];
    seen other;
    memset(&other, 0, sizeof other);
    pair_with(&limits);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet), 0);
    other.conn = hs_conn_new(loop, quiet[0], &HANDLER, &other, &limits, NULL);
    for (int i = 0; i < 1000; i++) {
        memcpy(flood + flood_len, frame, len);
        flood_len += len;
    }
    cr_assert_eq(put(peer, flood, flood_len), (ssize_t)flood_len);
    cr_assert_eq(put(quiet[1], frame, len), (ssize_t)len);
    turn();
    cr_assert_eq(us.frames, 10);
    cr_assert_eq(other.frames, 1, "served in the same turn");
    for (unsigned i = 2; i <= 100; i++) {
        turn();
        cr_assert_eq(us.frames, 10 * i);
    }
    turn();
    cr_assert_eq(us.frames, 1000);
    hs_conn_free(other.conn);
    (void)close(quiet[1]);
}

Test(net_conn, the_owner_may_close_in_a_callback)
{
    uint8_t frame[64];
    const size_t len = frame_of(5, frame, sizeof frame);
    pair_with(NULL);
    us.close_at = 2;
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    }
    turn_until_closed();
    cr_assert_eq(us.frames, 2);
    cr_assert_str_eq(us.reason, "that is enough");
    cr_assert_eq(recv(peer, frame, sizeof frame, MSG_DONTWAIT) > 0, 0);
}

Test(net_conn, the_owner_may_free_in_a_callback)
{
    uint8_t frame[64];
    const size_t len = frame_of(5, frame, sizeof frame);
    pair_with(NULL);
    us.free_at = 1;
    cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    for (int i = 0; i < 5; i++) {
        turn();
    }
    cr_assert_eq(us.frames, 1);
    cr_assert_eq(us.closed, 0, "freeing is silent");
}

Test(net_conn, a_pause_keeps_frames_back_and_loses_none)
{
    uint8_t frame[64];
    const size_t len = frame_of(5, frame, sizeof frame);
    const hs_conn_limits limits = {.half_frame_ns = 20 * HS_NET_MILLISECOND_NS,
                                   .idle_ns = 20 * HS_NET_MILLISECOND_NS};
    pair_with(&limits);
    us.pause_at = 1;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    }
    cr_assert_eq(put(peer, frame, 3), 3);
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(us.frames, 1);
    cr_assert_eq(us.closed, 0, "it was we who did not read");
    hs_conn_pause(us.conn, 0);
    turn();
    cr_assert_eq(us.frames, 3);
    cr_assert_eq(put(peer, frame + 3, len - 3), (ssize_t)(len - 3));
    turn();
    cr_assert_eq(us.frames, 4);
}

static void take(void *ctx, int fd)
{
    (void)ctx;
    us.conn = hs_conn_new(loop, fd, &HANDLER, &us, NULL, NULL);
}

/* A blocking peer over TCP, where closing with input unread throws away what the peer has not yet
 * read. */
static void tcp_pair(void)
{
    char why[200] = "";
    const hs_net_listener *const listener = listen_local(loop, 0, take, NULL);
    peer = hs_net_connect(hs_net_listener_address(listener), why, sizeof why);
    cr_assert_geq(peer, 0, "%s", why);
    cr_assert_eq(fcntl(peer, F_SETFL, 0), 0);
    while (us.conn == NULL) {
        cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    }
}

Test(net_conn, a_last_message_arrives_although_the_peer_has_sent_more)
{
    uint8_t frame[64];
    uint8_t got[64];
    const size_t len = frame_of(5, frame, sizeof frame);
    const hs_sv2_message last = target_message(77);
    char why[200] = "";
    us.finish_at = 1;
    tcp_pair();
    cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    cr_assert(hs_conn_send(us.conn, &last, 1, why, sizeof why) == 0);
    for (int i = 0; i < 10 && us.frames == 0; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, HS_NET_SECOND_NS), 0);
    }
    cr_assert_eq(us.frames, 1);
    for (int i = 0; i < 50; i++) {
        cr_assert_eq(put(peer, frame, len), (ssize_t)len);
        turn();
    }
    cr_assert_eq(us.closed, 0);
    cr_assert_eq(us.frames, 1, "nothing more is handed on");
    cr_assert_eq(recv(peer, got, sizeof got, 0), 42);
    cr_assert_eq(recv(peer, got, sizeof got, 0), 0, "then our side is closed");
    (void)close(peer);
    peer = -1;
    turn_until_closed();
    cr_assert_str_eq(us.reason, "good bye");
}

static seen server;

static void on_accept(void *ctx, int fd)
{
    (void)ctx;
    server.conn = hs_conn_new(loop, fd, &HANDLER, &server, NULL, NULL);
}

Test(net_conn, connects_and_talks_over_loopback)
{
    const hs_sv2_message hello = target_message(4);
    memset(&server, 0, sizeof server);
    const hs_net_listener *const listener = listen_local(loop, 0, on_accept, NULL);
    const uint16_t port = hs_net_address_port(hs_net_listener_address(listener));
    us.conn = hs_conn_dial(loop, "127.0.0.1", port, &HANDLER, &us, NULL, NULL);
    cr_assert_not(hs_conn_is_open(us.conn));
    cr_assert(hs_conn_send_one(us.conn, &hello) == 0, "before on_open it waits");
    for (int i = 0; i < 100 && server.frames == 0; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(us.opened, 1);
    cr_assert_eq(server.frames, 1);
    cr_assert_eq(server.last, 4);
    cr_assert(hs_conn_send_one(server.conn, &hello) == 0);
    hs_conn_close(server.conn, "the server goes");
    turn_until_closed();
    cr_assert_eq(us.frames, 1);
    cr_assert_eq(server.closed, 1);
    cr_assert_str_eq(server.reason, "the server goes");
}

Test(net_conn, nobody_there_is_told_as_the_end)
{
    hs_net_listener *const listener = listen_local(loop, 0, on_accept, NULL);
    const uint16_t port = hs_net_address_port(hs_net_listener_address(listener));
    close_local(listener);
    char wanted[200];
    us.conn = hs_conn_dial(loop, "127.0.0.1", port, &HANDLER, &us, NULL, NULL);
    turn_until_closed();
    cr_assert_eq(us.opened, 0);
    snprintf(wanted, sizeof wanted, "cannot connect to 127.0.0.1:%u: Connection refused",
             (unsigned)port);
    cr_assert_str_eq(us.reason, wanted);
}

Test(net_conn, one_that_is_still_dialled_may_be_closed_and_freed)
{
    us.conn = hs_conn_dial(loop, "127.0.0.1", 1, &HANDLER, &us, NULL, NULL);
    hs_conn_close(us.conn, "not wanted any more");
    cr_assert(hs_conn_is_over(us.conn));
    turn_until_closed();
    cr_assert_str_eq(us.reason, "not wanted any more");
    us.conn = hs_conn_dial(loop, "127.0.0.1", 1, &HANDLER, &us, NULL, NULL);
    hs_conn_free(us.conn);
    us.conn = NULL;
    cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    cr_assert_eq(us.closed, 1);
}
