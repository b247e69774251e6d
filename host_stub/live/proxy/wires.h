/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/wires: the miners' connections of a live proxy: who may connect, how much a connection
 * may ask for, its recording and its end. What is said on one is live/proxy/core's business. */
#ifndef HOST_STUB_LIVE_PROXY_WIRES_H
#define HOST_STUB_LIVE_PROXY_WIRES_H

#include <jansson.h>

#include "host_stub/live/net/loop.h"
#include "host_stub/live/proxy/core.h"
#include "host_stub/live/proxy/options.h"

typedef struct hs_wires hs_wires;

/* Whose wires they are. All of it outlives them. */
typedef struct hs_wires_owner {
    hs_net_loop *loop;
    const hs_proxy_options *options;
    uint64_t start_ns; /* from which the recordings count */
    void *ctx;
    /* Time has gone by: before the proxy is told anything. */
    void (*advance)(void *ctx);
    /* One line for people. */
    void (*say)(void *ctx, const char *text);
} hs_wires_owner;

/* Listens where the options say, with Noise when they name a secret. Connections come with the
 * loop's next turn: hs_wires_serve is called before. NULL with a sentence in `why`. */
hs_wires *hs_wires_new(const hs_wires_owner *owner, char *why, size_t capacity);
void hs_wires_serve(hs_wires *wires, hs_proxy *proxy);
/* Where it listens. */
const hs_net_address *hs_wires_address(const hs_wires *wires);
/* Nobody else may come. */
void hs_wires_close(hs_wires *wires);
/* Ends all connections without a word; NULL is fine. 1 when a recording was not written as a whole,
 * else 0. */
int hs_wires_free(hs_wires *wires);

/* What hs_proxy_out asks of a connection. */
void hs_wire_send(void *wire, const hs_sv2_message *messages, size_t count);
void hs_wire_end(void *wire, int after_sending, const char *reason);
void hs_wire_pause(void *wire, int paused);

/* Bytes that were not sent yet. */
size_t hs_wires_unsent(const hs_wires *wires);

/* Who was refused, and who was read more slowly: {"refused_per_address", "refused_per_second",
 * "accept_pauses", "throttled"}. NULL when out of memory. */
json_t *hs_wires_json(const hs_wires *wires);

#endif
