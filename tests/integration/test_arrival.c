/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Where new channels go: the priority rule by hashrate, through the shared object. */
#include "tests/integration/harness_farm.h"

static it_host H;

/* Opens `count` equal channels and writes where they went as letters. */
static const char *arrivals(uint32_t count)
{
    static char letters[IT_CHANNELS + 1];
    memset(letters, 0, sizeof letters);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t upstream = H.channels[it_channel_of(&H, 1000)].upstream;
        letters[i] = (char)(upstream == HMX_NONE ? '-' : 'A' + (int)upstream - 1);
    }
    return letters;
}

static void expect_arrivals(const char *config, uint32_t pools, const char *letters)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    cr_assert_str_eq(arrivals((uint32_t)strlen(letters)), letters);
    it_close(&H);
}

Test(arrival, equal_miners_at_60_30_10_follow_the_reference)
{
    expect_arrivals(IT_ABC, 3, "ABACABAABAABACABAABAABACABAABA");
}

Test(arrival, ten_miners_at_50_50_end_5_and_5)
{
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_all_up(&H, 2);
    cr_assert_str_eq(arrivals(10), "ABABABABAB");
    cr_assert_eq(it_count_on(&H, IT_A), 5);
    cr_assert_eq(it_count_on(&H, IT_B), 5);
    it_close(&H);
}

Test(arrival, the_5_percent_pool_gets_the_2nd_and_the_22nd)
{
    expect_arrivals(IT_POOL("a", "95", "1") IT_POOL("b", "5", "2"), 2,
                    "ABAAAAAAAAAAAAAAAAAAABAAAAAAAA");
}

Test(arrival, four_pools)
{
    expect_arrivals(IT_POOL("a", "70", "1") IT_POOL("b", "20", "2") IT_POOL("c", "9", "3")
                        IT_POOL("d", "1", "4"),
                    4, "ABAACAABAA");
}

Test(arrival, small_targets_first)
{
    expect_arrivals(IT_POOL("a", "1", "1") IT_POOL("b", "9", "2") IT_POOL("c", "20", "3")
                        IT_POOL("d", "70", "4"),
                    4, "ABCDDDCDDD");
}

Test(arrival, the_smaller_priority_is_preferred_wherever_it_stands_in_the_file)
{
    expect_arrivals(IT_POOL("a", "50", "20") IT_POOL("b", "50", "10"), 2, "BABA");
}

Test(arrival, the_counts_are_exact_at_1000)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    (void)arrivals(1000);
    cr_assert_eq(it_count_on(&H, IT_A), 600);
    cr_assert_eq(it_count_on(&H, IT_B), 300);
    cr_assert_eq(it_count_on(&H, IT_C), 100);
    it_close(&H);
}

Test(arrival, those_who_leave_are_replaced_where_they_left)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    (void)arrivals(100);
    uint32_t left = 0;
    for (uint32_t i = 0; i < 100 && left < 30; i++) {
        if (H.channels[i].upstream == IT_A) {
            it_close_channel(&H, i);
            left++;
        }
    }
    cr_assert_str_eq(arrivals(30), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    it_close(&H);
}

Test(arrival, hashrate_counts_and_not_the_number_of_miners)
{
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_all_up(&H, 2);
    cr_assert_eq(H.channels[it_channel_of(&H, 1000)].upstream, IT_A);
    for (int i = 0; i < 10; i++) { /* ten small ones outweigh the large one */
        cr_assert_eq(H.channels[it_channel_of(&H, 100)].upstream, IT_B, "small miner %d", i);
    }
    cr_assert_eq(H.channels[it_channel_of(&H, 100)].upstream, IT_A);
    it_close(&H);
}

Test(arrival, a_miner_that_declares_nothing_counts_as_the_average_one)
{
    it_open(&H, IT_POOL("a", "50", "1") IT_POOL("b", "50", "2"));
    it_all_up(&H, 2);
    it_channels(&H, 2, 1000);
    const hmx_channel_open e = it_channel_event(&H, 0);
    cr_assert_eq(H.channels[it_channel_with(&H, &e)].upstream, IT_A);
    cr_assert_eq(H.channels[it_channel_of(&H, 1000)].upstream, IT_B);
    cr_assert_float_eq(it_channel_row(&H, 2).hashrate, it_hashrate(1000), 1e6);
    it_close(&H);
}

Test(arrival, the_first_miner_that_declares_nothing_counts_as_100_ths)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    const hmx_channel_open e = it_channel_event(&H, 0);
    const uint32_t index = it_channel_with(&H, &e);
    cr_assert_float_eq(it_channel_row(&H, index).hashrate, 1e14, 1e6);
    it_close(&H);
}

Test(arrival, disabled_and_down_pools_are_passed_over)
{
    it_open(&H, IT_POOL("a", "60", "1") "enabled = false\n" IT_POOL("b", "50", "2")
                    IT_POOL("c", "50", "3") IT_POOL("d", "0", "4"));
    it_up(&H, IT_A);
    it_up(&H, IT_C);
    cr_assert_str_eq(arrivals(3), "CCC"); /* a is disabled, b is not up, d is not up */
    it_up(&H, IT_B);
    cr_assert_str_eq(arrivals(3), "BBB");
    it_close(&H);
}

Test(arrival, a_pool_without_a_job_and_a_draining_one_get_nobody)
{
    it_open(&H, IT_ABC);
    hmx_upstream_event e = it_upstream(&H, IT_A, HMX_UPSTREAM_UP);
    e.has_job = HMX_NO;
    cr_assert_eq(hs_guard_on_upstream(H.guard, &e), HMX_OK);
    it_state(&H, IT_B, HMX_UPSTREAM_DRAINING);
    it_up(&H, IT_C);
    cr_assert_str_eq(arrivals(5), "CCCCC");
    it_up(&H, IT_A);
    cr_assert_str_eq(arrivals(1), "A");
    it_close(&H);
}

Test(arrival, upstreams_allowed_is_obeyed)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    for (int i = 0; i < 10; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.upstreams_allowed = 1u << (IT_C - 1) | 1ull << 63;
        cr_assert_eq(H.channels[it_channel_with(&H, &e)].upstream, IT_C);
    }
    cr_assert_str_eq(arrivals(2), "AA");
    hmx_channel_open e = it_channel_event(&H, 1000);
    e.upstreams_allowed = 1ull << 40; /* a pool that does not exist */
    cr_assert_eq(H.channels[it_channel_with(&H, &e)].upstream, HMX_NONE);
    it_close(&H);
}

Test(arrival, without_a_usable_pool_the_answer_is_pass_and_work_comes_later)
{
    it_open(&H, IT_ABC);
    cr_assert_str_eq(arrivals(20), "--------------------");
    cr_assert_eq(it_tick(&H), 0);
    it_advance(&H, 1);
    it_up(&H, IT_B);
    cr_assert_gt(H.ticks_requested, 0, "channels without work wait for nobody");
    cr_assert_eq(it_tick(&H), 20);
    for (uint32_t i = 0; i < 20; i++) {
        cr_assert_eq(H.decisions[i].from, HMX_NONE);
        cr_assert_eq(H.decisions[i].to, IT_B);
        cr_assert_eq(H.decisions[i].reason, HMX_REASON_ARRIVAL);
    }
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(it_row(&H, IT_B).channels, 20);
    it_close(&H);
}

Test(arrival, a_channel_parked_by_the_host_gets_work_again)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 10, 1000);
    cr_assert_eq(it_force(&H, 0, HMX_NONE), HMX_OK);
    it_run(&H, 31, 1, IT_APPLY);
    cr_assert_neq(H.channels[0].upstream, HMX_NONE);
    cr_assert_eq(it_channel_row(&H, 0).upstream, H.channels[0].upstream);
    it_close(&H);
}

Test(arrival, a_live_farm_is_taken_over_as_it_is)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < 10; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        hmx_channel_decision d = {.size = sizeof d};
        e.current_upstream = IT_C;
        cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
        cr_assert_eq(d.action, HMX_ACTION_ASSIGN);
        cr_assert_eq(d.upstream, IT_C);
        cr_assert_eq(d.reason, HMX_REASON_ADOPTED);
        H.channel_count++;
    }
    cr_assert_eq(it_row(&H, IT_C).channels, 10);
    it_advance(&H, 30);
    cr_assert_gt(it_tick(&H), 0, "all ten on the 10 %% pool, and nobody is moved");
    it_close(&H);
}

static uint32_t reason_of_arrival(void)
{
    const hmx_channel_open e = it_channel_event(&H, 1000);
    hmx_channel_decision d = {.size = sizeof d};
    cr_assert_eq(hs_guard_on_channel_open(H.guard, &e, &d), HMX_OK);
    H.channel_count++;
    return d.reason;
}

Test(arrival, the_decision_says_why)
{
    it_open(&H, IT_ABC);
    cr_assert_eq(reason_of_arrival(), HMX_REASON_NO_POOL, "parked: no pool can be used yet");
    it_all_up(&H, 3);
    cr_assert_eq(reason_of_arrival(), HMX_REASON_ARRIVAL);
    it_close(&H);
}
