/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A plugin that has lost count of its channels (poisoned.so, made from the sources and
 * tests/poison/legality.c): the hook that notices answers HMX_E_FATAL, all later ones do, and
 * destroy gives back every byte. */
#undef HMX_HASHMUX_SO
#define HMX_HASHMUX_SO HMX_LIB_DIR "/poisoned.so"

#include "tests/integration/harness_farm.h"
#include "tests/poison/poison.h"

static it_host H;
static hmx_decision rows[4];

static hmx_status write_nothing(void *ctx, const void *data, uint64_t len)
{
    (void)ctx, (void)data, (void)len;
    return HMX_OK;
}

static hmx_status read_nothing(void *ctx, void *data, uint64_t capacity, uint64_t *len)
{
    (void)ctx, (void)data, (void)capacity;
    *len = 0;
    return HMX_OK;
}

static hmx_decision_buf buffer(void)
{
    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < 4; i++) {
        rows[i].size = sizeof rows[0];
    }
    return (hmx_decision_buf){
        .size = sizeof(hmx_decision_buf), .stride = sizeof rows[0], .capacity = 4, .rows = rows};
}

static hmx_status tick(double seconds)
{
    hmx_decision_buf out = buffer();
    it_advance(&H, seconds);
    const hmx_tick e = {.event = it_event(&H, sizeof e)};
    return hs_guard_on_tick(H.guard, &e, &out);
}

/* A farm with one channel too many in the books. */
static void open_spoilt(void)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 20, 1000);
    it_run(&H, 40, 1, IT_APPLY);
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.channel = POISONED_CHANNEL;
    hmx_channel_decision answer = {.size = sizeof answer};
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &answer), HMX_OK);
}

Test(poison, the_evaluation_that_counts_afresh_notices)
{
    open_spoilt();
    cr_assert_eq(tick(100.0), HMX_E_FATAL);
    cr_assert_not_null(strstr(H.log, "this is a fault of the plugin"), "%s", H.log);
    cr_assert_not_null(strstr(H.log, "counts"), "it says what does not hold: %s", H.log);
    it_close(&H);
}

Test(poison, every_hook_answers_fatal_from_then_on)
{
    open_spoilt();
    cr_assert_eq(tick(100.0), HMX_E_FATAL);
    const hmx_ops *const ops = &H.plugin.ops;
    hmx_instance *const self = H.self;
    const hmx_upstream_event upstream = it_upstream(&H, IT_B, HMX_UPSTREAM_DOWN);
    cr_assert_eq(ops->on_upstream(self, &upstream), HMX_E_FATAL);
    const hmx_channel_open open = it_channel_event(&H, 1000);
    hmx_channel_decision answer = {.size = sizeof answer};
    cr_assert_eq(ops->on_channel_open(self, &open, &answer), HMX_E_FATAL);
    const hmx_channel_update update = {.event = it_event(&H, sizeof update), .channel = 1};
    cr_assert_eq(ops->on_channel_update(self, &update), HMX_E_FATAL);
    const hmx_channel_close closing = {.event = it_event(&H, sizeof closing), .channel = 1};
    cr_assert_eq(ops->on_channel_close(self, &closing), HMX_E_FATAL);
    const hmx_share share = it_share_event(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 1, 1e9);
    cr_assert_eq(ops->on_share(self, &share), HMX_E_FATAL);
    const hmx_tick time = {.event = it_event(&H, sizeof time)};
    hmx_decision_buf out = buffer();
    cr_assert_eq(ops->on_tick(self, &time, &out), HMX_E_FATAL);
    const hmx_reassign moved = {.event = it_event(&H, sizeof moved),
                                .channel = 1,
                                .from = H.channels[0].upstream,
                                .to = IT_C,
                                .result = HMX_RESULT_FORCED};
    cr_assert_eq(ops->on_reassign(self, &moved), HMX_E_FATAL);
    hmx_upstream_table table = {.size = sizeof table};
    cr_assert_eq(ops->upstreams(self, &table), HMX_E_FATAL);
    const hmx_writer to = {.size = sizeof to, .write = write_nothing};
    cr_assert_eq(ops->save(self, &to), HMX_E_FATAL);
    const hmx_reader from = {.size = sizeof from, .read = read_nothing};
    const hmx_load_args load = {.size = sizeof load, .now_ns = H.now_ns, .from = &from};
    cr_assert_eq(ops->load(self, &load), HMX_E_FATAL);
    const hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {IT_ABC, sizeof IT_ABC - 1}, .now_ns = H.now_ns};
    cr_assert_eq(ops->reconfigure(self, &args), HMX_E_FATAL);
    it_close(&H);
}

Test(poison, the_extensions_answer_fatal_too)
{
    open_spoilt();
    cr_assert_eq(tick(100.0), HMX_E_FATAL);
    hmx_instance *const self = H.self;
    const uint64_t now = H.now_ns;
    const hmx_tuning_v1 *const t = H.plugin.ops.get_extension(self, HMX_TUNING_ID);
    const hmx_metrics_v1 *const m = H.plugin.ops.get_extension(self, HMX_METRICS_ID);
    const hmx_pid_gains gains = {.size = sizeof gains, .kp = 1.0};
    const hmx_targets targets = {.size = sizeof targets, .stride = sizeof(hmx_target)};
    const hmx_view pattern = {"*", 1};
    const hmx_writer to = {.size = sizeof to, .write = write_nothing};
    cr_assert_eq(t->set_tuning_model(self, now, HMX_TUNING_BALANCED, NULL), HMX_E_FATAL);
    cr_assert_eq(t->set_custom_pid_params(self, now, &gains, NULL), HMX_E_FATAL);
    cr_assert_eq(t->set_deadband(self, now, HMX_DEADBAND_POINTS, 1.0, NULL), HMX_E_FATAL);
    cr_assert_eq(t->set_evaluation_interval(self, now, 30, NULL), HMX_E_FATAL);
    cr_assert_eq(t->set_min_reassignment_interval(self, now, 30, NULL), HMX_E_FATAL);
    cr_assert_eq(t->set_targets(self, now, &targets, NULL), HMX_E_FATAL);
    cr_assert_eq(t->set_upstream_enabled(self, now, IT_A, HMX_NO, NULL), HMX_E_FATAL);
    cr_assert_eq(t->pin(self, now, pattern, IT_A, NULL), HMX_E_FATAL);
    cr_assert_eq(t->unpin(self, now, pattern, NULL), HMX_E_FATAL);
    cr_assert_eq(t->rebalance_now(self, now, NULL), HMX_E_FATAL);
    cr_assert_eq(t->write_config(self, &to), HMX_E_FATAL);
    hmx_snapshot snapshot = {.size = sizeof snapshot};
    hmx_channel_metrics channel = {.size = sizeof channel};
    hmx_adjustments adjustments = {.size = sizeof adjustments};
    cr_assert_eq(m->snapshot(self, &snapshot), HMX_E_FATAL);
    cr_assert_eq(m->channel(self, 1, 0, &channel), HMX_E_FATAL);
    cr_assert_eq(m->adjustments(self, &adjustments), HMX_E_FATAL);
    it_close(&H);
}

/* The fault lies in the fixture alone. */
Test(poison, without_the_spoilt_channel_it_is_the_plugin_that_it_was)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 20, 1000);
    it_run(&H, 400, 1, IT_APPLY);
    cr_assert_eq(tick(100.0), HMX_OK);
    it_close(&H);
}
