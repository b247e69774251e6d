/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/reopen.h"

#include "host_stub/base/array.h"

uint64_t hs_guard_reopen_who(const hmx_channel_open *e)
{
    const hmx_view parts[] = {e->user_identity, e->vendor, e->hardware};
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, each part with its length in front */
    for (int i = 0; i < 3; i++) {
        const unsigned char *const bytes = parts[i].data;
        const uint64_t len = bytes != NULL ? parts[i].len : 0;
        hash = (hash ^ len) * UINT64_C(0x100000001b3);
        for (uint64_t k = 0; k < len && k < HMX_IDENTITY_SIZE; k++) {
            hash = (hash ^ bytes[k]) * UINT64_C(0x100000001b3);
        }
    }
    return hash;
}

int hs_guard_reopen_is_due(const hs_guard *g, const hs_guard_channel *c)
{
    return c->pending != 0 && c->pending_style == HMX_STYLE_REOPEN && !c->pending_loose &&
           g->now_ns <= c->pending_until_ns;
}

void hs_guard_reopen_closed(hs_guard *g, const hs_guard_channel *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->returning_count; i++) {
        if (g->returning[i].until_ns >= g->now_ns) {
            g->returning[kept++] = g->returning[i];
        }
    }
    g->returning_count = kept;
    /* Without memory for it nobody is expected, and nobody blamed. */
    (void)HS_PUSH(g->returning, g->returning_capacity, g->returning_count,
                  (hs_guard_returning){.who = c->who,
                                       .decision = c->pending,
                                       .since_ns = c->pending_since_ns,
                                       .until_ns = c->pending_until_ns,
                                       .to = c->pending_to});
}

int hs_guard_reopen_take(hs_guard *g, uint64_t who, hs_guard_returning *out)
{
    size_t first = g->returning_count;
    for (size_t i = 0; i < g->returning_count; i++) {
        const hs_guard_returning *const r = &g->returning[i];
        if (r->who == who && r->until_ns >= g->now_ns &&
            (first == g->returning_count || r->decision < g->returning[first].decision)) {
            first = i;
        }
    }
    if (first == g->returning_count) {
        return 0;
    }
    *out = g->returning[first];
    g->returning[first] = g->returning[--g->returning_count];
    return 1;
}
