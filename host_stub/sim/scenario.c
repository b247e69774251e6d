/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/sim/scenario_event.h"

#define YEAR_SECS 31536000.0
enum { ACK_SECS = 5 /* between a pool's batches unless it counts shares */ };
/* clang-format off */
#define KEY(type, object, field, min, max, allowed) \
    {#field, type, offsetof(object, field), min, max, allowed}
/* clang-format on */

static const struct hs_key SCENARIO_KEYS[] = {
    {"hours", HS_KEY_DECIMAL, 0, 0.01, 8760.0, "hours from 0.01 to 8760"},
    {"warmup", HS_KEY_TIME, offsetof(hs_scenario, warmup_secs), 0.0, YEAR_SECS,
     "a time such as 2h or 90s"},
};

static const struct hs_key POOL_KEYS[] = {
    {"target", HS_KEY_DECIMAL, offsetof(hs_sim_pool_spec, target_pct), 0.0, 100.0,
     "per cent from 0 to 100"},
    {"hashrate_ths", HS_KEY_DECIMAL, offsetof(hs_sim_pool_spec, hashrate_ths), 0.001, 1000000.0,
     "TH/s from 0.001 to 1000000"},
    {"accept", HS_KEY_DECIMAL, offsetof(hs_sim_pool_spec, accept_pct), 0.0, 100.0,
     "per cent from 0 to 100"},
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, priority, 0.0, 65535.0, "a whole number from 0 to 65535"),
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, extranonce_size, 0.0, 28.0, "bytes from 0 to 28"),
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, chain, 0.0, 63.0, "a whole number from 0 to 63"),
    {"ack_interval", HS_KEY_TIME, offsetof(hs_sim_pool_spec, ack_secs), 1.0, 3600.0,
     "a time from 1s to 1h"},
    KEY(HS_KEY_COUNT, hs_sim_pool_spec, ack_shares, 0.0, 10000.0, "shares from 0 to 10000"),
    KEY(HS_KEY_SWITCH, hs_sim_pool_spec, ack_per_channel, 0.0, 1.0, "yes or no"),
    KEY(HS_KEY_SWITCH, hs_sim_pool_spec, rejects_at_once, 0.0, 1.0, "yes or no"),
    {"latency", HS_KEY_TIME, offsetof(hs_sim_pool_spec, latency_secs), 0.0, 600.0,
     "a time from 0s to 10min"},
    {"stale_time", HS_KEY_TIME, offsetof(hs_sim_pool_spec, stale_secs), 0.0, 600.0,
     "a time from 0s to 10min"},
    KEY(HS_KEY_DECIMAL, hs_sim_pool_spec, stale_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_sim_pool_spec, refuses_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_sim_pool_spec, fails_pct, 0.0, 100.0, "per cent from 0 to 100"),
};

static const struct hs_key FARM_KEYS[] = {
    {"count", HS_KEY_COUNT, offsetof(hs_farm_spec, miners), 1.0, (double)HS_MINERS_MAX,
     "a whole number of miners from 1 to 100000"},
    KEY(HS_KEY_DECIMAL, hs_farm_spec, shares_per_minute, 0.01, 600.0, "0.01 to 600"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, nominal_error_pct, 0.0, 90.0, "per cent from 0 to 90"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, drift_pct, 0.0, 20.0, "per cent from 0 to 20"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, extended_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, deaf_pct, 0.0, 100.0, "per cent from 0 to 100"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, reopen_lost_pct, 0.0, 100.0, "per cent from 0 to 100"),
    {"reopen_time", HS_KEY_TIME, offsetof(hs_farm_spec, reopen_secs), 0.0, 86400.0,
     "a time from 0s to 24h"},
    KEY(HS_KEY_DECIMAL, hs_farm_spec, joins_per_minute, 0.0, 6000.0, "0 to 6000"),
    KEY(HS_KEY_DECIMAL, hs_farm_spec, leaves_per_minute, 0.0, 6000.0, "0 to 6000"),
    {"drift_time", HS_KEY_TIME, offsetof(hs_farm_spec, drift_secs), 60.0, YEAR_SECS,
     "a time of 1min or more, such as 2h"},
    {"vardiff_lag", HS_KEY_TIME, offsetof(hs_farm_spec, vardiff_secs), 1.0, 86400.0,
     "a time from 1s to 24h"},
    {"move_cost", HS_KEY_TIME, offsetof(hs_farm_spec, move_cost_secs), 0.0, 3600.0,
     "a time from 0s to 1h"},
    {"host_delay", HS_KEY_TIME, offsetof(hs_farm_spec, host_delay_secs), 0.0, 600.0,
     "a time from 0s to 10min"},
    {"tip_interval", HS_KEY_TIME, offsetof(hs_farm_spec, tip_secs), 1.0, 86400.0,
     "a time from 1s to 24h"},
    {"join_time", HS_KEY_TIME, offsetof(hs_farm_spec, join_secs), 0.0, 86400.0,
     "a time from 0s to 24h"},
};

/* "95:25 140:15": hashrates in TH/s and weights. "100 2x20": a list, each with the number of
 * miners. */
static int take_miners(const struct hs_blame *blame, const hs_ini_entry *entry, hs_farm_spec *farm,
                       int is_list)
{
    const char *const allowed =
        is_list ? "up to 32 hashrates in TH/s, each as 200 or, for 5 such miners, as 5x200"
                : "up to 32 pairs of hashrate in TH/s and weight, such as 95:25 140:15";
    const char *at = entry->value;
    char word[64];
    uint64_t miners = 0;
    int rc = hs_next_word(&at, word, sizeof word);
    farm->mix_count = 0;
    for (; rc == 1; rc = hs_next_word(&at, word, sizeof word)) {
        char *const split = strchr(word, is_list ? 'x' : ':');
        const char *hashrate = word;
        const char *weight = "1";
        if (split != NULL) {
            *split = '\0';
            hashrate = is_list ? split + 1 : word;
            weight = is_list ? word : split + 1;
        }
        hs_mix mix = {0.0, 0.0};
        uint64_t count = 1;
        if ((split == NULL && !is_list) || farm->mix_count == HS_MIX_MAX ||
            hs_parse_decimal(hashrate, &mix.hashrate_ths) != 0 || mix.hashrate_ths < 0.001 ||
            mix.hashrate_ths > 1000000.0 || hs_parse_decimal(weight, &mix.weight) != 0 ||
            mix.weight <= 0.0 || (is_list && hs_parse_whole(weight, &count) != 0)) {
            return hs_blame_allowed(blame, entry, allowed);
        }
        miners += count;
        farm->mix[farm->mix_count++] = mix;
    }
    if (rc < 0 || farm->mix_count == 0 || miners > HS_MINERS_MAX) {
        return hs_blame_allowed(blame, entry, allowed);
    }
    if (is_list) {
        farm->is_list = 1;
        farm->miners = (uint32_t)miners;
    }
    return 0;
}

static int take_farm(const struct hs_blame *blame, const hs_ini_entry *entry, hs_farm_spec *farm)
{
    const int is_list = strcmp(entry->key, "list") == 0;
    if (is_list || strcmp(entry->key, "mix") == 0) {
        if (farm->mix_count > 0) {
            return hs_blame_entry(blame, entry, "a farm has a mix or a list, not both");
        }
        return take_miners(blame, entry, farm, is_list);
    }
    const int stored =
        hs_key_store(blame, FARM_KEYS, sizeof FARM_KEYS / sizeof FARM_KEYS[0], entry, farm);
    if (stored == 0) {
        return hs_blame_entry(blame, entry,
                              "there is no such key; [farm] has count, mix, list, "
                              "shares_per_minute, nominal_error_pct, drift_pct, drift_time, "
                              "vardiff_lag, move_cost, join_time, extended_pct, deaf_pct, "
                              "reopen_time, reopen_lost_pct, joins_per_minute, "
                              "leaves_per_minute, tip_interval, host_delay");
    }
    return stored < 0 ? -1 : 0;
}

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
        hs_sim_pool_spec_default(pool);
        snprintf(pool->id, sizeof pool->id, "%s", id);
        pool->priority = scenario->pool_count;
    }
    const int stored = hs_key_store(blame, POOL_KEYS, sizeof POOL_KEYS / sizeof POOL_KEYS[0], entry,
                                    &scenario->pools[index]);
    if (stored == 0) {
        return hs_blame_entry(blame, entry,
                              "there is no such key; [pool.<id>] has target, hashrate_ths, "
                              "priority, accept, extranonce_size, chain, ack_interval, "
                              "ack_shares, ack_per_channel, rejects_at_once, latency, "
                              "stale_time, stale_pct, refuses_pct, fails_pct");
    }
    return stored < 0 ? -1 : 0;
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
        return take_farm(blame, entry, &scenario->farm);
    }
    if (strncmp(section, "pool.", 5) == 0) {
        return take_pool(blame, entry, scenario);
    }
    if (strncmp(section, "event.", 6) == 0) {
        return take_event(blame, entry, scenario);
    }
    if (strcmp(section, "controller") == 0 || strcmp(section, "failover") == 0 ||
        strncmp(section, "upstream.", 9) == 0) {
        return hs_ini_set(&scenario->settings, section, entry->key, entry->value);
    }
    return hs_refuse(blame->why, blame->capacity,
                     "%s:%u: [%s]: there is no such section; there are [scenario], [farm], "
                     "[pool.<id>], [event.<name>], and for the plugin [controller], [failover] and "
                     "[upstream.<id>]",
                     blame->file, (unsigned)entry->line, section);
}

static void set_defaults(hs_scenario *scenario, const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash != NULL ? slash + 1 : path;
    const char *const dot = strrchr(base, '.');
    snprintf(scenario->name, sizeof scenario->name, "%.*s",
             dot != NULL ? (int)(dot - base) : (int)strlen(base), base);
    scenario->seconds = 26 * 3600;
    scenario->warmup_secs = 2 * 3600;
    scenario->farm = (hs_farm_spec){.shares_per_minute = 6.0,
                                    .drift_pct = 2.0,
                                    .extended_pct = 60.0,
                                    .drift_secs = 7200,
                                    .vardiff_secs = 180,
                                    .move_cost_secs = 1,
                                    .reopen_secs = 30,
                                    .join_secs = 5,
                                    .tip_secs = 600};
}

void hs_sim_pool_spec_default(hs_sim_pool_spec *pool)
{
    *pool = (hs_sim_pool_spec){.accept_pct = 100.0, .extranonce_size = 12, .stale_pct = 100.0};
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

/* Fills the scenario from `ini`, pools first, since events name them. */
static int take_all(hs_scenario *scenario, const char *path, const hs_ini *ini, char *why,
                    size_t capacity)
{
    const struct hs_blame blame = {path, why, capacity};
    memset(scenario, 0, sizeof *scenario);
    set_defaults(scenario, path);
    scenario->events = calloc(HS_EVENTS_MAX, sizeof *scenario->events);
    int rc = scenario->events == NULL ? hs_refuse(why, capacity, "out of memory") : 0;
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
    return 0;
}

int hs_scenario_load(hs_scenario *scenario, const char *path, char *why, size_t capacity)
{
    hs_ini ini;
    memset(scenario, 0, sizeof *scenario);
    if (hs_ini_load(&ini, path, why, capacity) != 0) {
        return -1;
    }
    const int rc = take_all(scenario, path, &ini, why, capacity);
    hs_ini_free(&ini);
    return rc;
}

int hs_scenario_parse(hs_scenario *scenario, const char *path, const char *text, char *why,
                      size_t capacity)
{
    hs_ini ini;
    memset(scenario, 0, sizeof *scenario);
    if (hs_ini_parse(&ini, path, text, strlen(text), why, capacity) != 0) {
        return -1;
    }
    const int rc = take_all(scenario, path, &ini, why, capacity);
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
