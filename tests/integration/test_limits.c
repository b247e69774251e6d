/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Where the control law stops: a host that sleeps or refuses, a miner that is pinned, a hashrate
 * that cannot be, and what a new declaration of a hashrate is worth.
 */
#include "tests/integration/harness_field.h"

static it_host H;

static void open_farm(const char *config, uint32_t miners)
{
    it_open(&H, config);
    it_all_up(&H, 2);
    it_channels(&H, miners, 1000);
}

#define AB IT_POOL("a", "60", "1") IT_POOL("b", "40", "2")

/* An hour without a call, then one tick: five intervals of it count. Miners that find a share every
 * minute are not silent for that, and the error of the measurement is not forgotten. */
Test(limits, a_host_that_slept_finds_the_farm_as_it_was)
{
    open_farm(AB, 10);
    for (uint32_t minute = 0; minute < 60; minute++) {
        it_run(&H, 1, 60, IT_APPLY);
    }
    it_advance(&H, 3600);
    it_tick(&H);
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert_float_eq(it_channel_row(&H, i).hashrate, it_hashrate(1000), it_hashrate(100));
    }
    it_close(&H);
}

Test(limits, a_host_that_slept_finds_the_error_that_it_left)
{
    open_farm(AB, 10);
    it_run(&H, 30, 60, IT_APPLY);
    for (uint32_t i = 0, moved = 0; i < 10 && moved < 2; i++) {
        if (H.channels[i].upstream == IT_A) {
            cr_assert_eq(it_force(&H, i, IT_B), HMX_OK);
            moved++;
        }
    }
    it_run(&H, 10, 60, IT_REFUSE);
    const double before = it_row(&H, IT_A).error_points;
    it_advance(&H, 3600);
    it_tick(&H);
    const double after = it_row(&H, IT_A).error_points;
    cr_assert_gt(before, 10);
    /* exp(-150 / 600), a little more because the farm counts for less after it. */
    cr_assert_float_eq(after / before, 0.8, 0.03, "%f of %f", after, before);
    it_close(&H);
}

/* Thirty unequal miners far from their targets: an exact split takes more than ten moves. A host
 * that refuses them all is not asked for the finer part again. */
Test(limits, a_host_that_refuses_is_not_asked_for_the_exact_split)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    for (uint32_t i = 0; i < 80; i++) {
        it_channel_of(&H, 900 + 13 * (i % 17));
    }
    it_run(&H, 61, 1, IT_APPLY);
    for (uint32_t i = 0, moved = 0; i < 80 && moved < 12; i++) {
        if (H.channels[i].upstream == IT_A) {
            cr_assert_eq(it_force(&H, i, IT_B), HMX_OK);
            moved++;
        }
    }
    uint32_t asked[3] = {0};
    for (uint32_t i = 0; i < 90; i++) {
        it_run(&H, 1, 1, IT_REFUSE);
        asked[i / 30] += H.decision_count;
    }
    cr_assert_eq(asked[0], 19, "%u", asked[0]);
    cr_assert_eq(asked[1], 11, "%u", asked[1]);
    cr_assert_eq(asked[2], 11, "%u", asked[2]);
    it_close(&H);
}

/* Three miners, all kept on B by a host that refuses for half a day: no debt is run up. */
Test(limits, what_a_host_refuses_does_not_become_a_debt)
{
    open_farm(AB, 3);
    it_run(&H, 30, 1, IT_APPLY);
    for (uint32_t i = 0; i < 3; i++) {
        if (H.channels[i].upstream == IT_A) {
            cr_assert_eq(it_force(&H, i, IT_B), HMX_OK);
        }
    }
    for (uint32_t hour = 0; hour < 12; hour++) {
        it_run(&H, 360, 10, IT_REFUSE);
    }
    const hmx_upstream_metrics a = it_row(&H, IT_A);
    cr_assert_lt(a.integral_point_min + 10 * a.error_points, 60.0, "%f", a.integral_point_min);
    it_close(&H);
}

/* Half of the farm is pinned to A, and works there whatever A is owed: the command says so. */
Test(limits, a_command_is_never_below_what_is_pinned)
{
    it_open(&H, IT_PIN("keep", "keep*", "a") IT_POOL("a", "30", "1") IT_POOL("b", "70", "2"));
    it_all_up(&H, 2);
    it_named(&H, "keep.1", 100);
    it_named(&H, "free.1", 100);
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(H.channels[0].upstream, IT_A);
    cr_assert_eq(it_force(&H, 1, IT_A), HMX_OK);
    for (uint32_t minute = 0; minute < 60; minute++) {
        it_run(&H, 60, 1, IT_REFUSE);
        const double command = it_row(&H, IT_A).command_pct;
        cr_assert_geq(command, 50 - 1e-6, "%f in minute %u", command, minute);
    }
    cr_assert_lt(it_row(&H, IT_A).error_points, -10, "it had too much");
    it_close(&H);
}

/* No farm of this world has as much: what is above is a broken peer's, and must not swamp sums. */
Test(limits, no_miner_counts_for_more_than_1e21_hashes_a_second)
{
    it_open(&H, AB);
    it_all_up(&H, 2);
    it_channel_of(&H, 1e25 / IT_HASHES_PER_SHARE);
    cr_assert_float_eq(it_channel_row(&H, 0).hashrate, 1e21, 1e10);
    it_channel_of(&H, 0.9e21 / IT_HASHES_PER_SHARE);
    cr_assert_float_eq(it_channel_row(&H, 1).hashrate, 0.9e21, 1e10);
    it_close(&H);
}

/* Ten equal miners, two of them on A, and the host moves none for two hours. */
static double command_of_a(const char *config)
{
    open_farm(config, 10);
    for (uint32_t i = 0; i < 10; i++) {
        const uint32_t to = i < 2 ? IT_A : IT_B;
        if (H.channels[i].upstream != to) {
            cr_assert_eq(it_force(&H, i, to), HMX_OK);
        }
    }
    it_run(&H, 720, 10, IT_REFUSE);
    const double command = it_row(&H, IT_A).command_pct;
    it_close(&H);
    return command;
}

/* Up to two and a half miners off may be what whole miners cannot express: it adds up until one is
 * moved. What is off by more nobody wanted to move: to add it up would be in vain. */
Test(limits, without_ki_only_what_whole_miners_cannot_express_adds_up)
{
#define NO_GAINS "[controller]\nkp = 0\nki = 0\nkd = 0\n"
    const double near = command_of_a(NO_GAINS IT_POOL("a", "44", "1") IT_POOL("b", "56", "2"));
    cr_assert_gt(near, 50, "%f with 2.4 miners off", near);
    const double far = command_of_a(NO_GAINS IT_POOL("a", "46", "1") IT_POOL("b", "54", "2"));
    cr_assert_float_eq(far, 46, 1e-6, "%f with 2.6 miners off", far);
}

/* The pools get what a farm of next to no hashrate cannot have found: no controller's output is
 * a number then. Who has none is forgiven its debts, and the command is one all the same. */
Test(limits, an_error_beyond_all_numbers_is_forgiven)
{
    for (uint32_t paid = IT_A; paid <= IT_B; paid++) {
        it_open(&H, AB);
        it_all_up(&H, 2);
        it_channels(&H, 3, 1e-300);
        it_close_channel(&H, 2);
        it_advance(&H, 30);
        it_share(&H, 2, paid, HMX_SHARE_SUBMITTED, 1, 1e30); /* closed: it is nobody's hashrate */
        it_tick(&H);
        for (uint32_t upstream = IT_A; upstream <= IT_B; upstream++) {
            const hmx_upstream_metrics row = it_row(&H, upstream);
            cr_assert_eq(row.output_points, 0.0, "%u: %f", upstream, row.output_points);
            cr_assert_float_eq(row.command_pct, upstream == IT_A ? 60 : 40, 1e-6, "%u: %f",
                               upstream, row.command_pct);
        }
        it_close(&H);
    }
}
