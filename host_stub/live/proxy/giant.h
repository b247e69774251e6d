/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/giant: is one channel more than half of the farm? Then no split by miners comes near
 * what is asked for, and that channel is split over time, at the cost of a move each time. It need
 * not be one machine: a translator that aggregates is a single channel for all that work behind it,
 * and that is how its sample configuration has it. So the operator is told, once for each. */
#ifndef HOST_STUB_LIVE_PROXY_GIANT_H
#define HOST_STUB_LIVE_PROXY_GIANT_H

#include "host_stub/live/proxy/state.h"

/* Looks once a minute; says so of a channel that is it twice in a row. */
void hs_proxy_look_for_giant(hs_proxy *proxy);

#endif
