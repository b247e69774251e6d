/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/check/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/base/text.h"
#include "host_stub/check/channels.h"
#include "host_stub/check/jobs.h"
#include "host_stub/check/state.h"
#include "host_stub/sv2/codec.h"

enum { TIMELINE_SHARED = 0 };

hs_check *hs_check_new(const hs_check_options *options)
{
    hs_check *const c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->options = *options;
    }
    return c;
}

static void drop_connection(hs_check *c)
{
    for (size_t i = 0; i < c->now.channel_count; i++) {
        free(c->now.channels[i].open);
    }
    free(c->now.channels);
    free(c->now.debts);
    hs_session_free(c->now.session);
    memset(&c->now, 0, sizeof c->now);
}

void hs_check_free(hs_check *check)
{
    if (check == NULL) {
        return;
    }
    drop_connection(check);
    hs_check_pools_free(&check->pools);
    hs_check_spans_free(&check->spans);
    for (size_t i = 0; i < check->file_count; i++) {
        free(check->files[i]);
    }
    free(check->files);
    free(check->buffer);
    free(check);
}

const hs_check_totals *hs_check_totals_of(const hs_check *check)
{
    return &check->totals;
}

static int keep_name(hs_check *c, const char *file)
{
    const size_t size = strlen(file) + 1;
    if (HS_GROW(c->files, c->file_capacity, c->file_count + 1) != 0) {
        return -1;
    }
    char *const copy = malloc(size);
    if (copy == NULL) {
        return -1;
    }
    memcpy(copy, file, size);
    c->files[c->file_count++] = copy;
    return 0;
}

int hs_check_begin(hs_check *check, const char *file, enum hs_check_role role, const char *pool)
{
    hs_check_connection *const now = &check->now;
    drop_connection(check);
    now->role = role;
    now->message = "frame";
    now->pool =
        role == HS_CHECK_UPSTREAM ? hs_check_pools_add(&check->pools, pool) : HS_CHECK_POOL_NONE;
    now->session = hs_session_new();
    if (now->session == NULL || (role == HS_CHECK_UPSTREAM && now->pool == HS_CHECK_POOL_NONE) ||
        keep_name(check, file) != 0) {
        drop_connection(check);
        return -1;
    }
    now->file = (uint32_t)check->file_count - 1;
    /* Its own, until a frame with a time puts it beside the others. */
    now->timeline = now->file + 1;
    hs_session_set_flags(now->session,
                         HS_SESSION_TERSE | (check->options.verify ? 0U : HS_SESSION_SIMULATED));
    check->totals.files++;
    return 0;
}

void hs_check_end(hs_check *check)
{
    if (check->now.session == NULL) {
        return;
    }
    hs_check_debts(check, 1);
    hs_check_connection_ended(check);
    check->totals.untimed += check->now.role == HS_CHECK_DOWNSTREAM && !check->now.is_timed;
    drop_connection(check);
}

static void report_overlap(void *ctx, const hs_check_span *later, const hs_check_span *earlier)
{
    hs_check *const c = ctx;
    char text[HS_REPORT_SIZE];
    char seconds[32];
    const int timed = later->timeline == TIMELINE_SHARED;
    const int is_pool = later->pool != HS_CHECK_POOL_NONE && later->pool != HS_CHECK_POOL_ROOT;
    const uint64_t since = later->from > earlier->from ? later->from : earlier->from;
    (void)snprintf(text, sizeof text,
                   "from %s%s on channel %u searches space that channel %u of %s searches too "
                   "(since its frame %zu)%s%s",
                   timed ? "t=" : "here",
                   timed ? hs_format_fixed(seconds, sizeof seconds, (double)since / 1000.0, 3) : "",
                   (unsigned)later->channel_id, (unsigned)earlier->channel_id,
                   c->files[earlier->file], earlier->frame, is_pool ? ", both for " : "",
                   is_pool ? c->pools.pools[later->pool].name : "");
    const hs_check_violation violation = {.file = c->files[later->file],
                                          .line = later->line,
                                          .frame = later->frame,
                                          .offset = later->offset,
                                          .message = "job",
                                          .rule = HS_CHECK_OVERLAP,
                                          .text = text};
    hs_check_tell(c, &violation);
}

void hs_check_finish(hs_check *check)
{
    if (hs_check_spans_overlaps(&check->spans, report_overlap, check) != 0) {
        const hs_check_violation violation = {.file = "",
                                              .message = "frame",
                                              .rule = HS_RULE_MEMORY,
                                              .text = "no memory to compare the search spaces"};
        hs_check_tell(check, &violation);
    }
}

/* Takes the time of a frame. */
static void advance(hs_check *c, const hs_check_frame *frame)
{
    hs_check_connection *const now = &c->now;
    if (now->frame == 1 && frame->has_time) {
        now->is_timed = 1;
        now->timeline = now->role == HS_CHECK_DOWNSTREAM ? TIMELINE_SHARED : now->timeline;
        now->now_ms = frame->t_ms;
    } else if (now->is_timed && frame->has_time) {
        if (frame->t_ms < now->now_ms) {
            hs_check_report(c, HS_CHECK_TIME_ORDER,
                            "its time is %" PRIu64 " ms before the frame before it",
                            now->now_ms - frame->t_ms);
        } else {
            now->now_ms = frame->t_ms;
        }
    }
    hs_session_set_time(now->session, now->now_ms);
    if (now->debt_count > 0) {
        hs_check_debts(c, 0);
    }
}

/* Are these the bytes that we would have sent? */
static void check_encoding(hs_check *c, const hs_check_frame *frame, const hs_sv2_message *message)
{
    hs_sv2_error why;
    size_t len = 0;
    if (HS_GROW(c->buffer, c->buffer_size, frame->len) != 0) {
        hs_check_report(c, HS_RULE_MEMORY, "no memory for a frame");
        return;
    }
    if (hs_sv2_encode(message, c->buffer, c->buffer_size, &len, &why) != 0) {
        hs_check_report(c, HS_CHECK_ENCODING, "%s", why.text);
    } else if (len != frame->len || memcmp(c->buffer, frame->data, len) != 0) {
        hs_check_report(c, HS_CHECK_ENCODING, "its bytes are not those that encoding gives");
    }
}

/* Returns 0 with *out, or -1 when there is no message for the session; that was dealt with. */
static int decode(hs_check *c, const hs_check_frame *frame, hs_sv2_message *out)
{
    hs_sv2_error strict;
    hs_sv2_error why;
    if (hs_sv2_decode(frame->data, frame->len, HS_SV2_STRICT, out, &strict) == 0) {
        c->now.message = hs_sv2_spec_of(out->id)->name;
        check_encoding(c, frame, out);
        return 0;
    }
    if (hs_sv2_decode(frame->data, frame->len, 0, out, &why) == 0) {
        c->now.message = hs_sv2_spec_of(out->id)->name;
        hs_check_report(c, HS_CHECK_ENCODING, "%s", strict.text);
        return 0;
    }
    if (why.reason == HS_SV2_E_EXTENSION) {
        hs_check_extension(c, frame->data, frame->len); /* nobody here understands it */
    } else {
        hs_check_report(c, HS_CHECK_MALFORMED, "%s", why.text);
    }
    return -1;
}

/* What the recording says about the message beside its bytes. */
static void check_comment(hs_check *c, const hs_check_frame *frame, const hs_sv2_message *message)
{
    const hs_sv2_spec *const spec = hs_sv2_spec_of(message->id);
    HS_CHECK_REPORT_IF(
        c, frame->sender != 0 && spec->sender != HS_SV2_EITHER && frame->sender != spec->sender,
        HS_CHECK_DIRECTION, "it comes from the %s, and only a %s sends it",
        frame->sender == HS_SV2_CLIENT ? "client" : "server",
        spec->sender == HS_SV2_CLIENT ? "client" : "server");
    HS_CHECK_REPORT_IF(c,
                       frame->name != NULL &&
                           (frame->name_len != strlen(spec->name) ||
                            memcmp(frame->name, spec->name, frame->name_len) != 0),
                       HS_CHECK_COMMENT, "the comment before it says %.*s",
                       frame->name_len < 40 ? (int)frame->name_len : 40, frame->name);
}

/* After the session has found the message legal. */
static void follow(hs_check *c, const hs_sv2_message *m, const hs_session_step *step)
{
    switch ((enum hs_sv2_id)m->id) {
    case HS_SV2_UPDATE_CHANNEL:
        hs_check_update(c, m, step);
        break;
    case HS_SV2_UPDATE_CHANNEL_ERROR:
        hs_check_update_error(c, m);
        break;
    case HS_SV2_SET_TARGET:
        hs_check_target_set(c, m);
        break;
    case HS_SV2_CHANNEL_ENDPOINT_CHANGED:
        hs_check_endpoint_changed(c, m);
        break;
    case HS_SV2_NEW_MINING_JOB:
        hs_check_job(c, m->as.new_mining_job.channel_id, m->as.new_mining_job.job_id, 0);
        break;
    case HS_SV2_NEW_EXTENDED_JOB:
        hs_check_job(c, m->as.new_extended_job.channel_id, m->as.new_extended_job.job_id, 0);
        break;
    case HS_SV2_SET_CUSTOM_JOB_SUCCESS:
        hs_check_job(c, m->as.set_custom_job_success.channel_id,
                     m->as.set_custom_job_success.job_id, 1);
        break;
    case HS_SV2_SET_NEW_PREV_HASH:
        hs_check_tip(c, m);
        break;
    case HS_SV2_SET_EXTRANONCE_PREFIX:
        hs_check_served(c, m->as.set_extranonce_prefix.channel_id, 0);
        break;
    case HS_SV2_CLOSE_CHANNEL:
        hs_check_closed(c, step);
        break;
    case HS_SV2_SUBMIT_SUCCESS:
        hs_check_acknowledged(c, m, step);
        break;
    default:
        break;
    }
}

void hs_check_frame_in(hs_check *check, const hs_check_frame *frame)
{
    hs_check_connection *const now = &check->now;
    hs_sv2_message message;
    hs_session_step step;
    if (now->session == NULL) {
        return;
    }
    check->totals.frames++;
    now->frame++;
    now->line = frame->line;
    now->offset = now->next_offset;
    now->next_offset += frame->len;
    now->message = "frame";
    advance(check, frame);
    if (decode(check, frame, &message) != 0) {
        return;
    }
    check_comment(check, frame, &message);
    const int legal = hs_session_apply(now->session, &message, &step) == 0;
    HS_CHECK_REPORT_IF(check, !legal, step.rule, "%s", step.text);
    if (message.id == HS_SV2_SUBMIT_STANDARD || message.id == HS_SV2_SUBMIT_EXTENDED) {
        hs_check_share_sent(check, &message, &step);
    } else if (legal) {
        follow(check, &message, &step);
    }
}
