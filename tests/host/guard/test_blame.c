/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * After a mistake of the host the guard says so once and goes on following what the plugin really
 * knows: no report about the plugin for the rest of the run. With hashmux, and with a plugin that
 * refuses what others forgive. */
#include <criterion/criterion.h>

#include "tests/host/guard/life.h"

static void begin(life *l, const char *plugin)
{
    cr_assert(life_load(l, plugin) == 0, "not built");
}

/* Ticks, moves and shares go on; then everything is closed as it should be. */
static void live_on(life *l)
{
    for (int i = 0; i < 30; i++) {
        life_upstream(l, 1 + (uint32_t)(i / 3) % 2,
                      i % 3 != 2 ? HMX_UPSTREAM_DOWN : HMX_UPSTREAM_UP);
        life_upstream(l, 2 - (uint32_t)(i / 3) % 2, HMX_UPSTREAM_UP);
        l->now_ns += 30000000000u;
        cr_assert(life_tick(l) == HMX_OK, "a tick is refused");
        life_share(l, 1, HMX_SHARE_SUBMITTED);
        life_share(l, 1, HMX_SHARE_ACCEPTED);
    }
    for (uint64_t channel = 1; channel <= LIFE_CHANNELS; channel++) {
        cr_expect(life_close(l, channel) == HMX_OK, "channel %d cannot be closed", (int)channel);
    }
}

static void finish(life *l, const char *check)
{
    hs_guard_delete(l->guard);
    cr_expect(life_count(l, HS_SIDE_HOST, check) == 1, "%s: %d times", check,
              life_count(l, HS_SIDE_HOST, check));
    const char *const other = life_other(l, HS_SIDE_HOST, check);
    cr_expect(other == NULL, "%s", other);
    hs_loader_close(&l->plugin);
}

/* life_tick answers nothing once there is a note: here the decisions are carried out all the
 * same. */
static int tick_and_apply(life *l)
{
    hmx_decision rows[8];
    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < 8; i++) {
        rows[i].size = sizeof rows[i];
    }
    hmx_decision_buf out = {
        .size = sizeof out, .stride = sizeof rows[0], .capacity = 8, .rows = rows};
    const hmx_tick e = {.event = life_event(l, sizeof e)};
    cr_assert(hs_guard_on_tick(l->guard, &e, &out) == HMX_OK, "a tick is refused");
    for (uint32_t i = 0; i < out.count; i++) {
        cr_expect(life_reassign(l, &rows[i], HMX_RESULT_APPLIED) == HMX_OK, "an answer is refused");
        l->upstream[rows[i].channel] = rows[i].to;
    }
    return (int)out.count;
}

/* ---- a repeated seq ---- */

static hmx_channel_close close_event(life *l, uint64_t channel)
{
    return (hmx_channel_close){.event = life_event(l, sizeof(hmx_channel_close)),
                               .channel = channel,
                               .cookie = l->cookies[channel],
                               .reason = HMX_CLOSE_PEER};
}

Test(guard_blame, a_close_with_a_seq_that_was_used_has_not_happened)
{
    static life l;
    begin(&l, "hashmux");
    life_create(&l);
    life_begin(&l);
    hmx_channel_close e = close_event(&l, 1);
    const hmx_share share = life_share_event(&l, 1, HMX_SHARE_SUBMITTED);
    cr_assert(hs_guard_on_share(l.guard, &share) == HMX_OK, "refused");
    e.event.seq = share.event.seq;
    e.event.now_ns = l.now_ns;
    cr_expect(hs_guard_on_channel_close(l.guard, &e) == HMX_E_INVALID, "taken");
    cr_expect(life_count(&l, HS_SIDE_HOST, "seq-not-increasing") == 1, "not said");
    life_upstream(&l, l.upstream[1], HMX_UPSTREAM_DOWN);
    cr_expect(tick_and_apply(&l) > 0, "nobody left the dead pool: nothing to blame anybody for");
    live_on(&l);
    finish(&l, "seq-not-increasing");
}

Test(guard_blame, shares_with_a_seq_that_was_used_are_not_under_way)
{
    static life l;
    begin(&l, "hashmux");
    life_create(&l);
    life_begin(&l);
    const hmx_share sent = life_share_event(&l, 1, HMX_SHARE_SUBMITTED);
    cr_assert(hs_guard_on_share(l.guard, &sent) == HMX_OK, "refused");
    const hmx_share answered = life_share_event(&l, 1, HMX_SHARE_ACCEPTED);
    cr_assert(hs_guard_on_share(l.guard, &answered) == HMX_OK, "refused");
    cr_expect(hs_guard_on_share(l.guard, &answered) == HMX_E_INVALID, "taken twice");
    live_on(&l);
    hs_guard_delete(l.guard);
    cr_expect(life_count(&l, HS_SIDE_PLUGIN, "fact-refused") == 0, "the plugin is blamed");
    cr_expect(life_count(&l, HS_SIDE_HOST, "seq-not-increasing") == 1, "not said once");
    hs_loader_close(&l.plugin);
}

/* ---- a wrong cookie, and a plugin that takes none ---- */

static life L;
static hmx_status (*close_of)(hmx_instance *, const hmx_channel_close *);
static hmx_status (*share_of)(hmx_instance *, const hmx_share *);
static hmx_status (*reassign_of)(hmx_instance *, const hmx_reassign *);

static int is_wrong(uint64_t channel, uint64_t cookie)
{
    return cookie != 0 && channel < sizeof L.cookies / sizeof *L.cookies &&
           cookie != L.cookies[channel];
}

static hmx_status strict_close(hmx_instance *self, const hmx_channel_close *e)
{
    return is_wrong(e->channel, e->cookie) ? HMX_E_STATE : close_of(self, e);
}

static hmx_status strict_share(hmx_instance *self, const hmx_share *e)
{
    return is_wrong(e->channel, e->cookie) ? HMX_E_STATE : share_of(self, e);
}

static hmx_status strict_reassign(hmx_instance *self, const hmx_reassign *e)
{
    return is_wrong(e->channel, e->cookie) ? HMX_E_STATE : reassign_of(self, e);
}

static void begin_strict(void)
{
    begin(&L, "good_mover");
    close_of = L.plugin.ops.on_channel_close;
    share_of = L.plugin.ops.on_share;
    reassign_of = L.plugin.ops.on_reassign;
    L.plugin.ops.on_channel_close = strict_close;
    L.plugin.ops.on_share = strict_share;
    L.plugin.ops.on_reassign = strict_reassign;
    life_create(&L);
    life_begin(&L);
}

Test(guard_blame, a_close_with_a_wrong_cookie_has_not_happened)
{
    begin_strict();
    hmx_channel_close e = close_event(&L, 1);
    e.cookie++;
    cr_expect(hs_guard_on_channel_close(L.guard, &e) == HMX_E_STATE, "taken");
    for (int i = 0; i < 5; i++) {
        cr_expect(tick_and_apply(&L) == 1, "channel 1 is moved on");
    }
    live_on(&L);
    finish(&L, "wrong-cookie");
}

Test(guard_blame, an_answer_with_a_wrong_cookie_has_not_happened)
{
    begin_strict();
    hmx_decision row = {.size = sizeof row};
    hmx_decision_buf out = {.size = sizeof out, .stride = sizeof row, .capacity = 1, .rows = &row};
    const hmx_tick e = {.event = life_event(&L, sizeof e)};
    cr_assert(hs_guard_on_tick(L.guard, &e, &out) == HMX_OK && out.count == 1, "no decision");
    hmx_decision wrong = row;
    wrong.cookie++;
    cr_expect(life_reassign(&L, &wrong, HMX_RESULT_APPLIED) == HMX_E_STATE, "taken");
    L.now_ns = row.valid_until_ns;
    for (int i = 0; i < 5; i++) {
        cr_expect(tick_and_apply(&L) == 1, "decided again, from where it is");
    }
    finish(&L, "wrong-cookie");
}

/* ---- prefixes that the host made collide ---- */

/* Adopts a channel with the prefix that channel 1 has. */
static hmx_status adopt(life *l, uint64_t channel, uint64_t as)
{
    hmx_channel_open e = life_open_event(l, channel);
    hmx_channel_decision out = {.size = sizeof out};
    e.kind = HMX_CHANNEL_STANDARD;
    e.min_extranonce_size = e.extranonce_size = 0;
    e.current_upstream = 1;
    e.extranonce_prefix_len = 11;
    memcpy(e.extranonce_prefix, "\xaa\x01\x00\x77", 4);
    e.extranonce_prefix[4] = (uint8_t)as;
    const hmx_status status = hs_guard_on_channel_open(l->guard, &e, &out);
    l->cookies[channel] = out.cookie;
    l->upstream[channel] = 1;
    return status;
}

static hmx_status echo(hmx_instance *self, const hmx_channel_open *event, hmx_channel_decision *out)
{
    (void)self;
    out->action = HMX_ACTION_ASSIGN;
    out->upstream = event->current_upstream;
    out->reason = HMX_REASON_ADOPTED;
    out->cookie = event->channel;
    out->extranonce_prefix_len = event->extranonce_prefix_len;
    memcpy(out->extranonce_prefix, event->extranonce_prefix, sizeof out->extranonce_prefix);
    return HMX_OK;
}

/* A plugin that takes it as it is told. */
Test(guard_blame, an_adopted_prefix_that_collides_is_not_the_plugins_collision)
{
    static life l;
    begin(&l, "good_mover");
    l.plugin.ops.on_channel_open = echo;
    life_create(&l);
    life_table(&l);
    life_upstream(&l, 1, HMX_UPSTREAM_UP);
    cr_expect(adopt(&l, 1, 1) == HMX_OK && adopt(&l, 2, 1) == HMX_OK, "refused");
    finish(&l, "host-prefix-collision");
}

/* A forced move that collides, and a plugin that refuses it: the host's mistake alone. */
static hmx_status refuse_reassign(hmx_instance *self, const hmx_reassign *e)
{
    (void)self;
    (void)e;
    return HMX_E_INVALID;
}

Test(guard_blame, a_forced_prefix_that_collides_may_be_refused)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    l.plugin.ops.on_reassign = refuse_reassign;
    hmx_reassign e = {.event = life_event(&l, sizeof e),
                      .channel = 2,
                      .from = l.upstream[2],
                      .to = 1,
                      .result = HMX_RESULT_FORCED,
                      .extranonce_prefix_len = 11,
                      .extranonce_prefix = {0xaa, 1, 1}}; /* that of channel 1 */
    cr_expect(hs_guard_on_reassign(l.guard, &e) == HMX_E_INVALID, "taken");
    finish(&l, "host-prefix-collision");
}

/* ---- a number that was used before ---- */
Test(guard_blame, a_reused_number_is_a_channel_all_the_same)
{
    static life l;
    begin(&l, "good_mover");
    life_create(&l);
    life_begin(&l);
    cr_assert(life_close(&l, 1) == HMX_OK && life_open(&l, 1) == HMX_OK, "refused");
    for (int i = 0; i < 5; i++) {
        cr_expect(tick_and_apply(&l) == 1, "channel 1 is moved on");
    }
    finish(&l, "channel-reused");
}
