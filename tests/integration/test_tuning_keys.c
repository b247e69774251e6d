/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What each key of the controller does that replaces one constant of the model: noise_factor,
 * hold_secs, min_improvement, ripple_point_mins and dwell_secs.
 */
#include "tests/integration/harness_field.h"

static it_host H;

/* A farm of equal miners with these keys, its pools up and in balance. */
static void open_farm(const char *keys, const char *pools, uint32_t miners)
{
    char config[2048];
    snprintf(config, sizeof config, "[controller]\n%s%s", keys, pools);
    it_open(&H, config);
    it_all_up(&H, 2);
    it_channels(&H, miners, 1000);
}

#define AB(a, b) IT_POOL("a", a, "1") IT_POOL("b", b, "2")

static double band_with(const char *keys)
{
    open_farm(keys, AB("50", "50"), 40);
    it_run(&H, 600, 1, IT_APPLY);
    const double band = it_snapshot(&H).s.deadband_effective_points;
    it_close(&H);
    return band;
}

/* sigma = sqrt(1/2 * 1/2 * rate of the squared difficulties / 600 s) of the farm: with forty shares
 * a second it is 0.5 / sqrt(40 * 600). */
Test(tuning_keys, noise_factor_is_the_deadband_in_sigmas_of_luck)
{
    const double sigma = 100 * 0.5 / sqrt(40.0 * 600);
    cr_assert_float_eq(band_with("noise_factor = 0\n"), 0.2 * sigma, 1e-3, "never finer");
    cr_assert_float_eq(band_with("noise_factor = 2.5\n"), 2.5 * sigma, 1e-3);
    cr_assert_float_eq(band_with("noise_factor = 4\n"), 4 * sigma, 1e-3);
    cr_assert_float_eq(band_with("noise_factor = 10\n"), 1.5, 1e-9, "never wider");
    cr_assert_float_eq(band_with(""), sigma, 1e-3, "balanced: one");
}

/* Seconds from a small change of the targets to the first move, 0 = none within `most`. */
static uint32_t first_move(const char *keys, uint32_t miners, double a, uint32_t most)
{
    const double targets[] = {a, 100 - a};
    open_farm(keys, AB("60", "40"), miners);
    it_run(&H, 180, 10, IT_APPLY); /* until nobody expects more of the miners that came */
    it_run(&H, 1, 1, IT_APPLY);
    cr_assert_eq(H.moves, 0);
    it_new_targets(&H, 2, targets);
    uint32_t seconds = 0;
    while (seconds < most && H.moves == 0) {
        it_run(&H, 1, 1, IT_APPLY);
        seconds++;
    }
    const uint32_t at = H.moves > 0 ? seconds : 0;
    it_close(&H);
    return at;
}

/* 0.4 points: beyond the deadband of 0.2, not beyond four times that, which waits for nobody. */
Test(tuning_keys, hold_secs_is_how_long_a_deviation_lasts_before_a_move)
{
#define STEADY "deadband_points = 0.2\nnoise_factor = 0\nmin_improvement = 0\n"
    const uint32_t at_once = first_move(STEADY "hold_secs = 0\n", 200, 59.6, 3600);
    const uint32_t later = first_move(STEADY "hold_secs = 300\n", 200, 59.6, 3600);
    const uint32_t model = first_move(STEADY, 200, 59.6, 3600);
    cr_assert(at_once > 0 && at_once <= 30, "%u s", at_once);
    cr_assert_eq(later, at_once + 300, "%u s", later);
    cr_assert_eq(model, at_once + 60, "%u s", model);
}

/* Forty miners and 0.6 of one too much: one moved improves that by 0.2. The error adds up until
 * what is wanted, w of a miner, is worth it: w - |w - 1| > 2 * min_improvement. */
Test(tuning_keys, min_improvement_is_what_a_move_gains_of_its_size)
{
#define UNBOUNDED "ripple_point_mins = 100000\n"
    const uint32_t little = first_move(UNBOUNDED "min_improvement = 0.05\n", 40, 58.5, 7200);
    const uint32_t some = first_move(UNBOUNDED "min_improvement = 0.2\n", 40, 58.5, 7200);
    const uint32_t much = first_move(UNBOUNDED "min_improvement = 0.4\n", 40, 58.5, 7200);
    const uint32_t model = first_move(UNBOUNDED, 40, 58.5, 7200);
    cr_assert(little > 0 && little < some && some < model && model < much, "%u %u %u %u", little,
              some, model, much);
}

/* Moves within a day of a single miner that works for two pools. */
static double changes(const char *keys)
{
    open_farm(keys, AB("50", "50"), 1);
    it_run(&H, 3 * 360, 10, IT_APPLY);
    const uint64_t before = H.moves;
    it_run(&H, 24 * 360, 10, IT_APPLY);
    const double moves = (double)(H.moves - before);
    it_close(&H);
    return moves;
}

/* In a period of m minutes the debts of two pools with one miner swing by 25 m points x minutes,
 * and 2.55 times the ripple is allowed: 12 minutes, 6 for half of it, and 30 (of the 48 that it
 * would be) for four times as much. Each period is two changes. */
Test(tuning_keys, ripple_point_mins_is_the_error_at_which_a_miner_alternates)
{
    const double model = changes("");
    const double half = changes("ripple_point_mins = 60\n");
    const double four = changes("ripple_point_mins = 480\n");
    const double conservative = changes("tuning_model = conservative\n");
    cr_assert_float_eq(model, 2 * 24 * 60 / 12.0, 4, "%f", model);
    cr_assert_float_eq(half, 2 * 24 * 60 / 6.0, 8, "%f", half);
    cr_assert_float_eq(four, 2 * 24 * 60 / 30.0, 4, "%f", four);
    cr_assert_float_eq(conservative, 2 * 24 * 60 / 30.0, 4, "%f", conservative);
}

static void swing(int high)
{
    const double targets[] = {high ? 70 : 30, high ? 30 : 70};
    it_new_targets(&H, 2, targets);
}

/* Targets that swing every minute. The shortest time that a miner stayed. */
static double shortest_stay(const char *keys)
{
    double shortest = 1e9;
    open_farm(keys, AB("70", "30"), 20);
    for (uint32_t second = 1; second <= 3000; second++) {
        if (second % 60 == 0) {
            swing(second / 60 % 2);
        }
        it_advance(&H, 1);
        it_mine(&H, 1);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            const it_channel *const c = it_channel_named(&H, H.decisions[i].channel);
            const double stay = (double)(H.now_ns - c->moved_ns) / 1e9;
            shortest = c->moved_ns > 0 && stay < shortest ? stay : shortest;
        }
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    it_close(&H);
    return shortest;
}

Test(tuning_keys, dwell_secs_is_the_least_time_between_two_moves_of_a_miner)
{
    const double none = shortest_stay("min_reassignment_interval_secs = 0\ndwell_secs = 0\n");
    const double some = shortest_stay("min_reassignment_interval_secs = 0\ndwell_secs = 400\n");
    const double larger = shortest_stay("min_reassignment_interval_secs = 700\ndwell_secs = 400\n");
    cr_assert(none > 0 && none < 100, "%f", none);
    cr_assert(some >= 400 && some < 450, "%f", some);
    cr_assert(larger >= 700 && larger < 800, "%f", larger);
}
