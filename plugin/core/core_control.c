/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_control: the control law (see core_control.h).
 */
#include "plugin/core/core_control.h"

#include <math.h>
#include <string.h>

#include "plugin/base/fmath.h"
#include "plugin/control/law.h"
#include "plugin/control/slices.h"
#include "plugin/control/targets.h"

static const double PER_THS = 1e12 / HM_HASHES_PER_WORK; /* work per second */
static const double SHORTEST_S = 1e-3;                   /* over which credited work has a rate */
static const double ARRIVAL_WINDOW_S = 180.0;
static const double ARRIVAL_PATIENCE_S = 120.0; /* wait so much longer when arrivals can mend it */
static const double BALANCE_WINDOW_S = 4.0 * 3600; /* forgetting of the sigma-delta integral */
/* Largest channel, as points of the farm, from which slicing gets a gain of its own, and where it
 * has all of it. */
static const double COARSE_FROM = 10.0;
static const double COARSE_TO = 40.0;
/* What luck moves within is kept between these. */
static const double LUCK_LEAST_POINTS = 0.05;
static const double LUCK_MOST_POINTS = 1.5;
static const double LUCK_BEARABLE_POINTS = 6.0;
static const double SLICING_GAIN = 0.03; /* 1/min */

uint64_t hm_control_dwell_ns(const hm_core *core)
{
    const double cooldown_s = (double)core->config->controller.min_reassignment_interval_secs;
    const double dwell_s = core->tuning.dwell_s;
    return (uint64_t)((double)HM_NS_PER_S * (cooldown_s > dwell_s ? cooldown_s : dwell_s));
}

double hm_control_interval_s(const hm_core *core)
{
    return (double)core->config->controller.evaluation_interval_secs;
}

static double window_s(const hm_core *core)
{
    return (double)core->config->controller.measurement_window_secs;
}

/* Hashrate allocated to the upstreams that take part. */
int hm_control_any_usable(const hm_core *core)
{
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (core->control.usable[i]) {
            return 1;
        }
    }
    return 0;
}

double hm_control_hashrate(const hm_core *core)
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

double hm_control_coarseness(const hm_core *core)
{
    const double hashrate = hm_control_hashrate(core);
    if (!core->config->controller.time_slicing) {
        return 0.0;
    }
    return hm_clamp((granule_points(core, hashrate) - COARSE_FROM) / (COARSE_TO - COARSE_FROM), 0.0,
                    1.0);
}

double hm_control_debt_gain(const hm_core *core)
{
    const double ki = core->control.gains.ki;
    const double gain = SLICING_GAIN * hm_control_coarseness(core);
    if (!(ki > 0.0)) {
        return HM_BALANCE_GAIN;
    }
    const double most = 60.0 / hm_control_interval_s(core);
    return gain > ki ? (gain < most ? gain : most) : ki;
}

void hm_core_forgive(hm_core *core, uint32_t upstream)
{
    hm_control *const k = &core->control;
    /* Where miners have to be sliced the debts say whose turn it is; elsewhere they are luck, of
     * times with another split, and to pay it back would only spoil the new one. A farm that is
     * on its way back after a restart keeps all. */
    const double keep = core->restored.waiting != 0 ? 1.0 : hm_control_coarseness(core);
    hm_ledger_close(&core->ledger, upstream, k->effective, core->upstreams.top, keep);
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        k->pids[i].last_measurement_pct *= keep; /* measured in what is left of the debts */
    }
    hm_pid_reset(&k->pids[upstream - 1u]);
    k->pids[upstream - 1u].primed = k->primed; /* closed books say that it is off by nothing */
    k->balance[upstream - 1u] = 0.0;
    k->terms[upstream - 1u] = (hm_pid_terms){0};
    core->restored.waiting &= ~(1ull << (upstream - 1u));
    k->saturated = 0; /* what was planned before is no measure of what comes now */
}

int hm_core_is_coming_back(const hm_core *core)
{
    return core->restored.loaded && core->now_ns - core->restored.since_ns <= HM_STATE_GRACE_NS;
}

double hm_core_expected_hashrate(const hm_core *core, double hashrate)
{
    return hm_core_is_coming_back(core) && core->restored.hashrate > hashrate
               ? core->restored.hashrate
               : hashrate;
}

/* How far the command of an upstream may lie beyond nothing and everything: a channel that is
 * sliced changes over when the commands of two pools are further apart than that. */
static double excess(const hm_core *core, uint32_t i, double coarseness)
{
    const hm_control *const k = &core->control;
    const int is_free = k->effective[i] > 0.0 && !(k->low[i] > 0.0) && k->high[i] >= 1.0;
    return is_free ? coarseness : 0.0;
}

/* Clamp of the ledger as work: integral_limit, or what slicing the largest channel needs. */
static double debt_limit(const hm_core *core, double hashrate)
{
    double points_min = core->config->controller.integral_limit;
    hashrate = hm_core_expected_hashrate(core, hashrate);
    if (!(hashrate > 0.0)) {
        return INFINITY; /* nobody is there to make or to pay debts: they stay as they are */
    }
    if (core->control.slicing.on) {
        const double slicing =
            hm_slices_swing(core->control.effective, core->upstreams.top,
                            core->control.slicing.half_s, core->tuning.ripple_point_min);
        points_min = slicing > points_min ? slicing : points_min;
    } else if (core->control.gains.ki > 0.0) {
        const double slicing = 2.0 * granule_points(core, hashrate) / core->control.gains.ki;
        points_min = slicing > points_min ? slicing : points_min;
    }
    return points_min * hashrate * 60.0 / 100.0;
}

static double unsettled_s(const hm_core *core)
{
    return hm_seconds(core->now_ns - core->settled_ns);
}

static void settle(const hm_core *core, hm_ledger *ledger, double elapsed_s)
{
    const double most_s = 5.0 * hm_control_interval_s(core);
    hm_ledger_settle(ledger, core->control.effective, core->control.usable, core->upstreams.top,
                     elapsed_s < most_s ? elapsed_s : most_s, window_s(core),
                     debt_limit(core, hm_control_hashrate(core)));
}

void hm_core_settle(hm_core *core)
{
    if (unsettled_s(core) < SHORTEST_S) {
        return; /* too short to have a rate: it is booked with what follows */
    }
    settle(core, &core->ledger, unsettled_s(core));
    core->settled_ns = core->now_ns;
}

void hm_core_settled_ledger(const hm_core *core, hm_ledger *out)
{
    *out = core->ledger;
    if (unsettled_s(core) >= SHORTEST_S) {
        settle(core, out, unsettled_s(core));
    } else if (out->spoken) {     /* nothing follows in which it could be booked */
        out->luck_credited = 0.0; /* in so short a time it has no rate */
        settle(core, out, SHORTEST_S);
    }
}

/* Effective target plus correction, brought back to a distribution inside pins and caps. Without
 * slicing a correction is what miners as they are can give: half of what luck moves within, so that
 * it takes an error of the placement too to move somebody. */
static void command_from(hm_core *core, const double *correction_points)
{
    hm_control *const k = &core->control;
    const uint32_t n = core->upstreams.top;
    const double coarseness = hm_control_coarseness(core);
    const int is_still = !core->config->controller.time_slicing && HM_LAW.still_command;
    const double most = is_still ? 0.5 * k->luck_points : INFINITY;
    double wanted[HMX_UPSTREAMS_MAX];
    double low[HMX_UPSTREAMS_MAX];
    double high[HMX_UPSTREAMS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        const double correction = hm_clamp(correction_points[i], -most, most) / 100.0;
        wanted[i] = k->effective[i] > 0.0 ? k->effective[i] + correction : 0.0;
        const double beyond = excess(core, i, coarseness);
        low[i] = k->low[i] - beyond;
        high[i] = k->high[i] + beyond;
    }
    hm_targets_project(wanted, low, high, n, k->command);
}

/* Fraction of the deliveries that a pool gets for its part of the hashrate, when it rejects
 * some. */
static double acceptance(const hm_core *core, uint32_t i)
{
    return hm_core_takes_back(core) && HM_LAW.acceptance_correction
               ? hm_ledger_acceptance(&core->ledger, i + 1u)
               : 1.0;
}

void hm_control_correct_for_rejects(const hm_core *core, const double *wanted, double *corrected)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        sum += wanted[i] / acceptance(core, i);
    }
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        corrected[i] = sum > 0.0 ? wanted[i] / acceptance(core, i) / sum : wanted[i];
    }
}

/* Its cap as hashrate, and that of a trial while there are pools that are not in doubt. */
static double most_of(const hm_core *core, uint32_t i)
{
    const double asked = core->upstreams.rows[i].max_ths * PER_THS;
    const double cap = fmin(asked, core->control.fit[i]);
    double farm = 0.0;
    if (!(core->health[i].share > 0.0) || core->upstreams.trust_all) {
        return cap;
    }
    for (uint32_t k = 0; k < core->upstreams.top; k++) {
        farm += hm_upstreams_takes_part(&core->upstreams, k + 1u)
                    ? core->assignment.allocated[k + 1u]
                    : 0.0;
    }
    const double trial = core->health[i].share * farm;
    return trial < cap ? trial : cap;
}

static hm_target_row target_row(const hm_core *core, uint32_t i)
{
    const hm_upstream *const u = &core->upstreams.rows[i];
    return (hm_target_row){
        .weight = u->percentage,
        .absolute = u->hashrate_ths * PER_THS,
        .least = u->min_ths * PER_THS,
        .most = u->exists ? most_of(core, i) : INFINITY,
        .pinned = core->assignment.pinned[i + 1u],
        .usable = (uint8_t)hm_upstreams_takes_part(&core->upstreams, i + 1u),
    };
}

/* Could it be used, but for a connection or a job that is not there yet? */
static int is_expected(const hm_upstream *row)
{
    return row->exists && row->enabled && !row->removed && !row->held && !row->out;
}

double hm_control_wanted(const hm_core *core, uint32_t i)
{
    const hm_upstreams *const u = &core->upstreams;
    hm_target_row rows[HMX_UPSTREAMS_MAX];
    hm_target_result results[HMX_UPSTREAMS_MAX] = {{0}};
    double hashrate = 0.0;
    if (!is_expected(&u->rows[i])) {
        return 0.0;
    }
    for (uint32_t place = 0; place < HM_PLACES; place++) {
        hashrate +=
            core->assignment.allocated[place] > 0.0 ? core->assignment.allocated[place] : 0.0;
    }
    for (uint32_t k = 0; k < u->top; k++) {
        rows[k] = target_row(core, k);
    }
    rows[i].usable = 1;
    (void)hm_targets_effective(rows, u->top, u->order, u->count, hashrate, results);
    return results[i].effective * hashrate;
}

void hm_core_retarget(hm_core *core)
{
    hm_control *const k = &core->control;
    const hm_upstreams *const u = &core->upstreams;
    hm_target_row rows[HMX_UPSTREAMS_MAX];
    hm_target_result results[HMX_UPSTREAMS_MAX] = {{0}};
    double correction[HMX_UPSTREAMS_MAX] = {0};
    core->assignment.changes++; /* who is usable may be news to the planner */
    memset(k->command, 0, sizeof k->command);
    memset(k->usable, 0, sizeof k->usable);
    for (uint32_t i = 0; i < u->top; i++) {
        rows[i] = target_row(core, i);
        k->usable[i] = rows[i].usable;
        correction[i] = k->terms[i].output_points;
    }
    const int nobody =
        hm_targets_effective(rows, u->top, u->order, u->count, hm_control_hashrate(core), results);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        k->effective[i] = results[i].effective;
        k->low[i] = results[i].low;
        k->high[i] = results[i].high;
        k->missing[i] = results[i].missing;
        k->most[i] = i < u->top ? results[i].most : INFINITY;
    }
    hm_control_correct_for_rejects(core, k->effective, k->aim);
    if (nobody == 0) {
        command_from(core, correction);
        k->all_down_said = 0;
    }
}

/* One controller: the books' error is how far the measurement lies below the setpoint, and they
 * keep its integral. */
static void update_pid(hm_core *core, uint32_t i, const hm_gains *gains, double hashrate,
                       double dt_s)
{
    hm_control *const k = &core->control;
    k->inputs[i] = hm_ledger_inputs(&core->ledger, i + 1u, hashrate, window_s(core));
    const hm_pid_sample sample = {
        .setpoint_pct = 0.0,
        .measurement_pct = -k->inputs[i].error_points,
        .dt_min = dt_s / 60.0,
        .integral = &k->inputs[i].integral_point_min,
    };
    k->terms[i] = hm_pid_update(&k->pids[i], gains, &sample);
    if (!isfinite(k->terms[i].output_points)) {
        hm_core_forgive(core, i + 1u);
        k->inputs[i] = (hm_ledger_input){0};
    }
}

/* From the first evaluation on each measurement has one before it; that of an upstream which takes
 * no part is the nothing that its books say. */
static void prime(hm_control *k)
{
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        k->pids[i].primed = 1;
    }
    k->primed = 1;
}

/* The controllers: inputs from the ledger, terms, command. */
static void control(hm_core *core, double hashrate, double dt_s)
{
    hm_control *const k = &core->control;
    double correction[HMX_UPSTREAMS_MAX] = {0};
    const double coarseness = hm_control_coarseness(core);
    hm_gains gains = k->gains;
    gains.ki = gains.ki > 0.0 ? hm_control_debt_gain(core) : 0.0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (!k->usable[i] || !(k->effective[i] > 0.0)) {
            k->terms[i] = (hm_pid_terms){0};
            continue;
        }
        update_pid(core, i, &gains, hashrate, dt_s);
        correction[i] = k->terms[i].output_points;
        const double over =
            k->effective[i] + correction[i] / 100.0 - k->high[i] - excess(core, i, coarseness);
        if (over > 0.0 && HM_LAW.back_calculation) {
            core->ledger.accounts[i].debt -=
                over * hashrate * dt_s; /* beyond its cap, or all there is */
        }
    }
    prime(k);
    command_from(core, correction);
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
    const double limit = 2.0 * granule / HM_BALANCE_GAIN;
    /* A small target of a coarse farm takes hours to add up to a channel's worth. */
    const double coarse = granule > COARSE_FROM ? granule / COARSE_FROM : 1.0;
    const double decay = hm_decay(dt_s, BALANCE_WINDOW_S * coarse * coarse);
    /* What is off by less is luck; but a channel that is sliced is always off, by more on one side
     * than on the other: to ignore as much on both sides would leave the small targets short. */
    const double ignored = k->luck_points * (1.0 - hm_control_coarseness(core));
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
            fabs(off) > slack_factor(granule) * granule ? 0.0 : dead_zone(off, ignored);
        k->balance[i] = hm_clamp(k->balance[i] * decay + input * dt_s / 60.0, -limit, limit);
        correction[i] = k->terms[i].output_points + HM_BALANCE_GAIN * k->balance[i];
    }
    command_from(core, correction);
}

double hm_control_deviation(const hm_core *core, double hashrate)
{
    const hm_control *const k = &core->control;
    double largest = 0.0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (k->usable[i]) {
            const double off =
                100.0 * fabs(k->command[i] - core->assignment.allocated[i + 1u] / hashrate);
            largest = off > largest ? off : largest;
        }
    }
    return largest;
}

/* What is left of a debt; never beyond nothing owed: a refusal by itself makes no debt. */
static double bled(double debt, double by)
{
    if (!(debt * by > 0.0)) {
        return debt;
    }
    return fabs(by) < fabs(debt) ? debt - by : 0.0;
}

void hm_control_bleed(hm_core *core, double hashrate, double dt_s)
{
    hm_control *const k = &core->control;
    const double granule = granule_points(core, hashrate);
    /* What whole channels cannot express is kept, to be sliced; what is refused is not. */
    const double by_granule = k->held_back ? 0.0 : slack_factor(granule) * granule;
    const double slack = by_granule > k->luck_points ? by_granule : k->luck_points;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        if (k->usable[i]) {
            const double off =
                100.0 * (k->planned[i] - core->assignment.allocated[i + 1u] / hashrate);
            double *const debt = &core->ledger.accounts[i].debt;
            *debt = bled(*debt, dead_zone(off, slack) / 100.0 * hashrate * dt_s);
        }
    }
}

/* Newcomers go where hashrate is missing and cost no move: when those of the next minutes will be
 * enough, a deviation gets more time before anybody is moved for it. */
static double patience_s(hm_core *core, double hashrate, double dt_s)
{
    hm_control *const k = &core->control;
    const double decay = hm_decay(dt_s, ARRIVAL_WINDOW_S);
    k->arrival_rate = k->arrival_rate * decay + k->arrived / dt_s * (1.0 - decay);
    k->arrived = 0.0;
    const double missing = k->deviation_points / 100.0 * hashrate;
    return k->arrival_rate * ARRIVAL_PATIENCE_S > missing ? ARRIVAL_PATIENCE_S : 0.0;
}

/* Is the deviation worth a plan? Keeps the clock of how long it has lasted. */
static int wants_plan(hm_core *core, double hashrate, double dt_s)
{
    hm_control *const k = &core->control;
    const int was_burst = k->burst;
    const double patience = patience_s(core, hashrate, dt_s);
    const double hold_s =
        (HM_LAW.hold_time ? core->tuning.hold_s : 0.0) + (HM_LAW.arrival_patience ? patience : 0.0);
    const double larger = k->luck_points > k->band_points ? k->luck_points : k->band_points;
    /* The parts of a plan are one plan: what is begun is done. */
    const double band =
        was_burst && k->luck_points < k->band_points ? k->luck_points : k->band_points;
    const int beyond = k->deviation_points > band;
    k->over_s = beyond ? k->over_s + dt_s : 0.0;
    if (beyond &&
        (k->over_s > hold_s || k->deviation_points > 4.0 * larger || was_burst || k->force)) {
        k->over_s = 0.0;
        return 1;
    }
    k->burst = 0;
    if (!beyond) {
        k->saturated = 0;
    }
    return 0;
}

/* What luck moves within. */
static double luck_points(const hm_core *core, double hashrate)
{
    const double sigma = hm_ledger_sigma_points(&core->ledger, core->control.effective,
                                                core->upstreams.top, hashrate);
    const double usual = core->tuning.noise_factor * sigma;
    const double most = hm_clamp(usual - LUCK_BEARABLE_POINTS, LUCK_MOST_POINTS, 50.0);
    return hm_clamp(usual, LUCK_LEAST_POINTS, most);
}

/* The deviation from which on somebody is moved: an own number, or what luck moves within. Where
 * miners are sliced it is half the largest of them at most, which taking turns demands anyway. */
static double deadband_points(const hm_core *core, double hashrate)
{
    const double own = core->config->controller.deadband_points;
    const double half = 0.5 * granule_points(core, hashrate);
    if (own < 0.0) {
        return core->control.luck_points;
    }
    return hm_control_coarseness(core) > 0.0 && own > half ? half : own;
}

static hm_gains limited(const hm_core *core, const hm_gains *gains)
{
    return HM_LAW.bearable_gains
               ? hm_gains_limited(gains, hm_control_interval_s(core), window_s(core))
               : *gains;
}

/* The gains that are set, as far as the interval can bear them; once, one line says that it cannot.
 */
static hm_gains bearable_gains(hm_core *core)
{
    hm_control *const k = &core->control;
    const hm_gains *const set = &core->tuning.gains;
    const hm_gains most = limited(core, set);
    const int is_limited = most.kp < set->kp || most.ki < set->ki || most.kd < set->kd;
    if (!is_limited) {
        k->limited = (hm_gains){0};
    } else if (memcmp(&most, &k->limited, sizeof most) != 0) {
        k->limited = most;
        hm_core_logf(
            core, HMX_LOG_WARN,
            "the gains that are set are more than an evaluation every %lu s can bear, of a "
            "split measured over %lu s: they are limited, the snapshot says to what",
            (unsigned long)core->config->controller.evaluation_interval_secs,
            (unsigned long)core->config->controller.measurement_window_secs);
    }
    return most;
}

/* The control law from the ledger to the command. Returns 1 when a plan is wanted. */
int hm_control_command(hm_core *core, double dt_s)
{
    hm_control *const k = &core->control;
    const double hashrate = hm_control_hashrate(core);
    if (core->assignment.channels.count == 0 || !(hashrate > 0.0)) {
        return 0; /* nobody to move; what is owed stays on the books */
    }
    const hm_gains most = bearable_gains(core);
    hm_gains_slew(&k->gains, &most, hm_decay(dt_s, window_s(core)));
    /* On the way there, and at the very beginning, no more than is bearable either. */
    k->gains = limited(core, &k->gains);
    k->luck_points = luck_points(core, hashrate);
    k->band_points = deadband_points(core, hashrate);
    control(core, hashrate, dt_s);
    if (!(k->gains.ki > 0.0)) {
        balance(core, hashrate, dt_s);
    }
    hm_control_correct_for_rejects(core, k->command, k->command);
    k->deviation_points = hm_control_deviation(core, hashrate);
    memcpy(k->planned, k->command, sizeof k->planned);
    return wants_plan(core, hashrate, dt_s);
}
