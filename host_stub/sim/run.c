/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/run.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/sim/events.h"
#include "host_stub/sim/farm.h"
#include "host_stub/sim/frames.h"
#include "host_stub/sim/host.h"
#include "host_stub/sim/links.h"
#include "host_stub/sim/moves.h"
#include "host_stub/sim/schedule.h"
#include "host_stub/sim/shares.h"
#include "host_stub/sim/upstream.h"

const uint64_t HS_WINDOW_SECS[HS_WINDOWS] = {600, 3600, 6 * 3600, 24 * 3600};
const char *const HS_WINDOW_NAMES[HS_WINDOWS] = {"10m", "1h", "6h", "24h"};

static int prepare(hs_sim *sim, char *why, size_t capacity)
{
    hs_sim_result *const result = sim->result;
    if (sodium_init() < 0) {
        return hs_refuse(why, capacity, "libsodium does not start");
    }
    if (hs_sim_start(sim, why, capacity) != 0 || hs_sim_frames_begin(sim, why, capacity) != 0) {
        return -1;
    }
    const size_t cells = (size_t)sim->seconds * sim->pool_count;
    if (sim->options->record) {
        result->channels_at = calloc(cells, sizeof *result->channels_at);
        result->hashrate_at = calloc(cells, sizeof *result->hashrate_at);
    }
    if (hs_account_init(&result->account, sim->pool_count, sim->seconds) != 0 ||
        hs_sim_farm_init(sim) != 0 || hs_sim_links_init(sim) != 0 || hs_sim_events_init(sim) != 0 ||
        (sim->options->record && (result->channels_at == NULL || result->hashrate_at == NULL))) {
        return hs_refuse(why, capacity, "out of memory");
    }
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        hs_sim_pool_up(sim, i);
    }
    return 0;
}

/* What holds from this second to the next. */
static void record(hs_sim *sim)
{
    hs_sim_result *const result = sim->result;
    const size_t row = (size_t)sim->second * sim->pool_count;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        sim->pools[i].channel_secs += (double)sim->pools[i].channels;
    }
    sim->channel_secs += (double)sim->connected;
    if (result->channels_at == NULL) {
        return;
    }
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        result->channels_at[row + i] = sim->pools[i].channels;
    }
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        const hs_sim_miner *const miner = sim->miners[i];
        if (miner->channel != 0 && miner->upstream != HMX_NONE &&
            sim->second >= miner->silent_until) {
            result->hashrate_at[row + (size_t)sim->pool_of[miner->upstream]] +=
                miner->hash * HS_HASHES_PER_DIFF1 / 1e12;
        }
    }
}

/* What the host does in this second. */
static void work(hs_sim *sim)
{
    hs_sim_follow_schedule(sim);
    hs_sim_events_due(sim);
    if (sim->second < sim->asleep_until) {
        return; /* it has just fallen asleep */
    }
    hs_sim_new_tip(sim);
    if (sim->second % HS_BUCKET_SECS == 0 && hs_sim_has_absolute_targets(sim)) {
        hs_sim_retarget_account(sim);
    }
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        hs_sim_judge_shares(sim, i);
        hs_sim_upstream_retarget(sim, i);
    }
    hs_sim_frames_second(sim);
    hs_sim_farm_come_and_go(sim);
    hs_sim_tick(sim);
    hs_sim_report_drained(sim);
}

static void step(hs_sim *sim)
{
    if (sim->second == sim->asleep_until && sim->second > 0) {
        hs_sim_tick(sim); /* it wakes: its timer is due, and nothing has been read yet */
    } else if (sim->second >= sim->asleep_until) {
        work(sim);
    }
    record(sim);
    if (sim->options->ticked != NULL) {
        sim->options->ticked(sim->options->ctx, sim->second, sim->link.guard);
    }
    hs_sim_second(sim, sim->second + 1);
    hs_sim_farm_hash(sim);
}

static void summarise_pools(hs_sim *sim)
{
    hs_sim_result *const result = sim->result;
    const double seconds = (double)sim->seconds;
    double delivered[HS_SIM_POOLS_MAX] = {0};
    double effective[HS_SIM_POOLS_MAX] = {0};
    (void)hs_account_shares(&result->account, sim->seconds, sim->seconds, delivered, effective);
    result->pool_count = sim->pool_count;
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        const hs_sim_pool *const pool = &sim->pools[i];
        hs_sim_pool_result *const out = &result->pools[i];
        memcpy(out->id, pool->spec.id, sizeof out->id);
        out->target_pct = pool->enabled ? pool->target_pct : 0.0;
        out->effective_pct = effective[i];
        out->delivered_pct = delivered[i];
        out->channels = pool->channel_secs / seconds;
        out->hashrate_ths = pool->accepted_work * HS_HASHES_PER_DIFF1 / seconds / 1e12;
        out->submitted = pool->submitted;
        out->accepted = pool->accepted;
        out->rejected = pool->rejected;
        out->lost = pool->lost;
        out->kept = pool->kept;
        result->submitted += pool->submitted;
        result->accepted += pool->accepted;
        result->rejected += pool->rejected;
        result->lost += pool->lost;
        result->kept += pool->kept;
    }
}

static void summarise(hs_sim *sim)
{
    hs_sim_result *const result = sim->result;
    hs_account_close(&result->account);
    for (int i = 0; i < HS_WINDOWS; i++) {
        result->errors[i] =
            hs_account_summary(&result->account, HS_WINDOW_SECS[i], sim->scenario->warmup_secs);
    }
    summarise_pools(sim);
    const double work = sim->credited_work + sim->lost_work;
    const double channel_days = sim->channel_secs / 86400.0;
    result->channels = sim->channel_secs / (double)sim->seconds;
    result->lost_work_pct = work > 0.0 ? 100.0 * sim->lost_work / work : 0.0;
    result->moves_per_channel_day = channel_days > 0.0 ? (double)result->moves / channel_days : 0.0;
}

static int run(hs_sim *sim, char *why, size_t capacity)
{
    const hs_sim_options *const o = sim->options;
    if (prepare(sim, why, capacity) != 0) {
        return -1;
    }
    while (sim->second < sim->seconds && !sim->no_memory) {
        step(sim);
        if (o->progress != NULL && sim->second % 60 == 0) {
            o->progress(o->ctx, sim->second, sim->seconds);
        }
    }
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        hs_sim_judge_the_rest(sim, i);
    }
    if (sim->no_memory) {
        return hs_refuse(why, capacity, "out of memory");
    }
    if (hs_sim_frames_end(sim, why, capacity) != 0) {
        return -1;
    }
    summarise(sim);
    if (o->finished != NULL) {
        o->finished(o->ctx, sim->link.guard);
    }
    return 0;
}

int hs_sim_run(const hs_scenario *scenario, const hs_sim_options *options, hs_sim_result *result,
               char *why, size_t capacity)
{
    memset(result, 0, sizeof *result);
    hs_sim *const sim = calloc(1, sizeof *sim);
    if (sim == NULL) {
        return hs_refuse(why, capacity, "out of memory");
    }
    const uint64_t seconds = options->seconds > 0 ? options->seconds : scenario->seconds;
    sim->scenario = scenario;
    sim->options = options;
    sim->result = result;
    sim->seconds = (seconds + HS_BUCKET_SECS - 1) / HS_BUCKET_SECS * HS_BUCKET_SECS;
    hs_sim_second(sim, 0);
    result->seconds = sim->seconds;
    result->seed = options->seed;
    memcpy(result->scenario, scenario->name, sizeof result->scenario);
    memcpy(result->title, scenario->title, sizeof result->title);
    memcpy(result->world, scenario->world, sizeof result->world);
    snprintf(result->plugin, sizeof result->plugin, "%s %s", options->plugin->id,
             options->plugin->version);
    const int rc = run(sim, why, capacity);
    result->guard_violations = hs_link_stop(&sim->link);
    hs_sim_frames_free(sim);
    for (uint32_t i = 0; i < HS_SIM_POOLS_MAX; i++) {
        free(sim->pools[i].sent.shares);
        free(sim->pools[i].waiting.shares);
        free(sim->pools[i].scratch.shares);
    }
    hs_sim_farm_free(sim);
    hs_sim_config_free(&sim->config);
    free(sim);
    if (rc != 0) {
        hs_sim_result_free(result);
    }
    return rc;
}

void hs_sim_result_free(hs_sim_result *result)
{
    hs_account_free(&result->account);
    free(result->channels_at);
    free(result->hashrate_at);
    memset(result, 0, sizeof *result);
}
