/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config/schedule.h"

#include <string.h>

#include "plugin/base/decimal.h"

enum { DAYS = 7, ALL_DAYS = 0x7f, FIRST_WEEKDAY = 3 /* 1970-01-01 was a Thursday */ };

static const char *const NAMES[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static int is_gap(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

static void skip_gaps(const char **at)
{
    while (is_gap(**at)) {
        (*at)++;
    }
}

/* A day by its name in any case; *at moves behind it. DAYS when there is none. */
static uint32_t take_day(const char **at)
{
    char name[4] = {0};
    for (uint32_t i = 0; i < 3 && (*at)[i] != '\0'; i++) {
        name[i] = (char)((*at)[i] | 0x20);
    }
    uint32_t day = 0;
    while (day < DAYS && strcmp(NAMES[day], name) != 0) {
        day++;
    }
    *at += day < DAYS ? 3 : 0;
    return day;
}

const char *hm_days_parse(const char *text, uint32_t *out)
{
    uint32_t days = 0;
    skip_gaps(&text);
    if (strcmp(text, "all") == 0) {
        *out = ALL_DAYS;
        return NULL;
    }
    if (*text == '\0') {
        return "is empty";
    }
    while (*text != '\0') {
        const uint32_t first = take_day(&text);
        uint32_t last = first;
        if (first < DAYS && *text == '-') {
            text++;
            last = take_day(&text);
        }
        if (first == DAYS || last == DAYS || (*text != '\0' && !is_gap(*text))) {
            return "is no list of days";
        }
        for (uint32_t day = first; day != (last + 1u) % DAYS || (days >> day & 1u) == 0;
             day = (day + 1u) % DAYS) {
            if ((days >> day & 1u) != 0) {
                return "names a day twice";
            }
            days |= 1u << day;
            if (day == last) {
                break;
            }
        }
        skip_gaps(&text);
    }
    *out = days;
    return NULL;
}

void hm_days_print(uint32_t days, hm_text *out)
{
    const char *between = "";
    if ((days & ALL_DAYS) == ALL_DAYS) {
        hm_text_add(out, "all");
        return;
    }
    for (uint32_t day = 0; day < DAYS; day++) {
        if ((days >> day & 1u) != 0) {
            hm_text_addf(out, "%s%s", between, NAMES[day]);
            between = " ";
        }
    }
}

/* Two digits each, and nothing else. -1 for anything else. */
static int take_clock(const char *text, uint32_t *minutes)
{
    for (uint32_t i = 0; i < 5; i++) {
        const int good = i == 2 ? text[i] == ':' : text[i] >= '0' && text[i] <= '9';
        if (!good) {
            return -1;
        }
    }
    const uint32_t hours = (uint32_t)(text[0] - '0') * 10u + (uint32_t)(text[1] - '0');
    const uint32_t rest = (uint32_t)(text[3] - '0') * 10u + (uint32_t)(text[4] - '0');
    *minutes = 60u * hours + rest;
    return text[5] == '\0' && rest < 60u && *minutes <= HM_DAY_MINUTES ? 0 : -1;
}

const char *hm_time_parse(const char *text, uint32_t *out)
{
    uint32_t minutes = 0;
    if (take_clock(text, &minutes) != 0) {
        return text[0] == '\0' ? "is empty" : "is no time of day";
    }
    *out = minutes;
    return NULL;
}

void hm_time_print(uint32_t minutes, hm_text *out)
{
    hm_text_addf(out, "%02u:%02u", (unsigned)(minutes / 60u), (unsigned)(minutes % 60u));
}

const char *hm_zone_parse(const char *text, uint32_t *out)
{
    uint32_t minutes = 0;
    if (strcmp(text, "UTC") == 0) {
        *out = HM_ZONE_UTC;
        return NULL;
    }
    if ((text[0] != '+' && text[0] != '-') || take_clock(text + 1, &minutes) != 0 ||
        minutes > HM_ZONE_UTC) {
        return text[0] == '\0' ? "is empty"
                               : "is no offset from UTC: names of zones are not known, and "
                                 "daylight saving is not guessed";
    }
    *out = text[0] == '+' ? HM_ZONE_UTC + minutes : HM_ZONE_UTC - minutes;
    return NULL;
}

void hm_zone_print(uint32_t zone, hm_text *out)
{
    if (zone == HM_ZONE_UTC) {
        hm_text_add(out, "UTC");
        return;
    }
    hm_text_add(out, zone > HM_ZONE_UTC ? "+" : "-");
    hm_time_print(zone > HM_ZONE_UTC ? zone - HM_ZONE_UTC : HM_ZONE_UTC - zone, out);
}

int hm_targets_next(const char **at, hm_scheduled_target *out)
{
    const char *p = *at;
    skip_gaps(&p);
    if (*p == '\0') {
        return 0;
    }
    const size_t id_len = strcspn(p, ": \t,");
    if (p[id_len] != ':' || id_len == 0 || id_len >= sizeof out->id) {
        return -1;
    }
    memset(out->id, 0, sizeof out->id);
    memcpy(out->id, p, id_len);
    p += id_len + 1u;
    const size_t len = strcspn(p, " \t,");
    if (hm_decimal_parse(p, len, &out->percentage) != HM_DECIMAL_OK || out->percentage < 0.0 ||
        out->percentage > 100.0) {
        return -1;
    }
    *at = p + len;
    return 1;
}

static int holds(const hm_config_schedule *s, uint64_t unix_ms)
{
    /* Nearer to 1970 than any zone is far from UTC nobody is. */
    const uint64_t minutes = unix_ms / 60000u + s->zone;
    if (minutes < HM_ZONE_UTC) {
        return 0;
    }
    const uint64_t local = minutes - HM_ZONE_UTC;
    const uint32_t now = (uint32_t)(local % HM_DAY_MINUTES);
    const uint32_t today = (uint32_t)((local / HM_DAY_MINUTES + FIRST_WEEKDAY) % DAYS);
    const uint32_t yesterday = (today + DAYS - 1u) % DAYS;
    if (s->from_min < s->to_min) {
        return (s->days >> today & 1u) != 0 && now >= s->from_min && now < s->to_min;
    }
    return ((s->days >> today & 1u) != 0 && now >= s->from_min) ||
           ((s->days >> yesterday & 1u) != 0 && now < s->to_min);
}

uint32_t hm_schedule_at(const hm_config *config, uint64_t unix_ms)
{
    uint32_t number = unix_ms > 0 ? config->schedule_count : 0;
    while (number > 0 && !holds(&config->schedules[number - 1u], unix_ms)) {
        number--;
    }
    return number;
}

double hm_schedule_target(const hm_config *config, uint32_t number, const char *id)
{
    const char *at = config->schedules[number - 1u].targets;
    hm_scheduled_target target;
    while (hm_targets_next(&at, &target) == 1) {
        if (strcmp(target.id, id) == 0) {
            return target.percentage;
        }
    }
    return 0.0;
}
