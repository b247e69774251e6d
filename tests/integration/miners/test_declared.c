/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What miners say of themselves: a word moves nobody else, whatever it is, and a share outranks
 * it. */
#include "tests/integration/harness_field.h"

static it_host H;

static void open_farm(uint32_t miners)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, miners, IT_THS(100));
    it_run(&H, 240, 1, IT_APPLY);
}

static void declare(uint32_t index, double ths)
{
    const hmx_channel_update e = {.event = it_event(&H, sizeof e),
                                  .channel = H.channels[index].channel,
                                  .cookie = H.channels[index].cookie,
                                  .changed = HMX_FACT_NOMINAL_HASHRATE,
                                  .nominal_hashrate = ths * 1e12};
    cr_assert_eq(hs_guard_on_channel_update(H.guard, &e), HMX_OK);
}

/* One more that declares so much and, when `difficulty` is 0, never finds a share. */
static uint32_t newcomer(double ths, double difficulty)
{
    const uint32_t index = it_named(&H, "newcomer", ths);
    H.channels[index].difficulty = difficulty;
    return index;
}

/* So many seconds, of which the silent ones have no share. Returns the work done on A, per cent. */
static double mined_on_a(uint32_t seconds)
{
    double on_a = 0.0;
    double all = 0.0;
    for (uint32_t s = 0; s < seconds; s++) {
        it_advance(&H, 1);
        for (uint32_t i = 0; i < H.channel_count; i++) {
            const it_channel *const c = &H.channels[i];
            if (c->open && c->difficulty > 0.0) {
                it_paid(&H, i, 1, c->difficulty);
                on_a += c->upstream == IT_A ? c->difficulty : 0.0;
                all += c->difficulty;
            }
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    return 100.0 * on_a / all;
}

Test(declared, an_absurd_hashrate_without_a_share_moves_nobody_else)
{
    static const double LIES[] = {3e2, 1e4, 1e6, 1e9};
    static const uint32_t FARMS[] = {10, 30, 100};
    for (uint32_t i = 0; i < 12; i++) {
        open_farm(FARMS[i % 3]);
        newcomer(LIES[i / 3], 0.0);
        const uint64_t before = H.moves;
        const double on_a = mined_on_a(300);
        cr_assert_float_eq(on_a, 60, 2.0, "%u: %.2f", i, on_a);
        cr_assert_leq(H.moves - before, 3, "%u", i);
        it_close(&H);
    }
}

/* As long as no share says more. */
Test(declared, a_word_counts_at_once_and_only_where_it_was_said)
{
    open_farm(10);
    const uint32_t index = newcomer(100, 0.0);
    const double before = it_snapshot(&H).s.hashrate;
    declare(index, 60);
    const double after = it_snapshot(&H).s.hashrate;
    cr_assert_float_eq(before - after, 40e12, 1e12, "%g", before - after);
    const hmx_channel_update other = {.event = it_event(&H, sizeof other),
                                      .channel = H.channels[index].channel,
                                      .changed = HMX_FACT_FLAGS,
                                      .nominal_hashrate = 200e12};
    cr_assert_eq(hs_guard_on_channel_update(H.guard, &other), HMX_OK);
    cr_assert(it_snapshot(&H).s.hashrate == after);
    it_close(&H);
}

/* Who says nothing is taken for a usual machine when there is nobody to compare it with. */
Test(declared, a_lone_miner_that_takes_its_word_back_is_a_usual_one)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    const uint32_t index = newcomer(100, 0.0);
    declare(index, 0);
    const double hashrate = it_snapshot(&H).s.hashrate;
    cr_assert(hashrate >= 1e12 && hashrate <= 1e15, "%g", hashrate);
    it_close(&H);
}

/* The same where the others are silent. */
Test(declared, who_says_nothing_among_silent_ones_is_a_usual_one)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    newcomer(100, 0.0);
    (void)mined_on_a(3600);
    cr_assert_eq(it_snapshot(&H).s.hashrate, 0.0);
    newcomer(0, 0.0);
    const double hashrate = it_snapshot(&H).s.hashrate;
    cr_assert(hashrate >= 1e12 && hashrate <= 1e15, "%g", hashrate);
    it_close(&H);
}

/* Each word gives the miner another chance to be believed, and its silence goes on. */
Test(declared, again_and_again_is_not_more_than_once)
{
    open_farm(50);
    const uint32_t liar = newcomer(1e6, 0.0);
    const uint64_t before = H.moves;
    for (uint32_t minute = 0; minute < 20; minute++) {
        declare(liar, minute % 3 == 0 ? 0.0 : minute % 3 == 1 ? 1e9 : 1e6);
        const double on_a = mined_on_a(60);
        cr_assert_float_eq(on_a, 60, 2.0, "%u: %.2f", minute, on_a);
    }
    cr_assert_leq(H.moves - before, 4);
    cr_assert_eq(it_channel_row(&H, liar).hashrate, 0.0, "it is silent by now");
    it_close(&H);
}

Test(declared, the_first_shares_make_a_big_newcomer_what_it_is)
{
    open_farm(50);
    const uint32_t big = newcomer(2000, IT_THS(2000));
    const double counts = it_channel_row(&H, big).hashrate / 1e12;
    cr_assert_float_eq(counts, 100, 5, "until then it is as the others are: %f", counts);
    (void)mined_on_a(35);
    cr_assert_float_eq(it_channel_row(&H, big).hashrate / 1e12, 2000, 50);
    (void)mined_on_a(120);
    const double on_a = mined_on_a(60);
    cr_assert_float_eq(on_a, 60, 3, "%f", on_a);
    it_close(&H);
}

/* A farm that comes up is placed by what it declares: nothing else is known. */
Test(declared, a_farm_that_starts_is_placed_by_what_it_declares)
{
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_all_up(&H, 2);
    it_named(&H, "giant", 2000);
    for (uint32_t i = 0; i < 20; i++) {
        it_named(&H, "small", 100);
    }
    cr_assert_eq(H.channels[0].upstream, IT_A);
    cr_assert_eq(it_count_on(&H, IT_B), 20);
    (void)mined_on_a(40);
    cr_assert_eq(H.moves, 0);
    it_close(&H);
}

/* ... but for what is absurd beside what the others say, whoever comes first. */
Test(declared, an_absurd_word_at_the_start_costs_a_few_moves)
{
    static const uint32_t PLACES[] = {0, 3, 60};
    for (uint32_t i = 0; i < 3; i++) {
        it_open(&H, IT_ABC);
        it_all_up(&H, 3);
        for (uint32_t k = 0; k < 200; k++) {
            if (k == PLACES[i]) {
                newcomer(1e11, 0.0);
            }
            it_named(&H, "farm", 100);
        }
        (void)mined_on_a(60);
        const double on_a = mined_on_a(300);
        cr_assert_float_eq(on_a, 60, 2.0, "%u: %.2f", i, on_a);
        cr_assert_leq(H.moves, 80, "%u: %llu", i, (unsigned long long)H.moves);
        it_close(&H);
    }
}

Test(declared, what_was_measured_is_kept)
{
    static const double WORDS[] = {0.0, 50, 200, 1e-3, 1e9};
    open_farm(20);
    const double before = it_channel_row(&H, 0).hashrate;
    for (uint32_t i = 0; i < 5; i++) {
        declare(0, WORDS[i]);
        cr_assert_eq(it_channel_row(&H, 0).hashrate, before, "%g", WORDS[i]);
    }
    const uint64_t moves = H.moves;
    for (uint32_t s = 0; s < 300; s++) {
        declare(0, s % 2 ? 0.0 : 1e6);
        it_run(&H, 1, 1, IT_APPLY);
    }
    cr_assert_eq(H.moves, moves);
    it_close(&H);
}
