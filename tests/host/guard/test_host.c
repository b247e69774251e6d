/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every rule that binds a host: broken here on purpose, with a plugin that keeps to the contract,
 * and the guard says so by name and blames the host alone. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

#include "tests/host/guard/life.h"

static void hook_after_fatal(life *l);

/* ---- lifecycle */

static void use_after_destroy(life *l)
{
    hs_guard_destroy(l->guard);
    cr_expect(life_tick(l) == HMX_E_STATE, "the hook was made");
}

static void no_instance(life *l)
{
    hs_guard_delete(l->guard);
    l->options.fail_alloc = 1;
    life_create(l);
    cr_expect(l->created == HMX_E_NOMEM, "create answered %d", l->created);
    cr_expect(life_tick(l) == HMX_E_STATE, "the hook was made");
}

static hmx_status write_and_call(void *ctx, const void *data, uint64_t len)
{
    (void)data;
    (void)len;
    cr_expect(life_tick(ctx) == HMX_E_STATE, "the hook was made inside a hook");
    return HMX_OK;
}

static void call_inside_call(life *l)
{
    const hmx_writer to = {.size = sizeof to, .ctx = l, .write = write_and_call};
    cr_expect(hs_guard_save(l->guard, &to) == HMX_OK, "save failed");
}

static void null_argument(life *l)
{
    cr_expect(hs_guard_on_share(l->guard, NULL) == HMX_E_INVALID, "taken");
}

static void event_size(life *l)
{
    hmx_share e = life_share_event(l, 1, HMX_SHARE_SUBMITTED);
    e.event.size = 16;
    cr_expect(hs_guard_on_share(l->guard, &e) == HMX_E_INVALID, "taken");
}

static void time_backwards(life *l)
{
    hmx_share e = life_share_event(l, 1, HMX_SHARE_SUBMITTED);
    e.event.now_ns = 1;
    (void)hs_guard_on_share(l->guard, &e);
}

static void seq(life *l)
{
    hmx_share e = life_share_event(l, 1, HMX_SHARE_SUBMITTED);
    (void)hs_guard_on_share(l->guard, &e);
    (void)hs_guard_on_share(l->guard, &e);
}

static void create_args(life *l)
{
    hs_guard_delete(l->guard);
    hmx_create_args args = life_args(l);
    args.config_path = (hmx_view){"also.ini", 8};
    l->guard = hs_guard_new(&l->plugin, &args, &l->options, &l->created);
}

static void buffer(life *l)
{
    hmx_decision_buf out = {.size = sizeof out, .stride = sizeof(hmx_decision), .capacity = 4};
    const hmx_tick e = {.event = life_event(l, sizeof e)};
    cr_expect(hs_guard_on_tick(l->guard, &e, &out) == HMX_E_INVALID, "rows are NULL");
}

/* Lets the plugin decide and gives the one row. */
static hmx_decision decide(life *l)
{
    hmx_decision row = {.size = sizeof row};
    hmx_decision_buf out = {.size = sizeof out, .stride = sizeof row, .capacity = 1, .rows = &row};
    const hmx_tick e = {.event = life_event(l, sizeof e)};
    cr_assert(hs_guard_on_tick(l->guard, &e, &out) == HMX_OK && out.count == 1, "no decision");
    return row;
}

/* ---- upstreams and channels */

static void unknown_upstream(life *l)
{
    (void)life_upstream(l, 4, HMX_UPSTREAM_UP);
}

static void upstream_facts(life *l)
{
    hmx_upstream_event e = life_upstream_event(l, 1, HMX_UPSTREAM_UP);
    e.extranonce_size = 31; /* and a prefix of 2 */
    (void)hs_guard_on_upstream(l->guard, &e);
}

static void open_event(life *l, hmx_channel_open *e)
{
    hmx_channel_decision out = {.size = sizeof out};
    (void)hs_guard_on_channel_open(l->guard, e, &out);
}

static void channel_id(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.connection = 0;
    open_event(l, &e);
}

static void channel_reused(life *l)
{
    (void)life_close(l, 2);
    (void)life_open(l, 2);
}

static void unknown_channel(life *l)
{
    l->cookies[7] = 0;
    (void)life_update(l, 7);
}

static void wrong_cookie(life *l)
{
    l->cookies[1]++;
    (void)life_share(l, 1, HMX_SHARE_SUBMITTED);
}

static void channel_facts(life *l)
{
    hmx_channel_open e = life_open_event(l, 5);
    e.nominal_hashrate = NAN;
    open_event(l, &e);
}

static void reopen_not_pending(life *l)
{
    const hmx_decision d = decide(l); /* an ordinary move: nobody asked to close the channel */
    (void)life_close_for(l, d.channel, HMX_CLOSE_REOPEN);
}

static void share_facts(life *l)
{
    hmx_share e = life_share_event(l, 1, HMX_SHARE_ACCEPTED);
    e.event.flags = HMX_SHARE_FLAG_LOCAL;
    (void)hs_guard_on_share(l->guard, &e);
}

static void share_work(life *l)
{
    hmx_share e = life_share_event(l, 1, HMX_SHARE_SUBMITTED);
    e.work = 0;
    (void)hs_guard_on_share(l->guard, &e);
}

static void share_unsubmitted(life *l)
{
    (void)life_share(l, 1, HMX_SHARE_SUBMITTED);
    (void)life_share(l, 1, HMX_SHARE_ACCEPTED);
    (void)life_share(l, 2, HMX_SHARE_REJECTED_STALE);
}

/* ---- outcomes */

static void reassign_result(life *l)
{
    hmx_decision d = decide(l);
    d.decision = 0;
    (void)life_reassign(l, &d, HMX_RESULT_APPLIED);
}

static void reassign_not_pending(life *l)
{
    const hmx_decision d = decide(l);
    (void)life_reassign(l, &d, HMX_RESULT_APPLIED);
    cr_expect(life_reassign(l, &d, HMX_RESULT_APPLIED) == HMX_E_STATE, "a double answer was taken");
}

static void reassign_place(life *l)
{
    hmx_decision d = decide(l);
    d.to = 3;
    (void)life_reassign(l, &d, HMX_RESULT_APPLIED);
}

static void reassign_prefix(life *l)
{
    hmx_decision d = decide(l);
    d.extranonce_prefix[5] ^= 1;
    (void)life_reassign(l, &d, HMX_RESULT_APPLIED);
}

static void host_prefix_collision(life *l)
{
    hmx_decision d = decide(l);
    (void)life_reassign(l, &d, HMX_RESULT_APPLIED); /* channel 1 works on b with that prefix */
    hmx_channel_open e = life_open_event(l, 5);
    e.current_upstream = 2;
    e.extranonce_prefix_len = d.extranonce_prefix_len - 1; /* the beginning of channel 1's */
    memcpy(e.extranonce_prefix, d.extranonce_prefix, d.extranonce_prefix_len);
    hmx_channel_decision out = {.size = sizeof out};
    l->plugin.ops.on_channel_open = NULL; /* the host chooses */
    cr_expect(hs_guard_on_channel_open(l->guard, &e, &out) == HMX_E_UNSUPPORTED, "there is a hook");
}

static void load_args(life *l)
{
    const hmx_load_args args = {.size = sizeof args, .now_ns = l->now_ns};
    (void)hs_guard_load(l->guard, &args);
}

typedef struct rule {
    const char *check;
    void (*break_it)(life *l);
} rule;

static const rule RULES[] = {
    {"hook-after-fatal", hook_after_fatal},
    {"use-after-destroy", use_after_destroy},
    {"hook-without-instance", no_instance},
    {"call-inside-call", call_inside_call},
    {"null-argument", null_argument},
    {"event-size", event_size},
    {"time-backwards", time_backwards},
    {"seq-not-increasing", seq},
    {"create-args", create_args},
    {"buffer", buffer},
    {"host-unknown-upstream", unknown_upstream},
    {"upstream-facts", upstream_facts},
    {"channel-id", channel_id},
    {"channel-reused", channel_reused},
    {"unknown-channel", unknown_channel},
    {"wrong-cookie", wrong_cookie},
    {"channel-facts", channel_facts},
    {"reopen-not-pending", reopen_not_pending},
    {"share-facts", share_facts},
    {"share-work", share_work},
    {"verdict-without-submit", share_unsubmitted},
    {"reassign-result", reassign_result},
    {"reassign-not-pending", reassign_not_pending},
    {"reassign-place", reassign_place},
    {"reassign-prefix", reassign_prefix},
    {"host-prefix-collision", host_prefix_collision},
    {"load-args", load_args},
};
enum { RULE_COUNT = sizeof RULES / sizeof RULES[0] };

/* The plugin answers HMX_E_FATAL once, by a hook put in its place. */
static hmx_status fatal_save(hmx_instance *self, const hmx_writer *to)
{
    (void)self;
    (void)to;
    return HMX_E_FATAL - 3;
}

static void hook_after_fatal(life *l)
{
    l->plugin.ops.save = fatal_save;
    const hmx_writer to = {.size = sizeof to, .write = life_fail_write};
    cr_expect(hs_guard_save(l->guard, &to) == HMX_E_FATAL - 3, "the status was changed");
    cr_expect(hs_guard_instance(l->guard) == NULL, "the instance is still given out");
    cr_expect(life_tick(l) == HMX_E_STATE, "the hook was made");
}

ParameterizedTestParameters(guard_host, each_rule)
{
    static size_t rows[RULE_COUNT];
    for (size_t i = 0; i < RULE_COUNT; i++) {
        rows[i] = i;
    }
    return cr_make_param_array(size_t, rows, RULE_COUNT);
}

ParameterizedTest(size_t *row, guard_host, each_rule)
{
    static life l;
    const rule *const r = &RULES[*row];
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    life_begin(&l);
    cr_assert(l.note_count == 0, "%s", l.notes[0].text);
    r->break_it(&l);
    const uint64_t found = hs_guard_delete(l.guard);
    cr_expect(life_count(&l, HS_SIDE_HOST, r->check) == 1, "%s: reported %d times", r->check,
              life_count(&l, HS_SIDE_HOST, r->check));
    const char *const other = life_other(&l, HS_SIDE_HOST, r->check);
    cr_expect(other == NULL, "%s: something else was reported, too: %s", r->check, other);
    cr_expect(found == 1, "%s: counted %d", r->check, (int)found);
    hs_loader_close(&l.plugin);
}

Test(guard_host, every_rule_of_the_host_has_a_test)
{
    for (size_t i = 0; hs_guard_checks(i) != NULL; i++) {
        const hs_guard_check *const c = hs_guard_checks(i);
        int tested = c->side == HS_SIDE_PLUGIN;
        for (size_t k = 0; k < RULE_COUNT; k++) {
            tested |= strcmp(RULES[k].check, c->name) == 0;
        }
        cr_expect(tested, "%s has no test", c->name);
    }
}

/* A call that is safe to make is made, so that the plugin's own answer can be seen. */
Test(guard_host, a_harmless_mistake_reaches_the_plugin)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    life_begin(&l);
    cr_expect(life_upstream(&l, 9, HMX_UPSTREAM_UP) == HMX_E_INVALID, "not the plugin's answer");
    cr_expect(hs_guard_violations(l.guard, HS_SIDE_HOST) == 1, "the host is not blamed");
    cr_expect(hs_guard_violations(l.guard, HS_SIDE_PLUGIN) == 0, "the plugin is blamed");
    hs_guard_delete(l.guard);
    hs_loader_close(&l.plugin);
}
