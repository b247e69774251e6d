/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/farm.h"

#include <stdlib.h>
#include <string.h>

#include "host_stub/base/array.h"
#include "host_stub/sim/host.h"
#include "host_stub/sim/moves.h"
#include "host_stub/sim/shares.h"

enum { CHURN_PER_SECOND_MAX = 1000, PICK_TRIES = 1000 };

static double total_weight(const hs_farm_spec *farm)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < farm->mix_count; i++) {
        sum += farm->mix[i].weight;
    }
    return sum;
}

static double draw_hashrate(const hs_farm_spec *farm, double weight, hs_rng *rng)
{
    double left = hs_rng_uniform(rng) * weight;
    for (uint32_t i = 0; i + 1 < farm->mix_count; i++) {
        left -= farm->mix[i].weight;
        if (left < 0.0) {
            return farm->mix[i].hashrate_ths;
        }
    }
    return farm->mix[farm->mix_count - 1].hashrate_ths;
}

/* Hashrate of the n-th (from 0) miner of a list. */
static double listed_hashrate(const hs_farm_spec *farm, uint32_t n)
{
    double before = 0.0;
    for (uint32_t i = 0; i < farm->mix_count; i++) {
        before += farm->mix[i].weight;
        if ((double)n < before) {
            return farm->mix[i].hashrate_ths;
        }
    }
    return farm->mix[farm->mix_count - 1].hashrate_ths;
}

/* Machines behind channel n, from 0. */
static uint32_t devices_of(const hs_farm_spec *farm, uint32_t n)
{
    return n == 0 && farm->proxy_devices > 1 ? farm->proxy_devices : 1;
}

/* Hashrate of the n-th (from 0) channel: to be asked for one after the other. */
static double first_hashrate(const hs_farm_spec *farm, uint32_t n, double weight, hs_rng *rng)
{
    const uint32_t before = n > 0 ? devices_of(farm, 0) + n - 1 : 0;
    double ths = 0.0;
    for (uint32_t i = 0; i < devices_of(farm, n); i++) {
        ths += farm->is_list ? listed_hashrate(farm, before + i) : draw_hashrate(farm, weight, rng);
    }
    return ths;
}

static hs_sim_miner *add_miner(hs_sim *sim, double hashrate_ths)
{
    if (HS_GROW(sim->miners, sim->miner_capacity, sim->miner_count + 1) != 0) {
        sim->no_memory = 1;
        return NULL;
    }
    hs_sim_miner *const miner = malloc(sizeof *miner);
    if (miner == NULL) {
        sim->no_memory = 1;
        return NULL;
    }
    hs_sim_miner_init(miner, &sim->model, sim->options->seed, ++sim->next_number, hashrate_ths,
                      sim->second);
    sim->miners[sim->miner_count++] = miner;
    return miner;
}

int hs_sim_farm_init(hs_sim *sim)
{
    const hs_farm_spec *const farm = &sim->scenario->farm;
    const uint64_t seed = sim->options->seed;
    hs_sim_miner_model_init(&sim->model, farm);
    hs_rng_init(&sim->mix_rng, seed, "farm mix", 0);
    hs_rng_init(&sim->join_rng, seed, "farm joins", 0);
    hs_rng_init(&sim->leave_rng, seed, "farm leaves", 0);
    hs_rng_init(&sim->select_rng, seed, "farm groups", 0);
    hs_rng_init(&sim->tip_rng, seed, "tips", 0);
    hs_rng_init(&sim->host_rng, seed, "host", 0);
    sim->joins_per_minute = farm->joins_per_minute;
    sim->leaves_per_minute = farm->leaves_per_minute;
    sim->join_budget = hs_rng_exponential(&sim->join_rng);
    sim->leave_budget = hs_rng_exponential(&sim->leave_rng);
    sim->total_weight = total_weight(farm);
    for (uint32_t i = 0; i < farm->miners; i++) {
        const double ths = first_hashrate(farm, i, sim->total_weight, &sim->mix_rng);
        hs_sim_miner *const miner = add_miner(sim, ths);
        if (miner == NULL) {
            return -1;
        }
        if (devices_of(farm, i) > 1) {
            hs_sim_miner_is_proxy(miner, devices_of(farm, i));
        }
    }
    return 0;
}

void hs_sim_hashrates(const hs_scenario *scenario, uint64_t seed, double *ths)
{
    const hs_farm_spec *const farm = &scenario->farm;
    const double weight = total_weight(farm);
    hs_rng rng;
    hs_rng_init(&rng, seed, "farm mix", 0);
    for (uint32_t i = 0; i < farm->miners; i++) {
        ths[i] = first_hashrate(farm, i, weight, &rng);
    }
}

void hs_sim_farm_free(hs_sim *sim)
{
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        free(sim->miners[i]);
    }
    free(sim->miners);
    free(sim->by_channel);
    free(sim->racks);
    free(sim->drains);
    free(sim->orders);
    free(sim->happenings);
}

static int has_work(const hs_sim *sim, const hs_sim_miner *miner)
{
    return miner->upstream != HMX_NONE && !sim->pools[sim->pool_of[miner->upstream]].no_job;
}

void hs_sim_farm_hash(hs_sim *sim)
{
    const uint64_t hashed_in = sim->second - 1;
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        hs_sim_miner *const miner = sim->miners[i];
        hs_sim_miner_update(miner, &sim->model, hashed_in);
        if (hashed_in < miner->silent_until ||
            (miner->channel == 0 && !miner->reopens && !miner->dropped)) {
            continue;
        }
        if (miner->channel == 0) { /* the move costs this, too */
            sim->lost_work += miner->hash;
            continue;
        }
        if (miner->stall > 0 || hashed_in < sim->asleep_until || !has_work(sim, miner)) {
            miner->stall -= miner->stall > 0;
            sim->lost_work += miner->hash;
            continue;
        }
        const uint32_t found = hs_sim_miner_hash(miner);
        if (found > 0) {
            hs_sim_submit(sim, miner, found);
        }
    }
}

static void remove_miner(hs_sim *sim, uint32_t index)
{
    hs_sim_close_channel(sim, sim->miners[index], HMX_CLOSE_PEER);
    free(sim->miners[index]);
    sim->miners[index] = sim->miners[--sim->miner_count];
}

/* The scenario's first miners, one after the other within join_time. */
static void first_joins(hs_sim *sim)
{
    const hs_farm_spec *const farm = &sim->scenario->farm;
    while (sim->first_joined < farm->miners &&
           (uint64_t)sim->first_joined * farm->join_secs <= sim->second * farm->miners) {
        hs_sim_open_channel(sim, sim->miners[sim->first_joined++]);
    }
}

static void returns(hs_sim *sim)
{
    if (sim->connected == sim->miner_count) {
        return;
    }
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        hs_sim_miner *const miner = sim->miners[i];
        if (miner->channel == 0 && sim->second >= miner->away_until) {
            hs_sim_open_channel(sim, miner);
        }
    }
}

static void leave_one(hs_sim *sim)
{
    for (int i = 0; i < PICK_TRIES && sim->connected > 0; i++) {
        const uint32_t index = hs_rng_below(&sim->leave_rng, sim->miner_count);
        if (sim->miners[index]->channel != 0) {
            remove_miner(sim, index);
            return;
        }
    }
}

static void churn(hs_sim *sim)
{
    const double full = (double)sim->scenario->farm.miners;
    sim->join_budget -= sim->joins_per_minute / 60.0;
    for (int i = 0; i < CHURN_PER_SECOND_MAX && sim->join_budget <= 0.0; i++) {
        sim->join_budget += hs_rng_exponential(&sim->join_rng);
        const double ths = draw_hashrate(&sim->scenario->farm, sim->total_weight, &sim->mix_rng);
        hs_sim_miner *const miner = sim->miner_count < HS_MINERS_MAX ? add_miner(sim, ths) : NULL;
        if (miner != NULL) {
            hs_sim_open_channel(sim, miner);
        }
    }
    sim->leave_budget -= sim->leaves_per_minute / 60.0 * (double)sim->connected / full;
    for (int i = 0; i < CHURN_PER_SECOND_MAX && sim->leave_budget <= 0.0; i++) {
        sim->leave_budget += hs_rng_exponential(&sim->leave_rng);
        leave_one(sim);
    }
}

/* Each liar in seconds of its own. */
static void lie_again(hs_sim *sim)
{
    const hs_farm_spec *const farm = &sim->scenario->farm;
    for (uint32_t i = 0; farm->lie_secs > 0 && i < sim->miner_count; i++) {
        hs_sim_miner *const miner = sim->miners[i];
        const uint64_t since = sim->second + miner->number;
        if (miner->liar && miner->channel != 0 && since % farm->lie_secs == 0) {
            const int is_odd = since / farm->lie_secs % 2 == 1;
            miner->declared_hs = miner->nominal_hs * (is_odd ? farm->second_lie : farm->lie);
            hs_sim_declare(sim, miner);
        }
    }
}

void hs_sim_farm_come_and_go(hs_sim *sim)
{
    lie_again(sim);
    if (sim->first_joined < sim->scenario->farm.miners) {
        first_joins(sim);
        return;
    }
    returns(sim);
    churn(sim);
}

void hs_sim_farm_select(hs_sim *sim, double pct,
                        void (*act)(hs_sim *sim, hs_sim_miner *miner, const hs_event_spec *event),
                        const hs_event_spec *event)
{
    /* One pass: the k-th of those left is taken with probability wanted / left. */
    uint32_t left = sim->connected;
    uint32_t wanted = (uint32_t)((double)left * pct / 100.0 + 0.5);
    for (uint32_t i = 0; i < sim->miner_count && wanted > 0 && left > 0; i++) {
        hs_sim_miner *const miner = sim->miners[i];
        if (miner->channel == 0) {
            continue;
        }
        if (hs_rng_below(&sim->select_rng, left) < wanted) {
            act(sim, miner, event);
            wanted--;
        }
        left--;
    }
}
