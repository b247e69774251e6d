/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/ops/ops: what an operator's doors (ops/http, ops/control) know of the proxy behind them. */
#ifndef HOST_STUB_LIVE_OPS_OPS_H
#define HOST_STUB_LIVE_OPS_OPS_H

#include <jansson.h>

#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "host_stub/link/link.h"

/* Outlives the doors. */
typedef struct hs_ops_proxy {
    void *ctx;
    hs_link *link;
    void (*advance)(void *ctx); /* tells the plugin the time; before anything is asked or changed */
    /* The configuration is read again. 0, or -1 with the reasons. */
    int (*reload)(void *ctx, char *why, size_t capacity);
    int (*is_well)(void *ctx);                /* can miners work for a pool? */
    json_t *(*account)(void *ctx);            /* a new reference; NULL when out of memory */
    void (*say)(void *ctx, const char *text); /* a line of the log */
} hs_ops_proxy;

/* The plugin's extensions; NULL: it has none, or not this member of it. */
#define HS_OPS_TUNING(proxy)                                                                       \
    ((const hmx_tuning_v1 *)hs_guard_extension((proxy)->link->guard, HMX_TUNING_ID))
#define HS_OPS_METRICS(proxy)                                                                      \
    ((const hmx_metrics_v1 *)hs_guard_extension((proxy)->link->guard, HMX_METRICS_ID))
#define HS_OPS_HAS(type, table, member)                                                            \
    ((table) != NULL && HMX_HAS(type, table, member) && (table)->member != NULL)

struct evbuffer;
/* hmx_writer.write into an evbuffer. */
hmx_status hs_ops_write(void *evbuffer, const void *data, uint64_t len);

#endif
