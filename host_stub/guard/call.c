/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/guard/call.h"

#include <inttypes.h>
#include <string.h>

#include "abi/hmx_access.h"
#include "host_stub/guard/copy.h"
#include "host_stub/guard/report.h"

static hmx_status refuse_entry(hs_guard *g, const char *hook)
{
    const char *const running = g->hook;
    const enum hs_guard_state state = g->state;
    g->hook = hook;
    if (running != NULL) {
        hs_guard_report(g, HS_H_CALL_INSIDE_CALL, "was called while %s runs", running);
    } else if (state == HS_GUARD_DESTROYED) {
        hs_guard_report(g, HS_H_USE_AFTER_DESTROY, "was called after destroy");
    } else if (state == HS_GUARD_POISONED) {
        hs_guard_report(g, HS_H_HOOK_AFTER_FATAL, "was called after a fatal status");
    } else {
        hs_guard_report(g, HS_H_NO_INSTANCE, "was called although create failed");
    }
    g->hook = running;
    return HMX_E_STATE;
}

hmx_status hs_guard_enter(hs_guard *g, const char *hook)
{
    if (g->hook != NULL || g->state != HS_GUARD_LIVE) {
        return refuse_entry(g, hook);
    }
    g->hook = hook;
    g->host_faults_before = g->violations[HS_SIDE_HOST];
    return HMX_OK;
}

hmx_status hs_guard_leave(hs_guard *g, hmx_status status)
{
    HS_GUARD_REPORT_IF(g, status > 0 && g->plugin->descriptor.abi_minor <= HMX_ABI_MINOR,
                       HS_P_BAD_STATUS, "answered %d, a positive status", status);
    if (status <= HMX_E_FATAL) {
        g->state = HS_GUARD_POISONED;
    }
    g->hook = NULL;
    return status;
}

void hs_guard_time(hs_guard *g, uint64_t now_ns)
{
    if (now_ns < g->now_ns) {
        hs_guard_report(g, HS_H_TIME_BACKWARDS, "now_ns is %" PRIu64 ", before it was %" PRIu64,
                        now_ns, g->now_ns);
        return;
    }
    g->now_ns = now_ns;
}

static void check_head(hs_guard *g, hs_guard_call *call, const hmx_event *e)
{
    hs_guard_time(g, e->now_ns);
    if (e->seq <= g->seq) {
        hs_guard_report(g, HS_H_SEQ, "seq is %" PRIu64 ", before it was %" PRIu64, e->seq, g->seq);
        return;
    }
    call->seq = e->seq;
}

/* Copies what a view of the open event points to, so that a kept pointer reads rubbish. */
static void copy_view(void **kept, hmx_view *view)
{
    if (view->data == NULL || view->len == 0 || view->len > HS_STRUCT_MAX) {
        return;
    }
    *kept = hs_guard_copy_new(view->data, (size_t)view->len, (size_t)view->len);
    if (*kept != NULL) {
        view->data = *kept;
    }
}

static void copy_views(hs_guard_call *call, const char *hook, uint32_t size)
{
    if (strcmp(hook, "on_channel_open") != 0 || size < HMX_CHANNEL_OPEN_SIZE_VER0) {
        return;
    }
    hmx_channel_open *const e = call->given;
    copy_view(&call->views[0], &e->user_identity);
    copy_view(&call->views[1], &e->vendor);
    copy_view(&call->views[2], &e->hardware);
    copy_view(&call->views[3], &e->firmware);
}

static void *make_copy(const hs_guard *g, const void *event, uint32_t size, size_t cookie_offset)
{
    const uint32_t grown = size + g->options.extra_tail_bytes;
    const uint64_t no_cookie = 0;
    unsigned char *const copy = hs_guard_copy_new(event, size, grown);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, &grown, sizeof grown);
    if (g->options.echo_zero_cookie && cookie_offset != 0 &&
        cookie_offset + sizeof no_cookie <= size) {
        memcpy(copy + cookie_offset, &no_cookie, sizeof no_cookie);
    }
    return copy;
}

hmx_status hs_guard_call_open(hs_guard *g, hs_guard_call *call, const char *hook, const void *event,
                              void *known, size_t known_size, size_t least, size_t cookie_offset)
{
    uint32_t size = 0;
    hmx_event head;
    memset(call, 0, sizeof *call);
    const hmx_status status = hs_guard_enter(g, hook);
    if (status != HMX_OK) {
        return status;
    }
    if (event == NULL) {
        hs_guard_report(g, HS_H_NULL_ARGUMENT, "the event is NULL");
        return hs_guard_leave(g, HMX_E_INVALID);
    }
    memcpy(&size, event, sizeof size);
    HS_GUARD_REPORT_IF(g, size < least, HS_H_EVENT_SIZE,
                       "size is %" PRIu32 ", version 1.0 has %zu bytes", size, least);
    if (size < sizeof head || size > HS_STRUCT_MAX) {
        HS_GUARD_REPORT_IF(g, size >= least, HS_H_EVENT_SIZE,
                           "size is %" PRIu32 ", which no event has", size);
        return hs_guard_leave(g, HMX_E_INVALID);
    }
    hmx_copy_in(known, known_size, sizeof head, event);
    memcpy(&head, event, sizeof head);
    check_head(g, call, &head);
    call->given = make_copy(g, event, size, cookie_offset);
    if (call->given == NULL) {
        return hs_guard_leave(g, HMX_E_NOMEM);
    }
    copy_views(call, hook, size);
    hs_guard_copy_seal(call->given);
    call->memory = g->allocations + g->frees;
    call->logs = g->logs;
    return HMX_OK;
}

hmx_status hs_guard_call_open_bare(hs_guard *g, hs_guard_call *call, const char *hook,
                                   const hmx_event *head)
{
    memset(call, 0, sizeof *call);
    const hmx_status status = hs_guard_enter(g, hook);
    if (status != HMX_OK) {
        return status;
    }
    check_head(g, call, head);
    call->memory = g->allocations + g->frees;
    call->logs = g->logs;
    return HMX_OK;
}

static void check_copy(hs_guard *g, const hs_guard_call *call)
{
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(call->given), HS_P_WRITE_BEYOND_SIZE,
                       "wrote outside the event");
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_unchanged(call->given), HS_P_FACT_WRITTEN,
                       "wrote to the event");
    for (size_t i = 0; i < sizeof call->views / sizeof *call->views; i++) {
        HS_GUARD_REPORT_IF(g,
                           call->views[i] != NULL && (!hs_guard_copy_intact(call->views[i]) ||
                                                      !hs_guard_copy_unchanged(call->views[i])),
                           HS_P_FACT_WRITTEN, "wrote to text that the event points to");
    }
}

int hs_guard_call_accepted(const hs_guard_call *call, hmx_status status)
{
    return call->missing || status >= 0;
}

hmx_status hs_guard_call_close(hs_guard *g, hs_guard_call *call, hmx_status status, int fact)
{
    if (call->given != NULL) {
        check_copy(g, call);
        for (size_t i = 0; i < sizeof call->views / sizeof *call->views; i++) {
            hs_guard_copy_delete(call->views[i]);
        }
        hs_guard_copy_delete(call->given);
    }
    HS_GUARD_REPORT_IF(
        g,
        fact && !call->missing && !hs_guard_host_at_fault(g) &&
            (status == HMX_E_INVALID || status == HMX_E_UNSUPPORTED || status == HMX_E_STATE),
        HS_P_FACT_REFUSED, "answered %d to a fact that breaks no rule", status);
    if (call->seq != 0 && hs_guard_call_accepted(call, status)) {
        g->seq = call->seq;
    }
    return hs_guard_leave(g, status);
}

hmx_event hs_guard_event(hs_guard *g, size_t size, uint64_t now_ns)
{
    g->seq_given = (g->seq_given > g->seq ? g->seq_given : g->seq) + 1;
    return (hmx_event){.size = (uint32_t)size, .now_ns = now_ns, .seq = g->seq_given};
}

/* ---- the text of a refusal ---- */

int hs_guard_text_open(const hmx_text *why, hmx_text **out)
{
    *out = NULL;
    if (why == NULL) {
        return 0;
    }
    hmx_text *const copy =
        hs_guard_copy_new(why, why->size < sizeof *why ? why->size : sizeof *why, sizeof *why);
    if (copy == NULL) {
        return -1;
    }
    if (why->data == NULL || why->capacity > HS_ROWS_MAX) {
        copy->data = NULL; /* nothing that could be written to */
        copy->capacity = 0;
    } else {
        copy->data = hs_guard_copy_new(NULL, 0, (size_t)why->capacity);
        if (copy->data == NULL) {
            hs_guard_copy_delete(copy);
            return -1;
        }
    }
    copy->len = 0;
    hs_guard_copy_seal(copy);
    *out = copy;
    return 0;
}

/* 1 if `len` bytes and their NUL are there and readable as text. */
static int well_formed(const hmx_text *t)
{
    if (t->capacity == 0) {
        return t->len == 0;
    }
    if (t->len == 0) {
        return 1; /* nothing said: the NUL is not asked for */
    }
    if (t->len >= t->capacity || t->data[t->len] != '\0') {
        return 0;
    }
    for (uint32_t i = 0; i < t->len; i++) {
        const unsigned char c = (unsigned char)t->data[i];
        if ((c < 0x20 && c != '\n') || c == 0x7f) {
            return 0;
        }
    }
    return 1;
}

void hs_guard_text_close(hs_guard *g, hmx_text *copy, hmx_text *why, hmx_status status)
{
    if (copy == NULL) {
        return;
    }
    const hmx_text *const sealed = hs_guard_copy_sealed(copy);
    if (copy->size != sealed->size || copy->data != sealed->data ||
        copy->capacity != sealed->capacity) {
        hs_guard_report(g, HS_P_SIZE_CHANGED, "changed size, data or capacity of the text");
        copy->data = sealed->data;
        copy->capacity = sealed->capacity;
    }
    HS_GUARD_REPORT_IF(
        g, !hs_guard_copy_intact(copy) || (copy->data != NULL && !hs_guard_copy_intact(copy->data)),
        HS_P_WRITE_BEYOND_SIZE, "wrote beyond the text's capacity of %" PRIu64, copy->capacity);
    if (!well_formed(copy)) {
        hs_guard_report(g, HS_P_TEXT_FORMAT,
                        "the refusal's text of %" PRIu32 " bytes in %" PRIu64
                        " is cut wrongly, lacks its NUL or has control characters",
                        copy->len, copy->capacity);
    } else if (copy->len > 0) {
        memcpy(why->data, copy->data, (size_t)copy->len + 1);
        why->len = copy->len;
    }
    HS_GUARD_REPORT_IF(g, status == HMX_E_CONFIG && copy->len == 0 && copy->capacity > 1,
                       HS_P_REFUSAL_WITHOUT_TEXT, "refused the configuration without a word");
    hs_guard_copy_delete(copy->data);
    hs_guard_copy_delete(copy);
}
