/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Absolute targets: so many TH/s for a pool, the rest for the others; and what happens when there
 * is too little or too much. */
#include "tests/integration/harness_field.h"

static it_host H;

static void open_farm(const char *config, uint32_t pools, uint32_t miners, double ths)
{
    it_open(&H, config);
    it_all_up(&H, pools);
    it_pools_healthy();
    it_channels(&H, miners, IT_THS(ths));
}

static double missing_ths(uint32_t upstream)
{
    return it_row(&H, upstream).missing_hashrate / 1e12;
}

static void all_run_at(double ths)
{
    for (uint32_t i = 0; i < H.channel_count; i++) {
        H.channels[i].difficulty = IT_THS(ths);
    }
}

/* Credited TH/s of the last `seconds`. */
static double credited_ths(uint32_t upstream, double seconds)
{
    return it_pools[upstream].credited / seconds / IT_THS(1.0);
}

/* Two targets of 100 TH/s, the farm is at 195: the first is full, the second takes what is left. */
Test(absolute, the_first_priority_is_full_and_the_second_takes_what_is_left)
{
    open_farm(IT_ABSOLUTE("a", "100", "1") IT_ABSOLUTE("b", "100", "2"), 2, 39, 5);
    it_seconds(&H, 3600);
    it_account_open();
    it_seconds(&H, 6 * 3600);
    cr_assert_float_eq(credited_ths(IT_A, 6 * 3600), 100, 1.0, "%f", credited_ths(IT_A, 6 * 3600));
    cr_assert_float_eq(credited_ths(IT_B, 6 * 3600), 95, 1.0);
    cr_assert_eq(missing_ths(IT_A), 0);
    cr_assert_float_eq(missing_ths(IT_B), 5, 0.5, "%f", missing_ths(IT_B));
    cr_assert_float_eq(it_effective(&H, IT_A), 100 / 1.95, 0.3);
    cr_assert_eq(it_row(&H, IT_A).target_pct, 0.0, "it has no percentage");
    it_close(&H);
}

Test(absolute, the_priority_decides_not_the_order_of_the_file)
{
    open_farm(IT_ABSOLUTE("a", "100", "9") IT_ABSOLUTE("b", "100", "2"), 2, 39, 5);
    it_seconds(&H, 1800);
    cr_assert_float_eq(missing_ths(IT_A), 5, 0.5);
    cr_assert_eq(missing_ths(IT_B), 0);
    cr_assert_float_eq(it_ths_on(&H, IT_B), 100, 5.1);
    it_close(&H);
}

/* 210 TH/s: nobody has a percentage, so each gets its proportion of the surplus. */
Test(absolute, without_percentages_a_surplus_is_split_in_proportion)
{
    open_farm(IT_ABSOLUTE("a", "100", "1") IT_ABSOLUTE("b", "50", "2"), 2, 42, 5);
    it_seconds(&H, 3600);
    it_account_open();
    it_seconds(&H, 6 * 3600);
    cr_assert_float_eq(credited_ths(IT_A, 6 * 3600), 140, 1.0);
    cr_assert_float_eq(credited_ths(IT_B, 6 * 3600), 70, 1.0);
    cr_assert(missing_ths(IT_A) == 0 && missing_ths(IT_B) == 0);
    it_close(&H);
}

Test(absolute, percentages_split_what_is_left)
{
    open_farm(IT_ABSOLUTE("a", "100", "3") IT_POOL("b", "75", "1") IT_POOL("c", "25", "2"), 3, 100,
              5);
    it_seconds(&H, 3600);
    it_account_open();
    it_seconds(&H, 6 * 3600);
    cr_assert_float_eq(credited_ths(IT_A, 6 * 3600), 100, 2.0);
    cr_assert_float_eq(credited_ths(IT_B, 6 * 3600), 300, 2.0);
    cr_assert_float_eq(credited_ths(IT_C, 6 * 3600), 100, 2.0);
    it_close(&H);
}

/* The farm changes: the absolute target stays what it is, in TH/s. */
Test(absolute, it_follows_a_farm_that_grows_and_shrinks)
{
    open_farm(IT_ABSOLUTE("a", "100", "1") IT_POOL("b", "100", "2"), 2, 60, 5);
    it_seconds(&H, 3600);
    cr_assert_float_eq(it_ths_on(&H, IT_A), 100, 5.1);
    it_channels(&H, 60, IT_THS(5));
    it_seconds(&H, 1200);
    cr_assert_float_eq(it_ths_on(&H, IT_A), 100, 5.1);
    cr_assert_float_eq(it_ths_on(&H, IT_B), 500, 5.1);
    for (uint32_t i = 0; i < 90; i++) {
        it_close_channel(&H, i);
    }
    it_seconds(&H, 1200);
    cr_assert_float_eq(it_ths_on(&H, IT_A), 100, 5.1);
    cr_assert_float_eq(it_ths_on(&H, IT_B), 50, 5.1);
    it_close(&H);
}

/* B4: the total drifts between 190 and 210 TH/s within hours. The plugin's estimate of a steady
 * miner follows such a drift slowly, so that the effective target is a little late. */
Test(absolute, field_b4_two_hundreds_and_a_total_that_drifts)
{
    open_farm(IT_ABSOLUTE("a", "100", "1") IT_ABSOLUTE("b", "100", "2"), 2, 40, 5);
    it_seconds(&H, 3600);
    double wanted[3] = {0};
    it_account_open();
    for (uint32_t s = 0; s < 12 * 3600; s++) {
        const double total = 200 + 10 * sin(s / 10800.0 * 6.283185307179586);
        const double first = total < 200 ? 100 : total / 2;
        if (s % 60 == 0) {
            all_run_at(total / 40);
        }
        wanted[IT_A] += first;
        wanted[IT_B] += total - first;
        it_second(&H);
        if (s % 600 == 0) {
            cr_assert_lt(missing_ths(IT_A), 1.5, "second %u: %f", s, missing_ths(IT_A));
        }
    }
    const double all = wanted[IT_A] + wanted[IT_B];
    for (uint32_t u = IT_A; u <= IT_B; u++) {
        cr_assert_float_eq(it_credited_pct(u), 100 * wanted[u] / all, 1.0, "%u: %f, not %f", u,
                           it_credited_pct(u), 100 * wanted[u] / all);
    }
    cr_assert_lt((double)H.moves / 40, 20, "%llu moves", (unsigned long long)H.moves);
    it_close(&H);
}

/* L4: 60 TH/s in all, A wants 100. Then the farm grows: what was missing is not made up for. */
Test(absolute, field_l4_deliver_what_there_is_report_the_rest_and_do_not_wind_up)
{
    open_farm(IT_ABSOLUTE("a", "100", "1") IT_POOL("b", "100", "2"), 2, 12, 5);
    it_seconds(&H, 6 * 3600);
    cr_assert_float_eq(it_ths_on(&H, IT_A), 60, 0.1);
    cr_assert_float_eq(missing_ths(IT_A), 40, 0.5);
    it_channels(&H, 28, IT_THS(5));
    it_seconds(&H, 300);
    for (uint32_t s = 0; s < 4 * 3600; s++) {
        it_second(&H);
        cr_assert_float_eq(it_ths_on(&H, IT_A), 100, 5.1, "second %u: %f", s, it_ths_on(&H, IT_A));
    }
    cr_assert_eq(missing_ths(IT_A), 0);
    it_close(&H);
}

/* L1: 10, 20 and 30 TH/s, A has 11 and C the rest; now B with 10 is added. */
Test(absolute, field_l1_a_new_target_is_served_from_the_rest)
{
    static const char before[] = IT_ABSOLUTE("a", "11", "1") IT_POOL("c", "100", "3");
    static const char after[] =
        IT_ABSOLUTE("a", "11", "1") IT_POOL("c", "100", "3") IT_ABSOLUTE("b", "10", "2");
    enum { A = 1, C = 2, B = 3 };
    open_farm(before, 2, 0, 0);
    it_named(&H, "small", 10);
    it_named(&H, "middle", 20);
    it_named(&H, "large", 30);
    it_seconds(&H, 6 * 3600);
    it_account_open();
    it_seconds(&H, 24 * 3600);
    cr_assert_float_eq(it_credited_pct(A), 100 * 11 / 60.0, 1.0, "%f", it_credited_pct(A));
    const hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {after, sizeof after - 1}, .now_ns = H.now_ns};
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    cr_assert_eq(it_table(&H, rows), 3);
    it_up(&H, B);
    it_seconds(&H, 3600);
    it_account_open();
    it_seconds(&H, 24 * 3600);
    cr_assert_float_eq(it_credited_pct(A), 100 * 11 / 60.0, 1.0, "%f", it_credited_pct(A));
    cr_assert_float_eq(it_credited_pct(B), 100 * 10 / 60.0, 1.0, "%f", it_credited_pct(B));
    cr_assert_float_eq(it_credited_pct(C), 100 * 39 / 60.0, 1.0, "%f", it_credited_pct(C));
    it_close(&H);
}

/* The same with a farm that need not alternate: A does not notice that B came. */
Test(absolute, a_new_target_does_not_disturb_the_old_ones)
{
    static const char before[] = IT_ABSOLUTE("a", "100", "1") IT_POOL("c", "100", "3");
    static const char after[] =
        IT_ABSOLUTE("a", "100", "1") IT_POOL("c", "100", "3") IT_ABSOLUTE("b", "50", "2");
    open_farm(before, 2, 60, 5);
    it_seconds(&H, 3600);
    const hmx_reconfigure_args args = {
        .size = sizeof args, .config_text = {after, sizeof after - 1}, .now_ns = H.now_ns};
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    it_table(&H, rows);
    it_up(&H, 3);
    for (uint32_t s = 0; s < 3600; s++) {
        it_second(&H);
        cr_assert_float_eq(it_ths_on(&H, 1), 100, 5.1);
    }
    cr_assert_float_eq(it_ths_on(&H, 3), 50, 5.1);
    cr_assert_float_eq(it_ths_on(&H, 2), 150, 5.1);
    it_close(&H);
}

/* G1: one miner, an absolute target, a measurement that lags by an hour: elsewhere all, then
 * nothing, then half as much again as asked for. */
Test(absolute, field_g1_a_lagged_measurement_does_not_overshoot)
{
    open_farm("[controller]\nmeasurement_window_secs = 3600\n" IT_ABSOLUTE("a", "60", "1")
                  IT_POOL("b", "100", "2"),
              2, 1, 100);
    it_seconds(&H, 4 * 3600);
    double worst = 0;
    for (uint32_t hour = 0; hour < 24; hour++) {
        it_account_open();
        it_seconds(&H, 3600);
        worst = fmax(worst, fabs(it_credited_pct(IT_A) - 60));
    }
    cr_assert_lt(worst, 10, "%f points in an hour", worst);
    it_account_open();
    it_seconds(&H, 24 * 3600);
    cr_assert_float_eq(it_credited_pct(IT_A), 60, 1.0, "%f", it_credited_pct(IT_A));
    it_close(&H);
}

/* Before the first evaluation the arrivals already follow the targets: no mass move afterwards. */
Test(absolute, a_farm_that_connects_all_at_once_is_placed_well)
{
    open_farm(IT_ABSOLUTE("a", "100", "1") IT_POOL("b", "100", "2"), 2, 100, 5);
    cr_assert_float_eq(it_ths_on(&H, IT_A), 100, 10.1, "%f", it_ths_on(&H, IT_A));
    it_seconds(&H, 120);
    cr_assert_leq(H.moves, 2, "%llu", (unsigned long long)H.moves);
    it_close(&H);
}

Test(absolute, a_min_holds_when_the_farm_shrinks)
{
    open_farm(IT_POOL("a", "90", "1") IT_POOL_KEYS("b", "2", "percentage = 10\nmin_ths = 50"), 2,
              120, 5);
    it_seconds(&H, 900);
    cr_assert_float_eq(it_effective(&H, IT_B), 10, 0.01, "60 of 600 TH/s are more than 50");
    for (uint32_t i = 0; i < 60; i++) {
        it_close_channel(&H, i);
    }
    it_seconds(&H, 900);
    cr_assert_float_eq(it_effective(&H, IT_B), 100 * 50 / 300.0, 0.1);
    cr_assert_float_eq(it_ths_on(&H, IT_B), 50, 5.1);
    cr_assert_eq(missing_ths(IT_B), 0);
    it_close(&H);
}
