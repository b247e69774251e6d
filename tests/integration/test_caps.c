/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * max_ths: a pool never gets more than that, unless every pool is full; and pools whose limit
 * nobody was told. */
#include "tests/integration/harness_field.h"

static it_host H;

#define CAPPED(id, percentage, priority, ths)                                                      \
    IT_POOL_KEYS(id, priority, "percentage = " percentage "\nmax_ths = " ths)

static void open_farm(const char *config, uint32_t pools)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
}

static void reconfigure(const char *config)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    const hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {config, strlen(config)}, .now_ns = H.now_ns};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    it_table(&H, rows);
}

Test(caps, what_a_cap_cuts_off_goes_to_the_others)
{
    open_farm(CAPPED("a", "60", "1", "450") IT_POOL("b", "30", "2") IT_POOL("c", "10", "3"), 3);
    it_channels(&H, 200, IT_THS(5));
    for (uint32_t s = 0; s < 3600; s++) {
        cr_assert_leq(it_ths_on(&H, IT_A), 450.01, "second %u", s);
        it_second(&H);
    }
    cr_assert_float_eq(it_effective(&H, IT_A), 45, 0.01);
    cr_assert_float_eq(it_ths_on(&H, IT_A), 450, 10.1);
    cr_assert_float_eq(it_ths_on(&H, IT_B), 412.5, 10.1);
    cr_assert_float_eq(it_ths_on(&H, IT_C), 137.5, 10.1);
    it_close(&H);
}

/* Each that comes makes the cap another part of the farm, and the next one is placed by that. */
Test(caps, a_farm_that_grows_is_placed_by_what_the_cap_is_of_it_now)
{
    open_farm(CAPPED("a", "60", "1", "450") IT_POOL("b", "30", "2") IT_POOL("c", "10", "3"), 3);
    it_channels(&H, 200, IT_THS(5));
    cr_assert_float_eq(it_effective(&H, IT_A), 45, 1e-6, "%f", it_effective(&H, IT_A));
    cr_assert_eq(it_count_on(&H, IT_A), 90);
    it_close(&H);
}

/* No move ever lifts a pool above its cap, whatever sizes the miners have; the farm's own growth
 * may, and is taken away again. */
Test(caps, never_exceeded_by_a_move)
{
    static const double swapped[] = {20, 70, 10};
    static const double sizes[] = {95, 140, 200, 270, 114, 170, 473};
    open_farm(CAPPED("a", "60", "1", "3000") CAPPED("b", "30", "2", "4000") IT_POOL("c", "10", "3"),
              3);
    for (uint32_t i = 0; i < 50; i++) {
        it_channel_of(&H, IT_THS(sizes[i * 5 % 7]));
    }
    const double cap[] = {0, 3000, 4000, INFINITY};
    for (uint32_t s = 0; s < 6 * 3600; s++) {
        if (s == 2 * 3600) {
            it_new_targets(&H, 3, swapped);
        }
        it_advance(&H, 1);
        it_mine_judged(&H, 1, 1);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            const hmx_decision *const d = &H.decisions[i];
            cr_assert_eq(it_answer(&H, d, HMX_RESULT_APPLIED), HMX_OK);
            cr_assert_leq(it_ths_on(&H, d->to), cap[d->to] * 1.001, "%u has %f", d->to,
                          it_ths_on(&H, d->to));
        }
    }
    cr_assert_gt(it_ths_on(&H, IT_B), 3500);
    it_close(&H);
}

Test(caps, arrivals_and_evacuations_respect_them_while_others_have_room)
{
    open_farm(CAPPED("a", "90", "1", "100") IT_POOL("b", "5", "2") IT_POOL("c", "5", "3"), 3);
    for (uint32_t i = 0; i < 100; i++) {
        it_channel_of(&H, IT_THS(5));
        cr_assert_leq(it_ths_on(&H, IT_A), 100.01);
    }
    it_seconds(&H, 600);
    it_down(&H, IT_B);
    for (uint32_t s = 0; s < 1200; s++) {
        it_second(&H);
        cr_assert_leq(it_ths_on(&H, IT_A), 105.01, "second %u", s);
        cr_assert_eq(it_count_on(&H, IT_B), 0);
    }
    it_close(&H);
}

Test(caps, when_all_are_full_no_miner_idles)
{
    open_farm(CAPPED("a", "60", "1", "100") CAPPED("b", "40", "2", "50"), 2);
    it_channels(&H, 60, IT_THS(5));
    it_seconds(&H, 3600);
    cr_assert_eq(it_count_on(&H, IT_A) + it_count_on(&H, IT_B), 60);
    cr_assert_float_eq(it_effective(&H, IT_A), 200 / 3.0, 0.1);
    cr_assert_float_eq(it_effective(&H, IT_B), 100 / 3.0, 0.1);
    it_close(&H);
}

/* A pool of 0 percent is there for this: it works when the others are full. */
Test(caps, a_pool_of_zero_percent_takes_what_does_not_fit)
{
    open_farm(CAPPED("a", "100", "1", "102") IT_POOL("spare", "0", "2"), 2);
    for (uint32_t i = 0; i < 30; i++) {
        it_channel_of(&H, IT_THS(5));
        cr_assert_leq(it_ths_on(&H, 1), 102);
    }
    it_seconds(&H, 1800);
    cr_assert_float_eq(it_ths_on(&H, 1), 100, 0.01, "%f", it_ths_on(&H, 1));
    const uint64_t moves = H.moves;
    it_seconds(&H, 3600);
    cr_assert_eq(H.moves, moves, "at rest");
    it_close(&H);
}

/* R2: a target infeasible for hours, then feasible: no over-delivery afterwards. */
static void peak_after_release(const char *before, const char *during, double wanted, double most)
{
    open_farm(before, 3);
    it_channels(&H, 200, IT_THS(5));
    it_seconds(&H, 3600);
    reconfigure(during);
    it_seconds(&H, 3 * 3600);
    reconfigure(before);
    it_seconds(&H, 300);
    for (uint32_t s = 0; s < 2 * 3600; s++) {
        it_second(&H);
        cr_assert_float_eq(it_ths_on(&H, IT_A) / 10, wanted, most, "second %u: %f %%", s,
                           it_ths_on(&H, IT_A) / 10);
    }
    it_close(&H);
}

Test(caps, field_r2_no_over_delivery_after_a_cap_is_lifted)
{
    peak_after_release(
        IT_ABC, CAPPED("a", "60", "1", "300") IT_POOL("b", "30", "2") IT_POOL("c", "10", "3"), 60,
        1.0);
}

/* The same when nobody was told: the host refuses what would lift A above 31 %. */
Test(caps, field_r2_no_over_delivery_after_a_hidden_limit)
{
    static const double equal[] = {45, 45, 10};
    open_farm(IT_POOL("a", "30", "1") IT_POOL("b", "60", "2") IT_POOL("c", "10", "3"), 3);
    it_channels(&H, 200, IT_THS(5));
    it_seconds(&H, 3600);
    it_new_targets(&H, 3, equal);
    uint64_t refused = 0;
    for (uint32_t s = 0; s < 2 * 3600; s++) {
        it_advance(&H, 1);
        it_mine_judged(&H, 1, 1);
        it_tick(&H);
        for (uint32_t i = 0; i < H.decision_count; i++) {
            const hmx_decision *const d = &H.decisions[i];
            const int full = d->to == IT_A && it_ths_on(&H, IT_A) >= 310;
            refused += (uint64_t)full;
            cr_assert_eq(it_answer(&H, d, full ? HMX_RESULT_REFUSED : HMX_RESULT_APPLIED), HMX_OK);
        }
        cr_assert_gt(it_ths_on(&H, IT_C), 70, "the others are served meanwhile");
    }
    cr_assert_gt(refused, 100);
    it_seconds(&H, 900);
    for (uint32_t s = 0; s < 2 * 3600; s++) {
        it_second(&H);
        cr_assert_float_eq(it_ths_on(&H, IT_A) / 10, 45, 3.0, "second %u: %f %%", s,
                           it_ths_on(&H, IT_A) / 10);
    }
    it_close(&H);
}
