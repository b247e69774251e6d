/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/faults/state.h"

void hs_fault_drain(hs_fault_farm *f, const hs_fault_miner *m, uint32_t upstream,
                    const uint8_t *prefix, uint32_t len)
{
    const hs_fault_pool *const pool = hs_fault_pool_of(f, upstream);
    if (pool == NULL || len == 0 || (f->without & HMX_CAP_DRAIN_REPORT) != 0) {
        return;
    }
    hs_fault_draining entry = {.due_s = f->second + hs_fault_between(&f->manner, 5, 180),
                               .channel = m->channel,
                               .pool = (uint32_t)(pool - f->pools),
                               .prefix_len = len};
    memcpy(entry.prefix, prefix, sizeof entry.prefix);
    if (HS_PUSH(f->drains, f->drain_capacity, f->drain_count, entry) != 0) {
        f->no_memory = 1;
    }
}

void hs_fault_drains(hs_fault_farm *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->drain_count; i++) {
        const hs_fault_draining d = f->drains[i];
        if (d.due_s > f->second) {
            f->drains[kept++] = d;
            continue;
        }
        hs_fault_answered(f, "on_reassign (drained)",
                          hs_link_drained(&f->link, d.channel, 0, f->pools[d.pool].upstream,
                                          d.prefix, d.prefix_len),
                          HMX_OK, HMX_E_STATE);
    }
    f->drain_count = kept;
}
