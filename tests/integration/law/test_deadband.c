/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * deadband_points: a number is how far off the farm may be before a miner is moved to balance it,
 * and nothing else waits for it; what luck does to tiny ones costs no moves. */
#include "tests/integration/harness_field.h"
#include "tests/unit/test_draw.h"

static it_host H;

static void open_farm(const char *deadband, const char *pools)
{
    static char config[2048];
    snprintf(config, sizeof config, "[controller]\ndeadband_points = %s\n%s", deadband, pools);
    it_open(&H, config);
    it_all_up(&H, 3);
}

/* Half a minute in which everybody finds three shares, give or take luck. */
static uint32_t half_minute(uint64_t *seed)
{
    it_advance(&H, 30);
    for (uint32_t i = 0; i < H.channel_count; i++) {
        const uint32_t found = draw_poisson(seed, 3.0);
        if (found > 0) {
            it_paid(&H, i, found, 10.0 * H.channels[i].difficulty * found);
        }
    }
    it_tick(&H);
    uint32_t balancing = 0;
    for (uint32_t i = 0; i < H.decision_count; i++) {
        balancing += H.decisions[i].reason == HMX_REASON_BALANCE;
    }
    it_answer_all(&H, HMX_RESULT_APPLIED);
    return balancing;
}

static void add_miners(uint64_t *seed, uint32_t count, uint32_t kinds)
{
    static const double sizes[] = {200, 95, 140, 270, 114, 170};
    for (uint32_t i = 0; i < count; i++) {
        it_channel_of(&H, IT_THS(sizes[draw_below(seed, kinds)]));
    }
}

Test(deadband, no_balancing_move_begins_below_the_number)
{
    static const struct {
        const char *key;
        double points;
    } bands[] = {{"0.5", 0.5}, {"1.5", 1.5}, {"4", 4.0}};
    for (size_t b = 0; b < sizeof bands / sizeof *bands; b++) {
        uint64_t seed = 5;
        uint32_t began = 0;
        uint32_t before = 0;
        open_farm(bands[b].key, IT_ABC);
        add_miners(&seed, 60, 6);
        for (int i = 0; i < 24 * 120; i++) {
            const uint32_t now = half_minute(&seed);
            const hmx_snapshot s = it_snapshot(&H).s;
            if (now > 0 && before == 0) { /* not the next part of what has begun */
                began++;
                cr_assert_gt(s.deviation_points, bands[b].points, "deadband %s", bands[b].key);
            }
            before = now;
        }
        cr_assert_eq(it_snapshot(&H).s.deadband_effective_points, bands[b].points);
        cr_assert_gt(began, 3, "with %s the debts have to be paid too", bands[b].key);
        it_close(&H);
    }
}

/* Moves per miner in a day. */
static double moves_a_day(const char *deadband, uint32_t miners, uint32_t kinds)
{
    uint64_t seed = 9;
    open_farm(deadband, IT_ABC);
    add_miners(&seed, miners, kinds);
    for (int i = 0; i < 12 * 120; i++) {
        half_minute(&seed);
    }
    const double moves = 2.0 * (double)H.moves / miners;
    it_close(&H);
    return moves;
}

Test(deadband, none_at_all_does_not_let_equal_miners_change_places)
{
    static const char *const tiny[] = {"0", "0.000001", "0.01", "auto"};
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; i++) {
        const double equal = moves_a_day(tiny[i], 20, 1);
        const double mixed = moves_a_day(tiny[i], 40, 6);
        cr_assert_lt(equal, 2.0, "deadband %s: %f", tiny[i], equal);
        cr_assert_lt(mixed, 8.0, "deadband %s: %f", tiny[i], mixed);
    }
}

Test(deadband, pools_that_fail_and_pins_do_not_wait_for_it)
{
    open_farm("100", IT_ABC IT_PIN("lab", "lab*", "c"));
    it_channels(&H, 40, IT_THS(100));
    it_run(&H, 20, 30, IT_APPLY);
    it_down(&H, IT_B);
    it_run(&H, 1, 1, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_B), 0);
    const uint32_t lab = it_named(&H, "lab1", 100);
    cr_assert_eq(it_force(&H, lab, IT_A), HMX_OK);
    it_run(&H, 20, 30, IT_APPLY);
    cr_assert_eq(H.channels[lab].upstream, IT_C);
    it_up(&H, IT_B);
    it_run(&H, 120, 30, IT_APPLY);
    cr_assert_eq(it_count_on(&H, IT_B), 0, "that would be balancing, and 30 is less than 100");
    it_close(&H);
}

/* Of four equal miners and 60/30/10 none may stay where it is all day. */
Test(deadband, slicing_does_not_wait_for_it)
{
    static const char *const bands[] = {"auto", "20", "100"};
    for (size_t b = 0; b < sizeof bands / sizeof *bands; b++) {
        open_farm(bands[b], IT_ABC);
        it_channels(&H, 4, IT_THS(100));
        it_run(&H, 24 * 120, 30, IT_APPLY);
        cr_assert_gt(H.moves, 20, "deadband %s: %llu moves", bands[b], (unsigned long long)H.moves);
        it_close(&H);
    }
}

/* A file of version 0.1.0 names the number that was the default there. */
Test(deadband, a_number_is_taken_as_it_is_and_one_line_says_that_there_is_auto)
{
    open_farm("0.5", IT_ABC);
    cr_assert_not_null(strstr(H.log, "deadband_points 0.5"), "%s", H.log);
    cr_assert_not_null(strstr(H.log, "auto"), "%s", H.log);
    cr_assert_eq(it_snapshot(&H).s.deadband, HMX_DEADBAND_POINTS);
    it_close(&H);
    open_farm("auto", IT_ABC);
    cr_assert_null(strstr(H.log, "deadband_points"), "%s", H.log);
    cr_assert_eq(it_snapshot(&H).s.deadband, HMX_DEADBAND_AUTO);
    it_close(&H);
}
