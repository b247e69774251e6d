/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * adapter: the hooks of the ABI, in front of the core. It judges what comes in (sizes, NULLs, time,
 * ranges, NaN), turns events into the core's plain arguments and the core's answers into the host's
 * structs. A call that breaks a rule changes nothing and answers a negative status; the core never
 * sees it.
 *
 * Further inside, a struct of the ABI is met only where it is written or read as a whole: the
 * outbox's decisions (outbox.h), the tallies of a snapshot (metrics.h), the streams of a saved
 * state and of a written configuration, and the host's text for a refusal (text.h).
 */
#ifndef PLUGIN_ADAPTER_H
#define PLUGIN_ADAPTER_H

#include <stddef.h>

#include "abi/hmx_abi.h"
#include "abi/hmx_metrics.h"
#include "abi/hmx_tuning.h"
#include "plugin/core/core.h"

struct hmx_instance {
    hmx_host host;    /* copy; missing callbacks are NULL */
    hm_memory memory; /* the core points here: the instance does not move */
    hm_core core;
    hm_alarm alarm; /* what was broken; then every hook but destroy answers HMX_E_FATAL */
    uint64_t last_seq;
    uint32_t upstreams_max;
    uint32_t pad0;
};

/* The hooks (descriptor in entry.c). */
extern const hmx_ops HM_OPS;
/* Extension tables. */
extern const hmx_tuning_v1 HM_TUNING_EXTENSION;   /* adapter_tuning.c */
extern const hmx_metrics_v1 HM_METRICS_EXTENSION; /* adapter_metrics.c */

/* ---- adapter_life.c: hooks that make and end an instance ---- */
hmx_status hm_create(const hmx_host *host, const hmx_create_args *args, hmx_instance **out);
void hm_destroy(hmx_instance *self);
hmx_status hm_upstreams_table(hmx_instance *self, hmx_upstream_table *out);
hmx_status hm_reconfigure(hmx_instance *self, const hmx_reconfigure_args *args);

/* The wall clock, as the host tells it. */
static inline void hm_note_clock(hmx_instance *self, uint64_t now_ns, uint64_t unix_ms)
{
    self->core.clock_ns = now_ns;
    self->core.unix_ms = unix_ms;
}

/* ---- adapter_audit.c ---- */
/* From here on the host's audit is told, if it has one. */
void hm_audit_begin(hmx_instance *self);

/* ---- adapter_rows.c ---- */
/* One row of a snapshot; the upstream exists. */
hmx_upstream_metrics hm_metrics_row(const hm_core *core, uint32_t upstream);
hmx_status hm_metrics_snapshot(hmx_instance *self, hmx_snapshot *out);
/* The channel in this slot, which is open. */
hmx_channel_metrics hm_metrics_channel(const hm_core *core, uint32_t slot);

/* ---- adapter_text.c ---- */
hmx_status hm_write_prometheus(hmx_instance *self, const hmx_writer *to);
hmx_status hm_write_json(hmx_instance *self, const hmx_writer *to);
hmx_status hm_write_channels(hmx_instance *self, const hmx_writer *to);

/* ---- adapter_facts.c: hooks that report ---- */
hmx_status hm_on_upstream(hmx_instance *self, const hmx_upstream_event *event);
hmx_status hm_on_channel_open(hmx_instance *self, const hmx_channel_open *event,
                              hmx_channel_decision *out);
hmx_status hm_on_channel_update(hmx_instance *self, const hmx_channel_update *event);
hmx_status hm_on_channel_close(hmx_instance *self, const hmx_channel_close *event);
hmx_status hm_on_share(hmx_instance *self, const hmx_share *event);

/* ---- adapter_moves.c: hooks that decide ---- */
hmx_status hm_on_tick(hmx_instance *self, const hmx_tick *event, hmx_decision_buf *out);
hmx_status hm_on_reassign(hmx_instance *self, const hmx_reassign *event);

/* ---- adapter_state.c ---- */
hmx_status hm_save(hmx_instance *self, const hmx_writer *to);
hmx_status hm_load(hmx_instance *self, const hmx_load_args *args);

/* First thing in each hook: is there an instance, and has it not lost count? HMX_OK, HMX_E_INVALID
 * or HMX_E_FATAL. */
static inline hmx_status hm_instance_check(const hmx_instance *self)
{
    if (self == NULL) {
        return HMX_E_INVALID;
    }
    return self->alarm.where == NULL ? HMX_OK : HMX_E_FATAL;
}

/* The answer to a call that breaks a rule or comes too late. */
static inline hmx_status hm_refusal(const hmx_instance *self)
{
    const hmx_status status = hm_instance_check(self);
    return status != HMX_OK ? status : HMX_E_INVALID;
}

/* Judges the instance and the head of an event: `required` is the size of the struct in version
 * 1.0. */
static inline hmx_status hm_event_check(const hmx_instance *self, const hmx_event *event,
                                        size_t required)
{
    if (hm_instance_check(self) != HMX_OK || event == NULL || event->size < required ||
        event->now_ns < self->core.now_ns || event->seq <= self->last_seq) {
        return hm_refusal(self);
    }
    return HMX_OK;
}
/* The event is accepted: its time and number are the latest. */
static inline void hm_event_commit(hmx_instance *self, const hmx_event *event)
{
    self->core.now_ns = event->now_ns;
    self->last_seq = event->seq;
}

/* The time and number before an event: an event that is refused did not use up its own (rule 8). */
typedef struct hm_moment {
    uint64_t now_ns;
    uint64_t seq;
} hm_moment;

static inline hm_moment hm_event_begin(hmx_instance *self, const hmx_event *event)
{
    const hm_moment before = {.now_ns = self->core.now_ns, .seq = self->last_seq};
    hm_event_commit(self, event);
    return before;
}
static inline hmx_status hm_event_end(hmx_instance *self, hm_moment before, hmx_status status)
{
    if (status < 0) {
        self->core.now_ns = before.now_ns;
        self->last_seq = before.seq;
    }
    return status;
}

/* ---- adapter_check.c ---- */
/* Says what was broken, once. Returns HMX_E_FATAL. */
hmx_status hm_poisoned(const hmx_instance *self);
/* Last thing in each hook that changed something: its status, or HMX_E_FATAL when the alarm went
 * off meanwhile. */
static inline hmx_status hm_answer(const hmx_instance *self, hmx_status status)
{
    return self->alarm.where == NULL ? status : hm_poisoned(self);
}

/* Can an array of the host's take whole rows of `least` bytes (their size in version 1.0)? Judged
 * before the first is written. */
int hm_rows_are_sound(const void *rows, uint32_t stride, uint32_t capacity, size_t least);

/* Finite and >= 0. */
int hm_is_quantity(double value);
/* Hashes per second as the core counts them; absurd values are cut at 1e21 h/s (the whole network's
 * order). */
double hm_core_hashrate(double hashes_per_second);

#endif
