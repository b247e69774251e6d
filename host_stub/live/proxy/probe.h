/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/probe: does an extended channel's peer obey SetExtranoncePrefix? No message tells, and
 * its shares do: after its first new prefix one accepted share proves that it does, and a few in a
 * row that miss the target prove that it hashes with the prefix that it had. Until then the
 * decision is answered with nothing. A peer that does not obey goes back to the prefix that it
 * still has, and stays. */
#ifndef HOST_STUB_LIVE_PROXY_PROBE_H
#define HOST_STUB_LIVE_PROXY_PROBE_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_probe_begin(hs_proxy_channel *channel, const hmx_decision *decision,
                          const hs_sv2_b032 *from_prefix, const hs_move_frames *frames);
void hs_proxy_probe_verdict(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream,
                            uint32_t job_id, int accepted, int low_difficulty);
/* Answers what would become void. */
void hs_proxy_probe_due(hs_proxy *proxy, hs_proxy_channel *channel);
/* The pool where it is tried is gone: it stays there as far as anybody knows. */
void hs_proxy_probe_abort(hs_proxy *proxy, hs_proxy_channel *channel);
/* A move is a fact: counts it and says so. */
void hs_proxy_applied(hs_proxy *proxy, hs_proxy_channel *channel, uint64_t decision, uint32_t kind,
                      uint32_t from, int is_soft);

#endif
