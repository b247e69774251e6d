/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the header says of the metrics, whatever happens to the farm: every number is finite, the
 * columns of percentages are in range and sum to 100 or are all 0, and the command is told as it
 * is. */
#include "host_stub/base/rng.h"
#include "tests/integration/harness_field.h"

static it_host H;

static void finite(double x, const char *what)
{
    cr_assert(isfinite(x), "%s is %g", what, x);
}

#define FINITE(struct_, field) finite((struct_).field, #field)

static void check_row(const hmx_upstream_metrics *r)
{
    FINITE(*r, target_pct);
    FINITE(*r, hashrate);
    FINITE(*r, acceptance_pct);
    FINITE(*r, error_points);
    FINITE(*r, integral_point_min);
    FINITE(*r, p_points);
    FINITE(*r, i_points);
    FINITE(*r, d_points);
    FINITE(*r, output_points);
    FINITE(*r, missing_hashrate);
    FINITE(*r, wanted_hashrate);
    cr_assert(r->acceptance_pct >= 0 && r->acceptance_pct <= 100);
    cr_assert(r->hashrate >= 0 && r->missing_hashrate >= 0 && r->wanted_hashrate >= 0);
    const hmx_tally *const tallies = &r->submitted;
    for (int i = 0; i < 10; i++) {
        finite(tallies[i].work, "a tally");
    }
}

/* Each column: in range, and 100 together or nothing. */
static void check_columns(const it_view *v)
{
    static const char *const NAMES[] = {"effective", "allocated", "actual", "delivered", "command"};
    double sums[5] = {0};
    int any[5] = {0};
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        const hmx_upstream_metrics *const r = &v->rows[i];
        if (r->upstream == 0) {
            continue;
        }
        check_row(r);
        const double columns[] = {r->effective_pct, r->allocated_pct, r->actual_pct,
                                  r->delivered_pct, r->command_pct};
        for (uint32_t k = 0; k < 5; k++) {
            finite(columns[k], NAMES[k]);
            cr_assert(k == 4 || (columns[k] >= 0 && columns[k] <= 100), "%s is %g", NAMES[k],
                      columns[k]);
            sums[k] += columns[k];
            any[k] |= columns[k] < 0 || columns[k] > 0;
        }
        cr_assert(r->has_actual == HMX_YES || r->actual_pct <= 0);
    }
    for (uint32_t k = 0; k < 5; k++) {
        cr_assert_float_eq(sums[k], any[k] ? 100 : 0, 1e-6, "%s sums to %.9g", NAMES[k], sums[k]);
    }
}

static void check_all(void)
{
    const it_view v = it_snapshot(&H);
    check_columns(&v);
    FINITE(v.s, hashrate);
    FINITE(v.s, kp_set);
    FINITE(v.s, ki_set);
    FINITE(v.s, kd_set);
    FINITE(v.s, kp_effective);
    FINITE(v.s, ki_effective);
    FINITE(v.s, kd_effective);
    FINITE(v.s, deadband_points);
    FINITE(v.s, deadband_effective_points);
    FINITE(v.s, deviation_points);
    for (uint32_t i = 0; i < HMX_UPSTREAMS_MAX; i++) {
        if (v.rows[i].upstream != 0) {
            const hmx_adjustment a = it_adjustment(&H, i + 1);
            FINITE(a, points);
            FINITE(a, channels);
        }
    }
    for (uint32_t i = 0; i < H.channel_count; i++) {
        if (H.channels[i].open) {
            const hmx_channel_metrics c = it_channel_row(&H, i);
            FINITE(c, hashrate);
            FINITE(c, nominal_hashrate);
        }
    }
}

static void second(double seconds)
{
    it_advance(&H, seconds);
    it_tick(&H);
    it_answer_all(&H, HMX_RESULT_APPLIED);
    check_all();
}

/* ---- quiet places ---- */
Test(contract_metrics, a_farm_at_its_beginning_and_its_end)
{
    it_open(&H, IT_ABC);
    check_all();
    it_all_up(&H, 3);
    check_all();
    it_channels(&H, 5, 1000);
    check_all();
    second(30);
    it_run(&H, 120, 1, IT_APPLY);
    check_all();
    for (uint32_t i = 0; i < 5; i++) {
        it_close_channel(&H, i);
        check_all();
    }
    second(7200);
    for (uint32_t u = 1; u <= 3; u++) {
        it_down(&H, u);
        check_all();
    }
    second(30);
    it_close(&H);
}

Test(contract_metrics, pools_that_are_parked_disabled_removed_and_capped)
{
    hmx_upstream_info rows[HMX_UPSTREAMS_MAX];
    static const char next[] = IT_POOL("b", "70", "2")
        IT_POOL_KEYS("d", "4", "percentage = 30\nmin_ths = 900\nmax_ths = 1000");
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 30, IT_THS(100));
    it_run(&H, 60, 1, IT_APPLY);
    cr_assert_eq(it_force(&H, 0, HMX_NONE), HMX_OK);
    second(30);
    cr_assert_eq(H.tuning->set_upstream_enabled(H.self, H.now_ns, IT_C, HMX_NO, NULL), HMX_OK);
    second(30);
    hmx_reconfigure_args args = {.size = sizeof args, .now_ns = H.now_ns};
    args.config_text = (hmx_view){next, sizeof next - 1};
    cr_assert_eq(hs_guard_reconfigure(H.guard, &args), HMX_OK);
    it_table(&H, rows);
    check_all();
    for (uint32_t i = 0; i < 60; i++) {
        it_mine(&H, 30);
        second(30);
    }
    it_close(&H);
}

/* ---- numbers at the ends of what is allowed ---- */
Test(contract_metrics, nothing_is_ever_infinite, .timeout = 120)
{
    static const double RATES[] = {0, 1e-300, 1, 1e14, 1e21, 1e300};
    static const double WORKS[] = {1e-300, 1e-9, 1, 1e6, 1e18, 1e30};
    hs_rng rng;
    for (uint64_t farm = 1; farm <= 12; farm++) {
        hs_rng_init(&rng, farm, "metrics", 0);
        it_open(&H, farm % 2 ? IT_ABC
                             : "[controller]\nmeasure_on_accepted = false\nkp = 1000\nki = 1000\n"
                               "kd = 1000\n" IT_ABSOLUTE("a", "100", "1") IT_POOL("b", "30", "2")
                                   IT_POOL_KEYS("c", "3", "percentage = 70\nmax_ths = 0.000001"));
        it_all_up(&H, 3);
        for (uint32_t step = 0; step < 200; step++) {
            if (H.channel_count < 20) {
                hmx_channel_open e = it_channel_event(&H, 1);
                e.nominal_hashrate = RATES[hs_rng_below(&rng, 6)];
                it_channel_with(&H, &e);
            }
            for (uint32_t i = 0; i < H.channel_count; i++) {
                const uint32_t at = H.channels[i].upstream;
                if (at == HMX_NONE || hs_rng_below(&rng, 3) == 0) {
                    continue;
                }
                const uint32_t count = hs_rng_below(&rng, 4) == 0 ? UINT32_MAX : 1;
                const double work = WORKS[hs_rng_below(&rng, 6)];
                hmx_share e = it_share_event(&H, i, at, HMX_SHARE_SUBMITTED, count, work);
                e.credit = hs_rng_below(&rng, 2) ? 0 : WORKS[hs_rng_below(&rng, 6)];
                cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
                e = it_share_event(&H, i, at,
                                   hs_rng_below(&rng, 3) ? HMX_SHARE_ACCEPTED
                                                         : HMX_SHARE_REJECTED_OTHER,
                                   count, work);
                e.credit = WORKS[hs_rng_below(&rng, 6)];
                cr_assert_eq(hs_guard_on_share(H.guard, &e), HMX_OK);
            }
            it_state(&H, 1 + hs_rng_below(&rng, 3),
                     hs_rng_below(&rng, 8) ? HMX_UPSTREAM_UP : HMX_UPSTREAM_DOWN);
            second(hs_rng_below(&rng, 10) == 0 ? 1e6 : 0.001 + 30 * hs_rng_uniform(&rng));
        }
        it_close(&H);
    }
}

/* ---- the command ---- */

/* One miner for two pools, and it stays for an hour: what is owed to the one that does not have it
 * grows until it is more than all that there is. */
Test(contract_metrics, the_command_is_not_clamped)
{
    double least = 100;
    double most = 0;
    it_open(&H, "[controller]\nkp = 2\nki = 0\nkd = 0\ndwell_secs = 3600\n" IT_POOL("a", "60", "1")
                    IT_POOL("b", "40", "2"));
    it_all_up(&H, 2);
    it_channels(&H, 1, 1000);
    for (uint32_t i = 0; i < 400; i++) {
        it_advance(&H, 30);
        it_mine(&H, 30);
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
        check_all();
        for (uint32_t u = IT_A; u <= IT_B; u++) {
            const double command = it_row(&H, u).command_pct;
            least = command < least ? command : least;
            most = command > most ? command : most;
        }
    }
    cr_assert(least < 0 && most > 100, "the commands went from %.1f to %.1f", least, most);
    it_close(&H);
}
