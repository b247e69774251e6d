/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/farm/outbox.h"

#include <string.h>

#include "abi/hmx_access.h"

void hm_outbox_put(hm_outbox *o, const hm_decision *d)
{
    unsigned char *const row = (unsigned char *)o->rows + (size_t)o->count * o->stride;
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
    (void)hmx_copy_out(row, sizeof decision, &decision, sizeof decision);
    o->count++;
}
