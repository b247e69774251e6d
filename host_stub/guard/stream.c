/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Save, load, reconfigure and extensions. */
#include <inttypes.h>
#include <stdalign.h>
#include <string.h>

#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "host_stub/guard/call.h"
#include "host_stub/guard/check_host.h"
#include "host_stub/guard/copy.h"
#include "host_stub/guard/report.h"

static hmx_status pass_write(void *ctx, const void *data, uint64_t len)
{
    hs_guard *const g = ctx;
    const hmx_status status = g->writer->write(g->writer->ctx, data, len);
    g->stream_failed |= status < 0;
    return status;
}

static hmx_status pass_read(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    hs_guard *const g = ctx;
    const hmx_status status = g->reader->read(g->reader->ctx, data, capacity, len);
    g->stream_failed |= status < 0;
    return status;
}

static hmx_status finish_stream(hs_guard *g, void *copy, hmx_status status)
{
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(copy), HS_P_WRITE_BEYOND_SIZE,
                       "wrote outside the stream");
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_unchanged(copy), HS_P_FACT_WRITTEN,
                       "wrote to the stream's struct");
    HS_GUARD_REPORT_IF(g, g->stream_failed && status >= 0, HS_P_IO_ERROR_SWALLOWED,
                       "answered %d although the stream failed", status);
    hs_guard_copy_delete(copy);
    return hs_guard_leave(g, status);
}

hmx_status hs_guard_save(hs_guard *g, const hmx_writer *to)
{
    const hmx_status status = hs_guard_enter(g, "save");
    if (status != HMX_OK) {
        return status;
    }
    if (to == NULL || to->size < HMX_WRITER_SIZE_VER0 || to->write == NULL) {
        hs_guard_report(g, HS_H_NULL_ARGUMENT, "the stream is NULL, mis-sized or has no function");
        return hs_guard_leave(g, HMX_E_INVALID);
    }
    if (g->plugin->ops.save == NULL) {
        return hs_guard_leave(g, HMX_E_UNSUPPORTED);
    }
    hmx_writer *const copy = hs_guard_copy_new(to, HMX_WRITER_SIZE_VER0, sizeof *to);
    if (copy == NULL) {
        return hs_guard_leave(g, HMX_E_NOMEM);
    }
    *copy = (hmx_writer){.size = sizeof *copy, .ctx = g, .write = pass_write};
    hs_guard_copy_seal(copy);
    g->writer = to;
    g->stream_failed = 0;
    return finish_stream(g, copy, g->plugin->ops.save(g->instance, copy));
}

/* Calls load with copies of the arguments, the stream and the text. */
static hmx_status call_load(hs_guard *g, const hmx_load_args *args)
{
    hmx_text *why = NULL;
    hmx_status status = HMX_E_NOMEM;
    hmx_load_args *const copy = hs_guard_copy_new(args, args->size, args->size);
    hmx_reader *const from = hs_guard_copy_new(args->from, args->from->size, args->from->size);
    if (copy == NULL || from == NULL || hs_guard_text_open(args->why, &why) != 0) {
        goto cleanup;
    }
    from->ctx = g;
    from->read = pass_read;
    hs_guard_copy_seal(from);
    copy->from = from;
    copy->why = why;
    hs_guard_copy_seal(copy);
    g->reader = args->from;
    g->stream_failed = 0;
    status = g->plugin->ops.load(g->instance, copy);
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(copy) || !hs_guard_copy_intact(from),
                       HS_P_WRITE_BEYOND_SIZE, "wrote beyond the arguments or the stream");
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_unchanged(copy) || !hs_guard_copy_unchanged(from),
                       HS_P_FACT_WRITTEN, "wrote to the arguments or the stream's struct");
    HS_GUARD_REPORT_IF(g, g->stream_failed && status >= 0, HS_P_IO_ERROR_SWALLOWED,
                       "answered %d although the stream failed", status);
    hs_guard_text_close(g, why, args->why, status);
cleanup:
    hs_guard_copy_delete(from);
    hs_guard_copy_delete(copy);
    return status;
}

hmx_status hs_guard_load(hs_guard *g, const hmx_load_args *args)
{
    const hmx_status status = hs_guard_enter(g, "load");
    if (status != HMX_OK) {
        return status;
    }
    if (args == NULL || args->size < HMX_LOAD_ARGS_SIZE_VER0 || args->size > HS_STRUCT_MAX ||
        args->from == NULL || args->from->size < HMX_READER_SIZE_VER0 ||
        args->from->size > HS_STRUCT_MAX || args->from->read == NULL) {
        hs_guard_report(g, HS_H_LOAD_ARGS,
                        "the arguments or their stream are NULL, mis-sized or without a function");
        return hs_guard_leave(g, HMX_E_INVALID);
    }
    HS_GUARD_REPORT_IF(g, args->flags != 0, HS_H_LOAD_ARGS,
                       "flags are 0x%" PRIx32 "; none is defined", args->flags);
    hs_guard_time(g, args->now_ns);
    if (g->plugin->ops.load == NULL) {
        return hs_guard_leave(g, HMX_E_UNSUPPORTED);
    }
    return hs_guard_leave(g, call_load(g, args));
}

static hmx_status call_reconfigure(hs_guard *g, const hmx_reconfigure_args *args)
{
    hmx_text *why = NULL;
    hmx_reconfigure_args *const copy = hs_guard_copy_new(args, args->size, args->size);
    if (copy == NULL || hs_guard_text_open(args->why, &why) != 0) {
        hs_guard_copy_delete(copy);
        return HMX_E_NOMEM;
    }
    copy->why = why;
    hs_guard_copy_seal(copy);
    const hmx_status status = g->plugin->ops.reconfigure(g->instance, copy);
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(copy), HS_P_WRITE_BEYOND_SIZE,
                       "wrote beyond the arguments");
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_unchanged(copy), HS_P_FACT_WRITTEN,
                       "wrote to the arguments");
    hs_guard_text_close(g, why, args->why, status);
    hs_guard_copy_delete(copy);
    if (status >= 0) {
        g->table_read = 0; /* until the host reads the new table nobody knows who exists */
    }
    return status;
}

hmx_status hs_guard_reconfigure(hs_guard *g, const hmx_reconfigure_args *args)
{
    const hmx_status status = hs_guard_enter(g, "reconfigure");
    if (status != HMX_OK) {
        return status;
    }
    if (args == NULL || args->size < HMX_RECONFIGURE_ARGS_SIZE_VER0 || args->size > HS_STRUCT_MAX) {
        hs_guard_report(g, HS_H_NULL_ARGUMENT, "the arguments are NULL or mis-sized");
        return hs_guard_leave(g, HMX_E_INVALID);
    }
    hs_guard_time(g, args->now_ns);
    hs_guard_check_config_views(g, &args->config_path, &args->config_text);
    if (g->plugin->ops.reconfigure == NULL) {
        return hs_guard_leave(g, HMX_E_UNSUPPORTED);
    }
    return hs_guard_leave(g, call_reconfigure(g, args));
}

static void check_table(hs_guard *g, const char *id, const void *table)
{
    uint32_t size = 0;
    const void **const seen = strcmp(id, HMX_TUNING_ID) == 0    ? &g->tuning
                              : strcmp(id, HMX_METRICS_ID) == 0 ? &g->metrics
                                                                : NULL;
    if ((uintptr_t)table % alignof(hmx_tuning_v1) != 0) {
        hs_guard_report(g, HS_P_EXTENSION_TABLE, "the table of %s is misaligned", id);
        return;
    }
    memcpy(&size, table, sizeof size);
    HS_GUARD_REPORT_IF(g, size < 2 * sizeof size || size > HS_STRUCT_MAX, HS_P_EXTENSION_TABLE,
                       "the table of %s says it has %" PRIu32 " bytes", id, size);
    HS_GUARD_REPORT_IF(g, seen != NULL && *seen != NULL && *seen != table, HS_P_EXTENSION_TABLE,
                       "the table of %s moved", id);
    if (seen != NULL) {
        *seen = table;
    }
}

const void *hs_guard_extension(hs_guard *g, const char *id)
{
    const char *const running = g->hook; /* [any-thread]: legal inside a callback, too */
    if (g->plugin->ops.get_extension == NULL || id == NULL || g->instance == NULL) {
        return NULL;
    }
    g->hook = "get_extension";
    HS_GUARD_REPORT_IF(
        g, g->plugin->ops.get_extension(g->instance, "hmx.x.nobody-defined-this/1") != NULL,
        HS_P_EXTENSION_FOR_UNKNOWN, "gave a table for an id that nobody defined");
    const void *const table = g->plugin->ops.get_extension(g->instance, id);
    if (table != NULL) {
        check_table(g, id, table);
    }
    g->hook = running;
    return table;
}
