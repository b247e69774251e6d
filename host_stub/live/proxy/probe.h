/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/probe: does an extended channel's peer obey SetExtranoncePrefix? No message tells, and
 * its shares do: after its first new prefix one valid share proves that it does; one that would be
 * valid with the prefix that it had proves that it goes on with that, and a few in a row that miss
 * the target leave nothing else to think. Until then the decision is answered with nothing. A peer
 * that does not obey goes back to the prefix that it still has, and stays. */
#ifndef HOST_STUB_LIVE_PROXY_PROBE_H
#define HOST_STUB_LIVE_PROXY_PROBE_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_probe_begin(hs_proxy_channel *channel, const hmx_decision *decision,
                          const hs_sv2_b032 *from_prefix, const hs_move_frames *frames);
enum hs_proxy_sign { HS_PROBE_OBEYS = 1, HS_PROBE_MISSES, HS_PROBE_IS_DEAF };

/* A share for a job of that pool. The channel may be closed by it. */
void hs_proxy_probe_share(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream,
                          uint32_t job_id, enum hs_proxy_sign sign);
/* Answers what would become void. */
void hs_proxy_probe_due(hs_proxy *proxy, hs_proxy_channel *channel);
/* The pool where it is tried is gone: it stays there as far as anybody knows. */
void hs_proxy_probe_abort(hs_proxy *proxy, hs_proxy_channel *channel);
/* A move is a fact: counts it and says so. */
void hs_proxy_applied(hs_proxy *proxy, hs_proxy_channel *channel, uint64_t decision, uint32_t kind,
                      uint32_t from, int is_soft);

#endif
