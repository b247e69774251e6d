/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/core_out.h"

/* What the owner and the host say; HMX_OUT_NONE when it could be used. */
static uint32_t by_word(const hm_upstream *row)
{
    if (row->removed) {
        return HMX_OUT_REMOVED;
    }
    if (!row->enabled) {
        return HMX_OUT_DISABLED;
    }
    if (row->held) {
        return HMX_OUT_LATCHED;
    }
    if (row->facts.state != HMX_UPSTREAM_UP) {
        return HMX_OUT_DOWN;
    }
    return row->facts.has_job == HMX_NO ? HMX_OUT_NO_JOB : HMX_OUT_NONE;
}

/* A moment of the time in which the host is awake, as one of its clock. */
static uint64_t by_clock(const hm_core *core, uint64_t lived_ns)
{
    const uint64_t now_ns = hm_core_lived_ns(core);
    return lived_ns > now_ns ? core->now_ns + (lived_ns - now_ns) : 0;
}

static hm_out by_judgement(const hm_core *core, uint32_t upstream)
{
    const hm_health *const health = &core->health[upstream - 1u];
    if (health->grey) {
        return (hm_out){.reason = health->silent ? HMX_OUT_SILENT : HMX_OUT_REJECTS,
                        .until_ns = by_clock(core, health->tested_ns)};
    }
    if (core->now_ns < health->held_until_ns) {
        return (hm_out){.reason = HMX_OUT_HELD, .until_ns = health->held_until_ns};
    }
    return (hm_out){.reason = health->share > 0.0 ? HMX_OUT_TRIAL : HMX_OUT_NONE,
                    .trial = health->share};
}

hm_out hm_core_out_of(const hm_core *core, uint32_t upstream)
{
    const uint32_t reason = by_word(&core->upstreams.rows[upstream - 1u]);
    return reason != HMX_OUT_NONE ? (hm_out){.reason = reason} : by_judgement(core, upstream);
}
