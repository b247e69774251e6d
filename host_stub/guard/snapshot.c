/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/snapshot.h"

#include <string.h>

int hs_guard_snapshot(hs_guard *guard, hmx_snapshot *out,
                      hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX])
{
    const hmx_metrics_v1 *const metrics = hs_guard_extension(guard, HMX_METRICS_ID);
    if (metrics == NULL || metrics->snapshot == NULL) {
        return -1;
    }
    memset(rows, 0, HMX_UPSTREAMS_MAX * sizeof rows[0]);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
    }
    *out = (hmx_snapshot){
        .size = sizeof *out, .stride = sizeof rows[0], .capacity = HMX_UPSTREAMS_MAX, .rows = rows};
    if (metrics->snapshot(hs_guard_instance(guard), out) < 0) {
        return -1;
    }
    out->count = out->count < HMX_UPSTREAMS_MAX ? out->count : HMX_UPSTREAMS_MAX;
    return 0;
}
