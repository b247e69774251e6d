/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * schedule: other targets at some times of the week.
 *
 * Responsible for: days, times, zones and targets as text, and which schedule holds at a moment of
 * the wall clock. Leaves to others: whether the targets fit the pools (config_rules_schedule.c),
 * and acting on them (core_schedule.h). A zone is an offset from UTC: daylight saving is not
 * guessed.
 */
#ifndef PLUGIN_CONFIG_SCHEDULE_H
#define PLUGIN_CONFIG_SCHEDULE_H

#include "plugin/config/config.h"

#define HM_DAY_MINUTES 1440u

/* Each reads one value. NULL, or the second half of a sentence that refuses it: then *out is left
 * alone. */
const char *hm_days_parse(const char *text, uint32_t *out); /* "mon-fri", "sat sun", "all" */
const char *hm_time_parse(const char *text, uint32_t *out); /* "06:00", "24:00" */
const char *hm_zone_parse(const char *text, uint32_t *out); /* "UTC", "+05:30" */

/* They as text, which reads back to the same. */
void hm_days_print(uint32_t days, hm_text *out);
void hm_time_print(uint32_t minutes, hm_text *out);
void hm_zone_print(uint32_t zone, hm_text *out);

typedef struct hm_scheduled_target {
    char id[HMX_ID_SIZE];
    double percentage;
} hm_scheduled_target;

/* The next of "a:20 b:80"; *at moves on. 1; 0 at the end; -1 for what is none. */
int hm_targets_next(const char **at, hm_scheduled_target *out);

/* The number (from 1) of the schedule that holds, the last of several; 0 = none. unix_ms 0: the
 * time is not known, and none does. */
uint32_t hm_schedule_at(const hm_config *config, uint64_t unix_ms);

/* What schedule number `number` wants of an upstream. */
double hm_schedule_target(const hm_config *config, uint32_t number, const char *id);

#endif
