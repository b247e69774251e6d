/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The hooks that take an event: check what the host says, call, check what the plugin answers, and
 * let the model follow. */
#include <string.h>

#include "host_stub/guard/call.h"
#include "host_stub/guard/check_host.h"
#include "host_stub/guard/check_plugin.h"
#include "host_stub/guard/check_reopen.h"
#include "host_stub/guard/copy.h"
#include "host_stub/guard/model.h"
#include "host_stub/guard/report.h"

hmx_status hs_guard_on_upstream(hs_guard *g, const hmx_upstream_event *e)
{
    hmx_upstream_event known;
    hs_guard_call call;
    hmx_status status = hs_guard_call_open(g, &call, "on_upstream", e, &known, sizeof known,
                                           HMX_UPSTREAM_EVENT_SIZE_VER0, 0);
    if (status != HMX_OK) {
        return status;
    }
    hs_guard_check_upstream_event(g, &known);
    status = HS_GUARD_CALL(g, call, on_upstream, call.given);
    status = hs_guard_call_close(g, &call, status, 1);
    if (hs_guard_call_accepted(&call, status) && known.upstream >= 1 &&
        known.upstream <= HMX_UPSTREAMS_MAX &&
        !hs_guard_model_upstream_is_forgotten(g, known.upstream)) {
        hs_guard_model_upstream(g, &known); /* whatever was wrong with it: both sides have it now */
    }
    return status;
}

/* Compares the answer with what was handed out, and copies it to the host when all went well. */
static void take_open_answer(hs_guard *g, const hmx_channel_open *e, hmx_channel_decision *copy,
                             hmx_channel_decision *out, uint32_t size, hmx_status status)
{
    hmx_channel_decision answer;
    HS_GUARD_REPORT_IF(g, !hs_guard_copy_intact(copy), HS_P_WRITE_BEYOND_SIZE,
                       "wrote outside the decision of %u bytes", size);
    if (status < 0) {
        HS_GUARD_REPORT_IF(g, !hs_guard_copy_unchanged(copy), HS_P_OUT_TOUCHED_ON_ERROR,
                           "answered %d and wrote the decision", status);
        return;
    }
    if (copy->size != size) {
        hs_guard_report(g, HS_P_SIZE_CHANGED, "changed the decision's size from %u to %u", size,
                        copy->size);
        copy->size = size;
    }
    memset(&answer, 0, sizeof answer);
    memcpy(&answer, copy, size < sizeof answer ? size : sizeof answer);
    hs_guard_check_open_answer(g, e, &answer);
    memcpy(out, copy, size);
}

hmx_status hs_guard_on_channel_open(hs_guard *g, const hmx_channel_open *e,
                                    hmx_channel_decision *out)
{
    hmx_channel_open known;
    hs_guard_call call;
    hmx_status status = hs_guard_call_open(g, &call, "on_channel_open", e, &known, sizeof known,
                                           HMX_CHANNEL_OPEN_SIZE_VER0, 0);
    if (status != HMX_OK) {
        return status;
    }
    const uint32_t size = out != NULL ? out->size : 0;
    if (out == NULL || size < HMX_CHANNEL_DECISION_SIZE_VER0 || size > HS_STRUCT_MAX) {
        hs_guard_report(g, HS_H_BUFFER, "the decision is %s", out == NULL ? "NULL" : "mis-sized");
        return hs_guard_call_close(g, &call, HMX_E_INVALID, 0);
    }
    const hmx_channel_decision zero = {.size = size};
    HS_GUARD_REPORT_IF(g, memcmp(out, &zero, HMX_CHANNEL_DECISION_SIZE_VER0) != 0, HS_H_BUFFER,
                       "the decision is not zeroed");
    hs_guard_check_open_event(g, &known);
    hmx_channel_decision *const copy = hs_guard_copy_new(out, size, size);
    if (copy == NULL) {
        return hs_guard_call_close(g, &call, HMX_E_NOMEM, 0);
    }
    hs_guard_channel *const before = hs_guard_model_find(g, known.channel);
    status = HS_GUARD_CALL(g, call, on_channel_open, call.given, copy);
    take_open_answer(g, &known, copy, out, size, status);
    hs_guard_copy_delete(copy);
    const int accepted = !call.missing && status >= 0;
    status = hs_guard_call_close(g, &call, status, 1);
    /* A number that was used before is a mistake, and a channel when the plugin takes it. */
    const int again = before != NULL && before != &g->closed && !before->known;
    const int follows = before == NULL || again || (before == &g->closed && accepted);
    if (again) {
        hs_guard_model_close(g, before, HMX_CLOSE_HOST);
    }
    if (follows && known.channel != 0 &&
        hs_guard_model_add(g, &known, accepted ? out : &zero, accepted) != 0) {
        return HMX_E_NOMEM;
    }
    if (follows && accepted) {
        hs_guard_check_returned(g, &known, out);
    }
    return status;
}

hmx_status hs_guard_on_channel_update(hs_guard *g, const hmx_channel_update *e)
{
    hmx_channel_update known;
    hs_guard_call call;
    hmx_status status =
        hs_guard_call_open(g, &call, "on_channel_update", e, &known, sizeof known,
                           HMX_CHANNEL_UPDATE_SIZE_VER0, offsetof(hmx_channel_update, cookie));
    if (status != HMX_OK) {
        return status;
    }
    hs_guard_check_update_event(g, &known);
    hs_guard_channel *const c = hs_guard_model_open_channel(g, known.channel);
    status = HS_GUARD_CALL(g, call, on_channel_update, call.given);
    status = hs_guard_call_close(g, &call, status, c != NULL && c->known);
    if (c != NULL && hs_guard_call_accepted(&call, status)) {
        hs_guard_model_update(c, &known);
    }
    return status;
}

/* Gone is gone and sent is sent, whatever the plugin says; but not where the host's own mistake
 * made it refuse: then for the plugin it has not happened, and the host may say it again. */
static int is_so(const hs_guard *g, const hs_guard_call *call, hmx_status status)
{
    return hs_guard_call_accepted(call, status) || !hs_guard_host_at_fault(g);
}

hmx_status hs_guard_on_channel_close(hs_guard *g, const hmx_channel_close *e)
{
    hmx_channel_close known;
    hs_guard_call call;
    hmx_status status =
        hs_guard_call_open(g, &call, "on_channel_close", e, &known, sizeof known,
                           HMX_CHANNEL_CLOSE_SIZE_VER0, offsetof(hmx_channel_close, cookie));
    if (status != HMX_OK) {
        return status;
    }
    hs_guard_check_close_event(g, &known);
    hs_guard_channel *const c = hs_guard_model_open_channel(g, known.channel);
    status = HS_GUARD_CALL(g, call, on_channel_close, call.given);
    status = hs_guard_call_close(g, &call, status, c != NULL && c->known);
    if (c != NULL && is_so(g, &call, status)) {
        hs_guard_model_close(g, c, known.reason);
    }
    return status;
}

/* What the hot hook has to keep to when it succeeds. */
static void check_hot(hs_guard *g, const hs_guard_call *call, hmx_status status)
{
    if (status < 0) {
        return;
    }
    HS_GUARD_REPORT_IF(g, g->allocations + g->frees != call->memory, HS_P_ALLOC_ON_SHARE,
                       "allocated or freed %llu times",
                       (unsigned long long)(g->allocations + g->frees - call->memory));
    HS_GUARD_REPORT_IF(g, g->logs != call->logs, HS_P_LOG_ON_SHARE, "logged although it succeeded");
}

/* The usual case without the heap: a share of our own size, lent as a copy on the stack. */
static hmx_status fast_share(hs_guard *g, const hmx_share *e)
{
    hs_guard_call call;
    hmx_share lent = *e;
    hmx_status status = hs_guard_call_open_bare(g, &call, "on_share", &e->event);
    if (status != HMX_OK) {
        return status;
    }
    const int fact = hs_guard_check_share(g, e);
    status = HS_GUARD_CALL(g, call, on_share, &lent);
    check_hot(g, &call, status);
    HS_GUARD_REPORT_IF(g, memcmp(&lent, e, sizeof lent) != 0, HS_P_FACT_WRITTEN,
                       "wrote to the event");
    status = hs_guard_call_close(g, &call, status, fact);
    if (is_so(g, &call, status)) {
        hs_guard_follow_share(g, e);
    }
    return status;
}

hmx_status hs_guard_on_share(hs_guard *g, const hmx_share *e)
{
    hmx_share known;
    hs_guard_call call;
    if (e != NULL && e->event.size == sizeof *e && !g->options.echo_zero_cookie &&
        g->options.extra_tail_bytes == 0) {
        return fast_share(g, e);
    }
    hmx_status status = hs_guard_call_open(g, &call, "on_share", e, &known, sizeof known,
                                           HMX_SHARE_SIZE_VER0, offsetof(hmx_share, cookie));
    if (status != HMX_OK) {
        return status;
    }
    const int fact = hs_guard_check_share(g, &known);
    status = HS_GUARD_CALL(g, call, on_share, call.given);
    check_hot(g, &call, status);
    status = hs_guard_call_close(g, &call, status, fact);
    if (is_so(g, &call, status)) {
        hs_guard_follow_share(g, &known);
    }
    return status;
}

hmx_status hs_guard_on_reassign(hs_guard *g, const hmx_reassign *e)
{
    hmx_reassign known;
    hs_guard_call call;
    hmx_status status = hs_guard_call_open(g, &call, "on_reassign", e, &known, sizeof known,
                                           HMX_REASSIGN_SIZE_VER0, offsetof(hmx_reassign, cookie));
    if (status != HMX_OK) {
        return status;
    }
    hs_guard_channel *const c = hs_guard_model_open_channel(g, known.channel);
    if (c != NULL) {
        hs_guard_model_expire(g, c);
    }
    hs_guard_check_reassign(g, &known);
    /* A prefix that the host chose is not the plugin's to know, so it may shrug at DRAINED; and at
     * the very end of a decision's time the two clocks may differ by a call. */
    const int fact = known.result != HMX_RESULT_DRAINED && c != NULL && c->known &&
                     (known.decision == 0 || c->pending == known.decision);
    status = HS_GUARD_CALL(g, call, on_reassign, call.given);
    status = hs_guard_call_close(g, &call, status, fact);
    if (known.to > HMX_UPSTREAMS_MAX || known.from > HMX_UPSTREAMS_MAX ||
        known.extranonce_prefix_len > HMX_EXTRANONCE_MAX) {
        return status;
    }
    if (known.result == HMX_RESULT_DRAINED) {
        hs_guard_prefix_drained(g, known.from, known.extranonce_prefix,
                                known.extranonce_prefix_len);
    } else if (c != NULL && hs_guard_call_accepted(&call, status)) {
        hs_guard_model_reassign(g, c, &known);
    }
    return status;
}
