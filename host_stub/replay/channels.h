/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/channels: opening, updating and closing channels, and their shares. */
#ifndef HOST_STUB_REPLAY_CHANNELS_H
#define HOST_STUB_REPLAY_CHANNELS_H

#include "host_stub/replay/rows.h"

void hs_replay_opening(hs_replay *b, const hs_sv2_message *m, char *remark, size_t capacity);
void hs_replay_opened(hs_replay *b, const hs_session_step *step, char *remark, size_t capacity);
void hs_replay_not_opened(hs_replay *b, const hs_session_step *step);
void hs_replay_updated(hs_replay *b, const hs_sv2_message *m, char *remark, size_t capacity);
void hs_replay_closed(hs_replay *b, const hs_session *session, uint32_t reason);

/* A valid share is reported submitted when it appears and judged when its answer does. One that we
 * refuse never reaches a pool: its rejection is local. A late one waits: the recorded proxy may
 * have passed it on all the same. */
void hs_replay_share(hs_replay *b, const hs_session_share *share, char *remark, size_t capacity);
void hs_replay_answered(hs_replay *b, const hs_sv2_message *m, const hs_session_step *step,
                        char *remark, size_t capacity);
void hs_replay_unanswered(hs_replay *b, const hs_session_channel *channel);

#endif
