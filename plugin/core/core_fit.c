/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/core/core_fit.h"

#include <math.h>

void hm_core_fit_count(hm_core *core, uint32_t rollable, int came)
{
    uint32_t *const count = &core->rollable[rollable];
    HM_MUST(hm_core_alarm(core), came || *count > 0);
    *count += came ? 1u : 0u;
    *count -= came ? 0u : 1u;
}

/* How many of the channels that are there have no place in this space, however narrow its index?
 * `needed`: the bytes that the largest of them needs. */
static uint32_t misfits(const hm_core *core, const hm_extranonce_space *space, uint32_t *needed)
{
    uint32_t count = 0;
    for (uint32_t size = 0; size <= HMX_EXTRANONCE_MAX && space->used != NULL; size++) {
        if (core->rollable[size] > 0 && !hm_extranonce_could(space, HMX_CHANNEL_EXTENDED, size)) {
            count += core->rollable[size];
            *needed = size + space->instance_width + 1u;
        }
    }
    return count;
}

/* Channels that it should hold at most: the others of its places rest. */
static uint32_t places_of(const hm_extranonce_space *space)
{
    return space->used == NULL ? UINT32_MAX : space->capacity - space->capacity / 8u;
}

/* Hashrate of those that have one, or of as many of them as there are places. */
static double fitting_hashrate(const hm_core *core, const hm_extranonce_space *space)
{
    const hm_channels *const c = &core->assignment.channels;
    const uint32_t places = places_of(space);
    uint32_t count = 0;
    double sum = 0.0;
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(c, slot);
        const hm_channel_cold *const cold = hm_cold(c, slot);
        if (hot->channel != 0 && hm_extranonce_could(space, cold->kind, cold->extranonce_size)) {
            sum += hot->hashrate;
            count++;
        }
    }
    return count > places ? sum * (double)places / (double)count : sum;
}

static void say(const hm_core *core, uint32_t i, uint32_t count, uint32_t needed)
{
    const hm_upstream *const row = &core->upstreams.rows[i];
    if (count == 0) {
        hm_core_logf(core, HMX_LOG_INFO,
                     "upstream %s grants extranonce bytes enough for all channels now", row->id);
    } else if (needed == 0) {
        hm_core_logf(core, HMX_LOG_WARN,
                     "upstream %s grants %lu extranonce bytes, which is room for %lu of %lu "
                     "channels: it gets no more than these give",
                     row->id, (unsigned long)row->facts.extranonce_size,
                     (unsigned long)(core->assignment.channels.count - count),
                     (unsigned long)core->assignment.channels.count);
    } else {
        hm_core_logf(core, HMX_LOG_WARN,
                     "upstream %s grants %lu extranonce bytes, and %lu of %lu channels need %lu: "
                     "they cannot work there, and it gets no more than the others give",
                     row->id, (unsigned long)row->facts.extranonce_size, (unsigned long)count,
                     (unsigned long)core->assignment.channels.count, (unsigned long)needed);
    }
}

void hm_core_measure_fit(hm_core *core)
{
    hm_control *const k = &core->control;
    for (uint32_t i = 0; i < core->upstreams.top; i++) {
        const hm_extranonce_space *const space = hm_space(&core->assignment.prefixes, i + 1u);
        const uint64_t bit = 1ull << i;
        uint32_t needed = 0;
        const int is_up = core->upstreams.rows[i].facts.state == HMX_UPSTREAM_UP;
        uint32_t count = is_up ? misfits(core, space, &needed) : 0;
        if (is_up && count == 0 && core->assignment.channels.count > places_of(space)) {
            count = core->assignment.channels.count - places_of(space);
        }
        k->fit[i] = count > 0 ? fitting_hashrate(core, space) : INFINITY;
        if (is_up && (count > 0) != ((k->short_pools & bit) != 0)) {
            k->short_pools ^= bit;
            say(core, i, count, needed);
        }
    }
}
