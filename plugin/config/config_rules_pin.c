/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_rules_pin: what the pins must be to each other and to the upstreams.
 */
#include <string.h>

#include "plugin/base/problems.h"
#include "plugin/config/config_judge.h"
#include "plugin/config/pattern.h"

uint32_t hm_config_pin_hidden_by(const hm_config *config, uint32_t pin)
{
    const char *const pattern = config->pins[pin].user_identity;
    for (uint32_t i = 0; i < pin; i++) {
        /* A star of the later pattern can only have been taken by a star of the earlier one, which
         * takes as well whatever stands in its place. */
        if (hm_pattern_match(config->pins[i].user_identity, pattern, strlen(pattern))) {
            return i;
        }
    }
    return pin;
}

/* With all pins before it. */
static void judge_pairs(hm_judging *j, uint32_t pin)
{
    const uint32_t identity = hm_config_key_find(HM_SECTION_PIN, "user_identity");
    const int usable = hm_judge_usable(j, pin, identity);
    for (uint32_t i = 0; i < pin; i++) {
        if (hm_judge_same_name(j->config, HM_SECTION_PIN, pin, i)) {
            hm_judge_twice(j, hm_at_section(HM_SECTION_PIN, pin), i, "has the same name",
                           "names of pins are unique");
        }
        if (usable && strncmp(j->config->pins[pin].user_identity, j->config->pins[i].user_identity,
                              HM_CONFIG_PATTERN_SIZE) == 0) {
            hm_judge_twice(j, hm_at_key(HM_SECTION_PIN, pin, identity), i,
                           "has the same user_identity", "a miner has one pin");
        }
    }
}

static int is_configured(const hm_config *config, const char *id)
{
    int found = 0;
    for (uint32_t i = 0; !found && i < hm_section_rows(config, HM_SECTION_UPSTREAM); i++) {
        const char *name = NULL;
        const size_t len = hm_config_row_name(config, HM_SECTION_UPSTREAM, i, &name);
        found = len == strlen(id) && memcmp(name, id, len) == 0;
    }
    return found;
}

/* The upstream of a pin may be one that is not enabled, or down: then the pin waits. */
void hm_judge_pin(hm_judging *j, uint32_t pin)
{
    const uint32_t upstream = hm_config_key_find(HM_SECTION_PIN, "upstream");
    const char *const id = j->config->pins[pin].upstream;
    const int some_lost = j->judge->gaps != NULL && j->judge->gaps->sections;
    judge_pairs(j, pin);
    if (some_lost || !hm_judge_usable(j, pin, upstream) || strcmp(id, HM_CONFIG_STAY) == 0 ||
        is_configured(j->config, id)) {
        return;
    }
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "upstream '%s' is not configured; allowed: ", id);
    hm_config_key_allowed(&hm_config_keys[upstream], &t);
    hm_judge_complain(j, hm_at_key(HM_SECTION_PIN, pin, upstream), sentence);
}
