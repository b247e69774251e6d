/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/shares: each share is judged here first, so that no pool sees one that is wrong; a
 * valid one that meets the target of the pool whose job it is goes there, under that channel's own
 * sequence number, and the verdict finds its way back by that number. Each is answered once, and
 * credited once at the most. */
#ifndef HOST_STUB_LIVE_PROXY_SHARES_H
#define HOST_STUB_LIVE_PROXY_SHARES_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_submit(hs_proxy_peer *peer, const hs_sv2_message *m);
void hs_proxy_share_success(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_submit_success *told);
void hs_proxy_share_error(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_submit_error *told);
/* All that wait for this pool are lost: its connection is, or it has closed the channel. */
void hs_proxy_lose_shares(hs_proxy *proxy, hs_proxy_leg *leg);
/* Pools refuse at once, and acknowledge as late as they like: a miner hears after a minute that its
 * share was taken, since what it is told is in order, and one share would hold up all after it. The
 * plugin and the account hear what the pool says, whenever it says it. */
void hs_proxy_vouch(hs_proxy *proxy, hs_proxy_leg *leg);
/* The proxy ends: nobody will hear any more of those that wait. */
void hs_proxy_leave_unanswered(hs_proxy_leg *leg);

#endif
