/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/core_slices.h"

#include "plugin/control/law.h"
#include "plugin/control/slices.h"
#include "plugin/core/core_control.h"

/* A farm that whole channels put right to so many points needs no slicing; above the second it
 * does. */
static const double FINE_POINTS = 1.0;
static const double COARSE_POINTS = 1.5;
/* The same of the largest channel, where a pool with a target would get none. */
static const double FINE_CHANNEL = 11.0;
static const double COARSE_CHANNEL = 12.0;
/* A slice lasts two minutes at least, or a part of the half where that is short. At the end of a
 * half it is half of one: the next half goes on with it. */
static const double SLICE_S = 120.0;
static const double SLICE_PART = 0.2;
static const double EDGE = 0.5;
static const double LATE = 0.25;     /* of a half */
static const double SOONEST_S = 1.0; /* between two looks */

static void sort_in(double *hashrates, uint32_t *place, uint32_t count, double hashrate,
                    uint32_t where)
{
    uint32_t i = count;
    for (; i > 0 && hashrates[i - 1u] < hashrate; i--) {
        hashrates[i] = hashrates[i - 1u];
        place[i] = place[i - 1u];
    }
    hashrates[i] = hashrate;
    place[i] = where;
}

/* Fills in what whole channels leave undone. Returns 0 when there are too many to look. */
static int measure(hm_core *core, hm_grain *grain)
{
    const hm_channels *const c = &core->assignment.channels;
    double hashrates[HM_SLICES_CHANNELS];
    uint32_t place[HM_SLICES_CHANNELS];
    uint32_t count = 0;
    if (c->count > HM_SLICES_CHANNELS) {
        return 0;
    }
    for (uint32_t slot = 0; slot < c->slots && count < HM_SLICES_CHANNELS; slot++) {
        const hm_channel_hot *const hot = hm_hot(c, slot);
        const uint32_t here = hot->pending_to != HMX_NONE ? hot->pending_to : hot->upstream;
        if (hot->channel != 0 && hot->hashrate > 0.0 && here != HMX_NONE &&
            core->control.usable[here - 1u]) {
            const int stays =
                hm_cold(c, slot)->pin != 0 || !(core->control.effective[here - 1u] > 0.0);
            sort_in(hashrates, place, count, hot->hashrate, stays ? here : HMX_NONE);
            count++;
        }
    }
    hm_grain_measure(core->control.effective, core->upstreams.top, hashrates, place, count, grain);
    return 1;
}

static int is_coarse(const hm_core *core, const hm_grain *grain)
{
    const int on = core->control.slicing.on;
    const double largest = 100.0 * core->control.largest / hm_control_hashrate(core);
    return grain->off_points > (on ? FINE_POINTS : COARSE_POINTS) ||
           (grain->starving > 0 && largest > (on ? FINE_CHANNEL : COARSE_CHANNEL));
}

int hm_core_slices_judge(hm_core *core)
{
    hm_control *const k = &core->control;
    hm_slice_pace pace = core->tuning.pace;
    hm_grain grain;
    if (!HM_LAW.slicing_by_the_clock || !core->config->controller.time_slicing ||
        !measure(core, &grain) || !is_coarse(core, &grain)) {
        k->slicing = (hm_slicing){0};
        return 0;
    }
    const double set_s = (double)core->config->controller.min_reassignment_interval_secs;
    if (core->config->controller.has_ripple_point_mins || pace.least_s < set_s) {
        pace.least_s = set_s; /* an own ripple says how often a miner may alternate */
    }
    k->slicing.half_s =
        hm_slices_half_s(&grain, &pace, core->tuning.ripple_point_min, k->slicing.half_s);
    k->slicing.on = 1;
    k->burst = 0; /* it is no plan that is carried out in parts */
    k->saturated = k->held_back;
    return 1;
}

/* The shortest slice: what was set, and so long that its move is worth it. */
static double least_slice_s(const hm_core *core)
{
    const hm_config_controller *const c = &core->config->controller;
    const double cooldown_s = (double)c->min_reassignment_interval_secs;
    const double dwell_s = c->has_dwell_secs ? core->tuning.dwell_s : 0.0;
    const double set_s = cooldown_s > dwell_s ? cooldown_s : dwell_s;
    const double part_s = SLICE_PART * core->control.slicing.half_s;
    const double own_s = part_s < SLICE_S ? part_s : SLICE_S;
    return set_s > own_s ? set_s : own_s;
}

static hm_slice_result change_over(hm_core *core, hm_outbox *out)
{
    hm_control *const k = &core->control;
    hm_slicing *const s = &k->slicing;
    const double hashrate = hm_control_hashrate(core);
    const double least_s = least_slice_s(core);
    double command[HMX_UPSTREAMS_MAX];
    double debts[HMX_UPSTREAMS_MAX];
    hm_slice_request request = {
        .command = command,
        .effective = k->effective,
        .most = k->most,
        .usable = k->usable,
        .n = core->upstreams.top,
        .most_moves = k->burst_left,
        .half = hm_slices_half_at(core->now_ns, s->half_s),
        .half_s = s->half_s,
        .least_s = EDGE * least_s,
        .band = k->band_points / 100.0 * hashrate,
        .dwell_ns = (uint64_t)(least_s * (double)HM_NS_PER_S),
        .now_ns = core->now_ns,
    };
    hm_slice_wish wish = {
        .effective = k->effective,
        .low = k->low,
        .high = k->high,
        .allocated = &core->assignment.allocated[1],
        .debts = debts,
        .n = core->upstreams.top,
        .work = hashrate * request.half.left_s,
        .least_work = request.least_s * hashrate / (double)core->assignment.channels.count,
    };
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        debts[i] = core->ledger.accounts[i].debt;
    }
    if (!s->ordered) {
        /* What is left of this half may be too little to begin with: then it is the next one's. */
        const int is_late = request.half.left_s < hm_slices_late(&wish, LATE) * s->half_s;
        const int second = request.half.second ^ is_late;
        s->turned = (uint8_t)(hm_slices_go_down(&wish) != second);
        s->ordered = 1;
    }
    request.half.second ^= s->turned;
    wish.down = request.half.second;
    hm_slices_want(&wish, command);
    hm_control_correct_for_rejects(core, command, command);
    return hm_slices_plan(&core->assignment, &request, out);
}

int hm_core_slices_plan(hm_core *core, hm_outbox *out)
{
    hm_control *const k = &core->control;
    if (!(hm_control_hashrate(core) > 0.0)) {
        return 0;
    }
    const hm_slice_result result = change_over(core, out);
    const double wait_s = result.wait_s > SOONEST_S ? result.wait_s : SOONEST_S;
    k->burst_left -= result.moves;
    k->slicing.due_ns = core->now_ns + (uint64_t)(wait_s * (double)HM_NS_PER_S);
    if (result.more) {
        return 1;
    }
    k->burst_left = 0;
    return 0;
}
