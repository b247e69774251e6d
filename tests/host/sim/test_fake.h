/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * test_fake.h: a plugin of the test's own, which puts every channel on the first pool, asks for the
 * moves that it is given, and remembers what it is told and when. */
#ifndef TESTS_HOST_SIM_TEST_FAKE_H
#define TESTS_HOST_SIM_TEST_FAKE_H

#include "tests/host/sim/test_run.h"

#include "host_stub/sim/state.h"

enum { FAKE_SHARES_MAX = 400000, FAKE_MOVES_MAX = 64 };

struct fake_move {
    uint64_t second;
    uint64_t channel;
    uint32_t from;
    uint32_t to;
};

struct fake_share {
    uint64_t second;
    hmx_share e;
};

struct fake_told {
    uint64_t second;
    hmx_reassign e;
};

static struct {
    const struct fake_move *moves; /* in order of time */
    uint32_t move_count;
    uint32_t moved;
    size_t share_count;
    uint32_t told_count;
    uint32_t open_count;
    uint32_t close_count;
    uint32_t drained_of_b; /* prefixes of the second pool that are free */
    uint64_t ticks;
    uint64_t last_tick;
    uint64_t longest_gap;                  /* seconds between two ticks */
    uint32_t at[FAKE_MOVES_MAX];           /* upstream of each channel */
    struct fake_told told[FAKE_MOVES_MAX]; /* answers to decisions */
    uint64_t opened_at[FAKE_MOVES_MAX];
    hmx_channel_open opened[FAKE_MOVES_MAX]; /* the texts are gone */
    uint32_t update_count;
    uint64_t updated_at[FAKE_MOVES_MAX];
    hmx_channel_update updates[FAKE_MOVES_MAX];
    uint64_t closed_at[FAKE_MOVES_MAX];
    uint32_t close_reason[FAKE_MOVES_MAX];
    struct fake_share shares[FAKE_SHARES_MAX];
} fake;

static uint64_t fake_second(const hmx_event *event)
{
    return (event->now_ns - HS_SIM_START_NS) / HS_NS_PER_SEC;
}

static hmx_status fake_create(const hmx_host *host, const hmx_create_args *args, hmx_instance **out)
{
    static int instance;
    (void)host, (void)args;
    *out = (hmx_instance *)&instance;
    return HMX_OK;
}

static void fake_destroy(hmx_instance *self)
{
    (void)self;
}

static hmx_status fake_open(hmx_instance *self, const hmx_channel_open *e,
                            hmx_channel_decision *out)
{
    (void)self;
    if (fake.open_count < FAKE_MOVES_MAX) {
        fake.opened_at[fake.open_count] = fake_second(&e->event);
        fake.opened[fake.open_count++] = *e;
    }
    if (e->channel < FAKE_MOVES_MAX) {
        fake.at[e->channel] = 1;
    }
    out->cookie = e->channel;
    out->action = HMX_ACTION_ASSIGN;
    out->upstream = 1;
    return HMX_OK;
}

static hmx_status fake_close(hmx_instance *self, const hmx_channel_close *e)
{
    (void)self;
    if (fake.close_count < FAKE_MOVES_MAX) {
        fake.closed_at[fake.close_count] = fake_second(&e->event);
        fake.close_reason[fake.close_count++] = e->reason;
    }
    return HMX_OK;
}

static hmx_status fake_update(hmx_instance *self, const hmx_channel_update *e)
{
    (void)self;
    if (fake.update_count < FAKE_MOVES_MAX) {
        fake.updated_at[fake.update_count] = fake_second(&e->event);
        fake.updates[fake.update_count++] = *e;
    }
    return HMX_OK;
}

static hmx_status fake_upstream(hmx_instance *self, const hmx_upstream_event *e)
{
    (void)self, (void)e;
    return HMX_OK;
}

static hmx_status fake_on_share(hmx_instance *self, const hmx_share *e)
{
    (void)self;
    if (fake.share_count < FAKE_SHARES_MAX) {
        fake.shares[fake.share_count++] = (struct fake_share){fake_second(&e->event), *e};
    }
    return HMX_OK;
}

static hmx_status fake_tick(hmx_instance *self, const hmx_tick *e, hmx_decision_buf *out)
{
    (void)self;
    const uint64_t second = fake_second(&e->event);
    const uint64_t gap = fake.ticks > 0 ? second - fake.last_tick : 0;
    fake.longest_gap = gap > fake.longest_gap ? gap : fake.longest_gap;
    fake.last_tick = second;
    fake.ticks++;
    while (fake.moved < fake.move_count && fake.moves[fake.moved].second <= second &&
           out->count < out->capacity) {
        const struct fake_move *const m = &fake.moves[fake.moved++];
        if (fake.at[m->channel] != m->from) {
            continue; /* it has been moved before */
        }
        hmx_decision *const row = &out->rows[out->count++];
        row->kind = HMX_DECISION_MOVE;
        row->decision = fake.moved;
        row->channel = row->cookie = m->channel;
        row->from = m->from;
        row->to = m->to;
        row->style = HMX_STYLE_HARD;
        row->reason = HMX_REASON_BALANCE;
        row->valid_until_ns = e->event.now_ns + 60 * HS_NS_PER_SEC;
    }
    return HMX_OK;
}

static hmx_status fake_reassign(hmx_instance *self, const hmx_reassign *e)
{
    (void)self;
    fake.drained_of_b += e->result == HMX_RESULT_DRAINED && e->from == 2;
    if (e->channel < FAKE_MOVES_MAX && e->result != HMX_RESULT_DRAINED) {
        fake.at[e->channel] = e->to;
    }
    if (e->decision != 0 && fake.told_count < FAKE_MOVES_MAX) {
        fake.told[fake.told_count++] = (struct fake_told){fake_second(&e->event), *e};
    }
    return HMX_OK;
}

/* A run of the text with this plugin; `r` may be NULL. */
static inline void run_fake(const char *text, uint64_t seconds, const struct fake_move *moves,
                            uint32_t move_count, hs_sim_result *r)
{
    static hs_scenario scenario;
    const hs_plugin plugin = {.ops = {.size = sizeof(hmx_ops),
                                      .create = fake_create,
                                      .destroy = fake_destroy,
                                      .on_upstream = fake_upstream,
                                      .on_channel_open = fake_open,
                                      .on_channel_close = fake_close,
                                      .on_channel_update = fake_update,
                                      .on_share = fake_on_share,
                                      .on_tick = fake_tick,
                                      .on_reassign = fake_reassign}};
    const hs_sim_options options = {.plugin = &plugin, .seed = 5, .seconds = seconds, .record = 1};
    hs_sim_result own;
    hs_sim_result *const result = r != NULL ? r : &own;
    char why[1024] = "";
    memset(&fake, 0, sizeof fake);
    fake.moves = moves;
    fake.move_count = move_count;
    cr_assert_eq(hs_scenario_parse(&scenario, "text.ini", text, why, sizeof why), 0, "%s", why);
    cr_assert_eq(hs_sim_run(&scenario, &options, result, why, sizeof why), 0, "%s", why);
    cr_assert_eq(result->submitted, result->accepted + result->rejected + result->lost);
    cr_assert_eq(result->guard_violations, 0);
    hs_scenario_free(&scenario);
    if (r == NULL) {
        hs_sim_result_free(result);
    }
}

/* Shares told with this verdict. */
static inline uint64_t fake_count(uint32_t verdict)
{
    uint64_t count = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        count += fake.shares[i].e.verdict == verdict ? fake.shares[i].e.count : 0;
    }
    return count;
}

#endif
