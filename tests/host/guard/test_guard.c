/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The guard with plugins that keep to the contract: it is silent, whatever the host does that is
 * legal, and its accounts are right. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#include "tests/host/guard/life.h"

typedef struct sound {
    char plugin[16];
    int zero_cookie;
    uint32_t tail;
} sound;

ParameterizedTestParameters(guard, a_sound_plugin_is_not_blamed)
{
    static sound rows[] = {
        {"good_min", 0, 0},    {"good_min", 1, 0},   {"good_min", 0, 40},  {"static", 0, 0},
        {"static", 1, 0},      {"static", 0, 40},    {"good_mover", 0, 0}, {"good_mover", 1, 0},
        {"good_mover", 1, 64}, {"good_newer", 0, 0}, {"good_older", 0, 0},
    };
    return cr_make_param_array(sound, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(sound *row, guard, a_sound_plugin_is_not_blamed)
{
    static life l;
    cr_assert(life_load(&l, row->plugin) == 0, "not built");
    l.options.echo_zero_cookie = row->zero_cookie;
    l.options.extra_tail_bytes = row->tail;
    const uint64_t found = life_run(&l);
    cr_expect(found == 0, "%s: %s", row->plugin, l.notes[0].text);
    cr_expect(l.created == HMX_OK, "%s: create answered %d", row->plugin, l.created);
    cr_expect((strcmp(row->plugin, "good_mover") == 0) == (l.decisions > 0), "%s: %d decisions",
              row->plugin, (int)l.decisions);
}

/* good_min: all to the first, to the second while that is down. */
Test(guard, good_min_uses_the_first_upstream_that_is_up)
{
    static life l;
    cr_assert(life_load(&l, "good_min") == 0, "not built");
    life_create(&l);
    cr_expect(life_table(&l) == HMX_OK, "no table");
    cr_expect(life_open(&l, 1) == HMX_OK && l.upstream[1] == HMX_NONE, "nothing is up yet");
    life_upstream(&l, 1, HMX_UPSTREAM_UP);
    life_upstream(&l, 2, HMX_UPSTREAM_UP);
    cr_expect(life_open(&l, 2) == HMX_OK && l.upstream[2] == 1, "went to %u", l.upstream[2]);
    life_upstream(&l, 1, HMX_UPSTREAM_DOWN);
    cr_expect(life_open(&l, 3) == HMX_OK && l.upstream[3] == 2, "went to %u", l.upstream[3]);
    cr_expect(life_tick(&l) == HMX_E_UNSUPPORTED, "there is no on_tick");
    cr_expect(hs_guard_delete(l.guard) == 0, "%s", l.notes[0].text);
    hs_loader_close(&l.plugin);
}

/* Fails the k-th allocation, and all from the k-th on, until a life ends without reaching k. */
static void fail_everywhere(const char *plugin, int all_after)
{
    static life l;
    for (uint64_t k = 1;; k++) {
        cr_assert(life_load(&l, plugin) == 0, "not built");
        l.options.fail_alloc = k;
        l.options.fail_all_after = all_after;
        life_create(&l);
        const uint64_t used = hs_guard_allocations(l.guard);
        const hmx_status created = l.created;
        hs_guard_delete(l.guard);
        l.now_ns = 1000000000u;
        const uint64_t found = life_run(&l);
        cr_expect(found == 0, "%s, allocation %d fails: %s", plugin, (int)k, l.notes[0].text);
        cr_expect(created == (used >= k ? HMX_E_NOMEM : HMX_OK), "%s, %d: create answered %d",
                  plugin, (int)k, created);
        if (used < k && k > 8) {
            return;
        }
    }
}

Test(guard, sound_plugins_survive_any_failing_allocation)
{
    static const char *const PLUGINS[] = {"good_min", "static", "good_mover"};
    for (int i = 0; i < 3; i++) {
        fail_everywhere(PLUGINS[i], 0);
        fail_everywhere(PLUGINS[i], 1);
    }
}

Test(guard, the_allocator_counts)
{
    static life l;
    cr_assert(life_load(&l, "static") == 0, "not built");
    life_create(&l);
    cr_expect(hs_guard_live_blocks(l.guard) == 2, "the instance and its table");
    cr_expect(hs_guard_live_bytes(l.guard) > 1000, "%d bytes", (int)hs_guard_live_bytes(l.guard));
    cr_expect(hs_guard_allocations(l.guard) == 2, "%d", (int)hs_guard_allocations(l.guard));
    hs_guard_destroy(l.guard);
    cr_expect(hs_guard_live_blocks(l.guard) == 0 && hs_guard_live_bytes(l.guard) == 0, "left over");
    cr_expect(hs_guard_delete(l.guard) == 0, "%s", l.notes[0].text);
    hs_loader_close(&l.plugin);
}

/* ---- prefixes in use: the plugin's choice is put in by hand, through a hook of the test. */

static hmx_channel_decision next_answer;

static hmx_status answer(hmx_instance *self, const hmx_channel_open *event,
                         hmx_channel_decision *out)
{
    (void)self;
    (void)event;
    const uint32_t size = out->size;
    *out = next_answer;
    out->size = size;
    return HMX_OK;
}

/* Opens a standard channel on upstream 1 (prefix aa 01, 9 bytes: 11 in all) with these last
 * bytes. */
static int collides(life *l, uint64_t channel, uint8_t index, uint8_t last)
{
    const int before = life_count(l, HS_SIDE_PLUGIN, "prefix-collision");
    next_answer = (hmx_channel_decision){.action = HMX_ACTION_ASSIGN,
                                         .upstream = 1,
                                         .extranonce_prefix_len = 11,
                                         .extranonce_prefix = {0xaa, 1, index}};
    next_answer.extranonce_prefix[10] = last;
    const hmx_channel_open e = {.event = life_event(l, sizeof e),
                                .channel = channel,
                                .connection = 1,
                                .kind = HMX_CHANNEL_STANDARD};
    hmx_channel_decision out = {.size = sizeof out};
    cr_expect(hs_guard_on_channel_open(l->guard, &e, &out) == HMX_OK, "not opened");
    return life_count(l, HS_SIDE_PLUGIN, "prefix-collision") - before;
}

static void close_channel(life *l, uint64_t channel)
{
    const hmx_channel_close e = {.event = life_event(l, sizeof e), .channel = channel};
    (void)hs_guard_on_channel_close(l->guard, &e);
}

static void drained(life *l, uint64_t channel, uint8_t index)
{
    const hmx_reassign e = {.event = life_event(l, sizeof e),
                            .channel = channel,
                            .from = 1,
                            .result = HMX_RESULT_DRAINED,
                            .extranonce_prefix_len = 11,
                            .extranonce_prefix = {0xaa, 1, index}};
    (void)hs_guard_on_reassign(l->guard, &e);
}

static void prefix_life(life *l)
{
    cr_assert(life_load(l, "static") == 0, "not built");
    l->plugin.ops.on_channel_open = answer;
    l->plugin.ops.on_channel_close = NULL;
    l->plugin.ops.on_tick = NULL;
    life_create(l);
    life_table(l);
    life_upstream(l, 1, HMX_UPSTREAM_UP);
}

Test(guard, a_prefix_is_reserved_until_it_is_drained)
{
    static life l;
    prefix_life(&l);
    cr_expect(collides(&l, 101, 7, 0) == 0, "the first");
    cr_expect(collides(&l, 102, 7, 0) == 1, "the same");
    cr_expect(collides(&l, 103, 7, 1) == 0, "differs in its last byte");
    close_channel(&l, 101);
    cr_expect(collides(&l, 104, 7, 0) == 1, "closed, but its jobs are not");
    drained(&l, 101, 7);
    cr_expect(collides(&l, 105, 7, 0) == 0, "drained");
    cr_expect(hs_guard_delete(l.guard) == 2, "only the two collisions");
    hs_loader_close(&l.plugin);
}

Test(guard, an_old_reservation_ends)
{
    static life l;
    prefix_life(&l);
    cr_expect(collides(&l, 101, 7, 0) == 0, "the first");
    close_channel(&l, 101);
    l.now_ns += 590000000000u;
    (void)life_tick(&l);
    cr_expect(collides(&l, 102, 7, 0) == 1, "within ten minutes");
    l.now_ns += 20000000000u;
    (void)life_tick(&l);
    cr_expect(collides(&l, 103, 7, 0) == 0, "after ten minutes");
    hs_guard_delete(l.guard);
    hs_loader_close(&l.plugin);
}

/* A beginning of another's prefix collides with it, in both orders; across pools nothing does. */
Test(guard, prefixes_are_prefix_free_not_only_unique)
{
    static life l;
    prefix_life(&l);
    cr_expect(collides(&l, 101, 7, 0) == 0, "standard");
    next_answer = (hmx_channel_decision){.action = HMX_ACTION_ASSIGN,
                                         .upstream = 1,
                                         .extranonce_prefix_len = 7,
                                         .extranonce_prefix = {0xaa, 1, 7}};
    hmx_channel_open e = {.event = life_event(&l, sizeof e),
                          .channel = 102,
                          .connection = 1,
                          .kind = HMX_CHANNEL_EXTENDED,
                          .honours_prefix = HMX_YES,
                          .extranonce_size = 4};
    hmx_channel_decision out = {.size = sizeof out};
    (void)hs_guard_on_channel_open(l.guard, &e, &out);
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "prefix-collision") == 1, "the beginning of 101's");
    e.channel = 103;
    e.event = life_event(&l, sizeof e);
    next_answer.extranonce_prefix[2] = 8;
    out = (hmx_channel_decision){.size = sizeof out};
    (void)hs_guard_on_channel_open(l.guard, &e, &out);
    cr_expect(collides(&l, 104, 8, 5) == 1, "103's is the beginning of it");
    cr_expect(collides(&l, 105, 9, 5) == 0, "another index");
    cr_expect(hs_guard_delete(l.guard) == 2, "only the two collisions");
    hs_loader_close(&l.plugin);
}

/* A channel that goes back may take its own prefix again while that is draining. */
Test(guard, a_channel_may_take_back_its_own_prefix)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    life_begin(&l);
    for (int i = 0; i < 6; i++) {
        life_tick(&l); /* to and fro, each time with the same two prefixes */
    }
    cr_expect(l.decisions == 6, "%d decisions", (int)l.decisions);
    cr_expect(hs_guard_delete(l.guard) == 0, "%s", l.notes[0].text);
    hs_loader_close(&l.plugin);
}

/* Late answers are for the plugin to refuse, and the decision may be made anew. */
Test(guard, a_decision_that_nobody_answers_is_void)
{
    static life l;
    cr_assert(life_load(&l, "good_mover") == 0, "not built");
    life_create(&l);
    life_begin(&l);
    l.no_answer = 1;
    life_tick(&l);
    life_tick(&l);
    cr_expect(l.decisions == 1, "one is pending");
    l.now_ns += 61000000000u;
    life_tick(&l);
    cr_expect(l.decisions == 2, "void after a minute");
    cr_expect(hs_guard_delete(l.guard) == 0, "%s", l.notes[0].text);
    hs_loader_close(&l.plugin);
}

Test(guard, heads_of_events_and_extensions)
{
    static life l;
    cr_assert(life_load(&l, "static") == 0, "not built");
    life_create(&l);
    cr_expect(hs_guard_instance(l.guard) != NULL, "no instance");
    const hmx_event a = hs_guard_event(l.guard, 24, 5);
    const hmx_event b = hs_guard_event(l.guard, 24, 6);
    cr_expect(a.size == 24 && a.now_ns == 5 && b.seq > a.seq, "an event's head");
    cr_expect(hs_guard_extension(l.guard, "hashmux.tuning/1") == NULL, "it has none");
    hs_guard_delete(l.guard);
    hs_loader_close(&l.plugin);
}
