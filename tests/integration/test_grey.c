/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Grey pools: connected, with jobs, and no good: they reject or swallow what they get. */
#include "tests/integration/harness_field.h"

static it_host H;

enum { MINERS = 60 };

/* Sixty miners of 100 TH/s, but one of 50 on each pool; six shares a minute each. */
static void open_farm(const char *config)
{
    it_open(&H, config);
    it_all_up(&H, 3);
    it_pools_healthy();
    for (uint32_t i = 0; i < MINERS; i++) {
        it_channel_of(&H, IT_THS(i % 20 == 0 ? 50 : 100));
    }
}

/* One second in which every tenth miner finds a share of ten seconds' work. */
static void live(void)
{
    static uint32_t phase;
    it_advance(&H, 1);
    phase = (phase + 1) % 10;
    for (uint32_t i = phase; i < H.channel_count; i += 10) {
        const it_channel *const c = &H.channels[i];
        if (!c->open || c->upstream == HMX_NONE) {
            continue;
        }
        it_pool *const pool = &it_pools[c->upstream];
        it_share(&H, i, c->upstream, HMX_SHARE_SUBMITTED, 1, 10 * c->difficulty);
        if (pool->swallows) {
            continue;
        }
        pool->due += pool->acceptance;
        const int accepted = pool->due >= 1.0 - 1e-9;
        pool->due -= accepted ? 1.0 : 0.0;
        pool->credited += accepted ? 10 * c->difficulty : 0.0;
        it_share(&H, i, c->upstream, accepted ? HMX_SHARE_ACCEPTED : HMX_SHARE_REJECTED_OTHER, 1,
                 10 * c->difficulty);
    }
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
}

static void live_for(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds; i++) {
        live();
    }
}

static int has_flag(uint32_t upstream, uint32_t flag)
{
    return (it_row(&H, upstream).flags & flag) != 0;
}

/* Seconds until `upstream` has at most one miner (or, back again, more than that). */
static uint32_t seconds_until(uint32_t upstream, int is_back, uint32_t most)
{
    for (uint32_t s = 0; s < most; s++) {
        if ((it_count_on(&H, upstream) > 1) == is_back) {
            return s;
        }
        live();
    }
    return most;
}

static uint32_t smallest_on(uint32_t upstream)
{
    uint32_t best = IT_CHANNELS;
    for (uint32_t i = 0; i < H.channel_count; i++) {
        if (H.channels[i].upstream == upstream &&
            (best == IT_CHANNELS || H.channels[i].difficulty < H.channels[best].difficulty)) {
            best = i;
        }
    }
    return best;
}

/* E1: one pool accepts 10 % for six hours while everything else looks fine. */
Test(grey, field_e1_found_within_a_minute_watched_by_a_canary_and_used_again_afterwards)
{
    open_farm(IT_ABC);
    live_for(1800);
    const double canary = H.channels[smallest_on(IT_A)].difficulty;
    it_pools[IT_A].acceptance = 0.1;
    const uint32_t found = seconds_until(IT_A, 0, 300);
    cr_assert_leq(found, 60, "%u s", found);
    cr_assert_eq(it_count_on(&H, IT_A), 1, "the canary");
    cr_assert_float_eq(H.channels[smallest_on(IT_A)].difficulty, canary, 1e-9, "the smallest");
    cr_assert(has_flag(IT_A, HMX_ROW_GREY) && !has_flag(IT_A, HMX_ROW_USABLE));
    cr_assert_not_null(strstr(H.log, "upstream a is grey: it rejects 90.0 % of the work"), "%s",
                       H.log);
    cr_assert_float_eq(it_effective(&H, IT_B), 75, 0.01);
    it_account_open();
    for (uint32_t s = 0; s < 6 * 3600; s++) {
        live();
        cr_assert_eq(it_count_on(&H, IT_A), 1, "second %u", s);
    }
    const double others = it_pools[IT_B].credited + it_pools[IT_C].credited;
    cr_assert_float_eq(100 * it_pools[IT_B].credited / others, 75, 1.0);
    it_pools[IT_A].acceptance = 1.0;
    const uint32_t back = seconds_until(IT_A, 1, 1200);
    cr_assert_leq(back, 300, "%u s", back);
    cr_assert_not_null(strstr(H.log, "upstream a is tried again: it gets 5.0 % of the farm"), "%s",
                       H.log);
    live_for(240);
    for (uint32_t s = 0; s < 3600; s++) {
        live();
        cr_assert_float_eq(it_ths_on(&H, IT_A), 3510, 176, "no catching up: second %u, %f", s,
                           it_ths_on(&H, IT_A));
    }
    cr_assert_not_null(strstr(H.log, "upstream a is judged healthy"), "%s", H.log);
    it_close(&H);
}

Test(grey, a_pool_that_swallows_shares_is_found)
{
    open_farm(IT_ABC);
    live_for(1800);
    it_pools[IT_B].swallows = 1;
    const uint32_t found = seconds_until(IT_B, 0, 600);
    cr_assert_leq(found, 180, "%u s", found);
    cr_assert_eq(it_count_on(&H, IT_B), 1);
    live_for(3600);
    cr_assert_eq(it_count_on(&H, IT_B), 1);
    it_pools[IT_B].swallows = 0;
    cr_assert_leq(seconds_until(IT_B, 1, 1200), 300);
    it_close(&H);
}

Test(grey, fifteen_per_cent_rejects_are_made_up_for_and_nobody_leaves)
{
    open_farm(IT_ABC);
    it_pools[IT_A].acceptance = 0.85;
    live_for(3 * 3600);
    it_account_open();
    for (uint32_t s = 0; s < 12 * 3600; s++) {
        live();
        cr_assert_not(s % 30 == 0 && has_flag(IT_A, HMX_ROW_GREY), "second %u", s);
    }
    cr_assert_float_eq(it_credited_pct(IT_A), 60, 0.5, "%f", it_credited_pct(IT_A));
    it_close(&H);
}

Test(grey, not_when_the_operator_does_not_want_it)
{
    open_farm("[failover]\ngrey_detection = off\n" IT_ABC);
    it_pools[IT_A].acceptance = 0.1;
    for (uint32_t s = 0; s < 3600; s++) {
        live();
        cr_assert_not(has_flag(IT_A, HMX_ROW_GREY));
    }
    cr_assert_gt(it_count_on(&H, IT_A), 20);
    it_close(&H);
}

/* The move's own stale shares: each miner that leaves B gets ten of them rejected there. */
Test(grey, stale_shares_of_our_own_moves_are_not_held_against_the_old_pool)
{
    static const double there[] = {60, 0, 40};
    static const double here[] = {0, 60, 40};
    open_farm(IT_ABC);
    live_for(600);
    for (uint32_t round = 0; round < 20; round++) {
        it_new_targets(&H, 3, round % 2 ? there : here);
        for (uint32_t s = 0; s < 240; s++) {
            uint32_t from[MINERS];
            for (uint32_t i = 0; i < MINERS; i++) {
                from[i] = H.channels[i].upstream;
            }
            live();
            for (uint32_t i = 0; i < MINERS; i++) {
                for (uint32_t k = 0; k < 10 && from[i] != H.channels[i].upstream; k++) {
                    it_share(&H, i, from[i], HMX_SHARE_SUBMITTED, 1, H.channels[i].difficulty);
                    it_share(&H, i, from[i], HMX_SHARE_REJECTED_STALE, 1, H.channels[i].difficulty);
                }
            }
            for (uint32_t u = IT_A; u <= IT_C; u++) {
                cr_assert_not(has_flag(u, HMX_ROW_GREY), "upstream %u, round %u", u, round);
            }
        }
    }
    cr_assert_gt(H.moves, 200);
    it_close(&H);
}

/* The canary falls silent or leaves: the pool is not forgotten for ever. */
Test(grey, a_canary_that_falls_silent_does_not_shut_the_pool_out_for_good)
{
    open_farm(IT_ABC);
    live_for(1800);
    it_pools[IT_A].acceptance = 0.1;
    cr_assert_leq(seconds_until(IT_A, 0, 300), 60);
    const uint32_t canary = smallest_on(IT_A);
    const double difficulty = H.channels[canary].difficulty;
    it_pools[IT_A].acceptance = 1.0;
    H.channels[canary].open = 0; /* connected, and finds nothing any more */
    H.channels[canary].difficulty = 0;
    uint32_t s = 0;
    while (s < 3600 && !has_flag(IT_A, HMX_ROW_USABLE)) {
        live();
        s++;
    }
    cr_assert_leq(s, 1200, "%u s", s);
    H.channels[canary].open = 1;
    H.channels[canary].difficulty = difficulty;
    live_for(600);
    cr_assert_gt(it_count_on(&H, IT_A), 20);
    it_close(&H);
}

Test(grey, a_canary_that_disconnects_does_not_shut_the_pool_out_for_good)
{
    open_farm(IT_ABC);
    live_for(1800);
    it_pools[IT_A].acceptance = 0.1;
    cr_assert_leq(seconds_until(IT_A, 0, 300), 60);
    it_close_channel(&H, smallest_on(IT_A));
    it_pools[IT_A].acceptance = 1.0;
    cr_assert_leq(seconds_until(IT_A, 1, 3600), 900);
    it_close(&H);
}

/* All pools reject: it is the farm's fault, or nothing can be done. Nobody is moved, and a newcomer
 * works as well. */
Test(grey, when_all_pools_are_grey_nobody_moves_and_newcomers_work)
{
    open_farm(IT_ABC);
    live_for(1800);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_pools[u].acceptance = 0.0;
    }
    live_for(900);
    const uint64_t moves = H.moves;
    live_for(3600);
    cr_assert_leq(H.moves - moves, 10, "%llu", (unsigned long long)(H.moves - moves));
    const uint32_t newcomer = it_channel_of(&H, IT_THS(100));
    cr_assert_neq(H.channels[newcomer].upstream, HMX_NONE);
    for (uint32_t u = IT_A; u <= IT_C; u++) {
        it_pools[u].acceptance = 1.0;
    }
    live_for(1500);
    cr_assert_float_eq(it_ths_on(&H, IT_A) * 100 / 5950, 60, 3);
    it_close(&H);
}

Test(grey, the_only_pool_keeps_everybody)
{
    it_open(&H, IT_POOL("a", "100", "1"));
    it_up(&H, IT_A);
    it_pools_healthy();
    it_channels(&H, 20, IT_THS(100));
    it_pools[IT_A].acceptance = 0.0;
    live_for(1800);
    cr_assert_eq(it_count_on(&H, IT_A), 20);
    const uint32_t newcomer = it_channel_of(&H, IT_THS(100));
    cr_assert_eq(H.channels[newcomer].upstream, IT_A);
    it_close(&H);
}

/* Local verdicts say nothing about the pool. */
Test(grey, the_hosts_own_rejections_are_not_the_pools)
{
    open_farm(IT_ABC);
    for (uint32_t s = 0; s < 300; s++) {
        live();
        for (uint32_t i = 0; i < 10; i++) {
            hmx_share e = it_share_event(&H, i, H.channels[i].upstream,
                                         HMX_SHARE_REJECTED_LOW_DIFFICULTY, 5, 5.0);
            e.event.flags = HMX_SHARE_FLAG_LOCAL;
            cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
        }
        cr_assert_not(has_flag(IT_A, HMX_ROW_GREY));
    }
    it_close(&H);
}
