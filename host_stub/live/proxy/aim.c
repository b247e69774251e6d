/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/live/proxy/aim.h"

#include <math.h>

#include "host_stub/guard/snapshot.h"

void hs_proxy_aim_note(hs_proxy *proxy)
{
    hs_proxy_aim *const aim = &proxy->aim;
    hmx_snapshot snapshot;
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    double all = 0.0;
    for (uint32_t i = 1; i <= HMX_UPSTREAMS_MAX; i++) {
        all += proxy->ups[i].counts.work;
    }
    const double work = all - aim->seen;
    if (!(work > 0.0)) {
        return;
    }
    aim->seen = all;
    if (hs_guard_snapshot(proxy->link.guard, &snapshot, rows) != 0) {
        return;
    }
    aim->work += work;
    for (uint32_t i = 0; i < snapshot.count; i++) {
        if (rows[i].upstream >= 1 && rows[i].upstream <= HMX_UPSTREAMS_MAX) {
            aim->wanted[rows[i].upstream] += work * rows[i].effective_pct;
        }
    }
}

double hs_proxy_aim_of(const hs_proxy *proxy, uint32_t upstream)
{
    const hs_proxy_aim *const aim = &proxy->aim;
    return aim->work > 0.0 ? aim->wanted[upstream] / aim->work : (double)NAN;
}
