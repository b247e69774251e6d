/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_keys.c: the table, and what it says to people.
 */
#include "plugin/config_keys.h"

#include <string.h>

#define CONTROLLER(field) offsetof(hm_config, controller.field)
#define FAILOVER(field)   offsetof(hm_config, failover.field)
#define UPSTREAM(field)   offsetof(hm_config_upstream, field)

static const hm_key_word models[] = {{"aggressive", HMX_TUNING_AGGRESSIVE},
                                     {"balanced", HMX_TUNING_BALANCED},
                                     {"conservative", HMX_TUNING_CONSERVATIVE},
                                     {"proportional_only", HMX_TUNING_PROPORTIONAL_ONLY},
                                     {NULL, 0}};

/* The first of each value is the one that is written. */
static const hm_key_word booleans[] = {{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {"on", 1},
                                       {"off", 0},  {"1", 1},     {"0", 0},   {NULL, 0}};

/* One row per key. */
/* clang-format off */
const hm_config_key hm_config_keys[] = {
    {HM_SECTION_CONTROLLER, "tuning_model", HM_KEY_WORD, 0, 0, "", "balanced",
     "How hard the controller pulls towards the targets.",
     CONTROLLER(tuning_model), HM_KEY_ALWAYS, models},
    {HM_SECTION_CONTROLLER, "kp", HM_KEY_DECIMAL, 0, 1000, "points per point", NULL,
     "Own proportional gain: points of correction per point of error.",
     CONTROLLER(kp), CONTROLLER(has_custom_gains), NULL},
    {HM_SECTION_CONTROLLER, "ki", HM_KEY_DECIMAL, 0, 1000, "per minute", NULL,
     "Own integral gain: how fast a lasting error is made up for.",
     CONTROLLER(ki), CONTROLLER(has_custom_gains), NULL},
    {HM_SECTION_CONTROLLER, "kd", HM_KEY_DECIMAL, 0, 1000, "minutes", NULL,
     "Own derivative gain: how much a changing error is damped.",
     CONTROLLER(kd), CONTROLLER(has_custom_gains), NULL},
    {HM_SECTION_CONTROLLER, "deadband_points", HM_KEY_DECIMAL, 0, 100, "percentage points", "0.5",
     "A smaller deviation from the target moves no miner.",
     CONTROLLER(deadband_points), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_CONTROLLER, "evaluation_interval_secs", HM_KEY_WHOLE, 1, 86400, "seconds", "30",
     "How often the split is judged.",
     CONTROLLER(evaluation_interval_secs), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_CONTROLLER, "min_reassignment_interval_secs", HM_KEY_WHOLE, 0, 604800, "seconds",
     "30", "A miner that was moved stays where it is for at least this long.",
     CONTROLLER(min_reassignment_interval_secs), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_CONTROLLER, "measure_on_accepted", HM_KEY_BOOLEAN, 0, 1, "", "true",
     "Measure the work that the pools credited (true), or all that was submitted (false).",
     CONTROLLER(measure_on_accepted), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_CONTROLLER, "integral_limit", HM_KEY_DECIMAL, 0, 1000000, "points x minutes", "100",
     "The most error that is remembered: what was missed beyond it is not made up for.",
     CONTROLLER(integral_limit), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_CONTROLLER, "measurement_window_secs", HM_KEY_WHOLE, 10, 86400, "seconds", "600",
     "The time over which delivered work is averaged.",
     CONTROLLER(measurement_window_secs), HM_KEY_ALWAYS, NULL},

    {HM_SECTION_FAILOVER, "auto_redistribute", HM_KEY_BOOLEAN, 0, 1, "", "true",
     "Spread the share of a pool that is down over the others, in proportion.",
     FAILOVER(auto_redistribute), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_FAILOVER, "auto_restore", HM_KEY_BOOLEAN, 0, 1, "", "true",
     "Give a pool its share again when it is back.",
     FAILOVER(auto_restore), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_FAILOVER, "health_check_interval_secs", HM_KEY_WHOLE, 1, 86400, "seconds", "30",
     "How often a pool that is in doubt is judged again.",
     FAILOVER(health_check_interval_secs), HM_KEY_ALWAYS, NULL},

    {HM_SECTION_UPSTREAM, "address", HM_KEY_ADDRESS, 0, 0, "", NULL,
     "Host name or IP address of the pool, without the port.",
     UPSTREAM(address), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_UPSTREAM, "port", HM_KEY_WHOLE, 1, 65535, "", NULL,
     "TCP port of the pool.",
     UPSTREAM(port), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_UPSTREAM, "authority_pubkey", HM_KEY_AUTHORITY, 0, 0, "", "",
     "The pool's public key: the proof that it is the pool who answers.",
     UPSTREAM(authority_pubkey), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_UPSTREAM, "percentage", HM_KEY_DECIMAL, 0, 100, "percent", NULL,
     "Target: this pool's part of the farm's work. The enabled pools together: 100.",
     UPSTREAM(percentage), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_UPSTREAM, "priority", HM_KEY_WHOLE, 0, 4294967295.0, "", NULL,
     "Where new miners go first: the smallest number. Each pool has a number of its own.",
     UPSTREAM(priority), HM_KEY_ALWAYS, NULL},
    {HM_SECTION_UPSTREAM, "enabled", HM_KEY_BOOLEAN, 0, 1, "", "true",
     "A pool that is not enabled gets no miner, and its percentage does not count.",
     UPSTREAM(enabled), HM_KEY_ALWAYS, NULL},
};
/* clang-format on */

const uint32_t hm_config_key_count = sizeof hm_config_keys / sizeof hm_config_keys[0];
_Static_assert(sizeof hm_config_keys / sizeof hm_config_keys[0] <= HM_CONFIG_KEYS_MAX,
               "a set of keys no longer fits into 64 bits");

const char *hm_section_name(hm_config_section section)
{
    static const char *const names[HM_SECTIONS] = {"controller", "failover", "upstream"};
    return names[section];
}

uint32_t hm_config_key_find(hm_config_section section, const char *name)
{
    for (uint32_t i = 0; i < hm_config_key_count; i++) {
        if (hm_config_keys[i].section == section && strcmp(hm_config_keys[i].name, name) == 0) {
            return i;
        }
    }
    return hm_config_key_count;
}

void *hm_config_row(hm_config *config, const hm_config_key *key, uint32_t upstream)
{
    return key->section == HM_SECTION_UPSTREAM ? (void *)&config->upstreams[upstream]
                                               : (void *)config;
}

const void *hm_config_row_const(const hm_config *config, const hm_config_key *key,
                                uint32_t upstream)
{
    return key->section == HM_SECTION_UPSTREAM ? (const void *)&config->upstreams[upstream]
                                               : (const void *)config;
}

int hm_config_key_given(const hm_config_key *key, const void *row)
{
    uint32_t given = 1;
    if (key->given_offset != HM_KEY_ALWAYS) {
        memcpy(&given, (const char *)row + key->given_offset, sizeof given);
    }
    return given == 1;
}

const hm_key_word *hm_config_key_words(const hm_config_key *key)
{
    return key->type == HM_KEY_BOOLEAN ? booleans : key->words;
}

void hm_config_key_allowed(const hm_config_key *key, hm_text *out)
{
    switch (key->type) {
    case HM_KEY_BOOLEAN:
    case HM_KEY_WORD:
        for (const hm_key_word *w = hm_config_key_words(key); w->word != NULL; w++) {
            hm_text_addf(out, "%s%s", w == hm_config_key_words(key) ? "" : ", ", w->word);
        }
        break;
    case HM_KEY_WHOLE:
    case HM_KEY_DECIMAL:
        hm_text_addf(out, "%lu..%lu", (unsigned long)key->min, (unsigned long)key->max);
        hm_text_addf(out, "%s%s", key->unit[0] == '\0' ? "" : " ", key->unit);
        hm_text_add(out, key->type == HM_KEY_WHOLE ? ", a whole number" : ", six decimals at most");
        break;
    case HM_KEY_ADDRESS:
        hm_text_add(out, "a host name, an IPv4 or an IPv6 address, 1..160 characters");
        break;
    case HM_KEY_AUTHORITY:
        hm_text_add(out, "Base58Check (51 characters from 9 on), or 64 or 66 hexadecimal digits");
        break;
    }
}

void hm_config_key_describe(const hm_config_key *key, hm_text *out)
{
    hm_config_key_allowed(key, out);
    if (key->given_offset != HM_KEY_ALWAYS) {
        hm_text_add(out, "; not set by default");
    } else if (key->default_value == NULL) {
        hm_text_add(out, "; must be given");
    } else {
        hm_text_addf(out, "; default %s",
                     key->default_value[0] == '\0' ? "empty" : key->default_value);
    }
}
