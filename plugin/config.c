/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config.c: reading a configuration, everything or nothing.
 */
#include "plugin/config.h"

#include <string.h>

#include "plugin/config_keys.h"
#include "plugin/config_rules.h"
#include "plugin/ini.h"

#define UPSTREAM_PREFIX "upstream."
#define NO_SECTION      HM_SECTIONS /* a section whose keys are not looked at */

/* One load under way. On the host's heap: it is too large for somebody else's stack. */
typedef struct hm_loading {
    hm_config config;
    hm_problems problems;
    hm_problems warnings;
    hm_config_gaps gaps;
    hm_config_section section; /* in work, or NO_SECTION */
    uint32_t upstream;         /* in work, with HM_SECTION_UPSTREAM */
    uint32_t upstreams_max;
    uint32_t refused_upstreams;                 /* sections beyond upstreams_max */
    uint32_t upstream_lines[HMX_UPSTREAMS_MAX]; /* of each section; 0 = none */
    uint32_t general_key_lines[HM_CONFIG_KEYS_MAX];
    uint32_t upstream_key_lines[HMX_UPSTREAMS_MAX][HM_CONFIG_KEYS_MAX]; /* 0 = not in the file */
} hm_loading;

static uint32_t *key_line(hm_loading *l, uint32_t upstream, uint32_t key)
{
    return hm_config_keys[key].section == HM_SECTION_UPSTREAM
               ? &l->upstream_key_lines[upstream][key]
               : &l->general_key_lines[key];
}

static void mark_gap(hm_loading *l, uint32_t upstream, uint32_t key)
{
    const uint64_t bit = UINT64_C(1) << key;
    if (hm_config_keys[key].section == HM_SECTION_UPSTREAM) {
        l->gaps.upstreams[upstream] |= bit;
    } else {
        l->gaps.general |= bit;
    }
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

static hm_config_place place_of(const hm_loading *l, uint32_t key)
{
    const int of_upstream = hm_config_keys[key].section == HM_SECTION_UPSTREAM;
    return (hm_config_place){of_upstream ? l->upstream : HM_RULE_NO_UPSTREAM, key};
}

/* Gives the keys of one section their defaults. The table's defaults are legal (a test says so). */
static void set_defaults(hm_config *config, int of_upstream, uint32_t upstream)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        if (key->default_value != NULL && (key->section == HM_SECTION_UPSTREAM) == of_upstream) {
            hm_text nowhere;
            hm_text_init(&nowhere, NULL, 0);
            (void)hm_config_key_read(key, key->default_value, hm_config_row(config, key, upstream),
                                     &nowhere);
        }
    }
}

void hm_config_defaults(hm_config *out)
{
    memset(out, 0, sizeof *out);
    set_defaults(out, 0, 0);
}

static void begin_upstream(hm_loading *l, const char *id, uint32_t line)
{
    if (l->config.upstream_count >= l->upstreams_max) {
        l->gaps.sections = 1;
        if (l->refused_upstreams++ == 0) {
            char sentence[HM_PROBLEM_TEXT_SIZE];
            hm_text t;
            hm_text_init(&t, sentence, sizeof sentence);
            hm_text_addf(&t, "one upstream too many; the host handles at most %lu",
                         (unsigned long)l->upstreams_max);
            hm_problems_add(&l->problems, line, sentence);
        }
        return;
    }
    l->section = HM_SECTION_UPSTREAM;
    l->upstream = l->config.upstream_count++;
    l->upstream_lines[l->upstream] = line;
    hm_config_upstream *const u = &l->config.upstreams[l->upstream];
    /* A section name is so short that even an id too long for us fits into the struct. */
    _Static_assert(HM_INI_NAME_MAX - (sizeof UPSTREAM_PREFIX - 1) < HMX_ID_SIZE,
                   "an id may not fit");
    memcpy(u->id, id, strlen(id));
    set_defaults(&l->config, 1, l->upstream);
}

static void on_section(void *ctx, const char *section, uint32_t line)
{
    hm_loading *const l = (hm_loading *)ctx;
    const size_t prefix = sizeof UPSTREAM_PREFIX - 1;
    l->section = NO_SECTION;
    if (section == NULL) {
        l->gaps.sections = 1;
        return;
    }
    if (strncmp(section, UPSTREAM_PREFIX, prefix) == 0) {
        begin_upstream(l, section + prefix, line);
        return;
    }
    for (unsigned s = 0; s < HM_SECTION_UPSTREAM; s++) {
        if (strcmp(section, hm_section_name((hm_config_section)s)) == 0) {
            l->section = (hm_config_section)s;
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
        hm_config_unknown_key(l->section, section, name, &t);
        hm_problems_add(&l->problems, line, sentence);
        return;
    }
    uint32_t *const seen = key_line(l, l->upstream, k);
    if (*seen != 0) {
        hm_text_addf(&t, "key '%s' comes twice, first in line %lu", name, (unsigned long)*seen);
        add_problem(l, line, place_of(l, k), sentence);
        return;
    }
    *seen = line;
    const hm_config_key *const key = &hm_config_keys[k];
    if (hm_config_key_read(key, value, hm_config_row(&l->config, key, l->upstream), &t) != HMX_OK) {
        mark_gap(l, l->upstream, k);
        add_problem(l, line, place_of(l, k), sentence);
    }
}

/* A key that must be given and is not: told at the line of its section. */
static void find_missing(hm_loading *l)
{
    for (uint32_t u = 0; u < l->config.upstream_count; u++) {
        for (uint32_t k = 0; k < hm_config_key_count; k++) {
            const hm_config_key *const key = &hm_config_keys[k];
            if (key->section != HM_SECTION_UPSTREAM || key->given_offset != HM_KEY_ALWAYS ||
                key->default_value != NULL || *key_line(l, u, k) != 0) {
                continue;
            }
            char sentence[HM_PROBLEM_TEXT_SIZE];
            hm_text t;
            hm_text_init(&t, sentence, sizeof sentence);
            hm_text_addf(&t, "key '%s' is missing; allowed: ", key->name);
            hm_config_key_allowed(key, &t);
            mark_gap(l, u, k);
            add_problem(l, l->upstream_lines[u], (hm_config_place){u, k}, sentence);
        }
    }
}

static int same_set(const hm_config_key *a, const hm_config_key *b)
{
    return a->section == b->section && a->given_offset == b->given_offset;
}

/* Keys that are given together or not at all: judges the set of which row k was seen first. */
static void join_set(hm_loading *l, uint32_t upstream, uint32_t first)
{
    const hm_config_key *const key = &hm_config_keys[first];
    uint32_t missing = hm_config_key_count;
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        if (same_set(key, &hm_config_keys[k]) && *key_line(l, upstream, k) == 0) {
            missing = k;
        }
    }
    if (missing == hm_config_key_count) {
        const uint32_t given = 1;
        memcpy((char *)hm_config_row(&l->config, key, upstream) + key->given_offset, &given,
               sizeof given);
        return;
    }
    char sentence[HM_PROBLEM_TEXT_SIZE];
    hm_text t;
    hm_text_init(&t, sentence, sizeof sentence);
    hm_text_addf(&t, "'%s' without '%s'; allowed: all of the set or none of it:", key->name,
                 hm_config_keys[missing].name);
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        if (same_set(key, &hm_config_keys[k])) {
            hm_text_addf(&t, " %s", hm_config_keys[k].name);
        }
    }
    const int of_upstream = key->section == HM_SECTION_UPSTREAM;
    add_problem(l, *key_line(l, upstream, first),
                (hm_config_place){of_upstream ? upstream : HM_RULE_NO_UPSTREAM, first}, sentence);
}

/* Every set of which a key was seen, once. */
static void join_sets(hm_loading *l, uint32_t upstream, int of_upstream)
{
    for (uint32_t k = 0; k < hm_config_key_count; k++) {
        const hm_config_key *const key = &hm_config_keys[k];
        int first = key->given_offset != HM_KEY_ALWAYS &&
                    (key->section == HM_SECTION_UPSTREAM) == of_upstream &&
                    *key_line(l, upstream, k) != 0;
        for (uint32_t before = 0; first && before < k; before++) {
            first = !same_set(key, &hm_config_keys[before]) || *key_line(l, upstream, before) == 0;
        }
        if (first) {
            join_set(l, upstream, k);
        }
    }
}

/* The rules' complaints, each at the line of the key that it is about. */
static void complain_at_line(void *ctx, hm_config_place place, const char *sentence)
{
    hm_loading *const l = (hm_loading *)ctx;
    uint32_t line = HM_PROBLEM_NO_LINE;
    if (place.key < hm_config_key_count) {
        line = *key_line(l, place.upstream, place.key);
    } else if (place.upstream != HM_RULE_NO_UPSTREAM) {
        line = l->upstream_lines[place.upstream];
    }
    add_problem(l, line, place, sentence);
}

static void find_warnings(hm_loading *l)
{
    const uint32_t authority = hm_config_key_find(HM_SECTION_UPSTREAM, "authority_pubkey");
    for (uint32_t u = 0; u < l->config.upstream_count; u++) {
        if (l->config.upstreams[u].has_key) {
            continue;
        }
        char sentence[HM_PROBLEM_TEXT_SIZE];
        hm_text t;
        hm_text_init(&t, sentence, sizeof sentence);
        hm_config_add_place(&l->config, (hm_config_place){u, authority}, &t);
        hm_text_add(&t, "authority_pubkey is empty: whoever answers at this address is taken for "
                        "the pool");
        const uint32_t line = *key_line(l, u, authority);
        hm_problems_add(&l->warnings, line != 0 ? line : l->upstream_lines[u], sentence);
    }
}

/* Everything that is judged once all lines were read. */
static void judge_whole(hm_loading *l)
{
    find_missing(l);
    join_sets(l, 0, 0);
    for (uint32_t u = 0; u < l->config.upstream_count; u++) {
        join_sets(l, u, 1);
    }
    const hm_config_judge judge = {&l->gaps, 0, l, complain_at_line};
    (void)hm_config_judge_all(&l->config, &judge);
    find_warnings(l);
}

static hmx_status parse(const hm_memory *memory, hm_loading *l, const char *data, size_t len)
{
    const hm_ini_handler handler = {l, on_section, on_key};
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
