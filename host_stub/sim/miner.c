/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/miner.h"

#include <math.h>
#include <string.h>

/* A miner derated to nothing keeps a difficulty that can be divided by. */
#define DIFFICULTY_MIN 0.001

void hs_sim_miner_model_init(hs_sim_miner_model *model, const hs_farm_spec *farm)
{
    const double step = (double)HS_UPDATE_SECS;
    memset(model, 0, sizeof *model);
    model->drift_sd = farm->drift_pct / 100.0;
    model->drift_decay = hs_exp(-step / (double)farm->drift_secs);
    model->drift_kick = model->drift_sd * sqrt(1.0 - model->drift_decay * model->drift_decay);
    model->vardiff_gain = 1.0 - hs_exp(-step / (double)farm->vardiff_secs);
    model->secs_per_share = 60.0 / farm->shares_per_minute;
    model->nominal_error = farm->nominal_error_pct / 100.0;
    model->extended_fraction = farm->extended_pct / 100.0;
    model->deaf_fraction = farm->deaf_pct / 100.0;
    model->lost_fraction = farm->reopen_lost_pct / 100.0;
    model->bad_fraction = farm->bad_pct / 100.0;
    model->bad_rate = farm->bad_per_minute / 60.0;
    model->bad_difficulty = farm->bad_difficulty;
    model->mute_fraction = farm->mute_pct / 100.0;
    model->liar_fraction = farm->liars_pct / 100.0;
    model->liars_mute = farm->liars_mute;
    model->lie = farm->lie;
    model->drops_fraction = farm->drops_pct / 100.0;
    model->unheard_fraction = farm->unheard_pct / 100.0;
}

static void set_rates(hs_sim_miner *miner)
{
    const double drift =
        miner->averages > 0.0 ? miner->drift / sqrt(miner->averages) : miner->drift;
    miner->hash = miner->mute ? 0.0 : miner->h0 * (1.0 + drift) * miner->derate * miner->derate_now;
    if (miner->bad_rate > 0.0 && miner->bad_difficulty > 0.0) {
        miner->difficulty = miner->bad_difficulty;
    } else if (miner->bad_rate > 0.0 && miner->hash > 0.0) {
        miner->difficulty = miner->hash / miner->bad_rate;
    }
    miner->rate =
        miner->bad_rate > 0.0 && !miner->mute ? miner->bad_rate : miner->hash / miner->difficulty;
}

static void be_born(hs_sim_miner *miner, const hs_sim_miner_model *model, double hashrate_hs,
                    hs_rng *born)
{
    const double error = model->nominal_error * (2.0 * hs_rng_uniform(born) - 1.0);
    miner->nominal_hs = hashrate_hs / (1.0 + error);
    miner->extended = hs_rng_uniform(born) < model->extended_fraction;
    miner->deaf = hs_rng_uniform(born) < model->deaf_fraction && miner->extended;
    miner->settled = hs_rng_uniform(born) < model->lost_fraction;
    miner->bad = hs_rng_uniform(born) < model->bad_fraction;
    if (miner->bad) {
        miner->bad_difficulty = model->bad_difficulty;
        miner->bad_rate = model->bad_rate > 0.0 || !(model->bad_difficulty > 0.0)
                              ? model->bad_rate
                              : 1.0 / model->secs_per_share;
    }
    miner->mute = hs_rng_uniform(born) < model->mute_fraction;
    miner->liar = hs_rng_uniform(born) < model->liar_fraction;
    miner->mute |= model->liars_mute & miner->liar;
    miner->drops = hs_rng_uniform(born) < model->drops_fraction;
    miner->unheard = hs_rng_uniform(born) < model->unheard_fraction && miner->extended;
    miner->declared_hs = miner->nominal_hs * (miner->liar ? model->lie : 1.0);
}

void hs_sim_miner_init(hs_sim_miner *miner, const hs_sim_miner_model *model, uint64_t seed,
                       uint64_t number, double hashrate_ths, uint64_t second)
{
    hs_rng born;
    memset(miner, 0, sizeof *miner);
    hs_rng_init(&born, seed, "miner born", number);
    hs_rng_init(&miner->share_rng, seed, "miner shares", number);
    hs_rng_init(&miner->drift_rng, seed, "miner drift", number);
    const double hashrate_hs = hashrate_ths * 1e12;
    miner->number = number;
    miner->h0 = hashrate_hs / HS_HASHES_PER_DIFF1;
    miner->derate = 1.0;
    miner->derate_now = 1.0;
    be_born(miner, model, hashrate_hs, &born);
    miner->drift = model->drift_sd * hs_rng_normal(&miner->drift_rng);
    miner->difficulty = miner->nominal_hs / HS_HASHES_PER_DIFF1 * model->secs_per_share;
    miner->update_at = second + HS_UPDATE_SECS;
    miner->budget = hs_rng_exponential(&miner->share_rng);
    set_rates(miner);
}

void hs_sim_miner_is_proxy(hs_sim_miner *miner, uint32_t devices)
{
    miner->averages = (double)devices;
    miner->extended = 1;
    set_rates(miner);
}

int hs_sim_miner_is_astray(const hs_sim_miner *miner)
{
    return miner->unheard && (miner->own_len != miner->prefix_len ||
                              memcmp(miner->own_prefix, miner->prefix, miner->prefix_len) != 0);
}

void hs_sim_miner_update(hs_sim_miner *miner, const hs_sim_miner_model *model, uint64_t second)
{
    if (second < miner->update_at) {
        return;
    }
    miner->update_at = second + HS_UPDATE_SECS;
    miner->drift =
        miner->drift * model->drift_decay + model->drift_kick * hs_rng_normal(&miner->drift_rng);
    /* Twenty standard deviations below zero there would be no hashrate left. */
    miner->drift = miner->drift < -0.95 ? -0.95 : miner->drift;
    set_rates(miner);
    miner->difficulty +=
        (miner->hash * model->secs_per_share - miner->difficulty) * model->vardiff_gain;
    miner->difficulty = miner->difficulty < DIFFICULTY_MIN ? DIFFICULTY_MIN : miner->difficulty;
    set_rates(miner);
}

void hs_sim_miner_restore(hs_sim_miner *miner, uint64_t second)
{
    if (second >= miner->derate_until) {
        miner->derate_now = 1.0;
        set_rates(miner);
    }
}

void hs_sim_miner_derate(hs_sim_miner *miner, double factor, uint64_t until)
{
    if (until == UINT64_MAX) {
        miner->derate *= factor;
    } else {
        miner->derate_now = factor;
        miner->derate_until = until;
    }
    set_rates(miner);
}

uint32_t hs_sim_miner_hash(hs_sim_miner *miner)
{
    uint32_t found = 0;
    miner->budget -= miner->rate;
    while (miner->budget <= 0.0 && found < HS_SHARES_MAX) {
        /* The luck of a share's verdict is drawn with it, so that the draws do not depend on the
         * pool: see hs_sim_miner_taken. */
        miner->luck[found] = hs_rng_uniform(&miner->share_rng);
        miner->budget += hs_rng_exponential(&miner->share_rng);
        found++;
    }
    return found;
}

uint32_t hs_sim_miner_taken(const hs_sim_miner *miner, uint32_t found, double acceptance)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < found; i++) {
        taken += miner->luck[i] < acceptance;
    }
    return taken;
}
