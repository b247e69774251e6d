/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * sim/links: what holds on the wire whether or not frames are written: which miners share a
 * connection, what each pool's space and tip are, which prefix the host chooses where the plugin
 * does not, and whether Stratum V2 allows a move. */
#ifndef HOST_STUB_SIM_LINKS_H
#define HOST_STUB_SIM_LINKS_H

#include "host_stub/sim/state.h"

/* 0, or -1 out of memory. */
int hs_sim_links_init(hs_sim *sim);
/* The miner's connection begins, or it joins its rack's; it has kept its own when only its channel
 * was closed. */
void hs_sim_connect(hs_sim *sim, hs_sim_miner *miner);
void hs_sim_disconnect(hs_sim *sim, hs_sim_miner *miner);
/* The pool's jobs begin, or go on with the present tip. */
void hs_sim_pool_tip(hs_sim *sim, uint32_t pool);
/* What the host knows of the pool; its job is put into *job. */
hs_move_pool hs_sim_move_pool(const hs_sim *sim, uint32_t pool, hs_sv2_new_extended_job *job);
/* May the miner work there with this prefix? */
enum hs_move_refusal hs_sim_check_move(const hs_sim *sim, const hs_sim_miner *miner,
                                       uint32_t upstream, const hs_sv2_b032 *prefix);
/* Are both pools on one tip, as far as the host has heard? */
int hs_sim_same_tip(const hs_sim *sim, uint32_t from, uint32_t to);
/* A prefix on this upstream that nobody has; empty when the channel does not fit there. */
hs_sv2_b032 hs_sim_choose_prefix(hs_sim *sim, const hs_sim_miner *miner, uint32_t upstream);

#endif
