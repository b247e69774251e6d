/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_tick: the control law, once per evaluation interval (see core.h).
 *
 * The plant has no lag: the allocation is ours and known at once. So the command is feed-forward
 * (the effective target) plus the PID correction for what was really delivered, and the planner
 * goes there in one step.
 */
#include <math.h>
#include <string.h>

#include "plugin/core.h"
#include "plugin/fmath.h"
#include "plugin/targets.h"

static const double NS_PER_S = 1e9;
static const double BALANCE_GAIN = 0.05;           /* 1/min: sigma-delta gain when Ki = 0 */
static const double BALANCE_WINDOW_S = 4.0 * 3600; /* its forgetting */
enum { BURST_MIN = 4, BURST_PARTS = 4 };

static double interval_s(const hm_core *core)
{
    return (double)core->config->controller.evaluation_interval_secs;
}

static double window_s(const hm_core *core)
{
    return (double)core->config->controller.measurement_window_secs;
}

/* Hashrate allocated to the upstreams that take part. */
static double farm_hashrate(const hm_core *core)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        sum += core->control.usable[i] ? core->assignment.allocated[i + 1u] : 0.0;
    }
    return sum;
}

/* The largest channel as points of the farm: nothing finer can be moved. */
static double granule_points(const hm_core *core, double hashrate)
{
    return hashrate > 0.0 ? 100.0 * core->control.largest / hashrate : 0.0;
}

/* Clamp of the ledger as work: integral_limit, or what slicing the largest channel needs. */
static double debt_limit(const hm_core *core, double hashrate)
{
    double points_min = core->config->controller.integral_limit;
    if (core->control.gains.ki > 0.0) {
        const double slicing = 2.0 * granule_points(core, hashrate) / core->control.gains.ki;
        points_min = slicing > points_min ? slicing : points_min;
    }
    return points_min * hashrate * 60.0 / 100.0;
}

void hm_core_settle(hm_core *core)
{
    const double elapsed_s = (double)(core->now_ns - core->settled_ns) / NS_PER_S;
    const double hashrate = farm_hashrate(core);
    if (elapsed_s < 1e-3) {
        return; /* too short to have a rate: it is booked with what follows */
    }
    const double most_s = 5.0 * interval_s(core);
    hm_ledger_settle(&core->ledger, core->control.effective, core->control.usable,
                     core->upstreams.top, elapsed_s < most_s ? elapsed_s : most_s, window_s(core),
                     core->control.burst, debt_limit(core, hashrate));
    core->settled_ns = core->now_ns;
}

/* Effective target plus correction, brought back to a distribution over those that have a target.
 */
static void command_from(hm_core *core, const double *correction_points)
{
    hm_control *const k = &core->control;
    const uint32_t n = core->upstreams.top;
    double wanted[HMX_UPSTREAMS_MAX];
    double low[HMX_UPSTREAMS_MAX];
    double high[HMX_UPSTREAMS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        low[i] = 0.0;
        high[i] = k->effective[i] > 0.0 ? 1.0 : 0.0;
        wanted[i] = k->effective[i] > 0.0 ? k->effective[i] + correction_points[i] / 100.0 : 0.0;
    }
    hm_targets_project(wanted, low, high, n, k->command);
}

/* All numbers up to the highest: those in use in order of preference, then the gaps. */
static void preference(const hm_upstreams *u, uint32_t *order)
{
    uint32_t at = u->count;
    memcpy(order, u->order, u->count * sizeof *order);
    for (uint32_t i = 0; i < u->top; i++) {
        if (!u->rows[i].exists) {
            order[at] = i;
            at++;
        }
    }
}

void hm_core_retarget(hm_core *core)
{
    hm_control *const k = &core->control;
    const uint32_t n = core->upstreams.top;
    uint32_t order[HMX_UPSTREAMS_MAX];
    double weight[HMX_UPSTREAMS_MAX] = {0};
    double correction[HMX_UPSTREAMS_MAX] = {0};
    memset(k->effective, 0, sizeof k->effective);
    memset(k->command, 0, sizeof k->command);
    memset(k->usable, 0, sizeof k->usable);
    for (uint32_t i = 0; i < n; i++) {
        k->usable[i] = (uint8_t)hm_upstreams_usable(&core->upstreams, i + 1u);
        weight[i] = core->upstreams.rows[i].percentage;
        correction[i] = k->terms[i].output_points;
    }
    preference(&core->upstreams, order);
    if (hm_targets_effective(weight, k->usable, order, n, k->effective)) {
        command_from(core, correction);
        k->all_down_said = 0;
    }
}

/* Estimator pass over all channels; also adds up the allocation afresh. */
static void estimate_all(hm_core *core, double dt_s)
{
    hm_channels *const c = &core->assignment.channels;
    const hm_estimator_params *const params = &HM_ESTIMATOR_DEFAULTS;
    const double decay = hm_decay(dt_s, params->window_s);
    double largest = 0.0;
    hm_assignment_recount_begin(&core->assignment);
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        hm_channel_hot *const hot = hm_hot(c, slot);
        if (hot->channel == 0) {
            continue;
        }
        hot->hashrate =
            hm_estimate_update(hm_estimate_of(c, slot), params, hot->work, hot->count, dt_s, decay);
        hot->work = 0.0;
        hot->count = 0;
        largest = hot->hashrate > largest ? hot->hashrate : largest;
        /* A renewal that was refused, failed, expired or could not be proposed is tried again. */
        core->prefix_stale |= (hot->marks & HM_MARK_PREFIX_STALE) != 0;
        hm_assignment_count(&core->assignment, hot);
    }
    core->control.largest = largest;
}

/* The controllers: inputs from the ledger, terms, command. */
static void control(hm_core *core, double hashrate, double dt_s)
{
    hm_control *const k = &core->control;
    double correction[HMX_UPSTREAMS_MAX] = {0};
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (!k->usable[i] || !(k->effective[i] > 0.0)) {
            k->terms[i] = (hm_pid_terms){0};
            continue;
        }
        k->inputs[i] = hm_ledger_inputs(&core->ledger, i + 1u, hashrate, window_s(core), dt_s, 1);
        if (!k->primed) {
            k->inputs[i].measurement_rate = 0.0; /* no derivative kick on the first update */
        }
        k->terms[i] =
            hm_pid_terms_of(&k->gains, k->inputs[i].error_points, k->inputs[i].integral_point_min,
                            k->inputs[i].measurement_rate);
        if (!isfinite(k->terms[i].output_points)) {
            hm_core_forgive(core, i + 1u);
        }
        correction[i] = k->terms[i].output_points;
        const double over = k->effective[i] + correction[i] / 100.0 - 1.0;
        if (over > 0.0) {
            core->ledger.accounts[i].debt -= over * hashrate * dt_s; /* beyond all there is */
        }
    }
    k->primed = 1;
    command_from(core, correction);
}

/* Fraction of the deliveries that a pool gets for its part of the hashrate, when it rejects some.
 */
static double acceptance(const hm_core *core, uint32_t i)
{
    return core->config->controller.measure_on_accepted
               ? hm_ledger_acceptance(&core->ledger, i + 1u)
               : 1.0;
}

static double dead_zone(double x, double band)
{
    if (x > band) {
        return x - band;
    }
    return x < -band ? x + band : 0.0;
}

static double slack_factor(double granule)
{
    return granule <= 5.0 ? 1.5 : 2.5;
}

/* Without an integral term a farm that is coarser than its targets would stay off for ever: a leaky
 * integral of command - allocation alternates its channels (sigma-delta modulation). */
static void balance(hm_core *core, double hashrate, double dt_s)
{
    hm_control *const k = &core->control;
    const uint32_t n = core->upstreams.top;
    const double granule = granule_points(core, hashrate);
    const double limit = 2.0 * granule / BALANCE_GAIN;
    double delivered = 0.0;
    double correction[HMX_UPSTREAMS_MAX] = {0};
    for (uint32_t i = 0; i < n; i++) {
        delivered += k->usable[i] ? core->assignment.allocated[i + 1u] * acceptance(core, i) : 0.0;
    }
    for (uint32_t i = 0; i < n && delivered > 0.0; i++) {
        if (!k->usable[i] || !(k->effective[i] > 0.0)) {
            k->balance[i] = 0.0;
            continue;
        }
        const double share = core->assignment.allocated[i + 1u] * acceptance(core, i) / delivered;
        const double off = 100.0 * (k->command[i] - share);
        const double input =
            fabs(off) > slack_factor(granule) * granule ? 0.0 : dead_zone(off, k->band_points);
        k->balance[i] = hm_clamp(
            k->balance[i] * hm_decay(dt_s, BALANCE_WINDOW_S) + input * dt_s / 60.0, -limit, limit);
        correction[i] = k->terms[i].output_points + BALANCE_GAIN * k->balance[i];
    }
    command_from(core, correction);
}

/* A pool that rejects a tenth needs a tenth more hashrate for the same accepted work. */
static void correct_for_rejects(hm_core *core)
{
    hm_control *const k = &core->control;
    double sum = 0.0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        sum += k->command[i] / acceptance(core, i);
    }
    for (uint32_t i = 0; i < core->upstreams.top && sum > 0.0; i++) {
        k->command[i] = k->command[i] / acceptance(core, i) / sum;
    }
}

static void measure_deviation(hm_core *core, double hashrate)
{
    hm_control *const k = &core->control;
    k->deviation_points = 0.0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (k->usable[i]) {
            const double off =
                100.0 * fabs(k->command[i] - core->assignment.allocated[i + 1u] / hashrate);
            k->deviation_points = off > k->deviation_points ? off : k->deviation_points;
        }
    }
}

/* What whole channels could not express decays from the ledger with time constant 1/Ki, instead of
 * being paid back when it suddenly becomes possible. */
static void bleed(hm_core *core, double hashrate, double dt_s)
{
    hm_control *const k = &core->control;
    const double granule = granule_points(core, hashrate);
    const double by_granule = slack_factor(granule) * granule;
    const double slack = by_granule > k->band_points ? by_granule : k->band_points;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (k->usable[i]) {
            const double off =
                100.0 * (k->command[i] - core->assignment.allocated[i + 1u] / hashrate);
            core->ledger.accounts[i].debt -= dead_zone(off, slack) / 100.0 * hashrate * dt_s;
        }
    }
}

static uint64_t dwell_ns(const hm_core *core)
{
    const double cooldown_s = (double)core->config->controller.min_reassignment_interval_secs;
    const double dwell_s = core->tuning.dwell_s;
    return (uint64_t)(NS_PER_S * (cooldown_s > dwell_s ? cooldown_s : dwell_s));
}

static hm_plan_request request_of(const hm_core *core)
{
    const hm_control *const k = &core->control;
    const double hashrate = farm_hashrate(core);
    const double ki = k->gains.ki > 0.0 ? k->gains.ki : BALANCE_GAIN;
    const double band = k->band_points / 100.0 * hashrate;
    return (hm_plan_request){
        .command = k->command,
        .usable = k->usable,
        .n = core->upstreams.top,
        .most_moves = k->burst_left,
        .band = band,
        .min_improvement = core->tuning.min_improvement,
        .ripple = core->tuning.ripple_point_min * ki / 100.0 * hashrate,
        .swap_cost = band,
        .dwell_ns = dwell_ns(core),
        .now_ns = core->now_ns,
        .rows = k->rows,
    };
}

/* Plans until the burst limit or the host's buffer ends it. Returns 1 when the buffer did. */
static int plan(hm_core *core, uint32_t *rooms, hm_plan_emit emit, void *ctx)
{
    hm_control *const k = &core->control;
    const hm_plan_request request = request_of(core);
    const hm_plan_result result =
        hm_plan(&core->buckets, &core->assignment, &request, *rooms, emit, ctx);
    *rooms -= result.moves;
    k->burst_left -= result.moves;
    if (result.more) {
        return 1;
    }
    k->burst = k->burst_left == 0;
    k->saturated = !k->burst;
    k->burst_left = 0;
    return 0;
}

static uint32_t burst_limit(const hm_core *core)
{
    const uint32_t part = core->assignment.channels.count / BURST_PARTS;
    return part > BURST_MIN ? part : (uint32_t)BURST_MIN;
}

/* Is the deviation worth a plan? Keeps the clock of how long it has lasted. */
static int wants_plan(hm_core *core, double dt_s)
{
    hm_control *const k = &core->control;
    const int was_burst = k->burst;
    const int beyond = k->deviation_points > k->band_points;
    k->over_s = beyond ? k->over_s + dt_s : 0.0;
    if (beyond && (k->over_s > core->tuning.hold_s || k->deviation_points > 4.0 * k->band_points ||
                   was_burst || k->force)) {
        k->over_s = 0.0;
        return 1;
    }
    k->burst = 0;
    if (!beyond) {
        k->saturated = 0;
    }
    return 0;
}

/* The control law from the ledger to the command. Returns 1 when a plan is wanted. */
static int compute_command(hm_core *core, double dt_s)
{
    hm_control *const k = &core->control;
    const double hashrate = farm_hashrate(core);
    if (core->assignment.channels.count == 0 || !(hashrate > 0.0)) {
        return 0; /* nobody to move; what is owed stays on the books */
    }
    hm_gains_slew(&k->gains, &core->tuning.gains, hm_decay(dt_s, window_s(core)));
    const double sigma =
        hm_ledger_sigma_points(&core->ledger, k->effective, core->upstreams.top, hashrate);
    const double deadband = core->config->controller.deadband_points;
    k->band_points = hm_clamp(core->tuning.noise_factor * sigma, 0.1 * deadband, 3.0 * deadband);
    control(core, hashrate, dt_s);
    if (!(k->gains.ki > 0.0)) {
        balance(core, hashrate, dt_s);
    }
    correct_for_rejects(core);
    measure_deviation(core, hashrate);
    const int wanted = wants_plan(core, dt_s);
    if (wanted) {
        k->burst_left = burst_limit(core);
    }
    return wanted;
}

static int any_usable(const hm_core *core)
{
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (core->control.usable[i]) {
            return 1;
        }
    }
    return 0;
}

/* Does somebody have to leave where no decision is under way yet? Then the evacuation is tried
 * again. */
static int somebody_must_leave(const hm_core *core)
{
    const hm_assignment *const a = &core->assignment;
    if (a->counts[0] > a->pending_out[0]) {
        return 1;
    }
    for (uint32_t i = 1; i <= core->upstreams.top; i++) {
        if (a->counts[i] > a->pending_out[i] && hm_upstreams_must_leave(&core->upstreams, i)) {
            return 1;
        }
    }
    return 0;
}

/* Returns 1 when the buffer was full. */
static int evacuate(hm_core *core, uint32_t *rooms, hm_plan_emit emit, void *ctx)
{
    uint8_t leave[HM_PLACES] = {1}; /* the parked ones want work */
    if (!any_usable(core)) {
        if (!core->control.all_down_said && core->assignment.channels.count > 0) {
            hm_core_log(core, HMX_LOG_WARN,
                        "no upstream can be used: every channel stays where it is until one can");
            core->control.all_down_said = 1;
        }
        core->control.evacuate = 0;
        return 0;
    }
    if (!somebody_must_leave(core)) {
        core->control.evacuate = 0;
        return 0;
    }
    for (uint32_t i = 1; i <= core->upstreams.top; i++) {
        leave[i] = (uint8_t)hm_upstreams_must_leave(&core->upstreams, i);
    }
    const hm_plan_request request = request_of(core);
    const hm_plan_result result =
        hm_evacuate(&core->buckets, &core->assignment, &request, leave, *rooms, emit, ctx);
    *rooms -= result.moves;
    core->control.evacuate = result.more ? 1u : 0u;
    return (int)result.more;
}

/* New prefixes for the channels of a pool that changed its own. Returns 1 when the buffer was full.
 */
static int renew_prefixes(hm_core *core, uint32_t *rooms, hm_plan_emit emit, void *ctx)
{
    hm_assignment *const a = &core->assignment;
    hm_decision decision;
    for (uint32_t slot = 0; slot < a->channels.slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
        if ((hot->marks & HM_MARK_PREFIX_STALE) == 0 || !hm_assignment_movable(a, slot) ||
            !hm_assignment_legal(a, slot, hot->upstream)) {
            continue;
        }
        if (*rooms == 0) {
            return 1;
        }
        if (hm_assignment_propose(a, slot, hot->upstream, HMX_DECISION_PREFIX, HMX_REASON_PREFIX,
                                  core->now_ns, &decision) == 0) {
            (*rooms)--;
            (void)emit(ctx, &decision);
        }
    }
    core->prefix_stale = 0;
    return 0;
}

static void free_removed_upstreams(hm_core *core)
{
    uint8_t busy[HMX_UPSTREAMS_MAX];
    const hm_upstreams before = core->upstreams;
    hm_core_busy(core, busy);
    hm_upstreams_collect(&core->upstreams, busy);
    hm_core_forget_former_owners(core, &before);
}

/* Everything that happens once per interval up to the plan. Returns 1 when a plan is wanted. */
static int evaluate(hm_core *core)
{
    const double elapsed_s = (double)(core->now_ns - core->evaluated_ns) / NS_PER_S;
    const double dt_s = hm_clamp(elapsed_s, 1.0, 5.0 * interval_s(core));
    core->evaluated_ns = core->now_ns;
    core->evaluations++;
    estimate_all(core, dt_s);
    hm_core_settle(core);
    free_removed_upstreams(core);
    hm_prefixes_expire(&core->assignment.prefixes, core->now_ns, &core->assignment.channels);
    core->control.evacuate = (uint8_t)(core->control.evacuate || somebody_must_leave(core));
    return any_usable(core) && compute_command(core, dt_s);
}

static int is_due(const hm_core *core)
{
    const uint64_t interval_ns = 1000000000ull * core->config->controller.evaluation_interval_secs;
    return core->control.force || core->now_ns - core->evaluated_ns >= interval_ns;
}

int hm_core_tick(hm_core *core, uint32_t rooms, hm_plan_emit emit, void *ctx)
{
    hm_control *const k = &core->control;
    int planning = k->burst_left > 0 && k->resume; /* the host's buffer was full: go on */
    const uint64_t before_ns = core->evaluated_ns;
    k->rows = rooms;
    (void)hm_assignment_expire(&core->assignment, core->now_ns);
    if (!planning && is_due(core)) {
        planning = evaluate(core);
        k->force = 0;
    }
    k->resume = 1;
    if (k->evacuate && evacuate(core, &rooms, emit, ctx)) {
        return 1;
    }
    if (core->prefix_stale && renew_prefixes(core, &rooms, emit, ctx)) {
        return 1;
    }
    if (planning && plan(core, &rooms, emit, ctx)) {
        return 1;
    }
    k->resume = 0;
    if (core->evaluated_ns != before_ns && k->saturated) {
        const double hashrate = farm_hashrate(core);
        const double dt_s = hm_clamp((double)(core->evaluated_ns - before_ns) / NS_PER_S, 1.0,
                                     5.0 * interval_s(core));
        if (hashrate > 0.0) {
            bleed(core, hashrate, dt_s);
        }
    }
    return 0;
}
