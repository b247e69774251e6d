/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/check_reopen.h"

#include <inttypes.h>
#include <string.h>

#include "host_stub/guard/check_plugin.h"
#include "host_stub/guard/model.h"
#include "host_stub/guard/reopen.h"
#include "host_stub/guard/report.h"

/* With fewer bytes to tell channels apart a pool may have no prefix left for the one that comes. */
enum { ROOM_BYTES = 4 };

static int is_easier(const uint8_t target[32], const uint8_t than[32])
{
    int i = 31; /* little-endian */
    while (i > 0 && target[i] == than[i]) {
        i--;
    }
    return target[i] > than[i];
}

static int is_told(const uint8_t target[32])
{
    static const uint8_t zero[32];
    return memcmp(target, zero, sizeof zero) != 0;
}

/* Does the peer fit there, as far as the header says? */
static int fits(const hs_guard *g, const hmx_channel_open *e, uint32_t upstream)
{
    const hmx_upstream_event *const f = &g->upstreams[upstream].facts;
    const hs_guard_channel c = hs_guard_model_channel_of(e);
    const uint32_t own = e->kind == HMX_CHANNEL_EXTENDED ? e->extranonce_size : 0;
    if (hs_guard_check_not_allowed(g, &c, upstream) != NULL) {
        return 0;
    }
    if (hs_guard_model_space_known(g, upstream) && f->extranonce_size < own + ROOM_BYTES) {
        return 0;
    }
    return !is_told(e->max_target) || !is_told(f->target) || !is_easier(f->target, e->max_target);
}

/* Was nothing told since the decision that speaks against the pool? */
static int is_as_it_was(const hs_guard *g, uint32_t upstream, uint64_t since_ns)
{
    const hs_guard_upstream *const u = &g->upstreams[upstream];
    return hs_guard_model_upstream_exists(g, upstream) &&
           hs_guard_model_not_usable(g, upstream) == NULL && u->trouble_ns < since_ns &&
           (u->in_flight == 0 || u->answered_ns >= since_ns);
}

/* The operator may have switched it off where the guard does not look: through an extension. */
static int is_enabled(hs_guard *g, uint32_t upstream)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    hmx_upstream_table table = {.size = sizeof table,
                                .stride = sizeof rows[0],
                                .capacity = HMX_UPSTREAMS_MAX,
                                .rows = rows};
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
    }
    if (hs_guard_upstreams(g, &table) < 0) {
        return 1;
    }
    for (uint32_t i = 0; i < table.count && i < HMX_UPSTREAMS_MAX; i++) {
        if (rows[i].upstream == upstream) {
            return (rows[i].flags & (HMX_UPSTREAM_FLAG_ENABLED | HMX_UPSTREAM_FLAG_REMOVED)) ==
                   HMX_UPSTREAM_FLAG_ENABLED;
        }
    }
    return 0;
}

void hs_guard_check_returned(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d)
{
    hs_guard_returning expected;
    if (g->returning_count == 0 || e->current_upstream != HMX_NONE ||
        !hs_guard_reopen_take(g, hs_guard_reopen_who(e), &expected)) {
        return;
    }
    if ((d->action == HMX_ACTION_ASSIGN && d->upstream == expected.to) ||
        (d->action == HMX_ACTION_PASS && d->reason == HMX_REASON_OBSERVE)) {
        return;
    }
    if (is_as_it_was(g, expected.to, expected.since_ns) && fits(g, e, expected.to) &&
        is_enabled(g, expected.to)) {
        g->hook = "on_channel_open";
        hs_guard_report(g, HS_P_REOPENED_ELSEWHERE,
                        "channel %" PRIu64 " came back for decision %" PRIu64
                        " and was promised to upstream %" PRIu32 ", not to %" PRIu32,
                        e->channel, expected.decision, expected.to,
                        d->action == HMX_ACTION_ASSIGN ? d->upstream : HMX_NONE);
        g->hook = NULL;
    }
}
