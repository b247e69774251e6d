/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Checks of what the plugin answers, part one: the upstream table and openings. */
#include <inttypes.h>
#include <string.h>

#include "host_stub/guard/internal.h"

static int is_id(const char id[HMX_ID_SIZE])
{
    const size_t n = strnlen(id, HMX_ID_SIZE);
    return n >= 1 && n <= 32 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

/* What is wrong with one row by itself, or NULL. */
static const char *row_fault(const hs_guard *g, const hmx_upstream_info *row)
{
    if (row->upstream == HMX_NONE || row->upstream > g->upstreams_max) {
        return "its number is out of range";
    }
    if (!is_id(row->id)) {
        return "its id is not 1 to 32 of [a-z0-9_-]";
    }
    if (strnlen(row->address, HMX_ADDRESS_SIZE) == HMX_ADDRESS_SIZE || row->address[0] == '\0') {
        return "its address is empty or has no end";
    }
    if (row->port < 1 || row->port > 65535) {
        return "its port is out of range";
    }
    if (!hs_check_hashrate(row->percentage) || row->percentage > 100) {
        return "its percentage is not 0 to 100";
    }
    return NULL;
}

/* What is wrong between two rows, or NULL. Removed ones keep a priority that may be given away. */
static const char *pair_fault(const hmx_upstream_info *a, const hmx_upstream_info *b)
{
    if (a->upstream == b->upstream) {
        return "has the number of another row";
    }
    if (strncmp(a->id, b->id, sizeof a->id) == 0) { /* one of them may lack its NUL */
        return "has the id of another row";
    }
    if (((a->flags | b->flags) & HMX_UPSTREAM_REMOVED) == 0 && a->priority == b->priority) {
        return "has the priority of another row";
    }
    return NULL;
}

static void check_number(hs_guard *g, const hmx_upstream_info *row)
{
    for (uint32_t u = 1; u <= HMX_UPSTREAMS_MAX; u++) {
        if (u != row->upstream && strcmp(g->upstreams[u].id, row->id) == 0) {
            hs_guard_report(g, HS_P_UPSTREAM_RENUMBERED,
                            "'%s' was upstream %" PRIu32 " and is %" PRIu32 " now", row->id, u,
                            row->upstream);
        }
    }
}

static void note_row(hs_guard *g, const hmx_upstream_info *row)
{
    hs_upstream *const u = &g->upstreams[row->upstream];
    u->in_table = 1;
    u->removed = (row->flags & HMX_UPSTREAM_REMOVED) != 0;
    if (is_id(row->id)) {
        memcpy(u->id, row->id, sizeof u->id);
    }
}

static void read_row(const unsigned char *rows, uint32_t stride, uint32_t i, hmx_upstream_info *row)
{
    memcpy(row, rows + (size_t)i * stride, sizeof *row);
}

void hs_check_upstream_table(hs_guard *g, const unsigned char *rows, uint32_t stride,
                             uint32_t count, uint32_t written)
{
    hmx_upstream_info row;
    hmx_upstream_info other;
    if (count < 1 || count > g->upstreams_max) {
        hs_guard_report(g, HS_P_UPSTREAM_COUNT, "%" PRIu32 " rows; 1 to %" PRIu32 " are possible",
                        count, g->upstreams_max);
        return;
    }
    if (written < count) {
        return; /* the host asked how many there are, or asks again with more room */
    }
    for (uint32_t u = 1; u <= HMX_UPSTREAMS_MAX; u++) {
        g->upstreams[u].in_table = 0;
    }
    for (uint32_t i = 0; i < written; i++) {
        read_row(rows, stride, i, &row);
        const char *fault = row_fault(g, &row);
        for (uint32_t k = 0; k < i && fault == NULL; k++) {
            read_row(rows, stride, k, &other);
            fault = pair_fault(&row, &other);
        }
        if (fault != NULL) {
            hs_guard_report(g, HS_P_UPSTREAM_ROW, "row %" PRIu32 " (upstream %" PRIu32 "): %s", i,
                            row.upstream, fault);
        } else {
            check_number(g, &row);
        }
        if (row.upstream != HMX_NONE && row.upstream <= HMX_UPSTREAMS_MAX) {
            note_row(g, &row); /* the host will speak of it, whatever else is wrong */
        }
    }
    g->table_read = 1;
}

/* The channel as the opening describes it, for the checks that ask for one. */
static hs_channel as_channel(const hmx_channel_open *e)
{
    return (hs_channel){
        .channel = e->channel,
        .kind = e->kind,
        .honours_prefix = e->honours_prefix,
        .flags = e->flags,
        .extranonce_size = e->extranonce_size,
        .upstreams_allowed = e->upstreams_allowed,
        .upstream = e->current_upstream,
        .prefix_len = e->extranonce_prefix_len,
    };
}

static void check_place(hs_guard *g, const hs_channel *c, const hmx_channel_open *e,
                        const hmx_channel_decision *d)
{
    if (!hs_model_upstream_exists(g, d->upstream)) {
        hs_guard_report(g, HS_P_UNKNOWN_UPSTREAM,
                        "assigned channel %" PRIu64 " to upstream %" PRIu32 ", which is unknown",
                        e->channel, d->upstream);
        return;
    }
    if (d->upstream == e->current_upstream) {
        return; /* staying is always possible */
    }
    const char *why = hs_model_not_usable(g, d->upstream);
    if (why != NULL) {
        hs_guard_report(g, HS_P_ASSIGN_TO_DOWN,
                        "assigned channel %" PRIu64 " to upstream %" PRIu32 ", which %s",
                        e->channel, d->upstream, why);
    }
    why = e->current_upstream == HMX_NONE ? hs_check_not_allowed(g, c, d->upstream)
                                          : hs_check_not_movable(g, c, d->upstream, d->reason);
    if (why != NULL) {
        hs_guard_report(g, HS_P_ILLEGAL_ASSIGN,
                        "assigned channel %" PRIu64 " to upstream %" PRIu32 ", but %s", e->channel,
                        d->upstream, why);
    }
}

static void check_collision(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d)
{
    uint64_t other = 0;
    hs_prefix *const p = hs_prefix_take(g, d->upstream, d->extranonce_prefix,
                                        d->extranonce_prefix_len, e->channel, &other);
    if (p == NULL && other != 0) {
        hs_guard_report(g, HS_P_PREFIX_COLLISION,
                        "channel %" PRIu64 " got a prefix on upstream %" PRIu32
                        " that collides with that of channel %" PRIu64,
                        e->channel, d->upstream, other);
    }
    hs_prefix_drop(g, p, 0); /* taken for good when the model adds the channel */
}

void hs_check_open_answer(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d)
{
    const hs_channel c = as_channel(e);
    if (g->channels_open >= g->channels_max) {
        hs_guard_report(g, HS_P_LIMIT_IGNORED,
                        "accepted channel %" PRIu64 " although %" PRIu64 " are open", e->channel,
                        g->channels_open);
    }
    if (d->action > HMX_ACTION_ASSIGN) {
        hs_guard_report(g, HS_P_BAD_ACTION, "action %" PRIu32 " is none", d->action);
    }
    if (d->reason > HMX_REASON_OPERATOR && g->plugin->descriptor.abi_minor <= HMX_ABI_MINOR) {
        hs_guard_report(g, HS_P_BAD_REASON, "reason %" PRIu32 " is none", d->reason);
    }
    if (d->action != HMX_ACTION_ASSIGN) {
        return;
    }
    check_place(g, &c, e, d);
    if (!hs_model_upstream_exists(g, d->upstream)) {
        return;
    }
    if (d->upstream != e->current_upstream) { /* one that stays keeps what it has */
        hs_check_prefix(g, &c, d->upstream, d->extranonce_prefix_len, d->extranonce_prefix);
    }
    if (d->extranonce_prefix_len > 0 && d->extranonce_prefix_len <= HMX_EXTRANONCE_MAX) {
        check_collision(g, e, d);
    }
}
