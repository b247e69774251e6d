/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/custom: custom jobs (work selection): the client describes the job, the server gives it a
 * number and from then on it is a job of the channel like any other, on the tip that the client
 * named. */
#ifndef HOST_STUB_SESSION_CUSTOM_H
#define HOST_STUB_SESSION_CUSTOM_H

#include "host_stub/session/state.h"

int hs_session_custom(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_custom_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_custom_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
void hs_session_drop_customs(hs_session *s);

#endif
