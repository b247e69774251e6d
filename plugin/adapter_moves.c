/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_moves: the hooks that carry decisions out and outcomes in (see adapter.h).
 */
#include <string.h>

#include "abi/hmx_access.h"
#include "plugin/adapter.h"

hmx_status hm_on_tick(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out)
{
    if (hm_event_check(self, event == NULL ? NULL : &event->event, HMX_TICK_SIZE_VER0) != HMX_OK ||
        out == NULL || out->size < HMX_DECISION_BUF_SIZE_VER0 ||
        !hm_rows_are_sound(out->rows, out->stride, out->capacity, HMX_DECISION_SIZE_VER0)) {
        return hm_refusal(self);
    }
    hm_event_commit(self, &event->event);
    hm_note_clock(self, event->event.now_ns, event->unix_ms);
    hm_outbox outbox = {
        .rows = out->rows, .stride = out->stride, .capacity = out->capacity, .alarm = &self->alarm};
    const int more = hm_core_tick(&self->core, &outbox);
    const hmx_status status = hm_answer(self, HMX_OK);
    if (status != HMX_OK) {
        hm_outbox_clear(&outbox);
        return status;
    }
    out->more = (uint32_t)more;
    out->count = outbox.count;
    return HMX_OK;
}

/* A place that an outcome may name: also a pool that is forgotten. */
static int is_place(const hmx_instance *self, uint32_t upstream)
{
    return upstream == HMX_NONE || hm_upstreams_exists(&self->core.upstreams, upstream) ||
           hm_upstreams_retired(&self->core.upstreams, upstream);
}

static hmx_status check_outcome(const hmx_instance *self, const hmx_reassign *e, uint32_t slot)
{
    if (e->channel == 0 || e->result < HMX_RESULT_APPLIED || e->result > HMX_RESULT_DRAINED ||
        e->extranonce_prefix_len > HMX_EXTRANONCE_MAX || !is_place(self, e->from) ||
        !is_place(self, e->to)) {
        return HMX_E_INVALID;
    }
    if (e->result == HMX_RESULT_DRAINED) {
        return e->from != HMX_NONE ? HMX_OK : HMX_E_INVALID;
    }
    if (slot == HM_SLOT_NONE) {
        return HMX_E_STATE;
    }
    const hm_assignment *const a = &self->core.assignment;
    if (e->result == HMX_RESULT_APPLIED && hm_cold(&a->channels, slot)->decision == e->decision &&
        e->decision != 0 && e->to != hm_hot(&a->channels, slot)->pending_to) {
        return HMX_E_INVALID; /* somewhere else than decided is FORCED */
    }
    return HMX_OK;
}

hmx_status hm_on_reassign(hmx_instance *self, const hmx_reassign *event)
{
    hmx_reassign e;
    if (hm_event_check(self, event == NULL ? NULL : &event->event, HMX_REASSIGN_SIZE_VER0) !=
        HMX_OK) {
        return hm_refusal(self);
    }
    (void)hmx_copy_in(&e, sizeof e, HMX_REASSIGN_SIZE_VER0, event);
    const uint32_t slot = hm_channels_find(&self->core.assignment.channels, e.channel, e.cookie);
    const hmx_status status = check_outcome(self, &e, slot);
    if (status != HMX_OK) {
        return status;
    }
    hm_outcome outcome = {
        .decision = e.decision,
        .slot = slot,
        .from = e.from,
        /* Who works for a pool that is forgotten works for nobody here: it wants work. */
        .to = hm_upstreams_exists(&self->core.upstreams, e.to) ? e.to : (uint32_t)HMX_NONE,
        .result = e.result,
        .cause = e.cause,
        .prefix_len = e.extranonce_prefix_len,
    };
    memcpy(outcome.prefix, e.extranonce_prefix, e.extranonce_prefix_len);
    const hm_moment before = hm_event_begin(self, &event->event);
    return hm_event_end(self, before, hm_answer(self, hm_core_reassign(&self->core, &outcome)));
}
