/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/channels: setup, channels, targets and prefixes. */
#ifndef HOST_STUB_LIVE_POOL_CHANNELS_H
#define HOST_STUB_LIVE_POOL_CHANNELS_H

#include "host_stub/live/pool/state.h"

void hs_lpool_setup(hs_lpool_peer *peer, const hs_sv2_message *m);
void hs_lpool_open(hs_lpool_peer *peer, const hs_sv2_message *m);
void hs_lpool_update(hs_lpool_peer *peer, const hs_sv2_message *m, const hs_step *step);
void hs_lpool_closed(hs_lpool_peer *peer, const hs_step *step);
/* SetTarget to every channel whose target is not what it should be. */
void hs_lpool_retarget(hs_lpool_peer *peer);
void hs_lpool_change_prefixes(hs_lpool_peer *peer);
void hs_lpool_close_oldest(hs_lpool_peer *peer);

#endif
