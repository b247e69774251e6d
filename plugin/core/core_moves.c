/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * core_moves: what became of decisions, and what the host did on its own (see core.h).
 */
#include "plugin/core/core.h"

static void tell_end(const hm_core *core, const hm_outcome *o, uint32_t from, int late)
{
    const hm_ended ended = {.decision = o->decision,
                            .slot = o->slot,
                            .from = from,
                            .to = hm_hot(&core->assignment.channels, o->slot)->upstream,
                            .result = o->result,
                            .cause = o->cause,
                            .late = late};
    if (core->audit != NULL) {
        core->audit->ended(core->log_ctx, &ended);
    }
}

void hm_core_end_pending(const hm_core *core, uint32_t slot, uint32_t result)
{
    const hm_assignment *const a = &core->assignment;
    const uint32_t here = hm_hot(&a->channels, slot)->upstream;
    const hm_ended ended = {.decision = hm_cold(&a->channels, slot)->decision,
                            .slot = slot,
                            .from = here,
                            .to = here,
                            .result = result};
    if (core->audit != NULL && ended.decision != 0 && !hm_assignment_is_withheld(a, slot)) {
        core->audit->ended(core->log_ctx, &ended);
    }
}

/* An answer counts only for the decision that is pending for this very channel. */
static int is_pending(const hm_core *core, const hm_outcome *o)
{
    const hm_assignment *const a = &core->assignment;
    return o->slot != HM_SLOT_NONE && o->decision != 0 &&
           hm_cold(&a->channels, o->slot)->decision == o->decision;
}

/* A channel is somewhere by now: should it be? */
static void follow(hm_core *core, uint32_t upstream)
{
    if (upstream == HMX_NONE || hm_upstreams_must_leave(&core->upstreams, upstream)) {
        core->control.evacuate = 1;
    }
}

/* Its move before did not cost it its connection. */
static void note_survival(hm_core *core, uint32_t slot)
{
    const hm_channels *const c = &core->assignment.channels;
    if (hm_cold(c, slot)->moves > 0 &&
        core->now_ns - hm_hot(c, slot)->moved_ns > HM_HABIT_DROP_NS) {
        hm_habits_survived(&core->habits, hm_cold(c, slot)->who);
    }
}

static void apply(hm_core *core, const hm_outcome *o)
{
    hm_assignment *const a = &core->assignment;
    const uint32_t to = hm_hot(&a->channels, o->slot)->pending_to;
    const int rested = a->rests[to].failures > 0;
    note_survival(core, o->slot);
    hm_assignment_apply(a, o->slot, core->now_ns, o->prefix, o->prefix_len);
    core->control.evacuate |= rested && a->rests[to].failures == 0; /* the others may follow */
    follow(core, to);
}

static void fail(hm_core *core, const hm_outcome *o)
{
    hm_assignment *const a = &core->assignment;
    const uint32_t here = hm_hot(&a->channels, o->slot)->upstream;
    hm_assignment_fail(a, o->slot, core->now_ns, 1);
    a->moves.failed++;
    if (o->to != here) {
        hm_assignment_force(a, o->slot, o->to, core->now_ns, o->prefix, o->prefix_len);
    }
}

/* What comes too late changes nothing, but for a move that was carried out: that is a fact. */
static hmx_status late(hm_core *core, const hm_outcome *o)
{
    hm_assignment *const a = &core->assignment;
    const uint32_t from = hm_hot(&a->channels, o->slot)->upstream;
    if (o->result != HMX_RESULT_APPLIED || !hm_assignment_was_unanswered(a, o->slot, o->decision)) {
        return HMX_E_STATE;
    }
    hm_core_end_pending(core, o->slot, HM_ENDED_VOID);
    if (hm_assignment_apply_late(a, o->slot, o->decision, o->to, core->now_ns, o->prefix,
                                 o->prefix_len) != 0) {
        return HMX_E_STATE;
    }
    core->control.evacuate = 1; /* it may be where it should not be by now */
    tell_end(core, o, from, 1);
    return HMX_OK;
}

void hm_core_expire_decisions(hm_core *core)
{
    const hm_assignment *const a = &core->assignment;
    for (uint32_t slot = core->audit != NULL ? a->pending_head : HM_SLOT_NONE; slot != HM_SLOT_NONE;
         slot = hm_cold(&a->channels, slot)->pending_next) {
        const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
        if (cold->decision_until_ns < core->now_ns) {
            hm_core_end_pending(core, slot, HM_ENDED_EXPIRED);
        } else if (cold->pending_style != HMX_STYLE_REOPEN) {
            break; /* those behind it are younger */
        }
    }
    hm_assignment_expire(&core->assignment, core->now_ns);
}

/* Of a pool that is forgotten nothing is held any more. */
static hmx_status drained(hm_core *core, const hm_outcome *o)
{
    if (!hm_upstreams_exists(&core->upstreams, o->from)) {
        return HMX_OK;
    }
    return hm_prefixes_drained(&core->assignment.prefixes, o->from, o->prefix, o->prefix_len) == 0
               ? HMX_OK
               : HMX_E_STATE;
}

hmx_status hm_core_reassign(hm_core *core, const hm_outcome *o)
{
    hm_assignment *const a = &core->assignment;
    hm_core_write_late_shares(core);
    if (o->result == HMX_RESULT_DRAINED) {
        return drained(core, o);
    }
    if (o->slot == HM_SLOT_NONE) {
        return HMX_E_STATE;
    }
    const uint32_t from = hm_hot(&a->channels, o->slot)->upstream;
    if (o->result == HMX_RESULT_FORCED) {
        hm_core_end_pending(core, o->slot, HM_ENDED_VOID);
        hm_assignment_force(a, o->slot, o->to, core->now_ns, o->prefix, o->prefix_len);
        follow(core, o->to);
        tell_end(core, o, from, 0);
        return HMX_OK;
    }
    hm_core_expire_decisions(core); /* an answer may come later than any tick */
    if (!is_pending(core, o)) {
        return late(core, o);
    }
    if (o->result == HMX_RESULT_APPLIED) {
        apply(core, o);
    } else if (o->result == HMX_RESULT_REFUSED) {
        hm_assignment_fail(a, o->slot, core->now_ns, 0);
        a->moves.refused++;
    } else {
        fail(core, o);
    }
    tell_end(core, o, from, 0);
    return HMX_OK;
}
