/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/moves: what the recorded proxy did, and what the plugin asks for at its ticks. A decision
 * stays pending until the recording shows a move of that channel; when it is the one that was
 * decided it counts as applied, otherwise it was refused and another one was forced. */
#ifndef HOST_STUB_REPLAY_MOVES_H
#define HOST_STUB_REPLAY_MOVES_H

#include "host_stub/replay/rows.h"

void hs_bridge_prefix_set(hs_bridge *b, const hs_step *step, char *remark, size_t capacity);
/* The channel has ended: none of its prefixes is in use any more. */
void hs_bridge_all_drained(hs_bridge *b, hs_replay_row *row);
/* Looks at what every channel works on now; `hard` when the tip was renewed. */
void hs_bridge_jobs_changed(hs_bridge *b, const hs_session *session, int hard, char *remark,
                            size_t capacity);
/* Updates the pools' jobs and tips from the channels' active jobs. */
void hs_bridge_learn_pools(hs_bridge *b, const hs_session *session);
void hs_bridge_ticks(hs_bridge *b, uint64_t seconds);
/* The recorded proxy has put the channel on `to`: answers the pending decision, and unless it was
 * that very move (then it returns 1) reports it as forced. */
int hs_bridge_moved(hs_bridge *b, hs_replay_row *row, uint32_t to, const hs_sv2_b032 *prefix);

#endif
