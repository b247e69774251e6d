/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config: reading a configuration, everything or nothing.
 */
#include "plugin/config/config.h"

#include <math.h>
#include <string.h>

#include "plugin/config/config_keys.h"
#include "plugin/config/config_rules.h"
#include "plugin/config/ini.h"

#define NO_SECTION HM_SECTIONS /* a section whose keys are not looked at */

/* One load under way. On the host's heap: it is too large for somebody else's stack. */
typedef struct hm_loading {
    hm_config config;
    hm_problems problems;
    hm_problems warnings;
    hm_config_gaps gaps;
    hm_config_section section; /* in work, or NO_SECTION */
    uint32_t row;              /* in work: of an upstream or a pin */
    uint32_t upstreams_max;
    uint32_t refused[HM_SECTIONS];          /* sections beyond the most that are allowed */
    uint32_t unknown[HM_SECTIONS];          /* keys that are not known */
    uint8_t torn[HM_CONFIG_ROWS];           /* lines of its section could not be read */
    uint32_t section_lines[HM_CONFIG_ROWS]; /* of upstreams and pins */
    uint32_t key_lines[HM_CONFIG_ROWS][HM_CONFIG_KEYS_MAX]; /* 0 = not in the file */
} hm_loading;

static uint32_t *key_line(hm_loading *l, uint32_t row, uint32_t key)
{
    return &l->key_lines[hm_config_row_number(hm_config_keys[key].section, row)][key];
}

static void mark_gap(hm_loading *l, uint32_t row, uint32_t key)
{
    const uint32_t number = hm_config_row_number(hm_config_keys[key].section, row);
    l->gaps.keys[number] |= UINT64_C(1) << key;
}

/* The problem gets "[section] " in front: the line tells where, this tells in what. */
static void add_problem(hm_loading *l, uint32_t line, hm_config_place place, const char *sentence)
{
    char whole[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, whole, sizeof whole);
    hm_config_add_place(&l->config, place, &t);
    hm_text_add(&t, sentence);
    hm_problems_add(&l->problems, line, whole);
}

static hm_config_place place_of(uint32_t row, uint32_t key)
{
    return (hm_config_place){hm_config_keys[key].section, row, key, hm_config_key_count};
}

/* Gives the keys of one section their defaults. The table's defaults are legal (a test says so). */
static void set_defaults(hm_config *config, hm_config_section section, uint32_t row)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        if (key->default_value != NULL && key->section == section) {
            hm_text nowhere;
            hm_text_init(&nowhere, NULL, 0);
            (void)hm_config_key_read(key, key->default_value, hm_config_row(config, key, row),
                                     &nowhere);
        }
    }
}

void hm_config_defaults(hm_config *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned s = 0; s < HM_SECTIONS; s++) {
        if (!hm_section_repeats((hm_config_section)s)) {
            set_defaults(out, (hm_config_section)s, 0);
        }
    }
}

/* Tells only of the first section that is too many. */
static void refuse_row(hm_loading *l, hm_config_section section, uint32_t line)
{
    if (l->refused[section]++ > 0) {
        return;
    }
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    if (section == HM_SECTION_PIN) {
        hm_text_addf(&t, "one pin too many; at most %u are allowed", HM_CONFIG_PINS_MAX);
    } else if (section == HM_SECTION_SCHEDULE) {
        hm_text_addf(&t, "one schedule too many; at most %u are allowed", HM_CONFIG_SCHEDULES_MAX);
    } else {
        hm_text_addf(&t, "one upstream too many; the host handles at most %lu",
                     (unsigned long)l->upstreams_max);
    }
    hm_problems_add(&l->problems, line, sentence);
}

/* [upstream.<name>], [pin.<name>] or [schedule.<name>]: a new row. */
static void begin_row(hm_loading *l, hm_config_section section, const char *name, uint32_t line)
{
    /* A name that is too long for us may be cut here: it stays too long, and is refused as such. */
    const uint32_t row = hm_section_add_row(&l->config, section, name, l->upstreams_max);
    if (row == HM_SECTION_ROWS_FULL) {
        l->gaps.sections = l->gaps.sections || section == HM_SECTION_UPSTREAM;
        refuse_row(l, section, line);
        return;
    }
    l->section = section;
    l->row = row;
    l->section_lines[hm_config_row_number(section, row)] = line;
    set_defaults(&l->config, section, row);
}

static void on_section(void *ctx, const char *section, uint32_t line)
{
    hm_loading *const l = (hm_loading *)ctx;
    l->section = NO_SECTION;
    if (section == NULL) {
        l->gaps.sections = 1;
        return;
    }
    for (unsigned s = 0; s < HM_SECTIONS; s++) {
        const hm_config_section known = (hm_config_section)s;
        const char *const name = hm_section_name(known);
        const size_t len = strlen(name);
        if (!hm_section_repeats(known) && strcmp(section, name) == 0) {
            l->section = known;
            return;
        }
        if (hm_section_repeats(known) && strncmp(section, name, len) == 0 && section[len] == '.') {
            begin_row(l, known, section + len + 1, line);
            return;
        }
    }
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_config_unknown_section(section, &t);
    l->gaps.sections = 1; /* perhaps an upstream whose name was mistyped */
    hm_problems_add(&l->problems, line, sentence);
}

static void on_key(void *ctx, const char *section, const char *name, const char *value,
                   uint32_t line)
{
    hm_loading *const l = (hm_loading *)ctx;
    if (l->section == NO_SECTION) {
        return;
    }
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    const uint32_t k = hm_config_key_find(l->section, name);
    if (k == hm_config_key_count) {
        hm_config_unknown_key(l->section, section, name, l->unknown[l->section]++ == 0, &t);
        hm_problems_add(&l->problems, line, sentence);
        return;
    }
    uint32_t *const seen = key_line(l, l->row, k);
    if (*seen != 0) {
        hm_text_addf(&t, "key '%s' comes twice, first in line %lu", name, (unsigned long)*seen);
        add_problem(l, line, place_of(l->row, k), sentence);
        return;
    }
    *seen = line;
    const hm_config_key *const key = &hm_config_keys[k];
    if (hm_config_key_read(key, value, hm_config_row(&l->config, key, l->row), &t) != HMX_OK) {
        hm_config_value_hint(value, &t);
        mark_gap(l, l->row, k);
        add_problem(l, line, place_of(l->row, k), sentence);
    }
}

static void on_torn(void *ctx)
{
    hm_loading *const l = (hm_loading *)ctx;
    if (l->section != NO_SECTION && hm_section_repeats(l->section)) {
        l->torn[hm_config_row_number(l->section, l->row)] = 1;
    }
}

/* The keys of a row that must be given and are not: told at the line of its section. */
static void find_missing(hm_loading *l, hm_config_section section, uint32_t row)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        if (key->section != section || key->given_offset != HM_KEY_ALWAYS ||
            key->default_value != NULL || *key_line(l, row, k) != 0) {
            continue;
        }
        mark_gap(l, row, k);
        if (l->torn[hm_config_row_number(section, row)]) {
            continue; /* perhaps it stands in a line that was refused */
        }
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        hm_text_addf(&t, "key '%s' is missing; allowed: ", key->name);
        hm_config_key_allowed(key, &t);
        add_problem(l, l->section_lines[hm_config_row_number(section, row)], place_of(row, k),
                    sentence);
    }
}

static int same_set(const hm_config_key *a, const hm_config_key *b)
{
    return a->section == b->section && a->given_offset == b->given_offset;
}

/* Keys that are given together or not at all: judges the set of which row k was seen first. */
static void join_set(hm_loading *l, uint32_t row, uint32_t first)
{
    const hm_config_key *const key = &hm_config_keys[first];
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    const char *separator = "";
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "'%s' without ", key->name);
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        if (same_set(key, &hm_config_keys[k]) && *key_line(l, row, k) == 0) {
            hm_text_addf(&t, "%s'%s'", separator, hm_config_keys[k].name);
            separator = " and ";
        }
    }
    if (separator[0] == '\0') {
        const uint32_t given = 1;
        memcpy((char *)hm_config_row(&l->config, key, row) + key->given_offset, &given,
               sizeof given);
        return;
    }
    hm_text_add(&t, "; allowed: all of the set or none of it:");
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        if (same_set(key, &hm_config_keys[k])) {
            hm_text_addf(&t, " %s", hm_config_keys[k].name);
        }
    }
    add_problem(l, *key_line(l, row, first), place_of(row, first), sentence);
}

/* Every set of which a key was seen, once. */
static void join_sets(hm_loading *l, hm_config_section section, uint32_t row)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        int first = key->given_offset != HM_KEY_ALWAYS && key->section == section &&
                    *key_line(l, row, k) != 0;
        for (uint32_t before = 0; first && before < k; before++) {
            first = !same_set(key, &hm_config_keys[before]) || *key_line(l, row, before) == 0;
        }
        if (first) {
            join_set(l, row, k);
        }
    }
}

static uint32_t line_of(hm_loading *l, hm_config_place place, uint32_t key)
{
    return key < hm_config_key_count ? *key_line(l, place.row, key) : 0;
}

/* The rules' complaints, each at the line of the key that it is about. Of two keys it is the later
 * line; one of them may have its default. */
static void complain_at_line(void *ctx, hm_config_place place, const char *sentence)
{
    hm_loading *const l = (hm_loading *)ctx;
    const uint32_t key = line_of(l, place, place.key);
    const uint32_t other = line_of(l, place, place.other_key);
    uint32_t line = key > other ? key : other;
    if (line == 0) {
        line = place.section < HM_SECTIONS && hm_section_repeats(place.section)
                   ? l->section_lines[hm_config_row_number(place.section, place.row)]
                   : HM_PROBLEM_NO_LINE;
    }
    add_problem(l, line, place, sentence);
}

static void warn(hm_loading *l, hm_config_place place, const char *sentence)
{
    char whole[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, whole, sizeof whole);
    hm_config_add_place(&l->config, place, &t);
    hm_text_add(&t, sentence);
    const uint32_t line = line_of(l, place, place.key);
    hm_problems_add(
        &l->warnings,
        line != 0 ? line : l->section_lines[hm_config_row_number(place.section, place.row)], whole);
}

/* A value outside of what is of use: the border is taken instead. */
static void warn_outside(hm_loading *l, const char *name, double least, double most,
                         const char *what)
{
    const uint32_t k = hm_config_key_find(HM_SECTION_CONTROLLER, name);
    const hm_config_key *const key = &hm_config_keys[k];
    const void *const row = hm_config_row_const(&l->config, key, 0);
    const double value = hm_config_key_number(key, row);
    if (!hm_config_key_given(key, row) || (value >= least && value <= most)) {
        return;
    }
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "%s ", name);
    hm_text_add_decimal(&t, value);
    hm_text_addf(&t, " is so %s: ", what);
    hm_text_add_decimal(&t, value < least ? least : most);
    hm_text_add(&t, " is used");
    warn(l, place_of(0, k), sentence);
}

/* What is legal and doubtful. Only of a configuration without problems. */
static void find_warnings(hm_loading *l)
{
    const uint32_t authority = hm_config_key_find(HM_SECTION_UPSTREAM, "authority_pubkey");
    warn_outside(l, "noise_factor", HM_NOISE_FACTOR_LEAST, INFINITY,
                 "little that luck would move miners");
    warn_outside(l, "estimator_window_secs", HM_ESTIMATOR_WINDOW_LEAST, INFINITY,
                 "short that luck would move miners");
    warn_outside(l, "min_improvement", 0.0, HM_MIN_IMPROVEMENT_MOST,
                 "much that nobody would ever be moved");
    for (uint32_t u = 0; u < l->config.upstream_count; u++) {
        if (!l->config.upstreams[u].has_key) {
            warn(l, place_of(u, authority),
                 "authority_pubkey is empty: whoever answers at this address is taken for the "
                 "pool");
        }
    }
    const uint32_t identity = hm_config_key_find(HM_SECTION_PIN, "user_identity");
    for (uint32_t p = 0; p < l->config.pin_count; p++) {
        const uint32_t before = hm_config_pin_hidden_by(&l->config, p);
        if (before < p) {
            char sentence[HM_PROBLEM_TEXT_SIZE];
            hm_text t;
            hm_text_init(&t, sentence, sizeof sentence);
            hm_text_addf(&t,
                         "no miner is left for this pin: [pin.%s] stands before it and takes all "
                         "that it matches",
                         l->config.pins[before].name);
            warn(l, place_of(p, identity), sentence);
        }
    }
}

/* Everything that is judged once all lines were read. */
static void judge_whole(hm_loading *l)
{
    for (unsigned s = 0; s < HM_SECTIONS; s++) {
        const hm_config_section section = (hm_config_section)s;
        for (uint32_t r = 0; r < hm_section_rows(&l->config, section); r++) {
            find_missing(l, section, r);
            join_sets(l, section, r);
        }
    }
    const hm_config_judge judge = {&l->gaps, 0, l, complain_at_line};
    (void)hm_config_judge_all(&l->config, &judge);
    if (l->problems.count == 0) {
        find_warnings(l);
    }
}

static hmx_status parse(const hm_memory *memory, hm_loading *l, const char *data, size_t len)
{
    const hm_ini_handler handler = {l, on_section, on_key, on_torn};
    hm_config_defaults(&l->config);
    l->section = NO_SECTION;
    const hmx_status status = hm_ini_parse(memory, data, len, &handler, &l->problems);
    if (status == HMX_OK) {
        judge_whole(l);
    }
    return status == HMX_OK && l->problems.count > 0 ? HMX_E_CONFIG : status;
}

static hmx_status load(const hm_memory *memory, const char *path, hmx_view text, hm_loading *l)
{
    if (path == NULL) {
        /* More than fits into size_t is more than the reader takes anyway. */
        const size_t len = text.len > SIZE_MAX ? SIZE_MAX : (size_t)text.len;
        return parse(memory, l, (const char *)text.data, len);
    }
    hm_ini_file file = {NULL, 0, 0};
    hmx_status status = hm_ini_open(memory, path, &file, &l->problems);
    if (status == HMX_OK) {
        status = parse(memory, l, file.data, file.len);
        hm_ini_close(memory, &file);
    }
    return status;
}

hmx_status hm_config_load(const hm_memory *memory, const char *path, hmx_view text,
                          uint32_t upstreams_max, hm_config *out, hm_text *why, hm_text *warnings)
{
    if ((path == NULL) == (text.data == NULL)) {
        hm_text_add(why, "give either the path of a configuration file or its text");
        return HMX_E_INVALID;
    }
    hmx_status status = HMX_E_NOMEM;
    hm_loading *const l =
        (hm_loading *)hm_alloc(memory, 1, sizeof(hm_loading), _Alignof(hm_loading));
    if (l != NULL) {
        l->upstreams_max = upstreams_max == 0 || upstreams_max > HMX_UPSTREAMS_MAX
                               ? HMX_UPSTREAMS_MAX
                               : upstreams_max;
        status = load(memory, path, text, l);
    }
    const char *const name = path != NULL ? path : "<text>";
    if (status == HMX_OK) {
        memcpy(out, &l->config, sizeof *out);
        hm_problems_print(&l->warnings, name, warnings);
    } else if (status == HMX_E_NOMEM) {
        hm_text_add(why, "the host has no memory for the configuration");
    } else {
        hm_problems_print(&l->problems, name, why);
    }
    hm_free(memory, l, 1, sizeof(hm_loading), _Alignof(hm_loading));
    return status;
}
