/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Nothing at all, and just one: parked miners, a pool without a target, one of two gains. */
#include "tests/integration/harness_field.h"

static it_host H;

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

/* They are nobody's canary: all are placed, down to the smallest. */
Test(bounds, every_parked_miner_is_placed_once_a_pool_can_be_used)
{
    it_open(&H, AB);
    for (uint32_t i = 0; i < 5; i++) {
        it_channel_of(&H, 1000 + i);
        cr_assert_eq(H.channels[i].upstream, HMX_NONE);
    }
    it_run(&H, 3, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
    it_all_up(&H, 2);
    it_advance(&H, 1);
    cr_assert_eq(it_tick(&H), 5);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    cr_assert_eq(it_count_on(&H, IT_A) + it_count_on(&H, IT_B), 5);
    it_close(&H);
}

/* One that declares nothing is taken for the mean of the others, wherever they are. */
Test(bounds, who_declares_nothing_is_a_miner_as_the_others)
{
    for (int up = 0; up < 2; up++) {
        it_open(&H, AB);
        if (up) {
            it_all_up(&H, 2);
        }
        it_channel_of(&H, 0.25);
        const uint32_t second = it_channel_of(&H, 0.0);
        cr_assert_float_eq(it_channel_row(&H, second).hashrate / it_hashrate(0.25), 1.0, 1e-9);
        it_channel_of(&H, 0.625);
        const uint32_t fourth = it_channel_of(&H, 0.0);
        cr_assert_float_eq(it_channel_row(&H, fourth).hashrate / it_hashrate(0.375), 1.0, 1e-9);
        it_close(&H);
    }
}

/* The miner that the host put there is wanted elsewhere, and its work is no controller's error. */
static void check_no_controller(const char *controller)
{
    char config[1024];
    snprintf(config, sizeof config, "%s" AB IT_POOL("c", "0", "3"), controller);
    it_open(&H, config);
    it_all_up(&H, 3);
    it_channels(&H, 10, 1000);
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(it_force(&H, 0, IT_C), HMX_OK);
    for (uint32_t minute = 0; minute < 20; minute++) {
        it_run(&H, 2, 30, IT_REFUSE);
        const hmx_upstream_metrics row = it_row(&H, IT_C);
        cr_assert_eq(row.effective_pct, 0.0);
        cr_assert(row.p_points == 0.0 && row.i_points == 0.0 && row.d_points == 0.0);
        cr_assert_eq(row.output_points, 0.0);
        cr_assert_eq(row.command_pct, 0.0);
    }
    it_close(&H);
}

Test(bounds, a_pool_without_a_target_has_no_controller)
{
    check_no_controller("");
    check_no_controller(IT_KP_ALONE);
    check_no_controller("[controller]\ntuning_model = proportional_only\n");
}

static int is_said_with(const char *kp, const char *ki)
{
    char config[1024];
    snprintf(config, sizeof config,
             "[controller]\nevaluation_interval_secs = 600\nkp = %s\nki = %s\nkd = 0\n" AB, kp, ki);
    it_open(&H, config);
    it_all_up(&H, 2);
    it_channels(&H, 10, 1000);
    it_run(&H, 3, 600, IT_APPLY);
    const int said = strstr(H.log, "the gains that are set are more than") != NULL;
    it_close(&H);
    return said;
}

/* Every 600 s with a window of 600 s: Kp 1 and Ki 0.1 are the most. */
Test(bounds, each_gain_alone_can_be_more_than_an_interval_bears)
{
    cr_assert_not(is_said_with("1", "0.1"));
    cr_assert(is_said_with("1.000001", "0.1"));
    cr_assert(is_said_with("1", "0.100001"));
    cr_assert(is_said_with("2", "0.2"));
}

/* What a tick decides when the targets are exchanged, with so many rows per call. */
static uint32_t decisions_with(uint32_t capacity, uint32_t *calls)
{
    static const double exchanged[] = {40, 60};
    const it_options options = {.capacity = capacity};
    it_open_with(&H, AB, &options);
    it_all_up(&H, 2);
    it_channels(&H, 100, 1000);
    it_run(&H, 20, 30, IT_APPLY);
    it_new_targets(&H, 2, exchanged);
    it_advance(&H, 30);
    it_mine(&H, 30);
    const uint32_t decided = it_tick(&H);
    *calls = H.tick_calls;
    it_answer_all(&H, HMX_RESULT_APPLIED);
    it_close(&H);
    return decided;
}

Test(bounds, a_plan_goes_on_in_the_next_call_of_the_same_tick)
{
    uint32_t calls = 0;
    const uint32_t all = decisions_with(64, &calls);
    cr_assert(all >= 16 && calls == 1, "%u in %u calls", all, calls);
    for (uint32_t capacity = 1; capacity <= 7; capacity += 2) {
        cr_assert_eq(decisions_with(capacity, &calls), all, "%u rows", capacity);
        cr_assert_gt(calls, 2);
    }
}

enum { MOVES = 4000 };

typedef struct history {
    uint32_t count;
    uint64_t moves[MOVES]; /* second, channel and pool */
} history;

/* Two hours of a coarse farm: a pool dies and comes back, the targets change, one rejects. */
static void live_through(double scale, const char *controller, history *seen)
{
    static const double sizes[] = {900, 1700, 2500, 3300, 1200};
    static const double exchanged[] = {25, 75};
    char config[1024];
    snprintf(config, sizeof config, "%s" AB, controller);
    it_open(&H, config);
    it_all_up(&H, 2);
    for (uint32_t i = 0; i < 5; i++) {
        it_channel_of(&H, scale * sizes[i]);
    }
    seen->count = 0;
    for (uint32_t step = 0; step < 720; step++) {
        if (step == 200 || step == 230) {
            it_state(&H, IT_A, step == 200 ? HMX_UPSTREAM_DOWN : HMX_UPSTREAM_UP);
        } else if (step == 360) {
            it_new_targets(&H, 2, exchanged);
        } else if (step > 500 && step % 7 == 0 && H.channels[0].upstream != HMX_NONE) {
            it_share(&H, 0, H.channels[0].upstream, HMX_SHARE_SUBMITTED, 1, scale * 500);
            it_share(&H, 0, H.channels[0].upstream, HMX_SHARE_REJECTED_OTHER, 1, scale * 500);
        }
        it_advance(&H, 10);
        it_mine(&H, 10);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count && seen->count < MOVES; i++) {
            const hmx_decision *const d = &H.decisions[i];
            seen->moves[seen->count++] = step * 1000000ull + d->channel * 1000 + d->to;
        }
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    it_close(&H);
}

/* Nothing in the law depends on the unit of work. */
Test(bounds, a_farm_a_million_times_smaller_makes_the_same_moves)
{
    static const char *const controllers[] = {"",
                                              "[controller]\ntuning_model = proportional_only\n",
                                              "[controller]\ntime_slicing = off\n"};
    static history usual;
    static history small;
    for (int i = 0; i < 3; i++) {
        live_through(1.0, controllers[i], &usual);
        live_through(0x1p-20, controllers[i], &small);
        cr_assert_gt(usual.count, 5, "%u moves", usual.count);
        cr_assert_eq(usual.count, small.count, "%u and %u", usual.count, small.count);
        for (uint32_t k = 0; k < usual.count; k++) {
            cr_assert_eq(usual.moves[k], small.moves[k], "move %u", k);
        }
    }
}
