/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/setup: the connection before and beside its channels: its setup, and the negotiation of
 * extensions (extension 0x0001). Each returns 0 or -1 as hs_session_apply. */
#ifndef HOST_STUB_SESSION_SETUP_H
#define HOST_STUB_SESSION_SETUP_H

#include "host_stub/session/state.h"

int hs_session_setup(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_setup_success(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_setup_error(hs_session *s, const hs_sv2_message *m, hs_step *step);
int hs_session_extensions(hs_session *s, const hs_sv2_message *m, hs_step *step);
/* May this message come in the state of the setup? */
int hs_session_check_setup(const hs_session *s, const hs_sv2_message *m, hs_step *step);

#endif
