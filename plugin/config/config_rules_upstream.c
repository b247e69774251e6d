/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_rules_upstream: what the upstreams must be to each other, and what their targets must
 * come to.
 */
#include <string.h>

#include "plugin/base/decimal.h"
#include "plugin/base/problems.h"
#include "plugin/config/config_judge.h"

#define HUNDRED_MICROS   INT64_C(100000000)
#define TOLERANCE_MICROS INT64_C(10000) /* 0.01: three times 33.33 is meant to be whole */

/* Host names know no case, and a point at their end changes nothing. */
static int same_address(const char *a, const char *b)
{
    for (size_t i = 0; i < HMX_ADDRESS_SIZE; i++) {
        const char x = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] - 'A' + 'a') : a[i];
        const char y = b[i] >= 'A' && b[i] <= 'Z' ? (char)(b[i] - 'A' + 'a') : b[i];
        if (x != y) {
            return (x == '\0' && y == '.' && b[i + 1] == '\0') ||
                   (y == '\0' && x == '.' && a[i + 1] == '\0');
        }
        if (x == '\0') {
            return 1;
        }
    }
    return 1;
}

/* What two upstreams must not share. Whether they are enabled does not matter: enabling is a switch
 * at run time and must not be refused for something that stood in the file all along. Two upstreams
 * with one account at one endpoint are one: nearly always a line that was copied and not changed.
 */
void hm_judge_pairs(hm_judging *j, uint32_t upstream)
{
    static const char rule[] = "each upstream, also one that is not enabled, needs its own";
    const hm_config_upstream *const u = &j->config->upstreams[upstream];
    const uint32_t priority = hm_config_key_find(HM_SECTION_UPSTREAM, "priority");
    const uint32_t address = hm_config_key_find(HM_SECTION_UPSTREAM, "address");
    const uint32_t port = hm_config_key_find(HM_SECTION_UPSTREAM, "port");
    for (uint32_t i = 0; i < upstream; i++) {
        const hm_config_upstream *const v = &j->config->upstreams[i];
        if (hm_judge_same_name(j->config, HM_SECTION_UPSTREAM, upstream, i)) {
            hm_judge_twice(j, hm_at_section(HM_SECTION_UPSTREAM, upstream), i, "has the same id",
                           "ids are unique");
        }
        if (u->priority == v->priority && hm_judge_known(j, upstream, priority) &&
            hm_judge_known(j, i, priority)) {
            char what[48];
            hm_text t;
            hm_text_init(&t, what, sizeof what);
            hm_text_addf(&t, "priority %lu, the same", (unsigned long)u->priority);
            hm_judge_twice(j, hm_at_key(HM_SECTION_UPSTREAM, upstream, priority), i, what, rule);
        }
        if (u->port == v->port && hm_judge_known(j, upstream, port) && hm_judge_known(j, i, port) &&
            hm_judge_known(j, upstream, address) && hm_judge_known(j, i, address) &&
            same_address(u->address, v->address) &&
            strncmp(u->user_identity, v->user_identity, sizeof u->user_identity) == 0) {
            hm_judge_twice(j, hm_at_key(HM_SECTION_UPSTREAM, upstream, address), i,
                           "has the same address, port and user_identity",
                           "two accounts at one pool each have a user_identity of their own");
        }
    }
}

/* A percentage beside an absolute target would be shown and never used: whoever sets one at run
 * time shall hear that. */
void hm_judge_target(hm_judging *j, uint32_t upstream)
{
    const hm_config_upstream *const u = &j->config->upstreams[upstream];
    if (u->has_percentage == 0 && u->has_hashrate_ths == 1 && !(u->percentage == 0)) {
        hm_judge_complain(
            j,
            hm_at_key(HM_SECTION_UPSTREAM, upstream,
                      hm_config_key_find(HM_SECTION_UPSTREAM, "percentage")),
            "has its target in hashrate_ths, so that a percentage would not count; allowed: "
            "0 percent");
    }
    hm_judge_order(j, HM_SECTION_UPSTREAM, upstream, "min_ths", "max_ths");
    hm_judge_order(j, HM_SECTION_UPSTREAM, upstream, "min_ths", "hashrate_ths");
    hm_judge_order(j, HM_SECTION_UPSTREAM, upstream, "hashrate_ths", "max_ths");
}

int64_t hm_config_enabled_sum_micros(const hm_config *config)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < hm_section_rows(config, HM_SECTION_UPSTREAM); i++) {
        const hm_config_upstream *const u = &config->upstreams[i];
        int64_t micros = 0;
        if (u->enabled == 1 && u->has_percentage == 1 && u->percentage >= 0 &&
            u->percentage <= 100 && hm_decimal_micros(u->percentage, &micros) == 0) {
            sum += micros;
        }
    }
    return sum;
}

int hm_config_sum_is_whole(int64_t sum_micros)
{
    const int64_t off = sum_micros - HUNDRED_MICROS;
    return off <= TOLERANCE_MICROS && off >= -TOLERANCE_MICROS;
}

/* How many upstreams are enabled, and how many of those have an absolute target. */
typedef struct hm_target_kinds {
    uint32_t enabled;
    uint32_t absolute;
} hm_target_kinds;

/* Counts them. Returns 0, or -1 when a number is missing that goes into it: then the sum says
 * nothing. */
static int count_targets(const hm_judging *j, hm_target_kinds *out)
{
    const uint32_t percentage = hm_config_key_find(HM_SECTION_UPSTREAM, "percentage");
    const uint32_t absolute = hm_config_key_find(HM_SECTION_UPSTREAM, "hashrate_ths");
    const uint32_t enabled = hm_config_key_find(HM_SECTION_UPSTREAM, "enabled");
    *out = (hm_target_kinds){0, 0};
    if (j->judge->gaps != NULL && j->judge->gaps->sections) {
        return -1;
    }
    for (uint32_t i = 0; i < hm_section_rows(j->config, HM_SECTION_UPSTREAM); i++) {
        const int has_percentage = hm_judge_usable(j, i, percentage);
        const int has_absolute = hm_judge_usable(j, i, absolute);
        if (has_percentage == has_absolute || !hm_judge_usable(j, i, enabled)) {
            return -1;
        }
        if (j->config->upstreams[i].enabled == 1) {
            out->enabled++;
            out->absolute += has_absolute ? 1 : 0;
        }
    }
    return 0;
}

#define WHOLE     INT64_C(100000000) /* 100 per cent, in millionths of one */
#define TERMS_MAX 8u

/* ": a 33.33, b 33.33 and c 31.34": the pools whose percentages count; of many the first. */
static void add_terms(const hm_config *config, hm_text *out)
{
    const char *separator = ": ";
    uint32_t told = 0;
    for (uint32_t i = 0; i < config->upstream_count; i++) {
        const hm_config_upstream *const u = &config->upstreams[i];
        if (u->enabled != 1 || u->has_percentage != 1) {
            continue;
        }
        if (told++ == TERMS_MAX) {
            hm_text_add(out, ", ...");
            return;
        }
        hm_text_add(out, separator);
        hm_text_add_view(out, u->id, strnlen(u->id, sizeof u->id));
        hm_text_add(out, " ");
        hm_text_add_decimal(out, u->percentage);
        separator = ", ";
    }
}

/* Percentages that are all 0 are fine beside an absolute target: pools that get nothing unless
 * another one fails. */
void hm_judge_sum(hm_judging *j)
{
    hm_target_kinds kinds;
    if (count_targets(j, &kinds) != 0) {
        return;
    }
    if (j->config->upstream_count == 0) {
        hm_judge_whole(j, "no upstream is configured; add at least one [upstream.<id>]");
        return;
    }
    if (kinds.enabled == 0) {
        hm_judge_whole(j, "no upstream is enabled; at least one must be");
        return;
    }
    const int64_t sum = hm_config_enabled_sum_micros(j->config);
    if (sum == 0 && kinds.absolute > 0) {
        return;
    }
    if (j->judge->running && sum == 0) {
        hm_judge_whole(j, "every enabled upstream has percentage 0; at least one must have more");
    } else if (!j->judge->running && !hm_config_sum_is_whole(sum)) {
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        hm_text_add(&t, "the percentages of the enabled upstreams sum to ");
        hm_text_add_decimal(&t, hm_decimal_from_micros(sum));
        add_terms(j->config, &t);
        hm_text_add(&t, "; ");
        hm_text_add_decimal(&t, hm_decimal_from_micros(sum < WHOLE ? WHOLE - sum : sum - WHOLE));
        hm_text_add(&t, sum < WHOLE ? " is missing; allowed: 99.99..100.01"
                                    : " is too much; allowed: 99.99..100.01");
        if (kinds.absolute > 0) {
            hm_text_add(&t, ", where those with hashrate_ths do not count");
        }
        hm_judge_whole(j, sentence);
    }
}
