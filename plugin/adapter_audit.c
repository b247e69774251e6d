/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter_audit: a line of JSON for the host's audit whenever a channel is placed, a decision is
 * made, or one has ended, with the numbers that caused it. The fields are told in abi/AUDIT.md and
 * are part of the contract: abi/audit.schema.json. Built on the stack; allocates nothing.
 */
#include <string.h>

#include "plugin/adapter.h"
#include "plugin/base/json.h"
#include "plugin/core/core_control.h"

/* The longest: two pools of 300 bytes each, and an identity of 255 bytes, each of which may take
 * six. */
enum { LINE_SIZE = 4096 };

#define WORD(list, index) ((index) < sizeof(list) / sizeof *(list) ? (list)[index] : "unknown")

static const char *reason_of(uint32_t reason)
{
    static const char *const REASONS[] = {"none",       "arrival", "adopted", "balance",
                                          "evacuation", "pin",     "prefix",  "operator",
                                          "no_pool",    "cannot",  "observe"};
    return WORD(REASONS, reason);
}

static const char *result_of(uint32_t result)
{
    static const char *const RESULTS[] = {"none", "applied", "refused", "failed", "forced"};
    switch (result) {
    case HM_ENDED_EXPIRED:
        return "expired";
    case HM_ENDED_VOID:
        return "void";
    default:
        return WORD(RESULTS, result);
    }
}

static void begin(const hmx_instance *self, hm_text *line, char *buffer, const char *event)
{
    hm_text_init(line, buffer, LINE_SIZE);
    hm_json_open(line, NULL, '{');
    hm_json_count(line, "v", 1);
    hm_json_word(line, "event", event);
    hm_json_count(line, "unix_ms", hm_core_unix_ms(&self->core));
    hm_json_count(line, "now_ns", self->core.now_ns);
}

static void finish(const hmx_instance *self, hm_text *line)
{
    hm_json_close(line, '}');
    if (HM_HOLDS(hm_core_alarm(&self->core), !line->cut)) {
        self->host.audit(self->host.ctx, line->data, line->len);
    }
}

static void add_channel(const hmx_instance *self, hm_text *line, uint32_t slot)
{
    const hm_channels *const c = &self->core.assignment.channels;
    if (slot == HM_SLOT_NONE) {
        hm_json_null(line, "channel");
        hm_json_text(line, "identity", "", 0);
        hm_json_number(line, "hashrate_hs", 0.0);
        return;
    }
    const hm_channel_cold *const cold = hm_cold(c, slot);
    hm_json_count(line, "channel", hm_hot(c, slot)->channel);
    hm_json_text(line, "identity", cold->identity != NULL ? cold->identity : "",
                 cold->identity != NULL ? cold->identity_len : 0u);
    hm_json_number(line, "hashrate_hs", hm_hot(c, slot)->hashrate * HM_HASHES_PER_WORK);
}

/* A place by its name alone; null = parked. */
static void add_place(const hmx_instance *self, hm_text *line, const char *name, uint32_t upstream)
{
    if (!hm_upstreams_exists(&self->core.upstreams, upstream)) {
        hm_json_null(line, name);
        return;
    }
    const hm_upstream *const row = &self->core.upstreams.rows[upstream - 1u];
    hm_json_open(line, name, '{');
    hm_json_count(line, "upstream", upstream);
    hm_json_word(line, "id", row->id);
    hm_json_close(line, '}');
}

/* With what was wanted of it, what it got, and what it is owed. */
static void add_pool(const hmx_instance *self, hm_text *line, const char *name, uint32_t upstream)
{
    if (!hm_upstreams_exists(&self->core.upstreams, upstream)) {
        hm_json_null(line, name);
        return;
    }
    const hmx_upstream_metrics row = hm_metrics_row(&self->core, upstream);
    hm_json_open(line, name, '{');
    hm_json_count(line, "upstream", upstream);
    hm_json_word(line, "id", row.id);
    hm_json_truth(line, "usable", (row.flags & HMX_ROW_USABLE) != 0);
    hm_json_number(line, "target_pct", row.target_pct);
    hm_json_number(line, "effective_pct", row.effective_pct);
    hm_json_number(line, "command_pct", row.command_pct);
    hm_json_number(line, "allocated_pct", row.allocated_pct);
    hm_json_number(line, "actual_pct", row.actual_pct);
    hm_json_number(line, "delivered_pct", row.delivered_pct);
    hm_json_number(line, "owed_work", row.owed_work);
    hm_json_close(line, '}');
}

/* What the plan was about: how far the farm was off at the evaluation, and what is left of that. */
static void add_plan(const hmx_instance *self, hm_text *line)
{
    const hm_core *const core = &self->core;
    const hm_control *const k = &core->control;
    const double hashrate = hm_control_hashrate(core);
    const double left = hashrate > 0.0 ? hm_control_deviation(core, hashrate) : 0.0;
    hm_json_count(line, "evaluation", core->evaluations);
    hm_json_number(line, "deadband_points", k->band_points);
    hm_json_number(line, "deviation_points", k->deviation_points);
    hm_json_number(line, "left_points", left);
    hm_json_number(line, "gained_points", k->deviation_points - left);
}

static void decided(void *ctx, const hmx_decision *d, int withheld)
{
    static const char *const KINDS[] = {"none", "move", "prefix"};
    static const char *const STYLES[] = {"hard", "soft", "reopen"};
    const hmx_instance *const self = ctx;
    char buffer[LINE_SIZE];
    hm_text line;
    begin(self, &line, buffer, "decision");
    hm_json_count(&line, "decision", d->decision);
    hm_json_truth(&line, "withheld", withheld);
    hm_json_word(&line, "kind", WORD(KINDS, d->kind));
    hm_json_word(&line, "style", WORD(STYLES, d->style));
    hm_json_word(&line, "reason", reason_of(d->reason));
    add_channel(self, &line, hm_channels_find(&self->core.assignment.channels, d->channel, 0));
    add_pool(self, &line, "from", d->from);
    add_pool(self, &line, "to", d->to);
    add_plan(self, &line);
    finish(self, &line);
}

static void ended(void *ctx, const hm_ended *e)
{
    const hmx_instance *const self = ctx;
    char buffer[LINE_SIZE];
    hm_text line;
    begin(self, &line, buffer, "outcome");
    hm_json_count(&line, "decision", e->decision);
    hm_json_word(&line, "result", result_of(e->result));
    hm_json_truth(&line, "late", e->late);
    hm_json_count(&line, "cause", e->cause);
    add_channel(self, &line, e->slot);
    add_place(self, &line, "from", e->from);
    add_place(self, &line, "to", e->to);
    finish(self, &line);
}

static void placed(void *ctx, uint32_t slot, uint32_t upstream, uint32_t reason, int withheld)
{
    const hmx_instance *const self = ctx;
    char buffer[LINE_SIZE];
    hm_text line;
    begin(self, &line, buffer, "placement");
    hm_json_truth(&line, "withheld", withheld);
    hm_json_word(&line, "reason", reason_of(reason));
    add_channel(self, &line, slot);
    add_pool(self, &line, "to", upstream);
    finish(self, &line);
}

void hm_audit_begin(hmx_instance *self)
{
    static const hm_audit AUDIT = {.decided = decided, .ended = ended, .placed = placed};
    self->core.audit = self->host.audit != NULL ? &AUDIT : NULL;
}
