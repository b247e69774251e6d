/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/hmx_access.h"
#include "host_stub/base/text.h"
#include "host_stub/sim/frames.h"
#include "host_stub/sim/frames_pools.h"
#include "host_stub/sim/links.h"
#include "host_stub/sim/shares.h"

#define GREY_REJECT_PCT 30.0 /* where the plugin's configuration does not say */
#define ROUNDING        1e-9

static void on_log(void *ctx, uint32_t level, const char *text, uint64_t len)
{
    const hs_sim *const sim = ctx;
    if (sim->options->log != NULL) {
        sim->options->log(sim->options->ctx, sim->second, level, text, len);
    }
}

static void on_audit(void *ctx, const char *json, uint64_t len)
{
    const hs_sim *const sim = ctx;
    if (sim->options->audit != NULL) {
        sim->options->audit(sim->options->ctx, json, len);
    }
}

static void on_violation(void *ctx, enum hs_side side, const char *check, const char *text)
{
    const hs_sim *const sim = ctx;
    if (sim->options->violation != NULL) {
        sim->options->violation(sim->options->ctx, sim->second, side, check, text);
    }
}

static int create_plugin(hs_sim *sim, char *why, size_t capacity)
{
    uint8_t seed[32];
    hs_link_options options = {
        .seed = seed,
        .guard = {.log = on_log, .audit = on_audit, .violation = on_violation, .ctx = sim}};
    hs_rng rng;
    hs_rng_init(&rng, sim->options->seed, "plugin", 0);
    for (int i = 0; i < 4; i++) {
        const uint64_t word = hs_rng_u64(&rng);
        for (int k = 0; k < 8; k++) {
            seed[8 * i + k] = (uint8_t)(word >> (8 * k));
        }
    }
    char *rendered = NULL;
    if (sim->config.path[0] != '\0') {
        options.config_path = sim->config.path;
    } else {
        rendered = hs_ini_render(&sim->config.ini);
        if (rendered == NULL) {
            return hs_refuse(why, capacity, "out of memory");
        }
        options.config_text = rendered;
    }
    const int rc = hs_link_start(&sim->link, sim->options->plugin, &options, why, capacity);
    free(rendered);
    if (rc != 0) {
        hs_sim_config_explain(&sim->config, sim->options->sets, sim->options->set_count, why,
                              capacity);
    }
    return rc;
}

/* Fills *pool's connection facts that never change. */
static void init_pool(hs_sim *sim, uint32_t index)
{
    hs_sim_pool *const pool = &sim->pools[index];
    hs_rng rng;
    hs_rng_init(&rng, sim->options->seed, "pool prefix", index);
    const uint64_t word = hs_rng_u64(&rng);
    pool->prefix[0] = (uint8_t)(index + 1); /* so that no two pools have the same */
    for (int i = 1; i < 4; i++) {
        pool->prefix[i] = (uint8_t)(word >> (8 * i));
    }
    pool->acceptance = pool->spec.accept_pct / 100.0;
    pool->cap = 1.0;
    pool->refuse_above = 1.0;
    pool->refuses = pool->spec.refuses_pct / 100.0;
    pool->fails = pool->spec.fails_pct / 100.0;
    pool->next_ack = hs_sim_first_ack(pool, index);
    hs_sim_pool_tip(sim, index);
}

/* The scenario's pool for a row of the plugin's table: by id, else the first that has no row
 * yet. */
static int pool_for_row(const hs_sim *sim, const hs_link_table *table, uint32_t row,
                        uint32_t scenario_pools)
{
    const int named = hs_scenario_pool(sim->scenario, table->rows[row].id);
    if (named >= 0) {
        return named;
    }
    for (uint32_t i = 0; i < scenario_pools; i++) {
        int has_row = sim->pools[i].upstream != HMX_NONE;
        for (uint32_t k = 0; k < table->count; k++) {
            has_row |= strcmp(table->rows[k].id, sim->scenario->pools[i].id) == 0;
        }
        if (!has_row) {
            return (int)i;
        }
    }
    return -1;
}

static int take_table(hs_sim *sim, const hs_link_table *table, char *why, size_t capacity)
{
    const uint32_t scenario_pools = sim->scenario->pool_count;
    if (table->told > table->count || table->count < scenario_pools) {
        return hs_refuse(why, capacity,
                         "the plugin reports %u upstreams, the scenario has %u pools; the "
                         "configuration needs one upstream per pool, and 64 at most",
                         (unsigned)table->told, (unsigned)scenario_pools);
    }
    for (uint32_t i = 0; i < table->count; i++) {
        const hmx_upstream_info *const row = &table->rows[i];
        int at = pool_for_row(sim, table, i, scenario_pools);
        if (at < 0) {
            at = (int)sim->pool_count++;
            hs_sim_pool_spec_default(sim->scenario, (uint32_t)at, &sim->pools[at].spec);
            hs_sim_pool_spec_complete(&sim->pools[at].spec);
        }
        if (row->upstream < 1 || row->upstream > HMX_UPSTREAMS_MAX ||
            sim->pool_of[row->upstream] >= 0 || sim->pools[at].upstream != HMX_NONE) {
            return hs_refuse(why, capacity,
                             "the plugin's upstream table has a bad row (upstream %u)",
                             (unsigned)row->upstream);
        }
        hs_sim_pool *const pool = &sim->pools[at];
        snprintf(pool->spec.id, sizeof pool->spec.id, "%s", row->id);
        pool->spec.priority = row->priority;
        pool->upstream = row->upstream;
        pool->enabled = (row->flags & HMX_UPSTREAM_FLAG_ENABLED) != 0;
        pool->target_pct = row->percentage;
        sim->pool_of[row->upstream] = at;
    }
    return 0;
}

static int connect_pools(hs_sim *sim, char *why, size_t capacity)
{
    hs_link_table table;
    sim->pool_count = sim->scenario->pool_count;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        sim->pools[i].spec = sim->scenario->pools[i];
    }
    for (uint32_t i = 0; i <= HMX_UPSTREAMS_MAX; i++) {
        sim->pool_of[i] = -1;
    }
    if (hs_link_upstreams(&sim->link, &table) == HMX_OK) {
        if (take_table(sim, &table, why, capacity) != 0) {
            return -1;
        }
    } else {
        hs_sim_note(sim, "the plugin has no upstream table: the pools are numbered as they come");
        for (uint32_t i = 0; i < sim->pool_count; i++) {
            sim->pools[i].upstream = i + 1;
            sim->pools[i].enabled = 1;
            sim->pools[i].target_pct = sim->pools[i].spec.target_pct;
            sim->pool_of[i + 1] = (int)i;
        }
    }
    if (sim->pool_count == 0) {
        return hs_refuse(why, capacity, "neither the scenario nor the plugin names a pool");
    }
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        init_pool(sim, i);
    }
    return 0;
}

/* From which part of rejects on a pool is left: the plugin's own key. */
static double grey_reject_pct(const hs_sim_config *config)
{
    const char *const text = hs_ini_get(&config->ini, "failover", "grey_reject_pct");
    double pct = GREY_REJECT_PCT;
    return text != NULL && hs_parse_decimal(text, &pct) == 0 ? pct : GREY_REJECT_PCT;
}

int hs_sim_start(hs_sim *sim, char *why, size_t capacity)
{
    const hs_sim_options *const o = sim->options;
    if (hs_sim_config_build(&sim->config, sim->scenario, o->config, o->sets, o->set_count, why,
                            capacity) != 0 ||
        create_plugin(sim, why, capacity) != 0 || connect_pools(sim, why, capacity) != 0) {
        return -1;
    }
    sim->grey_reject_pct = grey_reject_pct(&sim->config);
    const hmx_tuning_v1 *const tuning = hs_guard_extension(sim->link.guard, HMX_TUNING_ID);
    if (tuning != NULL && HMX_HAS(hmx_tuning_v1, tuning, set_targets) &&
        tuning->set_targets != NULL) {
        sim->tuning = tuning;
    }
    return 0;
}

void hs_sim_tell_upstream(hs_sim *sim, uint32_t index, uint32_t reason)
{
    const hs_sim_pool *const pool = &sim->pools[index];
    hmx_upstream_event e = {
        .upstream = pool->upstream,
        .state = pool->up ? HMX_UPSTREAM_UP : HMX_UPSTREAM_DOWN,
        .reason = pool->up ? 0 : reason,
        .extranonce_size = pool->spec.extranonce_size,
        .extranonce_prefix_len = sizeof pool->prefix,
        .has_job = pool->up && !pool->no_job ? HMX_YES : HMX_NO,
        .version_rolling = HMX_YES,
        .fixed_version = HMX_NO,
        .tip_nbits = pool->stream.tip.nbits,
    };
    memcpy(e.extranonce_prefix, pool->prefix, sizeof pool->prefix);
    memcpy(e.tip_prev_hash, pool->stream.tip.prev_hash.byte, sizeof e.tip_prev_hash);
    (void)hs_link_upstream(&sim->link, &e);
}

/* True hashrate of those that are connected, TH/s. */
static double connected_ths(const hs_sim *sim)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_sim_miner *const miner = sim->miners[i];
        const int hashes = miner->channel != 0 && miner->silent_until <= sim->second;
        sum += hashes ? miner->hash * HS_HASHES_PER_DIFF1 / 1e12 : 0.0;
    }
    return sum;
}

int hs_sim_has_absolute_targets(const hs_sim *sim)
{
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        if (sim->pools[i].spec.hashrate_ths > 0.0) {
            return 1;
        }
    }
    return 0;
}

/* Absolute targets are filled in order of priority; what is left goes by percentage, or in
 * proportion to the absolute targets when nobody has one. Turns all into TH/s. */
static void weigh_absolute(const hs_sim *sim, uint64_t usable, double *weights)
{
    double left = connected_ths(sim);
    double percentages = 0.0;
    uint64_t given = 0;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        percentages += (usable >> i & 1u) != 0 ? weights[i] : 0.0;
    }
    for (uint32_t round = 0; round < sim->pool_count; round++) {
        int next = -1;
        for (uint32_t i = 0; i < sim->pool_count; i++) {
            const hs_sim_pool_spec *const spec = &sim->pools[i].spec;
            if ((given >> i & 1u) == 0 && (usable >> i & 1u) != 0 && spec->hashrate_ths > 0.0 &&
                (next < 0 || spec->priority < sim->pools[next].spec.priority)) {
                next = (int)i;
            }
        }
        if (next >= 0) {
            const double wanted = sim->pools[next].spec.hashrate_ths;
            weights[next] = wanted < left || !(left > 0.0) ? wanted : left;
            left -= weights[next] < left ? weights[next] : left;
            given |= 1ull << next;
        }
    }
    for (uint32_t i = 0; i < sim->pool_count && percentages > 0.0; i++) {
        if ((given >> i & 1u) == 0) {
            weights[i] *= left / percentages;
        }
    }
}

void hs_sim_retarget_account(hs_sim *sim)
{
    double weights[HS_SIM_POOLS_MAX] = {0};
    double caps[HS_SIM_POOLS_MAX] = {0};
    uint64_t usable = 0;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        const hs_sim_pool *const pool = &sim->pools[i];
        weights[i] = pool->enabled ? pool->target_pct : 0.0;
        caps[i] = pool->cap;
        if (pool->up && !pool->no_job &&
            100.0 * (1.0 - pool->acceptance) <= sim->grey_reject_pct + ROUNDING) {
            usable |= 1ull << i;
        }
    }
    if (hs_sim_has_absolute_targets(sim)) {
        weigh_absolute(sim, usable, weights);
    }
    if (hs_account_targets(&sim->result->account, sim->second, weights, usable, caps) != 0) {
        sim->no_memory = 1;
    }
}

void hs_sim_pool_down(hs_sim *sim, uint32_t index)
{
    if (sim->pools[index].up) {
        sim->pools[index].up = 0;
        hs_sim_retarget_account(sim);
        hs_sim_tell_upstream(sim, index, HMX_UPSTREAM_REASON_LOST);
        hs_sim_lose_pending(sim, index);
        hs_sim_frames_down(sim, index);
    }
}

void hs_sim_pool_up(hs_sim *sim, uint32_t index)
{
    if (!sim->pools[index].up) {
        sim->pools[index].up = 1;
        hs_sim_pool_tip(sim, index);
        hs_sim_retarget_account(sim);
        hs_sim_tell_upstream(sim, index, 0);
        hs_sim_frames_up(sim, index);
    }
}

void hs_sim_pool_job(hs_sim *sim, uint32_t index, int has_job)
{
    sim->pools[index].no_job = !has_job;
    if (!sim->pools[index].up) {
        return;
    }
    if (has_job) {
        hs_sim_pool_tip(sim, index);
        hs_sim_frames_tip(sim, index);
    }
    hs_sim_retarget_account(sim);
    hs_sim_tell_upstream(sim, index, 0);
}

void hs_sim_new_tip(hs_sim *sim)
{
    if (sim->second < sim->next_tip) {
        return;
    }
    const double wait = hs_rng_exponential(&sim->tip_rng) * (double)sim->scenario->farm.tip_secs;
    sim->next_tip = sim->second + 1 + (uint64_t)wait;
    if (sim->second == 0) {
        return; /* the first tip was told with the pools' connections */
    }
    sim->tip++;
    sim->result->tips++;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        if (sim->pools[i].up && !sim->pools[i].no_job) {
            sim->pools[i].stale_until = sim->second + sim->pools[i].spec.stale_secs;
            hs_sim_pool_tip(sim, i);
            hs_sim_tell_upstream(sim, i, 0);
            hs_sim_frames_tip(sim, i);
        }
    }
}

/* Notes that the plugin refused `what`, with the first line of its reasons. */
static void note_refusal(hs_sim *sim, const char *what, hmx_status status)
{
    char text[192];
    const char *const why =
        sim->link.reasons[0] != '\0' ? sim->link.reasons : hs_link_status(status);
    snprintf(text, sizeof text, "%s was refused: %.*s", what, (int)strcspn(why, "\n"), why);
    hs_sim_note(sim, text);
}

void hs_sim_reconfigure(hs_sim *sim)
{
    hs_link_table table;
    if (!sim->config.can_be_changed) {
        hs_sim_note(sim, "the configuration file could not be read here, so it was not changed");
        return;
    }
    char *const rendered = hs_ini_render(&sim->config.ini);
    if (rendered == NULL) {
        sim->no_memory = 1;
        return;
    }
    const hmx_status status = hs_link_reconfigure(&sim->link, NULL, rendered);
    free(rendered);
    if (status == HMX_E_UNSUPPORTED && sim->link.reasons[0] == '\0') {
        hs_sim_note(sim, "the plugin cannot be reconfigured: it goes on as it is");
    } else if (status < 0) {
        note_refusal(sim, "a new configuration", status);
    } else {
        (void)hs_link_upstreams(&sim->link, &table); /* as a host does; no pool is added in a run */
    }
}

void hs_sim_set_targets(hs_sim *sim)
{
    hmx_target rows[HS_SIM_POOLS_MAX];
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        const hs_sim_pool *const pool = &sim->pools[i];
        rows[i] = (hmx_target){
            .size = sizeof rows[i], .upstream = pool->upstream, .percentage = pool->target_pct};
        if (sim->config.can_be_changed && sim->schedule_known == 0 &&
            hs_sim_config_target(&sim->config, pool->spec.id, pool->target_pct) != 0) {
            sim->no_memory = 1;
        }
    }
    if (sim->tuning == NULL) {
        hs_sim_reconfigure(sim);
        return;
    }
    const hmx_targets targets = {
        .size = sizeof targets, .stride = sizeof rows[0], .count = sim->pool_count, .rows = rows};
    const hmx_status status = sim->tuning->set_targets(
        hs_guard_instance(sim->link.guard), sim->link.now_ns, &targets, hs_link_text(&sim->link));
    if (status < 0) {
        note_refusal(sim, "set_targets", status);
    }
}
