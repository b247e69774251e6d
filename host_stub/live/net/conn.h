/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/conn: one SV2 connection on a live/net/loop, by Noise (live/net/secure) or in the plain:
 * cuts what comes in into frames, writes what goes out in bursts, and ends the connection, with a
 * reason, when the peer does not keep to the limits. It does not look into frames beyond their
 * header: decoding (hs_sv2_decode) and what to do about an illegal message (hs_conn_close) is the
 * owner's.
 *
 * Nobody can make it grow or hold up others: the input buffer grows as the bytes of a frame come,
 * holds one of the largest allowed size or what one read brings, and gives the memory back; large
 * frames that are under way have a limit together, over all connections of the loop. Output beyond
 * its limit ends the connection, and at most so many frames are handed on per turn of the loop; the
 * rest stays in the socket, where TCP slows the sender down.
 *
 * No callback is called from within a function of this header: the end of a connection is told in
 * the next turn of the loop, once, and the connection is freed when on_closed returns. Until then
 * every function may be called on it and does nothing. */
#ifndef HOST_STUB_LIVE_NET_CONN_H
#define HOST_STUB_LIVE_NET_CONN_H

#include "host_stub/live/net/loop.h"
#include "host_stub/live/net/secure.h"
#include "host_stub/sv2/types.h"

typedef struct hs_conn hs_conn;

/* 0 in a field = the default that is named. */
typedef struct hs_conn_limits {
    size_t frame_bytes;       /* largest frame, header included; 0 = all that a header can say */
    size_t output_bytes;      /* output that waits to be sent; 0 = 1 MiB */
    uint32_t frames_per_turn; /* handed to on_frame per turn of the loop; 0 = 64 */
    uint64_t half_frame_ns;   /* from a frame's first byte to its last; 0 = 10 s */
    uint64_t stall_ns;        /* unsent output of which nothing moves; 0 = 10 s */
    uint64_t connect_ns;      /* to look a name up, and to connect to each address; 0 = 5 s */
    uint64_t handshake_ns;    /* for the handshake of Noise; 0 = 5 s */
    uint64_t idle_ns;         /* without any byte from the peer; 0 = for ever */
    /* One that was accepted has to introduce itself: until something is sent to it, it may take so
     * long and say so much; 0 = any time, and any number of bytes. */
    uint64_t greeting_ns;
    size_t greeting_bytes;
    int loopback_only; /* hs_conn_dial: to an address of this machine, or not at all */
} hs_conn_limits;

enum {
    HS_CONN_LARGE_BYTES = 256 * 1024,            /* what a connection may have of a frame ... */
    HS_CONN_LARGE_TOTAL_BYTES = 64 * 1024 * 1024 /* ... and of larger ones all together beyond it */
};

typedef struct hs_conn_handler {
    /* One that was dialled is connected, by Noise if it is to be. NULL = not wanted; never called
     * for accepted ones. */
    void (*on_open)(void *ctx, hs_conn *conn);
    /* One whole frame, header included; it lives until the call returns. */
    void (*on_frame)(void *ctx, hs_conn *conn, const uint8_t *frame, size_t len);
    /* The connection is over; `reason` is one sentence without a final point. `conn` is freed when
     * the call returns. */
    void (*on_closed)(void *ctx, hs_conn *conn, const char *reason);
    /* For recordings: every frame of either direction, in order, before on_frame sees it (sent = 0)
     * and when it is put into the output (sent = 1), in the plain. NULL = not wanted. Bytes of
     * hs_conn_send_raw are not told. It must not call anything of this header on the connection. */
    void (*on_wire)(void *ctx, hs_conn *conn, int sent, const uint8_t *frame, size_t len);
} hs_conn_handler;

/* Takes over a connected socket (hs_net_accept_fn, socketpair) and makes it non-blocking. `handler`
 * is copied; `limits` may be NULL. `noise`, with an authority of ours, is copied; NULL: plain
 * frames. NULL when out of memory; the socket is closed then. */
hs_conn *hs_conn_new(hs_net_loop *loop, int fd, const hs_conn_handler *handler, void *ctx,
                     const hs_conn_limits *limits, const hs_net_noise *noise);
/* Connects to a host, whose name is looked up, and without an authority of ours: on_open or
 * on_closed tells how it went. What is sent before on_open waits for it. */
hs_conn *hs_conn_dial(hs_net_loop *loop, const char *host, uint16_t port,
                      const hs_conn_handler *handler, void *ctx, const hs_conn_limits *limits,
                      const hs_net_noise *noise);

/* Encodes `count` messages and sends them as one burst, in one write when the socket takes it.
 * Returns 0; or -1 with nothing sent when one cannot be encoded (one sentence in *why, which may be
 * NULL; the connection lives on), when the connection is over, or when the output's limit is
 * exceeded (the connection is ended then). */
int hs_conn_send(hs_conn *conn, const hs_sv2_message *messages, size_t count, char *why,
                 size_t capacity);
int hs_conn_send_one(hs_conn *conn, const hs_sv2_message *message);
/* Bytes as they are: for tests and faults that send what is no frame. By Noise they are sealed as
 * one frame would be, and refused (-1) before the handshake is over. */
int hs_conn_send_raw(hs_conn *conn, const uint8_t *data, size_t len);

/* Ends it now; output that has not been sent is lost. The reason is copied and cut to 200. */
void hs_conn_close(hs_conn *conn, const char *reason);
/* Ends it when the output has been sent and the peer has closed its side too, or after a second
 * for the latter: a last message (SetupConnection.Error) surely arrives. Nothing more is handed to
 * on_frame. */
void hs_conn_finish(hs_conn *conn, const char *reason);
/* Ends and frees it without a word to the owner: on_closed is not called. May be called in its own
 * callbacks. NULL is fine. */
void hs_conn_free(hs_conn *conn);

/* Stops handing on frames and reading, or goes on: for back pressure. The time limits but stall_ns
 * rest meanwhile. */
void hs_conn_pause(hs_conn *conn, int paused);

int hs_conn_is_over(const hs_conn *conn);
/* Connected, and neither over nor about to be. */
int hs_conn_is_open(const hs_conn *conn);
size_t hs_conn_unsent_bytes(const hs_conn *conn);

#endif
