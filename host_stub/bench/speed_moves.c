/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench/speed_moves: the part of bench/speed_farm.h in which channels move. */
#include <string.h>

#include "host_stub/bench/speed_farm.h"

void hs_speed_clear_rows(hs_speed_farm *farm)
{
    memset(farm->rows, 0, farm->row_count * sizeof *farm->rows);
    for (uint32_t i = 0; i < farm->row_count; i++) {
        farm->rows[i].size = sizeof farm->rows[i];
    }
}

int hs_speed_tick(hs_speed_farm *farm, uint32_t at_once, uint32_t *moves)
{
    hmx_tick e = {.elapsed_ns = HS_SPEED_INTERVAL_SECS * HS_SPEED_SECOND_NS};
    hmx_decision_buf buf = {.size = sizeof buf, .stride = sizeof(hmx_decision)};
    uint32_t done = 0;
    do {
        const uint32_t left = farm->row_count - done;
        e.event = hs_speed_event(farm, sizeof e);
        buf.rows = farm->rows + done;
        buf.capacity = left < at_once ? left : at_once;
        if (farm->plugin->ops.on_tick(farm->instance, &e, &buf) != HMX_OK ||
            buf.count > buf.capacity) {
            return hs_speed_fail(farm, "on_tick");
        }
        done += buf.count;
    } while (buf.more != 0 && buf.count > 0);
    *moves = done;
    return 0;
}

/* No job of this prefix is valid any more. */
static int drain(hs_speed_farm *farm, uint32_t index, uint32_t upstream)
{
    const hs_speed_prefix *const prefix = &farm->prefixes[index];
    hmx_reassign e = {.event = hs_speed_event(farm, sizeof e),
                      .channel = farm->channels[index].channel,
                      .cookie = farm->channels[index].cookie,
                      .from = upstream,
                      .result = HMX_RESULT_DRAINED,
                      .extranonce_prefix_len = prefix->len};
    memcpy(e.extranonce_prefix, prefix->bytes, sizeof e.extranonce_prefix);
    return farm->plugin->ops.on_reassign(farm->instance, &e) == HMX_OK
               ? 0
               : hs_speed_fail(farm, "on_reassign (drained)");
}

int hs_speed_drain_all(hs_speed_farm *farm)
{
    for (uint32_t i = 0; i < farm->count; i++) {
        if (farm->prefixes[i].len > 0 && drain(farm, i, farm->channels[i].upstream) != 0) {
            return -1;
        }
    }
    return 0;
}

static int apply_one(hs_speed_farm *farm, const hmx_decision *d)
{
    if (d->channel == 0 || d->channel > farm->count) {
        return hs_speed_fail(farm, "on_tick");
    }
    const uint32_t index = (uint32_t)(d->channel - 1u);
    hs_speed_channel *const c = &farm->channels[index];
    hmx_reassign e = {.event = hs_speed_event(farm, sizeof e),
                      .decision = d->decision,
                      .channel = d->channel,
                      .cookie = c->cookie,
                      .from = d->from,
                      .to = d->to,
                      .result = HMX_RESULT_APPLIED,
                      .extranonce_prefix_len = d->extranonce_prefix_len};
    memcpy(e.extranonce_prefix, d->extranonce_prefix, sizeof e.extranonce_prefix);
    if (farm->plugin->ops.on_reassign(farm->instance, &e) != HMX_OK) {
        return hs_speed_fail(farm, "on_reassign");
    }
    if (farm->prefixes[index].len > 0 && drain(farm, index, d->from) != 0) {
        return -1;
    }
    c->upstream = d->to;
    hs_speed_keep_prefix(&farm->prefixes[index], d->extranonce_prefix, d->extranonce_prefix_len);
    return 0;
}

int hs_speed_apply(hs_speed_farm *farm, uint32_t moves)
{
    for (uint32_t i = 0; i < moves; i++) {
        if (apply_one(farm, &farm->rows[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

int hs_speed_retarget(hs_speed_farm *farm, enum hs_speed_targets targets)
{
    hmx_target rows[HS_SPEED_POOLS_MAX];
    const double *const percentages = hs_speed_targets(farm, targets);
    for (uint32_t i = 0; i < farm->pools; i++) {
        rows[i] =
            (hmx_target){.size = sizeof rows[i], .upstream = i + 1u, .percentage = percentages[i]};
    }
    const hmx_targets vector = {
        .size = sizeof vector, .stride = sizeof rows[0], .count = farm->pools, .rows = rows};
    if (farm->tuning->set_targets(farm->instance, farm->now_ns, &vector, NULL) != HMX_OK) {
        return hs_speed_fail(farm, "set_targets");
    }
    return farm->tuning->rebalance_now(farm->instance, farm->now_ns, NULL) == HMX_OK
               ? 0
               : hs_speed_fail(farm, "rebalance_now");
}

int hs_speed_snapshot(hs_speed_farm *farm)
{
    hmx_upstream_metrics rows[HS_SPEED_POOLS_MAX];
    for (uint32_t i = 0; i < farm->pools; i++) {
        rows[i] = (hmx_upstream_metrics){.size = sizeof rows[i]};
    }
    hmx_snapshot out = {
        .size = sizeof out, .stride = sizeof rows[0], .capacity = farm->pools, .rows = rows};
    return farm->metrics->snapshot(farm->instance, &out) == HMX_OK
               ? 0
               : hs_speed_fail(farm, "snapshot");
}
