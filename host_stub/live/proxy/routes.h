/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/routes: which channels the proxy has on a pool's connection, and whose a number is
 * that the pool says: of a channel or a request. It asks for none and closes none. */
#ifndef HOST_STUB_LIVE_PROXY_ROUTES_H
#define HOST_STUB_LIVE_PROXY_ROUTES_H

#include "host_stub/live/proxy/state.h"

/* One more that the pool's connection may carry. 0, or -1 when out of memory. */
int hs_proxy_route_add(hs_proxy_up *up, hs_proxy_leg *leg);

/* Not any more. */
void hs_proxy_route_remove(hs_proxy_leg *leg);

/* A request number of its own, for OpenExtendedMiningChannel: remembered until the answer. 0, or -1
 * when out of memory. */
int hs_proxy_route_ask(hs_proxy_leg *leg);
/* Whose request it was, which is answered by that; NULL for none. */
hs_proxy_leg *hs_proxy_route_answered(hs_proxy_up *up, uint32_t request_id);

/* The pool's number for it. 0, or -1 when out of memory, or when it is another's. */
int hs_proxy_route_name(hs_proxy_leg *leg, uint32_t channel_id);
/* The number counts for nothing any more. */
void hs_proxy_route_unname(hs_proxy_up *up, uint32_t channel_id);
/* Whose number it is, also that of before it was opened again; NULL for none. */
hs_proxy_leg *hs_proxy_route_find(const hs_proxy_up *up, uint32_t channel_id);

/* The connection is gone: no number counts any more. */
void hs_proxy_routes_forget(hs_proxy_up *up);
/* And with them the list. */
void hs_proxy_routes_free(hs_proxy_up *up);

#endif
