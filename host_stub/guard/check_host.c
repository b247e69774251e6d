/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Checks of what the host says, part one: arguments, upstreams, channels. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "host_stub/guard/internal.h"

int hs_check_hashrate(double x)
{
    return isfinite(x) && x >= 0;
}

static int known_tri(uint32_t x)
{
    return x <= HMX_NO;
}

void hs_check_config_views(hs_guard *g, const hmx_view *path, const hmx_view *text)
{
    const int has_path = path->data != NULL && path->len > 0;
    const int has_text = text->data != NULL;
    if (has_path == has_text) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "%s of config_path and config_text are given",
                        has_path ? "both" : "none");
    }
    if (has_path && memchr(path->data, '\0', (size_t)path->len) != NULL) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "config_path has a NUL inside");
    }
}

void hs_check_create_args(hs_guard *g, const hmx_create_args *a)
{
    if (a == NULL) {
        hs_guard_report(g, HS_H_NULL_ARGUMENT, "the arguments are NULL");
        return;
    }
    if (a->size < sizeof *a || a->size > HS_STRUCT_MAX) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "size is %" PRIu32 ", version 1.0 has %zu bytes",
                        a->size, sizeof *a);
        return;
    }
    hs_check_config_views(g, &a->config_path, &a->config_text);
    if (a->flags != 0) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "flags are 0x%" PRIx32 "; none is defined", a->flags);
    }
    if (a->upstreams_max > HMX_UPSTREAMS_MAX) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "upstreams_max is %" PRIu32 "; 64 is the most",
                        a->upstreams_max);
    }
    const uint32_t instances = a->instance_count > 1 ? a->instance_count : 1;
    if (a->instance_index >= instances) {
        hs_guard_report(g, HS_H_CREATE_ARGS, "instance_index is %" PRIu32 " of %" PRIu32,
                        a->instance_index, instances);
    }
}

void hs_check_upstream_event(hs_guard *g, const hmx_upstream_event *e)
{
    if (e->upstream == HMX_NONE || e->upstream > g->upstreams_max ||
        (g->table_read && !g->upstreams[e->upstream].in_table)) {
        hs_guard_report(g, HS_H_HOST_UNKNOWN_UPSTREAM, "upstream %" PRIu32 " is not in the table",
                        e->upstream);
        return;
    }
    if (e->state < HMX_UPSTREAM_CONNECTING || e->state > HMX_UPSTREAM_DOWN) {
        hs_guard_report(g, HS_H_UPSTREAM_FACTS, "state %" PRIu32 " is none", e->state);
    }
    if (!known_tri(e->has_job) || !known_tri(e->version_rolling) || !known_tri(e->fixed_version)) {
        hs_guard_report(g, HS_H_UPSTREAM_FACTS, "a fact of three states has a fourth");
    }
    if (e->extranonce_prefix_len > HMX_EXTRANONCE_MAX ||
        e->extranonce_size > HMX_EXTRANONCE_MAX - e->extranonce_prefix_len) {
        hs_guard_report(g, HS_H_UPSTREAM_FACTS,
                        "prefix of %" PRIu32 " and extranonce of %" PRIu32 " bytes; 32 is the most",
                        e->extranonce_prefix_len, e->extranonce_size);
    }
}

static void check_view(hs_guard *g, const char *what, const hmx_view *view, uint64_t most)
{
    if ((view->data == NULL && view->len > 0) || view->len > most) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "%s has %" PRIu64 " bytes at %s", what, view->len,
                        view->data == NULL ? "NULL" : "a pointer");
    }
}

static void check_open_numbers(hs_guard *g, const hmx_channel_open *e)
{
    if (e->channel == 0 || e->connection == 0) {
        hs_guard_report(g, HS_H_CHANNEL_ID, "channel %" PRIu64 " on connection %" PRIu64,
                        e->channel, e->connection);
    }
    const hs_channel *const before = hs_model_find(g, e->channel);
    if (before != NULL) {
        hs_guard_report(g, HS_H_CHANNEL_REUSED, "channel %" PRIu64 " %s", e->channel,
                        before == &g->closed ? "was closed before" : "is open already");
    }
    if (e->current_upstream != HMX_NONE && !hs_model_upstream_exists(g, e->current_upstream)) {
        hs_guard_report(g, HS_H_HOST_UNKNOWN_UPSTREAM,
                        "channel %" PRIu64 " works for upstream %" PRIu32, e->channel,
                        e->current_upstream);
    }
}

void hs_check_open_event(hs_guard *g, const hmx_channel_open *e)
{
    check_open_numbers(g, e);
    if (e->kind != HMX_CHANNEL_STANDARD && e->kind != HMX_CHANNEL_EXTENDED) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "kind %" PRIu32 " is none", e->kind);
    }
    if (!known_tri(e->honours_prefix)) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "honours_prefix is %" PRIu32, e->honours_prefix);
    }
    if (!hs_check_hashrate(e->nominal_hashrate)) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "nominal_hashrate is negative or not finite");
    }
    if (e->min_extranonce_size > HMX_EXTRANONCE_MAX || e->extranonce_size > HMX_EXTRANONCE_MAX ||
        (e->kind == HMX_CHANNEL_STANDARD && e->extranonce_size != 0) ||
        (e->kind == HMX_CHANNEL_EXTENDED && e->extranonce_size < e->min_extranonce_size)) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS,
                        "extranonce_size is %" PRIu32 ", asked for %" PRIu32
                        " (0 for standard channels, 32 is the most, no less than asked)",
                        e->extranonce_size, e->min_extranonce_size);
    }
    if (e->extranonce_prefix_len > HMX_EXTRANONCE_MAX ||
        (e->extranonce_prefix_len > 0 && e->current_upstream == HMX_NONE)) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "a prefix of %" PRIu32 " bytes on upstream %" PRIu32,
                        e->extranonce_prefix_len, e->current_upstream);
    }
    check_view(g, "user_identity", &e->user_identity, 255);
    check_view(g, "vendor", &e->vendor, 255);
}

/* The channel is open and the cookie its own. */
static void check_channel(hs_guard *g, uint64_t channel, uint64_t cookie)
{
    const hs_channel *const c = hs_model_open_channel(g, channel);
    if (c == NULL) {
        hs_guard_report(g, HS_H_UNKNOWN_CHANNEL, "channel %" PRIu64 " is not open", channel);
    } else if (cookie != 0 && cookie != c->cookie) {
        hs_guard_report(g, HS_H_WRONG_COOKIE,
                        "channel %" PRIu64 " came with cookie %" PRIu64 "; its own is %" PRIu64,
                        channel, cookie, c->cookie);
    }
}

void hs_check_update_event(hs_guard *g, const hmx_channel_update *e)
{
    check_channel(g, e->channel, e->cookie);
    if ((e->changed & HMX_FACT_NOMINAL_HASHRATE) != 0 && !hs_check_hashrate(e->nominal_hashrate)) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "nominal_hashrate is negative or not finite");
    }
    if ((e->changed & HMX_FACT_HONOURS_PREFIX) != 0 && !known_tri(e->honours_prefix)) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "honours_prefix is %" PRIu32, e->honours_prefix);
    }
}

void hs_check_close_event(hs_guard *g, const hmx_channel_close *e)
{
    check_channel(g, e->channel, e->cookie);
    if (e->reason > HMX_CLOSE_HOST) {
        hs_guard_report(g, HS_H_CHANNEL_FACTS, "close reason %" PRIu32 " is none", e->reason);
    }
}
