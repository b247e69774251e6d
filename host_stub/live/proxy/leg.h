/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/leg: the life of a channel of the proxy's at a pool: it is asked for, granted or
 * refused, opened again when only that brings a harder job, and it ends. What comes for an open one
 * is live/proxy/jobs' and live/proxy/shares' business, the connection live/proxy/up's. */
#ifndef HOST_STUB_LIVE_PROXY_LEG_H
#define HOST_STUB_LIVE_PROXY_LEG_H

#include "host_stub/live/proxy/state.h"

/* A pause, a little shorter or longer: of many that wait not all come back at one moment. */
uint64_t hs_proxy_jitter(hs_proxy *proxy, uint64_t pause_ns);

/* Asks for it, with the rate that will work there, on a connection that is set up. */
void hs_proxy_leg_open(hs_proxy *proxy, hs_proxy_leg *leg);
/* The channel in which the miner would work at the pool. If it is one of its own and there is none
 * yet, it is asked for, unless the pool has refused it a short while ago. NULL when there is and
 * will be none. */
hs_proxy_leg *hs_proxy_leg_wanted(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream);
/* Is it asked for, or is its first job awaited? */
int hs_proxy_leg_is_coming(const hs_proxy_leg *leg);

/* The pool's answers to that. The first is not for us when the request is none of ours. */
void hs_proxy_leg_granted(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_open_success *told);
void hs_proxy_leg_refused(hs_proxy *proxy, hs_proxy_up *up, const hs_sv2_open_error *told);
/* The pool has closed it. */
void hs_proxy_leg_closed(hs_proxy *proxy, hs_proxy_leg *leg);
/* Its connection has ended. */
void hs_proxy_leg_lost(hs_proxy *proxy, hs_proxy_leg *leg);

/* Does what is due: asks again, opens it again for a harder job. Its connection is set up. It may
 * be gone then. */
void hs_proxy_leg_due(hs_proxy *proxy, hs_proxy_leg *leg, int is_wanted);
/* It should have said something by now. */
int hs_proxy_leg_is_late(const hs_proxy *proxy, const hs_proxy_leg *leg);

#endif
