/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The guard around save, load, reconfigure, and the services that it gives to the plugin. */
#include <criterion/criterion.h>

#include "tests/host/guard/life.h"

typedef struct pipe_end {
    char bytes[64];
    size_t len;
    hmx_status status;
} pipe_end;

static hmx_status put(void *ctx, const void *data, uint64_t len)
{
    pipe_end *const p = ctx;
    if (p->status == HMX_OK && p->len + len <= sizeof p->bytes) {
        memcpy(p->bytes + p->len, data, (size_t)len);
        p->len += (size_t)len;
    }
    return p->status;
}

static hmx_status get(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    pipe_end *const p = ctx;
    *len = p->len < capacity ? p->len : capacity;
    memcpy(data, p->bytes, (size_t)*len);
    p->len -= (size_t)*len;
    return p->status;
}

static void begin(life *l)
{
    cr_assert(life_load(l, "good_mover") == 0, "not built");
    life_create(l);
    life_begin(l);
    cr_assert(l->note_count == 0, "%s", l->notes[0].text);
}

static uint64_t finish(life *l)
{
    const uint64_t found = hs_guard_delete(l->guard);
    hs_loader_close(&l->plugin);
    return found;
}

Test(guard_stream, bytes_pass_through)
{
    static life l;
    pipe_end p = {.status = HMX_E_IO};
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    const hmx_writer to = {.size = sizeof to, .ctx = &p, .write = put};
    const hmx_reader stream = {.size = sizeof stream, .ctx = &p, .read = get};
    const hmx_load_args from = {
        .size = sizeof from, .now_ns = l.now_ns, .unix_ms = 1, .from = &stream};
    cr_expect(hs_guard_load(l.guard, &from) == HMX_E_IO, "the error did not pass");
    cr_expect(hs_guard_save(l.guard, &to) == HMX_E_IO, "the error did not pass");
    p = (pipe_end){.status = HMX_OK};
    cr_expect(hs_guard_save(l.guard, &to) == HMX_OK, "save failed");
    cr_expect(p.len == 5 && memcmp(p.bytes, "state", 5) == 0, "%zu bytes", p.len);
    cr_expect(hs_guard_load(l.guard, &from) == HMX_OK, "load failed");
    cr_expect(p.len == 0, "not read");
    cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
}

static hmx_status load_anyway(hmx_instance *self, const hmx_load_args *args)
{
    char bytes[8];
    uint64_t len = 0;
    (void)self;
    (void)args->from->read(args->from->ctx, bytes, sizeof bytes, &len);
    ((hmx_load_args *)(uintptr_t)args)->unix_ms++;
    return HMX_OK;
}

Test(guard_stream, a_load_that_does_not_look)
{
    static life l;
    pipe_end p = {.status = HMX_E_IO};
    begin(&l);
    l.plugin.ops.load = load_anyway;
    const hmx_reader stream = {.size = sizeof stream, .ctx = &p, .read = get};
    const hmx_load_args from = {
        .size = sizeof from, .now_ns = l.now_ns, .unix_ms = 1, .from = &stream};
    cr_expect(hs_guard_load(l.guard, &from) == HMX_OK, "the status was changed");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "io-error-swallowed") == 1, "not reported");
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "fact-written") == 1, "not reported");
    cr_expect(from.unix_ms == 1, "the host's own struct was changed");
    cr_expect(finish(&l) == 2, "other reports");
}

Test(guard_stream, streams_that_are_none)
{
    static life l;
    begin(&l);
    const hmx_writer to = {.size = sizeof to};
    const hmx_reader stream = {.size = sizeof stream};
    const hmx_load_args from = {.size = sizeof from, .now_ns = l.now_ns, .from = &stream};
    cr_expect(hs_guard_save(l.guard, NULL) == HMX_E_INVALID, "taken");
    cr_expect(hs_guard_save(l.guard, &to) == HMX_E_INVALID, "taken");
    cr_expect(hs_guard_load(l.guard, NULL) == HMX_E_INVALID, "taken");
    cr_expect(hs_guard_load(l.guard, &from) == HMX_E_INVALID, "taken");
    cr_expect(hs_guard_reconfigure(l.guard, NULL) == HMX_E_INVALID, "taken");
    cr_expect(life_count(&l, HS_SIDE_HOST, "null-argument") == 3, "%d", l.note_count);
    cr_expect(life_count(&l, HS_SIDE_HOST, "load-args") == 2, "%d", l.note_count);
    cr_expect(finish(&l) == 5, "other reports");
}

Test(guard_stream, hooks_that_are_not_there)
{
    static life l;
    pipe_end p = {.status = HMX_OK};
    begin(&l);
    l.plugin.ops.save = NULL;
    l.plugin.ops.load = NULL;
    l.plugin.ops.reconfigure = NULL;
    l.plugin.ops.get_extension = NULL;
    l.plugin.ops.upstreams = NULL;
    const hmx_writer to = {.size = sizeof to, .ctx = &p, .write = put};
    const hmx_reader stream = {.size = sizeof stream, .ctx = &p, .read = get};
    const hmx_load_args from = {.size = sizeof from, .now_ns = l.now_ns, .from = &stream};
    const hmx_reconfigure_args args = {.size = sizeof args,
                                       .config_text = {LIFE_CONFIG, sizeof LIFE_CONFIG - 1},
                                       .now_ns = l.now_ns};
    cr_expect(hs_guard_save(l.guard, &to) == HMX_E_UNSUPPORTED, "save");
    cr_expect(hs_guard_load(l.guard, &from) == HMX_E_UNSUPPORTED, "load");
    cr_expect(hs_guard_reconfigure(l.guard, &args) == HMX_E_UNSUPPORTED, "reconfigure");
    cr_expect(life_table(&l) == HMX_E_UNSUPPORTED, "upstreams");
    cr_expect(hs_guard_extension(l.guard, "hashmux.metrics/1") == NULL, "get_extension");
    cr_expect(finish(&l) == 0, "%s", l.notes[0].text);
}

static hmx_status refuse_config(hmx_instance *self, const hmx_reconfigure_args *args)
{
    (void)self;
    memcpy(args->why->data, "line 3: no", 11);
    args->why->len = 10;
    return HMX_E_CONFIG;
}

Test(guard_stream, reconfigure_brings_its_reasons_back)
{
    static life l;
    char reasons[32];
    begin(&l);
    hmx_text why = {.size = sizeof why, .data = reasons, .capacity = sizeof reasons};
    hmx_reconfigure_args args = {.size = sizeof args,
                                 .config_text = {LIFE_CONFIG, sizeof LIFE_CONFIG - 1},
                                 .now_ns = l.now_ns,
                                 .why = &why};
    cr_expect(hs_guard_reconfigure(l.guard, &args) == HMX_OK && why.len == 0, "refused");
    l.plugin.ops.reconfigure = refuse_config;
    cr_expect(hs_guard_reconfigure(l.guard, &args) == HMX_E_CONFIG, "taken");
    cr_expect_str_eq(reasons, "line 3: no", "the reason");
    args.now_ns = 1;
    (void)hs_guard_reconfigure(l.guard, &args);
    cr_expect(life_count(&l, HS_SIDE_HOST, "time-backwards") == 1, "not reported");
    cr_expect(finish(&l) == 1, "other reports");
}

/* After a reconfigure an upstream may be gone: only the next table tells. */
Test(guard_stream, the_table_follows_a_reconfigure)
{
    static life l;
    begin(&l);
    const hmx_reconfigure_args args = {.size = sizeof args,
                                       .config_text = {LIFE_CONFIG, sizeof LIFE_CONFIG - 1},
                                       .now_ns = l.now_ns};
    cr_expect(hs_guard_reconfigure(l.guard, &args) == HMX_OK, "refused");
    cr_expect(life_upstream(&l, 4, HMX_UPSTREAM_UP) == HMX_E_INVALID, "the plugin has three");
    cr_expect(life_table(&l) == HMX_OK, "no table");
    (void)life_upstream(&l, 4, HMX_UPSTREAM_UP);
    cr_expect(life_count(&l, HS_SIDE_HOST, "host-unknown-upstream") == 1, "not reported");
    finish(&l);
}

/* ---- services */

typedef struct heard {
    life l;
    char log[32];
    char audit[64];
    int ticks;
} heard;

static void hear_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    heard *const h = ctx;
    snprintf(h->log, sizeof h->log, "%u %.*s", level, (int)len, text);
}

static void hear_audit(void *ctx, const char *json, uint64_t len)
{
    heard *const h = ctx;
    snprintf(h->audit, sizeof h->audit, "%.*s", (int)len, json);
}

static void hear_tick(void *ctx)
{
    heard *const h = ctx;
    h->ticks++;
}

static void hear_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    heard *const h = ctx;
    life_note(&h->l, side, check, text);
}

static const hmx_host *the_host;

static hmx_status create_and_remember(const hmx_host *host, const hmx_create_args *args,
                                      hmx_instance **out)
{
    (void)args;
    the_host = host;
    *out = host->alloc(host->ctx, 4096, 4096);
    cr_expect((uintptr_t)*out % 4096 == 0, "not aligned");
    return *out != NULL ? HMX_OK : HMX_E_NOMEM;
}

static void destroy_remembered(hmx_instance *self)
{
    the_host->free(the_host->ctx, self, 4096, 4096);
}

static hmx_status use_services(hmx_instance *self, const hmx_upstream_event *event)
{
    static const char AUDIT[] = "{\"event\":\"move\",\"x\":1.5}";
    (void)self;
    (void)event;
    the_host->log(the_host->ctx, HMX_LOG_WARN, "a pool died", 11);
    the_host->audit(the_host->ctx, AUDIT, sizeof AUDIT - 1);
    the_host->request_tick(the_host->ctx);
    return HMX_OK;
}

Test(guard_stream, services_reach_the_host)
{
    static heard h;
    cr_assert(life_load(&h.l, "good_mover") == 0, "not built");
    h.l.options = (hs_guard_options){.caps = HMX_CAP_REASSIGN,
                                     .log = hear_log,
                                     .audit = hear_audit,
                                     .request_tick = hear_tick,
                                     .violation = hear_violation,
                                     .ctx = &h};
    h.l.plugin.ops.create = create_and_remember;
    h.l.plugin.ops.destroy = destroy_remembered;
    h.l.plugin.ops.on_upstream = use_services;
    life_create(&h.l);
    cr_assert(h.l.created == HMX_OK, "create answered %d", h.l.created);
    cr_expect(the_host->caps == HMX_CAP_REASSIGN && the_host->size == sizeof(hmx_host), "host");
    life_upstream(&h.l, 1, HMX_UPSTREAM_DOWN);
    cr_expect_str_eq(h.log, "2 a pool died", "the log");
    cr_expect_str_eq(h.audit, "{\"event\":\"move\",\"x\":1.5}", "the audit");
    cr_expect(h.ticks == 1, "%d ticks asked for", h.ticks);
    cr_expect(finish(&h.l) == 0, "%s", h.l.notes[0].text);
}
