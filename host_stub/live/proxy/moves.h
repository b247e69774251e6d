/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/moves: carries out decisions, or says why not; and what the host does by itself where
 * the plugin does not or cannot. */
#ifndef HOST_STUB_LIVE_PROXY_MOVES_H
#define HOST_STUB_LIVE_PROXY_MOVES_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_carry_out(hs_proxy *proxy, const hmx_decision *decision);
void hs_proxy_sweep_moves(hs_proxy *proxy);

#endif
