/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/channels: what one side owes the other after a message about a channel, and the state of
 * extensions; its shares. Jobs are check/jobs'. Each call comes after the session has found the
 * message legal. */
#ifndef HOST_STUB_CHECK_CHANNELS_H
#define HOST_STUB_CHECK_CHANNELS_H

#include "host_stub/check/state.h"

void hs_check_update(hs_check *c, const hs_sv2_message *m, const hs_session_step *step);
void hs_check_update_error(hs_check *c, const hs_sv2_message *m);
void hs_check_target_set(hs_check *c, const hs_sv2_message *m);
void hs_check_endpoint_changed(hs_check *c, const hs_sv2_message *m);
void hs_check_extension(hs_check *c, const uint8_t *frame, size_t len);
/* Time has passed, or the connection has ended. */
void hs_check_debts(hs_check *c, int ended);
/* The server has sent something to that channel or group; a job, if `is_job`. */
void hs_check_served(hs_check *c, uint32_t id, int is_job);
void hs_check_forget_debts(hs_check *c, uint32_t channel_id);

/* Shares: their numbers, their ntime against the clock, and the sums of what is answered. */
void hs_check_share_sent(hs_check *c, const hs_sv2_message *m, const hs_session_step *step);
void hs_check_acknowledged(hs_check *c, const hs_sv2_message *m, const hs_session_step *step);

#endif
