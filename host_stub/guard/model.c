/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/model.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/guard/reopen.h"
#include "host_stub/guard/report.h"

hs_guard_channel *hs_guard_model_find(const hs_guard *g, uint64_t channel)
{
    return hs_table_find(&g->channels, channel);
}

hs_guard_channel *hs_guard_model_open_channel(const hs_guard *g, uint64_t channel)
{
    hs_guard_channel *const c = hs_table_find(&g->channels, channel);
    return c == &g->closed ? NULL : c;
}

int hs_guard_model_upstream_exists(const hs_guard *g, uint32_t upstream)
{
    if (upstream == HMX_NONE || upstream > g->upstreams_max) {
        return 0;
    }
    const hs_guard_upstream *const u = &g->upstreams[upstream];
    return g->table_read ? u->in_table : u->reported;
}

int hs_guard_model_upstream_is_forgotten(const hs_guard *g, uint32_t upstream)
{
    if (upstream == HMX_NONE || upstream > g->upstreams_max) {
        return 0;
    }
    const hs_guard_upstream *const u = &g->upstreams[upstream];
    return g->table_read && !u->in_table && u->id[0] != '\0';
}

const char *hs_guard_model_not_usable(const hs_guard *g, uint32_t upstream)
{
    const hs_guard_upstream *const u = &g->upstreams[upstream];
    if (!u->reported || u->facts.state == HMX_UPSTREAM_CONNECTING ||
        u->facts.state == HMX_UPSTREAM_DOWN) {
        return "is not up";
    }
    if (u->facts.state == HMX_UPSTREAM_DRAINING) {
        return "is draining";
    }
    if (u->facts.has_job == HMX_NO) {
        return "has no job";
    }
    return u->removed ? "is not configured any more" : NULL;
}

int hs_guard_model_space_known(const hs_guard *g, uint32_t upstream)
{
    const hs_guard_upstream *const u = &g->upstreams[upstream];
    return (g->options.caps & HMX_CAP_EXTRANONCE) != 0 && u->reported &&
           u->facts.extranonce_size > 0;
}

uint64_t hs_guard_model_prefix_owner(hs_guard *g, uint32_t upstream, const uint8_t *bytes,
                                     uint32_t len)
{
    const uint64_t owner = hs_guard_prefix_owner(g, upstream, bytes, len);
    hs_guard_channel *const c = owner != 0 ? hs_guard_model_open_channel(g, owner) : NULL;
    if (c != NULL) {
        hs_guard_model_expire(g, c); /* it may stand for a decision that nobody ever answered */
    }
    return hs_guard_prefix_owner(g, upstream, bytes, len);
}

hs_guard_prefix *hs_guard_model_take_prefix(hs_guard *g, uint32_t upstream, const uint8_t *bytes,
                                            uint32_t len, uint64_t channel, uint64_t *other)
{
    (void)hs_guard_model_prefix_owner(g, upstream, bytes, len);
    return hs_guard_prefix_take(g, upstream, bytes, len, channel, other);
}

uint32_t hs_guard_model_full_size(const hs_guard *g, uint32_t upstream)
{
    const hmx_upstream_event *const f = &g->upstreams[upstream].facts;
    return upstream != HMX_NONE && g->upstreams[upstream].was_up &&
                   hs_guard_model_space_known(g, upstream)
               ? f->extranonce_prefix_len + f->extranonce_size
               : 0;
}

/* Holds the prefix in force. One that collides was reported, as the host's or the plugin's doing,
 * and is not held. */
static void hold(hs_guard *g, hs_guard_channel *c, const uint8_t *bytes, uint32_t len)
{
    uint64_t other = 0;
    c->prefix_len = len;
    c->prefix = NULL;
    c->full_size = len > 0 ? len + (c->kind == HMX_CHANNEL_EXTENDED ? c->extranonce_size : 0)
                           : hs_guard_model_full_size(g, c->upstream);
    if (len == 0 || len > HMX_EXTRANONCE_MAX || c->upstream == HMX_NONE) {
        return;
    }
    c->prefix = hs_guard_model_take_prefix(g, c->upstream, bytes, len, c->channel, &other);
}

hs_guard_channel hs_guard_model_channel_of(const hmx_channel_open *e)
{
    return (hs_guard_channel){
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

int hs_guard_model_add(hs_guard *g, const hmx_channel_open *e, const hmx_channel_decision *d,
                       int known)
{
    hs_guard_channel *const c = calloc(1, sizeof *c);
    if (c == NULL || hs_table_put(&g->channels, e->channel, c) != 0) {
        free(c);
        return -1;
    }
    *c = hs_guard_model_channel_of(e);
    c->who = hs_guard_reopen_who(e);
    c->cookie = d->cookie;
    c->known = known;
    c->upstream = d->action == HMX_ACTION_ASSIGN ? d->upstream : e->current_upstream;
    if (c->upstream > HMX_UPSTREAMS_MAX) {
        c->upstream = HMX_NONE;
    }
    g->channels_open += known != 0;
    if (d->action == HMX_ACTION_ASSIGN && d->extranonce_prefix_len > 0) {
        hold(g, c, d->extranonce_prefix, d->extranonce_prefix_len);
    } else {
        hold(g, c, e->extranonce_prefix, e->extranonce_prefix_len);
    }
    return 0;
}

/* drain: the miner may have seen the prefix of the decision. */
static void forget_decision(hs_guard *g, hs_guard_channel *c, int drain)
{
    hs_guard_prefix_drop(g, c->pending_prefix, drain);
    c->pending = 0;
    c->pending_loose = 0;
    c->pending_prefix = NULL;
    c->pending_prefix_len = 0;
}

void hs_guard_model_close(hs_guard *g, hs_guard_channel *c, uint32_t reason)
{
    if (reason == HMX_CLOSE_REOPEN && hs_guard_reopen_is_due(g, c)) {
        hs_guard_reopen_closed(g, c);
    }
    hs_guard_model_expire(g, c);
    forget_decision(g, c, 1);
    hs_guard_prefix_drop(g, c->prefix, 1);
    hs_table_put(&g->channels, c->channel, &g->closed); /* the key is there: cannot fail */
    g->channels_open -= c->known != 0;
    free(c);
}

void hs_guard_model_update(hs_guard_channel *c, const hmx_channel_update *e)
{
    if ((e->changed & HMX_FACT_HONOURS_PREFIX) != 0) {
        c->honours_prefix = e->honours_prefix;
    }
    if ((e->changed & HMX_FACT_FLAGS) != 0) {
        c->flags = e->flags;
    }
    if ((e->changed & HMX_FACT_UPSTREAMS_ALLOWED) != 0) {
        c->upstreams_allowed = e->upstreams_allowed;
    }
}

void hs_guard_model_upstream(hs_guard *g, const hmx_upstream_event *e)
{
    hs_guard_upstream *const u = &g->upstreams[e->upstream];
    const hmx_upstream_event before = u->facts;
    u->facts = *e;
    u->reported = 1;
    u->was_up |= e->state == HMX_UPSTREAM_UP;
    if (e->state != HMX_UPSTREAM_UP && u->was_up) { /* without a connection the last one stays */
        u->facts.extranonce_size = before.extranonce_size;
        u->facts.extranonce_prefix_len = before.extranonce_prefix_len;
        memcpy(u->facts.extranonce_prefix, before.extranonce_prefix,
               sizeof u->facts.extranonce_prefix);
    }
    u->trouble_ns = hs_guard_model_not_usable(g, e->upstream) != NULL ? g->now_ns : u->trouble_ns;
}

int hs_guard_model_ran_out(const hs_guard_channel *c, uint64_t decision)
{
    for (int i = 0; i < HS_RAN_OUT && decision != 0; i++) {
        if (c->ran_out[i] == decision) {
            return 1;
        }
    }
    return 0;
}

void hs_guard_model_expire(hs_guard *g, hs_guard_channel *c)
{
    if (c->pending != 0 && g->now_ns > c->pending_until_ns) {
        memmove(&c->ran_out[1], &c->ran_out[0], sizeof c->ran_out - sizeof c->ran_out[0]);
        c->ran_out[0] = c->pending;
        /* Noticed late, it may have rested for long enough already. */
        forget_decision(g, c, g->now_ns - c->pending_until_ns < hs_guard_prefix_hold_ns(g));
    }
}

void hs_guard_model_decide(hs_guard *g, hs_guard_channel *c, const hmx_decision *d)
{
    forget_decision(g, c, 1);
    c->pending = d->decision;
    c->pending_style = d->style;
    c->pending_since_ns = g->now_ns;
    c->pending_to = d->to;
    c->pending_until_ns = d->valid_until_ns;
    if (d->extranonce_prefix_len == 0 || d->extranonce_prefix_len > HMX_EXTRANONCE_MAX) {
        return;
    }
    uint64_t other = 0;
    c->pending_prefix_len = d->extranonce_prefix_len;
    memcpy(c->pending_prefix_bytes, d->extranonce_prefix, d->extranonce_prefix_len);
    c->pending_prefix = hs_guard_model_take_prefix(g, d->to, d->extranonce_prefix,
                                                   d->extranonce_prefix_len, d->channel, &other);
    HS_GUARD_REPORT_IF(g, c->pending_prefix == NULL && other != 0, HS_P_PREFIX_COLLISION,
                       "decision %llu gives channel %llu a prefix on upstream %u that collides "
                       "with that of channel %llu",
                       (unsigned long long)d->decision, (unsigned long long)d->channel, d->to,
                       (unsigned long long)other);
}

void hs_guard_model_reassign(hs_guard *g, hs_guard_channel *c, const hmx_reassign *e)
{
    const uint8_t *bytes = e->extranonce_prefix;
    uint32_t len = e->extranonce_prefix_len;
    const int applied = e->result == HMX_RESULT_APPLIED;
    if (e->decision != 0 && e->decision != c->pending && !applied) {
        return; /* too late: it changes nothing */
    }
    if (applied && len == 0 && c->pending_prefix_len > 0) {
        bytes = c->pending_prefix_bytes; /* the host did as it was told and did not repeat it */
        len = c->pending_prefix_len;
    }
    /* Forced to stay where it is, without a word of another prefix: as it was. */
    const int forced = e->result == HMX_RESULT_FORCED && (e->to != c->upstream || len > 0);
    if (applied || forced || (e->result == HMX_RESULT_FAILED && e->to != c->upstream)) {
        hs_guard_prefix *const old = c->prefix;
        /* At a pool that is forgotten it is nowhere: it wants work. */
        c->upstream = hs_guard_model_upstream_exists(g, e->to) ? e->to : (uint32_t)HMX_NONE;
        hold(g, c, bytes, len);
        hs_guard_prefix_drop(g, old, 1);
    }
    for (int i = 0; i < HS_RAN_OUT; i++) {
        c->ran_out[i] = c->ran_out[i] == e->decision ? 0 : c->ran_out[i];
    }
    if (e->decision != 0) {
        /* A late move voids the one that is pending, too. */
        forget_decision(g, c, e->result != HMX_RESULT_REFUSED);
    } else {
        c->pending_loose = 1;
    }
}

void hs_guard_model_free(hs_guard *g)
{
    for (size_t i = 0; i < g->channels.room; i++) {
        if (g->channels.slots[i].key != 0 && g->channels.slots[i].value != &g->closed) {
            free(g->channels.slots[i].value);
        }
    }
    hs_table_free(&g->channels);
    free(g->returning);
    hs_guard_prefix_free_all(g);
}
