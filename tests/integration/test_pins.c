/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pins: some miners work where the operator says, whatever the targets say. */
#include "tests/integration/harness_field.h"

static it_host H;

static void open_farm(const char *config, uint32_t pools)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
}

static void add(const char *who, uint32_t count, double ths)
{
    for (uint32_t i = 0; i < count; i++) {
        it_named(&H, who, ths);
    }
}

/* `seconds` in which the channels from..to-1 never work anywhere else than on `upstream`. */
static void stay_on(uint32_t from, uint32_t to, uint32_t upstream, uint32_t seconds)
{
    for (uint32_t s = 0; s < seconds; s++) {
        it_second(&H);
        for (uint32_t i = from; i < to; i++) {
            cr_assert_eq(H.channels[i].upstream, upstream, "channel %u on %u after %u s", i,
                         H.channels[i].upstream, s);
        }
    }
}

static void pin(const char *who, uint32_t upstream)
{
    hmx_text why = it_text(&H);
    const hmx_view pattern = {who, strlen(who)};
    cr_assert_eq(H.tuning->pin(H.self, H.now_ns, pattern, upstream, &why), HMX_OK, "%s", H.why);
}

static void unpin(const char *who)
{
    hmx_text why = it_text(&H);
    const hmx_view pattern = {who, strlen(who)};
    cr_assert_eq(H.tuning->unpin(H.self, H.now_ns, pattern, &why), HMX_OK, "%s", H.why);
}

Test(pins, a_pinned_worker_is_on_its_pool_from_the_first_second_and_never_leaves)
{
    static const double swapped[] = {10, 30, 60};
    open_farm(IT_ABC IT_PIN("lab", "farm.lab*", "c"), 3);
    add("farm.lab1", 2, 100);
    add("farm.rack", 38, 100);
    cr_assert(H.channels[0].upstream == IT_C && H.channels[1].upstream == IT_C);
    stay_on(0, 2, IT_C, 3600);
    cr_assert_float_eq(it_ths_on(&H, IT_A), 2400, 101);
    cr_assert_float_eq(it_ths_on(&H, IT_C), 400, 101, "the pinned ones count for their pool");
    it_new_targets(&H, 3, swapped);
    stay_on(0, 2, IT_C, 1800);
    cr_assert_float_eq(it_ths_on(&H, IT_C), 2400, 101);
    cr_assert_gt(H.moves, 10, "the others do move");
    it_close(&H);
}

Test(pins, when_its_pool_is_down_it_works_elsewhere_and_comes_back)
{
    open_farm(IT_ABC IT_PIN("lab", "lab", "c"), 3);
    add("lab", 1, 100);
    add("rack", 19, 100);
    it_seconds(&H, 300);
    it_down(&H, IT_C);
    it_second(&H);
    cr_assert_neq(H.channels[0].upstream, IT_C, "no miner without work");
    const uint32_t meanwhile = H.channels[0].upstream;
    stay_on(0, 1, meanwhile, 1200);
    it_up(&H, IT_C);
    it_seconds(&H, 60);
    stay_on(0, 1, IT_C, 1200);
    it_close(&H);
}

Test(pins, a_worker_that_arrives_while_its_pool_is_down_goes_there_later)
{
    open_farm(IT_ABC IT_PIN("lab", "lab", "c"), 2);
    add("rack", 19, 100);
    add("lab", 1, 100);
    cr_assert(H.channels[19].upstream == IT_A || H.channels[19].upstream == IT_B);
    it_seconds(&H, 300);
    it_up(&H, IT_C);
    it_seconds(&H, 60);
    stay_on(19, 20, IT_C, 600);
    it_close(&H);
}

Test(pins, stay_never_moves_for_balance_and_leaves_a_dead_pool)
{
    static const double swapped[] = {10, 30, 60};
    open_farm(IT_ABC IT_PIN("quiet", "quiet*", "stay"), 3);
    add("quiet", 10, 100);
    add("rack", 30, 100);
    uint32_t where[10];
    for (uint32_t i = 0; i < 10; i++) {
        where[i] = H.channels[i].upstream;
    }
    it_new_targets(&H, 3, swapped);
    for (uint32_t s = 0; s < 3600; s++) {
        it_second(&H);
        for (uint32_t i = 0; i < 10; i++) {
            cr_assert_eq(H.channels[i].upstream, where[i]);
        }
    }
    cr_assert_gt(H.moves, 10);
    cr_assert_float_eq(it_effective(&H, IT_A), 15, 0.01, "six of them are there");
    cr_assert_float_eq(it_ths_on(&H, IT_C), 85 * 60 / 90.0 * 40, 101, "the others make up for it");
    it_down(&H, where[0]);
    it_second(&H);
    cr_assert_neq(H.channels[0].upstream, where[0], "health wins");
    const uint32_t refuge = H.channels[0].upstream;
    it_up(&H, where[0]);
    stay_on(0, 1, refuge, 1800);
    it_close(&H);
}

Test(pins, at_run_time_a_worker_goes_to_its_pool_and_unpinned_it_serves_the_targets)
{
    open_farm(IT_ABC, 3);
    add("rack", 18, 100);
    add("lab", 2, 100);
    it_seconds(&H, 120);
    cr_assert_eq(it_count_on(&H, IT_C), 2);
    const uint32_t to = H.channels[18].upstream == IT_B ? IT_A : IT_B;
    pin("lab", to);
    uint32_t by_pin = 0;
    for (uint32_t s = 0; s < 150; s++) {
        it_advance(&H, 1);
        it_mine_judged(&H, 1, 1);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            by_pin += H.decisions[i].reason == HMX_REASON_PIN;
        }
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    cr_assert(by_pin >= 1 && by_pin <= 2, "%u", by_pin);
    stay_on(18, 20, to, 600);
    cr_assert_eq(it_count_on(&H, IT_C), 2, "somebody else took their place");
    pin("lab", IT_C);
    it_seconds(&H, 300);
    stay_on(18, 20, IT_C, 300);
    unpin("lab");
    it_down(&H, IT_A);
    it_down(&H, IT_C);
    it_seconds(&H, 5);
    it_up(&H, IT_A);
    it_up(&H, IT_C);
    it_seconds(&H, 900);
    cr_assert_eq(it_count_on(&H, IT_C), 2);
    it_close(&H);
}

Test(pins, an_unpinned_worker_may_be_moved_again)
{
    static const double drained[] = {50, 50, 0};
    open_farm(IT_ABC IT_PIN("lab", "lab", "c"), 3);
    add("rack", 18, 100);
    add("lab", 2, 100);
    it_new_targets(&H, 3, drained);
    stay_on(18, 20, IT_C, 900);
    unpin("lab");
    it_seconds(&H, 60);
    cr_assert_eq(it_count_on(&H, IT_C), 0, "a pool of 0 percent has only what is pinned to it");
    it_close(&H);
}

Test(pins, pins_beyond_a_target_show_in_the_effective_target)
{
    open_farm(IT_ABC IT_PIN("lab", "lab*", "b"), 3);
    add("lab", 12, 100);
    add("rack", 8, 100);
    it_seconds(&H, 900);
    cr_assert_float_eq(it_row(&H, IT_B).target_pct, 30, 1e-9);
    cr_assert_float_eq(it_effective(&H, IT_B), 60, 0.01);
    cr_assert_float_eq(it_effective(&H, IT_A), 40 * 6.0 / 7, 0.01);
    cr_assert_float_eq(it_effective(&H, IT_C), 40 / 7.0, 0.01);
    stay_on(0, 12, IT_B, 6 * 3600);
    it_account_open();
    stay_on(0, 12, IT_B, 12 * 3600);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        cr_assert_float_eq(it_credited_pct(u), it_effective(&H, u), 1.0, "%u: %f", u,
                           it_credited_pct(u));
    }
    it_close(&H);
}

/* The targets cannot be met for hours; when they can again nothing is paid back. */
Test(pins, a_conflict_that_ends_leaves_no_debt)
{
    open_farm(IT_ABC IT_PIN("lab", "lab*", "b"), 3);
    add("lab", 12, 100);
    add("rack", 8, 100);
    it_seconds(&H, 4 * 3600);
    unpin("lab*");
    it_seconds(&H, 600);
    for (uint32_t s = 0; s < 3600; s++) {
        it_second(&H);
        cr_assert_float_eq(it_ths_on(&H, IT_A), 1200, 101, "second %u: %f", s, it_ths_on(&H, IT_A));
    }
    it_close(&H);
}

Test(pins, the_first_pin_that_matches_wins)
{
    open_farm(IT_ABC IT_PIN("one", "farm.s9", "c") IT_PIN("all", "farm.*", "b"), 3);
    add("farm.s9", 1, 100);
    add("farm.s19", 1, 100);
    add("Farm.s9", 3, 100);
    cr_assert_eq(H.channels[0].upstream, IT_C);
    cr_assert_eq(H.channels[1].upstream, IT_B);
    cr_assert_eq(H.channels[2].upstream, IT_A, "capitals count");
    it_close(&H);
}

Test(pins, a_pool_of_zero_percent_serves_only_its_pinned_workers)
{
    open_farm(IT_POOL("a", "70", "1") IT_POOL("b", "30", "2") IT_POOL("c", "0", "3")
                  IT_PIN("lab", "lab", "c"),
              3);
    add("lab", 2, 100);
    add("rack", 18, 100);
    cr_assert_eq(it_count_on(&H, IT_C), 2);
    stay_on(0, 2, IT_C, 3600);
    cr_assert_eq(it_count_on(&H, IT_C), 2);
    cr_assert_float_eq(it_effective(&H, IT_C), 10, 0.01);
    cr_assert_eq(H.channels[0].moved_ns + H.channels[1].moved_ns, 0, "not to and fro");
    it_close(&H);
}

Test(pins, refused_moves_are_tried_again_and_nothing_else_is_disturbed)
{
    open_farm(IT_ABC, 3);
    add("rack", 18, 100);
    add("lab", 2, 100);
    it_seconds(&H, 120);
    pin("lab", IT_B);
    for (uint32_t s = 0; s < 600; s++) {
        it_advance(&H, 1);
        it_mine_judged(&H, 1, 1);
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_REFUSED);
        cr_assert_leq(H.decision_count, 4);
    }
    it_seconds(&H, 200);
    cr_assert(H.channels[18].upstream == IT_B && H.channels[19].upstream == IT_B);
    it_close(&H);
}

/* A pattern with a typing error: nobody is pinned, and nothing else would show it. */
Test(pins, one_that_matches_nobody_for_ten_minutes_is_said_once)
{
    open_farm(IT_ABC IT_PIN("lab", "farm.lab*", "c") IT_PIN("typo", "fram.lab*", "c"), 3);
    add("farm.lab1", 4, 100);
    it_seconds(&H, 590);
    cr_assert_null(strstr(H.log, "matched no miner"), "%s", H.log);
    it_seconds(&H, 20);
    const char *const line = strstr(H.log, "[pin.typo] matched no miner for ten minutes");
    cr_assert_not_null(line, "%s", H.log);
    cr_assert_null(strstr(H.log, "[pin.lab] matched"));
    const char *const rest = strchr(line, '\n');
    it_seconds(&H, 3600);
    cr_assert_null(strstr(rest, "matched no miner"), "once");
    pin("rack.*", IT_A); /* the pins are others now */
    it_seconds(&H, 610);
    cr_assert_not_null(strstr(rest, "matched no miner"));
    it_close(&H);
}
