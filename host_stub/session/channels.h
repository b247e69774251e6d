/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/channels: openings, groups, targets, prefixes and ends of channels. What a message may
 * say about them is judged here; jobs and shares are not. Each returns 0 or -1 as
 * hs_session_apply. */
#ifndef HOST_STUB_SESSION_CHANNELS_H
#define HOST_STUB_SESSION_CHANNELS_H

#include "host_stub/session/state.h"

int hs_session_open(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_open_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_open_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_update(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_update_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_close(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_set_prefix(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_set_target(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_set_group(hs_session *s, const hs_sv2_message *m, hs_session_step *step);

#endif
