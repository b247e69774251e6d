/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * check/jobs: learns the jobs of the pools, traces those of the miners back to them, and keeps the
 * spans of time in which a channel searched a space. */
#ifndef HOST_STUB_CHECK_JOBS_H
#define HOST_STUB_CHECK_JOBS_H

#include "host_stub/check/state.h"

void hs_check_job(hs_check *c, uint32_t id, uint32_t job_id, int is_custom);
void hs_check_tip(hs_check *c, const hs_sv2_message *m);
/* CloseChannel, of a channel or a group. */
void hs_check_closed(hs_check *c, const hs_session_step *step);
/* Nothing is known of its channels any more. */
void hs_check_connection_ended(hs_check *c);

#endif
