/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_tick: what happens at a tick: the evaluation when it is due, and who has to move (see
 * core.h). What is wanted is core_control.h's business.
 */
#include <string.h>

#include "plugin/base/fmath.h"
#include "plugin/control/law.h"
#include "plugin/core/core_control.h"
#include "plugin/core/core_fit.h"
#include "plugin/core/core_health.h"
#include "plugin/core/core_leave.h"
#include "plugin/core/core_mode.h"
#include "plugin/core/core_schedule.h"
#include "plugin/core/core_slices.h"

enum { BURST_MIN = 4, BURST_PARTS = 4 };
enum { BURST_PACE = 10 }; /* the next part of a burst follows after this part of an interval */

/* A plan that has moved so many channels is a new split, not a correction: it is worth a few more
 * to be exact, since a correction of what it leaves would come one by one and late. Not when the
 * host refuses: the same plan comes again and again then. */
enum { SPLIT_MOVES = 10 };

enum { OBSERVED_ROWS = 64 };

/* Of the farm, at most, watches a grey pool. */
static const double CANARY_PART = 0.01;

/* The gain that slicing adds is for the debt that a channel's size demands, before it changes over
 * at all; it must not widen the ripple around that by as much, or it would change over too late. */
static const double RIPPLE_OF_SLICING = 0.2;

/* Channels ahead of which the estimator asks for their lines: the processor does so itself along a
 * page of memory, but stops at the end of each. */
enum { AHEAD = 24 };

/* What all channels together did, against what their estimates promised. */
static void follow_common(hm_core *core, double proved, double expected, double dt_s)
{
    hm_channels *const c = &core->assignment.channels;
    const double factor = HM_LAW.common_change ? hm_common_update(&core->common, proved, expected,
                                                                  core->ledger.luck * dt_s)
                                               : 1.0;
    if (!(factor < 1.0) && !(factor > 1.0)) {
        return;
    }
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        if (hm_hot(c, slot)->channel != 0) {
            hm_estimate_scale(hm_estimate_of(c, slot), factor);
            hm_assignment_set_hashrate(&core->assignment, slot, hm_hot(c, slot)->hashrate * factor);
        }
    }
    core->control.largest *= factor;
}

/* Estimator pass over all channels; also adds up the allocation afresh. */
static void estimate_all(hm_core *core, double dt_s)
{
    hm_channels *const c = &core->assignment.channels;
    const hm_estimator_params *const params = &core->estimator;
    const double decay = hm_decay(dt_s, params->window_s);
    hm_proof_count count = {0};
    double expected = 0.0;
    double proved = 0.0;
    core->bad = 0;
    hm_recount recount;
    HM_MUST(hm_core_alarm(core), core->late_count == 0); /* what they brought is read here */
    hm_assignment_recount_begin(&core->assignment, &recount);
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        hm_channel_hot *const hot = hm_hot(c, slot);
        const uint32_t later = slot + AHEAD < c->slots ? slot + AHEAD : slot;
        __builtin_prefetch(hm_hot(c, later), 1);
        __builtin_prefetch(hm_estimate_of(c, later), 1);
        if (hot->channel == 0) {
            continue;
        }
        hm_recount_add(&recount, hot);
        hm_estimate *const estimate = hm_estimate_of(c, slot);
        const int is_suspect = (hot->marks & HM_MARK_SUSPECT) != 0;
        if (hm_estimate_is_proven(estimate) && !is_suspect) {
            expected += hot->hashrate * dt_s;
            proved += hot->hashrate > 0.0 ? hot->work : 0.0;
        }
        if (!is_suspect) {
            hot->hashrate =
                hm_estimate_update(estimate, params, hot->work, hot->count, dt_s, decay);
        }
        if ((hot->marks & HM_MARK_BAD) != 0 && hm_core_review_bad(core, slot)) {
            hot->hashrate = 0.0;
            core->bad++;
        }
        hot->work = 0.0;
        hot->count = 0;
        hot->marks &= ~(uint32_t)HM_MARK_SUSPECT;
        hm_proof_add(&count, hm_estimate_is_proven(estimate), hot->hashrate);
        /* A renewal that was refused, failed, expired or could not be proposed is tried again. */
        core->prefix_stale |= (hot->marks & HM_MARK_PREFIX_STALE) != 0;
        hm_assignment_count(&core->assignment, hot);
        if (core->config->pin_count > 0) {
            hm_assignment_count_pinned(&core->assignment, slot);
        }
    }
    hm_assignment_recount_end(&core->assignment, &recount);
    hm_proof_judge(&core->proof, &count, core->now_ns);
    core->control.largest = hm_proof_apply(&core->proof, &count, &core->assignment);
    follow_common(core, proved, expected, dt_s);
}

/* Of many pools that share one channel the next one is always nearly due: what it may be owed
 * before the channel changes over has to be more, or it would change over twice as often as with
 * two pools. Among n equal pools it does so after 2 n / (n - 1) times this ripple. */
static double ripple_factor(const hm_core *core)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        n += core->control.usable[i] && core->control.effective[i] > 0.0;
    }
    return n > 2u ? 2.0 * (double)(n - 1u) / (double)n : 1.0;
}

static hm_plan_request request_of(const hm_core *core)
{
    const hm_control *const k = &core->control;
    const double hashrate = hm_control_hashrate(core);
    const double gain = hm_control_debt_gain(core);
    const double ki = k->gains.ki > 0.0 ? k->gains.ki : gain;
    const double band = k->luck_points / 100.0 * hashrate;
    return (hm_plan_request){
        .command = k->command,
        .aim = k->aim,
        .most = k->most,
        .slicing = core->config->controller.time_slicing != 0,
        .usable = k->usable,
        .n = core->upstreams.top,
        .most_moves = k->burst_left,
        .moves_before = k->plan_moves,
        .split_moves = k->held_back ? UINT32_MAX : (uint32_t)SPLIT_MOVES,
        .band = band,
        .min_improvement = core->tuning.min_improvement * gain / ki,
        .ripple = ripple_factor(core) * core->tuning.ripple_point_min *
                  (ki + RIPPLE_OF_SLICING * (gain - ki)) / 100.0 * hashrate,
        .swap_cost = band,
        .dwell_ns = hm_control_dwell_ns(core),
        .now_ns = core->now_ns,
    };
}

/* Plans until the burst limit or a full outbox ends it. Returns 1 when the outbox did. */
static int plan(hm_core *core, hm_outbox *out)
{
    hm_control *const k = &core->control;
    const hm_plan_request request = request_of(core);
    const hm_plan_result result = hm_plan(&core->buckets, &core->assignment, &request, out);
    k->burst_left -= result.moves;
    k->plan_moves += result.moves;
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

/* A grey pool that is otherwise in order keeps one channel, to see whether it recovers, if that is
 * no more than a hundredth of the farm. The largest that it may be, 0 = none. */
static double canary_most(const hm_core *core, uint32_t upstream)
{
    const hm_upstream *const row = &core->upstreams.rows[upstream - 1u];
    double farm = 0.0;
    if (!HM_LAW.canary || !row->exists || !row->grey || !row->enabled || row->removed ||
        row->facts.state != HMX_UPSTREAM_UP) {
        return 0.0;
    }
    for (uint32_t i = 1; i < HM_PLACES; i++) {
        farm += core->assignment.allocated[i];
    }
    return CANARY_PART * farm;
}

/* Of the channels that are to leave one may stay: those that are left then do. */
static int is_left(const hm_core *core, uint32_t upstream)
{
    const hm_assignment *const a = &core->assignment;
    const uint32_t left = a->counts[upstream] - a->pending_out[upstream];
    const int is_canary = left == 1u && a->working[upstream] > 0.0 &&
                          a->allocated[upstream] <= canary_most(core, upstream);
    return left == 0u || is_canary;
}

/* A pool without a target is not left while it takes what the others' caps have no room for. */
static int must_leave(const hm_core *core, uint32_t upstream)
{
    const hm_control *const k = &core->control;
    return hm_upstreams_must_leave(&core->upstreams, upstream) &&
           !(k->usable[upstream - 1u] && k->effective[upstream - 1u] > k->low[upstream - 1u]);
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
        if (!is_left(core, i) && must_leave(core, i)) {
            return 1;
        }
    }
    return 0;
}

/* Returns 1 when the outbox was full. */
static int evacuate(hm_core *core, hm_outbox *out)
{
    uint8_t leave[HM_PLACES] = {1}; /* the parked ones want work */
    double canary[HM_PLACES] = {0};
    if (!hm_control_any_usable(core)) {
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
        leave[i] = (uint8_t)must_leave(core, i);
        canary[i] = canary_most(core, i);
    }
    const hm_plan_request request = request_of(core);
    const hm_plan_result result =
        hm_evacuate(&core->buckets, &core->assignment, &request, leave, canary, out);
    core->control.evacuate = result.more ? 1u : 0u;
    return (int)result.more;
}

/* Brings pinned channels to where they belong. Returns 1 when the outbox was full. */
static int bring_home(hm_core *core, hm_outbox *out)
{
    hm_assignment *const a = &core->assignment;
    const uint64_t dwell = hm_control_dwell_ns(core);
    hm_decision decision;
    for (uint32_t slot = 0; slot < a->channels.slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
        const uint32_t to =
            hm_assignment_movable(a, slot) ? hm_assignment_pin_target(a, slot) : HMX_NONE;
        if (to == HMX_NONE || (hot->moved_ns != 0 && core->now_ns - hot->moved_ns < dwell)) {
            continue;
        }
        if (hm_outbox_room(out) == 0) {
            return 1;
        }
        if (hm_assignment_propose(a, slot, to, HMX_DECISION_MOVE, HMX_REASON_PIN, core->now_ns,
                                  &decision) == 0) {
            hm_outbox_put(out, &decision);
        }
    }
    a->astray = 0;
    return 0;
}

/* New prefixes for the channels of a pool that changed its own. Returns 1 when the outbox was
 * full. */
static int renew_prefixes(hm_core *core, hm_outbox *out)
{
    hm_assignment *const a = &core->assignment;
    hm_decision decision;
    for (uint32_t slot = 0; slot < a->channels.slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
        if ((hot->marks & HM_MARK_PREFIX_STALE) == 0 || !hm_assignment_movable(a, slot) ||
            !hm_assignment_legal(a, slot, hot->upstream)) {
            continue;
        }
        if (hm_outbox_room(out) == 0) {
            return 1;
        }
        if (hm_assignment_propose(a, slot, hot->upstream, HMX_DECISION_PREFIX, HMX_REASON_PREFIX,
                                  core->now_ns, &decision) == 0) {
            hm_outbox_put(out, &decision);
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

/* Looks at what the host answered since the last evaluation. */
static void note_answers(hm_core *core)
{
    hm_control *const k = &core->control;
    const hm_move_counts *const moves = &core->assignment.moves;
    k->held_back = moves->refused - k->moves_refused > moves->applied - k->moves_applied ||
                   hm_assignment_is_blocked(&core->assignment);
    k->moves_applied = moves->applied;
    k->moves_refused = moves->refused;
}

/* Everything that happens once per interval up to the plan. Returns 1 when a plan is wanted. */
static int evaluate(hm_core *core)
{
    const double elapsed_s = hm_seconds(core->now_ns - core->evaluated_ns);
    const double dt_s = hm_clamp(elapsed_s, 1.0, 5.0 * hm_control_interval_s(core));
    /* While the host slept nobody could tell it of a share: that is no silence of the miners. */
    const double lived_s = hm_seconds(core->lived_ns - core->estimated_ns);
    core->evaluated_ns = core->now_ns;
    core->estimated_ns = core->lived_ns;
    core->evaluations++;
    estimate_all(core, hm_clamp(lived_s, 1.0, dt_s));
    hm_core_expire_provisional(core);
    hm_core_settle(core);
    if (!hm_core_is_mode(core, HMX_MODE_LIVE)) {
        hm_core_track(core);
    }
    free_removed_upstreams(core);
    hm_prefixes_expire(&core->assignment.prefixes, core->now_ns, &core->assignment.channels);
    core->control.evacuate = (uint8_t)(core->control.evacuate || somebody_must_leave(core));
    core->control.leave |= (uint8_t)hm_core_somebody_is_stuck(core);
    note_answers(core);
    if (HM_LAW.back_calculation && core->control.saturated && hm_control_hashrate(core) > 0.0) {
        hm_control_bleed(core, hm_control_hashrate(core), dt_s);
    }
    hm_core_measure_fit(core);
    hm_core_retarget(core); /* absolute targets, caps and pins follow the farm's hashrate */
    if (!hm_control_any_usable(core)) {
        return 0;
    }
    const int wants = hm_control_command(core, dt_s);
    if (hm_core_is_mode(core, HMX_MODE_PAUSED)) {
        core->control.burst = 0;
        return 0;
    }
    if (!hm_core_slices_judge(core) && !wants) {
        return 0;
    }
    core->control.burst_left = burst_limit(core);
    core->control.plan_moves = core->control.burst ? core->control.plan_moves : 0;
    return 1;
}

/* Peers that were to come back and did not. */
static void note_missed(hm_core *core)
{
    uint32_t failures = 0;
    hm_ended ended = {.slot = HM_SLOT_NONE, .result = HMX_RESULT_FAILED};
    while (hm_reopen_missed(&core->reopen, core->now_ns, &ended.decision, &failures)) {
        core->assignment.moves.failed++;
        if (core->audit != NULL) {
            core->audit->ended(core->log_ctx, &ended);
        }
        if (failures == HM_REOPEN_FAILURES) {
            hm_core_log(core, HMX_LOG_WARN,
                        "a miner that was closed to be moved did not come back for the second "
                        "time: it is not closed again");
        }
    }
}

/* Says when moves to a pool begin to rest for long, and when one succeeds again. */
static void say_rests(hm_core *core)
{
    const hm_upstreams *const u = &core->upstreams;
    for (uint32_t i = 0; i < u->top; i++) {
        const uint64_t bit = 1ull << i;
        const int rests = core->assignment.rests[i + 1u].failures >= HM_REST_TRIAL;
        if (rests == (int)(core->control.rests_said >> i & 1u) || !u->rows[i].exists) {
            continue;
        }
        core->control.rests_said ^= bit;
        hm_core_logf(
            core, rests ? HMX_LOG_WARN : HMX_LOG_INFO, "moves to upstream %s %s", u->rows[i].id,
            rests ? "are refused or fail: they are tried again ever more rarely" : "succeed again");
    }
}

/* Time passed, and the host was awake in it unless that was long. */
static void live(hm_core *core)
{
    const uint64_t passed_ns = core->now_ns - core->ticked_ns;
    core->lived_ns += passed_ns <= HM_ASLEEP_NS ? passed_ns : HM_MOMENT_NS;
    core->ticked_ns = core->now_ns;
}

static int is_due(const hm_core *core)
{
    const uint64_t interval_ns = HM_NS_PER_S * core->config->controller.evaluation_interval_secs;
    const uint64_t wait_ns = core->control.burst ? interval_ns / BURST_PACE : interval_ns;
    return core->control.force || core->now_ns - core->evaluated_ns >= wait_ns ||
           (core->control.slicing.on && core->now_ns >= core->control.slicing.due_ns);
}

/* Who is pinned is not brought home while everything is to stay as it is. */
static int may_bring_home(const hm_core *core)
{
    return core->assignment.astray > 0 && !hm_core_is_mode(core, HMX_MODE_PAUSED);
}

static int decide(hm_core *core, hm_outbox *out)
{
    hm_control *const k = &core->control;
    int planning = k->burst_left > 0 && k->resume; /* the outbox was full: go on */
    hm_core_write_late_shares(core);
    hm_core_expire_decisions(core);
    note_missed(core);
    live(core);
    hm_core_follow_schedule(core);
    hm_core_judge_blips(core);
    hm_core_judge_health(core);
    hm_core_judge_jobs(core);
    hm_core_say_costs(core);
    hm_core_say_idle_pins(core);
    say_rests(core);
    k->evacuate |= (uint8_t)hm_assignment_retry_due(&core->assignment);
    if (!planning && is_due(core)) {
        planning = evaluate(core);
        k->force = 0;
    }
    k->resume = 1;
    k->leave |= k->evacuate;
    if (k->evacuate && evacuate(core, out)) {
        return 1;
    }
    if (k->leave && hm_core_leave(core, out)) {
        return 1;
    }
    k->leave = 0;
    if (core->prefix_stale && renew_prefixes(core, out)) {
        return 1;
    }
    if (may_bring_home(core) && bring_home(core, out)) {
        return 1;
    }
    if (planning && (k->slicing.on ? hm_core_slices_plan(core, out) : plan(core, out))) {
        return 1;
    }
    k->resume = 0;
    return 0;
}

static void tell_decided(const hm_core *core, const hm_outbox *out, int withheld)
{
    for (uint32_t i = 0; i < out->count && core->audit != NULL; i++) {
        const hmx_decision decision = hm_outbox_at(out, i);
        core->audit->decided(core->log_ctx, &decision, withheld);
    }
}

/* Decides as in the other modes, and keeps it to itself. */
static void observe(hm_core *core)
{
    hmx_decision rows[OBSERVED_ROWS];
    hm_outbox out = {.rows = rows,
                     .stride = sizeof rows[0],
                     .capacity = OBSERVED_ROWS,
                     .alarm = hm_core_alarm(core)};
    int more = 1;
    while (more) { /* each turn but the last leaves a channel less to decide about */
        memset(rows, 0, sizeof rows);
        for (uint32_t i = 0; i < OBSERVED_ROWS; i++) {
            rows[i].size = sizeof rows[i];
        }
        out.count = 0;
        more = decide(core, &out) && out.count > 0;
        tell_decided(core, &out, 1);
        for (uint32_t i = 0; i < out.count; i++) {
            hm_core_withhold(core, &rows[i]);
        }
    }
}

int hm_core_tick(hm_core *core, hm_outbox *out)
{
    if (hm_core_is_mode(core, HMX_MODE_OBSERVE)) {
        observe(core);
        return 0;
    }
    const int more = decide(core, out);
    tell_decided(core, out, 0);
    return more;
}
