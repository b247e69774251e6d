/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_text: the snapshot as text: in the Prometheus exposition format 0.0.4, and as JSON; and
 * the single channels, for whoever asks for them. What there is to say stands in adapter_fields.h.
 */
#include <string.h>

#include "plugin/adapter.h"
#include "plugin/adapter_fields.h"
#include "plugin/base/json.h"

enum { CHUNK_SIZE = 8192 }; /* a whole pool, or a channel with the longest identity, as JSON */

/* One text on its way to the host. */
typedef struct writing {
    const hmx_writer *to;
    hm_text text;
    hmx_status status;
    char chunk[CHUNK_SIZE];
} writing;

typedef struct view {
    hmx_snapshot s;
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
} view;

static void flush(writing *w)
{
    if (w->text.len > 0 && w->status == HMX_OK &&
        (w->text.cut || w->to->write(w->to->ctx, w->text.data, w->text.len) < 0)) {
        w->status = HMX_E_IO;
    }
    hm_text_init(&w->text, w->chunk, sizeof w->chunk);
}

/* Judges the call, and begins. */
static hmx_status begin(const hmx_instance *self, const hmx_writer *to, writing *w)
{
    if (hm_instance_check(self) != HMX_OK || to == NULL || to->size < HMX_WRITER_SIZE_VER0 ||
        to->write == NULL) {
        return hm_refusal(self);
    }
    w->to = to;
    w->status = HMX_OK;
    hm_text_init(&w->text, w->chunk, sizeof w->chunk);
    return HMX_OK;
}

/* A snapshot of our own, to be given back. NULL without memory. */
static view *look(hmx_instance *self)
{
    view *const v = hm_alloc(&self->memory, 1, sizeof *v, _Alignof(view));
    if (v != NULL) {
        for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
            v->rows[i].size = sizeof v->rows[i];
        }
        v->s = (hmx_snapshot){.size = sizeof v->s,
                              .stride = sizeof v->rows[0],
                              .capacity = HMX_UPSTREAMS_MAX,
                              .rows = v->rows};
        (void)hm_metrics_snapshot(self, &v->s);
    }
    return v;
}

typedef void (*tell)(writing *w, const view *v);

static hmx_status write_view(hmx_instance *self, const hmx_writer *to, tell how)
{
    writing w;
    const hmx_status status = begin(self, to, &w);
    if (status != HMX_OK) {
        return status;
    }
    view *const v = look(self);
    if (v == NULL) {
        return HMX_E_NOMEM;
    }
    how(&w, v);
    flush(&w);
    hm_free(&self->memory, v, 1, sizeof *v, _Alignof(view));
    return hm_answer(self, w.status);
}

/* ---- Prometheus ---- */

static void add_family(writing *w, const char *prefix, const hm_field *f, const char *suffix,
                       const char *help)
{
    hm_text_addf(&w->text, "# HELP hashmux_%s%s%s %s\n# TYPE hashmux_%s%s%s %s\n", prefix,
                 f->metric, suffix, help, prefix, f->metric, suffix,
                 f->is_counter ? "counter" : "gauge");
}

static void add_sample(writing *w, const char *prefix, const hm_field *f, const char *suffix,
                       const char *label, const char *of, double value)
{
    hm_text_addf(&w->text, "hashmux_%s%s%s", prefix, f->metric, suffix);
    if (label != NULL) {
        hm_text_addf(&w->text, "{%s=\"%s\"}", label, of);
    }
    hm_text_add(&w->text, " ");
    hm_text_add_number(&w->text, value);
    hm_text_add(&w->text, "\n");
}

static const char *suffix_of(const hm_field *f)
{
    return f->is_counter ? "_total" : "";
}

static void add_total(writing *w, const hmx_snapshot *s, const hm_field *f)
{
    add_family(w, "", f, suffix_of(f), f->help);
    if (f->offset == offsetof(hmx_snapshot, tuning_model)) {
        add_sample(w, "", f, "", "model", hm_field_word(f, s), 1.0);
    } else {
        add_sample(w, "", f, suffix_of(f), NULL, NULL, hm_field_number(f, s) * f->unit);
    }
    flush(w);
}

static void add_tallies(writing *w, const view *v, const hm_field *f)
{
    char help[160];
    hm_text text;
    for (int of_work = 0; of_work <= 1; of_work++) {
        const char *const suffix = of_work ? "_work_total" : "_shares_total";
        hm_text_init(&text, help, sizeof help);
        hm_text_addf(&text, "%s %s.", of_work ? "Work of shares" : "Shares", f->help);
        add_family(w, "upstream_", f, suffix, help);
        for (uint32_t i = 0; i < v->s.count; i++) {
            const hmx_tally tally = hm_field_tally(f, &v->rows[i]);
            add_sample(w, "upstream_", f, suffix, "upstream", v->rows[i].id,
                       of_work ? tally.work : (double)tally.count);
        }
        flush(w);
    }
}

static void tell_prometheus(writing *w, const view *v)
{
    for (uint32_t k = 0; k < HM_SNAPSHOT_FIELD_COUNT; k++) {
        add_total(w, &v->s, &HM_SNAPSHOT_FIELDS[k]);
    }
    for (uint32_t k = 0; k < HM_ROW_FIELD_COUNT; k++) {
        const hm_field *const f = &HM_ROW_FIELDS[k];
        if (f->type == HM_FIELD_TALLY) {
            add_tallies(w, v, f);
            continue;
        }
        add_family(w, "upstream_", f, suffix_of(f), f->help);
        for (uint32_t i = 0; i < v->s.count; i++) {
            add_sample(w, "upstream_", f, suffix_of(f), "upstream", v->rows[i].id,
                       hm_field_number(f, &v->rows[i]) * f->unit);
        }
        flush(w);
    }
}

hmx_status hm_write_prometheus(hmx_instance *self, const hmx_writer *to)
{
    return write_view(self, to, tell_prometheus);
}

/* ---- JSON ---- */

static void add_member(hm_text *t, const hm_field *f, const void *from)
{
    const char *const word = hm_field_word(f, from);
    if (f->type == HM_FIELD_TALLY) {
        const hmx_tally tally = hm_field_tally(f, from);
        hm_json_open(t, f->name, '{');
        hm_json_count(t, "count", tally.count);
        hm_json_number(t, "work", tally.work);
        hm_json_close(t, '}');
    } else if (word != NULL) {
        hm_json_word(t, f->name, word);
    } else if (f->type == HM_FIELD_DOUBLE) {
        hm_json_number(t, f->name, hm_field_number(f, from));
    } else if (f->type != HM_FIELD_FLAG) {
        hm_json_count(t, f->name, hm_field_whole(f, from));
    }
}

/* All of a struct; its flags as a list of words. */
static void add_members(hm_text *t, const hm_field *fields, uint32_t count, const void *from)
{
    hm_json_open(t, "flags", '[');
    for (uint32_t k = 0; k < count; k++) {
        if (fields[k].type == HM_FIELD_FLAG && hm_field_whole(&fields[k], from) != 0) {
            hm_json_word(t, NULL, fields[k].name);
        }
    }
    hm_json_close(t, ']');
    for (uint32_t k = 0; k < count; k++) {
        add_member(t, &fields[k], from);
    }
}

static void tell_json(writing *w, const view *v)
{
    hm_json_open(&w->text, NULL, '{');
    hm_json_count(&w->text, "v", 1);
    add_members(&w->text, HM_SNAPSHOT_FIELDS, HM_SNAPSHOT_FIELD_COUNT, &v->s);
    hm_json_word(&w->text, "schedule_name", v->s.schedule_name);
    hm_json_open(&w->text, "rows", '[');
    flush(w);
    for (uint32_t i = 0; i < v->s.count; i++) {
        hm_text_add(&w->text, i > 0 ? ",{" : "{");
        hm_json_word(&w->text, "id", v->rows[i].id);
        add_members(&w->text, HM_ROW_FIELDS, HM_ROW_FIELD_COUNT, &v->rows[i]);
        hm_json_close(&w->text, '}');
        flush(w);
    }
    hm_text_add(&w->text, "]}\n");
}

hmx_status hm_write_json(hmx_instance *self, const hmx_writer *to)
{
    return write_view(self, to, tell_json);
}

/* ---- the channels ---- */

static void add_channel(hm_text *t, const hmx_instance *self, uint32_t slot)
{
    const hm_channels *const c = &self->core.assignment.channels;
    const hm_channel_cold *const cold = hm_cold(c, slot);
    const hmx_channel_metrics row = hm_metrics_channel(&self->core, slot);
    hm_json_count(t, "channel", row.channel);
    hm_json_text(t, "identity", cold->identity != NULL ? cold->identity : "",
                 cold->identity != NULL ? cold->identity_len : 0u);
    hm_json_count(t, "connection", cold->connection);
    hm_json_count(t, "upstream", row.upstream);
    hm_json_count(t, "pending_to", row.pending_to);
    hm_json_count(t, "pending_decision", row.pending_decision);
    hm_json_truth(t, "stranded", (row.flags & HMX_CHANNEL_STRANDED) != 0);
    hm_json_truth(t, "bad", (row.flags & HMX_CHANNEL_BAD) != 0);
    hm_json_truth(t, "deaf", (row.flags & HMX_CHANNEL_DEAF) != 0);
    hm_json_number(t, "hashrate", row.hashrate);
    hm_json_number(t, "nominal_hashrate", row.nominal_hashrate);
    hm_json_count(t, "last_move_ns", row.last_move_ns);
    hm_json_count(t, "moves", row.moves);
}

hmx_status hm_write_channels(hmx_instance *self, const hmx_writer *to)
{
    writing w;
    const hmx_status status = begin(self, to, &w);
    if (status != HMX_OK) {
        return status;
    }
    const hm_channels *const c = &self->core.assignment.channels;
    uint32_t told = 0;
    hm_text_add(&w.text, "{\"v\":1,\"channels\":[");
    for (uint32_t slot = 0; slot < c->slots && w.status == HMX_OK; slot++) {
        if (hm_hot(c, slot)->channel != 0) {
            flush(&w);
            hm_text_add(&w.text, told++ > 0 ? ",{" : "{");
            add_channel(&w.text, self, slot);
            hm_json_close(&w.text, '}');
        }
    }
    hm_text_add(&w.text, "]}\n");
    flush(&w);
    return hm_answer(self, w.status);
}
