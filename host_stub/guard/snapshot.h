/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * guard/snapshot: what a plugin that has "hashmux.metrics/1" says of itself and of each pool. */
#ifndef HOST_STUB_GUARD_SNAPSHOT_H
#define HOST_STUB_GUARD_SNAPSHOT_H

#include "abi/hmx_metrics.h"
#include "host_stub/guard/guard.h"

/* Fills *out and its rows, of which out->count are valid: at most HMX_UPSTREAMS_MAX. 0, or -1 when
 * the plugin does not tell. */
int hs_guard_snapshot(hs_guard *guard, hmx_snapshot *out,
                      hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX]);

#endif
