/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reported cases: one miner whose shares are rejected, by the flood. Each test has its case's name
 * and numbers; beside it what the first version did. */
#include "tests/integration/cases/harness_cases.h"

static it_host H;

enum { HOUR_S = 3600 };

static void open_farm(double ths)
{
    case_open(&H, IT_ABC, 3);
    case_add_many(&H, 100, ths);
}

/* ---- h1_badminer: rejected shares a second of one device ---- */

/* The moves of six hours with a device that sends so many. */
static uint64_t moves_with_broken(double shares_a_second)
{
    open_farm(200);
    case_run(&H, HOUR_S);
    const uint32_t broken = case_add(&H, "farm.broken", 200);
    case_it.devices[broken].flood = shares_a_second;
    case_it.devices[broken].verdict = HMX_SHARE_REJECTED_DUPLICATE;
    case_it.devices[broken].is_broken = 1;
    const uint64_t before = H.moves;
    case_mark();
    case_run(&H, 6 * HOUR_S);
    case_expect_split("h1_badminer", 1);
    const uint64_t moves = H.moves - before;
    it_close(&H);
    return moves;
}

/* 11 893 moves and 40/38/22: one pool after the other was grey, and the rejects were hashrate. */
Test(abi_h1_badminer, five_a_second)
{
    const uint64_t without = moves_with_broken(0);
    const uint64_t with = moves_with_broken(5);
    cr_assert_leq(with, 2 * without, "%llu moves, %llu without it", (unsigned long long)with,
                  (unsigned long long)without);
}

/* ---- bad1: shares of difficulty one, all rejected ---- */

static void bad_for_two_hours(double shares_a_second, uint32_t verdict, const char *config)
{
    case_open(&H, config, 3);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        case_it.pools[u].answers_every_s = 1;
    }
    case_add_many(&H, 101, 100);
    case_run(&H, 600);
    case_device *const bad = &case_it.devices[100];
    bad->is_broken = bad->finds_nothing = 1;
    bad->flood = shares_a_second;
    bad->flood_difficulty = 1;
    bad->flood_next_s = (double)case_it.now_s;
    bad->verdict = verdict;
    case_mark();
    for (uint32_t s = 0; s < 6600; s += 10) {
        case_run(&H, 10);
        cr_assert_not(it_row(&H, IT_A).flags & HMX_ROW_GREY, "%u s: %s", s, H.log);
    }
    case_expect_split("bad1", 1);
    it_close(&H);
}

/* 0.3/75/25: a was grey for good, the bad one was its canary. */
Test(abi2_bad1, three_a_second_of_too_low_difficulty)
{
    bad_for_two_hours(3, HMX_SHARE_REJECTED_LOW_DIFFICULTY, IT_ABC);
}

/* 52/38/10: the correction for what a pool rejects counted shares. */
Test(abi2_bad1, twenty_a_second_without_grey_detection)
{
    bad_for_two_hours(20, HMX_SHARE_REJECTED_LOW_DIFFICULTY,
                      "[failover]\ngrey_detection = no\n" IT_ABC);
}
