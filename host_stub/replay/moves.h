/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/moves: what the recorded proxy did, and what the plugin asks for at its ticks. A decision
 * stays pending until the recording shows a move of that channel; when it is the one that was
 * decided it counts as applied, otherwise it was refused and another one was forced. */
#ifndef HOST_STUB_REPLAY_MOVES_H
#define HOST_STUB_REPLAY_MOVES_H

#include "host_stub/replay/rows.h"

void hs_replay_prefix_set(hs_replay *b, const hs_session_step *step, char *remark, size_t capacity);
/* The channel has ended: none of its prefixes is in use any more. */
void hs_replay_all_drained(hs_replay *b, hs_replay_row *row);
/* Looks at what every channel works on now; `hard` when the tip was renewed. */
void hs_replay_jobs_changed(hs_replay *b, const hs_session *session, int hard, char *remark,
                            size_t capacity);
/* Updates the pools' jobs and tips from the channels' active jobs. */
void hs_replay_learn_pools(hs_replay *b, const hs_session *session);
void hs_replay_ticks(hs_replay *b, uint64_t seconds);
/* The recorded proxy has put the channel on `to`: answers the pending decision, and unless it was
 * that very move (then it returns 1) reports it as forced. */
int hs_replay_moved(hs_replay *b, hs_replay_row *row, uint32_t to, const hs_sv2_b032 *prefix);

#endif
