/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The benchmark's truth is the simulator's own account and never what a plugin says. Here the two
 * are compared: what hashmux reports of itself is what happened. */
#include <math.h>

#include "abi/hmx_metrics.h"
#include "tests/host/sim/test_run.h"

#define HASHES_PER_WORK 4295032833.0

struct said {
    hmx_snapshot snapshot;
    hmx_upstream_metrics rows[HS_SIM_POOLS_MAX];
    hmx_status status;
};

static void ask(void *ctx, hs_guard *guard)
{
    struct said *const said = ctx;
    const hmx_metrics_v1 *const metrics = hs_guard_extension(guard, HMX_METRICS_ID);
    cr_assert_not_null(metrics);
    for (int i = 0; i < HS_SIM_POOLS_MAX; i++) {
        said->rows[i].size = sizeof said->rows[i];
    }
    said->snapshot = (hmx_snapshot){.size = sizeof said->snapshot,
                                    .stride = sizeof said->rows[0],
                                    .capacity = HS_SIM_POOLS_MAX,
                                    .rows = said->rows};
    said->status = metrics->snapshot(hs_guard_instance(guard), &said->snapshot);
}

/* Share of the pool in what the plugin was told that pools accepted since the start. */
static double accepted_pct(const hs_sim_result *r, uint32_t pool)
{
    double all = 0.0;
    for (uint32_t i = 0; i < r->pool_count; i++) {
        all += r->pools[i].hashrate_ths;
    }
    return 100.0 * r->pools[pool].hashrate_ths / all;
}

static void compare(const char *scenario, uint64_t seconds, uint64_t seed)
{
    static struct said said;
    hs_sim_result r;
    hs_sim_options o = {
        .seed = seed, .seconds = seconds, .record = 1, .finished = ask, .ctx = &said};
    run_with(scenario, HASHMUX, &o, &r);
    cr_assert_eq(said.status, HMX_OK);
    cr_assert_eq(said.snapshot.count, r.pool_count);
    for (uint32_t i = 0; i < r.pool_count; i++) {
        const hmx_upstream_metrics *const row = &said.rows[i];
        const hs_sim_pool_result *const pool = &r.pools[i];
        const double work = pool->hashrate_ths * 1e12 * (double)r.seconds / HASHES_PER_WORK;
        cr_assert_str_eq(row->id, pool->id);
        cr_expect_eq(row->submitted.count, pool->submitted);
        cr_expect_eq(row->accepted.count, pool->accepted);
        cr_expect_eq(row->rejected_other.count, pool->rejected);
        cr_expect_eq(row->lost.count, pool->lost);
        cr_expect_float_eq(row->accepted.work, work, 1e-9 * work + 1e-9);
        cr_expect_float_eq(row->target_pct, pool->target_pct, 1e-9);
        cr_expect_float_eq(row->delivered_pct, accepted_pct(&r, i), 1e-6, "%s, %s: %f, not %f",
                           scenario, row->id, row->delivered_pct, accepted_pct(&r, i));
        cr_expect_eq(row->channels, channels_at(&r, r.seconds - 1, i));
        /* The estimate is the plugin's; it has to be near what is really there. */
        cr_expect_float_eq(row->allocated_pct, placed_pct(&r, r.seconds - 1, i), 3.0,
                           "%s, %s: %f, not %f", scenario, row->id, row->allocated_pct,
                           placed_pct(&r, r.seconds - 1, i));
    }
    cr_expect_eq(said.snapshot.moves_applied, r.moves);
    cr_expect_eq(said.snapshot.moves_refused, r.moves_refused);
    cr_expect_eq(said.snapshot.moves_forced, r.forced);
    cr_expect_eq(said.snapshot.channels, all_channels_at(&r, r.seconds - 1));
    hs_sim_result_free(&r);
}

Test(bench_snapshot, it_agrees_with_the_account)
{
    compare("hetero200", 3 * H, 1);
}

Test(bench_snapshot, it_agrees_where_the_host_refuses_moves)
{
    compare("hiddencap", 8 * H, 2);
}

Test(bench_snapshot, it_agrees_where_pools_fail)
{
    compare("outage", 7 * H, 3);
    compare("alldown", 7 * H, 3);
    compare("gray", 8 * H, 3);
}

Test(bench_snapshot, it_agrees_where_channels_come_and_go)
{
    compare("churn674", 1 * H, 4);
}
