/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/check_host.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "host_stub/guard/model.h"
#include "host_stub/guard/reopen.h"
#include "host_stub/guard/report.h"

int hs_guard_check_hashrate(double x)
{
    return isfinite(x) && x >= 0;
}

static int known_tri(uint32_t x)
{
    return x <= HMX_NO;
}

void hs_guard_check_config_views(hs_guard *g, const hmx_view *path, const hmx_view *text)
{
    const int has_path = path->len > 0;
    const int has_text = text->len > 0;
    if ((has_path && path->data == NULL) || (has_text && text->data == NULL)) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "a view has bytes at NULL");
        return;
    }
    HS_GUARD_REPORT_IF(g, has_path == has_text, HS_H_CREATE_ARGS,
                       "%s of config_path and config_text are given", has_path ? "both" : "none");
    HS_GUARD_REPORT_IF(g, has_path && memchr(path->data, '\0', (size_t)path->len) != NULL,
                       HS_H_CREATE_ARGS, "config_path has a NUL inside");
}

void hs_guard_check_create_args(hs_guard *g, const hmx_create_args *a)
{
    if (a == NULL) {
        hs_guard_report(g, HS_H_NULL_ARGUMENT, "the arguments are NULL");
        return;
    }
    if (a->size < HMX_CREATE_ARGS_SIZE_VER0 || a->size > HS_STRUCT_MAX) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "size is %" PRIu32 ", version 1.0 has %u bytes",
                        a->size, HMX_CREATE_ARGS_SIZE_VER0);
        return;
    }
    hs_guard_check_config_views(g, &a->config_path, &a->config_text);
    HS_GUARD_REPORT_IF(g, a->flags != 0, HS_H_CREATE_ARGS,
                       "flags are 0x%" PRIx32 "; none is defined", a->flags);
    HS_GUARD_REPORT_IF(g, a->upstreams_max > HMX_UPSTREAMS_MAX, HS_H_CREATE_ARGS,
                       "upstreams_max is %" PRIu32 "; 64 is the most", a->upstreams_max);
    const uint32_t instances = a->instance_count > 1 ? a->instance_count : 1;
    HS_GUARD_REPORT_IF(g, a->instance_index >= instances, HS_H_CREATE_ARGS,
                       "instance_index is %" PRIu32 " of %" PRIu32, a->instance_index, instances);
}

void hs_guard_check_upstream_event(hs_guard *g, const hmx_upstream_event *e)
{
    if (e->upstream == HMX_NONE || e->upstream > g->upstreams_max ||
        (g->table_read && !g->upstreams[e->upstream].in_table &&
         !hs_guard_model_upstream_is_forgotten(g, e->upstream))) {
        hs_guard_report(g, HS_H_HOST_UNKNOWN_UPSTREAM, "upstream %" PRIu32 " is not in the table",
                        e->upstream);
        return;
    }
    HS_GUARD_REPORT_IF(g, e->state < HMX_UPSTREAM_CONNECTING || e->state > HMX_UPSTREAM_DOWN,
                       HS_H_UPSTREAM_FACTS, "state %" PRIu32 " is none", e->state);
    HS_GUARD_REPORT_IF(
        g, !known_tri(e->has_job) || !known_tri(e->version_rolling) || !known_tri(e->fixed_version),
        HS_H_UPSTREAM_FACTS, "a fact of three states has a fourth");
    HS_GUARD_REPORT_IF(g,
                       e->extranonce_prefix_len > HMX_EXTRANONCE_MAX ||
                           e->extranonce_size > HMX_EXTRANONCE_MAX - e->extranonce_prefix_len,
                       HS_H_UPSTREAM_FACTS,
                       "prefix of %" PRIu32 " and extranonce of %" PRIu32 " bytes; 32 is the most",
                       e->extranonce_prefix_len, e->extranonce_size);
}

static void check_view(hs_guard *g, const char *what, const hmx_view *view, uint64_t most)
{
    HS_GUARD_REPORT_IF(g, (view->data == NULL && view->len > 0) || view->len > most,
                       HS_H_CHANNEL_FACTS, "%s has %" PRIu64 " bytes at %s", what, view->len,
                       view->data == NULL ? "NULL" : "a pointer");
}

/* A prefix that the host put in force on its own. Before the plugin is asked: it may refuse it. */
static void check_prefix(hs_guard *g, uint64_t channel, uint32_t upstream, const uint8_t *bytes,
                         uint32_t len)
{
    if (len == 0 || len > HMX_EXTRANONCE_MAX || upstream == HMX_NONE ||
        upstream > HMX_UPSTREAMS_MAX) {
        return;
    }
    const uint64_t owner = hs_guard_model_prefix_owner(g, upstream, bytes, len);
    HS_GUARD_REPORT_IF(g, owner != 0 && owner != channel, HS_H_HOST_PREFIX_COLLISION,
                       "channel %" PRIu64 " works on upstream %" PRIu32
                       " with a prefix that collides with that of channel %" PRIu64,
                       channel, upstream, owner);
}

static void check_open_numbers(hs_guard *g, const hmx_channel_open *e)
{
    HS_GUARD_REPORT_IF(g, e->channel == 0 || e->connection == 0, HS_H_CHANNEL_ID,
                       "channel %" PRIu64 " on connection %" PRIu64, e->channel, e->connection);
    const hs_guard_channel *const before = hs_guard_model_find(g, e->channel);
    /* One that the plugin refused may be tried again. */
    HS_GUARD_REPORT_IF(g, before != NULL && (before == &g->closed || before->known),
                       HS_H_CHANNEL_REUSED, "channel %" PRIu64 " %s", e->channel,
                       before == &g->closed ? "was closed before" : "is open already");
    HS_GUARD_REPORT_IF(
        g,
        e->current_upstream != HMX_NONE && !hs_guard_model_upstream_exists(g, e->current_upstream),
        HS_H_HOST_UNKNOWN_UPSTREAM, "channel %" PRIu64 " works for upstream %" PRIu32, e->channel,
        e->current_upstream);
}

void hs_guard_check_open_event(hs_guard *g, const hmx_channel_open *e)
{
    check_open_numbers(g, e);
    HS_GUARD_REPORT_IF(g, e->kind != HMX_CHANNEL_STANDARD && e->kind != HMX_CHANNEL_EXTENDED,
                       HS_H_CHANNEL_FACTS, "kind %" PRIu32 " is none", e->kind);
    HS_GUARD_REPORT_IF(g, !known_tri(e->honours_prefix), HS_H_CHANNEL_FACTS,
                       "honours_prefix is %" PRIu32, e->honours_prefix);
    HS_GUARD_REPORT_IF(g, !hs_guard_check_hashrate(e->nominal_hashrate), HS_H_CHANNEL_FACTS,
                       "nominal_hashrate is negative or not finite");
    HS_GUARD_REPORT_IF(
        g,
        e->min_extranonce_size > HMX_EXTRANONCE_MAX || e->extranonce_size > HMX_EXTRANONCE_MAX ||
            (e->kind == HMX_CHANNEL_STANDARD && e->extranonce_size != 0) ||
            (e->kind == HMX_CHANNEL_EXTENDED && e->extranonce_size < e->min_extranonce_size),
        HS_H_CHANNEL_FACTS,
        "extranonce_size is %" PRIu32 ", asked for %" PRIu32
        " (0 for standard channels, 32 is the most, no less than asked)",
        e->extranonce_size, e->min_extranonce_size);
    HS_GUARD_REPORT_IF(g,
                       e->extranonce_prefix_len > HMX_EXTRANONCE_MAX ||
                           (e->extranonce_prefix_len > 0 && e->current_upstream == HMX_NONE),
                       HS_H_CHANNEL_FACTS, "a prefix of %" PRIu32 " bytes on upstream %" PRIu32,
                       e->extranonce_prefix_len, e->current_upstream);
    check_prefix(g, e->channel, e->current_upstream, e->extranonce_prefix,
                 e->extranonce_prefix_len);
    check_view(g, "user_identity", &e->user_identity, 255);
    check_view(g, "vendor", &e->vendor, 255);
    check_view(g, "hardware", &e->hardware, 255);
    check_view(g, "firmware", &e->firmware, 255);
}

/* The channel is open and the cookie its own. */
static void check_channel(hs_guard *g, uint64_t channel, uint64_t cookie)
{
    const hs_guard_channel *const c = hs_guard_model_open_channel(g, channel);
    if (c == NULL) {
        hs_guard_report(g, HS_H_UNKNOWN_CHANNEL, "channel %" PRIu64 " is not open", channel);
    } else if (cookie != 0 && cookie != c->cookie) {
        hs_guard_report(g, HS_H_WRONG_COOKIE,
                        "channel %" PRIu64 " came with cookie %" PRIu64 "; its own is %" PRIu64,
                        channel, cookie, c->cookie);
    }
}

void hs_guard_check_update_event(hs_guard *g, const hmx_channel_update *e)
{
    check_channel(g, e->channel, e->cookie);
    HS_GUARD_REPORT_IF(g,
                       (e->changed & HMX_FACT_NOMINAL_HASHRATE) != 0 &&
                           !hs_guard_check_hashrate(e->nominal_hashrate),
                       HS_H_CHANNEL_FACTS, "nominal_hashrate is negative or not finite");
    HS_GUARD_REPORT_IF(g,
                       (e->changed & HMX_FACT_HONOURS_PREFIX) != 0 && !known_tri(e->honours_prefix),
                       HS_H_CHANNEL_FACTS, "honours_prefix is %" PRIu32, e->honours_prefix);
}

void hs_guard_check_close_event(hs_guard *g, const hmx_channel_close *e)
{
    const hs_guard_channel *const c = hs_guard_model_open_channel(g, e->channel);
    check_channel(g, e->channel, e->cookie);
    HS_GUARD_REPORT_IF(g, e->reason > HMX_CLOSE_REOPEN, HS_H_CHANNEL_FACTS,
                       "close reason %" PRIu32 " is none", e->reason);
    HS_GUARD_REPORT_IF(
        g, e->reason == HMX_CLOSE_REOPEN && c != NULL && !hs_guard_reopen_is_due(g, c),
        HS_H_REOPEN_NOT_PENDING,
        "channel %" PRIu64 " is closed to be opened again, which no decision asks", e->channel);
}

static int is_rejection(uint32_t verdict)
{
    return verdict >= HMX_SHARE_REJECTED_STALE && verdict <= HMX_SHARE_REJECTED_OTHER;
}

/* Is it on its way to the pool, or a pool's answer? */
static int is_in_flight(const hmx_share *e)
{
    return e->verdict != HMX_SHARE_NOT_FORWARDED && (e->event.flags & HMX_SHARE_FLAG_LOCAL) == 0;
}

/* Pools judge only what was sent to them: the shares under way to each never become negative. */
static void check_in_flight(hs_guard *g, const hmx_share *e)
{
    const hs_guard_upstream *const u = &g->upstreams[e->upstream];
    HS_GUARD_REPORT_IF(
        g, is_in_flight(e) && e->verdict != HMX_SHARE_SUBMITTED && u->in_flight < e->count,
        HS_H_SHARE_UNSUBMITTED,
        "verdict %" PRIu32 " on %" PRIu32 " shares, but only %" PRIu64
        " are under way to upstream %" PRIu32,
        e->verdict, e->count, u->in_flight, e->upstream);
}

void hs_guard_follow_share(hs_guard *g, const hmx_share *e)
{
    if (!hs_guard_model_upstream_exists(g, e->upstream) || !is_in_flight(e)) {
        return;
    }
    hs_guard_upstream *const u = &g->upstreams[e->upstream];
    if (e->verdict == HMX_SHARE_SUBMITTED) {
        u->in_flight += e->count;
    } else {
        u->in_flight -= u->in_flight < e->count ? u->in_flight : e->count;
        u->answered_ns = g->now_ns;
        u->trouble_ns = e->verdict == HMX_SHARE_ACCEPTED ? u->trouble_ns : g->now_ns;
    }
}

int hs_guard_check_share(hs_guard *g, const hmx_share *e)
{
    const hs_guard_channel *const c = hs_guard_model_find(g, e->channel);
    if (c == NULL) {
        hs_guard_report(g, HS_H_UNKNOWN_CHANNEL, "channel %" PRIu64 " was never open", e->channel);
    } else if (e->cookie != 0 && c != &g->closed && e->cookie != c->cookie) {
        hs_guard_report(g, HS_H_WRONG_COOKIE,
                        "channel %" PRIu64 " came with cookie %" PRIu64 "; its own is %" PRIu64,
                        e->channel, e->cookie, c->cookie);
    }
    if (e->verdict < HMX_SHARE_SUBMITTED || e->verdict > HMX_SHARE_REJECTED_OTHER) {
        hs_guard_report(g, HS_H_SHARE_FACTS, "verdict %" PRIu32 " is none", e->verdict);
    } else if ((e->event.flags & HMX_SHARE_FLAG_LOCAL) != 0 && !is_rejection(e->verdict)) {
        hs_guard_report(g, HS_H_SHARE_FACTS, "LOCAL with verdict %" PRIu32, e->verdict);
    }
    HS_GUARD_REPORT_IF(g, e->count == 0, HS_H_SHARE_FACTS, "count is 0");
    if (!isfinite(e->work) || !(e->work > 0)) {
        hs_guard_report(g, HS_H_SHARE_WORK, "work is not a positive number");
    } else if (e->work > 1e30 || !isfinite(e->credit) || e->credit < 0 || e->credit > 1e30) {
        hs_guard_report(g, HS_H_SHARE_WORK,
                        "work or credit is above 1e30, negative or not a number");
    }
    if (hs_guard_model_upstream_exists(g, e->upstream)) {
        check_in_flight(g, e);
    } else if (!hs_guard_model_upstream_is_forgotten(g, e->upstream)) {
        hs_guard_report(g, HS_H_HOST_UNKNOWN_UPSTREAM, "upstream %" PRIu32 " is unknown",
                        e->upstream);
    }
    return c != NULL && c != &g->closed && c->known;
}

static void check_drained(hs_guard *g, const hmx_reassign *e)
{
    HS_GUARD_REPORT_IF(g, hs_guard_model_find(g, e->channel) == NULL, HS_H_UNKNOWN_CHANNEL,
                       "channel %" PRIu64 " was never open", e->channel);
    HS_GUARD_REPORT_IF(g, e->to != HMX_NONE || e->from == HMX_NONE || e->from > HMX_UPSTREAMS_MAX,
                       HS_H_REASSIGN_PLACE,
                       "DRAINED from %" PRIu32 " to %" PRIu32
                       "; from is the pool of the prefix, to is NONE",
                       e->from, e->to);
}

static void check_forced(hs_guard *g, const hs_guard_channel *c, const hmx_reassign *e)
{
    HS_GUARD_REPORT_IF(g,
                       e->from != c->upstream ||
                           (e->to != HMX_NONE && !hs_guard_model_upstream_exists(g, e->to)),
                       HS_H_REASSIGN_PLACE,
                       "FORCED from %" PRIu32 " to %" PRIu32 ", the channel works for %" PRIu32,
                       e->from, e->to, c->upstream);
}

static void check_answer(hs_guard *g, const hs_guard_channel *c, const hmx_reassign *e)
{
    if (c->pending != e->decision && hs_guard_model_ran_out(c, e->decision)) {
        return; /* late: a fact when it was applied, and nothing otherwise */
    }
    if (c->pending == 0 || c->pending != e->decision) {
        hs_guard_report(g, HS_H_REASSIGN_NOT_PENDING,
                        "decision %" PRIu64 " is not pending for channel %" PRIu64, e->decision,
                        e->channel);
        return;
    }
    if (c->pending_style == HMX_STYLE_REOPEN && e->result == HMX_RESULT_APPLIED) {
        hs_guard_report(g, HS_H_REASSIGN_RESULT,
                        "decision %" PRIu64
                        " is applied when the peer comes back, not by an answer",
                        e->decision);
        return;
    }
    const int stays = e->result == HMX_RESULT_REFUSED && e->to == c->upstream;
    const int moved = e->result == HMX_RESULT_APPLIED && e->to == c->pending_to;
    const int failed = e->result == HMX_RESULT_FAILED &&
                       (e->to == HMX_NONE || hs_guard_model_upstream_exists(g, e->to));
    HS_GUARD_REPORT_IF(
        g, e->from != c->upstream || !(stays || moved || failed), HS_H_REASSIGN_PLACE,
        "result %" PRIu32 " from %" PRIu32 " to %" PRIu32 ", decided was %" PRIu32 " to %" PRIu32,
        e->result, e->from, e->to, c->upstream, c->pending_to);
    HS_GUARD_REPORT_IF(
        g,
        e->result == HMX_RESULT_APPLIED && c->pending_prefix_len > 0 &&
            e->extranonce_prefix_len > 0 &&
            (e->extranonce_prefix_len != c->pending_prefix_len ||
             memcmp(e->extranonce_prefix, c->pending_prefix_bytes, c->pending_prefix_len) != 0),
        HS_H_REASSIGN_PREFIX, "decision %" PRIu64 " was applied with another prefix", e->decision);
}

void hs_guard_check_reassign(hs_guard *g, const hmx_reassign *e)
{
    const hs_guard_channel *const c = hs_guard_model_open_channel(g, e->channel);
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
    HS_GUARD_REPORT_IF(g, e->cookie != 0 && e->cookie != c->cookie, HS_H_WRONG_COOKIE,
                       "channel %" PRIu64 " came with cookie %" PRIu64, e->channel, e->cookie);
    if (alone) {
        check_forced(g, c, e);
    } else {
        check_answer(g, c, e);
    }
    if (e->result == HMX_RESULT_APPLIED || e->to != c->upstream || alone) {
        check_prefix(g, e->channel, e->to, e->extranonce_prefix, e->extranonce_prefix_len);
    }
}
