/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/shares: a valid share is reported submitted when it appears and judged when its answer
 * does. One that we refuse never reaches a pool: its rejection is local. A late one waits: the
 * recorded proxy may have passed it on all the same. */
#ifndef HOST_STUB_REPLAY_SHARES_H
#define HOST_STUB_REPLAY_SHARES_H

#include "host_stub/replay/rows.h"

void hs_bridge_share(hs_bridge *b, const hs_share *share, char *remark, size_t capacity);
void hs_bridge_answered(hs_bridge *b, const hs_sv2_message *m, const hs_step *step, char *remark,
                        size_t capacity);
void hs_bridge_unanswered(hs_bridge *b, const hs_channel *channel);

#endif
