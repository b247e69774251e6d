/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/report: the proxy's account, as the usage text of `host_stub proxy` describes it. */
#ifndef HOST_STUB_LIVE_PROXY_REPORT_H
#define HOST_STUB_LIVE_PROXY_REPORT_H

#include <jansson.h>

#include "host_stub/live/proxy/state.h"

/* The account: see the usage text of `host_stub proxy`. NULL when out of memory. */
json_t *hs_proxy_json(const hs_proxy *proxy);

#endif
