/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/model: channels, upstreams and decisions as the plugin has accepted them. It follows; what
 * is wrong is for the checks to say, but for a decision's collision, which it meets first. */
#ifndef HOST_STUB_GUARD_MODEL_H
#define HOST_STUB_GUARD_MODEL_H

#include "host_stub/guard/prefix.h"

hs_guard_channel *hs_guard_model_find(const hs_guard *g, uint64_t channel); /* also &g->closed */
hs_guard_channel *hs_guard_model_open_channel(const hs_guard *g, uint64_t channel);
/* The upstream exists as far as the guard can know. */
int hs_guard_model_upstream_exists(const hs_guard *g, uint32_t upstream);
/* It was in the table once, and is not any more: what still comes of it is ignored by the plugin,
 * and no mistake of the host. */
int hs_guard_model_upstream_is_forgotten(const hs_guard *g, uint32_t upstream);
/* A channel may be sent there: up, with a job, not removed. Else a reason. */
const char *hs_guard_model_not_usable(const hs_guard *g, uint32_t upstream);
/* The pool's space is told and the plugin is to allocate in it. */
int hs_guard_model_space_known(const hs_guard *g, uint32_t upstream);
/* Bytes of the pool's whole extranonce, 0 = not told, or no pool. */
uint32_t hs_guard_model_full_size(const hs_guard *g, uint32_t upstream);
/* The channel as the opening describes it. */
hs_guard_channel hs_guard_model_channel_of(const hmx_channel_open *e);
int hs_guard_model_add(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d,
                       int known);
/* reason: as in hmx_channel_close. */
void hs_guard_model_close(hs_guard *g, hs_guard_channel *c, uint32_t reason);
void hs_guard_model_update(hs_guard_channel *c, const hmx_channel_update *e);
void hs_guard_model_upstream(hs_guard *g, const hmx_upstream_event *e);
void hs_guard_model_decide(hs_guard *g, hs_guard_channel *c, const hmx_decision *d);
void hs_guard_model_reassign(hs_guard *g, hs_guard_channel *c, const hmx_reassign *e);
/* Was this decision about the channel, and did its time run out unanswered? */
int hs_guard_model_ran_out(const hs_guard_channel *c, uint64_t decision);
/* Forgets a pending decision whose time is over. */
void hs_guard_model_expire(hs_guard *g, hs_guard_channel *c);
/* As the functions of guard/prefix, but a decision that nobody ever answered gives up its prefix
 * first. */
uint64_t hs_guard_model_prefix_owner(hs_guard *g, uint32_t upstream, const uint8_t *bytes,
                                     uint32_t len);
hs_guard_prefix *hs_guard_model_take_prefix(hs_guard *g, uint32_t upstream, const uint8_t *bytes,
                                            uint32_t len, uint64_t channel, uint64_t *other);
void hs_guard_model_free(hs_guard *g);

#endif
