/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The header's rules, those that no other test breaks or keeps: who introduces himself, what used
 * up its number, what is ignored, and a sentence also when memory ran out. */
#include "tests/integration/state/harness_state.h"

static it_host H;

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")
#define TEN                                                                                        \
    AB IT_POOL("c", "0", "3") IT_POOL("d", "0", "4") IT_POOL("e", "0", "5") IT_POOL("f", "0", "6") \
        IT_POOL("g", "0", "7") IT_POOL("h", "0", "8") IT_POOL("i", "0", "9")                       \
            IT_POOL("j", "0", "10")

/* ---- who is there ---- */
Test(contract_rules, the_first_line_of_the_log_says_who_talks_to_whom)
{
    it_open(&H, AB);
    cr_assert_not_null(strstr(H.log, "hashmux 0."), "%s", H.log);
    cr_assert_not_null(
        strstr(H.log, " in a host without a name, contract 1.0, capabilities 0x3f\n"), "%s", H.log);
    it_close(&H);
}

static void *plain_alloc(void *ctx, uint64_t size, uint64_t align)
{
    (void)ctx;
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static void plain_free(void *ctx, void *p, uint64_t size, uint64_t align)
{
    (void)ctx, (void)size, (void)align;
    free(p);
}

/* What is in the log of an instance that a host of this name made. */
static void expect_introduction(const char *name, const char *version, const char *line)
{
    char why[1024] = "";
    const hs_load_options load = hs_loader_defaults();
    hmx_instance *instance = NULL;
    memset(&H, 0, sizeof H);
    cr_assert_eq(hs_loader_open(HMX_HASHMUX_SO, &load, &H.plugin, why, sizeof why), HS_LOAD_OK);
    const hmx_host host = {.size = sizeof host,
                           .abi_major = 1,
                           .abi_minor = 7,
                           .caps = HMX_CAP_REASSIGN | HMX_CAP_SHARE_WORK,
                           .ctx = &H,
                           .log = it_note_log,
                           .alloc = plain_alloc,
                           .free = plain_free,
                           .name = name,
                           .version = version};
    const hmx_create_args args = it_args(AB, &(it_options){0});
    cr_assert_eq(H.plugin.ops.create(&host, &args, &instance), HMX_OK);
    cr_assert_not_null(strstr(H.log, line), "%s", H.log);
    H.plugin.ops.destroy(instance);
    hs_loader_close(&H.plugin);
}

Test(contract_rules, a_host_says_its_name_and_version)
{
    expect_introduction("a proxy", "3.1", " in a proxy 3.1, contract 1.7, capabilities 0x3\n");
    expect_introduction("a proxy", NULL, " in a proxy, contract 1.7, capabilities 0x3\n");
    expect_introduction("a\nb", NULL, " in a\\x0Ab, contract");
}

/* ---- rule 8: what was refused used up nothing, what was taken did ---- */
Test(contract_rules, a_number_and_a_time_are_used_up_by_what_was_taken)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    const hmx_ops *const ops = &H.plugin.ops;
    hmx_channel_decision d = {.size = sizeof d};
    hmx_channel_open open = it_channel_event(&H, 1000);
    const uint64_t seq = open.event.seq;
    open.event.now_ns += 1000;
    open.kind = 7;
    cr_assert_eq(ops->on_channel_open(H.self, &open, &d), HMX_E_INVALID);
    open.kind = HMX_CHANNEL_STANDARD;
    open.event.now_ns -= 1000;
    cr_assert_eq(ops->on_channel_open(H.self, &open, &d), HMX_OK, "refused, and it had its number");
    hmx_reassign r = {.event = {.size = sizeof r, .now_ns = H.now_ns, .seq = seq + 1}};
    r.channel = open.channel;
    r.decision = 99;
    r.result = HMX_RESULT_APPLIED;
    r.from = r.to = IT_A;
    cr_assert_eq(ops->on_reassign(H.self, &r), HMX_E_STATE, "a decision that is not pending");
    r.decision = 0;
    r.result = HMX_RESULT_FORCED;
    r.to = IT_B;
    cr_assert_eq(ops->on_reassign(H.self, &r), HMX_OK, "the same number");
    cr_assert_eq(ops->on_reassign(H.self, &r), HMX_E_INVALID, "and now it is gone");
    const hmx_upstream_event up = {.event = {.size = sizeof up, .now_ns = H.now_ns, .seq = seq + 2},
                                   .upstream = IT_A,
                                   .state = HMX_UPSTREAM_UP};
    cr_assert_eq(ops->on_upstream(H.self, &up), HMX_OK);
    r.event.seq = seq + 2;
    cr_assert_eq(ops->on_reassign(H.self, &r), HMX_E_INVALID, "of any event");
    it_close(&H);
}

/* An event about a pool that is forgotten is noted and ignored: that is success, with a number. */
Test(contract_rules, what_is_ignored_is_taken_all_the_same)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    it_open(&H, AB);
    it_all_up(&H, 2);
    hmx_reconfigure_args args = {.size = sizeof args, .now_ns = H.now_ns};
    static const char only_b[] = IT_POOL("b", "100", "2");
    args.config_text = (hmx_view){only_b, sizeof only_b - 1};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    it_table(&H, rows);
    hmx_upstream_event e = it_upstream(&H, IT_A, HMX_UPSTREAM_DOWN);
    cr_assert_eq(H.plugin.ops.on_upstream(H.self, &e), HMX_OK);
    cr_assert_eq(H.plugin.ops.on_upstream(H.self, &e), HMX_E_INVALID);
    it_close(&H);
}

/* ---- openings that failed ---- */

/* Allocations that create and what follows take up to here. */
static uint64_t allocations_of_create(const char *config)
{
    for (uint64_t k = 1;; k++) {
        const it_options o = {.fail_alloc = k};
        it_try(&H, config, &o);
        const hmx_status status = H.created;
        it_close(&H);
        if (status == HMX_OK) {
            return k - 1;
        }
    }
}

Test(contract_rules, an_opening_without_memory_is_not_known_and_may_be_tried_again)
{
    const uint64_t before = allocations_of_create(AB);
    int failed = 0;
    for (uint64_t k = 1; k <= 6; k++) {
        const it_options o = {.fail_alloc = before + k};
        it_open_with(&H, AB, &o);
        it_all_up(&H, 2);
        hmx_channel_decision d = {.size = sizeof d};
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.user_identity = (hmx_view){"farm.rig", 8};
        const hmx_status status = hs_guard_on_channel_open(H.guard, &e, &d);
        if (status == HMX_E_NOMEM) {
            failed++;
            hmx_channel_metrics row = {.size = sizeof row};
            cr_assert_eq(H.metrics->channel(H.self, e.channel, 0, &row), HMX_E_STATE);
            cr_assert_eq(it_snapshot(&H).s.channels, 0);
            cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK,
                         "the same event, with the same number");
        } else {
            cr_assert_eq(status, HMX_OK);
        }
        cr_assert_eq(d.action, HMX_ACTION_ASSIGN);
        it_close(&H);
    }
    cr_assert_geq(failed, 3, "chunk, index, name");
}

Test(contract_rules, an_opening_that_broke_a_rule_is_not_known)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    hmx_channel_decision d = {.size = sizeof d};
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.nominal_hashrate = -1;
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_E_INVALID);
    H.host_faults_expected = 1;
    e = it_channel_event(&H, 1000);
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
    e.event = it_event(&H, sizeof e);
    d = (hmx_channel_decision){.size = sizeof d};
    cr_assert_eq(H.plugin.ops.on_channel_open(H.self, &e, &d), HMX_E_STATE, "it is open already");
    cr_assert_eq(it_snapshot(&H).s.channels, 1);
    it_close(&H);
}

/* ---- a sentence also when memory ran out ---- */
Test(contract_rules, a_reconfigure_without_memory_says_so_and_changes_nothing)
{
    const uint64_t before = allocations_of_create(AB);
    int failed = 0;
    for (uint64_t k = 1; k < 50; k++) {
        hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
        const it_options o = {.fail_alloc = before + k};
        it_open_with(&H, AB, &o);
        hmx_text why = it_text(&H);
        hmx_reconfigure_args args = {.size = sizeof args, .now_ns = H.now_ns, .why = &why};
        args.config_text = (hmx_view){TEN, sizeof TEN - 1};
        const hmx_status status = hs_guard_reconfigure(H.guard, &args);
        if (status != HMX_OK) {
            cr_assert_eq(status, HMX_E_NOMEM);
            cr_assert_not_null(strstr(H.why, "memory"), "allocation %d: '%s'", (int)k, H.why);
            cr_assert_eq(it_table(&H, rows), 2);
            cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK, "and now there is some");
            failed++;
        }
        cr_assert_eq(it_table(&H, rows), 10);
        it_close(&H);
        if (status == HMX_OK) {
            break;
        }
    }
    cr_assert_gt(failed, 0);
}

Test(contract_rules, a_load_without_memory_says_so)
{
    static it_bytes state;
    const uint64_t before = allocations_of_create(AB);
    int failed = 0;
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_named(&H, "farm.rig", 1000);
    it_run(&H, 120, 1, IT_APPLY);
    it_save(&H, &state);
    it_close(&H);
    for (uint64_t k = 1; k < 20; k++) {
        const it_options o = {.fail_alloc = before + k};
        it_open_with(&H, AB, &o);
        hmx_text why = it_text(&H);
        state.at = state.calls = 0;
        const hmx_reader reader = {.size = sizeof reader, .ctx = &state, .read = it_stream_read};
        const hmx_load_args args = {
            .size = sizeof args, .now_ns = H.now_ns, .from = &reader, .why = &why};
        const hmx_status status = hs_guard_load(H.guard, &args);
        if (status != HMX_OK) {
            cr_assert_eq(status, HMX_E_NOMEM);
            cr_assert_not_null(strstr(H.why, "memory"), "allocation %d: '%s'", (int)k, H.why);
            failed++;
        }
        it_close(&H);
        if (status == HMX_OK) {
            break;
        }
    }
    cr_assert_gt(failed, 0);
}

/* A pool whose extranonce space finds no memory: the whole event did not happen, and may come
 * again. */
Test(contract_rules, a_pool_without_memory_may_be_told_again)
{
    const it_options o = {.fail_alloc = allocations_of_create(AB) + 1};
    it_open_with(&H, AB, &o);
    hmx_upstream_event e = it_upstream(&H, IT_A, HMX_UPSTREAM_UP);
    e.extranonce_size = 8;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_E_NOMEM);
    cr_assert_eq(it_row(&H, IT_A).flags & HMX_ROW_UP, 0);
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK, "the same event");
    cr_assert_neq(it_row(&H, IT_A).flags & HMX_ROW_UP, 0);
    it_close(&H);
}

/* ---- rule 3: what is not given, and flags that nobody knows yet ---- */
Test(contract_rules, a_view_without_bytes_is_not_given_whatever_its_pointer)
{
    const hmx_view nothing = {&H, 0};
    it_open(&H, AB "[pin.all]\nuser_identity = *\nupstream = b\n");
    it_all_up(&H, 2);
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.user_identity = e.vendor = e.hardware = e.firmware = nothing;
    cr_assert_eq(H.channels[it_channel_with(&H, &e)].upstream, IT_A, "no name matches no pattern");
    hmx_text why = it_text(&H);
    cr_assert_eq(H.tuning->pin(H.self, H.now_ns, nothing, IT_A, &why), HMX_E_CONFIG);
    cr_assert_not_null(strstr(H.why, "1 to 128 bytes"), "%s", H.why);
    it_close(&H);
}

Test(contract_rules, unknown_flags_are_ignored)
{
    for (int newer = 0; newer < 2; newer++) {
        const uint32_t unknown = newer ? 0xfff00000u : 0;
        it_open(&H, AB);
        for (uint32_t u = IT_A; u <= IT_B; u++) {
            hmx_upstream_event up = it_upstream(&H, u, HMX_UPSTREAM_UP);
            up.event.flags = unknown;
            cr_assert_eq(hs_guard_on_upstream(H.guard, &up), HMX_OK);
        }
        for (uint32_t i = 0; i < 20; i++) {
            hmx_channel_open e = it_channel_event(&H, 1000);
            e.event.flags = unknown;
            e.flags = unknown;
            it_channel_with(&H, &e);
            hmx_channel_update change = {.event = it_event(&H, sizeof change),
                                         .channel = e.channel,
                                         .changed = unknown | HMX_FACT_FLAGS,
                                         .flags = unknown};
            change.event.flags = unknown;
            cr_assert_eq(hs_guard_on_channel_update(H.guard, &change), HMX_OK);
        }
        cr_assert_eq(it_count_on(&H, IT_A), 12);
        for (uint32_t i = 0; i < 20; i++) {
            hmx_share e = it_share_event(&H, i, H.channels[i].upstream, HMX_SHARE_SUBMITTED, 1, 10);
            e.event.flags = unknown;
            cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
        }
        cr_assert_eq(it_row(&H, IT_A).submitted.count, 12, "none of them is LOCAL");
        it_down(&H, IT_A);
        it_tick(&H);
        cr_assert_eq(H.decision_count, 12, "nobody is bound by a flag that is not known");
        it_close(&H);
    }
}

/* ---- settings ---- */
Test(contract_rules, the_sixty_fifth_pin_is_one_too_many)
{
    char pattern[16];
    it_open(&H, AB);
    hmx_text why = it_text(&H);
    for (int i = 0; i < 65; i++) {
        const int len = snprintf(pattern, sizeof pattern, "rig%d", i);
        const hmx_view view = {pattern, (uint64_t)len};
        cr_assert_eq(H.tuning->pin(H.self, H.now_ns, view, IT_B, &why),
                     i < 64 ? HMX_OK : HMX_E_LIMIT);
    }
    cr_assert_not_null(strstr(H.why, "64 pins"), "%s", H.why);
    cr_assert_eq(H.tuning->pin(H.self, H.now_ns, (hmx_view){"rig7", 4}, IT_A, NULL), HMX_OK,
                 "one that is there gets another place");
    it_close(&H);
}
