/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * assignment_prefixes: the part of assignment.h that gives channels their prefixes, and what a
 * change of a pool's space means for those that they have.
 */
#include <string.h>

#include "plugin/farm/assignment.h"

/* Nobody has a place on this upstream any more: what is in use there is known by its bytes. */
static void detach(hm_assignment *a, uint32_t upstream, uint64_t now_ns)
{
    hm_channels *const c = &a->channels;
    hm_prefixes_detach(&a->prefixes, upstream);
    for (uint32_t slot = 0; slot < c->slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(c, slot);
        hm_channel_cold *const cold = hm_cold(c, slot);
        if (hot->channel == 0) {
            continue;
        }
        if (hot->upstream == upstream && cold->place.count > 0) {
            cold->place = (hm_prefix_place){0};
            hm_loose_add(&a->loose, c, slot);
        }
        if (hot->pending_to == upstream && cold->pending_place.count > 0) {
            uint8_t prefix[HMX_EXTRANONCE_MAX];
            const uint32_t len =
                hm_extranonce_write(hm_space(&a->prefixes, upstream), cold->kind,
                                    cold->extranonce_size, cold->pending_place, prefix);
            cold->pending_place = (hm_prefix_place){0};
            hm_prefixes_hold(&a->prefixes, now_ns, hot->channel, cold->connection, upstream,
                             cold->pending_place, prefix, len, 0);
        }
    }
}

static void block_afresh(hm_assignment *a, uint32_t upstream)
{
    a->prefixes.lost &= ~(1ull << (upstream - 1u));
    hm_prefixes_block(&a->prefixes, 1ull << (upstream - 1u), &a->channels);
}

int hm_assignment_take_prefix(hm_assignment *a, uint32_t slot, uint32_t upstream, uint64_t now_ns,
                              hm_prefix_place *place, uint8_t prefix[HMX_EXTRANONCE_MAX],
                              uint32_t *prefix_len)
{
    const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
    hm_extranonce_space *const space = hm_space(&a->prefixes, upstream);
    *place = (hm_prefix_place){0};
    *prefix_len = 0;
    if (space->used == NULL) {
        return 0;
    }
    if (!hm_extranonce_fits(space, cold->kind, cold->extranonce_size) &&
        hm_extranonce_has_room(space, cold->kind, cold->extranonce_size)) {
        detach(a, upstream, now_ns);
        hm_extranonce_narrow(space, cold->kind, cold->extranonce_size);
        block_afresh(a, upstream);
    }
    hm_prefixes_make_room(&a->prefixes, upstream, now_ns);
    if (hm_extranonce_take(space, cold->kind, cold->extranonce_size, place) != 0) {
        return -1;
    }
    *prefix_len = hm_extranonce_write(space, cold->kind, cold->extranonce_size, *place, prefix);
    return 0;
}

/* A channel whose prefix has not the form of the new space needs another one. One whose prefix has
 * it works on: the pool went back to the prefix that it had. */
static int mark_stale(hm_assignment *a, uint32_t upstream)
{
    const hm_extranonce_space *const space = hm_space(&a->prefixes, upstream);
    int any = 0;
    for (uint32_t slot = 0; slot < a->channels.slots && space->used != NULL; slot++) {
        hm_channel_hot *const hot = hm_hot(&a->channels, slot);
        const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
        if (hot->channel == 0 || hot->upstream != upstream) {
            continue;
        }
        hot->marks &= ~(uint32_t)HM_MARK_PREFIX_STALE;
        if (!hm_extranonce_is_form(space, cold->kind, cold->extranonce_size, cold->prefix,
                                   cold->prefix_len)) {
            hot->marks |= HM_MARK_PREFIX_STALE;
            any = 1;
        }
    }
    return any;
}

int hm_assignment_new_space(hm_assignment *a, uint32_t upstream, const hm_extranonce_space *fresh,
                            uint64_t now_ns)
{
    a->changes++;
    detach(a, upstream, now_ns);
    hm_extranonce_free(hm_space(&a->prefixes, upstream));
    *hm_space(&a->prefixes, upstream) = *fresh;
    block_afresh(a, upstream);
    return mark_stale(a, upstream);
}

uint32_t hm_assignment_collision(hm_assignment *a, uint32_t upstream, const uint8_t *prefix,
                                 uint32_t prefix_len)
{
    if (prefix_len == 0 || !hm_prefixes_matter(&a->prefixes, upstream)) {
        return HM_SLOT_NONE;
    }
    if (!hm_extranonce_meets(hm_space(&a->prefixes, upstream), prefix, prefix_len)) {
        return hm_loose_find(&a->loose, &a->channels, upstream, prefix, prefix_len);
    }
    for (uint32_t slot = 0; slot < a->channels.slots; slot++) {
        const hm_channel_hot *const hot = hm_hot(&a->channels, slot);
        const hm_channel_cold *const cold = hm_cold(&a->channels, slot);
        const uint32_t len = cold->prefix_len < prefix_len ? cold->prefix_len : prefix_len;
        if (hot->channel != 0 && hot->upstream == upstream && len > 0 &&
            memcmp(cold->prefix, prefix, len) == 0) {
            return slot;
        }
    }
    return HM_SLOT_NONE;
}
