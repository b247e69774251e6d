/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/core_schedule.h"

#include "plugin/config/schedule.h"
#include "plugin/core/core_control.h"
#include "plugin/core/core_mode.h"

static double percentage_of(const hm_core *core, uint32_t i, const hm_config_upstream *upstream)
{
    const hm_scheduled *const s = &core->scheduled;
    if (s->by_hand) {
        return s->hand[i];
    }
    return s->number > 0 ? hm_schedule_target(core->config, s->number, upstream->id)
                         : upstream->percentage;
}

void hm_core_hold_targets(hm_core *core)
{
    hm_scheduled *const s = &core->scheduled;
    const hm_config *const config = core->config;
    s->number = hm_schedule_at(config, hm_core_unix_ms(core));
    s->by_hand = s->by_hand && config->schedule_count > 0;
    for (uint32_t i = 0; i < core->upstreams.top && config->schedule_count > 0; i++) {
        hm_upstream *const row = &core->upstreams.rows[i];
        if (row->exists && !row->removed) {
            const hm_config_upstream *const upstream = &config->upstreams[row->config_row];
            row->percentage =
                upstream->has_percentage ? percentage_of(core, i, upstream) : row->percentage;
        }
    }
}

void hm_core_follow_schedule(hm_core *core)
{
    hm_scheduled *const s = &core->scheduled;
    if (core->config->schedule_count == 0 ||
        hm_schedule_at(core->config, hm_core_unix_ms(core)) == s->number) {
        return;
    }
    hm_core_settle(core); /* under the targets valid until now */
    s->by_hand = 0;
    hm_core_hold_targets(core);
    hm_core_retarget(core);
    hm_core_release_withheld(core, 1);
    core->control.evacuate = 1;
    if (s->number > 0) {
        hm_core_logf(core, HMX_LOG_INFO, "schedule %s holds",
                     core->config->schedules[s->number - 1u].name);
    } else {
        hm_core_log(core, HMX_LOG_INFO, "no schedule holds");
    }
}
