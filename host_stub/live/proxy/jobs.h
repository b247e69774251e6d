/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * live/proxy/jobs: what a pool sends for an open channel of the proxy's: jobs, tips, targets,
 * another space; and who gets them. A job captures target and prefix when it comes, as it does at
 * the pool; SetTarget renews the target of queued ones. What cannot be ends the connection. */
#ifndef HOST_STUB_LIVE_PROXY_JOBS_H
#define HOST_STUB_LIVE_PROXY_JOBS_H

#include "host_stub/live/proxy/state.h"

void hs_proxy_take_job(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_new_extended_job *job);
void hs_proxy_take_prev_hash(hs_proxy *proxy, hs_proxy_leg *leg,
                             const hs_sv2_set_new_prev_hash *told);
void hs_proxy_take_target(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_u256 *target);
void hs_proxy_take_prefix(hs_proxy *proxy, hs_proxy_leg *leg, const hs_sv2_b032 *prefix);

#endif
