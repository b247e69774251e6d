/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/net/secure: Noise between a connection's socket and its frames: the handshake in the role
 * that is asked for, then frames that are sealed on their way out and opened on their way in. What
 * the bytes of a frame mean, time limits and the socket are live/net/conn's business. */
#ifndef HOST_STUB_LIVE_NET_SECURE_H
#define HOST_STUB_LIVE_NET_SECURE_H

#include <event2/buffer.h>

#include "host_stub/noise/authority.h"

/* How a connection is secured. */
typedef struct hs_net_noise {
    /* The other end connects to us, and we show what this authority certifies; it must outlive the
     * connection. NULL: we connect. */
    hs_noise_authority *ours;
    /* We connect, and this authority (an x) has to have certified the other end. NULL: anybody may
     * be there. */
    const uint8_t *theirs;
} hs_net_noise;

typedef struct hs_secure hs_secure;

/* *noise is copied with the key that it points to. NULL when out of memory. */
hs_secure *hs_secure_new(const hs_net_noise *noise);
/* Wipes and frees it; NULL is fine. */
void hs_secure_free(hs_secure *secure);

/* The first word, when it is ours. 0, or -1 out of memory. */
int hs_secure_begin(hs_secure *secure, struct evbuffer *out);

/* Where bytes from the socket go, for hs_secure_receive. */
struct evbuffer *hs_secure_received(hs_secure *secure);
/* Goes on with the handshake, whose answer goes into `out`, and opens what is there into `frames`.
 * 0; or -1 with a sentence about the other end: the connection is lost. */
int hs_secure_receive(hs_secure *secure, struct evbuffer *frames, struct evbuffer *out, char *why,
                      size_t capacity);
/* Is the handshake over? */
int hs_secure_is_ready(const hs_secure *secure);

/* Where frames to be sent go, whole ones, for hs_secure_send. */
struct evbuffer *hs_secure_sent(hs_secure *secure);
/* Seals them into `out`; before the handshake is over they wait. 0, or -1 out of memory. */
int hs_secure_send(hs_secure *secure, struct evbuffer *out);
/* Seals bytes that need not be a frame as if they were one. Once it is ready. 0, or -1. */
int hs_secure_send_raw(hs_secure *secure, const uint8_t *data, size_t len, struct evbuffer *out);

#endif
