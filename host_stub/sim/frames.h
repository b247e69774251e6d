/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/frames: a simulated run as the Stratum V2 frames that a real host would send and receive, one
 * session file per connection (sv2/frame_file.h). It only watches: nothing that it does reaches the
 * plugin or the account, so a run with frames decides what the run without them decides.
 *
 *   conn-<n>.hex     downstream connection n, the number that the plugin is told; S is the host
 *   up-<pool>.hex    the host's extended channel on the pool, S is the pool: setup, opening, jobs,
 *                    tips, and what the host declares as its hashrate. When the pool was down and
 *                    is back, a new connection begins: up-<pool>.2.hex and so on, with the same
 *                    extranonce prefix and with job numbers that go on.
 *
 * t counts from the beginning of the run, whose first second is 2025-01-01 00:00:00 for ntime.
 * Coinbases, merkle paths and roots, prefixes, targets, job numbers, sequence numbers and answers
 * are real. Difficulty is simulated: a share has the right job, extranonce size, ntime and version,
 * but no hash was sought, so it does not meet its target. A miner states a new hashrate and
 * max_target when it has changed by HS_RESTATE_PCT per cent; the simulated host answers with
 * SetTarget and keeps it to itself, since the study's farm states a hashrate once.
 *
 * Every function does nothing when no frames are wanted. */
#ifndef HOST_STUB_SIM_FRAMES_H
#define HOST_STUB_SIM_FRAMES_H

#include "host_stub/sim/state.h"

/* Makes the folder and what else is needed if options->frames says so. 0, or -1 with `why`. */
int hs_sim_frames_begin(hs_sim *sim, char *why, size_t capacity);
/* Writes what is left: the last answers, the ends of the files. 0, or -1 when anything could not be
 * written. */
int hs_sim_frames_end(hs_sim *sim, char *why, size_t capacity);
void hs_sim_frames_free(hs_sim *sim);

/* Refreshed jobs, answers to shares, and hashrates stated anew: once a second. */
void hs_sim_frames_second(hs_sim *sim);

/* Channels: opened where the miner works now, or waiting when it works nowhere; placed after such a
 * wait; moved or given another prefix; closed (reason as in hmx_channel_close). */
void hs_sim_frames_open(hs_sim *sim, hs_sim_miner *miner);
void hs_sim_frames_placed(hs_sim *sim, hs_sim_miner *miner);
void hs_sim_frames_move(hs_sim *sim, hs_sim_miner *miner, int soft);
void hs_sim_frames_close(hs_sim *sim, hs_sim_miner *miner, uint32_t reason);

/* Before the plugin is told that the prefix is free: if a valid job still has it, the channel gets
 * a new job on its tip by SetNewPrevHash, which ends the older ones. */
void hs_sim_frames_drained(hs_sim *sim, const hs_sim_drain *drain);

/* Shares found in the second that has just passed, and the verdicts of one pool on the shares of
 * one channel that wait there: on those hashed until a second, and on `which` of them. */
enum { HS_SIM_FRAME_ACCEPTED = 1, HS_SIM_FRAME_REJECTED = 2 };
void hs_sim_frames_shares(hs_sim *sim, hs_sim_miner *miner, uint32_t found, hs_sim_chance chance);
void hs_sim_frames_verdicts(hs_sim *sim, uint64_t channel, uint32_t pool, uint64_t until,
                            uint32_t which);

#endif
