/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Arithmetic at the edges: counters beyond what a double counts exactly, numbers near 2^64,
 * hashrates from one hash per second to 1e30. What is told stays exact or finite. */
#include <math.h>

#include "tests/integration/harness_farm.h"
#include "tests/integration/state/harness_state.h"

static it_host H;

static void check_finite(const it_view *v)
{
    double delivered = 0.0;
    double allocated = 0.0;
    for (uint32_t i = 0; i < v->s.count; i++) {
        const hmx_upstream_metrics *const r = &v->rows[i];
        const double told[] = {r->effective_pct, r->command_pct,     r->allocated_pct,
                               r->actual_pct,    r->delivered_pct,   r->hashrate,
                               r->error_points,  r->output_points,   r->wanted_hashrate,
                               r->owed_work,     r->acceptance_pct,  r->submitted.work,
                               r->accepted.work, r->wasted_hashrate, r->provisional_work};
        for (size_t k = 0; k < sizeof told / sizeof told[0]; k++) {
            cr_assert(isfinite(told[k]), "upstream %u, number %zu", i + 1, k);
        }
        cr_assert(r->acceptance_pct >= 0.0 && r->acceptance_pct <= 100.0);
        delivered += r->delivered_pct;
        allocated += r->allocated_pct;
    }
    cr_assert(delivered == 0.0 || fabs(delivered - 100.0) < 1e-6, "%.17g", delivered);
    cr_assert(allocated == 0.0 || fabs(allocated - 100.0) < 1e-6, "%.17g", allocated);
    cr_assert(isfinite(v->s.hashrate) && isfinite(v->s.deviation_points) &&
              isfinite(v->s.deadband_effective_points));
}

/* 2^53 is where a double begins to skip numbers. */
Test(edges, shares_are_counted_exactly_beyond_two_to_the_fifty_third)
{
    enum { EVENTS = 2200000 };
    const uint64_t each = UINT32_MAX;
    it_open(&H, IT_POOL("a", "100", "1"));
    it_up(&H, IT_A);
    it_channel_of(&H, 1000);
    for (uint32_t i = 0; i < EVENTS; i++) {
        const hmx_share e =
            it_share_event(&H, 0, IT_A, HMX_SHARE_NOT_FORWARDED, UINT32_MAX, 4294967295.0);
        cr_assert_eq(H.plugin.ops.on_share(H.self, &e), HMX_OK);
    }
    it_advance(&H, 31);
    it_tick(&H);
    const it_view v = it_snapshot(&H);
    cr_assert_gt(EVENTS * each, 1ull << 53);
    cr_assert_eq(v.rows[0].not_forwarded.count, EVENTS * each);
    cr_assert_float_eq(v.rows[0].not_forwarded.work, (double)EVENTS * 4294967295.0, 1e7);
    check_finite(&v);
    it_close(&H);
}

/* Channel and connection numbers are the host's: up to the last there is. */
Test(edges, numbers_may_be_the_largest_there_are)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < 40; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.channel = UINT64_MAX - i;
        e.connection = UINT64_MAX - i;
        it_channel_with(&H, &e);
    }
    it_run(&H, 120, 1, IT_APPLY);
    const it_view v = it_snapshot(&H);
    cr_assert_eq(v.s.channels, 40);
    cr_assert_float_eq(v.rows[0].delivered_pct, 60.0, 2.5);
    check_finite(&v);
    it_close(&H);
}

/* A machine that has been up for five hundred years: the clock is near 2^64. */
Test(edges, the_clock_may_be_hundreds_of_years_on)
{
    it_open(&H, IT_ABC);
    H.now_ns = 500ull * 365 * 86400 * IT_SECOND;
    it_all_up(&H, 3);
    it_channels(&H, 30, 1000);
    it_run(&H, 1200, 1, IT_APPLY);
    const it_view v = it_snapshot(&H);
    cr_assert_float_eq(v.rows[0].delivered_pct, 60.0, 2.5);
    check_finite(&v);
    it_close(&H);
}

static void farm_of(double hashes_per_second)
{
    static it_bytes state;
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 20, hashes_per_second / IT_HASHES_PER_SHARE);
    it_run(&H, 600, 1, IT_APPLY);
    const it_view v = it_snapshot(&H);
    check_finite(&v);
    cr_assert_float_eq(v.rows[0].delivered_pct, 60.0, 5.0, "%g h/s: %g", hashes_per_second,
                       v.rows[0].delivered_pct);
    it_save(&H, &state);
    it_close(&H);
    it_open(&H, IT_ABC);
    cr_assert_eq(it_load(&H, &state), HMX_OK, "%g h/s: %s", hashes_per_second, H.log);
    const it_view loaded = it_snapshot(&H);
    check_finite(&loaded);
    it_close(&H);
}

Test(edges, farms_of_one_hash_per_second_and_of_all_the_world)
{
    static const double rates[] = {1.0, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18, 1e20};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        farm_of(rates[i]);
    }
}

/* Side by side: what one of them declares and proves is absurd. */
Test(edges, one_hash_per_second_beside_ten_to_the_thirtieth)
{
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    for (uint32_t i = 0; i < 31; i++) {
        hmx_channel_open e = it_channel_event(&H, 1000);
        e.nominal_hashrate = pow(10.0, i);
        it_channel_with(&H, &e);
        H.channels[i].difficulty = fmin(e.nominal_hashrate / IT_HASHES_PER_SHARE, 1e30);
    }
    for (uint32_t round = 0; round < 20; round++) {
        it_run(&H, 30, 1, round % 2 == 0 ? IT_APPLY : IT_REFUSE);
        const it_view v = it_snapshot(&H);
        check_finite(&v);
    }
    static it_bytes state;
    it_save(&H, &state);
    it_close(&H);
}

Test(edges, the_largest_and_the_smallest_work)
{
    static const double works[] = {5e-324, 1e-300, 1e-9, 1.0, 1e15, 1e30};
    it_open(&H, IT_ABC);
    it_all_up(&H, 3);
    it_channels(&H, 6, 1000);
    for (uint32_t second = 0; second < 600; second++) {
        it_advance(&H, 1);
        for (uint32_t i = 0; i < 6; i++) {
            it_paid(&H, i, 1 + second % 3, works[(i + second) % 6]);
        }
        it_tick(&H);
        it_answer_all(&H, HMX_RESULT_APPLIED);
    }
    const it_view v = it_snapshot(&H);
    check_finite(&v);
    it_close(&H);
}
