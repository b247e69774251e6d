/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported cases: pools that have no job or are too hard, a host that slept, and a farm without
 * power. Each test has its case's name and numbers; beside it what the first version did. */
#include "tests/integration/cases/harness_cases.h"

static it_host H;

enum { HOUR_S = 3600 };

static void open_farm(void)
{
    case_open(&H, IT_ABC, 3);
    case_add_many(&H, 100, 200);
}

/* ---- h2_hasjob: a has no job for so many seconds of each so many ---- */

static void job(uint32_t upstream, uint32_t has_job)
{
    case_it.pools[upstream].has_job = has_job;
    case_tell(&H, upstream, HMX_UPSTREAM_UP);
}

/* Its 60 miners stayed. */
Test(abi_h2_hasjob, an_hour_but_ten_minutes)
{
    open_farm();
    case_run(&H, HOUR_S);
    for (uint32_t hour = 0; hour < 4; hour++) {
        job(IT_A, HMX_NO);
        case_run(&H, 60);
        for (uint32_t s = 60; s < 3000; s++) {
            cr_assert_eq(it_count_on(&H, IT_A), 0, "hour %u, %u s", hour, s);
            case_second(&H);
        }
        job(IT_A, HMX_YES);
        case_run(&H, 600);
        cr_assert_geq(it_count_on(&H, IT_A), 55, "its own again");
    }
    it_close(&H);
}

/* The moves of four hours with flips of so many seconds each ten minutes. */
static uint64_t moves_with_flips(uint32_t seconds)
{
    open_farm();
    case_run(&H, HOUR_S);
    const uint64_t before = H.moves;
    for (uint32_t flip = 0; flip < 24; flip++) {
        if (seconds > 0) {
            job(IT_A, HMX_NO);
            case_run(&H, seconds);
            job(IT_A, HMX_YES);
        }
        case_run(&H, 600 - seconds);
    }
    const uint64_t moves = H.moves - before;
    it_close(&H);
    return moves;
}

Test(abi_h2_hasjob, flips_of_five_seconds_move_nobody)
{
    const uint64_t without = moves_with_flips(0);
    const uint64_t with = moves_with_flips(5);
    cr_assert_leq(with, without, "%llu moves, %llu without", (unsigned long long)with,
                  (unsigned long long)without);
}

/* ---- h3_suspend: twenty seconds of shares wait for an answer, and the host sleeps an hour ---- */

static void sleep_for_an_hour(int answers_first)
{
    open_farm();
    case_run(&H, 2 * HOUR_S);
    const uint64_t before = H.moves;
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        case_it.pools[u].answers_every_s = 0;
    }
    case_run(&H, 20);
    it_advance(&H, HOUR_S + 0.1);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        case_it.pools[u].answers_every_s = 5;
        if (answers_first) {
            case_answer(&H, u);
        }
    }
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    for (uint32_t s = 0; s < 600; s++) {
        case_second(&H);
        for (uint32_t u = IT_A; u <= IT_C && s % 10 == 0; u++) {
            cr_assert_not(it_row(&H, u).flags & HMX_ROW_GREY, "%u s: %s", s, H.log);
        }
    }
    cr_assert_leq(H.moves - before, 5, "%llu", (unsigned long long)(H.moves - before));
    it_close(&H);
}

/* Two pools were grey, and 88 of 100 moved in the first tick. */
Test(abi_h3_suspend, an_hour_with_twenty_seconds_of_shares_under_way)
{
    sleep_for_an_hour(0);
    sleep_for_an_hour(1);
}

/* ---- h13_maxtarget: b asks for a difficulty of a million ---- */

static hmx_channel_open device_of_a_thousand(double ths)
{
    hmx_channel_open e = case_event(&H, "farm.w", ths);
    it_target_of(1000, e.max_target);
    return e;
}

/* 0.6 % of the work for b: half of the small devices were there and found a share in 72 minutes. */
Test(abi_h13_maxtarget, what_a_device_cannot_meet_is_no_destination_for_it)
{
    case_open(&H, IT_ABC, 3);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_target_of(u == IT_B ? 1e6 : 1, case_it.pools[u].target);
        case_tell(&H, u, HMX_UPSTREAM_UP);
    }
    for (uint32_t i = 0; i < 100; i++) {
        const hmx_channel_open e = device_of_a_thousand(i < 50 ? 1 : 200);
        case_join(&H, &e, i < 50 ? 1 : 200);
    }
    for (uint32_t s = 0; s < 3 * HOUR_S; s++) {
        for (uint32_t i = 0; i < 50; i++) {
            cr_assert_neq(H.channels[i].upstream, IT_B, "device %u, %u s", i, s);
        }
        case_second(&H);
    }
    case_expect_split("h13_maxtarget", 1);
    it_close(&H);
}

/* ---- h14_allsilent: the power is gone, and the connections stay ---- */

/* 59.86 % was shown for two hours. */
Test(abi_h14_allsilent, the_snapshot_shows_the_present)
{
    open_farm();
    case_run(&H, 2 * HOUR_S);
    cr_assert_eq(it_row(&H, IT_A).has_actual, HMX_YES);
    const uint64_t before = H.moves;
    for (uint32_t i = 0; i < 100; i++) {
        case_it.devices[i].finds_nothing = 1;
    }
    case_run(&H, 20 * 60); /* twice the window */
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        cr_assert_eq(it_row(&H, u).has_actual, HMX_NO);
        cr_assert_eq(it_row(&H, u).actual_pct, 0);
    }
    case_run(&H, 100 * 60);
    cr_assert_eq(it_snapshot(&H).s.hashrate, 0);
    cr_assert_leq(H.moves - before, 4);
    for (uint32_t i = 0; i < 100; i++) {
        case_it.devices[i].finds_nothing = 0;
        case_it.devices[i].next_s = (double)case_it.now_s + CASE_SHARE_S;
    }
    case_run(&H, 600);
    case_mark();
    case_run(&H, 50 * 60);
    cr_assert_eq(it_row(&H, IT_A).has_actual, HMX_YES);
    case_expect_split("the power is back", 1);
    it_close(&H);
}
