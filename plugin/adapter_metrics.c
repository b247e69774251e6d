/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_metrics: the extension "hashmux.metrics/1": reads, changes nothing.
 */
#include "abi/hmx_access.h"
#include "plugin/adapter.h"

static hmx_status channel(hmx_instance *self, uint64_t number, uint64_t cookie,
                          hmx_channel_metrics *out)
{
    if (hm_instance_check(self) != HMX_OK || out == NULL ||
        out->size < HMX_CHANNEL_METRICS_SIZE_VER0) {
        return hm_refusal(self);
    }
    const hm_channels *const c = &self->core.assignment.channels;
    const uint32_t slot = hm_channels_find(c, number, cookie);
    if (slot == HM_SLOT_NONE) {
        return HMX_E_STATE;
    }
    const hmx_channel_metrics row = hm_metrics_channel(&self->core, slot);
    return hmx_copy_out(out, HMX_CHANNEL_METRICS_SIZE_VER0, &row, sizeof row);
}

static hmx_status adjustments(hmx_instance *self, hmx_adjustments *out)
{
    if (hm_instance_check(self) != HMX_OK || out == NULL || out->size < HMX_ADJUSTMENTS_SIZE_VER0 ||
        !hm_rows_are_sound(out->rows, out->stride, out->capacity, HMX_ADJUSTMENT_SIZE_VER0)) {
        return hm_refusal(self);
    }
    const hm_core *const core = &self->core;
    for (uint32_t i = 0; i < core->upstreams.count && i < out->capacity; i++) {
        unsigned char *const at = (unsigned char *)out->rows + (size_t)i * out->stride;
        const double points = core->control.terms[core->upstreams.order[i]].output_points;
        const hmx_adjustment row = {
            .size = sizeof row,
            .upstream = core->upstreams.order[i] + 1u,
            .points = points,
            .channels = points / 100.0 * (double)core->assignment.channels.count,
        };
        (void)hmx_copy_out(at, HMX_ADJUSTMENT_SIZE_VER0, &row, sizeof row);
    }
    out->count = core->upstreams.count;
    return HMX_OK;
}

const hmx_metrics_v1 HM_METRICS_EXTENSION = {
    .size = sizeof(hmx_metrics_v1),
    .snapshot = hm_metrics_snapshot,
    .channel = channel,
    .adjustments = adjustments,
    .write_prometheus = hm_write_prometheus,
    .write_json = hm_write_json,
    .write_channels = hm_write_channels,
};
