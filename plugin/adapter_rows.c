/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_rows: what the core knows as the structs of hmx_metrics.h, for whoever tells of it.
 */
#include <string.h>

#include "abi/hmx_access.h"
#include "plugin/adapter.h"
#include "plugin/base/fmath.h"
#include "plugin/core/core_control.h"
#include "plugin/core/core_out.h"

/* The ratio first: 100 * part would be rounded, and the quotient could pass 100. */
static double share_pct(double part, double whole)
{
    return whole > 0.0 && part > 0.0 ? 100.0 * (part / whole) : 0.0;
}

typedef struct totals {
    double delivered; /* window; 0 when nothing lies in it any more */
    double total;     /* since create */
    double allocated;
    double working;
} totals;

/* What was taken back since the last settlement may be more than was delivered. */
static double lately(const hm_account *a)
{
    return hm_not_negative(a->delivered + a->credited);
}

static double since_ever(const hm_account *a)
{
    return hm_not_negative(a->total + a->credited);
}

static totals totals_of(const hm_core *core)
{
    totals t = {0};
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        t.delivered += lately(&core->ledger.accounts[i]);
        t.total += since_ever(&core->ledger.accounts[i]);
    }
    /* The window fades and never empties: a farm that stands still would be shown at work. */
    if (!core->ledger.spoken &&
        core->ledger.silent_s >= (double)core->config->controller.measurement_window_secs) {
        t.delivered = 0.0;
    }
    for (uint32_t i = 0; i < HM_PLACES; i++) {
        t.allocated += i > 0 ? hm_not_negative(core->assignment.allocated[i]) : 0.0;
        t.working += core->assignment.working[i];
    }
    return t;
}

static void fill_controller(const hm_core *core, uint32_t i, hmx_upstream_metrics *row)
{
    const hm_control *const k = &core->control;
    row->error_points = k->inputs[i].error_points;
    row->integral_point_min = k->inputs[i].integral_point_min;
    row->p_points = k->terms[i].p_points;
    row->i_points = k->terms[i].i_points;
    row->d_points = k->terms[i].d_points;
    row->output_points = k->terms[i].output_points;
}

static hmx_upstream_metrics row_of(const hm_core *core, uint32_t i, const totals *t)
{
    const hm_upstream *const u = &core->upstreams.rows[i];
    const hm_assignment *const a = &core->assignment;
    const hm_account *const account = &core->ledger.accounts[i];
    hmx_upstream_metrics row = {
        .size = sizeof row,
        .upstream = i + 1u,
        .flags =
            (u->enabled ? (uint32_t)HMX_ROW_ENABLED : 0u) |
            (u->facts.state == HMX_UPSTREAM_UP ? (uint32_t)HMX_ROW_UP : 0u) |
            (hm_upstreams_usable(&core->upstreams, i + 1u) ? (uint32_t)HMX_ROW_USABLE : 0u) |
            (u->removed ? (uint32_t)HMX_ROW_REMOVED : 0u) |
            (u->grey ? (uint32_t)HMX_ROW_GREY : 0u) |
            (core->now_ns < core->health[i].held_until_ns ? (uint32_t)HMX_ROW_HELD_DOWN : 0u) |
            ((core->control.short_pools >> i & 1u) != 0 ? (uint32_t)HMX_ROW_SHORT_GRANT : 0u) |
            (core->assignment.rests[i + 1u].failures >= HM_REST_TRIAL ? (uint32_t)HMX_ROW_MOVES_FAIL
                                                                      : 0u),
        .priority = u->priority,
        .channels = a->counts[i + 1u],
        .pending_in = a->pending_in[i + 1u],
        .pending_out = a->pending_out[i + 1u],
        .state = u->facts.state,
        .reason = u->facts.state == HMX_UPSTREAM_UP ? HMX_NONE : u->facts.reason,
        .target_pct = u->removed ? 0.0 : u->percentage,
        .effective_pct = hm_clamp(100.0 * core->control.effective[i], 0.0, 100.0),
        .command_pct = 100.0 * core->control.command[i],
        .allocated_pct = share_pct(a->allocated[i + 1u], t->allocated),
        .actual_pct = share_pct(lately(account), t->delivered),
        .delivered_pct = share_pct(since_ever(account), t->total),
        .has_actual = t->delivered > 0.0 ? HMX_YES : HMX_NO,
        .hashrate = hm_not_negative(a->working[i + 1u]) * HM_HASHES_PER_WORK,
        .missing_hashrate = core->control.missing[i] * HM_HASHES_PER_WORK,
        .wanted_hashrate = hm_control_wanted(core, i) * HM_HASHES_PER_WORK,
    };
    memcpy(row.id, u->id, sizeof row.id);
    const hm_out out = hm_core_out_of(core, i + 1u);
    row.out_reason = out.reason;
    row.out_until_ns = out.until_ns;
    row.trial_pct = 100.0 * out.trial;
    row.owed_work = account->debt;
    row.provisional_work = hm_ledger_provisional(&core->ledger, i + 1u);
    row.confirmed_work = hm_not_negative(since_ever(account) - row.provisional_work);
    row.wasted_hashrate = row.hashrate * (1.0 - hm_ledger_acceptance(&core->ledger, i + 1u));
    hm_metrics_fill(&core->counts[i], &row);
    fill_controller(core, i, &row);
    return row;
}

hmx_upstream_metrics hm_metrics_row(const hm_core *core, uint32_t upstream)
{
    const totals t = totals_of(core);
    return row_of(core, upstream - 1u, &t);
}

static void fill_totals(const hm_core *core, hmx_snapshot *s, double working)
{
    const hm_control *const k = &core->control;
    const hm_config_controller *const c = &core->config->controller;
    const hm_move_counts *const moves = &core->assignment.moves;
    s->count = core->upstreams.count;
    s->now_ns = core->now_ns;
    s->flags =
        (hm_control_any_usable(core) ? 0u : (uint32_t)HMX_SNAPSHOT_ALL_DOWN) |
        (k->saturated ? (uint32_t)HMX_SNAPSHOT_SATURATED : 0u) |
        (k->burst ? (uint32_t)HMX_SNAPSHOT_BURST : 0u) |
        (core->scheduled.by_hand ? (uint32_t)HMX_SNAPSHOT_BY_HAND : 0u) |
        (k->limited.kp > 0.0 || k->limited.ki > 0.0 ? (uint32_t)HMX_SNAPSHOT_GAINS_LIMITED : 0u);
    s->mode = c->mode;
    s->channels = core->assignment.channels.count;
    s->pending = core->assignment.pending_count;
    s->hashrate = hm_not_negative(working) * HM_HASHES_PER_WORK;
    s->tuning_model = c->has_custom_gains ? (uint32_t)HMX_TUNING_CUSTOM : c->tuning_model;
    s->evaluation_interval_secs = c->evaluation_interval_secs;
    s->kp_set = core->tuning.gains.kp;
    s->ki_set = core->tuning.gains.ki;
    s->kd_set = core->tuning.gains.kd;
    s->kp_effective = k->gains.kp;
    s->ki_effective = k->gains.ki;
    s->kd_effective = k->gains.kd;
    s->deadband = c->deadband_points < 0.0 ? HMX_DEADBAND_AUTO : HMX_DEADBAND_POINTS;
    s->deadband_points = c->deadband_points < 0.0 ? 0.0 : c->deadband_points;
    s->stranded = core->stranded;
    s->bad = core->bad;
    s->withheld = core->withheld;
    s->schedule = core->scheduled.number;
    if (s->schedule > 0) {
        memcpy(s->schedule_name, core->config->schedules[s->schedule - 1u].name,
               sizeof s->schedule_name);
    }
    s->deadband_effective_points = k->band_points;
    s->deviation_points = k->deviation_points;
    s->min_reassignment_interval_secs = c->min_reassignment_interval_secs;
    s->measure_on_accepted = c->measure_on_accepted ? HMX_YES : HMX_NO;
    s->evaluations = core->evaluations;
    s->decisions = moves->decisions;
    s->moves_applied = moves->applied;
    s->moves_refused = moves->refused;
    s->moves_failed = moves->failed;
    s->moves_expired = moves->expired;
    s->moves_forced = moves->forced;
}

hmx_status hm_metrics_snapshot(hmx_instance *self, hmx_snapshot *out)
{
    if (hm_instance_check(self) != HMX_OK || out == NULL || out->size < HMX_SNAPSHOT_SIZE_VER0 ||
        !hm_rows_are_sound(out->rows, out->stride, out->capacity, HMX_UPSTREAM_METRICS_SIZE_VER0)) {
        return hm_refusal(self);
    }
    const hm_core *const core = &self->core;
    const totals t = totals_of(core);
    for (uint32_t i = 0; i < core->upstreams.count && i < out->capacity; i++) {
        unsigned char *const at = (unsigned char *)out->rows + (size_t)i * out->stride;
        const hmx_upstream_metrics row = row_of(core, core->upstreams.order[i], &t);
        (void)hmx_copy_out(at, HMX_UPSTREAM_METRICS_SIZE_VER0, &row, sizeof row);
    }
    hmx_snapshot whole = {
        .size = sizeof whole,
        .stride = out->stride,
        .capacity = out->capacity,
        .rows = out->rows,
    };
    fill_totals(core, &whole, t.working);
    return hmx_copy_out(out, HMX_SNAPSHOT_SIZE_VER0, &whole, sizeof whole);
}

hmx_channel_metrics hm_metrics_channel(const hm_core *core, uint32_t slot)
{
    const hm_channels *const c = &core->assignment.channels;
    const hm_channel_hot *const hot = hm_hot(c, slot);
    const hm_channel_cold *const cold = hm_cold(c, slot);
    return (hmx_channel_metrics){
        .size = sizeof(hmx_channel_metrics),
        .upstream = hot->upstream,
        .channel = hot->channel,
        .cookie = hm_channels_cookie(c, slot),
        .pending_to = hot->pending_to,
        .flags = (cold->stranded ? (uint32_t)HMX_CHANNEL_STRANDED : 0u) |
                 ((hot->marks & HM_MARK_BAD) != 0 ? (uint32_t)HMX_CHANNEL_BAD : 0u) |
                 (hm_assignment_is_deaf(&core->assignment, slot) ? (uint32_t)HMX_CHANNEL_DEAF : 0u),
        .pending_decision = cold->decision,
        .hashrate = hot->hashrate * HM_HASHES_PER_WORK,
        .nominal_hashrate = hm_estimate_of(c, slot)->nominal * HM_HASHES_PER_WORK,
        .last_move_ns = hot->moved_ns,
        .moves = cold->moves,
    };
}
