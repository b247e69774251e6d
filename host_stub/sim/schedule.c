/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_stub/sim/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_stub/base/text.h"
#include "host_stub/scenario/scenario_read.h"
#include "host_stub/sim/host.h"

enum { PREFIX = sizeof "schedule." - 1, DAY_MINUTES = 1440, WEEK = 7 };

static int is_schedule(const char *section)
{
    return strncmp(section, "schedule.", PREFIX) == 0;
}

static long minutes_of(const char *text, long otherwise)
{
    int hours = 0;
    int minutes = 0;
    return text != NULL && sscanf(text, "%d:%d", &hours, &minutes) == 2 ? 60L * hours + minutes
                                                                        : otherwise;
}

static long zone_of(const char *text)
{
    if (text == NULL || (text[0] != '+' && text[0] != '-')) {
        return 0;
    }
    return (text[0] == '-' ? -1 : 1) * minutes_of(text + 1, 0);
}

static int day_of(const char *text)
{
    static const char *const DAYS[WEEK] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    int day = 0;
    while (day < WEEK - 1 && strncmp(DAYS[day], text, 3) != 0) {
        day++;
    }
    return day;
}

/* A list in small letters, its members apart by blanks alone. */
static const char *plain(const char *text, char *list, size_t size)
{
    size_t len = 0;
    for (; text[len] != '\0' && len + 1 < size; len++) {
        const char c = text[len];
        list[len] = c == ',' ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    list[len] = '\0';
    return list;
}

/* Bit 0 = Monday. The plugin has judged the text. */
static unsigned days_of(const char *text)
{
    unsigned days = 0;
    char list[256];
    char word[32];
    if (text == NULL || strcmp(text, "all") == 0) {
        return 0x7f;
    }
    text = plain(text, list, sizeof list);
    while (hs_next_word(&text, word, sizeof word) == 1) {
        const int first = day_of(word);
        const int last = word[3] == '-' ? day_of(word + 4) : first;
        for (int day = first;; day = (day + 1) % WEEK) {
            days |= 1u << day;
            if (day == last) {
                break;
            }
        }
    }
    return days;
}

static int holds(const hs_ini *ini, const char *section, uint64_t unix_ms)
{
    const unsigned days = days_of(hs_ini_get(ini, section, "days"));
    const long from = minutes_of(hs_ini_get(ini, section, "from"), 0);
    const long to = minutes_of(hs_ini_get(ini, section, "to"), DAY_MINUTES);
    const long now = (long)(unix_ms / 60000) + zone_of(hs_ini_get(ini, section, "timezone"));
    const long minute = now % DAY_MINUTES;
    const unsigned today =
        (unsigned)((now / DAY_MINUTES + 3) % WEEK); /* 1970 began on a Thursday */
    const unsigned yesterday = (today + WEEK - 1) % WEEK;
    if (from < to) {
        return (days >> today & 1u) != 0 && minute >= from && minute < to;
    }
    return ((days >> today & 1u) != 0 && minute >= from) ||
           ((days >> yesterday & 1u) != 0 && minute < to);
}

/* The section of the last that holds, NULL when none does. */
static const char *find(const hs_sim *sim)
{
    const hs_ini *const ini = &sim->config.ini;
    const char *found = NULL;
    for (size_t i = 0; i < ini->count; i++) {
        const char *const section = ini->entries[i].section;
        if (is_schedule(section) && strcmp(ini->entries[i].key, "targets") == 0 &&
            holds(ini, section, sim->link.unix_ms)) {
            found = section;
        }
    }
    return found;
}

static double target_of(const hs_sim *sim, const char *section, const char *id)
{
    char own[HMX_ID_SIZE + 16];
    char word[HMX_ID_SIZE + 24];
    char list[256];
    double pct = 0.0;
    snprintf(own, sizeof own, "upstream.%s", id);
    const char *at = section != NULL ? hs_ini_get(&sim->config.ini, section, "targets") : NULL;
    if (section == NULL) {
        at = hs_ini_get(&sim->config.ini, own, "percentage");
        return at != NULL && hs_parse_decimal(at, &pct) == 0 ? pct : 0.0;
    }
    at = plain(at, list, sizeof list);
    while (hs_next_word(&at, word, sizeof word) == 1) {
        const size_t len = strlen(id);
        if (strncmp(word, id, len) == 0 && word[len] == ':') {
            (void)hs_parse_decimal(word + len + 1, &pct);
        }
    }
    return pct;
}

int hs_sim_has_schedule(const hs_sim *sim)
{
    for (size_t i = 0; i < sim->config.ini.count; i++) {
        if (is_schedule(sim->config.ini.entries[i].section)) {
            return 1;
        }
    }
    return 0;
}

void hs_sim_follow_schedule(hs_sim *sim)
{
    const int is_new_minute = sim->link.unix_ms / 60000 != sim->schedule_minute;
    if (!is_new_minute || !hs_sim_has_schedule(sim)) {
        return;
    }
    sim->schedule_minute = sim->link.unix_ms / 60000;
    const char *const section = find(sim);
    if (sim->schedule_known && strcmp(section != NULL ? section : "", sim->schedule) == 0) {
        return;
    }
    sim->schedule_known = 1;
    snprintf(sim->schedule, sizeof sim->schedule, "%s", section != NULL ? section : "");
    for (uint32_t i = 0; i < sim->pool_count; i++) {
        sim->pools[i].target_pct = target_of(sim, section, sim->pools[i].spec.id);
    }
    hs_sim_retarget_account(sim);
}
