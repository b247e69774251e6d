/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_judge: what the files of the rules share (config_rules*.c).
 *
 * Responsible for: one judgement under way, where its complaints are about, and the questions that
 * more than one rule asks. Leaves to others: the world outside, which uses config_rules.h.
 */
#ifndef PLUGIN_CONFIG_CONFIG_JUDGE_H
#define PLUGIN_CONFIG_CONFIG_JUDGE_H

#include "plugin/config/config_rules.h"

typedef struct hm_judging {
    const hm_config *config;
    const hm_config_judge *judge;
    uint32_t broken; /* rules, so far */
} hm_judging;

/* Places of complaints: a key of a row, the row's section. */
hm_config_place hm_at_key(hm_config_section section, uint32_t row, uint32_t key);
hm_config_place hm_at_section(hm_config_section section, uint32_t row);

void hm_judge_complain(hm_judging *j, hm_config_place place, const char *sentence);

/* A complaint about the configuration as a whole. */
void hm_judge_whole(hm_judging *j, const char *sentence);

/* "what as [upstream.first]; rule" */
void hm_judge_twice(hm_judging *j, hm_config_place place, uint32_t first, const char *what,
                    const char *rule);

/* Was this key of this row read? (Or was it not in the file at all.) */
int hm_judge_known(const hm_judging *j, uint32_t row, uint32_t key);

/* Has this key a value that could be read, and that is legal by itself? */
int hm_judge_usable(const hm_judging *j, uint32_t row, uint32_t key);

/* Do two upstreams, or two pins, have the same name? */
int hm_judge_same_name(const hm_config *config, hm_config_section section, uint32_t a, uint32_t b);

/* Number `low` must not be more than number `high`, where both have a value. */
void hm_judge_order(hm_judging *j, hm_config_section section, uint32_t row, const char *low,
                    const char *high);

/* ---- config_rules_upstream.c ---- */
void hm_judge_target(hm_judging *j, uint32_t upstream);
void hm_judge_pairs(hm_judging *j, uint32_t upstream); /* with all before it */
void hm_judge_sum(hm_judging *j);

/* ---- config_rules_pin.c ---- */
void hm_judge_pin(hm_judging *j, uint32_t pin); /* also with all before it */

/* ---- config_rules_schedule.c ---- */
void hm_judge_schedule(hm_judging *j, uint32_t schedule); /* also with all before it */

#endif
