/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The same calls give the same answers, bit for bit: in a second instance beside the first, after
 * another one was destroyed, with other channel numbers, and when the host echoes no cookies. */
#include "host_stub/base/rng.h"
#include "tests/integration/harness_farm.h"

enum { STEPS = 3000, RECORDS = 4000 };

/* What one life decided, channels by their index in order of opening. */
typedef struct record {
    hmx_decision decision;
    uint32_t index;
} record;

typedef struct life {
    it_host h;
    hs_rng rng;
    uint32_t steps;
    record records[RECORDS];
    uint32_t count;
    it_view view;
} life;

static life one;
static life two;
static life three;

static void begin(life *l, const it_options *options, uint64_t seed)
{
    memset(l, 0, sizeof *l);
    hs_rng_init(&l->rng, seed, "life", 0);
    it_open_with(&l->h, IT_ABC, options);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_up_space(&l->h, u, (uint8_t)(16 * u), 4, 8);
    }
}

static void note(life *l)
{
    for (uint32_t i = 0; i < l->h.decision_count; i++) {
        const hmx_decision *const d = &l->h.decisions[i];
        cr_assert_lt(l->count, RECORDS);
        record *const r = &l->records[l->count++];
        r->decision = *d;
        r->index = (uint32_t)(it_channel_named(&l->h, d->channel) - l->h.channels);
        const uint32_t fate = hs_rng_below(&l->rng, 10);
        if (fate < 9) { /* else nobody answers */
            cr_assert_eq(it_answer(&l->h, d,
                                   fate == 0   ? HMX_RESULT_REFUSED
                                   : fate == 1 ? HMX_RESULT_FAILED
                                               : HMX_RESULT_APPLIED),
                         HMX_OK);
        }
    }
}

/* One second of a life full of accidents, all drawn from the life's own stream. */
static void step(life *l)
{
    it_host *const h = &l->h;
    hs_rng *const rng = &l->rng;
    it_advance(h, 1);
    if (h->channel_count < 150 && hs_rng_below(rng, 5) == 0) {
        it_channel_of(h, 500 + hs_rng_below(rng, 1500));
    }
    const uint32_t index = hs_rng_below(rng, 400);
    if (index < h->channel_count && h->channels[index].open && index % 3 == 0) {
        it_close_channel(h, index);
    }
    for (uint32_t i = 0; i < h->channel_count; i++) {
        if (h->channels[i].open && h->channels[i].upstream != HMX_NONE &&
            hs_rng_below(rng, 10) == 0) {
            it_paid(h, i, 1, 10 * h->channels[i].difficulty);
        }
    }
    if (hs_rng_below(rng, 200) == 0) {
        const uint32_t upstream = 1 + hs_rng_below(rng, 3);
        if (hs_rng_below(rng, 2) == 0) {
            it_down(h, upstream);
        } else {
            it_up_space(h, upstream, (uint8_t)(16 * upstream), 4, 8);
        }
    }
    it_tick(h);
    note(l);
    l->steps++;
}

static void finish(life *l)
{
    for (int u = 1; u <= 3; u++) { /* the end is the same for all: everybody up */
        it_up_space(&l->h, (uint32_t)u, (uint8_t)(16 * u), 4, 8);
    }
    while (l->steps < STEPS) {
        step(l);
    }
    l->view = it_snapshot(&l->h);
    it_close(&l->h);
}

static void run(life *l, const it_options *options, uint64_t seed)
{
    begin(l, options, seed);
    while (l->steps < STEPS) {
        step(l);
    }
    finish(l);
}

static void expect_same(const life *a, const life *b, int renumbered)
{
    cr_assert_gt(a->count, 60, "only %u decisions", a->count);
    cr_assert_eq(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        record x = a->records[i];
        record y = b->records[i];
        cr_assert_eq(x.index, y.index, "decision %u", i);
        if (renumbered) {
            x.decision.channel = y.decision.channel;
        }
        cr_assert_eq(memcmp(&x.decision, &y.decision, sizeof x.decision), 0, "decision %u", i);
    }
    cr_assert(it_same_view(&a->view, &b->view));
}

Test(instances, the_same_calls_give_the_same_bytes, .timeout = 120)
{
    run(&one, NULL, 1);
    run(&two, NULL, 1);
    expect_same(&one, &two, 0);
}

Test(instances, other_channel_numbers_give_the_same_moves, .timeout = 120)
{
    const it_options o = {.renumbered = 1};
    run(&one, NULL, 2);
    run(&two, &o, 2);
    expect_same(&one, &two, 1);
}

Test(instances, cookies_that_are_not_echoed_change_nothing, .timeout = 120)
{
    const it_options o = {.echo_zero_cookie = 1};
    run(&one, NULL, 3);
    run(&two, &o, 3);
    expect_same(&one, &two, 0);
}

Test(instances, a_newer_host_s_longer_events_change_nothing, .timeout = 120)
{
    const it_options o = {.extra_tail_bytes = 40};
    run(&one, NULL, 4);
    run(&two, &o, 4);
    expect_same(&one, &two, 0);
}

/* Two farms in one process, step by step in turn: each decides as if it were alone. */
Test(instances, two_in_one_process_do_not_disturb_each_other, .timeout = 120)
{
    run(&three, NULL, 5);
    begin(&one, NULL, 5);
    begin(&two, NULL, 6);
    while (one.steps < STEPS) {
        step(&one);
        step(&two);
        step(&two);
        if (two.steps >= STEPS) {
            finish(&two); /* and in the middle of it a third life begins */
            begin(&two, NULL, 7);
        }
    }
    finish(&two);
    finish(&one);
    expect_same(&one, &three, 0);
}

/* More ticks do no harm: ten a second decide what one a second decides. */
Test(instances, more_ticks_change_no_decision, .timeout = 120)
{
    it_host *const hosts[] = {&one.h, &two.h};
    for (int which = 0; which < 2; which++) {
        it_open(hosts[which], IT_ABC);
        it_all_up(hosts[which], 3);
        it_channels(hosts[which], 50, 1000);
        it_place(hosts[which], 10, 10, 30);
        for (int second = 0; second < 600; second++) {
            for (int part = 0; part < 10; part++) {
                it_advance(hosts[which], 0.1);
                if (part == 9) {
                    it_mine(hosts[which], 1);
                }
                if (part == 9 || which == 1) {
                    it_tick(hosts[which]);
                    it_answer_all(hosts[which], HMX_RESULT_APPLIED);
                }
            }
        }
    }
    cr_assert_gt(one.h.moves, 10);
    const it_view a = it_snapshot(&one.h);
    const it_view b = it_snapshot(&two.h);
    cr_assert(it_same_view(&a, &b));
    for (uint32_t i = 0; i < 50; i++) {
        cr_assert_eq(one.h.channels[i].upstream, two.h.channels[i].upstream);
    }
    it_close(&one.h);
    it_close(&two.h);
}

/* The seed is the only randomness, and it decides nothing that anybody sees. */
Test(instances, create_does_not_look_at_the_clock_or_the_machine)
{
    it_open(&one.h, IT_ABC);
    it_open(&two.h, IT_ABC);
    const it_view a = it_snapshot(&one.h);
    const it_view b = it_snapshot(&two.h);
    cr_assert(it_same_view(&a, &b));
    it_close(&one.h);
    it_close(&two.h);
}
