/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/core_mode.h"

#include <string.h>

static const uint64_t WITHHELD_NS = 3600u * HM_NS_PER_S;

void hm_core_track(hm_core *core)
{
    hm_control *const k = &core->control;
    hm_ledger_forget_debts(&core->ledger);
    memset(k->balance, 0, sizeof k->balance);
}

void hm_core_change_mode(hm_core *core)
{
    static const char *const NAMES[] = {"", "live", "observe", "paused"};
    hm_control *const k = &core->control;
    hm_core_track(core);
    memset(k->terms, 0, sizeof k->terms);
    memset(k->inputs, 0, sizeof k->inputs);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        k->pids[i].last_measurement_pct = 0.0; /* of books that say that nothing is owed */
    }
    k->slicing = (hm_slicing){0};
    k->over_s = 0.0;
    k->burst_left = k->plan_moves = 0;
    k->saturated = k->burst = k->resume = 0;
    hm_core_logf(core, HMX_LOG_INFO, "mode is %s", NAMES[core->config->controller.mode]);
}

void hm_core_withhold(hm_core *core, const hmx_decision *decision)
{
    hm_assignment *const a = &core->assignment;
    const uint32_t slot = hm_channels_find(&a->channels, decision->channel, decision->cookie);
    if (HM_HOLDS(hm_core_alarm(core), slot != HM_SLOT_NONE)) {
        hm_assignment_withhold(a, slot, core->now_ns + WITHHELD_NS);
        core->withheld++;
    }
}

void hm_core_release_withheld(hm_core *core, int all)
{
    hm_assignment *const a = &core->assignment;
    uint32_t slot = a->pending_head;
    while (slot != HM_SLOT_NONE) {
        const uint32_t next = hm_cold(&a->channels, slot)->pending_next;
        const uint32_t to = hm_hot(&a->channels, slot)->pending_to;
        if (hm_assignment_is_withheld(a, slot) &&
            (all || !hm_upstreams_takes_part(&core->upstreams, to))) {
            hm_assignment_cancel(a, slot, core->now_ns, 0);
        }
        slot = next;
    }
}
