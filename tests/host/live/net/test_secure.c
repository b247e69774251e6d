/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn by Noise: both ends, and one end against a peer that does not keep to it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "host_stub/live/net/conn.h"
#include "host_stub/noise/handshake.h"
#include "host_stub/sv2/codec.h"
#include "tests/host/live/net/local.h"

enum { COINBASE = 200000 };

typedef struct seen {
    hs_conn *conn;
    unsigned opened;
    unsigned frames;
    unsigned wire_in;
    unsigned wire_out;
    unsigned closed;
    size_t bytes; /* of the last frame */
    uint32_t last;
    char reason[256];
} seen;

static hs_net_loop *loop;
static const hs_net_listener *listener;
static hs_noise_authority ours;
static hs_net_noise server_noise = {.ours = &ours};
static hs_conn_limits server_limits;
static seen client;
static seen server;
static int peer = -1; /* instead of one of them */
static uint8_t coinbase[COINBASE];

static void on_open(void *ctx, hs_conn *conn)
{
    cr_assert(hs_conn_is_open(conn));
    ((seen *)ctx)->opened++;
}

static void on_frame(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len)
{
    seen *const s = ctx;
    hs_sv2_message m;
    hs_sv2_error why;
    (void)conn;
    cr_assert(hs_sv2_decode(frame, len, HS_SV2_STRICT, &m, &why) == 0, "%s", why.text);
    s->frames++;
    s->bytes = len;
    s->last = hs_sv2_channel_of(&m);
}

static void on_closed(void *ctx, hs_conn *conn, const char *reason)
{
    seen *const s = ctx;
    (void)conn;
    s->closed++;
    s->conn = NULL;
    strncpy(s->reason, reason, sizeof s->reason - 1);
}

static void on_wire(void *ctx, hs_conn *conn, int sent, const uint8_t *frame, size_t len)
{
    seen *const s = ctx;
    size_t size = 0;
    (void)conn;
    cr_assert(hs_sv2_frame_size(frame, len, &size, NULL) == 0 && size == len);
    *(sent ? &s->wire_out : &s->wire_in) += 1;
}

static const hs_conn_handler HANDLER = {on_open, on_frame, on_closed, on_wire};

static void on_accept(void *ctx, int fd)
{
    (void)ctx;
    server.conn = hs_conn_new(loop, fd, &HANDLER, &server, &server_limits, &server_noise);
}

static void start(void)
{
    hs_noise_key key;
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    memset(&ours, 0, sizeof ours);
    memset(&server_limits, 0, sizeof server_limits);
    cr_assert_eq(hs_noise_key_make(&key), 0);
    memcpy(ours.secret, key.secret, sizeof ours.secret);
    cr_assert_eq(hs_noise_public(ours.secret, ours.x), 0);
    loop = hs_net_loop_new();
    listener = listen_local(loop, 0, on_accept, NULL);
}

static void finish(void)
{
    hs_conn_free(client.conn);
    hs_conn_free(server.conn);
    close_all_local();
    hs_net_loop_free(loop);
    if (peer >= 0) {
        (void)close(peer);
    }
}

TestSuite(net_secure, .init = start, .fini = finish);

static void connect_with(const hs_conn_limits *limits, const hs_net_noise *noise)
{
    client.conn =
        hs_conn_dial(loop, "127.0.0.1", hs_net_address_port(hs_net_listener_address(listener)),
                     &HANDLER, &client, limits, noise);
    cr_assert_not_null(client.conn);
}

/* Turns until the number is what is expected, or for two seconds. */
static void wait_for(const unsigned *number, unsigned expected)
{
    for (int i = 0; i < 200 && *number < expected; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(*number, expected, "client: %s, server: %s", client.reason, server.reason);
}

static hs_sv2_message target_message(uint32_t channel)
{
    hs_sv2_message m = {.id = HS_SV2_SET_TARGET};
    m.as.set_target.channel_id = channel;
    return m;
}

Test(net_secure, both_ends_talk_by_it)
{
    const hs_net_noise noise = {.theirs = ours.x};
    const hs_sv2_message hello = target_message(4);
    connect_with(NULL, &noise);
    cr_assert_eq(hs_conn_send_one(client.conn, &hello), 0, "before on_open it waits");
    cr_assert_eq(hs_conn_unsent_bytes(client.conn), (size_t)42);
    cr_assert_eq(hs_conn_send_raw(client.conn, (const uint8_t *)"x", 1), -1);
    wait_for(&server.frames, 1);
    cr_assert_eq(client.opened, 1u);
    cr_assert_eq(server.opened, 0u, "for those that connect");
    cr_assert_eq(server.last, 4u);
    for (uint32_t i = 1; i <= 100; i++) {
        const hs_sv2_message some[] = {target_message(i), target_message(i + 1000)};
        cr_assert_eq(hs_conn_send(server.conn, some, 2, NULL, 0), 0);
    }
    wait_for(&client.frames, 200);
    cr_assert_eq(client.last, 1100u);
    cr_assert_eq(client.wire_out, 1u);
    cr_assert_eq(client.wire_in, 200u);
    cr_assert_eq(server.wire_out, 200u);
    hs_conn_finish(server.conn, "the server goes");
    wait_for(&client.closed, 1);
    cr_assert_str_eq(client.reason, "the peer closed it");
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "the server goes");
}

Test(net_secure, frames_larger_than_a_piece_arrive_whole)
{
    const hs_net_noise noise = {.theirs = NULL};
    hs_sv2_message m = {.id = HS_SV2_NEW_EXTENDED_JOB};
    connect_with(NULL, &noise);
    wait_for(&client.opened, 1);
    static const uint32_t SIZES[] = {30000, 32749, 32750, 60000};
    for (unsigned i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        m.as.new_extended_job.channel_id = i;
        m.as.new_extended_job.coinbase_tx_prefix = (hs_sv2_bytes){coinbase, SIZES[i]};
        m.as.new_extended_job.coinbase_tx_suffix = (hs_sv2_bytes){coinbase, SIZES[i]};
        cr_assert_eq(hs_conn_send_one(client.conn, &m), 0);
        wait_for(&server.frames, i + 1);
        cr_assert_eq(server.last, i);
        cr_assert_gt(server.bytes, (size_t)2 * SIZES[i]);
    }
}

Test(net_secure, a_server_of_another_authority_is_left)
{
    uint8_t other[32];
    hs_noise_key key;
    cr_assert_eq(hs_noise_key_make(&key), 0);
    cr_assert_eq(hs_noise_public(key.secret, other), 0);
    const hs_net_noise noise = {.theirs = other};
    connect_with(NULL, &noise);
    wait_for(&client.closed, 1);
    cr_assert_eq(client.opened, 0u);
    cr_assert_str_eq(client.reason,
                     "its certificate is not signed with the authority key that is expected");
    wait_for(&server.closed, 1);
    cr_assert_eq(server.frames, 0u);
}

/* Takes the connection and says nothing. */
static void hold(void *ctx, int fd)
{
    (void)ctx;
    (void)fd;
}

Test(net_secure, a_peer_that_does_not_go_on_is_ended_in_time)
{
    const hs_net_noise noise = {.theirs = NULL};
    const hs_conn_limits limits = {.handshake_ns = 100 * HS_NET_MILLISECOND_NS};
    char why[200] = "";
    server_limits = limits;
    peer = hs_net_connect(hs_net_listener_address(listener), why, sizeof why);
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "the peer does not finish the Noise handshake in time (does it "
                                    "speak plain frames?)");
    /* And the other way: a server that says nothing. */
    listener = listen_local(loop, 0, hold, NULL);
    connect_with(&limits, &noise);
    wait_for(&client.closed, 1);
    cr_assert_str_eq(client.reason, server.reason);
}

/* ---- a peer that the test plays: a client by hand ---- */

static hs_noise_ciphers ciphers;

static void take_pair(void)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    peer = pair[1];
    server.conn = hs_conn_new(loop, pair[0], &HANDLER, &server, &server_limits, &server_noise);
}

static void put(const uint8_t *data, size_t len)
{
    cr_assert_eq(send(peer, data, len, MSG_NOSIGNAL), (ssize_t)len);
    cr_assert_eq(hs_net_loop_turn(loop, 0), 0);
}

static void shake(size_t at_a_time)
{
    hs_noise_handshake h;
    hs_noise_key key;
    uint8_t act1[HS_NOISE_ACT1_SIZE];
    uint8_t act2[HS_NOISE_ACT2_SIZE];
    char why[200] = "";
    take_pair();
    cr_assert_eq(hs_noise_key_make(&key), 0);
    hs_noise_initiate(&h, &key, act1);
    for (size_t i = 0; i < sizeof act1; i += at_a_time) {
        put(act1 + i, at_a_time);
    }
    cr_assert_eq(recv(peer, act2, sizeof act2, MSG_DONTWAIT), (ssize_t)sizeof act2);
    cr_assert_eq(
        hs_noise_complete(&h, act2, ours.x, (uint64_t)time(NULL), &ciphers, why, sizeof why), 0,
        "%s", why);
}

/* Seals target_message(7): header and payload, each with a tag. */
static size_t sealed_message(uint8_t *out)
{
    const hs_sv2_message m = target_message(7);
    uint8_t frame[64];
    size_t len = 0;
    hs_sv2_error why;
    cr_assert_eq(hs_sv2_encode(&m, frame, sizeof frame, &len, &why), 0);
    hs_noise_seal_frame(&ciphers.send, frame, len, out);
    return hs_noise_sealed_size(len);
}

/* Whoever surely speaks something else is told of at once, with the first bytes that show it. */
Test(net_secure, who_does_not_speak_noise_is_found_at_once)
{
    static const uint8_t SETUP[] = {0, 0, 0, 90, 0, 0, 0, 2, 0, 2, 0};
    static const char LINE[] = "{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": []}\n";
    take_pair();
    put(SETUP, 8);
    cr_assert_eq(server.closed, 0u, "one key in 2^40 begins so");
    put(SETUP + 8, sizeof SETUP - 8);
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "the peer speaks plain frames, and Noise is spoken here");
    (void)close(peer);
    server.closed = 0;
    take_pair();
    put((const uint8_t *)LINE, 23);
    cr_assert_eq(server.closed, 0u);
    put((const uint8_t *)LINE + 23, 1);
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "the peer speaks Stratum V1, and Noise is spoken here");
}

Test(net_secure, bytes_may_come_one_by_one)
{
    uint8_t sealed[128];
    shake(1);
    for (unsigned n = 1; n <= 3; n++) {
        const size_t len = sealed_message(sealed);
        for (size_t i = 0; i < len; i++) {
            cr_assert_eq(server.frames, n - 1);
            put(sealed + i, 1);
        }
        cr_assert_eq(server.frames, n);
        cr_assert_eq(server.last, 7u);
    }
}

/* That act 1 came in two parts is no unfinished frame afterwards. */
Test(net_secure, a_quiet_peer_is_left_alone)
{
    server_limits.half_frame_ns = 50 * HS_NET_MILLISECOND_NS;
    shake(32);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(server.closed, 0u, "%s", server.reason);
}

Test(net_secure, who_finishes_during_the_handshake_is_gone_at_once)
{
    take_pair();
    hs_conn_finish(server.conn, "no room");
    cr_assert(hs_conn_is_over(server.conn));
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "no room");
}

Test(net_secure, what_was_changed_on_its_way_ends_the_connection)
{
    static const size_t AT[] = {0, 21, 22, 60};
    for (size_t i = 0; i < sizeof AT / sizeof AT[0]; i++) {
        uint8_t sealed[128];
        server.closed = 0;
        shake(64);
        const size_t len = sealed_message(sealed);
        sealed[AT[i]] ^= 1;
        put(sealed, len);
        wait_for(&server.closed, 1);
        cr_assert_str_eq(server.reason, "what it sent was changed on its way, or is no Noise");
        cr_assert_eq(server.frames, 0u);
        (void)close(peer);
        peer = -1;
    }
}

Test(net_secure, a_peer_that_leaves_in_between_is_told_of)
{
    uint8_t sealed[128];
    take_pair();
    put(sealed, 0);
    (void)close(peer);
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "the peer closed it during the Noise handshake");
    /* Within a header, and between the header and its payload. */
    static const size_t AT[] = {5, 22, 40};
    for (size_t i = 0; i < sizeof AT / sizeof AT[0]; i++) {
        server.closed = 0;
        server.reason[0] = '\0';
        shake(64);
        (void)sealed_message(sealed);
        put(sealed, AT[i]);
        (void)close(peer);
        wait_for(&server.closed, 1);
        cr_assert_str_eq(server.reason, "the peer closed it in the middle of a frame");
    }
    peer = -1;
}

Test(net_secure, a_frame_that_is_too_large_is_refused_at_its_header)
{
    static const uint8_t HEADER[6] = {0, 0, 1, 0xff, 0xff, 0xff};
    uint8_t sealed[22];
    server_limits.frame_bytes = 262144;
    shake(64);
    hs_noise_seal_frame(&ciphers.send, HEADER, sizeof HEADER, sealed);
    put(sealed, sizeof sealed);
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "a frame of 16777221 bytes, and at most 262144 are taken");
}

Test(net_secure, an_unfinished_frame_has_its_time_limit)
{
    uint8_t sealed[128];
    server_limits.half_frame_ns = 100 * HS_NET_MILLISECOND_NS;
    shake(64);
    (void)sealed_message(sealed);
    put(sealed, 30);
    wait_for(&server.closed, 1);
    cr_assert_str_eq(server.reason, "the peer left a frame unfinished for too long");
}

/* Half a frame, as a fault sends it: the peer opens the header and waits for the rest. */
Test(net_secure, raw_bytes_are_sealed_as_a_frame_would_be)
{
    static const uint8_t HALF[8] = {0, 0x80, 0x21, 36, 0, 0, 1, 2};
    const hs_net_noise noise = {.theirs = NULL};
    const hs_conn_limits limits = {.half_frame_ns = 100 * HS_NET_MILLISECOND_NS};
    connect_with(&limits, &noise);
    wait_for(&client.opened, 1);
    cr_assert_not_null(server.conn);
    cr_assert_eq(hs_conn_send_raw(server.conn, HALF, sizeof HALF), 0);
    wait_for(&client.closed, 1);
    cr_assert_str_eq(client.reason, "the peer left a frame unfinished for too long");
}

/* One handshake after the other shows one identity: it is made once an hour. */
Test(net_secure, the_certificate_is_made_once)
{
    uint8_t before[HS_NOISE_CERTIFICATE_SIZE];
    shake(64);
    memcpy(before, ours.identity.certificate, sizeof before);
    hs_conn_free(server.conn);
    server.conn = NULL;
    (void)close(peer);
    shake(64);
    cr_assert_arr_eq(before, ours.identity.certificate, sizeof before);
}

Test(net_secure, pausing_stops_the_handshake_and_its_time)
{
    const hs_net_noise noise = {.theirs = ours.x};
    server_limits.handshake_ns = 50 * HS_NET_MILLISECOND_NS;
    connect_with(NULL, &noise);
    while (server.conn == NULL) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
        if (server.conn != NULL) {
            hs_conn_pause(server.conn, 1);
        }
    }
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(hs_net_loop_turn(loop, 10 * HS_NET_MILLISECOND_NS), 0);
    }
    cr_assert_eq(client.opened + server.closed, 0u);
    hs_conn_pause(server.conn, 0);
    wait_for(&client.opened, 1);
}
