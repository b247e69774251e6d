/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/doors: what an operator has of a running proxy: the socket of `host_stub ctl`, the
 * page for monitoring, and the audit in a file. */
#ifndef HOST_STUB_LIVE_PROXY_DOORS_H
#define HOST_STUB_LIVE_PROXY_DOORS_H

#include "host_stub/live/ops/audit.h"
#include "host_stub/live/ops/control.h"
#include "host_stub/live/ops/http.h"
#include "host_stub/live/proxy/options.h"

typedef struct hs_proxy_doors {
    hs_ops_proxy proxy; /* what the doors know of it */
    hs_ops_http *http;
    hs_ops_control *control;
    hs_ops_audit *audit;
} hs_proxy_doors;

/* Before the proxy: its plugin's first lines are in the audit. 0, or -1 with a sentence. */
int hs_proxy_doors_audit(hs_proxy_doors *doors, const hs_proxy_options *options, char *why,
                         size_t capacity);
/* A line of the plugin's. */
void hs_proxy_doors_note(hs_proxy_doors *doors, const char *json, uint64_t len);
/* Opens the others; doors->proxy is filled. 0, or -1 with a sentence. */
int hs_proxy_doors_open(hs_proxy_doors *doors, hs_net_loop *loop, const hs_proxy_options *options,
                        char *why, size_t capacity);
/* Before the proxy ends: nobody asks it any more. */
void hs_proxy_doors_shut(hs_proxy_doors *doors);
/* After its end: the audit has its last lines. */
void hs_proxy_doors_close(hs_proxy_doors *doors);

#endif
