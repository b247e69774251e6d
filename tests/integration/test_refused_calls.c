/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Calls that break a rule of the contract answer a negative status and change nothing: the snapshot
 * before equals the snapshot after, byte for byte. They go to the plugin's own hooks, because the
 * guard would not pass most of them on. */
#include <math.h>
#include <stdlib.h>

#include "tests/integration/harness_farm.h"

static it_host H;

static hmx_upstream_event upstream_event;
static hmx_channel_open open_event;
static hmx_channel_update update_event;
static hmx_channel_close close_event;
static hmx_share share_event;
static hmx_tick tick_event;
static hmx_reassign reassign_event;
static hmx_channel_decision open_answer;
static hmx_decision rows[4];
static hmx_decision_buf buffer;

typedef hmx_status (*sound_call)(const void *event);

static hmx_status call_upstream(const void *e)
{
    return H.plugin.ops.on_upstream(H.self, e);
}
static hmx_status call_open(const void *e)
{
    return H.plugin.ops.on_channel_open(H.self, e, &open_answer);
}
static hmx_status call_update(const void *e)
{
    return H.plugin.ops.on_channel_update(H.self, e);
}
static hmx_status call_close(const void *e)
{
    return H.plugin.ops.on_channel_close(H.self, e);
}
static hmx_status call_share(const void *e)
{
    return H.plugin.ops.on_share(H.self, e);
}
static hmx_status call_tick(const void *e)
{
    return H.plugin.ops.on_tick(H.self, e, &buffer);
}
static hmx_status call_reassign(const void *e)
{
    return H.plugin.ops.on_reassign(H.self, e);
}

typedef struct hook {
    const char *name;
    sound_call call;
    void *event;
    uint32_t size;
} hook;

static const hook HOOKS[] = {
    {"on_upstream", call_upstream, &upstream_event, sizeof upstream_event},
    {"on_channel_open", call_open, &open_event, sizeof open_event},
    {"on_channel_update", call_update, &update_event, sizeof update_event},
    {"on_channel_close", call_close, &close_event, sizeof close_event},
    {"on_share", call_share, &share_event, sizeof share_event},
    {"on_tick", call_tick, &tick_event, sizeof tick_event},
    {"on_reassign", call_reassign, &reassign_event, sizeof reassign_event},
};

/* A farm in the middle of its life, and one sound event per hook. */
static void setup(void)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 20, 1000);
    it_run(&H, 40, 1, IT_APPLY);
    open_answer = (hmx_channel_decision){.size = sizeof open_answer};
    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < 4; i++) {
        rows[i].size = sizeof rows[0];
    }
    buffer = (hmx_decision_buf){
        .size = sizeof buffer, .stride = sizeof rows[0], .capacity = 4, .rows = rows};
    upstream_event = it_upstream(&H, IT_B, HMX_UPSTREAM_DOWN);
    open_event = it_channel_event(&H, 1000);
    update_event = (hmx_channel_update){.channel = 1, .changed = HMX_FACT_NOMINAL_HASHRATE};
    update_event.event = it_event(&H, sizeof update_event);
    update_event.nominal_hashrate = 9e15;
    close_event = (hmx_channel_close){.event = it_event(&H, sizeof close_event), .channel = 1};
    share_event = it_share_event(&H, 0, IT_A, HMX_SHARE_ACCEPTED, 1, 1e9);
    tick_event = (hmx_tick){.event = it_event(&H, sizeof tick_event)};
    tick_event.event.now_ns += 100 * IT_SECOND;
    reassign_event = (hmx_reassign){
        .channel = 1, .from = H.channels[0].upstream, .to = IT_C, .result = HMX_RESULT_FORCED};
    reassign_event.event = it_event(&H, sizeof reassign_event);
}

static void expect_refused(const hook *k, hmx_status got, const it_view *before, const char *what)
{
    const it_view after = it_snapshot(&H);
    cr_assert_eq(got, HMX_E_INVALID, "%s %s: %d", k->name, what, got);
    cr_assert(it_same_view(before, &after), "%s %s changed the snapshot", k->name, what);
}

Test(refused, null_short_late_and_repeated_events, .init = setup)
{
    const it_view before = it_snapshot(&H);
    for (size_t i = 0; i < sizeof HOOKS / sizeof HOOKS[0]; i++) {
        const hook *const k = &HOOKS[i];
        hmx_event *const head = k->event;
        const hmx_event sound = *head;
        expect_refused(k, k->call(NULL), &before, "with NULL");
        for (uint32_t size = 0; size < k->size; size++) {
            unsigned char *const exact = malloc(size < 4 ? 4 : size); /* read beyond: ASan sees */
            cr_assert_not_null(exact);
            head->size = size;
            memcpy(exact, head, size < 4 ? 4 : size);
            expect_refused(k, k->call(exact), &before, "too short");
            free(exact);
        }
        *head = sound;
        head->now_ns = H.now_ns - 1;
        expect_refused(k, k->call(head), &before, "from the past");
        *head = sound;
        head->seq = 1;
        expect_refused(k, k->call(head), &before, "with an old number");
        *head = sound;
    }
    H.host_faults_expected = 0;
    it_close(&H);
}

/* The same events are sound otherwise: the refusals above are for the reason given. */
Test(refused, the_same_events_are_accepted_when_they_are_sound, .init = setup)
{
    for (size_t i = 0; i < sizeof HOOKS / sizeof HOOKS[0]; i++) {
        hmx_event *const head = HOOKS[i].event;
        head->seq = 1000000 + i;
        head->now_ns = H.now_ns + (i + 1) * 100 * IT_SECOND;
        const hmx_status got = HOOKS[i].call(head);
        cr_assert_eq(got, strcmp(HOOKS[i].name, "on_reassign") == 0 ? HMX_E_STATE : HMX_OK,
                     "%s: %d", HOOKS[i].name, got); /* channel 1 was closed by then */
        cr_assert_neq(HOOKS[i].call(head), HMX_OK, "%s twice", HOOKS[i].name);
    }
    it_close(&H);
}

Test(refused, a_null_instance, .init = setup)
{
    const hmx_ops *const ops = &H.plugin.ops;
    cr_assert_eq(ops->on_upstream(NULL, &upstream_event), HMX_E_INVALID);
    cr_assert_eq(ops->on_channel_open(NULL, &open_event, &open_answer), HMX_E_INVALID);
    cr_assert_eq(ops->on_channel_update(NULL, &update_event), HMX_E_INVALID);
    cr_assert_eq(ops->on_channel_close(NULL, &close_event), HMX_E_INVALID);
    cr_assert_eq(ops->on_share(NULL, &share_event), HMX_E_INVALID);
    cr_assert_eq(ops->on_tick(NULL, &tick_event, &buffer), HMX_E_INVALID);
    cr_assert_eq(ops->on_reassign(NULL, &reassign_event), HMX_E_INVALID);
    cr_assert_eq(ops->upstreams(NULL, NULL), HMX_E_INVALID);
    cr_assert_eq(ops->reconfigure(NULL, NULL), HMX_E_INVALID);
    it_close(&H);
}

/* Runs `call` with one field broken at a time. */
#define EXPECT_REFUSED(k, field, value)                                                            \
    do {                                                                                           \
        const it_view before = it_snapshot(&H);                                                    \
        const __typeof__(field) sound = field;                                                     \
        field = value;                                                                             \
        expect_refused(k, (k)->call((k)->event), &before, #field " = " #value);                    \
        field = sound;                                                                             \
    } while (0)

Test(refused, impossible_upstream_facts, .init = setup)
{
    const hook *const k = &HOOKS[0];
    upstream_event.state = HMX_UPSTREAM_UP;
    EXPECT_REFUSED(k, upstream_event.upstream, 0);
    EXPECT_REFUSED(k, upstream_event.upstream, 4);
    EXPECT_REFUSED(k, upstream_event.upstream, 65);
    EXPECT_REFUSED(k, upstream_event.upstream, UINT32_MAX);
    EXPECT_REFUSED(k, upstream_event.state, 0);
    EXPECT_REFUSED(k, upstream_event.state, 5);
    EXPECT_REFUSED(k, upstream_event.has_job, 3);
    EXPECT_REFUSED(k, upstream_event.version_rolling, 3);
    EXPECT_REFUSED(k, upstream_event.fixed_version, 3);
    EXPECT_REFUSED(k, upstream_event.extranonce_size, 33);
    EXPECT_REFUSED(k, upstream_event.extranonce_prefix_len, 33);
    EXPECT_REFUSED(k, upstream_event.extranonce_prefix_len, UINT32_MAX);
    upstream_event.extranonce_size = 16;
    EXPECT_REFUSED(k, upstream_event.extranonce_prefix_len, 17);
    it_close(&H);
}

Test(refused, impossible_channels, .init = setup)
{
    const hook *const k = &HOOKS[1];
    EXPECT_REFUSED(k, open_event.channel, 0);
    EXPECT_REFUSED(k, open_event.connection, 0);
    EXPECT_REFUSED(k, open_event.kind, 0);
    EXPECT_REFUSED(k, open_event.kind, 3);
    EXPECT_REFUSED(k, open_event.honours_prefix, 3);
    EXPECT_REFUSED(k, open_event.extranonce_size, 4); /* a standard channel has none */
    EXPECT_REFUSED(k, open_event.nominal_hashrate, NAN);
    EXPECT_REFUSED(k, open_event.nominal_hashrate, INFINITY);
    EXPECT_REFUSED(k, open_event.nominal_hashrate, -1);
    EXPECT_REFUSED(k, open_event.current_upstream, 9);
    EXPECT_REFUSED(k, open_event.extranonce_prefix_len, 33);
    EXPECT_REFUSED(k, open_event.user_identity.len, 1);
    EXPECT_REFUSED(k, open_answer.size, sizeof open_answer - 1);
    open_event.kind = HMX_CHANNEL_EXTENDED;
    EXPECT_REFUSED(k, open_event.extranonce_size, 33);
    EXPECT_REFUSED(k, open_event.min_extranonce_size, 1); /* more than is promised */
    const it_view before = it_snapshot(&H);
    expect_refused(k, H.plugin.ops.on_channel_open(H.self, &open_event, NULL), &before,
                   "without a place for the answer");
    it_close(&H);
}

Test(refused, impossible_changes_shares_and_outcomes, .init = setup)
{
    EXPECT_REFUSED(&HOOKS[2], update_event.nominal_hashrate, NAN);
    EXPECT_REFUSED(&HOOKS[2], update_event.nominal_hashrate, -0.5);
    EXPECT_REFUSED(&HOOKS[2], update_event.nominal_hashrate, INFINITY);
    update_event.changed = HMX_FACT_HONOURS_PREFIX;
    EXPECT_REFUSED(&HOOKS[2], update_event.honours_prefix, 3);
    const hook *const share = &HOOKS[4];
    EXPECT_REFUSED(share, share_event.channel, 0);
    EXPECT_REFUSED(share, share_event.upstream, 0);
    EXPECT_REFUSED(share, share_event.upstream, 4);
    EXPECT_REFUSED(share, share_event.verdict, 0);
    EXPECT_REFUSED(share, share_event.verdict, 10);
    EXPECT_REFUSED(share, share_event.count, 0);
    EXPECT_REFUSED(share, share_event.work, 0);
    EXPECT_REFUSED(share, share_event.work, -1);
    EXPECT_REFUSED(share, share_event.work, NAN);
    EXPECT_REFUSED(share, share_event.work, INFINITY);
    const hook *const reassign = &HOOKS[6];
    EXPECT_REFUSED(reassign, reassign_event.channel, 0);
    EXPECT_REFUSED(reassign, reassign_event.result, 0);
    EXPECT_REFUSED(reassign, reassign_event.result, 6);
    EXPECT_REFUSED(reassign, reassign_event.from, 9);
    EXPECT_REFUSED(reassign, reassign_event.to, 9);
    EXPECT_REFUSED(reassign, reassign_event.extranonce_prefix_len, 33);
    it_close(&H);
}

Test(refused, buffers_that_cannot_take_a_decision, .init = setup)
{
    const hook *const k = &HOOKS[5];
    EXPECT_REFUSED(k, buffer.size, sizeof buffer - 1);
    EXPECT_REFUSED(k, buffer.rows, NULL);
    EXPECT_REFUSED(k, buffer.stride, sizeof rows[0] - 8);
    EXPECT_REFUSED(k, rows[3].size, 0);
    EXPECT_REFUSED(k, rows[3].size, sizeof rows[0] + 8);
    const it_view before = it_snapshot(&H);
    expect_refused(k, H.plugin.ops.on_tick(H.self, &tick_event, NULL), &before, "without a buffer");
    it_close(&H);
}

Test(refused, an_upstream_table_that_cannot_take_a_row, .init = setup)
{
    hmx_upstream_info info[3];
    hmx_upstream_info before[3];
    hmx_upstream_table table = {
        .size = sizeof table, .stride = sizeof info[0], .capacity = 3, .rows = info};
    memset(info, 0, sizeof info);
    info[0].size = info[2].size = sizeof info[0];
    info[1].size = 16;
    memcpy(before, info, sizeof info);
    cr_assert_eq(H.plugin.ops.upstreams(H.self, &table), HMX_E_INVALID);
    cr_assert_eq(memcmp(before, info, sizeof info), 0, "a refusal wrote rows");
    cr_assert_eq(table.count, 0);
    table.rows = NULL;
    cr_assert_eq(H.plugin.ops.upstreams(H.self, &table), HMX_E_INVALID);
    table.capacity = 0;
    cr_assert_eq(H.plugin.ops.upstreams(H.self, &table), HMX_OK);
    cr_assert_eq(table.count, 3);
    it_close(&H);
}

Test(refused, channels_that_are_not_open, .init = setup)
{
    const it_view before = it_snapshot(&H);
    close_event.channel = update_event.channel = reassign_event.channel = 4711;
    cr_assert_eq(call_close(&close_event), HMX_E_STATE);
    cr_assert_eq(call_update(&update_event), HMX_E_STATE);
    cr_assert_eq(call_reassign(&reassign_event), HMX_E_STATE);
    close_event.channel = update_event.channel = 0;
    cr_assert_eq(call_close(&close_event), HMX_E_STATE);
    cr_assert_eq(call_update(&update_event), HMX_E_STATE);
    const it_view after = it_snapshot(&H);
    cr_assert(it_same_view(&before, &after));
    open_event.channel = 1; /* is open already */
    cr_assert_eq(call_open(&open_event), HMX_E_STATE);
    cr_assert_eq(it_snapshot(&H).s.channels, 20);
    it_close(&H);
}
