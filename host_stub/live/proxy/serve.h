/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/serve: gives a pool's job to a channel: one burst, in the order that jobs/move says.
 * Whether the channel may work there was asked before. */
#ifndef HOST_STUB_LIVE_PROXY_SERVE_H
#define HOST_STUB_LIVE_PROXY_SERVE_H

#include "host_stub/live/proxy/state.h"

/* Writes the burst that puts the channel on the pool's current job, with this prefix. `before` are
 * messages that come first in the same burst. 0, or -1 when nothing was sent. */
int hs_proxy_serve(hs_proxy_channel *channel, hs_proxy_leg *leg, const hs_sv2_b032 *prefix,
                   int soft, const hs_sv2_message *before, hs_move_frames *frames);

#endif
