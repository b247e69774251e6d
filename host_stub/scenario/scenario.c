/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/scenario/scenario_event.h"
#include "host_stub/scenario/scenario_keys.h"
#include "host_stub/scenario/world.h"

#define YEAR_SECS 31536000.0
enum { ACK_SECS = 5 /* between a pool's batches unless it counts shares */ };
static const struct hs_key SCENARIO_KEYS[] = {
    {"hours", HS_KEY_DECIMAL, 0, 0.01, 8760.0, "hours from 0.01 to 8760"},
    {"warmup", HS_KEY_TIME, offsetof(hs_scenario, warmup_secs), 0.0, YEAR_SECS,
     "a time such as 2h or 90s"},
};

static int take_scenario(const struct hs_blame *blame, const hs_ini_entry *entry,
                         hs_scenario *scenario)
{
    if (strcmp(entry->key, "title") == 0) {
        snprintf(scenario->title, sizeof scenario->title, "%s", entry->value);
        return 0;
    }
    if (strcmp(entry->key, "config") == 0) {
        /* A path is relative to the scenario's own file. */
        const char *const slash = strrchr(blame->file, '/');
        const int is_own = entry->value[0] == '/' || strcmp(entry->value, "default") == 0;
        const int folder = is_own || slash == NULL ? 0 : (int)(slash - blame->file) + 1;
        const int n = snprintf(scenario->config, sizeof scenario->config, "%.*s%s", folder,
                               blame->file, entry->value);
        if (entry->value[0] == '\0' || n < 0 || (size_t)n >= sizeof scenario->config) {
            return hs_blame_allowed(blame, entry, "'default', or a path");
        }
        return 0;
    }
    double hours = 0.0;
    if (strcmp(entry->key, "hours") == 0) {
        if (hs_key_store(blame, SCENARIO_KEYS, 1, entry, &hours) < 0) {
            return -1;
        }
        scenario->seconds = (uint64_t)(hours * 3600.0 + 0.5);
        return 0;
    }
    const int stored = hs_key_store(blame, SCENARIO_KEYS + 1, 1, entry, scenario);
    if (stored == 0) {
        return hs_blame_entry(blame, entry,
                              "there is no such key; [scenario] has title, hours, warmup, config");
    }
    return stored < 0 ? -1 : 0;
}

static int id_is_legal(const char *id)
{
    const size_t n = strlen(id);
    return n >= 1 && n <= 32 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static int take_pool(const struct hs_blame *blame, const hs_ini_entry *entry, hs_scenario *scenario)
{
    const char *const id = entry->section + strlen("pool.");
    int index = hs_scenario_pool(scenario, id);
    if (index < 0) {
        if (!id_is_legal(id) || scenario->pool_count == HS_SIM_POOLS_MAX) {
            return hs_refuse(blame->why, blame->capacity,
                             "%s:%u: [%s]: a pool's id has 1 to 32 characters of a-z 0-9 _ -, and "
                             "there are at most 64 pools",
                             blame->file, (unsigned)entry->line, entry->section);
        }
        index = (int)scenario->pool_count++;
        hs_sim_pool_spec *const pool = &scenario->pools[index];
        hs_sim_pool_spec_default(scenario, (uint32_t)index, pool);
        snprintf(pool->id, sizeof pool->id, "%s", id);
        pool->priority = scenario->pool_count;
    }
    return hs_pool_take(blame, entry, &scenario->pools[index]);
}

static int take_event(const struct hs_blame *blame, const hs_ini_entry *entry,
                      hs_scenario *scenario)
{
    const char *const name = entry->section + strlen("event.");
    hs_event_spec *const last =
        scenario->event_count > 0 ? &scenario->events[scenario->event_count - 1] : NULL;
    if (last != NULL && strcmp(last->name, name) == 0) {
        return hs_event_take(blame, scenario, entry, last);
    }
    if (!id_is_legal(name) || scenario->event_count == HS_EVENTS_MAX) {
        return hs_refuse(blame->why, blame->capacity,
                         "%s:%u: [%s]: an event's name has 1 to 32 characters of a-z 0-9 _ -, and "
                         "there are at most 64 events",
                         blame->file, (unsigned)entry->line, entry->section);
    }
    hs_event_spec *const event = &scenario->events[scenario->event_count++];
    snprintf(event->name, sizeof event->name, "%s", name);
    return hs_event_take(blame, scenario, entry, event);
}

static int take_entry(const struct hs_blame *blame, const hs_ini_entry *entry,
                      hs_scenario *scenario)
{
    const char *const section = entry->section;
    if (strcmp(section, "scenario") == 0) {
        return take_scenario(blame, entry, scenario);
    }
    if (strcmp(section, "farm") == 0) {
        return hs_farm_take(blame, entry, &scenario->farm);
    }
    if (strncmp(section, "pool.", 5) == 0) {
        return take_pool(blame, entry, scenario);
    }
    if (strncmp(section, "event.", 6) == 0) {
        return take_event(blame, entry, scenario);
    }
    if (strcmp(section, "controller") == 0 || strcmp(section, "failover") == 0 ||
        strncmp(section, "upstream.", 9) == 0 || strncmp(section, "schedule.", 9) == 0) {
        return hs_ini_set(&scenario->settings, section, entry->key, entry->value);
    }
    return hs_refuse(blame->why, blame->capacity,
                     "%s:%u: [%s]: there is no such section; there are [scenario], [farm], "
                     "[pool.<id>], [event.<name>], and for the plugin [controller], [failover], "
                     "[upstream.<id>] and [schedule.<name>]",
                     blame->file, (unsigned)entry->line, section);
}

/* The file's name without folder and ending. */
static void take_name(const char *path, char *name, size_t size)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL ? slash + 1 : path;
    const char *const dot = strrchr(base, '.');
    snprintf(name, size, "%.*s", dot != NULL ? (int)(dot - base) : (int)strlen(base), base);
}

static void set_defaults(hs_scenario *scenario)
{
    scenario->seconds = 26 * 3600;
    scenario->warmup_secs = 2 * 3600;
    scenario->farm = (hs_farm_spec){.shares_per_minute = 6.0,
                                    .drift_pct = 2.0,
                                    .extended_pct = 60.0,
                                    .drift_secs = 7200,
                                    .vardiff_secs = 180,
                                    .move_cost_secs = 1,
                                    .reopen_secs = 30,
                                    .drops_secs = 10,
                                    .lie = 1.0,
                                    .second_lie = 1.0,
                                    .join_secs = 5,
                                    .tip_secs = 600};
    scenario->pool_default_count = 1;
    scenario->pool_defaults[0] = (hs_sim_pool_spec){
        .accept_pct = 100.0, .extranonce_size = 12, .stale_pct = 100.0, .upstream_share_rate = 6.0};
}

void hs_sim_pool_spec_default(const hs_scenario *scenario, uint32_t index, hs_sim_pool_spec *pool)
{
    *pool = scenario->pool_defaults[index % scenario->pool_default_count];
}

void hs_sim_pool_spec_complete(hs_sim_pool_spec *pool)
{
    if (pool->ack_secs == 0 && pool->ack_shares == 0) {
        pool->ack_secs = ACK_SECS;
    }
}

/* What no single key can tell. */
static int check_whole(const struct hs_blame *blame, const hs_scenario *scenario, const hs_ini *ini)
{
    const char *what = NULL;
    double sum = 0.0;
    uint32_t relative = 0;
    uint32_t both = 0;
    for (uint32_t i = 0; i < scenario->pool_count; i++) {
        const hs_sim_pool_spec *const pool = &scenario->pools[i];
        sum += pool->target_pct;
        relative += pool->hashrate_ths > 0.0 ? 0u : 1u;
        both += pool->hashrate_ths > 0.0 && pool->target_pct > 0.0 ? 1u : 0u;
    }
    if (scenario->farm.mix_count == 0) {
        what = "[farm] needs a mix (with a count) or a list of miners";
    } else if (scenario->farm.miners == 0) {
        what = "[farm] needs a count with its mix";
    } else if (scenario->farm.proxy_devices > scenario->farm.miners) {
        what = "[farm] has fewer miners than proxy_devices";
    } else if (scenario->pool_count == 0 && scenario->config[0] == '\0') {
        what = "there is no [pool.<id>], and [scenario] config names no configuration with pools";
    } else if (both > 0) {
        what = "a pool has either a target or hashrate_ths";
    } else if (relative > 0 && scenario->config[0] == '\0' && (sum < 99.99 || sum > 100.01)) {
        what = "the pools' targets do not add up to 100";
    }
    if (what != NULL) {
        return hs_refuse(blame->why, blame->capacity, "%s: %s", blame->file, what);
    }
    if (scenario->farm.is_list && hs_ini_get(ini, "farm", "count") != NULL) {
        return hs_refuse(blame->why, blame->capacity,
                         "%s: [farm] count goes with a mix; a list has its own count", blame->file);
    }
    return 0;
}

static int check_events(const struct hs_blame *blame, const hs_scenario *scenario,
                        const hs_ini *ini)
{
    for (uint32_t i = 0; i < scenario->event_count; i++) {
        uint32_t line = 0;
        for (size_t k = 0; k < ini->count && line == 0; k++) {
            if (strncmp(ini->entries[k].section, "event.", 6) == 0 &&
                strcmp(ini->entries[k].section + 6, scenario->events[i].name) == 0) {
                line = ini->entries[k].line;
            }
        }
        if (hs_event_check(blame, line, &scenario->events[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static int take_world(hs_scenario *scenario, const char *path, char *why, size_t capacity)
{
    const struct hs_blame blame = {path, why, capacity};
    hs_ini ini;
    if (hs_ini_load(&ini, path, why, capacity) != 0) {
        return -1;
    }
    take_name(path, scenario->world, sizeof scenario->world);
    const int rc = hs_world_take(&blame, &ini, scenario);
    hs_ini_free(&ini);
    return rc;
}

/* Fills the scenario from `ini`, pools first, since events name them. */
static int take_all(hs_scenario *scenario, const char *path, const char *world, const hs_ini *ini,
                    char *why, size_t capacity)
{
    const struct hs_blame blame = {path, why, capacity};
    memset(scenario, 0, sizeof *scenario);
    take_name(path, scenario->name, sizeof scenario->name);
    set_defaults(scenario);
    scenario->events = calloc(HS_EVENTS_MAX, sizeof *scenario->events);
    int rc = scenario->events == NULL ? hs_refuse(why, capacity, "out of memory") : 0;
    if (rc == 0 && world != NULL) {
        rc = take_world(scenario, world, why, capacity);
    }
    for (int events = 0; events < 2; events++) {
        for (size_t i = 0; rc == 0 && i < ini->count; i++) {
            const int is_event = strncmp(ini->entries[i].section, "event.", 6) == 0;
            if (is_event == events) {
                rc = take_entry(&blame, &ini->entries[i], scenario);
            }
        }
    }
    for (uint32_t i = 0; i < scenario->pool_count; i++) {
        hs_sim_pool_spec_complete(&scenario->pools[i]);
    }
    if (rc != 0 || check_whole(&blame, scenario, ini) != 0 ||
        check_events(&blame, scenario, ini) != 0) {
        hs_scenario_free(scenario);
        return -1;
    }
    if (scenario->farm.proxy_devices > 1) { /* so many are one channel */
        scenario->farm.miners -= scenario->farm.proxy_devices - 1;
    }
    return 0;
}

int hs_scenario_load_in(hs_scenario *scenario, const char *path, const char *world, char *why,
                        size_t capacity)
{
    hs_ini ini;
    memset(scenario, 0, sizeof *scenario);
    if (hs_ini_load(&ini, path, why, capacity) != 0) {
        return -1;
    }
    const int rc = take_all(scenario, path, world, &ini, why, capacity);
    hs_ini_free(&ini);
    return rc;
}

int hs_scenario_load(hs_scenario *scenario, const char *path, char *why, size_t capacity)
{
    return hs_scenario_load_in(scenario, path, NULL, why, capacity);
}

int hs_scenario_parse(hs_scenario *scenario, const char *path, const char *text, char *why,
                      size_t capacity)
{
    hs_ini ini;
    memset(scenario, 0, sizeof *scenario);
    if (hs_ini_parse(&ini, path, text, strlen(text), why, capacity) != 0) {
        return -1;
    }
    const int rc = take_all(scenario, path, NULL, &ini, why, capacity);
    hs_ini_free(&ini);
    return rc;
}

void hs_scenario_free(hs_scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->event_count; i++) {
        hs_ini_free(&scenario->events[i].settings);
    }
    free(scenario->events);
    hs_ini_free(&scenario->settings);
    memset(scenario, 0, sizeof *scenario);
}
