/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn: peers that do not keep to its limits. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_stub/live/net/conn.h"
#include "tests/host/live/net/pair.h"

TestSuite(net_conn_limits, .init = start, .fini = finish);

Test(net_conn_limits, half_a_frame_is_waited_for_only_so_long)
{
    const hs_conn_limits limits = {.half_frame_ns = 60 * HS_NET_MILLISECOND_NS};
    uint8_t frame[64];
    const size_t len = frame_of(1, frame, sizeof frame);
    pair_with(&limits);
    cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    turn();
    cr_assert_eq(us.frames, 1);
    const uint64_t begin = hs_net_clock_ns();
    /* One byte every 20 ms is progress, but no frame. */
    for (size_t i = 0; us.closed == 0 && i < len - 1; i++) {
        (void)put(peer, frame + i, 1);
        for (int k = 0; k < 2; k++) {
            cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
        }
    }
    cr_assert_eq(us.closed, 1, "bytes one by one do not buy time");
    turn_until_closed();
    cr_assert_geq(hs_net_clock_ns() - begin, 59 * HS_NET_MILLISECOND_NS);
    cr_assert_str_eq(us.reason, "the peer left a frame unfinished for too long");
    cr_assert_eq(us.frames, 1);
}

Test(net_conn_limits, silence_ends_a_connection_only_when_it_is_asked_for)
{
    const hs_conn_limits limits = {.idle_ns = 30 * HS_NET_MILLISECOND_NS};
    pair_with(&limits);
    turn_until_closed();
    cr_assert_str_eq(us.reason, "nothing was heard from the peer for too long");
}

Test(net_conn_limits, a_reader_that_stalls_is_dropped)
{
    const hs_conn_limits limits = {.stall_ns = 50 * HS_NET_MILLISECOND_NS};
    const hs_sv2_message m = target_message(1);
    pair_with(&limits);
    for (int i = 0; i < 20000 && hs_conn_unsent_bytes(us.conn) == 0; i++) {
        cr_assert(hs_conn_send_one(us.conn, &m) == 0);
    }
    cr_assert_gt(hs_conn_unsent_bytes(us.conn), 0);
    cr_assert(hs_conn_is_open(us.conn));
    turn_until_closed();
    cr_assert_str_eq(us.reason, "the peer does not read what is sent to it");
}

Test(net_conn_limits, unsent_output_has_a_limit)
{
    const hs_conn_limits limits = {.output_bytes = 4096};
    const hs_sv2_message m = target_message(1);
    int sent = 0;
    pair_with(&limits);
    while (sent < 100000 && hs_conn_send_one(us.conn, &m) == 0) {
        sent++;
        cr_assert_leq(hs_conn_unsent_bytes(us.conn), 4096);
    }
    cr_assert_lt(sent, 100000);
    cr_assert(hs_conn_is_over(us.conn));
    cr_assert_eq(us.closed, 0, "never from within hs_conn_send");
    cr_assert(hs_conn_send_one(us.conn, &m) != 0);
    turn_until_closed();
    cr_assert_str_eq(us.reason, "the peer does not read: too much output waits for it");
}

Test(net_conn_limits, too_large_a_frame_ends_it)
{
    const uint8_t header[] = {0, 0x80, 0x21, 0xff, 0xff, 0xff};
    const hs_conn_limits limits = {.frame_bytes = 262144};
    pair_with(&limits);
    cr_assert_eq(put(peer, header, sizeof header), 6);
    turn_until_closed();
    cr_assert_str_eq(us.reason, "a frame of 16777221 bytes, and at most 262144 are taken");
    cr_assert_eq(us.frames, 0);
}

Test(net_conn_limits, a_peer_that_does_not_leave_is_left_after_a_second)
{
    pair_with(NULL);
    hs_conn_finish(us.conn, "good bye");
    const uint64_t begin = hs_net_clock_ns();
    turn_until_closed();
    cr_assert_geq(hs_net_clock_ns() - begin, 900 * HS_NET_MILLISECOND_NS);
    cr_assert_lt(hs_net_clock_ns() - begin, 5 * HS_NET_SECOND_NS);
}

/* ---- whoever connects introduces itself ---- */

Test(net_conn_limits, who_does_not_introduce_itself_in_time_is_ended)
{
    const hs_conn_limits limits = {.greeting_ns = 60 * HS_NET_MILLISECOND_NS};
    uint8_t frame[64];
    const size_t len = frame_of(1, frame, sizeof frame);
    pair_with(&limits);
    cr_assert_eq(put(peer, frame, len), (ssize_t)len, "frames alone are no introduction");
    turn_until_closed();
    cr_assert_str_eq(us.reason, "the peer does not introduce itself in time");
    cr_assert_eq(us.frames, 1);
}

/* It has when it is answered. */
Test(net_conn_limits, who_was_answered_has_time)
{
    const hs_conn_limits limits = {.greeting_ns = 40 * HS_NET_MILLISECOND_NS, .greeting_bytes = 50};
    const hs_sv2_message welcome = target_message(9);
    uint8_t frame[64];
    const size_t len = frame_of(1, frame, sizeof frame);
    pair_with(&limits);
    cr_assert_eq(put(peer, frame, len), (ssize_t)len);
    turn();
    cr_assert_eq(hs_conn_send_one(us.conn, &welcome), 0);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(put(peer, frame, len), (ssize_t)len);
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    turn();
    cr_assert_eq(us.closed, 0, "%s", us.reason);
    cr_assert_eq(us.frames, 11);
}

Test(net_conn_limits, an_introduction_has_so_many_bytes)
{
    uint8_t frame[64];
    const size_t len = frame_of(1, frame, sizeof frame);
    const hs_conn_limits limits = {.greeting_bytes = 2 * len};
    const uint8_t header[] = {0, 0, 0, 0, 16, 0};
    pair_with(&limits);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(put(peer, frame, len), (ssize_t)len);
        turn();
        turn();
    }
    cr_assert_eq(us.frames, 2);
    cr_assert_eq(us.closed, 0, "%s", us.reason);
    cr_assert_eq(put(peer, frame, 1), 1);
    turn_until_closed();
    cr_assert_str_eq(us.reason,
                     "a frame of 6 bytes, and at most 0 are taken before it has introduced itself");
    us.closed = 0;
    (void)close(peer);
    pair_with(&limits);
    cr_assert_eq(put(peer, header, sizeof header), 6);
    turn_until_closed();
    cr_assert_str_eq(
        us.reason,
        "a frame of 4102 bytes, and at most 84 are taken before it has introduced itself");
}
