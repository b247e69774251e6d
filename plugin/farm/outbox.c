/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/outbox.h"

#include <string.h>

#include "abi/hmx_access.h"

static void write_row(const hm_outbox *o, uint32_t index, const hmx_decision *decision)
{
    unsigned char *const row = (unsigned char *)o->rows + (size_t)index * o->stride;
    (void)hmx_copy_out(row, HMX_DECISION_SIZE_VER0, decision, sizeof *decision);
}

void hm_outbox_put(hm_outbox *o, const hm_decision *d)
{
    if (!HM_HOLDS(o->alarm, o->count < o->capacity)) {
        return;
    }
    hmx_decision decision = {
        .size = sizeof decision,
        .kind = d->kind,
        .decision = d->decision,
        .channel = d->channel,
        .cookie = d->cookie,
        .from = d->from,
        .to = d->to,
        .style = d->style,
        .reason = d->reason,
        .expected_hashrate = d->hashrate * HM_HASHES_PER_WORK,
        .valid_until_ns = d->valid_until_ns,
        .extranonce_prefix_len = d->prefix_len,
    };
    memcpy(decision.extranonce_prefix, d->prefix, sizeof decision.extranonce_prefix);
    write_row(o, o->count, &decision);
    o->count++;
}

hmx_decision hm_outbox_at(const hm_outbox *o, uint32_t index)
{
    hmx_decision decision = {0};
    (void)hmx_copy_in(&decision, sizeof decision, HMX_DECISION_SIZE_VER0,
                      (const unsigned char *)o->rows + (size_t)index * o->stride);
    return decision;
}

void hm_outbox_clear(hm_outbox *o)
{
    const hmx_decision nothing = {0};
    while (o->count > 0) {
        o->count--;
        write_row(o, o->count, &nothing);
    }
}
