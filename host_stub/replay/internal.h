/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/internal: what the files of the bridge share. Private: everybody else uses
 * replay/bridge.h. */
#ifndef HOST_STUB_REPLAY_INTERNAL_H
#define HOST_STUB_REPLAY_INTERNAL_H

#include "host_stub/replay/bridge.h"

#define HS_REPLAY_SECOND_NS 1000000000ULL

/* replay/bridge.c */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void hs_bridge_note(const hs_bridge *b, const char *format, ...);
hmx_event hs_bridge_event(hs_bridge *b, size_t size);
/* The pool that a prefix belongs to; a new one takes the next row of the table. */
hs_replay_pool *hs_bridge_pool_of(hs_bridge *b, const hs_sv2_b032 *prefix);
hs_replay_pool *hs_bridge_pool(hs_bridge *b, uint32_t upstream);
/* Sends the pool's facts as they stand. */
void hs_bridge_tell_pool(hs_bridge *b, hs_replay_pool *pool);
/* The row of an open or closed channel, of an opening that waits, or of the host's number; NULL. */
hs_replay_row *hs_bridge_row(hs_bridge *b, uint32_t channel_id);
hs_replay_row *hs_bridge_waiting_row(hs_bridge *b, uint32_t request_id);
hs_replay_row *hs_bridge_numbered_row(hs_bridge *b, uint64_t number);

/* replay/channels.c */
void hs_bridge_opening(hs_bridge *b, const hs_sv2_message *m, char *remark, size_t capacity);
void hs_bridge_opened(hs_bridge *b, const hs_step *step, char *remark, size_t capacity);
void hs_bridge_not_opened(hs_bridge *b, const hs_step *step);
void hs_bridge_updated(hs_bridge *b, const hs_sv2_message *m, char *remark, size_t capacity);
void hs_bridge_closed(hs_bridge *b, const hs_session *session, uint32_t reason);

/* replay/moves.c */
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

/* replay/shares.c */
void hs_bridge_share(hs_bridge *b, const hs_share *share, char *remark, size_t capacity);
void hs_bridge_answered(hs_bridge *b, const hs_sv2_message *m, const hs_step *step, char *remark,
                        size_t capacity);
void hs_bridge_unanswered(hs_bridge *b, const hs_channel *channel);

#endif
