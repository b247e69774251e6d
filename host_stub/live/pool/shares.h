/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/pool/shares: the session has judged the shares; here they are counted and answered. */
#ifndef HOST_STUB_LIVE_POOL_SHARES_H
#define HOST_STUB_LIVE_POOL_SHARES_H

#include "host_stub/live/pool/state.h"

void hs_pool_submit(hs_pool_peer *peer, const hs_sv2_message *m, const hs_session_step *step);
/* Sends the answers that are due; with `all`, all of them. */
void hs_pool_answer_due(hs_pool_peer *peer, int all);
uint64_t hs_pool_answers_next_ms(const hs_pool_peer *peer);

#endif
