/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * harness_farm: ticks, what becomes of decisions, snapshots, and a small deterministic farm: each
 * channel finds one share of its own difficulty per second. Needs harness.h. */
#ifndef INTEGRATION_HARNESS_FARM_H
#define INTEGRATION_HARNESS_FARM_H

#include "tests/integration/harness.h"

/* One call of on_tick; its decisions are added to h->decisions. Returns `more`. */
static inline uint32_t it_tick_once(it_host *h)
{
    static hmx_decision rows[IT_ROWS];
    const uint32_t capacity = h->options.capacity;
    memset(rows, 0, capacity * sizeof rows[0]);
    for (uint32_t i = 0; i < capacity; i++) {
        rows[i].size = sizeof rows[i];
    }
    hmx_decision_buf buf = {
        .size = sizeof buf, .stride = sizeof rows[0], .capacity = capacity, .rows = rows};
    const hmx_tick e = {.event = it_event(h, sizeof e),
                        .unix_ms = 1700000000000ull + h->now_ns / 1000000};
    cr_assert_eq(hs_guard_on_tick(h->guard, &e, &buf), HMX_OK, "%s", h->log);
    h->ticked_ns = h->now_ns;
    h->tick_calls++;
    cr_assert_leq(h->decision_count + buf.count, IT_ROWS);
    memcpy(&h->decisions[h->decision_count], rows, buf.count * sizeof rows[0]);
    h->decision_count += buf.count;
    return buf.more;
}

/* on_tick, again and again while there is more. Returns the number of decisions. */
static inline uint32_t it_tick(it_host *h)
{
    h->decision_count = h->tick_calls = 0;
    while (it_tick_once(h)) {
        cr_assert_lt(h->tick_calls, 10 * IT_CHANNELS, "more, and more, and never an end");
    }
    return h->decision_count;
}

static inline it_channel *it_channel_named(it_host *h, uint64_t channel)
{
    for (uint32_t i = 0; i < h->channel_count; i++) {
        if (h->channels[i].channel == channel) {
            return &h->channels[i];
        }
    }
    cr_assert_fail("no channel %llu", (unsigned long long)channel);
    return NULL;
}

static inline hmx_reassign it_outcome(it_host *h, const hmx_decision *d, uint32_t result)
{
    hmx_reassign e = {.event = it_event(h, sizeof e),
                      .decision = d->decision,
                      .channel = d->channel,
                      .cookie = d->cookie,
                      .from = d->from,
                      .to = result == HMX_RESULT_APPLIED ? d->to : d->from,
                      .result = result};
    if (result == HMX_RESULT_APPLIED) {
        e.extranonce_prefix_len = d->extranonce_prefix_len;
        memcpy(e.extranonce_prefix, d->extranonce_prefix, sizeof e.extranonce_prefix);
    }
    return e;
}

static inline hmx_status it_answer(it_host *h, const hmx_decision *d, uint32_t result)
{
    const hmx_reassign e = it_outcome(h, d, result);
    const hmx_status status = hs_guard_on_reassign(h->guard, &e);
    if (status == HMX_OK && result == HMX_RESULT_APPLIED) {
        it_channel *const c = it_channel_named(h, d->channel);
        c->upstream = d->to;
        c->prefix_len = d->extranonce_prefix_len;
        memcpy(c->prefix, d->extranonce_prefix, sizeof c->prefix);
        c->moved_ns = h->now_ns;
        h->moves++;
    }
    return status;
}

/* Answers all decisions of the last tick. */
static inline void it_answer_all(it_host *h, uint32_t result)
{
    for (uint32_t i = 0; i < h->decision_count; i++) {
        cr_assert_eq(it_answer(h, &h->decisions[i], result), HMX_OK);
    }
}

/* The host moves a channel on its own. */
static inline hmx_status it_force(it_host *h, uint32_t index, uint32_t to)
{
    it_channel *const c = &h->channels[index];
    const hmx_reassign e = {.event = it_event(h, sizeof e),
                            .channel = c->channel,
                            .cookie = c->cookie,
                            .from = c->upstream,
                            .to = to,
                            .result = HMX_RESULT_FORCED};
    const hmx_status status = hs_guard_on_reassign(h->guard, &e);
    if (status == HMX_OK) {
        c->upstream = to;
        c->prefix_len = 0;
    }
    return status;
}

/* No job of this prefix is valid any more. */
static inline hmx_status it_drained(it_host *h, uint32_t index, uint32_t upstream,
                                    const uint8_t *prefix, uint32_t len)
{
    hmx_reassign e = {.event = it_event(h, sizeof e),
                      .channel = h->channels[index].channel,
                      .from = upstream,
                      .result = HMX_RESULT_DRAINED,
                      .extranonce_prefix_len = len};
    memcpy(e.extranonce_prefix, prefix, len);
    return hs_guard_on_reassign(h->guard, &e);
}

/* What the plugin says of it is in h->why. */
static inline hmx_status it_reconfigure(it_host *h, const char *config)
{
    hmx_text why = it_text(h);
    const hmx_reconfigure_args args = {.size = sizeof args,
                                       .config_text = {config, strlen(config)},
                                       .now_ns = h->now_ns,
                                       .unix_ms = 1700000000000ull,
                                       .why = &why};
    return hs_guard_reconfigure(h->guard, &args);
}

/* ---- snapshots: zeroed where nothing was written, so that two can be compared as bytes ---- */
typedef struct it_view {
    hmx_snapshot s;
    hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX]; /* of upstream i + 1 */
} it_view;

static inline it_view it_snapshot(it_host *h)
{
    static hmx_upstream_metrics rows[HMX_UPSTREAMS_MAX];
    static it_view view;
    memset(&view, 0, sizeof view);
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
    }
    view.s = (hmx_snapshot){.size = sizeof view.s,
                            .stride = sizeof rows[0],
                            .capacity = HMX_UPSTREAMS_MAX,
                            .rows = rows};
    cr_assert_eq(h->metrics->snapshot(h->self, &view.s), HMX_OK);
    view.s.rows = NULL;
    for (uint32_t i = 0; i < view.s.count; i++) {
        cr_assert(rows[i].upstream >= 1 && rows[i].upstream <= HMX_UPSTREAMS_MAX);
        view.rows[rows[i].upstream - 1] = rows[i];
    }
    return view;
}

static inline hmx_upstream_metrics it_row(it_host *h, uint32_t upstream)
{
    return it_snapshot(h).rows[upstream - 1];
}

static inline int it_same_view(const it_view *a, const it_view *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline hmx_channel_metrics it_channel_row(it_host *h, uint32_t index)
{
    hmx_channel_metrics row = {.size = sizeof row};
    cr_assert_eq(h->metrics->channel(h->self, h->channels[index].channel, 0, &row), HMX_OK);
    return row;
}

/* The adjustment of one upstream. */
static inline hmx_adjustment it_adjustment(it_host *h, uint32_t upstream)
{
    hmx_adjustment rows[HMX_UPSTREAMS_MAX] = {{0}};
    hmx_adjustments out = {
        .size = sizeof out, .stride = sizeof rows[0], .capacity = HMX_UPSTREAMS_MAX, .rows = rows};
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        rows[i].size = sizeof rows[i];
    }
    cr_assert_eq(h->metrics->adjustments(h->self, &out), HMX_OK);
    for (uint32_t i = 0; i < out.count; i++) {
        if (rows[i].upstream == upstream) {
            return rows[i];
        }
    }
    cr_assert_fail("no adjustment for upstream %u", upstream);
    return rows[0];
}

/* ---- the farm ---- */
enum it_policy { IT_APPLY, IT_REFUSE };

/* Every open channel that works somewhere finds what it finds in `seconds`, in one share. */
static inline void it_mine(it_host *h, double seconds)
{
    for (uint32_t i = 0; i < h->channel_count; i++) {
        if (h->channels[i].open && h->channels[i].upstream != HMX_NONE) {
            it_paid(h, i, 1, h->channels[i].difficulty * seconds);
        }
    }
}

/* `steps` times: time passes, shares are found, a tick, its decisions answered. */
static inline void it_run(it_host *h, uint32_t steps, double step_s, enum it_policy policy)
{
    for (uint32_t i = 0; i < steps; i++) {
        it_advance(h, step_s);
        it_mine(h, step_s);
        if (it_tick(h) > 0) {
            it_answer_all(h, policy == IT_APPLY ? HMX_RESULT_APPLIED : HMX_RESULT_REFUSED);
        }
    }
}

/* Moves a channel by the host's hand until so many work for each upstream: placements for tests. */
static inline void it_place(it_host *h, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t wanted[] = {a, b, c};
    uint32_t index = 0;
    for (uint32_t upstream = 1; upstream <= 3; upstream++) {
        for (uint32_t i = 0; i < wanted[upstream - 1]; i++, index++) {
            if (h->channels[index].upstream != upstream) {
                cr_assert_eq(it_force(h, index, upstream), HMX_OK);
            }
        }
    }
}

#endif
