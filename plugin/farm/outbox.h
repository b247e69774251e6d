/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * outbox: the decisions of one call, on their way to the host.
 *
 * Responsible for the host's rows: how many there are, how many are taken, and how a decision is
 * written into one. Whoever decides asks here for room and puts its decisions in; nobody else
 * counts what is left. Leaves to others what is decided, and whether the rows are sound
 * (adapter.h).
 */
#ifndef PLUGIN_FARM_OUTBOX_H
#define PLUGIN_FARM_OUTBOX_H

#include <stdint.h>

#include "plugin/farm/assignment.h"

typedef struct hm_outbox {
    void *rows; /* hmx_decision, `stride` bytes apart; each says its size */
    uint32_t stride;
    uint32_t capacity;
    uint32_t count; /* taken */
    hm_alarm *alarm;
} hm_outbox;

/* Decisions that it still takes. */
static inline uint32_t hm_outbox_room(const hm_outbox *o)
{
    HM_MUST(o->alarm, o->count <= o->capacity);
    return o->capacity - o->count;
}

/* Needs room. */
void hm_outbox_put(hm_outbox *o, const hm_decision *decision);

/* One that was put in; what the host's row is too short for is 0. */
hmx_decision hm_outbox_at(const hm_outbox *o, uint32_t index);

/* Takes all of them back: the rows are as the host gave them. */
void hm_outbox_clear(hm_outbox *o);

#endif
