/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_rules_schedule: what the schedules must be to each other and to the upstreams.
 */
#include <string.h>

#include "plugin/base/decimal.h"
#include "plugin/base/problems.h"
#include "plugin/config/config_judge.h"
#include "plugin/config/schedule.h"

/* The upstream of this id, or NULL. */
static const hm_config_upstream *upstream_of(const hm_config *config, const char *id)
{
    for (uint32_t i = 0; i < hm_section_rows(config, HM_SECTION_UPSTREAM); i++) {
        const char *name = NULL;
        const size_t len = hm_config_row_name(config, HM_SECTION_UPSTREAM, i, &name);
        if (len == strlen(id) && memcmp(name, id, len) == 0) {
            return &config->upstreams[i];
        }
    }
    return NULL;
}

static void complain(hm_judging *j, uint32_t row, const char *name, const char *what)
{
    const uint32_t key = hm_config_key_find(HM_SECTION_SCHEDULE, "targets");
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "targets %s%s%s%s; allowed: ", name[0] != '\0' ? "name '" : "", name,
                 name[0] != '\0' ? "', which " : "", what);
    hm_config_key_allowed(&hm_config_keys[key], &t);
    hm_judge_complain(j, hm_at_key(HM_SECTION_SCHEDULE, row, key), sentence);
}

static void judge_sum(hm_judging *j, uint32_t row, int64_t sum)
{
    char what[64];
    hm_text t;
    if (hm_config_sum_is_whole(sum)) {
        return;
    }
    hm_text_init(&t, what, sizeof what);
    hm_text_add(&t, "sum to ");
    hm_text_add_decimal(&t, hm_decimal_from_micros(sum));
    complain(j, row, "", what);
}

/* Each pool once, and 100 together; somebody has to be there for them. */
static void judge_targets(hm_judging *j, uint32_t row)
{
    const char *const text = j->config->schedules[row].targets;
    const char *at = text;
    hm_scheduled_target target;
    int64_t sum = 0;
    double enabled = 0.0;
    while (hm_targets_next(&at, &target) == 1) {
        const hm_config_upstream *const u = upstream_of(j->config, target.id);
        const char *before = text;
        hm_scheduled_target other;
        int64_t micros = 0;
        uint32_t times = 0;
        while (before < at && hm_targets_next(&before, &other) == 1) {
            times += strcmp(other.id, target.id) == 0;
        }
        if (u == NULL || u->has_percentage != 1 || times > 1) {
            complain(j, row, target.id,
                     u == NULL                ? "is not configured"
                     : u->has_percentage != 1 ? "has its target in hashrate_ths"
                                              : "stands there twice");
            return;
        }
        (void)hm_decimal_micros(target.percentage, &micros);
        sum += micros;
        enabled += u->enabled == 1 ? target.percentage : 0.0;
    }
    judge_sum(j, row, sum);
    if (hm_config_sum_is_whole(sum) && !(enabled > 0.0)) {
        complain(j, row, "", "give nothing to an upstream that is enabled");
    }
}

void hm_judge_schedule(hm_judging *j, uint32_t row)
{
    const uint32_t from = hm_config_key_find(HM_SECTION_SCHEDULE, "from");
    const uint32_t to = hm_config_key_find(HM_SECTION_SCHEDULE, "to");
    const uint32_t targets = hm_config_key_find(HM_SECTION_SCHEDULE, "targets");
    const hm_config_schedule *const s = &j->config->schedules[row];
    for (uint32_t i = 0; i < row; i++) {
        if (hm_judge_same_name(j->config, HM_SECTION_SCHEDULE, row, i)) {
            hm_judge_twice(j, hm_at_section(HM_SECTION_SCHEDULE, row), i, "has the same name",
                           "names of schedules are unique");
        }
    }
    if (hm_judge_usable(j, row, from) && hm_judge_usable(j, row, to) && s->from_min == s->to_min) {
        hm_judge_complain(j, (hm_config_place){HM_SECTION_SCHEDULE, row, from, to},
                          "from and to are the same; allowed: 00:00 and 24:00 for a whole day");
    }
    const int some_lost = j->judge->gaps != NULL && j->judge->gaps->sections;
    if (!some_lost && hm_judge_usable(j, row, targets)) {
        judge_targets(j, row);
    }
}
