/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Stories of the field that are about single events and want no luck: L8, L11, R3. Those of
 * absolute targets, caps, grey and flapping pools stand in the tests of these; all of them run with
 * luck in tests/host/sim/test_field_scenarios.c. */
#include "tests/integration/harness_field.h"

static it_host H;

static void open_farm(const char *config, uint32_t pools)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
}

/* L8: a miner that connected 10 s ago and was lucky: three shares where one was due. */
Test(field, l8_a_newcomers_first_luck_is_not_trusted)
{
    open_farm(IT_ABC, 3);
    it_channels(&H, 40, IT_THS(100));
    it_seconds(&H, 1800);
    const uint64_t moves = H.moves;
    const uint32_t newcomer = it_named(&H, "new", 100);
    H.channels[newcomer].open = 0; /* its shares are sent here */
    for (uint32_t s = 1; s <= 10; s++) {
        if (s % 3 == 0) {
            it_paid(&H, newcomer, 1, 10 * IT_THS(100));
        }
        it_second(&H);
    }
    it_seconds(&H, 20); /* over an evaluation */
    const double estimate = it_channel_row(&H, newcomer).hashrate / 1e12;
    cr_assert(estimate > 80 && estimate < 125, "%f TH/s", estimate);
    cr_assert_eq(H.moves, moves, "and nobody moves for it");
    it_close(&H);
}

/* What it declares counts until its shares are known, and wears off after that. */
Test(field, l8_a_declaration_wears_off)
{
    open_farm(IT_ABC, 3);
    it_channels(&H, 40, IT_THS(100));
    it_seconds(&H, 1800);
    const uint32_t boaster = it_named(&H, "boaster", 1000);
    H.channels[boaster].difficulty = IT_THS(100);
    it_seconds(&H, 900);
    const double estimate = it_channel_row(&H, boaster).hashrate / 1e12;
    cr_assert(estimate > 90 && estimate < 120, "%f TH/s", estimate);
    it_close(&H);
}

/* L11: two equal machines that are where they belong. */
Test(field, l11_what_is_right_is_left_exactly_as_it_is)
{
    open_farm(IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"), 2);
    it_channels(&H, 2, IT_THS(100));
    cr_assert(it_count_on(&H, IT_A) == 1 && it_count_on(&H, IT_B) == 1);
    for (uint32_t s = 0; s < 26 * 3600; s++) {
        it_second(&H);
        cr_assert_eq(H.decision_count, 0, "second %u", s);
    }
    it_close(&H);
}

/* R3: vardiff changes between job and share. The machines of A are paid by eight times harder jobs,
 * an eighth as often; then the other way round. Work is the same, counts are not. */
Test(field, r3_credit_is_by_the_difficulty_of_the_job)
{
    open_farm(IT_ABC, 3);
    it_channels(&H, 40, IT_THS(100));
    it_seconds(&H, 1800);
    const uint64_t moves = H.moves;
    it_account_open();
    for (uint32_t s = 0; s < 8 * 3600; s++) {
        it_advance(&H, 1);
        for (uint32_t i = 0; i < H.channel_count; i++) {
            const uint32_t upstream = H.channels[i].upstream;
            const int is_hard = (upstream == IT_A) == (s / 1800 % 2 == 0);
            const double work = (is_hard ? 8 : 1) * IT_THS(100);
            if (!is_hard || (s + i) % 8 == 0) {
                it_paid(&H, i, 1, work);
                it_pools[upstream].credited += work;
            }
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    cr_assert_float_eq(it_credited_pct(IT_A), 60, 0.5, "%f", it_credited_pct(IT_A));
    cr_assert_float_eq(it_row(&H, IT_A).delivered_pct, it_credited_pct(IT_A), 0.5);
    cr_assert_leq(H.moves - moves, 4, "%llu", (unsigned long long)(H.moves - moves));
    it_close(&H);
}
