/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Connections that are gone for a moment, and a host that sleeps: neither is a failure of a
 * pool. */
#include "tests/integration/harness_field.h"

static it_host H;

static void open_farm(uint32_t miners)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_pools_healthy();
    it_channels(&H, miners, IT_THS(100));
    it_seconds(&H, 600);
}

static void say(uint32_t upstream, uint32_t state, uint32_t reason)
{
    hmx_upstream_event e = it_upstream(&H, upstream, state);
    e.reason = reason;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
}

static void lose(uint32_t upstream)
{
    say(upstream, HMX_UPSTREAM_DOWN, HMX_UPSTREAM_REASON_LOST);
}

/* ---- blips ---- */

Test(blips, a_moment_moves_nobody_and_closes_no_books)
{
    for (uint32_t away = 0; away <= 3; away++) {
        open_farm(60);
        const uint64_t moves = H.moves;
        const double debt = it_row(&H, IT_A).integral_point_min;
        lose(IT_A);
        it_seconds(&H, away);
        cr_assert_not(it_row(&H, IT_A).flags & HMX_ROW_UP);
        cr_assert_float_eq(it_effective(&H, IT_A), 60, 1e-9);
        it_up(&H, IT_A);
        cr_assert_float_eq(it_row(&H, IT_A).integral_point_min, debt, 0.5);
        cr_assert_eq(H.moves, moves, "away for %u s", away);
        it_seconds(&H, 600);
        cr_assert_leq(H.moves - moves, 2, "away for %u s: %llu", away,
                      (unsigned long long)(H.moves - moves));
        it_close(&H);
    }
}

Test(blips, meanwhile_newcomers_go_elsewhere)
{
    open_farm(60);
    lose(IT_A);
    for (uint32_t i = 0; i < 10; i++) {
        const uint32_t newcomer = it_channel_of(&H, IT_THS(100));
        cr_assert(H.channels[newcomer].upstream == IT_B || H.channels[newcomer].upstream == IT_C);
    }
    lose(IT_B);
    lose(IT_C);
    cr_assert_eq(H.channels[it_channel_of(&H, IT_THS(100))].upstream, HMX_NONE, "it waits");
    it_close(&H);
}

Test(blips, who_is_not_back_in_a_moment_is_down_and_everybody_leaves)
{
    open_farm(60);
    lose(IT_A);
    say(IT_A, HMX_UPSTREAM_CONNECTING, 0);
    it_seconds(&H, 3);
    cr_assert_eq(it_count_on(&H, IT_A), 36);
    it_second(&H);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    cr_assert_not_null(strstr(H.log, "upstream a was not back in a moment: it is down"), "%s",
                       H.log);
    it_close(&H);
}

Test(blips, what_is_final_is_not_waited_for)
{
    static const uint32_t FINAL[] = {HMX_UPSTREAM_REASON_REFUSED, HMX_UPSTREAM_REASON_HOST,
                                     HMX_UPSTREAM_REASON_CONNECT_FAILED};
    for (uint32_t i = 0; i < 3; i++) {
        open_farm(60);
        say(IT_A, HMX_UPSTREAM_DOWN, FINAL[i]);
        it_second(&H);
        cr_assert_eq(it_count_on(&H, IT_A), 0, "reason %u", FINAL[i]);
        it_close(&H);
    }
    open_farm(60);
    lose(IT_A);
    say(IT_A, HMX_UPSTREAM_DOWN, HMX_UPSTREAM_REASON_REFUSED);
    it_second(&H);
    cr_assert_eq(it_count_on(&H, IT_A), 0, "broken, and then refused");
    it_close(&H);
}

Test(blips, one_that_breaks_again_within_a_minute_has_failed)
{
    open_farm(60);
    lose(IT_A);
    it_second(&H);
    it_up(&H, IT_A);
    it_seconds(&H, 30);
    cr_assert_eq(it_count_on(&H, IT_A), 36);
    lose(IT_A);
    it_second(&H);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    it_close(&H);
}

/* A second every N minutes: neither a hold-down nor anybody who moves. */
Test(blips, a_second_every_few_minutes_is_nothing)
{
    static const uint32_t MINUTES[] = {5, 9, 20, 61};
    for (uint32_t i = 0; i < sizeof MINUTES / sizeof *MINUTES; i++) {
        open_farm(20);
        const uint64_t moves = H.moves;
        for (uint32_t s = 0; s < 3 * 3600; s += MINUTES[i] * 60) {
            it_seconds(&H, MINUTES[i] * 60 - 1);
            lose(IT_A);
            it_second(&H);
            it_up(&H, IT_A);
            cr_assert_eq(it_row(&H, IT_A).flags & (HMX_ROW_USABLE | HMX_ROW_HELD_DOWN),
                         HMX_ROW_USABLE);
        }
        cr_assert_leq(H.moves - moves, 6, "every %u minutes: %llu moves", MINUTES[i],
                      (unsigned long long)(H.moves - moves));
        it_close(&H);
    }
}

Test(blips, without_auto_restore_a_moment_is_no_failure_either)
{
    it_open(&H, "[failover]\nauto_restore = no\n" IT_ABC);
    it_all_up(&H, 3);
    it_pools_healthy();
    it_channels(&H, 20, IT_THS(100));
    it_seconds(&H, 300);
    lose(IT_A);
    it_seconds(&H, 2);
    it_up(&H, IT_A);
    it_seconds(&H, 60);
    cr_assert(it_row(&H, IT_A).flags & HMX_ROW_USABLE);
    lose(IT_A);
    it_seconds(&H, 5);
    it_up(&H, IT_A);
    it_seconds(&H, 60);
    cr_assert_not(it_row(&H, IT_A).flags & HMX_ROW_USABLE);
    it_close(&H);
}

/* A real outage: the evaluation comes with the return, not up to an interval later. */
Test(blips, who_is_back_gets_its_share_at_once)
{
    it_open(&H, "[controller]\nevaluation_interval_secs = 600\n" IT_ABC);
    it_all_up(&H, 3);
    it_pools_healthy();
    it_channels(&H, 60, IT_THS(100));
    it_seconds(&H, 1300);
    lose(IT_A);
    it_seconds(&H, 200);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    it_up(&H, IT_A);
    it_seconds(&H, 2);
    cr_assert_gt(it_count_on(&H, IT_A), 10);
    it_close(&H);
}

/* ---- a host that sleeps ---- */

/* What was under way when it fell asleep is answered after the first tick, or before it. */
static void sleep_for(double seconds, int answers_first)
{
    open_farm(60);
    for (uint32_t s = 0; s < 20; s++) {
        it_advance(&H, 1);
        for (uint32_t i = 0; i < H.channel_count; i++) {
            it_share(&H, i, H.channels[i].upstream, HMX_SHARE_SUBMITTED, 1,
                     H.channels[i].difficulty);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    const uint64_t moves = H.moves;
    it_advance(&H, seconds);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < H.channel_count && round == !answers_first; i++) {
            it_share(&H, i, H.channels[i].upstream, HMX_SHARE_ACCEPTED, 20,
                     20 * H.channels[i].difficulty);
        }
        if (round == 0) {
            it_tick(&H);
            it_answer_all(&H, HMX_RESULT_APPLIED);
        }
    }
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        cr_assert_not(it_row(&H, u).flags & HMX_ROW_GREY, "%g s: upstream %u", seconds, u);
    }
    it_seconds(&H, 600);
    cr_assert_leq(H.moves - moves, 5, "%g s: %llu moves", seconds,
                  (unsigned long long)(H.moves - moves));
    it_close(&H);
}

Test(sleeping, a_gap_in_the_hosts_time_is_no_silence_of_the_pools)
{
    static const double SECONDS[] = {60, 120, 600, 3600, 86400};
    for (uint32_t i = 0; i < sizeof SECONDS / sizeof *SECONDS; i++) {
        sleep_for(SECONDS[i], 0);
        sleep_for(SECONDS[i], 1);
    }
}
