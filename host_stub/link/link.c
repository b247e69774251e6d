/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/link/link.h"

#include <string.h>

#include "host_stub/base/text.h"

/* The hook through the guard, or itself. */
#define CALL(link, hook, ...)                                                                      \
    ((link)->guard != NULL              ? hs_guard_##hook((link)->guard, __VA_ARGS__)              \
     : (link)->plugin->ops.hook != NULL ? (link)->plugin->ops.hook((link)->instance, __VA_ARGS__)  \
                                        : HMX_E_UNSUPPORTED)

static hmx_view view_of(const char *text)
{
    return text != NULL ? (hmx_view){text, strlen(text)} : (hmx_view){NULL, 0};
}

hmx_text *hs_link_text(hs_link *link)
{
    memset(link->reasons, 0, sizeof link->reasons);
    /* One byte less: a plugin that forgets the NUL does no harm. */
    link->text = (hmx_text){
        .size = sizeof link->text, .data = link->reasons, .capacity = sizeof link->reasons - 1};
    return &link->text;
}

static hmx_status create(hs_link *link, const hs_link_options *o)
{
    hmx_create_args args = {.size = sizeof args,
                            .config_path = view_of(o->config_path),
                            .config_text = view_of(o->config_text),
                            .now_ns = link->now_ns,
                            .unix_ms = link->unix_ms,
                            .channels_max = o->channels_max,
                            .upstreams_max = o->upstreams_max,
                            .instance_index = o->instance_index,
                            .instance_count = o->instance_count != 0 ? o->instance_count : 1,
                            .why = hs_link_text(link)};
    hmx_status status = HMX_OK;
    if (o->seed != NULL) {
        memcpy(args.seed, o->seed, sizeof args.seed);
    }
    if (o->host != NULL) {
        status = link->plugin->ops.create(o->host, &args, &link->instance);
        return status >= 0 && link->instance == NULL ? HMX_E_FATAL : status;
    }
    hs_guard_options guard = o->guard;
    guard.caps = (guard.caps != 0 ? guard.caps : HS_HOST_CAPS) & ~o->without;
    guard.name = "host_stub";
    guard.version = HS_VERSION;
    link->guard = hs_guard_new(link->plugin, &args, &guard, &status);
    return status;
}

const char *hs_link_status(hmx_status status)
{
    static const char *const WORDS[] = {
        [-HMX_E_INVALID] = "the host broke a rule of the contract",
        [-HMX_E_UNSUPPORTED] = "it does not do that",
        [-HMX_E_NOMEM] = "there is no memory",
        [-HMX_E_LIMIT] = "a limit is reached",
        [-HMX_E_STATE] = "not now, or not of this channel",
        [-HMX_E_CONFIG] = "the configuration is refused",
        [-HMX_E_CORRUPT] = "the saved state is damaged",
        [-HMX_E_IO] = "a file or stream cannot be read or written",
    };
    if (status >= 0) {
        return "done";
    }
    return status > -(int)(sizeof WORDS / sizeof *WORDS) ? WORDS[-status]
                                                         : "a fault of the plugin: it stops";
}

int hs_link_start(hs_link *link, const hs_plugin *plugin, const hs_link_options *options, char *why,
                  size_t capacity)
{
    link->plugin = plugin;
    const hmx_status status = create(link, options);
    if (status < 0) {
        link->instance = NULL;
        return hs_refuse(why, capacity, "%s does not start: %s",
                         options->name != NULL ? options->name : "the plugin",
                         link->reasons[0] != '\0' ? link->reasons : hs_link_status(status));
    }
    return 0;
}

uint64_t hs_link_stop(hs_link *link)
{
    const uint64_t violations = hs_guard_delete(link->guard);
    if (link->instance != NULL) {
        link->plugin->ops.destroy(link->instance);
    }
    link->guard = NULL;
    link->instance = NULL;
    return violations;
}

hmx_status hs_link_reconfigure(hs_link *link, const char *config_path, const char *config_text)
{
    const hmx_reconfigure_args args = {.size = sizeof args,
                                       .config_path = view_of(config_path),
                                       .config_text = view_of(config_text),
                                       .now_ns = link->now_ns,
                                       .unix_ms = link->unix_ms,
                                       .why = hs_link_text(link)};
    return CALL(link, reconfigure, &args);
}

hmx_status hs_link_upstreams(hs_link *link, hs_link_table *table)
{
    memset(table, 0, sizeof *table);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        table->rows[i].size = sizeof table->rows[i];
    }
    hmx_upstream_table out = {.size = sizeof out,
                              .stride = sizeof table->rows[0],
                              .capacity = HMX_UPSTREAMS_MAX,
                              .rows = table->rows};
    const hmx_status status = CALL(link, upstreams, &out);
    if (status >= 0) {
        table->told = out.count;
        table->count = out.count < HMX_UPSTREAMS_MAX ? out.count : HMX_UPSTREAMS_MAX;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        table->rows[i].id[sizeof table->rows[i].id - 1] = '\0';
        table->rows[i].address[sizeof table->rows[i].address - 1] = '\0';
    }
    return status;
}

/* ---- events ---- */

hmx_event hs_link_head(hs_link *link, size_t size, uint32_t flags)
{
    hmx_event head = {.size = (uint32_t)size, .now_ns = link->now_ns, .seq = link->seq + 1};
    if (link->guard != NULL) {
        head = hs_guard_event(link->guard, size, link->now_ns);
    }
    link->seq = head.seq;
    head.flags = flags;
    return head;
}

hmx_status hs_link_upstream(hs_link *link, hmx_upstream_event *e)
{
    e->event = hs_link_head(link, sizeof *e, e->event.flags);
    return CALL(link, on_upstream, e);
}

hmx_status hs_link_open(hs_link *link, hmx_channel_open *e, hmx_channel_decision *answer)
{
    e->event = hs_link_head(link, sizeof *e, e->event.flags);
    *answer = (hmx_channel_decision){.size = sizeof *answer};
    return CALL(link, on_channel_open, e, answer);
}

hmx_status hs_link_update(hs_link *link, hmx_channel_update *e)
{
    e->event = hs_link_head(link, sizeof *e, e->event.flags);
    return CALL(link, on_channel_update, e);
}

hmx_status hs_link_close(hs_link *link, uint64_t channel, uint64_t cookie, uint32_t reason)
{
    const hmx_channel_close e = {.event = hs_link_head(link, sizeof e, 0),
                                 .channel = channel,
                                 .cookie = cookie,
                                 .reason = reason};
    return CALL(link, on_channel_close, &e);
}

hmx_status hs_link_share(hs_link *link, hmx_share *e)
{
    e->event = hs_link_head(link, sizeof *e, e->event.flags);
    return CALL(link, on_share, e);
}

hmx_status hs_link_reassign(hs_link *link, hmx_reassign *e, const uint8_t *prefix, uint32_t len)
{
    e->event = hs_link_head(link, sizeof *e, e->event.flags);
    e->extranonce_prefix_len = len;
    memcpy(e->extranonce_prefix, prefix, sizeof e->extranonce_prefix);
    return CALL(link, on_reassign, e);
}

hmx_status hs_link_drained(hs_link *link, uint64_t channel, uint64_t cookie, uint32_t upstream,
                           const uint8_t *prefix, uint32_t len)
{
    hmx_reassign e = {.channel = channel,
                      .cookie = cookie,
                      .from = upstream,
                      .to = HMX_NONE,
                      .result = HMX_RESULT_DRAINED};
    return hs_link_reassign(link, &e, prefix, len);
}

/* ---- ticks ---- */

hmx_status hs_link_tick_once(hs_link *link, hmx_decision *rows, uint32_t capacity,
                             hmx_decision_buf *out)
{
    const hmx_tick e = {.event = hs_link_head(link, sizeof e, 0), .unix_ms = link->unix_ms};
    *out = (hmx_decision_buf){
        .size = sizeof *out, .stride = sizeof *rows, .capacity = capacity, .rows = rows};
    return CALL(link, on_tick, &e, out);
}

const hmx_decision *hs_link_next(hs_link_tick *t)
{
    hs_link *const link = t->link;
    while (t->at == t->buf.count) {
        /* More to come, and nothing given: that never ends. */
        if ((t->calls > 0 && (t->buf.more == 0 || t->buf.count == 0)) ||
            t->calls == HS_LINK_CALLS_MAX) {
            return NULL;
        }
        memset(t->rows, 0, sizeof t->rows);
        for (uint32_t i = 0; i < HS_LINK_ROWS; i++) {
            t->rows[i].size = sizeof t->rows[i];
        }
        link->ticked_ns = link->now_ns;
        t->at = 0;
        t->calls++;
        if (hs_link_tick_once(link, t->rows, HS_LINK_ROWS, &t->buf) < 0) {
            t->buf.count = t->buf.more = 0;
        }
        t->buf.count = t->buf.count < HS_LINK_ROWS ? t->buf.count : HS_LINK_ROWS;
    }
    return &t->rows[t->at++];
}
