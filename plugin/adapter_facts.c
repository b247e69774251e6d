/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_facts: the hooks by which the host reports (see adapter.h).
 */
#include <string.h>

#include "abi/hmx_access.h"
#include "plugin/adapter.h"
#include "plugin/base/rare.h"

enum {
    KNOWN_CHANNEL_FLAGS = HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING | HMX_CHANNEL_FLAG_CUSTOM_JOBS |
                          HMX_CHANNEL_FLAG_SHARES_GROUP
};

static int is_tri(uint32_t value)
{
    return value <= HMX_NO;
}

/* A view of at most 255 bytes, as every text of SetupConnection and of an opening (STR0_255). */
static int is_short(hmx_view view)
{
    return view.len <= 255 && (view.len == 0 || view.data != NULL);
}

/* A target as a number: the larger, the easier. 0 = unknown. Exact to 53 bits. */
static double target_number(const uint8_t target[32])
{
    double value = 0.0;
    for (uint32_t i = 32; i > 0; i--) {
        value = value * 256.0 + (double)target[i - 1u];
    }
    return value;
}

hmx_status hm_on_upstream(hmx_instance *self, const hmx_upstream_event *event)
{
    hmx_upstream_event e;
    if (hm_event_check(self, event == NULL ? NULL : &event->event, HMX_UPSTREAM_EVENT_SIZE_VER0) !=
        HMX_OK) {
        return hm_refusal(self);
    }
    (void)hmx_copy_in(&e, sizeof e, HMX_UPSTREAM_EVENT_SIZE_VER0, event);
    if (hm_upstreams_retired(&self->core.upstreams, e.upstream)) {
        hm_event_commit(self, &event->event);
        return HMX_OK; /* the host takes leave of a pool that we have forgotten */
    }
    if (!hm_upstreams_exists(&self->core.upstreams, e.upstream) ||
        e.state < HMX_UPSTREAM_CONNECTING || e.state > HMX_UPSTREAM_DOWN || !is_tri(e.has_job) ||
        !is_tri(e.version_rolling) || !is_tri(e.fixed_version) ||
        e.extranonce_prefix_len > HMX_EXTRANONCE_MAX || e.extranonce_size > HMX_EXTRANONCE_MAX ||
        e.extranonce_prefix_len + e.extranonce_size > HMX_EXTRANONCE_MAX) {
        return HMX_E_INVALID;
    }
    hm_upstream_facts facts = {
        .state = e.state,
        .reason = e.reason,
        /* A host that does not use prefixes of ours has no space to divide. */
        .extranonce_size = (self->host.caps & HMX_CAP_EXTRANONCE) != 0 ? e.extranonce_size : 0,
        .extranonce_prefix_len = e.extranonce_prefix_len,
        .target = target_number(e.target),
        .has_job = e.has_job,
        .version_rolling = e.version_rolling,
        .fixed_version = e.fixed_version,
        .tip_nbits = e.tip_nbits,
    };
    memcpy(facts.extranonce_prefix, e.extranonce_prefix, e.extranonce_prefix_len);
    memcpy(facts.tip_prev_hash, e.tip_prev_hash, sizeof facts.tip_prev_hash);
    const hm_moment before = hm_event_begin(self, &event->event);
    const hmx_status status =
        hm_event_end(self, before, hm_core_upstream(&self->core, e.upstream, &facts));
    if (self->core.control.evacuate && self->host.request_tick != NULL) {
        self->host.request_tick(self->host.ctx);
    }
    return hm_answer(self, status);
}

/* Judges what a channel says of itself and turns it into the core's facts. HMX_OK or
 * HMX_E_INVALID. */
static hmx_status channel_facts(const hmx_instance *self, const hmx_channel_open *e,
                                hm_channel_facts *facts)
{
    const int is_extended = e->kind == HMX_CHANNEL_EXTENDED;
    if (e->channel == 0 || e->connection == 0 ||
        (!is_extended && e->kind != HMX_CHANNEL_STANDARD) || !is_tri(e->honours_prefix) ||
        !hm_is_quantity(e->nominal_hashrate)) {
        return HMX_E_INVALID;
    }
    if (e->extranonce_size > HMX_EXTRANONCE_MAX || e->min_extranonce_size > e->extranonce_size ||
        (!is_extended && e->extranonce_size != 0)) {
        return HMX_E_INVALID;
    }
    if (e->extranonce_prefix_len > HMX_EXTRANONCE_MAX || !is_short(e->user_identity) ||
        !is_short(e->vendor) || !is_short(e->hardware) || !is_short(e->firmware) ||
        (e->current_upstream != HMX_NONE &&
         !hm_upstreams_exists(&self->core.upstreams, e->current_upstream))) {
        return HMX_E_INVALID;
    }
    *facts = (hm_channel_facts){
        .channel = e->channel,
        .connection = e->connection,
        .upstreams_allowed = e->upstreams_allowed != 0 ? e->upstreams_allowed : UINT64_MAX,
        .nominal = hm_core_hashrate(e->nominal_hashrate),
        .max_target = target_number(e->max_target),
        .kind = e->kind,
        .honours_prefix = e->honours_prefix,
        .flags = e->flags & KNOWN_CHANNEL_FLAGS,
        .extranonce_size = e->extranonce_size,
        .current_upstream = e->current_upstream,
        .prefix_len = e->current_upstream != HMX_NONE ? e->extranonce_prefix_len : 0,
        .identity = e->user_identity.data,
        .identity_len = (uint32_t)e->user_identity.len,
        .vendor = e->vendor,
        .hardware = e->hardware,
    };
    memcpy(facts->prefix, e->extranonce_prefix, facts->prefix_len);
    return HMX_OK;
}

hmx_status hm_on_channel_open(hmx_instance *self, const hmx_channel_open *event,
                              hmx_channel_decision *out)
{
    hmx_channel_open e;
    hm_channel_facts facts;
    hm_placement placement;
    if (hm_event_check(self, event == NULL ? NULL : &event->event, HMX_CHANNEL_OPEN_SIZE_VER0) !=
            HMX_OK ||
        out == NULL || out->size < HMX_CHANNEL_DECISION_SIZE_VER0) {
        return hm_refusal(self);
    }
    (void)hmx_copy_in(&e, sizeof e, HMX_CHANNEL_OPEN_SIZE_VER0, event);
    hmx_status status = channel_facts(self, &e, &facts);
    if (status == HMX_OK) {
        const hm_moment before = hm_event_begin(self, &event->event);
        status = hm_event_end(self, before,
                              hm_answer(self, hm_core_open(&self->core, &facts, &placement)));
    }
    if (status != HMX_OK) {
        return status;
    }
    hmx_channel_decision decision = {
        .size = sizeof decision,
        .action = placement.upstream != HMX_NONE ? HMX_ACTION_ASSIGN : HMX_ACTION_PASS,
        .upstream = placement.upstream,
        .reason = placement.reason,
        .cookie = placement.cookie,
        .extranonce_prefix_len = placement.prefix_len,
    };
    memcpy(decision.extranonce_prefix, placement.prefix, placement.prefix_len);
    return hmx_copy_out(out, HMX_CHANNEL_DECISION_SIZE_VER0, &decision, sizeof decision);
}

hmx_status hm_on_channel_update(hmx_instance *self, const hmx_channel_update *event)
{
    hmx_channel_update e;
    if (hm_event_check(self, event == NULL ? NULL : &event->event, HMX_CHANNEL_UPDATE_SIZE_VER0) !=
        HMX_OK) {
        return hm_refusal(self);
    }
    (void)hmx_copy_in(&e, sizeof e, HMX_CHANNEL_UPDATE_SIZE_VER0, event);
    if (((e.changed & HMX_FACT_NOMINAL_HASHRATE) != 0 && !hm_is_quantity(e.nominal_hashrate)) ||
        ((e.changed & HMX_FACT_HONOURS_PREFIX) != 0 && !is_tri(e.honours_prefix))) {
        return HMX_E_INVALID;
    }
    const uint32_t slot = hm_channels_find(&self->core.assignment.channels, e.channel, e.cookie);
    if (slot == HM_SLOT_NONE) {
        return HMX_E_STATE;
    }
    const hm_channel_facts facts = {
        .upstreams_allowed = e.upstreams_allowed != 0 ? e.upstreams_allowed : UINT64_MAX,
        .nominal = hm_core_hashrate(
            (e.changed & HMX_FACT_NOMINAL_HASHRATE) != 0 ? e.nominal_hashrate : 0.0),
        .max_target = target_number(e.max_target),
        .honours_prefix = e.honours_prefix,
        .flags = e.flags & KNOWN_CHANNEL_FLAGS,
    };
    hm_event_commit(self, &event->event);
    return hm_answer(self, hm_core_update(&self->core, slot, &facts, e.changed));
}

hmx_status hm_on_channel_close(hmx_instance *self, const hmx_channel_close *event)
{
    if (hm_event_check(self, event == NULL ? NULL : &event->event, HMX_CHANNEL_CLOSE_SIZE_VER0) !=
        HMX_OK) {
        return hm_refusal(self);
    }
    const uint32_t slot =
        hm_channels_find(&self->core.assignment.channels, event->channel, event->cookie);
    if (slot == HM_SLOT_NONE) {
        return HMX_E_STATE;
    }
    hm_event_commit(self, &event->event);
    hm_core_close(&self->core, slot, event->reason);
    return hm_answer(self, HMX_OK);
}

static hm_share_facts share_facts(const hmx_share *e)
{
    return (hm_share_facts){.channel = e->channel,
                            .cookie = e->cookie,
                            .work = e->work,
                            .squared = e->count == 1 ? e->work * e->work
                                                     : e->work * (e->work / (double)e->count),
                            .credit = e->credit > 0.0 ? e->credit : e->work,
                            .upstream = e->upstream,
                            .verdict = e->verdict,
                            .count = e->count,
                            .local = (e->event.flags & HMX_SHARE_FLAG_LOCAL) != 0};
}

HM_RARE static void note_refused(hmx_instance *self, const hmx_share *event)
{
    const hm_share_facts share = share_facts(event);
    hm_core_share_refused(&self->core, &share);
}

hmx_status hm_on_share(hmx_instance *self, const hmx_share *event)
{
    if (hm_event_check(self, event == NULL ? NULL : &event->event, HMX_SHARE_SIZE_VER0) != HMX_OK) {
        return hm_refusal(self);
    }
    const hmx_share *const e = event; /* hot: read in place */
    const int is_known = hm_upstreams_exists(&self->core.upstreams, e->upstream);
    if (e->channel == 0 || e->verdict < HMX_SHARE_SUBMITTED ||
        e->verdict > HMX_SHARE_REJECTED_OTHER || e->count == 0 || !(e->work > 0.0) ||
        !(e->work <= 1e30) || !(e->credit >= 0.0) || !(e->credit <= 1e30) ||
        (!is_known && !hm_upstreams_retired(&self->core.upstreams, e->upstream))) {
        return HMX_E_INVALID;
    }
    hm_event_commit(self, &event->event);
    if (!is_known) {
        return HMX_OK; /* a late verdict of a pool that was removed: its accounts are closed */
    }
    if (e->verdict > HMX_SHARE_NOT_FORWARDED) {
        note_refused(self, e);
    } else {
        const hm_share_facts share = share_facts(e);
        hm_core_share(&self->core, &share);
    }
    return hm_answer(self, HMX_OK);
}
