/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/core.h"
#include "plugin/core/core_control.h"
#include "plugin/core/core_health.h"
#include "plugin/core/core_mode.h"
#include "plugin/core/core_schedule.h"

#include <math.h>
#include <string.h>

#include "plugin/control/law.h"

/* The order names each upstream in use once. */
static void check_order(const hm_core *core)
{
    const hm_upstreams *const u = &core->upstreams;
    uint64_t seen = 0;
    HM_MUST(hm_core_alarm(core), u->top <= HMX_UPSTREAMS_MAX && u->count <= u->top);
    for (uint32_t i = 0; i < u->count; i++) {
        HM_MUST(hm_core_alarm(core), u->order[i] < u->top && u->rows[u->order[i]].exists);
        HM_MUST(hm_core_alarm(core), (seen >> u->order[i] & 1u) == 0);
        seen |= 1ull << u->order[i];
    }
    HM_MUST(hm_core_alarm(core), u->top <= core->buckets.places || u->top == 0);
}

/* The planner needs a row of buckets for each upstream number in use. */
static int reserve_buckets(hm_core *core, const hm_upstreams *upstreams)
{
    return hm_buckets_reserve(&core->buckets, core->memory,
                              upstreams->top > 0 ? upstreams->top : 1);
}

static hm_tuning tuning_of(const hm_config *config)
{
    const hm_config_controller *const c = &config->controller;
    const hm_gains gains = {c->kp, c->ki, c->kd};
    hm_tuning t =
        c->has_custom_gains ? hm_tuning_custom(&gains) : *hm_tuning_preset(c->tuning_model);
    t.noise_factor = c->has_noise_factor ? c->noise_factor : t.noise_factor;
    t.noise_factor =
        t.noise_factor > HM_NOISE_FACTOR_LEAST ? t.noise_factor : HM_NOISE_FACTOR_LEAST;
    t.hold_s = c->has_hold_secs ? (double)c->hold_secs : t.hold_s;
    t.min_improvement = c->has_min_improvement ? c->min_improvement : t.min_improvement;
    t.min_improvement =
        t.min_improvement < HM_MIN_IMPROVEMENT_MOST ? t.min_improvement : HM_MIN_IMPROVEMENT_MOST;
    t.ripple_point_min = c->has_ripple_point_mins ? c->ripple_point_mins : t.ripple_point_min;
    t.dwell_s = c->has_dwell_secs ? (double)c->dwell_secs : t.dwell_s;
    return t;
}

static hm_estimator_params estimator_of(const hm_config *config)
{
    hm_estimator_params params = HM_ESTIMATOR_DEFAULTS;
    if (!HM_LAW.change_detection) {
        params.change_limit = INFINITY;
    }
    const uint32_t window = config->controller.estimator_window_secs;
    params.window_s =
        (double)(window > HM_ESTIMATOR_WINDOW_LEAST ? window : HM_ESTIMATOR_WINDOW_LEAST);
    return params;
}

static void note_endpoints(hm_core *core)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        const hm_upstream *const row = &core->upstreams.rows[i];
        if (row->exists && !row->removed) {
            const hm_config_upstream *const c = &core->config->upstreams[row->config_row];
            hm_endpoint *const e = &core->endpoints[i];
            e->port = c->port;
            e->has_key = c->has_key;
            memcpy(e->address, c->address, sizeof e->address);
            memcpy(e->user_identity, c->user_identity, sizeof e->user_identity);
            memcpy(e->key, c->key, sizeof e->key);
        }
    }
}

hmx_status hm_core_init(hm_core *core, const hm_memory *memory, const hm_config *config,
                        const hm_core_limits *limits, const unsigned char hash_key[16],
                        uint64_t now_ns)
{
    static const uint8_t NOBODY[HMX_UPSTREAMS_MAX] = {0};
    memset(core, 0, sizeof *core);
    core->memory = memory;
    core->limits = *limits;
    core->now_ns = core->evaluated_ns = core->settled_ns = core->judged_ns = now_ns;
    core->ticked_ns = now_ns;
    core->lived_ns = core->costed_ns = core->estimated_ns = core->pins_since_ns = 1;
    core->config = hm_alloc(memory, 1, sizeof *core->config, _Alignof(hm_config));
    core->draft = hm_alloc(memory, 1, sizeof *core->draft, _Alignof(hm_config));
    if (core->config == NULL || core->draft == NULL ||
        hm_assignment_init(&core->assignment, memory, &core->upstreams, limits->channels_max,
                           hash_key) != 0) {
        goto no_memory;
    }
    core->assignment.soft_moves = (limits->host_caps & HMX_CAP_SOFT_MOVE) != 0;
    core->assignment.prefixes.reported = (limits->host_caps & HMX_CAP_DRAIN_REPORT) != 0;
    memcpy(core->hash_key, hash_key, sizeof core->hash_key);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        core->control.fit[i] = INFINITY;
    }
    hm_habits_init(&core->habits, memory, limits->channels_max, hash_key);
    core->upstreams.most = limits->upstreams_max;
    *core->config = *config;
    (void)hm_upstreams_configure(&core->upstreams, config, NOBODY); /* at most 64: it fits */
    note_endpoints(core);
    if (reserve_buckets(core, &core->upstreams) != 0) {
        goto no_memory;
    }
    check_order(core);
    core->ledger.alarm = memory->alarm;
    core->tuning = tuning_of(config);
    core->control.gains = core->tuning.gains;
    core->estimator = estimator_of(config);
    hm_core_retarget(core);
    core->control.saturated = 0;
    return HMX_OK;

no_memory:
    hm_core_free(core);
    return HMX_E_NOMEM;
}

void hm_core_free(hm_core *core)
{
    hm_buckets_free(&core->buckets);
    hm_assignment_free(&core->assignment);
    hm_miners_free(&core->miners);
    hm_habits_free(&core->habits);
    hm_free(core->memory, core->config, 1, sizeof *core->config, _Alignof(hm_config));
    hm_free(core->memory, core->draft, 1, sizeof *core->draft, _Alignof(hm_config));
    core->config = core->draft = NULL;
}

void hm_core_busy(const hm_core *core, uint8_t *busy)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        const hm_assignment *const a = &core->assignment;
        busy[i] = a->counts[i + 1u] > 0 || a->pending_in[i + 1u] > 0 || a->pending_out[i + 1u] > 0;
    }
}

/* A number that changed its owner, or has none any more, keeps nothing of the old one's
 * accounts. */
void hm_core_forget_former_owners(hm_core *core, const hm_upstreams *before)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if (before->rows[i].exists && strcmp(before->rows[i].id, core->upstreams.rows[i].id) != 0) {
            hm_core_forgive(core, i + 1u);
            core->ledger.accounts[i] = (hm_account){0};
            core->counts[i] = (hm_share_counts){0};
            core->health[i] = (hm_health){0};
            hm_assignment_end_rest(&core->assignment, i + 1u);
            core->control.rests_said &= ~(1ull << i);
            core->control.paused &= ~(1ull << i);
            core->control.short_pools &= ~(1ull << i);
            core->control.fit[i] = INFINITY;
            hm_prefixes_forget(&core->assignment.prefixes, i + 1u);
            hm_extranonce_free(hm_space(&core->assignment.prefixes, i + 1u));
        }
    }
}

static void forget_settings(hm_core *core, const hm_upstreams *before)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        const hm_upstream *const old = &before->rows[i];
        const hm_upstream *const now = &core->upstreams.rows[i];
        if (old->exists && (old->enabled != now->enabled || old->held != now->held)) {
            hm_core_forgive(core, i + 1u); /* it comes or goes: nobody catches up */
        }
    }
}

hmx_status hm_core_adopt_draft(hm_core *core, uint64_t wanted, hm_text *why)
{
    uint8_t busy[HMX_UPSTREAMS_MAX];
    const hm_upstreams before = core->upstreams;
    hm_upstreams next = core->upstreams;
    hm_core_busy(core, busy);
    /* As many numbers as upstreams are in use, so none is above the host's limit either. */
    if (hm_upstreams_configure(&next, core->draft, busy) != 0 ||
        next.count > core->limits.upstreams_max) {
        hm_text_addf(why,
                     "there are %lu upstreams at most, and removed ones count until their last "
                     "channel has left: try again in a minute",
                     (unsigned long)core->limits.upstreams_max);
        return HMX_E_LIMIT;
    }
    if (reserve_buckets(core, &next) != 0) {
        hm_text_add(why, "out of memory: the host's alloc returned NULL");
        return HMX_E_NOMEM;
    }
    hm_upstreams_readmit(&next, wanted);
    hm_core_settle(core);
    core->upstreams = next;
    check_order(core);
    hm_core_forget_former_owners(core, &before);
    forget_settings(core, &before);
    const double old_window_s = (double)core->config->controller.measurement_window_secs;
    hm_config *const old = core->config;
    core->config = core->draft;
    core->draft = old;
    note_endpoints(core);
    core->tuning = tuning_of(core->config);
    core->estimator = estimator_of(core->config);
    hm_core_resolve_pins(core);
    hm_ledger_rescale(&core->ledger, old_window_s,
                      (double)core->config->controller.measurement_window_secs);
    if (core->config->controller.mode != old->controller.mode) {
        hm_core_change_mode(core);
    }
    hm_core_hold_targets(core);
    hm_core_retarget(core);
    hm_core_release_withheld(core, 1); /* something else is asked for: it is decided anew */
    core->control.evacuate = 1;
    return HMX_OK;
}
