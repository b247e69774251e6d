/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "plugin/config_rules.h"

#include <string.h>

#include "plugin/decimal.h"
#include "plugin/problems.h"

#define ID_LEN_MAX       32u
#define HUNDRED_MICROS   INT64_C(100000000)
#define TOLERANCE_MICROS INT64_C(10000) /* 0.01: three times 33.33 is meant to be whole */
#define UPSTREAM_ROWS(c)                                                                           \
    ((c)->upstream_count < HMX_UPSTREAMS_MAX ? (c)->upstream_count : HMX_UPSTREAMS_MAX)

/* One judgement under way. */
typedef struct hm_judging {
    const hm_config *config;
    const hm_config_judge *judge;
    uint32_t rows; /* upstreams that exist, never beyond the array */
    uint32_t broken;
} hm_judging;

static void complain(hm_judging *j, uint32_t upstream, uint32_t key, const char *sentence)
{
    const hm_config_place place = {upstream, key};
    j->broken++;
    j->judge->complain(j->judge->ctx, place, sentence);
}

/* Was this key of this upstream read? */
static int known(const hm_judging *j, uint32_t upstream, uint32_t key)
{
    const hm_config_gaps *const gaps = j->judge->gaps;
    if (gaps == NULL) {
        return 1;
    }
    const uint64_t set =
        upstream == HM_RULE_NO_UPSTREAM ? gaps->general : gaps->upstreams[upstream];
    return (set >> key & 1) == 0;
}

static size_t id_len(const hm_config_upstream *u)
{
    const char *const end = (const char *)memchr(u->id, '\0', sizeof u->id);
    return end == NULL ? sizeof u->id : (size_t)(end - u->id);
}

void hm_config_add_place(const hm_config *config, hm_config_place place, hm_text *out)
{
    if (place.upstream != HM_RULE_NO_UPSTREAM) {
        const hm_config_upstream *const u = &config->upstreams[place.upstream];
        hm_text_add(out, "[upstream.");
        hm_text_add_view(out, u->id, id_len(u));
        hm_text_add(out, "] ");
    } else if (place.key < hm_config_key_count) {
        hm_text_addf(out, "[%s] ", hm_section_name(hm_config_keys[place.key].section));
    }
}

/* Each value by itself. */
static void judge_values(hm_judging *j, uint32_t upstream)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        const int of_upstream = key->section == HM_SECTION_UPSTREAM;
        if (of_upstream != (upstream != HM_RULE_NO_UPSTREAM) || !known(j, upstream, k)) {
            continue;
        }
        const void *const row = hm_config_row_const(j->config, key, upstream);
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        if (hm_config_key_given(key, row) && hm_config_key_check(key, row, &t) != HMX_OK) {
            complain(j, upstream, k, sentence);
        }
    }
}

static void judge_id(hm_judging *j, uint32_t upstream)
{
    const hm_config_upstream *const u = &j->config->upstreams[upstream];
    const size_t len = id_len(u);
    int good = len >= 1 && len <= ID_LEN_MAX;
    for (size_t i = 0; i < len; i++) {
        const char c = u->id[i];
        good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-');
    }
    if (!good) {
        complain(j, upstream, hm_config_key_count,
                 "is no upstream id; allowed: 1..32 of the characters a-z, 0-9, _ and -");
    }
}

/* "what of [upstream.a] already" */
static void complain_twice(hm_judging *j, uint32_t upstream, uint32_t key, uint32_t first,
                           const char *what)
{
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    const hm_config_upstream *const u = &j->config->upstreams[first];
    hm_text_add(&t, what);
    hm_text_add(&t, " as [upstream.");
    hm_text_add_view(&t, u->id, id_len(u));
    hm_text_add(&t, "]; ");
    hm_text_add(&t, key == hm_config_key_count
                        ? "ids are unique"
                        : "each upstream, also one that is not enabled, needs its own");
    complain(j, upstream, key, sentence);
}

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
 * at one endpoint are one pool: nearly always a line that was copied and not changed. */
static void judge_pairs(hm_judging *j, uint32_t upstream)
{
    const hm_config_upstream *const u = &j->config->upstreams[upstream];
    const uint32_t priority = hm_config_key_find(HM_SECTION_UPSTREAM, "priority");
    const uint32_t address = hm_config_key_find(HM_SECTION_UPSTREAM, "address");
    const uint32_t port = hm_config_key_find(HM_SECTION_UPSTREAM, "port");
    for (uint32_t i = 0; i < upstream; i++) {
        const hm_config_upstream *const v = &j->config->upstreams[i];
        const size_t len = id_len(u);
        if (len == id_len(v) && memcmp(u->id, v->id, len) == 0) {
            complain_twice(j, upstream, hm_config_key_count, i, "has the same id");
        }
        if (u->priority == v->priority && known(j, upstream, priority) && known(j, i, priority)) {
            char what[48];
            hm_text t;
            hm_text_init(&t, what, sizeof what);
            hm_text_addf(&t, "priority %lu, the same", (unsigned long)u->priority);
            complain_twice(j, upstream, priority, i, what);
        }
        if (u->port == v->port && known(j, upstream, port) && known(j, i, port) &&
            known(j, upstream, address) && known(j, i, address) &&
            same_address(u->address, v->address)) {
            complain_twice(j, upstream, address, i, "has the same address and port");
        }
    }
}

int64_t hm_config_enabled_sum_micros(const hm_config *config)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < UPSTREAM_ROWS(config); i++) {
        const double percentage = config->upstreams[i].percentage;
        int64_t micros = 0;
        if (config->upstreams[i].enabled == 1 && percentage >= 0 && percentage <= 100 &&
            hm_decimal_micros(percentage, &micros)) {
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

/* The sum says something only when every number that goes into it is known. */
static int sum_is_known(const hm_judging *j)
{
    if (j->judge->gaps != NULL && j->judge->gaps->sections) {
        return 0;
    }
    const uint32_t percentage = hm_config_key_find(HM_SECTION_UPSTREAM, "percentage");
    const uint32_t enabled = hm_config_key_find(HM_SECTION_UPSTREAM, "enabled");
    for (uint32_t i = 0; i < j->rows; i++) {
        const double value = j->config->upstreams[i].percentage;
        if (!known(j, i, percentage) || !known(j, i, enabled) || !(value >= 0 && value <= 100) ||
            j->config->upstreams[i].enabled > 1) {
            return 0;
        }
    }
    return 1;
}

static void judge_sum(hm_judging *j)
{
    uint32_t enabled = 0;
    for (uint32_t i = 0; i < j->rows; i++) {
        enabled += j->config->upstreams[i].enabled == 1;
    }
    if (!sum_is_known(j)) {
        return;
    }
    if (j->rows == 0) {
        complain(j, HM_RULE_NO_UPSTREAM, hm_config_key_count,
                 "no upstream is configured; add at least one [upstream.<id>]");
        return;
    }
    if (enabled == 0) {
        complain(j, HM_RULE_NO_UPSTREAM, hm_config_key_count,
                 "no upstream is enabled; at least one must be");
        return;
    }
    const int64_t sum = hm_config_enabled_sum_micros(j->config);
    if (j->judge->running && sum == 0) {
        complain(j, HM_RULE_NO_UPSTREAM, hm_config_key_count,
                 "every enabled upstream has percentage 0; at least one must have more");
    } else if (!j->judge->running && !hm_config_sum_is_whole(sum)) {
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        hm_text_add(&t, "the percentages of the enabled upstreams sum to ");
        hm_text_add_decimal(&t, hm_decimal_from_micros(sum));
        hm_text_add(&t, "; allowed: 99.99..100.01");
        complain(j, HM_RULE_NO_UPSTREAM, hm_config_key_count, sentence);
    }
}

uint32_t hm_config_judge_all(const hm_config *config, const hm_config_judge *judge)
{
    hm_judging j = {config, judge, UPSTREAM_ROWS(config), 0};
    judge_values(&j, HM_RULE_NO_UPSTREAM);
    if (config->controller.has_custom_gains > 1) {
        complain(&j, HM_RULE_NO_UPSTREAM, hm_config_key_find(HM_SECTION_CONTROLLER, "kp"),
                 "has_custom_gains is neither 0 nor 1");
    }
    if (config->upstream_count > HMX_UPSTREAMS_MAX) {
        complain(&j, HM_RULE_NO_UPSTREAM, hm_config_key_count,
                 "too many upstreams; at most 64 are allowed");
    }
    for (uint32_t i = 0; i < j.rows; i++) {
        judge_id(&j, i);
        judge_values(&j, i);
        judge_pairs(&j, i);
    }
    judge_sum(&j);
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
