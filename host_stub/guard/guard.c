/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/guard.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/guard/call.h"
#include "host_stub/guard/check_host.h"
#include "host_stub/guard/copy.h"
#include "host_stub/guard/memory.h"
#include "host_stub/guard/model.h"
#include "host_stub/guard/report.h"

enum { LOG_LINE_MAX = 65536 };

/* ---- what the plugin gets as its host ---- */

static void service_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    hs_guard *const g = ctx;
    g->logs++;
    if (text == NULL || len == 0 || len > LOG_LINE_MAX) {
        hs_guard_report(g, HS_P_LOG_FORMAT, "a log line of %llu bytes at %s",
                        (unsigned long long)len, text == NULL ? "NULL" : "a pointer");
        return;
    }
    HS_GUARD_REPORT_IF(g, level < HMX_LOG_ERROR || level > HMX_LOG_DEBUG, HS_P_LOG_FORMAT,
                       "log level %u; 1 to 4 are known", level);
    HS_GUARD_REPORT_IF(
        g, memchr(text, '\n', (size_t)len) != NULL || memchr(text, '\0', (size_t)len) != NULL,
        HS_P_LOG_FORMAT, "a log line with a newline or NUL inside");
    if (g->options.log != NULL) {
        g->options.log(g->options.ctx, level, text, len);
    }
}

static void service_audit(void *ctx, const char *json, uint64_t len)
{
    hs_guard *const g = ctx;
    if (json == NULL || len == 0 || len > LOG_LINE_MAX) {
        hs_guard_report(g, HS_P_AUDIT_FORMAT, "an audit line of %llu bytes at %s",
                        (unsigned long long)len, json == NULL ? "NULL" : "a pointer");
        return;
    }
    json_error_t error;
    json_t *const parsed =
        json_loadb(json, (size_t)len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    HS_GUARD_REPORT_IF(
        g, parsed == NULL || !json_is_object(parsed) || memchr(json, '\n', (size_t)len) != NULL,
        HS_P_AUDIT_FORMAT, "an audit line is not one JSON object: %s",
        parsed == NULL ? error.text : "another value, or a newline inside");
    json_decref(parsed);
    if (g->options.audit != NULL) {
        g->options.audit(g->options.ctx, json, len);
    }
}

static void service_request_tick(void *ctx)
{
    const hs_guard *const g = ctx;
    if (g->options.request_tick != NULL) {
        g->options.request_tick(g->options.ctx);
    }
}

/* ---- lifecycle ---- */

static void *view_copy(hmx_view *view)
{
    if (view->data == NULL || view->len == 0 || view->len > HS_ROWS_MAX) {
        return NULL;
    }
    void *const copy = hs_guard_copy_new(view->data, (size_t)view->len, (size_t)view->len);
    if (copy != NULL) {
        view->data = copy;
    }
    return copy;
}

/* Calls the plugin's create with copies of everything. */
static hmx_status call_create(hs_guard *g, const hmx_create_args *args)
{
    hmx_status status = HMX_E_NOMEM;
    void *path = NULL;
    void *text = NULL;
    hmx_text *why = NULL;
    hmx_create_args *const copy = hs_guard_copy_new(args, args->size, args->size);
    hmx_text *const their_why = args->why;
    if (copy == NULL || hs_guard_text_open(their_why, &why) != 0) {
        goto cleanup;
    }
    path = view_copy(&copy->config_path);
    text = view_copy(&copy->config_text);
    copy->why = why;
    hs_guard_copy_seal(copy);
    hmx_instance *instance = NULL;
    status = g->plugin->ops.create(&g->host, copy, &instance);
    HS_GUARD_REPORT_IF(g, status >= 0 && instance == NULL, HS_P_CREATE_NULL_INSTANCE,
                       "answered %d without an instance", status);
    if (status < 0 && instance != NULL) {
        hs_guard_report(g, HS_P_OUT_TOUCHED_ON_ERROR, "answered %d and set the instance", status);
        instance = NULL;
    }
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(copy), HS_P_WRITE_BEYOND_SIZE,
                       "wrote beyond the create arguments");
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_unchanged(copy), HS_P_FACT_WRITTEN,
                       "wrote to the create arguments");
    g->instance = instance;
    hs_guard_text_close(g, why, their_why, status);
cleanup:
    hs_guard_copy_delete(text);
    hs_guard_copy_delete(path);
    hs_guard_copy_delete(copy);
    return status;
}

static void fill_host(hs_guard *g)
{
    g->host = (hmx_host){
        .size = sizeof g->host,
        .abi_major = HMX_ABI_MAJOR,
        .abi_minor = HMX_ABI_MINOR,
        .caps = g->options.caps,
        .ctx = g,
        .log = service_log,
        .audit = service_audit,
        .alloc = hs_guard_alloc,
        .free = hs_guard_free,
        .request_tick = service_request_tick,
        .name = g->options.name,
        .version = g->options.version,
    };
}

hs_guard *hs_guard_new(const hs_plugin *plugin, const hmx_create_args *args,
                       const hs_guard_options *options, hmx_status *status)
{
    hs_guard *const g = calloc(1, sizeof *g);
    if (g == NULL) {
        *status = HMX_E_NOMEM;
        return NULL;
    }
    g->plugin = plugin;
    g->options = *options;
    g->state = HS_GUARD_NO_INSTANCE;
    g->hook = "create";
    fill_host(g);
    hs_guard_check_create_args(g, args);
    /* Without the two views nobody can read a configuration: not a struct to hand on. */
    if (args == NULL || args->size > HS_STRUCT_MAX || args->size < HMX_CREATE_ARGS_SIZE_VER0) {
        *status = HMX_E_INVALID;
    } else {
        g->now_ns = args->now_ns;
        g->channels_max = args->channels_max != 0 ? args->channels_max : 1u << 20;
        g->upstreams_max = args->upstreams_max != 0 && args->upstreams_max < HMX_UPSTREAMS_MAX
                               ? args->upstreams_max
                               : HMX_UPSTREAMS_MAX;
        *status = call_create(g, args);
    }
    HS_GUARD_REPORT_IF(g, *status > 0, HS_P_BAD_STATUS, "answered %d, a positive status", *status);
    if (g->instance != NULL) {
        g->state = HS_GUARD_LIVE;
    } else {
        hs_guard_memory_finish(g, HS_P_LEAK_AFTER_CREATE);
    }
    if (*status >= 0 && g->instance == NULL) {
        *status = HMX_E_FATAL; /* there is nothing that a hook could be called with */
    }
    g->hook = NULL;
    return g;
}

void hs_guard_destroy(hs_guard *g)
{
    if (g->hook != NULL) {
        hs_guard_report(g, HS_H_CALL_INSIDE_CALL, "destroy was called from a callback");
        return;
    }
    if (g->instance == NULL) {
        return;
    }
    g->hook = "destroy";
    g->plugin->ops.destroy(g->instance);
    g->instance = NULL;
    g->state = HS_GUARD_DESTROYED;
    hs_guard_memory_finish(g, HS_P_LEAK_AFTER_DESTROY);
    g->hook = NULL;
}

uint64_t hs_guard_delete(hs_guard *g)
{
    if (g == NULL) {
        return 0;
    }
    hs_guard_destroy(g);
    const uint64_t found = g->violations[HS_SIDE_HOST] + g->violations[HS_SIDE_PLUGIN];
    hs_guard_model_free(g);
    hs_table_free(&g->blocks);
    free(g);
    return found;
}

hmx_instance *hs_guard_instance(hs_guard *g)
{
    return g->state == HS_GUARD_LIVE ? g->instance : NULL;
}
