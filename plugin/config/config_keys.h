/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config_keys: the one table of all configuration keys.
 *
 * Responsible for: which sections and keys there are, their types, ranges, units, defaults and
 * help; reading and printing one value. The loader, the rules, the writer, the refusals that list
 * what is known, and the test of plugin.ini.example all use this table: a new key is one row (and
 * the field that it fills). Leaves to others: rules between keys (config_rules.h).
 */
#ifndef PLUGIN_CONFIG_CONFIG_KEYS_H
#define PLUGIN_CONFIG_CONFIG_KEYS_H

#include "plugin/config/config.h"

#define HM_CONFIG_KEYS_MAX 64 /* a set of keys is a uint64_t */

typedef enum hm_config_section {
    HM_SECTION_CONTROLLER,
    HM_SECTION_FAILOVER,
    HM_SECTION_UPSTREAM, /* [upstream.<id>], one per upstream; those above come once or not at all
                          */
    HM_SECTION_PIN,      /* [pin.<name>], one per pin */
    HM_SECTION_SCHEDULE, /* [schedule.<name>], one per schedule */
    HM_SECTIONS
} hm_config_section;

/* Everything that has keys, numbered through: what comes once, then upstreams, pins, schedules. */
#define HM_CONFIG_ROWS (1 + HMX_UPSTREAMS_MAX + HM_CONFIG_PINS_MAX + HM_CONFIG_SCHEDULES_MAX)

typedef enum hm_key_type {
    HM_KEY_BOOLEAN,   /* uint32_t 0 or 1 */
    HM_KEY_WHOLE,     /* uint32_t, min..max */
    HM_KEY_DECIMAL,   /* double, min..max, millionths; or a word of `words`, kept as -1 */
    HM_KEY_WORD,      /* uint32_t, one of `words` */
    HM_KEY_ADDRESS,   /* char[HMX_ADDRESS_SIZE] */
    HM_KEY_AUTHORITY, /* char[HM_CONFIG_AUTHORITY_SIZE]; also fills key and has_key beside it */
    HM_KEY_PATTERN,   /* char[HM_CONFIG_PATTERN_SIZE] */
    HM_KEY_UPSTREAM,  /* char[HMX_ID_SIZE]: the form of an id, or HM_CONFIG_STAY */
    HM_KEY_IDENTITY,  /* char[HMX_IDENTITY_SIZE]: a user_identity, may be empty */
    HM_KEY_DAYS,      /* uint32_t, as the next two: schedule.h */
    HM_KEY_TIME,
    HM_KEY_ZONE,
    HM_KEY_TARGETS /* char[HM_CONFIG_TARGETS_SIZE] */
} hm_key_type;

/* A word and what it stands for. A list ends with a NULL word. */
typedef struct hm_key_word {
    const char *word;
    uint32_t value;
} hm_key_word;

#define HM_KEY_ALWAYS SIZE_MAX /* given_offset of a key that always has a value */

typedef struct hm_config_key {
    hm_config_section section;
    const char *name;
    hm_key_type type;
    double min; /* of a number */
    double max;
    const char *unit;          /* in words for people; "" = none */
    const char *default_value; /* as it would stand in the file; NULL = must be given */
    const char *help;          /* one line */
    size_t offset;             /* of the field in its row: hm_config_row */
    size_t given_offset;      /* of the uint32_t that is 1 when the key is given: keys that share it
                                 are given together or not at all */
    const hm_key_word *words; /* of a word */
    const char *instead;      /* the key of this section that may be given in its place: exactly one
                                 of the two is; NULL = none */
} hm_config_key;

extern const hm_config_key hm_config_keys[];
extern const uint32_t hm_config_key_count;

/* "controller", "failover", "upstream", "pin", "schedule" */
const char *hm_section_name(hm_config_section section);

/* What stands in [ ]: "controller", "upstream.<id>", ... Static. */
const char *hm_section_title(hm_config_section section);

/* 1 for a section of which there is one per row: [upstream.*], [pin.*], [schedule.*]. */
int hm_section_repeats(hm_config_section section);

/* How many rows of such a section the configuration has, never beyond the array; else 1. */
uint32_t hm_section_rows(const hm_config *config, hm_config_section section);

/* Begins one more row of such a section, with its name cut to fit. HM_SECTION_ROWS_FULL when there
 * is no room; most: of upstreams. */
#define HM_SECTION_ROWS_FULL UINT32_MAX
uint32_t hm_section_add_row(hm_config *config, hm_config_section section, const char *name,
                            uint32_t most);

/* The name of a row, which may be anything and not terminated; returns its length. */
size_t hm_config_row_name(const hm_config *config, hm_config_section section, uint32_t row,
                          const char **name);

/* 0..HM_CONFIG_ROWS - 1 */
uint32_t hm_config_row_number(hm_config_section section, uint32_t row);

/* 1 for 1..32 of the characters a-z, 0-9, _ and -. */
int hm_config_is_id(const char *id, size_t len);

/* The words of a boolean or a word, the one to be written first. */
const hm_key_word *hm_config_key_words(const hm_config_key *key);

/* The key's index, or hm_config_key_count. */
uint32_t hm_config_key_find(hm_config_section section, const char *name);

/* Where the key's row lives: the configuration itself, or its upstream or pin number `row`
 * (0-based). */
void *hm_config_row(hm_config *config, const hm_config_key *key, uint32_t row);
const void *hm_config_row_const(const hm_config *config, const hm_config_key *key, uint32_t row);

/* 1 when the row has a value for this key. */
int hm_config_key_given(const hm_config_key *key, const void *row);

/* Reads a value from the file into the row. HMX_E_CONFIG: nothing changed, `why` got the sentence.
 * Keys that are given together: who calls this also sets the uint32_t at given_offset. */
hmx_status hm_config_key_read(const hm_config_key *key, const char *value, void *row, hm_text *why);

/* Judges the value that the row has. */
hmx_status hm_config_key_check(const hm_config_key *key, const void *row, hm_text *why);

/* The value of a number (HM_KEY_WHOLE, HM_KEY_DECIMAL). */
double hm_config_key_number(const hm_config_key *key, const void *row);

/* Appends the value as the file would have it. */
void hm_config_key_print(const hm_config_key *key, const void *row, hm_text *out);

/* Appends what is allowed: "0..100 percent", "true, false, ...". */
void hm_config_key_allowed(const hm_config_key *key, hm_text *out);

/* Appends "0..100 points; default 0.5", "... ; must be given": the line that stands above the key
 * in a written configuration and in plugin.ini.example. */
void hm_config_key_describe(const hm_config_key *key, hm_text *out);

/* Appends "unknown key 'x' in [section]", what may have been meant, and with `lists` the keys that
 * are known. */
void hm_config_unknown_key(hm_config_section section, const char *section_text, const char *name,
                           int lists, hm_text *out);

/* Appends to the reason of a refusal what a value looks like it was meant to be: one in quotes, a
 * variable. */
void hm_config_value_hint(const char *value, hm_text *out);

/* The same for a section. */
void hm_config_unknown_section(const char *section_text, hm_text *out);

/* Judges a host name or an IP address. HMX_E_CONFIG: `why` got the second half of a sentence. */
hmx_status hm_address_check(const char *address, hm_text *why);

#endif
