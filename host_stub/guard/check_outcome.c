/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Checks of what the host says, part two: shares, and what became of decisions. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "host_stub/guard/internal.h"

static int is_rejection(uint32_t verdict)
{
    return verdict >= HMX_SHARE_REJECTED_STALE && verdict <= HMX_SHARE_REJECTED_OTHER;
}

/* Pools judge only what was sent to them: the shares under way to each never become negative. */
static void count_in_flight(hs_guard *g, const hmx_share *e)
{
    hs_upstream *const u = &g->upstreams[e->upstream];
    if (e->verdict == HMX_SHARE_NOT_FORWARDED || (e->event.flags & HMX_SHARE_LOCAL) != 0) {
        return;
    }
    if (e->verdict == HMX_SHARE_SUBMITTED) {
        u->in_flight += e->count;
        return;
    }
    if (u->in_flight < e->count) {
        hs_guard_report(g, HS_H_SHARE_UNSUBMITTED,
                        "verdict %" PRIu32 " on %" PRIu32 " shares, but only %" PRIu64
                        " are under way to upstream %" PRIu32,
                        e->verdict, e->count, u->in_flight, e->upstream);
        u->in_flight = 0;
        return;
    }
    u->in_flight -= e->count;
}

int hs_check_share(hs_guard *g, const hmx_share *e)
{
    const hs_channel *const c = hs_model_find(g, e->channel);
    if (c == NULL) {
        hs_guard_report(g, HS_H_UNKNOWN_CHANNEL, "channel %" PRIu64 " was never open", e->channel);
    } else if (e->cookie != 0 && c != &g->closed && e->cookie != c->cookie) {
        hs_guard_report(g, HS_H_WRONG_COOKIE,
                        "channel %" PRIu64 " came with cookie %" PRIu64 "; its own is %" PRIu64,
                        e->channel, e->cookie, c->cookie);
    }
    if (e->verdict < HMX_SHARE_SUBMITTED || e->verdict > HMX_SHARE_REJECTED_OTHER) {
        hs_guard_report(g, HS_H_SHARE_FACTS, "verdict %" PRIu32 " is none", e->verdict);
    } else if ((e->event.flags & HMX_SHARE_LOCAL) != 0 && !is_rejection(e->verdict)) {
        hs_guard_report(g, HS_H_SHARE_FACTS, "LOCAL with verdict %" PRIu32, e->verdict);
    }
    if (e->count == 0) {
        hs_guard_report(g, HS_H_SHARE_FACTS, "count is 0");
    }
    if (!isfinite(e->work) || !(e->work > 0)) {
        hs_guard_report(g, HS_H_SHARE_WORK, "work is not a positive number");
    }
    if (!hs_model_upstream_exists(g, e->upstream)) {
        hs_guard_report(g, HS_H_HOST_UNKNOWN_UPSTREAM, "upstream %" PRIu32 " is unknown",
                        e->upstream);
    } else {
        count_in_flight(g, e);
    }
    return c != NULL && c != &g->closed && c->known;
}

static void check_drained(hs_guard *g, const hmx_reassign *e)
{
    if (hs_model_find(g, e->channel) == NULL) {
        hs_guard_report(g, HS_H_UNKNOWN_CHANNEL, "channel %" PRIu64 " was never open", e->channel);
    }
    if (e->to != HMX_NONE || !hs_model_upstream_exists(g, e->from)) {
        hs_guard_report(g, HS_H_REASSIGN_PLACE,
                        "DRAINED from %" PRIu32 " to %" PRIu32
                        "; from is the pool of the prefix, to is NONE",
                        e->from, e->to);
    }
}

static void check_forced(hs_guard *g, const hs_channel *c, const hmx_reassign *e)
{
    if (e->from != c->upstream || (e->to != HMX_NONE && !hs_model_upstream_exists(g, e->to))) {
        hs_guard_report(g, HS_H_REASSIGN_PLACE,
                        "FORCED from %" PRIu32 " to %" PRIu32 ", the channel works for %" PRIu32,
                        e->from, e->to, c->upstream);
    }
}

static void check_answer(hs_guard *g, const hs_channel *c, const hmx_reassign *e)
{
    if (c->pending == 0 || c->pending != e->decision) {
        hs_guard_report(g, HS_H_REASSIGN_NOT_PENDING,
                        "decision %" PRIu64 " is not pending for channel %" PRIu64, e->decision,
                        e->channel);
        return;
    }
    const int stays = e->result == HMX_RESULT_REFUSED && e->to == c->upstream;
    const int moved = e->result == HMX_RESULT_APPLIED && e->to == c->pending_to;
    const int failed =
        e->result == HMX_RESULT_FAILED && (e->to == HMX_NONE || hs_model_upstream_exists(g, e->to));
    if (e->from != c->upstream || !(stays || moved || failed)) {
        hs_guard_report(g, HS_H_REASSIGN_PLACE,
                        "result %" PRIu32 " from %" PRIu32 " to %" PRIu32 ", decided was %" PRIu32
                        " to %" PRIu32,
                        e->result, e->from, e->to, c->upstream, c->pending_to);
    }
    if (e->result == HMX_RESULT_APPLIED && c->pending_prefix_len > 0 &&
        e->extranonce_prefix_len > 0 &&
        (e->extranonce_prefix_len != c->pending_prefix_len ||
         memcmp(e->extranonce_prefix, c->pending_prefix_bytes, c->pending_prefix_len) != 0)) {
        hs_guard_report(g, HS_H_REASSIGN_PREFIX,
                        "decision %" PRIu64 " was applied with another prefix", e->decision);
    }
}

void hs_check_reassign(hs_guard *g, const hmx_reassign *e)
{
    const hs_channel *const c = hs_model_open_channel(g, e->channel);
    const int alone = e->result == HMX_RESULT_FORCED || e->result == HMX_RESULT_DRAINED;
    if (e->result < HMX_RESULT_APPLIED || e->result > HMX_RESULT_DRAINED ||
        alone != (e->decision == 0)) {
        hs_guard_report(g, HS_H_REASSIGN_RESULT, "result %" PRIu32 " with decision %" PRIu64,
                        e->result, e->decision);
        return;
    }
    if (e->extranonce_prefix_len > HMX_EXTRANONCE_MAX) {
        hs_guard_report(g, HS_H_REASSIGN_PREFIX, "a prefix of %" PRIu32 " bytes",
                        e->extranonce_prefix_len);
        return;
    }
    if (e->result == HMX_RESULT_DRAINED) {
        check_drained(g, e);
        return;
    }
    if (c == NULL) {
        hs_guard_report(g, HS_H_UNKNOWN_CHANNEL, "channel %" PRIu64 " is not open", e->channel);
        return;
    }
    if (e->cookie != 0 && e->cookie != c->cookie) {
        hs_guard_report(g, HS_H_WRONG_COOKIE, "channel %" PRIu64 " came with cookie %" PRIu64,
                        e->channel, e->cookie);
    }
    if (alone) {
        check_forced(g, c, e);
    } else {
        check_answer(g, c, e);
    }
}
