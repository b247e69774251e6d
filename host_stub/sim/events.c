/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/events.h"

#include <stdio.h>
#include <stdlib.h>

#include "host_stub/base/text.h"
#include "host_stub/sim/farm.h"
#include "host_stub/sim/host.h"
#include "host_stub/sim/moves.h"

enum { HAPPENINGS_MAX = 100000 };

static int add_happening(hs_sim *sim, uint64_t second, uint32_t event, uint32_t begins)
{
    if (sim->happening_count == HAPPENINGS_MAX) {
        return -1;
    }
    sim->happenings[sim->happening_count++] = (hs_happening){second, event, begins};
    return 0;
}

static int add_once(hs_sim *sim, uint64_t at, uint32_t event)
{
    const uint64_t lasts = sim->scenario->events[event].lasts;
    if (add_happening(sim, at, event, 1) != 0) {
        return -1;
    }
    return lasts > 0 ? add_happening(sim, at + lasts, event, 0) : 0;
}

static int in_time(const void *left, const void *right)
{
    /* What ends at a second ends before anything begins there; else in the order of the file. */
    const hs_happening *const a = left;
    const hs_happening *const b = right;
    if (a->second != b->second) {
        return a->second < b->second ? -1 : 1;
    }
    if (a->begins != b->begins) {
        return a->begins < b->begins ? -1 : 1;
    }
    return a->event < b->event ? -1 : a->event > b->event;
}

int hs_sim_events_init(hs_sim *sim)
{
    sim->happenings = calloc(HAPPENINGS_MAX, sizeof *sim->happenings);
    if (sim->happenings == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < sim->scenario->event_count; i++) {
        const hs_event_spec *const event = &sim->scenario->events[i];
        for (uint32_t k = 0; k < event->times; k++) {
            uint64_t at = event->at[k];
            int rc = at < sim->seconds ? add_once(sim, at, i) : 0;
            while (rc == 0 && event->every > 0 && at + event->every < event->until &&
                   at + event->every < sim->seconds) {
                at += event->every;
                rc = add_once(sim, at, i);
            }
            if (rc != 0) {
                hs_sim_note(sim, "the scenario's events are more than 100000: the last are left "
                                 "out");
            }
        }
    }
    qsort(sim->happenings, sim->happening_count, sizeof *sim->happenings, in_time);
    return 0;
}

static uint64_t end_of(const hs_sim *sim, const hs_event_spec *event)
{
    return event->lasts > 0 ? sim->second + event->lasts : UINT64_MAX;
}

static void act_disconnect(hs_sim *sim, hs_sim_miner *miner, const hs_event_spec *event)
{
    miner->away_until = end_of(sim, event);
    hs_sim_close_channel(sim, miner, HMX_CLOSE_CONNECTION_LOST);
}

static void act_silent(hs_sim *sim, hs_sim_miner *miner, const hs_event_spec *event)
{
    miner->silent_until = end_of(sim, event);
}

static void act_derate(hs_sim *sim, hs_sim_miner *miner, const hs_event_spec *event)
{
    hs_sim_miner_derate(miner, event->pct / 100.0, end_of(sim, event));
}

static void everybody_returns(hs_sim *sim)
{
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        sim->miners[i]->away_until = 0;
        sim->miners[i]->silent_until = 0;
    }
}

static void derating_ends(hs_sim *sim)
{
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        hs_sim_miner_restore(sim->miners[i], sim->second);
    }
}

/* A cap that the operator knows: in the plugin's configuration as max_ths of the pool. */
static void configure_cap(hs_sim *sim, const hs_sim_pool *pool)
{
    char section[HMX_ID_SIZE + 16];
    char value[32];
    double declared_ths = 0.0;
    snprintf(section, sizeof section, "upstream.%s", pool->spec.id);
    for (uint32_t i = 0; i < sim->miner_count; i++) {
        declared_ths += sim->miners[i]->nominal_hs / 1e12;
    }
    if (pool->cap >= 1.0) {
        hs_ini_unset(&sim->config.ini, section, "max_ths");
        return;
    }
    hs_format_fixed(value, sizeof value, pool->cap * declared_ths, 3);
    if (hs_ini_set(&sim->config.ini, section, "max_ths", value) != 0) {
        sim->no_memory = 1;
    }
}

static void on_pool(hs_sim *sim, const hs_event_spec *event, uint32_t index, uint32_t begins)
{
    hs_sim_pool *const pool = &sim->pools[index];
    const double fraction = event->pct / 100.0;
    switch (event->kind) {
    case HS_EVENT_DOWN:
    case HS_EVENT_UP:
        if (begins && event->kind == HS_EVENT_DOWN) {
            hs_sim_pool_down(sim, index);
        } else {
            hs_sim_pool_up(sim, index);
        }
        break;
    case HS_EVENT_TARGETS:
        pool->target_pct = event->target_pct[index];
        break;
    case HS_EVENT_ACCEPT:
        pool->acceptance = begins ? fraction : pool->spec.accept_pct / 100.0;
        break;
    case HS_EVENT_REFUSE:
        pool->refuse_above = begins ? fraction : 1.0;
        break;
    case HS_EVENT_REFUSE_MOVES:
        pool->refuses = begins ? fraction : pool->spec.refuses_pct / 100.0;
        break;
    case HS_EVENT_FAIL_MOVES:
        pool->fails = begins ? fraction : pool->spec.fails_pct / 100.0;
        break;
    case HS_EVENT_NO_JOB:
        hs_sim_pool_job(sim, index, !begins);
        break;
    case HS_EVENT_CAP:
        pool->cap = begins ? fraction : 1.0;
        configure_cap(sim, pool);
        break;
    default:
        break;
    }
}

static void on_farm(hs_sim *sim, const hs_event_spec *event, uint32_t begins)
{
    switch (event->kind) {
    case HS_EVENT_DISCONNECT:
        if (begins) {
            hs_sim_farm_select(sim, event->miners_pct, act_disconnect, event);
        }
        break;
    case HS_EVENT_SILENT:
        if (begins) {
            hs_sim_farm_select(sim, event->miners_pct, act_silent, event);
        }
        break;
    case HS_EVENT_DERATE:
        if (begins) {
            hs_sim_farm_select(sim, event->miners_pct, act_derate, event);
        } else {
            derating_ends(sim);
        }
        break;
    case HS_EVENT_SLEEP:
        sim->asleep_until = begins ? end_of(sim, event) : sim->asleep_until;
        break;
    case HS_EVENT_RETURN:
        everybody_returns(sim);
        break;
    case HS_EVENT_RATES:
        sim->joins_per_minute = event->joins_per_minute;
        sim->leaves_per_minute = event->leaves_per_minute;
        break;
    default:
        break;
    }
}

static void happen(hs_sim *sim, const hs_event_spec *event, uint32_t begins)
{
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        if ((event->pools >> i & 1u) != 0) {
            on_pool(sim, event, i, begins);
        }
    }
    on_farm(sim, event, begins);
    hs_sim_retarget_account(sim);
    if (event->kind == HS_EVENT_TARGETS) {
        hs_sim_set_targets(sim);
    }
    if (event->kind == HS_EVENT_RECONFIGURE &&
        hs_sim_config_merge(&sim->config, &event->settings) != 0) {
        sim->no_memory = 1;
    }
    if (event->kind == HS_EVENT_CAP || event->kind == HS_EVENT_RECONFIGURE) {
        hs_sim_reconfigure(sim);
    }
}

void hs_sim_events_due(hs_sim *sim)
{
    while (sim->next_happening < sim->happening_count &&
           sim->happenings[sim->next_happening].second <= sim->second) {
        const hs_happening *const due = &sim->happenings[sim->next_happening++];
        happen(sim, &sim->scenario->events[due->event], due->begins);
    }
}
