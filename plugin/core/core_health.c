/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_health: judgement of the pools' health, and the pins of the channels (see core_health.h).
 */
#include "plugin/core/core_health.h"

#include <string.h>

#include "plugin/config/pattern.h"
#include "plugin/core/core_control.h"

/* Between two jobs of a pool that works may lie a moment. */
static const uint64_t JOBLESS_GRACE_NS = 30u * HM_NS_PER_S;

hm_health_params hm_core_health_params(const hm_core *core)
{
    const hm_config_failover *const f = &core->config->failover;
    return (hm_health_params){
        .hold_down_ns = f->hold_down_secs * HM_NS_PER_S,
        .hold_down_max_ns = f->hold_down_max_secs * HM_NS_PER_S,
        .min_shares = f->grey_min_shares,
        .detect = f->grey_detection,
    };
}

static void say_health(const hm_core *core, uint32_t i)
{
    char line[160];
    hm_text text;
    hm_text_init(&text, line, sizeof line);
    hm_text_addf(
        &text, "upstream %s %s", core->upstreams.rows[i].id,
        core->health[i].grey
            ? "is connected but rejects or swallows shares: grey, one channel stays to watch it"
            : "is judged healthy");
    hm_core_log(core, core->health[i].grey ? HMX_LOG_WARN : HMX_LOG_INFO, line);
}

static void judge_one(hm_core *core, uint32_t i, const hm_health_params *params)
{
    hm_health *const health = &core->health[i];
    const uint8_t was_grey = core->upstreams.rows[i].grey;
    /* A channel that is silent watches nothing. */
    const int has_canary = core->assignment.working[i + 1u] > 0.0;
    HM_MUST(hm_core_alarm(core), health->suspicion >= 0.0 && health->recovery >= 0.0);
    hm_health_judge(health, params, core->now_ns, has_canary);
    hm_upstreams_judge(&core->upstreams, i + 1u, health->grey,
                       hm_health_is_out(health, core->now_ns));
    if (health->grey != was_grey) {
        say_health(core, i);
    }
}

void hm_core_list_usable(const hm_core *core, uint8_t *usable)
{
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        usable[i] = (uint8_t)hm_upstreams_usable(&core->upstreams, i + 1u);
    }
}

/* Judges all. Marks in `turned` those that began or ceased to be usable; returns how many. */
static uint32_t judge_all(hm_core *core, uint8_t *turned)
{
    const hm_health_params params = hm_core_health_params(core);
    const hm_upstreams *const u = &core->upstreams;
    uint32_t count = 0;
    hm_core_list_usable(core, turned);
    for (uint32_t i = 0; i < u->top; i++) {
        if (u->rows[i].exists) {
            judge_one(core, i, &params);
        }
    }
    for (uint32_t i = 0; i < u->top; i++) {
        turned[i] = turned[i] != hm_upstreams_usable(u, i + 1u);
        count += turned[i];
    }
    return count;
}

static void turn(hm_core *core, uint32_t upstream)
{
    const uint64_t bit = 1ull << (upstream - 1u);
    const int spared = (core->restored.waiting & bit) != 0 && hm_core_is_coming_back(core);
    core->restored.waiting &= ~bit;
    if (!spared) {
        hm_core_forgive(core, upstream);
    }
}

void hm_core_follow_usable(hm_core *core, const uint8_t *before)
{
    int any = 0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (before[i] != hm_upstreams_usable(&core->upstreams, i + 1u)) {
            turn(core, i + 1u);
            any = 1;
        }
    }
    if (any) {
        hm_core_retarget(core);
        core->control.evacuate = 1;
    }
}

void hm_core_say_job(const hm_core *core, uint32_t upstream)
{
    const hm_upstream *const row = &core->upstreams.rows[upstream - 1u];
    char line[160];
    hm_text text;
    hm_text_init(&text, line, sizeof line);
    hm_text_addf(&text, "upstream %s %s", row->id,
                 row->jobless ? "is up without a job for 30 s: its channels leave"
                              : "has a job again");
    hm_core_log(core, row->jobless ? HMX_LOG_WARN : HMX_LOG_INFO, line);
}

void hm_core_judge_jobs(hm_core *core)
{
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        hm_upstream *const row = &core->upstreams.rows[i];
        if (row->jobless_ns != 0 && !row->jobless &&
            core->now_ns - row->jobless_ns >= JOBLESS_GRACE_NS) {
            row->jobless = 1;
            core->control.evacuate = 1;
            hm_core_say_job(core, i + 1u);
        }
    }
}

void hm_core_judge_health(hm_core *core)
{
    uint8_t turned[HMX_UPSTREAMS_MAX] = {0};
    if (core->now_ns - core->judged_ns <
        core->config->failover.health_check_interval_secs * HM_NS_PER_S) {
        return;
    }
    core->judged_ns = core->now_ns;
    if (judge_all(core, turned) == 0) {
        return;
    }
    hm_core_settle(core); /* under the targets valid until now: `usable` is still the old one */
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (turned[i]) {
            hm_core_forgive(core, i + 1u);
        }
    }
    hm_core_retarget(core);
    core->control.evacuate = 1;
}

uint8_t hm_core_pin_of(const hm_core *core, const char *identity, uint32_t len)
{
    const hm_config *const config = core->config;
    for (uint32_t i = 0; i < config->pin_count && len > 0; i++) {
        const hm_config_pin *const pin = &config->pins[i];
        if (!hm_pattern_match(pin->user_identity, identity, len)) {
            continue;
        }
        return strcmp(pin->upstream, HM_CONFIG_STAY) == 0
                   ? HM_PIN_STAY
                   : (uint8_t)hm_upstreams_by_id(&core->upstreams, pin->upstream);
    }
    return 0;
}

void hm_core_resolve_pins(hm_core *core)
{
    hm_channels *const c = &core->assignment.channels;
    core->assignment.changes++;
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        if (hm_hot(c, slot)->channel != 0) {
            hm_channel_cold *const cold = hm_cold(c, slot);
            cold->pin = hm_core_pin_of(core, cold->identity, cold->identity_len);
        }
    }
}
