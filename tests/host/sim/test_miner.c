/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "host_stub/sim/miner.h"

static const hs_farm_spec FARM = {.shares_per_minute = 6.0,
                                  .drift_pct = 2.0,
                                  .extended_pct = 50.0,
                                  .drift_secs = 7200,
                                  .vardiff_secs = 180,
                                  .move_cost_secs = 1};

static void new_miner(hs_sim_miner *miner, hs_sim_miner_model *model, const hs_farm_spec *farm,
                      uint64_t number)
{
    hs_sim_miner_model_init(model, farm);
    hs_sim_miner_init(miner, model, 1, number, 200.0, 0);
}

Test(sim_miner, starts_at_six_shares_a_minute_of_its_declared_hashrate)
{
    hs_sim_miner_model model;
    hs_sim_miner miner;
    new_miner(&miner, &model, &FARM, 1);
    cr_assert_eq(miner.declared_hs, 200e12);
    cr_assert_float_eq(miner.difficulty, 200e12 / 4295032833.0 * 10.0, 1e-6);
    cr_assert_float_eq(miner.rate, (1.0 + miner.drift) / 10.0, 1e-12);
}

Test(sim_miner, declared_hashrate_is_wrong_as_the_scenario_says)
{
    hs_farm_spec farm = FARM;
    hs_sim_miner_model model;
    hs_sim_miner miner;
    double lowest = 1e30;
    double highest = 0.0;
    farm.nominal_error_pct = 30.0;
    for (uint64_t n = 1; n <= 2000; n++) {
        new_miner(&miner, &model, &farm, n);
        lowest = fmin(lowest, miner.declared_hs);
        highest = fmax(highest, miner.declared_hs);
    }
    cr_assert_geq(lowest, 200e12 / 1.3);
    cr_assert_leq(highest, 200e12 / 0.7);
    cr_assert_lt(lowest, 200e12 / 1.299);
    cr_assert_gt(highest, 200e12 / 0.701);
}

/* Of the extended ones; and the rest of a device does not depend on it. */
Test(sim_miner, so_many_are_deaf_and_so_many_stay_away)
{
    hs_farm_spec farm = FARM;
    hs_sim_miner_model model;
    hs_sim_miner_model plain_model;
    hs_sim_miner miner;
    hs_sim_miner plain;
    uint32_t extended = 0;
    uint32_t deaf = 0;
    uint32_t settled = 0;
    farm.deaf_pct = 25.0;
    farm.reopen_lost_pct = 10.0;
    for (uint64_t n = 1; n <= 4000; n++) {
        new_miner(&miner, &model, &farm, n);
        new_miner(&plain, &plain_model, &FARM, n);
        cr_assert(!plain.deaf && !plain.settled);
        cr_assert(miner.extended == plain.extended && miner.declared_hs == plain.declared_hs &&
                  miner.budget == plain.budget && miner.drift == plain.drift);
        cr_assert(miner.extended || !miner.deaf);
        extended += miner.extended;
        deaf += miner.deaf;
        settled += miner.settled;
    }
    cr_assert_float_eq((double)deaf / extended, 0.25, 0.04);
    cr_assert_float_eq((double)settled / 4000.0, 0.10, 0.025);
}

Test(sim_miner, share_counts_are_poisson)
{
    /* Windows of 300 s at 0.1 per second: mean and variance are 30. */
    enum { WINDOWS = 20000, SECS = 300 };
    hs_farm_spec farm = FARM;
    hs_sim_miner_model model;
    hs_sim_miner miner;
    double sum = 0.0;
    double squares = 0.0;
    farm.drift_pct = 0.0;
    new_miner(&miner, &model, &farm, 1);
    for (int w = 0; w < WINDOWS; w++) {
        uint32_t count = 0;
        for (int s = 0; s < SECS; s++) {
            count += hs_sim_miner_hash(&miner);
        }
        sum += count;
        squares += (double)count * count;
    }
    const double mean = sum / WINDOWS;
    const double variance = squares / WINDOWS - mean * mean;
    cr_assert_float_eq(mean, 30.0, 5.0 * sqrt(30.0 / WINDOWS));
    cr_assert_float_eq(variance, 30.0, 5.0 * 30.0 * sqrt(2.0 / WINDOWS));
}

Test(sim_miner, many_shares_in_one_second)
{
    hs_farm_spec farm = FARM;
    hs_sim_miner_model model;
    hs_sim_miner miner;
    uint64_t found = 0;
    farm.drift_pct = 0.0;
    farm.shares_per_minute = 600.0;
    new_miner(&miner, &model, &farm, 1);
    for (int s = 0; s < 10000; s++) {
        found += hs_sim_miner_hash(&miner);
    }
    cr_assert_float_eq((double)found, 100000.0, 5.0 * sqrt(100000.0));
}

Test(sim_miner, drift_has_its_deviation_and_time_constant)
{
    enum { MINERS = 400, STEPS = 2880 }; /* a day each */
    hs_sim_miner_model model;
    hs_sim_miner miner;
    double squares = 0.0;
    double lagged = 0.0;
    for (uint64_t n = 1; n <= MINERS; n++) {
        double earlier[240]; /* two hours */
        new_miner(&miner, &model, &FARM, n);
        for (uint64_t k = 0; k < STEPS; k++) {
            squares += miner.drift * miner.drift;
            if (k >= 240) {
                lagged += miner.drift * earlier[k % 240];
            }
            earlier[k % 240] = miner.drift;
            hs_sim_miner_update(&miner, &model, (k + 1) * HS_UPDATE_SECS);
        }
    }
    const double variance = squares / (MINERS * (double)STEPS);
    cr_assert_float_eq(sqrt(variance), 0.02, 0.0006);
    const double correlation = lagged / (MINERS * (double)(STEPS - 240)) / variance;
    cr_assert_float_eq(correlation, exp(-1.0), 0.05, "after one time constant");
}

Test(sim_miner, vardiff_follows_with_a_lag_of_three_minutes)
{
    hs_farm_spec farm = FARM;
    hs_sim_miner_model model;
    hs_sim_miner miner;
    farm.drift_pct = 0.0;
    new_miner(&miner, &model, &farm, 1);
    const double full = miner.difficulty;
    hs_sim_miner_derate(&miner, 0.5, UINT64_MAX);
    cr_assert_float_eq(miner.rate, 0.05, 1e-12, "at once half the shares");
    for (uint64_t k = 1; k <= 6; k++) {
        hs_sim_miner_update(&miner, &model, k * HS_UPDATE_SECS);
    }
    cr_assert_float_eq(miner.difficulty / full, 0.5 + 0.5 * exp(-1.0), 1e-9, "after 180 s");
    for (uint64_t k = 7; k <= 200; k++) {
        hs_sim_miner_update(&miner, &model, k * HS_UPDATE_SECS);
    }
    cr_assert_float_eq(miner.rate, 0.1, 1e-9, "six a minute again");
}

Test(sim_miner, updates_come_once_per_thirty_seconds)
{
    hs_sim_miner_model model;
    hs_sim_miner miner;
    new_miner(&miner, &model, &FARM, 1);
    const double drift = miner.drift;
    hs_sim_miner_update(&miner, &model, 29);
    cr_assert_eq(miner.drift, drift);
    hs_sim_miner_update(&miner, &model, 30);
    cr_assert_neq(miner.drift, drift);
}

Test(sim_miner, derating_for_a_while_and_for_good)
{
    hs_farm_spec farm = FARM;
    hs_sim_miner_model model;
    hs_sim_miner miner;
    farm.drift_pct = 0.0;
    new_miner(&miner, &model, &farm, 1);
    const double full = miner.hash;
    hs_sim_miner_derate(&miner, 0.5, 900);
    hs_sim_miner_derate(&miner, 0.5, UINT64_MAX);
    cr_assert_float_eq(miner.hash, full / 4.0, 1e-9);
    hs_sim_miner_restore(&miner, 899);
    cr_assert_float_eq(miner.hash, full / 4.0, 1e-9);
    hs_sim_miner_restore(&miner, 900);
    cr_assert_float_eq(miner.hash, full / 2.0, 1e-9);
    hs_sim_miner_derate(&miner, 0.0, UINT64_MAX);
    for (uint64_t k = 1; k <= 20000; k++) {
        hs_sim_miner_update(&miner, &model, k * HS_UPDATE_SECS);
        cr_assert_eq(hs_sim_miner_hash(&miner), 0);
    }
    cr_assert(isfinite(miner.rate) && miner.difficulty > 0.0);
}

Test(sim_miner, verdicts_are_lucky_as_often_as_the_pool_accepts)
{
    enum { SECS = 1000000 };
    hs_sim_miner_model model;
    hs_sim_miner miner;
    uint64_t found = 0;
    uint64_t taken = 0;
    uint64_t all = 0;
    new_miner(&miner, &model, &FARM, 1);
    for (int s = 0; s < SECS; s++) {
        const uint32_t n = hs_sim_miner_hash(&miner);
        found += n;
        taken += hs_sim_miner_taken(&miner, n, 0.85);
        all += hs_sim_miner_taken(&miner, n, 1.0);
        cr_assert_eq(hs_sim_miner_taken(&miner, n, 0.0), 0);
    }
    cr_assert_eq(all, found, "a pool that accepts everything does");
    cr_assert_float_eq((double)taken / (double)found, 0.85, 5.0 * sqrt(0.85 * 0.15 / 1e5));
}
