/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/shares: our own verdict on a share when one is submitted; what the server says about
 * them: which ones an answer is about, and whether it agrees. */
#ifndef HOST_STUB_SESSION_SHARES_H
#define HOST_STUB_SESSION_SHARES_H

#include "host_stub/session/state.h"

int hs_session_submit(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_submit_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_submit_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step);

#endif
