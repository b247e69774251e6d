/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Miners in the simulator that do not behave: whose shares are all rejected, that find none, that
 * lie about their hashrate, that a move breaks off, that ignore a prefix unnoticed. */
#include "tests/host/sim/test_fake.h"

enum { A, B, MINERS = 20 };

#define FARM(keys)                                                                                 \
    "[scenario]\nhours = 1\nwarmup = 10min\n[farm]\nlist = 20x200\ndrift_pct = 0\n"                \
    "extended_pct = 100\n" keys "\n[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"

/* Shares of one channel with this verdict, told from second `from` on, and their work. */
static uint64_t told(uint64_t channel, uint32_t verdict, uint64_t from, double *work)
{
    uint64_t count = 0;
    *work = 0.0;
    for (size_t i = 0; i < fake.share_count; i++) {
        const struct fake_share *const s = &fake.shares[i];
        if (s->e.channel == channel && s->e.verdict == verdict && s->second >= from) {
            count += s->e.count;
            *work += s->e.work;
        }
    }
    return count;
}

/* How many channels have everything rejected; nobody has a part. */
static uint32_t bad_channels(uint64_t *their_shares, double *their_work)
{
    uint32_t bad = 0;
    *their_shares = 0;
    *their_work = 0.0;
    for (uint64_t c = 1; c <= MINERS; c++) {
        double work = 0.0;
        const uint64_t good = told(c, HMX_SHARE_ACCEPTED, 0, &work);
        const uint64_t rejected = told(c, HMX_SHARE_REJECTED_OTHER, 0, &work);
        cr_assert((good == 0) != (rejected == 0), "channel %u", (unsigned)c);
        bad += rejected > 0;
        *their_shares += rejected;
        *their_work += work;
    }
    return bad;
}

Test(sim_unruly, bad_ones_are_rejected_by_everybody)
{
    hs_sim_result r;
    uint64_t shares = 0;
    double work = 0.0;
    run_fake(FARM("bad_pct = 25"), 3600, NULL, 0, &r);
    const uint32_t bad = bad_channels(&shares, &work);
    cr_assert(bad >= 1 && bad <= 10, "%u", bad);
    cr_assert_eq(r.rejected, shares);
    cr_assert_float_eq(r.lost_work_pct, 100.0 * bad / MINERS, 3.0, "%f", r.lost_work_pct);
    cr_assert_float_eq(r.pools[A].hashrate_ths, 200.0 * (MINERS - bad), 150.0, "%f",
                       r.pools[A].hashrate_ths);
    const uint64_t accepted = r.accepted;
    hs_sim_result_free(&r);

    /* Three shares a second of difficulty 1: much noise and no work. The others are as before. */
    run_fake(FARM("bad_pct = 25\nbad_shares_per_minute = 180\nbad_difficulty = 1"), 3600, NULL, 0,
             &r);
    cr_assert_eq(bad_channels(&shares, &work), bad);
    cr_assert_float_eq((double)shares, bad * 3.0 * 3600.0, bad * 400.0);
    cr_assert_float_eq(work, (double)shares, 1e-6);
    cr_assert_lt(r.lost_work_pct, 0.01);
    cr_assert_eq(r.accepted, accepted);
    hs_sim_result_free(&r);

    /* As many, which make their hashrate. */
    run_fake(FARM("bad_pct = 25\nbad_shares_per_minute = 180"), 3600, NULL, 0, &r);
    cr_assert_eq(bad_channels(&shares, &work), bad);
    cr_assert_float_eq((double)shares, bad * 3.0 * 3600.0, bad * 400.0);
    cr_assert_float_eq(r.lost_work_pct, 100.0 * bad / MINERS, 3.0, "%f", r.lost_work_pct);
    hs_sim_result_free(&r);

    /* Of another difficulty, as often as the others. */
    run_fake(FARM("bad_pct = 25\nbad_difficulty = 5"), 3600, NULL, 0, &r);
    cr_assert_eq(bad_channels(&shares, &work), bad);
    cr_assert_float_eq((double)shares, bad * 360.0, bad * 60.0);
    cr_assert_float_eq(work, 5.0 * (double)shares, 1e-6);
    hs_sim_result_free(&r);
}

Test(sim_unruly, derating_leaves_a_flood_what_it_is)
{
    uint64_t shares = 0;
    double work = 0.0;
    run_fake(
        FARM("bad_pct = 100\nbad_shares_per_minute = 60\nbad_difficulty = 1") "[event.e]\nat = "
                                                                              "10min\nkind = "
                                                                              "derate\nminers_pct "
                                                                              "= 100\npct = "
                                                                              "50\nfor = 30min\n",
        3600, NULL, 0, NULL);
    cr_assert_eq(bad_channels(&shares, &work), MINERS);
    cr_assert_float_eq((double)shares, MINERS * 3600.0, MINERS * 100.0);
}

Test(sim_unruly, mute_ones_find_nothing)
{
    hs_sim_result r;
    run_fake(FARM("mute_pct = 25"), 3600, NULL, 0, &r);
    uint32_t mute = 0;
    for (uint64_t c = 1; c <= MINERS; c++) {
        double work = 0.0;
        mute += told(c, HMX_SHARE_SUBMITTED, 0, &work) == 0;
    }
    cr_assert(mute >= 1 && mute <= 10, "%u", mute);
    cr_assert_eq(fake.opened[0].nominal_hashrate, 200e12, "they say what the others say");
    cr_assert_float_eq(r.hashrate_at[2 * 3000 + A], 200.0 * (MINERS - mute), 1e-6);
    cr_assert_eq(r.lost_work_pct, 0.0);
    hs_sim_result_free(&r);
}

Test(sim_unruly, liars)
{
    hs_sim_result honest;
    hs_sim_result r;
    run_fake(FARM("bad_pct = 0"), 3600, NULL, 0, &honest);
    cr_assert_eq(fake.update_count, 0);
    run_fake(FARM("liars_pct = 100\nlie = 1000\nlie_time = 20min\nsecond_lie = 0.5"), 3600, NULL, 0,
             &r);
    cr_assert_eq(r.submitted, honest.submitted, "only words");
    cr_assert_eq(r.accepted, honest.accepted);
    for (uint32_t i = 0; i < MINERS; i++) {
        cr_assert_eq(fake.opened[i].nominal_hashrate, 1000 * 200e12);
    }
    cr_assert_eq(fake.update_count, 3 * MINERS);
    uint32_t high = 0;
    for (uint32_t i = 0; i < fake.update_count; i++) {
        const hmx_channel_update *const u = &fake.updates[i];
        const int is_high = u->nominal_hashrate == 1000 * 200e12;
        cr_assert(is_high || u->nominal_hashrate == 0.5 * 200e12);
        cr_assert_eq(u->changed, HMX_FACT_NOMINAL_HASHRATE);
        cr_assert_eq(fake.updated_at[i] % 1200, 1200 - u->channel, "each in a second of its own");
        high += is_high ? 1u : 0u;
    }
    cr_assert_eq(high, MINERS, "in turn");
    hs_sim_result_free(&honest);
    hs_sim_result_free(&r);
}

/* Nothing ever proves them wrong. */
Test(sim_unruly, liars_that_never_find_a_share)
{
    hs_sim_result r;
    run_fake(FARM("liars_pct = 25\nlie = 1000\nliars_mute = yes"), 3600, NULL, 0, &r);
    for (uint64_t c = 1; c <= MINERS; c++) {
        double work = 0.0;
        const int lies = fake.opened[c - 1].nominal_hashrate == 1000 * 200e12;
        cr_assert_eq(told(c, HMX_SHARE_SUBMITTED, 0, &work) == 0, lies);
    }
    hs_sim_result_free(&r);
}

static const struct fake_move ONE[] = {{600, 1, 1, 2}};

Test(sim_unruly, a_move_breaks_the_connection)
{
    hs_sim_result r;
    run_fake(FARM("drops_pct = 100\ndrops_time = 40s"), 1200, ONE, 1, &r);
    cr_assert_eq(fake.told[0].e.result, HMX_RESULT_APPLIED);
    cr_assert(fake.close_count == 1 && fake.closed_at[0] == 600);
    cr_assert_eq(fake.open_count, MINERS + 1);
    cr_assert_eq(fake.opened_at[MINERS], 640);
    cr_assert_eq(fake.opened[MINERS].channel, MINERS + 1, "a new channel");
    cr_assert(all_channels_at(&r, 599) == MINERS && all_channels_at(&r, 639) == MINERS - 1);
    cr_assert(all_channels_at(&r, 640) == MINERS && r.dropped == 1 && r.moves == 1);
    cr_assert_float_eq(r.lost_work_pct, 100.0 * 40.0 / (MINERS * 1200.0), 0.02);
    hs_sim_result_free(&r);
    run_fake(FARM("drops_pct = 0"), 1200, ONE, 1, &r);
    cr_assert(fake.close_count == 0 && r.dropped == 0);
    hs_sim_result_free(&r);
}

Test(sim_unruly, a_prefix_that_is_ignored_unnoticed)
{
    double work = 0.0;
    run_fake(FARM("unheard_pct = 100"), 3600, ONE, 1, NULL);
    cr_assert_neq(fake.opened[0].honours_prefix, HMX_NO);
    cr_assert_eq(fake.told[0].e.result, HMX_RESULT_APPLIED);
    cr_assert_gt(told(1, HMX_SHARE_REJECTED_OTHER, 610, &work), 200);
    cr_assert_eq(told(1, HMX_SHARE_ACCEPTED, 610, &work), 0);
    cr_assert_gt(told(2, HMX_SHARE_ACCEPTED, 610, &work), 200, "who stays where it is works");
    cr_assert_eq(fake_count(HMX_SHARE_REJECTED_OTHER),
                 told(1, HMX_SHARE_REJECTED_OTHER, 600, &work));
    /* With a channel of its own again it works as before. */
    run_fake(FARM("unheard_pct = 100") "[event.e]\nat = 20min\nkind = disconnect\n"
                                       "miners_pct = 100\nfor = 10s\n",
             3600, ONE, 1, NULL);
    uint64_t last = 0;
    for (size_t i = 0; i < fake.share_count; i++) {
        last = fake.shares[i].e.verdict == HMX_SHARE_REJECTED_OTHER ? fake.shares[i].second : last;
    }
    cr_assert(last > 1000 && last <= 1210, "%u", (unsigned)last);
    run_fake(FARM("unheard_pct = 0"), 3600, ONE, 1, NULL);
    cr_assert_eq(fake_count(HMX_SHARE_REJECTED_OTHER), 0);
}
