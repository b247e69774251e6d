/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/ops/http: the door for monitoring, read only: /metrics in the text form of Prometheus,
 * /status.json (the plugin's snapshot), /channels.json, /health (200 while miners can work for a
 * pool, else 503). Without password and TLS: made for loopback, or for a network of one's own. */
#ifndef HOST_STUB_LIVE_OPS_HTTP_H
#define HOST_STUB_LIVE_OPS_HTTP_H

#include "host_stub/live/net/address.h"
#include "host_stub/live/net/loop.h"
#include "host_stub/live/ops/ops.h"

typedef struct hs_ops_http hs_ops_http;

typedef struct hs_ops_http_options {
    const char *host; /* as it was given; a request may name it so */
    uint16_t port;    /* 0 = the system gives one */
    int identities;   /* /channels.json, which names the miners, is there */
} hs_ops_http_options;

/* Strings of *options and *proxy outlive it. NULL with a sentence. */
hs_ops_http *hs_ops_http_new(hs_net_loop *loop, const hs_ops_proxy *proxy,
                             const hs_ops_http_options *options, char *why, size_t capacity);
void hs_ops_http_free(hs_ops_http *http); /* NULL is fine */
/* Where it is. */
const hs_net_address *hs_ops_http_address(const hs_ops_http *http);

#endif
