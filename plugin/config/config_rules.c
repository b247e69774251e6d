/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config/config_rules.h"

#include <string.h>

#include "plugin/base/problems.h"
#include "plugin/config/config_judge.h"

static uint32_t given_flag(const hm_config_key *key, const void *at)
{
    uint32_t given = 1;
    if (key->given_offset != HM_KEY_ALWAYS) {
        memcpy(&given, (const char *)at + key->given_offset, sizeof given);
    }
    return given;
}

/* Each value of one row by itself. */
static void judge_values(hm_judging *j, hm_config_section section, uint32_t row)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        if (key->section != section || !hm_judge_known(j, row, k)) {
            continue;
        }
        const void *const at = hm_config_row_const(j->config, key, row);
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        if (given_flag(key, at) > 1) {
            hm_text_addf(&t, "the flag that %s is given is neither 0 nor 1", key->name);
            hm_judge_complain(j, hm_at_key(section, row, k), sentence);
        } else if (hm_config_key_given(key, at) && hm_config_key_check(key, at, &t) != HMX_OK) {
            hm_judge_complain(j, hm_at_key(section, row, k), sentence);
        }
    }
}

/* Two keys that stand in for each other: one of them is given, not both. Complains at the first. */
static void judge_choice(hm_judging *j, uint32_t row, uint32_t first)
{
    const hm_config_key *const key = &hm_config_keys[first];
    if (key->instead == NULL) {
        return;
    }
    const uint32_t second = hm_config_key_find(key->section, key->instead);
    if (second < first || !hm_judge_known(j, row, first) || !hm_judge_known(j, row, second)) {
        return;
    }
    const void *const at = hm_config_row_const(j->config, key, row);
    const uint32_t a = given_flag(key, at);
    const uint32_t b = given_flag(&hm_config_keys[second], at);
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    if (a == 0 && b == 0) {
        hm_text_addf(&t, "key '%s' is missing, and '%s' too; allowed: one of the two", key->name,
                     key->instead);
        hm_judge_complain(j, hm_at_section(key->section, row), sentence);
    } else if (a == 1 && b == 1) {
        hm_text_addf(&t, "has both %s and %s; allowed: one of the two, choose one", key->name,
                     key->instead);
        hm_judge_complain(j, (hm_config_place){key->section, row, first, second}, sentence);
    }
}

/* "; write it ocean" for Ocean, when that is all that is wrong with it. */
static void add_small_letters(const char *name, size_t len, hm_text *out)
{
    char small[HMX_ID_SIZE];
    if (len == 0 || len >= sizeof small) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        small[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    }
    if (hm_config_is_id(small, len)) {
        hm_text_addf(out, "; write it %.*s", (int)len, small);
    }
}

static void judge_id(hm_judging *j, hm_config_section section, uint32_t row)
{
    const char *name = NULL;
    const size_t len = hm_config_row_name(j->config, section, row, &name);
    if (!hm_config_is_id(name, len)) {
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        hm_text_addf(&t, "is no %s; allowed: 1..32 of the characters a-z, 0-9, _ and -",
                     section == HM_SECTION_PIN        ? "name of a pin"
                     : section == HM_SECTION_SCHEDULE ? "name of a schedule"
                                                      : "upstream id");
        add_small_letters(name, len, &t);
        hm_judge_complain(j, hm_at_section(section, row), sentence);
    } else if (section == HM_SECTION_UPSTREAM && strcmp(name, HM_CONFIG_STAY) == 0) {
        hm_judge_complain(j, hm_at_section(section, row),
                          "is no upstream id: a pin says " HM_CONFIG_STAY
                          " for no upstream at all; choose "
                          "another");
    }
}

static void judge_row(hm_judging *j, hm_config_section section, uint32_t row)
{
    if (hm_section_repeats(section)) {
        judge_id(j, section, row);
    }
    judge_values(j, section, row);
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        if (hm_config_keys[k].section == section) {
            judge_choice(j, row, k);
        }
    }
}

uint32_t hm_config_judge_all(const hm_config *config, const hm_config_judge *judge)
{
    hm_judging j = {config, judge, 0};
    if (config->upstream_count > HMX_UPSTREAMS_MAX) {
        hm_judge_whole(&j, "too many upstreams; at most 64 are allowed");
    }
    if (config->pin_count > HM_CONFIG_PINS_MAX) {
        hm_judge_whole(&j, "too many pins; at most 64 are allowed");
    }
    if (config->schedule_count > HM_CONFIG_SCHEDULES_MAX) {
        hm_judge_whole(&j, "too many schedules; at most 32 are allowed");
    }
    judge_row(&j, HM_SECTION_CONTROLLER, 0);
    judge_row(&j, HM_SECTION_FAILOVER, 0);
    hm_judge_order(&j, HM_SECTION_FAILOVER, 0, "hold_down_secs", "hold_down_max_secs");
    for (uint32_t i = 0; i < hm_section_rows(config, HM_SECTION_UPSTREAM); i++) {
        judge_row(&j, HM_SECTION_UPSTREAM, i);
        hm_judge_target(&j, i);
        hm_judge_pairs(&j, i);
    }
    for (uint32_t i = 0; i < hm_section_rows(config, HM_SECTION_PIN); i++) {
        judge_row(&j, HM_SECTION_PIN, i);
        hm_judge_pin(&j, i);
    }
    for (uint32_t i = 0; i < hm_section_rows(config, HM_SECTION_SCHEDULE); i++) {
        judge_row(&j, HM_SECTION_SCHEDULE, i);
        hm_judge_schedule(&j, i);
    }
    hm_judge_sum(&j);
    return j.broken;
}

/* The complaint of a change at run time: one line of the caller's text. */
typedef struct hm_rules_text {
    const hm_config *config;
    hm_text *why;
    uint32_t lines;
} hm_rules_text;

static void complain_in_text(void *ctx, hm_config_place place, const char *sentence)
{
    hm_rules_text *const r = (hm_rules_text *)ctx;
    hm_text_add(r->why, r->lines++ == 0 ? "" : "\n");
    hm_config_add_place(r->config, place, r->why);
    hm_text_add(r->why, sentence);
}

static hmx_status validate(const hm_config *config, int running, hm_text *why)
{
    hm_rules_text r = {config, why, 0};
    const hm_config_judge judge = {NULL, running, &r, complain_in_text};
    return hm_config_judge_all(config, &judge) == 0 ? HMX_OK : HMX_E_CONFIG;
}

hmx_status hm_config_validate(const hm_config *config, hm_text *why)
{
    return validate(config, 0, why);
}

hmx_status hm_config_validate_running(const hm_config *config, hm_text *why)
{
    return validate(config, 1, why);
}
