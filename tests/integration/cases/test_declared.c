/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported cases: miners that declare what they are not, once or again and again. Each test has its
 * case's name and numbers; beside it what the first version did. */
#include "tests/integration/cases/harness_cases.h"

static it_host H;

enum { HOUR_S = 3600 };

static void open_farm(double ths)
{
    case_open(&H, IT_ABC, 3);
    case_add_many(&H, 100, ths);
}

/* ---- h5_redeclare: 40 % of the farm behind one channel that declares again and again ---- */

/* The moves of six hours in which it declares `low` and `high` times what it is, by turns. */
static uint64_t moves_with_words(double low, double high, uint32_t period_s)
{
    open_farm(200);
    const double ths = 20000.0 * 40 / 60;
    const uint32_t site = case_add(&H, "site2.tproxy", ths);
    case_run(&H, HOUR_S);
    const uint64_t before = H.moves;
    case_mark();
    for (uint32_t s = 1; s <= 6 * HOUR_S; s++) {
        case_work(&H);
        if (s % period_s == 0) {
            case_declare(&H, site, ths * 1e12 * (s / period_s % 2 ? high : low));
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    case_expect_split("h5_redeclare", 1);
    const uint64_t moves = H.moves - before;
    it_close(&H);
    return moves;
}

/* 38/54/8 for ever, and 572 moves. */
Test(abi_h5_redeclare, nothing_each_minute_and_half_each_ten)
{
    const uint64_t true_words = moves_with_words(1, 1, 60);
    const uint64_t nothing = moves_with_words(0, 0, 60);
    const uint64_t half = moves_with_words(0.5, 1, 600);
    cr_assert_leq(2 * nothing, 3 * true_words, "%llu of %llu", (unsigned long long)nothing,
                  (unsigned long long)true_words);
    cr_assert_leq(2 * half, 3 * true_words, "%llu of %llu", (unsigned long long)half,
                  (unsigned long long)true_words);
}

/* ---- h6_absurd: a thousand times what it is, and never a share ---- */

static void windows(const char *what, uint32_t count, uint32_t seconds)
{
    for (uint32_t i = 0; i < count; i++) {
        case_mark();
        case_run(&H, seconds);
        case_expect_split(what, 2);
    }
}

static void expect_refused(double declared_ths)
{
    hmx_channel_open e = case_event(&H, "farm.absurd", declared_ths);
    hmx_channel_decision d = {.size = sizeof d};
    e.channel = 999999;
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_E_INVALID, "%g", declared_ths);
    H.host_faults_expected++;
}

/* a got 6 of 60 for ten minutes. */
Test(abi_h6_absurd, a_thousand_times_and_mute)
{
    open_farm(200);
    case_run(&H, HOUR_S);
    const uint32_t absurd = case_add(&H, "farm.absurd", 200 * 1000);
    case_it.devices[absurd].finds_nothing = 1;
    windows("with it", 6, 300);
    for (uint32_t i = 0; i < 50; i++) { /* newcomers while it is there */
        case_add(&H, "farm.new", 200);
    }
    windows("with newcomers", 12, 300);
    expect_refused((double)NAN);
    expect_refused((double)INFINITY);
    expect_refused(-1);
    it_close(&H);
}

/* ---- liar: 1e18 hashes a second, and never a share ---- */

static void lie_for_an_hour(uint32_t again_each_s)
{
    open_farm(100);
    case_run(&H, HOUR_S);
    const uint32_t liar = case_add(&H, "farm.liar", 1e6);
    case_it.devices[liar].finds_nothing = 1;
    const uint64_t before = H.moves;
    for (uint32_t s = 1; s <= HOUR_S; s++) {
        if (s % 600 == 1) {
            case_mark();
        }
        case_work(&H);
        if (again_each_s > 0 && s % again_each_s == 0) {
            case_declare(&H, liar, s / again_each_s % 2 ? 0.5e18 : 1e18);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
        if (s % 600 == 0) {
            case_expect_split("liar", 2);
        }
    }
    cr_assert_lt(H.moves - before, 20, "%llu", (unsigned long long)(H.moves - before));
    it_close(&H);
}

/* 59.7 points off in ten minutes. */
Test(abi2_liar, once)
{
    lie_for_an_hour(0);
}

/* Nothing to a for the whole hour. */
Test(abi2_liar, again_each_minute)
{
    lie_for_an_hour(60);
}
