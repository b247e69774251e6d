/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/channels: opening, updating and closing channels. */
#ifndef HOST_STUB_REPLAY_CHANNELS_H
#define HOST_STUB_REPLAY_CHANNELS_H

#include "host_stub/replay/rows.h"

void hs_bridge_opening(hs_bridge *b, const hs_sv2_message *m, char *remark, size_t capacity);
void hs_bridge_opened(hs_bridge *b, const hs_step *step, char *remark, size_t capacity);
void hs_bridge_not_opened(hs_bridge *b, const hs_step *step);
void hs_bridge_updated(hs_bridge *b, const hs_sv2_message *m, char *remark, size_t capacity);
void hs_bridge_closed(hs_bridge *b, const hs_session *session, uint32_t reason);

#endif
