/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/check_plugin.h"

#include <inttypes.h>
#include <string.h>

#include "host_stub/guard/check_host.h"
#include "host_stub/guard/model.h"
#include "host_stub/guard/report.h"

const char *hs_guard_check_not_allowed(const hs_guard *g, const hs_guard_channel *c,
                                       uint32_t upstream)
{
    const hmx_upstream_event *const f = &g->upstreams[upstream].facts;
    if (c->upstreams_allowed != 0 && (c->upstreams_allowed >> (upstream - 1) & 1) == 0) {
        return "upstreams_allowed forbids it";
    }
    if (c->kind == HMX_CHANNEL_EXTENDED && hs_guard_model_space_known(g, upstream) &&
        f->extranonce_size < c->extranonce_size) {
        return "the pool grants fewer extranonce bytes than the channel was promised";
    }
    if ((c->flags & HMX_CHANNEL_FLAG_REQUIRES_VERSION_ROLLING) != 0 &&
        (f->version_rolling == HMX_NO || f->fixed_version == HMX_YES)) {
        return "the channel needs version rolling, which the pool's jobs forbid";
    }
    return NULL;
}

const char *hs_guard_check_not_movable(const hs_guard *g, const hs_guard_channel *c,
                                       uint32_t upstream, uint32_t style)
{
    const char *const why = hs_guard_check_not_allowed(g, c, upstream);
    if (why != NULL) {
        return why;
    }
    if (c->kind == HMX_CHANNEL_EXTENDED && c->honours_prefix == HMX_NO &&
        style != HMX_STYLE_REOPEN) {
        return "its peer does not obey SetExtranoncePrefix";
    }
    if ((c->flags & HMX_CHANNEL_FLAG_CUSTOM_JOBS) != 0) {
        return "it works on custom jobs, which belong to their pool";
    }
    if (style == HMX_STYLE_REOPEN) {
        return NULL; /* another channel comes, in a group of its own choice */
    }
    const uint32_t now =
        c->full_size != 0 ? c->full_size : hs_guard_model_full_size(g, c->upstream);
    const uint32_t then = hs_guard_model_full_size(g, upstream);
    if ((c->flags & HMX_CHANNEL_FLAG_SHARES_GROUP) != 0 && now != 0 && then != 0 && now != then) {
        return "the full extranonce size would change inside a group";
    }
    return NULL;
}

/* Length and space of a prefix in an answer (not collisions). */
static void check_prefix(hs_guard *g, const hs_guard_channel *c, uint32_t upstream, uint32_t len,
                         const uint8_t *bytes)
{
    const hmx_upstream_event *const f = &g->upstreams[upstream].facts;
    if (len > HMX_EXTRANONCE_MAX) {
        hs_guard_report(g, HS_P_PREFIX_TOO_LONG, "a prefix of %" PRIu32 " bytes; 32 is the most",
                        len);
        return;
    }
    if (!hs_guard_model_space_known(g, upstream)) {
        HS_GUARD_REPORT_IF(g, len != 0 && g->upstreams[upstream].reported, HS_P_PREFIX_WRONG_LENGTH,
                           "a prefix of %" PRIu32 " bytes on upstream %" PRIu32
                           ", whose space was not told: the host chooses",
                           len, upstream);
        return;
    }
    if (len == 0 && (g->plugin->descriptor.caps & HMX_CAP_EXTRANONCE) == 0) {
        return; /* it said that it leaves prefixes to the host */
    }
    const uint32_t full = f->extranonce_prefix_len + f->extranonce_size;
    const uint32_t own = c->kind == HMX_CHANNEL_EXTENDED ? c->extranonce_size : 0;
    if (own > f->extranonce_size) {
        return; /* reported as not allowed: there is no right length */
    }
    if (len != full - own) {
        hs_guard_report(g, HS_P_PREFIX_WRONG_LENGTH,
                        "a prefix of %" PRIu32 " bytes for channel %" PRIu64 " on upstream %" PRIu32
                        "; %" PRIu32 " belong there",
                        len, c->channel, upstream, full - own);
        return;
    }
    HS_GUARD_REPORT_IF(g, memcmp(bytes, f->extranonce_prefix, f->extranonce_prefix_len) != 0,
                       HS_P_PREFIX_WRONG_SPACE,
                       "the prefix for channel %" PRIu64
                       " does not begin with that of upstream %" PRIu32,
                       c->channel, upstream);
}

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
    if (!hs_guard_check_hashrate(row->percentage) || row->percentage > 100) {
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
    if (((a->flags | b->flags) & HMX_UPSTREAM_FLAG_REMOVED) == 0 && a->priority == b->priority) {
        return "has the priority of another row";
    }
    return NULL;
}

/* One that was forgotten meanwhile may come back under another number: what still comes of it by
 * the old one is nobody's. */
static void check_number(hs_guard *g, const hmx_upstream_info *row)
{
    for (uint32_t u = 1; u <= HMX_UPSTREAMS_MAX; u++) {
        HS_GUARD_REPORT_IF(g,
                           u != row->upstream && g->upstreams[u].stayed &&
                               strcmp(g->upstreams[u].id, row->id) == 0,
                           HS_P_UPSTREAM_RENUMBERED,
                           "'%s' was upstream %" PRIu32 " and is %" PRIu32 " now", row->id, u,
                           row->upstream);
    }
}

static void note_row(hs_guard *g, const hmx_upstream_info *row)
{
    hs_guard_upstream *const u = &g->upstreams[row->upstream];
    u->in_table = 1;
    u->removed = (row->flags & HMX_UPSTREAM_FLAG_REMOVED) != 0;
    if (is_id(row->id)) {
        memcpy(u->id, row->id, sizeof u->id);
    }
}

static void read_row(const unsigned char *rows, uint32_t stride, uint32_t i, hmx_upstream_info *row)
{
    memcpy(row, rows + (size_t)i * stride, sizeof *row);
}

void hs_guard_check_upstream_table(hs_guard *g, const unsigned char *rows, uint32_t stride,
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
        g->upstreams[u].stayed = g->upstreams[u].in_table && !g->upstreams[u].removed;
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

static void check_place(hs_guard *g, const hs_guard_channel *c, const hmx_channel_open *e,
                        const hmx_channel_decision *d)
{
    if (!hs_guard_model_upstream_exists(g, d->upstream)) {
        hs_guard_report(g, HS_P_UNKNOWN_UPSTREAM,
                        "assigned channel %" PRIu64 " to upstream %" PRIu32 ", which is unknown",
                        e->channel, d->upstream);
        return;
    }
    if (d->upstream == e->current_upstream) {
        return; /* staying is always possible */
    }
    const char *why = hs_guard_model_not_usable(g, d->upstream);
    HS_GUARD_REPORT_IF(g, why != NULL, HS_P_ASSIGN_TO_DOWN,
                       "assigned channel %" PRIu64 " to upstream %" PRIu32 ", which %s", e->channel,
                       d->upstream, why);
    why = e->current_upstream == HMX_NONE
              ? hs_guard_check_not_allowed(g, c, d->upstream)
              : hs_guard_check_not_movable(g, c, d->upstream, HMX_STYLE_HARD);
    HS_GUARD_REPORT_IF(g, why != NULL, HS_P_ILLEGAL_ASSIGN,
                       "assigned channel %" PRIu64 " to upstream %" PRIu32 ", but %s", e->channel,
                       d->upstream, why);
}

static void check_collision(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d)
{
    uint64_t other = 0;
    if (d->upstream == e->current_upstream &&
        d->extranonce_prefix_len == e->extranonce_prefix_len &&
        memcmp(d->extranonce_prefix, e->extranonce_prefix, d->extranonce_prefix_len) == 0) {
        return; /* it stays as it is: the host's own doing, and judged as such */
    }
    hs_guard_prefix *const p = hs_guard_model_take_prefix(
        g, d->upstream, d->extranonce_prefix, d->extranonce_prefix_len, e->channel, &other);
    HS_GUARD_REPORT_IF(g, p == NULL && other != 0, HS_P_PREFIX_COLLISION,
                       "channel %" PRIu64 " got a prefix on upstream %" PRIu32
                       " that collides with that of channel %" PRIu64,
                       e->channel, d->upstream, other);
    hs_guard_prefix_drop(g, p, 0); /* taken for good when the model adds the channel */
}

void hs_guard_check_open_answer(hs_guard *g, const hmx_channel_open *e,
                                const hmx_channel_decision *d)
{
    const hs_guard_channel c = hs_guard_model_channel_of(e);
    HS_GUARD_REPORT_IF(g, g->channels_open >= g->channels_max, HS_P_LIMIT_IGNORED,
                       "accepted channel %" PRIu64 " although %" PRIu64 " are open", e->channel,
                       g->channels_open);
    HS_GUARD_REPORT_IF(g, d->action > HMX_ACTION_ASSIGN, HS_P_BAD_ACTION,
                       "action %" PRIu32 " is none", d->action);
    HS_GUARD_REPORT_IF(
        g, d->reason > HMX_REASON_OBSERVE && g->plugin->descriptor.abi_minor <= HMX_ABI_MINOR,
        HS_P_BAD_REASON, "reason %" PRIu32 " is none", d->reason);
    if (d->action != HMX_ACTION_ASSIGN) {
        return;
    }
    check_place(g, &c, e, d);
    if (!hs_guard_model_upstream_exists(g, d->upstream)) {
        return;
    }
    if (d->upstream != e->current_upstream) { /* one that stays keeps what it has */
        check_prefix(g, &c, d->upstream, d->extranonce_prefix_len, d->extranonce_prefix);
    }
    if (d->extranonce_prefix_len > 0 && d->extranonce_prefix_len <= HMX_EXTRANONCE_MAX) {
        check_collision(g, e, d);
    }
}

static int all_zero(const uint8_t bytes[32])
{
    static const uint8_t zero[32];
    return memcmp(bytes, zero, sizeof zero) == 0;
}

static int on_one_tip(const hs_guard *g, uint32_t a, uint32_t b)
{
    const hmx_upstream_event *const x = &g->upstreams[a].facts;
    const hmx_upstream_event *const y = &g->upstreams[b].facts;
    return !all_zero(x->tip_prev_hash) && x->tip_nbits == y->tip_nbits &&
           memcmp(x->tip_prev_hash, y->tip_prev_hash, sizeof x->tip_prev_hash) == 0;
}

/* Numbers that can be judged without knowing the channel. */
static void check_numbers(hs_guard *g, const hmx_decision *d)
{
    HS_GUARD_REPORT_IF(g, (g->options.caps & HMX_CAP_REASSIGN) == 0, HS_P_DECISION_WITHOUT_CAP,
                       "decision %" PRIu64, d->decision);
    HS_GUARD_REPORT_IF(g, d->kind != HMX_DECISION_MOVE && d->kind != HMX_DECISION_PREFIX,
                       HS_P_DECISION_KIND, "decision %" PRIu64 " has kind %" PRIu32, d->decision,
                       d->kind);
    if (d->decision <= g->last_decision) {
        hs_guard_report(g, HS_P_DECISION_NUMBER, "decision number %" PRIu64 " after %" PRIu64,
                        d->decision, g->last_decision);
    } else {
        g->last_decision = d->decision;
    }
    HS_GUARD_REPORT_IF(g, !hs_guard_check_hashrate(d->expected_hashrate), HS_P_DECISION_NAN,
                       "expected_hashrate of decision %" PRIu64 " is negative or not finite",
                       d->decision);
    HS_GUARD_REPORT_IF(g, d->valid_until_ns <= g->now_ns, HS_P_DECISION_VALID_UNTIL,
                       "decision %" PRIu64 " is valid until %" PRIu64 ", now is %" PRIu64,
                       d->decision, d->valid_until_ns, g->now_ns);
    HS_GUARD_REPORT_IF(
        g, d->reason > HMX_REASON_OBSERVE && g->plugin->descriptor.abi_minor <= HMX_ABI_MINOR,
        HS_P_BAD_REASON, "decision %" PRIu64 " has reason %" PRIu32, d->decision, d->reason);
}

static void check_channel(hs_guard *g, const hs_guard_channel *c, const hmx_decision *d)
{
    HS_GUARD_REPORT_IF(g, d->cookie != c->cookie, HS_P_DECISION_COOKIE,
                       "decision %" PRIu64 " has cookie %" PRIu64 ", the channel's is %" PRIu64,
                       d->decision, d->cookie, c->cookie);
    HS_GUARD_REPORT_IF(g, c->pending != 0 && !c->pending_loose && g->now_ns <= c->pending_until_ns,
                       HS_P_DECISION_WHILE_PENDING,
                       "decision %" PRIu64 " about channel %" PRIu64 ", whose decision %" PRIu64
                       " is pending",
                       d->decision, d->channel, c->pending);
    HS_GUARD_REPORT_IF(g, d->from != c->upstream, HS_P_DECISION_FROM_WRONG,
                       "decision %" PRIu64 " moves channel %" PRIu64 " from %" PRIu32
                       ", it works for %" PRIu32,
                       d->decision, d->channel, d->from, c->upstream);
    HS_GUARD_REPORT_IF(g,
                       (d->kind == HMX_DECISION_MOVE && d->to == c->upstream) ||
                           (d->kind == HMX_DECISION_PREFIX && d->to != c->upstream),
                       HS_P_DECISION_SAME_UPSTREAM,
                       "decision %" PRIu64 " of kind %" PRIu32 " goes from %" PRIu32 " to %" PRIu32,
                       d->decision, d->kind, c->upstream, d->to);
}

/* What is wrong with the style, or NULL. */
static const char *style_fault(const hs_guard *g, const hs_guard_channel *c, const hmx_decision *d)
{
    switch (d->style) {
    case HMX_STYLE_HARD:
        return NULL;
    case HMX_STYLE_SOFT_ALLOWED:
        return c->upstream == HMX_NONE || on_one_tip(g, c->upstream, d->to)
                   ? NULL
                   : "a soft move needs both pools on one known tip";
    case HMX_STYLE_REOPEN:
        if ((g->options.caps & HMX_CAP_REOPEN) == 0) {
            return "this host reopens nobody";
        }
        return d->kind == HMX_DECISION_MOVE && c->kind == HMX_CHANNEL_EXTENDED &&
                       c->honours_prefix == HMX_NO
                   ? NULL
                   : "only to move an extended channel that is known not to obey is it reopened";
    default:
        return "there is no such style";
    }
}

static void check_destination(hs_guard *g, const hs_guard_channel *c, const hmx_decision *d)
{
    const char *why = hs_guard_model_not_usable(g, d->to);
    HS_GUARD_REPORT_IF(g, why != NULL, HS_P_DECISION_TO_DOWN,
                       "decision %" PRIu64 " goes to upstream %" PRIu32 ", which %s", d->decision,
                       d->to, why);
    why = hs_guard_check_not_movable(g, c, d->to, d->style);
    HS_GUARD_REPORT_IF(g, why != NULL, HS_P_ILLEGAL_MOVE,
                       "decision %" PRIu64 " brings channel %" PRIu64 " to upstream %" PRIu32
                       ", but %s",
                       d->decision, d->channel, d->to, why);
    why = style_fault(g, c, d);
    HS_GUARD_REPORT_IF(g, why != NULL, HS_P_DECISION_STYLE,
                       "decision %" PRIu64 " has style %" PRIu32 ": %s", d->decision, d->style,
                       why);
    if (d->style == HMX_STYLE_REOPEN) {
        return; /* another channel comes, with a prefix of its own */
    }
    check_prefix(g, c, d->to, d->extranonce_prefix_len, d->extranonce_prefix);
}

void hs_guard_check_decision(hs_guard *g, const hmx_decision *d)
{
    check_numbers(g, d);
    hs_guard_channel *const c = hs_guard_model_open_channel(g, d->channel);
    if (c == NULL || !c->known) {
        hs_guard_report(g, HS_P_DECISION_CHANNEL_UNKNOWN,
                        "decision %" PRIu64 " is about channel %" PRIu64 ", which is not open",
                        d->decision, d->channel);
        return;
    }
    hs_guard_model_expire(g, c);
    check_channel(g, c, d);
    if (!hs_guard_model_upstream_exists(g, d->to)) {
        hs_guard_report(g, HS_P_DECISION_TO_UNKNOWN,
                        "decision %" PRIu64 " goes to upstream %" PRIu32 ", which is unknown",
                        d->decision, d->to);
        return;
    }
    check_destination(g, c, d);
    hs_guard_model_decide(g, c, d);
}
