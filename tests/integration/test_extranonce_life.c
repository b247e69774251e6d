/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Extranonce prefixes over the life of channels: their lengths, how long an old one is held, what
 * the host chose itself, and what happens when a pool changes its space. That none equals or begins
 * another over a long life is in test_prefix_free.c. */
#include "tests/integration/harness_farm.h"

static it_host H;

static uint32_t open_kind(it_host *h, uint32_t kind, uint32_t extranonce_size)
{
    hmx_channel_open e = it_channel_event(h, 1000);
    e.kind = kind;
    e.extranonce_size = extranonce_size;
    return it_channel_with(h, &e);
}

Test(extranonce, lengths_fill_the_pool_s_space)
{
    it_open(&H, IT_ABC);
    it_up_space(&H, IT_A, 0x40, 4, 8);
    const it_channel *c = &H.channels[open_kind(&H, HMX_CHANNEL_STANDARD, 0)];
    cr_assert_eq(c->prefix_len, 12);
    cr_assert_eq(memcmp(c->prefix, "\x40\x41\x42\x43", 4), 0);
    /* Three bytes tell twice 65536 apart; where no more is left the index makes do with one. */
    for (uint32_t rollable = 0; rollable <= 7; rollable++) {
        c = &H.channels[open_kind(&H, HMX_CHANNEL_EXTENDED, rollable)];
        cr_assert_eq(c->prefix_len, 12 - rollable);
        cr_assert_eq(memcmp(c->prefix, "\x40\x41\x42\x43", 4), 0);
    }
    cr_assert_eq(H.channels[open_kind(&H, HMX_CHANNEL_EXTENDED, 8)].upstream, HMX_NONE);
    it_close(&H);
}

Test(extranonce, spaces_at_the_edge)
{
    const it_options o = {.channels_max = 100};
    it_open_with(&H, IT_ABC, &o);
    it_up_space(&H, IT_A, 0, 0, 32);
    cr_assert_eq(H.channels[open_kind(&H, HMX_CHANNEL_STANDARD, 0)].prefix_len, 32);
    cr_assert_eq(H.channels[open_kind(&H, HMX_CHANNEL_EXTENDED, 31)].prefix_len, 1);
    it_down(&H, IT_A);
    it_up_space(&H, IT_B, 1, 31, 1);
    const it_channel *const c = &H.channels[open_kind(&H, HMX_CHANNEL_STANDARD, 0)];
    cr_assert_eq(c->upstream, IT_B);
    cr_assert_eq(c->prefix_len, 32);
    it_close(&H);
}

Test(extranonce, without_a_space_the_host_chooses)
{
    it_open(&H, IT_ABC);
    it_up(&H, IT_A);
    it_up_space(&H, IT_B, 9, 4, 4);
    it_channels(&H, 20, 1000);
    for (uint32_t i = 0; i < 20; i++) {
        cr_assert_eq(H.channels[i].prefix_len, H.channels[i].upstream == IT_A ? 0 : 8);
    }
    it_down(&H, IT_B);
    cr_assert_gt(it_tick(&H), 0);
    for (uint32_t i = 0; i < H.decision_count; i++) {
        cr_assert_eq(H.decisions[i].to, IT_A);
        cr_assert_eq(H.decisions[i].extranonce_prefix_len, 0);
    }
    it_close(&H);
}

/* ---- how long an old prefix is held ---- */

/* A has 256 places: 150 in use, 50 left by those who moved to B, one of whom stays. */
static uint32_t fill_and_move(it_channel *before)
{
    const it_options o = {.channels_max = 256};
    it_open_with(&H, IT_POOL("a", "75", "1") IT_POOL("b", "25", "2"), &o);
    it_up_space(&H, IT_A, 10, 4, 1);
    it_channels(&H, 200, 1000);
    it_up_space(&H, IT_B, 20, 4, 8);
    it_advance(&H, 30);
    cr_assert_eq(it_tick(&H), 50);
    const uint32_t mover = (uint32_t)(it_channel_named(&H, H.decisions[0].channel) - H.channels);
    *before = H.channels[mover];
    it_answer_all(&H, HMX_RESULT_APPLIED);
    for (uint32_t i = 0; i < 200; i++) {
        if (i != mover && H.channels[i].upstream == IT_B) {
            it_close_channel(&H, i);
        }
    }
    return mover;
}

static uint32_t open_on_a(void)
{
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.upstreams_allowed = 1u << (IT_A - 1);
    return it_channel_with(&H, &e);
}

static void evaluate(void)
{
    it_advance(&H, 1);
    cr_assert_eq(H.tuning->rebalance_now(H.self, H.now_ns, NULL), HMX_OK);
    it_tick(&H);
}

/* Opens and closes: is there a place on A? */
static int has_place(void)
{
    const uint32_t index = open_on_a();
    const int has = H.channels[index].upstream == IT_A;
    it_close_channel(&H, index);
    return has;
}

Test(extranonce, an_old_prefix_is_held_until_drained_and_confirmed)
{
    it_channel old;
    const uint32_t mover = fill_and_move(&old);
    for (uint32_t i = 0; i < 56; i++) {
        cr_assert_eq(H.channels[open_on_a()].upstream, IT_A, "place %u was free", i);
    }
    cr_assert_not(has_place(), "the others are held");
    cr_assert_eq(it_drained(&H, mover, IT_A, old.prefix, old.prefix_len), HMX_OK);
    evaluate();
    cr_assert_not(has_place(), "drained, but the miner may need it back");
    it_paid(&H, mover, 1, 1000);
    evaluate();
    const it_channel *const next = &H.channels[open_on_a()];
    cr_assert_eq(next->upstream, IT_A);
    cr_assert_eq(next->prefix_len, old.prefix_len);
    cr_assert_eq(memcmp(next->prefix, old.prefix, old.prefix_len), 0);
    cr_assert_eq(it_drained(&H, mover, IT_A, old.prefix, old.prefix_len), HMX_E_STATE,
                 "it is in use");
    it_close(&H);
}

Test(extranonce, a_share_under_the_new_prefix_does_not_replace_the_drain)
{
    it_channel old;
    const uint32_t mover = fill_and_move(&old);
    for (uint32_t i = 0; i < 56; i++) {
        open_on_a();
    }
    it_paid(&H, mover, 1, 1000);
    evaluate();
    cr_assert_not(has_place());
    it_close(&H);
}

Test(extranonce, a_host_that_never_reports_gets_its_places_back)
{
    const it_options o = {.channels_max = 256,
                          .caps = HMX_CAP_KNOWN & ~(uint64_t)HMX_CAP_DRAIN_REPORT};
    it_open_with(&H, IT_POOL("a", "100", "1"), &o);
    it_up_space(&H, IT_A, 10, 4, 1);
    it_channels(&H, 256, 1000);
    for (uint32_t i = 0; i < 256; i++) {
        it_close_channel(&H, i);
    }
    cr_assert_not(has_place());
    it_advance(&H, 61);
    it_tick(&H);
    const uint32_t next = open_on_a();
    cr_assert_eq(H.channels[next].upstream, IT_A, "when all are taken, that which rested longest");
    cr_assert_eq(memcmp(H.channels[next].prefix, H.channels[0].prefix, 5), 0);
    it_advance(&H, 3601);
    it_tick(&H);
    cr_assert_eq(H.channels[open_on_a()].upstream, IT_A);
    it_close(&H);
}

Test(extranonce, what_is_held_on_a_pool_stays_held_when_another_pool_is_removed)
{
    static const char a_alone[] = IT_POOL("a", "100", "1");
    const it_options o = {.channels_max = 256};
    it_open_with(&H, IT_POOL("a", "100", "1") IT_POOL("b", "0", "2") IT_POOL("c", "0", "3"), &o);
    it_up_space(&H, IT_A, 10, 4, 1);
    it_channels(&H, 256, 1000);
    it_close_channel(&H, 77);
    cr_assert_not(has_place());
    const hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {a_alone, sizeof a_alone - 1}, .now_ns = H.now_ns};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    cr_assert_eq(it_table(&H, rows), 1, "nobody works there: they are free at once");
    cr_assert_not(has_place());
    it_advance(&H, 4 * 3600 + 1);
    it_tick(&H);
    cr_assert(has_place());
    it_close(&H);
}

/* ---- what the host chose ---- */
Test(extranonce, a_prefix_that_the_host_chose_is_nobody_else_s)
{
    const it_options o = {.channels_max = 256};
    it_open_with(&H, IT_POOL("a", "100", "1"), &o);
    it_up_space(&H, IT_A, 10, 4, 1);
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.current_upstream = IT_A; /* a farm that ran before: place 3 is taken */
    e.extranonce_prefix_len = 12;
    memcpy(e.extranonce_prefix, "\x0a\x0b\x0c\x0d\x03", 5);
    it_channel_with(&H, &e);
    it_channels(&H, 255, 1000); /* the guard compares them all */
    for (uint32_t i = 1; i < 256; i++) {
        cr_assert_eq(H.channels[i].upstream, IT_A, "channel %u", i);
        cr_assert_neq(memcmp(H.channels[i].prefix, e.extranonce_prefix, 12), 0);
    }
    it_close(&H);
}

/* ---- the pool changes its prefix ---- */
static void change_of_prefix(void)
{
    it_open(&H, IT_ABC);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&H, u, (uint8_t)(16 * u), 4, 8);
    }
    it_channels(&H, 20, 1000);
    it_run(&H, 31, 1, IT_APPLY);
    it_up_space(&H, IT_B, 0x77, 3, 9);
}

static void expect_renewal(uint32_t count)
{
    cr_assert_eq(H.decision_count, count, "%u decisions", H.decision_count);
    for (uint32_t i = 0; i < count; i++) {
        const hmx_decision *const d = &H.decisions[i];
        cr_assert_eq(d->kind, HMX_DECISION_PREFIX);
        cr_assert(d->from == IT_B && d->to == IT_B && d->reason == HMX_REASON_PREFIX);
        cr_assert_eq(d->extranonce_prefix_len, 12);
        cr_assert_eq(memcmp(d->extranonce_prefix, "\x77\x78\x79", 3), 0);
    }
}

Test(extranonce, a_new_pool_prefix_reaches_every_channel_at_the_next_tick, .init = change_of_prefix)
{
    const uint32_t count = it_count_on(&H, IT_B);
    it_tick(&H);
    expect_renewal(count);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_run(&H, 120, 1, IT_APPLY);
    cr_assert_eq(H.moves, count, "once is enough");
    it_close(&H);
}

Test(extranonce, a_refused_or_failed_renewal_is_tried_again, .init = change_of_prefix)
{
    const uint32_t count = it_count_on(&H, IT_B);
    it_tick(&H);
    expect_renewal(count);
    it_answer_all(&H, HMX_RESULT_REFUSED);
    it_advance(&H, 30);
    it_tick(&H);
    expect_renewal(count);
    it_answer_all(&H, HMX_RESULT_FAILED);
    it_advance(&H, 30);
    it_tick(&H);
    expect_renewal(count);
    it_close(&H);
}

Test(extranonce, an_expired_renewal_is_tried_again, .init = change_of_prefix)
{
    const uint32_t count = it_count_on(&H, IT_B);
    it_tick(&H);
    expect_renewal(count);
    it_advance(&H, 30); /* nobody answers */
    it_tick(&H);
    expect_renewal(count);
    it_close(&H);
}

/* The channel was about to leave when its pool changed the prefix, and then did not leave. */
Test(extranonce, a_channel_whose_move_was_refused_is_renewed_as_well)
{
    it_open(&H, IT_ABC);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&H, u, (uint8_t)(16 * u), 4, 8);
    }
    for (int i = 0; i < 20; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.upstreams_allowed = 1u << (IT_B - 1);
        it_channel_with(&H, &e);
        const hmx_channel_update free_again = {.event = it_event(&H, sizeof free_again),
                                               .channel = e.channel,
                                               .changed = HMX_FACT_UPSTREAMS_ALLOWED};
        cr_assert_eq(hs_guard_on_channel_update(H.guard, &free_again), HMX_OK);
    }
    it_advance(&H, 30);
    const uint32_t moving = it_tick(&H);
    cr_assert_gt(moving, 4);
    hmx_decision moves[IT_CAPACITY];
    memcpy(moves, H.decisions, moving * sizeof moves[0]);
    it_up_space(&H, IT_B, 0x77, 3, 9);
    it_tick(&H);
    expect_renewal(20 - moving);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    for (uint32_t i = 0; i < moving; i++) {
        cr_assert_eq(it_answer(&H, &moves[i], HMX_RESULT_REFUSED), HMX_OK);
    }
    for (int second = 0; second < 90; second++) { /* a host that moves nobody, and renews */
        it_advance(&H, 1);
        it_mine(&H, 1);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            const int renews = H.decisions[i].kind == HMX_DECISION_PREFIX;
            it_answer(&H, &H.decisions[i], renews ? HMX_RESULT_APPLIED : HMX_RESULT_REFUSED);
        }
    }
    for (uint32_t i = 0; i < 20; i++) {
        const it_channel *const c = &H.channels[i];
        cr_assert(memcmp(c->prefix, "\x77\x78\x79", 3) == 0,
                  "channel %u still has a prefix of the old space", i);
    }
    it_close(&H);
}

Test(extranonce, a_pool_that_comes_back_unchanged_keeps_its_prefixes)
{
    it_open(&H, "[failover]\nauto_redistribute = false\n" IT_ABC);
    it_up_space(&H, IT_A, 16, 4, 8);
    it_channels(&H, 20, 1000);
    it_down(&H, IT_A);
    it_tick(&H);
    it_up_space(&H, IT_A, 16, 4, 8);
    it_advance(&H, 30);
    cr_assert_eq(it_tick(&H), 0);
    it_channels(&H, 20, 1000); /* the guard compares them with the old ones */
    it_close(&H);
}
