/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Moves that are refused, fail, or lead nowhere: who has to leave tries again at once, everybody
 * ever more rarely. */
#include "tests/integration/harness_farm.h"

static it_host H;

#define HOURLY "[controller]\nevaluation_interval_secs = 3600\n"

static void open_farm(const char *config, uint32_t pools, uint32_t miners)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_channels(&H, miners, 1000);
}

/* A tick each second; the decisions are answered by `result`. Returns how many there were. */
static uint32_t live(uint32_t seconds, uint32_t result)
{
    uint32_t decisions = 0;
    for (uint32_t s = 0; s < seconds; s++) {
        it_advance(&H, 1);
        it_mine(&H, 1);
        decisions += it_tick(&H);
        it_answer_all(&H, result);
    }
    return decisions;
}

static uint32_t times_in_log(const char *what)
{
    uint32_t count = 0;
    for (const char *at = strstr(H.log, what); at != NULL; at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

Test(refused, who_must_leave_tries_again_at_once)
{
    static const uint32_t RESULTS[] = {HMX_RESULT_REFUSED, HMX_RESULT_FAILED};
    for (uint32_t i = 0; i < 2; i++) {
        open_farm(HOURLY IT_ABC, 3, 20);
        it_down(&H, IT_A);
        cr_assert_eq(live(1, RESULTS[i]), 12);
        (void)live(2, HMX_RESULT_APPLIED);
        cr_assert_eq(it_count_on(&H, IT_A), 0);
        it_close(&H);
    }
}

Test(refused, a_destination_that_died_is_left_at_once)
{
    open_farm(HOURLY IT_ABC, 3, 20);
    it_down(&H, IT_A);
    it_advance(&H, 1);
    it_tick(&H);
    it_down(&H, IT_B);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_gt(it_count_on(&H, IT_B), 0);
    (void)live(1, HMX_RESULT_APPLIED);
    cr_assert_eq(it_count_on(&H, IT_C), 20);
    it_close(&H);
}

Test(refused, a_parked_channel_gets_work_at_once)
{
    open_farm(HOURLY IT_ABC, 3, 4);
    (void)live(1, HMX_RESULT_APPLIED);
    cr_assert_eq(it_force(&H, 0, HMX_NONE), HMX_OK);
    (void)live(1, HMX_RESULT_APPLIED);
    cr_assert_neq(H.channels[0].upstream, HMX_NONE);
    it_close(&H);
}

/* A hour in which no evacuation succeeds: 3600 times 12 decisions become a few for each channel. */
Test(refused, an_evacuation_that_never_works_is_tried_ever_more_rarely)
{
    open_farm(IT_ABC, 3, 20);
    it_down(&H, IT_A);
    const uint32_t first = live(60, HMX_RESULT_REFUSED);
    const uint32_t then = live(3540, HMX_RESULT_REFUSED);
    cr_assert(first >= 12 && first <= 84, "%u", first);
    cr_assert_leq(then, 60, "%u", then);
    cr_assert_eq(times_in_log("are refused or fail"), 2, "once for b and once for c");
    (void)live(310, HMX_RESULT_APPLIED);
    cr_assert_eq(it_count_on(&H, IT_A), 0);
    cr_assert_eq(times_in_log("succeed again"), 2);
    it_close(&H);
}

/* The owner wants more for b, and the host never does it. What b lacks stays where it is. */
Test(refused, a_pool_to_which_no_move_works_costs_few_decisions_and_says_so_once)
{
    open_farm(IT_ABC, 3, 50);
    (void)live(120, HMX_RESULT_APPLIED);
    hmx_target rows[3] = {
        {sizeof rows[0], 1, 30}, {sizeof rows[0], 2, 60}, {sizeof rows[0], 3, 10}};
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = 3, .rows = rows};
    cr_assert_eq(H.tuning->set_targets(H.self, H.now_ns, &targets, NULL), HMX_OK);
    const uint32_t decisions = live(3600, HMX_RESULT_REFUSED);
    cr_assert(decisions >= 20 && decisions <= 80, "%u", decisions);
    cr_assert_eq(times_in_log("moves to upstream b are refused or fail"), 1);
    (void)live(600, HMX_RESULT_APPLIED);
    cr_assert_geq(it_count_on(&H, IT_B), 28);
    cr_assert_eq(times_in_log("moves to upstream b succeed again"), 1);
    it_close(&H);
}

/* One miner that the host never moves is no reason to leave a pool alone. */
Test(refused, one_stubborn_miner_rests_alone)
{
    open_farm("[controller]\nhold_secs = 0\n" IT_ABC, 3, 50);
    uint32_t asked = 0;
    for (uint32_t s = 0; s < 1800; s++) {
        if (s % 300 == 0) {
            it_state(&H, IT_A, s % 600 == 0 ? HMX_UPSTREAM_DOWN : HMX_UPSTREAM_UP);
        }
        it_advance(&H, 1);
        it_mine(&H, 1);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            const int is_stubborn = H.decisions[i].channel == H.channels[0].channel;
            asked += is_stubborn ? 1 : 0;
            cr_assert_eq(it_answer(&H, &H.decisions[i],
                                   is_stubborn ? HMX_RESULT_REFUSED : HMX_RESULT_APPLIED),
                         HMX_OK);
        }
    }
    cr_assert(asked > 0 && asked <= 12, "%u", asked);
    cr_assert_eq(times_in_log("are refused or fail"), 0);
    it_close(&H);
}
