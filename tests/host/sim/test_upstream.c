/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pools with one upstream channel for all miners, whose target is harder than theirs; and a farm
 * behind one channel of its own. */
#include "tests/host/sim/test_fake.h"

#include <math.h>

enum { A, B, MINERS = 20, HOUR = 3600, RATE = 6 };

#define FARM(keys, pool)                                                                           \
    "[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 20x200\ndrift_pct = 0\n" keys           \
    "\n[pool.a]\ntarget = 60\n" pool "\n[pool.b]\ntarget = 40\n"
#define SHARED "aggregate = yes\n"

static hs_sim_result shared;

struct sums {
    uint64_t count;
    double work;
    double credit;
};

static struct sums told(uint32_t verdict)
{
    struct sums s = {0};
    for (size_t i = 0; i < fake.share_count; i++) {
        const hmx_share *const e = &fake.shares[i].e;
        if (e->verdict == verdict) {
            s.count += e->count;
            s.work += e->work;
            s.credit += e->credit;
        }
    }
    return s;
}

/* All miners together make as many shares as one would, each worth as much more. */
Test(sim_upstream, what_is_forwarded_is_worth_all_of_it)
{
    hs_sim_result alone;
    run_fake(FARM("", ""), HOUR, NULL, 0, &alone);
    const struct sums plain = told(HMX_SHARE_SUBMITTED);
    cr_assert_eq(plain.credit, 0.0, "as the work");
    cr_assert_eq(alone.kept, 0);
    run_fake(FARM("", SHARED), HOUR, NULL, 0, &shared);
    const struct sums sent = told(HMX_SHARE_SUBMITTED);
    const struct sums kept = told(HMX_SHARE_NOT_FORWARDED);
    const struct sums accepted = told(HMX_SHARE_ACCEPTED);
    cr_assert_eq(sent.count + kept.count, plain.count, "the miners' luck is what it was");
    cr_assert_float_eq(sent.work + kept.work, plain.work, 1e-6 * plain.work);
    cr_assert_eq(kept.credit, 0.0);
    cr_assert_eq(shared.kept, kept.count);
    cr_assert_float_eq((double)sent.count, 60.0 * RATE, 60.0, "%u", (unsigned)sent.count);
    cr_assert_float_eq(sent.credit, plain.work, 0.15 * plain.work);
    cr_assert_float_eq(sent.credit / sent.work, MINERS, 1.0, "%f", sent.credit / sent.work);
    cr_assert_eq(accepted.count, sent.count);
    cr_assert_float_eq(accepted.credit, sent.credit, 1e-6 * sent.credit);
    /* The truth is what was hashed, and not the pool's luck. */
    cr_assert_float_eq(shared.pools[A].hashrate_ths, alone.pools[A].hashrate_ths, 0.01);
    cr_assert_float_eq(shared.lost_work_pct, alone.lost_work_pct, 1e-6);
    hs_sim_result_free(&alone);
    hs_sim_result_free(&shared);
}

Test(sim_upstream, the_rate_is_the_keys)
{
    run_fake(FARM("", SHARED "upstream_share_rate = 60\n"), HOUR, NULL, 0, NULL);
    const struct sums sent = told(HMX_SHARE_SUBMITTED);
    cr_assert_float_eq((double)sent.count, 3600.0, 200.0, "%u", (unsigned)sent.count);
    cr_assert_float_eq(sent.credit / sent.work, 2.0, 0.1);
    /* A target that would be easier than the miners' own: everything is forwarded, at theirs. */
    run_fake(FARM("", SHARED "upstream_share_rate = 600\n"), HOUR, NULL, 0, NULL);
    const struct sums all = told(HMX_SHARE_SUBMITTED);
    cr_assert_eq(told(HMX_SHARE_NOT_FORWARDED).count, 0);
    cr_assert_float_eq(all.credit, all.work, 1e-6 * all.work);
}

/* The target follows those who are there: 10 of 20 leave it after half an hour. */
Test(sim_upstream, the_target_follows_the_hashrate)
{
    static struct fake_move away[10];
    double late = 0.0;
    double early = 0.0;
    for (uint32_t i = 0; i < 10; i++) {
        away[i] = (struct fake_move){1800, i + 1, 1, 2};
    }
    run_fake(FARM("", SHARED), HOUR, away, 10, NULL);
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        if (s->e.verdict == HMX_SHARE_SUBMITTED && s->e.upstream == 1) {
            early = s->second < 1800 ? s->e.credit / s->e.count : early;
            late = s->e.credit / s->e.count;
        }
    }
    cr_assert_float_eq(late / early, 0.5, 0.02, "%f", late / early);
}

Test(sim_upstream, a_pool_that_rejects_or_is_gone)
{
    run_fake(FARM("", SHARED "accept = 80\n"), HOUR, NULL, 0, &shared);
    const struct sums sent = told(HMX_SHARE_SUBMITTED);
    const struct sums accepted = told(HMX_SHARE_ACCEPTED);
    const struct sums rejected = told(HMX_SHARE_REJECTED_OTHER);
    cr_assert_eq(accepted.count + rejected.count, sent.count);
    cr_assert_float_eq(accepted.credit + rejected.credit, sent.credit, 1e-6 * sent.credit);
    cr_assert_float_eq(accepted.credit / sent.credit, 0.8, 0.07);
    cr_assert_float_eq(shared.lost_work_pct, 20.0, 0.7, "%f", shared.lost_work_pct);
    hs_sim_result_free(&shared);

    run_fake(FARM("", SHARED) "[event.e]\nat = 10s\nkind = down\npools = a\n", HOUR, NULL, 0,
             &shared);
    cr_assert_gt(told(HMX_SHARE_LOST).credit, 0.0);
    cr_assert_gt(shared.lost_work_pct, 99.0);
    hs_sim_result_free(&shared);
}

/* The host knows what its miners' target is. */
Test(sim_upstream, bad_shares_never_reach_the_pool)
{
    run_fake(FARM("bad_pct = 25", SHARED), HOUR, NULL, 0, &shared);
    uint64_t local = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        const hmx_share *const e = &fake.shares[i].e;
        if (e->verdict == HMX_SHARE_REJECTED_OTHER) {
            cr_assert_eq(e->event.flags, HMX_SHARE_FLAG_LOCAL);
            local += e->count;
        }
    }
    cr_assert_gt(local, 0);
    cr_assert_eq(told(HMX_SHARE_SUBMITTED).count, told(HMX_SHARE_ACCEPTED).count);
    cr_assert_eq(shared.rejected, local);
    hs_sim_result_free(&shared);
}

Test(sim_upstream, there_are_no_frames_of_it)
{
    hs_sim_options options = {.seed = 1, .seconds = 600, .frames = "/nowhere/at/all"};
    char why[512] = "";
    cr_assert_neq(try_run(FARM("", SHARED), STATIC, &options, &shared, why, sizeof why), 0);
    cr_assert_not_null(strstr(why, "no frames of a pool with 'aggregate': a"), "%s", why);
}

/* ---- a farm behind one channel ---- */

Test(sim_upstream, a_proxy_is_all_its_miners)
{
    static hs_scenario scenario;
    char why[512] = "";
    double ths[MINERS];
    cr_assert_eq(hs_scenario_parse(&scenario, "x.ini",
                                   FARM("proxy_devices = 15\nextended_pct = 0", ""), why,
                                   sizeof why),
                 0, "%s", why);
    cr_assert_eq(scenario.farm.miners, 6);
    hs_sim_hashrates(&scenario, 5, ths);
    cr_assert_float_eq(ths[0], 3000.0, 1e-9);
    cr_assert_float_eq(ths[1], 200.0, 1e-9);
    hs_scenario_free(&scenario);
    run_fake(FARM("proxy_devices = 15\nextended_pct = 0", ""), HOUR, NULL, 0, &shared);
    cr_assert_eq(fake.open_count, 6);
    cr_assert_eq(fake.opened[0].kind, HMX_CHANNEL_EXTENDED);
    cr_assert_eq(fake.opened[1].kind, HMX_CHANNEL_STANDARD);
    cr_assert_float_eq(fake.opened[0].nominal_hashrate, 3e15, 1.0);
    cr_assert_float_eq(shared.hashrate_at[2 * 3000 + A], 4000.0, 1e-6);
    cr_assert_float_eq((double)shared.submitted, 6 * 360.0, 200.0, "as often as one");
    hs_sim_result_free(&shared);
    cr_assert_neq(
        hs_scenario_parse(&scenario, "x.ini", FARM("proxy_devices = 21", ""), why, sizeof why), 0);
    cr_assert_not_null(strstr(why, "fewer miners than proxy_devices"), "%s", why);
}

/* Of a mix the same machines are drawn, and their drift evens out. */
Test(sim_upstream, a_mix_behind_a_proxy)
{
    static const char TEXT[] = "[farm]\nmix = 100:1 300:1\ncount = 40\n%s[pool.a]\ntarget = 100\n";
    static hs_scenario scenario;
    char text[256];
    char why[512] = "";
    double each[40];
    double together[40];
    double sum = 0.0;
    hs_sim_miner_model model;
    hs_sim_miner miner;
    snprintf(text, sizeof text, TEXT, "");
    cr_assert_eq(hs_scenario_parse(&scenario, "x.ini", text, why, sizeof why), 0, "%s", why);
    hs_sim_hashrates(&scenario, 3, each);
    hs_scenario_free(&scenario);
    snprintf(text, sizeof text, TEXT, "proxy_devices = 30\n");
    cr_assert_eq(hs_scenario_parse(&scenario, "x.ini", text, why, sizeof why), 0, "%s", why);
    hs_sim_hashrates(&scenario, 3, together);
    for (uint32_t i = 0; i < 30; i++) {
        sum += each[i];
    }
    cr_assert_float_eq(together[0], sum, 1e-9);
    cr_assert_eq(memcmp(&together[1], &each[30], 10 * sizeof each[0]), 0);
    hs_sim_miner_model_init(&model, &scenario.farm);
    hs_sim_miner_init(&miner, &model, 3, 1, 100.0, 0);
    const double off = miner.hash / miner.h0 - 1.0;
    hs_sim_miner_is_proxy(&miner, 25);
    cr_assert_float_eq(miner.hash / miner.h0 - 1.0, off / 5.0, 1e-12);
    hs_scenario_free(&scenario);
}
