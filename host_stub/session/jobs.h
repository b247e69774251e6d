/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * session/jobs: the jobs of the channels: future until SetNewPrevHash names them (or active at
 * once), past when a newer one on the same tip replaces them, stale when the tip changes,
 * forgotten when it changes again. */
#ifndef HOST_STUB_SESSION_JOBS_H
#define HOST_STUB_SESSION_JOBS_H

#include "host_stub/session/state.h"

int hs_session_new_job(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_new_extended_job(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_prev_hash(hs_session *s, const hs_sv2_message *m, hs_session_step *step);

/* The job of that id that is still valid (future, active, past), or NULL. */
hs_session_job *hs_session_channel_valid_job(const hs_session_channel *channel, uint32_t job_id);
hs_session_job *hs_session_channel_stale_job(const hs_session_channel *channel, uint32_t job_id);
/* Room for one more job: 0, or -1 when out of memory. */
int hs_session_channel_reserve_job(hs_session_channel *channel);
/* Adds a copy with the channel's prefix and target and takes a reference to its body; there must be
 * room. A job that is not future becomes the active one. */
void hs_session_channel_add_job(hs_session_channel *channel, const hs_session_job *job,
                                uint64_t now_ms);
/* The tip has changed: valid jobs but `chosen` (may be NULL) become stale or are dropped. */
void hs_session_channel_retire_jobs(hs_session_channel *channel, uint32_t chosen_job_id,
                                    int has_chosen);
void hs_session_channel_drop_jobs(hs_session_channel *channel);
/* The whole coinbase of `job` on this channel: prefix, extranonce, suffix; for a fault. */
const char *hs_session_channel_coinbase_fault(const hs_session_channel *channel,
                                              const hs_session_template *body);

/* The coinbase parts and the path that the jobs of one NewExtendedMiningJob have in common, kept
 * once and counted, however many channels the group has. */
hs_session_template *hs_session_template_new(hs_sv2_bytes prefix, hs_sv2_bytes suffix,
                                             hs_sv2_seq path);
void hs_session_template_release(hs_session_template *body); /* NULL is fine */
hs_sv2_bytes hs_session_template_prefix(const hs_session_template *body);
hs_sv2_bytes hs_session_template_suffix(const hs_session_template *body);
hs_sv2_seq hs_session_template_path(const hs_session_template *body);

/* Custom jobs (work selection): the client describes the job, the server gives it a number and from
 * then on it is a job of the channel like any other, on the tip that the client named. */
int hs_session_custom(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_custom_success(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
int hs_session_custom_error(hs_session *s, const hs_sv2_message *m, hs_session_step *step);
void hs_session_drop_customs(hs_session *s);

#endif
