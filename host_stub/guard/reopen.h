/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/reopen: moves by reopening: a decision that outlives its channel, and the peer that comes
 * back for it. It follows; guard/check_reopen judges. */
#ifndef HOST_STUB_GUARD_REOPEN_H
#define HOST_STUB_GUARD_REOPEN_H

#include "host_stub/guard/state.h"

/* By what a peer is known again: a hash of user_identity, vendor and hardware. */
uint64_t hs_guard_reopen_who(const hmx_channel_open *e);
/* May the host close the channel with HMX_CLOSE_REOPEN? */
int hs_guard_reopen_is_due(const hs_guard *g, const hs_guard_channel *c);
/* It has closed it: the peer is expected. */
void hs_guard_reopen_closed(hs_guard *g, const hs_guard_channel *c);
/* Takes out the first decision about this peer. 0 when it is not expected (any more). */
int hs_guard_reopen_take(hs_guard *g, uint64_t who, hs_guard_returning *out);

#endif
