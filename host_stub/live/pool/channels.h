/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/channels: setup, channels, targets and prefixes. */
#ifndef HOST_STUB_LIVE_POOL_CHANNELS_H
#define HOST_STUB_LIVE_POOL_CHANNELS_H

#include "host_stub/live/pool/state.h"

void hs_pool_setup(hs_pool_peer *peer, const hs_sv2_message *m);
void hs_pool_open(hs_pool_peer *peer, const hs_sv2_message *m);
void hs_pool_update(hs_pool_peer *peer, const hs_sv2_message *m, const hs_session_step *step);
void hs_pool_closed(hs_pool_peer *peer, const hs_session_step *step);
/* SetTarget to every channel whose target is not what it should be. */
void hs_pool_retarget(hs_pool_peer *peer);
void hs_pool_change_prefixes(hs_pool_peer *peer);
void hs_pool_close_oldest(hs_pool_peer *peer);

#endif
