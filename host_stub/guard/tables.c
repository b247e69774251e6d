/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The hooks that fill rows: the upstream table, and the decisions of on_tick. The plugin gets rows
 * of its own whose gaps (between a row's size and the stride) are watched. */
#include <inttypes.h>
#include <string.h>

#include "host_stub/guard/call.h"
#include "host_stub/guard/check_plugin.h"
#include "host_stub/guard/copy.h"
#include "host_stub/guard/prefix.h"
#include "host_stub/guard/report.h"

/* Copies the rows; what lies between a row's size and the stride becomes watch bytes. NULL when out
 * of memory. */
static unsigned char *copy_rows(const void *rows, uint32_t stride, uint32_t capacity)
{
    const size_t bytes = (size_t)stride * capacity;
    unsigned char *const copy = hs_guard_copy_new(rows, bytes, bytes);
    if (copy == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        unsigned char *const row = copy + (size_t)i * stride;
        uint32_t size = 0;
        memcpy(&size, row, sizeof size);
        memset(row + size, HS_WATCH_BYTE, stride - size);
    }
    hs_guard_copy_seal(copy);
    return copy;
}

/* 1 if rows, stride and capacity describe memory, each row presets its size, and all else is
 * zero. */
static int rows_are_sound(hs_guard *g, const void *rows, uint32_t stride, uint32_t capacity,
                          size_t least)
{
    const unsigned char *const bytes = rows;
    if (capacity == 0) {
        return 1;
    }
    if (rows == NULL || stride < least || stride % 8 != 0 ||
        (uint64_t)stride * capacity > HS_ROWS_MAX) {
        hs_guard_report(g, HS_H_BUFFER,
                        "%" PRIu32 " rows at %s with a stride of %" PRIu32 "; a row has %zu bytes",
                        capacity, rows == NULL ? "NULL" : "a pointer", stride, least);
        return 0;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        const unsigned char *const row = bytes + (size_t)i * stride;
        uint32_t size = 0;
        memcpy(&size, row, sizeof size);
        if (size < least || size > stride) {
            hs_guard_report(g, HS_H_BUFFER,
                            "row %" PRIu32 " presets a size of %" PRIu32
                            " with a stride of %" PRIu32 "; a row has %zu bytes",
                            i, size, stride, least);
            return 0;
        }
        /* Zero at the first byte, and each byte as the one before it. */
        const unsigned char *const rest = row + sizeof size;
        HS_GUARD_REPORT_IF(g, rest[0] != 0 || memcmp(rest, rest + 1, size - sizeof size - 1) != 0,
                           HS_H_BUFFER, "row %" PRIu32 " is not zeroed", i);
    }
    return 1;
}

/* Watch bytes around and between the rows, and each row's preset size. */
static void check_rows(hs_guard *g, unsigned char *rows, uint32_t stride, uint32_t capacity,
                       enum hs_guard_rule size_check)
{
    const unsigned char *const sealed = hs_guard_copy_sealed(rows);
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(rows), HS_P_WRITE_BEYOND_SIZE,
                       "wrote outside the %" PRIu32 " rows", capacity);
    for (uint32_t i = 0; i < capacity; i++) {
        unsigned char *const row = rows + (size_t)i * stride;
        uint32_t size = 0;
        memcpy(&size, sealed + (size_t)i * stride, sizeof size);
        if (memcmp(row, &size, sizeof size) != 0) {
            hs_guard_report(g, size_check, "changed the preset size %" PRIu32 " of row %" PRIu32,
                            size, i);
            memcpy(row, &size, sizeof size);
        }
        HS_GUARD_REPORT_IF(
            g, memcmp(row + size, sealed + (size_t)i * stride + size, stride - size) != 0,
            HS_P_WRITE_BEYOND_SIZE, "wrote beyond the %" PRIu32 " bytes of row %" PRIu32, size, i);
    }
}

/* Hands rows to the host, each within its own size. */
static void give_rows(const unsigned char *rows, void *to, uint32_t stride, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *const row = rows + (size_t)i * stride;
        uint32_t size = 0;
        memcpy(&size, row, sizeof size);
        memcpy((unsigned char *)to + (size_t)i * stride, row, size);
    }
}

static void finish_table(hs_guard *g, hmx_upstream_table *copy, unsigned char *rows,
                         hmx_upstream_table *out, hmx_status status)
{
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(copy), HS_P_WRITE_BEYOND_SIZE,
                       "wrote outside the table");
    if (status < 0) {
        HS_GUARD_REPORT_IF(
            g, !hs_guard_copy_unchanged(copy) || (rows != NULL && !hs_guard_copy_unchanged(rows)),
            HS_P_OUT_TOUCHED_ON_ERROR, "answered %d and wrote the table", status);
        return;
    }
    const hmx_upstream_table *const sealed = hs_guard_copy_sealed(copy);
    HS_GUARD_REPORT_IF(g,
                       copy->size != sealed->size || copy->stride != sealed->stride ||
                           copy->capacity != sealed->capacity || copy->rows != sealed->rows,
                       HS_P_SIZE_CHANGED, "changed size, stride, capacity or rows of the table");
    const uint32_t written = copy->count < out->capacity ? copy->count : out->capacity;
    if (rows != NULL) {
        check_rows(g, rows, out->stride, out->capacity, HS_P_SIZE_CHANGED);
        give_rows(rows, out->rows, out->stride, written);
    }
    out->count = copy->count;
    hs_guard_check_upstream_table(g, rows, out->stride, copy->count, written);
}

hmx_status hs_guard_upstreams(hs_guard *g, hmx_upstream_table *out)
{
    unsigned char *rows = NULL;
    hmx_upstream_table *copy = NULL;
    hmx_status status = hs_guard_enter(g, "upstreams");
    if (status != HMX_OK) {
        return status;
    }
    if (out == NULL || out->size < HMX_UPSTREAM_TABLE_SIZE_VER0 || out->size > HS_STRUCT_MAX) {
        hs_guard_report(g, HS_H_BUFFER, "the table is %s", out == NULL ? "NULL" : "mis-sized");
        return hs_guard_leave(g, HMX_E_INVALID);
    }
    if (!rows_are_sound(g, out->rows, out->stride, out->capacity, HMX_UPSTREAM_INFO_SIZE_VER0)) {
        return hs_guard_leave(g, HMX_E_INVALID);
    }
    status = HMX_E_NOMEM;
    copy = hs_guard_copy_new(out, out->size, out->size);
    if (copy == NULL) {
        goto cleanup;
    }
    if (out->capacity > 0) {
        rows = copy_rows(out->rows, out->stride, out->capacity);
        if (rows == NULL) {
            goto cleanup;
        }
        copy->rows = (hmx_upstream_info *)(void *)rows;
    }
    hs_guard_copy_seal(copy);
    const int missing = g->plugin->ops.upstreams == NULL;
    status = missing ? HMX_E_UNSUPPORTED : g->plugin->ops.upstreams(g->instance, copy);
    finish_table(g, copy, rows, out, status);
cleanup:
    hs_guard_copy_delete(rows);
    hs_guard_copy_delete(copy);
    return hs_guard_leave(g, status);
}

static void check_decisions(hs_guard *g, const unsigned char *rows, uint32_t stride, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        hmx_decision d;
        uint32_t size = 0;
        memset(&d, 0, sizeof d);
        memcpy(&size, rows + (size_t)i * stride, sizeof size);
        memcpy(&d, rows + (size_t)i * stride, size < sizeof d ? size : sizeof d);
        hs_guard_check_decision(g, &d);
    }
}

static void finish_tick(hs_guard *g, hmx_decision_buf *copy, unsigned char *rows,
                        hmx_decision_buf *out, hmx_status status)
{
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(copy), HS_P_WRITE_BEYOND_SIZE,
                       "wrote outside the decision buffer");
    if (status < 0) {
        HS_GUARD_REPORT_IF(
            g, !hs_guard_copy_unchanged(copy) || (rows != NULL && !hs_guard_copy_unchanged(rows)),
            HS_P_OUT_TOUCHED_ON_ERROR, "answered %d and wrote decisions", status);
        return;
    }
    const hmx_decision_buf *const sealed = hs_guard_copy_sealed(copy);
    HS_GUARD_REPORT_IF(g,
                       copy->size != sealed->size || copy->stride != sealed->stride ||
                           copy->capacity != sealed->capacity || copy->rows != sealed->rows,
                       HS_P_SIZE_CHANGED,
                       "changed size, stride, capacity or rows of the decision buffer");
    uint32_t count = copy->count;
    if (count > out->capacity) {
        hs_guard_report(g, HS_P_COUNT_OVER_CAPACITY,
                        "count is %" PRIu32 ", capacity %" PRIu32 "; the host sees capacity", count,
                        out->capacity);
        count = out->capacity;
    }
    HS_GUARD_REPORT_IF(g, copy->more > 1 || (copy->more == 1 && count == 0 && out->capacity > 0),
                       HS_P_BAD_MORE,
                       "more is %" PRIu32 " with %" PRIu32 " of %" PRIu32 " rows written",
                       copy->more, count, out->capacity);
    if (rows != NULL) {
        check_rows(g, rows, out->stride, out->capacity, HS_P_DECISION_ROW_SIZE);
        check_decisions(g, rows, out->stride, count);
        give_rows(rows, out->rows, out->stride, count);
    }
    out->count = count;
    out->more = copy->more;
}

hmx_status hs_guard_on_tick(hs_guard *g, const hmx_tick *e, hmx_decision_buf *out)
{
    hmx_tick known;
    hs_guard_call call;
    unsigned char *rows = NULL;
    hmx_decision_buf *copy = NULL;
    hmx_status status =
        hs_guard_call_open(g, &call, "on_tick", e, &known, sizeof known, HMX_TICK_SIZE_VER0, 0);
    if (status != HMX_OK) {
        return status;
    }
    status = HMX_E_INVALID;
    if (out == NULL || out->size < HMX_DECISION_BUF_SIZE_VER0 || out->size > HS_STRUCT_MAX) {
        hs_guard_report(g, HS_H_BUFFER, "the buffer is %s", out == NULL ? "NULL" : "mis-sized");
        goto cleanup;
    }
    if (!rows_are_sound(g, out->rows, out->stride, out->capacity, HMX_DECISION_SIZE_VER0)) {
        goto cleanup;
    }
    HS_GUARD_REPORT_IF(g, out->count != 0 || out->more != 0, HS_H_BUFFER,
                       "count and more of the buffer are not 0");
    status = HMX_E_NOMEM;
    copy = hs_guard_copy_new(out, out->size, out->size);
    if (copy == NULL) {
        goto cleanup;
    }
    if (out->capacity > 0) {
        rows = copy_rows(out->rows, out->stride, out->capacity);
        if (rows == NULL) {
            goto cleanup;
        }
        copy->rows = (hmx_decision *)(void *)rows;
    }
    hs_guard_copy_seal(copy);
    hs_guard_prefix_expire(g);
    status = HS_GUARD_CALL(g, call, on_tick, call.given, copy);
    finish_tick(g, copy, rows, out, status);
cleanup:
    hs_guard_copy_delete(rows);
    hs_guard_copy_delete(copy);
    return hs_guard_call_close(g, &call, status, copy != NULL);
}
