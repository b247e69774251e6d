/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_keys: the table, and what it says to people.
 */
#include "plugin/config/config_keys.h"

#include <string.h>

#include "plugin/config/schedule.h"

#define ID_LEN_MAX        32u
#define CONTROLLER(field) offsetof(hm_config, controller.field)
#define FAILOVER(field)   offsetof(hm_config, failover.field)
#define UPSTREAM(field)   offsetof(hm_config_upstream, field)
#define PIN(field)        offsetof(hm_config_pin, field)
#define SCHEDULE(field)   offsetof(hm_config_schedule, field)
#define NO_RANGE          0, 0 /* of a key that is no number */

static const hm_key_word modes[] = {
    {"live", HMX_MODE_LIVE}, {"observe", HMX_MODE_OBSERVE}, {"paused", HMX_MODE_PAUSED}, {NULL, 0}};

static const hm_key_word models[] = {{"aggressive", HMX_TUNING_AGGRESSIVE},
                                     {"balanced", HMX_TUNING_BALANCED},
                                     {"conservative", HMX_TUNING_CONSERVATIVE},
                                     {"proportional_only", HMX_TUNING_PROPORTIONAL_ONLY},
                                     {NULL, 0}};

static const hm_key_word automatic[] = {{"auto", 0}, {NULL, 0}};

static const hm_key_word reopening[] = {{"off", 0}, {"deaf", 1}, {NULL, 0}};

static const hm_key_word slicing[] = {{"auto", 1}, {"off", 0}, {NULL, 0}};

/* The first of each value is the one that is written. */
static const hm_key_word booleans[] = {{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {"on", 1},
                                       {"off", 0},  {"1", 1},     {"0", 0},   {NULL, 0}};

/* One row per key. */
/* clang-format off */
const hm_config_key hm_config_keys[] = {
    {HM_SECTION_CONTROLLER, "mode", HM_KEY_WORD, NO_RANGE, "", "live",
     "Move miners (live), only say whom (observe), or move only from pools that fail (paused).",
     CONTROLLER(mode), HM_KEY_ALWAYS, modes, NULL},
    {HM_SECTION_CONTROLLER, "tuning_model", HM_KEY_WORD, NO_RANGE, "", "balanced",
     "How hard the controller pulls towards the targets.",
     CONTROLLER(tuning_model), HM_KEY_ALWAYS, models, NULL},
    {HM_SECTION_CONTROLLER, "kp", HM_KEY_DECIMAL, 0, 1000, "points per point", NULL,
     "Own proportional gain: points of correction per point of error.",
     CONTROLLER(kp), CONTROLLER(has_custom_gains), NULL, NULL},
    {HM_SECTION_CONTROLLER, "ki", HM_KEY_DECIMAL, 0, 1000, "per minute", NULL,
     "Own integral gain: how fast a lasting error is made up for.",
     CONTROLLER(ki), CONTROLLER(has_custom_gains), NULL, NULL},
    {HM_SECTION_CONTROLLER, "kd", HM_KEY_DECIMAL, 0, 1000, "minutes", NULL,
     "Own derivative gain: how much a changing error is damped.",
     CONTROLLER(kd), CONTROLLER(has_custom_gains), NULL, NULL},
    {HM_SECTION_CONTROLLER, "deadband_points", HM_KEY_DECIMAL, 0, 100, "percentage points", "auto",
     "A smaller deviation from the target moves no miner; auto: the luck of the shares decides.",
     CONTROLLER(deadband_points), HM_KEY_ALWAYS, automatic, NULL},
    {HM_SECTION_CONTROLLER, "evaluation_interval_secs", HM_KEY_WHOLE, 1, 86400, "seconds", "30",
     "How often the split is judged.",
     CONTROLLER(evaluation_interval_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_CONTROLLER, "min_reassignment_interval_secs", HM_KEY_WHOLE, 0, 604800, "seconds",
     "30", "A miner that was moved stays where it is for at least this long.",
     CONTROLLER(min_reassignment_interval_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_CONTROLLER, "measure_on_accepted", HM_KEY_BOOLEAN, NO_RANGE, "", "true",
     "Measure the work that the pools credited (true), or all that was submitted (false).",
     CONTROLLER(measure_on_accepted), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_CONTROLLER, "integral_limit", HM_KEY_DECIMAL, 0, 1000000, "points x minutes", "100",
     "The most error that is remembered: what was missed beyond it is not made up for.",
     CONTROLLER(integral_limit), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_CONTROLLER, "measurement_window_secs", HM_KEY_WHOLE, 10, 86400, "seconds", "600",
     "The time over which delivered work is averaged.",
     CONTROLLER(measurement_window_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_CONTROLLER, "estimator_window_secs", HM_KEY_WHOLE, 60, 604800, "seconds", "14400",
     "The time over which the hashrate of a steady miner is averaged.",
     CONTROLLER(estimator_window_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_CONTROLLER, "time_slicing", HM_KEY_WORD, NO_RANGE, "", "auto",
     "Alternate a miner between pools when the miners are coarser than the targets.",
     CONTROLLER(time_slicing), HM_KEY_ALWAYS, slicing, NULL},
    {HM_SECTION_CONTROLLER, "noise_factor", HM_KEY_DECIMAL, 0, 10, "sigmas", NULL,
     "Own deadband in sigmas of ten minutes' share luck.",
     CONTROLLER(noise_factor), CONTROLLER(has_noise_factor), NULL, NULL},
    {HM_SECTION_CONTROLLER, "hold_secs", HM_KEY_WHOLE, 0, 86400, "seconds", NULL,
     "Own hold time: a deviation lasts this long before a miner is moved for it.",
     CONTROLLER(hold_secs), CONTROLLER(has_hold_secs), NULL, NULL},
    {HM_SECTION_CONTROLLER, "min_improvement", HM_KEY_DECIMAL, 0, 0.5, "of the moved hashrate", NULL,
     "Own least gain: what a move must improve at least, as a fraction of what it moves.",
     CONTROLLER(min_improvement), CONTROLLER(has_min_improvement), NULL, NULL},
    {HM_SECTION_CONTROLLER, "ripple_point_mins", HM_KEY_DECIMAL, 0, 100000, "points x minutes", NULL,
     "Own ripple: the error that may add up before a miner alternates.",
     CONTROLLER(ripple_point_mins), CONTROLLER(has_ripple_point_mins), NULL, NULL},
    {HM_SECTION_CONTROLLER, "dwell_secs", HM_KEY_WHOLE, 0, 604800, "seconds", NULL,
     "Own dwell: the least time between two moves of one miner.",
     CONTROLLER(dwell_secs), CONTROLLER(has_dwell_secs), NULL, NULL},
    {HM_SECTION_CONTROLLER, "reopen", HM_KEY_WORD, NO_RANGE, "", "off",
     "Move a miner that ignores SetExtranoncePrefix by closing its channel (deaf), or never (off).",
     CONTROLLER(reopen), HM_KEY_ALWAYS, reopening, NULL},
    {HM_SECTION_CONTROLLER, "reopen_dwell_secs", HM_KEY_WHOLE, 0, 604800, "seconds", "3600",
     "A reopened miner stays where it is for at least this long.",
     CONTROLLER(reopen_dwell_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_CONTROLLER, "reopen_cost_secs", HM_KEY_WHOLE, 0, 86400, "seconds", "30",
     "What reopening costs: so much of the miner's work. Not weighed yet: only a pool's end reopens.",
     CONTROLLER(reopen_cost_secs), HM_KEY_ALWAYS, NULL, NULL},

    {HM_SECTION_FAILOVER, "auto_redistribute", HM_KEY_BOOLEAN, NO_RANGE, "", "true",
     "Spread the share of a pool that is down over the others, in proportion.",
     FAILOVER(auto_redistribute), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_FAILOVER, "auto_restore", HM_KEY_BOOLEAN, NO_RANGE, "", "true",
     "Give a pool its share again when it is back.",
     FAILOVER(auto_restore), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_FAILOVER, "health_check_interval_secs", HM_KEY_WHOLE, 1, 86400, "seconds", "30",
     "How often a pool that is in doubt is judged again.",
     FAILOVER(health_check_interval_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_FAILOVER, "hold_down_secs", HM_KEY_WHOLE, 0, 86400, "seconds", "30",
     "How long a pool that fails again within an hour is kept out; doubled each time.",
     FAILOVER(hold_down_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_FAILOVER, "hold_down_max_secs", HM_KEY_WHOLE, 0, 604800, "seconds", "600",
     "The longest that it is kept out; at least hold_down_secs.",
     FAILOVER(hold_down_max_secs), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_FAILOVER, "grey_detection", HM_KEY_BOOLEAN, NO_RANGE, "", "true",
     "Take miners from a pool that is connected but rejects or swallows their shares.",
     FAILOVER(grey_detection), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_FAILOVER, "grey_min_shares", HM_KEY_WHOLE, 10, 1000000, "shares", "50",
     "A pool is judged so only after this many answers to shares.",
     FAILOVER(grey_min_shares), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_FAILOVER, "grey_reject_pct", HM_KEY_DECIMAL, 5, 95, "percent", "30",
     "Leave a pool that rejects more than this of its work; below, its rejects are made up for.",
     FAILOVER(grey_reject_pct), HM_KEY_ALWAYS, NULL, NULL},

    {HM_SECTION_UPSTREAM, "address", HM_KEY_ADDRESS, NO_RANGE, "", NULL,
     "Host name or IP address of the pool, without the port.",
     UPSTREAM(address), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_UPSTREAM, "port", HM_KEY_WHOLE, 1, 65535, "", NULL,
     "TCP port of the pool.",
     UPSTREAM(port), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_UPSTREAM, "authority_pubkey", HM_KEY_AUTHORITY, NO_RANGE, "", "",
     "The pool's public key: the proof that it is the pool who answers.",
     UPSTREAM(authority_pubkey), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_UPSTREAM, "user_identity", HM_KEY_IDENTITY, NO_RANGE, "", "",
     "The account at the pool, with which the proxy opens its channels there.",
     UPSTREAM(user_identity), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_UPSTREAM, "percentage", HM_KEY_DECIMAL, 0, 100, "percent", NULL,
     "Target: this pool's part of the farm's work. The enabled pools together: 100.",
     UPSTREAM(percentage), UPSTREAM(has_percentage), NULL, "hashrate_ths"},
    {HM_SECTION_UPSTREAM, "hashrate_ths", HM_KEY_DECIMAL, 0.000001, 999999999, "TH/s", NULL,
     "Absolute target: filled before the percentages share what is left.",
     UPSTREAM(hashrate_ths), UPSTREAM(has_hashrate_ths), NULL, "percentage"},
    {HM_SECTION_UPSTREAM, "min_ths", HM_KEY_DECIMAL, 0, 999999999, "TH/s", NULL,
     "This pool gets at least so much, whatever its percentage comes to.",
     UPSTREAM(min_ths), UPSTREAM(has_min_ths), NULL, NULL},
    {HM_SECTION_UPSTREAM, "max_ths", HM_KEY_DECIMAL, 0.000001, 999999999, "TH/s", NULL,
     "This pool gets at most so much, whatever its percentage comes to.",
     UPSTREAM(max_ths), UPSTREAM(has_max_ths), NULL, NULL},
    {HM_SECTION_UPSTREAM, "priority", HM_KEY_WHOLE, 0, 4294967295.0, "", NULL,
     "Where new miners go first: the smallest number. Each pool has a number of its own.",
     UPSTREAM(priority), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_UPSTREAM, "enabled", HM_KEY_BOOLEAN, NO_RANGE, "", "true",
     "A pool that is not enabled gets no miner, and its percentage does not count.",
     UPSTREAM(enabled), HM_KEY_ALWAYS, NULL, NULL},

    {HM_SECTION_PIN, "user_identity", HM_KEY_PATTERN, NO_RANGE, "", NULL,
     "Which miners: the user_identity that they open their channels with.",
     PIN(user_identity), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_PIN, "upstream", HM_KEY_UPSTREAM, NO_RANGE, "", NULL,
     "Where they work, or stay: nobody moves them from where they are.",
     PIN(upstream), HM_KEY_ALWAYS, NULL, NULL},

    {HM_SECTION_SCHEDULE, "days", HM_KEY_DAYS, 1, 127, "", "all",
     "On which days it begins.",
     SCHEDULE(days), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_SCHEDULE, "from", HM_KEY_TIME, 0, 1439, "", "00:00",
     "From this time of the day on.",
     SCHEDULE(from_min), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_SCHEDULE, "to", HM_KEY_TIME, 1, 1440, "", "24:00",
     "Until this time; one before from is of the next day.",
     SCHEDULE(to_min), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_SCHEDULE, "timezone", HM_KEY_ZONE, 0, 1680, "", "UTC",
     "In which these are told. Daylight saving is not guessed.",
     SCHEDULE(zone), HM_KEY_ALWAYS, NULL, NULL},
    {HM_SECTION_SCHEDULE, "targets", HM_KEY_TARGETS, NO_RANGE, "", NULL,
     "The percentages that hold meanwhile instead of those of the pools.",
     SCHEDULE(targets), HM_KEY_ALWAYS, NULL, NULL},
};
/* clang-format on */

const uint32_t hm_config_key_count = sizeof hm_config_keys / sizeof hm_config_keys[0];
_Static_assert(sizeof hm_config_keys / sizeof hm_config_keys[0] <= HM_CONFIG_KEYS_MAX,
               "a set of keys no longer fits into 64 bits");

const char *hm_section_name(hm_config_section section)
{
    static const char *const names[HM_SECTIONS] = {"controller", "failover", "upstream", "pin",
                                                   "schedule"};
    return names[section];
}

const char *hm_section_title(hm_config_section section)
{
    static const char *const titles[HM_SECTIONS] = {"controller", "failover", "upstream.<id>",
                                                    "pin.<name>", "schedule.<name>"};
    return titles[section];
}

int hm_section_repeats(hm_config_section section)
{
    return section >= HM_SECTION_UPSTREAM;
}

uint32_t hm_section_rows(const hm_config *config, hm_config_section section)
{
    switch (section) {
    case HM_SECTION_UPSTREAM:
        return config->upstream_count < HMX_UPSTREAMS_MAX ? config->upstream_count
                                                          : HMX_UPSTREAMS_MAX;
    case HM_SECTION_PIN:
        return config->pin_count < HM_CONFIG_PINS_MAX ? config->pin_count : HM_CONFIG_PINS_MAX;
    case HM_SECTION_SCHEDULE:
        return config->schedule_count < HM_CONFIG_SCHEDULES_MAX ? config->schedule_count
                                                                : HM_CONFIG_SCHEDULES_MAX;
    default:
        return 1;
    }
}

static const char *name_at(const hm_config *config, hm_config_section section, uint32_t row)
{
    switch (section) {
    case HM_SECTION_PIN:
        return config->pins[row].name;
    case HM_SECTION_SCHEDULE:
        return config->schedules[row].name;
    default:
        return config->upstreams[row].id;
    }
}

size_t hm_config_row_name(const hm_config *config, hm_config_section section, uint32_t row,
                          const char **name)
{
    *name = name_at(config, section, row);
    const char *const end = (const char *)memchr(*name, '\0', HMX_ID_SIZE);
    return end == NULL ? HMX_ID_SIZE : (size_t)(end - *name);
}

uint32_t hm_section_add_row(hm_config *config, hm_config_section section, const char *name,
                            uint32_t most)
{
    uint32_t *const count = section == HM_SECTION_PIN        ? &config->pin_count
                            : section == HM_SECTION_SCHEDULE ? &config->schedule_count
                                                             : &config->upstream_count;
    const uint32_t room = section == HM_SECTION_PIN        ? HM_CONFIG_PINS_MAX
                          : section == HM_SECTION_SCHEDULE ? HM_CONFIG_SCHEDULES_MAX
                                                           : most;
    const size_t len = strlen(name);
    if (*count >= room) {
        return HM_SECTION_ROWS_FULL;
    }
    const uint32_t row = (*count)++;
    char *const to = (char *)config + (name_at(config, section, row) - (const char *)config);
    memcpy(to, name, len < HMX_ID_SIZE ? len : HMX_ID_SIZE - 1);
    return row;
}

uint32_t hm_config_row_number(hm_config_section section, uint32_t row)
{
    switch (section) {
    case HM_SECTION_UPSTREAM:
        return 1 + row;
    case HM_SECTION_PIN:
        return 1 + HMX_UPSTREAMS_MAX + row;
    case HM_SECTION_SCHEDULE:
        return 1 + HMX_UPSTREAMS_MAX + HM_CONFIG_PINS_MAX + row;
    default:
        return 0;
    }
}

int hm_config_is_id(const char *id, size_t len)
{
    int good = len >= 1 && len <= ID_LEN_MAX;
    for (size_t i = 0; good && i < len; i++) {
        const char c = id[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }
    return good;
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

const void *hm_config_row_const(const hm_config *config, const hm_config_key *key, uint32_t row)
{
    switch (key->section) {
    case HM_SECTION_UPSTREAM:
        return &config->upstreams[row];
    case HM_SECTION_PIN:
        return &config->pins[row];
    case HM_SECTION_SCHEDULE:
        return &config->schedules[row];
    default:
        return config;
    }
}

void *hm_config_row(hm_config *config, const hm_config_key *key, uint32_t row)
{
    return (char *)config +
           ((const char *)hm_config_row_const(config, key, row) - (const char *)config);
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

static void add_number(const hm_config_key *key, double value, hm_text *out)
{
    if (key->type == HM_KEY_WHOLE) {
        hm_text_add_u64(out, (uint64_t)value);
    } else {
        hm_text_add_decimal(out, value);
    }
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
        for (const hm_key_word *w = key->words; w != NULL && w->word != NULL; w++) {
            hm_text_addf(out, "%s, or ", w->word);
        }
        add_number(key, key->min, out);
        hm_text_add(out, "..");
        add_number(key, key->max, out);
        hm_text_addf(out, "%s%s", key->unit[0] == '\0' ? "" : " ", key->unit);
        hm_text_add(out, key->type == HM_KEY_WHOLE ? ", a whole number" : ", six decimals at most");
        break;
    case HM_KEY_ADDRESS:
        hm_text_add(out, "a host name, an IPv4 or an IPv6 address, 1..160 characters");
        break;
    case HM_KEY_AUTHORITY:
        hm_text_add(out, "Base58Check (51 characters from 9 on), or 64 or 66 hexadecimal digits");
        break;
    case HM_KEY_IDENTITY:
        hm_text_add(out, "at most 160 bytes of printable text");
        break;
    case HM_KEY_PATTERN:
        hm_text_add(out, "1..128 bytes of printable text; * stands for any text, also for none");
        break;
    case HM_KEY_UPSTREAM:
        hm_text_add(out, "the id of an [upstream.<id>], or " HM_CONFIG_STAY);
        break;
    case HM_KEY_DAYS:
        hm_text_add(out, "all, or days such as mon-fri or sat sun");
        break;
    case HM_KEY_TIME:
        hm_text_add(out, "a time of day, ");
        hm_time_print((uint32_t)key->min, out);
        hm_text_add(out, "..");
        hm_time_print((uint32_t)key->max, out);
        break;
    case HM_KEY_ZONE:
        hm_text_add(out, "UTC, or an offset from it such as +05:30, up to 14:00");
        break;
    case HM_KEY_TARGETS:
        hm_text_add(out, "id:percent of pools that have a percentage, each once, 100 together; "
                         "the others get 0");
        break;
    }
}

void hm_config_key_describe(const hm_config_key *key, hm_text *out)
{
    hm_config_key_allowed(key, out);
    if (key->instead != NULL) {
        hm_text_addf(out, "; this or %s must be given, not both", key->instead);
    } else if (key->given_offset != HM_KEY_ALWAYS) {
        hm_text_add(out, "; not set by default");
    } else if (key->default_value == NULL) {
        hm_text_add(out, "; must be given");
    } else {
        hm_text_addf(out, "; default %s",
                     key->default_value[0] == '\0' ? "empty" : key->default_value);
    }
}
