/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/shares: the numbers of shares, their ntime against the clock, and the sums of what is
 * answered. */
#ifndef HOST_STUB_CHECK_SHARES_H
#define HOST_STUB_CHECK_SHARES_H

#include "host_stub/check/state.h"

void hs_check_share_sent(hs_check *c, const hs_sv2_message *m, const hs_session_step *step);
void hs_check_acknowledged(hs_check *c, const hs_sv2_message *m, const hs_session_step *step);

#endif
