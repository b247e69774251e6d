/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/rate: what works at each pool, what the pool is told of it (UpdateChannel, spec
 * 5.3.7), and whether its job is made for that.
 *
 * A pool makes a target for the rate that it is told: so many shares a minute. The job that is
 * active keeps its target when the rate changes (spec 5.3.21), so a rate that is told too late
 * floods the pool. Therefore each target is remembered with the rate that it is made for, and
 * nobody is put on a job with which the pool would get more than four times the shares that it
 * wants. Who is to work there waits; the pool is told of it, and when no harder job has come in
 * time the channel is opened again (live/proxy/up), which gets one.
 *
 * A pool where nobody works is told what will work there: what the plugin wants, or one miner. A
 * pool may make its target easier when no share comes; it is told again. */
#ifndef HOST_STUB_LIVE_PROXY_RATE_H
#define HOST_STUB_LIVE_PROXY_RATE_H

#include "host_stub/live/proxy/state.h"

/* ---- what works where ---- */
/* The channel works there from now on; HMX_NONE: nowhere. */
void hs_proxy_put(hs_proxy *proxy, hs_proxy_channel *channel, uint32_t upstream);
/* Hashes per second that it declares. */
void hs_proxy_declare(hs_proxy *proxy, hs_proxy_channel *channel, double nominal_hs);
/* For what a declaration is taken: who declares nothing is one as the others. */
double hs_proxy_rate_taken(const hs_proxy *proxy, double nominal_hs);
/* Its decision waits for a harder job there, or no longer does. */
void hs_proxy_comes(hs_proxy *proxy, hs_proxy_channel *channel);
void hs_proxy_comes_no_more(hs_proxy *proxy, hs_proxy_channel *channel);

/* ---- is the job made for it? ---- */
/* Does the pool's job fit if so much more works there? Of one that is usable. */
int hs_proxy_fits(const hs_proxy_leg *leg, double more_hs);
/* The pool has opened the channel, or said a target. Before leg->target is replaced. */
void hs_proxy_target_opened(hs_proxy_leg *leg);
void hs_proxy_target_said(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_u256 *target);
/* Somebody waits for a harder job there, and has waited long enough: open the channel again. */
int hs_proxy_has_waited(const hs_proxy *proxy, const hs_proxy_leg *leg);

/* ---- what pools are told ---- */
/* What is stated when a channel is opened now: never 0; and the easiest target that will do. */
double hs_proxy_rate_due(const hs_proxy *proxy, const hs_proxy_leg *leg);
hs_sv2_u256 hs_proxy_max_target(const hs_proxy_leg *leg);
/* UpdateChannel once a second at the most (spec 5.3.7), and a second after the first change, so
 * that a burst of moves is one message; at once where somebody waits. NULL is none. */
void hs_proxy_rate_changed(const hs_proxy *proxy, hs_proxy_leg *leg);
void hs_proxy_state_rate(hs_proxy *proxy, hs_proxy_leg *leg);
/* Now and then, before those: what the plugin wants. */
void hs_proxy_look_around(hs_proxy *proxy);
/* A message that the pool has to answer at once: it has shown no life for long. */
void hs_proxy_ask_for_life(hs_proxy *proxy, hs_proxy_leg *leg);

#endif
