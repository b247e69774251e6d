/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/core_leave.h"

#include <string.h>

#include "plugin/core/core_control.h"

/* Nothing can be mined there: not the pool's mood, but its end. */
static int is_gone(const hm_core *core, uint32_t upstream)
{
    const hm_upstream *const row = &core->upstreams.rows[upstream - 1u];
    return hm_upstreams_must_leave(&core->upstreams, upstream) &&
           (row->removed || !row->enabled || row->jobless || row->facts.state != HMX_UPSTREAM_UP);
}

int hm_core_somebody_is_stuck(const hm_core *core)
{
    const hm_assignment *const a = &core->assignment;
    if (core->unwelcome || core->stranded > 0) {
        return 1;
    }
    for (uint32_t i = 1; i <= core->upstreams.top; i++) {
        if (a->counts[i] > a->pending_out[i] && is_gone(core, i)) {
            return 1;
        }
    }
    return 0;
}

static int may_reopen(const hm_core *core, uint32_t slot)
{
    const hm_assignment *const a = &core->assignment;
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    const uint64_t dwell_ns = core->config->controller.reopen_dwell_secs * HM_NS_PER_S;
    return core->config->controller.reopen != 0 && (core->limits.host_caps & HMX_CAP_REOPEN) != 0 &&
           hm_assignment_is_deaf(a, slot) && (cold->flags & HMX_CHANNEL_FLAG_CUSTOM_JOBS) == 0 &&
           hm_reopen_may(&core->reopen, cold->who, core->now_ns, dwell_ns);
}

enum way { NO_WAY = 0, PROPOSED, WAITS_ITS_TURN };

/* Proposes to move a channel away, by reopening it when nothing else will do. */
static enum way propose(hm_core *core, uint32_t slot, hm_decision *decision)
{
    hm_assignment *const a = &core->assignment;
    const uint32_t to = hm_assignment_arrival(a, slot, core->control.command, core->control.most);
    if (hm_assignment_rests(a, slot) || (to == HMX_NONE && hm_assignment_any_rests(a))) {
        return WAITS_ITS_TURN;
    }
    if (to == HMX_NONE || to == hm_hot(&a->channels, slot)->upstream) {
        return NO_WAY;
    }
    if (hm_assignment_movable(a, slot)) {
        return hm_assignment_propose(a, slot, to, HMX_DECISION_MOVE, HMX_REASON_EVACUATION,
                                     core->now_ns, decision) == 0
                   ? PROPOSED
                   : NO_WAY;
    }
    if (!may_reopen(core, slot)) {
        return NO_WAY;
    }
    if (!hm_reopen_has_room(&core->reopen, a->reopening_count)) {
        return WAITS_ITS_TURN;
    }
    hm_assignment_propose_reopen(a, slot, to, HMX_REASON_EVACUATION, core->now_ns, decision);
    return PROPOSED;
}

static void say_stranded(const hm_core *core, uint32_t upstream, uint32_t count)
{
    hm_core_logf(core, HMX_LOG_WARN,
                 "upstream %s is gone and %lu of its channels may not be moved: they earn nothing "
                 "until the host closes them, so that the miners open again elsewhere",
                 core->upstreams.rows[upstream - 1u].id, (unsigned long)count);
}

/* Takes note of who is stranded where, and says what is new. */
static void count_stranded(hm_core *core, const uint32_t *stranded)
{
    const uint64_t before = core->stranded_pools;
    core->stranded = 0;
    core->stranded_pools = 0;
    for (uint32_t i = 1; i <= core->upstreams.top; i++) {
        core->stranded += stranded[i];
        core->stranded_pools |= stranded[i] > 0 ? 1ull << (i - 1u) : 0;
        if (stranded[i] > 0 && (before >> (i - 1u) & 1u) == 0) {
            say_stranded(core, i, stranded[i]);
        }
    }
}

int hm_core_leave(hm_core *core, hm_outbox *out)
{
    hm_channels *const c = &core->assignment.channels;
    const int somewhere = hm_control_any_usable(core);
    uint32_t stranded[HM_PLACES] = {0};
    uint8_t gone[HM_PLACES] = {0};
    uint8_t unwelcome = 0;
    hm_decision decision;
    for (uint32_t i = 1; i <= core->upstreams.top; i++) {
        gone[i] = (uint8_t)(somewhere && is_gone(core, i));
    }
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(c, slot);
        hm_channel_cold *const cold = hm_cold(c, slot);
        const int leaves = hot->channel != 0 && (gone[hot->upstream] ||
                                                 !hm_assignment_may_stay(&core->assignment, slot));
        cold->stranded = 0;
        if (!leaves || hot->pending_to != HMX_NONE) {
            continue;
        }
        if (hm_outbox_room(out) == 0) {
            return 1;
        }
        const enum way way = propose(core, slot, &decision);
        if (way == PROPOSED) {
            hm_outbox_put(out, &decision);
        }
        if (way == NO_WAY && gone[hot->upstream]) {
            cold->stranded = 1;
            stranded[hot->upstream]++;
        } else {
            unwelcome = 1; /* until it is a fact */
        }
    }
    core->unwelcome = unwelcome;
    count_stranded(core, stranded);
    return 0;
}
