/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/scenario/scenario_event.h"

#include <stdio.h>
#include <string.h>

#include "host_stub/base/text.h"

#define YEAR_SECS 31536000.0

/* Which keys an event of each kind takes besides at, kind, every and until. */
enum {
    TAKES_POOLS = 0x1,
    TAKES_MINERS = 0x2,
    TAKES_PCT = 0x4,
    TAKES_TARGETS = 0x8,
    TAKES_RATES = 0x10,
    TAKES_SETTINGS = 0x20,
    TAKES_LASTS = 0x40,
    NEEDS_LASTS = 0x80
};

static const struct {
    const char *name;
    uint32_t kind;
    unsigned takes;
    const char *keys;
} KINDS[] = {
    {"down", HS_EVENT_DOWN, TAKES_POOLS | TAKES_LASTS, "pools, and perhaps for"},
    {"up", HS_EVENT_UP, TAKES_POOLS, "pools"},
    {"targets", HS_EVENT_TARGETS, TAKES_TARGETS, "targets"},
    {"disconnect", HS_EVENT_DISCONNECT, TAKES_MINERS | TAKES_LASTS, "miners_pct, perhaps for"},
    {"silent", HS_EVENT_SILENT, TAKES_MINERS | TAKES_LASTS, "miners_pct, and perhaps for"},
    {"return", HS_EVENT_RETURN, 0, "nothing else"},
    {"derate", HS_EVENT_DERATE, TAKES_MINERS | TAKES_PCT | TAKES_LASTS,
     "miners_pct, pct, and perhaps for"},
    {"accept", HS_EVENT_ACCEPT, TAKES_POOLS | TAKES_PCT | TAKES_LASTS,
     "pools, pct, and perhaps for"},
    {"rates", HS_EVENT_RATES, TAKES_RATES, "joins_per_minute and leaves_per_minute"},
    {"refuse", HS_EVENT_REFUSE, TAKES_POOLS | TAKES_PCT | TAKES_LASTS,
     "pools, pct, and perhaps for"},
    {"refuse_moves", HS_EVENT_REFUSE_MOVES, TAKES_POOLS | TAKES_PCT | TAKES_LASTS,
     "pools, pct, and perhaps for"},
    {"fail_moves", HS_EVENT_FAIL_MOVES, TAKES_POOLS | TAKES_PCT | TAKES_LASTS,
     "pools, pct, and perhaps for"},
    {"cap", HS_EVENT_CAP, TAKES_POOLS | TAKES_PCT | TAKES_LASTS, "pools, pct, and perhaps for"},
    {"no_job", HS_EVENT_NO_JOB, TAKES_POOLS | TAKES_LASTS, "pools, and perhaps for"},
    {"sleep", HS_EVENT_SLEEP, TAKES_LASTS | NEEDS_LASTS, "for"},
    {"reconfigure", HS_EVENT_RECONFIGURE, TAKES_SETTINGS,
     "settings such as controller.tuning_model = aggressive"},
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

static const struct hs_key EVENT_KEYS[] = {
    {"for", HS_KEY_TIME, offsetof(hs_event_spec, lasts), 1.0, YEAR_SECS,
     "a time such as 20min or 2h"},
    {"every", HS_KEY_TIME, offsetof(hs_event_spec, every), 1.0, YEAR_SECS, "a time such as 4min"},
    {"until", HS_KEY_TIME, offsetof(hs_event_spec, until), 1.0, YEAR_SECS,
     "a time since the start such as 7h"},
    {"miners_pct", HS_KEY_DECIMAL, offsetof(hs_event_spec, miners_pct), 0.001, 100.0,
     "per cent of the miners, 0.001 to 100"},
    {"pct", HS_KEY_DECIMAL, offsetof(hs_event_spec, pct), 0.0, 100.0, "per cent from 0 to 100"},
    {"joins_per_minute", HS_KEY_DECIMAL, offsetof(hs_event_spec, joins_per_minute), 0.0, 6000.0,
     "0 to 6000"},
    {"leaves_per_minute", HS_KEY_DECIMAL, offsetof(hs_event_spec, leaves_per_minute), 0.0, 6000.0,
     "0 to 6000"},
};

static int take_kind(const struct hs_blame *blame, const hs_ini_entry *entry, hs_event_spec *event)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (strcmp(entry->value, KINDS[i].name) == 0) {
            event->kind = KINDS[i].kind;
            return 0;
        }
    }
    return hs_blame_entry(
        blame, entry,
        "is not a kind of event; there are down, up, targets, disconnect, silent, "
        "return, derate, accept, rates, refuse, refuse_moves, fail_moves, cap, no_job, sleep, "
        "reconfigure");
}

static int take_times(const struct hs_blame *blame, const hs_ini_entry *entry, hs_event_spec *event)
{
    const char *at = entry->value;
    char word[32];
    int rc = hs_next_word(&at, word, sizeof word);
    for (; rc == 1; rc = hs_next_word(&at, word, sizeof word)) {
        uint64_t seconds = 0;
        if (event->times == HS_TIMES_MAX || hs_parse_duration(word, &seconds) != 0) {
            rc = -1;
            break;
        }
        event->at[event->times++] = seconds;
    }
    if (rc < 0 || event->times == 0) {
        return hs_blame_entry(blame, entry,
                              "is not a time since the start such as 6h, nor up to 16 of them");
    }
    return 0;
}

static int take_pools(const struct hs_blame *blame, const hs_scenario *scenario,
                      const hs_ini_entry *entry, hs_event_spec *event)
{
    const char *at = entry->value;
    char word[HMX_ID_SIZE];
    int rc = hs_next_word(&at, word, sizeof word);
    for (; rc == 1; rc = hs_next_word(&at, word, sizeof word)) {
        const int pool = hs_scenario_pool(scenario, word);
        if (strcmp(word, "all") == 0) {
            event->pools = UINT64_MAX;
        } else if (pool >= 0) {
            event->pools |= 1ull << pool;
        } else {
            rc = -1;
            break;
        }
    }
    if (rc < 0 || event->pools == 0) {
        return hs_blame_entry(blame, entry,
                              "is not 'all', nor ids of pools that have a [pool.<id>] here");
    }
    return 0;
}

/* "a:20 b:50 c:30": every pool of the scenario once, 100 in all. */
static int take_targets(const struct hs_blame *blame, const hs_scenario *scenario,
                        const hs_ini_entry *entry, hs_event_spec *event)
{
    const char *at = entry->value;
    char word[HMX_ID_SIZE + 24];
    uint32_t named = 0;
    double sum = 0.0;
    int rc = hs_next_word(&at, word, sizeof word);
    for (; rc == 1; rc = hs_next_word(&at, word, sizeof word)) {
        char *const colon = strchr(word, ':');
        if (colon != NULL) {
            *colon = '\0';
        }
        const int pool = hs_scenario_pool(scenario, word);
        double pct = 0.0;
        if (colon == NULL || pool < 0 || (event->pools >> pool & 1u) != 0 ||
            hs_parse_decimal(colon + 1, &pct) != 0) {
            rc = -1;
            break;
        }
        event->pools |= 1ull << pool;
        event->target_pct[pool] = pct;
        sum += pct;
        named++;
    }
    if (rc < 0 || named != scenario->pool_count || sum < 99.99 || sum > 100.01) {
        return hs_blame_entry(blame, entry,
                              "does not name each pool once with its per cent, 100 in all, such as "
                              "a:20 b:50 c:30");
    }
    return 0;
}

/* "controller.deadband_points = 1": the key before the last point is the section. */
static int take_setting(const struct hs_blame *blame, const hs_ini_entry *entry,
                        hs_event_spec *event)
{
    const char *const point = strrchr(entry->key, '.');
    char section[64];
    const size_t len = (size_t)(point - entry->key);
    if (len == 0 || len >= sizeof section || point[1] == '\0') {
        return hs_blame_entry(blame, entry, "is not section.key = value");
    }
    memcpy(section, entry->key, len);
    section[len] = '\0';
    return hs_ini_set(&event->settings, section, point + 1, entry->value);
}

int hs_event_take(const struct hs_blame *blame, const hs_scenario *scenario,
                  const hs_ini_entry *entry, hs_event_spec *event)
{
    if (strcmp(entry->key, "kind") == 0) {
        return take_kind(blame, entry, event);
    }
    if (strcmp(entry->key, "at") == 0) {
        return take_times(blame, entry, event);
    }
    if (strcmp(entry->key, "pools") == 0) {
        return take_pools(blame, scenario, entry, event);
    }
    if (strcmp(entry->key, "targets") == 0) {
        return take_targets(blame, scenario, entry, event);
    }
    if (strchr(entry->key, '.') != NULL) {
        return take_setting(blame, entry, event);
    }
    /* A part that is not given is told from one that is zero. */
    if (strcmp(entry->key, "pct") == 0) {
        event->pct_given = 1;
    }
    const int stored =
        hs_key_store(blame, EVENT_KEYS, sizeof EVENT_KEYS / sizeof EVENT_KEYS[0], entry, event);
    if (stored == 0) {
        return hs_blame_entry(
            blame, entry,
            "there is no such key; [event.<name>] has at, kind, every, until, for, "
            "pools, miners_pct, pct, targets, joins_per_minute, "
            "leaves_per_minute, and settings with a point in their key");
    }
    return stored < 0 ? -1 : 0;
}

int hs_event_check(const struct hs_blame *blame, uint32_t line, const hs_event_spec *event)
{
    int k = -1;
    for (int i = 0; i < KIND_COUNT; i++) {
        k = KINDS[i].kind == event->kind ? i : k;
    }
    if (k < 0 || event->times == 0) {
        return hs_refuse(blame->why, blame->capacity, "%s:%u: [event.%s] needs kind and at",
                         blame->file, (unsigned)line, event->name);
    }
    const unsigned takes = KINDS[k].takes;
    double targets = 0.0;
    for (int i = 0; i < HS_SIM_POOLS_MAX; i++) {
        targets += event->target_pct[i];
    }
    const int has_pools = event->pools != 0 && targets <= 0.0;
    const int has_rates = event->joins_per_minute > 0.0 || event->leaves_per_minute > 0.0;
    const int wrong = (has_pools != ((takes & TAKES_POOLS) != 0)) ||
                      ((targets > 0.0) != ((takes & TAKES_TARGETS) != 0)) ||
                      ((event->miners_pct > 0.0) != ((takes & TAKES_MINERS) != 0)) ||
                      ((event->pct_given != 0) != ((takes & TAKES_PCT) != 0)) ||
                      (has_rates && (takes & TAKES_RATES) == 0) ||
                      ((event->settings.count > 0) != ((takes & TAKES_SETTINGS) != 0)) ||
                      (event->lasts > 0 && (takes & TAKES_LASTS) == 0) ||
                      (event->lasts == 0 && (takes & NEEDS_LASTS) != 0);
    if (wrong) {
        return hs_refuse(blame->why, blame->capacity,
                         "%s:%u: [event.%s]: an event of kind '%s' takes %s, besides at, every and "
                         "until",
                         blame->file, (unsigned)line, event->name, KINDS[k].name, KINDS[k].keys);
    }
    if ((event->every > 0) != (event->until > 0) ||
        (event->every > 0 && event->lasts >= event->every)) {
        return hs_refuse(blame->why, blame->capacity,
                         "%s:%u: [event.%s]: every and until go together, and for is shorter than "
                         "every",
                         blame->file, (unsigned)line, event->name);
    }
    return 0;
}
