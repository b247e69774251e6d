/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * replay/rows: what the parts of the bridge share: the rows of its channels and its pools by their
 * numbers, and notes. It tells the plugin nothing but the facts of a pool. */
#ifndef HOST_STUB_REPLAY_ROWS_H
#define HOST_STUB_REPLAY_ROWS_H

#include "host_stub/replay/bridge.h"

#define HS_REPLAY_SECOND_NS     1000000000ULL
#define HS_REPLAY_START_UNIX_MS 1700000000000ULL

void hs_replay_note(const hs_replay *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The pool that a prefix belongs to; a new one takes the next row of the table. */
hs_replay_pool *hs_replay_pool_of(hs_replay *b, const hs_sv2_b032 *prefix);
/* Sends the pool's facts as they stand. */
void hs_replay_tell_pool(hs_replay *b, hs_replay_pool *pool);
/* The row of an open or closed channel, of an opening that waits, or of the host's number; NULL. */
hs_replay_row *hs_replay_row_of(hs_replay *b, uint32_t channel_id);
hs_replay_row *hs_replay_waiting_row(hs_replay *b, uint32_t request_id);
hs_replay_row *hs_replay_numbered_row(hs_replay *b, uint64_t number);

#endif
